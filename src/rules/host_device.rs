use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container gets a device of the host.
    ///
    /// ## Why it matters
    /// A disk, `/dev/mem` or `/dev/kmsg` reaches past every other limit of the container, and a cgroup rule can open whole
    /// classes of devices. Graphics cards are not counted.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     devices:
    ///       - /dev/sda:/dev/sda  # <- here
    ///     device_cgroup_rules:
    ///       - "c 1:* rwm"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     devices:
    ///       - nvidia.com/gpu=all
    /// ```
    RULE {
        name: "host-device",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &["CL-0016"],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for device in service.devices.iter().filter_map(Fact::sourced) {
        let path = device.value.split(':').next().unwrap_or(&device.value);
        if is_graphics(path) {
            continue;
        }
        found.push(
            Finding::new(
                device.span,
                format!("service '{name}' gets the device '{path}' of the host"),
            )
            .help("leave the device out if it can do without")
            .aspect(format!("devices {path}")),
        );
    }
    let rules = service
        .written(&["device_cgroup_rules"])
        .and_then(Value::seq)
        .unwrap_or(&[]);
    for rule in rules {
        let Some(text) = rule.scalar_text() else { continue };
        found.push(
            Finding::new(
                rule.span,
                format!("service '{name}' may use every device that fits '{text}'"),
            )
            .help("name the one device in `devices`")
            .aspect(format!("device_cgroup_rules {text}")),
        );
    }
}

/// Graphics cards, and devices by their name in a vendor's list (`nvidia.com/gpu=all`).
fn is_graphics(path: &str) -> bool {
    !path.starts_with('/')
        || ["/dev/dri", "/dev/nvidia", "/dev/kfd"]
            .iter()
            .any(|start| path.starts_with(start))
}

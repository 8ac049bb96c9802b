use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// A size is written in a way that Compose or the engine cannot read.
    ///
    /// ## Why it matters
    /// Compose reads sizes as a number and one of `b`, `k`, `m`, `g`, `t`, `p` and refuses the file otherwise. In the
    /// short form of a tmpfs the size goes to the kernel as it is, which knows `k`, `m`, `g` and `%` only: the
    /// container does not start.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512Mi  # <- here
    ///     tmpfs:
    ///       - /tmp:size=50MB  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m
    ///     tmpfs:
    ///       - /tmp:size=50m
    /// ```
    RULE {
        name: "invalid-size",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if let Some(size) = service.shm_size.sourced().filter(|size| size.value < 0) {
        let message = format!("`shm_size` of `{}` is below 0, which the engine refuses", service.name.value);
        let finding = Finding::new(size.span, message).help("write a size: `64m`").layer(Layer::Engine);
        found.push(finding.aspect("shm_size").raised("2026.12"));
    }
    if let Some(size) = service.shm_size.sourced().filter(|size| (1..MIB).contains(&size.value)) {
        let message = format!("`shm_size` of `{}` is {} bytes: a number without a unit counts bytes", service.name.value, size.value);
        found.push(
            Finding::new(size.span, message)
                .help(format!("write the unit: `shm_size: {}m`", size.value))
                .severity(Severity::Warning)
                .layer(Layer::Ignored)
                .change(Change::Replace(size.span, format!("{}m", size.value)))
                .with_care()
                .aspect("shm_size"),
        );
    }
    for item in service.written(&["tmpfs"]).and_then(Value::seq).unwrap_or(&[]) {
        let Some((_, options)) = item.str().and_then(|text| text.split_once(':')) else {
            continue;
        };
        let sizes = options.split(',').filter_map(|option| option.strip_prefix("size="));
        for size in sizes.filter(|size| !kernel_reads(size)) {
            let message = format!(
                "`{}` has a tmpfs size that the kernel cannot read, `{size}`: the container does not start",
                service.name.value
            );
            let finding = Finding::new(item.span, message)
                .help("write a whole number and k, m or g: size=50m")
                .layer(Layer::Engine)
                .aspect("tmpfs");
            let text = item.str().unwrap_or("");
            found.push(match bytes::near(size) {
                Some((near, _)) => {
                    let text = text.replacen(&format!("size={size}"), &format!("size={near}"), 1);
                    finding.change(Change::Replace(item.span, text))
                }
                None => finding,
            });
        }
    }
}

const MIB: i64 = 1 << 20;

/// A whole number with one unit at most (Linux `lib/cmdline.c`, `memparse`), or a share of the memory.
fn kernel_reads(size: &str) -> bool {
    let digits = size
        .strip_suffix(|unit: char| "kmgtpe%".contains(unit.to_ascii_lowercase()))
        .unwrap_or(size);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::kernel_reads;

    #[test]
    fn the_kernel_takes_one_letter() {
        for size in ["50m", "50M", "1g", "65536", "10%", "0"] {
            assert!(kernel_reads(size), "{size}");
        }
        for size in ["50MB", "50MiB", "0.5g", "", "m", "-1"] {
            assert!(!kernel_reads(size), "{size}");
        }
    }
}

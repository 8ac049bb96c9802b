use super::powerless_root::stepping_down;
use super::{Check, Group};
use crate::config::Demand;
use crate::config::budget::CAPABILITIES;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container keeps the capabilities that the engine gives to everyone.
    ///
    /// ## Why it matters
    /// The engine leaves fourteen capabilities to a container, `NET_RAW` and `SETUID` among them. Most programs need none
    /// of them; the few that do can have theirs back with `cap_add`. With `cap_add: [ALL]` dropping does nothing.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     read_only: true
    ///     cap_drop: [NET_RAW]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    ///     cap_add: [CHOWN]
    /// ```
    ///
    /// ## Notes
    /// A note by default, a warning on a service that drops some capabilities, an error where the profile requires it.
    RULE {
        name: "capabilities-kept",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["CL-0006", "ce76b7d0-9e77-464d-b86f-c5c48e03e22d"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let adds_all = Service::capabilities(&service.cap_add)
        .iter()
        .any(|(name, _)| name == "ALL");
    if (service.drops_all() && !adds_all) || subject.is_partial() {
        return;
    }
    let name = &service.name.value;
    let unknown = service.cap_drop.iter().find_map(|item| match item {
        Fact::Unknown(unknown) => Some(unknown),
        _ => None,
    });
    if let Some(unknown) = unknown {
        if subject.profile.demands(Demand::NoCapabilities) {
            let what = format!("cannot check whether `{name}` drops every capability");
            found.push(Finding::undecided(unknown, &what).aspect("cap_drop"));
        }
        return;
    }
    let message = if adds_all {
        format!("`{name}` adds ALL capabilities")
    } else if service.cap_drop.is_empty() {
        format!("`{name}` drops no capabilities: it keeps the engine's default fourteen")
    } else {
        format!("`{name}` drops some capabilities but not ALL")
    };
    let mut finding = Finding::new(service.key(if adds_all { "cap_add" } else { "cap_drop" }), message)
        .help(help(subject, service))
        .severity(subject.weight(Demand::NoCapabilities, !service.cap_drop.is_empty()))
        .aspect("cap_drop")
        .with_care();
    let is_void = adds_all || service.privileged.value() == Some(&true);
    let needed = needed(subject, service);
    // What the image needs may be more than the profile allows: then there is no edit that keeps to both.
    let budget = subject.profile.limits.names(&CAPABILITIES);
    let may = |name: &String| budget.as_ref().is_none_or(|budget| budget.value.contains(name));
    if !is_void && service.cap_drop.is_empty() && needed.iter().flatten().all(may) {
        finding = finding.change(Change::Set(service.name.span, "cap_drop".to_owned(), "[ALL]".to_owned()));
        if let Some(needed) = needed {
            finding = finding.change(Change::Set(service.name.span, "cap_add".to_owned(), format!("[{}]", needed.join(", "))));
        }
    }
    found.push(finding);
}

/// What it adds, and what an image adds to that to step down from root.
fn needed(subject: &Subject<'_>, service: &Service) -> Option<Vec<String>> {
    let (_, needs) = stepping_down(subject)?;
    let own = Service::capabilities(&service.cap_add).into_iter().map(|(name, _)| name);
    let mut all: Vec<String> = own.filter(|name| *name != "ALL").collect();
    all.extend(needs.iter().map(|name| (*name).to_owned()));
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// What to type. An image that steps down from root needs some of them for that.
fn help(subject: &Subject<'_>, service: &Service) -> String {
    if service.privileged.value() == Some(&true) {
        return "`privileged: true` overrides this setting: remove that first".to_owned();
    }
    let Some(needed) = needed(subject, service) else {
        return "set `cap_drop: [ALL]`, and add the needed ones to `cap_add`".to_owned();
    };
    let needed = needed.join(", ");
    format!("set `cap_drop: [ALL]` and `cap_add: [{needed}]`, which its entrypoint needs to drop root")
}

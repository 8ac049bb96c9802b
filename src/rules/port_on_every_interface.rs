use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::{Port, Service};
use crate::values::image_ref::ImageRef;

rule! {
    /// A port is published on every address of the host.
    ///
    /// ## Why it matters
    /// Without a host address Compose binds `0.0.0.0` and `::`, and the engine's own firewall rules let the packets in
    /// before those of the host are asked. A database on a laptop or server is then open to the network: for one, by its
    /// image or by its profile, this is a warning, else a note.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     x-plimsoll: {profile: database}
    ///     ports:
    ///       - "5432:5432"  # <- here
    ///       - "5433:5433/udp"  # <- here
    ///       - "5434"  # <- here
    ///       - "${PORT:-5440}-5441:5440-5441"  # <- here
    ///       - target: 5435
    ///         published: "5435"  # <- here
    ///         protocol: udp
    ///       - target: 5436  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     x-plimsoll: {profile: database}
    ///     ports:
    ///       - "127.0.0.1:5432:5432"
    /// ```
    RULE {
        name: "port-on-every-interface",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["CL-0005", "no-unbound-port-interfaces", "451d79dc-0588-476a-ad03-3c7f0320abb3"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    // The engine discards ports without a network of its own.
    if service
        .network_mode
        .value()
        .is_some_and(|mode| mode == "host" || mode == "none")
    {
        return;
    }
    let is_database = is_database(subject);
    let mut is_said = false;
    // A range is one entry of the file.
    for same in service.ports.chunk_by(|one, next| one.span == next.span) {
        let Some(port) = same.first() else { continue };
        if let Fact::Unknown(unknown) = &port.host_ip
            && subject.profile.demands(Demand::Private)
        {
            let what = format!("cannot check which address `{}` publishes on", service.name.value);
            found.push(Finding::undecided(unknown, &what).aspect(format!("ports {}", shown(same))));
        }
        // What is no port at all is an error of another rule.
        if !is_everywhere(port) || port.target.is_absent() && port.published.is_absent() {
            continue;
        }
        let shown = shown(same);
        let message = format!(
            "`{}` publishes {}port {shown} on every address of the host",
            service.name.value,
            if is_database { "database " } else { "" },
        );
        let place = port.published.span().or(port.target.span()).unwrap_or(port.span);
        let finding = Finding::new(place, message)
            .help(help(port))
            .with_care()
            // One service, one warning.
            .severity(subject.weight(Demand::Private, is_database && !is_said))
            .aspect(format!("ports {shown}"));
        is_said = true;
        let finding = match help(port) {
            "put `127.0.0.1:` before it" => finding.change(Change::Before(port.span, "127.0.0.1:")),
            "put `127.0.0.1::` before it" => finding.change(Change::Before(port.span, "127.0.0.1::")),
            text if text.contains("host_ip") => {
                finding.change(Change::Put(port.span, "host_ip", "127.0.0.1".to_owned()))
            }
            _ => finding,
        };
        let is_raised = is_database && !subject.profile.demands(Demand::Private);
        found.push(if is_raised { finding.raised("2026.12") } else { finding });
    }
}

/// Whether it holds data that nobody else should reach: by its profile, or by what its image starts from.
fn is_database(subject: &Subject<'_>) -> bool {
    let by_image = |name: &str| crate::known_images::is_database(&ImageRef::parse(name));
    subject.profile.is_of("database") || subject.container.image.root().is_some_and(by_image)
}

/// The edit, for the short form and for the long one.
fn help(port: &Port) -> &'static str {
    let is_short = port.target.span().is_none_or(|span| span == port.span);
    match (is_short, port.host_ip.is_absent()) {
        (true, true) if port.published.is_absent() => "put `127.0.0.1::` before it",
        (true, true) => "put `127.0.0.1:` before it",
        (true, false) => "replace its address with `127.0.0.1`",
        (false, true) => "add `host_ip: 127.0.0.1` to the entry",
        (false, false) => "set `host_ip: 127.0.0.1` in the entry",
    }
}

/// Whether a port is known to be bound on every address.
pub(super) fn is_everywhere(port: &Port) -> bool {
    if port.host_ip.is_absent() {
        return true;
    }
    port.host_ip
        .value()
        .is_some_and(|address| matches!(address.as_str(), "0.0.0.0" | "::" | "[::]"))
}

/// The container's port, or the first and last one of a range.
fn shown(ports: &[Port]) -> String {
    let target = |port: Option<&Port>| {
        port.and_then(|port| port.target.value())
            .map_or_else(|| "?".to_owned(), i64::to_string)
    };
    let (first, last) = (target(ports.first()), target(ports.last()));
    if first == last {
        first
    } else {
        format!("{first}-{last}")
    }
}

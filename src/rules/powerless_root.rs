use super::{Check, Group};
use crate::container::Decider;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::values::user::UserSpec;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;

rule! {
    /// An entrypoint has to step down from root, and the capabilities that it needs for that are dropped.
    ///
    /// ## Why it matters
    /// Images like `postgres` start as root, hand the data folder to their user and change to it. With `cap_drop: [ALL]`
    /// root can do neither: `chown` and `setgroups` fail with "operation not permitted", and the container stops.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     cap_drop: [ALL]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     cap_drop: [ALL]
    ///     cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
    ///   cache:
    ///     image: redis:7
    ///     user: redis
    ///     cap_drop: [ALL]
    ///   web:
    ///     image: nginx:1.28
    ///     cap_drop: [NET_RAW]
    /// ```
    RULE {
        name: "powerless-root",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Capabilities that a container has unless they are dropped and that stepping down may need.
const STEP_DOWN: &[&str] = &["CHOWN", "SETGID", "SETUID"];
/// What images need to step down from root by themselves, by the last part of their name. Those that are not here and that are
/// known to step down need what changing the user and the owner takes.
const NEEDS: [(&str, &[&str]); 12] = [
    ("httpd", &["SETGID", "SETUID"]),
    // The folders of the data belong to another user from the second start on.
    ("mariadb", &["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"]),
    ("mysql", &["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"]),
    ("nextcloud", STEP_DOWN),
    ("nginx", STEP_DOWN),
    ("pgvector", &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]),
    ("postgis", &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]),
    ("postgres", &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]),
    ("timescaledb", &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]),
    ("valkey", STEP_DOWN),
    ("wordpress", STEP_DOWN),
    ("zookeeper", STEP_DOWN),
];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some((image, needed)) = stepping_down(subject) else { return };
    let unknown = |list: &[Fact<String>]| list.iter().any(|item| item.value().is_none());
    if service.privileged.value() == Some(&true) || unknown(&service.cap_add) || unknown(&service.cap_drop) {
        return;
    }
    let names = |list: &[Fact<String>], name: &str| {
        let all = Service::capabilities(list);
        all.iter().any(|(known, _)| known == name || known == "ALL")
    };
    let lacks = |name: &&str| names(&service.cap_drop, name) && !names(&service.cap_add, name);
    let missing: Vec<&str> = needed.iter().copied().filter(lacks).collect();
    if missing.is_empty() || !starts_the_server(subject) {
        return;
    }
    let message = format!(
        "`{}` drops {}, which `{image}` needs to drop root",
        service.name.value,
        missing.join(", ")
    );
    let help = if service.drops_all() {
        format!("set `user:` to the image's own user, or `cap_add: [{}]`", needed.join(", "))
    } else {
        format!("set `user:` to the image's own user, or remove {} from `cap_drop`", missing.join(", "))
    };
    let mut added: Vec<String> = Service::capabilities(&service.cap_add).into_iter().map(|(name, _)| name).collect();
    added.extend(missing.iter().map(|name| (*name).to_owned()));
    let mut finding = Finding::new(service.key("cap_drop"), message)
        .help(help)
        .related(subject.container.image_span().unwrap_or(service.name.span), "the image")
        .aspect("cap_drop");
    if service.drops_all() {
        let added = format!("[{}]", added.join(", "));
        finding = match service.written(&["cap_add"]) {
            None => finding.change(Change::Set(service.name.span, "cap_add".to_owned(), added)).with_care(),
            Some(_) => missing.iter().fold(finding.with_care(), |finding, name| {
                finding.change(Change::Add(service.name.span, "cap_add".to_owned(), (*name).to_owned()))
            }),
        };
    }
    found.push(finding);
}

/// The image that starts as root and gives that up by itself, and the capabilities that this takes.
pub(super) fn stepping_down(subject: &Subject<'_>) -> Option<(String, &'static [&'static str])> {
    let name = subject.container.image.root()?;
    let image = ImageRef::parse(name);
    let last = image.name.rsplit('/').next().unwrap_or_default();
    let user = subject.user();
    let is_root = match &user.value {
        Fact::Known(name) => matches!(user.by, Decider::Base(_)) && UserSpec::parse(&name.value).is_root(),
        // What is not in the catalogue starts as root where it is known to step down.
        _ => subject.service().is_some_and(|service| service.user.is_absent()),
    };
    if !is_root || replaces_entrypoint(subject) {
        return None;
    }
    if image.name.starts_with("linuxserver/") {
        return Some((name.to_owned(), STEP_DOWN));
    }
    let row = NEEDS.binary_search_by_key(&last, |(name, _)| name).ok();
    let needs = row.and_then(|row| NEEDS.get(row)).map(|(_, needs)| *needs);
    let is_known = image.official().is_some() || KNOWN_MAKERS.iter().any(|maker| image.name.starts_with(maker));
    needs
        .filter(|_| is_known)
        .or_else(|| subject.steps_down().map(|_| STEP_DOWN))
        .map(|needs| (name.to_owned(), needs))
}

const KNOWN_MAKERS: [&str; 4] = ["pgvector/", "postgis/", "timescale/", "valkey/"];

fn replaces_entrypoint(subject: &Subject<'_>) -> bool {
    let own = subject.service().is_some_and(|service| !service.entrypoint.is_absent());
    let stage = subject.container.image.stage();
    own || stage.is_some_and(|stage| !stage.entrypoint.is_absent())
}

/// Whether the entrypoint gets to its stepping down: most do so for the server's own command, and run any other as root.
fn starts_the_server(subject: &Subject<'_>) -> bool {
    let Some(image) = subject.container.image.root() else {
        return false;
    };
    let Some(command) = subject.effective().command.value.value().cloned() else {
        return true;
    };
    let Some((_, usual)) = subject.known_image(image).started() else {
        return true;
    };
    match (command.first(), usual.first()) {
        (Some(word), Some(usual)) => word == usual || word.starts_with('-'),
        _ => true,
    }
}

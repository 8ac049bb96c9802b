use super::{Check, Group};
use crate::container::Decider;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::values::user::UserSpec;
use crate::resolve::compose::service::Service;

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

const NEEDED: [&str; 3] = ["CHOWN", "SETGID", "SETUID"];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let user = subject.user();
    let (Fact::Known(name), Decider::Base(image)) = (&user.value, &user.by) else {
        return;
    };
    let Some(how) = subject.steps_down() else { return };
    let unknown = service.cap_add.iter().any(|item| item.value().is_none());
    if !UserSpec::parse(&name.value).is_root() || !service.drops_all() || service.privileged.value() == Some(&true) || unknown
    {
        return;
    }
    let added = Service::capabilities(&service.cap_add);
    let has = |name: &str| added.iter().any(|(known, _)| known == name || known == "ALL");
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !has(name)).collect();
    if missing.is_empty() {
        return;
    }
    let tool = how.split(' ').next().unwrap_or(how);
    found.push(
        Finding::new(
            service.key("cap_drop"),
            format!(
                "service '{}' drops every capability, and the entrypoint of '{image}' steps down from root with {tool}, for which it needs {}",
                service.name.value,
                missing.join(", ")
            ),
        )
        .help("set `user:` to the image's own user, or add CHOWN, DAC_OVERRIDE, FOWNER, SETGID and SETUID back")
        .related(subject.container.image_span().unwrap_or(service.name.span), "the image")
        .aspect("cap_drop"),
    );
}

use super::{Check, Group};
use crate::container::Decider;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::values::user::UserSpec;
use crate::resolve::compose::service::Service;

rule! {
    /// Capabilities are added for a container that does not run as root: its process does not get them.
    ///
    /// ## Why it matters
    /// The engine gives added capabilities to root. For any other user they only enter the bounding set: the process has
    /// none of them (`CapEff` is 0) unless it runs a program that carries them itself, and not even then with
    /// `no-new-privileges`. Ports below 1024 need no capability either.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     cap_drop: [ALL]
    ///     cap_add: [CHOWN, SETUID]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     cap_drop: [ALL]
    ///   init:
    ///     image: acme/init:1.4
    ///     user: root
    ///     cap_drop: [ALL]
    ///     cap_add: [CHOWN]
    /// ```
    RULE {
        name: "ineffective-capability",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let added = Service::capabilities(&service.cap_add);
    let [.., (_, last)] = added.as_slice() else { return };
    let decided = subject.user();
    let Fact::Known(user) = &decided.value else { return };
    if UserSpec::parse(&user.value).is_root() || service.privileged.value() == Some(&true) {
        return;
    }
    let names: Vec<&str> = added.iter().map(|(name, _)| name.as_str()).collect();
    let who = match &decided.by {
        Decider::Compose | Decider::Stage => user.value.clone(),
        Decider::Base(image) => format!("{}, the user of `{image}`", user.value),
        Decider::Engine | Decider::Unknown | Decider::Account(_) => return,
    };
    found.push(
        Finding::new(
            service.key("cap_add").to(last.span),
            format!(
                "`{}` runs as user `{who}`: adding `{}` has no effect",
                service.name.value,
                names.join(", ")
            ),
        )
        .help("remove `cap_add`, or run the command that needs it as root")
        .change(Change::Drop(service.key("cap_add")))
        .with_care()
        .related(user.span, "the user is set here")
        .aspect("cap_add"),
    );
}

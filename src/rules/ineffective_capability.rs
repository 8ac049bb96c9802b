use super::{Check, Group};
use crate::build::BuiltFile;
use crate::container::{Decider, ImageSource};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;
use crate::values::security_opt::SecurityOpt;
use crate::values::user::UserSpec;
use std::sync::Arc;

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
    ///     security_opt: ["no-new-privileges:true"]
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
    ///
    /// ## Notes
    /// A note where a program may carry them: in images from elsewhere, and where a build calls `setcap`.
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
    let is_known = gets_nothing_new(service) || lacks_file_capabilities(subject);
    let unless = if is_known { "" } else { " unless the program carries them" };
    found.push(
        Finding::new(
            service.key("cap_add").to(last.span),
            format!(
                "`{}` runs as user `{who}`: adding `{}` has no effect{unless}",
                service.name.value,
                names.join(", ")
            ),
        )
        .severity(if is_known { Severity::Warning } else { Severity::Note })
        .help("remove `cap_add`, or run the command that needs it as root")
        .change(Change::Drop(service.key("cap_add")))
        .with_care()
        .related(user.span, "the user is set here")
        .aspect("cap_add"),
    );
}

/// Whether `no-new-privileges` keeps programs from what they carry.
fn gets_nothing_new(service: &Service) -> bool {
    service
        .security()
        .iter()
        .any(|(option, _)| matches!(option, SecurityOpt::NoNewPrivileges(true)))
}

/// Official images whose program carries capabilities in its file.
const CARRIERS: [&str; 4] = ["caddy", "consul", "kong", "vault"];

/// Whether no program of the image carries capabilities: nothing of it calls `setcap`, and it starts from an official image.
fn lacks_file_capabilities(subject: &Subject<'_>) -> bool {
    let image = &subject.container.image;
    let judged = |file: &Arc<BuiltFile>| subject.repository.dockerfiles.iter().find(|judged| Arc::ptr_eq(&judged.file, file));
    let calls = |file| judged(file).is_none_or(|judged| judged.run_steps().iter().any(|step| step.mentions("setcap")));
    let is_plain = |name: &str| ImageRef::parse(name).official().is_some_and(|name| !CARRIERS.contains(&name));
    let has_setcap = matches!(image, ImageSource::Built { file, .. } if calls(file));
    !has_setcap && image.root().is_some_and(is_plain)
}

use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::security_opt::SecurityOpt;

rule! {
    /// A process of the container can gain privileges that it did not start with.
    ///
    /// ## Why it matters
    /// A setuid program makes root of any user, even where every capability is dropped. With `no-new-privileges` the
    /// kernel refuses. Of several such entries the last one holds, and `no-new-privileges:false` is off.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    ///     security_opt:
    ///       - no-new-privileges:false  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt: [no-new-privileges:true]
    /// ```
    RULE {
        name: "privilege-escalation-allowed",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["CL-0003", "27fcc7d6-c49b-46e0-98f1-6c082a6a2750"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let last = service.last_security("no-new-privileges");
    if matches!(last, Some((SecurityOpt::NoNewPrivileges(true), _))) || subject.is_partial() {
        return;
    }
    let unknown = service.security_opt.iter().find_map(|item| match item {
        Fact::Unknown(unknown) => Some(unknown),
        _ => None,
    });
    if let Some(unknown) = unknown {
        if subject.profile.demands(Demand::NoNewPrivileges) {
            let what = format!("cannot check whether `{name}` sets `no-new-privileges`");
            found.push(Finding::undecided(unknown, &what).aspect("security_opt"));
        }
        return;
    }
    let (span, message) = match &last {
        Some((_, off)) => (
            off.span,
            format!("`{name}` disables `no-new-privileges` with `{}`", off.value),
        ),
        None => (
            service.key("security_opt"),
            format!("`{name}` does not set `no-new-privileges`: a setuid program can gain root"),
        ),
    };
    let finding = Finding::new(span, message)
        .help("set `security_opt: [no-new-privileges:true]`")
        .severity(subject.weight(Demand::NoNewPrivileges, service.sets_hardening()))
        .aspect("security_opt no-new-privileges")
        .with_care();
    found.push(match last {
        Some((_, off)) => finding.fix(off.span, "no-new-privileges:true"),
        None => finding.change(Change::Add(service.name.span, "security_opt".to_owned(), "no-new-privileges:true".to_owned())),
    });
}

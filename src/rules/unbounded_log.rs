use super::{Check, Group};
use crate::config::Demand;
use crate::config::budget::LOG_SIZE;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The log of a service grows without end.
    ///
    /// ## Why it matters
    /// The driver json-file keeps everything that a container ever wrote, unless `max-size` limits it. A full disk
    /// stops every service of the host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file
    ///       options: {max-size: 5m, max-file: "2"}
    ///   worker:
    ///     image: acme/worker:1.4
    ///     logging: {driver: local}
    ///   web:
    ///     image: acme/web:1.4
    /// ```
    ///
    /// ## Notes
    /// A service without `logging` gets the default of the engine's own configuration, which may rotate: it is an error
    /// only where the profile requires `log-rotation`. The driver `local` rotates by itself; remote drivers and `none`
    /// keep nothing.
    RULE {
        name: "unbounded-log",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let demanded = subject.profile.demands(Demand::LogRotation);
    let name = &service.name.value;
    // The size may be in lines that could not be read.
    if service.lost_lines {
        return;
    }
    let finding = match &service.logging {
        None if demanded && subject.absence_is_sure() => Finding::new(
            service.name.span,
            format!("the log of `{name}` has no size limit"),
        ),
        None => return,
        // What the engine refuses does not run at all.
        Some(logging) if super::invalid_log_option::is_refused(logging) => return,
        Some(logging) => {
            let span = match &logging.driver {
                Fact::Known(driver) if driver.value == "json-file" => driver.span,
                Fact::Absent if demanded => logging.span,
                Fact::Unknown(unknown) if demanded => {
                    let what = format!("cannot check whether the log of `{name}` is bounded");
                    found.push(Finding::undecided(unknown, &what).aspect("logging"));
                    return;
                }
                _ => return,
            };
            match logging.option("max-size") {
                None | Some(Fact::Absent) => {}
                Some(Fact::Unknown(unknown)) if demanded && subject.profile.limits.get(&LOG_SIZE).is_none() => {
                    let what = format!("cannot check whether the log of `{name}` is bounded");
                    found.push(Finding::undecided(unknown, &what).aspect("logging"));
                    return;
                }
                Some(_) => return,
            }
            Finding::new(
                span,
                format!("the log of `{name}` grows without limit: it has no `max-size`"),
            )
        }
    };
    let mut finding = finding
        .help("write `logging: {driver: json-file, options: {max-size: 5m, max-file: '2'}}`, or `driver: local`")
        .aspect("logging");
    // Each replica has a log of its own.
    if service.logging.is_none() && service.replicas.is_absent() {
        let bounded = "{driver: json-file, options: {max-size: 5m, max-file: '2'}}";
        finding = finding.change(Change::Set(service.name.span, "logging".to_owned(), bounded.to_owned()));
    }
    found.push(subject.demanded(finding, Demand::LogRotation, true));
}

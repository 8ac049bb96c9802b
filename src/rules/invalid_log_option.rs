use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::{Logging, Service};
use crate::values::log_driver::{self, Refusal};

rule! {
    /// A log driver or one of its options is not what the engine takes.
    ///
    /// ## Why it matters
    /// The engine refuses to create or start the container: for an option that its driver does not know (`max_size`, or
    /// `max-size` with `syslog`), a value that it cannot use, or an option that is missing. Options without a driver go to
    /// the driver that the engine is configured with, which may be another one on the next host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file
    ///       options:
    ///         max_size: 10m  # <- here
    ///   web:
    ///     image: acme/web:1.4
    ///     logging:
    ///       driver: syslog
    ///       options:
    ///         max-size: 10m  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     logging:
    ///       driver: json  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file
    ///       options: {max-size: 10m, max-file: "3"}
    ///   web:
    ///     image: acme/web:1.4
    ///     logging:
    ///       driver: acme/log-plugin:1.0
    ///       options: {acme-url: "https://logs.example"}
    /// ```
    ///
    /// ## Notes
    /// A driver that is not one of the engine's own may be a plugin: nothing is said of its options.
    RULE {
        name: "invalid-log-option",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(logging) = &service.logging else { return };
    let name = &service.name.value;
    let (driver, refusals) = refusals(logging);
    let no_driver = logging.driver.is_absent();
    if no_driver && refusals.is_empty() && !logging.options.is_empty() {
        let message = format!("`{name}` sets log options without a driver, which then depends on the engine's configuration");
        found.push(
            Finding::new(logging.span, message)
                .help("add `driver: json-file`, or the driver that the options are for")
                .severity(Severity::Note)
                .layer(Layer::Ignored)
                .aspect("logging"),
        );
    }
    for refusal in refusals {
        let option = refusal.option.as_deref();
        let options = service.written(&["logging", "options"]);
        let span = option.and_then(|option| Some(options?.entry(option)?.key));
        let subject = option.map_or_else(|| format!("the log driver `{driver}`"), |option| format!("`{option}`"));
        let message = format!("{subject} of `{name}` {}", refusal.why);
        let finding = Finding::new(span.or(logging.driver.span()).unwrap_or(logging.span), message)
            .help(refusal.help)
            .aspect(format!("logging.{}", option.unwrap_or("driver")));
        found.push(match no_driver {
            true => finding
                .severity(Severity::Warning)
                .layer(Layer::Ignored)
                .related(logging.span, "without `driver:` the engine uses its default, usually json-file"),
            false => finding,
        });
    }
}

/// Whether the engine refuses something of it.
pub(super) fn is_refused(logging: &Logging) -> bool {
    !refusals(logging).1.is_empty()
}

/// The driver that the options go to, and what it refuses. Without a driver that is json-file, the engine's default.
fn refusals(logging: &Logging) -> (&str, Vec<Refusal>) {
    let driver = match &logging.driver {
        Fact::Known(driver) => driver.value.as_str(),
        Fact::Absent => "json-file",
        Fact::Unknown(_) => return ("", Vec::new()),
    };
    let options: Vec<(&str, Option<&str>)> = logging
        .options
        .iter()
        .map(|(name, value)| (name.as_str(), value.value().map(String::as_str)))
        .collect();
    (driver, log_driver::refusals(driver, &options))
}

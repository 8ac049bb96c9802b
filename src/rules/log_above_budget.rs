use super::{Check, Group};
use crate::fact::{Fact, Unknown};
use crate::config::budget::LOG_SIZE;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;
use crate::values::number::Real;

rule! {
    /// The log files of a service may take more than the budget of its profile.
    ///
    /// ## Why it matters
    /// Logs share the disk of the host with everything else. The bound is `max-size` times `max-file` (1 unless set)
    /// times the containers of the service. Sizes of logs are decimal: 5m is 5,000,000 bytes, other than in
    /// `mem_limit`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file
    ///       options:
    ///         max-size: 10m  # <- here
    ///         max-file: "3"
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {log-size: 10MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     logging:
    ///       driver: json-file
    ///       options:
    ///         max-size: 5m
    ///         max-file: "2"
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {log-size: 10MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Notes
    /// Without a driver the options are taken for those of json-file, the engine's default.
    RULE {
        name: "log-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let (Some(budget), Some(logging)) = (subject.profile.limits.amount(&LOG_SIZE), &service.logging) else {
        return;
    };
    // `local` compresses what it rotated: of that the size is not known, of the file that it writes to it is.
    let is_local = match logging.driver.value().map(String::as_str) {
        None | Some("json-file") => false,
        Some("local") => true,
        Some(_) => return,
    };
    let name = &service.name.value;
    let Some(size) = logging.option("max-size").filter(|size| !size.is_absent()) else {
        return;
    };
    let files = logging.option("max-file").filter(|_| !is_local).cloned().unwrap_or(Fact::Absent);
    let unknown = [
        unknown(&logging.driver),
        unknown(size),
        unknown(&files),
        unknown(&service.replicas),
    ];
    if let Some(unknown) = unknown.into_iter().flatten().next() {
        let what = format!("cannot check the log size of `{name}`");
        found.push(Finding::undecided(unknown, &what).aspect("logging.options"));
        return;
    }
    let Some(size) = size.sourced() else { return };
    let bytes_each = if is_local { bytes::compose(&size.value) } else { bytes::decimal(&size.value) };
    let Some(bytes_each) = bytes_each else {
        return;
    };
    let count = files
        .value()
        .and_then(|files| files.parse::<i64>().ok())
        .unwrap_or(1)
        .max(1);
    let replicas = service.replicas.value().copied().unwrap_or(1).max(0);
    let sum = bytes_each.saturating_mul(count).saturating_mul(replicas);
    if sum.real() <= budget.value {
        return;
    }
    let mut factors = bytes::show(bytes_each);
    if count != 1 {
        factors.push_str(&format!(" in each of {count} files"));
    }
    if replicas != 1 {
        factors.push_str(&format!(" for each of {replicas} containers"));
    }
    let message = format!(
        "the log of `{name}` may take {} ({factors}); the budget is {} (profile `{}`){}",
        bytes::show(sum),
        LOG_SIZE.kind.amount(budget.value),
        subject.profile.name,
        size.proviso()
    );
    let finding = Finding::new(size.span, message)
        .help("lower `max-size` or `max-file`, or raise the budget")
        .over(size)
        .aspect("logging.options.max-size");
    let mut finding = finding;
    for (span, what) in [(files.span(), "files"), (service.replicas.span(), "containers")] {
        if let Some(span) = span {
            finding = finding.related(span, format!("the number of {what}"));
        }
    }
    let measured = LOG_SIZE.measured(sum.real(), budget.value, Basis::Exact);
    found.push(subject.above(finding, &budget, measured));
}

fn unknown<T>(fact: &Fact<T>) -> Option<&Unknown> {
    match fact {
        Fact::Unknown(unknown) => Some(unknown),
        _ => None,
    }
}

use super::{Check, Group};
use crate::container::{Probed, reach};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images::Has;
use crate::repository::Subject;
use crate::resolve::compose::service::{Healthcheck, Service};

rule! {
    /// A health check can never succeed, or does not exist where another service waits for it.
    ///
    /// ## Why it matters
    /// The container counts as unhealthy for ever, or `docker compose up` stops. `test: NONE` runs a command called NONE, and
    /// `test: CMD curl ...` one called CMD: those words belong into a list. In a list after `CMD` no shell reads `||`, and
    /// after `CMD-SHELL` the shell reads one item.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: NONE  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       start_interval: 2s  # <- here
    ///   mail:
    ///     image: acme/mail:1.4
    ///     healthcheck:
    ///       test: [CMD, /check, "||", exit, "1"]  # <- here
    ///   queue:
    ///     image: nats:2.10
    ///     healthcheck:
    ///       test: /nats-server --version  # <- here
    ///   web:
    ///     image: acme/web:1.4
    ///     depends_on:
    ///       cache:  # <- here
    ///         condition: service_healthy
    ///   cache:
    ///     image: redis:7.4
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: ["NONE"]
    ///   web:
    ///     image: acme/web:1.4
    ///     depends_on:
    ///       cache:
    ///         condition: service_healthy
    ///   cache:
    ///     image: redis:7.4
    ///     healthcheck:
    ///       test: [CMD, redis-cli, ping]
    ///       start_period: 10s
    ///       start_interval: 2s
    /// ```
    ///
    /// ## Notes
    /// A check whose program the image does not have is `command-missing`; a HEALTHCHECK in shell form without a shell is
    /// `shell-missing`.
    RULE {
        name: "healthcheck-never-healthy",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if let Some(check) = service.healthcheck.as_ref().filter(|check| !check.disabled) {
        own(subject, service, check, found);
    }
    let Some(project) = subject.project() else { return };
    for dependency in &service.depends_on {
        if dependency.condition != "service_healthy" || !dependency.required {
            continue;
        }
        let wanted = &dependency.service.value;
        let container = subject.repository.containers.iter().find(|container| {
            container.set == subject.container.set
                && container
                    .service
                    .and_then(|index| project.services.get(index))
                    .is_some_and(|other| other.name.value == *wanted)
        });
        let Some((container, other)) = container.zip(project.service(wanted)) else {
            continue;
        };
        let off = match subject.repository.ladder(container).probed() {
            Probed::Never if !subject.is_partial() && !other.is_partial() && !other.has_provider => None,
            Probed::Off(span) => Some(span),
            _ => continue,
        };
        let why = match off {
            Some(_) => "whose health check is disabled",
            None => "which has no health check",
        };
        let mut finding = Finding::new(
            dependency.service.span,
            format!(
                "`{}` waits until `{wanted}` is healthy, {why}, so Compose fails",
                service.name.value
            ),
        )
        .help(format!(
            "give `{wanted}` a `healthcheck`, or wait with `condition: service_started`"
        ))
        .layer(Layer::Compose)
        .aspect(format!("depends_on.{wanted}"));
        finding = finding.related(off.unwrap_or(other.name.span), "the service that it waits for");
        found.push(finding);
    }
}

fn own(subject: &Subject<'_>, service: &Service, check: &Healthcheck, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let Fact::Known(test) = &check.test {
        let words: Vec<&str> = test.value.iter().map(String::as_str).collect();
        if let Some((severity, message, help)) = form(name, &words) {
            let finding = Finding::new(test.span, message)
                .help(help)
                .severity(severity)
                .aspect("healthcheck.test");
            let written = service.written(&["healthcheck", "test"]);
            found.push(match mended(&words).filter(|_| written.is_some_and(|written| written.span == test.span)) {
                Some(test_meant) => finding.change(Change::Replace(test.span, test_meant)),
                None => finding,
            });
        } else if words.first() == Some(&"CMD-SHELL") {
            let contents = subject.contents();
            if contents.shell() == Has::No
                && reach::runs(service, &contents, "/bin/sh") != Has::Yes
                && !mounts_shell(service)
            {
                let place = subject
                    .base_span()
                    .or(subject.container.image_span())
                    .unwrap_or(service.name.span);
                found.push(
                    Finding::new(
                        test.span,
                        format!("the health check of `{name}` needs a shell, which its image does not include, so it is never healthy"),
                    )
                    .help("write the command as a list: [CMD, /program, argument]")
                    .related(place, "the image")
                    .aspect("healthcheck.test"),
                );
            }
        }
    }
    if let (Fact::Known(interval), Fact::Absent) = (&check.start_interval, &check.start_period) {
        found.push(
            Finding::new(
                interval.span,
                format!("`{name}` sets `start_interval` without `start_period`, which Compose refuses"),
            )
            .help("add `start_period`, or delete `start_interval`")
            .change(Change::Drop(written_key(service, "start_interval").unwrap_or(interval.span)))
            .layer(Layer::Compose)
            .aspect("healthcheck.start_interval"),
        );
    }
}

fn written_key(service: &Service, key: &str) -> Option<crate::source::Span> {
    Some(service.written(&["healthcheck"])?.entry(key)?.key)
}

/// The test as it was meant, where it is one word too many or the whole command in one.
fn mended(words: &[&str]) -> Option<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match words {
        ["CMD-SHELL", "NONE"] => Some("[\"NONE\"]".to_owned()),
        ["CMD-SHELL", line] => {
            let (word, rest) = line.trim_start().split_once(' ')?;
            matches!(word, "CMD" | "CMD-SHELL").then(|| quoted(rest.trim()))
        }
        ["CMD", kind @ ("CMD" | "CMD-SHELL" | "NONE"), rest @ ..] => {
            let all: Vec<String> = std::iter::once(kind).chain(rest).map(|word| quoted(word)).collect();
            Some(format!("[{}]", all.join(", ")))
        }
        ["CMD", program] => Some(quoted(program.trim())),
        ["CMD", rest @ ..] => Some(quoted(&rest.join(" "))).filter(|_| rest.iter().all(|word| !word.contains(char::is_whitespace))),
        ["CMD-SHELL", rest @ ..] => Some(quoted(&rest.join(" "))).filter(|_| rest.iter().all(|word| !word.contains(char::is_whitespace))),
        _ => None,
    }
}

/// What is wrong with the form of a test, and what to write.
fn form(name: &str, words: &[&str]) -> Option<(Severity, String, String)> {
    let never = |what: &str, help: String| {
        let message = format!("the health check of `{name}` runs {what}, so it is never healthy");
        Some((Severity::Error, message, help))
    };
    match words {
        ["CMD-SHELL", "NONE"] => never(
            "a command called NONE",
            "write `test: [\"NONE\"]`, or `disable: true`, to switch the check off".to_owned(),
        ),
        ["CMD-SHELL", line] => {
            // The whole text goes to the shell, the word in front included.
            let (word, rest) = line.trim_start().split_once(' ')?;
            let is_keyword = matches!(word, "CMD" | "CMD-SHELL" | "NONE");
            is_keyword
                .then(|| never(&format!("a command called {word}"), format!("write `test: {}`", rest.trim())))
                .flatten()
        }
        ["CMD", "CMD" | "CMD-SHELL" | "NONE", rest @ ..] => {
            let help = format!("write `test: [{}, {}]`", words.get(1).unwrap_or(&"CMD"), rest.join(", "));
            never(&format!("a program called {}", words.get(1).unwrap_or(&"CMD")), help)
        }
        ["CMD", program] if program.trim().contains(char::is_whitespace) => never(
            "a program whose name is the whole command",
            format!("write `test: {program}`, or each word as an item of its own"),
        ),
        ["CMD", program, rest @ ..] => {
            let is_shell = rest.iter().any(|word| word.starts_with('-') && word.contains('c')) && SHELLS.contains(program);
            let operator = rest.iter().find(|word| OPERATORS.contains(word)).filter(|_| !is_shell)?;
            let help = format!("write `test: {}` as one text, which a shell reads", words.get(1..)?.join(" "));
            never(&format!("`{operator}` as an argument, which no shell reads"), help)
        }
        ["CMD-SHELL", first, rest @ ..] if !rest.is_empty() => {
            // Items with spaces are commands of their own.
            let between = if first.contains(char::is_whitespace) { " && " } else { " " };
            let help = format!("write one text: `test: {}`", words.get(1..)?.join(between).replace('$', "$$"));
            if FAIL_ALONE.contains(first) {
                return never(&format!("`{first}` alone: the shell runs only the first item"), help);
            }
            let message = format!("the shell runs only `{first}` of the health check of `{name}`");
            Some((Severity::Warning, message, help))
        }
        _ => None,
    }
}

const SHELLS: [&str; 9] = ["sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/usr/bin/bash", "busybox"];
const OPERATORS: [&str; 6] = ["||", "&&", "|", ";", ">", "2>&1"];
/// Programs that fail without an argument.
const FAIL_ALONE: [&str; 8] = ["curl", "wget", "nc", "mysqladmin", "mariadb-admin", "test", "[", "grpc_health_probe"];

fn mounts_shell(service: &Service) -> bool {
    reach::mounts_over(service, "/bin/sh")
}

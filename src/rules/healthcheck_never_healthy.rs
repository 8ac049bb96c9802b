use super::{Check, Group};
use crate::container::{Probed, reach};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Has;
use crate::repository::Subject;
use crate::resolve::compose::service::{Healthcheck, Service};

rule! {
    /// A health check can never succeed, or does not exist where another service waits for it.
    ///
    /// ## Why it matters
    /// The container counts as unhealthy for ever, or `docker compose up` stops. `test: NONE` runs a command called NONE: only
    /// the list `["NONE"]` and `disable: true` switch a check off.
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
        let off = match container.ladder(Some(other)).probed() {
            Probed::Never if !subject.is_partial() && !other.is_partial() && !other.has_provider => None,
            Probed::Off(span) => Some(span),
            _ => continue,
        };
        let why = match off {
            Some(_) => "whose health check is switched off",
            None => "which has no health check",
        };
        let mut finding = Finding::new(
            dependency.service.span,
            format!(
                "service '{}' waits until '{wanted}' is healthy, {why}, so Compose stops",
                service.name.value
            ),
        )
        .help(format!(
            "give '{wanted}' a `healthcheck`, or wait with `condition: service_started`"
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
        if words == ["CMD-SHELL", "NONE"] {
            found.push(
                Finding::new(
                    test.span,
                    format!("service '{name}' is probed with a command called NONE, so it is never healthy"),
                )
                .help("write `disable: true` or `test: [\"NONE\"]` to switch the check off")
                .aspect("healthcheck.test"),
            );
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
                        format!("service '{name}' is probed through a shell, which its image does not have, so it is never healthy"),
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
                format!("service '{name}' sets start_interval without start_period, which Compose refuses"),
            )
            .help("add `start_period`, or delete `start_interval`")
            .layer(Layer::Compose)
            .aspect("healthcheck.start_interval"),
        );
    }
}

fn mounts_shell(service: &Service) -> bool {
    reach::mounts_over(service, "/bin/sh")
}

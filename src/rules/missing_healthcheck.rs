use super::{Check, Group};
use crate::config::Demand;
use crate::container::{ContainerKind, ImageSource, Probed};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images::Has;
use crate::repository::Subject;
use crate::source::Span;
use crate::values::image_ref::ImageRef;

rule! {
    /// Nothing checks whether a service works.
    ///
    /// ## Why it matters
    /// Without a health check a container counts as fine as long as its process runs, so a service that hangs is never
    /// noticed, and others cannot wait for it with `service_healthy`. The check of the Compose file, of the stage that
    /// is built and of its base image count alike.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     build: .
    ///   worker:
    ///     image: acme/worker:1.4
    ///     healthcheck:  # <- here
    ///       disable: true
    /// ```
    /// ```dockerfile fail +
    /// FROM scratch
    /// COPY api /api
    /// ENTRYPOINT ["/api"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30s
    /// ```
    ///
    /// ## Notes
    /// A note by default, an error where the profile requires it. For a
    /// Dockerfile that no service builds it is at most a note. What an image from elsewhere does is mostly not known
    /// here: then it is said only where the profile requires a check.
    RULE {
        name: "missing-healthcheck",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[
            "DL3057",
            "CKV_DOCKER_2",
            "DS-0026",
            "b03a748a-542d-44f4-bb86-9199ab4fd2d5",
            "698ed579-b239-4f8f-a388-baa4bcb13ef8",
        ],
        check: Check::Container(check),
    }
}
fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let container = subject.container;
    let what = match container.kind {
        ContainerKind::Service => format!("`{}`", container.name),
        ContainerKind::Dockerfile => format!("the image of `{}`", container.name),
    };
    let clause = subject.requirement_clause(Demand::Healthcheck, "one");
    let finding = match subject.probed() {
        Probed::By(_) => return,
        Probed::Unknown(unknown) => {
            if subject.profile.demands(Demand::Healthcheck)
                && container.kind == ContainerKind::Service
                && subject.absence_is_sure()
            {
                let what = format!("cannot check whether {what} has a health check");
                found.push(Finding::undecided(&unknown, &what).aspect("healthcheck"));
            }
            return;
        }
        Probed::Never if !subject.absence_is_sure() => return,
        Probed::Never => Finding::new(container.span, format!("{what} has no health check{clause}")),
        Probed::Off(span) => Finding::new(span, format!("{what} disables its health check{clause}")),
    };
    let finding = match container.kind {
        ContainerKind::Service => match probe(subject) {
            Some((service, test)) => {
                let check = format!("{{test: {test}, interval: 10s, timeout: 5s, retries: 5, start_period: 30s}}");
                finding
                    .help(format!("write `healthcheck: {{test: {test}}}`"))
                    .change(Change::Set(service, "healthcheck".to_owned(), check))
                    .with_care()
            }
            None => finding.help("write `healthcheck: {test: [CMD, ...]}`, or `HEALTHCHECK` in the Dockerfile"),
        },
        ContainerKind::Dockerfile => finding.help("write `HEALTHCHECK CMD [...]` in the last stage"),
    };
    let mut finding = subject.demanded(finding.aspect("healthcheck"), Demand::Healthcheck, false);
    if container.kind == ContainerKind::Dockerfile {
        finding.severity = Some(Severity::Note);
    }
    found.push(finding);
}

/// What asks official images of servers whether they are up: the clients that they bring (their Dockerfiles, and `healthcheck.sh` of
/// MariaDB/mariadb-docker).
const PROBES: [(&str, &str); 7] = [
    ("mariadb", "[CMD, healthcheck.sh, --connect, --innodb_initialized]"),
    ("mongo", "[CMD, mongosh, --quiet, --eval, \"db.adminCommand('ping').ok\"]"),
    ("mysql", "[CMD, mysqladmin, ping, -h, 127.0.0.1]"),
    ("postgres", "[CMD-SHELL, \"pg_isready -U $${POSTGRES_USER:-postgres}\"]"),
    ("rabbitmq", "[CMD, rabbitmq-diagnostics, -q, ping]"),
    ("redis", "[CMD, redis-cli, ping]"),
    ("valkey/valkey", "[CMD, valkey-cli, ping]"),
];

/// The test for a service that runs such an image as it comes, and where the service is named.
fn probe(subject: &Subject<'_>) -> Option<(Span, &'static str)> {
    let service = subject.service().filter(|service| service.written(&["healthcheck"]).is_none())?;
    let ImageSource::Named(name) = &subject.container.image else { return None };
    let image = ImageRef::parse(&name.value);
    let path = image.path();
    let known = image.official().unwrap_or(&path);
    let (_, test) = PROBES.iter().find(|(name, _)| *name == known)?;
    let has = |program: &str| subject.known_image(&name.value).program(program);
    let client = match known {
        "mongo" => has("mongosh") == Has::Yes,
        "mariadb" => has("healthcheck.sh") == Has::Yes,
        _ => true,
    };
    (client && service.entrypoint.is_absent() && service.command.is_absent()).then_some((service.name.span, *test))
}

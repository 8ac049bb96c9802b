use super::{Check, Group};
use crate::config::Demand;
use crate::container::{ContainerKind, Decider, ImageSource};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images::{self, Has};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::source::Span;
use crate::values::user::UserSpec;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;

rule! {
    /// A container runs as root.
    ///
    /// ## Why it matters
    /// Root in a container is root on the host for every file that is mounted and every hole that is found: user
    /// namespaces are off by default. The Compose `user` decides, else the last USER of the stage that ships, else the
    /// base image, of which only official ones are known here.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "0"  # <- here
    ///   web:
    ///     image: python:3.12-slim  # <- here
    ///     ports: ["127.0.0.1:8000:8000"]
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.12-slim AS build
    /// USER 1000
    /// FROM python:3.12-slim  # <- here
    /// CMD ["python", "-m", "http.server"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: python:3.12-slim
    ///     user: "1000:1000"
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12-slim
    /// USER 1000:1000
    /// CMD ["python", "-m", "http.server"]
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim AS base
    /// USER 1000:1000
    /// FROM base
    /// CMD ["/app"]
    /// ```
    ///
    /// ## Notes
    /// A note for images whose entrypoint or server steps down by itself (`postgres`, `redis`, `nginx`, `httpd`), for edge
    /// proxies that are made to run as root (`traefik`, `caddy`), and for Dockerfiles that no service builds; a warning where
    /// the user is written down or a port is published; an error where the profile demands `non-root`.
    RULE {
        name: "root-user",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["DL3002", "CKV_DOCKER_3", "CKV_DOCKER_8", "DS-0002", "CL-0018"],
        check: Check::Container(check),
    }
}

/// For images that another user would break.
const ACCEPT: &str = "the image is made so; accept it with a reason: `# plimsoll: ignore[root-user] REASON`";

/// What the container is told to run in place of the image's own command.
fn program<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let told = subject.service().and_then(|service| service.command.value());
    let built = || subject.container.image.stage().and_then(|stage| stage.cmd.value());
    match told {
        Some(words) => words.first().map(String::as_str),
        None => built()?.words.first().map(|word| word.value.as_str()),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let label = subject.label();
    let demanded = subject.profile.demands(Demand::NonRoot);
    if demanded {
        hooks(subject, found);
    }
    let decided = subject.user();
    let user = match &decided.value {
        Fact::Known(user) if UserSpec::parse(&user.value).is_root() => user,
        Fact::Unknown(unknown) if demanded => {
            found.push(
                Finding::undecided(unknown, &format!("whether {label} runs as root cannot be told")).aspect("user"),
            );
            return;
        }
        _ => return,
    };
    let by = &decided.by;
    let (span, why) = match by {
        Decider::Compose => (user.span, format!("`user: {}` says so", user.value)),
        Decider::Stage => (user.span, format!("USER {} says so", user.value)),
        Decider::Account(name) => (user.span, format!("the account `{name}` has the number 0 there")),
        Decider::Base(image) => (
            subject.base_span().unwrap_or(user.span),
            format!("the image '{image}' does, and nothing says otherwise"),
        ),
        Decider::Engine | Decider::Unknown => (
            subject.base_span().unwrap_or(user.span),
            "it is built from scratch, and no USER says otherwise".to_owned(),
        ),
    };
    let is_own = matches!(by, Decider::Compose | Decider::Stage | Decider::Account(_));
    let steps_down = subject.steps_down().filter(|_| !is_own);
    // An own USER or `user:` says root on purpose; an own entrypoint starts something else.
    let by_design = known_images::starts_as_root(
        &ImageRef::parse(subject.container.image.root().unwrap_or("")),
        program(subject),
    )
    .filter(|_| !is_own && !subject.has_own_entrypoint());
    let publishes = subject.service().is_some_and(Service::publishes);
    let severity = if demanded {
        Severity::Error
    } else if steps_down.is_some() || by_design.is_some() || subject.container.kind == ContainerKind::Dockerfile {
        Severity::Note
    } else if publishes || is_own {
        Severity::Warning
    } else {
        Severity::Note
    };
    let message = match (steps_down, by_design) {
        (Some(_), _) => format!("{label} starts as root: {why} (its entrypoint steps down by itself)"),
        (None, Some(row)) => format!("{label} starts as root: {why} ({})", row.how),
        (None, None) => format!("{label} runs as root: {why}"),
    };
    let help = match (steps_down, by_design.map(|row| row.instead)) {
        (_, Some(Some(instead))) => format!("use `{instead}`, which starts without root and listens on 8080"),
        // Another user would keep them from what they do as root first.
        (Some(_), _) | (_, Some(None)) => ACCEPT.to_owned(),
        _ if *by == Decider::Compose || subject.container.image.stage().is_none() => {
            "set `user: \"UID:GID\"` with numbers other than 0".to_owned()
        }
        _ => "end the stage that ships with USER UID:GID, with numbers other than 0".to_owned(),
    };
    let mut finding = Finding::new(span, message).help(help).severity(severity);
    if steps_down.is_none() && by_design.is_none() && !is_own {
        finding = switched(subject, finding);
    }
    for (place, why) in &user.overridden {
        finding = finding.related(*place, why.words());
    }
    if let Some(service) = subject.service() {
        finding = finding.related(service.name.span, "the service that runs it");
    }
    if *by == Decider::Stage
        && let Some(base) = subject.base_span()
    {
        finding = finding.related(base, "what the stage starts from");
    }
    found.push(finding.aspect("user").with_care());
}

/// The finding with the USER that is missing, where the image has a user for it.
fn switched(subject: &Subject<'_>, finding: Finding) -> Finding {
    match user_of_the_image(subject) {
        Some((place, user)) => finding
            .help(format!("end the stage that ships with `USER {user}`"))
            .change(Change::Above(place, format!("USER {user}"))),
        None => finding,
    }
}

/// A user that the image of a Dockerfile has for its program and never switches to, and the instruction that starts the program.
fn user_of_the_image(subject: &Subject<'_>) -> Option<(Span, String)> {
    let ImageSource::Built { file, plan } = &subject.container.image else {
        return None;
    };
    let stage = plan.shipped()?;
    let instructions = file.ast.instructions.get(stage.instructions.clone())?;
    let starts = |instruction: &&Instruction| matches!(instruction.kind, Kind::Cmd(_) | Kind::Entrypoint(_));
    let place = instructions.iter().find(starts)?;
    let contents = subject.contents();
    let made: Vec<&str> = contents.made_accounts().collect();
    let is_node = contents.root().is_some_and(|image| image.official() == Some("node"));
    let user = match made.as_slice() {
        [] if is_node && contents.account("node") != Has::No => "node",
        [only] => only,
        _ => return None,
    };
    let is_plain = user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    // What stands behind it would run as the user.
    let is_last = instructions
        .iter()
        .skip_while(|instruction| instruction.span != place.span)
        .all(|instruction| !matches!(instruction.kind, Kind::Run(_)));
    (is_plain && is_last).then(|| (place.keyword.span, user.to_owned()))
}

/// Commands that run beside the service as another user than its own.
fn hooks(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(service) = subject.service() else { return };
    for kind in ["post_start", "pre_stop"] {
        let all = service.written(&[kind]).and_then(Value::seq).unwrap_or(&[]);
        for (index, user) in all.iter().enumerate().filter_map(|(index, hook)| Some((index, hook.get("user")?))) {
            let is_root = user.scalar_text().is_some_and(|user| UserSpec::parse(&user).is_root());
            if is_root {
                let message = format!("the hook {kind} of service '{}' runs as root", service.name.value);
                found.push(
                    Finding::new(user.span, message)
                        .help("remove `user`, or name another one")
                        .severity(Severity::Error)
                        .aspect(format!("{kind}.{index}")),
                );
            }
        }
    }
}

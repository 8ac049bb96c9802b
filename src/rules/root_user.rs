use super::{Check, Group};
use crate::config::Demand;
use crate::build::context::started_server;
use crate::container::{ContainerKind, Decider, ImageSource};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images::{self, Has};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::source::Span;
use crate::values::user::UserSpec;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;
use crate::values::path::name;
use std::sync::Arc;

rule! {
    /// A container runs as root.
    ///
    /// ## Why it matters
    /// Root in a container is root on the host for every file that is mounted and every hole that is found: user
    /// namespaces are off by default. The Compose `user` decides, else the last USER of the stage that ships, else the
    /// base image, where the catalogue only includes official ones.
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
    /// A note where root is given up or is what the job takes: images whose entrypoint or server steps down by itself
    /// (`postgres`, `redis`, `nginx`, `httpd`), or whose script in the build context does (`gosu`, `su-exec`, `setpriv` ...);
    /// edge proxies that are made to run as root (`traefik`, `caddy`); cron; chores (`db-init`, `backup`) whose `user: root`
    /// is written down. A note also for services that mount the folder they are built from, for applications of somebody
    /// else and for Dockerfiles that no service builds. A warning where the user is written down or a port is published; an
    /// error where the profile requires `non-root`.
    RULE {
        name: "root-user",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &[
            "DL3002",
            "CKV_DOCKER_3",
            "CKV_DOCKER_8",
            "DS-0002",
            "CL-0018",
            "fd54f200-402c-4333-a5a4-36ef6709af2f",
            "67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae",
        ],
        check: Check::Container(check),
    }
}

/// For images that another user would break.
const ACCEPT: &str = "accept it, the image requires it: `# plimsoll: ignore[root-user] REASON`";

/// What the container is told to run in place of the image's own command.
fn program<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let told = subject.service().and_then(|service| service.command.value());
    let built = || subject.container.image.stage().and_then(|stage| stage.cmd.value());
    match told {
        Some(words) => words.first().map(String::as_str),
        None => built()?.words.first().map(|word| word.value.as_str()),
    }
}

/// Whether an entrypoint of its own starts the program that is made to start as root.
fn is_started_directly(subject: &Subject<'_>, row: &known_images::StartsAsRoot) -> bool {
    let effective = subject.effective();
    effective.words().first().is_some_and(|program| row.is_done_by(program))
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
                Finding::undecided(unknown, &format!("cannot check whether {label} runs as root")).aspect("user"),
            );
            return;
        }
        _ => return,
    };
    let by = &decided.by;
    let (span, why) = match by {
        Decider::Compose => (user.span, format!("set by `user: {}`", user.value)),
        Decider::Stage => (user.span, format!("set by `USER {}`", user.value)),
        Decider::Account(name) => (user.span, format!("as the account `{name}`, which has UID 0")),
        Decider::Base(image) => (
            subject.base_span().unwrap_or(user.span),
            format!("inherited from `{image}` (nothing sets a user)"),
        ),
        Decider::Engine | Decider::Unknown => (
            subject.base_span().unwrap_or(user.span),
            "the default of an image from scratch (nothing sets a user)".to_owned(),
        ),
    };
    let is_own = matches!(by, Decider::Compose | Decider::Stage | Decider::Account(_));
    let steps_down = subject.steps_down().filter(|_| !is_own);
    // An own USER or `user:` says root on purpose; an own entrypoint starts something else.
    let by_design = known_images::starts_as_root(
        &ImageRef::parse(subject.container.image.root().unwrap_or("")),
        program(subject),
    )
    .filter(|row| !is_own && (!subject.has_own_entrypoint() || is_started_directly(subject, row)));
    // The repository's own script, or a server that it starts by itself: whoever wrote `USER root` in front of one knows why.
    let own_script = own_step_down(subject).or_else(|| runs_jobs(subject));
    let is_others = is_somebody_elses(subject) && !is_own || *by == Decider::Compose && is_chore(subject) || does_nothing(subject);
    let publishes = subject.service().is_some_and(Service::publishes);
    let severity = if demanded {
        Severity::Error
    } else if steps_down.is_some() || by_design.is_some() || own_script.is_some() || subject.container.kind == ContainerKind::Dockerfile {
        Severity::Note
    } else if (publishes || is_own) && !is_others && !mounts_its_source(subject) {
        Severity::Warning
    } else {
        Severity::Note
    };
    let how = match (steps_down, by_design, own_script) {
        (Some(_), _, _) => Some("its entrypoint drops root".to_owned()),
        (None, Some(row), _) => Some(row.how.to_owned()),
        (None, None, own) => own,
    };
    let message = match &how {
        Some(how) => format!("{label} starts as root, {why}; {how}"),
        None => format!("{label} runs as root, {why}"),
    };
    let is_meant = how.is_some();
    let help = help(subject, by, by_design.and_then(|row| row.instead), is_meant);
    let mut finding = Finding::new(span, message).help(help).severity(severity);
    if !is_meant && !is_own {
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
        finding = finding.related(base, "base image of the stage");
    }
    found.push(finding.aspect("user").with_care());
}

/// The finding with the USER that is missing, where the image has a user for it.
fn switched(subject: &Subject<'_>, finding: Finding) -> Finding {
    match user_of_the_image(subject) {
        Some((place, user)) => finding
            .help(format!("add `USER {user}` at the end of the final stage"))
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

/// Whether an override switches the service off: it only prints something.
fn does_nothing(subject: &Subject<'_>) -> bool {
    subject.effective().words().first().is_some_and(|program| matches!(name(program), "echo" | "true"))
}

/// Whether the image is an application that somebody else made, which another user may break; what starts from a plain official image
/// runs something of its own.
fn is_somebody_elses(subject: &Subject<'_>) -> bool {
    let ImageSource::Named(name) = &subject.container.image else { return false };
    let is_published = || subject.repository.publishes(&name.value) || subject.repository.builds_image(&name.value);
    ImageRef::parse(&name.value).official().is_none() && !is_published()
}

/// Whether the service ends by itself after it made folders, changed owners or saved data: what `user: root` is written for.
fn is_chore(subject: &Subject<'_>) -> bool {
    const CHORES: [&str; 14] = [
        "bootstrap", "certgen", "certs", "generate", "init", "setup", "permission", "permissions", "perms", "chown", "backup", "migrate", "migration", "migrations",
    ];
    let Some(service) = subject.service() else { return false };
    let command = service.command.value().map_or(&[][..], Vec::as_slice);
    let words = std::iter::once(&service.name.value).chain(command.iter().take(3));
    let mut parts = words.flat_map(|word| word.split(|letter: char| !letter.is_ascii_alphabetic()));
    parts.any(|part| CHORES.contains(&part)) && !service.publishes()
}

/// Whether it runs jobs at their times: cron changes to the user of each.
fn runs_jobs(subject: &Subject<'_>) -> Option<String> {
    let effective = subject.effective();
    let words = effective.words();
    let mut names = words.iter().flat_map(|word| word.split_whitespace()).map(name);
    let is_cron = |word: &str| {
        matches!(word, "cron" | "crond")
            || word.strip_suffix(".sh").is_some_and(|stem| stem.split(['-', '_', '.']).any(|part| part == "cron"))
    };
    names.any(is_cron).then(|| "cron starts each job as its own user".to_owned())
}

/// Whether the service mounts the folder that it is built from: a workshop, and not what ships.
pub(super) fn mounts_its_source(subject: &Subject<'_>) -> bool {
    let (Some(service), Some(project)) = (subject.service(), subject.project()) else { return false };
    let Some(folder) = service.build.as_ref().and_then(|build| build.folder.as_ref()) else { return false };
    let mut sources = service.volumes.iter().filter_map(|mount| mount.local_source());
    sources.any(|source| join(&project.folder, source) == *folder)
}

/// What to type; `instead` is an image that does the same without root.
fn help(subject: &Subject<'_>, by: &Decider, instead: Option<&str>, is_meant: bool) -> String {
    match instead {
        Some(instead) => format!("use `{instead}`, which starts without root and listens on 8080"),
        // Another user would keep them from what they do as root first.
        None if is_meant => ACCEPT.to_owned(),
        _ if *by == Decider::Compose || subject.container.image.stage().is_none() => {
            "set `user: \"UID:GID\"` with numbers other than 0".to_owned()
        }
        _ => "add `USER UID:GID` at the end of the final stage, with numbers other than 0".to_owned(),
    }
}

/// How what the repository's own image starts gives root up: a script of the build context does, or a server.
fn own_step_down(subject: &Subject<'_>) -> Option<String> {
    let effective = subject.effective();
    let words = effective.words();
    const CHANGERS: [&str; 4] = ["gosu", "s6-setuidgid", "setpriv", "su-exec"];
    let mut written = words.iter().flat_map(|word| word.split_whitespace()).map(name);
    if let Some(by) = written.find(|word| CHANGERS.contains(word)) {
        return Some(format!("its command changes the user with `{by}`"));
    }
    if words.iter().any(|script| ends_as_another(script)) {
        return Some("its command changes the user with `su`".to_owned());
    }
    let ImageSource::Built { file, .. } = &subject.container.image else { return None };
    let workdir = effective.workdir.value.value().map_or("/", String::as_str);
    let mut files = subject.repository.dockerfiles.iter();
    let judged = files.find(|judged| Arc::ptr_eq(&judged.file, file));
    let script = judged.and_then(|judged| judged.context.as_ref()?.steps_down(&words, workdir));
    script
        .map(|script| format!("`{}` changes the user with `{}`", script.path, script.by))
        .or_else(|| Some(format!("the workers of `{}` run as another user", started_server(&words)?)))
}

/// Whether a script becomes the program of another user: `exec su default -c "bin/server"`. Behind it nothing runs.
fn ends_as_another(script: &str) -> bool {
    let Some((_, behind)) = script.rsplit_once("exec su ") else { return false };
    let user = behind.split_whitespace().find(|word| !word.starts_with('-'));
    user.is_some_and(|user| !UserSpec::parse(user).is_root() && !user.contains('$'))
}

/// Commands that run beside the service as another user than its own.
fn hooks(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(service) = subject.service() else { return };
    for kind in ["post_start", "pre_stop"] {
        let all = service.written(&[kind]).and_then(Value::seq).unwrap_or(&[]);
        for (index, user) in all.iter().enumerate().filter_map(|(index, hook)| Some((index, hook.get("user")?))) {
            let is_root = user.scalar_text().is_some_and(|user| UserSpec::parse(&user).is_root());
            if is_root {
                let message = format!("the hook `{kind}` of `{}` runs as root", service.name.value);
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

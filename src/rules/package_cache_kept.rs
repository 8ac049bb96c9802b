use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::model::image::ImageRef;
use crate::parse::shell::Joint;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::unit::{Action, Fate, JudgedFile, Manager, PackageCommand, RunStep, World};

rule! {
    /// What a package manager downloaded stays in a layer that ships.
    ///
    /// ## Why it matters
    /// A layer keeps every file that its RUN leaves behind; a later RUN that removes it frees nothing (measured: 41 MB of
    /// package lists on Debian 12). Remove it in the same RUN, keep it from being written, or put a cache mount over it.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.12-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git  # <- here
    /// RUN pip install flask  # <- here
    /// RUN rm -rf /var/lib/apt/lists/*
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// RUN apk add curl  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.12-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
    /// RUN --mount=type=cache,target=/root/.cache/pip pip install flask
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.22
    /// RUN apk add --no-cache curl
    /// ```
    ///
    /// ## Notes
    /// Stages whose layers do not ship are not looked at. What runs only under a condition is a note, and so is a language's
    /// package manager on an image that is not official: that image may have switched the cache off.
    RULE {
        name: "package-cache-kept",
        group: Group::Size,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &["DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060", "DS-0025"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &World, found: &mut Vec<Finding>) {
    for step in file.run_steps().iter().filter(|step| step.fate == Fate::Ships) {
        let mut seen: Vec<Manager> = Vec::new();
        for (index, package) in &step.packages {
            let Some(command) = step.commands().get(*index) else {
                continue;
            };
            if seen.contains(&package.manager) || !fills(package) || is_kept_clean(file, step, package) {
                continue;
            }
            seen.push(package.manager);
            let span = command.words.get(package.verb).map_or(command.span, |word| word.span);
            let (left, help) = words(package.manager);
            let mut finding = Finding::new(
                span,
                format!(
                    "`{}` leaves {left} in {}",
                    package.shown(command),
                    file.stage_name(step.stage)
                ),
            )
            .help(help)
            .subject(format!("RUN {}.{index}", step.instruction));
            if command.conditional || is_guess(file, step, package.manager) {
                finding = finding.severity(Severity::Note);
            }
            if let Some((place, text)) = fix(step, package, span) {
                finding = finding.fix(place, text);
            }
            found.push(finding);
        }
    }
}

/// Whether a base image that is not known may have switched the cache off by an ENV of its own.
fn is_guess(file: &JudgedFile, step: &RunStep, manager: Manager) -> bool {
    let root = file.plan.stages.get(step.stage).map(|stage| &stage.root_image);
    let is_official = match root {
        Some(Base::Image(name)) => name
            .value()
            .is_some_and(|name| ImageRef::parse(name).official().is_some()),
        _ => true,
    };
    !is_official && !matches!(manager, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper)
}

/// Whether a command writes to a cache.
fn fills(package: &PackageCommand) -> bool {
    match package.manager {
        Manager::Apt => package.action == Action::Update,
        _ => {
            matches!(package.action, Action::Install | Action::Upgrade)
                || (package.manager == Manager::Apk && package.action == Action::Update)
        }
    }
}

fn words(manager: Manager) -> (&'static str, &'static str) {
    match manager {
        Manager::Apt => ("its package lists", "end the RUN with `&& rm -rf /var/lib/apt/lists/*`"),
        Manager::Apk => ("its package index", "add --no-cache"),
        Manager::Dnf => (
            "its metadata and packages",
            "end the RUN with `&& dnf clean all`, or the clean of its program",
        ),
        Manager::Zypper => ("its metadata and packages", "end the RUN with `&& zypper clean --all`"),
        Manager::Pip => (
            "its download cache",
            "add --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip",
        ),
        Manager::Npm => (
            "its download cache",
            "end the RUN with `&& npm cache clean --force`, or RUN --mount=type=cache,target=/root/.npm",
        ),
        Manager::Yarn => (
            "its download cache",
            "end the RUN with `&& yarn cache clean`, or use a cache mount",
        ),
        Manager::Composer => (
            "its download cache",
            "add --no-cache, or RUN --mount=type=cache,target=/root/.composer/cache",
        ),
        Manager::Conda => (
            "its packages and index",
            "end the RUN with `&& conda clean --all --yes`",
        ),
    }
}

/// Whether nothing stays of what a command downloads.
fn is_kept_clean(file: &JudgedFile, step: &RunStep, package: &PackageCommand) -> bool {
    let cleans = || {
        step.packages
            .iter()
            .any(|(_, other)| other.manager == package.manager && other.action == Action::Clean)
    };
    let gone = |path: &str| step.removes(path) || step.mounts_over(file, path);
    let set = |names: &[&str]| names.iter().any(|name| is_set(file, step, name));
    match package.manager {
        Manager::Apt => cleans() || gone("/var/lib/apt/lists"),
        Manager::Apk => {
            let later = step
                .packages
                .iter()
                .any(|(_, other)| other.manager == Manager::Apk && other.has(&["--no-cache"]));
            // `apk update` beside `apk add --no-cache` still writes the index.
            (package.has(&["--no-cache"]) || (later && package.action != Action::Update))
                || step.mentions("cache clean")
                || gone("/var/cache/apk")
                || step.mounts_over(file, "/etc/apk/cache")
        }
        Manager::Dnf => {
            cleans()
                || [
                    "/var/cache/dnf",
                    "/var/cache/yum",
                    "/var/cache/libdnf5",
                    "/var/cache/tdnf",
                ]
                .iter()
                .any(|path| gone(path))
        }
        Manager::Zypper => cleans() || gone("/var/cache/zypp"),
        Manager::Pip => {
            package.has(&["--no-cache-dir", "--cache-dir", "--dry-run", "--help"])
                || package.operands.is_empty() && package.options.is_empty()
                || cleans()
                || set(&["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"])
                || step.mentions(".cache")
                || mentioned(file, "no-cache-dir")
                || step.mounts_ending(file, &["/pip", "/.cache"])
        }
        Manager::Npm => {
            cleans()
                || package.has(&["--cache", "--package-lock-only", "--dry-run"])
                || set(&["npm_config_cache", "NPM_CONFIG_CACHE"])
                || step.mentions(".npm")
                || step.mentions("npm-cache")
                || step.mounts_ending(file, &["/.npm", "npm", "/_cacache", "/.cache", "/root"])
        }
        // Later versions than 1 keep packages where the program needs them.
        Manager::Yarn => {
            cleans()
                || package.has(&["--cache-folder", "--immutable", "--inline-builds", "--immutable-cache"])
                || set(&["YARN_CACHE_FOLDER"])
                || mentioned(file, "corepack")
                || mentioned(file, ".yarn")
                || step.mentions(".cache")
                || step.mounts_ending(file, &["yarn", "/.cache", "/cache"])
        }
        Manager::Composer => {
            cleans()
                || package.has(&["--no-cache"])
                || set(&["COMPOSER_CACHE_DIR"])
                || step.mentions("composer/cache")
                || step.mentions(".composer")
                || step.mounts_ending(file, &["composer", "/cache", "/.cache", "/tmp"])
        }
        Manager::Conda => cleans() || step.mentions("/pkgs") || step.mounts_ending(file, &["/pkgs"]),
    }
}

/// Whether a variable is set for a step: by ENV or ARG of its stage, or by the shell.
fn is_set(file: &JudgedFile, step: &RunStep, name: &str) -> bool {
    step.mentions(name)
        || file
            .plan
            .stages
            .get(step.stage)
            .is_some_and(|stage| stage.env.get(name).is_some())
        || file
            .file
            .ast
            .instructions
            .iter()
            .any(|instruction| match &instruction.kind {
                crate::parse::dockerfile::Kind::Arg(arguments) => arguments
                    .iter()
                    .any(|argument| argument.name.value == name && argument.value.is_some()),
                _ => false,
            })
}

/// Whether any step names something: a configuration file that holds for all.
fn mentioned(file: &JudgedFile, word: &str) -> bool {
    file.run_steps().iter().any(|step| step.mentions(word))
        || file
            .file
            .ast
            .instructions
            .iter()
            .any(|instruction| match &instruction.kind {
                crate::parse::dockerfile::Kind::Copy(transfer) => {
                    transfer.sources.iter().any(|source| source.value.contains(word))
                }
                _ => false,
            })
}

/// The edit that mends it and nothing else.
fn fix(step: &RunStep, package: &PackageCommand, verb: Span) -> Option<(Span, &'static str)> {
    let behind = |span: Span| Span {
        start: span.end,
        ..span
    };
    match package.manager {
        Manager::Apk if package.action != Action::Update => Some((behind(verb), " --no-cache")),
        Manager::Pip => Some((behind(verb), " --no-cache-dir")),
        Manager::Apt => {
            // A plain chain of `&&` can have one more.
            let commands = step.commands();
            let plain = commands.iter().all(|command| {
                matches!(command.joint, Joint::First | Joint::And)
                    && command.level == 0
                    && !command.conditional
                    && command.inside.is_none()
                    && command.redirections.is_empty()
            });
            let last = commands
                .last()
                .filter(|_| plain && !step.mentions("\n") && !step.mentions("#"))?;
            Some((behind(last.span), " && rm -rf /var/lib/apt/lists/*"))
        }
        _ => None,
    }
}

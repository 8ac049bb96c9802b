mod cleanup;

use super::{Check, Group};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use cleanup::Removed;
use std::collections::HashSet;

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
    /// ```dockerfile pass
    /// FROM python:3.12-slim
    /// ENV PIP_NO_CACHE_DIR=1
    /// RUN pip install flask
    /// RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt \
    ///     apt-get update && apt-get install -y git
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12-slim AS build
    /// RUN pip install --prefix=/install flask
    /// FROM python:3.12-slim
    /// COPY --from=build /install /usr/local
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
        aliases: &["DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060", "DS-0015", "DS-0019", "DS-0020", "DS-0025", "DS-0027"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let settings = Settings::of(file);
    for step in file.run_steps().iter().filter(|step| step.stage_use == StageUse::Ships) {
        // Each manager is reported once for a step, and what a step takes away is looked up once.
        let mut done: Vec<Manager> = Vec::new();
        for (index, package) in &step.packages {
            let Some(command) = step.commands().get(*index) else {
                continue;
            };
            if done.contains(&package.manager) || !fills(package) || keeps_nothing(package) {
                continue;
            }
            done.push(package.manager);
            if is_cleaned(file, &settings, step, package.manager) {
                continue;
            }
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
            .aspect(format!("RUN {}.{index}", step.instruction));
            if command.conditional || is_guess(file, step, package.manager) || removes_some(file, step, package.manager) {
                finding = finding.severity(Severity::Note);
            }
            if let Some((place, text)) = fix(step, package, command, span) {
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

/// What a step removes of apt's package lists.
fn lists_removed(file: &JudgedFile, step: &RunStep) -> Removed {
    let shell = file.plan.stages.get(step.stage).and_then(|stage| stage.shell.value());
    let is_bash = shell
        .and_then(|words| words.first())
        .is_some_and(|program| program.value.ends_with("bash"));
    cleanup::removed(step, "/var/lib/apt/lists", "deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages.lz4", is_bash)
}

/// Whether a step removes something of what a package manager leaves, and what that is cannot be told.
fn removes_some(file: &JudgedFile, step: &RunStep, manager: Manager) -> bool {
    manager == Manager::Apt && lists_removed(file, step) == Removed::Something
}

fn words(manager: Manager) -> (&'static str, &'static str) {
    match manager {
        Manager::Apt => (
            "its package lists (Debian 12: about 20 MB)",
            "end the RUN with `&& rm -rf /var/lib/apt/lists/*`",
        ),
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

/// Whether a command says itself that nothing is to stay.
fn keeps_nothing(package: &PackageCommand) -> bool {
    match package.manager {
        Manager::Apk => package.has(&["--no-cache", "--no-network", "--cache-dir"]),
        Manager::Pip => {
            package.has(&["--no-cache-dir", "--cache-dir", "--dry-run", "--help"])
                || package.operands.is_empty() && package.options.is_empty()
        }
        Manager::Npm => package.has(&["--cache", "--package-lock-only", "--dry-run"]),
        // Later versions than 1 keep packages where the program needs them.
        Manager::Yarn => package.has(&["--cache-folder", "--immutable", "--inline-builds", "--immutable-cache"]),
        Manager::Composer => package.has(&["--no-cache"]),
        _ => false,
    }
}

/// Whether a step takes away what a package manager leaves, or never has it.
fn is_cleaned(file: &JudgedFile, settings: &Settings<'_>, step: &RunStep, manager: Manager) -> bool {
    let cleans = step
        .packages
        .iter()
        .any(|(_, other)| other.manager == manager && other.action == Action::Clean);
    let gone = |paths: &[&str]| {
        paths
            .iter()
            .any(|path| step.removes(path) || step.mounts_over(file, path))
    };
    let set = |name: &str| settings.has(file, step, name);
    let mounts = |endings: &[&str]| step.mounts_ending(file, endings);
    cleans
        || match manager {
            Manager::Apt => gone(&["/var/lib/apt/lists"]) || lists_removed(file, step) == Removed::All,
            Manager::Apk => step.mentions("cache clean") || gone(&["/var/cache/apk", "/etc/apk/cache"]),
            Manager::Dnf => gone(&[
                "/var/cache/dnf",
                "/var/cache/yum",
                "/var/cache/libdnf5",
                "/var/cache/tdnf",
            ]),
            Manager::Zypper => gone(&["/var/cache/zypp"]),
            Manager::Pip => {
                settings.pip_configured
                    || set("PIP_NO_CACHE_DIR")
                    || set("PIP_CACHE_DIR")
                    || set("XDG_CACHE_HOME")
                    || step.mentions(".cache")
                    || mounts(&["/pip", "/.cache"])
            }
            Manager::Npm => {
                set("npm_config_cache")
                    || set("NPM_CONFIG_CACHE")
                    || step.mentions("config set cache")
                    || step.mentions(".npm")
                    || step.mentions("npm-cache")
                    || mounts(&["/.npm", "npm", "/_cacache", "/.cache", "/root"])
            }
            Manager::Yarn => {
                settings.new_yarn
                    || set("YARN_CACHE_FOLDER")
                    || step.mentions(".cache")
                    || mounts(&["yarn", "/.cache", "/cache"])
            }
            Manager::Composer => {
                set("COMPOSER_CACHE_DIR")
                    || step.mentions("composer/cache")
                    || step.mentions(".composer")
                    || mounts(&["composer", "/cache", "/.cache", "/tmp"])
            }
            Manager::Conda => step.mentions("/pkgs") || mounts(&["/pkgs"]),
        }
}

/// What the whole file says about caches.
struct Settings<'a> {
    /// ARG names with a value.
    arguments: HashSet<&'a str>,
    /// A pip configuration switches the cache off.
    pip_configured: bool,
    /// A yarn whose cache belongs to the program.
    new_yarn: bool,
}

impl<'a> Settings<'a> {
    fn of(file: &'a JudgedFile) -> Self {
        let instructions = &file.file.ast.instructions;
        let copies = |word: &str| {
            instructions.iter().any(|instruction| match &instruction.kind {
                Kind::Copy(transfer) => transfer.sources.iter().any(|source| source.value.contains(word)),
                _ => false,
            })
        };
        let runs = |word: &str| file.run_steps().iter().any(|step| step.mentions(word));
        Self {
            arguments: instructions
                .iter()
                .flat_map(|instruction| match &instruction.kind {
                    Kind::Arg(arguments) => arguments.as_slice(),
                    _ => &[],
                })
                .filter(|argument| argument.value.is_some())
                .map(|argument| argument.name.value.as_str())
                .collect(),
            pip_configured: runs("global.no-cache-dir") || copies("pip.conf"),
            new_yarn: runs("corepack") || runs(".yarn") || copies(".yarn"),
        }
    }

    /// Whether a variable is set for a step: by ENV or ARG, or by the shell.
    fn has(&self, file: &JudgedFile, step: &RunStep, name: &str) -> bool {
        let stage = file.plan.stages.get(step.stage);
        step.mentions(name) || self.arguments.contains(name) || stage.is_some_and(|stage| stage.env.get(name).is_some())
    }
}

/// The edit that mends it and nothing else: an option, or one command more.
fn fix(step: &RunStep, package: &PackageCommand, command: &Command, verb: Span) -> Option<(Span, String)> {
    let behind = |span: Span| Span {
        start: span.end,
        ..span
    };
    let option = |text: &str| Some((behind(verb), text.to_owned()));
    let clean = match package.manager {
        Manager::Apk if package.action == Action::Update => return None,
        Manager::Apk | Manager::Composer => return option(" --no-cache"),
        Manager::Pip => return option(" --no-cache-dir"),
        Manager::Apt => "rm -rf /var/lib/apt/lists/*".to_owned(),
        Manager::Dnf => format!("{} clean all", package.program),
        Manager::Zypper => "zypper clean --all".to_owned(),
        Manager::Npm => "npm cache clean --force".to_owned(),
        Manager::Yarn => "yarn cache clean".to_owned(),
        Manager::Conda => format!("{} clean --all --yes", package.program),
    };
    // A plain chain of `&&` can have one more.
    let commands = step.commands();
    let plain = commands.iter().all(|command| {
        matches!(command.joint, Joint::First | Joint::And)
            && command.level == 0
            && !command.conditional
            && command.inside.is_none()
            && command.redirections.is_empty()
    });
    // Behind `sudo` the other one would need it, too.
    let is_direct = command.words.first().is_some_and(|word| word.text == package.program);
    let last = commands
        .last()
        .filter(|_| plain && is_direct && !step.mentions("\n") && !step.mentions("#"))?;
    Some((behind(last.span), format!(" && {clean}")))
}

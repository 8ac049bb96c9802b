use super::{Check, Group};
use crate::build::effects::{self, Removal};
use crate::build::package_index::{self, Install};
use crate::build::owners::ordinary_user;
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::name;
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
        aliases: &[
            "DL3009",
            "DL3019",
            "DL3032",
            "DL3036",
            "DL3040",
            "DL3042",
            "DL3060",
            "DS-0015",
            "DS-0019",
            "DS-0020",
            "DS-0025",
            "DS-0027",
            "00481784-25aa-4a55-8633-3136dfcf4f37",
            "295acb63-9246-4b21-b441-7c1f1fb62dc0",
            "f2f903fb-b977-461e-98d7-b3e2185c6118",
            "38300d1a-feb2-4a48-936a-d1ef1cd24313",
            "df746b39-6564-4fed-bf85-e9c44382303c",
            "ae9c56a6-3ed1-4ac0-9b54-31267f51151d",
        ],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let settings = Settings::of(file);
    // An index that a later RUN installs from is the matter of `stale-package-index`: removed here, it is missing there.
    let apart: Vec<Span> = package_index::installs(file).iter().filter_map(Install::fetched_apart).collect();
    for step in file.run_steps().iter().filter(|step| step.stage_use == StageUse::Ships) {
        // Each manager is reported once for a step, and what a step takes away is looked up once.
        let mut done: Vec<Manager> = Vec::new();
        for (index, package) in &step.packages {
            let Some(command) = step.commands().get(*index) else {
                continue;
            };
            let is_apart = apart.iter().any(|span| command.span.contains(*span));
            if is_apart || done.contains(&package.manager) || !fills(package) || keeps_nothing(package) {
                continue;
            }
            let (mut index, mut package, mut command) = (index, package, command);
            // What the step installs beside it weighs more.
            let is_small = is_of_tools(package);
            let is_heavier = |(_, other): &(usize, PackageCommand)| {
                other.manager == package.manager && fills(other) && !keeps_nothing(other) && !is_of_tools(other)
            };
            if is_small && step.packages.iter().any(is_heavier) {
                continue;
            }
            done.push(package.manager);
            let mut removal = removed(file, &settings, step, (*index, package.manager));
            // What is fetched once more behind it stays.
            if removal == Removal::All
                && let Some((later, other)) = refill(step, *index, package.manager)
                && let Some(again) = step.commands().get(*later)
            {
                removal = removed(file, &settings, step, (*later, other.manager));
                (index, package, command) = (later, other, again);
            }
            if removal == Removal::All {
                continue;
            }
            let span = command.words.get(package.verb).map_or(command.span, |word| word.span);
            let facts = package.manager.facts();
            let is_of_apt = package.manager == Manager::Apt;
            let heir = is_of_apt.then(|| heir(file, step)).flatten();
            let mut finding = Finding::new(
                span,
                format!(
                    "`{}` keeps {} in {}",
                    package.shown(command),
                    facts.leaves,
                    file.stage_name(step.stage)
                ),
            )
            .help(help(file, step, package))
            .aspect(format!("RUN {}.{index}", step.instruction));
            // A script to clean up, which nobody read.
            let mut behind = step.commands().iter().skip(*index + 1);
            let may_clean = behind.any(|other| other.words.first().is_some_and(|word| name(&word.text).contains("clean")));
            if is_small || may_clean || command.conditional || is_guess(file, step, package.manager) || removal == Removal::Something {
                finding = finding.severity(Severity::Note);
            }
            match heir {
                Some(heir) => {
                    finding = finding
                        .help(format!("{}, and begin the one that installs from them with `apt-get update &&`", facts.help))
                        .related(heir, "installs from them");
                }
                None => {
                    if let Some((place, text)) = fix(step, package, command, span) {
                        finding = finding.fix(place, text);
                    }
                }
            }
            found.push(finding);
        }
    }
}

/// What to do, with the program that the image has; a cache of root's is of no use to another user.
fn help(file: &JudgedFile, step: &RunStep, package: &PackageCommand) -> String {
    let text = package.manager.facts().help;
    let stage = file.plan.stages.get(step.stage);
    let is_root = stage.is_none_or(|stage| ordinary_user(file, stage, step.instruction).is_none());
    match text.split_once(", or ") {
        Some((first, rest)) if !is_root && rest.contains("/root/") => first.to_owned(),
        _ => text.replace("dnf clean", &format!("{} clean", package.program)),
    }
}

/// So many later steps are looked at.
const MOST_STEPS: usize = 100;

/// The first install with apt behind a step whose own RUN fetched no index before it: it may live on what this one leaves.
fn heir(file: &JudgedFile, step: &RunStep) -> Option<Span> {
    let steps = file.run_steps();
    let next = steps.partition_point(|other| other.instruction <= step.instruction);
    let mut later = steps.iter().skip(next).take(MOST_STEPS).filter_map(|other| {
        let of_apt = |package: &PackageCommand| {
            package.manager == Manager::Apt && matches!(package.action, Action::Install | Action::Update)
        };
        let (at, first) = other.packages.iter().find(|(_, package)| of_apt(package))?;
        let is_on_it = other.stage == step.stage || file.plan.lineage(other.stage).contains(&step.stage);
        is_on_it.then_some((other, *at, first.action))
    });
    let (other, at, action) = later.next()?;
    let command = other.commands().get(at).filter(|_| action == Action::Install)?;
    Some(command.span)
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
    !is_official && !manager.is_of_distribution()
}

/// Whether a command writes to a cache.
fn fills(package: &PackageCommand) -> bool {
    match (package.manager, package.action) {
        (Manager::Uv, _) => false,
        (Manager::Apt, action) => action == Action::Update,
        (_, Action::Install | Action::Upgrade) => true,
        (manager, action) => manager == Manager::Apk && action == Action::Update,
    }
}

/// Whether a command only brings a package manager up to date: a megabyte or two.
fn is_of_tools(package: &PackageCommand) -> bool {
    const TOOLS: [&str; 4] = ["npm", "pip", "setuptools", "wheel"];
    let name = |operand: &str| {
        let end = operand.find(['=', '<', '>', '~', '!', '@', '[']).unwrap_or(operand.len());
        TOOLS.contains(&operand.get(..end).unwrap_or(operand).trim())
    };
    let is_of_language = matches!(package.manager, Manager::Pip | Manager::Npm);
    is_of_language && !package.operands.is_empty() && package.operands.iter().all(|operand| name(operand))
}

/// Whether a command says itself that nothing is to stay.
fn keeps_nothing(package: &PackageCommand) -> bool {
    package.has(package.manager.facts().keeping_options)
        || package.manager == Manager::Pip && package.operands.is_empty() && package.options.is_empty()
}

/// The last command of a step that fills the same cache, behind `first` and in the same row of commands.
fn refill(step: &RunStep, first: usize, manager: Manager) -> Option<&(usize, PackageCommand)> {
    let fills = |(at, package): &&(usize, PackageCommand)| {
        package.manager == manager && fills(package) && !keeps_nothing(package) && !is_of_tools(package) && is_in_row(step, *at)
    };
    step.packages.iter().rev().find(fills).filter(|(at, _)| *at > first)
}

/// Whether a command is neither in a function, a condition, a loop nor a trap: it runs where it stands.
fn is_in_row(step: &RunStep, command: usize) -> bool {
    let command = step.commands().get(command);
    command.is_some_and(|command| {
        let is_plain = command.level == 0 && !command.conditional && command.inside.is_none();
        is_plain && command.program() != Some("trap")
    })
}

/// How much a step takes away of what a package manager leaves; all of it where it never has it.
fn removed(file: &JudgedFile, settings: &Settings<'_>, step: &RunStep, (filled, manager): (usize, Manager)) -> Removal {
    let facts = manager.facts();
    let cleans = step
        .packages
        .iter()
        // One that comes before has nothing to clean.
        .any(|(at, other)| *at > filled && other.manager == manager && other.action == Action::Clean);
    let configured = match manager {
        Manager::Pip => settings.pip_configured,
        Manager::Yarn => settings.new_yarn,
        _ => false,
    };
    let never_stays = cleans
        || configured
        || facts.mentions.iter().any(|word| step.mentions(word))
        || facts.variables.iter().any(|name| settings.has(file, step, name))
        || !facts.mounts.is_empty() && step.mounts_ending(file, facts.mounts)
        || facts.caches.iter().any(|path| step.mounts_over(file, path));
    if never_stays {
        return Removal::All;
    }
    // What is removed before it is fetched is there all the same.
    let is_early = |command: usize| command < filled && is_in_row(step, command) && is_in_row(step, filled);
    let effects = file.effects().at(step.instruction).iter().filter(|effect| !is_early(effect.command));
    let of = |effect| facts.caches.iter().map(move |folder| effects::removal(std::slice::from_ref(effect), folder, facts.kept));
    effects.flat_map(of).max().unwrap_or(Removal::Nothing)
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
    let facts = package.manager.facts();
    if !facts.keep_none.is_empty() {
        // An index that is fetched by itself is for a later command.
        let is_index = package.manager == Manager::Apk && package.action == Action::Update;
        return if is_index { None } else { option(facts.keep_none) };
    }
    let clean = match package.manager {
        Manager::Apt => "rm -rf /var/lib/apt/lists/*".to_owned(),
        _ => format!("{} {}", package.program, facts.clean),
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

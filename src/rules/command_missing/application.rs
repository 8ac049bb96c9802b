//! A command that starts a script or a module of the application, where no instruction brings the application.

use crate::build::context::Requirements;
use crate::build::effects::Change;
use crate::build::{JudgedFile, StageUse};
use crate::fact::Fact;
use crate::finding::Finding;
use crate::known_images::Has;
use crate::parse::dockerfile::{Command, Form, Instruction, Kind, Transfer};
use crate::parse::shell;
use crate::repository::Repository;
use crate::resolve::stage::{Base, Transferred};
use crate::source::Span;
use crate::values::path::{is_below, name};
use std::collections::BTreeSet;

/// Official images that bring a language and no application.
const LANGUAGES: [&str; 5] = ["node", "perl", "php", "python", "ruby"];
/// Files that list packages or say how they are installed.
const LISTS: &str = "requirements package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml .npmrc .yarnrc .yarnrc.yml \
    Gemfile Gemfile.lock composer.json composer.lock pyproject.toml poetry.lock uv.lock Pipfile Pipfile.lock cpanfile";
/// Programs that install what such lists name.
const INSTALLERS: [&str; 11] = [
    "bundle", "composer", "corepack", "cpanm", "npm", "pip", "pip3", "pipenv", "pnpm", "poetry", "yarn",
];
/// Modules of Python's own that people start.
const STANDARD: &str = "asyncio calendar code compileall cProfile dis ensurepip gzip http idlelib json lib2to3 pdb pip platform profile \
    pydoc py_compile runpy site smtpd sqlite3 sysconfig tarfile test this timeit tkinter trace unittest uuid venv webbrowser wsgiref \
    xmlrpc zipapp zipfile";

/// What the shipped stage starts of an application that never gets into it.
pub(super) fn never_copied(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let Some((index, stage)) = file.plan.shipped.and_then(|index| Some((index, file.plan.stages.get(index)?))) else {
        return;
    };
    let command = match (&stage.entrypoint, &stage.cmd) {
        (Fact::Known(entrypoint), _) => &entrypoint.value,
        (Fact::Absent, Fact::Known(cmd)) => &cmd.value,
        _ => return,
    };
    let Base::Image(Fact::Known(base)) = &stage.root_image else {
        return;
    };
    let image = repository.images.get(&base.value);
    if !image.official().is_some_and(|name| LANGUAGES.contains(&name)) || image.shell() != Has::Yes {
        return;
    }
    let Some((started, span)) = started(command) else {
        return;
    };
    if is_given_at_start(file, repository) || !stage.volumes.is_empty() {
        return;
    }
    let Some(packages) = brought(file) else { return };
    let what = match &started {
        Started::Script(path) => format!("the script `{path}`"),
        Started::Module(module) if !packages.others && !is_of_a_package(module, &packages.packages) => {
            format!("the module `{module}`")
        }
        Started::Module(_) => return,
    };
    let stage_name = file.stage_name(index);
    found.push(
        Finding::new(span, format!("{stage_name} starts {what}, which does not exist: no instruction copies the application"))
            .help("copy it into the final stage: `COPY . .`")
            .related(stage.from, "base image of the stage")
            .aspect("application"),
    );
}

enum Started {
    /// A file, as it is written.
    Script(String),
    /// A module of Python.
    Module(String),
}

/// What an interpreter is told to run, if that is a part of an application.
fn started(command: &Command) -> Option<(Started, Span)> {
    let words: Vec<(String, Span)> = match command.form {
        Form::Exec => command.words.iter().map(|word| (word.value.clone(), word.span)).collect(),
        Form::Shell => {
            let script = shell::split(&command.text)?;
            let [only] = script.commands.as_slice() else { return None };
            let is_plain = only.words.iter().all(|word| !word.dynamic) && only.redirections.is_empty();
            let words = only.words.iter().map(|word| (word.text.clone(), word.span));
            is_plain.then(|| words.collect())?
        }
    };
    let (program, first, rest) = match words.as_slice() {
        [(program, _), first, rest @ ..] => (name(program), first, rest),
        _ => return None,
    };
    let is_python = program == "python" || program.starts_with("python3") || program == "python2";
    if is_python && first.0 == "-m" {
        let (module, span) = rest.first()?;
        let top = module.split('.').next().unwrap_or(module);
        return (!STANDARD.split_whitespace().any(|known| known == top)).then(|| (Started::Module(module.clone()), *span));
    }
    let endings: &[&str] = match program {
        "node" => &[".js", ".mjs", ".cjs"],
        "ruby" => &[".rb"],
        "perl" => &[".pl"],
        "php" => &[".php"],
        _ if is_python => &[".py"],
        _ => return None,
    };
    let (path, span) = first;
    let is_script = endings.iter().any(|ending| path.ends_with(ending)) && !path.contains("node_modules") && !path.contains('$');
    // A distribution has scripts of its own.
    let is_own = !path.starts_with("/usr") && !path.starts_with("/opt");
    (is_script && is_own).then(|| (Started::Script(path.clone()), *span))
}

/// Whether a service that builds it mounts something, or has a command of its own.
fn is_given_at_start(file: &JudgedFile, repository: &Repository) -> bool {
    let services = repository.sets.iter().flat_map(|set| &set.services);
    services.filter(|service| file.services.contains(&service.name.value)).any(|service| {
        let others = ["develop", "volumes_from", "configs", "secrets"];
        !service.command.is_absent()
            || !service.entrypoint.is_absent()
            || !service.volumes.is_empty()
            || others.iter().any(|key| service.written(&[*key]).is_some())
    })
}

/// Whether every service that builds it mounts a folder of the checkout over a path.
pub(super) fn is_mounted(file: &JudgedFile, repository: &Repository, path: &str) -> bool {
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let mut all = services.filter(|service| service.build.is_some() && file.services.contains(&service.name.value)).peekable();
    all.peek().is_some()
        && all.all(|service| {
            let mut mounts = service.volumes.iter().filter(|mount| mount.local_source().is_some());
            mounts.any(|mount| mount.target.value().is_some_and(|target| path == target || is_below(path, target)))
        })
}

/// The packages that the stages install, if that and lists of packages is all that they bring; `None` where more may come.
fn brought(file: &JudgedFile) -> Option<Requirements> {
    let mut all = Requirements::default();
    let mut lists = false;
    for (_, stage, stage_use) in file.stages() {
        if stage_use == StageUse::Unused {
            continue;
        }
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = stage.instructions.start + offset;
            let is_harmless = match &instruction.kind {
                Kind::Copy(words) | Kind::Add(words) => copies_lists(file, instruction, words, file.plan.transfer(at)?),
                Kind::Run(run) => run.mounts.iter().all(|mount| mount.kind() != "bind") && installs(file, at, &mut all, &mut lists),
                Kind::Onbuild(_) | Kind::Unknown => false,
                _ => true,
            };
            if !is_harmless {
                return None;
            }
        }
    }
    if lists {
        // What a list names that is not seen may be anything.
        match file.context.as_ref().map(|context| &context.requirements) {
            Some(named) if !named.packages.is_empty() => {
                all.packages.extend(named.packages.iter().cloned());
                all.others |= named.others;
            }
            _ => all.others = true,
        }
    }
    Some(all)
}

/// Whether a COPY brings nothing but lists of packages, or what another stage of this file has.
fn copies_lists(file: &JudgedFile, instruction: &Instruction, words: &Transfer, transfer: &Transferred) -> bool {
    if !instruction.heredocs.is_empty() {
        return false;
    }
    if let Some(from) = &words.from {
        return from.value.parse::<usize>().is_ok() || file.plan.find(&from.value).is_some();
    }
    transfer.sources.iter().all(|source| {
        source.value().is_some_and(|source| {
            let file = name(source);
            LISTS.split_whitespace().any(|list| file == list)
                || file == "package*.json"
                || file.contains("requirements") && file.ends_with(".txt")
        })
    })
}

/// Whether a RUN only installs packages, makes accounts and changes modes.
fn installs(file: &JudgedFile, at: usize, all: &mut Requirements, lists: &mut bool) -> bool {
    let Some(step) = file.run_step(at) else { return false };
    for command in step.commands() {
        let program = command.program().unwrap_or_default();
        let is_list = command.arguments().iter().any(|word| matches!(word.text.as_str(), "-r" | "--requirement") || word.text.starts_with("-r"));
        let is_python = matches!(program, "pip" | "pip3" | "pipenv" | "poetry" | "uv");
        *lists |= is_python && (is_list || !program.starts_with("pip") || program == "pipenv");
        if command.arguments().iter().any(|word| word.dynamic || word.text == "." || word.text.contains("://")) {
            return false;
        }
        if is_python {
            let named = command.arguments().iter().filter(|word| !word.text.starts_with('-'));
            let plain = named.map(|word| word.text.split(['[', '=', '<', '>', '~', '!']).next().unwrap_or(""));
            all.packages.extend(plain.map(Requirements::plain));
        }
    }
    file.effects().at(at).iter().all(|effect| {
        let command = step.commands().get(effect.command);
        let is_installer = || command.and_then(|command| command.program()).is_some_and(|program| INSTALLERS.contains(&program));
        match &effect.change {
            Change::Unknown(traits) => traits.adds_no_program() || is_installer(),
            Change::Write { .. } => is_installer(),
            Change::Copy(_) | Change::Move(_) | Change::Link { .. } => false,
            _ => true,
        }
    })
}

/// Whether a package may bring a module: one of them is called like the other, in part.
fn is_of_a_package(module: &str, packages: &BTreeSet<String>) -> bool {
    let top = Requirements::plain(module.split('.').next().unwrap_or(module));
    packages.iter().any(|package| !package.is_empty() && (package.contains(&top) || top.contains(package.as_str())))
}

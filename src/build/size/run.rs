//! What a RUN adds, as far as what its effects do to files is known.

use super::files::{Files, Installed};
use super::layer::RunLayer;
use super::{Bytes, Maker, packages};
use crate::build::context::Locked;
use crate::build::effects::{Certainty, Change, Content, Effect};
use crate::build::programs::Traits;
use crate::build::{Action, Manager, PackageCommand, RunStep};
use crate::parse::dockerfile::{KeyValue, Kind as Says, Run};
use crate::parse::shell::Command;
use std::sync::Arc;

/// What useradd and groupadd write: the account files once more, with their backups.
const ACCOUNTS: u64 = 6_000;

impl Maker<'_> {
    /// The bytes of a RUN, and how they are known.
    pub(super) fn run(&mut self, at: usize, run: &Run, stage: usize, files: &mut Files) -> (Bytes, String) {
        let step = self.file.run_step(at).filter(|step| step.stage == stage);
        let Some(step) = step.filter(|step| step.script.is_some()) else {
            self.spend(files);
            files.doubt();
            files.blur("/");
            return (Bytes::rough(0, None), "its commands are unknown".to_owned());
        };
        let mut layer = RunLayer::new(files);
        // What is mounted hides what the image has there, and what is written there does not stay.
        let mounted = run.mounts.iter().any(|mount| {
            !matches!(mount.kind().as_str(), "secret" | "ssh")
                && mount
                    .target()
                    .is_none_or(|target| target.value.contains('$') || !packages::is_store(&target.value))
        });
        if mounted {
            layer.note("mounted files are not read");
            layer.more.doubt();
        }
        let all = Arc::clone(&self.effects);
        let effects = all.at(at);
        let packages = packages::Installation::of(self.file, step, effects);
        for effect in effects {
            let sure = !mounted && effect.certainty == Certainty::Always;
            apply(&mut layer, &packages, step, effect, sure);
            let command = step.commands().get(effect.command);
            let Some((command, (file, locked))) = command.and_then(|command| Some((command, self.locked(command)?)))
            else {
                continue;
            };
            layer.note(&format!("{file} names {} packages", locked.packages));
            let is_taken = |other: &Effect| other.command != effect.command && packages::takes_files(other);
            let stays = sure && layer.files.volumes.is_empty() && !effects.iter().any(is_taken);
            if stays
                && locked.at_least > 0
                && self.installs_all(command)
                && layer.files.packages.insert(Installed::UvLock)
            {
                layer.more = layer.more.plus(Bytes::rough(locked.at_least, None));
                layer.note("what the project needs everywhere has at least half of the size of its wheels");
            }
        }
        let (bytes, why, seen) = layer.finish();
        self.fuel = self.fuel.saturating_sub(seen);
        self.spend(files);
        (bytes, why)
    }
}

/// The lock files of programs that install what they name.
const LOCKS: [(&str, &[&str]); 11] = [
    ("bundle", &["Gemfile.lock"]),
    ("cargo", &["Cargo.lock"]),
    ("composer", &["composer.lock"]),
    ("go", &["go.sum"]),
    ("npm", &["package-lock.json", "npm-shrinkwrap.json"]),
    ("pipenv", &["Pipfile.lock"]),
    ("pnpm", &["pnpm-lock.yaml"]),
    ("poetry", &["poetry.lock"]),
    ("uv", &["uv.lock"]),
    ("yarn", &["yarn.lock"]),
    ("yarnpkg", &["yarn.lock"]),
];
/// Their verbs that do so.
const INSTALLS: [&str; 9] = [
    "build",
    "ci",
    "clean-install",
    "download",
    "i",
    "install",
    "mod",
    "sync",
    "vendor",
];

/// Flags of `uv sync` that keep nothing of the project's needs out.
const WHOLE: [&str; 15] = [
    "--all-extras",
    "--all-groups",
    "--compile-bytecode",
    "--extra",
    "--frozen",
    "--group",
    "--locked",
    "--no-cache",
    "--no-default-groups",
    "--no-dev",
    "--no-editable",
    "--no-group",
    "--no-install-project",
    "--no-progress",
    "--quiet",
];
/// And variables that do so.
const HARMLESS: [&str; 6] = [
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_NO_CACHE",
    "UV_NO_DEV",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON_DOWNLOADS",
];

impl Maker<'_> {
    /// The lock file of an install, and what it says.
    fn locked(&self, command: &Command) -> Option<(&'static str, Locked)> {
        let program = command.program()?;
        let (_, files) = LOCKS.iter().find(|(known, _)| *known == program)?;
        let verb = command.words.iter().skip(1).find(|word| !word.text.starts_with('-'));
        // `yarn` alone installs.
        let installs = verb.map_or(program == "yarn", |verb| INSTALLS.contains(&verb.text.as_str()));
        let locked = &self.file.context.as_ref().filter(|_| installs)?.locked;
        files.iter().find_map(|file| Some((*file, *locked.get(file)?)))
    }

    /// Whether `uv sync` installs what its lock file says into the image, and all of it.
    fn installs_all(&self, command: &Command) -> bool {
        let mut flags = command.words.iter().skip(1).filter(|word| word.text.starts_with('-'));
        let is_locked = flags
            .clone()
            .any(|flag| matches!(flag.text.as_str(), "--frozen" | "--locked"));
        let is_harmless = |pair: &KeyValue| match pair.key.value.as_str() {
            "UV_LINK_MODE" => pair.value.value == "copy",
            name => !name.starts_with("UV_") || HARMLESS.contains(&name),
        };
        let is_set = self
            .file
            .file
            .ast
            .instructions
            .iter()
            .any(|instruction| match &instruction.kind {
                Says::Env(pairs) => !pairs.iter().all(is_harmless),
                _ => false,
            });
        is_locked && !is_set && flags.all(|flag| WHOLE.contains(&flag.text.as_str()))
    }
}

/// Adds what an effect of a RUN adds.
fn apply(layer: &mut RunLayer<'_>, packages: &packages::Installation, step: &RunStep, effect: &Effect, sure: bool) {
    let command = step.commands().get(effect.command);
    match &effect.change {
        Change::Folder(to) => {
            if let Some(path) = to.path() {
                layer.files.folder(path);
            }
        }
        Change::Write { content, by: None, .. } => write(layer, command, *content),
        Change::Copy(placing) if placing.followed => layer.place(placing, false, sure),
        Change::Move(placing) if placing.followed => layer.place(placing, true, sure),
        Change::Link {
            target,
            link,
            into,
            symbolic: true,
        } => layer.link(target.as_deref(), link, *into, sure),
        Change::Remove { what, .. } => layer.remove(what),
        Change::Owner {
            what,
            recursive,
            user,
            followed: true,
        } => layer.own(what, *recursive, user.as_deref(), sure),
        Change::Mode {
            what,
            recursive,
            mode,
            followed: true,
        } => layer.mode(what, *recursive, mode.as_deref(), sure),
        Change::Touch(what) => layer.touch(what, sure),
        Change::Package(at) => {
            let Some((_, package)) = step.packages.get(*at) else {
                return;
            };
            match package.manager {
                Manager::Apt => packages.apt(layer, package, sure),
                manager => {
                    if manager == Manager::Apk && sure {
                        packages.apk(layer, package);
                    }
                    other_package(layer, command, package);
                }
            }
        }
        Change::Accounts(_) => {
            layer.more = layer.more.plus(Bytes::rough(0, Some(ACCOUNTS)));
            layer.note("accounts are a few files");
        }
        Change::Unknown(traits) => unknown(layer, command, *traits),
        // Whoever does these writes more than that, which is counted as unknown.
        Change::Write { .. }
        | Change::Copy(_)
        | Change::Move(_)
        | Change::Link { .. }
        | Change::Owner { .. }
        | Change::Mode { .. } => {}
        // Its size is unknown: whoever builds it may do anything.
        Change::Build { .. } => {}
        Change::AccountFiles | Change::Enter(_) | Change::SearchPath(_) | Change::Transfer(_) => {}
    }
}

/// A redirection.
fn write(layer: &mut RunLayer<'_>, command: Option<&Command>, content: Content) {
    match content {
        Content::Text(bytes) => layer.more = layer.more.plus(Bytes::rough(0, Some(bytes))),
        Content::File | Content::Folder => {
            layer.open(format!("the size of what `{}` writes is unknown", program(command)))
        }
    }
    layer.note("a text is written to a file");
    layer.files.blur("/");
}

fn program(command: Option<&Command>) -> &str {
    command.and_then(Command::program).unwrap_or("a program")
}

/// A package manager whose packages have no known sizes.
fn other_package(layer: &mut RunLayer<'_>, command: Option<&Command>, package: &PackageCommand) {
    if package.action == Action::Clean {
        layer.more.doubt();
        return;
    }
    let shown = command.map_or_else(|| package.program.clone(), |command| package.shown(command));
    layer.open(format!("the size of what `{shown}` writes is unknown"));
    layer.files.blur("/");
}

fn unknown(layer: &mut RunLayer<'_>, command: Option<&Command>, traits: Traits) {
    layer.open(format!("the size of what `{}` writes is unknown", program(command)));
    layer.files.blur("/");
    if !traits.keeps_files() {
        layer.doubt();
    }
}

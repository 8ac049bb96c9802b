//! The package index that each install of a build finds: fetched in its own step, in an earlier one, or not at all.

use super::effects::{Certainty, Change, Effect, Removal, Target, removal};
use super::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::fact::Fact;
use crate::known_images::{Images, Sh};
use crate::parse::dockerfile::Kind;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;

/// The folder of apt's index.
const LISTS: &str = "/var/lib/apt/lists";
/// A file in it that counts.
const SAMPLE: &str = "deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages.lz4";

/// An install whose index is not of its own step.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    /// How far its stage gets.
    pub stage_use: StageUse,
    /// The instruction.
    pub instruction: usize,
    /// The package manager.
    pub manager: Manager,
    /// The word that says install.
    pub span: Span,
    /// What it finds.
    pub found: Found,
}

impl Install {
    /// Where a RUN that does nothing else fetches its index.
    pub(crate) fn fetched_apart(&self) -> Option<Span> {
        match self.found {
            Found::Apart(span) => Some(span),
            Found::Nothing { .. } => None,
        }
    }
}

/// The index that an install finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// None: the image has none, or a step removed it.
    Nothing {
        /// Where it was removed, if the file does it.
        removed: Option<Span>,
        /// The base has little installed, so that what is asked for has to be fetched.
        slim: bool,
    },
    /// That of a RUN that does nothing but fetch it.
    Apart(Span),
}

/// What is known of an index between two commands.
#[derive(Clone, Copy, Debug)]
enum State {
    Nothing {
        removed: Option<Span>,
    },
    /// By this step, which installs nothing.
    Fetched {
        by: usize,
        span: Span,
        alone: bool,
    },
    Unknown,
}

/// The indexes of a stage.
#[derive(Clone, Copy, Debug)]
struct Indexes {
    apt: State,
    apk: State,
    slim: bool,
}

/// Every install that does not find an index of its own step.
pub(crate) fn installs(file: &JudgedFile) -> Vec<Install> {
    let mut found = Vec::new();
    let mut ends: Vec<Indexes> = Vec::new();
    for (_, stage, stage_use) in file.stages() {
        let mut indexes = match stage.base {
            Base::Stage(base) => ends.get(base).copied().unwrap_or_else(|| start(stage, &file.images)),
            _ => start(stage, &file.images),
        };
        for number in stage.instructions.clone() {
            let Some(step) = file.run_step(number) else {
                // A RUN that is not read may do anything.
                if file
                    .file
                    .ast
                    .instructions
                    .get(number)
                    .is_some_and(|at| matches!(at.kind, Kind::Run(_)))
                {
                    (indexes.apt, indexes.apk) = (State::Unknown, State::Unknown);
                }
                continue;
            };
            if !step.mounts_over(file, LISTS) {
                walk(file, step, stage_use, &mut indexes, &mut found);
            }
        }
        ends.push(indexes);
    }
    found
}

/// What an image has: official ones of Debian and Ubuntu come without lists.
fn start(stage: &Stage, images: &Images) -> Indexes {
    let image = match &stage.root_image {
        Base::Image(Fact::Known(name)) => images.get(&name.value),
        _ => images.get(""),
    };
    let apt = match image.posix_shell() {
        Some(Sh::Dash { .. }) => State::Nothing { removed: None },
        _ => State::Unknown,
    };
    let slim = matches!(image.official(), Some("debian" | "ubuntu"))
        || image.tag.as_deref().is_some_and(|tag| tag.contains("slim"));
    Indexes {
        apt,
        apk: State::Unknown,
        slim,
    }
}

fn walk(file: &JudgedFile, step: &RunStep, stage_use: StageUse, indexes: &mut Indexes, found: &mut Vec<Install>) {
    if step.script.is_none() {
        (indexes.apt, indexes.apk) = (State::Unknown, State::Unknown);
        return;
    }
    for effect in file.effects().at(step.instruction) {
        match &effect.change {
            Change::Package(index) => {
                let Some((command, package)) = step.packages.get(*index) else {
                    continue;
                };
                let slim = indexes.slim;
                let state = match package.manager {
                    Manager::Apt => &mut indexes.apt,
                    Manager::Apk => &mut indexes.apk,
                    _ => continue,
                };
                match package.action {
                    Action::Update => fetch(step, effect, package, state),
                    Action::Install if needs_index(package) && effect.certainty != Certainty::Maybe => {
                        let finds = match *state {
                            State::Nothing { removed } => Some(Found::Nothing { removed, slim }),
                            State::Fetched { by, span, alone: true } if by != step.instruction => {
                                Some(Found::Apart(span))
                            }
                            _ => None,
                        };
                        let word = step
                            .commands()
                            .get(*command)
                            .and_then(|command| command.words.get(package.verb));
                        found.extend(finds.zip(word).map(|(finds, word)| Install {
                            stage_use,
                            instruction: step.instruction,
                            manager: package.manager,
                            span: word.span,
                            found: finds,
                        }));
                    }
                    Action::Clean if package.operands.is_empty() && has_verb(step, *command, "dist-clean") => {
                        *state = State::Nothing {
                            removed: Some(effect.span),
                        };
                    }
                    _ => {}
                }
            }
            Change::Remove { what, .. } => match removal(std::slice::from_ref(effect), LISTS, SAMPLE) {
                Removal::Nothing => {}
                Removal::All if effect.certainty != Certainty::Maybe && !matches!(what, Target::Anywhere) => {
                    indexes.apt = State::Nothing {
                        removed: Some(effect.span),
                    };
                }
                _ => indexes.apt = State::Unknown,
            },
            // It may fetch one.
            Change::Unknown(traits) if !traits.writes_nothing() && !traits.adds_no_program() => {
                if matches!(indexes.apt, State::Nothing { .. }) {
                    indexes.apt = State::Unknown;
                }
            }
            _ => {}
        }
    }
}

fn fetch(step: &RunStep, effect: &Effect, package: &PackageCommand, state: &mut State) {
    if effect.certainty == Certainty::Maybe {
        *state = State::Unknown;
        return;
    }
    let installs = |other: &PackageCommand| other.manager == package.manager && other.action == Action::Install;
    *state = State::Fetched {
        by: step.instruction,
        span: effect.span,
        alone: !step.packages.iter().any(|(_, other)| installs(other)),
    };
}

/// Whether an install asks for packages by name that it cannot do without: what apt cannot download to install once more it leaves as it
/// is, and ends well (`--reinstall`).
fn needs_index(package: &PackageCommand) -> bool {
    let is_name = |operand: &String| !operand.contains(['/', '$', '*', '`']) && !operand.ends_with(".deb");
    match package.manager {
        Manager::Apk => {
            !package.has(&["--no-cache", "--update", "--update-cache", "-U", "-u"])
                && package.operands.iter().any(is_name)
        }
        _ => {
            !package.has(&["--reinstall"])
                && package.operands.iter().any(is_name)
                && package.operands.iter().all(is_name)
        }
    }
}

fn has_verb(step: &RunStep, command: usize, verb: &str) -> bool {
    let words = step.commands().get(command).map(|command| command.words.as_slice());
    words.is_some_and(|words| words.iter().any(|word| word.text == verb))
}

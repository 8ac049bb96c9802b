//! What each RUN, COPY, ADD, WORKDIR and ENV does to an image, read once.
//!
//! What a stage holds ([`filesystem`](super::filesystem)), what its layers write and take away ([`layers`](super::layers)), how big
//! they are ([`size`](super::size)) and whether a path may be there ([`origins`](super::origins)) are all made of these effects.
//! An effect says what happens or may happen; what follows from a "maybe" is for each of them to say.

mod builds;
mod commands;
mod downloads;
mod find;
mod folder;
mod operands;
mod removal;
mod transfer;

pub(crate) use removal::{Removal, removal};

use super::linked::Builder;
use super::programs::Traits;
use super::{JudgedFile, RunStep};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::shell::{Command, Joint};
use crate::resolve::stage::{Base, Plan};
use crate::source::Span;
use crate::values::path::clean;
use folder::{Folders, Place};

/// One thing that an instruction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// What it does.
    pub change: Change,
    /// The program's word, or the instruction's.
    pub span: Span,
    /// Whether it happens.
    pub certainty: Certainty,
    /// The command of the RUN that does it, by its index.
    pub command: usize,
}

/// Whether something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Certainty {
    /// Only if a condition holds, once for each round of a loop, or inside a substitution.
    Maybe,
    /// Nothing says that it does not, but a failure before it or in it may go unseen.
    Expected,
    /// In every build that succeeds.
    Always,
}

/// Where something happens, as far as the words say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// At this absolute path.
    Path(String),
    /// At this path, or at something below it, relative to the WORKDIR of an image that is not known.
    Base(String),
    /// At everything in a folder whose name has no dot in front: `folder/*`.
    AllIn(String),
    /// At something at or below a folder; which, only the shell knows.
    SomeIn {
        /// The folder.
        folder: String,
        /// The absolute pattern, where it is one.
        pattern: Option<String>,
    },
    /// Somewhere in the home folder of whoever runs it.
    Home,
    /// Anywhere.
    Anywhere,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A folder is made.
    Folder(Target),
    /// A folder is made, and entered for what follows: WORKDIR.
    Enter(Target),
    /// Something is written. Where a program does it that may write more, an `Unknown` or `Package` goes with it.
    Write {
        /// Where.
        to: Target,
        /// What.
        content: Content,
        /// Who, as messages name it; `None` for a redirection.
        by: Option<&'static str>,
    },
    /// Files or folders are copied.
    Copy(Box<Placing>),
    /// Files or folders are moved.
    Move(Box<Placing>),
    /// A link is made.
    Link {
        /// What it leads to, as written.
        target: Option<String>,
        /// The link itself.
        link: Target,
        /// It is made in the folder `link`.
        into: bool,
        /// It is a symbolic one.
        symbolic: bool,
    },
    /// Something is taken away.
    Remove {
        /// What.
        what: Target,
        /// Folders too, with everything in them.
        recursive: bool,
    },
    /// The owner or group changes.
    Owner {
        /// Of what.
        what: Target,
        /// Everything below it, too.
        recursive: bool,
        /// The new user, where there is one and it is written out.
        user: Option<String>,
        /// No option makes it anything else; else an `Unknown` goes with it.
        followed: bool,
    },
    /// The mode changes.
    Mode {
        /// Of what.
        what: Target,
        /// Everything below it, too.
        recursive: bool,
        /// The new mode as written, where it is written out.
        mode: Option<String>,
        /// No option makes it anything else; else an `Unknown` goes with it.
        followed: bool,
    },
    /// An empty file is made, or an old one gets a new time.
    Touch(Target),
    /// A program is built from source.
    Build {
        /// What builds it.
        by: Builder,
        /// The program, or the folder that it is put into.
        to: Target,
        /// It is put into the folder under a name of its own.
        within: bool,
    },
    /// A package manager does something: the step's package command of this index.
    Package(usize),
    /// Accounts are made: their names, `None` for those that only the shell knows.
    Accounts(Vec<Option<String>>),
    /// The files that list accounts may have changed in any way.
    AccountFiles,
    /// The folders of PATH, those that were there before left out; `None` where that is not known.
    SearchPath(Option<Vec<String>>),
    /// COPY or ADD brings one source.
    Transfer(Transfer),
    /// A program runs that may do anything but what its traits rule out.
    Unknown(Traits),
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A text of so many bytes.
    Text(u64),
    /// A file.
    File,
    /// A folder with anything in it.
    Folder,
}

/// What `cp`, `mv` and their like do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    /// What is placed.
    pub from: Vec<Target>,
    /// Where.
    pub to: Target,
    /// `to` is a folder for certain.
    pub into: bool,
    /// Only what is in the folders is placed: `cp -r a/. b`.
    pub contents: bool,
    /// No option makes it anything else; else an `Unknown` goes with it.
    pub followed: bool,
    /// Who does it.
    pub by: &'static str,
}

/// One source of a COPY or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// What is brought.
    pub source: Source,
    /// Where.
    pub to: Target,
    /// `to` is a folder for certain.
    pub into: bool,
    /// The folders of the source are kept: `--parents`.
    pub parents: bool,
}

/// What a COPY or ADD brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Something of this name, expanded; `None` where it is not known.
    Named(Option<String>),
    /// A heredoc, by its index.
    Heredoc(usize),
}

/// The effects of a file's instructions.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Those of each instruction that has some, by its index, ascending.
    instructions: Vec<(usize, Vec<Effect>)>,
}

impl Effects {
    /// The effects of an instruction.
    pub(crate) fn at(&self, instruction: usize) -> &[Effect] {
        let at = self
            .instructions
            .binary_search_by_key(&instruction, |(index, _)| *index);
        at.ok()
            .and_then(|at| self.instructions.get(at))
            .map_or(&[], |(_, effects)| effects)
    }
}

/// Reads all effects of a Dockerfile, as a plan builds it.
pub(crate) fn read(file: &JudgedFile, plan: &Plan) -> Effects {
    let mut instructions = Vec::new();
    // Where each stage ends.
    let mut ends: Vec<Place> = Vec::with_capacity(plan.stages.len());
    for stage in &plan.stages {
        let mut place = match &stage.base {
            Base::Stage(base) => ends.get(*base).cloned().unwrap_or(Place::Unknown),
            Base::Scratch => Place::Path("/".to_owned()),
            Base::Image(_) => Place::Base(String::new()),
        };
        let start = stage.instructions.start;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = start + offset;
            let found = of_instruction(file, plan, at, instruction, &mut place);
            if !found.is_empty() {
                instructions.push((at, found));
            }
        }
        ends.push(place);
    }
    Effects { instructions }
}

fn of_instruction(
    file: &JudgedFile,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
    place: &mut Place,
) -> Vec<Effect> {
    let one = |change: Change| Effect {
        change,
        span: instruction.keyword.span,
        certainty: Certainty::Always,
        command: 0,
    };
    match &instruction.kind {
        Kind::Run(_) => match file.run_step(at) {
            Some(step) if step.script.is_some() => of_run(step, place),
            _ => vec![one(Change::Unknown(Traits::UNKNOWN))],
        },
        Kind::Copy(words) | Kind::Add(words) => plan.transfer(at).map_or_else(Vec::new, |transfer| {
            let heredocs = instruction.heredocs.len();
            let found = transfer::read(transfer, words, heredocs, plan.workdir_at(at).value());
            found.map(|transfer| one(Change::Transfer(transfer))).collect()
        }),
        Kind::Workdir(word) => {
            *place = match plan.workdir_at(at + 1).value() {
                Some(path) => Place::Path(path.clone()),
                None if word.value.contains('$') => Place::Unknown,
                None => place.join(word.value.trim_matches('"')),
            };
            vec![one(Change::Enter(place.target()))]
        }
        Kind::Env(pairs) => {
            let paths = pairs.iter().filter(|pair| pair.key.value == "PATH");
            paths
                .map(|pair| one(Change::SearchPath(search_path(&pair.value.value))))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The folders that an ENV adds to PATH.
fn search_path(value: &str) -> Option<Vec<String>> {
    let own = |part: &&str| !part.contains("$PATH") && *part != "${PATH}";
    let parts = value.trim_matches(['"', '\'']).split(':').filter(own);
    parts
        .map(|part| (part.starts_with('/') && !part.contains('$')).then(|| clean(part)))
        .collect()
}

/// Files that list accounts, and a program that fills them from its input: whatever is done with them.
const ACCOUNT_FILES: [&str; 3] = ["/etc/passwd", "/etc/group", "newusers"];

fn of_run(step: &RunStep, place: &Place) -> Vec<Effect> {
    let commands = step.commands();
    let shells = step.script.as_ref().map_or(&[][..], |script| &script.shells);
    let mut reader = Reader {
        expands_braces: step.expands_braces(),
        folders: Folders::new(place.clone(), shells),
        decisive: step
            .script
            .as_ref()
            .map_or_else(Vec::new, |script| script.decisive(step.stops_at_failure())),
        ended: false,
        certainty: Certainty::Always,
        command: 0,
        span: commands.first().map_or(step.text.span(0..0), |command| command.span),
        listed: Vec::new(),
        found: Vec::new(),
    };
    if ACCOUNT_FILES.iter().any(|file| step.mentions(file)) {
        reader.add(Change::AccountFiles);
    }
    let mut packages = step.packages.iter().enumerate().peekable();
    let next = following(commands);
    for (index, command) in commands.iter().enumerate() {
        let next = next.get(index).and_then(|next| commands.get(*next));
        let package = packages.next_if(|(_, (at, _))| *at == index);
        reader.begin(index, command);
        reader.command(command, next, package.map(|(at, (_, package))| (at, package)));
    }
    reader.found.shrink_to_fit();
    reader.found
}

/// For each command the index of the one behind it, those that are substituted into it left out.
fn following(commands: &[Command]) -> Vec<usize> {
    let mut next = vec![commands.len(); commands.len()];
    for index in (0..commands.len()).rev() {
        let mut at = index + 1;
        while let Some(command) = commands.get(at)
            && command.inside.is_some_and(|outer| outer >= index)
        {
            at = next.get(at).copied().unwrap_or(commands.len());
        }
        if let Some(slot) = next.get_mut(index) {
            *slot = at;
        }
    }
    next
}

/// Reads one RUN.
struct Reader<'a> {
    /// The shell makes two words of `{a,b}`.
    expands_braces: bool,
    folders: Folders<'a>,
    /// For each command whether the build fails where it does.
    decisive: Vec<bool>,
    /// Something may end the script before its end.
    ended: bool,
    /// Of the command that is being read.
    certainty: Certainty,
    command: usize,
    span: Span,
    /// What the `find` before this command lists for it through a pipe.
    listed: Vec<Target>,
    found: Vec<Effect>,
}

impl Reader<'_> {
    fn begin(&mut self, index: usize, command: &Command) {
        self.folders.begin(command);
        if command.joint != Joint::Pipe || command.program() != Some("xargs") {
            self.listed.clear();
        }
        self.command = index;
        self.span = command.words.first().map_or(command.span, |word| word.span);
        let is_reached = matches!(command.joint, Joint::First | Joint::And | Joint::Then);
        let fails_the_build = self.decisive.get(index) == Some(&true);
        self.certainty = if command.conditional || command.inside.is_some() {
            Certainty::Maybe
        } else if is_reached && fails_the_build && !self.ended {
            Certainty::Always
        } else {
            Certainty::Expected
        };
    }

    fn add(&mut self, change: Change) {
        self.found.push(Effect {
            change,
            span: self.span,
            certainty: self.certainty,
            command: self.command,
        });
    }
}

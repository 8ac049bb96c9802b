//! The programs that stages build from source, and the C library that they are linked with.
//!
//! Tried with the real compilers: Go with cgo links what uses `net` or `os/user` with the C library of the builder, and starts
//! without it where cgo is off; cargo does so for gnu targets always and for musl never; a program that was linked with glibc
//! 2.34 or newer asks for 2.34, whatever it is, and one of Rust 1.95 that starts processes for 2.39 where the builder has it.

use super::JudgedFile;
use super::effects::{Change, Placing, Source, Target};
use super::steps::RunStep;
use crate::fact::Fact;
use crate::known_images::Libc;
use crate::parse::dockerfile::{Form, Instruction, Kind};
use crate::parse::shell::Command;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::values::path::{clean, is_below, name};

/// More programs than this in one stage are not followed.
const MAX_PROGRAMS: usize = 32;

/// What builds a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    /// `go build` and `go install`.
    Go,
    /// `cargo build` and `cargo install`.
    Cargo,
    /// gcc, clang.
    C,
}

/// What a program was linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Linkage {
    /// The C library of the builder.
    pub libc: Libc,
    /// Who linked it.
    pub by: Builder,
    /// Nothing that is not known here may have made it static.
    pub is_sure: bool,
}

impl Linkage {
    /// The release of glibc that it needs where it runs, as the x of 2.x: for sure, and at worst.
    pub(crate) fn needs(self) -> Option<(u32, u32)> {
        let Libc::Glibc(release) = self.libc else { return None };
        let sure = if release >= 34 { 34 } else { 0 };
        let worst = match self.by {
            Builder::Cargo if release >= 39 => 39,
            _ => sure,
        };
        Some((sure, worst))
    }
}

/// A program in a stage.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its path, or the folder that it lies in.
    path: String,
    /// It lies in the folder, under a name that is not known.
    within: bool,
    /// What it was linked with.
    pub linkage: Linkage,
    /// The word of the COPY that brought it into its stage.
    pub copied: Option<Span>,
}

impl Program {
    /// Whether it is the program at this path.
    fn is_at(&self, path: &str) -> bool {
        match path.rsplit_once('/') {
            Some((folder, name)) if self.within => folder == self.path && !name.contains(['.', '*', '?', '[']),
            _ => !self.within && self.path == path,
        }
    }
}

/// The programs that a stage starts and that COPY brought there from a stage that builds them.
pub(crate) fn started(file: &JudgedFile, stage: usize) -> Vec<Program> {
    if !file
        .run_steps()
        .iter()
        .any(|step| step.commands().iter().any(|command| builder(command).is_some()))
    {
        return Vec::new();
    }
    let mut all: Vec<Vec<Program>> = Vec::with_capacity(stage + 1);
    for (index, stage) in file.plan.stages.iter().enumerate().take(stage + 1) {
        let programs = of_stage(file, index, stage, &all);
        all.push(programs);
    }
    let (Some(programs), Some(stage)) = (all.pop(), file.plan.stages.get(stage)) else {
        return Vec::new();
    };
    let words = words(stage);
    let workdir = stage.workdir.value().map_or("/", String::as_str);
    let is_started = |program: &Program| {
        words.iter().any(|word| match word.contains('/') {
            true if word.starts_with('/') => program.is_at(&clean(word)),
            true => program.is_at(&clean(&format!("{workdir}/{word}"))),
            false => super::programs::PATH
                .iter()
                .any(|folder| program.is_at(&format!("{folder}/{word}"))),
        })
    };
    programs
        .into_iter()
        .filter(|program| program.copied.is_some() && is_started(program))
        .collect()
}

/// The words of what a stage starts.
fn words(stage: &Stage) -> Vec<&str> {
    let commands = [&stage.entrypoint, &stage.cmd].into_iter().filter_map(Fact::value);
    commands
        .flat_map(|command| match command.form {
            Form::Exec => command
                .words
                .iter()
                .flat_map(|word| word.value.split_whitespace())
                .collect::<Vec<_>>(),
            Form::Shell => command.text.text.split_whitespace().collect(),
        })
        .take(64)
        .collect()
}

fn of_stage(file: &JudgedFile, index: usize, stage: &Stage, done: &[Vec<Program>]) -> Vec<Program> {
    let mut programs = match stage.base {
        Base::Stage(base) => done.get(base).cloned().unwrap_or_default(),
        _ => Vec::new(),
    };
    let first = stage.instructions.start;
    for (offset, instruction) in file.instructions(stage).iter().enumerate() {
        let at = first + offset;
        if let Kind::Copy(words) = &instruction.kind {
            let Some(from) = words.from.as_ref().and_then(|from| stage_of(file, &from.value)) else {
                continue;
            };
            for (number, effect) in file.effects().at(at).iter().enumerate() {
                if let (Change::Transfer(transfer), Some(word)) = (&effect.change, words.sources.get(number))
                    && let (Source::Named(Some(source)), Target::Path(to)) = (&transfer.source, &transfer.to)
                {
                    let source = clean(&format!("/{source}"));
                    let found = done.get(from).map_or(&[][..], Vec::as_slice);
                    programs.extend(moved(found, &source, to, Some(word.span)));
                }
            }
        } else if let Some(step) = file.run_step(at) {
            of_run(file, index, step, &mut programs);
        }
        programs.truncate(MAX_PROGRAMS);
    }
    programs
}

fn stage_of(file: &JudgedFile, name: &str) -> Option<usize> {
    name.parse::<usize>().ok().or_else(|| file.plan.find(name))
}

fn of_run(file: &JudgedFile, stage: usize, step: &RunStep, programs: &mut Vec<Program>) {
    for effect in file.effects().at(step.instruction) {
        match &effect.change {
            Change::Build {
                by,
                to: Target::Path(path),
                within,
            } => {
                let command = step
                    .commands()
                    .get(effect.command)
                    .filter(|command| !command.conditional);
                if let Some(linkage) = command.and_then(|command| linkage(file, stage, *by, command)) {
                    programs.push(Program {
                        path: path.clone(),
                        within: *within,
                        linkage,
                        copied: None,
                    });
                }
            }
            Change::Copy(placing) | Change::Move(placing) => programs.extend(placed(programs, placing)),
            _ => {}
        }
    }
}

/// What `cp`, `mv` and their like bring to another place.
fn placed(programs: &[Program], placing: &Placing) -> Vec<Program> {
    let Some(to) = placing.to.path() else { return Vec::new() };
    let of = |from: &Target| match from {
        Target::Path(from) => moved(programs, from, to, None),
        Target::AllIn(folder) => programs
            .iter()
            .filter(|program| {
                program.path == *folder && program.within || !program.within && parent(&program.path) == folder
            })
            .map(|program| Program {
                path: inside(to, program.path.strip_prefix(folder.as_str()).unwrap_or("")),
                ..program.clone()
            })
            .collect(),
        _ => Vec::new(),
    };
    placing.from.iter().flat_map(of).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn inside(to: &str, rest: &str) -> String {
    clean(&format!("{to}/{rest}"))
}

/// The programs at or below `source` where they are put at `to`: it may be their name, or the folder that gets them.
fn moved(programs: &[Program], source: &str, to: &str, copied: Option<Span>) -> Vec<Program> {
    let mut found = Vec::new();
    for program in programs {
        let mut add = |path: String, within: bool| {
            found.push(Program {
                path,
                within,
                copied: copied.or(program.copied),
                ..program.clone()
            });
        };
        if program.is_at(source) {
            add(to.to_owned(), false);
            add(inside(to, name(source)), false);
        } else if program.path == source || is_below(&program.path, source) {
            let rest = program.path.strip_prefix(source).unwrap_or("");
            add(inside(to, rest), program.within);
            add(inside(to, &format!("{}/{rest}", name(source))), program.within);
        }
    }
    found.truncate(MAX_PROGRAMS);
    found
}

/// What a command builds with.
pub(super) fn builder(command: &Command) -> Option<Builder> {
    let verb = command
        .arguments()
        .iter()
        .find(|word| !word.text.starts_with(['+', '-']));
    let verb = verb.map_or("", |word| word.text.as_str());
    match command.program()? {
        "go" if matches!(verb, "build" | "install") => Some(Builder::Go),
        "cargo" if matches!(verb, "build" | "b" | "install") => Some(Builder::Cargo),
        "gcc" | "cc" | "g++" | "c++" | "clang" | "clang++" => Some(Builder::C),
        _ => None,
    }
}

/// What a command of a stage links with; `None` where that is nothing, or not known.
fn linkage(file: &JudgedFile, stage: usize, by: Builder, command: &Command) -> Option<Linkage> {
    let Base::Image(Fact::Known(image)) = &file.plan.stages.get(stage)?.root_image else {
        return None;
    };
    let libc = file.images.get(&image.value).libc()?;
    let said = Said(file, stage);
    let is_sure = match by {
        Builder::Go => {
            let compiles = libc != Libc::Musl || said.any(&["gcc", "build-base", "alpine-sdk", "clang"]);
            let is_native = said.only("GOARCH", "amd64") && said.only("GOOS", "linux");
            let is_plain = file.context.as_ref().is_some_and(|context| context.has_plain_go);
            if is_plain
                || !compiles
                || !is_native
                || !said.only("CGO_ENABLED", "1")
                || said.any(&["-static", "netgo", "osusergo"])
            {
                return None;
            }
            false
        }
        Builder::Cargo => {
            // For musl it links statically, unless it is told otherwise.
            let target = command
                .arguments()
                .iter()
                .any(|word| word.text.starts_with("--target") && word.text != "--target-dir");
            if libc == Libc::Musl
                || target
                || said.any(&[
                    "musl",
                    "crt-static",
                    "zig",
                    ".cargo/config",
                    "CARGO_BUILD_TARGET",
                    "-static",
                ])
            {
                return None;
            }
            let settings = file.context.as_ref().map(|context| {
                let is_it = |path: &str| path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config");
                (
                    context.tree.complete,
                    context.tree.entries.iter().any(|entry| is_it(&entry.path)),
                )
            });
            match settings {
                Some((_, true)) => return None,
                Some((is_complete, false)) => is_complete,
                None => false,
            }
        }
        Builder::C => {
            let is_other = |text: &str| matches!(text, "-c" | "-S" | "-E" | "-shared") || text.starts_with("-static");
            let words = command.arguments();
            if words.iter().any(|word| word.dynamic || is_other(&word.text)) || said.any(&["LDFLAGS", "-static-pie"]) {
                return None;
            }
            true
        }
    };
    Some(Linkage { libc, by, is_sure })
}

/// Everything that a stage and those that it starts from say in ARG, ENV and RUN.
struct Said<'a>(&'a JudgedFile, usize);

impl Said<'_> {
    fn texts(&self, see: &mut dyn FnMut(&str)) {
        let Said(file, stage) = self;
        for stage in file
            .plan
            .lineage(*stage)
            .into_iter()
            .filter_map(|index| file.plan.stages.get(index))
        {
            let first = stage.instructions.start;
            for (offset, instruction) in file.instructions(stage).iter().enumerate() {
                of_instruction(file, first + offset, instruction, see);
            }
        }
    }

    /// Whether any of these words is said.
    fn any(&self, words: &[&str]) -> bool {
        let mut found = false;
        self.texts(&mut |text| found |= words.iter().any(|word| text.contains(word)));
        found
    }

    /// Whether a variable gets no other value than this one.
    fn only(&self, variable: &str, value: &str) -> bool {
        let mut other = false;
        self.texts(&mut |text| {
            let sets = text
                .match_indices(variable)
                .filter_map(|(at, _)| text.get(at + variable.len()..));
            let is_it = |rest: &str| {
                rest.strip_prefix('=')
                    .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(value))
            };
            other |= !{ sets }.all(is_it);
        });
        !other
    }
}

fn of_instruction(file: &JudgedFile, at: usize, instruction: &Instruction, see: &mut dyn FnMut(&str)) {
    match &instruction.kind {
        Kind::Run(run) => match file.run_step(at) {
            Some(step) => see(&step.text.text),
            None => run.command.words.iter().for_each(|word| see(&word.value)),
        },
        Kind::Env(pairs) => pairs
            .iter()
            .for_each(|pair| see(&format!("{}={}", pair.key.value, pair.value.value))),
        Kind::Arg(arguments) => {
            for argument in arguments {
                let value = argument.value.as_ref().map_or("", |value| value.value.as_str());
                see(&format!("{}={value}", argument.name.value));
            }
        }
        _ => {}
    }
}

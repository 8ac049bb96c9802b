//! Walks the instructions once, stage by stage, and keeps what the image of each stage would say.

mod start;
mod variables;

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::{Allowance, Scope, TOO_MANY, shown};
use super::workdir::join;
use super::{Base, Draft, Stage, Transferred, Undeclared, ports, refused};
use crate::fact::{Fact, State};
use crate::failure::Failure;
use crate::finding::Finding;
use crate::parse::Problem;
use crate::parse::dockerfile::{Dockerfile, Form, Instruction, Kind, RULE, Transfer, Word};
use crate::source::{Span, Spanned};

/// Reads every stage.
pub(super) fn stages(file: &Dockerfile, target: Option<&str>, build_args: &[(String, Fact<String>)]) -> Draft {
    let mut args = HashMap::new();
    for (name, fact) in build_args {
        args.insert(name.as_str(), Arc::new(fact.clone()));
    }
    let mut walk = Walk {
        file,
        args,
        global: Scope::global(build_args, file.span, &stage_name(file, target)),
        room: Allowance::new(file.span.end as usize),
        scopes: Vec::new(),
        names: HashMap::new(),
        cmd_here: false,
        draft: Draft {
            stages: Vec::new(),
            shipped: None,
            problems: Vec::new(),
            late: Vec::new(),
            references: Vec::new(),
            undeclared: Vec::new(),
            transfers: Vec::new(),
            workdirs: Vec::new(),
            users: Vec::new(),
        },
    };
    for (index, instruction) in file.instructions.iter().enumerate() {
        walk.step(index, instruction);
    }
    walk.draft
}

/// What the builder calls the stage that it builds.
fn stage_name(file: &Dockerfile, target: Option<&str>) -> String {
    if let Some(target) = target {
        return target.to_owned();
    }
    let last = file
        .instructions
        .iter()
        .rev()
        .find_map(|instruction| match &instruction.kind {
            Kind::From(from) => Some(from),
            _ => None,
        });
    last.and_then(|from| from.alias.as_ref())
        .map_or_else(|| "default".to_owned(), |alias| alias.value.to_lowercase())
}

struct Walk<'a> {
    file: &'a Dockerfile,
    args: HashMap<&'a str, Arc<Fact<String>>>,
    /// The variables of FROM.
    global: Scope,
    room: Allowance,
    /// The variables at the end of each stage; the last is the current one.
    scopes: Vec<Scope>,
    /// Stages by lower-case name, as far as the walk is.
    names: HashMap<String, usize>,
    /// The current stage has a CMD of its own.
    cmd_here: bool,
    draft: Draft,
}

impl Walk<'_> {
    fn step(&mut self, index: usize, instruction: &Instruction) {
        if let Kind::From(from) = &instruction.kind {
            self.start(index, instruction, from);
            return;
        }
        let Some(current) = self.draft.stages.len().checked_sub(1) else {
            if let Kind::Arg(arguments) = &instruction.kind {
                for argument in arguments {
                    self.global_arg(argument);
                }
            }
            return;
        };
        if let Some(stage) = self.draft.stages.get_mut(current) {
            stage.instructions.end = index + 1;
        }
        match &instruction.kind {
            Kind::Arg(arguments) => arguments.iter().for_each(|argument| self.stage_arg(argument)),
            Kind::Env(pairs) => self.env(pairs),
            Kind::User(word) => {
                let user = self.word(word);
                self.change(|stage| stage.user = user);
                self.note_user(index + 1);
            }
            Kind::Stopsignal(word) => self.stopsignal(word),
            Kind::Workdir(word) => {
                let path = self.word(word);
                self.change(|stage| stage.workdir = join(&stage.workdir, path, &stage.root_image));
                self.note_workdir(index + 1);
            }
            Kind::Healthcheck(check) => {
                let fact = Fact::known(check.clone(), instruction.span);
                self.change(|stage| stage.healthcheck = fact);
            }
            Kind::Cmd(command) => {
                let fact = Fact::known(command.clone(), instruction.span);
                self.cmd_here = true;
                self.change(|stage| stage.cmd = fact);
            }
            Kind::Entrypoint(command) => {
                let fact = Fact::known(command.clone(), instruction.span);
                let keeps = self.cmd_here;
                self.change(|stage| {
                    stage.entrypoint = fact;
                    if !keeps {
                        stage.cmd = Fact::Absent;
                    }
                });
            }
            Kind::Shell(words) => {
                let fact = Fact::known(words.clone(), instruction.span);
                self.change(|stage| stage.shell = fact);
            }
            Kind::Expose(words) => words.iter().for_each(|word| self.expose(word)),
            Kind::Volume(words) => words.iter().for_each(|word| self.volume(word)),
            Kind::Label(pairs) => {
                for (name, value) in self.pairs(pairs) {
                    self.change(|stage| stage.labels.set(&name, value));
                }
            }
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                for word in transfer.chown.iter().chain(&transfer.chmod) {
                    self.word(word);
                }
                let adds = matches!(instruction.kind, Kind::Add(_));
                self.transfer(index, current, transfer, adds);
            }
            Kind::Run(run) if run.command.form == Form::Exec && run.command.words.is_empty() => {
                self.late(
                    run.command.span,
                    "RUN has no command".to_owned(),
                    "write one, or remove the RUN",
                );
            }
            _ => {}
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Stage)) {
        if let Some(stage) = self.draft.stages.last_mut() {
            change(stage);
        }
    }

    /// A word of the current stage, expanded; what the builder refuses is a problem and unknown.
    fn word(&mut self, word: &Word) -> Fact<String> {
        let Some(scope) = self.scopes.last() else {
            return Fact::Absent;
        };
        match scope.expand(word, self.file.escape, &mut self.room) {
            Ok((fact, undeclared)) => {
                let open = scope.open;
                let stage = self.draft.stages.len().checked_sub(1);
                self.undeclared(word.span, undeclared, stage, open);
                fact
            }
            Err(why) => {
                self.refuse(word, &why);
                Fact::unknown(why.to_string(), word.span)
            }
        }
    }

    fn transfer(&mut self, instruction: usize, stage: usize, transfer: &Transfer, adds: bool) {
        let sources: Vec<Fact<String>> = transfer.sources.iter().map(|source| self.word(source)).collect();
        for (source, word) in sources.iter().zip(&transfer.sources) {
            let refusal = source
                .value()
                .and_then(|source| refused::source(transfer, adds, source));
            if let Some((why, help)) = refusal.filter(|_| transfer.from.is_none()) {
                self.late(word.span, why, &help);
            }
        }
        let target = self.word(&transfer.destination);
        let is_folder = |path: &str| path.ends_with('/') || matches!(path.rsplit('/').next(), Some("." | ".."));
        let into_folder = target.value().is_some_and(|path| is_folder(path));
        let mut destination = Fact::Absent;
        if let Some(here) = self.draft.stages.last() {
            let relative = target.value().is_some_and(|path| !path.starts_with('/'));
            let length = here.workdir.value().map_or(0, String::len);
            destination = if relative && here.workdir.is_absent() && !matches!(here.root_image, Base::Scratch) {
                Fact::Absent
            } else if self.room.take(length) {
                join(&here.workdir, target.clone(), &here.root_image)
            } else {
                Fact::unknown(TOO_MANY, transfer.destination.span)
            };
        }
        self.draft.transfers.push(Transferred {
            instruction,
            stage,
            sources,
            destination,
            target,
            into_folder,
        });
    }

    /// The WORKDIR of the current stage holds from this instruction on.
    fn note_workdir(&mut self, instruction: usize) {
        let Some(stage) = self.draft.stages.last() else { return };
        let workdir = self.room.copy(&stage.workdir);
        self.draft.workdirs.push((instruction, workdir));
    }

    /// The USER of the current stage holds from this instruction on.
    fn note_user(&mut self, instruction: usize) {
        let Some(stage) = self.draft.stages.last() else { return };
        let user = self.room.copy(&stage.user);
        self.draft.users.push((instruction, user));
    }

    fn undeclared(&mut self, span: Span, names: Vec<String>, stage: Option<usize>, image_may_set: bool) {
        for name in names {
            if self.draft.undeclared.len() < 100 {
                self.draft.undeclared.push(Undeclared {
                    name,
                    span,
                    stage,
                    image_may_set,
                });
            }
        }
    }

    fn refuse(&mut self, word: &Word, why: &Failure) {
        let message = format!("{} cannot be read: {why}", shown(&word.value));
        self.late(word.span, message, "close every quote and brace");
    }

    /// A problem of the current stage, which counts if the stage is built.
    fn late(&mut self, span: Span, message: String, help: &str) {
        // As in the reader: a flood of them is no news.
        if self.draft.late.len() < 100 {
            let finding = Finding::new(span, message).help(help);
            let stage = self.draft.stages.len().checked_sub(1);
            self.draft.late.push((stage, Problem::new(RULE, finding)));
        }
    }

    fn global_word(&mut self, word: &Word) -> Fact<String> {
        match self.global.expand(word, self.file.escape, &mut self.room) {
            Ok((fact, names)) => {
                self.undeclared(word.span, names, None, false);
                fact
            }
            Err(why) => {
                let finding = Finding::new(word.span, format!("{} cannot be read: {why}", shown(&word.value)))
                    .help("close every quote and brace, and set its variables");
                if self.draft.problems.len() < 100 {
                    self.draft.problems.push(Problem::new(RULE, finding));
                }
                Fact::unknown(why.to_string(), word.span)
            }
        }
    }

    fn stopsignal(&mut self, word: &Word) {
        let signal = self.word(word);
        if let Fact::Known(name) = &signal
            && !refused::is_signal(&name.value)
        {
            let message = format!("`{}` is not a signal", name.value);
            self.late(word.span, message, "write a name such as `SIGTERM`, or a number");
        }
        self.change(|stage| stage.stopsignal = signal);
    }

    fn volume(&mut self, word: &Word) {
        let Fact::Known(path) = self.word(word) else { return };
        // The reader has refused those that are written empty in a list.
        if path.value.trim().is_empty() && path.state == State::Known && !word.value.is_empty() {
            self.late(word.span, "a volume is empty".to_owned(), "write a path, or remove it");
        }
        self.change(|stage| {
            Arc::make_mut(&mut stage.volumes).push(Spanned::new(path.value, path.span));
        });
    }

    fn expose(&mut self, word: &Word) {
        let Fact::Known(ports) = self.word(word) else { return };
        for port in ports.value.split_whitespace() {
            match ports::refused(port) {
                // What a build argument gives may be right.
                Some(why) if ports.state == State::Known => self.late(
                    word.span,
                    format!("EXPOSE {port}: {why}"),
                    "write PORT, FIRST-LAST or PORT/PROTOCOL, with ports up to 65535",
                ),
                Some(_) => {}
                None => self.change(|stage| {
                    Arc::make_mut(&mut stage.exposed).push(Spanned::new(port.to_owned(), word.span));
                }),
            }
        }
    }
}

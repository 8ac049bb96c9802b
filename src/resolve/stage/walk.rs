//! Walks the instructions once, stage by stage, and keeps what the image of each stage would say.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::{Allowance, Scope, TOO_MANY, shown};
use super::{Base, Draft, Environment, Stage, Transferred, Undeclared, graph, ports, refused};
use crate::fact::{Fact, Sourced, State};
use crate::failure::Failure;
use crate::finding::Finding;
use crate::parse::Problem;
use crate::parse::dockerfile::{Argument, Dockerfile, Form, From, Instruction, KeyValue, Kind, RULE, Transfer, Word};
use crate::source::{Span, Spanned};

/// What the builder sets where nobody else does.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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
            }
            Kind::Stopsignal(word) => {
                let signal = self.word(word);
                if let Fact::Known(name) = &signal
                    && !refused::is_signal(&name.value)
                {
                    let message = format!("`{}` is no signal", name.value);
                    self.late(word.span, message, "write a name such as `SIGTERM`, or a number");
                }
                self.change(|stage| stage.stopsignal = signal);
            }
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
            Kind::Volume(words) => {
                for word in words {
                    if let Fact::Known(path) = self.word(word) {
                        // The reader has refused those that are written empty in a list.
                        if path.value.trim().is_empty() && path.state == State::Known && !word.value.is_empty() {
                            self.late(word.span, "a volume is empty".to_owned(), "write a path, or remove it");
                        }
                        self.change(|stage| {
                            Arc::make_mut(&mut stage.volumes).push(Spanned::new(path.value, path.span));
                        });
                    }
                }
            }
            Kind::Label(pairs) => {
                // Nobody asks for labels yet, but the builder expands them and may refuse.
                for pair in pairs {
                    self.word(&pair.value);
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

    fn start(&mut self, index: usize, instruction: &Instruction, from: &From) {
        let base_name = self.global_word(&from.image);
        let platform = match &from.platform {
            Some(platform) => self.global_word(platform),
            None => Fact::Absent,
        };
        if let (Some(word), Some(name)) = (&from.platform, platform.value())
            && !refused::is_platform(name)
        {
            let finding = Finding::new(word.span, format!("`{name}` is no platform"))
                .help("write SYSTEM/ARCHITECTURE, as in `linux/arm64`");
            self.draft.problems.push(Problem::new(RULE, finding));
        }
        let position = self.draft.stages.len();
        let base = match base_name.value() {
            Some(name) => match self.names.get(&name.to_lowercase()) {
                Some(stage) => Base::Stage(*stage),
                None if name == "scratch" => Base::Scratch,
                None => Base::Image(base_name.clone()),
            },
            None => Base::Image(base_name.clone()),
        };
        if base_name.value().is_some_and(String::is_empty) {
            let message = format!("the image of FROM is empty: {}", from.image.value);
            let finding =
                Finding::new(from.image.span, message).help("set its variables with ARG before the first FROM");
            self.draft.problems.push(Problem::new(RULE, finding));
        }
        let name = from
            .alias
            .as_ref()
            .map(|alias| Spanned::new(alias.value.to_lowercase(), alias.span));
        let parent = match base {
            Base::Stage(parent) => Some(parent),
            _ => None,
        };
        let stage = self.child(instruction.span, index, base_name, base, platform, name.clone());
        let scope = self.inherit(parent, &stage);
        self.draft.references.push(graph::from_word(from, &stage, position));
        self.draft.stages.push(stage);
        self.note_workdir(index);
        self.scopes.push(scope);
        self.cmd_here = false;
        if let Some(name) = name {
            self.names.insert(name.value, position);
        }
    }

    fn child(
        &mut self,
        span: Span,
        index: usize,
        base_name: Fact<String>,
        base: Base,
        platform: Fact<String>,
        name: Option<Spanned<String>>,
    ) -> Stage {
        let parent = match base {
            Base::Stage(parent) => self.draft.stages.get(parent),
            _ => None,
        };
        let mut stage = Stage {
            name,
            from: span,
            base_name,
            root_image: match parent.map(|parent| &parent.root_image) {
                Some(Base::Image(image)) => Base::Image(self.room.copy(image)),
                Some(root) => root.clone(),
                None => base.clone(),
            },
            base,
            platform,
            instructions: index + 1..index + 1,
            reachable: false,
            needs: Vec::new(),
            user: Fact::Absent,
            workdir: Fact::Absent,
            healthcheck: Fact::Absent,
            entrypoint: Fact::Absent,
            cmd: Fact::Absent,
            shell: Fact::Absent,
            stopsignal: Fact::Absent,
            env: Environment::default(),
            exposed: Arc::default(),
            volumes: Arc::default(),
            truncated: false,
        };
        if let Some(parent) = parent {
            stage.user = self.room.copy(&parent.user);
            stage.workdir = self.room.copy(&parent.workdir);
            stage.stopsignal = self.room.copy(&parent.stopsignal);
            stage.healthcheck = parent.healthcheck.clone();
            stage.entrypoint = parent.entrypoint.clone();
            stage.cmd = parent.cmd.clone();
            stage.shell = parent.shell.clone();
            stage.truncated = parent.truncated;
            // The lists are shared until one is changed; the room is taken as if each would be.
            let entries = parent.env.len() + parent.exposed.len() + parent.volumes.len();
            if self.room.take(entries * 64) {
                stage.env = parent.env.clone();
                stage.exposed = parent.exposed.clone();
                stage.volumes = parent.volumes.clone();
            } else {
                stage.truncated = true;
            }
        }
        stage
    }

    /// The variables that a stage starts with: those of its base, with the base's ENV on top.
    fn inherit(&mut self, parent: Option<usize>, stage: &Stage) -> Scope {
        let open = !matches!(stage.root_image, Base::Scratch) || stage.truncated;
        let mut scope = Scope::default().under(open);
        if !open {
            // The builder sees to it that no stage is without one.
            let mut path = Sourced::known(DEFAULT_PATH.to_owned(), stage.from);
            path.state = State::EngineDefault;
            scope.set("PATH", Arc::new(Fact::Known(path)));
        }
        if let Some(before) = parent.and_then(|parent| self.scopes.get(parent)) {
            if self.room.take(before.len() * 64) {
                scope = before.clone().under(open);
                let changed: Vec<_> = stage
                    .env
                    .variables
                    .iter()
                    .filter(|(name, value)| scope.get(name).is_none_or(|now| !Arc::ptr_eq(now, value)))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for (name, value) in changed {
                    scope.set(&name, value);
                }
            } else {
                scope.open = true;
            }
        }
        if scope.get("PATH").is_none() && !scope.open {
            // The builder sets it where no image does.
            let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
            scope.set("PATH", Arc::new(Fact::known(path.to_owned(), stage.from)));
        }
        scope
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

    fn global_arg(&mut self, argument: &Argument) {
        let name = argument.name.value.as_str();
        let fact = if let Some(given) = self.args.get(name) {
            given.clone()
        } else if let Some(value) = &argument.value {
            let value = self.global_word(value);
            Arc::new(assumed(value))
        } else if self.global.get(name).is_some() {
            // `ARG TARGETARCH` declares what the builder sets anyway.
            return;
        } else {
            Arc::new(not_given(argument))
        };
        self.global.set(name, fact);
    }

    fn stage_arg(&mut self, argument: &Argument) {
        let name = argument.name.value.as_str();
        let fact = if let Some(given) = self.args.get(name) {
            given.clone()
        } else if let Some(value) = &argument.value {
            let value = self.word(value);
            Arc::new(assumed(value))
        } else if let Some(global) = self.global.get(name) {
            global.clone()
        } else if self.scopes.last().is_some_and(|scope| scope.get(name).is_some()) {
            // Without a value it leaves an ENV of its name alone.
            return;
        } else {
            Arc::new(not_given(argument))
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.set(name, fact);
        }
    }

    fn env(&mut self, pairs: &[KeyValue]) {
        // All values see the variables from before the instruction.
        let mut expanded = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let value = self.word(&pair.value);
            if let Fact::Known(name) = self.word(&pair.key) {
                expanded.push((name.value, Arc::new(value)));
            }
        }
        for (name, value) in expanded {
            if let Some(scope) = self.scopes.last_mut() {
                scope.set(&name, value.clone());
            }
            self.change(|stage| {
                Arc::make_mut(&mut stage.env.variables).insert(name.as_str().into(), value);
            });
        }
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

/// The default of an ARG: true unless the build is given another value.
fn assumed(fact: Fact<String>) -> Fact<String> {
    match fact {
        Fact::Known(known) => Fact::Known(Sourced {
            state: State::AssumedDefault,
            ..known
        }),
        other => other,
    }
}

fn not_given(argument: &Argument) -> Fact<String> {
    let name = shown(&argument.name.value);
    Fact::unknown(format!("the build argument {name} is not given"), argument.span)
}

/// A WORKDIR inside the one before it.
fn join(before: &Fact<String>, path: Fact<String>, root: &Base) -> Fact<String> {
    let Fact::Known(path) = path else { return path };
    // Windows paths are left as they are.
    if path.value.contains('\\') || path.value.get(1..2) == Some(":") {
        return Fact::Known(path);
    }
    if path.value.starts_with('/') {
        return Fact::Known(path.map(|path| clean(&path)));
    }
    let parent = match before {
        Fact::Known(parent) => parent.clone(),
        Fact::Unknown(_) => return before.clone(),
        Fact::Absent if *root == Base::Scratch => Sourced::known("/".to_owned(), path.span),
        Fact::Absent => return Fact::unknown("the path is relative to the base image's", path.span),
    };
    // A chain of relative paths must not grow without end.
    if parent.value.len() + path.value.len() > 4096 {
        return Fact::unknown("the path is too long", path.span);
    }
    let state = if parent.state == State::Known {
        path.state
    } else {
        parent.state
    };
    Fact::Known(Sourced {
        value: clean(&format!("{}/{}", parent.value, path.value)),
        state,
        ..path
    })
}

/// A path from the root without `.`, `..` and empty parts.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

//! A stage with build tools as three: what is in both, one that builds, and the one that ships what was built.

use super::needed::needed;
use super::{is_compiler, uses_compiler};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep};
use crate::fact::Fact;
use crate::finding::{Change, Line};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::is_below;
use std::collections::BTreeSet;
use std::ops::Range;

/// The edit, where it is certain what the stage builds and that nothing else in it needs the tools.
pub(super) fn split(file: &JudgedFile, number: usize, repository: &Repository) -> Option<Vec<Change>> {
    let stage = file.plan.stages.get(number)?;
    let from = file.file.ast.instructions.get(stage.instructions.start.checked_sub(1)?)?;
    let Kind::From(image) = &from.kind else { return None };
    if !is_apart(file, number, repository) {
        return None;
    }
    let mut build = Build::of(file, stage)?;
    build.read()?;
    let free = |name: &&&str| is_free(file, repository, name);
    let base = *["base", "common"].iter().find(free)?;
    let builder = *["build", "builder"].iter().find(free)?;
    let line = |text: String| Line::New(text);
    let named = match &image.alias {
        Some(word) => Change::Whole(word.span, base.to_owned()),
        None => Change::Whole(image.image.span, format!("{} AS {base}", image.image.value)),
    };
    let arguments = build.before().filter(|one| matches!(one.kind, Kind::Arg(_)));
    let arguments: Vec<Line> = arguments.map(|one| Line::Again(one.span, Vec::new())).collect();
    let mut first = vec![line(String::new()), line(format!("FROM {base} AS {builder}"))];
    first.extend(arguments.iter().cloned());
    let alias = image.alias.as_ref().map_or(String::new(), |word| format!(" AS {}", word.value));
    let mut last = vec![line(String::new()), line(format!("FROM {base}{alias}"))];
    last.extend(arguments);
    last.append(&mut build.again);
    let outputs = build.outputs.iter();
    last.extend(outputs.map(|(from, to)| line(format!("COPY --from={builder} {from} {to}"))));
    let above = file.file.ast.instructions.get(build.range.start - 1)?;
    let below = file.file.ast.instructions.get(build.range.end - 1)?;
    let mut changes = vec![named, Change::Below(above.span, first)];
    changes.append(&mut build.changes);
    changes.push(Change::Below(below.span, last));
    Some(changes)
}

/// Whether nobody else counts on what the stage is: no other stage, and nothing that names stages by their numbers.
fn is_apart(file: &JudgedFile, number: usize, repository: &Repository) -> bool {
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let by_number = |name: &Fact<String>| name.value().is_none_or(|name| is_number(name));
    let mut services = repository.sets.iter().flat_map(|set| &set.services);
    let mut targets = services.by_ref().filter_map(|service| service.written(&["build", "target"]));
    let ast = &file.file.ast;
    !file.file.is_inline
        && !ast.is_foreign()
        && ast.problems.is_empty()
        && ast.written.is_empty()
        && file.plan.problems.is_empty()
        && !file.plan.stages.iter().any(|stage| stage.needs.contains(&number))
        && !file.plan.references().iter().any(|one| by_number(&one.name))
        && !targets.any(|target| target.str().is_none_or(is_number))
        && !repository.recipes.iter().any(|recipe| recipe.target.value().is_some_and(|target| is_number(target)))
}

/// Whether a stage can have this name.
fn is_free(file: &JudgedFile, repository: &Repository, name: &str) -> bool {
    let mut references = file.plan.references().iter();
    let is_named = references.any(|one| one.name.value().is_some_and(|known| known.eq_ignore_ascii_case(name)));
    !is_named && file.plan.find(name).is_none() && !repository.gives_context(name)
}

fn end_of(span: Span) -> Span {
    Span::new(span.source, span.end as usize, span.end as usize)
}

/// What goes into the stage that builds, and what the one that ships needs of it.
struct Build<'a> {
    file: &'a JudgedFile,
    stage: &'a Stage,
    /// The official image that all starts from.
    official: &'static str,
    /// The instructions that build, from the first with tools to the last that may need them.
    range: Range<usize>,
    /// The virtual environment of Python that is used.
    environment: Option<String>,
    /// The folder that packages of Node are installed into, and that is copied as a whole.
    folder: Option<String>,
    /// pip has installed something already.
    is_apart: bool,
    changes: Vec<Change>,
    /// What the stage that ships does as well.
    again: Vec<Line>,
    /// What is copied, from where to where.
    outputs: BTreeSet<(String, String)>,
}

/// What a RUN is for.
#[derive(Default)]
struct Purpose {
    /// It installs packages of the system; those that the image needs beside the tools.
    installs: bool,
    needed: usize,
    removed: Vec<(Span, String)>,
    builds: bool,
    prepares: bool,
}

impl<'a> Build<'a> {
    fn of(file: &'a JudgedFile, stage: &'a Stage) -> Option<Self> {
        let name = match &stage.root_image {
            Base::Image(Fact::Known(name)) => &name.value,
            _ => return None,
        };
        // Images that start as root: another user's files would get another owner.
        let all = ["alpine", "debian", "node", "python", "ruby"];
        let official = all.into_iter().find(|known| ImageRef::parse(name).official() == Some(*known))?;
        let steps = || stage.instructions.clone().filter_map(|at| file.run_step(at));
        let first = steps().find(|step| has_tools(step))?.instruction;
        let last = steps().filter(|step| uses_compiler(step) || step.commands().iter().any(is_of_node)).last()?.instruction;
        let node = steps().find(|step| step.instruction >= first && step.commands().iter().any(is_of_node));
        let folder = match node {
            Some(step) => Some(file.plan.workdir_at(step.instruction).value().filter(|folder| folder.len() > 1)?.clone()),
            None => None,
        };
        let all = file.instructions(stage).iter().zip(stage.instructions.clone());
        let mut paths = all.filter_map(|(one, at)| match &one.kind {
            Kind::Env(pairs) => Some((at, pairs.iter().find(|pair| pair.key.value == "PATH")?)),
            _ => None,
        });
        let made = steps().flat_map(|step| step.commands()).find_map(environment);
        let environment = made.and_then(|made| {
            let start = format!("{made}/bin:");
            let (at, _) = paths.find(|(_, pair)| pair.value.value.trim_start_matches('"').starts_with(&start))?;
            Some((made.to_owned(), at))
        });
        let is_pip = |step: &RunStep| {
            let mut packages = step.packages.iter().map(|(_, package)| package);
            packages.any(|package| (package.manager, package.action) == (Manager::Pip, Action::Install))
        };
        // An environment that is not in use when packages are installed does not get them, and what is installed apart does not
        // replace what is there.
        let in_use = environment.as_ref().map_or(first, |(_, at)| *at);
        let is_apart = steps().any(|step| step.instruction < in_use && is_pip(step));
        (first <= last).then(|| Self {
            file,
            stage,
            official,
            range: first..last + 1,
            environment: environment.map(|(made, _)| made),
            folder,
            is_apart,
            changes: Vec::new(),
            again: Vec::new(),
            outputs: BTreeSet::new(),
        })
    }

    fn instructions(&self, range: Range<usize>) -> impl Iterator<Item = (usize, &'a Instruction)> + use<'a> {
        let all = &self.file.file.ast.instructions;
        range.filter_map(|at| Some((at, all.get(at)?)))
    }

    /// What both stages start from.
    fn before(&self) -> impl Iterator<Item = &'a Instruction> {
        self.instructions(self.stage.instructions.start..self.range.start).map(|(_, one)| one)
    }

    /// Looks at every instruction; nothing where one of them is not known well enough.
    fn read(&mut self) -> Option<()> {
        // What an image starts changes with where it is said, and another user's files would get another owner.
        let is_plain = |one: &Instruction| {
            use Kind::{Cmd, Entrypoint, Healthcheck, Onbuild, Unknown, User, Volume};
            !matches!(one.kind, Cmd(_) | Entrypoint(_) | Healthcheck(_) | Onbuild(_) | Unknown | User(_) | Volume(_))
        };
        let is_root = matches!(self.file.plan.user_at(self.range.start), Fact::Absent);
        if !is_root || !self.before().all(is_plain) {
            return None;
        }
        for (at, one) in self.instructions(self.range.clone()) {
            match &one.kind {
                _ if !is_plain(one) => return None,
                Kind::Run(_) => self.run(at, one)?,
                Kind::Copy(copy) | Kind::Add(copy) if self.folder.is_some() => {
                    let folder = self.folder.as_deref()?;
                    let to = self.file.plan.transfer(at)?.destination.value()?;
                    let is_inside = to == folder || is_below(to, folder);
                    (is_inside && copy.chown.is_none() && copy.chmod.is_none()).then_some(())?;
                }
                _ => self.again.push(Line::Again(one.span, Vec::new())),
            }
        }
        for (at, one) in self.instructions(self.range.end..self.stage.instructions.end) {
            if matches!(one.kind, Kind::Run(_)) {
                let step = self.file.run_step(at)?;
                step.script.as_ref()?;
                let removes = step.packages.iter().any(|(_, package)| package.action == Action::Remove);
                (!removes && !has_tools(step) && !step.commands().iter().any(may_build)).then_some(())?;
            }
        }
        (!self.outputs.is_empty()).then_some(())
    }

    fn run(&mut self, at: usize, one: &Instruction) -> Option<()> {
        let step = self.file.run_step(at)?;
        step.script.as_ref()?;
        let mut purpose = Purpose::default();
        for (index, command) in step.commands().iter().enumerate() {
            let is_next = matches!(command.joint, Joint::First | Joint::And | Joint::Then);
            if !is_next || command.inside.is_some() || command.conditional || command.level > 0 || !one.heredocs.is_empty() {
                return None;
            }
            let package = step.packages.iter().find(|(known, _)| *known == index);
            match package {
                Some((_, package)) => self.package(package, command, at, &mut purpose)?,
                None => self.command(command, at, &mut purpose)?,
            }
        }
        match purpose {
            Purpose { builds: true, prepares: true, .. } | Purpose { installs: true, prepares: true, .. } => None,
            Purpose { builds: true, needed: 1.., .. } => None,
            Purpose { builds: true, .. } | Purpose { installs: true, needed: 0, .. } => Some(()),
            Purpose { removed, .. } => {
                self.again.push(Line::Again(one.span, removed));
                Some(())
            }
        }
    }

    fn package(&mut self, package: &PackageCommand, command: &Command, at: usize, purpose: &mut Purpose) -> Option<()> {
        match (package.manager, package.action) {
            (_, Action::Clean) => Some(()),
            (Manager::Apt | Manager::Apk, Action::Update) => {
                purpose.installs = true;
                Some(())
            }
            (Manager::Apt | Manager::Apk, Action::Install) if !package.dynamic => self.tools(package, command, purpose),
            (Manager::Pip, Action::Install) if !package.dynamic => self.pip(package, command, purpose),
            (Manager::Npm | Manager::Yarn, _) => self.node(command, at, purpose),
            _ => None,
        }
    }

    /// Takes the tools away from what is installed.
    fn tools(&self, package: &PackageCommand, command: &Command, purpose: &mut Purpose) -> Option<()> {
        purpose.installs = true;
        let mut stay = 0;
        for pair in command.words.get(package.verb..)?.windows(2) {
            let [before, word] = pair else { continue };
            if !package.operands.contains(&word.text) {
                continue;
            }
            let gone = Span::new(word.span.source, before.span.end as usize, word.span.end as usize);
            match needed(self.official, package.manager, &word.text)? {
                Some(name) if name == word.text => stay += 1,
                Some(name) if !package.operands.iter().any(|other| other == name) => {
                    stay += 1;
                    purpose.removed.push((word.span, name.to_owned()));
                }
                _ => purpose.removed.push((gone, String::new())),
            }
        }
        // An installation of nothing beside one of something.
        let is_first = purpose.needed == 0;
        purpose.needed += stay;
        (stay > 0 || is_first).then_some(())
    }

    fn pip(&mut self, package: &PackageCommand, command: &Command, purpose: &mut Purpose) -> Option<()> {
        let is_of = |names: &[&str]| !package.operands.is_empty() && package.operands.iter().all(|name| names.contains(&name.as_str()));
        let is_from_file = package.has(&["-r", "--requirement"]);
        if self.environment.is_none() && !is_from_file && is_of(&["pip", "setuptools", "wheel"]) {
            // What a build is done with: of no use in the image but for those who import it.
            purpose.prepares |= !is_of(&["pip", "wheel"]);
            return Some(());
        }
        let elsewhere = [
            "-e", "--editable", "-t", "--target", "--prefix", "--root", "--user", "--no-build-isolation", "--src",
        ];
        let variables = ["PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "VIRTUAL_ENV"];
        let is_elsewhere = package.options.iter().any(|option| elsewhere.contains(&option.split('=').next().unwrap_or("")));
        if is_elsewhere {
            return None;
        }
        purpose.builds = true;
        if let Some(environment) = self.environment.clone() {
            self.outputs.insert((environment.clone(), environment));
            return (!self.is_apart).then_some(());
        }
        // What is installed apart is not seen by a second run.
        let is_known = self.official == "python" && !self.is_apart && !self.has_variable(&variables);
        self.is_apart = true;
        let verb = command.words.get(package.verb)?.span;
        self.changes.push(Change::Whole(end_of(verb), " --prefix=/install".to_owned()));
        self.outputs.insert(("/install".to_owned(), "/usr/local".to_owned()));
        is_known.then_some(())
    }

    fn has_variable(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.stage.env.get(name).is_some())
    }

    /// Whatever a package manager of Node does is done in one folder.
    fn node(&mut self, command: &Command, at: usize, purpose: &mut Purpose) -> Option<()> {
        let elsewhere = ["-g", "--global", "global", "--prefix", "-C", "--cwd", "--dir", "--location"];
        let words = command.arguments();
        let is_elsewhere = words.iter().any(|word| word.dynamic || elsewhere.contains(&word.text.split('=').next().unwrap_or("")));
        let folder = self.folder.clone().filter(|folder| self.file.plan.workdir_at(at).value() == Some(folder))?;
        purpose.builds = true;
        self.outputs.insert((folder.clone(), folder));
        (!is_elsewhere).then_some(())
    }

    fn command(&mut self, command: &Command, at: usize, purpose: &mut Purpose) -> Option<()> {
        let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
        let has = |options: &[&str]| words.iter().any(|word| options.contains(&word.split('=').next().unwrap_or("")));
        match (command.program()?, words.as_slice()) {
            ("rm" | "set" | "true" | "echo", _) => Some(()),
            ("mkdir" | "useradd" | "groupadd" | "adduser" | "addgroup" | "usermod", _) => {
                purpose.prepares = true;
                Some(())
            }
            ("pnpm", _) => self.node(command, at, purpose),
            ("bundle", ["install", ..]) | ("gem", ["install", ..]) => {
                let is_elsewhere = has(&["--path", "--deployment", "--system", "--user-install", "-i", "--install-dir", "-n", "--bindir"])
                    || self.has_variable(&["GEM_HOME", "BUNDLE_PATH", "BUNDLE_DEPLOYMENT", "BUNDLE_APP_CONFIG"]);
                let folder = "/usr/local/bundle";
                self.outputs.insert((folder.to_owned(), folder.to_owned()));
                purpose.builds = true;
                (self.official == "ruby" && !is_elsewhere).then_some(())
            }
            // Official images keep it beside what is installed.
            ("bundle", ["config", ..]) => {
                purpose.builds = true;
                (has(&["--local"]) && !has(&["path", "deployment"])).then_some(())
            }
            ("uv", ["sync", ..]) => {
                let elsewhere = ["--directory", "--project", "--active", "--script", "--python", "-p"];
                let folder = self.file.plan.workdir_at(at).value()?;
                let folder = format!("{}/.venv", folder.trim_end_matches('/'));
                self.outputs.insert((folder.clone(), folder));
                purpose.builds = true;
                let is_elsewhere = has(&elsewhere) || self.has_variable(&["UV_PROJECT_ENVIRONMENT", "UV_PYTHON"]);
                (self.official == "python" && !is_elsewhere).then_some(())
            }
            _ => {
                let made = environment(command).filter(|made| self.environment.as_deref() == Some(*made))?;
                self.outputs.insert((made.to_owned(), made.to_owned()));
                purpose.builds = true;
                Some(())
            }
        }
    }
}

/// Whether a step installs a compiler.
fn has_tools(step: &RunStep) -> bool {
    step.packages.iter().any(|(_, package)| {
        package.action == Action::Install && package.operands.iter().any(|name| is_compiler(package.manager, name))
    })
}

/// Whether a command may need a compiler that nobody sees.
fn may_build(command: &Command) -> bool {
    let Some(first) = command.words.first() else { return false };
    let program = command.program().unwrap_or("./");
    let builders = ["sh", "bash", "cc", "c++", "conda", "cythonize", "meson", "node-gyp", "ninja", "perl", "pipx"];
    let is_script = first.text.starts_with("./") || program.ends_with(".sh") || program == "./";
    is_script || builders.contains(&program) || command.words.iter().any(|word| word.text == "setup.py")
}

fn is_of_node(command: &Command) -> bool {
    matches!(command.program(), Some("npm" | "yarn" | "pnpm"))
}

/// The virtual environment that a command makes: `python3 -m venv /opt/venv`.
fn environment(command: &Command) -> Option<&str> {
    let is_python = command.program()?.starts_with("python");
    let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
    match words.as_slice() {
        ["-m", "venv", folder] if is_python && folder.starts_with('/') && !folder.contains('$') => Some(folder),
        _ => None,
    }
}

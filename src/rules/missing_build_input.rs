mod closure;
mod folder;
mod manifests;

use super::{Check, Group};
use crate::build::context::{Context, Proof};
use crate::build::{JudgedFile, RunStep, StageUse, origins};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::values::path::clean;

rule! {
    /// A step reads a file, or writes into a folder, that cannot be in the image.
    ///
    /// ## Why it matters
    /// `npm ci` stops without a lock file, `pip install -r` without its list, Cargo without the manifest of each member of a
    /// workspace, a Python build without the readme that the project names. It was not copied, is copied further down, or
    /// is in another folder. No shell makes the folder of a file that it writes: official images have theirs in
    /// `/usr/local`, where a distribution has it in `/etc` or `/usr/share`.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY package.json ./
    /// RUN npm ci  # <- here
    /// USER node
    /// ```
    /// ```text fail package.json +
    /// {}
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// RUN pip install --no-cache-dir -r requirements.txt  # <- here
    /// COPY requirements.txt /
    /// USER 1000:1000
    /// ```
    /// ```text fail requirements.txt +
    /// flask
    /// ```
    ///
    /// ```dockerfile fail
    /// FROM postgres:16-alpine
    /// RUN echo "jit = off" >> /usr/share/postgresql/postgresql.conf.sample  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY package.json package-lock.json ./
    /// RUN npm ci
    /// FROM python:3.13-slim
    /// RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install --no-cache-dir -r /r.txt
    /// USER 1000:1000
    /// ```
    /// ```text pass package.json +
    /// {}
    /// ```
    /// ```text pass package-lock.json +
    /// {}
    /// ```
    /// ```text pass requirements.txt +
    /// flask
    /// ```
    ///
    /// ## Notes
    /// A warning where it is not certain which folder is the build context, and for folders that a table of images says are
    /// elsewhere. Nothing is said where an earlier step may have made the file, where something is mounted for the step, and
    /// on images that are not known.
    RULE {
        name: "missing-build-input",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

/// What a command reads.
struct Input {
    /// One of these files is enough.
    names: Vec<String>,
    /// Looked for in the folder of the command and above it.
    upwards: bool,
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    // A checkout without the files that are copied says nothing of what they bring.
    let known = |context: &Context| if context.is_released { Proof::Nothing } else { context.proof() };
    let proof = file.context.as_ref().map(known);
    let (is_certain, is_known) = (proof.is_some(), proof != Some(Proof::Nothing));
    for step in file.run_steps() {
        if step.stage_use == StageUse::Unused || mounts_something(file, step) {
            continue;
        }
        found.extend(folder::absent(file, step));
        found.extend(closure::open(file, step));
        found.extend(manifests::unmet(file, step));
        for (number, command) in step.commands().iter().enumerate().filter(|_| is_known) {
            if !is_unconditional(step, number, command) {
                continue;
            }
            let Some(input) = input(command) else { continue };
            let Some(folder) = folder(file, step, number) else { break };
            if may_find(file, step, number, &input, &folder) {
                continue;
            }
            let (Some(program), Some(name)) = (command.words.first(), input.names.first()) else {
                continue;
            };
            let shown: Vec<&str> = command.words.iter().take(2).map(|word| word.text.as_str()).collect();
            let path = clean(&format!("{folder}/{name}"));
            let path = if name.starts_with('/') { name.clone() } else { path };
            let finding = Finding::new(program.span, format!("`{}` reads `{path}`, which no earlier step creates", shown.join(" ")))
                .help(format!("copy `{name}` before this step"))
                .aspect(format!("RUN {}.{number}", step.instruction));
            found.push(if is_certain { finding } else { finding.severity(Severity::Warning) });
        }
    }
}

/// Whether something is mounted for a step that may hold the file.
fn mounts_something(file: &JudgedFile, step: &RunStep) -> bool {
    let Some(Kind::Run(run)) = step.of(file).map(|instruction| &instruction.kind) else {
        return true;
    };
    run.mounts.iter().any(|mount| mount.kind() == "bind")
}

/// Whether a command runs in every build, and its failure is one.
fn is_unconditional(step: &RunStep, number: usize, command: &Command) -> bool {
    let commands = step.commands();
    let asks = |before: &Command| matches!(before.program(), Some("test" | "[" | "[["));
    let is_asked = command.joint == Joint::And && number.checked_sub(1).and_then(|at| commands.get(at)).is_some_and(asks);
    let falls_back = commands.get(number + 1).is_some_and(|next| next.joint == Joint::Or);
    !command.conditional && command.inside.is_none() && command.joint != Joint::Or && !is_asked && !falls_back
}

/// The folder that a command runs in.
fn folder(file: &JudgedFile, step: &RunStep, number: usize) -> Option<String> {
    let mut here = match file.plan.workdir_at(step.instruction) {
        Fact::Known(workdir) => workdir.value.clone(),
        Fact::Absent => "/".to_owned(),
        Fact::Unknown(_) => return None,
    };
    for command in step.commands().iter().take(number) {
        match command.program() {
            Some("cd") => {
                let target = command.arguments().first().filter(|word| !word.dynamic && command.level == 0)?;
                here = match target.text.starts_with('/') {
                    true => clean(&target.text),
                    false => clean(&format!("{here}/{}", target.text)),
                };
            }
            Some("pushd" | "popd") => return None,
            _ => {}
        }
    }
    Some(here)
}

fn may_find(file: &JudgedFile, step: &RunStep, number: usize, input: &Input, folder: &str) -> bool {
    input.names.iter().any(|name| {
        if name.starts_with('/') {
            return origins::may_have_made(file, step, number, &clean(name));
        }
        let mut at = folder.to_owned();
        // No real path has so many folders.
        for _ in 0..32 {
            if origins::may_have_made(file, step, number, &clean(&format!("{at}/{name}"))) {
                return true;
            }
            if !input.upwards || at == "/" {
                return false;
            }
            at = clean(&format!("{at}/.."));
        }
        true
    })
}

/// What a command reads, if that is certain from its words.
fn input(command: &Command) -> Option<Input> {
    let arguments = command.arguments();
    let has = |options: &[&str]| {
        arguments.iter().any(|word| options.iter().any(|option| word.text == *option || word.text.starts_with(&format!("{option}="))))
    };
    let operands: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).filter(|text| !text.starts_with('-')).collect();
    let is_alone = operands.len() == 1 && !arguments.iter().any(|word| word.dynamic);
    let upwards = |names: &[&str]| {
        Some(Input {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            upwards: true,
        })
    };
    match (command.program()?, operands.first().copied()) {
        ("npm", Some("ci")) if is_alone && !has(&["--prefix", "-C", "--workspace", "-w"]) => {
            upwards(&["package-lock.json", "npm-shrinkwrap.json"])
        }
        ("npm", Some("install" | "i")) if is_alone && !has(&["--prefix", "-C", "-g", "--global", "--location"]) => upwards(&["package.json"]),
        ("yarn" | "pnpm", Some("install" | "i")) if is_alone && !has(&["--cwd", "-C", "--dir", "--prefix", "-g"]) => upwards(&["package.json"]),
        ("bundle", Some("install")) if is_alone && !has(&["--gemfile"]) => upwards(&["Gemfile", "gems.rb"]),
        ("composer", Some("install")) if is_alone && !has(&["-d", "--working-dir"]) => upwards(&["composer.json"]),
        ("poetry", Some("install")) if is_alone && !has(&["-C", "--directory", "-P", "--project"]) => upwards(&["pyproject.toml"]),
        ("pip" | "pip3", Some("install")) => list(command),
        _ => None,
    }
}

/// The first list of `pip install -r`.
fn list(command: &Command) -> Option<Input> {
    let mut words = command.arguments().iter();
    let word = words.find(|word| word.text.starts_with("-r") || word.text.starts_with("--requirement"))?;
    let name = match word.text.as_str() {
        "-r" | "--requirement" => {
            let next = words.next().filter(|next| !next.dynamic)?;
            next.text.clone()
        }
        text => text.strip_prefix("--requirement=").or_else(|| text.strip_prefix("-r"))?.to_owned(),
    };
    let is_file = !word.dynamic && !name.is_empty() && !name.contains("://") && !name.contains(['*', '<', '$']) && !name.starts_with("/dev/");
    is_file.then(|| Input {
        names: vec![name],
        upwards: false,
    })
}

use super::{Check, Group};
use crate::build::effects::{Certainty, Change, Effect, Target};
use crate::build::owners::{self, Making, Owners};
use crate::build::{Action, JudgedFile, Manager, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::repository::Repository;
use crate::source::Span;
use crate::values::path::{clean, is_at_or_below};

rule! {
    /// A step of the build does not run as root and writes where only root may.
    ///
    /// ## Why it matters
    /// The build stops with "permission denied". WORKDIR makes its folder for the user that holds at that line, which is root
    /// above USER; a cache mount belongs to root unless it says `uid`; and package managers of distributions want root.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM node:22-slim
    /// WORKDIR /app
    /// USER node
    /// COPY package.json package-lock.json ./
    /// RUN npm ci  # <- here
    /// CMD ["node", "server.js"]
    /// ```
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN useradd -m app
    /// USER app
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM jenkins/jenkins:lts-jdk21
    /// RUN apt-get update && apt-get install -y --no-install-recommends docker.io  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM node:22-slim
    /// COPY start.sh /start.sh
    /// USER node
    /// RUN chmod +x /start.sh  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM golang:1.26-alpine
    /// RUN adduser -D app
    /// USER app
    /// WORKDIR /home/app/src
    /// RUN --mount=type=cache,target=/home/app/.cache/go-build go build ./...  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM node:22-slim
    /// USER node
    /// WORKDIR /app
    /// COPY --chown=node:node package.json package-lock.json ./
    /// RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 npm ci
    /// CMD ["node", "server.js"]
    /// ```
    ///
    /// ## Notes
    /// Only root may give an owner or a mode to what belongs to root. Where no USER says who runs a step, the base image's own
    /// user does, as far as the catalogue knows it.
    ///
    /// Folders are followed on official images of distributions and languages. After `chown`, `chmod` or anything that is not
    /// understood, nothing is said of what they may have reached.
    RULE {
        name: "unwritable-path",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let stage_uses = file.stage_uses();
    let mut told = None;
    owners::walk(file, &mut |stage, at, instruction, owners| {
        // What follows from the first one of a stage is not said again.
        if told == Some(stage) || stage_uses.get(stage).is_none_or(|stage_use| *stage_use == StageUse::Unused) {
            return;
        }
        let Some(of) = file.plan.stages.get(stage) else { return };
        let (Kind::Run(_), Some(user)) = (&instruction.kind, owners::ordinary_user(file, of, at)) else {
            return;
        };
        let is_own = file.plan.user_at(at).is_absent();
        let finding = cache(instruction, &user).filter(|_| !is_handed_over(file, instruction)).or_else(|| {
            let step = file.run_step(at)?;
            packages(file, step, &user, is_own).or_else(|| path(file, step, &user, owners))
        });
        let finding = finding.map(|finding| if is_own { finding.raised("2026.12") } else { finding });
        if let Some(finding) = finding {
            told = Some(stage);
            found.push(finding.aspect(format!("RUN {at}")));
        }
    });
}

/// Whether another step changes the owner of what lies in its cache: that stays with the cache.
fn is_handed_over(file: &JudgedFile, instruction: &Instruction) -> bool {
    let Kind::Run(run) = &instruction.kind else { return false };
    let mut targets = run.mounts.iter().filter(|mount| mount.kind() == "cache").filter_map(|mount| mount.target());
    targets.any(|target| {
        let steps = file.run_steps().iter().flat_map(|step| step.commands());
        let mut owners = steps.filter(|command| command.program() == Some("chown"));
        owners.any(|command| command.arguments().iter().any(|word| word.text == target.value))
    })
}

/// A cache mount that belongs to root (BuildKit `convert_runmount.go`; tried: `touch` in it as a user is refused).
fn cache(instruction: &Instruction, user: &str) -> Option<Finding> {
    let Kind::Run(run) = &instruction.kind else { return None };
    let is_given = |name: &str| matches!(name, "uid" | "gid" | "mode" | "from" | "readonly" | "ro");
    let mount = run.mounts.iter().find(|mount| {
        mount.kind() == "cache" && !mount.options.iter().any(|(name, _)| is_given(&name.value))
    })?;
    let target = mount.target().filter(|target| !target.value.contains('$'))?;
    let message = format!("the cache mount `{}` belongs to root, and this step runs as `{user}`", target.value);
    Some(Finding::new(target.span, message).help("add the user's numbers to the mount: `uid=1000,gid=1000`"))
}

/// A package manager of a distribution, which wants to be root.
fn packages(file: &JudgedFile, step: &RunStep, user: &str, is_of_base: bool) -> Option<Finding> {
    let effects = file.effects().at(step.instruction);
    let wanted = effects.iter().filter(|effect| effect.certainty == Certainty::Always);
    let (span, program) = wanted.filter_map(|effect| as_user(step, effect)).next()?;
    let (of, help) = match is_of_base {
        true => (" of the base image", format!("run it as root: `USER root` before this step, `USER {user}` after it")),
        false => ("", "move this step above USER, or add `USER root` before it and `USER` after it".to_owned()),
    };
    let message = format!("`{program}` runs as `{user}`{of}, but only root can install packages");
    Some(Finding::new(span, message).help(help))
}

fn as_user<'a>(step: &'a RunStep, effect: &Effect) -> Option<(Span, &'a str)> {
    let Change::Package(at) = effect.change else { return None };
    let (_, package) = step.packages.get(at)?;
    let command = step.commands().get(effect.command)?;
    let changes = matches!(package.action, Action::Install | Action::Update | Action::Upgrade | Action::Remove);
    let asks = package.has(&["-s", "--simulate", "--dry-run", "--print-uris", "--root", "--installroot", "-p", "--prefix"]);
    let is_system = package.manager.is_of_distribution() && !matches!(package.manager, Manager::Conda);
    let word = command.words.first()?;
    // Behind `sudo` it is root.
    let is_direct = command.program() == Some(package.program.as_str());
    (changes && !asks && is_system && is_direct).then_some((word.span, package.program.as_str()))
}

/// Something that is made in a folder of root's.
fn path(file: &JudgedFile, step: &RunStep, user: &str, owners: &Owners) -> Option<Finding> {
    let effects = file.effects().at(step.instruction);
    let mut made: Vec<&str> = Vec::new();
    for effect in effects.iter().filter(|effect| effect.certainty == Certainty::Always) {
        if let Some(finding) = given(step, effect, user, owners) {
            return Some(finding);
        }
        let Some((target, making)) = written(step, effect) else { continue };
        let Some(path) = target.path() else { continue };
        if made.iter().any(|known| is_at_or_below(path, known)) || step.mounts_over(file, path) {
            continue;
        }
        let command = step.commands().get(effect.command)?;
        let is_raised = matches!(command.program(), Some("sudo" | "su" | "doas" | "gosu"));
        match owners.barrier(&clean(path), making).filter(|_| !is_raised && !step.mentions("sudo")) {
            Some(barrier) => {
                let shown: Vec<&str> = command.words.iter().take(2).map(|word| word.text.as_str()).collect();
                let message = format!(
                    "`{}` runs as `{user}` and writes to `{}`, which belongs to root",
                    shown.join(" "),
                    barrier.folder
                );
                let help = match barrier.made {
                    Some(_) => format!("create `{}` after `USER {user}`, or change its owner first: `RUN chown {user} {}`", barrier.folder, barrier.folder),
                    None => "move this step above USER, or write to a folder that the user owns".to_owned(),
                };
                let finding = Finding::new(effect.span, message).help(help);
                return Some(match barrier.made {
                    Some(span) => finding.related(span, "created by root here"),
                    None => finding,
                });
            }
            None => made.push(path),
        }
    }
    None
}

/// An owner or a mode that is given to what belongs to root: only root may, whoever may write to it.
fn given(step: &RunStep, effect: &Effect, user: &str, owners: &Owners) -> Option<Finding> {
    let (what, help) = match &effect.change {
        Change::Owner { what, .. } => (what, format!("copy it with `--chown={user}`, or move this step above USER")),
        Change::Mode { what, .. } => (what, "copy it with `--chmod=755`, or move this step above USER".to_owned()),
        _ => return None,
    };
    let path = clean(what.path()?);
    let command = step.commands().get(effect.command)?;
    let program = command.program().filter(|program| matches!(*program, "chown" | "chgrp" | "chmod"))?;
    let made = owners.of_root(&path)?;
    let message = format!("`{program}` runs as `{user}`, but `{path}` belongs to root");
    let finding = Finding::new(effect.span, message).help(help).raised("2026.12");
    Some(finding.related(made, "created by root here"))
}

/// Where a command surely makes something, and what.
fn written<'a>(step: &RunStep, effect: &'a Effect) -> Option<(&'a Target, Making)> {
    match &effect.change {
        Change::Folder(to) => Some((to, Making::Folder)),
        Change::Touch(to) | Change::Write { to, by: None, .. } => Some((to, Making::File)),
        Change::Write { to, by: Some(_), .. } => {
            let installs = step.packages.iter().any(|(at, package)| {
                *at == effect.command && matches!(package.manager, Manager::Npm | Manager::Yarn | Manager::Composer)
            });
            installs.then_some((to, Making::Installed))
        }
        _ => None,
    }
}

use super::build_tools_in_image::is_full_image;
use super::missing_package_index::is_of_full_images;
use super::{Check, Group};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Has;
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::resolve::stage::Base;

rule! {
    /// A package manager prompts for confirmation, and a build cannot answer.
    ///
    /// ## Why it matters
    /// Without a terminal the question is answered with no, and the build stops as soon as something more than the named
    /// packages has to be installed. `DEBIAN_FRONTEND=noninteractive` does not answer it.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install curl  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y curl
    /// RUN apt-get update && apt-get -qq install curl
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN yes | apt-get install curl
    /// RUN apt-get download curl
    /// ```
    RULE {
        name: "missing-assume-yes",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[
            "DL3014",
            "DL3030",
            "DL3034",
            "DL3038",
            "DS-0021",
            "77783205-c4ca-4f80-bb80-c777f267c547",
            "7ebd323c-31b7-4e5b-b26f-de5e9e477af8",
            "6e19193a-8753-436d-8a09-76dcff91bb03",
            "45e1fca5-f90e-465d-825f-c2cb63fa3944",
        ],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    // A configuration file may answer for all.
    if file
        .run_steps()
        .iter()
        .any(|step| step.mentions("Assume-Yes") || step.mentions("assumeyes"))
    {
        return;
    }
    for step in file
        .run_steps()
        .iter()
        .filter(|step| step.stage_use != StageUse::Unused)
    {
        let says_yes = step.commands().iter().any(|command| command.program() == Some("yes"));
        for (index, package) in &step.packages {
            let Some(command) = step.commands().get(*index) else {
                continue;
            };
            // What is there is only unpacked again.
            let is_again = command.words.get(package.verb).is_some_and(|verb| verb.text == "reinstall");
            if asks(package) && !says_yes && !is_again && !is_answered(command) {
                let shown = package.shown(command);
                let flag = if package.manager == Manager::Zypper { "-n" } else { "-y" };
                // Of what the image has there is nothing to ask.
                let has_it = is_of_full_images(package) && file.plan.stages.get(step.stage).is_some_and(is_full_image)
                    || is_there(file, step, package);
                let mut finding = Finding::new(
                    command.words.get(package.verb).map_or(command.span, |word| word.span),
                    format!("`{shown}` prompts for confirmation, and a build cannot answer"),
                )
                .help(format!("add {flag}"))
                .severity(if has_it { Severity::Note } else { Severity::Warning })
                .aspect(format!("RUN {}.{}", step.instruction, index));
                if package.manager != Manager::Zypper
                    && let Some(verb) = command.words.get(package.verb)
                {
                    let end = crate::source::Span {
                        start: verb.span.end,
                        ..verb.span
                    };
                    finding = finding.fix(end, " -y");
                }
                found.push(finding);
            }
        }
    }
}

/// Whether a command asks a question as it is written.
fn asks(package: &PackageCommand) -> bool {
    if package.dynamic
        || !matches!(package.action, Action::Install | Action::Upgrade)
        || package.has(&["--help", "--version"])
    {
        return false;
    }
    match package.manager {
        Manager::Apt => {
            let quiet = package.options.iter().any(|option| {
                let letters = option
                    .strip_prefix('-')
                    .filter(|rest| !rest.starts_with('-'))
                    .unwrap_or("");
                letters.matches('q').count() >= 2 || letters.starts_with("q=2")
            });
            let quiets = package
                .options
                .iter()
                .filter(|option| *option == "-q" || *option == "--quiet")
                .count();
            // `apt -f install` mends what is broken, which is nothing.
            let names_any = !package.operands.is_empty() || package.action != Action::Install;
            !quiet
                && names_any
                && quiets < 2
                && !package.has(&[
                    "-y",
                    "-s",
                    "--yes",
                    "--assume-yes",
                    "--assume-no",
                    "--force-yes",
                    "--trivial-only",
                    "--simulate",
                    "--just-print",
                    "--dry-run",
                    "--print-uris",
                ])
        }
        // microdnf never asks.
        Manager::Dnf => {
            package.program != "microdnf" && !package.has(&["-y", "--assumeyes", "--assumeno", "--downloadonly"])
        }
        Manager::Zypper => !package.has(&["-n", "-y", "--non-interactive", "--no-confirm", "-D", "--dry-run"]),
        _ => false,
    }
}

/// Whether all that is named is there already: an earlier step of the stage installs it, or the base image has a program of that name.
fn is_there(file: &JudgedFile, step: &RunStep, package: &PackageCommand) -> bool {
    let earlier = || {
        let steps = file.run_steps().iter().filter(|other| other.stage == step.stage && other.instruction < step.instruction);
        let packages = steps.flat_map(|other| &other.packages).map(|(_, other)| other);
        packages.filter(|other| other.manager == package.manager && other.action == Action::Install && !asks(other))
    };
    // The second release of GnuPG has a name of its own, and brings the first.
    let installs = |other: &PackageCommand, name: &String| {
        let mut names = other.operands.iter();
        names.any(|other| other == name || other.strip_suffix('2') == Some(name))
    };
    let image = match file.plan.stages.get(step.stage).map(|stage| &stage.root_image) {
        Some(Base::Image(Fact::Known(base))) => Some(file.images.get(&base.value)),
        _ => None,
    };
    let has = |name: &String| image.as_ref().is_some_and(|image| image.program(name) == Has::Yes);
    let mut names = package.operands.iter();
    package.action == Action::Install
        && !package.operands.is_empty()
        && names.all(|name| has(name) || earlier().any(|other| installs(other, name)))
}

/// Whether something is piped or read into it: `yes | apt-get install x`.
fn is_answered(command: &Command) -> bool {
    command.joint == Joint::Pipe || command.redirections.iter().any(|one| one.operator.starts_with('<'))
}

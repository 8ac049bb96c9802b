use super::{Check, Group};
use crate::build::package_index::{self, Found, Install};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;
use crate::source::Span;

rule! {
    /// Packages are installed, and there is no index to find them in.
    ///
    /// ## Why it matters
    /// Official images of Debian and Ubuntu come without package lists, and a clean-up in an earlier RUN takes them away
    /// again: `apt-get install` then says "Unable to locate package", and the build stops.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get install -y --no-install-recommends git  # <- here
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// RUN apt-get install -y --no-install-recommends jq  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// COPY tool.deb /tmp/
    /// RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
    /// RUN apt-get install -y --no-install-recommends /tmp/tool.deb
    /// ```
    ///
    /// ## Notes
    /// A warning where the base image may have the packages already, and a note where that is likely (`make` on a full
    /// image of a language). Nothing is said on images that are not known, and behind programs that may fetch an index.
    RULE {
        name: "missing-package-index",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for install in package_index::installs(file) {
        let (Found::Nothing { removed, slim }, Manager::Apt) = (install.found, install.manager) else {
            continue;
        };
        if install.stage_use == StageUse::Unused {
            continue;
        }
        let why = match removed {
            Some(_) => "an earlier step removed them",
            None => "the base image has none and no step fetched them",
        };
        let mut finding = Finding::new(install.span, format!("apt has no package lists here: {why}"))
            .help("begin this RUN with `apt-get update &&`")
            .aspect(format!("RUN {}", install.instruction));
        if let Some(removed) = removed {
            finding = finding.related(removed, "removed here");
        }
        if !slim {
            finding = finding.severity(match is_there(file, &install) {
                true => Severity::Note,
                false => Severity::Warning,
            });
        }
        if let Some(place) = begin(file, &install) {
            finding = finding.fix(place, "apt-get update && ");
        }
        found.push(finding);
    }
}

/// Whether it asks for nothing but what the full images of languages have (buildpack-deps), where apt looks nothing up.
pub(super) fn is_of_full_images(package: &PackageCommand) -> bool {
    const PACKAGES: [&str; 16] = [
        "apt-transport-https", "bzip2", "ca-certificates", "curl", "dirmngr", "file", "g++", "gcc", "git", "gnupg", "libc6-dev", "make", "openssh-client", "patch", "wget", "xz-utils",
    ];
    let names = package.operands.iter();
    !package.dynamic && !package.operands.is_empty() && names.clone().all(|name| PACKAGES.contains(&name.as_str()))
}

fn is_there(file: &JudgedFile, install: &Install) -> bool {
    let Some(step) = file.run_step(install.instruction) else { return false };
    let mut packages = step.packages.iter().filter(|(index, package)| {
        let command = step.commands().get(*index);
        package.action == Action::Install && command.is_some_and(|command| command.span.contains(install.span))
    });
    packages.next().is_some_and(|(_, package)| is_of_full_images(package))
}

/// Where the lists are to be fetched: before the command, if that is one of those that a RUN runs one after the other.
fn begin(file: &JudgedFile, install: &Install) -> Option<Span> {
    let step = file.run_step(install.instruction)?;
    let is_it = |command: &&Command| command.span.start <= install.span.start && install.span.end <= command.span.end;
    let command = step.commands().iter().find(is_it)?;
    let is_plain = command.level == 0 && !command.conditional && !command.negated && command.inside.is_none();
    let is_direct = matches!(command.words.first()?.text.as_str(), "apt-get" | "apt") && command.assignments.is_empty();
    let is_joined = matches!(command.joint, Joint::First | Joint::And | Joint::Then);
    let at = command.span.start as usize;
    (is_plain && is_direct && is_joined).then(|| Span::new(command.span.source, at, at))
}

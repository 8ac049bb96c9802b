use super::{Check, Group};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images;
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::bytes::megabytes;
use crate::values::image_ref::ImageRef;
use std::collections::BTreeSet;

rule! {
    /// apt installs packages that are only recommended.
    ///
    /// ## Why it matters
    /// Debian and Ubuntu install recommendations along with dependencies; they are often most of the bytes. Those that are
    /// needed can be named.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
    /// ```
    RULE {
        name: "recommended-packages-installed",
        group: Group::Size,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &["DL3015", "DS-0029", "7384dfb2-fcd1-4fbf-91cd-6c44c318c33c"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    // A configuration file may say it for all.
    if file
        .run_steps()
        .iter()
        .any(|step| step.mentions("Install-Recommends") || step.mentions("apt.conf"))
    {
        return;
    }
    for step in file.run_steps().iter().filter(|step| step.stage_use == StageUse::Ships) {
        for (index, package) in &step.packages {
            let Some(verb) = step
                .commands()
                .get(*index)
                .and_then(|command| command.words.get(package.verb))
            else {
                continue;
            };
            let installs = package.manager == Manager::Apt
                && package.action == Action::Install
                && verb.text == "install"
                && !package.dynamic
                && !package.operands.is_empty()
                // A file or a download brings what it depends on, and no more is known of it.
                && package.operands.iter().any(|name| !name.contains('/'))
                && !package.has(&["--no-install-recommends", "--without-recommends", "--download-only", "--install-recommends", "-R"]);
            if !installs {
                continue;
            }
            let end = Span {
                start: verb.span.end,
                ..verb.span
            };
            found.push(
                Finding::new(
                    verb.span,
                    format!(
                        "`{} install` also installs recommended packages{}",
                        package.program,
                        at_stake(file, step.stage, package)
                    ),
                )
                .help("add `--no-install-recommends`, and list the packages that are needed")
                .fix(end, " --no-install-recommends")
                .aspect(format!("RUN {}.{}", step.instruction, index)),
            );
        }
    }
}

/// How much they are, where the packages and the release of Debian are known.
fn at_stake(file: &JudgedFile, stage: usize, package: &PackageCommand) -> String {
    let root = file.plan.stages.get(stage).map(|stage| &stage.root_image);
    let release = match root {
        Some(Base::Image(Fact::Known(name))) => known_images::lean_debian(&ImageRef::parse(&name.value)),
        _ => None,
    };
    let Some(release) = release else {
        return String::new();
    };
    let debs: Option<Vec<_>> = package
        .operands
        .iter()
        .map(|name| known_images::deb(release, name.split(['=', ':']).next().unwrap_or(name)))
        .collect();
    let Some(debs) = debs else {
        return String::new();
    };
    let total = |recommends: bool| {
        let all: BTreeSet<usize> = debs.iter().flat_map(|deb| deb.closure(recommends)).collect();
        known_images::debs_total(release, &all).1
    };
    match total(true).saturating_sub(total(false)) {
        more @ 100_000.. => format!(", in Debian {} about {} more", release.number(), megabytes(more)),
        _ => String::new(),
    }
}

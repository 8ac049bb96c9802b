use super::support::steps::without;
use super::{Check, Group};
use crate::build::{Action, JudgedFile, Manager, StageUse};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Repository;

rule! {
    /// The build upgrades every package of its base image.
    ///
    /// ## Why it matters
    /// Every upgraded file is stored a second time, in a layer that is different on each day of the build. A newer tag or
    /// digest of the base image has the same packages without the copy.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get -y upgrade && rm -rf /var/lib/apt/lists/*  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --only-upgrade openssl && rm -rf /var/lib/apt/lists/*
    /// ```
    RULE {
        name: "distribution-upgraded",
        group: Group::Size,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[
            "DL3005",
            "DL3017",
            "DL3031",
            "DL3035",
            "DL3039",
            "DS-0024",
            "682fe378-c180-4bd5-8a14-95fc285fb269",
            "09fda05e-da85-4ee7-ab8d-2800a5e6e756",
            "989ab888-7d1e-410f-9dde-c64a1d367bf2",
            "8f6456be-0018-46db-9ce6-b3b6dc8d34d2",
            "d4895357-dd49-4ba5-b726-1bb81cb50989",
        ],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for step in file.run_steps().iter().filter(|step| step.stage_use == StageUse::Ships) {
        for (index, package) in &step.packages {
            let Some(command) = step.commands().get(*index) else {
                continue;
            };
            let whole = matches!(
                package.manager,
                Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper
            ) && package.action == Action::Upgrade
                && package.operands.is_empty()
                && !package.dynamic;
            if !whole {
                continue;
            }
            let shown = package.shown(command);
            let mut finding = Finding::new(
                    command.words.get(package.verb).map_or(command.span, |word| word.span),
                    format!(
                        "`{shown}` in {} duplicates every upgraded package",
                        file.stage_name(step.stage)
                    ),
                )
                .help("use a newer tag of the base image, or upgrade only the packages that matter")
                .aspect(format!("RUN {}.{}", step.instruction, index))
                .with_care();
            if let Some(gone) = without(step, *index) {
                finding = finding.change(Change::Cut(gone));
            }
            found.push(finding);
        }
    }
}

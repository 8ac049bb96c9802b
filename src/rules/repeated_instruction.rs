use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::repository::Repository;

rule! {
    /// A CMD, ENTRYPOINT or HEALTHCHECK that a later one of the same stage replaces.
    ///
    /// ## Why it matters
    /// An image has one of each. BuildKit takes the last and only warns about the others, so what the earlier one was
    /// meant to do does not happen.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// CMD ["migrate"]  # <- here
    /// CMD ["serve"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim AS base
    /// CMD ["migrate"]
    /// FROM base
    /// CMD ["serve"]
    /// ```
    RULE {
        name: "repeated-instruction",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[
            "DL4003",
            "DL4004",
            "DL3012",
            "MultipleInstructionsDisallowed",
            "DS-0016",
            "DS-0007",
            "DS-0023",
            "6938958b-3f1a-451c-909b-baeee14bdc97",
            "41c195f4-fc31-4a5c-8a1b-90605538d49f",
        ],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for (index, stage, stage_use) in file.stages() {
        for keyword in ["CMD", "ENTRYPOINT", "HEALTHCHECK"] {
            let all: Vec<&Instruction> = file
                .instructions(stage)
                .iter()
                .filter(|instruction| {
                    instruction.keyword.value == keyword && !matches!(instruction.kind, Kind::Unknown)
                })
                .collect();
            let Some((last, earlier)) = all.split_last() else {
                continue;
            };
            for (number, one) in earlier.iter().enumerate() {
                let mut finding = Finding::new(
                    one.keyword.span,
                    format!(
                        "this {keyword} of {} is replaced by a later one",
                        file.stage_name(index)
                    ),
                )
                .help("remove it, or put both into one command")
                .change(Change::Lines(one.span))
                .related(last.keyword.span, "this one is used")
                .aspect(format!("{keyword} {}.{}", index + 1, number + 1));
                if stage_use == StageUse::Unused {
                    finding = finding.severity(Severity::Note);
                }
                found.push(finding);
            }
        }
    }
}

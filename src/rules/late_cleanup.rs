use super::{Check, Group};
use crate::build::layers::{self, Act, Deed, LITTLE, Layer, Package, Writer, Written};
use crate::build::{JudgedFile, Manager};
use crate::finding::{Finding, Layer as About, Severity};
use crate::repository::Repository;
use crate::values::bytes;
use crate::values::path::is_below;
use std::collections::HashSet;

rule! {
    /// A RUN deletes what an earlier layer of the image wrote.
    ///
    /// ## Why it matters
    /// The files are hidden, not gone: the earlier layer still holds them, and everyone who pulls the image pulls them. Files
    /// only stay out of an image if the RUN that writes them deletes them.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends gcc
    /// RUN make -C /src
    /// RUN apt-get purge -y gcc  # <- here
    /// RUN rm -rf /var/lib/apt/lists/*  # <- here
    /// ADD tools.tar.gz /tmp/tools.tar.gz
    /// RUN /tmp/tools.tar.gz/install && rm -rf /tmp/tools.tar.gz  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends gcc \
    ///     && make -C /src \
    ///     && apt-get purge -y gcc && rm -rf /var/lib/apt/lists/*
    /// RUN --mount=type=bind,source=tools,target=/tmp/tools /tmp/tools/install
    /// ```
    ///
    /// ## Notes
    /// It is a note where the files are known, or look as if, to be less than 100 kB.
    RULE {
        name: "late-cleanup",
        group: Group::Size,
        layer: About::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for chain in layers::shipped(file) {
        let mut written: Vec<Written> = Vec::new();
        let mut installed: Vec<Package> = Vec::new();
        for (_, layer) in chain {
            match layer {
                Layer::Copy(_, here) => written.extend(here),
                Layer::Run(at, doings) => {
                    let is_new = seen.insert(at);
                    for deed in doings
                        .deeds
                        .iter()
                        .filter(|deed| deed.act == Act::Remove && !deed.conditional)
                    {
                        // Who cleans up after himself may clean up more.
                        if is_new && !deed.own {
                            found.extend(removed(file, &written, deed));
                        }
                        written.retain(|known| !takes(deed, known));
                    }
                    for package in &doings.removed {
                        let known = installed
                            .iter()
                            .find(|known| known.manager == package.manager && known.name == package.name);
                        if let Some(known) = known.filter(|_| is_new) {
                            found.push(uninstalled(file, known, package));
                        }
                    }
                    installed.retain(|known| {
                        !doings
                            .removed
                            .iter()
                            .any(|gone| gone.manager == known.manager && gone.name == known.name)
                    });
                    written.extend(doings.written);
                    installed.extend(doings.installed);
                }
            }
        }
    }
    // One command that takes away ten packages is one finding.
    let mut places = HashSet::new();
    found.retain(|finding| places.insert(finding.span));
}

/// Whether a deed takes away all that was written.
fn takes(deed: &Deed, known: &Written) -> bool {
    is_below(&known.path, &deed.path) || known.path == deed.path && (!deed.inside || known.is_folder)
}

fn removed(file: &JudgedFile, written: &[Written], deed: &Deed) -> Option<Finding> {
    let known = written
        .iter()
        .rev()
        .find(|known| takes(deed, known) || part(file, deed, known).is_some())?;
    let bytes = part(file, deed, known);
    if bytes == Some(0) {
        return None;
    }
    let instruction = file.file.ast.instructions.get(known.instruction)?;
    let by = match known.by {
        Writer::Copy => instruction.keyword.value.to_owned(),
        Writer::Command(by) => by.to_owned(),
    };
    let stay = match bytes {
        Some(bytes) => bytes::show(i64::try_from(bytes).unwrap_or(i64::MAX)),
        None => "its bytes".to_owned(),
    };
    let star = if deed.inside { "/*" } else { "" };
    let message = format!(
        "`rm {}{star}` deletes what {by} wrote in an earlier layer: {stay} stay in the image",
        deed.path
    );
    let help = match known.by {
        Writer::Copy => "mount it where it is used instead: RUN --mount=type=bind,source=...,target=... ...",
        Writer::Command(_) => "delete it in the RUN that writes it: ... && rm -rf ...",
    };
    let finding = Finding::new(deed.span, message)
        .help(help)
        .related(instruction.keyword.span, "written here")
        .aspect(format!("rm {}", deed.path));
    let is_little = bytes.map_or_else(|| known.little, |bytes| bytes < LITTLE);
    Some(if is_little {
        finding.severity(Severity::Note)
    } else {
        finding
    })
}

/// The bytes of what a deed takes from a copy whose files are known.
fn part(file: &JudgedFile, deed: &Deed, known: &Written) -> Option<u64> {
    let context = file.context.as_ref().filter(|_| known.by == Writer::Copy)?;
    let is_near = takes(deed, known) || known.is_folder && is_below(&deed.path, &known.path);
    if !is_near {
        return None;
    }
    context
        .bytes_at(context.copy(known.instruction)?, &file.plan, &deed.path)
        .filter(|bytes| *bytes > 0 || takes(deed, known))
}

fn uninstalled(file: &JudgedFile, known: &Package, package: &Package) -> Finding {
    let manager = match package.manager {
        Manager::Apt => "apt-get",
        Manager::Apk => "apk",
        Manager::Dnf => "dnf",
        Manager::Zypper => "zypper",
        Manager::Pip => "pip",
        Manager::Npm => "npm",
        Manager::Yarn => "yarn",
        Manager::Composer => "composer",
        Manager::Conda => "conda",
    };
    let message = format!(
        "{manager} takes away '{}', which an earlier layer installed: its bytes stay in the image",
        package.name
    );
    let finding = Finding::new(package.span, message)
        .help("install, use and remove it in one RUN, or build in a stage of its own")
        .aspect(format!("{manager} {}", package.name));
    match file.file.ast.instructions.get(known.instruction) {
        Some(instruction) => finding.related(instruction.keyword.span, "installed here"),
        None => finding,
    }
}

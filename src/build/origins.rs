//! Whether anything in a stage can have created a path.

use super::{JudgedFile, Manager, RunStep, layers};
use crate::fact::Fact;
use crate::parse::dockerfile::{Instruction, Kind, Transfer};
use crate::parse::shell::{Command, Word};
use crate::resolve::stage::{Base, Transferred};
use crate::values::image_ref::ImageRef;
use crate::values::path::{clean, is_below, name};

/// What is assumed of the image that a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing: the stage starts from scratch.
    Scratch,
    /// The image of this name does not have the path.
    Image(String),
}

/// Official images that hold a distribution or a language and nothing outside of the usual folders.
const PLAIN_IMAGES: [&str; 30] = [
    "alpine",
    "almalinux",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "buildpack-deps",
    "busybox",
    "debian",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "httpd",
    "maven",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "php",
    "postgres",
    "python",
    "redis",
    "rockylinux",
    "ruby",
    "rust",
    "ubuntu",
];

/// Folders in the root that an image may have, with anything in them.
const USUAL: [&str; 24] = [
    "bin", "boot", "cache", "dev", "etc", "go", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "data",
];

/// Programs that write only where they are told to, or only to usual folders.
const TAME: [&str; 34] = [
    ":",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "apt-key",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "dnf",
    "dpkg",
    "echo",
    "export",
    "groupadd",
    "ln",
    "locale-gen",
    "microdnf",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "set",
    "sleep",
    "test",
    "touch",
    "true",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "yum",
];

/// What has to be assumed for `path` (absolute) not to be in a stage; `None` where something may have created it.
pub(crate) fn cannot_have(file: &JudgedFile, stage: usize, path: &str) -> Option<Ground> {
    let top = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .filter(|top| !top.is_empty())?;
    let root = file.plan.stages.get(stage)?;
    let ground = match &root.root_image {
        Base::Scratch => Ground::Scratch,
        Base::Image(Fact::Known(image)) => {
            let image_ref = ImageRef::parse(&image.value);
            let is_plain = image_ref.official().is_some_and(|name| PLAIN_IMAGES.contains(&name))
                && !image_ref.tag.as_deref().is_some_and(|tag| tag.contains("onbuild"));
            if !is_plain || USUAL.contains(&top) || top.starts_with("docker") {
                return None;
            }
            Ground::Image(image.value.clone())
        }
        _ => return None,
    };
    let lineage = file.plan.lineage(stage);
    for index in lineage {
        let here = file.plan.stages.get(index)?;
        let start = here.instructions.start;
        for (offset, instruction) in file.instructions(here).iter().enumerate() {
            if may_create(file, start + offset, instruction, path) {
                return None;
            }
        }
    }
    Some(ground)
}

fn may_create(file: &JudgedFile, at: usize, instruction: &Instruction, path: &str) -> bool {
    match &instruction.kind {
        Kind::Workdir(_) => match file.plan.workdir_at(at + 1) {
            Fact::Known(workdir) => workdir.value == path || is_below(&workdir.value, path),
            Fact::Absent => false,
            Fact::Unknown(_) => true,
        },
        Kind::Copy(words) | Kind::Add(words) => {
            let Some(transfer) = file.plan.transfer(at) else {
                return true;
            };
            !instruction.heredocs.is_empty() || copy_may_create(file, transfer, words, path)
        }
        Kind::Run(_) => {
            let steps = file.run_steps();
            let step = steps.binary_search_by_key(&at, |step| step.instruction).ok();
            step.and_then(|index| steps.get(index))
                .is_none_or(|step| run_may_create(file, step, at, path))
        }
        Kind::Onbuild(_) | Kind::Unknown | Kind::Volume(_) => true,
        _ => false,
    }
}

fn copy_may_create(file: &JudgedFile, transfer: &Transferred, words: &Transfer, path: &str) -> bool {
    match &transfer.destination {
        Fact::Unknown(_) => true,
        Fact::Absent => {
            // Below the base's own WORKDIR, which is assumed not to lie in the path; it may be the root.
            let top = path.trim_start_matches('/').split('/').next().unwrap_or("");
            let Some(target) = transfer.target.value() else {
                return true;
            };
            let target = clean(target);
            if target != "." {
                return target.starts_with("..") || target.split('/').next() == Some(top);
            }
            transfer.sources.iter().any(|source| match source.value() {
                // A folder brings what is in it.
                Some(source) => {
                    let last = name(source.trim_end_matches('/'));
                    !last.contains('.') || last.starts_with('.') || last.contains(['*', '?', '[']) || last == top
                }
                None => true,
            })
        }
        Fact::Known(to) => {
            let to = to.value.as_str();
            if to == path || is_below(to, path) {
                return true;
            }
            if !is_below(path, to) || words.parents {
                return is_below(path, to);
            }
            // Something in the destination: what is brought there is known from the names, or from a context.
            let workdir = file.plan.workdir_at(transfer.instruction).value();
            let named = layers::copied(transfer, words, workdir);
            if !named.is_empty() && named.iter().all(|written| !written.is_folder) {
                return named
                    .iter()
                    .any(|written| written.path == path || is_below(&written.path, path));
            }
            let context = file.context.as_ref();
            let brought = context.and_then(|context| {
                let copy = context.copy(transfer.instruction)?;
                context
                    .tree
                    .complete
                    .then(|| context.brought(copy, &file.plan))
                    .flatten()
            });
            match brought {
                Some(brought) => brought.iter().any(|(there, _)| there == path || is_below(there, path)),
                None => true,
            }
        }
    }
}

fn run_may_create(file: &JudgedFile, step: &RunStep, at: usize, path: &str) -> bool {
    let Some(script) = &step.script else { return true };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let names_it = |text: &str| text.split(['/', '=', ':', ',']).any(|part| parts.contains(&part));
    let workdir = file.plan.workdir_at(at);
    if matches!(workdir, Fact::Unknown(_)) {
        return true;
    }
    script.commands.iter().enumerate().any(|(index, command)| {
        let package = step.packages.iter().find(|(known, _)| *known == index);
        let spills =
            matches!(command.program(), Some("cp" | "mv")) && command.words.iter().any(|word| word.text == "/");
        let is_tame = !spills
            && match package {
                Some((_, package)) if package.manager == Manager::Pip => {
                    !package.has(&["-t", "--target", "--prefix", "--root", "-e", "--editable", "--src"])
                }
                Some((_, package)) => matches!(
                    package.manager,
                    Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper
                ),
                None => is_tame(command),
            };
        !is_tame
            || command.words.iter().any(|word| names_it(&word.text))
            || command
                .redirections
                .iter()
                .any(|redirection| names_it(&redirection.target.text) || redirection.target.dynamic)
            // `cp` and the like go where a variable says.
            || package.is_none() && command.arguments().iter().any(|word| word.dynamic && !is_option(word))
    })
}

fn is_option(word: &Word) -> bool {
    word.text.starts_with('-')
}

fn is_tame(command: &Command) -> bool {
    if command.words.is_empty() {
        return true;
    }
    command.program().is_some_and(|program| TAME.contains(&program))
}

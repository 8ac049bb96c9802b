//! Whether anything in a stage can have created a path.

use super::effects::{Change, Content, Effect, Target};
use super::{JudgedFile, Manager, PackageCommand, RunStep, layers};
use crate::fact::Fact;
use crate::parse::dockerfile::{Instruction, Kind, Transfer};
use crate::parse::shell::Word;
use crate::resolve::stage::{Base, Transferred};
use crate::values::image_ref::ImageRef;
use crate::values::path::{clean, is_at_or_below, is_below, name};

/// What is assumed of the image that a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assumption {
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

/// Folders that builds make.
pub(crate) const FOLDERS: [&str; 16] = [
    "bin",
    "build",
    "dist",
    "out",
    "output",
    "target",
    "release",
    "node_modules",
    "vendor",
    "public",
    "publish",
    "_build",
    ".next",
    "artifacts",
    "binaries",
    "generated",
];

/// What has to be assumed for `path` (absolute) not to be in a stage; `None` where something may have created it.
pub(crate) fn cannot_have(file: &JudgedFile, stage: usize, path: &str) -> Option<Assumption> {
    let top = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .filter(|top| !top.is_empty())?;
    let root = file.plan.stages.get(stage)?;
    let assumption = match &root.root_image {
        Base::Scratch => Assumption::Scratch,
        Base::Image(Fact::Known(image)) => {
            if !is_plain(&ImageRef::parse(&image.value)) || USUAL.contains(&top) || top.starts_with("docker") {
                return None;
            }
            Assumption::Image(image.value.clone())
        }
        _ => return None,
    };
    let lineage = file.plan.lineage(stage);
    for index in lineage {
        let stage = file.plan.stages.get(index)?;
        let start = stage.instructions.start;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            if may_create(file, start + offset, instruction, path) {
                return None;
            }
        }
    }
    Some(assumption)
}

/// Whether something may have created `path` (absolute) in a stage before a command of one of its RUNs, in an image that
/// starts from a plain one.
pub(crate) fn may_have_made(file: &JudgedFile, step: &RunStep, command: usize, path: &str) -> bool {
    let is_plain = match file.plan.stages.get(step.stage).map(|stage| &stage.root_image) {
        Some(Base::Image(Fact::Known(image))) => is_plain(&ImageRef::parse(&image.value)),
        Some(Base::Scratch) => true,
        _ => false,
    };
    let mut before = file
        .plan
        .lineage(step.stage)
        .into_iter()
        .filter_map(|index| file.plan.stages.get(index))
        .flat_map(|stage| {
            let start = stage.instructions.start;
            file.instructions(stage)
                .iter()
                .enumerate()
                .map(move |(offset, instruction)| (start + offset, instruction))
        });
    !is_plain
        || before.any(|(at, instruction)| at < step.instruction && may_create(file, at, instruction, path))
        || file
            .effects()
            .at(step.instruction)
            .iter()
            .any(|effect| effect.command < command && effect_may_create(effect, Some(step), path))
}

/// Whether an image holds a distribution or a language and nothing outside of the usual folders.
pub(super) fn is_plain(image: &ImageRef) -> bool {
    image.official().is_some_and(|name| PLAIN_IMAGES.contains(&name))
        && !image.tag.as_deref().is_some_and(|tag| tag.contains("onbuild"))
}

fn may_create(file: &JudgedFile, at: usize, instruction: &Instruction, path: &str) -> bool {
    match &instruction.kind {
        Kind::Workdir(_) | Kind::Run(_) => {
            let step = file.run_step(at);
            file.effects()
                .at(at)
                .iter()
                .any(|effect| effect_may_create(effect, step, path))
        }
        Kind::Copy(words) | Kind::Add(words) => {
            let Some(transfer) = file.plan.transfer(at) else {
                return true;
            };
            !instruction.heredocs.is_empty() || copy_may_create(file, transfer, words, path)
        }
        Kind::Onbuild(_) | Kind::Unknown | Kind::Volume(_) => true,
        _ => false,
    }
}

/// Whether something at a target is, or makes, a path.
fn reaches(target: &Target, path: &str) -> bool {
    match target {
        Target::Path(there) => there == path || is_below(there, path),
        // The base's own WORKDIR is assumed not to lie in the path; it may be the root.
        Target::Base(there) => {
            let top = path.trim_start_matches('/').split('/').next();
            there.starts_with("..") || there.split('/').next() == top
        }
        Target::AllIn(folder) | Target::SomeIn { folder, .. } => is_at_or_below(path, folder) || is_below(folder, path),
        Target::Home | Target::Anywhere => true,
    }
}

/// Whether a folder with anything in it, put at a target, may bring a path.
fn brings(target: &Target, path: &str) -> bool {
    let is_inside = match target {
        Target::Path(there) => is_below(path, there),
        Target::Base(there) => there.is_empty(),
        _ => false,
    };
    is_inside || reaches(target, path)
}

fn effect_may_create(effect: &Effect, step: Option<&RunStep>, path: &str) -> bool {
    let names_it = |text: &str| {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        parts.any(|part| text.split(['/', '=', ':', ',']).any(|named| named == part))
    };
    let words = || {
        let command = step.and_then(|step| step.commands().get(effect.command));
        command.map_or(&[][..], |command| command.words.as_slice())
    };
    let is_named = || words().iter().any(|word| names_it(&word.text));
    match &effect.change {
        Change::Folder(to) | Change::Enter(to) | Change::Touch(to) => reaches(to, path),
        Change::Build { to, .. } => brings(to, path),
        Change::Write { to, content, .. } => match content {
            Content::Folder => brings(to, path),
            Content::Text(_) | Content::File => reaches(to, path),
        },
        Change::Copy(placing) | Change::Move(placing) => brings(&placing.to, path),
        // What is put behind a link lands where it leads to.
        Change::Link { target, link, .. } => {
            brings(link, path)
                || target
                    .as_deref()
                    .is_none_or(|target| names_it(target) || target.contains(".."))
        }
        Change::Package(at) => step
            .and_then(|step| step.packages.get(*at))
            .is_none_or(|(_, package)| !stays_in_usual_folders(package) || is_named()),
        // A home folder is made with the account.
        Change::Accounts(names) => names.iter().any(Option::is_none) || is_named(),
        Change::Unknown(traits) => {
            let is_dynamic = |word: &Word| word.dynamic && !word.text.starts_with('-');
            !traits.stays_in_usual_folders() || is_named() || words().iter().skip(1).any(is_dynamic)
        }
        Change::Remove { .. }
        | Change::Owner { .. }
        | Change::Mode { .. }
        | Change::AccountFiles
        | Change::SearchPath(_)
        | Change::Transfer(_) => false,
    }
}

/// Whether packages go to folders that every image may have.
fn stays_in_usual_folders(package: &PackageCommand) -> bool {
    package.manager.is_of_distribution()
        || package.manager == Manager::Pip
            && !package.has(&["-t", "--target", "--prefix", "--root", "-e", "--editable", "--src"])
        || package.manager == Manager::Npm && package.has(&["-g", "--global"]) && !package.has(&["--prefix"])
}

fn copy_may_create(file: &JudgedFile, transfer: &Transferred, words: &Transfer, path: &str) -> bool {
    match &transfer.destination {
        Fact::Unknown(_) => true,
        Fact::Absent => {
            let Some(target) = transfer.target.value() else {
                return true;
            };
            let target = clean(target);
            if target != "." {
                return reaches(&Target::Base(target), path);
            }
            let top = path.trim_start_matches('/').split('/').next().unwrap_or("");
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
            let named = layers::copied(file, transfer.instruction);
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
                // A build before the build may make it.
                Some(brought) => {
                    let inside = path.strip_prefix(to).unwrap_or(path);
                    let is_built = inside.split('/').any(|part| FOLDERS.contains(&part));
                    is_built || brought.iter().any(|(there, _)| there == path || is_below(there, path))
                }
                None => true,
            }
        }
    }
}

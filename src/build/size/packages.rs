//! What apt installs, by the packages that are known and what they bring along, and what apk installs at least.

use super::Bytes;
use super::files::Files;
use super::run::Doing;
use crate::build::{Action, JudgedFile, PackageCommand, RunStep};
use crate::known_images;
use crate::values::image_ref::ImageRef;
use std::collections::BTreeSet;

/// Where package managers keep what they fetch: mounts there hide nothing else.
const STORES: [&str; 8] = [
    "/var/cache/apt",
    "/var/lib/apt",
    "/var/lib/apt/lists",
    "/var/cache/debconf",
    "/root/.cache",
    "/root/.cache/pip",
    "/root/.npm",
    "/tmp",
];

/// What apt's lists of Debian 12 come to in an image that keeps them compressed, as the official ones do (measured).
const LISTS: u64 = 19_900_000;
/// What dpkg writes for itself: its status with a backup, logs.
const DPKG: u64 = 900_000;
/// Bytes in the layer for every 100 bytes of Installed-Size, measured: with documentation (what maintainer scripts make
/// included) and without.
const REAL: (u64, u64) = (102, 91);

/// Whether nothing but caches is at a path.
pub(super) fn is_store(path: &str) -> bool {
    STORES.contains(&path.trim_end_matches('/'))
}

/// What an image is to apt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Debian 12 as it comes: the table fits.
    Bookworm,
    /// Something of Debian's: it may have some of it already.
    Debian,
    /// Anything else.
    Other,
}

fn kind(files: &Files) -> (Kind, bool) {
    let image = ImageRef::parse(&files.like);
    let tag = image.tag.as_deref().unwrap_or("");
    let slim = tag.contains("slim");
    let is_bookworm = tag == "12" || tag.starts_with("12.") || tag.starts_with("12-") || tag.contains("bookworm");
    match image.official() {
        Some("debian") if is_bookworm => (Kind::Bookworm, slim),
        Some("ubuntu") | None => (Kind::Other, slim),
        _ if !files.like.is_empty() && known_images::is_debian(&image) => (Kind::Debian, slim),
        _ => (Kind::Other, slim),
    }
}

/// One command of apt.
pub(super) fn apt(doing: &mut Doing<'_>, file: &JudgedFile, step: &RunStep, package: &PackageCommand, sure: bool) {
    const FOLDER: &str = "/var/lib/apt/lists";
    match package.action {
        Action::Update => {
            doing.files.blur("/var");
            if step.removes(FOLDER) || step.mounts_over(file, FOLDER) {
                doing.more.exact = false;
            } else {
                doing.more = doing.more.plus(Bytes::rough(0, Some(LISTS)));
                doing.note("apt's lists stay in the layer");
            }
        }
        Action::Install => install(doing, step, package, sure),
        Action::Clean => doing.more.exact = false,
        // `clean`, `autoclean`; `remove` and `purge` give nothing back that an earlier layer holds.
        Action::Other if package.operands.is_empty() && !package.dynamic => doing.more.exact = false,
        _ => doing.open(format!("what `{}` changes is not known", package.program)),
    }
}

fn install(doing: &mut Doing<'_>, step: &RunStep, package: &PackageCommand, sure: bool) {
    let (kind, slim) = kind(doing.files);
    if kind == Kind::Other {
        return doing.open("what apt installs on this image is not known");
    }
    let lone = ["--no-install-recommends", "--without-recommends"];
    let configured = step.mentions("Install-Recommends") || step.mentions("apt.conf");
    let recommends = !package.has(&lone) && !configured;
    let odd = package.dynamic
        || package.has(&[
            "--download-only",
            "-d",
            "-t",
            "--target-release",
            "-s",
            "--simulate",
            "--root",
        ])
        || step.mentions("sources.list");
    if odd {
        return doing.open("what apt installs here is not known");
    }
    // What is taken away again in the same layer is not in it.
    let taken = step.packages.iter().any(|(_, other)| {
        other.manager == package.manager
            && other.action == Action::Other
            && (!other.operands.is_empty() || other.program == "apt-get" && step.mentions("autoremove"))
    });
    let taken = taken || takes_files(step);
    let mut fresh: BTreeSet<usize> = BTreeSet::new();
    let mut surely: BTreeSet<usize> = BTreeSet::new();
    let mut unknown: Vec<&str> = Vec::new();
    for operand in &package.operands {
        let name = operand.split(['=', ':', '/']).next().unwrap_or("");
        match known_images::deb(name).filter(|_| !operand.contains('/')) {
            Some(deb) => {
                fresh.extend(deb.closure(recommends));
                // Another version may have any size.
                if !operand.contains('=') {
                    surely.extend(deb.closure(false));
                }
            }
            None => unknown.push(operand),
        }
    }
    for known in &doing.files.packages {
        fresh.remove(known);
        surely.remove(known);
    }
    let share = if slim { REAL.1 } else { REAL.0 };
    let (least, _) = known_images::debs_total(&surely);
    let (_, installed) = known_images::debs_total(&fresh);
    let at_least = if kind == Kind::Bookworm && sure && !taken {
        least
    } else {
        0
    };
    let about = installed / 100 * share + DPKG;
    doing.more = doing.more.plus(Bytes::rough(at_least, Some(about)));
    doing.files.packages.extend(fresh);
    doing.note("packages by Debian's own figures");
    if kind == Kind::Debian {
        doing.note("the image may have some of them already");
    }
    if taken && at_least < about {
        doing.open("some of what it installs is taken away again");
    }
    if let Some(first) = unknown.first() {
        let more = if unknown.len() > 1 {
            format!(" and {} more", unknown.len() - 1)
        } else {
            String::new()
        };
        doing.open(format!("the size of '{first}'{more} is not known"));
    }
}

/// What apk installs at least: the packages that it is told, without what they bring along.
pub(super) fn apk(doing: &mut Doing<'_>, step: &RunStep, package: &PackageCommand) {
    // Numbers of packages of Alpine, beside those of Debian.
    const APKS: usize = 1 << 20;
    let is_plain = known_images::is_plain_alpine(&ImageRef::parse(&doing.files.like));
    let elsewhere = ["--root", "-p", "--simulate", "-s", "--fetch", "--repository", "-X"];
    if package.action != Action::Install || package.dynamic || package.has(&elsewhere) || !is_plain {
        return;
    }
    let is_taken = |other: &PackageCommand| other.manager == package.manager && other.action == Action::Other;
    if step.packages.iter().any(|(_, other)| is_taken(other)) || takes_files(step) || step.mentions("repositories") {
        return;
    }
    let mut is_known = false;
    for name in &package.operands {
        let Some((number, bytes)) = known_images::apk(name) else {
            continue;
        };
        if doing.files.packages.insert(APKS + number) {
            doing.more = doing.more.plus(Bytes::rough(bytes, None));
            is_known = true;
        }
    }
    if is_known {
        doing.note("at least the packages that Alpine's own figures are known of");
    }
}

/// Whether anything in a RUN may take files of packages away.
fn takes_files(step: &RunStep) -> bool {
    const LEFT_OUT: [&str; 8] = [
        "/var/lib/apt",
        "/var/cache",
        "/var/log",
        "/var/tmp",
        "/tmp",
        "/usr/share/doc",
        "/usr/share/man",
        "/usr/share/locale",
    ];
    step.commands().iter().enumerate().any(|(index, command)| {
        let words = command.arguments();
        match command.program() {
            _ if step.packages.iter().any(|(at, _)| *at == index) => false,
            Some("rm") => words.iter().any(|word| {
                let fine = LEFT_OUT.iter().any(|folder| {
                    word.text
                        .strip_prefix(folder)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
                });
                !word.text.starts_with('-') && (word.dynamic || word.text.contains("..") || !fine)
            }),
            Some(program) => !super::run::is_tame(program, words),
            None => !command.words.is_empty(),
        }
    })
}

//! What apt installs, by the packages that are known and what they bring along, and what apk installs at least.

use super::Bytes;
use super::files::{Files, Installed};
use super::layer::RunLayer;
use crate::build::effects::{self, Change, Effect, Removal, Target};
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep};
use crate::known_images::{self, Debian};
use crate::values::image_ref::ImageRef;
use crate::values::path::is_at_or_below;
use std::collections::BTreeSet;

/// Where package managers keep what they fetch: mounts there hide nothing else.
const STORES: [&str; 9] = [
    "/var/cache/apt",
    "/var/lib/apt",
    "/var/lib/apt/lists",
    "/var/cache/debconf",
    "/root/.cache",
    "/root/.cache/pip",
    "/root/.cache/uv",
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
struct System {
    /// The release whose packages apt installs.
    release: Debian,
    /// It is Debian 12 as it comes: what was measured there is there at least.
    is_measured: bool,
    /// It is Debian as it comes: nothing of a package is there yet.
    is_plain: bool,
    /// It has no documentation.
    is_slim: bool,
}

fn system(files: &Files) -> Option<System> {
    let image = ImageRef::parse(&files.like);
    let release = known_images::lean_debian(&image).filter(|_| !files.like.is_empty())?;
    let is_plain = image.official() == Some("debian");
    Some(System {
        release,
        is_measured: is_plain && release == Debian::Bookworm,
        is_plain,
        is_slim: image.tag.is_some_and(|tag| tag.contains("slim")),
    })
}

/// A RUN that installs packages: what all of it says about each of them.
pub(super) struct Installation {
    /// apt's lists do not stay.
    lists_go: bool,
    /// What apt or apk installs may be taken away again.
    debs_go: bool,
    apks_go: bool,
    /// apt's settings, its sources or those of apk are changed.
    configured: bool,
    sources: bool,
    repositories: bool,
}

impl Installation {
    pub(super) fn of(file: &JudgedFile, step: &RunStep, effects: &[Effect]) -> Self {
        const LISTS: &str = "/var/lib/apt/lists";
        let takes_files = effects.iter().any(takes_files);
        let unneeded = step.mentions("autoremove");
        let takes = |manager: Manager| {
            step.packages.iter().any(|(_, other)| {
                let names =
                    !other.operands.is_empty() || manager == Manager::Apk || other.program == "apt-get" && unneeded;
                other.manager == manager && matches!(other.action, Action::Remove | Action::Other) && names
            })
        };
        Self {
            lists_go: effects::removal(effects, LISTS, Manager::Apt.facts().kept) == Removal::All
                || step.mounts_over(file, LISTS),
            debs_go: takes_files || takes(Manager::Apt),
            apks_go: takes_files || takes(Manager::Apk),
            configured: step.mentions("Install-Recommends") || step.mentions("apt.conf"),
            sources: step.mentions("sources.list"),
            repositories: step.mentions("repositories"),
        }
    }

    /// One command of apt.
    pub(super) fn apt(&self, layer: &mut RunLayer<'_>, package: &PackageCommand, sure: bool) {
        match package.action {
            Action::Update => {
                layer.files.blur("/var");
                if self.lists_go {
                    layer.more.doubt();
                } else {
                    layer.more = layer.more.plus(Bytes::rough(0, Some(LISTS)));
                    layer.note("apt's lists stay in the layer");
                }
            }
            Action::Install => self.debs(layer, package, sure),
            Action::Clean => layer.more.doubt(),
            // `clean`, `autoclean`; `remove` and `purge` give nothing back that an earlier layer holds.
            Action::Other | Action::Remove if package.operands.is_empty() && !package.dynamic => layer.more.doubt(),
            _ => layer.open(format!("the changes of `{}` are unknown", package.program)),
        }
    }

    fn debs(&self, layer: &mut RunLayer<'_>, package: &PackageCommand, sure: bool) {
        let Some(system) = system(layer.files) else {
            return layer.open("the packages that apt installs on this image are unknown");
        };
        let lone = ["--no-install-recommends", "--without-recommends"];
        let recommends = !package.has(&lone) && !self.configured;
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
            || self.sources;
        if odd {
            return layer.open("the packages that apt installs are unknown");
        }
        let taken = self.debs_go;
        let Debs { fresh, surely, unknown } = debs(system.release, &layer.files.packages, package, recommends);
        let share = if system.is_slim { REAL.1 } else { REAL.0 };
        let (least, _) = known_images::debs_total(system.release, &surely);
        let (_, installed) = known_images::debs_total(system.release, &fresh);
        let at_least = if system.is_measured && sure && !taken { least } else { 0 };
        let about = installed / 100 * share + DPKG;
        layer.more = layer.more.plus(Bytes::rough(at_least, Some(about)));
        layer.files.packages.extend(fresh.into_iter().map(Installed::Deb));
        layer.note("packages by Debian's own figures");
        if !system.is_plain {
            layer.note("the image may have some of them already");
        }
        if taken && at_least < about {
            layer.open("some of its packages are removed again");
        }
        if let Some(first) = unknown.first() {
            let more = if unknown.len() > 1 {
                format!(" and {} more", unknown.len() - 1)
            } else {
                String::new()
            };
            layer.open(format!("the size of `{first}`{more} is unknown"));
        }
    }

    /// What apk installs at least: the packages that it is told, without what they bring along.
    pub(super) fn apk(&self, layer: &mut RunLayer<'_>, package: &PackageCommand) {
        let is_plain = known_images::is_plain_alpine(&ImageRef::parse(&layer.files.like));
        let elsewhere = ["--root", "-p", "--simulate", "-s", "--fetch", "--repository", "-X"];
        if package.action != Action::Install || package.dynamic || package.has(&elsewhere) || !is_plain {
            return;
        }
        if self.apks_go || self.repositories {
            return;
        }
        for name in &package.operands {
            if let Some((number, bytes)) = known_images::apk(name)
                && layer.files.packages.insert(Installed::Apk(number))
            {
                layer.more = layer.more.plus(Bytes::rough(bytes, None));
                layer.note("the packages with a known size, by Alpine's own figures");
            }
        }
    }
}

/// What apt is told to install.
struct Debs<'a> {
    /// Packages with what they bring along, those left out that are there already.
    fresh: BTreeSet<usize>,
    /// Those of them that are installed whatever version is taken.
    surely: BTreeSet<usize>,
    /// Packages that the catalogue does not have.
    unknown: Vec<&'a str>,
}

fn debs<'a>(release: Debian, before: &BTreeSet<Installed>, package: &'a PackageCommand, recommends: bool) -> Debs<'a> {
    let mut found = Debs {
        fresh: BTreeSet::new(),
        surely: BTreeSet::new(),
        unknown: Vec::new(),
    };
    for operand in &package.operands {
        let name = operand.split(['=', ':', '/']).next().unwrap_or("");
        match known_images::deb(release, name).filter(|_| !operand.contains('/')) {
            Some(deb) => {
                found.fresh.extend(deb.closure(recommends));
                // Another version may have any size.
                if !operand.contains('=') {
                    found.surely.extend(deb.closure(false));
                }
            }
            None => found.unknown.push(operand),
        }
    }
    found.fresh.retain(|number| !before.contains(&Installed::Deb(*number)));
    found.surely.retain(|number| !before.contains(&Installed::Deb(*number)));
    found
}

/// Whether an effect may take files of packages away.
pub(super) fn takes_files(effect: &Effect) -> bool {
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
    match &effect.change {
        Change::Remove { what, .. } => match what {
            Target::Path(path) | Target::AllIn(path) | Target::SomeIn { folder: path, .. } => {
                !LEFT_OUT.iter().any(|folder| is_at_or_below(path, folder))
            }
            Target::Base(_) | Target::Home | Target::Anywhere => true,
        },
        Change::Move(_) => true,
        Change::Unknown(traits) => !traits.keeps_files(),
        _ => false,
    }
}

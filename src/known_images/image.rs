//! The one place that rules ask about an image: what `plimsoll.lock` says of it, else what the tables here know.

use super::{BaseSize, BaseUser, Has, Libc, Own, Sh};
use super::{accounts, builds, contents, libc, programs, shells, sizes};
use crate::failure::Failure;
use crate::lock::{self, Block, ImageFacts, Lock, NAME};
use crate::order::Order as _;
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Words that some shell takes for its own; the traits of programs name those of every shell.
const OF_SHELLS: [&str; 26] = [
    "((",
    "bind",
    "builtin",
    "caller",
    "complete",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "enable",
    "function",
    "help",
    "history",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "readarray",
    "select",
    "shopt",
    "source",
    "suspend",
    "time",
    "typeset",
];

/// So many blocks of one image are looked at.
const MAX_TAGS: usize = 1000;

/// All that is known of images.
#[derive(Clone, Debug, Default)]
pub struct Images(Arc<Sources>);

#[derive(Debug, Default)]
struct Sources {
    own: Own,
    lock: Lock,
    /// The lock of the base, where that decides.
    base: Option<Lock>,
    /// The images that somebody asked for, by name.
    asked: Mutex<HashMap<String, Image>>,
}

/// An image that a file names, with what its lock says of it.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    reference: Arc<ImageRef>,
    facts: Option<Arc<ImageFacts>>,
}

impl Deref for Image {
    type Target = ImageRef;

    fn deref(&self) -> &ImageRef {
        &self.reference
    }
}

impl Images {
    /// What a table of one's own, a lock, and the tables here know.
    pub(crate) fn new(own: Own, lock: Lock, base: Option<Lock>) -> Self {
        let asked = Mutex::default();
        Self(Arc::new(Sources { own, lock, base, asked }))
    }

    /// The block that speaks of an image, in its lock, and where that is: of a build that the base holds the base's counts.
    fn block(&self, image: &ImageRef, platform: Option<&str>) -> Option<(&Lock, &Block, &'static str)> {
        let Sources { lock, base, .. } = &*self.0;
        let own = lock.find(image, platform);
        let Some(base) = base else {
            return own.map(|block| (lock, block, ""));
        };
        let known = match own {
            Some(own) => base.same_build(own),
            None => base.find(image, platform),
        };
        match (known, own) {
            (Some(block), _) => Some((base, block, " of the base")),
            (None, own) => own.map(|block| (lock, block, "")),
        }
    }

    /// The image of this name. A broken block of the lock says nothing; [`Self::refuse`] has told.
    pub(crate) fn get(&self, name: &str) -> Image {
        let asked = || self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = asked().get(name) {
            return image.clone();
        }
        let reference = Arc::new(ImageRef::parse(name));
        let found = self.block(&reference, None);
        let facts = found.and_then(|(lock, block, _)| lock.facts(block).ok());
        let image = Image { reference, facts };
        asked().insert(name.to_owned(), image.clone());
        image
    }

    /// The image of this name as it is for a platform, where the lock has that; else as it usually is.
    pub(crate) fn get_for(&self, name: &str, platform: Option<&str>) -> Image {
        let other = platform.map(lock::platform).filter(|platform| platform != lock::USUAL);
        let reference = || ImageRef::parse(name);
        let found = other.and_then(|other| self.block(&reference(), Some(&other)));
        let Some((lock, block, _)) = found else {
            return self.get(name);
        };
        Image {
            reference: Arc::new(reference()),
            facts: lock.facts(block).ok(),
        }
    }

    /// Whether anything at all is known of an image: the lock, one's own table or the tables here speak of it.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let image = self.get(name);
        image.facts.is_some()
            || self.0.own.speaks_of(&image)
            || !builds::builds(&image).is_empty()
            || super::user(&image).is_some()
    }

    /// Where the lock speaks of another build under the tag that a digest pins, and which; `None` where it has that very build, or none.
    pub(crate) fn other_build(&self, image: &ImageRef) -> Option<(String, String)> {
        if self.block(image, None).is_some() {
            return None;
        }
        let lock = &self.0.lock;
        let of_tag = |block: &&Block| ImageRef::parse(&block.name).tag == image.tag;
        let path = lock::path(image);
        let mut blocks = lock.blocks_of(&path).take(MAX_TAGS).filter(of_tag);
        let block = blocks.find(|block| block.digest.is_some())?;
        Some((format!("line {}", block.line), block.digest.clone()?))
    }

    /// Reads what the lock says of these images.
    ///
    /// # Errors
    /// A block of one of them is broken.
    pub(crate) fn refuse<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
        let mut blocks: Vec<_> = names
            .filter_map(|name| self.block(&ImageRef::parse(name), None))
            .collect();
        blocks.order_by_key(|(_, block, which)| (*which, block.line));
        let mut all = blocks.into_iter();
        all.try_for_each(|(lock, block, _)| lock.facts(block).map(drop))
    }

    /// The size of an image for a platform, the usual one where none is asked for: the lock counted it, else the tables know it.
    pub(crate) fn size(&self, name: &str, platform: Option<&str>) -> Option<BaseSize> {
        let reference = ImageRef::parse(name);
        let other = platform.map(lock::platform).filter(|platform| platform != lock::USUAL);
        let found = self.block(&reference, other.as_deref());
        let counted = found.and_then(|(lock, block, which)| {
            let size = lock.facts(block).ok()?.size?;
            Some((size, format!("{NAME}:{}{which}", block.line)))
        });
        let Some((size, why)) = counted else {
            let usual = match other {
                None => return sizes::base_size(&reference, &self.0.own),
                Some(_) => self.size(name, None)?,
            };
            // Other platforms have other bytes; what the catalogue names is built from the same sources for all of them.
            let read = sizes::base_size(&reference, &Own::default());
            return Some(BaseSize {
                at_least: read.map_or(0, |size| size.at_least.min(usual.at_least) / sizes::OTHER),
                at_most: None,
                why: format!("{}, for {}", usual.why, lock::USUAL),
                ..usual
            });
        };
        let tag = reference.tag.as_deref().unwrap_or("latest");
        Some(BaseSize {
            at_least: size,
            estimate: Some(size),
            at_most: Some(size),
            like: reference
                .official()
                .map(|name| format!("{name}:{tag}"))
                .unwrap_or_default(),
            why,
        })
    }
}

impl Image {
    fn facts(&self) -> Option<&ImageFacts> {
        self.facts.as_deref()
    }

    /// Its unpacked size in MB.
    pub(crate) fn size_mb(&self) -> Option<f64> {
        // Sizes of images are far from what a float rounds.
        #[allow(clippy::cast_precision_loss)]
        let counted = self
            .facts()
            .and_then(|facts| facts.size)
            .map(|bytes| bytes as f64 / 1e6);
        counted.or_else(|| super::size_mb(&self.reference))
    }

    /// The digest that the lock has for its tag.
    pub(crate) fn digest(&self) -> Option<&str> {
        let digest = self.facts()?.digest.as_deref()?;
        self.reference.digest.is_none().then_some(digest)
    }

    /// Its user, and how its entrypoint steps down from root.
    pub(crate) fn user(&self) -> Option<BaseUser> {
        let known = super::user(&self.reference);
        let Some(user) = self.facts().and_then(|facts| facts.user.clone()) else {
            return known;
        };
        let is_root = matches!(user.as_str(), "" | "root" | "0");
        Some(BaseUser {
            user: if is_root { String::new() } else { user },
            steps_down: known.filter(|_| is_root).map_or("", |known| known.steps_down),
        })
    }

    /// The test of its health check; empty where it has none.
    pub(crate) fn healthcheck(&self) -> Option<Vec<String>> {
        let none = || super::has_no_healthcheck(&self.reference).then(Vec::new);
        self.facts().and_then(|facts| facts.healthcheck.clone()).or_else(none)
    }

    /// Whether it has a program, by name.
    pub(crate) fn program(&self, name: &str) -> Has {
        let Some(facts) = self.facts() else {
            return programs::program(&self.reference, name);
        };
        match facts.has_program(name) {
            None => programs::program(&self.reference, name),
            Some(true) => Has::Yes,
            Some(false) if name == "sh" => has_shell(facts).unwrap_or(Has::No),
            Some(false) if OF_SHELLS.contains(&name) || is_argument(name) => Has::Unknown,
            Some(false) => Has::No,
        }
    }

    /// Whether the program at a path is known to be there.
    pub(crate) fn holds(&self, folder: &str, name: &str) -> bool {
        let programs = self.facts().and_then(|facts| facts.programs.as_ref());
        let names = programs.and_then(|folders| folders.get(folder));
        names.is_some_and(|names| names.binary_search_by(|known| known.as_str().cmp(name)).is_ok())
    }

    /// Whether a folder is not known to be outside of its PATH.
    pub(crate) fn looks_in(&self, folder: &str) -> bool {
        let programs = self.facts().and_then(|facts| facts.programs.as_ref());
        programs.is_none_or(|folders| folders.contains_key(folder))
    }

    /// The folders of its PATH, where they are known.
    pub(crate) fn path(&self) -> impl Iterator<Item = &str> {
        let programs = self.facts().and_then(|facts| facts.programs.as_ref());
        programs
            .into_iter()
            .flat_map(|folders| folders.keys().map(String::as_str))
    }

    /// Whether its `/etc/passwd` has a name.
    pub(crate) fn account(&self, name: &str) -> Has {
        match self.facts().and_then(|facts| facts.has_account(name)) {
            Some(true) => Has::Yes,
            Some(false) => Has::No,
            None => accounts::account(&self.reference, name),
        }
    }

    /// Whether it has `/bin/sh`.
    pub(crate) fn shell(&self) -> Has {
        let said = self.facts().and_then(has_shell);
        said.unwrap_or_else(|| contents::shell(&self.reference))
    }

    /// Which shell its `/bin/sh` is; `None` where that is bash, or not known.
    pub(crate) fn posix_shell(&self) -> Option<Sh> {
        let known = shells::posix_shell(&self.reference);
        let Some(path) = self.facts().and_then(|facts| facts.shell.as_deref()) else {
            return known;
        };
        match (path.rsplit('/').next(), known) {
            (Some("busybox"), _) => Some(Sh::Busybox),
            (Some("dash"), Some(Sh::Dash { pipefail })) => Some(Sh::Dash { pipefail }),
            (Some("dash"), _) => Some(Sh::Dash { pipefail: None }),
            _ => None,
        }
    }

    /// Whether it has an entrypoint, so that a command is only its argument.
    pub(crate) fn has_entrypoint(&self) -> Has {
        match self.facts().and_then(|facts| facts.entrypoint.as_ref()) {
            Some(words) if words.is_empty() => Has::No,
            Some(_) => Has::Yes,
            None => contents::has_entrypoint(&self.reference),
        }
    }

    /// Its ENTRYPOINT and CMD; an empty list is none.
    pub(crate) fn started(&self) -> Option<(Vec<String>, Vec<String>)> {
        let said = |facts: &ImageFacts| Some((facts.entrypoint.clone()?, facts.command.clone()?));
        self.facts()
            .and_then(said)
            .or_else(|| contents::started(&self.reference))
    }

    /// The ports that it exposes; `None` where that is not known.
    pub(crate) fn exposed(&self) -> Option<Vec<&str>> {
        let owned = self.facts().and_then(|facts| facts.ports.as_ref());
        let said = owned.map(|ports| ports.iter().map(String::as_str).collect());
        said.or_else(|| contents::exposed(&self.reference).map(<[_]>::to_vec))
    }

    /// The folders that it declares as volumes; empty where none is known.
    pub(crate) fn volumes(&self) -> Vec<&str> {
        match self.facts().and_then(|facts| facts.volumes.as_ref()) {
            Some(volumes) => volumes.iter().map(String::as_str).collect(),
            None => contents::volumes(&self.reference).to_vec(),
        }
    }

    /// The names of the variables that it sets besides PATH; `None` where they are not known.
    pub(crate) fn environment(&self) -> Option<HashSet<&str>> {
        match self.facts().and_then(|facts| facts.environment.as_ref()) {
            Some(names) => Some(
                names
                    .iter()
                    .map(String::as_str)
                    .filter(|name| *name != "PATH")
                    .collect(),
            ),
            None => builds::environment(&self.reference),
        }
    }

    /// Its C library: `glibc`, `musl`.
    pub(crate) fn has_libc(&self) -> Option<&str> {
        match self.facts().and_then(|facts| facts.libc.as_deref()) {
            Some(libc) => Some(libc).filter(|libc| matches!(*libc, "glibc" | "musl")),
            None => contents::has_libc(&self.reference),
        }
    }

    /// Whether it has a loader for programs that are linked to a C library.
    pub(crate) fn loader(&self) -> Has {
        if let Some(libc) = self.facts().and_then(|facts| facts.libc.as_deref()) {
            return if libc == "none" { Has::No } else { Has::Yes };
        }
        // Of the distroless images only `static` has no C library.
        let is_static = self.name == "distroless/static" || self.name.starts_with("distroless/static-");
        if is_static && self.has_libc().is_none() && self.shell() == Has::No {
            Has::No
        } else {
            Has::Unknown
        }
    }

    /// Its C library with its release.
    pub(crate) fn libc(&self) -> Option<Libc> {
        let Some(facts) = self.facts() else {
            return libc::libc(&self.reference);
        };
        match (facts.libc.as_deref(), &facts.system) {
            (Some("musl"), _) => Some(Libc::Musl),
            (Some("glibc"), Some(system)) => libc::of_system(system).or_else(|| libc::libc(&self.reference)),
            (Some("none"), _) => None,
            _ => libc::libc(&self.reference),
        }
    }
}

/// Whether a word is no program but what entrypoints hand to theirs: a flag, a file of settings.
fn is_argument(word: &str) -> bool {
    word.starts_with('-') || word.ends_with(".conf") || word.ends_with(".cnf")
}

fn has_shell(facts: &ImageFacts) -> Option<Has> {
    let shell = facts.shell.as_deref()?;
    Some(if shell == "none" { Has::No } else { Has::Yes })
}

#[cfg(test)]
mod tests;

//! Where facts are read: the engine, archives, and what a registry told.

use super::facts;
use crate::app::built_images::engine;
use crate::archive;
use crate::engine::{Engine, Image, Refused};
use crate::failure::Failure;
use crate::lock::{self, Block, ImageFacts, Lock};
use crate::values::image_ref::ImageRef;
use std::io::{BufReader, Read};
use std::path::Path;

/// The engine, once it was asked for.
pub(super) struct Sources {
    engine: Result<Engine, Failure>,
    pull: bool,
}

/// What the engine has under the name of an image.
pub(super) enum Found {
    /// What the lock already says.
    Same,
    /// Another build, for a platform.
    New(String, Box<ImageFacts>),
}

impl Sources {
    pub(super) fn new(pull: bool) -> Self {
        Self { engine: engine(), pull }
    }

    /// The engine's image of a name, for a platform if one is asked for. It is not read where the lock already speaks of it.
    ///
    /// # Errors
    /// It is not there, and what to do about that; or it cannot be read.
    pub(super) fn engine(&self, name: &str, platform: Option<&str>, old: &Lock) -> Result<Found, Failure> {
        let engine = self.engine.as_ref().map_err(Clone::clone)?;
        let image = self.image(engine, name, platform)?;
        let here = image.platform();
        let block = old.block(&lock::name(&ImageRef::parse(name)), &here);
        let is_same = |block: &Block| {
            let facts = old.facts(block).ok();
            facts.is_some_and(|facts| facts.size.is_some() && is_of(&image, name, &facts))
        };
        if block.is_some_and(is_same) {
            return Ok(Found::Same);
        }
        let refused = |refused: Refused| Failure::new(refused.words());
        let read = archive::read(engine.archive(&image.id).map_err(refused)?)?;
        if image.is_named_by_configuration() && read.id != image.id {
            return Err(Failure::new(format!(
                "the engine calls it {} and saves {}",
                image.id, read.id
            )));
        }
        let digest = digest(&image, name);
        Ok(Found::New(here, Box::new(facts::of_image(read, digest))))
    }

    /// What the engine says of a name, after a pull if that is wanted.
    fn image(&self, engine: &Engine, name: &str, platform: Option<&str>) -> Result<Image, Failure> {
        let is_other = |image: &Image| platform.is_some_and(|platform| platform != image.platform());
        let mut found = engine.image(name);
        let is_there = found.as_ref().is_ok_and(|image| !is_other(image));
        if self.pull && !is_there && matches!(found, Ok(_) | Err(Refused::Absent)) {
            let image = ImageRef::parse(name);
            let version = image.digest.as_deref().or(image.tag.as_deref()).unwrap_or("latest");
            let path = name.split('@').next().unwrap_or(name);
            let path = image
                .tag
                .as_ref()
                .and_then(|tag| path.strip_suffix(&format!(":{tag}")))
                .unwrap_or(path);
            engine.pull(path, version, platform).map_err(|why| {
                Failure::new(format!(
                    "{}; run `docker pull{} {name}` first",
                    why.words(),
                    flag(platform)
                ))
            })?;
            found = engine.image(name);
        }
        match found {
            Ok(image) if is_other(&image) => Err(Failure::new(format!(
                "the engine has it for {}; run `docker pull{} {name}` first",
                image.platform(),
                flag(platform)
            ))),
            Ok(image) => Ok(image),
            Err(Refused::Absent) => Err(Failure::new(format!(
                "the engine does not have it; run `docker pull{} {name}` first",
                flag(platform)
            ))),
            Err(refused) => Err(Failure::new(refused.words())),
        }
    }

    /// The digest that the engine has for the tag of a block, if it is another one than the lock says.
    ///
    /// # Errors
    /// The engine does not answer; that it has no such image is no answer either, but says nothing.
    pub(super) fn newer(&self, block: &Block, facts: &ImageFacts) -> Result<Option<String>, Failure> {
        let engine = self.engine.as_ref().map_err(Clone::clone)?;
        match engine.image(&block.name) {
            Ok(image) if image.platform() != block.platform || is_of(&image, &block.name, facts) => Ok(None),
            Ok(image) => Ok(Some(digest(&image, &block.name).unwrap_or(image.id))),
            Err(Refused::Absent) => Ok(None),
            Err(refused) => Err(Failure::new(refused.words())),
        }
    }
}

/// The facts in a file, by platform, for the image of this name.
///
/// # Errors
/// It cannot be read, or is of another image than the digest in the name says.
pub(super) fn file(place: &str, name: &str) -> Result<Vec<(String, ImageFacts)>, Failure> {
    let refused = |why: Failure| why.of(format_args!("`{place}` cannot be read"));
    let found = match place {
        "-" => read(std::io::stdin().lock()),
        _ => {
            let path = Path::new(place);
            let is_file = path.metadata().map_err(|error| refused(error.into()))?.is_file();
            if !is_file {
                return Err(refused(Failure::new("it is not a file")));
            }
            read(std::fs::File::open(path).map_err(|error| refused(error.into()))?)
        }
    };
    let found = found.map_err(refused)?;
    let pinned = ImageRef::parse(name).digest;
    let is_other = |facts: &ImageFacts| pinned.is_some() && facts.digest != pinned;
    if found.iter().any(|(_, facts)| is_other(facts)) {
        return Err(refused(Failure::new(format!("its metadata does not include `{name}`"))));
    }
    Ok(found)
}

fn read(file: impl Read) -> Result<Vec<(String, ImageFacts)>, Failure> {
    let (is_json, file) = archive::is_json(BufReader::new(file)).map_err(Failure::from)?;
    if is_json {
        let all = archive::inspected(file)?.into_iter();
        return Ok(all
            .map(|image| (image.platform.clone(), facts::of_inspected(image)))
            .collect());
    }
    let image = archive::read(file)?;
    if image.platform.is_empty() {
        return Err(Failure::new("its metadata does not include a platform"));
    }
    let (platform, digest) = (image.platform.clone(), image.digest.clone());
    Ok(vec![(platform, facts::of_image(image, digest))])
}

/// The digest that a registry gave for the image under this name.
fn digest(image: &Image, name: &str) -> Option<String> {
    let path = lock::path(&ImageRef::parse(name));
    let mut all = digests(image).filter(|known| lock::path(known) == path);
    let first = all.next()?;
    let pinned = ImageRef::parse(name).digest;
    let is_it = |known: &ImageRef| pinned.is_some() && known.digest == pinned;
    if is_it(&first) {
        first.digest
    } else {
        all.find(is_it).unwrap_or(first).digest
    }
}

fn digests(image: &Image) -> impl Iterator<Item = ImageRef> {
    let all = image.repo_digests.as_deref().unwrap_or(&[]);
    all.iter().map(|digest| ImageRef::parse(digest))
}

/// Whether facts are of the image that the engine has under this name.
fn is_of(image: &Image, name: &str, facts: &ImageFacts) -> bool {
    match &facts.digest {
        Some(digest) => {
            let path = lock::path(&ImageRef::parse(name));
            digests(image).any(|known| lock::path(&known) == path && known.digest.as_ref() == Some(digest))
        }
        None => facts.id.as_deref() == Some(&image.id),
    }
}

/// The flag of `docker pull` for a platform.
fn flag(platform: Option<&str>) -> String {
    platform.map_or_else(String::new, |platform| format!(" --platform {platform}"))
}

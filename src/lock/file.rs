//! The file as a whole: its blocks are found by the first letters of lines, and only those that somebody asks for are read.

use super::{ImageFacts, MAX_BLOCK, MAX_IMAGES, NAME, VERSION, path, read};
use crate::failure::Failure;
use crate::values::image_ref::{ImageRef, is_digest, refusal};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The platform whose facts stand for an image where nobody asks for another one, if it is there.
pub(crate) const USUAL: &str = "linux/amd64";

/// A lock whose blocks were found.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    text: String,
    blocks: Vec<Block>,
    /// The blocks by the names of images without tags.
    by_path: HashMap<String, Vec<usize>>,
    /// Those that somebody asked for.
    done: Mutex<HashMap<usize, Arc<ImageFacts>>>,
}

/// Where the facts of an image stand.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The name of the image ([`super::name`]).
    pub name: String,
    /// The platform: `linux/amd64`.
    pub platform: String,
    /// Its first line, from 1.
    pub line: usize,
    /// Its digest, if it says one.
    pub digest: Option<String>,
    /// The digest of its configuration, where it comes first or alone.
    id: Option<String>,
    /// The bytes of its lines behind the first.
    body: Range<usize>,
}

impl Lock {
    /// Finds the blocks of a text.
    ///
    /// # Errors
    /// It has not the form of a lock; says at which line.
    pub(crate) fn scan(text: String) -> Result<Self, Failure> {
        let mut lock = Self::default();
        let mut has_version = false;
        let mut at = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let (number, start) = (index + 1, at);
            at += line.len();
            let line = line.trim_end_matches(['\n', '\r']);
            match line.bytes().next() {
                None | Some(b'#') => {}
                Some(b' ' | b'\t') => {
                    let block = lock.blocks.last_mut();
                    let block = block.ok_or_else(|| wrong(number, "a fact precedes the first image"))?;
                    block.body.end = at;
                    if block.body.len() > MAX_BLOCK {
                        let long = format!("the facts of `{}` are larger than {MAX_BLOCK} bytes", block.name);
                        return Err(wrong(block.line, &long));
                    }
                    block.identify(line);
                }
                Some(b'<' | b'=' | b'>' | b'|') if is_conflict(line) => {
                    return Err(wrong(
                        number,
                        "a merge stopped here: keep one of the two sides, then run `plimsoll lock`",
                    ));
                }
                Some(_) => match line.strip_prefix("version:") {
                    Some(version) => {
                        check_version(number, version.trim())?;
                        has_version = true;
                    }
                    None => lock.start(number, start..at, line)?,
                },
            }
        }
        if !has_version && !lock.blocks.is_empty() {
            return Err(wrong(1, &format!("`version: {VERSION}` is missing")));
        }
        lock.text = text;
        lock.unique()?;
        Ok(lock)
    }

    /// The first line of a block.
    fn start(&mut self, line: usize, place: Range<usize>, text: &str) -> Result<(), Failure> {
        let key = text.strip_suffix(':').and_then(|key| key.split_once(' '));
        let read = key.and_then(|(name, platform)| Some((name, reference(name)?, platform)));
        let Some((name, image, platform)) = read.filter(|(.., platform)| is_platform(platform)) else {
            return Err(wrong(line, "not `IMAGE PLATFORM:`, like `alpine:3.22 linux/amd64:`"));
        };
        if self.blocks.len() >= MAX_IMAGES {
            return Err(wrong(line, &format!("more than {MAX_IMAGES} images")));
        }
        let paths = self.by_path.entry(path(&image)).or_default();
        paths.push(self.blocks.len());
        self.blocks.push(Block {
            name: name.to_owned(),
            platform: platform.to_owned(),
            line,
            digest: None,
            id: None,
            body: place.end..place.end,
        });
        Ok(())
    }

    fn unique(&self) -> Result<(), Failure> {
        let mut lines = HashMap::new();
        for block in &self.blocks {
            if let Some(first) = lines.insert((&block.name, &block.platform), block.line) {
                let twice = format!("`{} {}` is already in line {first}", block.name, block.platform);
                return Err(wrong(block.line, &twice));
            }
        }
        Ok(())
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The block of a name and a platform.
    pub(crate) fn block(&self, name: &str, platform: &str) -> Option<&Block> {
        self.blocks_of(name)
            .find(|block| block.name == name && block.platform == platform)
    }

    /// The blocks of all tags of an image.
    pub(crate) fn blocks_of(&self, name: &str) -> impl Iterator<Item = &Block> {
        let all = self.by_path.get(&path(&ImageRef::parse(name)));
        all.into_iter().flatten().filter_map(|index| self.blocks.get(*index))
    }

    /// All blocks, in the order of the file.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The lines of a block behind its first.
    pub(crate) fn body(&self, block: &Block) -> &str {
        self.text.get(block.body.clone()).unwrap_or("")
    }

    /// The block that a reference means: the one with its digest where it has one, else the one of its tag. Of several platforms the
    /// one that is asked for; where none is, the usual one, else the first.
    pub(crate) fn find(&self, image: &ImageRef, platform: Option<&str>) -> Option<&Block> {
        // Most repositories have no lock.
        if self.blocks.is_empty() {
            return None;
        }
        let all = self.by_path.get(&path(image))?.iter();
        let name = super::name(image);
        let is_it = |block: &&Block| match &image.digest {
            Some(digest) => block.digest.as_ref() == Some(digest),
            None => block.name == name,
        };
        all.filter_map(|index| self.blocks.get(*index))
            .filter(is_it)
            .filter(|block| platform.is_none_or(|platform| platform == block.platform))
            .min_by_key(|block| (block.platform != USUAL, &block.platform, &block.name))
    }

    /// The facts of a block, read once.
    ///
    /// # Errors
    /// The block is broken; says at which line.
    pub(crate) fn facts(&self, block: &Block) -> Result<Arc<ImageFacts>, Failure> {
        if let Some(done) = self.done().get(&block.line) {
            return Ok(done.clone());
        }
        let facts = read::facts(self.body(block)).map_err(|(line, why)| wrong(block.line + line, &why))?;
        let facts = Arc::new(facts);
        self.done().insert(block.line, facts.clone());
        Ok(facts)
    }

    fn done(&self) -> MutexGuard<'_, HashMap<usize, Arc<ImageFacts>>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Block {
    /// Takes a line of it, if that says which build it is.
    fn identify(&mut self, line: &str) {
        if let Some(digest) = line.strip_prefix("  digest: ") {
            self.digest = Some(digest.to_owned());
        } else if let Some(id) = line.strip_prefix("  id: ")
            && self.digest.is_none()
        {
            self.id = Some(id.to_owned());
        }
    }

    /// What tells its build from others: its digest, else that of its configuration.
    pub(super) fn identity(&self) -> Option<&str> {
        self.digest.as_deref().or(self.id.as_deref())
    }
}

#[cfg(test)]
impl Lock {
    pub(super) fn read_so_far(&self) -> usize {
        self.done().len()
    }
}

fn check_version(line: usize, version: &str) -> Result<(), Failure> {
    match version.parse::<u64>() {
        Ok(VERSION) => Ok(()),
        Ok(later) if later > VERSION => Err(wrong(
            line,
            &format!("version {later} was written by a later Plimsoll; this one reads version {VERSION}"),
        )),
        _ => Err(wrong(
            line,
            &format!("`{}` is not a version; write `version: {VERSION}`", shown(version)),
        )),
    }
}

fn is_conflict(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// A reference, if it is written as [`super::name`] writes it.
fn reference(text: &str) -> Option<ImageRef> {
    let image = ImageRef::parse(text);
    let is_name = super::name(&image) == text && image.digest.as_deref().is_none_or(is_digest);
    (is_name && refusal(text).is_none()).then_some(image)
}

/// Whether a text is a platform: `linux/arm64/v8`.
fn is_platform(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let is_word = |word: &&str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    text.len() <= 64 && matches!(parts.len(), 2 | 3) && parts.iter().all(is_word)
}

/// A part of a line that may be anything.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_default).collect()
}

/// What is wrong with a line.
pub(super) fn wrong(line: usize, why: &str) -> Failure {
    Failure::new(format!("{NAME}:{line}: {why}"))
}

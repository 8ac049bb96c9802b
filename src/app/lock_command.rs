//! `plimsoll lock`: writes `plimsoll.lock`, or says whether it is current.

mod current;
mod facts;
mod sources;
mod wanted;

use super::built_images::engine;
use super::{configuration, lock_file, output, place};
use crate::cli::{CheckArgs, LockArgs};
use crate::discover::{self, Exclude};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::load::{self, Inputs};
use crate::lock::{self, ImageFacts, Lock, NAME};
use crate::report::escape;
use crate::values::bytes::megabytes;
use crate::values::image_ref::ImageRef;
use crate::workspace::Workspace;
use sources::{Found, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use wanted::Wanted;

pub(super) use current::newer_builds;

/// Runs the command.
pub(super) fn run(args: &LockArgs) -> Outcome {
    let outcome = match args.check {
        true => current::check(args),
        false => write(args),
    };
    outcome.unwrap_or_else(output::complain)
}

/// What the files name, and the lock as it is.
struct Named {
    workspace: Workspace,
    wanted: BTreeMap<String, Wanted>,
    /// A line for each image whose name is not known.
    nameless: Vec<String>,
    lock: Lock,
}

/// What says where the files are.
fn given(args: &LockArgs) -> CheckArgs {
    CheckArgs {
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    }
}

/// The images that the files name, and the lock as it is.
fn named(given: &CheckArgs) -> Result<Named, Failure> {
    let mut workspace = Workspace::open(&place::root(given)?)?;
    let (config, _) = configuration::read(given, &mut workspace)?;
    let exclude = Exclude {
        configured: &config.exclude,
        ..Exclude::default()
    };
    let found = discover::discover(&mut workspace, &[PathBuf::new()], exclude);
    let repository = load::load(&found, Inputs::of(&config), &mut workspace)?;
    // A name may come of a variable.
    let secrets = load::secrets(&repository, &workspace);
    let nameless = wanted::nameless(&repository, workspace.sources()).into_iter();
    let nameless = nameless.map(|line| secrets.mask(&line).into_owned()).collect();
    let wanted = wanted::of(&repository, workspace.sources());
    let lock = lock_file::read(&workspace)?;
    lock.blocks().iter().try_for_each(|block| lock.facts(block).map(drop))?;
    Ok(Named {
        workspace,
        wanted,
        nameless,
        lock,
    })
}

/// Reads facts and writes the lock.
fn write(args: &LockArgs) -> Result<Outcome, Failure> {
    let Named {
        workspace,
        wanted,
        nameless,
        lock: old,
    } = named(&given(args))?;
    let files = files(args, &wanted)?;
    let asked = asked(args, &wanted, &files)?;
    let mut work = Work::new(old, args.pull);
    work.read(&asked, &wanted, &files)?;
    if args.images.is_empty() && args.image.is_empty() {
        nameless.iter().for_each(|line| work.said.line(line));
        work.remove_unnamed(&wanted);
    }
    work.save(&workspace)
}

/// A lock that could be written.
pub(super) struct Proposed {
    /// All of it.
    pub text: String,
    /// How many images it speaks of, and how many run or ship.
    pub images: (usize, usize),
}

/// The lock with what the engine has of the images that the files name. Nothing is pulled, and nothing is written.
///
/// # Errors
/// No engine answers, or the files cannot be read.
pub(super) fn proposed(given: &CheckArgs) -> Result<Proposed, Failure> {
    engine()?.answers().map_err(|why| Failure::new(why.words()))?;
    let Named { wanted, lock: old, .. } = named(given)?;
    let none = BTreeMap::new();
    let asked = asked(&LockArgs::default(), &wanted, &none)?;
    let mut work = Work::new(old, false);
    work.said.is_silent = true;
    work.read(&asked, &wanted, &none)?;
    work.remove_unnamed(&wanted);
    work.said.progress("");
    let is_there = |name: &&String| work.blocks.keys().any(|(known, _)| known == *name);
    Ok(Proposed {
        text: lock::text(&work.blocks),
        images: (asked.iter().filter(is_there).count(), asked.len()),
    })
}

/// The files of `--image` by the names of images in the lock.
fn files(args: &LockArgs, wanted: &BTreeMap<String, Wanted>) -> Result<BTreeMap<String, String>, Failure> {
    let rows = args
        .image
        .iter()
        .map(|(name, place)| Ok((known(name, wanted)?, place.clone())));
    rows.collect()
}

/// The names that are asked for: those of the command line, else all that run or ship.
fn asked(
    args: &LockArgs,
    wanted: &BTreeMap<String, Wanted>,
    files: &BTreeMap<String, String>,
) -> Result<BTreeSet<String>, Failure> {
    if args.images.is_empty() && files.is_empty() {
        let all = wanted.iter().filter(|(_, image)| image.ships);
        return Ok(all.map(|(name, _)| name.clone()).collect());
    }
    let named = args.images.iter().map(|name| known(name, wanted));
    named.chain(files.keys().map(|name| Ok(name.clone()))).collect()
}

/// The name in the lock of an image that somebody asks for.
fn known(text: &str, wanted: &BTreeMap<String, Wanted>) -> Result<String, Failure> {
    let name = lock::name(&ImageRef::parse(text));
    match wanted.contains_key(&name) {
        true => Ok(name),
        false => Err(Failure::new(format!("no Dockerfile or Compose file uses `{text}`"))),
    }
}

/// So many images.
fn images(count: usize) -> String {
    match count {
        1 => "1 image".to_owned(),
        count => format!("{count} images"),
    }
}

/// The blocks of a lock, by name and platform.
fn blocks(lock: &Lock) -> BTreeMap<(String, String), String> {
    let all = lock.blocks().iter();
    all.map(|block| {
        (
            (block.name.clone(), block.platform.clone()),
            lock.body(block).to_owned(),
        )
    })
    .collect()
}

/// A lock that is being written.
struct Work {
    blocks: BTreeMap<(String, String), String>,
    old: Lock,
    sources: Sources,
    said: Said,
    /// Every image that was asked for has its facts.
    is_whole: bool,
}

impl Work {
    fn new(old: Lock, pull: bool) -> Self {
        Self {
            blocks: blocks(&old),
            old,
            sources: Sources::new(pull),
            said: Said::default(),
            is_whole: true,
        }
    }

    /// Reads what is asked for, from the files that are named for it and else from the engine.
    fn read(
        &mut self,
        asked: &BTreeSet<String>,
        wanted: &BTreeMap<String, Wanted>,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        for (number, name) in asked.iter().enumerate() {
            let Some(image) = wanted.get(name) else { continue };
            let what = format!("reading {name} ({} of {})", number + 1, asked.len());
            self.said.progress(&what);
            match files.get(name) {
                Some(place) => self.file(name, image, place)?,
                None => self.engine(name, image),
            }
        }
        Ok(())
    }

    /// Reads an image from a file; that must work, for somebody named it.
    fn file(&mut self, name: &str, image: &Wanted, place: &str) -> Result<(), Failure> {
        let mut found = sources::file(place, name)?;
        // Of many platforms those that are asked for, the usual one among them.
        if found.len() > 1 {
            let asked = |platform: &String| image.platforms.contains(&Some(platform.clone()));
            let usual = |platform: &String| image.platforms.contains(&None) && platform == lock::USUAL;
            found.retain(|(platform, _)| asked(platform) || usual(platform));
        }
        for (platform, facts) in found {
            self.put(name, platform, &facts);
        }
        for platform in &image.platforms {
            if self.old_platform(name, platform.as_deref()).is_none() {
                let platform = platform.as_deref().unwrap_or(lock::USUAL);
                self.missing(
                    name,
                    &Failure::new(format!("`{place}` does not have it for {platform}")),
                );
            }
        }
        Ok(())
    }

    /// Reads an image from the engine, for each platform that is asked for.
    fn engine(&mut self, name: &str, image: &Wanted) {
        for platform in &image.platforms {
            match self.sources.engine(&image.written, platform.as_deref(), &self.old) {
                Ok(Found::Same) => self.said.unchanged += 1,
                Ok(Found::New(platform, facts)) => self.put(name, platform, &facts),
                Err(why) if self.old_platform(name, platform.as_deref()).is_some() => {
                    self.said.line(&format!("kept {name}: {why}"));
                }
                Err(why) => self.missing(name, &why),
            }
        }
    }

    /// The platform of a block that speaks of an image for a platform.
    fn old_platform(&self, name: &str, platform: Option<&str>) -> Option<&String> {
        let mut all = self.blocks.keys().filter(|(known, _)| known == name);
        let found = all.find(|(_, known)| platform.is_none_or(|platform| platform == known))?;
        Some(&found.1)
    }

    fn missing(&mut self, name: &str, why: &Failure) {
        self.is_whole = false;
        self.said.line(&format!("missing {name}: {why}"));
    }

    fn put(&mut self, name: &str, platform: String, facts: &ImageFacts) {
        let size = facts.size.map_or_else(|| "size not known".to_owned(), megabytes);
        let (body, shown) = (facts.body(), format!("{name} {platform} ({size})"));
        match self.blocks.insert((name.to_owned(), platform), body.clone()) {
            None => self.said.line(&format!("added {shown}")),
            Some(old) if old == body => self.said.unchanged += 1,
            Some(_) => self.said.line(&format!("updated {shown}")),
        }
    }

    fn remove_unnamed(&mut self, wanted: &BTreeMap<String, Wanted>) {
        let said = &mut self.said;
        self.blocks.retain(|(name, platform), _| {
            let is_named = wanted.contains_key(name);
            if !is_named {
                said.line(&format!("removed {name} {platform}: no file uses it"));
            }
            is_named
        });
    }

    /// Writes the lock where it changed.
    fn save(mut self, workspace: &Workspace) -> Result<Outcome, Failure> {
        let path = workspace.root().join(NAME);
        let text = lock::text(&self.blocks);
        if text != self.old.text() && !(self.blocks.is_empty() && self.old.text().is_empty()) {
            let written = output::file(&path, &text, Some(workspace.root()));
            written.map_err(|why| why.of(format_args!("{NAME} cannot be written")))?;
        }
        let unchanged = match self.said.unchanged {
            0 => String::new(),
            count => format!(", {count} unchanged"),
        };
        self.said
            .line(&format!("{NAME}: {}{unchanged}", images(self.blocks.len())));
        Ok(match (self.said.outcome, self.is_whole) {
            (Outcome::Pass, false) => Outcome::Fail,
            (outcome, _) => outcome,
        })
    }
}

/// What is said while it goes on: a line for each thing, and on a terminal what is being done.
struct Said {
    unchanged: usize,
    is_terminal: bool,
    /// Another command says what came of it.
    is_silent: bool,
    outcome: Outcome,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            unchanged: 0,
            is_terminal: std::io::stderr().is_terminal(),
            is_silent: false,
            outcome: Outcome::Pass,
        }
    }
}

impl Said {
    fn progress(&self, what: &str) {
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", escape::line(what));
        }
    }

    fn line(&mut self, line: &str) {
        self.progress("");
        if self.is_silent {
            return;
        }
        if output::print(&escape::guard(format!("{}\n", escape::line(line)))) != Outcome::Pass {
            self.outcome = Outcome::CouldNotRun;
        }
    }
}

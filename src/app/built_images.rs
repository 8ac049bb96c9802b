//! Built images in the place of what can be worked out: those that `--image` names, those of `images:` in plimsoll.yaml, and those
//! that the engine has under the names in the Compose files. What is asked for on the command line must be there; of the others that
//! are not, it is said where that matters, and the next source is tried.

use crate::archive;
use crate::cli::CheckArgs;
use crate::config::{Config, DeclaredImage, ImagePlace};
use crate::container::{BuiltImage, Container};
use crate::engine::{Engine, Refused};
use crate::failure::Failure;
use crate::load::BuiltImages;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the engine listens if nobody says so.
const SOCKET: &str = "/var/run/docker.sock";
/// So many images are asked for without being told to.
const MAX_ASKED: usize = 500;
/// No longer day is shown: `2026-11-27`.
const DAY: usize = 10;

/// What was read of the images that were built for these containers. What is found first stays.
///
/// # Errors
/// An image that the command line names is not there, or is for nothing that is here.
pub(super) fn find(
    args: &CheckArgs,
    config: &Config,
    sets: &[Project],
    containers: &[Container],
    workspace: &Workspace,
) -> Result<BuiltImages, Failure> {
    let mut search = Search {
        args,
        engine: engine(),
        sets,
        containers,
        workspace,
        images: BuiltImages::default(),
    };
    search.named_by_arguments()?;
    for declared in &config.images {
        if let Err(doubt) = search.declared(declared) {
            search.images.doubts.push((declared.place.span, doubt.to_string()));
        }
    }
    if !args.no_engine {
        search.named_by_services();
    }
    Ok(search.images)
}

struct Search<'a> {
    args: &'a CheckArgs,
    engine: Result<Engine, Failure>,
    sets: &'a [Project],
    containers: &'a [Container],
    workspace: &'a Workspace,
    images: BuiltImages,
}

impl Search<'_> {
    /// The numbers of the containers that are meant.
    fn meant(&self, is_meant: impl Fn(&Container) -> bool) -> Vec<usize> {
        let all = self.containers.iter().enumerate();
        all.filter(|(_, container)| is_meant(container))
            .map(|(index, _)| index)
            .collect()
    }

    fn hold(&mut self, meant: &[usize], image: BuiltImage) {
        let image = Arc::new(image);
        for index in meant {
            self.images.found.entry(*index).or_insert_with(|| image.clone());
        }
    }

    /// Those of `--image`: they must be there.
    fn named_by_arguments(&mut self) -> Result<(), Failure> {
        for (name, place) in &self.args.image {
            let meant = self.meant(|container| container.name == *name || container.dockerfile() == Some(name));
            if meant.is_empty() {
                return Err(Failure::new(format!(
                    "there is no service or Dockerfile `{name}` for the image `{place}`"
                )));
            }
            let (source, content) = read(place, &self.engine)?;
            self.hold(&meant, BuiltImage::read(source, content));
        }
        Ok(())
    }

    /// One entry of `images:`.
    fn declared(&mut self, declared: &DeclaredImage) -> Result<(), Failure> {
        let name = &declared.unit.value;
        let meant = self.meant(|container| match declared.is_service {
            true => container.service.is_some() && container.name == *name,
            false => container.dockerfile() == Some(name),
        });
        if meant.is_empty() {
            return Err(Failure::new(format!(
                "`images` has an entry for `{name}`, which does not exist"
            )));
        }
        let refused = |place: &str, why: Failure| why.of(format!("the image of `{name}` in `{place}` is not measured"));
        let (source, content) = match &declared.place.value {
            ImagePlace::Archive(path) => {
                // A build makes archives, a change could bring one that was made to measure.
                let tracked = self.workspace.tracked();
                if self.args.config_from.is_some() && tracked.is_some_and(|paths| paths.contains(Path::new(path))) {
                    return Err(refused(
                        path,
                        Failure::new("git tracks it, so the change may have made it"),
                    ));
                }
                let file = self
                    .workspace
                    .file(Path::new(path))
                    .map_err(|missing| refused(path, missing.into()))?;
                let image = archive::read(std::io::BufReader::new(file)).map_err(|why| refused(path, why))?;
                (path.clone(), image)
            }
            ImagePlace::Engine(place) => match &self.engine {
                _ if self.args.no_engine => return Ok(()),
                Err(why) => return Err(refused(place, why.clone())),
                Ok(engine) => saved(engine, place).map_err(|why| refused(place, why))?,
            },
        };
        self.hold(&meant, BuiltImage::read(source, content));
        Ok(())
    }

    /// Built services whose image has a name: the engine may have it. An engine that gave one odd answer is asked no more.
    fn named_by_services(&mut self) {
        let Ok(engine) = &self.engine else { return };
        let mut asked = 0;
        for (index, container) in self.containers.iter().enumerate() {
            let service = container.set.zip(container.service);
            let service = service.and_then(|(set, service)| self.sets.get(set)?.services.get(service));
            let name = service
                .filter(|service| service.build.is_some())
                .and_then(|service| service.image.sourced());
            let Some(name) = name else { continue };
            if self.images.found.contains_key(&index) {
                continue;
            }
            asked += 1;
            if asked > MAX_ASKED {
                let doubt = format!("the engine is asked for at most {MAX_ASKED} images");
                self.images.doubts.push((name.span, doubt));
                return;
            }
            match in_engine(engine, &name.value) {
                Ok(image) => {
                    self.images.found.insert(index, Arc::new(image));
                }
                Err(Refused::Absent) => {}
                // Whoever may not ask the engine did not build with it.
                Err(Refused::Silent(_)) => return,
                Err(Refused::Odd(reason)) => {
                    let doubt = format!("the image `{}` in the engine is not measured: {reason}", name.value);
                    self.images.doubts.push((name.span, doubt));
                    return;
                }
            }
        }
    }
}

/// The engine's image of this name. Where its store counts as we do its figures are taken, in milliseconds; else the image is read.
fn in_engine(engine: &Engine, name: &str) -> Result<BuiltImage, Refused> {
    let image = engine.image(name)?;
    let source = source(name, image.created.as_deref());
    match engine.layers(&image)? {
        Some(layers) => {
            let layers = layers.into_iter();
            Ok(BuiltImage {
                source,
                layers: layers
                    .map(|(made, bytes)| (archive::instruction(&made), bytes))
                    .collect(),
                content: None,
            })
        }
        None => {
            let content =
                archive::read(engine.archive(&image.id)?).map_err(|reason| Refused::Odd(reason.to_string()))?;
            Ok(BuiltImage::read(source, content))
        }
    }
}

fn source(name: &str, created: Option<&str>) -> String {
    let day: String = created.unwrap_or_default().chars().take(DAY).collect();
    match day.as_str() {
        "" => format!("the engine's image `{name}`"),
        day => format!("the engine's image `{name}` of {day}"),
    }
}

/// The engine that `DOCKER_HOST` names, else the one at the usual place.
pub(super) fn engine() -> Result<Engine, Failure> {
    match std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        None => Ok(Engine::at(Path::new(SOCKET))),
        Some(host) => match host.strip_prefix("unix://") {
            Some(socket) => Ok(Engine::at(&PathBuf::from(socket))),
            None => Err(Failure::new("DOCKER_HOST is not a Unix socket")),
        },
    }
}

/// Reads an archive, or the engine's image of that name: where it was found, and what is in it.
pub(super) fn read(place: &str, engine: &Result<Engine, Failure>) -> Result<(String, archive::Measured), Failure> {
    let refused = |why: Failure| why.of(format!("`{place}` cannot be measured"));
    if place == "-" {
        let image = archive::read(std::io::stdin().lock()).map_err(refused)?;
        return Ok(("standard input".to_owned(), image));
    }
    let path = Path::new(place);
    match path.metadata() {
        Ok(data) if data.is_file() => {
            let file = std::fs::File::open(path).map_err(|error| refused(error.into()))?;
            let image = archive::read(std::io::BufReader::new(file)).map_err(refused)?;
            Ok((crate::source::slashed(path), image))
        }
        Ok(_) => Err(refused(Failure::new("it is not a file"))),
        Err(_) => {
            let asked = engine
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|engine| saved(engine, place));
            asked.map_err(|why| refused(Failure::new(format!("the file does not exist, and {why}"))))
        }
    }
}

/// The whole image, as the engine saves it.
fn saved(engine: &Engine, name: &str) -> Result<(String, archive::Measured), Failure> {
    let words = |refused: Refused| Failure::new(refused.words());
    let found = engine.image(name).map_err(words)?;
    let archive = engine.archive(&found.id).map_err(words)?;
    Ok((source(name, found.created.as_deref()), archive::read(archive)?))
}

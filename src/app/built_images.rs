//! Built images in the place of what can be worked out: those that `--image` names, those of `images:` in plimsoll.yaml, and those
//! that the engine has under the names in the Compose files. What is asked for on the command line must be there; of the others that
//! are not, it is said where that matters, and the next source is tried.

use crate::archive;
use crate::cli::CheckArgs;
use crate::config::{Config, DeclaredImage, ImagePlace};
use crate::container::{Container, MeasuredImage};
use crate::engine::{Engine, Refused};
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::repository::Repository;
use crate::repository::sizes::{count, measure};
use crate::source::Span;
use crate::workspace::{self, Workspace};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where the engine listens if nobody says so.
const SOCKET: &str = "/var/run/docker.sock";
/// So many images are asked for without being told to.
const MAX_ASKED: usize = 500;
/// No longer day is shown: `2026-11-27`.
const DAY: usize = 10;

/// Gives every unit whose image is found what was counted in it.
pub(super) fn hold(
    args: &CheckArgs,
    config: &Config,
    repository: &mut Repository,
    workspace: &Workspace,
) -> Result<(), String> {
    let engine = engine();
    for (name, place) in &args.image {
        let is_meant = |container: &&Container| container.name == *name || container.dockerfile() == Some(name);
        let mut meant = repository.containers.iter().filter(is_meant).peekable();
        if meant.peek().is_none() {
            return Err(format!(
                "there is no service and no Dockerfile '{name}' for the image '{place}'"
            ));
        }
        let (source, image) = read(place, &engine)?;
        let image = Rc::new(MeasuredImage { source, image });
        meant.for_each(|container| measure(container, &image));
    }
    let mut doubts = Vec::new();
    for declared in &config.images {
        if let Err(doubt) = declared_image(declared, args, &engine, repository, workspace) {
            doubts.push((declared.place.span, doubt));
        }
    }
    if let (Ok(engine), false) = (&engine, args.no_engine) {
        named_images(engine, repository, &mut doubts);
    }
    let problem = |(span, doubt): (Span, String)| {
        let message = format!("{doubt}; its size is worked out without it");
        let help = "build the image before the gate, or name an archive of it";
        let mut finding = Finding::new(span, message).help(help);
        finding.undecided = true;
        Problem::new(ReaderRule::UndecidedValue, finding)
    };
    repository.problems.extend(doubts.into_iter().map(problem));
    Ok(())
}

/// One entry of `images:`.
fn declared_image(
    declared: &DeclaredImage,
    args: &CheckArgs,
    engine: &Result<Engine, String>,
    repository: &Repository,
    workspace: &Workspace,
) -> Result<(), String> {
    let name = &declared.unit.value;
    let is_meant = |container: &&Container| match declared.is_service {
        true => container.service.is_some() && container.name == *name,
        false => container.dockerfile() == Some(name),
    };
    let meant: Vec<&Container> = repository.containers.iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(format!("'images' names '{name}', and there is no such thing here"));
    }
    let refused = |place: &str, reason: &str| format!("the image of '{name}' in '{place}' is not measured: {reason}");
    let (source, image) = match &declared.place.value {
        ImagePlace::Archive(path) => {
            let file = workspace
                .file(Path::new(path))
                .map_err(|missing| refused(path, &super::words(&missing)))?;
            let image =
                archive::read(std::io::BufReader::new(file)).map_err(|reason| refused(path, &reason.to_string()))?;
            (path.clone(), image)
        }
        ImagePlace::Engine(place) => match engine {
            _ if args.no_engine => return Ok(()),
            Err(reason) => return Err(refused(place, reason)),
            Ok(engine) => saved(engine, place).map_err(|reason| refused(place, &reason))?,
        },
    };
    let image = Rc::new(MeasuredImage { source, image });
    meant.into_iter().for_each(|container| measure(container, &image));
    Ok(())
}

/// Built services whose image has a name: the engine may have it. Where its store counts as we do its figures are taken, in
/// milliseconds; else the image is read. An engine that gave one odd answer is asked no more.
fn named_images(engine: &Engine, repository: &Repository, doubts: &mut Vec<(Span, String)>) {
    let mut asked = 0;
    for container in &repository.containers {
        let service = container.set.zip(container.service);
        let service = service.and_then(|(set, service)| repository.sets.get(set)?.services.get(service));
        let name = service
            .filter(|service| service.build.is_some())
            .map(|service| &service.image);
        let Some(name) = name.and_then(|name| name.sourced()) else {
            continue;
        };
        if container.ledger.get().is_some() {
            continue;
        }
        asked += 1;
        if asked > MAX_ASKED {
            doubts.push((
                name.span,
                format!("the engine is asked for {MAX_ASKED} images, and no more"),
            ));
            return;
        }
        let result = engine.image(&name.value).and_then(|image| {
            let source = source(&name.value, image.created.as_deref());
            match engine.layers(&image)? {
                Some(layers) => {
                    let layers = layers.into_iter();
                    count(
                        container,
                        &source,
                        layers.map(|(made, bytes)| (archive::instruction(&made), bytes)),
                    );
                }
                None => {
                    let image =
                        archive::read(engine.archive(&image.id)?).map_err(|reason| Refused::Odd(reason.to_string()))?;
                    measure(container, &Rc::new(MeasuredImage { source, image }));
                }
            }
            Ok(())
        });
        match result {
            Ok(()) | Err(Refused::Absent) => {}
            // Whoever may not ask the engine did not build with it.
            Err(Refused::Silent(_)) => return,
            Err(Refused::Odd(reason)) => {
                let doubt = format!("the image '{}' in the engine is not measured: {reason}", name.value);
                doubts.push((name.span, doubt));
                return;
            }
        }
    }
}

fn source(name: &str, created: Option<&str>) -> String {
    let day: String = created.unwrap_or_default().chars().take(DAY).collect();
    match day.as_str() {
        "" => format!("the engine's image '{name}'"),
        day => format!("the engine's image '{name}' of {day}"),
    }
}

/// The engine that `DOCKER_HOST` names, else the one at the usual place.
pub(super) fn engine() -> Result<Engine, String> {
    match std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        None => Ok(Engine::at(Path::new(SOCKET))),
        Some(host) => match host.strip_prefix("unix://") {
            Some(socket) => Ok(Engine::at(&PathBuf::from(socket))),
            None => Err("DOCKER_HOST names no Unix socket".to_owned()),
        },
    }
}

/// Reads an archive, or the engine's image of that name: where it was found, and what is in it.
pub(super) fn read(place: &str, engine: &Result<Engine, String>) -> Result<(String, archive::Measured), String> {
    let refused = |reason: &str| format!("'{place}' cannot be measured: {reason}");
    if place == "-" {
        let image = archive::read(std::io::stdin().lock()).map_err(|reason| refused(&reason.to_string()))?;
        return Ok(("standard input".to_owned(), image));
    }
    let path = Path::new(place);
    match path.metadata() {
        Ok(data) if data.is_file() => {
            let file = std::fs::File::open(path).map_err(|error| refused(&workspace::reason(&error)))?;
            let image = archive::read(std::io::BufReader::new(file)).map_err(|reason| refused(&reason.to_string()))?;
            Ok((crate::source::slashed(path), image))
        }
        Ok(_) => Err(refused("it is no file")),
        Err(_) => {
            let asked = engine
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|engine| saved(engine, place));
            asked.map_err(|reason| refused(&format!("there is no such file, and {reason}")))
        }
    }
}

/// The whole image, as the engine saves it.
fn saved(engine: &Engine, name: &str) -> Result<(String, archive::Measured), String> {
    let words = |refused: Refused| refused.words().to_owned();
    let found = engine.image(name).map_err(words)?;
    let archive = engine.archive(&found.id).map_err(words)?;
    let image = archive::read(archive).map_err(|reason| reason.to_string())?;
    Ok((source(name, found.created.as_deref()), image))
}

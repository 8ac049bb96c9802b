//! `plimsoll image`: where the bytes of an image are.

use super::{configuration, output, own_images, paths, root};
use crate::cli::{CheckArgs, ImageArgs};
use crate::config::Config;
use crate::exit::Outcome;
use crate::image::Measured;
use crate::report::{self, ledger};
use crate::resolve::compose::load::Missing;
use crate::unit::ledger::{measure, of_stage};
use crate::unit::{Image, Unit, World};
use crate::workspace::{self, Workspace};
use crate::world::{self, Given};
use crate::{discover, image, source};
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(args: &ImageArgs) -> Outcome {
    let text = match &args.archive {
        Some(path) => measured(path, args.json),
        None => table(args),
    };
    match text {
        Ok(text) => output::print(&text),
        Err(message) => output::complain(&message),
    }
}

/// Gives the services and Dockerfiles that `--image` names the figures of their archives.
pub(super) fn hold(args: &CheckArgs, world: &World) -> Result<(), String> {
    for (name, path) in &args.image {
        let is_meant = |unit: &&Unit| match &unit.image {
            _ if unit.name == *name => true,
            Image::Built { file, .. } => file.path == *name,
            _ => false,
        };
        let mut meant = world.units.iter().filter(is_meant).peekable();
        if meant.peek().is_none() {
            return Err(format!(
                "there is no service and no Dockerfile '{name}' for the image '{}'",
                path.display()
            ));
        }
        let image = open(path)?;
        for unit in meant {
            let layers = image
                .layers
                .iter()
                .map(|layer| (layer.instruction.clone(), layer.bytes));
            measure(unit, &source::slashed(path), layers);
        }
    }
    Ok(())
}

/// Measures an archive.
fn open(path: &Path) -> Result<Measured, String> {
    let refused = |reason: String| format!("'{}' cannot be measured: {reason}", path.display());
    let file = std::fs::File::open(path).map_err(|error| refused(workspace::reason(&error)))?;
    if !file.metadata().is_ok_and(|data| data.is_file()) {
        return Err(refused("it is no file".to_owned()));
    }
    image::read(std::io::BufReader::new(file)).map_err(|reason| refused(reason.0))
}

/// What an archive holds, against the figures of the default profile.
fn measured(path: &Path, as_json: bool) -> Result<String, String> {
    let image = open(path)?;
    let title = path.display().to_string();
    if as_json {
        return Ok(report::image::json(&title, &image));
    }
    let profiles = Config::default().profiles;
    let default = profiles.get("default");
    let size = default
        .and_then(|profile| profile.image_size.as_ref())
        .map_or(0, |limit| limit.value);
    let layers = default
        .and_then(|profile| profile.image_layers.as_ref())
        .map_or(0, |limit| limit.value);
    Ok(report::image::render(
        &title,
        &image,
        u64::try_from(size).unwrap_or(0),
        usize::try_from(layers).unwrap_or(0),
    ))
}

/// The ledger of a Dockerfile's stage as a table.
fn table(args: &ImageArgs) -> Result<String, String> {
    let given = CheckArgs {
        paths: args.from.iter().cloned().collect(),
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    };
    let mut workspace = Workspace::open(&root(&given)?)?;
    let path = paths(&given, &mut workspace)?.into_iter().next().unwrap_or_default();
    if workspace.source(&path).err() == Some(Missing::Absent) || workspace.root().join(&path).is_dir() {
        return Err(format!("'{}' is no Dockerfile", source::slashed(&path)));
    }
    let (config, _) = configuration(&given, &mut workspace)?;
    // The Compose files say where it is built.
    let found = discover::discover(&mut workspace, &[PathBuf::new(), path.clone()]);
    let (mut world, secrets) = world::build(&found, &config, &Given::default(), &mut workspace);
    world.own_images = own_images(&config, &mut workspace)?;
    let wanted = source::slashed(&path);
    let file = world
        .dockerfiles
        .iter()
        .find(|judged| judged.file.path == wanted)
        .ok_or_else(|| format!("'{wanted}' is no Dockerfile that can be read here"))?;
    let stage = match &args.target {
        Some(target) => file.plan.find(target),
        None => file.plan.stages.len().checked_sub(1),
    };
    let stage = stage.ok_or_else(|| match &args.target {
        Some(target) => format!("'{wanted}' has no stage '{target}'"),
        None => format!("'{wanted}' has no stage"),
    })?;
    let title = format!("{wanted}: {}", file.stage_name(stage));
    let ledger = of_stage(file, &file.plan, stage, &world);
    Ok(ledger::render(&title, &ledger, &secrets))
}

//! `plimsoll image`: where the bytes of an image are.

use super::{configuration, output, own_images, paths, root};
use crate::cli::{CheckArgs, ImageArgs};
use crate::exit::Outcome;
use crate::report::ledger;
use crate::resolve::compose::load::Missing;
use crate::unit::ledger::of_stage;
use crate::workspace::Workspace;
use crate::world::{self, Given};
use crate::{discover, source};
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &ImageArgs) -> Outcome {
    match table(args) {
        Ok(text) => output::print(&text),
        Err(message) => output::complain(&message),
    }
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

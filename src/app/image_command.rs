//! `plimsoll image`: where the bytes of an image are.

use super::{built_images, configuration, output, place, sizes};
use crate::archive::Measured;
use crate::build::size::of_stage;
use crate::cli::{CheckArgs, ImageArgs, ImageFormat};
use crate::config::budget::{IMAGE_LAYERS, IMAGE_SIZE};
use crate::config::{Budget, Config};
use crate::discover::{self, Exclude};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::known_images;
use crate::load::{self, Inputs};
use crate::report::image_report::Beside;
use crate::report::images_together::Together;
use crate::report::ledger::Allowed;
use crate::report::{self, ledger, ledger_data};
use crate::repository::Repository;
use crate::resolve::compose::load::Missing;
use crate::source;
use crate::values::image_ref::ImageRef;
use crate::workspace::Workspace;
use std::path::PathBuf;

/// More images than this are not held against each other.
const MAX_IMAGES: usize = 100;

/// Runs the command.
pub(super) fn run(args: &ImageArgs) -> Outcome {
    let text = match args.places.as_slice() {
        [] => table(args),
        [place] => measured(place, args),
        places => together(places, args),
    };
    match text {
        Ok(text) => output::print(&text),
        Err(failure) => output::complain(failure),
    }
}

/// The format that is asked for.
fn format(args: &ImageArgs) -> ImageFormat {
    if args.json { ImageFormat::Json } else { args.format }
}

/// What an image holds; its size is written down if that is asked for.
fn measured(place: &str, args: &ImageArgs) -> Result<String, Failure> {
    let (title, image) = built_images::read(place, &built_images::engine())?;
    if let Some(name) = &args.record {
        let given = CheckArgs {
            root: args.root.clone(),
            ..CheckArgs::default()
        };
        sizes::record(&place::root(&given)?, name, image.unpacked)?;
    }
    let beside = beside(&image);
    Ok(match format(args) {
        ImageFormat::Json => report::image_report::json(&title, &image, &beside),
        ImageFormat::Markdown => report::image_report::markdown(&title, &image, &beside),
        ImageFormat::Text => report::image_report::render(&title, &image, &beside),
    })
}

/// What several images share, and what they take together.
fn together(places: &[String], args: &ImageArgs) -> Result<String, Failure> {
    if args.record.is_some() {
        return Err(Failure::new("--record takes one image"));
    }
    if places.len() > MAX_IMAGES {
        return Err(Failure::new(format!("more than {MAX_IMAGES} images")));
    }
    if places.iter().filter(|place| *place == "-").count() > 1 {
        return Err(Failure::new("standard input holds one image: name `-` once"));
    }
    let engine = built_images::engine();
    let images: Vec<(String, Measured)> = places
        .iter()
        .map(|place| built_images::read(place, &engine))
        .collect::<Result<_, _>>()?;
    let together = Together::of(&images);
    Ok(match format(args) {
        ImageFormat::Json => together.json(),
        ImageFormat::Markdown => together.markdown(),
        ImageFormat::Text => together.render(),
    })
}

/// The figures of the default profile, and images that it could start from.
fn beside(image: &Measured) -> Beside {
    let profiles = Config::default().profiles;
    let figure = |budget: &Budget| {
        let limit = profiles
            .get("default")
            .and_then(|profile| profile.limits.amount(budget));
        limit.map_or(0, |limit| limit.whole())
    };
    Beside {
        size: figure(&IMAGE_SIZE),
        layers: usize::try_from(figure(&IMAGE_LAYERS)).unwrap_or(0),
        bases: bases(image),
    }
}

/// Official images set their version in the environment, with so many parts of it in their tags.
const LANGUAGES: [(&str, &str, usize); 6] = [
    ("GOLANG_VERSION", "golang", 2),
    ("NODE_VERSION", "node", 1),
    ("PHP_VERSION", "php", 2),
    ("PYTHON_VERSION", "python", 2),
    ("RUBY_VERSION", "ruby", 2),
    ("RUST_VERSION", "rust", 2),
];

/// The official image of the same language or distribution in its variants, as the catalogue has them.
fn bases(image: &Measured) -> Vec<(String, u64)> {
    let language = LANGUAGES.iter().find_map(|(variable, name, parts)| {
        let set = image.settings.env.iter();
        let version = set
            .filter_map(|set| set.split_once('='))
            .find(|(key, _)| key == variable)?
            .1;
        let version = version.split('.').take(*parts).collect::<Vec<_>>().join(".");
        Some(format!("{name}:{version}"))
    });
    let system = image.system.as_ref().filter(|system| !system.version.is_empty());
    let Some(name) = language.or_else(|| system.map(|system| format!("{}:{}", system.id, system.version))) else {
        return Vec::new();
    };
    let reference = ImageRef::parse(&name);
    let Some(size) = known_images::size_mb(&reference) else {
        return Vec::new();
    };
    let official = name.split(':').next().unwrap_or(&name);
    let variants = known_images::smaller(&reference).into_iter();
    let variants = variants.map(|other| (format!("{official}:{}", other.tag), other.size_mb));
    let bytes = |megabytes: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bytes = (megabytes * 1e6) as u64;
        bytes
    };
    std::iter::once((name.clone(), size))
        .chain(variants)
        .map(|(name, size)| (name, bytes(size)))
        .collect()
}

/// The ledger of a Dockerfile's stage as a table.
fn table(args: &ImageArgs) -> Result<String, Failure> {
    let given = CheckArgs {
        paths: args.from.iter().cloned().collect(),
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    };
    let mut workspace = Workspace::open(&place::root(&given)?)?;
    let path = place::paths(&given, &mut workspace)?
        .into_iter()
        .next()
        .unwrap_or_default();
    if workspace.source(&path).err() == Some(Missing::Absent) || workspace.root().join(&path).is_dir() {
        return Err(Failure::new(format!(
            "`{}` is not a Dockerfile",
            source::slashed(&path)
        )));
    }
    let (config, _) = configuration::read(&given, &mut workspace)?;
    // The Compose files say where it is built.
    let found = discover::discover(&mut workspace, &[PathBuf::new(), path.clone()], Exclude::default());
    let inputs = Inputs {
        images: configuration::images(&config, None, &mut workspace)?,
        selected: true,
        ..Inputs::of(&config)
    };
    let repository = load::load(&found, inputs, &mut workspace)?;
    let secrets = load::secrets(&repository, &workspace);
    let wanted = source::slashed(&path);
    let file = repository
        .dockerfiles
        .iter()
        .find(|judged| judged.file.path == wanted)
        .ok_or_else(|| Failure::new(format!("`{wanted}` is not a readable Dockerfile")))?;
    let stage = match &args.target {
        Some(target) => file.plan.find(target),
        None => file.plan.stages.len().checked_sub(1),
    };
    let stage = stage.ok_or_else(|| {
        Failure::new(match &args.target {
            Some(target) => format!("`{wanted}` has no stage `{target}`"),
            None => format!("`{wanted}` has no stage"),
        })
    })?;
    let title = format!("{wanted}: {}", file.stage_name(stage));
    let ledger = of_stage(file, &file.plan, stage, &repository);
    let allowed = allowed(&repository, &wanted, &config);
    Ok(match format(args) {
        ImageFormat::Json => ledger_data::data(&title, &ledger, allowed.as_ref(), &secrets),
        ImageFormat::Markdown => ledger_data::markdown(&title, &ledger, allowed.as_ref(), &secrets),
        ImageFormat::Text => ledger::render(&title, &ledger, allowed.as_ref(), &secrets),
    })
}

/// The budget of the first container that is built from a Dockerfile.
fn allowed(repository: &Repository, dockerfile: &str, config: &Config) -> Option<Allowed> {
    let mut containers = repository.containers.iter();
    let container = containers.find(|container| container.dockerfile() == Some(dockerfile))?;
    let limit = config.profiles.get(&container.profile)?.limits.amount(&IMAGE_SIZE)?;
    Some(Allowed {
        bytes: limit.whole(),
        profile: container.profile.clone(),
    })
}

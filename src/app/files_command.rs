//! `plimsoll files`: what is read and why, which files make a set, and what was left out.

use super::{configuration, output, place};
use crate::cli::{CheckArgs, FilesArgs};
use crate::discover::{self, Exclude, Found};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::ReaderRule;
use crate::load::{self, Inputs};
use crate::lock;
use crate::order::Order as _;
use crate::report::escape;
use crate::repository::Repository;
use crate::repository::recipe::Recipe;
use crate::source::{ColumnUnit, Sources, slashed};
use crate::workspace::Workspace;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// A path or a set of paths, and what is to be said about it.
#[derive(Serialize)]
struct Row {
    path: String,
    why: String,
}

/// The files of a repository by what becomes of them.
#[derive(Serialize)]
struct Listing {
    /// Compose files that are merged, joined by ` + `.
    sets: Vec<Row>,
    dockerfiles: Vec<Row>,
    /// What Bake files, jobs and the like say of how images are built, by the place where they say it.
    builds: Vec<Row>,
    /// What else was read: variables, included files, ignore files, profiles, the configuration.
    read: Vec<String>,
    /// What should have been judged and could not be.
    unread: Vec<Row>,
    /// What looked like a file to judge and is none, or is hidden by an ignore file.
    left_out: Vec<Row>,
}

pub(super) fn run(args: &FilesArgs) -> Outcome {
    match listing(args) {
        Ok(listing) if args.json => {
            let text = serde_json::to_string_pretty(&listing).unwrap_or_default();
            output::print(&format!("{}\n", escape::json(&text)))
        }
        Ok(listing) => output::print(&escape::guard(text(&listing))),
        Err(error) => output::complain(error),
    }
}

fn listing(args: &FilesArgs) -> Result<Listing, Failure> {
    let check = CheckArgs {
        paths: args.paths.clone(),
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    };
    let mut workspace = Workspace::open(&place::root(&check)?)?;
    let paths = place::paths(&check, &mut workspace)?;
    let (config, _) = configuration::read(&check, &mut workspace)?;
    let exclude = Exclude {
        configured: &config.exclude,
        ..Exclude::default()
    };
    let found = discover::discover(&mut workspace, &paths, exclude);
    let inputs = Inputs {
        selected: !args.paths.is_empty(),
        ..Inputs::of(&config)
    };
    let repository = load::load(&found, inputs, &mut workspace)?;
    let sources = workspace.sources();
    let unread: Vec<Row> = repository
        .problems
        .iter()
        .filter(|problem| problem.rule == ReaderRule::UnreadableInput)
        .map(|problem| Row {
            path: sources.path(problem.finding.span).to_owned(),
            why: problem.finding.message.clone(),
        })
        .collect();
    let sets = sets(&found, &repository);
    let dockerfiles = dockerfiles(&found, &repository, &unread);
    let mut listed: BTreeSet<&str> = sets.iter().flat_map(|row| row.path.split(" + ")).collect();
    listed.extend(dockerfiles.iter().chain(&unread).map(|row| row.path.as_str()));
    let mut read: BTreeSet<String> = sources.iter().map(|(_, source)| source.path.clone()).collect();
    read.extend(workspace.is_named(Path::new(lock::NAME)).then(|| lock::NAME.to_owned()));
    let hidden = discover::hidden(&workspace, &paths);
    let left_out = found.left_out.iter().map(|(path, why)| (path, why.as_str()));
    let left_out = left_out.chain(
        hidden
            .iter()
            .map(|path| (path, "an ignore file hides it, and git does not track it")),
    );
    let mut left_out: Vec<Row> = left_out
        .map(|(path, why)| Row {
            path: slashed(path),
            why: why.to_owned(),
        })
        .collect();
    left_out.order_by(|row, other| row.path.cmp(&other.path));
    Ok(Listing {
        read: read
            .into_iter()
            .filter(|path| !listed.contains(path.as_str()))
            .collect(),
        sets,
        builds: builds(&repository, workspace.sources()),
        dockerfiles,
        unread,
        left_out,
    })
}

fn sets(found: &Found, repository: &Repository) -> Vec<Row> {
    let why = |index: usize| match found.sets.get(index) {
        None => "named under `compose:` in plimsoll.yaml".to_owned(),
        Some(set) => match &set.env {
            Some(env) => format!("named by `COMPOSE_FILE` in {}", slashed(env)),
            None => discover::why(set).to_owned(),
        },
    };
    let files = |files: &[std::path::PathBuf]| files.iter().map(|file| slashed(file)).collect::<Vec<_>>().join(" + ");
    let sets = repository.sets.iter().enumerate();
    sets.map(|(index, set)| Row {
        path: files(&set.files),
        why: why(index),
    })
    .collect()
}

fn dockerfiles(found: &Found, repository: &Repository, unread: &[Row]) -> Vec<Row> {
    let built = repository.dockerfiles.iter().map(|judged| Row {
        path: judged.file.path.clone(),
        why: match judged.services.as_slice() {
            [] => "no service builds it".to_owned(),
            services => format!("built by {}", services.join(", ")),
        },
    });
    let mut rows: Vec<Row> = built.collect();
    let known: BTreeSet<String> = rows.iter().chain(unread).map(|row| row.path.clone()).collect();
    let others = found
        .dockerfiles
        .iter()
        .map(|path| slashed(path))
        .filter(|path| !known.contains(path));
    rows.extend(others.map(|path| Row {
        path,
        why: "another program reads it (`# syntax=`)".to_owned(),
    }));
    rows.order_by(|row, other| row.path.cmp(&other.path));
    rows
}

fn builds(repository: &Repository, sources: &Sources) -> Vec<Row> {
    let row = |recipe: &Recipe| {
        let source = sources.get(recipe.place.source);
        let line = source.position(recipe.place.start, ColumnUnit::CodePoints).line;
        Row {
            path: format!("{}:{line}", source.path),
            why: recipe.told(),
        }
    };
    repository.recipes.iter().map(row).collect()
}

fn text(listing: &Listing) -> String {
    let mut out = String::new();
    let parts = [
        ("Compose", &listing.sets),
        ("Dockerfiles", &listing.dockerfiles),
        ("Builds", &listing.builds),
        ("Not checked", &listing.unread),
        ("Excluded", &listing.left_out),
    ];
    for (title, rows) in parts {
        section(&mut out, title, rows);
    }
    let read: Vec<Row> = listing
        .read
        .iter()
        .map(|path| Row {
            path: path.clone(),
            why: String::new(),
        })
        .collect();
    section(&mut out, "Also read", &read);
    if out.is_empty() {
        out.push_str("no Dockerfile and no Compose file was found\n");
    }
    out
}

fn section(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let width = rows
        .iter()
        .map(|row| row.path.chars().count())
        .max()
        .unwrap_or(0)
        .min(48);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{title}");
    for row in rows {
        let line = format!("  {:width$}  {}", escape::inline(&row.path), escape::inline(&row.why));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
}

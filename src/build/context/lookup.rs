//! What COPY, ADD and mounts name, looked up in the files of a context.

use super::{Copied, EntryKind, Item, Mounted, Source, Tree, taken};
use crate::fact::Fact;
use crate::parse::dockerfile::{Dockerfile, Kind, Transfer, Word};
use crate::resolve::dockerignore::Dockerignore;
use crate::resolve::glob::{Glob, has_wildcard};
use crate::resolve::stage::{Plan, Transferred};
use crate::values::path::clean;
use std::collections::HashSet;

/// Whether a source of ADD is fetched.
pub(crate) fn is_remote(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|start| lower.starts_with(start))
        || (lower.contains(".git") && lower.contains('@') && lower.contains(':'))
}

/// What of a context a plan speaks of: the paths that it copies, `""` for everything.
pub(crate) fn wanted(file: &Dockerfile, plan: &Plan) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    for (transfer, _) in local(file, plan) {
        for source in transfer.sources.iter().filter_map(Fact::value) {
            if !is_remote(source) {
                wanted.push(fixed(&in_context(source)));
            }
        }
    }
    wanted.extend(binds(file, plan).map(|(.., word)| in_context(&word.value)));
    wanted.extend(taken::named(file, plan).iter().map(|(.., path)| fixed(path)));
    wanted.sort();
    wanted.dedup();
    // One COPY may name thousands: each asks for its folders, not for all others.
    let all: HashSet<String> = wanted.iter().cloned().collect();
    let is_covered = |path: &str| {
        let mut folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        !path.is_empty() && (all.contains("") || folders.any(|folder| all.contains(folder)))
    };
    wanted.retain(|path| !is_covered(path));
    wanted
}

/// The COPY and ADD instructions that take from the context.
pub(crate) fn local<'a>(file: &'a Dockerfile, plan: &'a Plan) -> impl Iterator<Item = (&'a Transferred, &'a Transfer)> {
    plan.transfers.iter().filter_map(move |transfer| {
        match file
            .instructions
            .get(transfer.instruction)
            .map(|instruction| &instruction.kind)
        {
            Some(Kind::Copy(words) | Kind::Add(words)) if words.from.is_none() => Some((transfer, &**words)),
            _ => None,
        }
    })
}

/// A source as a path in the context; empty for the context itself. `..` cannot lead out of it.
pub(crate) fn in_context(source: &str) -> String {
    let pivot = source.replace("/./", "/");
    clean(&format!("/{pivot}")).trim_start_matches('/').to_owned()
}

/// The folder before the first part with a wildcard; the path itself if there is none.
fn fixed(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        if has_wildcard(part) {
            break;
        }
        parts.push(part);
    }
    parts.join("/")
}

/// Looks up what each COPY and ADD takes.
pub(crate) fn copies(file: &Dockerfile, plan: &Plan, tree: &Tree, ignore: Option<&Dockerignore>) -> Vec<Copied> {
    let mut copies = Vec::new();
    for (index, transfer) in plan.transfers.iter().enumerate() {
        let instruction = file.instructions.get(transfer.instruction);
        let (words, adds) = match instruction.map(|instruction| &instruction.kind) {
            Some(Kind::Copy(words)) => (words, false),
            Some(Kind::Add(words)) => (words, true),
            _ => continue,
        };
        if words.from.is_some() {
            continue;
        }
        let sources = transfer
            .sources
            .iter()
            .map(|source| match source.value() {
                Some(source) if adds && is_remote(source) => Source::Remote,
                Some(source) => look(source, words.parents, tree, ignore),
                None => Source::Unknown,
            })
            .collect();
        copies.push(Copied {
            instruction: transfer.instruction,
            transfer: index,
            stage: transfer.stage,
            sources,
            exclude: excluded_by(words),
            filtered: words.parents || !words.exclude.is_empty() && excluded_by(words).is_none(),
            parents: words.parents && words.exclude.is_empty(),
        });
    }
    copies
}

/// The patterns of `--exclude`; nothing where there are none, or where they are not known here.
fn excluded_by(words: &Transfer) -> Option<Dockerignore> {
    let is_plain = |word: &Word| !word.value.contains(['$', '\n', '#']);
    if words.exclude.is_empty() || !words.exclude.iter().all(is_plain) {
        return None;
    }
    let patterns: Vec<&str> = words.exclude.iter().map(|word| word.value.as_str()).collect();
    Dockerignore::parse(&patterns.join("\n")).ok()
}

/// The bind mounts of a file that take something of the context: by stage, instruction and word.
fn binds(file: &Dockerfile, plan: &Plan) -> impl Iterator<Item = (usize, usize, Word)> {
    let stages = plan.stages.iter().enumerate();
    stages.flat_map(move |(stage, at)| {
        let instructions = file.instructions.iter().enumerate();
        let of_stage = instructions.take(at.instructions.end).skip(at.instructions.start);
        of_stage.flat_map(move |(number, instruction)| {
            let Kind::Run(run) = &instruction.kind else {
                return Vec::new();
            };
            let named = run
                .mounts
                .iter()
                .filter(|mount| mount.kind() == "bind" && mount.from().is_none());
            named
                .filter_map(|mount| mount.get(&["source", "src"]))
                .filter(|word| {
                    !word.value.contains('$') && !has_wildcard(&word.value) && !in_context(&word.value).is_empty()
                })
                .map(|word| (stage, number, word.clone()))
                .collect()
        })
    })
}

/// Looks up what each RUN mounts from the context.
pub(crate) fn mounts(file: &Dockerfile, plan: &Plan, tree: &Tree, ignore: Option<&Dockerignore>) -> Vec<Mounted> {
    binds(file, plan)
        .map(|(stage, instruction, word)| Mounted {
            instruction,
            stage,
            span: word.span,
            source: look(&word.value, false, tree, ignore),
        })
        .collect()
}

/// What a source names.
pub(super) fn look(source: &str, parents: bool, tree: &Tree, ignore: Option<&Dockerignore>) -> Source {
    let path = in_context(source);
    if path.is_empty() {
        return Source::Found {
            items: vec![Item {
                path,
                range: 0..tree.entries.len(),
                is_folder: true,
            }],
        };
    }
    if has_wildcard(&path) {
        return if parents {
            below_parents(&path, tree)
        } else {
            matches_of(&path, tree, ignore)
        };
    }
    // Backslashes are escapes to the builder, and separators to those who write them.
    if path.contains('\\') {
        return Source::Unknown;
    }
    let excluded = |present: bool| {
        let ignore = ignore?;
        let verdict = ignore.judge_path(&path);
        let line = ignore.decider(&verdict).map_or(1, |pattern| pattern.line);
        verdict.excluded.then(|| Source::Excluded {
            path: path.clone(),
            line,
            present,
        })
    };
    // What the checkout lacks may be among what `!` takes back: a submodule that was not fetched, a folder that a build fills.
    let may_send_below = ignore.is_some_and(|ignore| ignore.may_send_below(&path));
    let Some(index) = tree.find(&path) else {
        if tree.leads_through_link(&path) || !tree.complete {
            return Source::Unknown;
        }
        // A folder that is not sent was not walked.
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let parent_is_known = parent.is_empty() || tree.find(parent).is_some();
        if let Some(found) = excluded(false)
            && (!ignore.is_some_and(Dockerignore::has_exceptions) || parent_is_known)
            && !may_send_below
        {
            return found;
        }
        // An empty folder: a submodule that was not fetched.
        let nearest = path.rmatch_indices('/').find_map(|(at, _)| tree.find(path.get(..at)?));
        if nearest.is_some_and(|index| tree.below(index).len() == 1) {
            return Source::Unknown;
        }
        return Source::Missing {
            path,
            made_before: false,
        };
    };
    let Some(entry) = tree.entries.get(index) else {
        return Source::Unknown;
    };
    let range = tree.below(index);
    if !entry.sent && tree.sent(range.clone()).next().is_none() {
        if range.len() == 1 && entry.kind == EntryKind::Folder && may_send_below {
            return Source::Unknown;
        }
        return excluded(true).unwrap_or(Source::Unknown);
    }
    match entry.kind {
        EntryKind::Link => Source::Linked,
        kind => Source::Found {
            items: vec![Item {
                path,
                range,
                is_folder: kind == EntryKind::Folder && !parents,
            }],
        },
    }
}

/// What a pattern of `--parents` matches: it is read as one of an ignore file, `**` and everything in a folder included.
fn below_parents(pattern: &str, tree: &Tree) -> Source {
    let Some(pattern) = Dockerignore::parse(pattern)
        .ok()
        .filter(|_| !pattern.starts_with(['#', '!']))
    else {
        return Source::Unknown;
    };
    let entries = tree.entries.iter().enumerate();
    let files =
        entries.filter(|(_, entry)| entry.sent && entry.kind == EntryKind::File && pattern.excludes(&entry.path));
    let items: Vec<Item> = files
        .map(|(index, entry)| Item {
            path: entry.path.clone(),
            range: index..index + 1,
            is_folder: false,
        })
        .collect();
    match items.is_empty() {
        true => Source::Unknown,
        false => Source::Found { items },
    }
}

/// What a pattern matches among the files that are sent.
///
/// The builder looks for the folder before the first wildcard, and stops where it is not there.
fn matches_of(path: &str, tree: &Tree, ignore: Option<&Dockerignore>) -> Source {
    let folder = fixed(path);
    if !folder.is_empty() {
        match look(&folder, false, tree, ignore) {
            Source::Found { .. } => {}
            absent => return absent,
        }
    }
    let pattern = path.get(folder.len()..).unwrap_or(path).trim_start_matches('/');
    let Some(glob) = Glob::new(pattern) else {
        return Source::Unknown;
    };
    let range = if folder.is_empty() {
        0..tree.entries.len()
    } else {
        match tree.find(&folder) {
            Some(index) => tree.below(index),
            None => return Source::Unknown,
        }
    };
    let mut items: Vec<Item> = Vec::new();
    let mut skip = 0;
    for index in range {
        let Some(entry) = tree.entries.get(index).filter(|_| index >= skip) else {
            continue;
        };
        let inside = entry.path.get(folder.len()..).unwrap_or("").trim_start_matches('/');
        if inside.is_empty() || !glob.matches(inside) {
            continue;
        }
        let below = tree.below(index);
        skip = below.end;
        if tree.sent(below.clone()).next().is_some() {
            items.push(Item {
                path: entry.path.clone(),
                range: below,
                is_folder: entry.kind == EntryKind::Folder,
            });
        }
    }
    match (items.is_empty(), tree.complete) {
        (false, _) => Source::Found { items },
        (true, true) => Source::NoMatch,
        (true, false) => Source::Unknown,
    }
}

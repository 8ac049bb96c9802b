//! The lock files of package managers in a context: how many packages each names. What these hold is in none of them but `uv.lock`.

use super::uv_lock;
use crate::build::context::{Context, EntryKind, Locked, Source};
use crate::values::path::name;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// So many lock files are looked at, and so many bytes of each.
const MAX_FILES: usize = 32;
const WHOLE: u64 = 16 << 20;

/// How many packages a text names.
type Count = fn(&str) -> u64;

/// How lines of a lock file show a package.
const FILES: [(&str, Count); 11] = [
    ("Cargo.lock", tables),
    ("Gemfile.lock", gems),
    ("Pipfile.lock", pinned),
    ("composer.lock", composer),
    ("go.sum", go_modules),
    ("npm-shrinkwrap.json", npm),
    ("package-lock.json", npm),
    ("pnpm-lock.yaml", pnpm),
    ("poetry.lock", tables),
    ("uv.lock", tables),
    ("yarn.lock", yarn),
];

/// The lock files that are copied, by name, with their packages; one that lies in several places is left out.
pub(super) fn counted(context: &Context, workspace: &Workspace) -> BTreeMap<&'static str, Locked> {
    let sources = context.copies.iter().flat_map(|copy| &copy.sources);
    let items = sources.filter_map(|source| match source {
        Source::Found { items } => Some(items),
        _ => None,
    });
    let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in items.flatten() {
        for entry in context
            .tree
            .sent(item.range.clone())
            .filter(|entry| entry.kind == EntryKind::File)
        {
            if let Some((file, _)) = FILES.iter().find(|(file, _)| *file == name(&entry.path)) {
                paths.entry(file).or_default().insert(&entry.path);
            }
        }
    }
    let lone = paths.into_iter().filter(|(_, paths)| paths.len() == 1).take(MAX_FILES);
    let counts = lone.filter_map(|(file, paths)| {
        let (file, count) = FILES.iter().find(|(known, _)| *known == file)?;
        let path = Path::new(&context.folder).join(paths.first()?);
        let text = workspace
            .peek(&path, WHOLE)
            .filter(|text| (text.len() as u64) < WHOLE)?;
        let locked = Locked {
            packages: count(&text),
            at_least: if *file == "uv.lock" {
                uv_lock::at_least(&text)
            } else {
                0
            },
        };
        Some((*file, locked)).filter(|(_, locked)| locked.packages > 0)
    });
    counts.collect()
}

fn lines(text: &str, is_one: impl Fn(&str) -> bool) -> u64 {
    text.lines().filter(|line| is_one(line.trim_end())).count() as u64
}

/// TOML: `[[package]]`.
fn tables(text: &str) -> u64 {
    lines(text, |line| line == "[[package]]")
}

/// `    rails (8.0.1)`; what it needs is written with two blanks more.
fn gems(text: &str) -> u64 {
    lines(text, |line| {
        let inside = line.strip_prefix("    ").unwrap_or("");
        inside.starts_with(|first: char| first.is_ascii_alphanumeric()) && inside.ends_with(')')
    })
}

fn pinned(text: &str) -> u64 {
    lines(text, |line| line.trim_start().starts_with("\"version\": \"=="))
}

/// JSON with four blanks a level: the name of a package, not that of its authors.
fn composer(text: &str) -> u64 {
    lines(text, |line| line.starts_with("            \"name\": \""))
}

/// A module has a line for itself and one for its `go.mod`.
fn go_modules(text: &str) -> u64 {
    lines(text, |line| line.contains(" h1:") && !line.contains("/go.mod "))
}

/// Since version 2 by where they are put; version 1 is not counted.
fn npm(text: &str) -> u64 {
    lines(text, |line| {
        let line = line.trim_start();
        line.starts_with("\"node_modules/") && line.ends_with('{')
    })
}

/// The entries of `packages:`.
fn pnpm(text: &str) -> u64 {
    let inside = text.lines().skip_while(|line| line.trim_end() != "packages:").skip(1);
    let inside = inside.take_while(|line| line.is_empty() || line.starts_with(' '));
    let is_one = |line: &&str| line.starts_with("  ") && !line.starts_with("   ") && line.trim_end().ends_with(':');
    inside.filter(is_one).count() as u64
}

/// An entry begins at the margin; later versions have one about the file.
fn yarn(text: &str) -> u64 {
    lines(text, |line| {
        line.ends_with(':') && !line.starts_with([' ', '#']) && line != "__metadata:"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_packages() {
        let count = |file: &str, text: &str| {
            let (_, count) = FILES.iter().find(|(known, _)| *known == file).unwrap();
            count(text)
        };
        for (file, text, packages) in [
            (
                "Cargo.lock",
                "version = 4\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\n",
                2,
            ),
            (
                "Gemfile.lock",
                "GEM\n  specs:\n    a (1.0)\n      b (>= 1)\n    b (2.0)\n\nDEPENDENCIES\n  a\n",
                2,
            ),
            (
                "Pipfile.lock",
                "{\"default\": {\n  \"a\": {\n    \"version\": \"==1\"\n  }}}",
                1,
            ),
            (
                "composer.lock",
                "{\n    \"packages\": [\n        {\n            \"name\": \"a/b\",\n                    \"name\": \"A\"\n",
                1,
            ),
            ("go.sum", "a v1 h1:x=\na v1/go.mod h1:y=\nb v1/go.mod h1:z=\n", 1),
            (
                "package-lock.json",
                "{\n \"packages\": {\n  \"\": {},\n  \"node_modules/a\": {\n  },\n  \"node_modules/a/node_modules/b\": {\n",
                2,
            ),
            (
                "pnpm-lock.yaml",
                "importers:\n\n  .:\n\npackages:\n\n  a@1:\n    resolution: {}\n\n  'b@2':\n\nsnapshots:\n\n  a@1:\n",
                2,
            ),
            (
                "yarn.lock",
                "# yarn\n\n__metadata:\n  version: 8\n\n\"a@^1\", a@1:\n  version \"1\"\nb@2:\n",
                2,
            ),
            ("uv.lock", "", 0),
        ] {
            assert_eq!(count(file, text), packages, "{file}");
        }
    }
}

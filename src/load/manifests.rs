//! The files that manifests of a context name, and that a build with them cannot do without.

use crate::build::BuiltFile;
use crate::build::context::{Context, Demand, EntryKind, Reader};
use crate::parse::dockerfile::Kind;
use crate::values::path::{clean, name};
use crate::workspace::Workspace;
use std::path::Path;

/// So many manifests are read, and so many first bytes of each.
const MAX_FILES: usize = 64;
const PEEK: u64 = 64 << 10;

/// What the manifests name, of the programs that the Dockerfile runs.
pub(super) fn demands(context: &Context, file: &BuiltFile, workspace: &Workspace) -> Vec<Demand> {
    let runs = |words: &[&str]| {
        file.ast.instructions.iter().any(|instruction| match &instruction.kind {
            Kind::Run(run) => words.iter().any(|word| run.command.text.text.contains(word)),
            _ => false,
        })
    };
    let kinds: [(&str, bool, Read); 4] = [
        ("Cargo.toml", runs(&["cargo "]), cargo),
        (
            "pyproject.toml",
            runs(&["uv sync", "pip install", "pip3 install"]),
            python,
        ),
        ("package.json", runs(&["pnpm "]), package),
        ("pnpm-workspace.yaml", runs(&["pnpm "]), workspace_of_pnpm),
    ];
    let mut found = Vec::new();
    if !kinds.iter().any(|(_, runs, _)| *runs) {
        return found;
    }
    let files = context
        .tree
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File && entry.sent);
    let manifests = files.filter_map(|entry| {
        let kind = kinds
            .iter()
            .find(|(file, runs, _)| *runs && *file == name(&entry.path))?;
        Some((entry.path.as_str(), kind.2))
    });
    for (path, read) in manifests.take(MAX_FILES) {
        let sibling = |file: &str| workspace.peek(&Path::new(&context.folder).join(beside(path, file)), PEEK);
        let Some(text) = sibling(name(path)) else { continue };
        for (reader, needs) in read(&text, &sibling) {
            // What the context lacks as well may come from somewhere else.
            if sibling(&needs).is_some() {
                found.push(Demand {
                    manifest: path.to_owned(),
                    reader,
                    needs,
                });
            }
        }
    }
    found
}

/// Reads a manifest, with the files beside it.
type Read = fn(&str, &dyn Fn(&str) -> Option<String>) -> Vec<(Reader, String)>;

/// A path in the context, seen from the folder of a file.
fn beside(file: &str, other: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    clean(&format!("/{folder}/{other}")).trim_start_matches('/').to_owned()
}

/// The members of a workspace: Cargo reads the manifest of each, whatever it builds.
fn cargo(text: &str, _: &dyn Fn(&str) -> Option<String>) -> Vec<(Reader, String)> {
    let mut found = Vec::new();
    let (mut section, mut inside) = (String::new(), false);
    for line in text.lines().map(without_comment) {
        if !inside && line.starts_with('[') {
            line.clone_into(&mut section);
            continue;
        }
        inside |= section == "[workspace]" && line.split('=').next().is_some_and(|key| key.trim() == "members");
        if inside {
            let members = strings(line).filter(|member| !member.contains(['*', '?', '[']));
            found.extend(members.map(|member| (Reader::Cargo, format!("{member}/Cargo.toml"))));
            inside = !line.ends_with(']');
        }
    }
    found
}

/// What Hatchling reads of the folder of a project: the readme, and the hook of the build.
fn python(text: &str, _: &dyn Fn(&str) -> Option<String>) -> Vec<(Reader, String)> {
    let mut found = Vec::new();
    let (mut section, mut is_hatch, mut hook) = ("", false, None);
    for line in text.lines().map(without_comment) {
        if line.starts_with('[') {
            section = line;
            if matches!(
                section,
                "[tool.hatch.build.hooks.custom]" | "[tool.hatch.build.targets.wheel.hooks.custom]"
            ) {
                hook = Some("hatch_build.py".to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        match (section, key.trim()) {
            ("[build-system]", "build-backend") => is_hatch = value.contains("hatchling"),
            ("[tool.uv]", "package") if value.trim() == "false" => return Vec::new(),
            ("[project]", "readme") if !value.contains('{') || value.contains("file") => {
                let of_file = value.split_once("file").map_or(value, |(_, file)| file);
                let names = strings(of_file).find(|name| name.contains('.'));
                found.extend(names.map(|name| (Reader::Hatch, name.to_owned())));
            }
            (_, "path") if section.ends_with("hooks.custom]") && hook.is_some() => {
                hook = strings(value).next().map(str::to_owned)
            }
            _ => {}
        }
    }
    found.extend(hook.map(|hook| (Reader::Hatch, hook)));
    if !is_hatch {
        found.clear();
    }
    found
}

/// Patches, and what the file of the workspace says: catalogs, and overrides that the lock file holds too.
fn package(text: &str, sibling: &dyn Fn(&str) -> Option<String>) -> Vec<(Reader, String)> {
    const WORKSPACE: &str = "pnpm-workspace.yaml";
    let mut found = Vec::new();
    if text.contains("\"patchedDependencies\"") {
        let patches = strings(text).filter(|word| word.ends_with(".patch"));
        found.extend(patches.map(|patch| (Reader::Pnpm, patch.to_owned())));
    }
    if text.contains("\"catalog:") {
        found.push((Reader::Pnpm, WORKSPACE.to_owned()));
    }
    let overrides =
        |file: &str| sibling(file).is_some_and(|text| text.lines().any(|line| line.starts_with("overrides:")));
    if !text.contains("\"overrides\"") && overrides(WORKSPACE) && overrides("pnpm-lock.yaml") {
        found.push((Reader::FrozenPnpm, WORKSPACE.to_owned()));
    }
    found
}

fn workspace_of_pnpm(text: &str, _: &dyn Fn(&str) -> Option<String>) -> Vec<(Reader, String)> {
    let block = text
        .lines()
        .skip_while(|line| !line.starts_with("patchedDependencies:"))
        .skip(1);
    let block = block.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let values = block.filter_map(|line| Some(line.rsplit_once(": ")?.1.trim().trim_matches(['\'', '"'])));
    let patches = values.filter(|value| value.ends_with(".patch"));
    patches.map(|patch| (Reader::Pnpm, patch.to_owned())).collect()
}

/// A line of TOML without what follows a `#` that stands outside of quotes, as far as simple lines go.
fn without_comment(line: &str) -> &str {
    let end = line.match_indices('#').find(|(at, _)| {
        let before = line.get(..*at).unwrap_or("");
        before.matches('"').count() % 2 == 0 && before.matches('\'').count() % 2 == 0
    });
    end.map_or(line, |(at, _)| line.get(..at).unwrap_or("")).trim()
}

/// The quoted words of a text.
fn strings(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'']).skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_name_files() {
        let none = |_: &str| None;
        let members = "[workspace]\nresolver = \"3\"\nmembers = [ # all\n  \"a\",\n  # \"b\",\n  \"crates/*\", 'c'\n]\n[workspace.dependencies]\nx = { path = \"x\" }";
        let named: Vec<String> = cargo(members, &none).into_iter().map(|(_, needs)| needs).collect();
        assert_eq!(named, ["a/Cargo.toml", "c/Cargo.toml"]);
        let of = |text: &str| {
            python(text, &none)
                .into_iter()
                .map(|(_, needs)| needs)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let build = "[build-system]\nbuild-backend = \"hatchling.build\"\n";
        assert_eq!(of(&format!("[project]\nreadme = \"README.md\"\n{build}")), "README.md");
        assert_eq!(
            of(&format!(
                "[project]\nreadme = {{file = 'R.rst', content-type = 'text/x-rst'}}\n{build}"
            )),
            "R.rst"
        );
        assert_eq!(of(&format!("[project]\nreadme = {{text = 'A. B.'}}\n{build}")), "");
        assert_eq!(of("[project]\nreadme = \"README.md\"\n"), "");
        assert_eq!(
            of(&format!("{build}[tool.hatch.build.hooks.custom]\n")),
            "hatch_build.py"
        );
        assert_eq!(
            of(&format!("{build}[tool.hatch.build.hooks.custom]\npath = \"b.py\"")),
            "b.py"
        );
        assert_eq!(
            of(&format!(
                "[project]\nreadme = \"README.md\"\n{build}[tool.uv]\npackage = false"
            )),
            ""
        );
    }
}

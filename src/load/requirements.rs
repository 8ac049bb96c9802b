//! The Python packages that the lists of a context name.

use crate::build::context::{Context, EntryKind, Requirements, Source};
use crate::values::path::name;
use crate::workspace::Workspace;
use std::path::Path;

/// Lists up to this size are read whole.
const WHOLE: u64 = 256 << 10;

/// What the copied lists name (`requirements.txt`, `requirements-prod.txt`).
pub(super) fn named(context: &Context, workspace: &Workspace) -> Requirements {
    const ASKERS: [&str; 8] = [
        "dynamic-versioning",
        "hatch-vcs",
        "pbr.build",
        "pbr=True",
        "setuptools-scm",
        "setuptools_scm",
        "use_scm_version",
        "versioneer",
    ];
    let asks = |file: &str| {
        let text = workspace
            .peek(&Path::new(&context.folder).join(file), WHOLE)
            .unwrap_or_default();
        ASKERS.iter().any(|word| text.contains(word))
    };
    let mut all = Requirements {
        by_git: asks("pyproject.toml") || asks("setup.py"),
        ..Requirements::default()
    };
    let found = context
        .copies
        .iter()
        .flat_map(|copy| &copy.sources)
        .filter_map(|source| match source {
            Source::Found { items } => Some(items),
            _ => None,
        });
    for item in found.flatten() {
        for entry in context.tree.sent(item.range.clone()) {
            let file = name(&entry.path);
            if entry.kind != EntryKind::File || !file.contains("requirements") || !file.ends_with(".txt") {
                continue;
            }
            let text = workspace.peek(&Path::new(&context.folder).join(&entry.path), WHOLE);
            match text.filter(|text| (text.len() as u64) < WHOLE) {
                Some(text) => text.lines().for_each(|line| take(line, &mut all)),
                None => all.others = true,
            }
        }
    }
    all
}

/// One line: a package, or something that may bring any.
fn take(line: &str, all: &mut Requirements) {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if line.is_empty() || line.starts_with(['#', '\\']) || line.starts_with("--hash") {
        return;
    }
    let end = line.find(|letter: char| !letter.is_ascii_alphanumeric() && !"._-".contains(letter));
    let package = line.get(..end.unwrap_or(line.len())).unwrap_or(line);
    // A folder, an address, an option, another list.
    if package.is_empty() || line.starts_with(['.', '-', '/']) || line.contains("://") {
        all.others = true;
        return;
    }
    all.packages.insert(Requirements::plain(package));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_packages() {
        let mut all = Requirements::default();
        for line in [
            "Flask==3.1",
            "uvicorn[standard]>=0.3 # x",
            "# no",
            "",
            "ruamel.yaml ; python_version > '3'",
        ] {
            take(line, &mut all);
        }
        let names: Vec<&str> = all.packages.iter().map(String::as_str).collect();
        assert_eq!(names, ["flask", "ruamel_yaml", "uvicorn"]);
        assert!(!all.others);
        take("-e .", &mut all);
        assert!(all.others);
    }
}

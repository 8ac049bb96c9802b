//! What `uv.lock` says of the size of what it locks: how large the wheels are.
//!
//! A wheel is an archive of what is installed. Unpacked that is no smaller, but for the archive's own headers: half of it counts. Of
//! each package the smallest wheel counts, since the platform chooses, and only of those that the project needs everywhere.

use std::collections::{BTreeMap, BTreeSet};

/// A locked package.
#[derive(Default)]
struct Package<'a> {
    /// It is the project itself.
    is_root: bool,
    /// What it needs on every platform.
    needs: Vec<&'a str>,
    /// The smallest wheel, if all of them have a size.
    wheel: Option<u64>,
}

/// So many bytes are installed at least, whatever is asked for besides.
pub(super) fn at_least(text: &str) -> u64 {
    let mut packages: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    for block in text.split("[[package]]\n").skip(1) {
        // Tables of the package (its extras, its groups) follow its own keys.
        let keys = block.split("\n[").next().unwrap_or("");
        let Some(name) = value(keys, "name = \"") else { continue };
        let read = read(keys);
        // Another version for another platform: either may be installed, and only what both need is needed.
        match packages.get_mut(name) {
            None => drop(packages.insert(name, read)),
            Some(known) => {
                known.wheel = known.wheel.zip(read.wheel).map(|(one, two)| one.min(two));
                known.needs.retain(|need| read.needs.contains(need));
            }
        }
    }
    let mut todo: Vec<&str> = Vec::new();
    let mut roots = packages.values().filter(|package| package.is_root);
    if let (Some(root), None) = (roots.next(), roots.next()) {
        todo.extend(&root.needs);
    }
    let mut seen = BTreeSet::new();
    let mut total: u64 = 0;
    while let Some(name) = todo.pop() {
        if let Some(package) = packages.get(name).filter(|_| seen.insert(name)) {
            total = total.saturating_add(package.wheel.unwrap_or(0) / 2);
            todo.extend(&package.needs);
        }
    }
    total
}

/// What stands behind a word at the beginning of a line, up to the next quotation mark.
fn value<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split('"').next()
}

fn read(keys: &str) -> Package<'_> {
    let source = keys.lines().find_map(|line| line.strip_prefix("source = {"));
    let mut package = Package {
        is_root: source.is_some_and(|source| matches!(source.trim(), r#"virtual = "." }"# | r#"editable = "." }"#)),
        ..Package::default()
    };
    let mut wheels = Vec::new();
    let mut list = "";
    for line in keys.lines() {
        match line.trim_start().strip_prefix('{') {
            Some(entry) if list == "dependencies" && !entry.contains("marker = ") => {
                package.needs.extend(entry.split('"').nth(1));
            }
            Some(entry) if list == "wheels" => wheels.push(size(entry)),
            Some(_) => {}
            None => list = line.split(" = [").next().unwrap_or(""),
        }
    }
    // A wheel without a size may be any.
    package.wheel = wheels
        .into_iter()
        .collect::<Option<Vec<u64>>>()
        .and_then(|sizes| sizes.into_iter().min());
    package
}

fn size(entry: &str) -> Option<u64> {
    let (_, rest) = entry.split_once("size = ")?;
    let end = rest.find(|other: char| !other.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "web" },
    { name = "colors", marker = "sys_platform == 'win32'" },
]

[package.dev-dependencies]
dev = [
    { name = "checker" },
]

[[package]]
name = "checker"
version = "1"
wheels = [
    { url = "https://x/checker.whl", hash = "sha256:0", size = 9000 },
]

[[package]]
name = "colors"
version = "1"
wheels = [
    { url = "https://x/colors.whl", hash = "sha256:0", size = 7000 },
]

[[package]]
name = "core"
version = "2"
wheels = [
    { url = "https://x/core-win.whl", hash = "sha256:0", size = 3000, upload-time = "2025" },
    { url = "https://x/core-linux.whl", hash = "sha256:0", size = 5000, upload-time = "2025" },
]

[[package]]
name = "web"
version = "1"
dependencies = [
    { name = "core" },
    { name = "web" },
]
sdist = { url = "https://x/web.tar.gz", hash = "sha256:0", size = 100000 }
wheels = [
    { url = "https://x/web.whl", hash = "sha256:0", size = 1000 },
]
"#;

    #[test]
    fn what_the_project_needs_everywhere_counts_by_its_smallest_wheel() {
        assert_eq!(at_least(LOCK), 500 + 1500);
        // Another version of it, and a wheel without a size.
        let twice = format!(
            "{LOCK}\n[[package]]\nname = \"web\"\nversion = \"2\"\nwheels = [\n    {{ url = \"x\", size = 400 }},\n]\n"
        );
        assert_eq!(at_least(&twice), 200);
        assert_eq!(at_least(&LOCK.replace(", size = 5000", "")), 500);
        assert_eq!(
            at_least(&LOCK.replace("virtual = \".\"", "virtual = \"packages/a\"")),
            0
        );
        assert_eq!(at_least(""), 0);
    }
}

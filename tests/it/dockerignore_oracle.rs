//! `.dockerignore` against the real thing: for every ignore file, the files that `docker build` sends and that `COPY . /`
//! brings are the ones that we say are sent.
//!
//! Without an engine it says `skipped: ...` and passes, unless `PLIMSOLL_REQUIRE_DOCKER=1`.
use plimsoll::inspect::Dockerignore;
use plimsoll::inspect::EntryKind;
use plimsoll::inspect::Workspace;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

const FILES: [&str; 22] = [
    ".env",
    ".git/HEAD",
    ".git/objects/aa",
    "a",
    "ab",
    "a.txt",
    "b.md",
    "README.md",
    "README-secret.md",
    "node_modules/x/index.js",
    "node_modules/x/.env",
    "src/.env",
    "src/a.txt",
    "src/main/a",
    "src/main/deep/a.txt",
    "src/main/deep/b.md",
    "src/node_modules/y/index.js",
    "docs/README.md",
    "docs/a/b/c/d.txt",
    "we ird/a b.txt",
    "#hash",
    "!bang",
];

/// Ignore files that people write, and corners of the grammar.
const WRITTEN: [&str; 34] = [
    "",
    ".env\n",
    "**/.env\n",
    "/.env\n./a\n",
    "node_modules/\n",
    "**/node_modules\n",
    "*\n!a\n",
    "*\n!src\nsrc/main\n",
    "*\n!src/main/deep/*.md\n",
    "**\n!**/*.md\n",
    "*.md\n!README*.md\nREADME-secret.md\n",
    "*.md\nREADME-secret.md\n!README*.md\n",
    "*/*.md\n",
    "*/*/*\n",
    "**/*.txt\n!docs/**\n",
    "src/**\n!src/main/**\nsrc/main/deep\n",
    "src/**/a.txt\n",
    "**/deep/**\n",
    "docs/**/d.txt\n",
    "docs/*/b\n",
    "a?\n",
    "[ab]*\n",
    "[^a-b]*\n",
    "[a-\n",
    "# comment\n #hash\n",
    "\\#hash\n",
    "\\!bang\n",
    "we ird\n",
    "we*/a b.txt\n",
    "../a\nsrc/../a\n",
    "src/./main\nsrc//.env\n",
    "!a\n*\n",
    "  a  \r\n\tab\t\r\n",
    "\u{feff}.env\n",
];

/// The legacy client does not enter an excluded folder unless an exception begins with its name (moby `pkg/archive`); BuildKit
/// does for every exception with a wildcard (`onlyPrefixExcludeExceptions` in tonistiigi/fsutil `filter.go`), and so do we.
const ONLY_BUILDKIT_ENTERS: [&str; 1] = ["**\n!**/*.md\n"];

/// Parts of which lines are put together at random.
const PARTS: [&str; 16] = [
    "*",
    "**",
    "a",
    "a*",
    "*.md",
    "*.txt",
    "src",
    "main",
    "deep",
    "docs",
    "node_modules",
    ".env",
    "?b",
    "[a-c]",
    "..",
    ".",
];

/// A generator of numbers that are the same in every run (a 64-bit linear congruential one, Knuth's constants).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn ignore_file(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.below(4) {
            text.push_str(["", "", "!"][self.below(3)]);
            text.push_str(["", "", "", "/", "./"][self.below(5)]);
            let parts: Vec<&str> = (0..1 + self.below(3)).map(|_| PARTS[self.below(PARTS.len())]).collect();
            text.push_str(&parts.join("/"));
            text.push_str(["", "", "/"][self.below(3)]);
            text.push('\n');
        }
        text
    }
}

fn docker(words: &[&str]) -> std::process::Output {
    Command::new("docker")
        .args(words)
        .env("DOCKER_BUILDKIT", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The files that the engine copied; `None` if the client or the engine refuses the ignore file.
fn theirs(folder: &Path) -> Option<BTreeSet<String>> {
    let built = docker(&["build", "--quiet", "--force-rm", folder.to_str().unwrap()]);
    let image = String::from_utf8_lossy(&built.stdout).trim().to_owned();
    if !built.status.success() {
        let error = String::from_utf8_lossy(&built.stderr);
        // Nothing was sent: the ignore file is fine, and COPY has nothing to take.
        return error.contains("no source files were specified").then(BTreeSet::new);
    }
    let container = docker(&["create", &image, "none"]);
    let container = String::from_utf8_lossy(&container.stdout).trim().to_owned();
    let mut export = Command::new("docker")
        .args(["export", &container])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let list = Command::new("tar")
        .arg("t")
        .stdin(export.stdout.take().unwrap())
        .output()
        .unwrap();
    export.wait().unwrap();
    docker(&["rm", "--force", &container]);
    docker(&["rmi", "--force", &image]);
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    Some(
        names
            .lines()
            .filter_map(|name| name.strip_prefix("context/"))
            .filter(|name| !name.ends_with('/') && is_compared(name))
            .map(str::to_owned)
            .collect(),
    )
}

/// The client sends these two whatever the ignore file says, and the engine then takes them away, or not.
fn is_compared(name: &str) -> bool {
    !name.is_empty() && name != "Dockerfile" && name != ".dockerignore"
}

/// The files that we say are sent; `Err(true)` for an ignore file that the builder refuses, `Err(false)` for one that we do
/// not follow.
fn ours(folder: &Path, text: &str) -> Result<BTreeSet<String>, bool> {
    let ignore = Dockerignore::parse(text).map_err(|refused| refused.by_builder)?;
    let workspace = Workspace::open(folder).unwrap();
    let tree = workspace.tree(Path::new(""), &[String::new()], Some(&ignore));
    assert!(tree.complete, "{text:?}");
    Ok(tree
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File && entry.sent && is_compared(&entry.path))
        .map(|entry| entry.path.clone())
        .collect())
}

#[test]
fn what_is_sent_is_what_docker_sends() {
    if !docker(&["version"]).status.success() {
        assert!(
            std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
            "an engine is required here and none answers"
        );
        println!("skipped: no Docker engine answers");
        return;
    }
    let mut random = Random(20_261_127);
    let drawn: Vec<String> = (0..60).map(|_| random.ignore_file()).collect();
    let texts = WRITTEN.iter().copied().chain(drawn.iter().map(String::as_str));
    let (mut same, mut refused, mut undecided, mut surprises) = (0, 0, 0, Vec::new());
    for text in texts {
        let folder = tempfile::tempdir().unwrap();
        for file in FILES {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\nCOPY . /context/\n").unwrap();
        std::fs::write(folder.path().join(".dockerignore"), text).unwrap();
        match (theirs(folder.path()), ours(folder.path(), text)) {
            (_, Err(false)) => undecided += 1,
            (None, Err(true)) => refused += 1,
            (Some(theirs), Ok(ours)) if theirs == ours => same += 1,
            (Some(theirs), Ok(ours)) if ONLY_BUILDKIT_ENTERS.contains(&text) => assert!(theirs.is_subset(&ours)),
            (theirs, ours) => {
                let (sent, said) = (theirs.unwrap_or_default(), ours.unwrap_or_default());
                surprises.push(format!(
                    "{text:?}: only docker sends {:?}, only we do {:?}",
                    sent.difference(&said).collect::<Vec<_>>(),
                    said.difference(&sent).collect::<Vec<_>>()
                ));
            }
        }
    }
    println!("ignore files: {same} the same, {refused} refused by both, {undecided} not followed");
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

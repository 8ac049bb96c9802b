//! The ledger against images that are really built: what is certain is never more than there is, what is counted is right to
//! the byte, and what is estimated is close.
//!
//! The bases are made here: a minbase root of Debian 12, and busybox alone. Where there is no engine, no debootstrap or no
//! busybox the test says `skipped: ...` and passes, unless `PLIMSOLL_REQUIRE_DOCKER=1`. `UPDATE=1` writes `docs/image-size.md`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![cfg(target_os = "linux")]

#[path = "image_size/cases.rs"]
mod cases;
mod support;

use cases::{CASES, Case};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Workspace;
use support::programs::{good, is_there, run, say};

/// The images that stand in for an official Debian and for busybox.
const DEBIAN: &str = "plimsoll-size/debian:bookworm";
const BUSYBOX: &str = "plimsoll-size/busybox:1";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Why it cannot run here.
fn lacking() -> Option<&'static str> {
    let engine = Command::new("docker")
        .args(["version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !engine {
        return Some("no Docker engine answers");
    }
    if !is_there("debootstrap") || !is_there("busybox") {
        return Some("debootstrap or busybox is not installed");
    }
    let may = run("sh", &["-c", &format!("{} true", as_root())]).status.success();
    (!may).then_some("debootstrap needs root")
}

/// What goes before a command that needs root.
fn as_root() -> &'static str {
    if good("id", &["-u"]) == "0" { "" } else { "sudo -n" }
}

/// Runs a shell text as root.
fn root(text: &str) {
    let words = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-euc", text];
    match as_root().split_once(' ') {
        Some((sudo, flag)) => good(sudo, &[&[flag], &words[..]].concat()),
        None => good(words[0], &words[1..]),
    };
}

// ---- bases

/// A root of Debian 12 as a tar, made once. What official images add to a minbase root is told to apt here too: it keeps
/// neither packages nor its caches, and its lists compressed.
fn debian(store: &Path) -> PathBuf {
    let tar = store.join("debian.tar");
    if !tar.exists() {
        let (path, half) = (store.join("root"), store.join("debian.tar.half"));
        let (path, half_path) = (path.to_str().unwrap(), half.to_str().unwrap());
        root(&format!(
            r#"rm -rf {path}
            debootstrap --variant=minbase bookworm {path} http://deb.debian.org/debian >&2
            cd {path}
            rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb
            cat >etc/apt/apt.conf.d/90image <<'END'
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
DPkg::Post-Invoke {{ "rm -f /var/cache/apt/archives/*.deb || true"; }};
END
            cat >etc/apt/sources.list <<'END'
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
END
            tar -cf {half_path} .
            rm -rf {path}"#
        ));
        std::fs::rename(half, &tar).unwrap();
    }
    tar
}

/// Busybox alone, with a link for each program that the cases use.
fn busybox(store: &Path) -> PathBuf {
    let tar = store.join("busybox.tar");
    let root = tempfile::tempdir_in(store).unwrap();
    let bin = root.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(root.path().join("etc")).unwrap();
    std::fs::write(
        root.path().join("etc/passwd"),
        "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    )
    .unwrap();
    let real = good("sh", &["-c", "readlink -f \"$(command -v busybox)\""]);
    std::fs::copy(real, bin.join("busybox")).unwrap();
    for program in [
        "sh", "cp", "mv", "rm", "mkdir", "chown", "chmod", "ln", "touch", "cat", "echo", "ls", "true", "sed",
    ] {
        std::os::unix::fs::symlink("busybox", bin.join(program)).unwrap();
    }
    good(
        "tar",
        &["-C", root.path().to_str().unwrap(), "-cf", tar.to_str().unwrap(), "."],
    );
    tar
}

/// Imports a root and says how many bytes the engine counts.
fn import(tar: &Path, name: &str) -> u64 {
    good("docker", &["import", tar.to_str().unwrap(), name]);
    good("docker", &["image", "inspect", "--format", "{{.Size}}", name])
        .parse()
        .unwrap()
}

// ---- one case

/// What was foretold and what was built.
struct Outcome {
    name: &'static str,
    at_least: u64,
    estimate: Option<u64>,
    basis: String,
    measured: u64,
    /// Bytes of the base image; they are given.
    base: u64,
    exact_rows: usize,
    rows: usize,
    wrong: Vec<String>,
}

impl Outcome {
    /// How far off the estimate is, in percent of what was measured.
    fn off(&self) -> Option<f64> {
        off(self.estimate?, self.measured)
    }

    /// The same without the base, whose bytes are given.
    fn own_off(&self) -> Option<f64> {
        off(self.estimate?.saturating_sub(self.base), self.measured - self.base)
    }
}

/// Takes away what a build leaves of its stages; an image that still has a name stays.
fn tidy(said: &str) {
    for line in said.lines().rev() {
        if let Some(id) = line.trim().strip_prefix("---> ").filter(|id| id.len() == 12) {
            let names = run("docker", &["image", "inspect", "--format", "{{len .RepoTags}}", id]);
            if String::from_utf8_lossy(&names.stdout).trim() == "0" {
                run("docker", &["image", "rm", id]);
            }
        }
    }
}

fn off(about: u64, measured: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    let (about, measured) = (about as f64, measured as f64);
    (measured > 0.0).then(|| (about - measured) / measured * 100.0)
}

fn built(case: &Case, table: &str) -> Outcome {
    let workspace = Workspace::new(&[]);
    for (path, bytes) in case.files {
        workspace.write(&format!("context/{path}"), &cases::content(path, *bytes));
    }
    for (path, target) in case.links {
        std::os::unix::fs::symlink(target, workspace.path().join("context").join(path)).unwrap();
    }
    if !case.ignore.is_empty() {
        workspace.write("context/.dockerignore", case.ignore.as_bytes());
    }
    if case.archive {
        let folder = workspace.path().join("context");
        good(
            "tar",
            &[
                "-C",
                folder.to_str().unwrap(),
                "-cf",
                folder.join("pack.tar").to_str().unwrap(),
                "a.bin",
            ],
        );
    }
    let text = case.dockerfile.replace("DEBIAN", DEBIAN).replace("BUSYBOX", BUSYBOX);
    workspace.write("context/Dockerfile", text.as_bytes());
    let catalogue = if case.lock { "" } else { "catalogue: images.tsv\n" };
    let config =
        format!("version: 1\n{catalogue}contexts:\n  - {{dockerfile: context/Dockerfile, context: context}}\n");
    workspace.write("plimsoll.yaml", config.as_bytes());
    workspace.write("images.tsv", table.as_bytes());
    if case.lock {
        let locked = workspace.run(&["lock"]);
        assert_eq!(locked.code, 0, "{}: {}{}", case.name, locked.out, locked.err);
    }
    let report = workspace.json(&[]);
    let image = &report["units"][0]["image"];
    let number = |value: &Value| value.as_u64();

    let tag = format!("plimsoll-size/case:{}", case.name);
    let context = workspace.path().join("context");
    let said = good(
        "docker",
        &[
            "build",
            "--network",
            "host",
            "--force-rm",
            "--tag",
            &tag,
            context.to_str().unwrap(),
        ],
    );
    let measured: u64 = good("docker", &["image", "inspect", "--format", "{{.Size}}", &tag])
        .parse()
        .unwrap();
    let history = good(
        "docker",
        &[
            "history",
            "--no-trunc",
            "--human=false",
            "--format",
            "{{.Size}}\t{{.CreatedBy}}",
            &tag,
        ],
    );
    run("docker", &["image", "rm", &tag]);
    tidy(&said);
    let layers: Vec<(u64, &str)> = history
        .lines()
        .rev()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(_, by)| {
            let by = by.trim();
            let nop = by.split_once("#(nop) ").map(|(_, rest)| rest.trim_start());
            nop.map_or(!by.is_empty(), |rest| {
                rest.starts_with("COPY ") || rest.starts_with("ADD ")
            })
        })
        .map(|(size, by)| (size.parse().unwrap(), by))
        .collect();
    let rows: Vec<&Value> = image["layers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| !row["instruction"].as_str().unwrap().starts_with("FROM "))
        .collect();
    assert_eq!(rows.len(), layers.len(), "{}: {rows:#?}\n{history}", case.name);
    let mut outcome = Outcome {
        name: case.name,
        at_least: number(&image["at_least_bytes"]).unwrap(),
        estimate: number(&image["estimate_bytes"]),
        basis: image["basis"].as_str().unwrap().to_owned(),
        measured,
        base: measured - layers.iter().map(|(size, _)| size).sum::<u64>(),
        exact_rows: 0,
        rows: rows.len(),
        wrong: Vec::new(),
    };
    for (row, (size, by)) in rows.iter().zip(&layers) {
        let at_least = number(&row["at_least_bytes"]).unwrap();
        let is_exact = row["basis"] == "exact";
        outcome.exact_rows += usize::from(is_exact);
        if at_least > *size || is_exact && at_least != *size {
            outcome
                .wrong
                .push(format!("{}: {row:#} but the engine has {size} for {by}", case.name));
        }
        if std::env::var_os("SHOW").is_some() {
            say(&format!(
                "    {:>12} {:>12} {:>12}  {}",
                at_least,
                number(&row["estimate_bytes"]).map_or("?".to_owned(), |about| about.to_string()),
                size,
                row["instruction"].as_str().unwrap()
            ));
        }
    }
    if outcome.at_least > measured || outcome.basis == "exact" && outcome.at_least != measured {
        outcome
            .wrong
            .push(format!("{}: {image:#} but the engine has {measured}", case.name));
    }
    outcome
}

#[test]
fn the_ledger_agrees_with_what_the_engine_builds() {
    if let Some(reason) = lacking() {
        assert!(
            std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
            "{reason}"
        );
        say(&format!("skipped: the ledger against real builds: {reason}"));
        return;
    }
    let store = project().join("target/image-size");
    std::fs::create_dir_all(&store).unwrap();
    let mut table = "image\ttag\tsize_mb\tlike\n".to_owned();
    for (name, tar, like) in [
        (DEBIAN, debian(&store), "debian:bookworm"),
        (BUSYBOX, busybox(&store), ""),
    ] {
        let bytes = import(&tar, name);
        let (image, tag) = name.split_once(':').unwrap();
        writeln!(
            table,
            "{image}\t{tag}\t{}.{:06}\t{like}",
            bytes / 1_000_000,
            bytes % 1_000_000
        )
        .unwrap();
    }
    let outcomes: Vec<Outcome> = CASES.iter().map(|case| built(case, &table)).collect();
    let shown = document(&outcomes);
    say(&shown);
    for outcome in &outcomes {
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    }
    let near = outcomes
        .iter()
        .filter(|outcome| outcome.off().is_some_and(|off| off.abs() <= 15.0))
        .count();
    assert!(outcomes.len() >= 60, "{} cases", outcomes.len());
    assert!(
        near * 100 >= outcomes.len() * 80,
        "only {near} of {} are within 15 %",
        outcomes.len()
    );
    for name in [DEBIAN, BUSYBOX] {
        run("docker", &["image", "rm", name]);
    }
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(project().join("docs/image-size.md"), shown).unwrap();
    }
}

/// The table with what stands around it.
fn document(outcomes: &[Outcome]) -> String {
    let engine = good("docker", &["version", "--format", "{{.Server.Version}}"]);
    let driver = good("docker", &["info", "--format", "{{.Driver}}"]);
    let near = outcomes
        .iter()
        .filter(|outcome| outcome.off().is_some_and(|off| off.abs() <= 15.0))
        .count();
    let known = outcomes.iter().filter(|outcome| outcome.estimate.is_some()).count();
    let exact: usize = outcomes.iter().map(|outcome| outcome.exact_rows).sum();
    let rows: usize = outcomes.iter().map(|outcome| outcome.rows).sum();
    let mut text = include_str!("image_size/head.md").to_owned();
    writeln!(
        text,
        "Engine {engine}, storage driver {driver}. {} images: the lower bound was never above what was built; {exact} of {rows} rows are exact, and\nequal to the engine's layers to the byte; {known} images have an estimate, and {near} of all are within 15 %.\n",
        outcomes.len()
    )
    .unwrap();
    text.push_str("| case | basis | at least | estimate | built | off | off without base | exact rows |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for outcome in outcomes {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} of {} |",
            outcome.name,
            outcome.basis,
            outcome.at_least,
            outcome.estimate.map_or("-".to_owned(), |about| about.to_string()),
            outcome.measured,
            outcome.off().map_or("-".to_owned(), |off| format!("{off:+.1} %")),
            outcome.own_off().map_or("-".to_owned(), |off| format!("{off:+.1} %")),
            outcome.exact_rows,
            outcome.rows
        )
        .unwrap();
    }
    text
}

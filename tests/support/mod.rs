//! Runs the binary in a workspace that is made on the fly.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

pub(crate) mod image;

use plimsoll::inspect::{Example, Rule};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A folder that goes away with the test.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
}

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Workspace {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            workspace.write(path, text.as_bytes());
        }
        workspace
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn run(&self, words: &[&str]) -> Shown {
        self.run_with(words, &[])
    }

    /// Runs the binary in the folder with nothing of this environment but what is given.
    pub(crate) fn run_with(&self, words: &[&str], env: &[(&str, &str)]) -> Shown {
        let started = Instant::now();
        // The program is made for debugging here, and shares the machine.
        let is_check = words
            .first()
            .is_none_or(|word| *word == "check" || word.starts_with('-'));
        let patience: &[&str] = match is_check && !words.contains(&"--deadline") && !words.contains(&"--help") {
            true => &["--deadline", "10m"],
            false => &[],
        };
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(words)
            .args(patience)
            .current_dir(self.path())
            .env_clear()
            // Tests say the same on every day.
            .env("SOURCE_DATE_EPOCH", "1795824000")
            .envs(env.iter().copied())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        Shown {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: started.elapsed(),
        }
    }

    /// Runs git in the folder with nobody's configuration of names; whether it went well.
    pub(crate) fn git(&self, words: &[&str]) -> bool {
        let settings = ["user.name=t", "user.email=t@example.org", "init.defaultBranch=main"];
        Command::new("git")
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .args(words)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Makes the folder a repository; says visibly if there is no git to do it.
    pub(crate) fn has_git(&self) -> bool {
        let made = self.git(&["init", "--quiet"]);
        if !made {
            println!("skipped: there is no git");
        }
        made
    }

    /// The JSON report of the whole folder.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let mut all = vec!["check", "--root", ".", "--format", "json"];
        all.extend(words);
        let shown = self.run(&all);
        serde_json::from_str(&shown.out).unwrap_or_else(|error| panic!("no JSON ({error}): {shown:?}"))
    }
}

/// `rule path:line` of every finding.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap();
    all.iter()
        .map(|finding| {
            let at = &finding["location"];
            format!(
                "{} {}:{}",
                finding["rule"].as_str().unwrap(),
                at["path"].as_str().unwrap(),
                at["line"]
            )
        })
        .collect()
}

/// Whether a rule has a finding.
pub(crate) fn has(report: &Value, rule: &str) -> bool {
    findings(report)
        .iter()
        .any(|finding| finding.split(' ').next() == Some(rule))
}

/// The folder with material that is not part of the project; says visibly if it is not there.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("PLIMSOLL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no folder '../shared' beside the project");
    None
}

/// A workspace of the files of an example, in which its rule is on.
pub(crate) fn example_folder(rule: &Rule, files: &[&Example]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(&file.file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if file.file == ".git/index" {
            track(folder.path(), &file.text);
        } else if file.file.ends_with(".tar") {
            std::fs::write(path, image::archive(&file.text)).unwrap();
        } else {
            std::fs::write(path, &file.text).unwrap();
        }
    }
    // A rule that is off is on for its own examples.
    let turned_on = rule.severity.is_none() && !files.iter().any(|file| file.file == "plimsoll.yaml");
    if turned_on {
        std::fs::write(
            folder.path().join("plimsoll.yaml"),
            format!("rules: {{{}: warning}}\n", rule.name),
        )
        .unwrap();
    }
    folder
}

/// A repository with nothing but an index of these paths.
fn track(folder: &Path, paths: &str) {
    let git = folder.join(".git");
    for name in ["objects", "refs"] {
        std::fs::create_dir_all(git.join(name)).unwrap();
    }
    std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let mut paths: Vec<&str> = paths.lines().collect();
    paths.sort_unstable();
    let mut index = b"DIRC\0\0\0\x02".to_vec();
    index.extend(u32::try_from(paths.len()).unwrap().to_be_bytes());
    for path in paths {
        let start = index.len();
        index.extend([0; 24]);
        index.extend(0o100_644_u32.to_be_bytes());
        index.extend([0; 12]);
        index.extend([1; 20]);
        index.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        index.extend(path.as_bytes());
        let entry = index.len() - start;
        index.extend(vec![0; 8 - entry % 8]);
    }
    // No checksum, as `index.skipHash` leaves it.
    index.extend([0; 20]);
    std::fs::write(git.join("index"), index).unwrap();
}

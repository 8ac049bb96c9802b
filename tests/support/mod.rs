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
pub(crate) mod programs;

use plimsoll::inspect::{CheckArgs, Example, Report, Rule, judge};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Tests say the same on every day: on this one, which begins at [`EPOCH`].
pub(crate) const TODAY: &str = "2026-11-28";
pub(crate) const EPOCH: &str = "1795824000";

/// What `--format` takes.
pub(crate) const FORMATS: [&str; 10] = [
    "text",
    "json",
    "json-pretty",
    "sarif",
    "github",
    "markdown",
    "markdown-brief",
    "gitlab",
    "junit",
    "line",
];

/// The binary in a folder, with nothing of this environment and nothing on standard input.
pub(crate) fn plimsoll(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// git in a folder, with nobody's settings.
pub(crate) fn git(folder: &Path) -> Command {
    let settings = [
        "user.name=t",
        "user.email=t@example.org",
        "init.defaultBranch=main",
        "commit.gpgSign=false",
        "protocol.file.allow=always",
        "advice.detachedHead=false",
    ];
    let mut command = Command::new("git");
    command
        .args(settings.iter().flat_map(|setting| ["-c", setting]))
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// Whether there is a git program; says so visibly if not.
pub(crate) fn has_git() -> bool {
    let has = Command::new("git").arg("--version").output().is_ok();
    if !has {
        println!("skipped: there is no git");
    }
    has
}

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

impl Shown {
    fn of(output: &Output, took: Duration) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            took,
        }
    }
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
        let output = plimsoll(self.path())
            .args(words)
            .args(patience)
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .envs(env.iter().copied())
            .output()
            .unwrap();
        Shown::of(&output, started.elapsed())
    }

    /// Runs the binary where nobody reads what it prints: the pipe is closed before it starts.
    pub(crate) fn run_unread(&self, words: &[&str]) -> Shown {
        let started = Instant::now();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = plimsoll(self.path())
            .args(words)
            .env("SOURCE_DATE_EPOCH", EPOCH)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        Shown::of(&output, started.elapsed())
    }

    /// A repository with these files in one commit, on the branch `main`; `None`, said visibly, where there is no git.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Option<Self> {
        let workspace = Self::new(files);
        workspace.has_git().then(|| {
            workspace.commit();
            workspace
        })
    }

    /// Commits everything as it is: the name of the commit.
    pub(crate) fn commit(&self) -> String {
        assert!(self.git(&["add", "-A"]) && self.git(&["commit", "--quiet", "--message", "x"]));
        self.revision("HEAD")
    }

    /// The commit of this name.
    pub(crate) fn revision(&self, name: &str) -> String {
        let output = git(self.path()).args(["rev-parse", name]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs git in the folder; whether it went well.
    pub(crate) fn git(&self, words: &[&str]) -> bool {
        let done = git(self.path()).args(words).output();
        done.is_ok_and(|output| output.status.success())
    }

    /// Makes the folder a repository; says visibly if there is no git to do it.
    pub(crate) fn has_git(&self) -> bool {
        has_git() && self.git(&["init", "--quiet"])
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

/// The report of an example's files, or why the gate could not run.
pub(crate) fn judge_example(rule: &Rule, files: &[&Example]) -> Result<Report, String> {
    let folder = example_folder(rule, files);
    let args = CheckArgs {
        today: Some(TODAY.to_owned()),
        root: Some(folder.path().to_path_buf()),
        ..CheckArgs::default()
    };
    let report = judge(&args);
    report.error.clone().map_or(Ok(report), Err)
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

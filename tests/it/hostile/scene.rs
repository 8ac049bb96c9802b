//! Runs one hostile folder through every format, and asserts what holds for all of them.

use super::formats;
use crate::support::FORMATS;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The kernel refuses a run more memory than this of its own; with the program itself and its stack it is under 512 MiB.
const MEMORY: u64 = 480 << 10;
/// No run takes longer: generous, the program is made for debugging here.
const PATIENCE: Duration = Duration::from_secs(150);

/// Whether large rows are run whole.
pub(super) fn full() -> bool {
    std::env::var_os("PLIMSOLL_FULL").is_some_and(|value| value == "1")
}

/// A root with what is hostile, something beside it that nobody may read, and two neighbours with one known warning each.
pub(super) struct Scene {
    outer: tempfile::TempDir,
    words: Vec<String>,
    env: Vec<(String, String)>,
    neighbours: bool,
    /// How a shell starts the program, `"$@"`.
    shell: String,
}

/// What a run said, in every format.
pub(super) struct Judged {
    /// The JSON report.
    pub(super) report: Value,
    /// Each format's text.
    pub(super) texts: BTreeMap<&'static str, String>,
    pub(super) err: String,
    pub(super) took: Duration,
}

/// What one process did.
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
    /// Kilobytes at the most (`VmHWM`), as far as it was looked at.
    peak: u64,
    took: Duration,
}

impl Scene {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let mut scene = Self::alone(files);
        scene.neighbours = true;
        scene.write("neighbour/Dockerfile", b"FROM acme/base:latest\nUSER 1000:1000\n");
        scene.write("neighbour/compose.yaml", b"services:\n  n:\n    image: acme/n:latest\n");
        scene
    }

    /// Without neighbours.
    pub(super) fn alone(files: &[(&str, &str)]) -> Self {
        let scene = Self {
            outer: tempfile::tempdir().unwrap(),
            words: Vec::new(),
            // Whatever engine this machine has.
            env: vec![("DOCKER_HOST".to_owned(), "unix:///nowhere".to_owned())],
            neighbours: false,
            shell: "exec \"$@\"".to_owned(),
        };
        fs::create_dir(scene.root()).unwrap();
        let outside = scene.outer.path().join("outside");
        fs::create_dir(&outside).unwrap();
        let service = "services:\n  base:\n    image: planted:1\n    environment: {PLANTED: planted}\n";
        for (name, text) in [
            ("compose.yaml", service),
            ("Dockerfile", "FROM planted:1\nUSER planted\n"),
            ("one.env", "PLANTED=planted\n"),
        ] {
            fs::write(outside.join(name), text).unwrap();
        }
        for (path, text) in files {
            scene.write(path, text.as_bytes());
        }
        scene
    }

    pub(super) fn root(&self) -> PathBuf {
        self.outer.path().join("root")
    }

    /// A path beside the root.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.outer.path().join(name)
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn link(&self, path: &str, target: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    /// More words for the command line.
    pub(super) fn with(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// A variable of the process.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Started in another way: the program and its words are `"$@"`.
    pub(super) fn shell(mut self, script: &str) -> Self {
        self.shell = script.to_owned();
        self
    }

    /// Runs it, with every format; it must end with `code`.
    pub(super) fn judge(&self, code: i32) -> Judged {
        let name = std::thread::current().name().unwrap_or("").to_owned();
        let mut judged = match full() {
            // As people run it, one by one: what a format takes is its own.
            true => {
                let mut each = FORMATS.iter().map(|format| self.run_as(&name, format, &[], code));
                let first = each.next().unwrap();
                each.fold(first, |mut all, one| {
                    all.texts.extend(one.texts);
                    all.took = all.took.max(one.took);
                    all
                })
            }
            // Each row prints another format; all the others are written to files by the same run.
            false => {
                let turn = name.bytes().map(usize::from).sum::<usize>() % FORMATS.len();
                self.run_as(&name, FORMATS[turn], &FORMATS, code)
            }
        };
        judged.report = serde_json::from_str(&judged.texts["json"]).unwrap();
        for format in FORMATS {
            let problem = formats::problem(format, &judged.texts[format], code);
            assert!(problem.is_none(), "{name} as {format}: {}", problem.unwrap_or_default());
            for planted in ["planted", "root:x:0"] {
                assert!(
                    !judged.texts[format].contains(planted),
                    "{name}: {format} shows what is outside"
                );
            }
        }
        if self.neighbours && code < 2 {
            judged.neighbours_are_judged(&name);
        }
        judged
    }

    fn run_as(&self, name: &str, format: &'static str, written: &[&'static str], code: i32) -> Judged {
        let reports = self.outer.path().join("reports");
        fs::create_dir_all(&reports).unwrap();
        let mut words = ["check", "--root", ".", "--notes", "--format", format]
            .map(str::to_owned)
            .to_vec();
        if !self.words.iter().any(|word| word == "--deadline") {
            words.extend(["--deadline", "10m"].map(str::to_owned));
        }
        for format in written {
            words.extend([
                "--output".to_owned(),
                format!("{format}={}", reports.join(format).display()),
            ]);
        }
        words.extend(self.words.iter().cloned());
        let ran = self.start(&words);
        let shown = ran.err.get(..2000).unwrap_or(&ran.err);
        if ran.status.code() != Some(code) {
            let lines = fs::read_to_string(reports.join("line")).unwrap_or_default();
            let lines: Vec<&str> = lines
                .lines()
                .filter(|line| !line.contains(": note: "))
                .take(20)
                .collect();
            panic!("{name}: {}, not {code}: {shown}{lines:#?}", ran.status);
        }
        assert!(!ran.err.contains("panicked"), "{name}: {shown}");
        let mebibytes = ran.peak >> 10;
        if mebibytes > 50 || ran.took > Duration::from_secs(5) {
            println!("{name}: {mebibytes} MiB at the most, {:.1} s", ran.took.as_secs_f64());
        }
        let mut texts: BTreeMap<&str, String> = written
            .iter()
            .map(|format| (*format, fs::read_to_string(reports.join(format)).unwrap()))
            .collect();
        // A gate that could not run says it elsewhere than in a text that is printed.
        if code != 2 {
            let file = texts.insert(format, ran.out.clone());
            assert!(
                file.is_none_or(|file| file == ran.out),
                "{name}: {format} is printed and written differently"
            );
        }
        texts.entry(format).or_insert(ran.out);
        Judged {
            report: Value::Null,
            texts,
            err: ran.err,
            took: ran.took,
        }
    }

    /// Runs the program with these words alone, in a shell that limits its memory.
    pub(super) fn start(&self, words: &[impl AsRef<std::ffi::OsStr>]) -> Ran {
        let into = |name: &str| fs::File::create(self.outer.path().join(name)).unwrap();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("ulimit -d {MEMORY} && {}", self.shell), "sh"])
            .arg(env!("CARGO_BIN_EXE_plimsoll"))
            .args(words)
            .current_dir(self.root())
            .env_clear()
            .env("SOURCE_DATE_EPOCH", "1795824000")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(into("stdout"))
            .stderr(into("stderr"));
        let started = Instant::now();
        let (status, peak) = wait(command.spawn().unwrap(), started);
        let read = |name: &str| String::from_utf8(fs::read(self.outer.path().join(name)).unwrap()).unwrap();
        Ran {
            status,
            out: read("stdout"),
            err: read("stderr"),
            peak,
            took: started.elapsed(),
        }
    }
}

/// Waits for the end, and looks at how much memory it takes meanwhile.
fn wait(mut child: Child, started: Instant) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return (ended, peak);
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

impl Judged {
    fn neighbours_are_judged(&self, name: &str) {
        let findings = self.findings();
        for known in ["neighbour/Dockerfile:1", "neighbour/compose.yaml:3"] {
            let known = format!("floating-base-image {known}");
            assert!(findings.contains(&known), "{name}: no {known} in {findings:?}");
        }
        // Formats that show the worst of many may not come to it.
        if findings.len() < 10 {
            for (format, text) in &self.texts {
                assert!(
                    text.contains("neighbour/compose.yaml"),
                    "{name}: {format} is silent about the neighbour"
                );
            }
        }
    }

    /// `rule path:line` of every finding.
    pub(super) fn findings(&self) -> Vec<String> {
        crate::support::findings(&self.report)
    }

    /// There is this finding: `rule path:line`, or `rule path` for any line.
    pub(super) fn has(&self, wanted: &str) -> &Self {
        let found = self.findings();
        let fits =
            |finding: &String| finding == wanted || finding.rsplit_once(':').is_some_and(|(start, _)| start == wanted);
        let few: Vec<&String> = found
            .iter()
            .filter(|finding| !finding.contains("neighbour/"))
            .take(40)
            .collect();
        assert!(found.iter().any(fits), "no {wanted} in {few:#?}");
        self
    }

    /// There is none of this rule, but for the neighbours.
    pub(super) fn lacks(&self, rule: &str) -> &Self {
        let found = self.findings();
        let is_it = |finding: &&String| {
            let (its, at) = finding.split_once(' ').unwrap();
            its == rule && !at.starts_with("neighbour/")
        };
        assert!(
            !found.iter().any(|finding| is_it(&finding)),
            "{:?}",
            found.iter().find(is_it)
        );
        self
    }

    /// A finding of this rule says these words in its message or help.
    pub(super) fn says(&self, rule: &str, words: &str) -> &Self {
        let all = self.report["findings"].as_array().unwrap();
        let of_rule = all.iter().filter(|finding| finding["rule"] == rule);
        let texts: Vec<String> = of_rule
            .map(|finding| format!("{} {} {}", finding["message"], finding["help"], finding["related"]))
            .collect();
        assert!(
            texts.iter().any(|text| text.contains(words)),
            "no {words:?} in {texts:#?}"
        );
        self
    }

    /// No format holds these words.
    pub(super) fn hides(&self, words: &str) -> &Self {
        for (format, text) in &self.texts {
            assert!(!text.contains(words), "{format} shows {words}");
        }
        assert!(!self.err.contains(words));
        self
    }

    /// It took no longer, for what is no measure of speed but of growth.
    pub(super) fn within(&self, seconds: u64) -> &Self {
        assert!(self.took < Duration::from_secs(seconds), "took {:?}", self.took);
        self
    }

    /// The value of a setting of a container, by the container's name.
    pub(super) fn setting(&self, container: &str, key: &str) -> &Value {
        let units = self.report["units"].as_array().unwrap();
        let unit = units.iter().find(|unit| unit["name"] == container);
        &unit.unwrap_or_else(|| panic!("no {container}"))[key]["value"]
    }
}

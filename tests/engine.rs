//! What the rules claim about the engine, asked of a real engine through real Compose, and held against what Plimsoll says of
//! the same files.
//!
//! Without an engine, Compose or a static busybox these tests say `skipped: ...` and pass, unless `PLIMSOLL_REQUIRE_DOCKER=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "engine/cases.rs"]
mod cases;
#[path = "engine/lock.rs"]
mod lock;
mod support;
#[path = "engine/usage.rs"]
mod usage;

use cases::{BUILT, CASES, Case, Proof};
use plimsoll::inspect::Layer;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::Workspace;

const BUSYBOX: &str = "/bin/busybox";

fn skip(reason: &str) {
    assert!(
        std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
        "{reason}"
    );
    println!("skipped: {reason}");
}

fn run(program: &str, words: &[&str], folder: &Path) -> Output {
    Command::new(program)
        .args(words)
        .current_dir(folder)
        .env("DOCKER_BUILDKIT", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text.trim().to_owned()
}

/// The version of the engine; `None`, said aloud, where something that is needed is not here.
fn engine() -> Option<String> {
    let here = Path::new(".");
    let version = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output()
        .ok()
        .filter(|output| output.status.success());
    let Some(version) = version else {
        skip("no Docker engine answers");
        return None;
    };
    if !Command::new("docker-compose")
        .arg("version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        skip("docker-compose is not on the PATH");
        return None;
    }
    let is_static = run("ldd", &[BUSYBOX], here).status.success();
    if !Path::new(BUSYBOX).exists() || is_static {
        skip("there is no static busybox");
        return None;
    }
    Some(String::from_utf8_lossy(&version.stdout).trim().to_owned())
}

/// An image that goes away with the test.
struct Image(String);

impl Image {
    fn build(name: &str, folder: &Path) -> Self {
        let tag = format!("plimsoll-proof-{name}:{}", std::process::id());
        let built = run(
            "docker",
            &["build", "--quiet", "--force-rm", "--tag", &tag, "."],
            folder,
        );
        assert!(built.status.success(), "{}", said(&built));
        Self(tag)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        run("docker", &["rmi", "--force", &self.0], Path::new("."));
    }
}

/// A Compose project that goes away with the case.
struct Project<'a> {
    folder: &'a Path,
    name: String,
}

impl Project<'_> {
    fn compose(&self, words: &[&str]) -> Output {
        let mut all = vec!["--project-name", &self.name, "--file", "compose.yaml"];
        all.extend(words);
        run("docker-compose", &all, self.folder)
    }

    fn container(&self) -> String {
        let listed = self.compose(&["ps", "--all", "--quiet", "a"]);
        String::from_utf8_lossy(&listed.stdout).trim().to_owned()
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        self.compose(&["down", "--timeout", "0", "--volumes"]);
        // Of a project whose second network failed Compose leaves the first one behind, or is still making it.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let label = format!("label=com.docker.compose.project={}", self.name);
        let left = run("docker", &["network", "ls", "--quiet", "--filter", &label], self.folder);
        for network in said(&left).split_whitespace() {
            run("docker", &["network", "rm", network], self.folder);
        }
    }
}

/// The layers and severities of what a rule finds in the only file of a folder.
fn found(workspace: &Workspace, rule: &str) -> Vec<(String, String)> {
    let report: Value = workspace.json(&["--notes"]);
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| (word(finding, "layer"), word(finding, "severity")))
        .collect()
}

/// Whether what a finding claims by its layer is what happened: who refuses the file says so, and nobody else.
fn claim(found: &[(String, String)], refused: bool, words: &str) -> Result<(), String> {
    let by_engine = words.contains("Error response from daemon");
    for (layer, severity) in found {
        let is_right = match layer.as_str() {
            "engine" => refused && by_engine && severity == "error",
            "yaml" | "schema" | "compose" => refused && !by_engine && severity == "error",
            _ => !refused,
        };
        if !is_right {
            return Err(format!(
                "it is said to be {layer}, {severity}, and this happens: {words}"
            ));
        }
    }
    Ok(())
}

/// Starts a file and says what is wrong with it, by the proof; `second` is the passing one.
fn prove(case: &Case, image: &str, number: usize, second: bool) -> Result<String, String> {
    let text = if second { case.passes } else { case.fails };
    let workspace = Workspace::new(&[("compose.yaml", &text.replace("IMAGE", image))]);
    let found = found(&workspace, case.rule);
    if found.is_empty() != second {
        return Err(format!("the rule finds {found:?} here"));
    }
    let project = Project {
        folder: workspace.path(),
        name: format!("plimsoll-proof-{}-{number}-{second}", std::process::id()),
    };
    let up = project.compose(&["up", "--detach", "--pull", "never"]);
    let words = said(&up);
    let last = words.lines().last().unwrap_or("").to_owned();
    claim(&found, !up.status.success(), &words)?;
    match &case.proof {
        Proof::Refused(expected) if !second => match up.status.success() {
            false if words.contains(expected) => Ok(last),
            _ => Err(format!("expected a refusal with '{expected}': {words}")),
        },
        _ if !up.status.success() => Err(format!("it does not start: {words}")),
        Proof::Refused(_) | Proof::Taken => Ok("starts".to_owned()),
        Proof::Inspected(template, fails, passes) => {
            let shown = said(&run(
                "docker",
                &["inspect", "--format", template, &project.container()],
                project.folder,
            ));
            let expected = if second { passes } else { fails };
            if shown == *expected {
                Ok(format!("`{template}` is `{shown}`"))
            } else {
                Err(format!("`{template}` is {shown}, not {expected}"))
            }
        }
        Proof::Printed(command, fails, passes) => {
            let container = project.container();
            let mut words = vec!["exec", &container];
            words.extend(*command);
            let shown = said(&run("docker", &words, project.folder));
            let expected = if second { passes } else { fails };
            if shown.contains(expected) {
                Ok(format!("`{}`", expected.replace('\t', " ")))
            } else {
                Err(format!("expected '{expected}' in: {shown}"))
            }
        }
    }
}

#[test]
fn the_engine_does_what_the_rules_say() {
    let Some(version) = engine() else { return };
    println!("engine {version}");
    let context = Workspace::new(&[(
        "Dockerfile",
        "FROM scratch\nCOPY busybox /bin/busybox\nSTOPSIGNAL SIGKILL\nCMD [\"/bin/busybox\", \"sleep\", \"300\"]\n",
    )]);
    std::fs::copy(BUSYBOX, context.path().join("busybox")).unwrap();
    let image = Image::build("sleep", context.path());
    let (mut wrong, mut rows) = (Vec::new(), String::new());
    for (number, case) in CASES.iter().enumerate() {
        let (fails, passes) = (
            prove(case, &image.0, number, false),
            prove(case, &image.0, number, true),
        );
        match (fails, passes) {
            (Ok(fails), Ok(passes)) => {
                println!("{}: {fails} | {passes}", case.rule);
                let setting = case.fails.replace("services:\n", "").replace("\n", " ");
                let _ = writeln!(
                    rows,
                    "| `{}` | `{}` | {} | {passes} |",
                    case.rule,
                    setting.trim().replace('|', "\\|"),
                    shortened(&fails)
                );
            }
            (fails, passes) => wrong.push(format!("{}: failing {fails:?}, passing {passes:?}", case.rule)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        CASES.len(),
        wrong.join("\n")
    );
    if std::env::var_os("UPDATE").is_some() {
        let text = document(&version, &rows);
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/engine.md"), text).unwrap();
    }
}

#[test]
fn every_rule_about_the_engine_is_proven() {
    let about_the_engine = plimsoll::inspect::RULES
        .iter()
        .filter(|rule| matches!(rule.layer, Layer::Engine | Layer::Ignored))
        .map(|rule| rule.name);
    for name in about_the_engine {
        assert!(CASES.iter().any(|case| case.rule == name), "{name}");
    }
}

/// The engine's words without what differs from run to run.
fn shortened(text: &str) -> String {
    let text = text.split("Error response from daemon: ").last().unwrap_or(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_name = |word: &&str| word.len() >= 32 || word.contains("plimsoll-proof");
    let mut out: String = words
        .iter()
        .map(|word| if is_name(word) { "..." } else { word })
        .collect::<Vec<_>>()
        .join(" ");
    if out.chars().count() > 160 {
        out = out.chars().take(159).chain(['…']).collect();
    }
    out.replace('|', "\\|")
}

fn document(version: &str, rows: &str) -> String {
    let rules: std::collections::BTreeSet<&str> = CASES.iter().map(|case| case.rule).collect();
    let format = "{{.CgroupVersion}}, {{.Driver}}, {{join .SecurityOptions \" \"}}";
    let info = said(&run("docker", &["info", "--format", format], Path::new(".")));
    let mut built = String::new();
    for case in BUILT {
        let lines = case.fails.trim().replace('\n', "; ");
        let _ = writeln!(built, "| `{}` | `{lines}` | {} |", case.rule, case.words);
    }
    format!(
        "# What the engine does\n\n\
         `tests/engine.rs` checks the claims of the rules on a real engine, through real Docker Compose. Each row is a file with a \
         finding and a file without one, both started for real. The test compares the layer of each finding with the result: \
         the layer that the finding names must refuse the file, and no other. `UPDATE=1 cargo test --test engine` writes this \
         page.\n\n\
         Engine {version} (cgroup version, store, security: {info}). {} rules in {} cases. This engine cannot show two things: \
         host bits in a subnet, which engines from 28 on refuse, and settings that cgroup v2 discards.\n\n\
         | rule | file with the finding | result | result of the other file |\n| --- | --- | --- | --- |\n{rows}\n\
         Images that build and do not start, each beside one that starts:\n\n\
         | rule | Dockerfile | message of the engine |\n| --- | --- | --- |\n{built}",
        rules.len(),
        CASES.len()
    )
}

#[test]
fn containers_that_cannot_start_do_not() {
    use std::os::unix::fs::PermissionsExt;
    let Some(version) = engine() else { return };
    println!("engine {version}");
    for (number, case) in BUILT.iter().enumerate() {
        for (text, second) in [(case.fails, false), (case.passes, true)] {
            let workspace = Workspace::new(&[
                ("Dockerfile", text),
                ("plain.sh", "#!/bin/busybox sh\n"),
                ("bare.sh", "echo\n"),
                ("good.sh", "#!/bin/busybox sh\n"),
            ]);
            std::fs::copy(BUSYBOX, workspace.path().join("busybox")).unwrap();
            for (name, mode) in [("plain.sh", 0o644), ("bare.sh", 0o755), ("good.sh", 0o755)] {
                let file = workspace.path().join(name);
                std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            assert_eq!(found(&workspace, case.rule).is_empty(), second, "{}: {text}", case.rule);
            let image = Image::build(&format!("{number}-{second}"), workspace.path());
            let started = run("docker", &["run", "--rm", &image.0], workspace.path());
            let words = said(&started);
            assert_eq!(started.status.success(), second, "{}: {words}", case.rule);
            assert!(second || words.contains(case.words), "{}: {words}", case.rule);
        }
    }
}

#[test]
fn the_engine_merges_as_we_say() {
    let Some(version) = engine() else { return };
    println!("engine {version}");
    let dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nENV A=1 B=1\nEXPOSE 80\nWORKDIR /srv\nUSER 1000:1000\nSTOPSIGNAL SIGINT\n\
                      HEALTHCHECK --interval=5s --start-period=4s --retries=7 CMD [\"/bin/busybox\", \"true\"]\nENTRYPOINT [\"/bin/busybox\"]\nCMD [\"sleep\", \"300\"]\n";
    let services = [
        "{}",
        "{command: [sleep, \"200\"]}",
        "{entrypoint: [/bin/busybox, sleep, \"100\"]}",
        "{user: \"0\", working_dir: /tmp, stop_signal: SIGTERM, environment: {B: \"2\", C: \"3\"}}",
        "{healthcheck: {retries: 2}}",
        "{healthcheck: {test: [CMD, /bin/busybox, \"false\"], timeout: 2s}}",
        "{healthcheck: {disable: true}}",
    ];
    let context = Workspace::new(&[("Dockerfile", dockerfile)]);
    std::fs::copy(BUSYBOX, context.path().join("busybox")).unwrap();
    let image = Image::build("merge", context.path());
    for (number, service) in services.iter().enumerate() {
        let with = |source: &str| {
            let comma = if *service == "{}" { "" } else { ", " };
            format!("services:\n  a: {{{source}{comma}{}\n", service.trim_start_matches('{'))
        };
        context.write("compose.yaml", with("build: .").as_bytes());
        let report = context.json(&[]);
        let ours = &report["units"][0];
        context.write("compose.yaml", with(&format!("image: \"{}\"", image.0)).as_bytes());
        let project = Project {
            folder: context.path(),
            name: format!("plimsoll-proof-{}-merge-{number}", std::process::id()),
        };
        let made = project.compose(&["create", "--pull", "never"]);
        assert!(made.status.success(), "{service}: {}", said(&made));
        let shown = run("docker", &["inspect", &project.container()], project.folder);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let theirs = &shown[0]["Config"];
        let words = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let number = |value: &Value| value.as_i64().unwrap_or(0);
        let health = &theirs["Healthcheck"];
        assert_eq!(
            words(&ours["entrypoint"]["value"]),
            words(&theirs["Entrypoint"]),
            "{service}"
        );
        assert_eq!(words(&ours["command"]["value"]), words(&theirs["Cmd"]), "{service}");
        assert_eq!(ours["workdir"]["value"], theirs["WorkingDir"], "{service}");
        assert_eq!(ours["stop_signal"]["value"], theirs["StopSignal"], "{service}");
        assert_eq!(ours["user"]["value"], theirs["User"], "{service}");
        assert_eq!(
            words(&ours["healthcheck"]["test"]["value"]),
            words(&health["Test"]),
            "{service}"
        );
        if words(&health["Test"]).first().is_none_or(|word| word != "NONE") {
            for (key, name) in [
                ("interval_ns", "Interval"),
                ("timeout_ns", "Timeout"),
                ("retries", "Retries"),
                ("start_period_ns", "StartPeriod"),
            ] {
                assert_eq!(
                    number(&ours["healthcheck"][key]["value"]),
                    number(&health[name]),
                    "{service} {key}"
                );
            }
        }
        let mut names: Vec<&str> = words_of(theirs);
        names.retain(|name| *name != "PATH");
        names.sort_unstable();
        let mut known: Vec<&str> = ours["environment"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        known.sort_unstable();
        assert_eq!(known, names, "{service}");
    }
}

/// The names of the variables of a container.
fn words_of(config: &Value) -> Vec<&str> {
    config["Env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair.as_str().unwrap().split('=').next().unwrap())
        .collect()
}

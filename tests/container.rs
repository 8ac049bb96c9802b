//! The image of the container action, built by the real engine and run as GitHub's runner runs it.
//!
//! Where there is no engine these tests say `skipped: ...` and pass, unless `PLIMSOLL_REQUIRE_DOCKER=1`.
//! `PLIMSOLL_STATIC_BIN` names a static binary that is already built; otherwise one is built, without optimisation.

// Helpers outside `#[test]` functions are tests too.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![cfg(target_os = "linux")]

use plimsoll::inspect::Sources;
use plimsoll::inspect::yaml;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Instant;
use tempfile::TempDir;

/// Dependencies are not optimised either: it is only built where nobody brought a better one.
const FAST_BUILD: [&str; 4] = [
    "--config",
    "profile.dev.debug=0",
    "--config",
    "profile.dev.package.\"*\".opt-level=0",
];
/// The user that owns the workspace on GitHub's own machines.
const RUNNER: u32 = 1001;
/// Broken, whichever rules there are.
const BROKEN: &str = "services:\n  backup:\n    image: alpine:3.22\n    mem_limit: 64m\n    mem_limit: 96m\n";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Says something that no test runner swallows.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn skip(test: &str, reason: &str) {
    assert!(
        std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
        "{test}: {reason}"
    );
    say(&format!("skipped: {test}: {reason}"));
}

fn docker(args: &[&str]) -> Output {
    Command::new("docker").args(args).stdin(Stdio::null()).output().unwrap()
}

/// The output of a command that must succeed.
fn good(output: Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// An image with the engine's own builder where there is no BuildKit.
fn build(tag: &str, dockerfile: &Path, context: &Path) {
    let mut command = Command::new("docker");
    if !succeeds("docker", &["buildx", "version"]) {
        command.env("DOCKER_BUILDKIT", "0");
    }
    let command = command
        .args(["build", "--force-rm", "--tag", tag, "--file"])
        .arg(dockerfile)
        .arg(context);
    good(command.output().unwrap());
}

/// A tag that no other run of these tests has.
fn tag() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("plimsoll-container-test:{}-{count}", std::process::id())
}

/// The static binary, or why there is none.
fn binary() -> Result<PathBuf, String> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BINARY
        .get_or_init(|| {
            if let Some(path) = std::env::var_os("PLIMSOLL_STATIC_BIN") {
                return Ok(project().join(path));
            }
            let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
            let libraries = Command::new("rustc")
                .args(["--print", "target-libdir", "--target", &target])
                .output();
            let installed =
                libraries.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
            if !installed {
                return Err(format!("the Rust target {target} is not installed"));
            }
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
            let build = Command::new(env!("CARGO"))
                .args(["build", "--locked", "--target", &target, "--target-dir"])
                .arg(&folder)
                .args(FAST_BUILD)
                .current_dir(project())
                .output();
            good(build.unwrap());
            Ok(folder.join(target).join("debug/plimsoll"))
        })
        .clone()
}

/// A stage of a Dockerfile as a Dockerfile of its own, if the script can make that; the last stage without a name.
fn stage(dockerfile: &Path, name: &str) -> Output {
    Command::new("sh")
        .arg(project().join("release/dockerfile"))
        .arg(dockerfile)
        .args(["plimsoll", name])
        .output()
        .unwrap()
}

/// What a Dockerfile says, without comments.
fn instructions(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect()
}

/// The last stage of the Dockerfile as a Dockerfile of its own, beside the program that it takes.
fn derived(program: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(program, folder.path().join("plimsoll")).unwrap();
    let text = good(stage(&project().join("Dockerfile"), ""));
    std::fs::write(folder.path().join("Dockerfile"), text).unwrap();
    folder
}

/// The image; removed with its last user.
struct Image {
    tag: String,
}

impl Drop for Image {
    fn drop(&mut self) {
        docker(&["rmi", "--force", &self.tag]);
    }
}

/// The image, or `None` after saying why there is none.
fn image(test: &str) -> Option<Arc<Image>> {
    static IMAGE: Mutex<Weak<Image>> = Mutex::new(Weak::new());
    if !succeeds("docker", &["version"]) {
        skip(test, "no Docker engine answers");
        return None;
    }
    let program = match binary() {
        Ok(program) => program,
        Err(reason) => {
            skip(test, &reason);
            return None;
        }
    };
    let mut shared = IMAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(image) = shared.upgrade() {
        return Some(image);
    }
    let folder = derived(&program);
    let image = Arc::new(Image { tag: tag() });
    build(&image.tag, &folder.path().join("Dockerfile"), folder.path());
    *shared = Arc::downgrade(&image);
    Some(image)
}

/// The files of an image's layers, and its layers unpacked into a folder.
fn unpack(tag: &str) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    let files = folder.path().join("files");
    std::fs::create_dir_all(&saved).unwrap();
    std::fs::create_dir_all(&files).unwrap();
    let archive = folder.path().join("image.tar");
    good(docker(&["save", "--output", archive.to_str().unwrap(), tag]));
    good(
        Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(&saved)
            .output()
            .unwrap(),
    );
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(saved.join("manifest.json")).unwrap()).unwrap();
    let mut names = Vec::new();
    for layer in manifest[0]["Layers"].as_array().unwrap() {
        let layer = saved.join(layer.as_str().unwrap());
        names.extend(
            good(Command::new("tar").arg("-tf").arg(&layer).output().unwrap())
                .lines()
                .map(str::to_owned),
        );
        good(
            Command::new("tar")
                .arg("-xf")
                .arg(&layer)
                .arg("-C")
                .arg(&files)
                .output()
                .unwrap(),
        );
    }
    (folder, names)
}

/// A file tree as a test describes it.
fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file and folder below one, with its owner.
fn owners(root: &Path) -> BTreeMap<PathBuf, u32> {
    let mut found = BTreeMap::from([(PathBuf::new(), root.metadata().unwrap().uid())]);
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            found.insert(
                entry.path().strip_prefix(root).unwrap().to_path_buf(),
                entry.metadata().unwrap().uid(),
            );
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found
}

/// The folders of a runner, and one job in them.
struct Runner {
    folder: TempDir,
}

struct Step {
    code: i32,
    stdout: String,
    stderr: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Runner {
    fn new(fill: impl FnOnce(&Path)) -> Self {
        let runner = Runner {
            folder: tempfile::tempdir().unwrap(),
        };
        for part in ["temp", "home", "workflow", "file_commands", "workspace"] {
            std::fs::create_dir(runner.folder.path().join(part)).unwrap();
        }
        write(
            runner.folder.path(),
            "workflow/event.json",
            r#"{"ref":"refs/heads/main","created":false}"#,
        );
        write(runner.folder.path(), "file_commands/output", "");
        write(runner.folder.path(), "file_commands/summary", "");
        fill(&runner.workspace());
        // Only root can give files away; anybody else is the owner that the files must go back to.
        if runner.folder.path().metadata().unwrap().uid() == 0 {
            for path in owners(runner.folder.path()).keys() {
                chown(runner.folder.path().join(path), Some(RUNNER), Some(RUNNER)).unwrap();
            }
        }
        runner
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// The step, with the command line of actions/runner (`DockerCommandManager`, `ContainerActionHandler`).
    fn step(&self, image: &Image, inputs: &[(&str, &str)]) -> Step {
        let mut command = Command::new("docker");
        command.args(["run", "--name"]).arg(tag().replace(':', "-"));
        command.args(["--label", "plimsoll", "--workdir", "/github/workspace", "--rm"]);
        let mut given: BTreeMap<String, String> = defaults();
        for (name, value) in inputs {
            assert!(
                given.insert((*name).to_owned(), (*value).to_owned()).is_some(),
                "no input {name}"
            );
        }
        for (name, value) in given {
            command.arg("-e").arg(format!("INPUT_{}={value}", name.to_uppercase()));
        }
        for variable in [
            "HOME=/github/home",
            "GITHUB_ACTION=gate",
            "GITHUB_REPOSITORY=example/shop",
            "GITHUB_EVENT_NAME=push",
            "GITHUB_EVENT_PATH=/github/workflow/event.json",
            "GITHUB_WORKSPACE=/github/workspace",
            "GITHUB_OUTPUT=/github/file_commands/output",
            "GITHUB_STEP_SUMMARY=/github/file_commands/summary",
            "RUNNER_TEMP=/github/runner_temp",
            "GITHUB_ACTIONS=true",
            "CI=true",
        ] {
            command.args(["-e", variable]);
        }
        let mount = |from: &str, to: &str| format!("{}:{to}", self.folder.path().join(from).display());
        for mount in [
            "/var/run/docker.sock:/var/run/docker.sock".to_owned(),
            mount("temp", "/github/runner_temp"),
            mount("home", "/github/home"),
            mount("workflow", "/github/workflow"),
            mount("file_commands", "/github/file_commands"),
            mount("workspace", "/github/workspace"),
        ] {
            command.arg("-v").arg(mount);
        }
        let started = Instant::now();
        let output = command.args([&image.tag, "action"]).output().unwrap();
        let milliseconds = started.elapsed().as_millis();
        say(&format!("measured: {milliseconds} ms from `docker run` to the verdict"));
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join("file_commands").join(name)).unwrap();
        Step {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            outputs: read("output")
                .lines()
                .map(|line| line.split_once('=').unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            summary: read("summary"),
        }
    }

    fn sarif(&self, name: &str) -> Value {
        let path = self.workspace().join(name);
        let data = path.metadata().unwrap();
        assert_eq!(
            data.uid(),
            self.workspace().metadata().unwrap().uid(),
            "the SARIF file belongs to somebody else"
        );
        assert_eq!(data.mode() & 0o777, 0o644);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }
}

/// The inputs of `action.yml` with their defaults: the runner hands over each, empty if it has none.
fn defaults() -> BTreeMap<String, String> {
    let path = project().join("action.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut sources = Sources::default();
    let file = yaml::parse(sources.add(&path, text.clone()), &text);
    let inputs = file.documents[0].get("inputs").unwrap().map().unwrap();
    let default = |input: &yaml::Value| {
        input
            .get("default")
            .and_then(yaml::Value::scalar_text)
            .unwrap_or_default()
    };
    inputs
        .iter()
        .map(|(name, entry)| (name.clone(), default(&entry.value)))
        .collect()
}

/// The shop, made worse.
fn broken_shop(root: &Path) {
    copy(&project().join("fixtures/projects/shop"), root);
    write(root, "ops/compose.yaml", BROKEN);
}

fn tidy(root: &Path) {
    let compose = "services:\n  web:\n    image: nginx:1.28.0-alpine\n    user: \"101:101\"\n    mem_limit: 64m\n";
    write(root, "compose.yaml", compose);
}

#[test]
fn the_derived_dockerfile_says_what_the_last_stage_says() {
    // What the program is does not matter here.
    let folder = derived(&project().join("Cargo.toml"));
    let derived = std::fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
    assert_eq!(
        instructions(&derived),
        [
            "FROM scratch",
            "WORKDIR /work",
            "COPY plimsoll /plimsoll",
            "ENTRYPOINT [\"/plimsoll\"]"
        ]
    );
    let whole = std::fs::read_to_string(project().join("Dockerfile")).unwrap();
    for line in derived.lines().filter(|line| !line.starts_with("COPY ")) {
        assert!(whole.lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn the_script_refuses_a_stage_that_it_would_change() {
    let folder = tempfile::tempdir().unwrap();
    let program = "COPY --from=build /p /p\n";
    for last in [
        format!("FROM alpine\n{program}"),
        format!("FROM scratch\n{program}COPY --from=build /etc/passwd /etc/passwd\n"),
        format!("FROM scratch\n{program}COPY --from=other /lib /lib\n"),
        format!("FROM scratch\n{program}RUN true\n"),
        "FROM scratch\n".to_owned(),
    ] {
        let path = folder.path().join("Dockerfile");
        std::fs::write(&path, format!("FROM rust AS build\n{last}")).unwrap();
        assert!(!stage(&path, "").status.success(), "{last}");
    }
    assert!(!stage(&project().join("Dockerfile"), "no-such-stage").status.success());
}

/// GitLab hands an entrypoint a shell's words as arguments, and takes its exit code for that of the job.
#[test]
fn the_image_with_a_shell_has_no_entrypoint() {
    let derived = good(stage(&project().join("Dockerfile"), "shell"));
    let instructions = instructions(&derived);
    assert!(instructions[0].starts_with("FROM busybox:"), "{derived}");
    assert_eq!(
        instructions[1..],
        ["WORKDIR /work", "COPY plimsoll /usr/local/bin/plimsoll"]
    );
}

#[test]
fn the_build_stage_gets_what_it_compiles() {
    const TEST: &str = "the_build_stage_gets_what_it_compiles";
    if !succeeds("docker", &["version"]) {
        return skip(TEST, "no Docker engine answers");
    }
    let folder = tempfile::tempdir().unwrap();
    let dockerfile = folder.path().join("Dockerfile");
    std::fs::write(&dockerfile, "FROM scratch\nCOPY . .\n").unwrap();
    let image = Image { tag: tag() };
    build(&image.tag, &dockerfile, project());
    let (context, names) = unpack(&image.tag);
    let starts = ["src/", "Cargo.", ".cargo/", "build.rs"];
    let unwanted = |name: &&String| !starts.iter().any(|start| name.starts_with(start));
    assert_eq!(names.iter().find(unwanted), None);
    // Compiling it for real takes minutes, and its base image cannot be had everywhere.
    let check = Command::new(env!("CARGO"))
        .args(["check", "--locked", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
        .current_dir(context.path().join("files"))
        .output();
    good(check.unwrap());
}

#[test]
fn the_image_holds_one_file() {
    let Some(image) = image("the_image_holds_one_file") else {
        return;
    };
    let (folder, names) = unpack(&image.tag);
    // Besides the folder that it starts in.
    assert_eq!(names, ["work/", "plimsoll"]);
    let size = folder.path().join("files/plimsoll").metadata().unwrap().len();
    say(&format!("measured: the image is {size} bytes"));
    let inspected: Value = serde_json::from_str(&good(docker(&["inspect", &image.tag]))).unwrap();
    let config = &inspected[0]["Config"];
    assert_eq!(config["Entrypoint"], serde_json::json!(["/plimsoll"]));
    assert!(config["User"].as_str().unwrap_or_default().is_empty());
    let version = good(docker(&["run", "--rm", &image.tag, "-V"]));
    assert_eq!(version.trim(), format!("plimsoll {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_failing_gate_fails_the_step_and_tells_all() {
    let Some(image) = image("a_failing_gate_fails_the_step_and_tells_all") else {
        return;
    };
    let runner = Runner::new(broken_shop);
    let before = owners(&runner.workspace());
    let step = runner.step(&image, &[("sarif-file", "gate.sarif")]);
    assert_eq!(step.code, 1, "{}{}", step.stdout, step.stderr);

    let sarif = runner.sarif("gate.sarif");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    let duplicate = results
        .iter()
        .find(|result| result["ruleId"] == "duplicate-key")
        .unwrap();
    let place = &duplicate["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ops/compose.yaml");
    assert_eq!(place["region"]["startLine"], 5);

    let output = |name: &str| step.outputs.get(name).map(String::as_str);
    assert_eq!(output("verdict"), Some("fail"));
    assert_eq!(output("errors"), Some(errors.to_string().as_str()));
    assert_eq!(output("sarif-file"), Some("gate.sarif"));
    assert_eq!(output("scope"), Some("full"));
    assert!(output("scanned-files").unwrap().parse::<u32>().unwrap() >= 3);

    assert!(step.summary.contains("ops/compose.yaml"), "{}", step.summary);
    // GitHub shows ten of a kind; the summary has the others.
    let annotations: Vec<&str> = step
        .stdout
        .lines()
        .filter(|line| line.starts_with("::error "))
        .collect();
    assert_eq!(annotations.len(), errors.min(10), "{}", step.stdout);
    // What nothing starts with comes first, whatever the path is.
    let at = |start: &str| annotations.iter().position(|line| line.starts_with(start));
    let refused = at("::error file=ops/compose.yaml,line=5,");
    let root = at("::error file=api/Dockerfile,line=7,");
    assert!(refused.is_some() && refused < root, "{}", step.stdout);

    let mut after = owners(&runner.workspace());
    after.remove(Path::new("gate.sarif"));
    assert_eq!(before, after, "the step left something else behind");
}

#[test]
fn a_passing_gate_passes_the_step() {
    let Some(image) = image("a_passing_gate_passes_the_step") else {
        return;
    };
    let runner = Runner::new(tidy);
    let inputs = [
        ("sarif-file", "gate.sarif"),
        ("summary", "false"),
        ("annotations", "false"),
    ];
    let step = runner.step(&image, &inputs);
    assert_eq!(step.code, 0, "{}{}", step.stdout, step.stderr);
    assert_eq!(step.outputs["verdict"], "pass");
    assert_eq!(step.outputs["errors"], "0");
    assert_eq!(step.outputs["scanned-files"], "1");
    assert!(
        step.summary.is_empty() && !step.stdout.contains("::"),
        "{}",
        step.stdout
    );
    let sarif = runner.sarif("gate.sarif");
    assert!(
        sarif["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["level"] != "error")
    );
}

#[test]
fn inputs_reach_the_gate() {
    let Some(image) = image("inputs_reach_the_gate") else {
        return;
    };
    let runner = Runner::new(broken_shop);
    let step = runner.step(
        &image,
        &[("paths", "ops"), ("fail-on", "never"), ("sarif-file", "ops/gate.sarif")],
    );
    assert_eq!(step.code, 0, "{}{}", step.stdout, step.stderr);
    assert_eq!(step.outputs["scanned-files"], "1");
    assert_eq!(step.outputs["errors"], "1");
    assert_eq!(step.outputs["sarif-file"], "ops/gate.sarif");
    runner.sarif("ops/gate.sarif");
}

/// The repository belongs to somebody else than the user in the container, which git itself would refuse.
#[test]
fn only_the_change_is_reported() {
    let Some(image) = image("only_the_change_is_reported") else {
        return;
    };
    let runner = Runner::new(|root| {
        let git = |words: &str| {
            let identity = [
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "commit.gpgsign=false",
            ];
            let mut command = Command::new("git");
            good(
                command
                    .args(identity)
                    .args(words.split(' '))
                    .current_dir(root)
                    .output()
                    .unwrap(),
            );
        };
        git("init --quiet");
        for folder in ["one", "two"] {
            write(root, &format!("{folder}/compose.yaml"), BROKEN);
            git("add .");
            git("commit --quiet --message change");
        }
    });
    let step = runner.step(&image, &[("changed-only", "true"), ("base", "HEAD~1")]);
    assert_eq!(step.code, 1, "{}{}", step.stdout, step.stderr);
    assert_eq!(step.outputs["errors"], "1", "{}", step.outputs["scope"]);
    assert!(step.stdout.contains("::error file=two/compose.yaml"), "{}", step.stdout);
    // A base that is not there, as in a shallow clone: everything is reported, and why.
    let step = runner.step(&image, &[("changed-only", "true"), ("base", "HEAD~7")]);
    assert_eq!(step.outputs["errors"], "2");
    assert!(step.outputs["scope"].starts_with("full: "), "{}", step.outputs["scope"]);
}

#[test]
fn a_gate_that_cannot_run_is_neither() {
    let Some(image) = image("a_gate_that_cannot_run_is_neither") else {
        return;
    };
    let runner = Runner::new(|root| {
        tidy(root);
        write(root, "plimsoll.yaml", "version: 1\nfail-onn: error\n");
    });
    let step = runner.step(&image, &[("sarif-file", "gate.sarif")]);
    assert_eq!(step.code, 2, "{}{}", step.stdout, step.stderr);
    assert_eq!(step.outputs["verdict"], "error");
    assert!(step.stderr.contains("plimsoll.yaml:2:1"), "{}", step.stderr);
    assert!(step.stdout.starts_with("::error "), "{}", step.stdout);
    assert!(step.summary.contains("fail-onn"), "{}", step.summary);
    let sarif = runner.sarif("gate.sarif");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);

    let empty = Runner::new(|_| ());
    let step = empty.step(&image, &[]);
    assert_eq!(step.code, 2, "an empty workspace must not pass: {}", step.stdout);
}

#[test]
fn a_shell_is_refused() {
    let Some(image) = image("a_shell_is_refused") else {
        return;
    };
    let output = docker(&["run", "--rm", &image.tag, "sh", "-c", "true"]);
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("nothing was checked"), "{words}");
}

#[test]
fn it_needs_no_rights_to_judge() {
    let Some(image) = image("it_needs_no_rights_to_judge") else {
        return;
    };
    let runner = Runner::new(broken_shop);
    let mount = format!("{}:/w:ro", runner.workspace().display());
    let before = owners(&runner.workspace());
    let plain = docker(&["run", "--rm", "-v", &mount, "-w", "/w", &image.tag, "check"]);
    assert_eq!(
        plain.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&plain.stderr)
    );
    let data = runner.workspace().metadata().unwrap();
    let user = format!("{}:{}", data.uid(), data.gid());
    let bare = "run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges \
                --memory 64m --pids-limit 8 -w /w";
    let mut words: Vec<&str> = bare.split_whitespace().collect();
    words.extend(["--user", &user, "-v", &mount, &image.tag, "check"]);
    let output = docker(&words);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stdout, plain.stdout);
    assert!(String::from_utf8_lossy(&output.stdout).contains("ops/compose.yaml:5"));
    let named = docker(&["run", "--rm", "-v", &mount, &image.tag, "check", "/w"]);
    assert_eq!(
        named.stdout, plain.stdout,
        "naming the folder is as good as starting in it"
    );
    assert_eq!(before, owners(&runner.workspace()));
}

#[test]
fn without_a_workspace_it_does_not_pass() {
    let Some(image) = image("without_a_workspace_it_does_not_pass") else {
        return;
    };
    for command in [None, Some("check"), Some("action")] {
        let mut words = vec!["run", "--rm", &image.tag];
        words.extend(command);
        let output = docker(&words);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// The offline act in a folder: does the workflow succeed, and what it printed.
fn act(folder: &Path) -> (bool, String) {
    good(
        Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(folder)
            .output()
            .unwrap(),
    );
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("act")
        .args("push -P ubuntu-latest=-self-hosted --pull=false --action-offline-mode".split(' '))
        .current_dir(folder)
        // act copies the workspace to its cache: they must not lie in one another.
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), log.into_owned())
}

/// `action.yml`, with this image instead of one that is built from source.
fn action_yml(image: &Image) -> String {
    let action = std::fs::read_to_string(project().join("action.yml")).unwrap();
    let line = "  image: Dockerfile\n";
    assert_eq!(action.matches(line).count(), 1);
    action.replace(line, &format!("  image: docker://{}\n", image.tag))
}

/// act is another runner: it mounts the workspace under the host's own path and offers no files for outputs.
#[test]
fn action_yml_works_in_act() {
    const TEST: &str = "action_yml_works_in_act";
    const WORKFLOW: &str = "on: push\njobs:\n  gate:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n      - uses: ./gate\n";
    let Some(image) = image(TEST) else { return };
    if !succeeds("act", &["--version"]) {
        return skip(TEST, "act is not installed");
    }
    for (fill, passes) in [(broken_shop as fn(&Path), false), (tidy, true)] {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        write(folder.path(), "gate/action.yml", &action_yml(&image));
        write(folder.path(), ".github/workflows/gate.yml", WORKFLOW);
        let (passed, log) = act(folder.path());
        assert_eq!(passed, passes, "{log}");
        assert!(
            log.contains(if passes { "plimsoll: pass" } else { "ops/compose.yaml" }),
            "{log}"
        );
    }
}

/// The upload itself cannot be had here. In its place stands an action that says what it got, and then fails as the real one
/// does without Advanced Security: the verdict must not depend on it.
#[test]
fn the_action_with_upload_works_in_act() {
    const TEST: &str = "the_action_with_upload_works_in_act";
    const WORKFLOW: &str = "on: push\njobs:\n  gate:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n      - id: gate\n        uses: ./gate/upload\n        with: {fail-on: error, summary: 'true'}\n      - if: always()\n        run: echo \"later steps see ${{ steps.gate.outputs.verdict }} and ${{ steps.gate.outputs.errors }}\"\n";
    const UPLOAD: &str = "name: upload\ndescription: refused\ninputs: {sarif_file: {}, category: {}}\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n        echo \"refused ${{ inputs.category }} $(wc -l < ${{ inputs.sarif_file }} | tr -d ' ') lines\"\n        exit 1\n";
    let Some(image) = image(TEST) else { return };
    if !succeeds("act", &["--version"]) {
        return skip(TEST, "act is not installed");
    }
    let action = std::fs::read_to_string(project().join("upload/action.yml")).unwrap();
    let uses = action
        .lines()
        .find_map(|line| line.trim().strip_prefix("uses: "))
        .unwrap();
    assert!(uses.starts_with("github/codeql-action/upload-sarif@"), "{uses}");
    let action = action.replace(uses, "./gate/refused");
    let nothing: fn(&Path) = |_| ();
    for (fill, passes, says) in [
        (broken_shop as fn(&Path), false, "later steps see fail and "),
        (tidy, true, "later steps see pass and 0"),
        // What the test itself writes is nothing to judge.
        (nothing, false, "later steps see error and 0"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        write(folder.path(), "gate/action.yml", &action_yml(&image));
        write(folder.path(), "gate/upload/action.yml", &action);
        write(folder.path(), "gate/refused/action.yml", UPLOAD);
        std::fs::copy(project().join("upload/gate"), folder.path().join("gate/upload/gate")).unwrap();
        write(folder.path(), ".github/workflows/gate.yml", WORKFLOW);
        let (passed, log) = act(folder.path());
        assert_eq!(passed, passes, "{log}");
        assert!(log.contains("refused plimsoll "), "{log}");
        assert!(log.contains(says), "{log}");
    }
}

/// It hands every input on, and every output back.
#[test]
fn the_action_with_upload_offers_what_the_action_offers() {
    let keys = |path: &str, section: &str| -> Vec<(String, String)> {
        let text = std::fs::read_to_string(project().join(path)).unwrap();
        let mut sources = Sources::default();
        let file = yaml::parse(sources.add(&project().join(path), text.clone()), &text);
        let map = file.documents[0].get(section).unwrap().map().unwrap();
        let default = |value: &yaml::Value| {
            value
                .get("default")
                .and_then(yaml::Value::scalar_text)
                .unwrap_or_default()
        };
        map.iter()
            .map(|(name, entry)| (name.clone(), default(&entry.value)))
            .collect()
    };
    let expected: Vec<_> = keys("action.yml", "inputs")
        .into_iter()
        // Without a file there is nothing to upload.
        .map(|(name, default)| match name.as_str() {
            "sarif-file" => (name, "plimsoll.sarif".to_owned()),
            _ => (name, default),
        })
        .collect();
    let offered: Vec<_> = keys("upload/action.yml", "inputs")
        .into_iter()
        .filter(|(name, _)| name != "upload" && name != "category")
        .collect();
    assert_eq!(offered, expected);
    let text = std::fs::read_to_string(project().join("upload/action.yml")).unwrap();
    let script = std::fs::read_to_string(project().join("upload/gate")).unwrap();
    for (name, _) in &expected {
        let variable = format!("INPUT_{}", name.to_uppercase());
        let line = format!("        {}: ${{{{ inputs.{name} }}}}\n", variable.replace('-', "_"));
        assert!(text.contains(&line), "{line}");
        let named = script
            .split_whitespace()
            .any(|word| word.trim_end_matches(';') == name.to_uppercase());
        assert!(named, "upload/gate does not hand on {name}");
    }
    for (name, _) in keys("action.yml", "outputs") {
        let line = format!("    value: ${{{{ steps.gate.outputs.{name} }}}}\n");
        assert!(text.contains(&line), "{line}");
    }
}

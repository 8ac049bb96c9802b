//! Rows 60 and 64 to 66: what surrounds the process.

use super::Scene;
use crate::support::FORMATS;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const FINE: &str = "services: {a: {image: 'x:1'}}\n";
const BAD: &str = "services:\n  a:\n    image: x:1\n    privileged: true\n";

/// Runs a passing and a failing folder in every format; a pass becomes 2, a failure stays one.
fn never_a_pass(shell: &str, words: &[&str]) {
    for (text, code) in [(FINE, 2), (BAD, 1)] {
        for format in FORMATS {
            let scene = Scene::new(&[("compose.yaml", text), ("folder/x", "")]).shell(shell);
            let all = [&["check", "--root", ".", "--format", format], words].concat();
            let ran = scene.start(&all);
            assert_eq!(ran.status.code(), Some(code), "{shell} {format}: {}", ran.err);
            assert!(!ran.err.contains("panicked") && !ran.err.is_empty(), "{}", ran.err);
        }
    }
}

#[test]
fn row_60_outputs_that_cannot_be_written() {
    never_a_pass("exec \"$@\" >/dev/full", &[]);
    // Nobody reads: the reader is gone before anything is written.
    never_a_pass("{ sleep 0.2; \"$@\"; echo $? >code; } | true; exit $(cat code)", &[]);
    for output in [
        "json=folder",
        "sarif=no/such/folder/x",
        "junit=compose.yaml/x",
        "markdown=/proc/x",
        "text=/dev/full",
    ] {
        never_a_pass("exec \"$@\"", &["--output", output]);
    }
}

#[test]
fn sibling_60_the_files_of_the_action() {
    for (variable, place) in [
        ("GITHUB_STEP_SUMMARY", "folder"),
        ("GITHUB_STEP_SUMMARY", "/dev/full"),
        ("GITHUB_OUTPUT", "folder"),
        ("GITHUB_OUTPUT", "/proc/x"),
    ] {
        for (text, code) in [(FINE, [0, 2]), (BAD, [1, 1])] {
            let scene = Scene::new(&[("compose.yaml", text), ("folder/x", "")]).env(variable, place);
            let root = scene.root().display().to_string();
            let ran = scene.env("GITHUB_WORKSPACE", &root).start(&["action"]);
            let ended = ran.status.code().unwrap();
            assert!(code.contains(&ended), "{variable}={place}: {ended} {}", ran.err);
            // The verdict does not rest on them: runners need not offer these files. It is said.
            assert!(
                ran.err.contains(&format!("{variable} cannot be written")),
                "{}",
                ran.err
            );
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
        }
    }
    // A report of before stays whole where the new one cannot take its place.
    let scene = Scene::new(&[("compose.yaml", FINE), ("closed/old.json", "old")])
        .shell("ulimit -f 0; trap '' XFSZ; exec \"$@\"");
    let ran = scene.start(&["check", "--root", ".", "--output", "json=closed/old.json"]);
    assert_eq!(ran.status.code(), Some(2), "{}", ran.err);
    assert_eq!(fs::read_to_string(scene.root().join("closed/old.json")).unwrap(), "old");
    assert_eq!(
        fs::read_dir(scene.root().join("closed")).unwrap().count(),
        1,
        "nothing half written stays"
    );
}

#[test]
fn row_64_environments() {
    let files = [
        ("compose.yaml", BAD),
        ("Dockerfile", "FROM python\nRUN apt-get install İı\n"),
    ];
    let plain = Scene::new(&files).judge(1).texts;
    for (name, value) in [
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "C"),
        ("TZ", "Pacific/Kiritimati"),
        ("COLUMNS", "1"),
        ("NO_COLOR", "1"),
        ("TERM", "dumb"),
        ("HOME", "/nowhere"),
        ("RUST_BACKTRACE", "1"),
        ("FORCE_COLOR", "1"),
        ("CLICOLOR_FORCE", "1"),
        ("RAYON_NUM_THREADS", "1"),
    ] {
        assert_eq!(
            Scene::new(&files).env(name, value).judge(1).texts,
            plain,
            "{name}={value}"
        );
    }
    let scene = Scene::new(&files);
    fs::set_permissions(scene.root(), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(scene.judge(1).texts, plain, "a folder that is read-only");
    fs::set_permissions(scene.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let gone = Scene::new(&files).shell("mkdir gone; cd gone; rmdir ../gone; exec \"$@\"");
    let ran = gone.start(&["check", "--root", "."]);
    assert_eq!(ran.status.code(), Some(2), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn sibling_64_git_and_docker_are_told_nothing() {
    let files = [
        ("compose.yaml", BAD),
        ("other/compose.yaml", "services: {o: {image: 'x:1', pid: host}}\n"),
    ];
    let plain = Scene::new(&files).judge(1).texts;
    for (name, value) in [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/"),
        ("GIT_INDEX_FILE", "/etc/passwd"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CEILING_DIRECTORIES", "/"),
        ("COMPOSE_FILE", "other/compose.yaml"),
        ("COMPOSE_PROFILES", "*"),
        ("COMPOSE_PROJECT_NAME", "x"),
        ("DOCKER_CONFIG", "/etc"),
        ("DOCKER_DEFAULT_PLATFORM", "x"),
        ("BUILDKIT_SYNTAX", "evil/x"),
        ("TMPDIR", "/nowhere"),
    ] {
        assert_eq!(
            Scene::new(&files).env(name, value).judge(1).texts,
            plain,
            "{name}={value}"
        );
    }
}

#[test]
fn row_65_few_resources() {
    let scene = Scene::new(&[("compose.yaml", BAD), ("a/b/c/d/e/compose.yaml", BAD)]);
    scene
        .shell("ulimit -n 16; exec \"$@\"")
        .judge(1)
        .has("privileged-service a/b/c/d/e/compose.yaml:4");
    Scene::new(&[("compose.yaml", BAD)])
        .shell("ulimit -v 307200; exec \"$@\"")
        .judge(1);
    if Command::new("taskset")
        .args(["-c", "0", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        Scene::new(&[("compose.yaml", BAD)])
            .shell("exec taskset -c 0 \"$@\"")
            .judge(1);
    }
    let slow: String = (0..100_000)
        .map(|index| format!("RUN mkdir /x{index} && cd /x{index} && apk add p{index}\n"))
        .collect();
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let scene = Scene::new(&[
            ("compose.yaml", FINE),
            ("Dockerfile", &format!("FROM alpine:3.22\n{slow}")),
        ]);
        // The shell waits, as a job of its own keeps the signal.
        let scene = scene.shell(&format!("\"$@\" & job=$!; sleep 0.5; kill -{signal} $job; wait $job"));
        let ran = scene.start(&[
            "check",
            "--root",
            ".",
            "--deadline",
            "10m",
            "--format",
            "json",
            "--output",
            "sarif=s.sarif",
        ]);
        // A job in the background of a shell does not hear INT: it goes on to a whole report.
        let whole = ran.out.ends_with("}\n") && scene.root().join("s.sarif").exists();
        assert!(
            ran.status.code() == Some(code) || (signal == "INT" && whole),
            "{signal}: {} {}",
            ran.status,
            ran.err
        );
        assert!(
            whole || (ran.out.is_empty() && !scene.root().join("s.sarif").exists()),
            "a part looks like the whole"
        );
    }
}

#[test]
fn sibling_65_even_fewer_resources() {
    // What cannot be opened is said, or the whole could not run; never a pass.
    let files = [("compose.yaml", FINE), ("a/b/c/d/e/compose.yaml", BAD)];
    for count in 4..10 {
        let ran = Scene::new(&files)
            .shell(&format!("ulimit -n {count}; exec \"$@\""))
            .start(&["check", "--root", ".", "--format", "json"]);
        let ended = ran.status.code();
        assert!(
            matches!(ended, Some(1 | 2 | 127)) && !ran.err.contains("panicked"),
            "{count}: {ended:?} {}",
            ran.err
        );
    }
    for limit in ["-u 1", "-s 1024", "-c 0", "-l 0", "-t 100", "-f 100000"] {
        let scene = Scene::new(&files).shell(&format!("ulimit {limit}; exec \"$@\""));
        scene.judge(1).has("privileged-service a/b/c/d/e/compose.yaml:4");
    }
}

#[test]
fn row_66_other_users() {
    let scene = Scene::new(&[("compose.yaml", BAD)]);
    if !is_root() {
        println!("skipped: only root can be somebody else");
        return;
    }
    let program = scene.beside("plimsoll");
    fs::copy(env!("CARGO_BIN_EXE_plimsoll"), &program).unwrap();
    fs::set_permissions(scene.beside("."), fs::Permissions::from_mode(0o777)).unwrap();
    let ran = scene
        .shell("shift; exec setpriv --reuid 54321 --regid 54321 --clear-groups -- ../plimsoll \"$@\"")
        .start(&["check", "--root", ".", "--format", "json"]);
    assert_eq!(ran.status.code(), Some(1), "{}", ran.err);
    assert!(ran.out.contains("privileged-service"));
}

#[test]
fn sibling_66_a_repository_of_another_owner() {
    let scene = Scene::new(&[
        (".gitignore", "hidden\n"),
        ("compose.yaml", FINE),
        ("hidden/compose.yaml", BAD),
        ("ignored/hidden/compose.yaml", BAD),
    ]);
    let git = |words: &[&str]| {
        let run = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(words)
            .current_dir(scene.root())
            .output();
        run.is_ok_and(|output| output.status.success())
    };
    if !(git(&["init", "-q"])
        && git(&["add", "-f", "compose.yaml", "hidden", ".gitignore"])
        && git(&["commit", "-qm", "x"]))
    {
        println!("skipped: there is no git");
        return;
    }
    if is_root() {
        let owned = Command::new("chown")
            .args(["-R", "54321:54321", "."])
            .current_dir(scene.root())
            .status();
        assert!(owned.unwrap().success());
    }
    let judged = scene.judge(1);
    judged.has("privileged-service hidden/compose.yaml:4");
    assert!(
        !judged.findings().iter().any(|finding| finding.contains("ignored/")),
        "the index is read whoever owns it"
    );
    judged.within(120);
    // Nothing of it runs: neither hooks nor filters nor programs of its configuration.
    scene.write(".git/config", b"[core]\n\tfsmonitor = \"touch ran\"\n\tpager = touch ran\n\thooksPath = /\n[filter \"x\"]\n\tsmudge = touch ran\n\tclean = touch ran\n");
    scene.write(".gitattributes", b"* filter=x\n");
    scene.start(&["check", "--root", ".", "--changed=HEAD"]);
    assert!(!scene.root().join("ran").exists());
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

//! Programs that tests start beside Plimsoll: the engine, and what makes base images.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Says something that no test runner swallows.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs a program to its end, with the classic builder where it builds.
pub(crate) fn run(program: &str, words: &[&str]) -> Output {
    Command::new(program)
        .args(words)
        .env("DOCKER_BUILDKIT", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// What a program prints that must succeed.
pub(crate) fn good(program: &str, words: &[&str]) -> String {
    let output = run(program, words);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program} {words:?}\n{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    out.trim().to_owned()
}

/// Whether a program is installed, also where only root looks.
pub(crate) fn is_there(program: &str) -> bool {
    run(
        "sh",
        &["-c", &format!("PATH=$PATH:/usr/sbin:/sbin command -v {program}")],
    )
    .status
    .success()
}

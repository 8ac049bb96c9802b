//! Rows 61 to 63: the configuration, the baseline, and comments that ask for silence.

use super::{Judged, Scene};

const BAD: &str = "services:\n  a:\n    image: x:1\n    privileged: true\n";

/// A configuration that is refused, with the place of the mistake.
fn config(text: &str, why: &str) {
    let judged = Scene::new(&[("compose.yaml", BAD), ("plimsoll.yaml", text)]).judge(2);
    assert!(
        judged.err.contains("plimsoll.yaml:") && judged.err.contains(why),
        "{text}: {}",
        judged.err
    );
}

#[test]
fn row_61_configurations_with_mistakes() {
    config("version: 1\nprofils: {}\n", "profiles");
    config(
        "version: 1\nprofiles: {a: {memory: 5 parsecs}}\nassign: [{profile: a}]\n",
        "2:",
    );
    config("version: 1\nprofiles: {a: {extends: b}, b: {extends: a}}\n", "2:");
    config("version: 1\nrules: {nope: off}\n", "2:");
}

#[test]
fn sibling_61_more_configurations_with_mistakes() {
    config("version: 1\nversion: 1\n", "2:");
    config("version: 99\n", "1:");
    config("version: 1\nprofiles: {a: {extends: a}}\n", "2:");
    config("version: 1\nprofiles: {a: {memory: -1MiB}}\n", "2:");
    config("version: 1\nprofiles: {a: {memory: 9999999999999999GiB}}\n", "2:");
    config("version: 1\nprofiles: {a: {nofile: 9/5}}\n", "2:");
    config("version: 1\nexclude: ['[']\n", "2:");
    config("- a\n", "1:");
    config("version: 1\na: &a [*a]\n", "2:");
    config(&format!("version: 1\nx: {}\n", "[".repeat(5000)), "2:");
    config(
        "version: 1\nignore: [{rule: privileged-service, reason: x, until: tomorrow}]\n",
        "2:",
    );
    let scene = Scene::new(&[("compose.yaml", BAD)]);
    scene.link("plimsoll.yaml", "../outside/compose.yaml");
    scene.judge(2);
    let scene = Scene::new(&[("compose.yaml", BAD)]);
    scene.write("plimsoll.yaml", b"version: 1\n# \xff\n");
    scene.judge(2);
}

#[test]
fn row_62_baselines_that_are_none() {
    for text in [
        "# plimsoll baseline 99: x\n",
        "",
        "<<<<<<< HEAD\n",
        "privileged-service\n",
        "[]",
    ] {
        let scene = Scene::new(&[("compose.yaml", BAD), ("known", text)]).with(&["--baseline", "known"]);
        scene.judge(2);
    }
    let scene = Scene::new(&[("compose.yaml", BAD)]).with(&["--baseline", "known"]);
    scene.write("known", b"");
    std::fs::File::options()
        .write(true)
        .open(scene.root().join("known"))
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    scene.judge(2);
}

#[test]
fn sibling_62_baselines_that_were_edited() {
    let scene = Scene::alone(&[("compose.yaml", BAD)]).with(&["--write-baseline", "known"]);
    scene.judge(0);
    let text = std::fs::read_to_string(scene.root().join("known")).unwrap();
    let (head, rest) = text.split_once('\n').unwrap();
    for edited in [
        format!("{head}\n<<<<<<< HEAD\n{rest}=======\n>>>>>>> x\n"),
        format!("{head}\n* * * *\n"),
        format!("{head}\n{}\n", "x".repeat(1_000_000)),
        format!("{head}\n{}", rest.replace(' ', "")),
        text.replace(head, ""),
        format!("{text}\u{0}"),
    ] {
        let scene = Scene::alone(&[("compose.yaml", BAD), ("known", &edited)]).with(&["--baseline", "known"]);
        scene.judge(2);
    }
    // What hides nothing lets the rest through.
    let scene = Scene::alone(&[("compose.yaml", BAD), ("known", &format!("{head}\n"))]).with(&["--baseline", "known"]);
    scene.judge(1).has("privileged-service compose.yaml:4");
    for link in ["../outside/compose.yaml", "/dev/zero", "known"] {
        let scene = Scene::alone(&[("compose.yaml", BAD)]).with(&["--baseline", "known"]);
        scene.link("known", link);
        scene.judge(2);
    }
}

/// A comment behind the line of a privileged service; it must not hide it.
fn comment(text: &str) -> Judged {
    let judged = Scene::new(&[("compose.yaml", &BAD.replace("true\n", &format!("true # {text}\n")))]).judge(1);
    judged.has("privileged-service compose.yaml:4");
    judged
}

#[test]
fn row_63_comments_that_hide_nothing() {
    for text in [
        "plimsoll: ignore[*] why",
        "plimsoll: ignore[] why",
        "plimsoll: ignore[nope] why",
    ] {
        let judged = comment(text);
        let said = judged.findings();
        assert!(
            said.iter().any(|finding| finding == "unused-ignore compose.yaml:4"),
            "{text}: {said:?}"
        );
    }
    comment("plimsoll: ignore[privileged-service]").has("ignore-without-reason compose.yaml:4");
    let dockerfile = "FROM x:1\nRUN <<EOF\n# plimsoll: ignore-file[invalid-dockerfile] in a heredoc\nEOF\nRUN echo '# plimsoll: ignore-file[invalid-dockerfile] in a string'\nFOO\n";
    Scene::new(&[("Dockerfile", dockerfile)])
        .judge(1)
        .has("invalid-dockerfile Dockerfile:6");
}

#[test]
fn sibling_63_more_comments_that_hide_nothing() {
    for text in [
        "plimsoll: ignore[privileged-service,*]",
        "plimsoll:ignore privileged-service why",
        "plimsoll: ignore[Privileged-Service] why",
        "plimsoll: ignore[privileged-service\u{200b}] why",
        "plimsoll: ignore-all[*] why",
        "plimsoll: ignore [privileged-service",
        "plimsoll: ignore[privileged-service] \u{200b}",
        "PLIMSOLL: ignore[privileged-service] why",
        "checkov:skip=CKV_DOCKER_3: why",
        "check=skip=all;error=false",
    ] {
        comment(text);
    }
    for line in [
        "command: 'x # plimsoll: ignore-file[privileged-service] in a string'",
        "command: |\n      # plimsoll: ignore-file[privileged-service] in a block",
        "labels: {'# plimsoll': 'ignore-file[privileged-service] why'}",
    ] {
        let scene = Scene::new(&[("compose.yaml", &format!("{BAD}    {line}\n"))]);
        scene.judge(1).has("privileged-service compose.yaml:4");
    }
}

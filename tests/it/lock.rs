//! `plimsoll.lock` as the gate reads it, and `plimsoll lock` without an engine. With one: `tests/engine`.
use crate::support::{Workspace, image::archive};
use expect_test::expect;

const HEAD: &str = "version: 1\n";
const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// No engine answers there.
const NO_ENGINE: [(&str, &str); 1] = [("DOCKER_HOST", "unix:///nowhere/engine.sock")];

fn base() -> String {
    format!(
        "acme/base:1 linux/amd64:\n  digest: sha256:{HEX}\n  size: 20000000\n  layers: 3\n  user: \"\"\n  entrypoint: []\n  \
         command: [/bin/sh]\n  healthcheck: []\n  ports: []\n  volumes: [/data]\n  environment: [PATH]\n  versions: {{}}\n  \
         system: \"debian 12\"\n  accounts: [root:0:0, app:1000:1000]\n  programs:\n    /bin: [cat, sh]\n    /opt/bin: [server]\n  \
         shell: /bin/dash\n  libc: glibc\n  packages: none\n"
    )
}

const DOCKERFILE: &str = "FROM acme/base:1\nRUN cat /etc/passwd\nRUN curl -f http://example.org\nUSER app\n\
                          EXPOSE 80\nCMD [\"server\"]\n";

const COMPOSE: &str = "services:\n  api:\n    image: acme/base:1\n    user: nobody\n    command: [worker]\n    \
                       mem_limit: 64m\n  web:\n    image: acme/base:1\n    command: [server]\n";

/// What the gate finds, with what the lock says of the base image.
fn found(files: &[(&str, &str)], words: &[&str]) -> Vec<String> {
    let shown = Workspace::new(files).run(&[&["check", "--no-engine", "--notes", "--format", "line"], words].concat());
    assert!(shown.code != 2, "{}", shown.err);
    shown.out.lines().map(str::to_owned).collect()
}

#[test]
fn the_gate_knows_what_the_lock_says() {
    let lock = format!("{HEAD}{}", base());
    let without = found(&[("Dockerfile", DOCKERFILE), ("compose.yaml", COMPOSE)], &[]);
    let with = found(
        &[
            ("Dockerfile", DOCKERFILE),
            ("compose.yaml", COMPOSE),
            ("plimsoll.lock", &lock),
        ],
        &[],
    );
    let new: Vec<&String> = with.iter().filter(|line| !without.contains(line)).collect();
    let gone: Vec<&String> = without.iter().filter(|line| !with.contains(line)).collect();
    expect![[r#"
        [
            "Dockerfile:1:1: note: the image of `Dockerfile` has no health check [missing-healthcheck]",
            "Dockerfile:3:5: warning: the image runs `curl`, which does not exist here: `acme/base:1` does not include it, and no earlier step installs it [build-command-missing]",
            "compose.yaml:2:3: note: `api` has no health check [missing-healthcheck]",
            "compose.yaml:4:11: error: `api` runs as `nobody`, a user that does not exist in its image, so it does not start [unknown-user]",
            "compose.yaml:5:15: warning: `api` starts `worker`, which its image does not have: `acme/base:1` does not include it, and nothing installs it, so it does not start [command-missing]",
            "compose.yaml:7:3: note: `web` has no health check [missing-healthcheck]",
            "compose.yaml:8:12: note: `web` runs as root, inherited from `acme/base:1` (nothing sets a user) [root-user]",
        ]
    "#]]
    .assert_debug_eq(&new);
    expect![[r#"
        [
            "compose.yaml:3:12: note: no data about the image `acme/base:1` [unknown-image]",
        ]
    "#]]
    .assert_debug_eq(&gone);
}

#[test]
fn sizes_are_counted_where_the_lock_has_them() {
    let lock = format!("# one\n{HEAD}\n{}", base());
    let dockerfile = "FROM acme/base:1\nCOPY a /a\n";
    let workspace = Workspace::new(&[("Dockerfile", dockerfile), ("a", "12345"), ("plimsoll.lock", &lock)]);
    let report = workspace.json(&["--no-engine"]);
    let image = &report["units"][0]["image"];
    assert_eq!(
        (&image["size_bytes"], &image["basis"]),
        (&20_000_005.into(), &"exact".into())
    );
    assert_eq!(image["layers"][0]["why"], "plimsoll.lock:4");
    let table = workspace.run(&["image", "--from", "Dockerfile"]);
    assert!(table.out.contains("plimsoll.lock:4"), "{}", table.out);
}

#[test]
fn a_digest_is_taken_at_its_word() {
    let lock = format!("{HEAD}{}", base());
    let other = HEX.replace('0', "1");
    for (reference, is_known) in [
        ("acme/base:1".to_owned(), true),
        (format!("acme/base@sha256:{HEX}"), true),
        (format!("acme/base:other@sha256:{HEX}"), true),
        ("docker.io/acme/base:1".to_owned(), true),
        (format!("acme/base:1@sha256:{other}"), false),
        (format!("acme/other@sha256:{HEX}"), false),
        ("acme/base".to_owned(), false),
        ("ghcr.io/acme/base:1".to_owned(), false),
    ] {
        let compose = format!("services:\n  a:\n    image: {reference}\n    user: nobody\n");
        let found = found(&[("compose.yaml", &compose), ("plimsoll.lock", &lock)], &[]);
        let has = found.iter().any(|line| line.contains("[unknown-user]"));
        assert_eq!(has, is_known, "{reference}");
    }
}

#[test]
fn a_broken_lock_stops_the_gate_at_its_line() {
    let compose = ("compose.yaml", "services:\n  a:\n    image: acme/base:1\n");
    for (lock, why) in [
        (
            "version: 1\nacme/base:1 linux/amd64:\n  size: many\n",
            "plimsoll: plimsoll.lock:3: `size` must be a whole number\n",
        ),
        (
            "version: 1\nacme/base:1 linux/amd64:\n<<<<<<< ours\n",
            "plimsoll: plimsoll.lock:3: a merge stopped here: keep one of the two sides, then run `plimsoll lock`\n",
        ),
        (
            "services: {}\n",
            "plimsoll: plimsoll.lock:1: not `IMAGE PLATFORM:`, like `alpine:3.22 linux/amd64:`\n",
        ),
    ] {
        let workspace = Workspace::new(&[compose, ("plimsoll.lock", lock)]);
        workspace.write("Dockerfile", b"FROM acme/base:1\n");
        let table = ["image", "--from", "Dockerfile"];
        for words in [&["check", "--no-engine"][..], &["lock", "--check"], &["lock"], &table] {
            let shown = workspace.run_with(words, &NO_ENGINE);
            assert_eq!((shown.code, shown.err.as_str()), (2, why), "{words:?}");
        }
    }
    // What no file names is nobody's business here, and that of `plimsoll lock`.
    let other = Workspace::new(&[compose, ("plimsoll.lock", "version: 1\nb:1 linux/amd64:\n  size: x\n")]);
    assert_ne!(other.run(&["check", "--no-engine"]).code, 2);
    assert_eq!(other.run_with(&["lock", "--check"], &NO_ENGINE).code, 2);
    let binary = Workspace::new(&[compose]);
    binary.write("plimsoll.lock", b"\xff\xfe");
    assert_eq!(
        binary.run(&["check", "--no-engine"]).err,
        "plimsoll: plimsoll.lock cannot be read: it is not UTF-8\n"
    );
}

#[test]
fn the_lock_is_checked_without_an_engine() {
    let lock = format!("{HEAD}{}old:1 linux/amd64:\n  size: 5\n", base());
    let dockerfile = "FROM golang:1 AS build\nFROM build AS other\nFROM acme/base:1\nCOPY --from=busybox:1 /bin/sh /\n\
                      COPY --from=build /a /\n";
    let compose = "services:\n  a: {image: \"acme/base:1\", platform: linux/arm64/v8}\n  made: {image: made, build: .}\n  \
                   user: {image: made}\n";
    let workspace = Workspace::new(&[
        ("Dockerfile", dockerfile),
        ("compose.yaml", compose),
        ("plimsoll.lock", &lock),
    ]);
    let shown = workspace.run_with(&["lock", "--check"], &NO_ENGINE);
    assert_eq!(shown.code, 1);
    expect![[r#"
        missing acme/base:1 linux/arm64: used in compose.yaml:2
        missing busybox:1: used in Dockerfile:4
        stale old:1 linux/amd64: plimsoll.lock:22: no file uses it
        not compared with the engine: no engine answers at `/nowhere/engine.sock`: it does not exist
        plimsoll.lock is not current: run `plimsoll lock`, and commit it
    "#]]
    .assert_eq(&shown.out);
    let current = Workspace::new(&[
        ("Dockerfile", "FROM acme/base:1\n"),
        ("plimsoll.lock", &format!("{HEAD}{}", base())),
    ]);
    let shown = current.run_with(&["lock", "--check"], &NO_ENGINE);
    assert_eq!(shown.code, 0, "{}", shown.out);
}

#[test]
fn facts_come_from_files_where_no_engine_answers() {
    let files = [
        ("Dockerfile", "FROM acme/base:1\nFROM acme/tool:2\n"),
        ("compose.yaml", "services: {a: {image: \"acme/base:1\"}}\n"),
    ];
    let workspace = Workspace::new(&files);
    workspace.write(
        "base.tar",
        &archive("RUN a\n  1000 /bin/a\n  20 /etc/passwd\nRUN b\n  - /bin/a\n"),
    );
    let inspected = format!(
        r#"{{"name": "x", "manifest": {{"digest": "sha256:{HEX}"}}, "image": {{
            "linux/amd64": {{"os": "linux", "architecture": "amd64", "config": {{"User": "app", "Env": ["PATH=/x", "TOKEN=s3cret"]}}}},
            "linux/s390x": {{"os": "linux", "architecture": "s390x"}}}}}}"#
    );
    workspace.write("tool.json", inspected.as_bytes());
    let words = [
        "lock",
        "--image",
        "acme/base:1=base.tar",
        "--image",
        "acme/tool:2=tool.json",
    ];
    let shown = workspace.run_with(&words, &NO_ENGINE);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    expect![[r#"
        added acme/base:1 linux/amd64 (1.0 kB)
        added acme/tool:2 linux/amd64 (size not known)
        plimsoll.lock: 2 images
    "#]]
    .assert_eq(&shown.out);
    let lock = || std::fs::read_to_string(workspace.path().join("plimsoll.lock")).unwrap();
    let first = lock();
    let tool = first.get(first.find("acme/tool:2").unwrap()..).unwrap();
    expect![[r#"
        acme/tool:2 linux/amd64:
          digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          user: app
          entrypoint: []
          command: []
          ports: []
          volumes: []
          environment: [PATH, TOKEN]
          versions: {}
    "#]]
    .assert_eq(tool);
    assert!(first.contains("  size: 1020\n"), "{first}");
    let again = workspace.run_with(&words, &NO_ENGINE);
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "plimsoll.lock: 2 images, 2 unchanged\n")
    );
    assert_eq!(lock(), first);
    // Without the files they stay, and without their names they go.
    let kept = workspace.run_with(&["lock"], &NO_ENGINE);
    assert_eq!((kept.code, lock() == first), (0, true), "{}", kept.out);
    workspace.write("Dockerfile", b"FROM acme/base:1\n");
    let shown = workspace.run_with(&["lock"], &NO_ENGINE);
    expect![[r"
        kept acme/base:1: no engine answers at `/nowhere/engine.sock`: it does not exist
        removed acme/tool:2 linux/amd64: no file uses it
        plimsoll.lock: 1 image
    "]]
    .assert_eq(&shown.out);
    assert_eq!(lock(), first.split_once("acme/tool:2").unwrap().0);
}

#[test]
fn what_cannot_be_had_is_said() {
    let pinned = format!("acme/base@sha256:{HEX}");
    let compose = format!("services:\n  a: {{image: \"acme/api:1\"}}\n  b: {{image: \"{pinned}\"}}\n");
    let workspace = Workspace::new(&[("compose.yaml", &compose)]);
    workspace.write("a.tar", &archive("RUN a\n  1000 /bin/a\n"));
    workspace.write("none", b"nothing");
    let pin = format!("{pinned}=a.tar");
    for (words, why) in [
        (
            vec!["lock", "other:1"],
            "plimsoll: no Dockerfile or Compose file uses `other:1`\n".to_owned(),
        ),
        (
            vec!["lock", "--image", "acme/api:1=none"],
            "plimsoll: `none` cannot be read: it is not a valid tar archive\n".to_owned(),
        ),
        (
            vec!["lock", "--image", "acme/api:1=x"],
            "plimsoll: `x` cannot be read: it does not exist\n".to_owned(),
        ),
        (
            vec!["lock", "--image", &pin],
            format!("plimsoll: `a.tar` cannot be read: its metadata does not include `{pinned}`\n"),
        ),
    ] {
        let shown = workspace.run_with(&words, &NO_ENGINE);
        assert_eq!((shown.code, shown.err), (2, why), "{words:?}");
    }
    let shown = workspace.run_with(&["lock", "acme/api"], &NO_ENGINE);
    assert_eq!(shown.code, 2);
    let shown = workspace.run_with(&["lock", "acme/api:1"], &NO_ENGINE);
    assert_eq!(shown.code, 1);
    assert!(
        shown.out.starts_with("missing acme/api:1: no engine answers"),
        "{}",
        shown.out
    );
    assert!(!workspace.path().join("plimsoll.lock").exists());
}

/// A repository whose base has this lock and whose change has that one.
fn change(base: &str, here: &str) -> Option<Workspace> {
    let compose = "services:\n  api:\n    image: acme/base:1\n    user: nobody\n";
    let policy = ("plimsoll.yaml", "version: 1\n");
    let workspace = Workspace::repository(&[("compose.yaml", compose), policy, ("plimsoll.lock", base)])?;
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    workspace.write("plimsoll.lock", here.as_bytes());
    workspace.commit();
    Some(workspace)
}

#[test]
fn of_a_build_that_the_base_holds_the_base_decides() {
    let old = format!("{HEAD}{}", base());
    let forged = old.replace("app:1000:1000", "nobody:1000:1000");
    let later = forged.replace(HEX, &HEX.replace('0', "9"));
    let found = |workspace: &Workspace, words: &[&str]| {
        let words = [&["--no-engine", "--notes", "--format", "line"], words].concat();
        let shown = workspace.run(&words);
        let wanted = ["unknown-user", "policy-loosened", "stale-facts"];
        let lines = shown
            .out
            .lines()
            .filter(|line| wanted.iter().any(|rule| line.contains(rule)));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let Some(workspace) = change(&old, &forged) else { return };
    expect![""].assert_eq(&found(&workspace, &[]));
    expect![[r#"
        compose.yaml:4:11: error: `api` runs as `nobody`, a user that does not exist in its image, so it does not start [unknown-user]
        plimsoll.lock:2:1: error: `acme/base:1 linux/amd64` in plimsoll.lock has another `accounts` than in the base, for the same digest [stale-facts]"#]].assert_eq(&found(&workspace, &["--config-from", "main"]));
    let Some(workspace) = change(&old, &later) else { return };
    expect!["plimsoll.lock:2:1: note: `acme/base:1 linux/amd64` in plimsoll.lock has a digest that the base does not have: sha256:9123456789abcdef9123456789abcdef9123456789abcdef9123456789abcdef [policy-loosened]"].assert_eq(&found(&workspace, &["--config-from", "main"]));
    let Some(workspace) = change(&old, "version: 1\n") else {
        return;
    };
    expect!["compose.yaml:4:11: error: `api` runs as `nobody`, a user that does not exist in its image, so it does not start [unknown-user]"].assert_eq(&found(&workspace, &["--config-from", "main"]));
    let Some(workspace) = change("", &forged) else { return };
    expect!["plimsoll.lock:1:1: note: plimsoll.lock is new: its image facts come from this change [policy-loosened]"]
        .assert_eq(&found(&workspace, &["--config-from", "main"]));
    let Some(workspace) = change("services: {}\n", &forged) else {
        return;
    };
    let shown = workspace.run(&["--no-engine", "--config-from", "main"]);
    assert_eq!(shown.code, 2);
    assert!(
        shown
            .err
            .starts_with("plimsoll: plimsoll.lock of `main`: plimsoll.lock:1: not `IMAGE"),
        "{}",
        shown.err
    );
}

/// An engine that has this image, and saves this archive whatever it is asked for.
#[cfg(unix)]
fn engine(folder: &std::path::Path, inspected: String, archive: Vec<u8>) -> String {
    use std::io::{BufRead, BufReader, Write};
    let socket = folder.join("engine.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
            let _ = match request.contains("/get ") {
                true => stream.write_all(&archive),
                false => stream.write_all(inspected.as_bytes()),
            };
        }
    });
    format!("unix://{}", socket.display())
}

#[cfg(unix)]
#[test]
fn an_engine_is_not_believed_against_its_own_archive() {
    let inspected = |driver: &str| {
        format!(
            r#"{{"Id": "sha256:{HEX}", "Os": "linux", "Architecture": "amd64", "GraphDriver": {{"Name": "{driver}"}},
                "RepoDigests": ["acme/other@sha256:{HEX}", "docker.io/acme/base@sha256:{0}"]}}"#,
            HEX.replace('0', "5")
        )
    };
    let saved = archive("RUN a\n  1000 /bin/a\n");
    for (driver, compose, code, said) in [
        (
            "overlay2",
            "image: acme/base:1",
            1,
            "missing acme/base:1: the engine calls it sha256:0123",
        ),
        // The store of containerd calls it by another digest.
        (
            "overlayfs",
            "image: acme/base:1",
            0,
            "added acme/base:1 linux/amd64 (1.0 kB)",
        ),
        (
            "overlayfs",
            "image: acme/base:1\n    platform: linux/arm64",
            1,
            "missing acme/base:1: the engine has it for linux/amd64; run `docker pull --platform linux/arm64 acme/base:1` first",
        ),
    ] {
        let compose = format!("services:\n  a:\n    {compose}\n");
        let workspace = Workspace::new(&[("compose.yaml", &compose)]);
        let host = engine(workspace.path(), inspected(driver), saved.clone());
        let shown = workspace.run_with(&["lock"], &[("DOCKER_HOST", &host)]);
        assert!(shown.code == code && shown.out.starts_with(said), "{driver}: {shown:?}");
        if code == 0 {
            let lock = std::fs::read_to_string(workspace.path().join("plimsoll.lock")).unwrap();
            assert!(lock.contains("  digest: sha256:5123"), "{lock}");
            let again = workspace.run_with(&["lock", "--check"], &[("DOCKER_HOST", &host)]);
            assert_eq!(again.code, 0, "{again:?}");
        }
    }
    let workspace = Workspace::new(&[("compose.yaml", "services:\n  a: {image: \"acme/base:1\"}\n")]);
    for (answer, archive, said) in [
        (
            "{}".to_owned(),
            Vec::new(),
            "missing acme/base:1: the engine's answer cannot be read\n",
        ),
        (
            inspected("overlayfs"),
            b"nonsense".to_vec(),
            "missing acme/base:1: it is not a valid tar archive\n",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let host = engine(folder.path(), answer, archive);
        let shown = workspace.run_with(&["lock"], &[("DOCKER_HOST", &host)]);
        assert!(shown.code == 1 && shown.out.starts_with(said), "{shown:?}");
    }
}

#[test]
fn images_whose_names_are_not_known_are_told() {
    let compose = "services:\n  a:\n    image: redis:${TAG}\n  b:\n    image: redis:${TAG:-8}\n  c:\n    build: .\n";
    let dockerfile = "ARG BASE\nFROM $BASE AS build\nFROM $BASE\nCOPY --from=build /a /a\n";
    let workspace = Workspace::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile)]);
    let shown = workspace.run_with(&["lock"], &NO_ENGINE);
    let left: Vec<&str> = shown.out.lines().filter(|line| line.starts_with("skipped")).collect();
    assert_eq!(
        left,
        [
            "skipped compose.yaml:3: the variable TAG is not set",
            "skipped Dockerfile:3: the build argument BASE is not set"
        ],
        "{}",
        shown.out
    );
    // One that is asked for by name says nothing of others.
    assert!(
        !workspace
            .run_with(&["lock", "redis:8"], &NO_ENGINE)
            .out
            .contains("skipped")
    );
    assert!(
        workspace
            .run_with(&["lock", "--check"], &NO_ENGINE)
            .out
            .contains("skipped compose.yaml:3")
    );
}

#[test]
fn a_platform_counts_where_it_is_asked_for() {
    let lock = format!("{HEAD}{}acme/base:1 linux/arm64:\n  size: 17000000\n", base());
    for (platform, size, basis) in [
        ("", 20_000_000, "exact"),
        ("    platform: linux/amd64\n", 20_000_000, "exact"),
        ("    platform: linux/arm64/v8\n", 17_000_000, "exact"),
        ("    platform: linux/s390x\n", 20_000_000, "estimate"),
    ] {
        let compose = format!("services:\n  a:\n    image: acme/base:1\n{platform}");
        let report = Workspace::new(&[("compose.yaml", &compose), ("plimsoll.lock", &lock)]).json(&["--no-engine"]);
        let image = &report["units"][0]["image"];
        assert_eq!(
            (&image["size_bytes"], &image["basis"]),
            (&size.into(), &basis.into()),
            "{platform}"
        );
    }
    for (flag, size) in [
        ("", 20_000_000),
        ("--platform=linux/amd64 ", 20_000_000),
        ("--platform=linux/arm64 ", 17_000_000),
    ] {
        let dockerfile = format!("FROM {flag}acme/base:1\n");
        let report = Workspace::new(&[("Dockerfile", &dockerfile), ("plimsoll.lock", &lock)]).json(&["--no-engine"]);
        assert_eq!(report["units"][0]["image"]["size_bytes"], size, "{flag}");
    }
}

#[test]
fn images_of_which_nothing_is_known_are_one_note() {
    let lock = format!("{HEAD}{}", base());
    let compose = "services:\n  a: {image: acme/base:1}\n  b: {image: acme/b}\n  c: {image: \"acme/c:2\"}\n  d: {image: acme/b}\n  \
                   e: {image: postgres:17}\n  f: {image: \"prom/prometheus:v9\"}\n  g: {image: \"redis:${TAG}\"}\n";
    let dockerfile = "FROM acme/builder AS build\nFROM acme/runtime:3\nCOPY --from=build /a /a\n";
    let of = |files: &[(&str, &str)]| -> Vec<String> {
        let all = found(files, &[]);
        all.into_iter()
            .filter(|line| line.contains("[unknown-image]"))
            .collect()
    };
    let files = [
        ("compose.yaml", compose),
        ("Dockerfile", dockerfile),
        ("plimsoll.lock", &lock),
    ];
    assert_eq!(
        of(&files),
        ["compose.yaml:3:14: note: no data about 3 images: `acme/b`, `acme/c:2`, `acme/runtime:3` [unknown-image]"]
    );
    assert_eq!(of(&[("Dockerfile", "FROM scratch\n")]), [""; 0]);
    assert_eq!(
        of(&[
            ("compose.yaml", "services:\n  a: {image: own, build: .}\n"),
            ("Dockerfile", "FROM alpine:3.22\n")
        ]),
        [""; 0]
    );
}

//! What `plimsoll new` writes is built, started under all of its limits, and healthy within the start-up of its profile.
//!
//! The bases are made here, under the names that the templates have: busybox, and a root of Debian with Python, Node.js and, with
//! `PLIMSOLL_FULL=1`, this machine's Rust. A base that the engine has already is used as it is. Not built are Go, Java, PostgreSQL and the
//! browser. Where a program is missing the test says `skipped: ...` and passes, unless `PLIMSOLL_REQUIRE_DOCKER=1`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![cfg(target_os = "linux")]

mod support;

use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use support::Workspace;
use support::programs::{good, is_there, run, say};

const PROFILES: [&str; 3] = ["translation", "filesystem", "database"];

fn shell(text: &str) -> String {
    good("sh", &["-euc", text])
}

/// Why it cannot run here.
fn lacking() -> Option<String> {
    let answers = |program: &str, words: &[&str]| is_there(program) && run(program, words).status.success();
    if !answers("docker", &["version"]) {
        return Some("no Docker engine answers".to_owned());
    }
    if !answers("docker-compose", &["version"]) {
        return Some("docker-compose is not installed".to_owned());
    }
    let programs = ["debootstrap", "busybox", "node"];
    programs
        .into_iter()
        .find(|program| !is_there(program))
        .map(|program| format!("{program} is not installed"))
}

// ---- bases

/// Images that were made here, and go when the test ends.
#[derive(Default)]
struct Bases(Vec<String>);

impl Bases {
    fn has(name: &str) -> bool {
        run("docker", &["image", "inspect", name]).status.success()
    }

    /// Imports a folder under a name that is free.
    fn import(&mut self, name: &str, folder: &Path, change: &str) {
        if !Self::has(name) {
            let folder = folder.display();
            shell(&format!(
                "tar -C {folder} -c . | docker import --change '{change}' - {name}"
            ));
            self.0.push(name.to_owned());
        }
    }
}

impl Drop for Bases {
    fn drop(&mut self) {
        for name in &self.0 {
            run("docker", &["image", "rm", "--force", name]);
        }
    }
}

/// Busybox with a link for each of its programs that a template uses, in a folder.
fn busybox(folder: &Path) {
    let folder = folder.display();
    shell(&format!(
        "mkdir -p {folder}/bin {folder}/tmp\n\
         cp \"$(readlink -f \"$(command -v busybox)\")\" {folder}/bin/busybox\n\
         for program in sh httpd wget; do ln -sf busybox {folder}/bin/$program; done"
    ));
}

/// A root of Debian with some packages, and busybox's wget, which Alpine has.
fn debian(folder: &Path, packages: &str) {
    shell(&format!(
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
         debootstrap --variant=minbase --include={packages} bookworm {0} http://deb.debian.org/debian >&2\n\
         rm -rf {0}/var/lib/apt/lists/* {0}/var/cache/apt {0}/usr/share/doc {0}/usr/share/locale\n\
         cp \"$(readlink -f \"$(command -v busybox)\")\" {0}/usr/bin/wget",
        folder.display()
    ));
}

/// All that the templates are built on, and the languages that this is enough for.
fn bases(bases: &mut Bases, store: &Path) -> Vec<&'static str> {
    let small = store.join("busybox");
    busybox(&small);
    bases.import("busybox:1.38", &small, "CMD [\"sh\"]");
    let root = store.join("debian");
    debian(&root, "python3,libstdc++6");
    bases.import("python:3.14-alpine", &root, "CMD [\"python3\"]");
    // The program of Node.js itself, whatever starts it here.
    shell(&format!(
        "cp \"$(node -p process.execPath)\" {0}/usr/bin/node\n\
         echo 'node:x:1000:1000::/home/node:/bin/sh' >>{0}/etc/passwd\n\
         echo 'node:x:1000:' >>{0}/etc/group",
        root.display()
    ));
    bases.import("node:24-alpine", &root, "CMD [\"node\"]");
    let mut languages = vec!["static", "python", "node"];
    if std::env::var_os("PLIMSOLL_FULL").is_some() {
        let root = store.join("rust");
        debian(&root, "gcc,libc6-dev");
        shell(&format!(
            "from=$(rustc --print sysroot); mkdir -p {0}/opt/rust/lib/rustlib\n\
             cp -r \"$from/bin\" {0}/opt/rust/\n\
             cp \"$from\"/lib/*.so* {0}/opt/rust/lib/\n\
             cp -r \"$from/lib/rustlib/$(uname -m)-unknown-linux-gnu\" {0}/opt/rust/lib/rustlib/",
            root.display()
        ));
        // Alpine's Rust links statically by itself.
        let change = "ENV PATH=/opt/rust/bin:/usr/bin:/bin RUSTFLAGS=\"-C target-feature=+crt-static\"";
        bases.import("rust:1.98-alpine", &root, change);
        languages.push("rust");
    }
    languages
}

// ---- one template

/// A project that goes when the test ends, with what it built.
struct Started<'a>(&'a Workspace, String);

impl Started<'_> {
    fn compose(&self, words: &[&str]) -> String {
        let folder = self.0.path().to_str().unwrap();
        good(
            "docker-compose",
            &[&["--project-directory", folder, "--project-name", &self.1], words].concat(),
        )
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        let folder = self.0.path().to_str().unwrap();
        let down = ["down", "--timeout", "1", "--volumes", "--rmi", "all"];
        run(
            "docker-compose",
            &[&["--project-directory", folder, "--project-name", &self.1], &down[..]].concat(),
        );
    }
}

/// How long a service took to be healthy since its project was begun, of how long, and what it used then.
fn healthy(started: &Started<'_>, begun: Instant, service: &str, model: &Value) -> (Duration, Duration, String) {
    let allowed = model["healthcheck"]["start_period"].as_str().unwrap();
    let allowed = Duration::from_secs(allowed.trim_end_matches('s').parse().unwrap());
    let id = started.compose(&["ps", "--all", "--quiet", service]);
    loop {
        let state = good(
            "docker",
            &["inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", &id],
        );
        let took = begun.elapsed();
        if state == "running healthy" {
            let used = good(
                "docker",
                &[
                    "stats",
                    "--no-stream",
                    "--format",
                    "{{.MemUsage}}, {{.PIDs}} processes",
                    &id,
                ],
            );
            return (took, allowed, used);
        }
        assert!(
            state.starts_with("running") && took <= allowed,
            "{service} is `{state}` after {took:?} of {allowed:?}\n{}",
            String::from_utf8_lossy(&run("docker", &["logs", &id]).stderr)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The limits of the file are those that the engine has.
fn is_limited(started: &Started<'_>, service: &str, model: &Value) {
    let id = started.compose(&["ps", "--all", "--quiet", service]);
    let real: Value =
        serde_json::from_str(&good("docker", &["inspect", "--format", "{{json .HostConfig}}", &id])).unwrap();
    let number = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.as_f64().unwrap(), |text| text.parse().unwrap())
    };
    assert_eq!(real["Memory"].as_f64(), Some(number(&model["mem_limit"])), "{real:#}");
    assert_eq!(
        real["MemorySwap"].as_f64(),
        Some(number(&model["memswap_limit"])),
        "{real:#}"
    );
    assert_eq!(
        real["NanoCpus"].as_f64(),
        Some(number(&model["cpus"]) * 1e9),
        "{real:#}"
    );
    assert_eq!(
        real["PidsLimit"].as_f64(),
        Some(number(&model["pids_limit"])),
        "{real:#}"
    );
    assert_eq!(real["ReadonlyRootfs"], true, "{real:#}");
    assert_eq!(real["CapDrop"], serde_json::json!(["ALL"]), "{real:#}");
    assert_eq!(
        real["SecurityOpt"],
        serde_json::json!(["no-new-privileges:true"]),
        "{real:#}"
    );
}

/// Writes a template, builds and starts it, and waits for each of its services.
fn start(name: &str, words: &[&str]) {
    let workspace = Workspace::new(&[]);
    let written = workspace.run(words);
    assert_eq!(written.code, 0, "{written:?}");
    let path = workspace.path().join("compose.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    // An engine before 25 asks no sooner while a container starts.
    let often = text.replace("    interval: 30s\n", "    interval: 1s\n");
    assert!(often != text, "{text}");
    std::fs::write(&path, often).unwrap();
    let started = Started(&workspace, format!("plimsoll-template-{}", name.replace(' ', "-")));
    let model: Value = serde_json::from_str(&started.compose(&["config", "--format", "json"])).unwrap();
    started.compose(&["build", "--quiet"]);
    let begun = Instant::now();
    started.compose(&["up", "--detach"]);
    for (service, model) in model["services"].as_object().unwrap() {
        let (took, allowed, used) = healthy(&started, begun, service, model);
        is_limited(&started, service, model);
        say(&format!(
            "{name} `{service}`: healthy after {:.1} s of {} s, {used}",
            took.as_secs_f64(),
            allowed.as_secs()
        ));
    }
}

#[test]
fn a_template_starts_under_its_limits() {
    if good("id", &["-u"]) != "0" {
        say("skipped: debootstrap needs root");
        return;
    }
    if let Some(reason) = lacking() {
        assert!(
            std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|wanted| wanted != "1"),
            "{reason}"
        );
        say(&format!("skipped: {reason}"));
        return;
    }
    let store = tempfile::tempdir().unwrap();
    let mut made = Bases::default();
    let languages = bases(&mut made, store.path());
    for language in languages {
        for profile in PROFILES {
            start(&format!("{profile} {language}"), &["new", profile, "--lang", language]);
        }
    }
    start("lightweight", &["new", "lightweight"]);
}

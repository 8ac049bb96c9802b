//! `plimsoll fix`: what it edits is found no more, nothing else is found instead, Compose reads the file as before, and a second run
//! changes nothing.

use crate::support::{Workspace, findings, shared};
use expect_test::expect;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const COMPOSE: &str = "version: \"3\"\n# my stack\nservices:\n  api: # the api\n    image: postgres:17 # pinned\n    security_opt:\n      \
                       - label=type:x\n  web:\n    environment:\n      A: b\n    build: .\n  x: {image: redis, mem_limit: 0}\n";

#[test]
fn a_diff_shows_what_would_be_written() {
    let workspace = Workspace::new(&[
        ("compose.yaml", COMPOSE),
        (
            "Dockerfile",
            "FROM debian:12\nRUN apt-get update && apt-get install curl\n",
        ),
    ]);
    let words = ["fix", "--profile", "database", "--unsafe"];
    let shown = workspace.run(&words);
    assert_eq!(shown.code, 0, "{shown:?}");
    expect![[r#"
        --- a/compose.yaml
        +++ b/compose.yaml
        @@ -1,12 +1,31 @@
        -version: "3"
         # my stack
         services:
           api: # the api
             image: postgres:17 # pinned
        +    cap_drop: [ALL]
        +    cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
        +    cpus: 0.5
        +    healthcheck: {test: [CMD-SHELL, "pg_isready -U $${POSTGRES_USER:-postgres}"], interval: 10s, timeout: 5s, retries: 5, start_period: 30s}
        +    mem_limit: 512m
        +    pids_limit: 100
        +    restart: unless-stopped
        +    logging: {driver: json-file, options: {max-size: 5m, max-file: '2'}}
        +    read_only: true
        +    tmpfs: ["/tmp:size=16m", "/run/postgresql:size=16m"]
             security_opt:
        +      - no-new-privileges:true
               - label=type:x
           web:
             environment:
               A: b
             build: .
        -  x: {image: redis, mem_limit: 0}
        +    cap_drop: [ALL]
        +    cpus: 0.5
        +    mem_limit: 512m
        +    pids_limit: 100
        +    restart: unless-stopped
        +    security_opt: [no-new-privileges:true]
        +    logging: {driver: json-file, options: {max-size: 5m, max-file: '2'}}
        +    read_only: true
        +    tmpfs: ["/tmp:size=16m"]
        +  x: {cap_drop: [ALL], cap_add: [CHOWN, SETGID, SETUID], cpus: 0.5, healthcheck: {test: [CMD, redis-cli, ping], interval: 10s, timeout: 5s, retries: 5, start_period: 30s}, pids_limit: 100, restart: unless-stopped, security_opt: [no-new-privileges:true], logging: {driver: json-file, options: {max-size: 5m, max-file: '2'}}, read_only: true, tmpfs: ["/tmp:size=16m"], image: redis:8.10, mem_limit: 512m}
        --- a/Dockerfile
        +++ b/Dockerfile
        @@ -1,2 +1,2 @@
        -FROM debian:12
        -RUN apt-get update && apt-get install curl
        +FROM debian:12-slim
        +RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    "#]]
    .assert_eq(&shown.out);
    assert_eq!(
        std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap(),
        COMPOSE
    );
    assert!(shown.err.contains("--write"), "{shown:?}");
    let safe = workspace.run(&["fix", "--rule", "ignored-setting"]);
    expect![[r#"
        --- a/compose.yaml
        +++ b/compose.yaml
        @@ -1,4 +1,3 @@
        -version: "3"
         # my stack
         services:
           api: # the api
    "#]]
    .assert_eq(&safe.out);
    assert_eq!(workspace.run(&["fix", "--rule", "no-such-rule"]).code, 2);
}

/// Texts around a service, in which a key is set or must not be.
const SHAPES: &[(&str, &str, &str)] = &[
    (
        "CRLF",
        "services:\r\n  a:\r\n    image: x\r\n",
        "services:\r\n  a:\r\n    image: x\r\n    restart: unless-stopped\r\n",
    ),
    (
        "no line end",
        "services:\n  a:\n    image: x",
        "services:\n  a:\n    image: x\n    restart: unless-stopped",
    ),
    (
        "flow",
        "services: {a: {image: x}}\n",
        "services: {a: {restart: unless-stopped, image: x}}\n",
    ),
    (
        "a value over lines",
        "services:\n  a:\n    image: x\n    command: >\n      a\n      b\n",
        "services:\n  a:\n    image: x\n    restart: unless-stopped\n    command: >\n      a\n      b\n",
    ),
    (
        "nothing on one line",
        "services:\n  a:\n    build:\n      context: .\n",
        "services:\n  a:\n    restart: unless-stopped\n    build:\n      context: .\n",
    ),
    (
        "a value that is there",
        "services:\n  a:\n    image: x\n    restart: \"no\" # really\n",
        "services:\n  a:\n    image: x\n    restart: unless-stopped # really\n",
    ),
    (
        "merged in",
        "x-a: &a\n  restart: \"no\"\nservices:\n  a:\n    <<: *a\n    image: x\n",
        "x-a: &a\n  restart: \"no\"\nservices:\n  a:\n    <<: *a\n    image: x\n    restart: unless-stopped\n",
    ),
    (
        "an anchor that others use",
        "services:\n  a: &a\n    image: x\n  b: *a\n",
        "",
    ),
    ("a long key", "services:\n  a:\n    ? image\n    : x\n", ""),
];

#[test]
fn a_key_is_set_in_every_shape_of_yaml_or_not_at_all() {
    for (name, old, new) in SHAPES {
        let workspace = Workspace::new(&[("compose.yaml", old), ("Dockerfile", "FROM scratch\n")]);
        let config = "profiles:\n  own: {require: [restart]}\nassign: [{profile: own}]\n";
        workspace.write("plimsoll.yaml", config.as_bytes());
        let words = ["fix", "--write", "--unsafe", "--rule", "missing-restart-policy"];
        if old.contains("\"no\"") {
            // Who says so may want it to end: a job that is done.
            workspace.run(&["fix", "--write", "--rule", "missing-restart-policy"]);
            let kept = std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap();
            assert_eq!(kept, *old, "{name}");
        }
        let shown = workspace.run(&words);
        assert_eq!(shown.code, 0, "{name}: {shown:?}");
        let now = std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap();
        let wanted = if new.is_empty() { old } else { new };
        assert_eq!(now, *wanted, "{name}");
        assert!(workspace.run(&words).err.contains("nothing to fix"), "{name}");
    }
}

#[test]
fn what_cannot_be_written_is_said_and_left() {
    let workspace = Workspace::new(&[("stack/real.yaml", COMPOSE)]);
    std::os::unix::fs::symlink("stack/real.yaml", workspace.path().join("compose.yaml")).unwrap();
    // A link stays one: the file that it leads to is edited.
    let path = workspace.path().join("stack/real.yaml");
    assert_eq!(workspace.run(&["fix", "--write"]).code, 0);
    assert!(workspace.path().join("compose.yaml").is_symlink());
    assert!(!std::fs::read_to_string(&path).unwrap().contains("version"));
    std::fs::write(&path, COMPOSE).unwrap();
    let mut mode = path.metadata().unwrap().permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(&path, mode).unwrap();
    let shown = workspace.run(&["fix", "--write", "--root", "."]);
    assert_eq!(shown.code, 2, "{shown:?}");
    assert!(shown.err.contains("read-only"), "{shown:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), COMPOSE);
    // Nor is any other file of the same run: what belongs together stays together.
    let dockerfile = "FROM debian:13-slim\nRUN apt-get update && apt-get install curl\n";
    workspace.write("Dockerfile", dockerfile.as_bytes());
    workspace.write("a/compose.yaml", COMPOSE.as_bytes());
    assert_eq!(workspace.run(&["fix", "--write", "--root", "."]).code, 2);
    let read = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    assert_eq!(
        (read("Dockerfile"), read("a/compose.yaml")),
        (dockerfile.to_owned(), COMPOSE.to_owned())
    );
}

/// What a limit uncovers that the profile sets, and the service was not made for: only its owner can say which of the two is wrong.
const UNCOVERED: [&str; 6] = [
    "heap-above-memory-limit",
    "memory-overcommitted",
    "log-above-budget",
    // A tag with a version has a size, which a moving one has not.
    "image-size-above-budget",
    // What a privileged service mounts counts once it is not.
    "sensitive-host-path",
    // A smaller base may fit where the larger one could not, whatever the rest is.
    "undecided-value",
];

/// How often each error and warning is found.
fn heavy(report: &Value) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        if finding["severity"] != "note" {
            *all.entry(finding["rule"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    all
}

/// Every so manieth file of the corpus is tried, and all of them in a full run.
const STEP: usize = 60;

#[test]
fn fixes_of_real_files_hold() {
    let Some(shared) = shared() else { return };
    let has_compose = Command::new("docker-compose").arg("version").output().is_ok();
    if !has_compose {
        println!("skipped: there is no docker-compose to ask");
    }
    let corpus = shared.join("corpus");
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let step = if std::env::var_os("PLIMSOLL_FULL").is_some() {
        1
    } else {
        STEP
    };
    let (mut offered, mut all, mut wrong) = (0, 0, Vec::new());
    for line in manifest.lines().skip(1).step_by(step) {
        let columns: Vec<&str> = line.split('\t').collect();
        let path = format!("{}/{}", columns[0].replace('/', "+"), columns[1]);
        let Ok(text) = std::fs::read_to_string(corpus.join(&path)) else {
            continue;
        };
        let name = columns[1].rsplit('/').next().unwrap();
        let workspace = Workspace::new(&[(name, &text)]);
        let profile = ["--profile", "translation", "--no-engine", name];
        let before = workspace.json(&profile);
        let fixable = |report: &Value| {
            let all = report["findings"].as_array().unwrap();
            all.iter().filter(|finding| finding["fixable"] == true).count()
        };
        (offered, all) = (offered + fixable(&before), all + findings(&before).len());
        if before["verdict"] == "error" || fixable(&before) == 0 {
            continue;
        }
        let accepts = || {
            let mut command = Command::new("docker-compose");
            command
                .args(["-f", name, "config", "--quiet"])
                .current_dir(workspace.path());
            (has_compose && columns[1].ends_with("ml")).then(|| command.output().unwrap().status.success())
        };
        let accepted = accepts();
        let fix = ["fix", "--write", "--unsafe", "--profile", "translation", name];
        let shown = workspace.run(&fix);
        let after = workspace.json(&profile);
        let known = heavy(&before);
        let more: Vec<String> = heavy(&after)
            .into_iter()
            .filter(|(rule, _)| !UNCOVERED.contains(&rule.as_str()))
            .filter(|(rule, count)| known.get(rule).is_none_or(|before| before < count))
            .map(|(rule, _)| rule)
            .collect();
        // What Compose refused before may be what was mended.
        let is_refused = accepted == Some(true) && accepts() == Some(false);
        if shown.code != 0 || fixable(&after) > 0 || !more.is_empty() || is_refused {
            wrong.push(format!("{path}: {} {more:?} {is_refused}", shown.err));
        }
        if !workspace.run(&fix).err.contains("nothing to fix") {
            wrong.push(format!("{path}: a second run changes more"));
        }
    }
    println!("{offered} of {all} findings had a fix");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(offered * 10 > all * 3, "{offered} of {all}");
}

#[test]
fn a_group_goes_behind_its_user_and_a_probe_asks_with_what_is_there() {
    let fixed = |compose: &str| {
        let workspace = Workspace::new(&[("compose.yaml", compose)]);
        for rule in ["unknown-compose-key", "command-missing"] {
            let shown = workspace.run(&["fix", "--write", "--unsafe", "--rule", rule]);
            assert_eq!(shown.code, 0, "{shown:?}");
        }
        std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap()
    };
    let service = |lines: &str| format!("services:\n  a:\n    image: python:3.14-alpine\n{lines}");
    for (before, after) in [
        ("    user: 1000\n    group: 1000\n", "    user: \"1000:1000\"\n"),
        (
            "    user: app # me\n    group: \"staff\"\n",
            "    user: \"app:staff\" # me\n",
        ),
        ("    user: \"1000:50\"\n    group: 50\n", "    user: \"1000:50\"\n"),
        // Two groups, or nobody to be in one.
        (
            "    user: \"1000:50\"\n    group: 60\n",
            "    user: \"1000:50\"\n    group: 60\n",
        ),
        ("    group: 1000\n", "    group: 1000\n"),
        ("    user: ${U}\n    group: 1000\n", "    user: ${U}\n    group: 1000\n"),
        (
            "    healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1/\"]\n",
            "    healthcheck:\n      test: [\"CMD\", wget, -qO-, \"http://127.0.0.1/\"]\n",
        ),
        (
            "    healthcheck:\n      test: [CMD, curl, --fail, -s, http://127.0.0.1/]\n",
            "    healthcheck:\n      test: [CMD, wget, -q, -O-, http://127.0.0.1/]\n",
        ),
        (
            "    healthcheck:\n      test: curl -f http://127.0.0.1/ || exit 1\n",
            "    healthcheck:\n      test: \"wget -qO- http://127.0.0.1/ || exit 1\"\n",
        ),
        (
            "    healthcheck:\n      test: [CMD, curl, -f, -X, POST, http://127.0.0.1/]\n",
            "    healthcheck:\n      test: [CMD, curl, -f, -X, POST, http://127.0.0.1/]\n",
        ),
    ] {
        assert_eq!(fixed(&service(before)), service(after));
    }
    for (before, after) in [
        (
            "    secrets:\n      - api_key:\n        file: ./secrets/api_key.txt\n        mode: 0400\n      - other\nsecrets:\n  other: \
             {file: ./o}\n",
            "    secrets:\n      - api_key\n      - other\nsecrets:\n  api_key: {file: ./secrets/api_key.txt}\n  other: {file: ./o}\n",
        ),
        (
            "    secrets:\n      - api_key: {file: ./k}\n      - b:\n        file: b.txt\n",
            "    secrets:\n      - api_key\n      - b\n\nsecrets:\n  b: {file: b.txt}\n  api_key: {file: ./k}\n",
        ),
        // A comment, a variable, a name that is defined as something else.
        (
            "    secrets:\n      - api_key: # the key\n        file: ./k\n",
            "    secrets:\n      - api_key: # the key\n        file: ./k\n",
        ),
        (
            "    secrets:\n      - api_key:\n        file: ${K}\n",
            "    secrets:\n      - api_key:\n        file: ${K}\n",
        ),
        (
            "    secrets:\n      - a:\n        file: ./k\nsecrets: {a: {file: ./x}}\n",
            "    secrets:\n      - a:\n        file: ./k\nsecrets: {a: {file: ./x}}\n",
        ),
    ] {
        assert_eq!(fixed(&service(before)), service(after));
    }
    // Where there is no wget either nothing is written.
    let slim = "services:\n  a:\n    image: python:3.14-slim\n    healthcheck:\n      test: [CMD, curl, -f, http://127.0.0.1/]\n";
    assert_eq!(fixed(slim), slim);
}

#[test]
fn a_late_clean_up_joins_the_step_that_made_it_late() {
    const INSTALL: &str = "RUN apt-get update && apt-get install -y --no-install-recommends curl";
    const CLEAN: &str = "RUN rm -rf /var/lib/apt/lists/*";
    let fetch = "RUN cd /tmp && curl -fsSLO https://example.org/a.tgz";
    for (steps, safe, care) in [
        (format!("{INSTALL}\n{CLEAN}\n"), true, true),
        (format!("{INSTALL}\n\n\n{CLEAN} && echo done\n"), true, true),
        (format!("{INSTALL}; true\n{CLEAN}\n"), true, true),
        (
            format!("{INSTALL}\nRUN apt-get purge -y curl && rm -rf /var/lib/apt/lists/*\n"),
            true,
            true,
        ),
        // Where the next commands would see another folder, somebody has to look.
        (format!("{fetch}\nRUN rm /tmp/a.tgz\n"), false, true),
        // What fails must not be forgiven by what comes behind it.
        (format!("{INSTALL}\n{CLEAN}; true\n"), false, false),
        (format!("{INSTALL}\n{CLEAN} || true\n"), false, false),
        (format!("{INSTALL} &\n{CLEAN}\n"), false, false),
        (format!("{INSTALL}\n# Smaller.\n{CLEAN}\n"), false, false),
        (format!("{INSTALL}\nENV A=b\n{CLEAN}\n"), false, false),
        (
            format!("{INSTALL}\n{}\n", CLEAN.replace("RUN", "RUN --network=none")),
            false,
            false,
        ),
        (format!("{INSTALL} # for the probe\n{CLEAN}\n"), false, false),
    ] {
        let text = format!("FROM debian:13-slim\nCOPY a /a\n{steps}");
        let workspace = Workspace::new(&[("Dockerfile", &text), ("a", "a\n")]);
        let offers = |words: &[&str]| {
            let mut all = vec!["fix", "--rule", "late-cleanup"];
            all.extend(words);
            workspace.run(&all).out.contains("\n+    && ")
        };
        assert_eq!((offers(&[]), offers(&["--unsafe"])), (safe, care), "{text}");
        if care {
            workspace.run(&["fix", "--rule", "late-cleanup", "--unsafe", "--write"]);
            let report = workspace.json(&["--notes"]);
            let left = findings(&report);
            assert!(
                !left.iter().any(|found| found.starts_with("late-cleanup")),
                "{text}: {left:?}"
            );
        }
    }
}

#[test]
fn a_moving_tag_becomes_the_version_that_it_was() {
    let compose = "services:\n  a:\n    image: \"nginx:alpine\" # web\n  b: {image: docker.io/library/postgres}\n  c: {image: acme/web}\n  \
                   d: {image: \"redis:${TAG:-latest}\"}\n";
    let dockerfile = "ARG BASE=alpine\nFROM alpine AS a\nFROM $BASE\nCOPY --from=a /x /x\n";
    let workspace = Workspace::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile)]);
    let rule = ["--rule", "floating-base-image"];
    // The service may run on data, or the file be built, with what the tag was before.
    let safe = workspace.run(&[&["fix"], &rule[..]].concat());
    assert!(safe.out.is_empty(), "{safe:?}");
    workspace.run(&[&["fix", "--unsafe", "--write"], &rule[..]].concat());
    let read = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    // The catalogue says which version, and moves on.
    let version = |text: &str, before: &str| {
        let rest = text.split_once(before).unwrap().1;
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap();
        assert!(rest[..end].contains('.'), "{text}");
        rest[..end].to_owned()
    };
    let now = read("compose.yaml");
    let (nginx, postgres) = (version(&now, "nginx:"), version(&now, "postgres:"));
    let wanted = compose.replace("\"nginx:alpine\"", &format!("nginx:{nginx}-alpine"));
    assert_eq!(now, wanted.replace("postgres}", &format!("postgres:{postgres}}}")));
    let now = read("Dockerfile");
    let alpine = version(&now, "alpine:");
    assert_eq!(now, dockerfile.replace("FROM alpine", &format!("FROM alpine:{alpine}")));
}

#[test]
fn a_port_gets_its_address_in_every_form() {
    for (ports, wanted) in [
        ("[\"80:80\"]", "[\"127.0.0.1:80:80\"]"),
        ("[\":80\"]", "[\"127.0.0.1::80\"]"),
        ("['::81']", "['127.0.0.1::81']"),
        ("\n      - \"80\": \"8080\"", "\n      - \"80\": \"8080\""),
        (
            "\n      - target: 80\n        published: \"8080\"",
            "\n      - target: 80\n        published: \"8080\"\n        host_ip: 127.0.0.1",
        ),
        (
            "\n      - published: \"8080\" # web\n        target: 80\n        mode: host",
            "\n      - published: \"8080\" # web\n        target: 80\n        mode: host\n        host_ip: 127.0.0.1",
        ),
        (
            "[{target: 80, published: \"8080\"}]",
            "[{host_ip: 127.0.0.1, target: 80, published: \"8080\"}]",
        ),
        (
            "\n      - target: 80\n        host_ip: 0.0.0.0\n        published: \"8080\"",
            "\n      - target: 80\n        host_ip: 127.0.0.1\n        published: \"8080\"",
        ),
    ] {
        let text = |ports: &str| format!("services:\n  api:\n    image: acme/api:1.4\n    ports: {ports}\n");
        let workspace = Workspace::new(&[("compose.yaml", &text(ports))]);
        workspace.run(&["fix", "--rule", "port-on-every-interface", "--unsafe", "--write"]);
        let now = std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap();
        assert_eq!(now, text(wanted));
    }
}

#[test]
fn a_help_fits_the_image_and_the_user() {
    for (dockerfile, wanted) in [
        (
            "FROM registry.access.redhat.com/ubi9/ubi-minimal:9.6\nRUN microdnf install -y curl\n",
            "`&& microdnf clean all`",
        ),
        ("FROM fedora:42\nRUN dnf install -y curl\n", "`&& dnf clean all`"),
        (
            "FROM node:24\nUSER node\nWORKDIR /home/node/a\nRUN npm ci\n",
            "`&& npm cache clean --force`",
        ),
        ("FROM node:24\nRUN npm ci\n", "target=/root/.npm`"),
        ("FROM alpine:3.23\nWORKDIR ~/a\n", "does not expand `~`"),
        ("FROM amd64/node:24\nUSER node\n", "`amd64/node:24-slim`"),
    ] {
        let workspace = Workspace::new(&[("Dockerfile", dockerfile)]);
        let shown = workspace.run(&["check", "--notes", "--format", "json"]);
        let report: Value = serde_json::from_str(&shown.out).unwrap();
        let helps = report["findings"].as_array().unwrap().clone();
        let mut helps = helps
            .iter()
            .map(|finding| finding["help"].as_str().unwrap_or("").to_owned());
        assert!(helps.any(|help| help.contains(wanted)), "{dockerfile}");
    }
}

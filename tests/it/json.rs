//! `docs/json.md` describes the JSON report: its example is what comes out, and it names every key. `UPDATE=1` writes the example.
use crate::support::Workspace;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md")
}

fn text() -> String {
    std::fs::read_to_string(page()).unwrap()
}

/// The first block that opens with this line.
fn block<'a>(text: &'a str, opening: &str) -> &'a str {
    let rest = text.split_once(&format!("```{opening}\n")).unwrap().1;
    rest.split_once("```").unwrap().0
}

const QUIET: &str = "version: 1\nrules:\n  capabilities-kept: off\n  missing-cpu-limit: off\n  missing-healthcheck: off\n  missing-pids-limit: off\n  missing-restart-policy: off\n  privilege-escalation-allowed: off\n  writable-root: off\n";

#[test]
fn the_example_is_what_comes_out() {
    let text = text();
    // It begins as a program does.
    let server = format!("\u{7f}ELF\0{}", "x".repeat(1995));
    let workspace = Workspace::new(&[
        ("compose.yaml", block(&text, "yaml compose.yaml")),
        ("Dockerfile", block(&text, "dockerfile Dockerfile")),
        ("plimsoll.yaml", QUIET),
        ("server", &server),
    ]);
    let shown = workspace.run(&["--root", ".", "--today", "2026-11-28", "--format", "json-pretty"]);
    let (before, rest) = text.split_once("```json\n").unwrap();
    let (example, after) = rest.split_once("```").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(page(), format!("{before}```json\n{}```{after}", shown.out)).unwrap();
        return;
    }
    // How a finding is worded is no part of the contract.
    let value = |text: &str| {
        let mut report: Value = serde_json::from_str(text).unwrap();
        for finding in report["findings"].as_array_mut().unwrap() {
            assert!(finding["message"].is_string() && finding["help"].is_string());
            finding["message"].take();
            finding["help"].take();
        }
        report
    };
    assert_eq!(
        value(example),
        value(&shown.out),
        "run `UPDATE=1 cargo test --test it json::`"
    );
    assert!(shown.out.lines().count() > 100);
    let plain = workspace
        .run(&["--root", ".", "--today", "2026-11-28", "--format", "json"])
        .out;
    assert_eq!(plain.lines().count(), 1);
    assert_eq!(value(&plain), value(&shown.out));
}

/// Everything that a report can hold.
fn everything() -> Value {
    let compose = "services:\n  api:\n    build: {context: ., target: run}\n    user: ${WHO}\n    mem_limit: 64m\n    mem_reservation: 32m\n    shm_size: 1m\n    \
        cpus: 0.5\n    cpu_quota: 50000\n    cpu_period: 100000\n    cpu_shares: 512\n    pids_limit: 20\n    deploy: {replicas: 1}\n    \
        tmpfs: [\"/tmp:size=1m,noexec\"]\n    ulimits: {nofile: {soft: 1, hard: 2}}\n    privileged: true\n    read_only: true\n    \
        cap_add: [CHOWN]\n    cap_drop: [ALL]\n    security_opt: [no-new-privileges:true]\n    devices: [/dev/fuse]\n    pid: host\n    \
        ipc: private\n    userns_mode: host\n    restart: always\n    ports: [\"127.0.0.1:80:80\"]\n    volumes: [\"./a:/a:ro\"]\n    \
        networks: [front]\n    logging: {driver: local, options: {max-size: 1m}}\n    profiles: [extra]\n    expose: [\"81\"]\n    \
        healthcheck: {test: [CMD, x], interval: 1s, timeout: 1s, start_period: 1s, start_interval: 1s, retries: 2}\n    \
        environment: {A: b}\n    command: [c]\n    entrypoint: [e]\n    working_dir: /w\n    stop_signal: SIGINT\n  \
        db: {image: \"postgres:17\", network_mode: host}\nnetworks: {front: {}}\n";
    let dockerfile = "FROM alpine:3.22 AS run\nVOLUME /data\nRUN apk add curl\n";
    let config = "version: 1\nprofiles: {small: {memory: 8MiB}}\nassign: [{profile: small}]\n";
    Workspace::new(&[
        ("compose.yaml", compose),
        ("Dockerfile", dockerfile),
        ("plimsoll.yaml", config),
    ])
    .json(&[])
}

/// The keys of every object, but for names that are the file's own.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                match (key.as_str(), value) {
                    ("environment" | "ulimits" | "requirements", Value::Object(map)) => {
                        // A variable, a limit or a requirement is no key of the contract.
                        let inner = map.get("value").and_then(Value::as_object).unwrap_or(map);
                        inner.values().for_each(|value| keys(value, found));
                    }
                    ("options", _) => {}
                    _ => keys(value, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_key_is_described() {
    let text = text();
    let mut found = BTreeSet::new();
    keys(&everything(), &mut found);
    keys(&Workspace::new(&[("a", "")]).json(&[]), &mut found);
    let described: BTreeSet<&str> = text.split('`').skip(1).step_by(2).collect();
    let missing: Vec<&String> = found.iter().filter(|key| !described.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/json.md does not describe {missing:?}");
    // Each row of the table of settings is one that there is.
    let table = text
        .split_once("| settings | value |")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let rows = table
        .lines()
        .filter_map(|row| row.strip_prefix("| ")?.split(" | ").next());
    let settings = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let invented: Vec<&str> = settings.filter(|name| !found.contains(*name)).collect();
    assert!(invented.is_empty(), "no report has {invented:?}");
}

#[test]
fn a_service_that_says_nothing_takes_little() {
    let report = Workspace::new(&[("compose.yaml", "services:\n  s: {}\n")]).json(&[]);
    let bytes = |value: &Value| value.to_string().len();
    let (unit, row) = (bytes(&report["units"][0]), bytes(&report["hardened"][0]));
    assert!(unit < 400, "{unit} bytes: {}", report["units"][0]);
    assert!(row < 800, "{row} bytes: {}", report["hardened"][0]);
}

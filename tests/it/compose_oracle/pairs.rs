//! Two values of one setting over each other, in every way that Compose has: an override file, `extends`, an included file, each
//! plain, with `!override`, and with `!reset`; and settings that are an unset variable in a declared environment.

use super::{Comparison, compose, installed, objects, ours, refusals};
use crate::support::Workspace;

/// A setting of a service, the earlier value, and the later one.
const PAIRS: &[(&str, &str, &str)] = &[
    ("mem_limit", "64m", "128m"),
    ("cpus", "0.5", "'1.5'"),
    ("pids_limit", "20", "30"),
    ("memswap_limit", "128m", "256m"),
    ("shm_size", "64m", "1g"),
    ("privileged", "true", "false"),
    ("read_only", "true", "false"),
    ("user", "'1000'", "'2000:2000'"),
    ("restart", "always", "on-failure:3"),
    ("network_mode", "host", "bridge"),
    ("pid", "host", "'service:o'"),
    ("ipc", "host", "shareable"),
    ("cap_add", "[KILL, CHOWN]", "[NET_ADMIN, KILL]"),
    ("cap_drop", "[ALL]", "[ALL, KILL]"),
    ("security_opt", "['label:disable']", "['no-new-privileges:true']"),
    ("command", "[a, b]", "c d"),
    ("entrypoint", "/x y", "[z]"),
    ("environment", "{A: 1, B: 2}", "[B=3, C=4]"),
    ("env_file", "one.env", "[{path: two.env}]"),
    ("labels", "[a=1]", "{a: 2, b: 3}"),
    ("ports", "['80:80', '127.0.0.1:81:81']", "['80:80', '8080:80']"),
    ("expose", "['80']", "[81, '80']"),
    ("volumes", "['./a:/a', 'v:/v']", "['./b:/a/', '/c']"),
    ("tmpfs", "/t:size=1m", "['/t:size=2m', /u]"),
    ("devices", "['/dev/null:/dev/x']", "['/dev/zero:/dev/x', /dev/full]"),
    ("ulimits", "{nofile: {soft: 10, hard: 20}, nproc: 5}", "{nofile: 30}"),
    ("healthcheck", "{test: a, interval: 5s}", "{test: [CMD, b], retries: 2}"),
    (
        "logging",
        "{driver: local, options: {max-size: 5m}}",
        "{driver: local, options: {max-file: '2'}}",
    ),
    (
        "deploy",
        "{replicas: 2, resources: {limits: {memory: 64m}}}",
        "{resources: {limits: {cpus: '1'}}}",
    ),
    ("scale", "2", "3"),
    ("networks", "[n]", "{m: {aliases: [x]}}"),
    (
        "depends_on",
        "[o]",
        "{o: {condition: service_healthy, required: false}}",
    ),
    ("dns", "1.1.1.1", "[1.1.1.1, 8.8.8.8]"),
    ("extra_hosts", "['a:1.1.1.1']", "{b: 2.2.2.2}"),
    ("sysctls", "[net.core.somaxconn=1]", "{net.core.somaxconn: 2}"),
    ("secrets", "[s]", "[{source: s, target: t}]"),
    ("build", ".", "{context: ., target: t, args: {A: 1}}"),
];

const AROUND: &str = "  o: {image: 'y:1'}\nnetworks: {n: {}, m: {}}\nvolumes: {v: {}}\nsecrets: {s: {file: ./f}}\n";

/// The files of some pairs in one of the ways: each pair has a service of its own.
fn files(way: &str, tag: &str, pairs: &[(&str, &str, &str)]) -> Vec<(&'static str, String)> {
    let (mut first, mut second) = (String::new(), String::new());
    for (index, (key, earlier, later)) in pairs.iter().enumerate() {
        let later = match tag {
            "!reset" => "!reset null".to_owned(),
            tag => format!("{tag} {later}"),
        };
        let (base, extends) = match way {
            "extends" => (format!("b{index}"), format!("    extends: b{index}\n")),
            "extends of a file" => (
                format!("b{index}"),
                format!("    extends: {{file: sub/base.yaml, service: b{index}}}\n"),
            ),
            _ => (format!("a{index}"), String::new()),
        };
        first.push_str(&format!("  {base}:\n    image: x:1\n    {key}: {earlier}\n"));
        second.push_str(&format!("  a{index}:\n{extends}    {key}: {later}\n"));
    }
    match way {
        "override" => vec![
            ("compose.yaml", format!("services:\n{first}{AROUND}")),
            ("compose.override.yaml", format!("services:\n{second}")),
        ],
        "extends" => vec![("compose.yaml", format!("services:\n{first}{second}{AROUND}"))],
        "extends of a file" => vec![
            ("compose.yaml", format!("services:\n{second}{AROUND}")),
            ("sub/base.yaml", format!("services:\n{first}")),
        ],
        _ => vec![
            ("compose.yaml", format!("include: [inc.yaml]\nservices:\n{second}")),
            ("inc.yaml", format!("services:\n{first}{AROUND}")),
        ],
    }
}

/// Compares some pairs; whether Compose takes them.
fn compare(comparison: &mut Comparison, way: &str, tag: &str, pairs: &[(&str, &str, &str)]) -> bool {
    let files = files(way, tag, pairs);
    let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    all.extend([
        ("one.env", "A=1\n"),
        ("two.env", "B=2\n"),
        ("sub/one.env", "A=1\n"),
        ("f", "x"),
    ]);
    let workspace = Workspace::new(&all);
    let accepted = comparison.both_accept;
    let key = pairs.first().map_or("", |pair| pair.0);
    let label = format!("{way} {tag} {}", if pairs.len() == 1 { key } else { "all" });
    super::comparison_of(comparison, &label, workspace.path(), way == "override");
    comparison.both_accept > accepted
}

#[test]
fn pairs_of_values_agree_with_compose() {
    if !installed() {
        return;
    }
    let mut comparison = Comparison::default();
    for way in ["override", "extends", "extends of a file", "include"] {
        for tag in ["", "!override", "!reset"] {
            // One file for all of them; what is refused is looked at pair by pair.
            let mut together = Comparison::default();
            if compare(&mut together, way, tag, PAIRS) {
                compare(&mut comparison, way, tag, PAIRS);
                continue;
            }
            for pair in PAIRS {
                compare(&mut comparison, way, tag, &[*pair]);
            }
        }
    }
    comparison.report();
    let surprises = comparison.surprises(&[]);
    assert!(
        surprises.is_empty(),
        "{} differences:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
}

/// Settings of a service that are, or hold, a variable that nobody sets.
const UNSET: &[&str] = &[
    "pids_limit: $V",
    "init: $V",
    "shm_size: $V",
    "cpu_shares: $V",
    "deploy: {replicas: $V}",
    "scale: $V",
    "volumes: ['v:$V']",
    "volumes: ['$V:/data']",
    "volumes: [{type: bind, source: ., target: $V}]",
    "ports: ['8080:$V']",
    "ports: [$V]",
    "ports: ['$V:80']",
    "ports: ['$V:80:80']",
    "ports: [{target: 80, published: $V}]",
    "ports: [{target: $V}]",
    "ports: [{target: 80, host_ip: $V}]",
    "networks: [$V]",
    "networks: {n: {ipv4_address: $V}}",
    "env_file: [$V]",
    "env_file: $V",
    "env_file: ['conf/$V.env']",
    "healthcheck: {test: x, interval: $V}",
    "healthcheck: {test: x, retries: $V}",
    "healthcheck: {test: x, disable: $V}",
    "healthcheck: {test: $V}",
    "stop_grace_period: $V",
    "gpus: $V",
    "container_name: $V",
    "build: {context: ., shm_size: $V}",
    "build: $V",
    "mem_limit: $V",
    "mem_limit: ${V}m",
    "memswap_limit: $V",
    "deploy: {resources: {limits: {memory: $V}}}",
    "deploy: {resources: {limits: {cpus: $V}}}",
    "ulimits: {nofile: $V}",
    "oom_score_adj: $V",
    "secrets: [$V]",
    "restart: $V",
    "user: $V",
    "hostname: $V",
    "network_mode: $V",
    "network_mode: 'service:$V'",
    "read_only: $V",
    "cap_add: [$V]",
    "security_opt: [$V]",
    "devices: [$V]",
    "devices: ['$V:/dev/x']",
    "extra_hosts: ['a:$V']",
    "extra_hosts: [$V]",
    "tmpfs: [$V]",
    "dns: [$V]",
    "expose: [$V]",
    "logging: {driver: json-file, options: {max-size: $V}}",
    "logging: {driver: $V}",
    "profiles: [$V]",
    "pull_policy: $V",
    "platform: $V",
    "stop_signal: $V",
    "working_dir: $V",
    "sysctls: {net.core.somaxconn: $V}",
    "extends: $V",
    "extends: {file: $V, service: a}",
    "build: {context: ., args: {X: $V}}",
    "command: $V",
    "depends_on: [$V]",
    "label_file: $V",
    "privileged: $V",
    "image: $V",
    "hostname: '${V:?say}'",
    "hostname: '${V-}'",
];

#[test]
fn unset_variables_of_a_declared_environment_agree_with_compose() {
    if !installed() {
        return;
    }
    let mut differ = Vec::new();
    for line in UNSET {
        let image = if line.starts_with("image") {
            ""
        } else {
            "    image: x:1\n"
        };
        let text = format!(
            "services:\n  a:\n{image}    {line}\nnetworks: {{n: {{}}}}\nvolumes: {{v: {{}}}}\nsecrets: {{s: {{file: ./f}}}}\n"
        );
        let workspace = Workspace::new(&[("compose.yaml", &text), (".env", "OTHER=1\n"), ("f", "x")]);
        let real = compose(workspace.path(), "compose.yaml", "", &["config", "--quiet"]);
        let report = ours(workspace.path(), "compose.yaml");
        let refused = refusals(&report);
        let said = objects(&report["findings"]).any(|finding| finding["rule"] == "unset-variable");
        match real {
            Ok(_) if !refused.is_empty() => differ.push(format!("{line}: only we refuse: {}", refused.join("; "))),
            Err(reason) if refused.is_empty() => differ.push(format!("{line}: only Compose refuses: {reason}")),
            _ if !said && !line.contains("V-") => differ.push(format!("{line}: nothing is said of the variable")),
            _ => {}
        }
    }
    assert!(
        differ.is_empty(),
        "{} differences:\n{}",
        differ.len(),
        differ.join("\n")
    );
}

//! What somebody types who has not read the documentation yet: each mistake is shown at its place, with what was meant.
use crate::support::Workspace;

/// A configuration, the place of its mistake, what was meant, and how often that is said.
const MISTAKES: [(&str, &str, &str); 45] = [
    // Keys.
    ("failon: error", "1:1", "did you mean `fail-on`?"),
    ("fail_on: error", "1:1", "did you mean `fail-on`?"),
    ("severity: error", "1:1", "did you mean `fail-on`?"),
    ("profles: {}", "1:1", "did you mean `profiles`?"),
    ("excludes: [vendor]", "1:1", "did you mean `exclude`?"),
    ("skip: [vendor]", "1:1", "did you mean `exclude`?"),
    ("ignores: []", "1:1", "did you mean `ignore`?"),
    ("profiles: {web: {mem: 128MiB}}", "1:18", "did you mean `memory`?"),
    (
        "profiles: {web: {memory-limit: 128MiB}}",
        "1:18",
        "did you mean `memory`?",
    ),
    ("profiles: {web: {mem_limit: 128MiB}}", "1:18", "did you mean `memory`?"),
    ("profiles: {web: {cpu: 1}}", "1:18", "did you mean `cpus`?"),
    (
        "profiles: {web: {image_size: 1GB}}",
        "1:18",
        "did you mean `image-size`?",
    ),
    ("profiles: {web: {size: 1GB}}", "1:18", "did you mean `image-size`?"),
    (
        "assign:\n  - {service: web, profile: database}",
        "2:6",
        "did you mean `services`?",
    ),
    (
        "ignore:\n  - {rule: root-user, path: a, reason: later}",
        "2:23",
        "did you mean `paths`?",
    ),
    // Units and numbers.
    (
        "profiles: {web: {memory: 128m}}",
        "1:26",
        "128MiB (1024) or 128MB (1000)",
    ),
    (
        "profiles: {web: {memory: 128M}}",
        "1:26",
        "128MiB (1024) or 128MB (1000)",
    ),
    ("profiles: {web: {memory: 1g}}", "1:26", "1GiB (1024) or 1GB (1000)"),
    ("profiles: {web: {memory: 512Mi}}", "1:26", "512MiB (1024)"),
    ("profiles: {web: {memory: 134217728}}", "1:26", "has no unit"),
    (
        "profiles: {web: {memory: lots}}",
        "1:26",
        "write a number and a unit, like 128MiB",
    ),
    ("profiles: {web: {cpus: 500m}}", "1:24", "`500m` is 0.5"),
    ("profiles: {web: {cpus: 50%}}", "1:24", "`50%` is 0.5"),
    ("profiles: {web: {cpus: '0.5'}}", "1:24", "without quotes: `cpus: 0.5`"),
    ("profiles: {web: {pids: many}}", "1:24", "like `pids: 40`"),
    ("profiles: {web: {start-up: 10}}", "1:28", "write `start-up: 10s`"),
    ("profiles: {web: {growth: 0.1}}", "1:26", "write `growth: 10%`"),
    (
        "profiles: {web: {nofile: '1024:2048'}}",
        "1:26",
        "write `nofile: 1024/2048`",
    ),
    // Words.
    ("fail-on: warn", "1:10", "did you mean `warning`?"),
    ("fail-on: none", "1:10", "did you mean `never`?"),
    ("rules: {root-user: warn}", "1:20", "did you mean `warning`?"),
    ("rules: {root-user: ignore}", "1:20", "did you mean `off`?"),
    (
        "profiles: {web: {require: [mem_limit]}}",
        "1:28",
        "did you mean `memory`?",
    ),
    (
        "profiles: {web: {harden: [nonroot]}}",
        "1:27",
        "did you mean `non-root`?",
    ),
    (
        "profiles: {web: {extends: databse}}",
        "1:27",
        "did you mean `database`?",
    ),
    // Rules.
    ("rules: {root_user: off}", "1:9", "did you mean `root-user`?"),
    (
        "rules: {DL3002: error}",
        "1:9",
        "use `root-user`, the name of that rule here",
    ),
    ("rules: {all: off}", "1:9", "to skip files use `exclude:`"),
    (
        "ignore:\n  - {rule: '*', paths: [vendor], reason: not ours}",
        "2:12",
        "to skip files use `exclude:`",
    ),
    // Shapes.
    ("assign: {web: database}", "1:9", "like `assign: [{services: "),
    ("ignore: [root-user]", "1:10", "like `ignore: [{rule: "),
    ("profiles: {web: {require: memory}}", "1:27", "write `[memory]`"),
    (
        "ignore:\n  - {rule: root-user, reason: later, until: tomorrow}",
        "2:45",
        "like 2027-03-31, not `tomorrow`",
    ),
    ("version: 2", "1:10", "write `version: 1`"),
    ("profiles:\n\tweb: {memory: 128MiB}", "2:2", "indent it with spaces"),
];

fn workspace(config: &str) -> Workspace {
    Workspace::new(&[
        ("compose.yaml", "services: {web: {image: 'nginx:1.29'}}\n"),
        ("plimsoll.yaml", &format!("{config}\n")),
    ])
}

#[test]
fn every_mistake_is_drawn_at_its_place_with_what_was_meant() {
    let mut wrong = Vec::new();
    for (config, place, meant) in MISTAKES {
        let shown = workspace(config).run(&[]);
        let last = config.lines().last().unwrap().trim();
        let is_right = shown.code == 2
            && shown.out.is_empty()
            && shown.err.contains(&format!("plimsoll.yaml:{place}\n"))
            && shown.err.contains(meant)
            && shown.err.contains(last)
            && shown
                .err
                .contains("plimsoll: error, 1 mistake in the configuration; nothing was checked\n");
        if !is_right {
            wrong.push(format!("{config}\n  wanted {place} {meant}\n{}", shown.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mistake_is_an_annotation_at_its_line() {
    let workspace = workspace("fail-on: warn\nrules: {DL3002: error}");
    let shown = workspace.run(&["--format", "github"]);
    let lines: Vec<&str> = shown.out.lines().collect();
    assert_eq!(
        lines,
        [
            "::error file=plimsoll.yaml,line=1,endLine=1,col=10,endColumn=14,title=configuration::`fail-on` must be one of error, warning, note, never, not `warn`.%0ADid you mean `warning`?",
            "::error file=plimsoll.yaml,line=2,endLine=2,col=9,endColumn=15,title=configuration::There is no rule `DL3002`.%0AUse `root-user`, the name of that rule here.",
        ]
    );
    let summary = workspace.run(&["--format", "markdown"]).out;
    assert!(
        summary.contains("- `plimsoll.yaml:1` `fail-on` must be one of"),
        "{summary}"
    );
    let quality: serde_json::Value = serde_json::from_str(&workspace.run(&["--format", "gitlab"]).out).unwrap();
    assert_eq!(quality[1]["location"]["lines"]["begin"], 2);
    assert_ne!(quality[0]["fingerprint"], quality[1]["fingerprint"]);
    let line = workspace.run(&["--format", "line"]).out;
    assert!(
        line.starts_with("plimsoll.yaml:1:10: error: `fail-on` must be"),
        "{line}"
    );
}

#[test]
fn an_ignore_takes_a_list_of_rules() {
    let compose = "services:\n  web:\n    image: nginx:1.29\n    privileged: true\n    network_mode: host\n";
    let config =
        "ignore:\n  - {rule: [privileged-service, host-namespace, dependency-cycle], reason: it runs the machine}\n";
    let workspace = Workspace::new(&[("compose.yaml", compose), ("plimsoll.yaml", config)]);
    let report = workspace.json(&[]);
    for rule in ["privileged-service", "host-namespace"] {
        assert!(!crate::support::has(&report, rule), "{rule}");
    }
    // The one that hides nothing is told by its own place.
    let unused = report["findings"].as_array().unwrap().iter();
    let unused: Vec<_> = unused.filter(|finding| finding["rule"] == "unused-ignore").collect();
    assert_eq!(unused.len(), 1);
    assert_eq!(unused[0]["location"]["column"], 49);
}

#[test]
fn an_unknown_word_is_told_from_a_file_that_does_not_exist() {
    let workspace = workspace("version: 1");
    for (word, said) in [
        (
            "chek",
            "`chek` is neither a command nor a file here (did you mean `plimsoll check`?)",
        ),
        (
            "scan-it-all",
            "`scan-it-all` is neither a command nor a file here (commands: check, ",
        ),
        ("api/Dockerfile", "`api/Dockerfile` does not exist"),
        ("compose.yml", "`compose.yml` does not exist"),
    ] {
        let shown = workspace.run(&[word]);
        assert!(shown.code == 2 && shown.err.contains(said), "{word}: {}", shown.err);
        assert!(!shown.err.contains("action"), "{}", shown.err);
    }
}

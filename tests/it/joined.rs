//! One service, one verdict: the Compose file and the Dockerfile are judged together.
use crate::support::{Workspace, findings, has};

fn unit<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    report["units"]
        .as_array()
        .unwrap()
        .iter()
        .find(|unit| unit["name"] == name)
        .unwrap()
}

#[test]
fn the_user_of_the_targeted_stage_holds_for_the_service() {
    let workspace = Workspace::new(&[
        (
            "compose.yaml",
            "services:\n  a: {build: {context: ., target: run, args: {WHO: app}}}\n  b: {build: {context: ., target: debug}}\n  c: {build: {context: ., target: run}, user: '0'}\n",
        ),
        (
            "Dockerfile",
            "FROM python:3.12-alpine AS run\nARG WHO=root\nUSER $WHO\nFROM run AS debug\nUSER root\n",
        ),
    ]);
    let report = workspace.json(&[]);
    assert_eq!(unit(&report, "a")["user"]["value"], "app");
    assert_eq!(unit(&report, "a")["user"]["decided_by"], "dockerfile");
    assert_eq!(unit(&report, "b")["user"]["value"], "root");
    assert_eq!(unit(&report, "c")["user"]["decided_by"], "compose");
    let roots: Vec<_> = findings(&report)
        .into_iter()
        .filter(|finding| finding.starts_with("root-user"))
        .collect();
    assert_eq!(roots, ["root-user Dockerfile:5", "root-user compose.yaml:4"]);
}

#[test]
fn a_health_check_of_either_file_counts_and_either_can_switch_it_off() {
    let dockerfile = "FROM scratch AS plain\nCOPY app /app\nCMD [\"/app\"]\nFROM plain AS checked\nHEALTHCHECK CMD [\"/app\", \"check\"]\n";
    let missing = |compose: &str| {
        let report = Workspace::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile), ("app", "")]).json(&[]);
        has(&report, "missing-healthcheck")
    };
    assert!(missing("services: {a: {build: {context: ., target: plain}}}\n"));
    assert!(!missing("services: {a: {build: {context: ., target: checked}}}\n"));
    assert!(!missing(
        "services: {a: {build: {context: ., target: checked}, healthcheck: {interval: 5s}}}\n"
    ));
    assert!(missing(
        "services: {a: {build: {context: ., target: checked}, healthcheck: {disable: true}}}\n"
    ));
    assert!(!missing(
        "services: {a: {build: {context: ., target: plain}, healthcheck: {test: [CMD, /app]}}}\n"
    ));
}

#[test]
fn an_inline_dockerfile_is_judged_in_place() {
    let report = Workspace::new(&[(
        "compose.yaml",
        "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM python:3.12-alpine\n        WORKDIR app\n        USER root\n",
    )])
    .json(&[]);
    let all = findings(&report);
    assert!(all.contains(&"root-user compose.yaml:8".to_owned()), "{all:?}");
    assert_eq!(unit(&report, "a")["user"]["value"], "root");
}

#[test]
fn a_file_with_five_mistakes_gives_five_findings() {
    let report = Workspace::new(&[(
        "compose.yaml",
        "services:\n  a:\n    imagee: x:1\n    user: 1000\n    depends_on: [nope]\n  b:\n    image: x:1\n    networks: [missing]\n  c:\n    image: y:1\n    mem_limit: 12x\n",
    )])
    .json(&[]);
    let errors: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| format!("{} {}", finding["location"]["line"], finding["rule"].as_str().unwrap()))
        .collect();
    assert_eq!(
        errors,
        [
            "2 service-without-image",
            "3 unknown-compose-key",
            "4 wrong-compose-type",
            "5 undefined-reference",
            "8 undefined-reference",
            "11 invalid-size"
        ]
    );
}

#[test]
fn after_a_syntax_error_the_part_before_it_is_judged() {
    let report = Workspace::new(&[(
        "compose.yaml",
        "services:\n  a:\n    image: x:1\n    privileged: true\n  b:\n    image: y:1\n    environment:\n      A: 1\n      B=2\n    restart: always\n",
    )])
    .json(&[]);
    let all = findings(&report);
    assert!(all.contains(&"invalid-yaml compose.yaml:9".to_owned()), "{all:?}");
    assert!(all.contains(&"privileged-service compose.yaml:4".to_owned()), "{all:?}");
}

#[test]
fn what_cannot_be_known_is_undecided_where_a_budget_depends_on_it() {
    let files = [
        (
            "compose.yaml",
            "services:\n  a: {image: 'x:1', mem_limit: '${MEM}', cpus: '${CPUS:-0.05}', pids_limit: 10}\n",
        ),
        ("plimsoll.yaml", "assign: [{profile: translation}]\n"),
    ];
    let report = Workspace::new(&files).json(&[]);
    let undecided: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "undecided-value")
        .collect();
    assert!(
        undecided
            .iter()
            .any(|finding| finding["message"].as_str().unwrap().contains("MEM")),
        "{undecided:?}"
    );
    assert!(!has(&report, "missing-memory-limit") && !has(&report, "memory-limit-above-budget"));
    assert_eq!(unit(&report, "a")["memory"]["state"], "unknown");
    assert_eq!(unit(&report, "a")["cpus"]["state"], "assumed-default");
    assert_eq!(unit(&report, "a")["cpus"]["value"], 0.05);
}

#[test]
fn an_overridden_value_is_told_with_its_place() {
    let report = Workspace::new(&[
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    mem_limit: 64m\n"),
        ("compose.override.yaml", "services:\n  a:\n    mem_limit: 4g\n"),
        ("plimsoll.yaml", "assign: [{profile: translation}]\n"),
    ])
    .json(&[]);
    let finding = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == "memory-limit-above-budget")
        .unwrap();
    assert_eq!(finding["location"]["path"], "compose.override.yaml");
    assert_eq!(finding["measured"]["actual"], 4_294_967_296_i64);
    assert!(
        finding["related"]
            .as_array()
            .unwrap()
            .iter()
            .any(|related| related["path"] == "compose.yaml" && related["line"] == 4),
        "{finding}"
    );
}

#[test]
fn a_seccomp_profile_that_refuses_nothing_is_no_confinement() {
    let compose = "services:\n  api:\n    image: acme/api:1.4\n    security_opt: [\"seccomp:./seccomp.json\"]\n";
    for (profile, expected) in [
        ("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", true),
        ("{\"defaultAction\": \"SCMP_ACT_ERRNO\"}", false),
    ] {
        let workspace = Workspace::new(&[("compose.yaml", compose), ("seccomp.json", profile)]);
        let report = workspace.json(&[]);
        let hit = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["rule"] == "confinement-disabled");
        assert_eq!(hit, expected, "{profile}");
    }
}

#[test]
fn an_inline_dockerfile_is_read_without_the_indentation_of_its_block() {
    let compose = "services:\n  api:\n    build:\n      dockerfile_inline: |\n        FROM alpine:3.22\n        RUN <<'EOF'\n        echo hi\n        EOF\n\n        COPY <<END /motd\n          hello\n        END\n        WRONG\n";
    let report = Workspace::new(&[("compose.yaml", compose)]).json(&[]);
    let refused: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "invalid-dockerfile")
        .map(|finding| finding["location"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(refused, [13]);
}

#[test]
fn a_service_stands_against_each_demand() {
    let compose = "services:\n  db:\n    image: postgres:17.2\n    mem_limit: ${MEM}\n    cpus: 1\n    read_only: true\n    networks: [back]\n  web:\n    image: acme/web:1.4\nnetworks:\n  back: {internal: true}\n";
    let config = "version: 1\nprofiles:\n  database: {require: [cpus], harden: [read-only]}\nassign:\n  - {services: [db], profile: database}\n";
    let report = Workspace::new(&[("compose.yaml", compose), ("plimsoll.yaml", config)]).json(&[]);
    let standing = &report["hardened"][0];
    let state = |word: &str| standing["requirements"][word]["state"].as_str().unwrap();
    assert_eq!(state("memory"), "unknown");
    assert_eq!(state("cpus"), "met");
    assert_eq!(state("pids"), "not-met");
    assert_eq!(state("read-only"), "met");
    assert_eq!(state("internal-network"), "met");
    assert_eq!(standing["requirements"]["pids"]["required"], false);
    assert_eq!(standing["hardened"], true);
    assert_eq!(
        report["hardened"][1]["requirements"]["internal-network"]["state"],
        "not-asked"
    );
    assert_eq!(report["hardened"][1]["hardened"], false);
}

#[test]
fn a_container_is_the_merge_of_image_and_compose() {
    let compose = "services:\n  api:\n    build: .\n    command: [\"--fast\"]\n    environment: {B: 2}\n    healthcheck: {retries: 2}\n  own:\n    build: .\n    entrypoint: /other\n  cache:\n    image: redis:7.4-alpine\n";
    let dockerfile = "FROM scratch\nENV A=1 B=1\nEXPOSE 80\nSTOPSIGNAL SIGINT\nHEALTHCHECK --interval=5s CMD [\"/probe\"]\nENTRYPOINT [\"/serve\"]\nCMD [\"--slow\"]\n";
    let report = Workspace::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile)]).json(&[]);
    let container = |index: usize| &report["units"][index];
    assert_eq!(container(0)["entrypoint"]["value"], serde_json::json!(["/serve"]));
    assert_eq!(container(0)["command"]["value"], serde_json::json!(["--fast"]));
    assert_eq!(
        container(0)["healthcheck"]["test"]["value"],
        serde_json::json!(["CMD", "/probe"])
    );
    assert_eq!(container(0)["healthcheck"]["interval_ns"]["value"], 5_000_000_000_i64);
    assert_eq!(container(0)["healthcheck"]["retries"]["value"], 2);
    assert_eq!(container(0)["environment"]["B"]["location"]["path"], "compose.yaml");
    assert_eq!(container(0)["environment"]["A"]["location"]["path"], "Dockerfile");
    assert_eq!(container(0)["stop_signal"]["value"], "SIGINT");
    // A program of its own takes the arguments of the image away.
    assert_eq!(container(1)["entrypoint"]["value"], serde_json::json!(["/other"]));
    assert!(container(1)["command"].is_null());
    assert_eq!(container(1)["entrypoint"]["decided_by"], "compose");
    assert_eq!(
        container(2)["entrypoint"]["value"],
        serde_json::json!(["docker-entrypoint.sh"])
    );
    assert_eq!(container(2)["entrypoint"]["state"], "engine-default");
}

//! The step summary of a real workspace: the figures, and what hostile files make of it.
use crate::support::Workspace;
use expect_test::expect;

const CONFIG: &str = "\
version: 1
profiles:
  small: {memory: 128MiB, cpus: 0.5, pids: 100, log-size: 10MB, image-size: 100MB}
  strict: {extends: small, require: [memory]}
assign:
  - {services: [strict], profile: strict}
  - {profile: small}
project: {memory: 1GiB}
";

const COMPOSE: &str = "\
services:
  over:
    image: alpine:3.22
    mem_limit: 256m
    cpus: 0.25
    pids_limit: -1
    logging: {driver: json-file, options: {max-size: 1m, max-file: '2'}}
    scale: 2
  strict:
    build: app
    pids_limit: ${PIDS}
    logging: {driver: local}
";

/// What the image of `strict` had once.
const RECORDED: &str = "strict: 30000000\n";

#[test]
fn the_table_tells_actual_budget_and_share() {
    let workspace = Workspace::new(&[
        ("compose.yaml", COMPOSE),
        ("plimsoll.yaml", CONFIG),
        ("app/Dockerfile", "FROM scratch AS ship\nCOPY data /data\n"),
        ("app/data", &"x".repeat(40_000_000)),
        ("plimsoll.sizes.yaml", RECORDED),
    ]);
    let github = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_SHA", "abc"),
    ];
    let shown = workspace.run_with(&["--root", ".", "--format", "markdown"], &github);
    let summary = shown.out.replace("&nbsp;", " ");
    assert!(summary.starts_with("## ❌ plimsoll: fail\n\n**"), "{summary}");
    // What was found in it is the rules' to say.
    let (_, figures) = summary.split_once("### Budgets\n\n").unwrap();
    let (figures, rest) = figures.split_once("### More\n").unwrap();
    expect![[r#"
        | service | image | memory | cpus | pids | log |
        | --- | --- | --- | --- | --- | --- |
        | [`over`](https://github.com/o/r/blob/abc/compose.yaml#L2)<br><sub>profile `small`</sub> | 🟢 ≈ 8.3 MB<br><sub>8 % of 100.0 MB</sub> | 🔴 256 MiB<br><sub>200 % of 128 MiB</sub> | 🟢 0.25<br><sub>50 % of 0.5</sub> | 🟡 no limit<br><sub>of 100</sub> | 🟢 4 MB<br><sub>40 % of 10 MB</sub> |
        | [`strict`](https://github.com/o/r/blob/abc/compose.yaml#L9)<br><sub>profile `strict`</sub> | 🟢 40.0 MB<br><sub>40 % of 100.0 MB</sub><br><sub>+10.0 MB since recorded</sub> | 🔴 no limit<br><sub>of 128 MiB</sub> | 🟡 no limit<br><sub>of 0.5</sub> | ⚪ ?<br><sub>of 100</sub> | - |
        | **all services** | - | 🔴 no limit<br><sub>of 1 GiB</sub> | - | - | - |

        <sub>🔴 above the budget · 🟡 close to it, or above as an estimate · ⚪ undecided, part of it is unknown</sub>

        ### Where the bytes are

        <details open><summary><code>app/Dockerfile: ship</code> 🟢 40.0 MB, 40 % of 100.0 MB</summary>

        ```text
             40.0 MB  ████████              COPY data /data
             40.0 MB  ████████              sum, 40 % of 100.0 MB
        ```

        </details>

    "#]].assert_eq(figures);
    let hardened = rest.find("<details><summary>Hardened").unwrap();
    expect![[r#"
        <details><summary>Hardened: 0 of 2 services meet every requirement (small 0 of 1, strict 0 of 1)</summary>

        | | met | missing | cannot be checked |
        | --- | --- | --- | --- |
        | memory | 1 of 2 | `strict` | - |
        | cpus | 1 of 2 | (`strict`) | - |
        | pids | 0 of 2 | `over` | (`strict`) |
        | healthcheck | 0 of 2 | `over`, (`strict`) | - |
        | restart | 0 of 2 | `over`, (`strict`) | - |
        | log-rotation | 2 of 2 | - | - |
        | non-root | 0 of 2 | `over`, (`strict`) | - |
        | read-only | 0 of 2 | `over`, (`strict`) | - |
        | no-capabilities | 0 of 2 | `over`, (`strict`) | - |
        | no-new-privileges | 0 of 2 | `over`, (`strict`) | - |
        | private | 2 of 2 | - | - |

        In brackets: services whose profile does not require it.

        </details>

        <details><summary>1 Compose set</summary>

        - `compose.yaml`

        </details>
    "#]]
    .assert_eq(&rest[hardened..]);
}

#[test]
fn without_links_and_budgets_there_is_no_empty_table() {
    let workspace = Workspace::new(&[("compose.yaml", "services:\n  api:\n    image: acme/api:1.4\n")]);
    let summary = workspace.run(&["--root", ".", "--format", "markdown"]).out;
    assert!(summary.starts_with("## ✅ plimsoll: pass\n"), "{summary}");
    assert!(
        !summary.contains("### Budgets") && !summary.contains("### Where"),
        "{summary}"
    );
    assert!(!summary.contains("]("), "{summary}");
}

/// A hundred services with the usual faults, each with its Dockerfile.
fn hundred() -> Workspace {
    let mut compose = String::from("services:\n");
    let mut files: Vec<(String, String)> = Vec::new();
    for number in 0..100 {
        let name = format!("service-with-a-name-{number}");
        compose.push_str(&format!(
            "  {name}:\n    build: services/of-the-shop/{name}\n    image: registry.example.org/acme/{name}:latest\n    privileged: true\n    \
             network_mode: host\n    mem_limit: {}m\n    cpus: 2\n    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n    \
             environment: {{A: 1}}\n",
            100 + number
        ));
        let dockerfile = "FROM debian:12 AS ship\nRUN apt-get update && apt-get install -y curl\nCOPY data /data\nCMD [\"sleep\", \"1\"]\n";
        files.push((format!("services/of-the-shop/{name}/Dockerfile"), dockerfile.to_owned()));
        files.push((format!("services/of-the-shop/{name}/data"), "x".repeat(1000)));
    }
    files.push(("compose.yaml".to_owned(), compose));
    files.push(("plimsoll.yaml".to_owned(), CONFIG.to_owned()));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Workspace::new(&files)
}

#[test]
fn a_hundred_services_take_less_than_200_kb_and_a_comment_less_than_a_screen() {
    let workspace = hundred();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let github = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "some-organisation/some-repository"),
        ("GITHUB_SHA", commit),
    ];
    for notes in [&["--format", "markdown"][..], &["--format", "markdown", "--notes"]] {
        let summary = workspace.run_with(notes, &github).out;
        assert!(summary.len() < 200_000, "{}", summary.len());
        assert!(
            summary.contains("**`privileged-service`** ×100<br>"),
            "{}",
            &summary[..4000]
        );
        assert!(!summary.contains("There is no room"), "{} bytes", summary.len());
        // What a column is as wide as at least: its longest word.
        for cell in summary
            .lines()
            .filter(|line| line.starts_with('|'))
            .flat_map(|line| line.split(" | "))
        {
            let words = cell.split([' ', '<', '>']).filter(|word| !word.contains("](http"));
            let longest = words.map(|word| word.chars().count()).max().unwrap_or(0);
            assert!(longest <= 52, "{longest}: {cell}");
        }
    }
    let brief = workspace.run_with(&["--format", "markdown-brief"], &github).out;
    assert!(brief.len() < 8_000 && brief.lines().count() < 20, "{brief}");
    assert!(brief.starts_with("### ❌ plimsoll: fail\n\n"), "{brief}");
    assert!(brief.contains("- 🔴 **`privileged-service`** ×100 "), "{brief}");
    assert!(
        brief.contains("\nAbove budget: `all services` memory 14.6 GiB of 1 GiB; `service-with-a-name-"),
        "{brief}"
    );
}

#[test]
fn the_last_step_of_a_job_lists_what_fails_it() {
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE), ("plimsoll.yaml", CONFIG)]);
    let report = workspace.run(&["--format", "json"]).out;
    workspace.write("report.json", report.as_bytes());
    let shown = workspace.run(&["verdict", "report.json"]);
    assert_eq!(shown.code, 1);
    let lines: Vec<&str> = shown.out.lines().collect();
    let (last, errors) = lines.split_last().unwrap();
    assert!(last.starts_with("plimsoll: fail, "), "{last}");
    assert!(
        !errors.is_empty() && errors.iter().all(|line| line.contains(": error: ")),
        "{}",
        shown.out
    );
    assert!(
        errors.iter().any(|line| line.ends_with(" [memory-limit-above-budget]")),
        "{}",
        shown.out
    );
    // The action writes the same for the step behind it.
    let errors_file = workspace.path().join("errors").display().to_string();
    let root = workspace.path().display().to_string();
    let action = workspace.run_with(
        &["action"],
        &[("GITHUB_WORKSPACE", &root), ("PLIMSOLL_ERRORS", &errors_file)],
    );
    assert_eq!(action.code, 1, "{}", action.err);
    let mut written: Vec<String> = std::fs::read_to_string(errors_file)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let mut errors: Vec<&str> = errors.to_vec();
    errors.sort_unstable();
    written.sort_unstable();
    assert_eq!(written, errors);
}

#[test]
fn junit_fails_what_fails_the_gate() {
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE), ("plimsoll.yaml", CONFIG)]);
    let failures = |level: &str| {
        let shown = workspace.run(&["--format", "junit", "--fail-on", level]).out;
        let suites = shown.lines().nth(1).unwrap().to_owned();
        let number = suites.split("failures=\"").nth(1).unwrap().split('"').next().unwrap();
        number.parse::<usize>().unwrap()
    };
    let [never, error, warning] = ["never", "error", "warning"].map(failures);
    assert!(never == 0 && 0 < error && error < warning, "{never} {error} {warning}");
}

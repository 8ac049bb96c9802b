//! The step summary of a real workspace: the figures, and what hostile files make of it.
use crate::support::Workspace;

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

fn row<'a>(summary: &'a str, name: &str) -> &'a str {
    let row = summary.lines().find(|line| line.starts_with(&format!("| {name}")));
    row.unwrap_or_else(|| panic!("{name}: {summary}"))
}

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
    assert!(
        summary.contains("| service | image | memory | cpus | pids | log |\n"),
        "{summary}"
    );
    let over = row(
        &summary,
        "[`over`](https://github.com/o/r/blob/abc/compose.yaml#L2)<br>",
    );
    for cell in [
        "| 🟢 ≈ 8",
        "| 🔴 256 MiB<br><sub>200 % of 128 MiB</sub> |",
        "| 🟢 0.25<br><sub>50 % of 0.5</sub> |",
        "| 🟡 no limit<br><sub>of 100</sub> |",
        // Two files of each of two containers.
        "| 🟢 4 MB<br><sub>40 % of 10 MB</sub> |",
    ] {
        assert!(over.contains(cell), "{cell}: {over}");
    }
    let strict = row(&summary, "[`strict`]");
    assert!(
        strict.contains("| 🟢 40.0 MB<br><sub>40 % of 100.0 MB</sub><br><sub>+10.0 MB since recorded</sub> | 🔴 no limit<br><sub>of 128 MiB</sub> |"),
        "{strict}"
    );
    assert!(
        strict.ends_with("| 🟡 no limit<br><sub>of 0.5</sub> | ?<br><sub>of 100</sub> | - |"),
        "{strict}"
    );
    let all = row(&summary, "**all services**");
    assert!(all.contains("| 🔴 no limit<br><sub>of 1 GiB</sub> |"), "{all}");
    assert!(
        summary.contains("<code>app/Dockerfile: ship</code> 🟢 40.0 MB, 40 % of 100.0 MB</summary>\n\n```text\n"),
        "{summary}"
    );
    assert!(
        summary.contains("     40.0 MB  ████████████████████  COPY data /data\n```\n"),
        "{summary}"
    );
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

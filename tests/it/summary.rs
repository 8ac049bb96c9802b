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
        | [`strict`](https://github.com/o/r/blob/abc/compose.yaml#L9)<br><sub>profile `strict`</sub> | 🟢 40.0 MB<br><sub>40 % of 100.0 MB</sub><br><sub>+10.0 MB since recorded</sub> | 🔴 no limit<br><sub>of 128 MiB</sub> | 🟡 no limit<br><sub>of 0.5</sub> | ?<br><sub>of 100</sub> | - |
        | **all services** | - | 🔴 no limit<br><sub>of 1 GiB</sub> | - | - | - |

        ### Where the bytes are

        <details open><summary><code>app/Dockerfile: ship</code> 🟢 40.0 MB, 40 % of 100.0 MB</summary>

        ```text
             40.0 MB  ████████████████████  COPY data /data
        ```

        </details>

    "#]].assert_eq(figures);
    let hardened = rest.find("<details><summary>Hardened").unwrap();
    expect![[r#"
        <details><summary>Hardened: 0 of 2 services meet every demand (small 0 of 1, strict 0 of 1)</summary>

        | service | memory | cpus | pids | healthcheck | restart | log-rotation | non-root | read-only | no-capabilities | no-new-privileges | private | internal-network |
        | --- | :-: | :-: | :-: | :-: | :-: | :-: | :-: | :-: | :-: | :-: | :-: | :-: |
        | `over` | ✓ | ✓ | [✗](https://github.com/o/r/blob/abc/compose.yaml#L6) | [✗](https://github.com/o/r/blob/abc/compose.yaml#L2) | [✗](https://github.com/o/r/blob/abc/compose.yaml#L2) | ✓ | [✗](https://github.com/o/r/blob/abc/compose.yaml#L3) | [✗](https://github.com/o/r/blob/abc/compose.yaml#L2) | [✗](https://github.com/o/r/blob/abc/compose.yaml#L2) | [✗](https://github.com/o/r/blob/abc/compose.yaml#L2) | ✓ | - |
        | `strict` | [✗](https://github.com/o/r/blob/abc/compose.yaml#L9) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | ([?](https://github.com/o/r/blob/abc/compose.yaml#L11)) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | (✓) | ([✗](https://github.com/o/r/blob/abc/app/Dockerfile#L1)) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | ([✗](https://github.com/o/r/blob/abc/compose.yaml#L9)) | (✓) | - |

        ✓ met, ✗ not met, ? cannot be known here, - not asked; in brackets: the profile does not demand it.

        </details>

        <details><summary>1 Compose set</summary>

        - `compose.yaml`

        </details>
    "#]].assert_eq(&rest[hardened..]);
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

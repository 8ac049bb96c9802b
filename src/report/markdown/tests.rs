use super::*;
use crate::finding::Finding;
use crate::report::escape::tests::{HOSTILE, commands};
use crate::report::sample::Sample;
use crate::source::Span;
use expect_test::expect;

#[test]
fn a_summary_reads_like_this() {
    expect![[r#"
        ## ❌ plimsoll: fail

        **2 errors, 1 warning, 4 notes** in 3 files. Scope: full.

        ### Findings

        | | what | where |
        | --- | --- | --- |
        | 🔴&nbsp;error | **`conflicting-cpu-settings`**<br>`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits.<br>→ Keep one of them, or make them equal. | `compose.yaml:4` <sub>`api`</sub> |
        | 🔴&nbsp;error | **`privileged-service`**<br>`api` is privileged, with `***`.<br>→ Remove `privileged`; give the one capability or device that is needed:<br>`cap_add`: `[NET_ADMIN]`. | `compose.yaml:5` <sub>`api`</sub> |
        | 🟡&nbsp;warning | **`image-size-above-budget`**<br>The image is at least 1.02 GB, the budget of profile `default` is 500 MB.<br>→ Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library. | `api/Dockerfile:1` <sub>`api`</sub> |

        ### More

        <details><summary>🛠 <code>plimsoll fix --write</code> fixes 1 finding</summary>

        ```diff
        --- a/compose.yaml
        +++ b/compose.yaml
        @@ -5 +4,0 @@
        -    privileged: true
        ```

        </details>

        <details><summary>🔵 4 notes</summary>

        - `api/Dockerfile`: 1 note (`base-image-without-digest`)
        - `api`: 3 notes (`capabilities-kept`, `missing-pids-limit`, `missing-memory-limit`)

        </details>

        <details><summary>2 Compose sets</summary>

        - `compose.yaml + compose.override.yaml`
        - `dev/compose.yaml`

        </details>
    "#]].assert_eq(&render(&Sample::seed().report(), false));
}

#[test]
fn a_pass_is_two_lines() {
    let mut report = Sample::default().report();
    report.sets.clear();
    report.scope = "changed since main: nothing in scope".to_owned();
    expect![[r#"
        ## ✅ plimsoll: pass

        **No findings** in 0 files. Scope: changed since main: nothing in scope.

    "#]]
    .assert_eq(&render(&report, false));
}

#[test]
fn what_the_table_has_no_room_for_is_folded_by_severity_and_rule() {
    let mut sample = Sample::default();
    let id = sample.file("a.yml", &"x\n".repeat(300));
    for line in 0..150 {
        let (rule, severity) = match line {
            149 => ("rare", Severity::Error),
            line if line % 5 == 0 => ("privileged-service", Severity::Error),
            _ => ("other", Severity::Warning),
        };
        sample.push(
            rule,
            severity,
            None,
            Finding::new(Span::new(id, 2 * line, 2 * line), "x"),
        );
    }
    let text = render(&sample.report(), false);
    // A row for each kind, the one that is rare among them.
    let table: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| 🔴") || line.starts_with("| 🟡"))
        .collect();
    assert_eq!(table.len(), 3);
    assert!(
        table[0].contains("**`privileged-service`** ×30<br>A container, a hook or a build runs privileged."),
        "{text}"
    );
    assert!(
        table[0].contains("| `a.yml:1`<br>`a.yml:6`<br>`a.yml:11`<br>`a.yml:16`<br>and 26 more |"),
        "{text}"
    );
    assert!(
        table[1].contains("**`rare`**<br>X.") && table[1].contains("`a.yml:150`"),
        "{text}"
    );
    assert!(
        text.contains(
            "\n<details><summary>🔴 31 errors</summary>\n\n`privileged-service`: A container, a hook or a build runs privileged.\n\n\
             - `a.yml:1` X.\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("<summary>🟡 119 warnings</summary>\n\n`other`: \n\n"),
        "{text}"
    );
    assert!(text.contains("\n- and 99 more\n\n</details>"), "{text}");
}

#[test]
fn findings_with_one_help_are_told_it_once() {
    let mut sample = Sample::default();
    let id = sample.file("a.yml", "x\n".repeat(9).as_str());
    for (line, help) in [(0, "do this"), (1, "do that"), (2, "do this")] {
        let finding = Finding::new(Span::new(id, 2 * line, 2 * line), "x").help(help);
        sample.push("r", Severity::Error, Some("api"), finding);
    }
    let text = render(&sample.report(), false);
    assert!(
        text.contains("- `a.yml:1` X.<br>→ Do this.\n- `a.yml:3` X.\n- `a.yml:2` X.<br>→ Do that.\n"),
        "{text}"
    );
    assert!(text.contains("| `a.yml:1` <sub>`api`</sub><br>"), "{text}");
}

#[test]
fn places_are_links_where_the_files_can_be_seen() {
    let mut sample = Sample::default();
    let id = sample.file("a b/(x) [y]|`z`/Dockerfile", "FROM x\n");
    let far = sample.file(&format!("{}/Dockerfile", "deep/".repeat(20)), "FROM x\n");
    for id in [id, far] {
        sample.push("r", Severity::Error, None, Finding::new(Span::new(id, 0, 4), "x"));
    }
    let mut report = sample.report();
    report.links = Some("https://github.com/o/r/blob/abc".to_owned());
    let text = render(&report, false);
    assert!(
        text.contains("</code>](https://github.com/o/r/blob/abc/a%20b/%28x%29%20%5By%5D%7C%60z%60/Dockerfile#L1)"),
        "{text}"
    );
    assert!(text.contains("[`…deep/deep/deep/deep/deep/Dockerfile:1`]("), "{text}");
}

#[test]
fn it_stays_under_200_kb() {
    let mut sample = Sample::default();
    let id = sample.file(&"|p/".repeat(1000), "x");
    let rules: Vec<&'static str> = (0..100)
        .map(|index| &*Box::leak(format!("r{index}").into_boxed_str()))
        .collect();
    for rule in rules {
        for _ in 0..60 {
            sample.push(
                rule,
                Severity::Error,
                None,
                Finding::new(Span::new(id, 0, 1), "|*".repeat(600)),
            );
            sample.push(rule, Severity::Note, Some("u"), Finding::new(Span::new(id, 0, 1), "x"));
        }
    }
    for notes in [false, true] {
        let mut report = sample.report();
        report.sets = vec!["|".repeat(5000); 500];
        let text = render(&report, notes);
        assert!(text.len() <= 200_000, "{}", text.len());
        assert!(
            text.contains("too many for this summary"),
            "{}",
            &text[text.len() - 2000..]
        );
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}

#[test]
fn names_and_messages_stay_literal() {
    let hostile = [
        "</details>",
        "<img src=x>",
        "```",
        "a|b",
        "@team",
        "[x](http://y.z)",
        "#1",
        "\\|",
        "`<b>|`",
    ];
    for hostile in hostile.into_iter().chain(HOSTILE) {
        let mut sample = Sample::default();
        let id = sample.file(hostile, hostile);
        let unit: &'static str = Box::leak(hostile.to_owned().into_boxed_str());
        for severity in [Severity::Error, Severity::Note].repeat(15) {
            sample.push(
                "r",
                severity,
                Some(unit),
                Finding::new(Span::new(id, 0, 1), hostile).help(hostile),
            );
        }
        let mut report = sample.report();
        report.scope = hostile.to_owned();
        report.sets = vec![hostile.to_owned()];
        for notes in [false, true] {
            let text = render(&report, notes);
            assert!(commands(&text).is_empty(), "{text}");
            assert_eq!(text.matches("</details>").count() >= 1, text.contains("<details>"));
            for line in text.lines().filter(|line| line.starts_with("| 🔴")) {
                // Outside of code there is no pipe but those of the table, and no tag but ours.
                let bare = without_code(line);
                assert_eq!(bare.matches('|').count(), 4, "{line}");
                assert!(
                    !bare
                        .replace("<br>", "")
                        .replace("<sub>", "")
                        .replace("</sub>", "")
                        .contains(['<', '@', '#', '[', '\\']),
                    "{line}"
                );
            }
        }
    }
}

/// A line without its code spans, as GitHub finds them.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '<']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let fence = if let Some(code) = tail.strip_prefix("<code>") {
            rest = code.split_once("</code>").unwrap().1;
            continue;
        } else if let Some(after) = tail.strip_prefix('<') {
            out.push('<');
            rest = after;
            continue;
        } else {
            &tail[..tail.len() - tail.trim_start_matches('`').len()]
        };
        let mut after = &tail[fence.len()..];
        loop {
            let at = after.find('`').unwrap();
            let run = after[at..].len() - after[at..].trim_start_matches('`').len();
            after = &after[at + run..];
            if run == fence.len() {
                break;
            }
        }
        assert!(!tail[..tail.len() - after.len()].contains('|'), "{line}");
        rest = after;
    }
    out + rest
}

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

        | | where | what |
        | --- | --- | --- |
        | 🔴&nbsp;error | `compose.yaml:4`<br><sub>`conflicting-cpu-settings`</sub> | Service 'api' sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits.<br>→ Keep one of them, or make them equal. |
        | 🔴&nbsp;error | `compose.yaml:5`<br><sub>`privileged-service`</sub> | Service 'api' is privileged, with `***`.<br>→ Remove `privileged`; give the one capability or device that is needed:<br>`cap_add`: `[NET_ADMIN]`. |
        | 🟡&nbsp;warning | `api/Dockerfile:1`<br><sub>`image-size-above-budget`</sub> | The image is at least 1.02 GB, the budget of profile 'default' is 500 MB.<br>→ Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library. |

        ### More

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
    let table: Vec<&str> = text.lines().filter(|line| line.starts_with("| 🔴")).collect();
    assert_eq!(table.len(), 5);
    // One of each rule before the second of any.
    assert!(
        table[0].contains("`a.yml:1`") && table[1].contains("`a.yml:150`"),
        "{text}"
    );
    assert!(
        text.contains(
            "\n<details><summary>🔴 26 more errors</summary>\n\n`privileged-service`: A container, a hook or a build runs privileged.\n\n\
             - `a.yml:21` X.\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("<summary>🟡 119 more warnings</summary>\n\n`other`: A rule that is made up.\n\n"),
        "{text}"
    );
    assert!(text.contains("\n- and 19 more\n\n</details>"), "{text}");
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
        text.contains("</code>](https://github.com/o/r/blob/abc/a%20b/%28x%29%20%5By%5D%7C%60z%60/Dockerfile#L1)<br>"),
        "{text}"
    );
    assert!(
        text.contains("[`…deep/deep/deep/deep/deep/deep/Dockerfile:1`]("),
        "{text}"
    );
}

#[test]
fn it_stays_under_900_kib() {
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
        assert!(text.len() <= 900 * 1024, "{}", text.len());
        assert!(text.contains("no room for them here"), "{}", &text[text.len() - 2000..]);
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

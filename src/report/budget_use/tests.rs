use super::*;
use crate::build::size::{Bytes, Ledger, LedgerRow};
use crate::report::escape::tests::{HOSTILE, commands};
use crate::report::markdown;
use crate::report::sample::Sample;
use crate::source::Span;
use expect_test::expect;
use std::sync::Arc;

fn measure(amount: Amount, budget: Option<f64>, level: Level) -> Option<Measure> {
    Some(Measure {
        amount,
        budget,
        at_most: None,
        about: None,
        level,
        change: None,
    })
}

fn usage(sample: &mut Sample, name: &str) -> Usage {
    let id = sample.file("compose.yaml", "services:\n  api:\n");
    Usage {
        name: name.to_owned(),
        span: Span::new(id, 12, 15),
        profile: Some("web".to_owned()),
        reduce: crate::config::Reductions::new(),
        measures: vec![
            measure(Amount::Of(4.5e8, Basis::Estimate), Some(5e8), Level::Near),
            measure(
                Amount::Of(201_326_592.0, Basis::Exact),
                Some(134_217_728.0),
                Level::Over,
            ),
            measure(Amount::Of(0.1 + 0.2, Basis::Exact), Some(1.0), Level::Within),
            measure(Amount::Unbounded, None, Level::Open),
            None,
        ],
        image: Some(Built {
            name: "api/Dockerfile".to_owned(),
            ledger: Arc::new(Ledger {
                rows: vec![
                    row(sample, "FROM debian:13", Bytes::rough(120_000_000, Some(150_000_000))),
                    row(sample, name, Bytes::exact(300_000_000)),
                    row(sample, "RUN make", Bytes::rough(0, None)),
                ],
                from_scratch: false,
            }),
        }),
        room: None,
    }
}

fn row(sample: &mut Sample, what: &str, bytes: Bytes) -> LedgerRow {
    let id = sample.file("api/Dockerfile", "FROM x\n");
    LedgerRow {
        span: Span::new(id, 0, 4),
        what: what.to_owned(),
        bytes,
        why: String::new(),
        is_layer: true,
        remedy: None,
        trace: crate::build::size::Trace::default(),
    }
}

#[test]
fn figures_stand_over_their_share_of_the_budget() {
    let mut sample = Sample::default();
    let mut report_usages = vec![usage(&mut sample, "api"), usage(&mut sample, "quiet")];
    // Nothing that is known is held against anything.
    report_usages[1].measures = vec![measure(Amount::Unknown, Some(5e8), Level::Open)];
    let mut report = sample.report();
    report.usages = report_usages;
    expect![[r#"
        | service | image | memory | cpus |
        | --- | --- | --- | --- |
        | `api`<br><sub>profile `web`</sub> | 🟡&nbsp;≈&nbsp;450.0&nbsp;MB<br><sub>90&nbsp;%&nbsp;of&nbsp;500.0&nbsp;MB</sub> | 🔴&nbsp;192&nbsp;MiB<br><sub>150&nbsp;%&nbsp;of&nbsp;128&nbsp;MiB</sub> | 🟢&nbsp;0.3<br><sub>30&nbsp;%&nbsp;of&nbsp;1</sub> |

        <sub>🔴 above the budget · 🟡 close to it, or above as an estimate · ⚪ undecided, part of it is unknown</sub>

        1 container without a figure to compare.

    "#]].assert_eq(&table(&report));
}

#[test]
fn a_ledger_is_a_block_of_bars() {
    let mut sample = Sample::default();
    let usages = vec![usage(&mut sample, "COPY . /app"), usage(&mut sample, "COPY . /app")];
    let mut report = sample.report();
    report.usages = usages;
    expect![[r#"
        <details open><summary><code>api/Dockerfile</code> 🟡 ≈ 450.0 MB, 90 % of 500.0 MB</summary>

        ```text
            300.0 MB  ████████████          COPY . /app
            150.0 MB  █████░                FROM debian:13
                   ?                        RUN make
            450.0 MB  █████████████████░    sum of known sizes (? is unknown), 90 % of 500.0 MB

        █ certain  ░ estimated
        ```

        </details>

    "#]]
    .assert_eq(&images(&report));
}

#[test]
fn the_worst_come_first_and_the_rest_is_folded() {
    let mut sample = Sample::default();
    let mut usages: Vec<Usage> = (0..150)
        .map(|number| usage(&mut sample, &format!("s{number}")))
        .collect();
    for usage in &mut usages[..149] {
        usage.measures.truncate(1);
    }
    let mut report = sample.report();
    report.usages = usages;
    let text = table(&report);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `s")).collect();
    assert_eq!(rows.len(), MAX_ROWS);
    assert!(rows[0].starts_with("| `s149`") && rows[1].starts_with("| `s0`"));
    assert!(
        text.contains("\n<details><summary>140 more</summary>\n\n| service |"),
        "{text}"
    );
    assert!(text.contains("\nand 50 more\n"), "{text}");
}

#[test]
fn no_name_breaks_out_of_a_cell_or_a_block() {
    let more = [
        "```",
        "\n```\n",
        "~~~",
        "a|b",
        "</code></details>",
        "<img src=x>",
        "@team",
        "[x](y)",
        "`x",
        "\\|",
    ];
    for hostile in more.into_iter().chain(HOSTILE) {
        let mut sample = Sample::default();
        let mut usages = vec![usage(&mut sample, hostile)];
        usages[0].profile = Some(hostile.to_owned());
        if let Some(image) = &mut usages[0].image {
            image.name = hostile.to_owned();
        }
        let mut report = sample.report();
        report.usages = usages;
        let text = markdown::render(&report, false);
        assert!(commands(&text).is_empty(), "{text}");
        let fences = text.lines().filter(|line| line.trim_start().starts_with("```"));
        assert_eq!(fences.collect::<Vec<_>>(), ["```text", "```"], "{text}");
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        // The head and its line, and one row.
        assert_eq!(lines("| "), 3, "{text}");
        // One ledger, and the sets.
        assert_eq!((lines("<details"), lines("</details>")), (2, 2), "{text}");
        let fold = text.lines().find(|line| line.starts_with("<details open>")).unwrap();
        assert_eq!(fold.matches('<').count(), 5, "{fold}");
    }
}

#[test]
fn long_names_leave_the_summary_below_200_kb() {
    let mut sample = Sample::default();
    let long = "|".repeat(5000);
    let file = sample.file(&format!("{}compose.yaml", "ä|/".repeat(1000)), "x\n");
    let mut usages: Vec<Usage> = (0..300).map(|_| usage(&mut sample, &long)).collect();
    for (number, usage) in usages.iter_mut().enumerate() {
        usage.span = Span::new(file, 0, 1);
        if let Some(image) = &mut usage.image {
            image.name = format!("{number}{long}");
        }
    }
    let requirements = (0..300).map(|_| crate::requirements::Requirements {
        service: long.clone(),
        span: Span::new(file, 0, 1),
        profile: long.clone(),
        cells: vec![crate::requirements::Cell::NotMet(Span::new(file, 0, 1)); 12],
        demanded: vec![true; 12],
    });
    let requirements: Vec<_> = requirements.collect();
    let mut report = sample.report();
    report.usages = usages;
    report.requirements = requirements;
    report.policy = vec![long; 300];
    report.links = Some("https://github.com/o/r/blob/abc".to_owned());
    let text = markdown::render(&report, false);
    assert!(text.len() <= 200_000, "{}", text.len());
    assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
}

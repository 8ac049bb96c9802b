//! What holds for every renderer.

use super::escape::tests::commands;
use super::sample::Sample;
use super::{Report, github, gitlab, json, junit, line, markdown, sarif, text};
use crate::failure::Failure;
use crate::finding::{Finding, Severity};
use crate::source::Span;
use expect_test::expect;

/// A small generator of numbers; the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn no_text_and_no_span_makes_a_renderer_panic() {
    let parts = [
        "a",
        "word ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "\t\t",
        "é",
        "漢字",
        "😀",
        "👩\u{200d}👩",
        "\u{301}",
        "\u{1b}[0m",
        "\u{feff}",
        "\0",
        "::x::",
        "##[y]",
        "\u{2028}",
        "ſecret",
        "  ",
    ];
    let mut dice = Dice(7);
    for round in 0..3000 {
        let mut sample = Sample::default();
        let texts: Vec<String> = (0..2)
            .map(|_| {
                let repeat = if dice.roll(20) == 0 { 120 } else { 1 };
                (0..dice.roll(25))
                    .map(|_| parts[dice.roll(parts.len())].repeat(repeat))
                    .collect()
            })
            .collect();
        let ids: Vec<_> = texts.iter().map(|text| sample.file("a\tb/漢.yml", text)).collect();
        let span = |dice: &mut Dice| {
            let which = dice.roll(2);
            let length = texts[which].len() + 3;
            let start = dice.roll(length);
            let end = if dice.roll(30) == 0 {
                usize::MAX
            } else {
                start + dice.roll(length)
            };
            Span::new(ids[which], start, end)
        };
        let secret = span(&mut dice);
        sample.secrets.add(secret, "ſecret");
        for _ in 0..1 + dice.roll(2) {
            let mut finding =
                Finding::new(span(&mut dice), parts[dice.roll(parts.len())]).help(parts[dice.roll(parts.len())]);
            for _ in 0..dice.roll(5) {
                finding = finding.related(span(&mut dice), parts[dice.roll(parts.len())].repeat(30));
            }
            sample.push("r", Severity::Error, None, finding);
        }
        let report = sample.report();
        let text = text::render(
            &report,
            &text::View {
                color: round % 2 == 0,
                ..text::View::default()
            },
        );
        assert!(!text.contains('\0') && !text.contains("Failed to read"), "{text}");
        let mut logs = vec![text, markdown::render(&report, true)];
        // It describes the rules that found something in each log, which takes its time.
        if round % 20 == 0 {
            logs.push(sarif::render(&report, true));
        }
        for log in &logs {
            assert!(commands(log).is_empty(), "{log}");
            assert!(!log.contains("ſecret"), "{log}");
        }
        let annotated = github::render(&report, true);
        assert_eq!(commands(&annotated).len(), report.findings.len(), "{annotated}");
        assert!(!annotated.contains("ſecret"), "{annotated}");
    }
}

#[test]
fn a_gate_that_could_not_run_says_so_in_every_format() {
    let mut report = Report::error(Failure::new("the configuration `a.yaml` does not exist"));
    report.as_of = "2026-11-28".to_owned();
    let shown = [
        ("text", text::render(&report, &text::View::default())),
        ("json", json::render(&report, false)),
        ("github", github::render(&report, false)),
        ("markdown", markdown::render(&report, false)),
        ("gitlab", gitlab::render(&report, false)),
        ("junit", junit::render(&report, false)),
        ("line", line::render(&report, false)),
    ];
    let all: String = shown.map(|(format, text)| format!("-- {format}\n{text}")).concat();
    expect![[r#"
        -- text
        the configuration `a.yaml` does not exist
        -- json
        {"schema":2,"verdict":"error","error":"the configuration `a.yaml` does not exist","as_of":"2026-11-28","scope":"nothing was checked","sets":[],"summary":{"error":0,"warning":0,"note":0,"files":0,"excluded":0,"known":0,"vendored":{},"decided":{"within":0,"above":0,"undecided":0,"by_budget":{},"causes":[]}},"hardened":[],"findings":[],"units":[]}
        -- github
        ::error title=plimsoll::The configuration `a.yaml` does not exist.
        -- markdown
        ## 💥 plimsoll: error

        The configuration `a.yaml` does not exist.
        -- gitlab
        [
          {
            "as_of": "2026-11-28",
            "check_name": "plimsoll",
            "description": "the configuration `a.yaml` does not exist",
            "fingerprint": "could-not-run",
            "location": {
              "lines": {
                "begin": 1
              },
              "path": "plimsoll.yaml"
            },
            "severity": "blocker"
          }
        ]
        -- junit
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="plimsoll" tests="1" failures="0" errors="1">
          <testsuite name="plimsoll" tests="1" failures="0" errors="1">
            <testcase classname="plimsoll" name="gate"><error message="the configuration `a.yaml` does not exist"/></testcase>
          </testsuite>
        </testsuites>
        -- line
        plimsoll: error: the configuration `a.yaml` does not exist
    "#]].assert_eq(&all);
}

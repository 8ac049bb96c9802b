//! What holds for every renderer.

use super::escape::tests::commands;
use super::sample::Sample;
use super::{github, markdown, sarif, text};
use crate::finding::{Finding, Severity};
use crate::source::Span;

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
        let text = text::render(&report, false, round % 2 == 0);
        assert!(!text.contains('\0') && !text.contains("Failed to read"), "{text}");
        let mut logs = vec![text, markdown::render(&report, true)];
        // It describes every rule in each log, which takes its time.
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

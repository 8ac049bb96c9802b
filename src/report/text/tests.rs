use super::*;
use crate::finding::Finding;
use crate::report::escape::tests::{HOSTILE, commands};
use crate::report::sample::Sample;
use crate::source::Span;
use expect_test::expect;

fn shown(report: &Report, notes: bool, color: bool) -> String {
    let view = View {
        color,
        width: 80,
        ..View::with_notes(notes)
    };
    render(report, &view)
}

/// What a terminal shows of coloured text.
fn without_colors(text: &str) -> String {
    // Links are written between two of these.
    let linked = text.split("\u{1b}]8;;").enumerate();
    let text: String = linked
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once("\u{1b}\\").unwrap().1,
        })
        .collect();
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |out, part| out + part.split_once('m').unwrap().1)
}

#[test]
fn a_report_reads_like_this() {
    expect![[r#"
        error[conflicting-cpu-settings]: `api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits
           ╭▸ compose.yaml:4:5
           │
         3 │     build: ./api
         4 │     cpus: 0.5
           │     ━━━━━━━━━
           │
           ⸬
        10 │         limits:
        11 │           cpus: '0.25'
           │                 ────── the other limit
           │
           ╰ help: keep one of them, or make them equal

        error[privileged-service]: `api` is privileged, with ***
          ╭▸ compose.yaml:5:5
          │
        4 │     cpus: 0.5
        5 │     privileged: true
          │     ━━━━━━━━━━━━━━━━
          │
          ├ help: remove `privileged`; give the one capability or device that is needed:
          │       cap_add: [NET_ADMIN]
          ╰ also: compose.override.yaml:3:5 this file adds to the service, but does not
                  reset it

        warning[image-size-above-budget]: the image is at least 1.02 GB, the budget of profile `default` is 500 MB
          ╭▸ api/Dockerfile:1:1
          │
        1 │ FROM python:3.13
          │ ━━━━━━━━━━━━━━━━
        2 │ RUN pip install flask
          │     ───────────────── adds 14.2 MB
          │
          ├ help: use `python:3.13-slim` (124 MB), which has the same interpreter and
          │       the same C library
          ╰ also: compose.yaml:3:12 built by `api`

          notes    4 about 2 places (--notes shows them): base-image-without-digest 1,
                   capabilities-kept 1, missing-pids-limit 1, missing-memory-limit 1
          fix      1 finding can be fixed: `plimsoll fix` shows how
          scope    full

        plimsoll: fail, 2 errors, 1 warning, 4 notes in 3 files
    "#]]
    .assert_eq(&shown(&Sample::seed().report(), false, false));
}

#[test]
fn notes_are_drawn_where_they_are_asked_for() {
    expect![[r#"
        error[conflicting-cpu-settings]: `api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits
           ╭▸ compose.yaml:4:5
           │
         3 │     build: ./api
         4 │     cpus: 0.5
           │     ━━━━━━━━━
           │
           ⸬
        10 │         limits:
        11 │           cpus: '0.25'
           │                 ────── the other limit
           │
           ╰ help: keep one of them, or make them equal

        error[privileged-service]: `api` is privileged, with ***
          ╭▸ compose.yaml:5:5
          │
        4 │     cpus: 0.5
        5 │     privileged: true
          │     ━━━━━━━━━━━━━━━━
          │
          ├ help: remove `privileged`; give the one capability or device that is needed:
          │       cap_add: [NET_ADMIN]
          ╰ also: compose.override.yaml:3:5 this file adds to the service, but does not
                  reset it

        warning[image-size-above-budget]: the image is at least 1.02 GB, the budget of profile `default` is 500 MB
          ╭▸ api/Dockerfile:1:1
          │
        1 │ FROM python:3.13
          │ ━━━━━━━━━━━━━━━━
        2 │ RUN pip install flask
          │     ───────────────── adds 14.2 MB
          │
          ├ help: use `python:3.13-slim` (124 MB), which has the same interpreter and
          │       the same C library
          ╰ also: compose.yaml:3:12 built by `api`

        note[base-image-without-digest]: the tag can move
          ╭▸ api/Dockerfile:1:6
          │
        1 │ FROM python:3.13
          ╰╴     ━━━━━━━━━━━

        note[capabilities-kept]: demand is not met
          ╭▸ compose.yaml:2:3
          │
        1 │ services:
        2 │   api:
          ╰╴  ━━━

        note[missing-pids-limit]: demand is not met
          ╭▸ compose.yaml:2:3
          │
        1 │ services:
        2 │   api:
          ╰╴  ━━━

        note[missing-memory-limit]: demand is not met
          ╭▸ compose.yaml:2:3
          │
        1 │ services:
        2 │   api:
          ╰╴  ━━━

          fix      1 finding can be fixed: `plimsoll fix` shows how
          scope    full

        plimsoll: fail, 2 errors, 1 warning, 4 notes in 3 files
    "#]]
    .assert_eq(&shown(&Sample::seed().report(), true, false));
}

#[test]
fn color_changes_nothing_but_colors() {
    let sample = Sample::seed();
    let plain = shown(&sample.report(), true, false);
    let colored = shown(&sample.report(), true, true);
    let shown = without_colors(&colored);
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert_eq!(shown, plain.lines().collect::<Vec<_>>());
    assert!(colored.contains("\u{1b}]8;;https://"), "{colored}");
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn a_gate_that_could_not_run_says_only_why() {
    let mut sample = Sample::seed();
    sample.error = Some("plimsoll.yaml: ::error::s3cr3t-value\n::x::".to_owned());
    let text = shown(&sample.report(), true, false);
    assert_eq!(text, "plimsoll.yaml: ::error::***\\n::x::\n");
}

#[test]
fn the_51st_finding_is_counted() {
    let mut sample = Sample::default();
    let id = sample.file("Dockerfile", "FROM x\n");
    for index in 0..53 {
        let severity = if index == 52 {
            Severity::Error
        } else {
            Severity::Warning
        };
        sample.push(
            "r",
            severity,
            None,
            Finding::new(Span::new(id, 0, 4), format!("nr {index}")).help(format!("do {index}")),
        );
    }
    let text = shown(&sample.report(), false, false);
    assert!(text.starts_with("error[r]: nr 52\n"), "{text}");
    assert_eq!(text.matches("[r]").count(), View::default().most);
    assert!(text.contains("and 3 warnings more, not shown"), "{text}");
}

#[test]
fn source_lines_paths_and_messages_cannot_command() {
    for hostile in HOSTILE
        .into_iter()
        .chain(["\u{1b}[2J\u{1b}]52;c;x\u{7}\u{9b}2J\u{202e}"])
    {
        let mut sample = Sample::default();
        let id = sample.file(
            &format!("{hostile}/Dockerfile"),
            &format!("{hostile}\nFROM x\n{hostile}"),
        );
        let other = sample.file(hostile, hostile);
        let unit: &'static str = Box::leak(hostile.to_owned().into_boxed_str());
        let words = format!("{} {hostile} {}", "x".repeat(70), hostile.repeat(4));
        for severity in [Severity::Error, Severity::Note] {
            sample.push(
                "r",
                severity,
                Some(unit),
                Finding::new(Span::new(id, 0, 400), words.clone())
                    .help(format!("{words}\n{hostile}"))
                    .related(Span::new(id, 2, 9), words.clone())
                    .related(Span::new(other, 0, 3), words.clone()),
            );
        }
        let mut report = sample.report();
        report.scope = words.clone();
        report.sets = vec![words.clone()];
        for (notes, color) in [(false, false), (true, false), (true, true)] {
            let text = shown(&report, notes, color);
            assert!(commands(&text).is_empty(), "{:?}\n{text}", commands(&text));
            let text = if color { without_colors(&text) } else { text };
            assert!(commands(&text).is_empty(), "{:?}\n{text}", commands(&text));
            let deceives = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{feff}\u{2028}".contains(c));
            assert!(!text.contains(deceives), "{text:?}");
        }
    }
}

#[test]
fn marks_stay_under_their_words() {
    let mut sample = Sample::default();
    let long = format!("RUN {} && 漢字 \u{1b}TARGET {}\n", "a".repeat(400), "b".repeat(400));
    let id = sample.file("Dockerfile", &format!("FROM x\n{long}"));
    let span = sample.find(id, "TARGET");
    sample.push(
        "r",
        Severity::Error,
        None,
        Finding::new(span, "look").related(sample.find(id, "RUN"), "cut off"),
    );
    let text = shown(&sample.report(), false, false);
    println!("{text}");
    let mut lines = text.lines();
    let source = lines.find(|line| line.contains("TARGET")).unwrap();
    let mark = lines.next().unwrap();
    let before = source.split_once("TARGET").unwrap().0;
    // The two wide characters take two columns each.
    assert_eq!(before.chars().count() + 2, mark.trim_end_matches('━').chars().count());
    assert!(mark.ends_with("━━━━━━"));
    assert!(text.contains("Dockerfile:2:413\n"), "{text}");
    assert!(source.contains(" … ") || source.contains('…'));
    assert!(source.chars().count() < 230);
}

#[test]
fn secrets_are_masked_in_source_lines() {
    let mut sample = Sample::default();
    let text = "env:\n  A: hunter2 # hunter2!\n  B: abc\n";
    let id = sample.file("compose.yaml", text);
    for value in ["hunter2", "abc"] {
        let span = sample.find(id, value);
        sample.secrets.add(span, value);
    }
    let marks = ["hunter2", "unter", "!", "abc"].map(|needle| sample.find(id, needle));
    for (index, mark) in marks.into_iter().enumerate() {
        sample.push(
            "r",
            Severity::Error,
            None,
            Finding::new(mark, "x hunter2").help(format!("hunter2 {index}")),
        );
    }
    let shown = shown(&sample.report(), false, false);
    println!("{shown}");
    assert!(!shown.contains("hunter") && !shown.contains("unter") && !shown.contains("abc"));
    assert!(shown.contains("   A: *** # ***!\n  │      ━━━\n"), "{shown}");
    assert!(
        shown.contains("   B: ***\n  │      ━━━\n  │\n  ╰ help: *** 3\n"),
        "{shown}"
    );
}

#[test]
fn a_mark_over_many_lines_is_drawn_at_the_first() {
    let mut sample = Sample::default();
    let id = sample.file("compose.yaml", &format!("api:\n{}", "  a: b\n".repeat(50)));
    sample.push("r", Severity::Error, None, Finding::new(Span::new(id, 0, 300), "x"));
    let text = shown(&sample.report(), false, false);
    assert!(text.contains("1 │ api:\n  ╰╴━━━━\n\n"), "{text}");
}

#[test]
fn an_empty_file_has_a_place_and_no_picture() {
    let mut sample = Sample::default();
    let id = sample.file("Dockerfile", "");
    sample.push(
        "r",
        Severity::Error,
        None,
        Finding::new(Span::new(id, 0, 0), "there is no FROM"),
    );
    let text = shown(&sample.report(), false, false);
    assert!(
        text.starts_with("error[r]: there is no FROM\n ─▸ Dockerfile:1:1\n\n"),
        "{text}"
    );
}

#[test]
fn a_line_of_a_mebibyte_is_cut() {
    let mut sample = Sample::default();
    let id = sample.file("compose.yaml", &"漢x".repeat(1 << 18));
    for start in [0, 5, 1 << 19, 1 << 20, 1 << 21] {
        sample.push(
            "r",
            Severity::Error,
            None,
            Finding::new(Span::new(id, start, usize::MAX), "x"),
        );
        sample.push(
            "r",
            Severity::Error,
            None,
            Finding::new(Span::new(id, start, start + 3), "x"),
        );
    }
    assert!(shown(&sample.report(), false, false).len() < 20_000);
}

/// Two services that lack the same, and say the same wrong thing.
fn twins() -> Sample {
    let mut sample = Sample::default();
    let text = "services:\n  a:\n    image: x\n  b:\n    image: y\n";
    let id = sample.file("deploy/compose.yaml", text);
    for (unit, below) in [("a", "a:\n"), ("b", "b:\n")] {
        let name = sample.find(id, below);
        let name = Span::new(id, name.start as usize, name.start as usize + 1);
        for (rule, line) in [
            ("one", "mem_limit: 1m"),
            ("two", "cpus: 0.1"),
            ("three", "logging: {driver: local}"),
        ] {
            let mut finding = Finding::new(name, "it lacks something").help(format!("set {rule}"));
            let at = name.end as usize + 2;
            finding.fix.push(crate::finding::Edit {
                span: Span::new(id, at, at),
                text: format!("    {line}\n"),
            });
            sample.push(rule, Severity::Error, Some(unit), finding);
        }
        let image = sample.find(id, if unit == "a" { "x\n" } else { "y\n" });
        let finding = Finding::new(image, format!("the image of {unit} moves")).help("name a version");
        sample.push("moves", Severity::Warning, Some(unit), finding);
    }
    sample
}

#[test]
fn one_cause_is_one_block_and_so_is_what_a_service_lacks() {
    expect![[r#"
        error: `a` lacks 3 settings
          ╭▸ deploy/compose.yaml:2:3
          │
        1 │ services:
        2 │   a:
          │   ━
          │
          ╰ add: mem_limit: 1m             # one
                 cpus: 0.1                 # two
                 logging: {driver: local}  # three

        error: `b` lacks 3 settings
          ╭▸ deploy/compose.yaml:4:3
          │
        3 │     image: x
        4 │   b:
          │   ━
          │
          ╰ add: mem_limit: 1m             # one
                 cpus: 0.1                 # two
                 logging: {driver: local}  # three

        warning[moves]: the image of a moves
          ╭▸ deploy/compose.yaml:3:12
          │
        2 │   a:
        3 │     image: x
          │            ━
          │
          ├ help: name a version
          ╰ same: deploy/compose.yaml:5 (b)

          errors      2  one    [fix]     deploy/compose.yaml
                      2  two    [fix]     deploy/compose.yaml
                      2  three  [fix]     deploy/compose.yaml
          warnings    2  moves            deploy/compose.yaml

          fix      6 findings can be fixed: `plimsoll fix` shows how
          scope    full

        plimsoll: fail, 6 errors, 2 warnings in 1 file
    "#]]
    .assert_eq(&shown(&twins().report(), false, false));
}

#[test]
fn what_is_asked_for_is_shown_and_the_verdict_counts_all() {
    let sample = twins();
    let with = |only: &[&str], least: Severity, parts: Parts| {
        let only = only.iter().map(|only| (*only).to_owned()).collect();
        let view = View {
            only,
            least,
            parts,
            ..View::default()
        };
        render(&sample.report(), &view)
    };
    let text = with(&["moves"], Severity::Note, Parts::All);
    assert!(!text.contains("lacks") && text.contains("[moves]"), "{text}");
    assert!(
        text.ends_with("plimsoll: fail, 6 errors, 2 warnings in 1 file\n"),
        "{text}"
    );
    let text = with(&[], Severity::Error, Parts::Findings);
    assert!(!text.contains("moves") && !text.contains("plimsoll:"), "{text}");
    let text = with(&["deploy/", "else"], Severity::Warning, Parts::All);
    assert!(text.contains("lacks") && text.contains("[moves]"), "{text}");
    for nothing in ["dep", "compose.yaml", "deploy/compose", "on"] {
        let text = with(&[nothing], Severity::Note, Parts::Findings);
        assert_eq!(text, "", "{nothing}");
    }
    let text = with(&[], Severity::Note, Parts::Counts);
    assert!(!text.contains("╭▸") && text.contains("  2  moves"), "{text}");
}

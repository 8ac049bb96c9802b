//! The document that the project began with, defect by defect: `tests/seed.tsv` says of each one in its files, as they are written,
//! which rule finds it or why nothing is said. What is said beyond that is listed too. `UPDATE=1` writes `docs/seed.md`.
use crate::support::{Workspace, shared};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What is expected of a defect.
enum Expected<'a> {
    /// Each of these has a finding: `a|b` is one of the two.
    Found(Vec<Vec<&'a str>>),
    /// A rule that is off finds it once it is switched on.
    On(&'a str),
    /// Nothing is said, and why.
    Silent(&'a str),
}

struct Row<'a> {
    number: &'a str,
    weight: &'a str,
    snippet: &'a str,
    file: &'a str,
    lines: &'a str,
    what: &'a str,
    expected: Expected<'a>,
}

impl Row<'_> {
    fn is_counted(&self) -> bool {
        self.number != "+"
    }

    /// Ranges of lines, each of which has it.
    fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        self.lines.split(',').map(|place| {
            let (first, last) = place.split_once('-').unwrap_or((place, place));
            (first.parse().unwrap(), last.parse().unwrap())
        })
    }

    fn rules(&self) -> BTreeSet<&str> {
        match &self.expected {
            Expected::Found(all) => all.iter().flatten().copied().collect(),
            Expected::On(rule) => [*rule].into(),
            Expected::Silent(_) => BTreeSet::new(),
        }
    }
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [number, weight, snippet, file, lines, what, said] = columns[..] else {
                panic!("{line}");
            };
            let expected = match (said.strip_prefix("silent: "), said.strip_prefix("on ")) {
                (Some(why), _) => Expected::Silent(why),
                (_, Some(rule)) => Expected::On(rule),
                _ => Expected::Found(said.split('&').map(|all| all.split('|').collect()).collect()),
            };
            Row {
                number,
                weight,
                snippet,
                file,
                lines,
                what,
                expected,
            }
        })
        .collect()
}

fn table() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed.tsv")).unwrap()
}

/// A finding: rule, path, line.
type Found = (String, String, u64);

fn copy(from: &Path, workspace: &Workspace, prefix: &str) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            copy(&entry.path(), workspace, &format!("{name}/"));
        } else if name != "expected.tsv" {
            workspace.write(&name, &std::fs::read(entry.path()).unwrap());
        }
    }
}

/// The files of a snippet as a checkout has them: with a `.git` beside them.
fn checkout(snippets: &Path, snippet: &str) -> Workspace {
    let folder = |number: &str| -> PathBuf {
        let mut folders = std::fs::read_dir(snippets).unwrap().map(|entry| entry.unwrap().path());
        let is_it = |path: &PathBuf| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(&format!("{number}-"))
        };
        folders.find(is_it).unwrap_or_else(|| panic!("no snippet {number}"))
    };
    let workspace = Workspace::new(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    match snippet.split_once('+') {
        // The services and the image of one of them: which Dockerfile makes it is all that has to be said.
        Some((services, image)) => {
            copy(&folder(services), &workspace, "");
            copy(&folder(image), &workspace, "filesystem/");
            let image = "  - {dockerfile: filesystem/Dockerfile, image: forge-mcp-gateway-filesystem:latest}\n";
            workspace.write("plimsoll.yaml", format!("version: 1\nimages:\n{image}").as_bytes());
        }
        None => copy(&folder(snippet), &workspace, ""),
    }
    workspace
}

fn judge(workspace: &Workspace) -> (Value, BTreeSet<Found>) {
    let report = workspace.json(&["--no-engine"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = report["findings"].as_array().unwrap().iter().map(|finding| {
        let at = &finding["location"];
        (text(&finding["rule"]), text(&at["path"]), at["line"].as_u64().unwrap())
    });
    let found = found.collect();
    (report, found)
}

/// Whether a place of a row has a finding of one of these rules.
fn is_at(found: &BTreeSet<Found>, row: &Row<'_>, place: (u64, u64), rules: &[&str]) -> bool {
    found.iter().any(|(rule, path, line)| {
        rules.contains(&rule.as_str()) && path == row.file && (place.0..=place.1).contains(line)
    })
}

fn check(row: &Row<'_>, found: &BTreeSet<Found>, wrong: &mut Vec<String>) {
    let Expected::Found(all) = &row.expected else { return };
    for place in row.places() {
        for rules in all.iter().filter(|rules| !is_at(found, row, place, rules)) {
            let Row {
                number,
                snippet,
                file,
                what,
                ..
            } = row;
            wrong.push(format!(
                "{number}: no {} at {snippet} {file}:{}: {what}",
                rules.join("|"),
                place.0
            ));
        }
    }
}

#[test]
fn every_defect_is_found_or_passed_over_for_the_reason_that_is_written() {
    let Some(shared) = shared() else { return };
    let text = table();
    let rows = rows(&text);
    let mut by_snippet: BTreeMap<&str, Vec<&Row<'_>>> = BTreeMap::new();
    for row in &rows {
        by_snippet.entry(row.snippet).or_default().push(row);
    }
    let mut wrong = Vec::new();
    for (snippet, rows) in &by_snippet {
        let workspace = checkout(&shared.join("cases/seed"), snippet);
        let (_, found) = judge(&workspace);
        for row in rows {
            check(row, &found, &mut wrong);
        }
        // The joined one says again what is said of its parts.
        let is_listed = |(rule, path, line): &&Found| {
            let has = |row: &&&Row<'_>| row.rules().contains(rule.as_str()) && row.file == path;
            rows.iter()
                .filter(has)
                .any(|row| row.places().any(|place| (place.0..=place.1).contains(line)))
        };
        // What is known of the images is no defect of the document.
        let is_of_text = |(rule, ..): &&Found| rule != "unknown-image" && !snippet.contains('+');
        for (rule, path, line) in found.iter().filter(is_of_text).filter(|found| !is_listed(found)) {
            wrong.push(format!("{snippet} {path}:{line}: {rule} is reported and not listed"));
        }
        for row in rows {
            let Expected::On(rule) = row.expected else { continue };
            workspace.write(
                "plimsoll.yaml",
                format!("version: 1\nrules: {{{rule}: note}}\n").as_bytes(),
            );
            let (_, found) = judge(&workspace);
            for place in row.places().filter(|place| !is_at(&found, row, *place, &[rule])) {
                wrong.push(format!(
                    "{}: {rule} does not find {snippet} {}:{}",
                    row.number, row.file, place.0
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_twins_that_are_accepted_stay_clean() {
    let Some(shared) = shared() else { return };
    let errors = |snippet: &str| -> BTreeSet<String> {
        let (report, _) = judge(&checkout(&shared.join("cases/seed"), snippet));
        let all = report["findings"].as_array().unwrap().iter();
        let errors = all.filter(|finding| finding["severity"] == "error");
        errors
            .map(|finding| format!("{}:{}", finding["rule"].as_str().unwrap(), finding["location"]["line"]))
            .collect()
    };
    assert_eq!(errors("13c"), BTreeSet::new());
    let words = [29, 74, 120].map(|line| format!("wrong-compose-type:{line}"));
    assert_eq!(errors("13b"), BTreeSet::from(words));
}

#[test]
fn the_document_is_up_to_date() {
    let text = table();
    let page = page(&rows(&text));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/seed.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "run `UPDATE=1 cargo test --test it seed::`");
}

fn page(rows: &[Row<'_>]) -> String {
    let counted: Vec<&Row<'_>> = rows.iter().filter(|row| row.is_counted()).collect();
    let number = |is: &dyn Fn(&Row<'_>) -> bool| counted.iter().filter(|row| is(row)).count();
    let heavy = number(&|row| row.weight == "H");
    let found = number(&|row| matches!(row.expected, Expected::Found(_)));
    let found_heavy = number(&|row| row.weight == "H" && matches!(row.expected, Expected::Found(_)));
    let on = number(&|row| matches!(row.expected, Expected::On(_)));
    let silent = number(&|row| matches!(row.expected, Expected::Silent(_)));
    let mut page = format!(
        "# The first document\n\nPlimsoll began with a plan for small services: twenty snippets, among them six Dockerfiles and twelve Compose files. \
         They contain {} defects; {heavy} of these break the build, the start or the isolation between containers. Each file is \
         checked unchanged, in a checkout of its own.\n\n\
         | | defects | breaking |\n| --- | --- | --- |\n\
         | found with the default settings | {found} | {found_heavy} |\n\
         | found by a rule that is off by default | {on} | {} |\n\
         | not reported, for the reason below | {silent} | {} |\n\n\
         The list is `tests/seed.tsv`; `UPDATE=1 cargo test --test it seed::` runs it and writes this page. Weight: H breaks the build, \
         the start or the isolation; M is wrong or costly; L is untidy.\n",
        counted.len(),
        number(&|row| row.weight == "H" && matches!(row.expected, Expected::On(_))),
        number(&|row| row.weight == "H" && matches!(row.expected, Expected::Silent(_))),
    );
    let head = "\n| defect | weight | snippet | lines | what it is | rule |\n| --- | --- | --- | --- | --- | --- |\n";
    for (title, file) in [("Dockerfiles", "Dockerfile"), ("Compose files", "docker-compose.yml")] {
        let _ = write!(page, "\n## {title}\n{head}");
        for row in counted.iter().filter(|row| row.file == file) {
            let said = match &row.expected {
                Expected::Found(all) => {
                    let all: Vec<String> = all.iter().map(|rules| format!("`{}`", rules.join("` or `"))).collect();
                    all.join(", ")
                }
                Expected::On(rule) => format!("`{rule}` (off by default)"),
                Expected::Silent(why) => format!("none: {why}"),
            };
            let Row {
                number,
                weight,
                snippet,
                lines,
                what,
                ..
            } = row;
            let _ = writeln!(page, "| {number} | {weight} | {snippet} | {lines} | {what} | {said} |");
        }
    }
    page
}

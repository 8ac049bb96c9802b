//! Kinds of input, each with what is right: `tests/cases/KIND.txt`, several cases a file.
//!
//! ```text
//! What the kind is, and where it was seen.
//!
//! == name-of-a-case
//! -- compose.yaml --            also: `crlf`, `mode=755`, `link=TARGET` before the second `--`
//! services: ...
//! -- src/ --                    an empty folder
//! -- args --                    further arguments, one a line
//! -- git --                     the files are tracked by a new repository
//! -- want --
//! must-error host-namespace compose.yaml 2 the socket is mounted
//! must-not unknown-compose-key * *
//! verdict fail
//! ```
//!
//! A row of `want` is `must`, `once` or `must-not`, with `-error`, `-warning` or `-note` of that severity alone, rules joined by `|` (`*`: any), a path (`*`: any), lines
//! (`4`, `4-6`, `4,7` or `*`), and perhaps a note.

use crate::support::{EPOCH, plimsoll};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

struct Case {
    name: String,
    /// The header of each file, and its text.
    files: Vec<(String, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                name: name.trim().to_owned(),
                files: Vec::new(),
            });
        } else if let Some(case) = cases.last_mut() {
            let header = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (header, case.files.last_mut()) {
                (Some(header), _) => case.files.push((header.to_owned(), String::new())),
                (None, Some((_, text))) => {
                    text.push_str(line);
                    text.push('\n');
                }
                (None, None) => assert!(line.trim().is_empty(), "{}: a line outside of a file", case.name),
            }
        }
    }
    cases
}

fn write(root: &Path, header: &str, text: &str) {
    let mut words = header.split(' ');
    let name = words.next().unwrap();
    let path = root.join(name);
    if name.ends_with('/') {
        std::fs::create_dir_all(&path).unwrap();
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let options: Vec<&str> = words.collect();
    if let Some(target) = options.iter().find_map(|option| option.strip_prefix("link=")) {
        std::os::unix::fs::symlink(target, &path).unwrap();
        return;
    }
    let text = match options.contains(&"crlf") {
        true => text.replace('\n', "\r\n"),
        false => text.to_owned(),
    };
    std::fs::write(&path, text).unwrap();
    if let Some(mode) = options.iter().find_map(|option| option.strip_prefix("mode=")) {
        use std::os::unix::fs::PermissionsExt;
        let mode = u32::from_str_radix(mode, 8).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// `None` stands for all lines.
fn lines(text: &str) -> Option<BTreeSet<u64>> {
    (text != "*").then(|| {
        let ranges = text.split(',').map(|part| part.split_once('-').unwrap_or((part, part)));
        ranges
            .flat_map(|(first, last)| first.parse().unwrap()..=last.parse().unwrap())
            .collect()
    })
}

fn touches(finding: &Value, rules: &str, path: &str, wanted: Option<&BTreeSet<u64>>) -> bool {
    let rule = finding["rule"].as_str().unwrap();
    let at = &finding["location"];
    let first = at["line"].as_u64().unwrap();
    let last = at["end_line"].as_u64().unwrap_or(first).max(first);
    (rules == "*" || rules.split('|').any(|name| name == rule))
        && (path == "*" || at["path"] == path)
        && wanted.is_none_or(|wanted| (first..=last).any(|line| wanted.contains(&line)))
}

fn row_fails(row: &str, report: &Value) -> Option<String> {
    let words: Vec<&str> = row.split_whitespace().collect();
    if let ["verdict", verdict, ..] = words[..] {
        return (report["verdict"] != verdict).then(|| format!("the verdict is {}", report["verdict"]));
    }
    let [kind, rules, path, at, ..] = words[..] else {
        panic!("no row: {row}");
    };
    let wanted = lines(at);
    let (kind, severity) = match kind.rsplit_once('-') {
        Some((kind, severity @ ("error" | "warning" | "note"))) => (kind, Some(severity)),
        _ => (kind, None),
    };
    let hits: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| severity.is_none_or(|severity| finding["severity"] == severity))
        .filter(|finding| touches(finding, rules, path, wanted.as_ref()))
        .collect();
    match (kind, hits.first()) {
        ("must", None) => Some("not found".to_owned()),
        ("must-not", Some(hit)) => Some(format!("found {}: {}", hit["rule"], hit["message"])),
        ("once", _) if hits.len() != 1 => Some(format!("found {} times", hits.len())),
        ("must" | "must-not" | "once", _) => None,
        _ => panic!("no row: {row}"),
    }
}

fn run(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let text_of = |name: &str| {
        case.files
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, text)| text.as_str())
    };
    let files = case
        .files
        .iter()
        .filter(|(header, _)| !["want", "args", "git"].contains(&header.as_str()));
    for (header, text) in files {
        write(folder.path(), header, text);
    }
    if text_of("git").is_some() {
        for arguments in [&["init", "-q"][..], &["add", "-A"]] {
            let mut git = std::process::Command::new("git");
            assert!(
                git.current_dir(folder.path())
                    .args(arguments)
                    .status()
                    .unwrap()
                    .success()
            );
        }
    }
    let output = plimsoll(folder.path())
        .args(["check", "--root", ".", "--format", "json"])
        .args(text_of("args").unwrap_or("").lines())
        .arg(".")
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/")
        .env("SOURCE_DATE_EPOCH", EPOCH)
        .output()
        .unwrap();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return vec![format!("no JSON: {}", String::from_utf8_lossy(&output.stderr))];
    };
    let want = text_of("want").unwrap_or_else(|| panic!("{} wants nothing", case.name));
    let rows = want
        .lines()
        .filter(|row| !row.trim().is_empty() && !row.starts_with('#'));
    rows.filter_map(|row| row_fails(row, &report).map(|why| format!("{row}: {why}")))
        .collect()
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    // One kind, or one case of it: `CASE=extends cargo test --test it cases`.
    let only = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let kind = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in cases(&std::fs::read_to_string(&path).unwrap()) {
            let name = format!("{kind}/{}", case.name);
            if name.contains(&only) {
                count += 1;
                failures.extend(run(&case).into_iter().map(|failure| format!("{name}: {failure}")));
            }
        }
    }
    assert!(count > 0, "no case is called like {only}");
    assert!(
        failures.is_empty(),
        "{} rows fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

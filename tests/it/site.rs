//! The documentation in `docs/`: what is made of the rules is up to date (`UPDATE=1` writes it), every page is in the table of contents,
//! no link leads nowhere, every command is run, every configuration accepted, and what other programs read is parsed.
use crate::support::{Workspace, plimsoll};
use plimsoll::inspect::{Sources, budgets, pages, table, yaml};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Holds a file against what it should be, or writes it.
fn check(path: &str, expected: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(root().join(path), expected).unwrap();
        return;
    }
    let is = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    assert!(is == expected, "{path}: run `UPDATE=1 cargo test --test it site::`");
}

/// Puts a text between two marks.
fn between(path: &str, open: &str, close: &str, inside: &str) {
    let text = read(path);
    let (before, rest) = text.split_once(open).unwrap();
    let (_, after) = rest.split_once(close).unwrap();
    check(path, &format!("{before}{open}{}\n{close}{after}", inside.trim_end()));
}

#[test]
fn what_is_made_of_the_program_is_up_to_date() {
    between("docs/budgets.md", "<!-- budgets -->\n", "<!-- /budgets -->", &budgets());
    let all: BTreeMap<&str, String> = pages().into_iter().collect();
    let listed: String = all
        .keys()
        .map(|name| format!("  - [{name}](rules/{name}.md)\n"))
        .collect();
    // A comment would end the list.
    between(
        "docs/SUMMARY.md",
        "- [Rules](rules/index.md)\n",
        "\n# How sure it is",
        &listed,
    );
    let mut index = String::from(
        "# Rules\n\nSeverities are those of the `default` profile; a profile that requires something makes it an error. \
         `plimsoll explain RULE` shows the same pages on the terminal. The examples in them are run by the tests.\n",
    );
    for line in table().lines() {
        let name = line.strip_prefix("| `").and_then(|rest| rest.split('`').next());
        match name {
            Some(name) => index.push_str(&line.replacen(&format!("`{name}`"), &format!("[`{name}`]({name}.md)"), 1)),
            None => index.push_str(line),
        }
        index.push('\n');
    }
    check("docs/rules/index.md", &index);
    for (name, page) in &all {
        check(&format!("docs/rules/{name}.md"), page);
    }
    for entry in std::fs::read_dir(root().join("docs/rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            name == "index" || all.contains_key(name),
            "docs/rules/{name}.md is of no rule"
        );
    }
}

/// Every page, by its path in the repository.
fn documents() -> BTreeMap<String, String> {
    fn add(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    let mut found = vec![
        root().join("README.md"),
        root().join("CONTRIBUTING.md"),
        root().join("SECURITY.md"),
    ];
    add(&root().join("docs"), &mut found);
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    found
        .iter()
        .map(|path| (name(path), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The targets of the links of a page, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if is_code {
            continue;
        }
        for (index, part) in line.split('`').enumerate() {
            // `](` closes a link whose name may be code.
            for target in part.split("](").skip(1) {
                found.extend(target.split(')').next().map(str::to_owned));
            }
            let _ = index;
        }
    }
    found
}

#[test]
fn every_page_is_in_the_table_of_contents_and_no_link_leads_nowhere() {
    let documents = documents();
    let mut wrong = Vec::new();
    for (path, text) in &documents {
        let folder = Path::new(path).parent().unwrap();
        for link in links(text) {
            let target = link.split('#').next().unwrap();
            let is_elsewhere = target.contains("://") || target.is_empty() || target.contains(' ');
            if !is_elsewhere && !root().join(folder).join(target).exists() {
                wrong.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let contents: BTreeSet<String> = links(&documents["docs/SUMMARY.md"]).into_iter().collect();
    let pages = documents.keys().filter_map(|path| path.strip_prefix("docs/"));
    let missing: Vec<&str> = pages
        .filter(|path| *path != "SUMMARY.md" && !contents.contains(*path))
        .collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}

/// The code blocks of a page: their word and their text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(word) if !open => {
                open = true;
                found.push((word.to_owned(), String::new()));
            }
            Some(_) => open = false,
            None if open => {
                let (_, block) = found.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    found
}

/// The pages that people write: what is made of the program is tested where it is made.
fn written() -> BTreeMap<String, String> {
    let mut documents = documents();
    documents.retain(|path, _| !path.starts_with("docs/rules/") && path != "docs/configuration.md");
    documents
}

/// The shop in a repository with a change of its own, and what the commands of the documentation speak of.
fn shop() -> Option<Workspace> {
    let workspace = Workspace::new(&[]);
    let fixture = root().join("fixtures/projects/shop");
    for path in [
        "api/src/worker.js",
        "api/src/server.js",
        "api/Dockerfile",
        "api/package.json",
        "compose.yaml",
        "plimsoll.yaml",
    ] {
        workspace.write(path, &std::fs::read(fixture.join(path)).unwrap());
    }
    workspace.write("path/to/compose.yaml", b"services: {web: {image: 'nginx:1.29'}}\n");
    workspace.write("compose.prod.yaml", b"services: {api: {restart: always}}\n");
    workspace.write(".env.ci", b"");
    for folder in ["results", "test-results"] {
        workspace.write(&format!("{folder}/.keep"), b"");
    }
    if !workspace.has_git() {
        return None;
    }
    workspace.commit();
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    workspace.write("path/to/more.compose.yaml", b"services: {web: {image: nginx}}\n");
    workspace.commit();
    let report = workspace.run(&["--format", "json"]).out;
    workspace.write("report.json", report.as_bytes());
    workspace.write("reports/shop.json", report.as_bytes());
    workspace.commit();
    Some(workspace)
}

/// The commands in a text: in blocks a line each, in sentences between backticks.
fn commands(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if is_code || line.starts_with("    plimsoll") {
            let line = line.trim().trim_start_matches("$ ");
            let at = ["plimsoll ", "'plimsoll "].iter().find_map(|word| line.find(word));
            // Behind a path, a name or a sentence it is none.
            let before = at.map(|at| line[..at].trim_end());
            let starts = [
                "",
                "exec",
                "- run:",
                "run:",
                "- script:",
                "-",
                "sh '",
                "sh",
                "\"command\": \"",
                "containers: {run:",
                "entry:",
            ];
            if before.is_some_and(|before| starts.contains(&before)) || line == "plimsoll" {
                lines.push(line[at.unwrap_or(0)..].trim_start_matches('\'').to_owned());
            }
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            lines.extend(spans.filter(|span| span.starts_with("plimsoll ")).map(str::to_owned));
        }
    }
    let end = |line: &str| {
        let line = line.split(" #").next().unwrap();
        let line = line.split(" | ").next().unwrap();
        let line = line.split(" > ").next().unwrap();
        let line = line.split(" >> ").next().unwrap();
        let line = line.trim_end_matches(['\'', '}', ',']);
        // A quote of the file around it.
        let is_odd = line.matches('"').count() % 2 == 1;
        let line = if is_odd { line.trim_end_matches('"') } else { line };
        line.trim().to_owned()
    };
    lines.iter().map(|line| end(line)).collect()
}

/// The words of a command as a shell splits them.
fn split(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in command.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(String::new()),
            (letter, _) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words that stand for something, and what needs an engine or another program: of these only the flags are looked at.
fn is_only_parsed(words: &[String]) -> bool {
    let is_name = |word: &String| {
        let mut parts = word.split(['=', ':', '|']);
        parts
            .next_back()
            .is_some_and(|part| part.len() > 1 && part.chars().all(|letter| letter.is_ascii_uppercase()))
    };
    let engine = words
        .iter()
        .any(|word| word.contains("shop/") || word.contains(".tar") || word == "lock");
    let engine = engine || (words[0] == "usage" && !words.iter().any(|word| word == "--from"));
    // A sentence that speaks of a command.
    let is_named = words.len() == 1
        && [
            "image",
            "ignore",
            "explain",
            "verdict",
            "completions",
            "new",
            "diff",
            "report",
        ]
        .contains(&words[0].as_str());
    let not_alone = words
        .iter()
        .any(|word| word == "..." || word == "--write" || word.contains("$[["));
    words.iter().any(is_name) || engine || not_alone || is_named
}

#[test]
fn every_command_is_run() {
    let Some(workspace) = shop() else { return };
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let (mut ran, mut parsed) = (0, 0);
    for (path, text) in written() {
        for command in commands(&text) {
            if !seen.insert(command.clone()) {
                continue;
            }
            let mut words = split(&command);
            words.remove(0);
            if words.is_empty() {
                words.push("check".to_owned());
            }
            let only_parsed = is_only_parsed(&words);
            if only_parsed {
                words.push("--help".to_owned());
                parsed += 1;
            } else {
                ran += 1;
            }
            // The work of one command is not what the next one finds.
            assert!(workspace.git(&["checkout", "--quiet", "--", "."]) && workspace.git(&["clean", "-fdq"]));
            workspace.write("usage.jsonl", b"{\"plimsoll_usage\":1,\"every\":1}\n");
            if command.contains("--baseline-prune") {
                workspace.run(&["--write-baseline", "plimsoll.baseline"]);
            }
            // What writes something new writes it where nothing is.
            let empty = Workspace::new(&[("compose.yaml", "services: {db: {image: 'postgres:17'}}\n")]);
            let new = Workspace::new(&[]);
            let folder = match words[0].as_str() {
                "init" => empty.path(),
                "new" => new.path(),
                "policy" => {
                    let policy = "policy: [{name: a, require: {pids: '*'}, fails: [{image: a}]}]\n";
                    empty.write("plimsoll.yaml", policy.as_bytes());
                    empty.path()
                }
                _ => workspace.path(),
            };
            let output = plimsoll(folder)
                .args(&words)
                .env("DOCKER_HOST", "unix:///nowhere/engine.sock")
                .env("SOURCE_DATE_EPOCH", crate::support::EPOCH)
                .output()
                .unwrap();
            if !matches!(output.status.code(), Some(0 | 1)) {
                wrong.push(format!(
                    "{path}: {command}\n  {}",
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran >= 25 && parsed >= 5, "{ran} run, {parsed} parsed");
}

#[test]
fn every_configuration_is_accepted_and_what_others_read_is_parsed() {
    let workspace = shop();
    let (mut configurations, mut files) = (0, 0);
    for (path, text) in written() {
        for (word, block) in blocks(&text) {
            match word.as_str() {
                "yaml" => {
                    let mut sources = Sources::default();
                    let id = sources.add(Path::new("x.yaml"), block.clone());
                    let file = yaml::parse(id, &block);
                    assert!(file.problems.is_empty(), "{path}: {:?}\n{block}", file.problems);
                    files += 1;
                }
                "json" => {
                    serde_json::from_str::<serde_json::Value>(&block).unwrap_or_else(|error| panic!("{path}: {error}"));
                    files += 1;
                }
                _ => {}
            }
            // `plimsoll.lock` begins in the same way.
            if word == "yaml" && block.starts_with("version: 1\n") && path != "docs/lock.md" {
                let Some(workspace) = &workspace else { continue };
                workspace.write("plimsoll.yaml", block.as_bytes());
                let shown = workspace.run(&[]);
                assert_ne!(shown.code, 2, "{path}: {}\n{block}", shown.err);
                configurations += 1;
            }
        }
    }
    assert!(files >= 20, "{files}");
    assert!(workspace.is_none() || configurations >= 5, "{configurations}");
}

#[test]
fn the_pictures_show_what_the_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("python3")
        .arg(root().join("docs/pictures/make.py"))
        .args([Path::new(env!("CARGO_BIN_EXE_plimsoll")), folder.path()])
        .output();
    let made = match made {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: python3 is not installed");
            return;
        }
        made => made.unwrap(),
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let name = format!("docs/pictures/{}", entry.file_name().to_str().unwrap());
        check(&name, &std::fs::read_to_string(entry.path()).unwrap());
        names.insert(name);
    }
    let pages = read("README.md") + &read("docs/index.md") + &read("docs/start.md") + &read("docs/fix.md");
    for name in names {
        let shown = name.strip_prefix("docs/").unwrap();
        assert!(
            pages.contains(&format!("({shown})")) || pages.contains(&format!("({name})")),
            "no page shows {name}"
        );
    }
}

//! The words that are ours: `src/redact/words.txt` holds every word of our sentences, the names of our rules and the keys of Compose,
//! so that a password which is one of them garbles no report. `UPDATE=1` adds what is missing.
use crate::support::Workspace;
use plimsoll::inspect::RULES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 9] = [
    "app",
    "config",
    "container",
    "load",
    "parse",
    "report",
    "resolve",
    "rules",
    "suppress",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The texts between quotes of a source file, its comments and tests apart.
fn texts(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or("");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\\\"", " ")
        .replace("'\"'", " ");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of a text, and the parts of those that are joined by hyphens or underscores.
fn words(text: &str, found: &mut BTreeSet<String>) {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let is_written_small =
        |word: &&str| !word.contains(|letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    for joined in text.split(|letter| !is_part(letter)).filter(is_written_small) {
        let joined = joined.trim_matches(['-', '_']);
        for word in joined.split(['-', '_']).chain([joined]) {
            if word.len() >= 4 && word.len() <= 32 {
                found.insert(word.to_owned());
            }
        }
    }
}

#[test]
fn every_word_that_we_say_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in FOLDERS {
        files(&root.join("src").join(folder), &mut sources);
    }
    let mut said = BTreeSet::new();
    for path in sources {
        let is_table = path.ends_with("schema/table.rs");
        for text in texts(&std::fs::read_to_string(&path).unwrap()) {
            // Texts without a blank are names that code compares with.
            if text.contains(' ') || is_table {
                words(&text, &mut said);
            }
        }
    }
    RULES.iter().for_each(|rule| words(rule.name, &mut said));
    let path = root.join("src/redact/words.txt");
    let listed = std::fs::read_to_string(&path).unwrap();
    let mut all: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let before = all.len();
    all.extend(said);
    if std::env::var_os("UPDATE").is_some() {
        let lines: Vec<String> = all.into_iter().collect();
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        return;
    }
    assert!(all.len() == before, "run `UPDATE=1 cargo test --test it vocabulary::`");
}

/// A service whose passwords are words that stand elsewhere in the file and in our sentences, and others that are none.
const COMPOSE: &str = "services:
  app:
    image: confluentinc/cp-kafka:7.6.0
    privileged: true
    network_mode: service:db
    restart: sometimes
    security_opt: [seccomp:unconfined]
    volumes: [confluent-data:/x, ./Zq8xKwLm:/y, ./bin:/usr/local/solstice/bin]
    gruop: Zq8xKwLm
    environment:
      A_PASSWORD: confluent
      B_PASSWORD: service
      C_PASSWORD: privileged
      D_PASSWORD: '{{template}}'
      E_PASSWORD: no-new-privileges
      F_PASSWORD: security_opt
      G_PASSWORD: unless-stopped
      H_PASSWORD: capabilities-kept
      I_PASSWORD: Zq8xKwLm
      J_PASSWORD: wintermute
      K_PASSWORD: solstice
      K: '{{template}}'
    labels: {note: x-wintermute-y and wintermute, user: app:wintermute@db}
    command: [x, -pwintermute, '{{template}}', confluent]
volumes:
  confluent-data: {labels: [a=b, a=Zq8xKwLm]}
";

#[test]
fn passwords_that_are_words_garble_nothing_and_others_are_hidden() {
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE)]);
    for format in ["text", "json", "sarif", "github", "gitlab", "markdown"] {
        let shown = workspace.run(&["--no-engine", "--format", format]).out;
        for part in [
            "***inc",
            "***-data",
            "***: [",
            "***: true",
            "***-new",
            "***-kept",
            "***-stopped",
            "cap_***",
        ] {
            assert!(!shown.contains(part), "{format} {part}: {shown}");
        }
        for secret in ["Zq8xKwLm", "wintermute"] {
            assert!(!shown.contains(secret), "{format} {secret}: {shown}");
        }
    }
    let text = workspace.run(&["--no-engine"]).out;
    assert!(text.contains("***") && text.contains("confluentinc/cp-kafka"), "{text}");
    // What is written there as a password stays hidden, though it is a word.
    let compose = "services:\n  a:\n    image: redis:8\n    environment:\n      A_PASSWORD: service\n      B_PASSWORD: confluent\n";
    let workspace = Workspace::new(&[("compose.yaml", compose)]);
    let diff = workspace.run(&["fix", "--unsafe"]).out;
    assert!(diff.contains("A_PASSWORD: ***"), "{diff}");
    assert!(!diff.contains("service\n") && !diff.contains("confluent"), "{diff}");
}

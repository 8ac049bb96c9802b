//! How the program speaks, in its sentences, its helps, its pages and its action: names are in backticks, and the words that we use among
//! ourselves, or that read like a translation, are not said to anybody.

use crate::support::plimsoll;
use plimsoll::inspect::{RULES, pages};
use std::path::{Path, PathBuf};

/// Words of the code alone.
const PRIVATE: [&str; 17] = [
    "standing", "demand", "demands", "demanded", "deed", "deeds", "fate", "fates", "ground", "grounds", "room", "told",
    "held", "nobody", "nobody's", "stands", "lies",
];

/// What is said in other words.
const PHRASES: [&str; 17] = [
    "says otherwise",
    "what it takes",
    "ends well",
    "is known here",
    "are known here",
    "is not there",
    "asks for",
    "ask for",
    "has no say",
    "held against",
    "cannot be told",
    "cannot be known",
    "leave out",
    "leaves out",
    "left out",
    "stores again",
    ", which the profile",
];

/// A unit of measure is one; ours is a service or a Dockerfile.
const OF_MEASURE: [&str; 9] = [
    "number",
    "size",
    "duration",
    "measure",
    "MiB",
    "MB",
    "bytes",
    "write the unit",
    "can mean two things",
];

/// What a text says, without what is between backticks, in braces (an argument of `format!`) and in blocks of code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let (mut is_code, mut depth, mut is_block) = (false, 0_usize, false);
    for line in text.lines() {
        if line
            .trim_start()
            .trim_start_matches("///")
            .trim_start()
            .starts_with("```")
        {
            is_block = !is_block;
            continue;
        }
        if is_block || line.starts_with("    ") && line.trim_start().starts_with("plimsoll") {
            continue;
        }
        for letter in line.chars() {
            match letter {
                '`' => is_code = !is_code,
                '{' if !is_code => depth += 1,
                '}' if !is_code => depth = depth.saturating_sub(1),
                _ if is_code || depth > 0 => {}
                _ => out.push(letter),
            }
        }
        out.push('\n');
    }
    out
}

/// Texts on one line, whatever lines they are written on, with what is wrong with each.
fn faults(text: &str) -> Vec<String> {
    let said = prose(text);
    let one_line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '\'' || letter == '_' || letter == '-';
    let mut found: Vec<String> = Vec::new();
    for word in one_line.split(|letter| !is_word(letter)) {
        let small = word.to_lowercase();
        let is_unit = (small == "unit" || small == "units") && !OF_MEASURE.iter().any(|mark| text.contains(mark));
        if is_unit || PRIVATE.contains(&small.as_str()) {
            found.push(word.to_owned());
        }
    }
    let small = one_line.to_lowercase();
    found.extend(
        PHRASES
            .iter()
            .filter(|phrase| small.contains(**phrase))
            .map(|phrase| (*phrase).to_owned()),
    );
    found
}

/// A name in single quotes, which no output has: `'{name}'`, `service 'api'`. What is between backticks may have them.
fn quoted(text: &str) -> Option<&str> {
    let mut is_code = false;
    let mut rest = text;
    while let Some(at) = rest.find(['`', '\'']) {
        let (before, tail) = rest.split_at(at);
        let is_mark = tail.starts_with('`');
        is_code ^= is_mark;
        rest = &tail[1..];
        let opens = !is_mark && !is_code && !before.ends_with(char::is_alphanumeric);
        if let Some(inside) = rest.find('\'').filter(|_| opens).map(|end| &rest[..end]) {
            let behind = rest[inside.len() + 1..].chars().next();
            if !inside.is_empty() && !inside.contains('\n') && !behind.is_some_and(char::is_alphanumeric) {
                return Some(inside);
            }
        }
    }
    None
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|is| is == ending) {
            found.push(path);
        }
    }
}

/// The sentences of a source file: its literals with blanks in them, those of its tests apart.
fn sentences(source: &str) -> Vec<String> {
    let file = syn::parse_file(source).unwrap();
    let mut found = Sentences(Vec::new());
    syn::visit::Visit::visit_file(&mut found, &file);
    found.0
}

struct Sentences(Vec<String>);

impl Sentences {
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        // Documentation is read as a page.
        let mut is_attribute = false;
        for token in tokens {
            let was_attribute = std::mem::replace(&mut is_attribute, token.to_string() == "#");
            match token {
                proc_macro2::TokenTree::Group(_) if was_attribute => {}
                proc_macro2::TokenTree::Group(group) => self.tokens(group.stream()),
                proc_macro2::TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.take(text.value());
                    }
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, text: String) {
        if text.trim().contains(' ') {
            self.0.push(text);
        }
    }
}

impl<'ast> syn::visit::Visit<'ast> for Sentences {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.take(text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
    }
}

#[test]
fn what_the_program_says_is_in_plain_words_with_names_in_backticks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    let mut wrong = Vec::new();
    for path in sources {
        // Scripts for shells, words that other programs say, and what tests are made of.
        let is_other = ["completions.rs", "complaint.rs", "recover.rs", "tests.rs", "sample.rs"];
        if is_other.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for text in sentences(&std::fs::read_to_string(&path).unwrap()) {
            // YAML that is written into a file, and a template of Go.
            let is_yaml = text.starts_with(['{', '[']) || text.contains("'{{");
            let name = quoted(&text).filter(|_| !is_yaml);
            let found = faults(&text).into_iter().chain(name.map(|name| format!("'{name}'")));
            wrong.extend(found.map(|fault| format!("{}: {fault}: {text}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_and_helps_are_in_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> = pages()
        .into_iter()
        .map(|(name, page)| (name.to_owned(), page))
        .collect();
    assert_eq!(texts.len(), RULES.len());
    for command in [
        "check", "fix", "init", "new", "ignore", "files", "config", "diff", "image", "lock", "policy", "explain",
        "verdict", "usage", "report",
    ] {
        let shown = plimsoll(root).args([command, "--help"]).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("Usage:"), "{command}");
        texts.push((format!("{command} --help"), shown));
    }
    let mut written = vec![
        root.join("README.md"),
        root.join("CHANGELOG.md"),
        root.join("action.yml"),
        root.join("upload/action.yml"),
    ];
    for folder in ["docs", "docs/evidence"] {
        written.extend(
            std::fs::read_dir(root.join(folder))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    for path in written.into_iter().filter(|path| path.is_file()) {
        texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    let mut wrong = Vec::new();
    for (name, text) in texts {
        for paragraph in text.split("\n\n") {
            let said = faults(paragraph);
            if !said.is_empty() {
                wrong.push(format!("{name}: {}: {}", said.join(", "), paragraph.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_forbidden_is_found() {
    assert_eq!(
        faults("`nobody` is told, and {room} {} has no say"),
        ["told", "has no say"]
    );
    assert_eq!(faults("one finding a unit"), ["unit"]);
    assert_eq!(faults("a number and a unit"), Vec::<String>::new());
    assert_eq!(quoted("service 'api' has none"), Some("api"));
    assert_eq!(quoted("the engine's own `a: 'b'` and the project's"), None);
}

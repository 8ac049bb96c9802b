//! The lock as a text: always the same bytes for the same facts.

use super::{ImageFacts, VERSION};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "# Facts of the images that this repository names, written by `plimsoll lock`. Do not edit.\n";

/// What a fact is, as it is written.
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(u64),
    List(&'a [String]),
    Map(&'a BTreeMap<String, String>),
    Folders(&'a BTreeMap<String, Vec<String>>),
}

/// The whole file, of blocks in any order: name, platform, and the lines of the block without its first.
pub(crate) fn text(blocks: &BTreeMap<(String, String), String>) -> String {
    let mut text = format!("{HEAD}version: {VERSION}\n");
    for ((name, platform), body) in blocks {
        let _ = write!(text, "{name} {platform}:\n{body}");
    }
    text
}

impl ImageFacts {
    /// The known facts in their order.
    pub(super) fn cells(&self) -> Vec<(&'static str, Cell<'_>)> {
        fn text(text: &Option<String>) -> Option<Cell<'_>> {
            text.as_deref().map(Cell::Text)
        }
        fn list(list: &Option<Vec<String>>) -> Option<Cell<'_>> {
            list.as_deref().map(Cell::List)
        }
        let all = [
            ("digest", text(&self.digest)),
            ("id", text(&self.id)),
            ("size", self.size.map(Cell::Number)),
            ("compressed", self.compressed.map(Cell::Number)),
            ("layers", self.layers.map(Cell::Number)),
            ("user", text(&self.user)),
            ("entrypoint", list(&self.entrypoint)),
            ("command", list(&self.command)),
            ("healthcheck", list(&self.healthcheck)),
            ("ports", list(&self.ports)),
            ("volumes", list(&self.volumes)),
            ("environment", list(&self.environment)),
            ("versions", self.versions.as_ref().map(Cell::Map)),
            ("system", text(&self.system)),
            ("accounts", list(&self.accounts)),
            ("programs", self.programs.as_ref().map(Cell::Folders)),
            ("shell", text(&self.shell)),
            ("libc", text(&self.libc)),
            ("packages", text(&self.packages)),
        ];
        all.into_iter().filter_map(|(key, cell)| Some((key, cell?))).collect()
    }

    /// The lines of its block, without the first.
    pub(crate) fn body(&self) -> String {
        let mut body = String::new();
        for (key, cell) in self.cells() {
            let _ = match cell {
                Cell::Text(text) => writeln!(body, "  {key}: {}", scalar(text)),
                Cell::Number(number) => writeln!(body, "  {key}: {number}"),
                Cell::List(items) => writeln!(body, "  {key}: {}", list(items)),
                Cell::Map(map) if map.is_empty() => writeln!(body, "  {key}: {{}}"),
                Cell::Folders(map) if map.is_empty() => writeln!(body, "  {key}: {{}}"),
                Cell::Map(map) => rows(&mut body, key, map.iter().map(|(name, value)| (name, scalar(value)))),
                Cell::Folders(map) => rows(&mut body, key, map.iter().map(|(name, items)| (name, list(items)))),
            };
        }
        body
    }
}

fn rows<'a>(body: &mut String, key: &str, rows: impl Iterator<Item = (&'a String, String)>) -> std::fmt::Result {
    writeln!(body, "  {key}:")?;
    for (name, value) in rows {
        writeln!(body, "    {}: {value}", scalar(name))?;
    }
    Ok(())
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| scalar(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A text of YAML: as it is where nobody can take it for anything else, else in quotes, in letters that every tool shows as they are.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._/:@+-".contains(letter);
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        || text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('/');
    if starts
        && text.chars().all(is_plain)
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
    {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '"' | '\\' => write!(quoted, "\\{letter}"),
            ' '..='~' => write!(quoted, "{letter}"),
            _ if code < 0x100 => write!(quoted, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(quoted, "\\u{code:04x}"),
            _ => write!(quoted, "\\U{code:08x}"),
        };
    }
    quoted.push('"');
    quoted
}

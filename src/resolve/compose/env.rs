//! The variables that interpolation sees, and the files that they come from.

use super::interpolate::Held;
use std::collections::{BTreeMap, BTreeSet};

/// A value longer than this is cut off: `.env` files can double a value line by line.
const LONGEST_VALUE: usize = 64 * 1024;

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    vars: BTreeMap<String, String>,
    /// Whether these are all there are: an environment that was handed over, or a `.env` in the checkout.
    pub complete: bool,
    /// Variables that are taken to be set, to what nobody knows.
    assumed: BTreeSet<String>,
    /// Variables that decide which of two texts a value of a `.env` file is, and that are not set here.
    pub deciding: BTreeSet<String>,
}

/// A line of a file of variables for which Compose refuses the whole file.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Where it begins; it ends with its line.
    pub at: usize,
    /// What is wrong, after "line ... ".
    pub why: String,
}

/// Set wherever a file is deployed, and to something else each time.
const EVERYWHERE: [&str; 4] = ["HOME", "PATH", "PWD", "USER"];

impl Env {
    /// The value of a variable, if it is set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// What interpolation makes of a variable.
    pub(crate) fn held(&self, name: &str) -> Held<'_> {
        // Compose puts the variables of the process over those of a file: what a `.env` says of PATH never counts, and where
        // it says nothing of another one, the process still may.
        let is_assumed = || self.assumed.contains(name);
        match self.get(name) {
            _ if EVERYWHERE.contains(&name) => Held::Hidden,
            Some("") if is_assumed() => Held::Hidden,
            Some(value) => Held::Value(value),
            None if is_assumed() => Held::Hidden,
            None => Held::Unset,
        }
    }

    /// Takes these variables to be set; `NAME=` to the empty text, others to what nobody knows.
    pub(crate) fn assume(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            match name.strip_suffix('=') {
                Some(name) => {
                    self.vars.entry(name.to_owned()).or_default();
                }
                None => {
                    self.assumed.insert(name);
                }
            }
        }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.vars.insert(name.into(), value.into());
    }

    /// Adds variables that are not set yet: what is there wins.
    pub(crate) fn add_missing(&mut self, other: &Env) {
        for (name, value) in &other.vars {
            self.vars.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.complete |= other.complete;
        self.deciding.extend(other.deciding.iter().cloned());
    }

    /// Every value, for hiding it.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.vars.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The profiles that `COMPOSE_PROFILES` names.
    pub(crate) fn profiles(&self) -> Vec<String> {
        let names = self
            .get("COMPOSE_PROFILES")
            .unwrap_or_default()
            .split(',')
            .map(str::trim);
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Reads a `.env` file (compose-go `dotenv`): `KEY=value`, `export KEY=value`, `KEY: value`, comments, single quotes
    /// (literal), double quotes (escapes, several lines), variables of `outer` and of earlier lines expanded. A line
    /// that is none of these is passed over; the second value is the first one that Compose surely refuses.
    pub(crate) fn parse(text: &str, outer: &Env) -> (Env, Option<Refusal>) {
        let mut reader = Reader {
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            env: Env::default(),
            outer,
            whole: text.len(),
            refused: None,
            sure: true,
        };
        reader.run();
        (reader.env, reader.refused)
    }
}

struct Reader<'a> {
    rest: &'a str,
    env: Env,
    outer: &'a Env,
    whole: usize,
    refused: Option<Refusal>,
    /// Whether what follows is surely read from where Compose reads it.
    sure: bool,
}

impl Reader<'_> {
    fn run(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return;
            }
            if self.rest.starts_with('#') {
                self.skip_line();
                continue;
            }
            let line = self.rest.lines().next().unwrap_or("");
            let body = line.strip_prefix("export ").map_or(line, str::trim_start);
            let skipped = line.len() - body.len();
            if let Some(why) = refused_name(self.rest.get(skipped..).unwrap_or("")) {
                self.refuse(self.rest.len(), why);
            }
            let name_end =
                body.find(|character: char| !(character.is_ascii_alphanumeric() || "_.-[]".contains(character)));
            let Some(end) = name_end.filter(|end| *end > 0) else {
                // A bare name takes the value of the outer environment.
                let name = body.trim();
                if name_end.is_none()
                    && let Some(value) = self.outer.get(name)
                {
                    self.env.set(name, value.to_owned());
                }
                self.skip_line();
                continue;
            };
            let name = body.get(..end).unwrap_or("").to_owned();
            let after = body.get(end..).unwrap_or("");
            let trimmed = after.trim_start_matches([' ', '\t']);
            let Some(value) = trimmed.strip_prefix(['=', ':']) else {
                self.skip_line();
                continue;
            };
            let value_at = skipped + end + (after.len() - trimmed.len()) + (trimmed.len() - value.len());
            self.rest = self.rest.get(value_at..).unwrap_or("");
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            if let Some(quote) = self.rest.chars().next().filter(|first| matches!(first, '"' | '\''))
                && !self.rest.get(1..).is_some_and(|rest| rest.contains(quote))
            {
                self.refuse(self.rest.len(), "has an unclosed quote".to_owned());
            }
            let mut value = self.value();
            if value.len() > LONGEST_VALUE {
                value.truncate(crate::source::floor_boundary(&value, LONGEST_VALUE));
            }
            self.env.set(name, value);
        }
    }

    /// Notes a line that Compose refuses, `left` bytes before the end of the text.
    fn refuse(&mut self, left: usize, why: String) {
        if self.sure && self.refused.is_none() {
            let at = self.whole - left;
            self.refused = Some(Refusal { at, why });
        }
    }

    /// Compose reads on behind a closing quote.
    fn skip_quoted(&mut self) {
        let line = self.rest.lines().next().unwrap_or("").trim_start();
        self.sure &= line.is_empty() || line.starts_with('#');
        self.skip_line();
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }

    fn value(&mut self) -> String {
        if let Some(body) = self.rest.strip_prefix('\'')
            && let Some(end) = body.find('\'')
        {
            let value = body.get(..end).unwrap_or("").to_owned();
            // Compose reads on behind an escaped quote.
            self.sure &= !value.ends_with('\\');
            self.rest = body.get(end + 1..).unwrap_or("");
            self.skip_quoted();
            return value;
        }
        if let Some(body) = self.rest.strip_prefix('"')
            && let Some(end) = closing_quote(body)
        {
            let raw = unescape(body.get(..end).unwrap_or(""));
            self.rest = body.get(end + 1..).unwrap_or("");
            self.skip_quoted();
            return self.expand(&raw);
        }
        let line = self.rest.lines().next().unwrap_or("").to_owned();
        self.skip_line();
        let value = line
            .find(" #")
            .map_or(line.as_str(), |comment| line.get(..comment).unwrap_or(&line));
        self.expand(value.trim())
    }

    fn expand(&mut self, text: &str) -> String {
        let lookup = |name: &str| match self.outer.held(name) {
            Held::Value(value) => Held::Value(value),
            outer => self.env.get(name).map_or(outer, Held::Value),
        };
        match super::interpolate::substitute(text, &lookup) {
            Ok(result) => {
                self.env.deciding.extend(result.deciding);
                result.text
            }
            Err(_) => text.to_owned(),
        }
    }
}

/// Why Compose refuses the name that a statement begins with (compose-go `dotenv/parser.go`).
fn refused_name(statement: &str) -> Option<String> {
    for (index, character) in statement.char_indices() {
        match character {
            '=' | ':' | '\n' => {
                let name = statement.get(..index).unwrap_or("").trim_end();
                return name.contains(' ').then(|| "has a name with a space in it".to_owned());
            }
            _ if character.is_whitespace() || character.is_alphanumeric() || "_.-[]".contains(character) => {}
            _ => return Some(format!("has {character:?} in a name")),
        }
    }
    None
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(index, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes.then_some(index)
    })
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            // The dollar stays escaped for the expansion that follows.
            Some('$') => out.push_str("$$"),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Env;

    #[test]
    fn dotenv_lines_are_read_as_compose_reads_them() {
        let mut outer = Env::default();
        outer.set("HOST", "h");
        let text =
            "# c\nA=1\nexport B = two # comment\nC='lit $A'\nD=\"x\\n$A\"\nE=${A}-${HOST}\nF: yaml\nHOST\nG=a#b\n";
        let (env, refused) = Env::parse(text, &outer);
        for (name, value) in [
            ("A", "1"),
            ("B", "two"),
            ("C", "lit $A"),
            ("D", "x\n1"),
            ("E", "1-h"),
            ("F", "yaml"),
            ("HOST", "h"),
            ("G", "a#b"),
        ] {
            assert_eq!(env.get(name), Some(value), "{name}");
        }
        assert!(refused.is_none());
    }

    /// What Compose 5.6.1 refused and took.
    #[test]
    fn lines_are_refused_that_compose_refuses() {
        for (text, at) in [
            ("A=1\nA B=1\n", 4),
            ("\n  'x=1", 3),
            ("A='x\nB=1\n", 2),
            ("A=\"x", 2),
            ("A$=1", 0),
            ("A=1\n<<<<<<< x\n", 4),
            ("export A B=1", 0),
            ("{\"a\": 1}", 0),
            ("A=1\nfoo bar\n", 4),
            ("# c\nA/B=1\n", 4),
        ] {
            let refused = Env::parse(text, &Env::default()).1.map(|refusal| refusal.at);
            assert_eq!(refused, Some(at), "{text:?}");
        }
        for text in [
            "=1",
            "\u{fc}=1",
            "export A",
            "foo bar",
            "A\tB",
            "A: b: c",
            "-----BEGIN X-----",
            "# c\n===\nA=1",
            "A = \"b\"",
            "A='it\\'s'\n",
            "A=\"x\ny'\"\nB='\"'\n",
            "A=1 # it's\r\nB=2\r\n",
        ] {
            let refused = Env::parse(text, &Env::default()).1;
            assert!(refused.is_none(), "{text:?}: {}", refused.unwrap().why);
        }
    }

    #[test]
    fn doubling_values_stay_bounded() {
        let mut text = String::from("A=xxxxxxxxxxxxxxxx\n");
        for index in 0..60 {
            text.push_str(&format!(
                "A{}=$A{}$A{}\n",
                index + 1,
                if index == 0 { String::new() } else { index.to_string() },
                if index == 0 { String::new() } else { index.to_string() }
            ));
        }
        let (env, _) = Env::parse(&text, &Env::default());
        assert!(env.get("A60").unwrap().len() <= 64 * 1024);
    }
}

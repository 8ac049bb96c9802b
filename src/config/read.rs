//! The spanned tree of `plimsoll.yaml` to a configuration, or to every mistake in it.

use super::key::{Entry as ListEntry, Key};
use super::keys::TOP;
use super::near::meant;
use super::{AUTO, Config, Mistake};
use crate::order::Order as _;
use crate::parse::yaml::{Data, Entry, Value, YamlFile};
use crate::source::{Sources, Span, Spanned};
use crate::values::nearest;
use globset::{GlobBuilder, GlobMatcher};

/// What the file may refer to but does not hold.
pub struct Known<'a> {
    /// The names of every rule.
    pub rules: &'a [&'static str],
    /// The text of the file: `2026.10` is another version than `2026.1`, and the same number.
    pub sources: &'a Sources,
    /// The rule that says what a code of another tool says.
    pub known_as: fn(&str) -> Option<&'static str>,
}

/// Reads the configuration; what it extends is in it already (`extends::inherited`).
///
/// # Errors
/// Every mistake in it, in the order of the file.
pub fn read(file: &YamlFile, known: &Known<'_>) -> Result<Config, Vec<Mistake>> {
    let mut config = Config::default();
    let mut reader = Reader {
        known,
        mistakes: Vec::new(),
    };
    for problem in &file.problems {
        reader.mistake(
            problem.finding.span,
            problem.finding.message.clone(),
            problem.finding.help.clone(),
        );
    }
    if reader.mistakes.is_empty() {
        match file.documents.as_slice() {
            [] => {}
            [document] if document.is_null() => {}
            [document] => {
                reader.keys(document, "the configuration", TOP, &mut config);
                reader.check_profile_names(&config);
            }
            [_, second, ..] => reader.mistake(second.span, "the configuration is one document", "delete the `---`"),
        }
    }
    if reader.mistakes.is_empty() {
        Ok(config)
    } else {
        reader.mistakes.order_by_key(|mistake| mistake.span);
        Err(reader.mistakes)
    }
}

/// Collects the mistakes of a file while its values are read.
pub(crate) struct Reader<'a> {
    known: &'a Known<'a>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// How many mistakes there are so far.
    pub(super) fn mistakes(&self) -> usize {
        self.mistakes.len()
    }

    /// Shows how it is written, to mistakes since `from` that do not say what to write.
    pub(super) fn show(&mut self, from: usize, name: &str, example: &str) {
        let Some(line) = example_of(name, example) else { return };
        for mistake in self.mistakes.iter_mut().skip(from) {
            if mistake.help.is_empty() {
                mistake.help = format!("like `{line}`");
            }
        }
    }

    pub(super) fn mistake(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Mistake {
            span,
            message: message.into(),
            help: help.into(),
        });
    }

    /// Reads a mapping by its table of keys.
    pub(super) fn keys<T>(&mut self, value: &Value, what: &str, keys: &'static [Key<T>], target: &mut T) {
        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        for (name, entry) in self.entries(value, what, &names) {
            if let Some(key) = keys.iter().find(|key| key.name == name) {
                key.read(self, target, &entry.value);
            }
        }
    }

    /// Reads a list of mappings by the table of their keys.
    pub(super) fn each<E: ListEntry>(&mut self, value: &Value) -> Vec<E> {
        let what = format!("an entry of `{}`", E::LIST);
        let mut found = Vec::new();
        for item in self.list(value, E::LIST) {
            let mut entry = E::at(item.span);
            self.keys(item, &what, E::KEYS, &mut entry);
            if item.map().is_none() {
                continue;
            }
            match E::lack(item) {
                Some((lack, help)) => self.mistake(item.span, format!("{what} must name {lack}"), help),
                None => found.push(entry),
            }
        }
        found
    }

    /// The entries of a mapping whose keys must be among `keys`; any key, if there are none.
    pub(super) fn entries<'v>(&mut self, value: &'v Value, what: &str, keys: &[&str]) -> Vec<(&'v str, &'v Entry)> {
        let Some(map) = value.map() else {
            self.mistake(
                value.span,
                format!("{what} must be a mapping, not {}", value.kind()),
                "",
            );
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, entry) in map {
            if keys.is_empty() || keys.contains(&key.as_str()) {
                found.push((key.as_str(), entry));
            } else {
                let help = match meant(key, keys) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("valid keys: {}", keys.join(", ")),
                };
                self.mistake(entry.key, format!("{what} has no key `{key}`"), help);
            }
        }
        found
    }

    /// One of `words`.
    pub(super) fn word<'v>(&mut self, value: &'v Value, what: &str, words: &[&str]) -> Option<&'v str> {
        match value.str() {
            Some(text) if words.contains(&text) => Some(text),
            text => {
                let found = text.map_or_else(|| value.kind().to_owned(), |text| format!("`{text}`"));
                let help = text
                    .and_then(|text| meant(text, words))
                    .map_or(String::new(), |near| format!("did you mean `{near}`?"));
                self.mistake(
                    value.span,
                    format!("`{what}` must be one of {}, not {found}", words.join(", ")),
                    help,
                );
                None
            }
        }
    }

    pub(super) fn flag(&mut self, value: &Value, what: &str) -> bool {
        if let Data::Bool(flag) = value.data {
            return flag;
        }
        self.mistake(
            value.span,
            format!("`{what}` must be true or false, not {}", value.kind()),
            "",
        );
        false
    }

    pub(super) fn text(&mut self, value: &Value, what: &str) -> Option<String> {
        let text = value.str().map(str::to_owned);
        if text.is_none() {
            let help = value
                .scalar_text()
                .map(|text| format!("put it in quotes: `\"{text}\"`"));
            self.mistake(
                value.span,
                format!("`{what}` must be a string, not {}", value.kind()),
                help.unwrap_or_default(),
            );
        }
        text
    }

    pub(super) fn list<'v>(&mut self, value: &'v Value, what: &str) -> &'v [Value] {
        if let Some(items) = value.seq() {
            return items;
        }
        let help = value.scalar_text().map(|text| format!("write `[{text}]`"));
        self.mistake(
            value.span,
            format!("`{what}` must be a list, not {}", value.kind()),
            help.unwrap_or_default(),
        );
        &[]
    }

    pub(super) fn texts(&mut self, value: &Value, what: &str) -> Vec<Spanned<String>> {
        let mut texts = Vec::new();
        for item in self.list(value, what) {
            texts.extend(self.text(item, what).map(|text| Spanned::new(text, item.span)));
        }
        texts
    }

    /// Globs of a list of strings, or of one string, that match paths: `*` stays within a folder.
    pub(super) fn globs(&mut self, value: &Value, what: &str) -> Vec<GlobMatcher> {
        let single = std::slice::from_ref(value);
        let items = if value.str().is_some() {
            single
        } else {
            self.list(value, what)
        };
        let items = items.iter();
        items.filter_map(|item| self.glob(item, what, true)).collect()
    }

    /// A glob that matches texts that are no paths.
    pub(super) fn text_glob(&mut self, value: &Value, what: &str) -> Option<GlobMatcher> {
        self.glob(value, what, false)
    }

    fn glob(&mut self, value: &Value, what: &str, is_path: bool) -> Option<GlobMatcher> {
        let text = self.text(value, what)?;
        match GlobBuilder::new(&text).literal_separator(is_path).build() {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                let message = format!("`{text}` is not a pattern: {}", error.kind());
                self.mistake(value.span, message, "use * and ** as in .gitignore");
                None
            }
        }
    }

    /// A path below the root, cleaned; empty for the root itself, and for a mistake.
    pub(super) fn path(&mut self, value: &Value, what: &str) -> Spanned<String> {
        let text = self.text(value, what).unwrap_or_default();
        let path = crate::values::path::clean(&text);
        if path.starts_with('/') || path == ".." || path.starts_with("../") {
            self.mistake(
                value.span,
                format!("`{what}` is outside the workspace root: {text}"),
                "write a path relative to the root",
            );
        }
        Spanned::new(if path == "." { String::new() } else { path }, value.span)
    }

    pub(super) fn date(&mut self, value: &Value, what: &str) -> Option<Spanned<String>> {
        let date = value.str().filter(|text| is_date(text));
        if date.is_none() {
            let found = value
                .scalar_text()
                .map_or_else(|| value.kind().to_owned(), |text| format!("`{text}`"));
            self.mistake(
                value.span,
                format!("`{what}` must be a date like 2027-03-31, not {found}"),
                "write year, month and day",
            );
        }
        date.map(|date| Spanned::new(date.to_owned(), value.span))
    }

    /// A version of the rules, as it is written.
    pub(super) fn version(&mut self, value: &Value, what: &str) -> Option<Spanned<String>> {
        let source = self.known.sources.get(value.span.source);
        let written = source
            .text
            .get(value.span.start as usize..value.span.end as usize)
            .unwrap_or_default();
        let version = written.trim_matches(['"', '\'']);
        if is_version(version) {
            return Some(Spanned::new(version.to_owned(), value.span));
        }
        let found = match value.scalar_text() {
            Some(_) => format!("`{version}`"),
            None => value.kind().to_owned(),
        };
        self.mistake(
            value.span,
            format!("`{what}` must be a year and a month like 2026.11, not {found}"),
            "",
        );
        None
    }

    /// Whether it is the name of a rule.
    pub(super) fn is_rule(&mut self, name: &str, span: Span) -> bool {
        if self.known.rules.contains(&name) {
            return true;
        }
        let all = ["*", "all", "any", "everything"].contains(&name);
        let near = || {
            let same = self
                .known
                .rules
                .iter()
                .find(|rule| rule.replace('-', "") == name.replace(['-', '_'], ""));
            same.copied()
                .or_else(|| nearest(name, self.known.rules.iter().copied()))
        };
        let help = match ((self.known.known_as)(name), all) {
            (Some(rule), _) => format!("use `{rule}`, the name of that rule here"),
            (None, true) => {
                "name each rule; to skip files use `exclude:`, to never fail use `fail-on: never`".to_owned()
            }
            (None, false) => near().map_or_else(
                || "`plimsoll rules` lists them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
        };
        self.mistake(span, format!("there is no rule `{name}`"), help);
        false
    }

    /// After all profiles are known.
    fn check_profile_names(&mut self, config: &Config) {
        for assignment in &config.assign {
            let name = &assignment.profile;
            if !config.profiles.contains_key(&name.value) && !name.value.is_empty() && name.value != AUTO {
                self.mistake(
                    name.span,
                    format!("there is no profile `{}`", name.value),
                    nearest_profile(config, &name.value),
                );
            }
        }
    }
}

/// The lines of an example that show a key, as one: `require: [memory, pids]`.
fn example_of(name: &str, example: &str) -> Option<String> {
    let key = format!("{name}:");
    let before = |at: usize| example.get(..at).and_then(|before| before.chars().next_back());
    let at = example.match_indices(&key).map(|(at, _)| at);
    let at = at
        .into_iter()
        .find(|at| before(*at).is_none_or(|last| " {\n".contains(last)))?;
    let rest = example.get(at..)?;
    let mut depth = 0_usize;
    let end = rest.char_indices().find(|(_, letter)| {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' if depth > 0 => depth -= 1,
            ']' | '}' | ',' | '\n' if depth == 0 => return true,
            _ => {}
        }
        false
    });
    let line = rest.get(..end.map_or(rest.len(), |(end, _)| end))?.trim();
    if line.len() > key.len() {
        return Some(line.to_owned());
    }
    // Its value begins on the next line.
    let below = rest.lines().nth(1)?.trim();
    Some(match below.strip_prefix("- ") {
        Some(item) => format!("{key} [{item}]"),
        None => format!("{key} {{{below}}}"),
    })
}

/// The profile that was meant.
pub(super) fn nearest_profile(config: &Config, name: &str) -> String {
    let known: Vec<&str> = config.profiles.keys().map(String::as_str).collect();
    match meant(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "known: {}",
            config.profiles.keys().cloned().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// `YYYY-MM-DD`, with months and days that exist in some year.
pub(crate) fn is_date(text: &str) -> bool {
    is_parted(text, '-', &[(4, 9999), (2, 12), (2, 31)])
}

/// `YYYY.MM`.
fn is_version(text: &str) -> bool {
    is_parted(text, '.', &[(4, 9999), (2, 12)])
}

/// Numbers from 1 on with so many digits, up to so much.
fn is_parted(text: &str, by: char, parts: &[(usize, u32)]) -> bool {
    let written: Vec<&str> = text.split(by).collect();
    let is_part = |(part, (digits, most)): (&&str, &(usize, u32))| {
        let is_digits = part.len() == *digits && part.bytes().all(|byte| byte.is_ascii_digit());
        is_digits && part.parse().is_ok_and(|number: u32| (1..=*most).contains(&number))
    };
    written.len() == parts.len() && written.iter().zip(parts).all(is_part)
}

#[cfg(test)]
mod tests;

//! The spanned tree of `plimsoll.yaml` to a configuration, or to every mistake in it.

mod budgets;

use super::{Assignment, Config, DeclaredContext, DeclaredImage, DeclaredSet, Ignore, ImagePlace, Level, Mistake};
use crate::finding::Severity;
use crate::parse::yaml::{Data, Entry, Value, YamlFile};
use crate::source::{Span, Spanned};
use crate::values::nearest;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;

/// Names that the file may use but that are defined elsewhere.
pub(crate) struct Known<'a> {
    /// Every rule.
    pub rules: &'a [&'static str],
}

/// Reads the configuration.
///
/// # Errors
/// Every mistake in it, in the order of the file.
pub(crate) fn read(file: &YamlFile, known: &Known<'_>) -> Result<Config, Vec<Mistake>> {
    let mut reader = Reader {
        known,
        config: Config::default(),
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
            [document] => reader.top(document),
            [_, second, ..] => reader.mistake(second.span, "the configuration is one document", "delete the `---`"),
        }
    }
    if reader.mistakes.is_empty() {
        Ok(reader.config)
    } else {
        reader.mistakes.sort_by_key(|mistake| mistake.span);
        Err(reader.mistakes)
    }
}

struct Reader<'a> {
    known: &'a Known<'a>,
    config: Config,
    mistakes: Vec<Mistake>,
}

const TOP: [&str; 14] = [
    "version",
    "rules-version",
    "fail-on",
    "fail-on-undecided",
    "profiles",
    "assign",
    "project",
    "compose",
    "contexts",
    "catalogue",
    "images",
    "rules",
    "ignore",
    "x-notes",
];

impl Reader<'_> {
    fn mistake(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Mistake {
            span,
            message: message.into(),
            help: help.into(),
        });
    }

    fn not_held(&mut self, key: &str, value: &Value) {
        self.config.not_held.push(Spanned::new(key.to_owned(), value.span));
    }

    /// The entries of a mapping whose keys must be among `keys`.
    fn entries<'v>(&mut self, value: &'v Value, what: &str, keys: &[&str]) -> Vec<(&'v str, &'v Entry)> {
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
                let help = match nearest(key, keys.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("known here: {}", keys.join(", ")),
                };
                self.mistake(entry.key, format!("{what} has no key '{key}'"), help);
            }
        }
        found
    }

    fn top(&mut self, document: &Value) {
        for (key, entry) in self.entries(document, "the configuration", &TOP) {
            let value = &entry.value;
            match key {
                "project" => self.project(value),
                "images" => self.images(value),
                "version" if value.data != Data::Int(1) => {
                    self.mistake(value.span, "the version must be 1", "write `version: 1`");
                }
                "fail-on" => {
                    if let Some(word) = self.word(value, "fail-on", &["error", "warning", "note", "never"]) {
                        self.config.fail_on = severity(word);
                    }
                }
                "fail-on-undecided" => self.config.fail_on_undecided = self.flag(value, key),
                "profiles" => self.profiles(value),
                "assign" => self.assign(value),
                "compose" => self.compose(value),
                "contexts" => self.contexts(value),
                "catalogue" => self.config.catalogue = Some(self.path(value, key)),
                "rules" => self.rules(value),
                "ignore" => self.ignores(value),
                // Read by later versions; their shape is checked there.
                _ => {}
            }
        }
        self.check_profile_names();
    }

    fn word<'v>(&mut self, value: &'v Value, what: &str, words: &[&str]) -> Option<&'v str> {
        match value.str() {
            Some(text) if words.contains(&text) => Some(text),
            text => {
                let found = text.map_or_else(|| value.kind().to_owned(), |text| format!("'{text}'"));
                let help = text
                    .and_then(|text| nearest(text, words.iter().copied()))
                    .map_or(String::new(), |near| format!("did you mean '{near}'?"));
                self.mistake(
                    value.span,
                    format!("'{what}' must be one of {}, not {found}", words.join(", ")),
                    help,
                );
                None
            }
        }
    }

    fn flag(&mut self, value: &Value, what: &str) -> bool {
        if let Data::Bool(flag) = value.data {
            return flag;
        }
        self.mistake(
            value.span,
            format!("'{what}' must be true or false, not {}", value.kind()),
            "",
        );
        false
    }

    fn text(&mut self, value: &Value, what: &str) -> Option<String> {
        let text = value.str().map(str::to_owned);
        if text.is_none() {
            self.mistake(
                value.span,
                format!("'{what}' must be a string, not {}", value.kind()),
                "",
            );
        }
        text
    }

    fn list<'v>(&mut self, value: &'v Value, what: &str) -> &'v [Value] {
        if let Some(items) = value.seq() {
            return items;
        }
        self.mistake(value.span, format!("'{what}' must be a list, not {}", value.kind()), "");
        &[]
    }

    /// Globs of a list of strings, or of one string.
    fn globs(&mut self, value: &Value, what: &str) -> Vec<GlobMatcher> {
        let single = std::slice::from_ref(value);
        let items = if value.str().is_some() {
            single
        } else {
            self.list(value, what)
        };
        let mut globs = Vec::new();
        for item in items {
            let Some(text) = self.text(item, what) else { continue };
            match GlobBuilder::new(&text).literal_separator(true).build() {
                Ok(glob) => globs.push(glob.compile_matcher()),
                Err(error) => self.mistake(
                    item.span,
                    format!("'{text}' is no pattern: {}", error.kind()),
                    "use * and ** as in .gitignore",
                ),
            }
        }
        globs
    }

    fn nearest_profile(&self, name: &str) -> String {
        match nearest(name, self.config.profiles.keys().map(String::as_str)) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!(
                "known: {}",
                self.config.profiles.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    fn assign(&mut self, value: &Value) {
        for item in self.list(value, "assign") {
            let mut assignment = Assignment {
                services: Vec::new(),
                dockerfiles: Vec::new(),
                profile: Spanned::new(String::new(), item.span),
                is_final: false,
                span: item.span,
            };
            for (key, entry) in self.entries(
                item,
                "an entry of 'assign'",
                &["services", "dockerfiles", "profile", "final"],
            ) {
                match key {
                    "services" => assignment.services = self.globs(&entry.value, key),
                    "dockerfiles" => assignment.dockerfiles = self.globs(&entry.value, key),
                    "final" => assignment.is_final = self.flag(&entry.value, key),
                    _ => {
                        let name = self.text(&entry.value, key).unwrap_or_default();
                        assignment.profile = Spanned::new(name, entry.value.span);
                    }
                }
            }
            if item.map().is_some() && item.get("profile").is_none() {
                self.mistake(
                    item.span,
                    "an entry of 'assign' must name a profile",
                    "add `profile: ...`",
                );
            }
            self.config.assign.push(assignment);
        }
    }

    /// After all profiles are known.
    fn check_profile_names(&mut self) {
        let unknown: Vec<Spanned<String>> = self
            .config
            .assign
            .iter()
            .map(|assignment| &assignment.profile)
            .filter(|name| !name.value.is_empty() && !self.config.profiles.contains_key(&name.value))
            .cloned()
            .collect();
        for name in unknown {
            let help = self.nearest_profile(&name.value);
            self.mistake(name.span, format!("there is no profile '{}'", name.value), help);
        }
    }

    fn project(&mut self, value: &Value) {
        for (key, entry) in self.entries(value, "'project'", &["memory", "cpus"]) {
            match key {
                "memory" => self.config.project.memory = self.size(key, &entry.value),
                _ => self.config.project.cpus = self.number(key, &entry.value),
            }
        }
    }

    fn compose(&mut self, value: &Value) {
        for item in self.list(value, "compose") {
            let mut set = DeclaredSet {
                files: Vec::new(),
                env_file: None,
                profiles: Vec::new(),
            };
            for (key, entry) in self.entries(item, "an entry of 'compose'", &["files", "profiles", "env-file"]) {
                match key {
                    "files" => {
                        for file in self.list(&entry.value, key) {
                            set.files
                                .extend(self.text(file, key).map(|text| Spanned::new(text, file.span)));
                        }
                    }
                    "profiles" => {
                        for profile in self.list(&entry.value, key) {
                            set.profiles.extend(self.text(profile, key));
                        }
                    }
                    _ => {
                        set.env_file = self
                            .text(&entry.value, key)
                            .map(|text| Spanned::new(text, entry.value.span))
                    }
                }
            }
            if set.files.is_empty() && item.map().is_some() {
                self.mistake(
                    item.span,
                    "an entry of 'compose' must name its files",
                    "add `files: [compose.yaml, ...]`",
                );
            } else {
                self.config.compose.push(set);
            }
        }
    }

    fn contexts(&mut self, value: &Value) {
        for item in self.list(value, "contexts") {
            let (mut dockerfile, mut context) = (None, None);
            for (key, entry) in self.entries(item, "an entry of 'contexts'", &["dockerfile", "context"]) {
                let path = self.path(&entry.value, key);
                match key {
                    "dockerfile" => dockerfile = Some(path),
                    _ => context = Some(path),
                }
            }
            match (dockerfile, context) {
                (Some(dockerfile), Some(context)) => self.config.contexts.push(DeclaredContext {
                    dockerfile,
                    context: context.value,
                    span: item.span,
                }),
                _ if item.map().is_none() => {}
                _ => self.mistake(
                    item.span,
                    "an entry of 'contexts' must name a Dockerfile and its context",
                    "write `{dockerfile: api/Dockerfile, context: .}`",
                ),
            }
        }
    }

    fn images(&mut self, value: &Value) {
        const KEYS: [&str; 4] = ["service", "dockerfile", "image", "archive"];
        for item in self.list(value, "images") {
            let (mut unit, mut place) = (None, None);
            for (key, entry) in self.entries(item, "an entry of 'images'", &KEYS) {
                let value = &entry.value;
                match key {
                    "service" => unit = self.text(value, key).map(|text| (Spanned::new(text, value.span), true)),
                    "dockerfile" => unit = Some((self.path(value, key), false)),
                    "archive" => {
                        let path = self.path(value, key);
                        place = Some(Spanned::new(ImagePlace::Archive(path.value), path.span));
                    }
                    _ => {
                        let name = self.text(value, key);
                        place = name.map(|name| Spanned::new(ImagePlace::Engine(name), value.span));
                    }
                }
            }
            let is_one_each = item.map().is_none_or(|map| map.len() == 2);
            match (unit, place) {
                (Some((unit, is_service)), Some(place)) if is_one_each => self.config.images.push(DeclaredImage {
                    unit,
                    is_service,
                    place,
                }),
                _ if item.map().is_none() => {}
                _ => self.mistake(
                    item.span,
                    "an entry of 'images' must name a service or a Dockerfile, and an image or an archive",
                    "write `{dockerfile: api/Dockerfile, image: \"acme/api:ci\"}` or `{service: api, archive: api.tar}`",
                ),
            }
        }
    }

    /// A path below the root, cleaned; empty for the root itself, and for a mistake.
    fn path(&mut self, value: &Value, what: &str) -> Spanned<String> {
        let text = self.text(value, what).unwrap_or_default();
        let path = crate::values::path::clean(&text);
        if path.starts_with('/') || path == ".." || path.starts_with("../") {
            self.mistake(
                value.span,
                format!("'{what}' leads outside of the workspace root: {text}"),
                "write a path relative to the root",
            );
        }
        Spanned::new(if path == "." { String::new() } else { path }, value.span)
    }

    fn rule_name(&mut self, name: &str, span: Span) -> bool {
        if self.known.rules.contains(&name) {
            return true;
        }
        let help = match nearest(name, self.known.rules.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "`plimsoll rules` lists them".to_owned(),
        };
        self.mistake(span, format!("there is no rule '{name}'"), help);
        false
    }

    fn rules(&mut self, value: &Value) {
        for (name, entry) in self.entries(value, "'rules'", &[]) {
            if !self.rule_name(name, entry.key) {
                continue;
            }
            // YAML 1.2 has `off` as a string; people also write it as a boolean.
            let level = match &entry.value.data {
                Data::Bool(false) => Some(Level::Off),
                _ => self
                    .word(&entry.value, name, &["off", "note", "warning", "error"])
                    .map(|word| severity(word).map_or(Level::Off, Level::At)),
            };
            if let Some(level) = level {
                self.config.rules.insert(name.to_owned(), level);
            }
        }
    }

    fn ignores(&mut self, value: &Value) {
        for item in self.list(value, "ignore") {
            let mut ignore = Ignore {
                rule: Spanned::new(String::new(), item.span),
                paths: Vec::new(),
                services: Vec::new(),
                reason: String::new(),
                until: None,
                span: item.span,
            };
            let mut named: BTreeSet<&str> = BTreeSet::new();
            for (key, entry) in self.entries(
                item,
                "an entry of 'ignore'",
                &["rule", "paths", "services", "reason", "until"],
            ) {
                named.insert(key);
                match key {
                    "rule" => {
                        let name = self.text(&entry.value, key).unwrap_or_default();
                        if !name.is_empty() {
                            self.rule_name(&name, entry.value.span);
                        }
                        ignore.rule = Spanned::new(name, entry.value.span);
                    }
                    "paths" => ignore.paths = self.globs(&entry.value, key),
                    "services" => ignore.services = self.globs(&entry.value, key),
                    "reason" => ignore.reason = self.text(&entry.value, key).unwrap_or_default(),
                    _ => match entry.value.str().filter(|text| is_date(text)) {
                        Some(date) => ignore.until = Some(Spanned::new(date.to_owned(), entry.value.span)),
                        None => self.mistake(entry.value.span, "'until' must be a date like 2027-03-31", ""),
                    },
                }
            }
            if item.map().is_some() && !named.contains("rule") {
                self.mistake(item.span, "an entry of 'ignore' must name a rule", "add `rule: ...`");
            }
            self.config.ignore.push(ignore);
        }
    }
}

fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "note" => Some(Severity::Note),
        _ => None,
    }
}

/// `YYYY-MM-DD`, with months and days that exist in some year.
pub(crate) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |length: usize, range: std::ops::RangeInclusive<u32>| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && part.parse().is_ok_and(|number| range.contains(&number)))
    };
    part(4, 1..=9999) && part(2, 1..=12) && part(2, 1..=31) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Demand;
    use crate::source::{ColumnUnit, Sources};
    use std::path::Path;

    fn run(text: &str) -> Result<Config, Vec<(usize, usize, String)>> {
        let mut sources = Sources::default();
        let id = sources.add(Path::new("plimsoll.yaml"), text.to_owned());
        let file = crate::parse::yaml::parse(id, text);
        read(
            &file,
            &Known {
                rules: &["root-user", "writable-root"],
            },
        )
        .map_err(|mistakes| {
            mistakes
                .into_iter()
                .map(|mistake| {
                    let at = sources.get(id).position(mistake.span.start, ColumnUnit::CodePoints);
                    (at.line, at.column, format!("{} | {}", mistake.message, mistake.help))
                })
                .collect()
        })
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let config = run("version: 1\nfail-on: warning\nprofiles:\n  translation: {memory: 96MiB}\n  api: {extends: translation, image-size: 80MB, require: [memory], harden: [non-root], nofile: 10/20}\nassign:\n  - {services: ['*-db'], profile: database}\n  - {profile: api, final: true}\nproject: {memory: 2GiB, cpus: 2}\nrules: {root-user: off, writable-root: error}\nignore:\n  - {rule: root-user, paths: ['legacy/**'], reason: old, until: 2027-03-01}\n").unwrap();
        assert_eq!(config.fail_on, Some(Severity::Warning));
        let api = &config.profiles["api"];
        assert_eq!(api.memory.as_ref().map(|limit| limit.value), Some(96 << 20));
        assert_eq!(api.image_size.as_ref().map(|limit| limit.value), Some(80_000_000));
        assert_eq!(
            api.demands.keys().copied().collect::<Vec<_>>(),
            [Demand::Memory, Demand::NonRoot]
        );
        assert!(config.assign[0].fits(Some("app-db"), None));
        assert!(!config.assign[0].fits(Some("app"), None));
        assert!(config.assign[1].fits(None, Some("Dockerfile")) && config.assign[1].is_final);
        assert_eq!(config.rules["root-user"], Level::Off);
    }

    #[test]
    fn every_mistake_has_its_place_and_the_nearest_word() {
        let mistakes = run("profles: {}\nprofiles:\n  default: {memry: 1MiB, memory: 128M, pids: many}\nrules: {rot-user: off}\nassign: [{profile: databse}]\nfail-on: eror\n").unwrap_err();
        let lines: Vec<_> = mistakes.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(lines, [(1, 1), (3, 13), (3, 34), (3, 46), (4, 9), (5, 20), (6, 10)]);
        for (mistake, word) in mistakes.iter().zip([
            "profiles",
            "memory",
            "128MiB",
            "whole number",
            "root-user",
            "database",
            "error",
        ]) {
            assert!(mistake.2.contains(word), "{} lacks {word}", mistake.2);
        }
    }

    #[test]
    fn contexts_are_paths_below_the_root() {
        let config =
            run("contexts:\n  - {dockerfile: ./api/Dockerfile, context: .}\n  - {dockerfile: b, context: c/}\n")
                .unwrap();
        let read: Vec<_> = config
            .contexts
            .iter()
            .map(|entry| (entry.dockerfile.value.as_str(), entry.context.as_str()))
            .collect();
        assert_eq!(read, [("api/Dockerfile", ""), ("b", "c")]);
        let mistakes = run("contexts:\n  - {dockerfile: a}\n  - {dockerfile: a, context: ../x}\n  - x\n  - {dockerfile: a, context: b, contxt: c}\n").unwrap_err();
        let lines: Vec<_> = mistakes.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(lines, [(2, 5), (3, 30), (4, 5), (5, 33)]);
    }

    #[test]
    fn profiles_that_extend_each_other_are_a_mistake() {
        let mistakes = run("profiles:\n  a: {extends: b}\n  b: {extends: a}\n").unwrap_err();
        assert_eq!(mistakes.len(), 2);
    }

    #[test]
    fn the_defaults_own_figures_are_not_chosen_until_somebody_writes_one() {
        let config = run("profiles: {default: {memory: 1GiB}}\n").unwrap();
        let default = &config.profiles["default"];
        assert!(!default.image_size.as_ref().unwrap().chosen);
        assert!(default.memory.as_ref().unwrap().chosen);
    }
}

//! `policy`: rules of one's own on what a container will be.

mod test;

pub(crate) use test::{Class, Test, class, is_of_service};

use super::key::{Entry, Key, Takes};
use super::read::Reader;
use crate::finding::Severity;
use crate::parse::yaml::Value;
use crate::source::{Span, Spanned};

/// One entry of `policy`.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Its name.
    pub name: Spanned<String>,
    /// What it speaks of: all of these hold.
    pub when: Vec<Condition>,
    /// What must hold there.
    pub require: Vec<Condition>,
    /// What a violation weighs.
    pub severity: Severity,
    /// What to do, in the words of whoever made it; may be empty.
    pub message: String,
    /// Services, as Compose writes them, that it must find nothing in.
    pub passes: Vec<Value>,
    /// Services that it must find something in.
    pub fails: Vec<Value>,
}

/// A setting, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Condition {
    /// The setting: `memory`, `labels.team`.
    pub key: Spanned<String>,
    /// One of these holds.
    pub any: Vec<Test>,
    /// As it is written.
    pub words: String,
}

impl Entry for Policy {
    const LIST: &'static str = "policy";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "name",
            takes: Takes::Text(|entry, name| entry.name = name),
            default: "none: it is required",
            doc: "Its name in reports.",
            example: "policy:\n  - {name: small-databases, when: {image: \"*/postgres:*\"}, require: {memory: <= 1GiB}}\n",
        },
        Key {
            name: "when",
            takes: Takes::Own("a mapping of settings to conditions", |reader, entry, key, value| {
                entry.when = reader.conditions(value, key);
            }),
            default: "every service and image",
            doc: "The services and images that it applies to: those that match every condition. Where that is unknown, a violation is `undecided-value`.",
            example: "policy:\n  - name: public-services\n    when: {ports: \"*\", profile: \"!browser\"}\n    require: {read_only: true}\n",
        },
        Key {
            name: "require",
            takes: Takes::Own("a mapping of settings to conditions", |reader, entry, key, value| {
                entry.require = reader.conditions(value, key);
            }),
            default: "none: it is required",
            doc: "What they must match. `docs/policies.md` lists the settings and the forms of conditions.",
            example: "policy:\n  - name: team\n    require: {labels.team: \"*\", user: \"!root\", pids: <= 200}\n",
        },
        Key {
            name: "severity",
            takes: Takes::Word(&["error", "warning", "note"], |entry, word| {
                entry.severity = match word {
                    "warning" => Severity::Warning,
                    "note" => Severity::Note,
                    _ => Severity::Error,
                };
            }),
            default: "`error`",
            doc: "The severity of a violation.",
            example: "policy:\n  - {name: team, require: {labels.team: \"*\"}, severity: warning}\n",
        },
        Key {
            name: "message",
            takes: Takes::Text(|entry, text| entry.message = text.value),
            default: "what is required",
            doc: "What to do about it: the help of the finding.",
            example: "policy:\n  - {name: team, require: {labels.team: \"*\"}, message: add the label `team`}\n",
        },
        Key {
            name: "passes",
            takes: Takes::Own(
                "a list of services, as Compose writes them",
                |reader, entry, key, value| {
                    entry.passes = reader.list(value, key).to_vec();
                },
            ),
            default: "no example",
            doc: "Examples that must pass; `plimsoll policy test` checks them.",
            example: "policy:\n  - name: team\n    require: {labels.team: \"*\"}\n    passes: [{image: \"nginx:1.27\", labels: {team: web}}]\n",
        },
        Key {
            name: "fails",
            takes: Takes::Own(
                "a list of services, as Compose writes them",
                |reader, entry, key, value| {
                    entry.fails = reader.list(value, key).to_vec();
                },
            ),
            default: "no example",
            doc: "Examples that must fail.",
            example: "policy:\n  - name: team\n    require: {labels.team: \"*\"}\n    fails: [{image: \"nginx:1.27\"}]\n",
        },
    ];

    fn at(span: Span) -> Self {
        Self {
            name: Spanned::new(String::new(), span),
            when: Vec::new(),
            require: Vec::new(),
            severity: Severity::Error,
            message: String::new(),
            passes: Vec::new(),
            fails: Vec::new(),
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        if item.get("name").is_none() {
            return Some(("itself", "add `name: ...`"));
        }
        let requires = item
            .get("require")
            .is_some_and(|require| require.map().is_none_or(|map| !map.is_empty()));
        (!requires).then_some(("what it requires", "add `require: {memory: <= 1GiB}`"))
    }
}

impl Policy {
    /// The entry as a sentence, the same for the same entry.
    pub(crate) fn words(&self) -> String {
        let list = |conditions: &[Condition]| {
            let each = conditions.iter().map(|one| format!("{}: {}", one.key.value, one.words));
            each.collect::<Vec<_>>().join(", ")
        };
        let (when, require) = (list(&self.when), list(&self.require));
        format!(
            "{} when {{{when}}} require {{{require}}} {}",
            self.name.value,
            self.severity.word()
        )
    }
}

impl Reader<'_> {
    /// A mapping of settings to what is asked of them.
    fn conditions(&mut self, value: &Value, what: &str) -> Vec<Condition> {
        let mut found = Vec::new();
        for (name, entry) in self.entries(value, &format!("`{what}` of a policy"), &[]) {
            let Some(class) = class(name) else {
                let near = crate::values::nearest(name, test::names());
                let help = near.map_or_else(
                    || "docs/policies.md lists the settings".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.mistake(
                    entry.key,
                    format!("no service and no image has a setting `{name}`"),
                    help,
                );
                continue;
            };
            let alternatives = entry.value.seq().unwrap_or(std::slice::from_ref(&entry.value));
            let mut condition = Condition {
                key: Spanned::new(name.to_owned(), entry.key),
                any: Vec::new(),
                words: String::new(),
            };
            for item in alternatives {
                let Some(text) = item.scalar_text() else {
                    self.mistake(
                        item.span,
                        format!("`{name}` takes a condition or a list of conditions"),
                        "",
                    );
                    continue;
                };
                match test::read(name, class, &text) {
                    Ok(test) => condition.any.push(test),
                    Err((message, help)) => self.mistake(item.span, message, help),
                }
                let or = if condition.words.is_empty() { "" } else { " or " };
                condition.words = format!("{}{or}{text}", condition.words);
            }
            found.push(condition);
        }
        found
    }
}

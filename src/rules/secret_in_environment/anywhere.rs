//! Credentials at any other place of a Compose file: options of drivers, hooks, annotations, hosts, keys.

use super::elsewhere::{finding, literal, of_text};
use crate::finding::Finding;
use crate::parse::yaml::{Data, Value};
use crate::redact::looks_like_a_credential;
use crate::repository::Subject;
use crate::resolve::compose::project::Definition;
use crate::resolve::compose::service::Service;

/// What other code looks at, and what only names something.
const OTHERS: [&str; 12] = [
    "command",
    "configs",
    "depends_on",
    "entrypoint",
    "env_file",
    "environment",
    "healthcheck",
    "image",
    "labels",
    "networks",
    "secrets",
    "volumes",
];

/// What is shorter does not look made up.
const SHORTEST: usize = 10;

/// What a service writes outside of its variables, its commands and its labels. What its set defines is told with its first service.
pub(super) fn of_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let mut walk = Walk {
        of: format!("`{name}`"),
        found,
    };
    for (key, entry) in service.raw.map().into_iter().flatten() {
        if !OTHERS.contains(&key.as_str()) {
            walk.value(key, &entry.value, key);
        }
    }
    let variables = service.raw.get("environment").and_then(Value::map);
    for (variable, entry) in variables.into_iter().flatten() {
        // A list has it as an item without a value.
        if variable.len() >= SHORTEST {
            walk.text(variable, entry.key, "environment");
        }
        // A file in a variable (JSON, or lines of settings), or a token beside a variable. What is one credential was said.
        let text = literal(&entry.value).unwrap_or("");
        let is_partly_known = matches!(entry.value.data, Data::Unknown { .. });
        let is_file = text.starts_with(['{', '[']) || text.contains('\n');
        if is_partly_known || is_file && !looks_like_a_credential(text) {
            walk.text(text, entry.key, &format!("environment.{variable}"));
        }
    }
    let project = subject.project();
    let Some(project) = project.filter(|project| project.services.first().is_some_and(|first| first.name.value == *name)) else {
        return;
    };
    for (key, definitions) in [("models", &project.models), ("networks", &project.networks), ("volumes", &project.volumes)] {
        definitions.iter().for_each(|definition| walk.definition(key, definition));
    }
}

struct Walk<'a> {
    of: String,
    found: &'a mut Vec<Finding>,
}

impl Walk<'_> {
    fn definition(&mut self, key: &str, definition: &Definition) {
        self.of = format!("`{key}`");
        self.value(&definition.name.value, &definition.raw, &definition.name.value);
    }

    fn value(&mut self, key: &str, value: &Value, path: &str) {
        match &value.data {
            Data::Map(map) => {
                for (inner, entry) in map {
                    // Labels, arguments of a build and Dockerfiles have a look of their own.
                    if !matches!((key, inner.as_str()), ("build", "args" | "dockerfile_inline" | "labels") | ("deploy", "labels")) {
                        self.value(inner, &entry.value, &format!("{path}.{inner}"));
                    }
                }
            }
            Data::Seq(items) => items.iter().for_each(|item| self.value(key, item, path)),
            _ => {
                // Most values are short, and a short one is no credential.
                if let Some(text) = literal(value).filter(|text| text.len() >= SHORTEST) {
                    self.text(&format!("{key}: {text}"), value.span, path);
                }
            }
        }
    }

    fn text(&mut self, text: &str, span: crate::source::Span, path: &str) {
        if let Some(severity) = of_text(text) {
            let message = format!("`{path}` of {} includes a literal credential", self.of);
            self.found.push(finding(span, message, severity, path).content(text));
        }
    }
}

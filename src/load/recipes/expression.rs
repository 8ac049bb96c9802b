//! Texts of a workflow: `${{ matrix.x }}` and `${{ env.X }}` where these are written out, everything else is unknown.

use crate::fact::{Fact, Sourced, State};
use crate::parse::yaml::{Map, Value};
use crate::source::Span;
use indexmap::IndexMap;

/// Combinations of one matrix that are followed.
const MOST: usize = 256;

/// What a job may name.
#[derive(Clone, Default)]
pub(super) struct Names<'a> {
    /// One value of each dimension of the matrix.
    matrix: IndexMap<&'a str, &'a Value>,
    /// The variables of the workflow and of the job that are written out.
    env: IndexMap<&'a str, &'a Value>,
}

impl<'a> Names<'a> {
    /// Those of each combination of a job's matrix; one without any where there is no matrix, or one that is not written out.
    pub(super) fn of(workflow: &'a Value, job: &'a Value) -> Vec<Self> {
        let of = |value: &'a Value| value.get("env").and_then(Value::map).into_iter().flatten();
        let env = of(workflow)
            .chain(of(job))
            .map(|(name, entry)| (name.as_str(), &entry.value));
        let env: IndexMap<_, _> = env.collect();
        let matrix = job.at(&["strategy", "matrix"]).and_then(Value::map);
        let combinations = matrix.map_or_else(|| vec![IndexMap::new()], combinations);
        let named = |matrix| Self {
            matrix,
            env: env.clone(),
        };
        combinations.into_iter().map(named).collect()
    }

    /// A value with what it names filled in.
    pub(super) fn fact(&self, value: Option<&Value>) -> Fact<String> {
        let Some(value) = value else { return Fact::Absent };
        match value.scalar_text() {
            Some(text) if text.trim().is_empty() => Fact::Absent,
            Some(text) => self.text(&text, value.span),
            None => Fact::unknown("it is no text", value.span),
        }
    }

    /// A text that is written at `span`, with what it names filled in.
    pub(super) fn text(&self, text: &str, span: Span) -> Fact<String> {
        let mut made = String::new();
        let mut rest = text;
        let mut state = State::Known;
        while let Some((before, behind)) = rest.split_once("${{") {
            made.push_str(before);
            let Some((expression, behind)) = behind.split_once("}}") else {
                return Fact::unknown("its expression does not end", span);
            };
            let expression = expression.trim();
            match self.value(expression) {
                Some(value) if made.len() + value.len() < 1 << 16 => made.push_str(&value),
                _ => {
                    let shown: String = expression.chars().take(60).collect();
                    return Fact::unknown(format!("`${{{{ {shown} }}}}` is known when it runs"), span);
                }
            }
            state = State::Substituted;
            rest = behind;
        }
        made.push_str(rest);
        let mut made = Sourced::known(made.trim().to_owned(), span);
        made.state = state;
        Fact::Known(made)
    }

    fn value(&self, expression: &str) -> Option<String> {
        if expression == "github.workspace" {
            return Some(".".to_owned());
        }
        let (kind, path) = expression.split_once('.')?;
        let mut parts = path.split('.');
        let first = parts.next()?;
        let names = match kind {
            "matrix" => &self.matrix,
            "env" => &self.env,
            _ => return None,
        };
        let value = parts.try_fold(*names.get(first)?, |value, part| value.get(part))?;
        value.scalar_text().filter(|text| !text.contains("${{"))
    }
}

/// What a matrix makes: every way to take one value of each dimension, less `exclude`, and with `include` as GitHub adds it ("Running
/// variations of jobs in a workflow"). A dimension that is not written out has no value.
fn combinations(matrix: &Map) -> Vec<IndexMap<&str, &Value>> {
    let list = |name: &str| matrix.get(name).and_then(|entry| entry.value.seq()).unwrap_or(&[]);
    let mut all = vec![IndexMap::new()];
    for (name, entry) in matrix {
        let values = entry.value.seq().unwrap_or(&[]);
        if matches!(name.as_str(), "include" | "exclude") || values.is_empty() || all.len() * values.len() > MOST {
            continue;
        }
        let with = |before: &IndexMap<_, _>, value| {
            let mut next = before.clone();
            next.insert(name.as_str(), value);
            next
        };
        all = all
            .iter()
            .flat_map(|before| values.iter().map(|value| with(before, value)))
            .collect();
    }
    let says = |one: &IndexMap<&str, &Value>, name: &str, value: &Value| {
        one.get(name)
            .is_some_and(|own| own.scalar_text().is_some() && own.scalar_text() == value.scalar_text())
    };
    all.retain(|one| {
        let mut excluded = list("exclude").iter().filter_map(Value::map);
        !excluded.any(|map| map.iter().all(|(name, entry)| says(one, name, &entry.value)))
    });
    let own: Vec<&str> = matrix
        .keys()
        .map(String::as_str)
        .filter(|name| !matches!(*name, "include" | "exclude"))
        .collect();
    if own.is_empty() && !list("include").is_empty() {
        all.clear();
    }
    for map in list("include").iter().filter_map(Value::map).take(MOST) {
        let entries = || map.iter().map(|(name, entry)| (name.as_str(), &entry.value));
        let mut is_added = false;
        for one in all.iter_mut().filter(|_| !own.is_empty()) {
            if entries().all(|(name, value)| !own.contains(&name) || says(one, name, value)) {
                one.extend(entries());
                is_added = true;
            }
        }
        if !is_added && all.len() < MOST {
            all.push(entries().collect());
        }
    }
    all
}

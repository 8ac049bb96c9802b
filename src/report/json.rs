//! The JSON contract, `docs/json.md`: everything that is known, notes included, for machines. Within one schema number keys are only
//! added. What is absent is left out.

use super::place::region;
use super::{Report, decided, escape, words};
use crate::build::size::{Bytes, Ledger};
use crate::container::{Container, ContainerKind};
use crate::finding::{Basis, Severity};
use crate::repository::{Repository, sizes};
use crate::requirements::{COLUMNS, Cell, Requirements};
use crate::settings::{Setting, Settings, number};
use crate::source::{ColumnUnit, Span};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

/// The number of the contract. Another one may change or remove keys.
pub(crate) const SCHEMA: u32 = 2;

/// The report as one JSON document: on one line, or indented for people.
pub(crate) fn render(report: &Report, pretty: bool) -> String {
    let mut out = Vec::new();
    let written = write(report, pretty, &mut out);
    debug_assert!(written.is_ok(), "memory takes everything");
    String::from_utf8(out).unwrap_or_default()
}

/// Writes it. Nothing is held twice, so that thousands of services take no more memory than their text.
///
/// # Errors
/// Those of `out`.
fn write(report: &Report, pretty: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let writer = Writer { report };
    let repository = report.repository.as_ref();
    let judged = repository.into_iter().flat_map(|repository| {
        let judged = repository.judged_containers();
        judged.map(move |container| (container, repository))
    });
    let document = Document {
        schema: SCHEMA,
        verdict: report.verdict.word(),
        error: report.error.as_ref().map(|error| writer.mask(error)),
        as_of: &report.as_of,
        scope: &report.scope,
        sets: &report.sets,
        policy_changes: report.policy.iter().map(|sentence| writer.mask(sentence)).collect(),
        summary: Summary {
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            note: report.count(Severity::Note),
            files: report.files.len(),
            excluded: report.excluded,
            known: report.known.count(),
            vendored: &report.vendored,
            decided: decided::data(report),
        },
        hardened: Each(report.requirements.iter(), &|row| writer.requirements(row)),
        findings: Each(report.findings.iter(), &|reported| writer.finding(reported)),
        units: Each(judged, &|(container, repository)| Unit {
            writer: &writer,
            container,
            repository,
        }),
    };
    // A string value may hold what a CI runner takes for a command.
    let mut out = BufWriter::with_capacity(16 << 10, escape::JsonLog::new(out));
    match pretty {
        true => serde_json::to_writer_pretty(&mut out, &document)?,
        false => serde_json::to_writer(&mut out, &document)?,
    }
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Document<'a, H, F, U> {
    schema: u32,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    as_of: &'a str,
    scope: &'a str,
    sets: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy_changes: Vec<String>,
    summary: Summary<'a>,
    hardened: H,
    findings: F,
    units: U,
}

#[derive(Serialize)]
struct Summary<'a> {
    error: usize,
    warning: usize,
    note: usize,
    files: usize,
    excluded: usize,
    known: usize,
    vendored: &'a BTreeMap<String, usize>,
    decided: decided::Data,
}

/// A list whose entries are made one at a time.
struct Each<'f, I: Iterator, V>(I, &'f dyn Fn(I::Item) -> V);

impl<I: Iterator + Clone, V: Serialize> Serialize for Each<'_, I, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone().map(self.1))
    }
}

struct Writer<'a> {
    report: &'a Report,
}

impl Writer<'_> {
    fn mask(&self, text: &str) -> String {
        self.report.secrets.mask(text).into_owned()
    }

    fn location(&self, span: Span) -> Location<'_> {
        let source = self.report.sources.get(span.source);
        let region = region(source, span, ColumnUnit::CodePoints);
        Location {
            path: &source.path,
            line: region.start.line,
            column: region.start.column,
            end_line: region.end.line,
            end_column: region.end.column,
        }
    }

    fn finding(&self, reported: &super::Reported) -> Value {
        let finding = &reported.finding;
        let related: Vec<Value> = finding
            .related
            .iter()
            .map(|related| {
                let at = self.location(related.span);
                json!({"path": at.path, "line": at.line, "column": at.column, "message": self.mask(&related.message)})
            })
            .collect();
        let measured = finding.measured.as_ref().map(|measured| {
            json!({
                "quantity": measured.quantity,
                "actual": number(measured.actual),
                "budget": number(measured.budget),
                "unit": measured.unit,
                "basis": measured.basis.word(),
            })
        });
        json!({
            "rule": reported.rule.name,
            "severity": reported.severity.word(),
            "layer": reported.layer.word(),
            "message": words::message(self.report, reported),
            "help": words::help(self.report, reported),
            "unit": reported.about,
            "location": self.location(finding.span),
            "related": related,
            "measured": measured,
            "fixable": !finding.fix.is_empty(),
            "fingerprint": reported.fingerprint,
        })
    }

    /// A row of the table of requirements. A place that is the service's own is left out.
    fn requirements(&self, row: &Requirements) -> Value {
        let requirements: Map<String, Value> = COLUMNS
            .iter()
            .zip(row.cells.iter().zip(&row.demanded))
            .map(|((word, _), (cell, demanded))| {
                let mut value = json!({"state": cell.word(), "required": demanded});
                if let (Cell::NotMet(span) | Cell::Unknown(span), Some(object)) = (cell, value.as_object_mut())
                    && *span != row.span
                {
                    object.insert("location".to_owned(), json!(self.location(*span)));
                }
                ((*word).to_owned(), value)
            })
            .collect();
        json!({
            "service": row.service,
            "location": self.location(row.span),
            "profile": row.profile,
            "hardened": row.is_hardened(),
            "requirements": requirements,
        })
    }

    /// Where the bytes of an image are; `None` where nothing is known to be in it.
    fn image(&self, ledger: &Ledger) -> Option<Value> {
        if ledger.rows.is_empty() {
            return None;
        }
        let layers: Vec<Value> = ledger
            .rows
            .iter()
            .map(|row| {
                let mut layer = bytes(row.bytes);
                layer.insert("instruction".to_owned(), json!(self.mask(&row.what)));
                layer.insert("why".to_owned(), json!(self.mask(&row.why)));
                layer.insert("location".to_owned(), json!(self.location(row.span)));
                Value::Object(layer)
            })
            .collect();
        let mut image = bytes(ledger.total());
        image.insert("layers".to_owned(), Value::Array(layers));
        Some(Value::Object(image))
    }
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// A container with its settings.
struct Unit<'a> {
    writer: &'a Writer<'a>,
    container: &'a Container,
    repository: &'a Repository,
}

impl Serialize for Unit<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (writer, container) = (self.writer, self.container);
        let settings = Settings::of(container, self.repository, &writer.report.secrets);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &writer.mask(&container.name))?;
        let kind = match container.kind {
            ContainerKind::Service => "service",
            ContainerKind::Dockerfile => "dockerfile",
        };
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("profile", &writer.mask(&container.profile))?;
        map.serialize_entry("location", &writer.location(container.span))?;
        if let Some(image) = writer.image(&sizes::of_container(container, self.repository)) {
            map.serialize_entry("image", &image)?;
        }
        // The settings of a group stand together.
        for group in settings
            .known
            .chunk_by(|one, next| one.group.is_some() && one.group == next.group)
        {
            let entries = group.iter().map(|setting| Entry { writer, setting });
            match group {
                [Setting { group: Some(name), .. }, ..] => {
                    map.serialize_entry(*name, &Named(entries))?;
                }
                _ => {
                    for entry in entries {
                        map.serialize_entry(&entry.setting.name, &entry)?;
                    }
                }
            }
        }
        if !settings.unknown.is_empty() {
            map.serialize_entry("unknown", &settings.unknown)?;
        }
        map.end()
    }
}

struct Named<I>(I);

impl<'a, I: Iterator<Item = Entry<'a>> + Clone> Serialize for Named<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone().map(|entry| (&entry.setting.name, entry)))
    }
}

/// A setting.
#[derive(Clone)]
struct Entry<'a> {
    writer: &'a Writer<'a>,
    setting: &'a Setting,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let setting = self.setting;
        let mut map = serializer.serialize_map(None)?;
        if let Some(value) = &setting.value {
            map.serialize_entry("value", value)?;
        }
        map.serialize_entry("state", setting.state.word())?;
        if let Some(by) = &setting.by {
            map.serialize_entry("decided_by", by.word())?;
        }
        if let Some(reason) = &setting.reason {
            map.serialize_entry("reason", reason)?;
        }
        map.serialize_entry("location", &self.writer.location(setting.span))?;
        map.end()
    }
}

/// What is known of a size.
pub(super) fn bytes(bytes: Bytes) -> Map<String, Value> {
    let mut map = Map::new();
    if bytes.basis() != Basis::Unknown {
        let best = bytes.estimate.unwrap_or(bytes.at_least);
        map.insert("size_bytes".to_owned(), json!(best));
    }
    map.insert("at_least_bytes".to_owned(), json!(bytes.at_least));
    if let Some(estimate) = bytes.estimate {
        map.insert("estimate_bytes".to_owned(), json!(estimate));
    }
    if let Some(most) = bytes.at_most() {
        map.insert("at_most_bytes".to_owned(), json!(most));
    }
    map.insert("basis".to_owned(), json!(bytes.basis().word()));
    map
}

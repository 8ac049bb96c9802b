//! Credentials outside of variables: in flags, URLs, labels and the text of inline configs.
//!
//! They are found as they are hidden (`redact::lexical`), and said only where they look made up by a machine: what is found here is
//! shown nowhere.

use crate::build::JudgedFile;
use crate::fact::State;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::{Command, Dockerfile, Form, Healthcheck, Instruction, Kind, Text};
use crate::parse::yaml::{Data, Value};
use crate::redact::{lexical, looks_like_a_credential, looks_random, private_keys, token_in};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use std::ops::Range;

const HELP: &str = "use a variable that is set outside the repository, or a file of `secrets`";

/// What a service writes outside of its variables.
pub(super) fn of_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for path in [&["command"][..], &["entrypoint"], &["healthcheck", "test"]] {
        let Some(written) = service.written(path) else { continue };
        let key = path.join(".");
        for (severity, span) in of_value(written) {
            let message = format!("`{key}` of `{name}` includes a literal credential");
            found.push(finding(span, message, severity, &key).content(&written.all_text()));
        }
    }
    for path in [&["labels"][..], &["deploy", "labels"], &["build", "labels"]] {
        let labels = service.written(path).and_then(Value::map);
        for (label, entry) in labels.iter().flat_map(|labels| labels.iter()) {
            let value = literal(&entry.value).unwrap_or("");
            if let Some(severity) = of_text(&format!("{label}: {value}")) {
                let message = format!("label `{label}` of `{name}` includes a literal credential");
                let aspect = format!("{}.{label}", path.join("."));
                found.push(finding(entry.key, message, severity, &aspect).content(value));
            }
        }
    }
    let Some(project) = subject.project() else { return };
    for config in &service.configs {
        let definition = project.configs.iter().find(|definition| definition.name.value == config.value);
        let content = definition.and_then(|definition| definition.raw.get("content"));
        let Some((text, span)) = content.and_then(|content| Some((literal(content)?, content.span))) else {
            continue;
        };
        if let Some(severity) = of_text(text) {
            let message = format!("config `{}` includes a literal credential in its `content`", config.value);
            found.push(finding(span, message, severity, &format!("configs.{}", config.value)).content(text));
        }
    }
}

/// What a Dockerfile writes outside of ENV and ARG.
pub(super) fn of_file(file: &JudgedFile, found: &mut Vec<Finding>) {
    for (at, instruction) in written(&file.file.ast).enumerate() {
        let keyword = instruction.keyword.value;
        let mut tell = |severity: Severity, span: Span| {
            let message = format!("{keyword} includes a literal credential");
            let help = "mount it: `RUN --mount=type=secret,id=NAME`; an ARG would stay in the history of the image";
            let finding = finding(span, message, severity, &format!("{keyword} {at}"));
            found.push(if keyword == "RUN" { finding.help(help) } else { finding });
        };
        match &instruction.kind {
            Kind::Label(pairs) => {
                for pair in pairs {
                    let text = format!("{}: {}", pair.key.value, pair.value.value.trim_matches(['"', '\'']));
                    if let Some(severity) = of_text(&text) {
                        tell(severity, pair.key.span);
                    }
                }
            }
            Kind::Cmd(command) | Kind::Entrypoint(command) => of_command(command, instruction.keyword.span, &mut tell),
            Kind::Run(run) => of_command(&run.command, instruction.keyword.span, &mut tell),
            Kind::Healthcheck(check) => {
                if let Healthcheck::Command(probe) = check.as_ref() {
                    of_command(&probe.command, instruction.keyword.span, &mut tell);
                }
            }
            _ => {}
        }
        // What a RUN reads, and the files that COPY and ADD write.
        for heredoc in &instruction.heredocs {
            worst(&heredoc.raw, &mut tell);
        }
    }
}

/// The instructions of a file, and what its triggers will do, unless a stage of the same file does it.
pub(super) fn written(file: &Dockerfile) -> impl Iterator<Item = &Instruction> {
    let is_here = |inner: &Instruction| file.instructions.iter().any(|other| other.span == inner.span);
    file.instructions.iter().map(move |instruction| match &instruction.kind {
        Kind::Onbuild(inner) if !is_here(inner) => inner,
        _ => instruction,
    })
}

/// The worst credential of a text stands for all.
fn worst(text: &Text, tell: &mut dyn FnMut(Severity, Span)) {
    let found = of_lines(&text.text).into_iter().max_by_key(|(severity, _)| *severity);
    if let Some((severity, range)) = found {
        tell(severity, text.span(range));
    }
}

fn of_command(command: &Command, span: Span, tell: &mut dyn FnMut(Severity, Span)) {
    match command.form {
        Form::Exec => {
            let line: String = command.words.iter().flat_map(|word| [word.value.as_str(), " "]).collect();
            if let Some(severity) = of_text(&line) {
                tell(severity, span);
            }
        }
        Form::Shell => worst(&command.text, tell),
    }
}

/// The credentials of a text of several lines, with their places.
fn of_lines(text: &str) -> Vec<(Severity, Range<usize>)> {
    let values = lexical::values(text).into_iter();
    let values = values.filter_map(|range| Some((weight(text.get(range.clone()), url_before(text, range.start))?, range)));
    let keys = private_keys(text).map(|range| (Severity::Error, range));
    values.chain(keys).collect()
}

pub(super) fn finding(span: Span, message: String, severity: Severity, aspect: &str) -> Finding {
    let finding = Finding::new(span, message).help(HELP).severity(severity);
    finding.aspect(format!("literal {aspect}")).raised("2026.12")
}

/// A text that is written as it is, or that a variable of this file has as its default; beside a variable, a token that is whole.
pub(super) fn literal(value: &Value) -> Option<&str> {
    match &value.data {
        Data::Unknown { text, .. } => Some(text.as_str()).filter(|text| token_in(text).is_some()),
        _ => value.str().filter(|_| value.state != State::Substituted),
    }
}

/// The credentials of a command: its words belong together, and each finding stands at its own.
fn of_value(value: &Value) -> Vec<(Severity, Span)> {
    let Some(items) = value.seq() else {
        let text = literal(value).unwrap_or("");
        return of_text(text).map(|severity| (severity, value.span)).into_iter().collect();
    };
    let mut line = String::new();
    let mut ends = Vec::new();
    for item in items {
        line.push_str(&literal(item).unwrap_or("").replace(['\n', '\r'], " "));
        ends.push((line.len(), item.span));
        line.push(' ');
    }
    let mut found = Vec::new();
    for range in lexical::values(&line) {
        let at = ends.partition_point(|(end, _)| *end <= range.start);
        if let (Some(severity), Some((_, span))) = (weight(line.get(range.clone()), url_before(&line, range.start)), ends.get(at)) {
            found.push((severity, *span));
        }
    }
    found
}

/// The weight of the worst credential in a text.
pub(super) fn of_text(text: &str) -> Option<Severity> {
    of_lines(text).into_iter().map(|(severity, _)| severity).max()
}

/// Whether a value stands in the login of a URL.
fn url_before(line: &str, start: usize) -> bool {
    let before = line.get(..start).unwrap_or("");
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
    word.contains("://")
}

/// An error for a password in a URL and for what has the form of a credential, a warning for what its flag or name tells.
fn weight(value: Option<&str>, in_url: bool) -> Option<Severity> {
    let value = value?.trim_matches(['"', '\'']);
    let is_digest = value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if value.contains(['$', '{', '<']) || is_digest || !looks_random(value) {
        return None;
    }
    Some(if in_url || looks_like_a_credential(value) {
        Severity::Error
    } else {
        Severity::Warning
    })
}

//! What an edit is, and the workspaces that it makes of one.

use crate::support::example_folder;
use plimsoll::inspect as app;
use plimsoll::inspect::{CheckArgs, ColumnUnit, Example, Rule, Severity};
use std::collections::BTreeMap;
use std::path::Path;

/// The files of a workspace: path and text.
pub(super) type Files = BTreeMap<String, String>;

/// What an edit does to the place of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Lines move and keep their text, but for the blanks around it and a comment behind it.
    Moves,
    /// The line itself is written another way: only the number of findings can be compared.
    Rewrites,
    /// Something is said a second time: what is found then may be found twice.
    Repeats,
}

/// A way to write the same thing.
pub(super) struct Edit {
    /// As it is named in the report and in the table of exceptions.
    pub(super) name: &'static str,
    /// What it does to lines.
    pub(super) effect: Effect,
    /// Every way to make it in one file of a workspace, one for each place; nothing where it does not apply.
    pub(super) apply: fn(&Files, &str) -> Vec<Files>,
}

impl Edit {
    /// An edit after which every line is still there.
    pub(super) const fn moves(name: &'static str, apply: fn(&Files, &str) -> Vec<Files>) -> Self {
        Self {
            name,
            effect: Effect::Moves,
            apply,
        }
    }

    /// An edit that says something a second time.
    pub(super) const fn repeats(name: &'static str, apply: fn(&Files, &str) -> Vec<Files>) -> Self {
        Self {
            name,
            effect: Effect::Repeats,
            apply,
        }
    }

    /// An edit that writes lines another way.
    pub(super) const fn rewrites(name: &'static str, apply: fn(&Files, &str) -> Vec<Files>) -> Self {
        Self {
            name,
            effect: Effect::Rewrites,
            apply,
        }
    }
}

/// Words that mean nothing to anybody, as a comment.
pub(super) const NOTE: &str = "# plain words";

/// What is added beside the rest has this in its name.
pub(super) const BYSTANDER: &str = "bystander";

/// What a service is called that another one extends: the same is found in both, and said of both.
pub(super) const EXTENDED: &str = "extended";

/// The same workspace with another text for a file.
pub(super) fn with(files: &Files, path: &str, text: String) -> Files {
    let mut changed = files.clone();
    changed.insert(path.to_owned(), text);
    changed
}

/// The folder of a path with a slash behind it, or nothing, and the name.
pub(super) fn split_path(path: &str) -> (&str, &str) {
    match path.rfind('/') {
        Some(at) => path.split_at(at + 1),
        None => ("", path),
    }
}

/// Whether a file has the name of a Compose file.
pub(super) fn is_compose(path: &str) -> bool {
    let name = split_path(path).1;
    is_yaml(path) && name.contains("compose")
}

/// Whether a file is YAML.
pub(super) fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Whether a file has the name of a Dockerfile.
pub(super) fn is_dockerfile(path: &str) -> bool {
    let name = split_path(path).1.to_ascii_lowercase();
    let is_ignore = name.ends_with(".dockerignore");
    (name.contains("dockerfile") || name.starts_with("containerfile")) && !is_ignore
}

/// A finding of the run: rule, severity, and the text of its first line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) line: String,
}

/// What is found in a folder, sorted, without what is said about bystanders; whether it passes.
pub(super) struct Judgement {
    pub(super) said: Vec<Said>,
    pub(super) passes: bool,
}

/// The line without blanks around it, and without what edits put on it.
fn core(line: &str) -> String {
    let line = line.split(NOTE).next().unwrap_or(line);
    line.trim_start_matches('\u{feff}').trim().to_owned()
}

/// Judges a folder that is there.
pub(super) fn judge_folder(root: &Path) -> Result<Judgement, String> {
    let args = CheckArgs {
        today: Some("2026-11-28".to_owned()),
        root: Some(root.to_path_buf()),
        ..CheckArgs::default()
    };
    let report = app::judge(&args);
    if let Some(error) = &report.error {
        return Err(error.clone());
    }
    let mut said = Vec::new();
    for reported in &report.findings {
        let span = reported.finding.span;
        let source = report.sources.get(span.source);
        let line = source.position(span.start, ColumnUnit::CodePoints).line;
        let text = source.line_range(line).map_or("", |range| &source.text[range]);
        let about = reported.about.as_deref().unwrap_or("");
        if !about.contains(BYSTANDER) && !text.contains(BYSTANDER) && !text.contains(EXTENDED) {
            said.push(Said {
                rule: reported.rule.name,
                severity: reported.severity,
                line: core(text),
            });
        }
    }
    said.sort();
    Ok(Judgement {
        passes: !said.iter().any(|said| said.severity == Severity::Error),
        said,
    })
}

/// Judges a workspace in which a rule is on.
pub(super) fn judge(rule: &Rule, files: &Files) -> Result<Judgement, String> {
    let examples: Vec<Example> = files
        .iter()
        .map(|(path, text)| Example {
            file: path.clone(),
            fails: false,
            text: text.clone(),
            marked: Vec::new(),
            continues: true,
        })
        .collect();
    let folder = example_folder(rule, &examples.iter().collect::<Vec<_>>());
    judge_folder(folder.path())
}

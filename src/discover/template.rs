//! Templates: files that look like Dockerfiles or Compose files and that another program fills in first (Jinja, ERB, Groovy,
//! FreeMarker, Cookiecutter, CMake).

use super::names::{BASE, OVERRIDE};
use crate::parse::{dockerfile, yaml};
use crate::source::SourceId;
use std::path::Path;

/// The tags that a line of a template begins with. None of them begins a line that the builder or Compose takes.
const TAGS: [&str; 5] = ["<%", "{%", "<#", "{#", "%%"];

/// Where a value is filled in: in YAML this begins a mapping whose key is a mapping, which Compose takes in no place.
const VALUE: &str = "{{";

/// What stands for the rest of an example.
const CUT: &str = "...";

/// Whether a line has a value that is filled in where a plain one would begin.
fn is_filled_in(line: &str, is_dockerfile: bool) -> bool {
    if is_dockerfile {
        let keyword = line.split_whitespace().next().unwrap_or("");
        return ["FROM", "ARG"].iter().any(|word| keyword.eq_ignore_ascii_case(word)) && line.contains(VALUE);
    }
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim_start();
    value.trim_start_matches("- ").starts_with(VALUE)
}

/// What CMake and autoconf fill in: `command: @SHELL@ -c x`. No plain value of YAML begins so.
const FIELD: &str = "@";

/// Whether a line has such a value where a plain one would begin.
fn is_field(line: &str) -> bool {
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim_start();
    let name = value
        .trim_start_matches("- ")
        .strip_prefix(FIELD)
        .and_then(|rest| rest.split_once(FIELD));
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    name.is_some_and(|(name, _)| name.len() > 1 && name.chars().all(is_part))
}

/// Whether an expression is all that a line has, as where a template puts in lines of others: `{{ patch("services")|indent(2) }}`.
fn is_alone(line: &str) -> bool {
    let inside = line
        .strip_prefix(VALUE)
        .and_then(|rest| rest.trim_end().strip_suffix("}}"));
    inside.is_some_and(|inside| inside.contains(['(', '|']))
}

/// The line (from 1) that makes a text a template, and its tag. Such a file cannot be used as it is: a text that the builder or
/// Compose reads whole is none, whatever its lines look like, so that a tag hides nothing.
///
/// A value that is filled in counts below a folder whose name is filled in as well (`{{ cookiecutter.slug }}/compose.yaml`), and where
/// there are several in a file that Compose does not find by itself; a call alone in its line counts everywhere.
pub(super) fn tag(text: &str, is_dockerfile: bool, path: &Path) -> Option<(usize, &'static str)> {
    let is_below = path
        .parent()
        .is_some_and(|folder| folder.to_string_lossy().contains(VALUE));
    let is_found = path.file_name().is_some_and(|name| {
        let mut names = BASE.iter().chain(&OVERRIDE);
        names.any(|own| name == *own)
    });
    let has_services = || text.lines().any(|line| line.trim_end() == "services:");
    let has_several = || {
        has_services()
            && text
                .lines()
                .filter(|line| is_filled_in(line.trim_start(), false))
                .nth(1)
                .is_some()
    };
    let is_filled = is_below || !is_dockerfile && !is_found && has_several();
    let found = |line: &str| {
        let (whole, line) = (line, line.trim_start());
        // Three dots in place of what an example leaves out; at the beginning of a line they end a document.
        let is_cut = !is_dockerfile && line.trim_end() == CUT && whole.starts_with([' ', '\t']);
        let tag = TAGS
            .into_iter()
            .find(|tag| line.starts_with(tag))
            .or(is_cut.then_some(CUT));
        let is_value = is_alone(line) || is_filled && is_filled_in(line, is_dockerfile);
        let is_field = || !is_dockerfile && !is_found && is_field(line);
        tag.or(Some(VALUE).filter(|_| is_value))
            .or_else(|| Some(FIELD).filter(|_| is_field()))
    };
    let mut all = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, found(line)?)));
    let first = all.next()?;
    let problems = match is_dockerfile {
        true => dockerfile::parse(SourceId::default(), text).problems,
        false => yaml::parse(SourceId::default(), text).problems,
    };
    if is_dockerfile || is_below {
        return (!problems.is_empty()).then_some(first);
    }
    // What cannot be read is the tag itself, and not something beside a tag in a text or a comment.
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let is_of = |(line, tag): &(usize, &'static str)| {
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let end = starts.get(*line).copied().unwrap_or(text.len());
        let whole = text.get(start..end).unwrap_or("");
        let from = start + whole.find(tag).unwrap_or(0);
        problems.iter().any(|problem| {
            let at = problem.finding.span.start as usize;
            // Such a value is reported with all of its line.
            let first = if *tag == FIELD { start } else { from };
            (first..=from + tag.len()).contains(&at)
        })
    };
    std::iter::once(first).chain(all).find(is_of)
}

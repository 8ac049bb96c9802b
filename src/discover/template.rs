//! Templates: files that look like Dockerfiles or Compose files and that another program fills in first (Jinja, ERB, Groovy,
//! FreeMarker).

use crate::parse::{dockerfile, yaml};
use crate::source::SourceId;

/// The tags that a line of a template begins with. None of them begins a line that the builder or Compose takes.
const TAGS: [&str; 4] = ["<%", "{%", "<#", "{#"];

/// The line (from 1) that makes a text a template, and its tag. Such a file cannot be used as it is: a text that the builder or
/// Compose reads whole is none, whatever its lines look like, so that a tag hides nothing.
pub(super) fn tag(text: &str, is_dockerfile: bool) -> Option<(usize, &'static str)> {
    let found = text.lines().enumerate().find_map(|(index, line)| {
        let line = line.trim_start();
        let tag = TAGS.into_iter().find(|tag| line.starts_with(tag))?;
        Some((index + 1, tag))
    })?;
    let is_read_whole = match is_dockerfile {
        true => dockerfile::parse(SourceId::default(), text).problems.is_empty(),
        false => yaml::parse(SourceId::default(), text).is_whole(),
    };
    (!is_read_whole).then_some(found)
}

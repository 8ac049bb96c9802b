//! A comment at the beginning of a Compose file that keeps it to tests or development.

use crate::repository::Repository;
use crate::source::{SourceId, Sources, Span};
use std::collections::HashSet;

const WORDS: [&str; 8] = [
    "testing only",
    "tests only",
    "only for test",
    "development only",
    "development purposes only",
    "testing purposes only",
    "only for development",
    "only for local development",
];

/// The Compose files that begin with one.
pub(super) fn said(repository: &Repository, sources: &Sources) -> HashSet<SourceId> {
    // Above everything that is no comment.
    let is_first = |span: Span| {
        let above = sources.get(span.source).text.get(..span.start as usize).unwrap_or("");
        above
            .lines()
            .all(|line| line.trim().is_empty() || line.starts_with('#'))
    };
    let comments = repository.comments.iter();
    comments
        .filter(|comment| says(&comment.value) && is_first(comment.span))
        .map(|comment| comment.span.source)
        .collect()
}

/// Whether a comment says so, and not the opposite.
fn says(text: &str) -> bool {
    let text = text.to_lowercase();
    let is_denied = |before: &str| {
        let mut words = before.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
        words.any(|word| matches!(word, "not" | "never" | "no") || word.ends_with("n't"))
    };
    WORDS
        .iter()
        .filter_map(|words| text.split_once(words))
        .any(|(before, _)| !is_denied(before))
}

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn what_a_comment_denies_is_not_said() {
        assert!(says("TESTING ONLY: it must never back a real deployment."));
        assert!(says("Only for development."));
        assert!(says(
            "This file is provided for development purposes only and is not for production."
        ));
        for text in [
            "This is NOT only for testing",
            "never for development only",
            "it isn't for tests only",
            "tested only",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}

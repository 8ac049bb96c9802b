//! Values that must not leave: judged once, masked in every output.

mod hashes;
pub(crate) mod lexical;
mod names;
mod private_keys;
mod recognise;
mod sshpass;

use crate::source::{SourceId, Span, floor_boundary};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

pub(crate) use names::names_a_secret;
pub(crate) use private_keys::{holds_private_key, private_keys};
pub(crate) use recognise::{
    in_words, is_of_later_kind, is_secret, looks_like_a_credential, looks_random, token_in, url_password,
};

/// What stands where a secret stood.
pub(crate) const MASK: &str = "***";

/// So many values may end at one byte of a text, on average.
const MATCHES_A_BYTE: usize = 8;

/// The secret values of a run and where they are written.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Secrets {
    spans: Vec<Span>,
    values: HashSet<String>,
    everyday: HashSet<String>,
    names: HashSet<String>,
    search: OnceLock<Search>,
}

/// What is looked for, made once somebody looks.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Search {
    /// Every value at once: a run with thousands of secrets shows thousands of texts.
    automaton: Option<AhoCorasick>,
    longest_value: usize,
    /// By source and start.
    spans: Vec<Span>,
    longest_span: usize,
}

impl Secrets {
    /// Secrets whose texts are hidden everywhere, unless they are among these words or those of our own sentences. A secret that is
    /// a part of one of these names of variables is not hidden in it: nobody could type the name.
    pub fn not_hiding(everyday: HashSet<String>, names: HashSet<String>) -> Self {
        Self {
            everyday,
            names,
            ..Self::default()
        }
    }

    /// Adds a value that is written at `span`. Values of fewer than four bytes are hidden where they are written,
    /// but not searched for in other texts: they would hide half of every sentence.
    pub fn add(&mut self, span: Span, value: &str) {
        self.spans.push(span);
        self.search.take();
        self.add_value(value);
    }

    /// Adds a value wherever it stands.
    pub fn add_value(&mut self, value: &str) {
        let is_port = value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
        if value.len() >= 4
            && !is_port
            && !is_our_word(value)
            && !self.everyday.contains(value)
            && self.values.insert(value.to_owned())
        {
            self.search.take();
        }
    }

    /// Adds the value of a variable that was handed over: nobody wrote it into a file, so it is to be read in no report. Words
    /// that Compose itself knows stay.
    pub(crate) fn add_handed_over(&mut self, value: &str) {
        const KNOWN: [&str; 16] = [
            "always",
            "bridge",
            "default",
            "false",
            "host",
            "http",
            "https",
            "latest",
            "local",
            "localhost",
            "none",
            "null",
            "root",
            "tcp",
            "true",
            "user",
        ];
        if KNOWN.contains(&value) {
            return;
        }
        self.everyday.remove(value);
        self.add_value(value);
    }

    fn search(&self) -> &Search {
        self.search.get_or_init(|| {
            let mut values: Vec<&String> = self.values.iter().collect();
            values.sort_unstable();
            let mut spans: Vec<Span> = self
                .spans
                .iter()
                .filter(|span| span.start < span.end)
                .copied()
                .collect();
            spans.sort_unstable_by_key(|span| (span.source, span.start, span.end));
            spans.dedup();
            Search {
                longest_value: values.iter().map(|value| value.len()).max().unwrap_or(0),
                // Only gigabytes of secrets are too much for it, and no file of that size is read. The kind that is made of few
                // values by default takes the square of their length where they repeat themselves.
                automaton: AhoCorasick::builder()
                    .kind(Some(AhoCorasickKind::ContiguousNFA))
                    .build(values)
                    .ok(),
                longest_span: spans
                    .iter()
                    .map(|span| (span.end - span.start) as usize)
                    .max()
                    .unwrap_or(0),
                spans,
            }
        })
    }

    /// Where secret values stand in `text`, in order; places that overlap or touch are one.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let matches = self
            .search()
            .automaton
            .iter()
            .flat_map(|automaton| automaton.find_overlapping_iter(text));
        // They come by their ends: a longer one can begin before several that were found. Values that lie in each other match
        // again and again: a text that is full of them is hidden whole.
        let fuel = text.len().saturating_mul(MATCHES_A_BYTE).saturating_add(1 << 12);
        for (count, place) in matches.enumerate() {
            if count == fuel {
                return std::iter::once(0..text.len()).collect();
            }
            let mut range = place.range();
            if self.is_part_of_a_name(text, &range) {
                continue;
            }
            while let Some(last) = found.pop_if(|last| range.start <= last.end) {
                range.start = range.start.min(last.start);
            }
            found.push(range);
        }
        found.retain(|range| !is_part_of_a_word(text, range));
        found
    }

    /// Whether what stands here is a part of a name, or of a word of ours.
    fn is_part_of_a_name(&self, text: &str, place: &Range<usize>) -> bool {
        let runs = [run(text, place, b""), run(text, place, b"-.")];
        runs.into_iter()
            .any(|run| run.len() > place.len() && (self.names.contains(run) || is_our_word(run)))
    }

    /// Places of `text`, which is the text of `source`, that must not be shown and that overlap `window`: those that are
    /// written down as secrets and those where a secret value stands. In no order.
    pub fn within(&self, source: SourceId, text: &str, window: &Range<usize>) -> Vec<Range<usize>> {
        let search = self.search();
        let from = window.start.saturating_sub(search.longest_span);
        let first = search
            .spans
            .partition_point(|span| (span.source, span.start as usize) < (source, from));
        let written = search.spans.iter().skip(first);
        let mut ranges: Vec<Range<usize>> = written
            .take_while(|span| span.source == source && (span.start as usize) < window.end)
            .map(|span| floor_boundary(text, span.start as usize)..floor_boundary(text, span.end as usize))
            .collect();
        // A value that begins before the window may reach into it.
        let from = floor_boundary(text, window.start.saturating_sub(search.longest_value));
        let to = floor_boundary(text, window.end.saturating_add(search.longest_value));
        let around = text.get(from..to).unwrap_or("");
        ranges.extend(
            self.found(around)
                .into_iter()
                .map(|range| from + range.start..from + range.end),
        );
        ranges.retain(|range| range.start < window.end && window.start < range.end);
        ranges
    }

    /// `text` with every secret value replaced by [`MASK`].
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.found(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for range in found {
            masked.push_str(text.get(at..range.start).unwrap_or(""));
            masked.push_str(MASK);
            at = range.end;
        }
        masked.push_str(text.get(at..).unwrap_or(""));
        Cow::Owned(masked)
    }
}

/// Whether our own messages and helps use a word, or Compose does: as a key, or as a value of one.
fn is_our_word(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS
        .get_or_init(|| include_str!("redact/words.txt").lines().collect())
        .contains(word)
}

/// Whether a short word stands in another word: `pass` in `compass`. `mysqladmin -ppass` has it behind the letter of the option.
fn is_part_of_a_word(text: &str, place: &Range<usize>) -> bool {
    let value = text.get(place.clone()).unwrap_or("");
    let is_plain = value.len() <= 12 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let before = text.get(..place.start).unwrap_or("");
    let is_behind_an_option = before.ends_with("-p") || before.ends_with("-a");
    is_plain && !is_behind_an_option && run(text, place, b"").len() > place.len()
}

/// The letters, digits, underscores and these signs around a place, with it. A longer run than names have is cut: it stays linear.
fn run<'a>(text: &'a str, place: &Range<usize>, signs: &[u8]) -> &'a str {
    const LONGEST: usize = 128;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || signs.contains(byte);
    let bytes = text.as_bytes();
    let before = bytes.get(..place.start).unwrap_or(&[]).iter().rev().take(LONGEST);
    let after = bytes.get(place.end..).unwrap_or(&[]).iter().take(LONGEST);
    let (before, after) = (before.take_while(is_part).count(), after.take_while(is_part).count());
    text.get(place.start - before..place.end + after).unwrap_or("")
}

#[cfg(test)]
mod tests;

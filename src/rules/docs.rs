//! The documentation of the rules, as `build.rs` packed it from their files.

use super::Rule;
use crate::packed;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Of what is shown like a rule and has no file: a mistake in plimsoll.yaml.
const MISTAKE: (&str, &str) = (
    "configuration",
    " The configuration has a mistake, and nothing was checked.\n",
);

impl Rule {
    /// Markdown: the first line says what is wrong, then sections "Why it matters", "Fails", "Passes".
    pub fn doc(&self) -> &'static str {
        static DOCS: OnceLock<HashMap<&str, &str>> = OnceLock::new();
        let docs = DOCS.get_or_init(|| {
            let all = packed::text(include_bytes!(concat!(env!("OUT_DIR"), "/rules.txt")));
            let rules = all.split('\u{c}').filter_map(|rule| rule.split_once('\n'));
            rules.chain([MISTAKE]).collect()
        });
        docs.get(self.name).copied().unwrap_or("")
    }

    /// The first line of the documentation: one sentence.
    pub fn summary(&self) -> &'static str {
        self.doc().trim_start().lines().next().unwrap_or("").trim()
    }
}

//! Values that must not leave: judged once, masked in every output.

use crate::source::Span;
use std::borrow::Cow;

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// The secret values of a run and where they are written.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The places whose text is never shown.
    pub spans: Vec<Span>,
    /// The texts that are never shown, longest first.
    pub values: Vec<String>,
}

impl Secrets {
    /// Adds a value that is written at `span`. Values of fewer than four bytes are hidden where they are written,
    /// but not searched for in other texts: they would hide half of every sentence.
    pub fn add(&mut self, span: Span, value: &str) {
        self.spans.push(span);
        if value.len() >= 4 && !self.values.iter().any(|known| known == value) {
            self.values.push(value.to_owned());
            self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        }
    }

    /// `text` with every secret value replaced by [`MASK`].
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = Cow::Owned(masked.replace(value.as_str(), MASK));
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::Path;

    #[test]
    fn the_longest_value_is_masked_first() {
        let mut sources = Sources::default();
        let span = Span::new(sources.add(Path::new("a"), String::new()), 0, 0);
        let mut secrets = Secrets::default();
        secrets.add(span, "hunter2");
        secrets.add(span, "hunter2-long");
        secrets.add(span, "abc");
        assert_eq!(
            secrets.mask("is hunter2-long or hunter2, not abc"),
            "is *** or ***, not abc"
        );
    }
}

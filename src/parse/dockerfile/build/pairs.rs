//! Names and values: ENV, LABEL and ARG.

use super::{Builder, Parts};
use crate::parse::dockerfile::words;
use crate::parse::dockerfile::{Argument, KeyValue, Kind};
use std::ops::Range;

impl Builder<'_> {
    pub(super) fn pairs(&mut self, parts: &Parts) -> Option<Vec<KeyValue>> {
        let keyword = parts.keyword.value;
        let ranges = words::quoted(self.line, parts.arguments.clone(), self.escape);
        let text = |range: &Range<usize>| self.line.text.get(range.clone()).unwrap_or("");
        let Some(first) = ranges.first() else {
            self.missing(parts, &format!("write {keyword} NAME=VALUE"));
            return None;
        };
        if !text(first).contains('=') {
            return self.legacy_pair(parts).map(|pair| vec![pair]);
        }
        let mut pairs = Vec::with_capacity(ranges.len());
        for range in ranges {
            let span = self.line.span(range.clone());
            let Some(at) = self.line.text.get(range.clone()).and_then(|word| word.find('=')) else {
                // The reader itself refuses this, also behind ONBUILD. The word may be a secret: it is not repeated.
                self.refusals.add(
                    span,
                    format!("this word of {keyword} has no `=`"),
                    format!("write {keyword} NAME=VALUE, with quotes around a value that includes blanks"),
                );
                continue;
            };
            if at == 0 {
                let message = format!("a name of {keyword} is empty");
                self.refuse(parts, span, message, "write a name before the `=`");
                continue;
            }
            let middle = range.start + at;
            pairs.push(KeyValue {
                span,
                key: words::word(self.line, range.start..middle),
                value: words::word(self.line, middle + 1..range.end),
                legacy: false,
            });
        }
        Some(pairs)
    }

    /// `ENV name the rest of the line`.
    fn legacy_pair(&mut self, parts: &Parts) -> Option<KeyValue> {
        let range = parts.arguments.clone();
        let content = self.line.text.get(range.clone()).unwrap_or("");
        let Some(length) = content.find(words::is_blank) else {
            let keyword = parts.keyword.value;
            self.refusals.add(
                self.line.span(range),
                format!("{keyword} {content} has no value"),
                format!("write {keyword} {content}=VALUE"),
            );
            return None;
        };
        let rest = content.get(length..).unwrap_or("");
        let skip = rest.len() - rest.trim_start_matches(words::is_blank).len();
        Some(KeyValue {
            span: self.line.span(range.clone()),
            key: words::word(self.line, range.start..range.start + length),
            value: words::word(self.line, range.start + length + skip..range.end),
            legacy: true,
        })
    }

    pub(super) fn arg(&mut self, parts: &Parts) -> Option<Kind> {
        let ranges = words::quoted(self.line, parts.arguments.clone(), self.escape);
        if ranges.is_empty() {
            return self.missing(parts, "write ARG NAME or ARG NAME=DEFAULT");
        }
        let mut arguments = Vec::with_capacity(ranges.len());
        for range in ranges {
            let span = self.line.span(range.clone());
            let content = self.line.text.get(range.clone()).unwrap_or("");
            let equals = content.find('=').map(|at| range.start + at);
            if equals == Some(range.start) {
                self.refuse(parts, span, "a name of ARG is empty", "write a name before the `=`");
                continue;
            }
            arguments.push(Argument {
                span,
                name: words::word(self.line, range.start..equals.unwrap_or(range.end)),
                value: equals.map(|at| words::word(self.line, at + 1..range.end)),
            });
        }
        Some(Kind::Arg(arguments))
    }
}

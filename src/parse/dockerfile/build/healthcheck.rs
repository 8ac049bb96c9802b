//! HEALTHCHECK: NONE, or a command with its times.

use super::{Builder, Parts, flag_value};
use crate::parse::dockerfile::words;
use crate::parse::dockerfile::{Form, Healthcheck, Kind, Probe};
use std::ops::Range;
use std::sync::Arc;

impl Builder<'_> {
    /// The first word behind HEALTHCHECK: its place, its text, and where the rest begins.
    pub(super) fn healthcheck_type(&self, parts: &Parts) -> (Range<usize>, String, usize) {
        let range = parts.arguments.clone();
        let content = self.line.text.get(range.clone()).unwrap_or("");
        let length = content.find(char::is_whitespace).unwrap_or(content.len());
        let word = content.get(..length).unwrap_or("").to_owned();
        (range.start..range.start + length, word, range.start + length)
    }

    pub(super) fn healthcheck(&mut self, parts: &Parts) -> Option<Kind> {
        let (range, word, rest) = self.healthcheck_type(parts);
        let rest = words::trim(self.line, rest..parts.arguments.end);
        let span = self.line.span(range);
        match word.to_ascii_uppercase().as_str() {
            "" => self.missing(parts, "write HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE"),
            "NONE" => {
                if !rest.is_empty() {
                    let span = self.line.span(rest);
                    self.refuse(parts, span, "HEALTHCHECK NONE takes no arguments", "remove them");
                }
                Some(Kind::Healthcheck(Arc::new(Healthcheck::None)))
            }
            "CMD" => {
                let command = self.command(parts, rest)?;
                if command.words.is_empty() && (command.form == Form::Exec || command.text.text.is_empty()) {
                    let help = "write HEALTHCHECK CMD COMMAND";
                    self.refuse(parts, span, "HEALTHCHECK CMD has no command", help);
                    return None;
                }
                Some(Kind::Healthcheck(Arc::new(Healthcheck::Command(Box::new(Probe {
                    command,
                    interval: flag_value(parts, "interval"),
                    timeout: flag_value(parts, "timeout"),
                    start_period: flag_value(parts, "start-period"),
                    start_interval: flag_value(parts, "start-interval"),
                    retries: flag_value(parts, "retries"),
                })))))
            }
            _ => {
                let help = "write HEALTHCHECK CMD COMMAND or HEALTHCHECK NONE; flags precede CMD";
                self.refuse(parts, span, format!("HEALTHCHECK takes CMD or NONE, not {word}"), help);
                None
            }
        }
    }
}

//! Settings that are one number: sizes, cores, counts and durations.

use super::Reader;
use super::forms::{known, twin};
use crate::fact::{Fact, Sourced, State};
use crate::finding::ReaderRule;
use crate::parse::yaml::{Data, Value};
use crate::values::number::Real;
use crate::values::{bytes, duration};

impl Reader<'_> {
    pub(super) fn memory(&mut self, raw: &Value) -> Fact<i64> {
        twin(
            self.size(raw, &["deploy", "resources", "limits", "memory"]),
            self.size(raw, &["mem_limit"]),
            |value| *value > 0,
        )
    }

    pub(super) fn memory_reservation(&mut self, raw: &Value) -> Fact<i64> {
        twin(
            self.size(raw, &["deploy", "resources", "reservations", "memory"]),
            self.size(raw, &["mem_reservation"]),
            |value| *value > 0,
        )
    }

    /// Memory and swap together: twice the memory where nothing is said.
    pub(super) fn swap(&mut self, raw: &Value, memory: &Fact<i64>) -> Fact<i64> {
        match (self.size(raw, &["memswap_limit"]), memory) {
            (Fact::Absent | Fact::Known(Sourced { value: 0, .. }), Fact::Known(limit)) if limit.value > 0 => {
                Fact::Known(Sourced {
                    value: limit.value.saturating_mul(2),
                    state: State::EngineDefault,
                    ..limit.clone()
                })
            }
            (Fact::Absent, Fact::Unknown(unknown)) => Fact::Unknown(unknown.clone()),
            (swap, _) => swap,
        }
    }

    pub(super) fn cpus(&mut self, raw: &Value) -> Fact<f64> {
        twin(
            self.number(raw, &["deploy", "resources", "limits", "cpus"]),
            self.number(raw, &["cpus"]),
            |value| *value > 0.0,
        )
    }

    pub(super) fn pids(&mut self, raw: &Value) -> Fact<i64> {
        twin(
            self.integer(raw, &["deploy", "resources", "limits", "pids"]),
            self.integer(raw, &["pids_limit"]),
            |value| *value > 0,
        )
    }

    /// A byte size. A YAML float is dropped by Compose without a word: it is absent (see the rule `ignored-setting`).
    pub(super) fn size(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Int(bytes) => known(*bytes, value),
            // A whole number is one in quotes as well, a negative one included: `"-1"` is "no limit".
            Data::Str(text) => match text.parse().ok().or_else(|| bytes::compose(text)) {
                Some(bytes) => known(bytes, value),
                None => {
                    let message = format!("Compose cannot read the size `{text}` of `{}`", path.join("."));
                    self.problem(
                        ReaderRule::InvalidSize,
                        value,
                        path,
                        message,
                        "write a number and b, k, m or g: 512m",
                    );
                    Fact::unknown(format!("`{text}` is not a size"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    pub(super) fn number(&mut self, raw: &Value, path: &[&str]) -> Fact<f64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Int(number) => known(number.real(), value),
            Data::Float(number) if number.is_finite() => known(*number, value),
            Data::Float(number) => self.no_number(&number.to_string(), value, path),
            Data::Str(text) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => known(number, value),
                _ => self.no_number(text, value, path),
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    fn no_number(&mut self, text: &str, value: &Value, path: &[&str]) -> Fact<f64> {
        let message = format!("Compose cannot read the number `{text}` of `{}`", path.join("."));
        let help = "write cores as a decimal number: `'0.5'`";
        self.problem(ReaderRule::WrongComposeType, value, path, message, help);
        Fact::unknown(format!("`{text}` is not a number"), value.span)
    }

    pub(super) fn integer(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        self.integer_of(value, path)
    }

    pub(super) fn integer_of(&mut self, value: &Value, path: &[&str]) -> Fact<i64> {
        match &value.data {
            Data::Int(number) => known(*number, value),
            // Compose truncates.
            #[allow(clippy::cast_possible_truncation)]
            Data::Float(number) => known(*number as i64, value),
            Data::Str(text) => match text.parse() {
                Ok(number) => known(number, value),
                Err(_) => {
                    let message = format!("`{}` must be an integer, not `{text}`", path.join("."));
                    self.problem(ReaderRule::WrongComposeType, value, path, message, "");
                    Fact::unknown(format!("`{text}` is not an integer"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    pub(super) fn duration(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Str(text) => match duration::parse(text) {
                Some(nanoseconds) => known(nanoseconds, value),
                None => {
                    let message = format!("Compose cannot read the duration `{text}` of `{}`", path.join("."));
                    self.problem(
                        ReaderRule::InvalidDuration,
                        value,
                        path,
                        message,
                        "write a number and a unit: 30s, 1m30s, 500ms",
                    );
                    Fact::unknown(format!("`{text}` is not a duration"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }
}

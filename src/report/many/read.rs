//! Reads what `--format json` wrote, of schema 1 or 2: what counts of it, and its findings one at a time. The rest is skipped while
//! reading.

use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::{Known, Verdict, json, words};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// No report is larger; 10,000 services make some 60 MB.
pub(crate) const MAX_BYTES: u64 = 512 << 20;
/// What is kept of a document beside its findings.
const KEPT: [&str; 5] = ["schema", "verdict", "error", "as_of", "summary"];

/// What counts of a report.
#[derive(Debug)]
pub(crate) struct Given {
    /// How its gate ended.
    pub verdict: Verdict,
    /// Why the gate could not run.
    pub error: Option<String>,
    /// The day that it was made for; empty where it does not say that.
    pub as_of: String,
    /// How many findings it has, by weight.
    pub counts: Known,
    /// How many more its baseline records.
    pub known: u64,
    /// `summary.decided`; null where it has none.
    pub decided: Value,
}

/// What counts of a finding.
#[derive(Debug)]
pub(crate) struct Found {
    pub rule: String,
    pub severity: Severity,
    pub message: String,
    pub help: String,
    pub path: String,
    /// Its first line and column, in code points from 1.
    pub start: (u64, u64),
    /// Where it ends, exclusive.
    pub end: Option<(u64, u64)>,
    pub fingerprint: String,
    /// Its figure was not counted.
    pub is_guess: bool,
}

impl Found {
    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let owned = |key: &str| text(key).unwrap_or_default().to_owned();
        let at = value.get("location")?;
        let number = |key: &str| at.get(key).and_then(Value::as_u64);
        let basis = value.pointer("/measured/basis").and_then(Value::as_str);
        Some(Self {
            rule: text("rule")?.to_owned(),
            severity: [Severity::Error, Severity::Warning, Severity::Note]
                .into_iter()
                .find(|severity| Some(severity.word()) == text("severity"))?,
            message: text("message")?.to_owned(),
            help: owned("help"),
            path: at.get("path")?.as_str()?.to_owned(),
            start: (number("line")?, number("column")?),
            end: number("end_line").zip(number("end_column")),
            fingerprint: owned("fingerprint"),
            is_guess: matches!(basis, Some("estimate" | "unknown")),
        })
    }
}

/// Reads a report; `take` gets its findings in their order, also those of a report that turns out to be none further down.
///
/// # Errors
/// It is no report, or one of a schema that is not known here.
pub(crate) fn read(text: &[u8], take: &mut dyn FnMut(Found)) -> Result<Given, Failure> {
    let (mut kept, is_odd, done) = document(text, Some(take));
    if done.is_err() && !kept.contains_key("schema") {
        // Where its number comes last, what comes before may be of another form.
        (kept, _, _) = document(text, None);
    }
    let schema = kept.get("schema");
    // Of a schema that is not known everything else may differ as well.
    if let Some(schema) = schema
        && !schema
            .as_u64()
            .is_some_and(|schema| (1..=u64::from(json::SCHEMA)).contains(&schema))
    {
        let (shown, known) = (schema.to_string(), json::SCHEMA);
        let shown = words::clip(&shown, 20);
        return Err(Failure::new(format!(
            "it has schema {shown}; this version reads 1 to {known}"
        )));
    }
    done.map_err(|error| Failure::new(error.to_string()))?;
    if let Some(missing) = ["schema", "verdict", "summary"]
        .iter()
        .find(|key| !kept.contains_key(**key))
    {
        return Err(Failure::new(format!("it has no `{missing}`")));
    }
    if is_odd {
        return Err(Failure::new("a finding has no rule, severity, message or location"));
    }
    let text = |key: &str| kept.get(key).and_then(Value::as_str);
    let summary = |key: &str| kept.get("summary").and_then(|summary| summary.get(key));
    let count = |key: &str| {
        let number = summary(key).and_then(Value::as_u64).map(usize::try_from);
        number
            .and_then(Result::ok)
            .ok_or_else(|| Failure::new(format!("`summary` has no number `{key}`")))
    };
    Ok(Given {
        verdict: match text("verdict") {
            Some("pass") => Verdict::Pass,
            Some("fail") => Verdict::Fail,
            _ => Verdict::Error,
        },
        error: text("error").map(str::to_owned),
        as_of: text("as_of").unwrap_or_default().to_owned(),
        counts: Known {
            errors: count("error")?,
            warnings: count("warning")?,
            notes: count("note")?,
        },
        known: summary("known").and_then(Value::as_u64).unwrap_or(0),
        decided: summary("decided").cloned().unwrap_or_default(),
    })
}

/// What is kept of a document, whether a finding is none, and how reading it ended. Nobody takes the findings: they are skipped.
fn document(text: &[u8], take: Option<&mut dyn FnMut(Found)>) -> (Map<String, Value>, bool, serde_json::Result<()>) {
    let mut document = Document {
        kept: Map::new(),
        take,
        is_odd: false,
    };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let done = reader.deserialize_map(&mut document).and_then(|()| reader.end());
    (document.kept, document.is_odd, done)
}

/// A report that is being read.
struct Document<'t> {
    kept: Map<String, Value>,
    take: Option<&'t mut dyn FnMut(Found)>,
    /// Something among its findings is none.
    is_odd: bool,
}

impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    /// The document.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let is_list = key == "findings" && self.take.is_some();
            if self.kept.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` is repeated")));
            }
            if is_list {
                map.next_value_seed(&mut *self)?;
                self.kept.insert(key, Value::Null);
            } else if KEPT.contains(&key.as_str()) {
                let value = map.next_value()?;
                self.kept.insert(key, value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    /// Its findings.
    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(value) = all.next_element::<Value>()? {
            match (Found::of(&value), &mut self.take) {
                (Some(found), Some(take)) => take(found),
                _ => self.is_odd = true,
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"schema":2,"verdict":"fail","as_of":"2026-11-28","scope":"full","sets":["a"],"summary":{"error":1,"warning":0,
        "note":2,"decided":{"within":1}},"findings":[{"rule":"a-b","severity":"error","message":"m","location":{"path":"p","line":1,"column":2,
        "end_line":1,"end_column":3},"measured":{"basis":"estimate"},"fingerprint":"f"}],"units":[{"a":[[],{},1.5e3,"\u00e4"]}]}"#;

    fn findings(text: &[u8]) -> (Result<Given, Failure>, Vec<Found>) {
        let mut found = Vec::new();
        (read(text, &mut |one| found.push(one)), found)
    }

    #[test]
    fn what_counts_of_a_report_is_read() {
        let (given, found) = findings(REPORT.as_bytes());
        let given = given.unwrap();
        assert_eq!(
            (given.verdict, given.as_of.as_str(), given.error),
            (Verdict::Fail, "2026-11-28", None)
        );
        assert_eq!(
            (given.counts.errors, given.counts.notes, &given.decided["within"]),
            (1, 2, &1.into())
        );
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (one.rule.as_str(), one.severity, one.start, one.end),
            ("a-b", Severity::Error, (1, 2), Some((1, 3)))
        );
        assert!(one.is_guess && one.help.is_empty());
    }

    #[test]
    fn what_is_cut_or_garbled_is_refused_or_read_and_nothing_else() {
        for end in 0..REPORT.len() {
            assert!(findings(&REPORT.as_bytes()[..end]).0.is_err(), "{end}");
        }
        let mut refused = 0;
        for (at, byte) in (0..REPORT.len()).flat_map(|at| b"\0\"{[,9\xff".iter().map(move |byte| (at, *byte))) {
            let mut text = REPORT.as_bytes().to_vec();
            text[at] = byte;
            refused += usize::from(findings(&text).0.is_err());
        }
        assert!(refused > REPORT.len(), "{refused}");
    }

    #[test]
    fn why_something_is_no_report() {
        for (text, why) in [
            ("[]", "invalid type: sequence, expected a report at line 1 column 0"),
            ("{}", "it has no `schema`"),
            (r#"{"schema":"2"}"#, "it has schema \"2\"; this version reads 1 to 2"),
            (
                r#"{"schema":2,"schema":2}"#,
                "the key `schema` is repeated at line 1 column 20",
            ),
            (
                r#"{"findings":7,"schema":0}"#,
                "it has schema 0; this version reads 1 to 2",
            ),
            (
                r#"{"schema":1,"verdict":"pass","summary":{}}"#,
                "`summary` has no number `error`",
            ),
            (
                r#"{"schema":1,"verdict":"pass","summary":{"error":-1}}"#,
                "`summary` has no number `error`",
            ),
        ] {
            assert_eq!(findings(text.as_bytes()).0.unwrap_err().to_string(), why, "{text}");
        }
    }
}

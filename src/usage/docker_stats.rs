//! What `docker stats --format json` prints: figures for people, once a second, without times and limits but for memory's, which is
//! that of the host where none is set.

use super::Sample;
use super::read::{Builder, MAX_NAME, push};
use crate::failure::Failure;
use crate::values::bytes;
use serde::Deserialize;
use std::borrow::Cow;

/// The CLI samples once a second.
const STEP: u64 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(rename = "CPUPerc")]
    cpu: String,
    mem_usage: String,
    #[serde(rename = "PIDs", default)]
    pids: String,
    #[serde(rename = "NetIO", default)]
    network: String,
    #[serde(rename = "BlockIO", default)]
    block: String,
}

/// The line without the codes with which the CLI clears the terminal before each round (`ESC [ H`).
pub(super) fn without_controls(line: &str) -> Cow<'_, str> {
    if !line.contains('\x1b') {
        return Cow::Borrowed(line);
    }
    let mut rest = line;
    let mut out = String::new();
    while let Some(at) = rest.find('\x1b') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let code = rest.get(at + 1..).unwrap_or("");
        let body = code.strip_prefix('[').unwrap_or(code);
        let end = body.find(|character: char| character.is_ascii_alphabetic());
        rest = end.and_then(|end| body.get(end + 1..)).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reads a line. A container that comes again begins the next second.
pub(super) fn line(text: &str, builder: &mut Builder) -> Result<(), Failure> {
    let strange = || Failure::new("it is no line of `docker stats --format json`");
    let row: Row = serde_json::from_str(text).map_err(|_| strange())?;
    let id = if row.id.is_empty() { &row.name } else { &row.id };
    if row.name.len() > MAX_NAME {
        return Err(strange());
    }
    let now = builder.now;
    let seen = builder.seen(id)?;
    let is_again = seen.samples.last().is_some_and(|last| last.at >= now);
    let at = if is_again { now + STEP } else { now.max(STEP) };
    seen.name.clone_from(&row.name);
    // A container that does not run has dashes for figures.
    if let Some(percent) = percent(&row.cpu) {
        let (received, sent) = pair(&row.network, bytes::decimal);
        let (read, written) = pair(&row.block, bytes::decimal);
        let sample = Sample {
            at,
            cores: Some(percent / 100.0),
            memory: pair(&row.mem_usage, bytes::compose).0,
            pids: row.pids.trim().parse().ok(),
            received,
            sent,
            read,
            written,
            ..Sample::default()
        };
        push(seen, sample);
    }
    builder.now = builder.now.max(at);
    Ok(())
}

fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// Two sizes: `1.2kB / 0B`.
fn pair(text: &str, size: fn(&str) -> Option<i64>) -> (Option<u64>, Option<u64>) {
    let one = |text: &str| size(text.trim()).and_then(|bytes| u64::try_from(bytes).ok());
    text.split_once('/')
        .map_or((None, None), |(first, second)| (one(first), one(second)))
}

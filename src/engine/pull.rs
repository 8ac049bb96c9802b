//! Pulling, where somebody asks for it: the engine does it, without credentials, for it has none but those that a client sends.

use super::{Engine, MAX_ANSWER, Refused, check_name};
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

/// How long a pull may take.
const PULL: Duration = Duration::from_secs(900);
/// Characters of the engine's reason that are shown.
const SHOWN: usize = 200;

/// A line of the answer, or all of one that refuses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    error: Option<String>,
    message: Option<String>,
}

impl Engine {
    /// Lets the engine pull an image: `path` is its name without a tag, `version` a tag or a digest.
    ///
    /// # Errors
    /// [`Refused`], with the reason of the engine or of the registry.
    pub(crate) fn pull(&self, path: &str, version: &str, platform: Option<&str>) -> Result<(), Refused> {
        check_name(path)?;
        check_name(version)?;
        let mut what = format!(
            "POST /images/create?fromImage={}&tag={}",
            escaped(path),
            escaped(version)
        );
        if let Some(platform) = platform {
            check_name(platform)?;
            what = format!("{what}&platform={}", escaped(platform));
        }
        let (status, answer) = self.ask(&what, PULL)?;
        let mut lines = BufReader::new(answer.take(MAX_ANSWER));
        let mut said = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {
                    let told: Line = serde_json::from_slice(&line).unwrap_or_default();
                    said = told.error.or(told.message).or(said);
                }
                Err(error) => return Err(super::odd(&error)),
            }
        }
        match (status, said) {
            (200, None) => Ok(()),
            (_, Some(reason)) => Err(Refused::Odd(format!("message of the engine: {}", first(&reason)))),
            (status, None) => Err(Refused::Odd(format!("the engine answers with status {status}"))),
        }
    }
}

/// The start of a reason on one line.
fn first(reason: &str) -> String {
    let words: Vec<&str> = reason.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN).collect()
}

/// A name in the query of a request.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'/' | b':' | b'@' => format!("%{byte:02X}"),
        _ => char::from(byte).to_string(),
    };
    text.bytes().map(escape).collect()
}

//! Private keys in a text of anything: a command, a label, a variable, the content of a file (RFC 7468, and its lines in JSON or in quotes).

use std::collections::BTreeSet;
use std::ops::Range;

const EDGE: &str = "PRIVATE KEY-----";

/// What stands between the edges of each whole private key.
pub(crate) fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(EDGE).filter_map(|(at, edge)| {
        let begin = at + edge.len();
        let (before, behind) = (text.get(..at)?, text.get(begin..)?);
        let (_, kind) = before.rsplit_once("-----BEGIN ")?;
        let (body, _) = behind.split_once("-----END ")?;
        // The lines of a key in JSON end with a backslash and a letter; an encrypted one has settings in front.
        let mut lines = body
            .split(['\n', '\r', '\\', ' ', '"', '\'', ','])
            .map(|line| line.trim_start_matches('n'));
        let is_key = kind.len() <= 12 && !kind.contains('-') && lines.any(|line| line.len() >= 40 && is_base64(line));
        is_key.then_some(begin..begin + body.len())
    })
}

fn is_base64(line: &str) -> bool {
    let distinct: BTreeSet<u8> = line.bytes().collect();
    line.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        && distinct.len() >= 12
}

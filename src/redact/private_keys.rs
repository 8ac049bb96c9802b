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

/// Whether a file is a private key, or has one in it, in any of the usual forms: PEM, OpenPGP, PuTTY, age, WireGuard, a JWK, Kubernetes.
pub(crate) fn holds_private_key(text: &str) -> bool {
    let has_field = |line: &str, field: &str, least: usize| {
        let value = line
            .trim()
            .strip_prefix(field)
            .map(|value| value.trim_start_matches(['=', ':', ' ', '"']));
        value.is_some_and(|value| value.len() >= least && is_base64(value.trim_end_matches('"')))
    };
    private_keys(text).next().is_some()
        || text.contains("-----BEGIN PGP PRIVATE KEY BLOCK-----") && text.contains("-----END PGP")
        || text.starts_with("PuTTY-User-Key-File") && text.contains("Private-Lines:")
        || text.lines().any(|line| {
            has_field(line, "PrivateKey", 44) && text.contains("[Interface]")
                || has_field(line, "client-key-data", 40)
                || line.trim().starts_with("AGE-SECRET-KEY-1") && line.trim().len() >= 60
        })
        || text.contains("\"kty\"") && ["\"d\":\"", "\"d\": \""].iter().any(|field| text.contains(field))
}

fn is_base64(line: &str) -> bool {
    let distinct: BTreeSet<u8> = line.bytes().collect();
    line.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        && distinct.len() >= 12
}

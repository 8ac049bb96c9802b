//! What looks like a secret: by the name that it goes by, or by its own form.

use super::names_a_secret;
use std::collections::BTreeSet;
use std::ops::Range;

/// Whether a value says that there is none.
fn is_nothing(value: &str) -> bool {
    ["", "true", "false", "null", "none", "nil", "undefined"].contains(&value.to_ascii_lowercase().as_str())
}

/// Whether a value is nothing but fields that a template fills in later: `{{ db_password }}`. One with quotes in it may hold a default.
pub(super) fn is_template(value: &str) -> bool {
    let mut rest = value.trim();
    while let Some(inside) = rest.strip_prefix("{{") {
        let Some((field, behind)) = inside.split_once("}}") else {
            return false;
        };
        if field.contains(['"', '\'', '`']) {
            return false;
        }
        rest = behind.trim_start();
    }
    rest.is_empty() && !value.trim().is_empty()
}

/// Whether a variable's value is to be hidden: by its name, or because it looks like a credential whatever it is called.
/// Hiding too much costs a reader little; hiding too little cannot be taken back.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    if is_nothing(value) || is_template(value) {
        return false;
    }
    names_a_secret(name) || looks_like_a_credential(value)
}

/// How tokens begin that nothing else begins like.
const PREFIXES: [&str; 14] = [
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk-",
    "sk_live_",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJhbGci",
];

/// Shorter beginnings of tokens, or ones that a name may have as well: what follows must look made up.
const VAGUE: [&str; 39] = [
    "AGE-SECRET-KEY-",
    "ATATT3xFfGF0",
    "GOCSPX-",
    "NRAK-",
    "PMAK-",
    "SG.",
    "dapi",
    "dckr_pat_",
    "dop_v1_",
    "dp.pt.",
    "figd_",
    "fm2_",
    "ghr_",
    "glptt-",
    "glsa_",
    "gsk_",
    "hf_",
    "hvb.",
    "hvs.",
    "lin_api_",
    "npm_",
    "ntn_",
    "nvapi-",
    "pscale_tkn_",
    "pul-",
    "pypi-",
    "r8_",
    "rk_live_",
    "sbp_",
    "shpat_",
    "sntrys_",
    "tskey-auth-",
    "tskey-api-",
    "tskey-client-",
    "tskey-",
    "whsec_",
    "xai-",
    "xapp-",
    "ya29.",
];

/// Whether a value has the form of a credential: a URL with a password, a known prefix, a private key.
pub(crate) fn looks_like_a_credential(value: &str) -> bool {
    if url_password(value).is_some() || value.contains("PRIVATE KEY-----") {
        return true;
    }
    PREFIXES
        .iter()
        .any(|prefix| value.starts_with(prefix) && value.len() >= prefix.len() + 12)
        || is_of_later_kind(value)
}

/// The first word of a text that is a token by its beginning.
pub(crate) fn token_in(text: &str) -> Option<Range<usize>> {
    let addressed = addressed(text);
    if addressed.is_some() {
        return addressed;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut at = 0;
    while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        if text.get(at..at + length).is_some_and(is_token) {
            return Some(at..at + length);
        }
        at += length + 1;
    }
    None
}

/// What stands before a token and says what it is, and how long that is at least: the address of a hook of Slack or Discord, the key of a
/// storage account of Azure.
const BEFORE: [(&str, usize); 3] = [
    ("hooks.slack.com/services/T", 40),
    ("/api/webhooks/", 70),
    ("AccountKey=", 80),
];

/// Whether [`addressed`] may find something in a part of a text.
pub(super) fn may_be_addressed(text: &str) -> bool {
    BEFORE.iter().any(|(mark, _)| text.contains(mark))
}

/// A token by what stands before it.
pub(super) fn addressed(text: &str) -> Option<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-/+=".contains(byte);
    BEFORE.iter().find_map(|(mark, least)| {
        let begin = text.find(mark)? + mark.len();
        let rest = text.get(begin..)?;
        let length = rest.bytes().take_while(is_part).count();
        let is_token = length >= *least && rest.get(..length).is_some_and(looks_random);
        is_token.then_some(begin..begin + length)
    })
}

/// Whether a word is a token by its beginning.
pub(super) fn is_token(word: &str) -> bool {
    // The identifiers of AWS keys are no secrets.
    let is_key = || word.starts_with("AKIA") || word.starts_with("ASIA");
    word.len() >= 16
        && !is_key()
        && (PREFIXES.iter().any(|prefix| word.starts_with(prefix))
            && looks_like_a_credential(word)
            && looks_random(word)
            || is_vague(word))
}

/// What counts as a credential by its looks since 2026.12.
pub(crate) fn is_of_later_kind(value: &str) -> bool {
    is_vague(value) || is_bot_token(value)
}

/// Whether what follows a beginning that a name may have as well looks made up.
fn is_vague(value: &str) -> bool {
    let made_up = |prefix: &&str| {
        let rest = value.strip_prefix(*prefix);
        rest.is_some_and(|rest| rest.len() >= 16 && looks_random(rest))
    };
    VAGUE.iter().any(made_up)
}

/// Telegram's: the number of a bot, and 35 characters behind a colon.
fn is_bot_token(value: &str) -> bool {
    value.split_once(':').is_some_and(|(bot, key)| {
        (8..=10).contains(&bot.len())
            && bot.bytes().all(|byte| byte.is_ascii_digit())
            && key.len() == 35
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

/// Whether a value looks made up for nobody to guess: long enough, of several kinds of characters, and no placeholder,
/// path, number or phrase. Reporting a word as a credential is worse than missing a weak one.
pub(crate) fn looks_random(value: &str) -> bool {
    if value.len() < 10 || value.starts_with(['/', '.', '~', '$', '<', '{', '[', '%']) || !value.is_ascii() {
        return false;
    }
    if value.contains(|letter: char| letter.is_whitespace()) || value.contains("://") || value.contains("${") {
        return false;
    }
    const PLACEHOLDERS: [&str; 42] = [
        "ch4ng",
        "change",
        "example",
        "placeholder",
        "your",
        "xxx",
        "dummy",
        "test",
        "sample",
        "default",
        "todo",
        "replace",
        "insert",
        "password",
        "passwd",
        "passw0rd",
        "p@ssw",
        "secret",
        "token",
        "s3cr",
        "apikey",
        "api_key",
        "api-key",
        "key-",
        "-key",
        "admin",
        "root",
        "1234",
        "abcd",
        "local",
        "demo",
        "dev",
        "fake",
        "mock",
        "my-",
        "my_",
        "some",
        "here",
        "foo",
        "enter",
        "generate",
        "insecure",
    ];
    let lower = value.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let kinds = [
        value.bytes().any(|byte| byte.is_ascii_lowercase()),
        value.bytes().any(|byte| byte.is_ascii_uppercase()),
        value.bytes().any(|byte| byte.is_ascii_digit()),
    ];
    let distinct: BTreeSet<u8> = value.bytes().collect();
    // Digits between letters are what words and versions do not have.
    let mixed = value
        .as_bytes()
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_alphabetic() && b.is_ascii_digit() || a.is_ascii_digit() && b.is_ascii_alphabetic()))
        .count();
    let kinds = kinds.iter().filter(|kind| **kind).count();
    kinds >= 2 && distinct.len() >= 7 && mixed >= if kinds == 3 { 2 } else { 4 }
}

/// The password of a URL: `scheme://user:password@host`.
pub(crate) fn url_password(value: &str) -> Option<&str> {
    // Asked of every word: most have no colon.
    let mut rest = value;
    loop {
        rest = rest.split_once(':')?.1;
        if let Some(behind) = rest.strip_prefix("//") {
            rest = behind;
            break;
        }
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (login, _) = authority.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    Some(password).filter(|password| !password.is_empty() && !password.starts_with('$'))
}

/// The secrets among the words of a command: the word behind, or the value of, an option that is named like one.
pub(crate) fn in_words<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut take_next = false;
    for word in words.flat_map(str::split_whitespace) {
        let word = word.trim_matches(['"', '\'']);
        if take_next && !word.starts_with('-') {
            found.push(word.to_owned());
        }
        take_next = false;
        if let Some(password) = url_password(word) {
            found.push(password.to_owned());
        }
        let (name, value) = word
            .split_once('=')
            .map_or((word, None), |(name, value)| (name, Some(value)));
        if names_a_secret(name) || name.ends_with("requirepass") || name.ends_with("masterauth") {
            match value {
                Some(value) => found.push(value.to_owned()),
                None => take_next = name.starts_with('-'),
            }
        }
    }
    found.retain(|value| !value.is_empty() && !value.starts_with('$') && !value.contains("/run/secrets/"));
    found
}

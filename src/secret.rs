//! Values that must not leave: judged once, masked in every output.

pub mod lexical;

use crate::source::Span;
use std::borrow::Cow;
use std::collections::HashSet;

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// The secret values of a run and where they are written.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The places whose text is never shown.
    pub spans: Vec<Span>,
    /// The texts that are never shown, longest first.
    pub values: Vec<String>,
    everyday: HashSet<String>,
}

impl Secrets {
    /// Secrets whose texts are hidden everywhere, unless they are among these words.
    pub fn not_hiding(everyday: HashSet<String>) -> Self {
        Self {
            everyday,
            ..Self::default()
        }
    }

    /// Adds a value that is written at `span`. Values of fewer than four bytes are hidden where they are written,
    /// but not searched for in other texts: they would hide half of every sentence.
    pub fn add(&mut self, span: Span, value: &str) {
        self.spans.push(span);
        self.add_value(value);
    }

    /// Adds a value wherever it stands.
    pub fn add_value(&mut self, value: &str) {
        let is_port = value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
        if value.len() >= 4 && !is_port && !self.everyday.contains(value) {
            // Longest first, each once.
            let order = |known: &String| value.len().cmp(&known.len()).then_with(|| known.as_str().cmp(value));
            if let Err(place) = self.values.binary_search_by(order) {
                self.values.insert(place, value.to_owned());
            }
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

/// Whether a variable's value is to be hidden: by its name, or because it looks like a credential whatever it is called.
/// Hiding too much costs a reader little; hiding too little cannot be taken back.
pub fn is_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return false;
    }
    names_a_secret(name) || looks_like_a_credential(value)
}

/// Whether a name is one that people give to secrets. Names of files that hold one are not.
pub fn names_a_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if ["_FILE", "_PATH", "_DIR", "_NAME"]
        .iter()
        .any(|end| upper.ends_with(end))
    {
        return false;
    }
    const WORDS: [&str; 16] = [
        "AUTHTOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PASS",
        "PWD",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "API_KEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "ENCRYPTION_KEY",
        "SECRET_KEY",
        "CREDENTIAL",
        "CREDENTIALS",
    ];
    let bounded = |start: usize, length: usize| {
        let before = upper.get(..start).unwrap_or("").bytes().next_back();
        let after = upper.get(start + length..).unwrap_or("").bytes().next();
        !before.is_some_and(|byte| byte.is_ascii_alphabetic())
            && !after.is_some_and(|byte| byte.is_ascii_alphabetic() && byte != b'S')
    };
    // Long words also count inside others (`PGPASSWORD`); short ones need an edge (`COMPASS`).
    WORDS.iter().any(|word| {
        upper
            .match_indices(word)
            .any(|(start, _)| (word.len() > 5 && *word != "SECRET") || bounded(start, word.len()))
    })
}

/// Whether a value has the form of a credential: a URL with a password, a known prefix, a private key.
pub fn looks_like_a_credential(value: &str) -> bool {
    if url_password(value).is_some() || value.contains("PRIVATE KEY-----") {
        return true;
    }
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
    PREFIXES
        .iter()
        .any(|prefix| value.starts_with(prefix) && value.len() >= prefix.len() + 12)
}

/// Whether a value looks made up for nobody to guess: long enough, of several kinds of characters, and no placeholder,
/// path, number or phrase. Reporting a word as a credential is worse than missing a weak one.
pub fn looks_random(value: &str) -> bool {
    if value.len() < 10 || value.starts_with(['/', '.', '~', '$', '<', '{', '[', '%']) || !value.is_ascii() {
        return false;
    }
    if value.contains(|letter: char| letter.is_whitespace()) || value.contains("://") || value.contains("${") {
        return false;
    }
    const PLACEHOLDERS: [&str; 41] = [
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
    let distinct: std::collections::BTreeSet<u8> = value.bytes().collect();
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
pub fn url_password(value: &str) -> Option<&str> {
    let rest = value.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (login, _) = authority.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    Some(password).filter(|password| !password.is_empty() && !password.starts_with('$'))
}

/// The secrets among the words of a command: the word behind, or the value of, an option that is named like one.
pub fn in_words(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut take_next = false;
    for word in words.iter().flat_map(|word| word.split_whitespace()) {
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

    #[test]
    fn secrets_are_known_by_name_or_by_form() {
        for (name, value) in [
            ("POSTGRES_PASSWORD", "hunter2"),
            ("PGPASSWORD", "x1"),
            ("API_TOKEN", "abc"),
            ("SECRETS", "abc"),
            ("DATABASE_URL", "postgres://app:hunter2@db/app"),
            ("X", "ghp_0123456789abcdef0123"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/p"),
            ("COMPASS", "north"),
            ("BYPASS_PROXY", "yes"),
            ("PASSWORD", ""),
            ("TOKENIZER", "fast"),
            ("URL", "http://db/app"),
            ("ENABLE_PASSWORD", "true"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
    }

    #[test]
    fn words_and_placeholders_do_not_look_random() {
        for value in ["k7Qm2vXz9Lp4", "9f86d081884c7d65", "ghp_0a9Z8y7X6w5V4u3T2s"] {
            assert!(looks_random(value), "{value}");
        }
        for value in [
            "changeme-2b7c9",
            "wordpress",
            "<token-9a8b7c>",
            "/run/a1b2c3d4",
            "postgres16data",
            "P4ss",
            "your-k3y-h3re-now",
        ] {
            assert!(!looks_random(value), "{value}");
        }
    }

    #[test]
    fn passwords_on_command_lines_are_found() {
        let words = |text: &str| in_words(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(words("redis-server --requirepass hunter2"), ["hunter2"]);
        assert_eq!(words("x --password=hunter2 --token $T"), ["hunter2"]);
        assert_eq!(words("curl http://u:hunter2@h/"), ["hunter2"]);
        assert!(words("x --password-file /run/secrets/p").is_empty());
    }
}

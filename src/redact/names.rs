//! Names that people give to secrets. Asked of every word of every text, so it takes one pass over the bytes and makes nothing.

/// Words by their first letters. The long ones also count inside others (`PGPASSWORD`); the short ones need an edge (`COMPASS`).
fn words(first: u8) -> &'static [(&'static [u8], Place)] {
    use Place::{Bounded, Inside};
    match first {
        b'A' => &[
            (b"AUTHTOKEN", Inside),
            (b"APIKEY", Inside),
            (b"API_KEY", Inside),
            (b"ACCESS_KEY", Inside),
        ],
        b'C' => &[(b"CREDENTIAL", Inside)],
        b'E' => &[(b"ENCRYPTION_KEY", Inside)],
        b'H' => &[(b"HMAC_KEY", Inside)],
        b'M' => &[(b"MASTER_KEY", Inside)],
        b'P' => &[
            (b"PASSWORD", Inside),
            (b"PASSWD", Inside),
            (b"PASSPHRASE", Inside),
            (b"PASS", Bounded),
            (b"PWD", Bounded),
            (b"PRIVATE_KEY", Inside),
        ],
        b'S' => &[
            (b"SECRET_KEY", Inside),
            (b"SECRET", Bounded),
            (b"SIGNING_KEY", Inside),
            (b"SSHPASS", Inside),
        ],
        b'T' => &[(b"TOKEN", Bounded)],
        _ => &[],
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Bounded,
}

/// What such a name ends with if it names where the secret is, or something else.
const NO_SECRETS: [&[u8]; 4] = [b"_FILE", b"_PATH", b"_DIR", b"_NAME"];

/// Whether a name is one that people give to secrets. Names of files that hold one are not.
pub(crate) fn names_a_secret(name: &str) -> bool {
    is_one(name.as_bytes(), |byte| byte)
}

/// The same of a name in which `-` and `.` stand for `_`: of an option, of a property.
pub(super) fn option_names_a_secret(name: &str) -> bool {
    is_one(name.as_bytes(), underscored)
}

fn underscored(byte: u8) -> u8 {
    match byte {
        b'-' | b'.' => b'_',
        other => other,
    }
}

fn is_one(name: &[u8], read: fn(u8) -> u8) -> bool {
    may_be(name)
        && (0..name.len()).any(|start| begins(name, start, read))
        && !NO_SECRETS.iter().any(|end| ends_with(name, end, read))
        // The name that the members of an etcd cluster tell each other.
        && !ends_with(name, b"INITIAL_CLUSTER_TOKEN", underscored)
}

/// Whether all letters of one of the words are there: most names end here.
fn may_be(name: &[u8]) -> bool {
    may_name(letters(name))
}

/// Whether a name of these letters may be that of a secret.
pub(super) fn may_name(there: u32) -> bool {
    // What a word of the table cannot do without: `PASS`, `PWD`, `TOKEN`, `SECRET`, `CREDENTIAL`, and `KEY` of the rest.
    const NEEDED: [u32; 6] = [
        letters(b"PAS"),
        letters(b"PWD"),
        letters(b"TOKEN"),
        letters(b"SECRT"),
        letters(b"CREDNTIAL"),
        letters(b"KEY"),
    ];
    NEEDED.iter().any(|needed| there & needed == *needed)
}

/// The bits of all letters of a text.
const fn letters(text: &[u8]) -> u32 {
    let (mut set, mut rest) = (0, text);
    while let [first, behind @ ..] = rest {
        set |= letter(*first);
        rest = behind;
    }
    set
}

/// A bit for each letter, in either case. Other signs share the bits of letters.
pub(super) const fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// Whether one of the words begins here.
fn begins(name: &[u8], start: usize, read: fn(u8) -> u8) -> bool {
    let Some((rest, first)) = name.get(start..).and_then(|rest| Some((rest, rest.first()?))) else {
        return false;
    };
    words(first.to_ascii_uppercase()).iter().any(|(word, place)| {
        starts_with(rest, word, read) && (*place == Place::Inside || is_bounded(name, start, word.len()))
    })
}

/// Whether no letter stands before or behind, but for a plural.
fn is_bounded(name: &[u8], start: usize, length: usize) -> bool {
    let before = start.checked_sub(1).and_then(|before| name.get(before));
    let behind = name.get(start + length);
    !before.is_some_and(u8::is_ascii_alphabetic)
        && !behind.is_some_and(|byte| byte.is_ascii_alphabetic() && !byte.eq_ignore_ascii_case(&b'S'))
}

fn starts_with(text: &[u8], word: &[u8], read: fn(u8) -> u8) -> bool {
    let is_same = |(byte, letter): (&u8, &u8)| read(*byte).to_ascii_uppercase() == *letter;
    text.len() >= word.len() && text.iter().zip(word).all(is_same)
}

fn ends_with(text: &[u8], word: &[u8], read: fn(u8) -> u8) -> bool {
    let end = text.len().checked_sub(word.len()).and_then(|start| text.get(start..));
    end.is_some_and(|end| starts_with(end, word, read))
}

#[cfg(test)]
mod tests {
    use super::{names_a_secret, option_names_a_secret};

    #[test]
    fn names_of_secrets() {
        for name in [
            "PASSWORD",
            "PGPASSWORD",
            "db_password",
            "DB_PASS",
            "pass",
            "A_TOKEN",
            "TOKENS",
            "api_key",
            "xApiKey",
            "AWS_SECRET_ACCESS_KEY",
            "SECRET",
            "my-secret",
            "CREDENTIALS",
            "NPM_AUTHTOKEN",
            "PWD_X",
            "SECRETS",
            "master_key_2",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in [
            "COMPASS",
            "TOKENIZER",
            "PASS_FILE",
            "SECRET_NAME",
            "PASSWORD_DIR",
            "CERT_PATH",
            "SECRETARY",
            "api-key",
            "ETCD_INITIAL_CLUSTER_TOKEN",
            "etcd-initial-cluster-token",
            "",
            "P",
            "CPWD",
            "secret\u{17f}x\u{17f}ecre",
        ] {
            assert_eq!(names_a_secret(name), name.starts_with("secret\u{17f}"), "{name}");
        }
        for name in ["api-key", "api.key", "signing-key", "private.key", "--token"] {
            assert!(option_names_a_secret(name), "{name}");
        }
        for name in ["token-file", "password.path", "etcd.initial.cluster.token"] {
            assert!(!option_names_a_secret(name), "{name}");
        }
    }
}

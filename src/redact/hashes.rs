//! Hashes of passwords, in any text: whoever has one can try passwords on it.

use std::ops::Range;

/// The kinds of `$kind$salt$hash`; Compose wants each `$` twice.
const KINDS: [&str; 18] = [
    "1", "2a", "2b", "2x", "2y", "5", "6", "7", "H", "P", "S", "apr1", "argon2d", "argon2i", "argon2id", "gy", "y",
    "scrypt",
];

/// Whether a text may have one.
pub(super) fn has_any(text: &str) -> bool {
    text.contains('$') || text.contains('{')
}

/// `admin:$apr1$salt$hash`, `$2y$10$...`: hashes of passwords, which can be guessed from.
pub(super) fn hashes(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"$./+=,-_".contains(byte);
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find('$')).map(|at| from + at) {
        let rest = line.get(at..).unwrap_or("");
        let length = rest.bytes().position(|byte| !is_part(&byte)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or("");
        from = at + length.max(1);
        let plain = word.trim_start_matches('$');
        let (kind, behind) = plain.split_once('$').unwrap_or((plain, ""));
        if KINDS.contains(&kind) && behind.trim_matches('$').len() >= 20 {
            found.push(start + at..start + at + length);
        }
    }
    of_directories(line, start, found);
}

/// `{SHA}`, `{SSHA512}`: how directories and `htpasswd -s` write hashes.
fn of_directories(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    for (at, _) in line.match_indices('{') {
        let Some((scheme, behind)) = line.get(at + 1..).and_then(|rest| rest.split_once('}')) else {
            break;
        };
        let length = behind.bytes().position(|byte| !is_part(byte)).unwrap_or(behind.len());
        let is_scheme = ["SHA", "SSHA", "MD5", "SMD5"].iter().any(|name| {
            let size = scheme.strip_prefix(name);
            size.is_some_and(|size| size.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let is_variable = line.get(..at).is_some_and(|before| before.ends_with('$'));
        if is_scheme && !is_variable && length >= 20 {
            found.push(start + at..start + at + scheme.len() + 2 + length);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::redact::lexical::values;

    fn hidden(text: &str) -> Vec<&str> {
        values(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn hashes_of_passwords_are_found_by_their_form() {
        let bcrypt = "$2y$10$Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp0UsQaBcDeFgHiJkLmNoPqRs";
        for hash in [
            "$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/",
            "$$apr1$$H6uskkkW$$IgXLP6ewTrSuBkTrqE8wj/",
            bcrypt,
        ] {
            assert_eq!(hidden(&format!("- traefik.x.users=admin:{hash},b")).len(), 1, "{hash}");
            assert_eq!(hidden(&format!("RUN echo 'admin:{hash}' > /etc/htpasswd")), [hash]);
        }
        assert_eq!(hidden("x: $6$rounds=5000$salt$abcdefghijklmnopqrst").len(), 1);
        assert!(hidden("echo $1$2 $6 ${2y} $5$x").is_empty());
        for hash in [
            "$P$BZk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp",
            "$$H$$9Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp",
            "$gy$j9T$Zk3vTq8Lm2Xc9Rb7Yw5Nd1$Fh4Gj6Kp0UsQaBcDeFgHiJkLmNoPqRsTuVwXyZ012",
            "$7$CU..../....Zk3vTq8Lm2Xc9Rb7$Yw5Nd1Fh4Gj6Kp0UsQaBcDeFg",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD",
            "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "{SSHA512}Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp0UsQaBcDeFgHiJkLmNoPqRs==",
            "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
        ] {
            assert!(hidden(&format!("- x.users=admin:{hash},b"))[0].starts_with(hash));
            assert_eq!(hidden(&format!("RUN echo 'admin:{hash}' > /etc/htpasswd")), [hash]);
        }
        assert!(hidden("${SHA}abcdefghijklmnopqrstuvwxyz {SHAPE}abcdefghijklmnopqrstuvwxyz $P$B").is_empty());
    }
}

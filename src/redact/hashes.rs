//! Hashes of passwords, in any text: whoever has one can try passwords on it.

use std::ops::Range;

/// How hashes of passwords begin; Compose wants each `$` twice.
const BEGINNINGS: [&str; 9] = ["apr1$", "2a$", "2b$", "2y$", "argon2", "$1$", "$5$", "$6$", "$y$"];

/// Whether a text may have one.
pub(super) fn has_any(text: &str) -> bool {
    text.contains('$') && BEGINNINGS.iter().any(|hash| text.contains(hash))
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
        let is_kind = matches!(
            kind,
            "apr1" | "1" | "5" | "6" | "y" | "2a" | "2b" | "2y" | "argon2i" | "argon2id"
        );
        if is_kind && behind.trim_matches('$').len() >= 20 {
            found.push(start + at..start + at + length);
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
    }
}

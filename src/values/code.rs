//! Codes of other tools' checks: whose a code is, and when two of them mean one check.

/// A tool whose codes are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tool {
    /// `DL3008`
    Hadolint,
    /// `DS-0002`, formerly `DS002` and `AVD-DS-0002`
    Trivy,
    /// `CKV_DOCKER_3`, `CKV2_DOCKER_1`
    Checkov,
    /// `CL-0001`
    ComposeLint,
    /// The UUID of a query, `fd54f200-402c-4333-a5a4-36ef6709af2f`
    Kics,
    /// `WorkdirRelativePath`
    BuildKit,
    /// `no-version-field`
    Dclint,
}

impl Tool {
    /// What it is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Tool::Hadolint => "hadolint",
            Tool::Trivy => "Trivy",
            Tool::Checkov => "Checkov",
            Tool::ComposeLint => "compose-lint",
            Tool::Kics => "KICS",
            Tool::BuildKit => "BuildKit",
            Tool::Dclint => "dclint",
        }
    }

    /// Whose form a code has.
    pub(crate) fn of(code: &str) -> Option<Self> {
        let code = normal(code);
        let is_number = |prefix: &str, digits: usize| {
            code.strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if is_number("DL", 4) || is_number("SC", 4) {
            Some(Tool::Hadolint)
        } else if is_number("DS-", 4) {
            Some(Tool::Trivy)
        } else if is_number("CL-", 4) {
            Some(Tool::ComposeLint)
        } else if code.starts_with("CKV_DOCKER_") || code.starts_with("CKV2_DOCKER_") {
            Some(Tool::Checkov)
        } else if is_uuid(&code) {
            Some(Tool::Kics)
        } else {
            None
        }
    }

    /// Whose form a name or code has. Names tell less than codes: `of` knows only codes.
    pub(crate) fn of_alias(alias: &str) -> Option<Self> {
        let is_word = |also: &[u8]| {
            alias
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || also.contains(&byte))
        };
        let is_camel = alias.starts_with(|first: char| first.is_ascii_uppercase())
            && alias.bytes().all(|byte| byte.is_ascii_alphabetic())
            && alias.bytes().any(|byte| byte.is_ascii_lowercase());
        match Self::of(alias) {
            None if is_camel => Some(Tool::BuildKit),
            None if is_word(b"-") && alias.contains('-') => Some(Tool::Dclint),
            tool => tool,
        }
    }
}

/// Whether it is a UUID as people write one: five groups of hexadecimal digits.
fn is_uuid(code: &str) -> bool {
    let digits = |group: &str| {
        group
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(group.len())
    };
    code.split('-').map(digits).eq([8, 4, 4, 4, 12].map(Some))
}

/// A code in the one form that codes are compared in: upper case, and `DS-0002` for all of Trivy's ways to write it.
pub(crate) fn normal(code: &str) -> String {
    let code = code.trim().to_ascii_uppercase();
    let short = code.strip_prefix("AVD-").unwrap_or(&code);
    let number = short
        .strip_prefix("DS")
        .map(|rest| rest.strip_prefix('-').unwrap_or(rest))
        .filter(|rest| rest.len() <= 4 && rest.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|rest| rest.parse::<u16>().ok());
    match number {
        Some(number) => format!("DS-{number:04}"),
        None => short.to_owned(),
    }
}

/// Whether two codes are written differently at most.
pub(crate) fn same(one: &str, other: &str) -> bool {
    normal(one) == normal(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_belong_to_tools() {
        for (code, tool) in [
            ("DL3008", Some(Tool::Hadolint)),
            ("dl3008", Some(Tool::Hadolint)),
            ("SC2086", Some(Tool::Hadolint)),
            ("DS-0002", Some(Tool::Trivy)),
            ("DS002", Some(Tool::Trivy)),
            ("avd-ds-0002", Some(Tool::Trivy)),
            ("CKV_DOCKER_3", Some(Tool::Checkov)),
            ("CKV2_DOCKER_1", Some(Tool::Checkov)),
            ("CL-0026", Some(Tool::ComposeLint)),
            ("fd54f200-402c-4333-a5a4-36ef6709af2f", Some(Tool::Kics)),
            ("FD54F200-402C-4333-A5A4-36EF6709AF2F", Some(Tool::Kics)),
            ("fd54f200-402c-4333-a5a4-36ef6709af2g", None),
            ("WorkdirRelativePath", Some(Tool::BuildKit)),
            ("no-version-field", Some(Tool::Dclint)),
            ("DL30", None),
            ("DS-+002", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(Tool::of_alias(code), tool, "{code}");
        }
    }

    #[test]
    fn trivy_wrote_its_codes_in_three_ways() {
        for code in ["DS-0002", "DS002", "DS0002", "AVD-DS-0002", "ds002", " avd-ds-0002 "] {
            assert!(same(code, "DS-0002"), "{code}");
        }
        assert!(!same("DS-0020", "DS-0002") && !same("DS-00002", "DS-0002") && !same("DSX", "DS-0002"));
        assert!(same("ckv_docker_3", "CKV_DOCKER_3") && !same("CKV_DOCKER_30", "CKV_DOCKER_3"));
    }
}

//! Users as the engine reads them: `name`, `uid`, `user:group`.

/// The two halves of a user setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserSpec {
    /// A name or a number, as written.
    pub user: String,
    /// A name or a number, as written.
    pub group: Option<String>,
}

impl UserSpec {
    /// The halves of `text`; an empty group is no group.
    pub(crate) fn parse(text: &str) -> Self {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
            None => (text, None),
        };
        Self {
            user: user.to_owned(),
            group: group.map(str::to_owned),
        }
    }

    /// The numeric uid, if it is one: `0`, `00`, `+0`, `-0`, `1000` (Go's `strconv.Atoi`).
    pub(crate) fn uid(&self) -> Option<u32> {
        self.user.parse::<i64>().ok()?.try_into().ok()
    }

    /// Whether the process runs as uid 0: by number, by name, or because nothing is written.
    pub(crate) fn is_root(&self) -> bool {
        self.user.is_empty() || self.user == "root" || self.uid() == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::UserSpec;

    #[test]
    fn root_has_many_spellings() {
        for text in ["root", "0", "00", "+0", "-0", "-00:5", "0:1000", "root:x", "", ":1000"] {
            assert!(UserSpec::parse(text).is_root(), "{text}");
        }
        for text in ["1000", "app", "1000:0", "nobody"] {
            assert!(!UserSpec::parse(text).is_root(), "{text}");
        }
    }
}

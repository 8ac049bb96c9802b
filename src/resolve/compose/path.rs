//! Where a value stands in a Compose document, for the tables that go by it.

/// A path of keys, linked from the leaf to the root; list items have the key `[]`.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    key: &'a str,
    depth: usize,
}

/// No table looks deeper than this.
const DEEPEST: usize = 8;

impl<'a> Path<'a> {
    /// The document itself.
    pub(crate) const ROOT: Path<'static> = Path {
        parent: None,
        key: "",
        depth: 0,
    };

    /// One key further down.
    pub(crate) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            key,
            depth: self.depth + 1,
        }
    }

    /// An item of the list here.
    pub(crate) fn item(&'a self) -> Path<'a> {
        self.key("[]")
    }

    /// The keys from the root, to be matched as a slice; empty for the root and for what lies too deep for any table.
    pub(crate) fn keys<'b>(&self, room: &'b mut [&'a str; DEEPEST]) -> &'b [&'a str] {
        if self.depth > DEEPEST {
            return &[];
        }
        let mut here = Some(self);
        while let Some(path) = here {
            if let Some(slot) = path.depth.checked_sub(1).and_then(|index| room.get_mut(index)) {
                *slot = path.key;
            }
            here = path.parent;
        }
        room.get(..self.depth).unwrap_or(&[])
    }

    /// Room for [`Path::keys`].
    pub(crate) fn room() -> [&'a str; DEEPEST] {
        [""; DEEPEST]
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            if parent.depth > 0 {
                write!(formatter, "{parent}")?;
                if self.key != "[]" {
                    formatter.write_str(".")?;
                }
            }
            formatter.write_str(self.key)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_matches_as_a_slice_and_prints_with_dots() {
        let services = Path::ROOT.key("services");
        let api = services.key("api");
        let ports = api.key("ports");
        let item = ports.item();
        assert!(matches!(item.keys(&mut Path::room()), ["services", _, "ports", "[]"]));
        assert_eq!(item.to_string(), "services.api.ports[]");
        assert!(Path::ROOT.keys(&mut Path::room()).is_empty());
    }
}

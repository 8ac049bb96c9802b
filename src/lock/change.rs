//! A lock that a change brings, held against the one of its base.

use super::{Block, Lock};

/// What a change says of an image that its base does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The image and its platform, as the block begins.
    pub block: String,
    /// What tells its build from others.
    pub identity: String,
    /// The base holds this very build and says something else of it: the first fact that differs.
    pub contradicted: Option<String>,
}

impl Lock {
    /// The block of this lock that speaks of the same build of the same image.
    pub(crate) fn same_build(&self, other: &Block) -> Option<&Block> {
        self.blocks_of(&other.name).find(|block| {
            let is_named_alike = other.identity().is_some() || block.name == other.name;
            block.platform == other.platform && block.identity() == other.identity() && is_named_alike
        })
    }

    /// What a lock says that this one, its base, does not.
    pub(crate) fn differences(&self, change: &Lock) -> Vec<Difference> {
        let mut found = Vec::new();
        for block in change.blocks() {
            let known = self.same_build(block);
            let contradicted = known.and_then(|known| first_difference(self.body(known), change.body(block)));
            if known.is_some() && contradicted.is_none() {
                continue;
            }
            found.push(Difference {
                block: format!("{} {}", block.name, block.platform),
                identity: block.identity().unwrap_or("no digest").to_owned(),
                contradicted,
            });
        }
        found
    }
}

/// The fact of the first line that differs.
fn first_difference(old: &str, new: &str) -> Option<String> {
    let facts = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let (old, new) = (facts(old), facts(new));
    let at = (0..old.len().max(new.len())).find(|at| old.get(*at) != new.get(*at))?;
    let line = new.get(at).or_else(|| old.get(at))?;
    let key = line.split(':').next().unwrap_or(line).trim();
    Some(key.chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn lock(blocks: &[(&str, &str)]) -> Lock {
        let blocks: Vec<String> = blocks
            .iter()
            .map(|(name, body)| format!("{name} linux/amd64:\n{body}"))
            .collect();
        Lock::scan(format!("version: 1\n{}", blocks.concat())).unwrap()
    }

    #[test]
    fn a_build_that_the_base_holds_keeps_its_facts() {
        let known = format!("  digest: sha256:{HEX}\n  size: 5\n");
        let smaller = format!("  digest: sha256:{HEX}\n  size: 4\n");
        let bare = format!("  digest: sha256:{HEX}\n");
        let later = format!("  digest: sha256:{}\n  size: 4\n", HEX.replace('0', "1"));
        let by_id = format!("  id: sha256:{HEX}\n  size: 5\n");
        for (old, new, contradicted) in [
            (("a:1", known.as_str()), ("a:1", known.as_str()), Vec::new()),
            (("a:1", &known), ("a:1", &smaller), vec![Some("size")]),
            (("a:1", &known), ("a:1", &bare), vec![Some("size")]),
            // Another tag of the same build.
            (("a:1", &known), ("a:2", &known), Vec::new()),
            (("a:1", &known), ("a:2", &smaller), vec![Some("size")]),
            (("a:1", &known), ("a:1", &later), vec![None]),
            (("a:1", &known), ("b:1", &known), vec![None]),
            (("a:1", &known), ("a:1", &by_id), vec![Some("id")]),
            // Without any digest the name has to do.
            (("a:1", "  size: 5\n"), ("a:1", "  size: 4\n"), vec![Some("size")]),
            (("a:1", "  size: 5\n"), ("a:2", "  size: 4\n"), vec![None]),
        ] {
            let found = lock(&[old]).differences(&lock(&[new]));
            let found: Vec<_> = found.iter().map(|found| found.contradicted.as_deref()).collect();
            assert_eq!(found, contradicted, "{old:?} {new:?}");
        }
    }
}

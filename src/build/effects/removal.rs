//! Whether a folder is emptied, in the many ways in which that is written.

use super::{Change, Effect, Target};
use crate::resolve::glob::{Glob, has_wildcard};
use crate::values::path::{is_at_or_below, is_below};

/// How much of a folder is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Removal {
    /// Nothing of it, as far as can be seen.
    Nothing,
    /// Something in it.
    Something,
    /// All that counts, or what nobody can tell.
    All,
}

/// What effects take away of `folder`, where a file that counts is called like `sample`.
pub(crate) fn removal(effects: &[Effect], folder: &str, sample: &str) -> Removal {
    let of = |effect: &Effect| match &effect.change {
        Change::Remove { what, .. } => of_target(what, folder, sample),
        _ => Removal::Nothing,
    };
    effects.iter().map(of).max().unwrap_or(Removal::Nothing)
}

fn of_target(what: &Target, folder: &str, sample: &str) -> Removal {
    match what {
        Target::Path(gone) | Target::AllIn(gone) if is_at_or_below(folder, gone) => Removal::All,
        Target::Path(gone) | Target::AllIn(gone) if is_below(gone, folder) => Removal::Something,
        Target::SomeIn {
            pattern: Some(pattern), ..
        } => by_pattern(pattern, folder, sample),
        // What `find` picks, or braces.
        Target::SomeIn { folder: start, .. } if is_at_or_below(folder, start) => Removal::All,
        Target::Anywhere => Removal::All,
        _ => Removal::Nothing,
    }
}

fn by_pattern(pattern: &str, folder: &str, sample: &str) -> Removal {
    let mut wanted = folder.trim_matches('/').split('/').chain([sample]);
    for part in pattern.trim_matches('/').split('/') {
        let Some(name) = wanted.next() else {
            return Removal::Something;
        };
        let is_it = part == name || has_wildcard(part) && Glob::new(part).is_some_and(|glob| glob.matches(name));
        if !is_it {
            return if name == sample {
                Removal::Something
            } else {
                Removal::Nothing
            };
        }
    }
    // A folder on the way, and all in it.
    Removal::All
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_removes_what_it_matches() {
        let lists = |pattern: &str| {
            by_pattern(
                pattern,
                "/var/lib/apt/lists",
                "deb.debian.org_debian_dists_trixie_main_Packages",
            )
        };
        for pattern in [
            "/var/lib/apt/lists/*_*",
            "/var/lib/apt/lists/????*",
            "/var/*/apt",
            "/var/*/apt/lists/*Packages",
        ] {
            assert_eq!(lists(pattern), Removal::All, "{pattern}");
        }
        assert_eq!(lists("/var/lib/apt/lists/*InRelease"), Removal::Something);
        assert_eq!(lists("/var/lib/apt/*.bak"), Removal::Nothing);
        assert_eq!(lists("/var/cache/apt/*.deb"), Removal::Nothing);
    }
}

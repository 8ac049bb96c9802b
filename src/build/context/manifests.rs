//! What the manifests of package managers in the context name.

/// A file without which a program stops that reads a manifest of the context; it is in the context.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// The manifest.
    pub manifest: String,
    /// Who stops.
    pub reader: Reader,
    /// The file, seen from the folder of the manifest.
    pub needs: String,
}

/// What reads manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Cargo.
    Cargo,
    /// Hatchling, which builds a Python package.
    Hatch,
    /// pnpm.
    Pnpm,
    /// pnpm where the lock file is to stay as it is.
    FrozenPnpm,
}

/// Python packages, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requirements {
    /// In lower case, with `_` for `-` and `.`.
    pub packages: std::collections::BTreeSet<String>,
    /// The project asks git for its version when it is built.
    pub by_git: bool,
    /// Something else may bring more: an address, a folder, another list.
    pub others: bool,
}

impl Requirements {
    /// A name as it is compared (PEP 503).
    pub(crate) fn plain(name: &str) -> String {
        name.to_ascii_lowercase().replace(['-', '.'], "_")
    }
}

//! What git tracks of a workspace.

use super::Workspace;
use crate::git;
use crate::resolve::compose::load::Files;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that git tracks, the folders that are submodules, and the links among the files.
#[derive(Clone, Default)]
pub(super) struct Index {
    pub files: Arc<HashSet<PathBuf>>,
    pub modules: Vec<PathBuf>,
    pub links: Vec<PathBuf>,
}

impl Index {
    fn of(tracked: git::Tracked) -> Self {
        Self {
            files: Arc::new(tracked.files),
            modules: tracked.modules,
            links: tracked.links,
        }
    }
}

impl Workspace {
    /// The folders that are submodules.
    pub(super) fn modules(&self) -> &[PathBuf] {
        self.index().map_or(&[], |index| &index.modules)
    }

    /// Whether a path is in a submodule that was not fetched: what is there is not known.
    pub(crate) fn is_unfetched(&self, path: &Path) -> bool {
        let holds = |module: &PathBuf| path.starts_with(module) && self.exists(&module.join(".git")) == Some(false);
        self.modules().iter().any(holds)
    }

    /// Whether a change can bring what stands at a path: git tracks it, or a link or a submodule on the way to it. Without an index it can.
    pub(crate) fn may_be_of_change(&self, path: &Path) -> bool {
        let holds = |index: &Index| {
            path.ancestors()
                .any(|part| index.files.contains(part) || index.modules.iter().any(|module| module == part))
        };
        self.index().is_none_or(holds)
    }

    pub(super) fn index(&self) -> Option<&Index> {
        self.tracked
            .get_or_init(|| git::tracked(self.root()).map(Index::of))
            .as_ref()
    }
}

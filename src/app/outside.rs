//! What lies outside of the repository's files: the engine, archives and git, for what loading asks of them.

use super::base;
use super::base::Base;
use super::{built_images, growth};
use crate::build::growth::Sides;
use crate::cli::CheckArgs;
use crate::config::Config;
use crate::container::Container;
use crate::failure::Failure;
use crate::git::Start;
use crate::load::{BuiltImages, Inputs, Lookup};
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The engine, archives and git, for what loading asks of them.
pub(super) struct Outside<'a> {
    args: &'a CheckArgs,
    root: &'a Path,
    config: &'a Config,
    start: Option<&'a Start>,
    /// What the services of the base's files ask for, once read.
    asked: RefCell<HashMap<PathBuf, Arc<BTreeMap<String, String>>>>,
}

impl<'a> Outside<'a> {
    pub(super) fn new(args: &'a CheckArgs, config: &'a Config, base: Option<&'a Base>, root: &'a Path) -> Self {
        Self {
            args,
            root,
            config,
            start: base.and_then(|base| base.start.as_ref()),
            asked: RefCell::default(),
        }
    }
}

impl Lookup for Outside<'_> {
    fn images(
        &self,
        sets: &[Project],
        containers: &[Container],
        workspace: &Workspace,
    ) -> Result<BuiltImages, Failure> {
        built_images::find(self.args, self.config, sets, containers, workspace)
    }

    fn base_profiles(&self, file: &Path) -> Option<Arc<BTreeMap<String, String>>> {
        let base = self.args.config_from.as_deref()?;
        let mut asked = self.asked.borrow_mut();
        let read = || Arc::new(base::wanted_profiles(base, self.root, file));
        Some(asked.entry(file.to_path_buf()).or_insert_with(read).clone())
    }

    fn growth(&self, asked: &BTreeSet<String>, inputs: &Inputs<'_>, workspace: &Workspace) -> BTreeMap<String, Sides> {
        self.start.map_or_else(BTreeMap::new, |start| {
            growth::ledgers(start, asked, inputs, workspace.root())
        })
    }
}

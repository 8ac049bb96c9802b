//! A workspace as it was before a change.

use super::Workspace;
use crate::failure::Failure;
use crate::git::Changed;
use crate::source::SourceId;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Workspace {
    /// Takes note of what differs from the base, untracked files with it: whoever searches need not walk then.
    pub(crate) fn know(&mut self, changed: &Changed) {
        self.changed = Some(changed.clone());
    }

    /// The same before a change: what its paths held lies in `folder`, and `files` are those of them that there were. Texts that were read
    /// here, and trees, are not made again.
    ///
    /// # Errors
    /// A folder cannot be entered.
    pub(crate) fn before(&self, changed: &Changed, folder: &Path, files: HashSet<PathBuf>) -> Result<Self, Failure> {
        let (tracked, modules) = self.index().cloned().unwrap_or_default();
        let is_same = |path: &Path| !changed.touches(path);
        // Whatever git tracks below a path that changed, changed itself.
        let mut all = HashSet::clone(&tracked);
        for path in &changed.paths {
            all.remove(path);
        }
        all.extend(files);
        let ground = self.ground.before(changed, folder, &all)?;
        let modules = modules.into_iter().filter(|module| is_same(module)).collect();
        let is_kept =
            |source: SourceId| !self.taken.contains(&source) && is_same(Path::new(&self.sources.get(source).path));
        let texts = self.texts.iter().filter_map(|(path, text)| {
            let source = *text.as_ref().ok()?;
            (is_same(path) && is_kept(source)).then(|| (path.clone(), Ok(source)))
        });
        let trees = self.yaml.iter().filter(|(source, _)| is_kept(**source));
        let mut before = Self::on(ground);
        before.texts = texts.collect();
        before.ahead = trees.map(|(source, loaded)| (*source, loaded.file.clone())).collect();
        before.sources = self.sources.clone();
        before.changed = Some(Changed::default());
        // Nobody was asked before.
        let _ = before.tracked.set(Some((Arc::new(all), modules)));
        Ok(before)
    }
}

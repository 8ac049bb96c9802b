//! A workspace as it was before a change.

use super::{Index, Workspace};
use crate::failure::Failure;
use crate::git::Changed;
use crate::resolve::compose::paths::{join, parent};
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
        let Index {
            files: tracked,
            modules,
            links,
        } = self.index().cloned().unwrap_or_default();
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
        // By its own name only: another one leads through links, of which any may have changed.
        let texts = self.texts.iter().filter_map(|(path, text)| {
            let source = *text.as_ref().ok()?;
            let is_own = Path::new(&self.sources.get(source).path) == path;
            (is_own && is_kept(source)).then(|| (path.clone(), Ok(source)))
        });
        let trees = self.yaml.iter().filter(|(source, _)| is_kept(**source));
        let mut before = Self::on(ground);
        before.texts = texts.collect();
        before.ahead = trees.map(|(source, loaded)| (*source, loaded.file.clone())).collect();
        before.sources = self.sources.clone();
        before.changed = Some(Changed::default());
        // Nobody was asked before.
        let _ = before.tracked.set(Some(Index {
            files: Arc::new(all),
            modules,
            links,
        }));
        Ok(before)
    }

    /// A change with the names that its paths have through links that git tracks, and links to links: who asks for a file by such a name
    /// asks for what changed.
    pub(crate) fn through_links(&self, changed: &Changed) -> Changed {
        /// As many as the kernel follows.
        const MOST_LINKS: usize = 40;
        /// More names are not made: then every link counts as changed.
        const MOST_NAMES: usize = 100_000;
        let links = self.index().map_or(&[][..], |index| &index.links);
        let target = |link: &PathBuf| {
            let target = self.ground.read_link(link).ok()?;
            let below = target.strip_prefix(self.root()).map(Path::to_path_buf);
            Some((link.clone(), below.unwrap_or(join(&parent(link), target.to_str()?))))
        };
        let links: Vec<(PathBuf, PathBuf)> = links.iter().filter_map(target).collect();
        let mut reaching = changed.clone();
        for _ in 0..MOST_LINKS {
            let mut more = Vec::new();
            for (link, target) in &links {
                if reaching.touches(target) || links.len() * reaching.paths.len() > MOST_NAMES {
                    more.push(link.clone());
                    continue;
                }
                let below = reaching.paths.iter().filter_map(|path| path.strip_prefix(target).ok());
                more.extend(below.map(|rest| link.join(rest)));
            }
            let count = reaching.paths.len();
            reaching.paths.extend(more);
            if reaching.paths.len() == count {
                break;
            }
        }
        reaching
    }
}

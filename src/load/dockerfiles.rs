//! The Dockerfiles: each is judged once.

use super::{Builder, accounts, contexts};
use crate::build::JudgedFile;
use std::sync::OnceLock;

impl Builder<'_> {
    /// Every Dockerfile that is built, with all who build it.
    pub(super) fn judged_files(&mut self) {
        for usage in std::mem::take(&mut self.built).into_values() {
            let mut shipped: Vec<usize> = usage.plans.iter().filter_map(|(_, plan)| plan.shipped).collect();
            shipped.sort_unstable();
            shipped.dedup();
            for (_, plan) in &usage.plans {
                self.problems.extend(plan.problems.iter().cloned());
            }
            let services = usage.plans.iter().filter_map(|(service, _)| service.clone()).collect();
            if let Some((_, plan)) = usage.plans.into_iter().next() {
                self.workspace.take_asked();
                usage.described.iter().for_each(|path| self.workspace.ask(path));
                let named = contexts::NamedBy {
                    services: &usage.folders,
                    config: self.inputs.config,
                    recipes: &usage.recipes,
                };
                let context = self.contexts.find(&usage.file, &plan, &named, self.workspace);
                if let Some(context) = &context {
                    // It was not asked for before: each file is judged once.
                    let copied = accounts::copied(context, &plan, self.workspace);
                    let _ = usage.file.copied_accounts.set(copied);
                }
                self.dockerfiles.push(JudgedFile {
                    file: usage.file,
                    plan,
                    shipped,
                    beside: usage.beside,
                    services,
                    foreign_runtime: usage.foreign_runtime,
                    images: self.inputs.images.clone(),
                    context,
                    inputs: self.workspace.take_asked(),
                    runs: OnceLock::new(),
                    effects: OnceLock::new(),
                    started: OnceLock::new(),
                    contents: OnceLock::new(),
                });
            }
        }
    }
}

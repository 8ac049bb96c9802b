//! The Dockerfiles: those that no service builds run by themselves, and each is judged once.

use super::{Builder, Use, accounts};
use crate::build::JudgedFile;
use crate::container::{Accounts, Container, ContainerKind, ImageSource};
use crate::resolve::stage;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

impl Builder<'_> {
    /// A Dockerfile that was found. It makes a container of its own if no service builds it.
    pub(super) fn dockerfile_alone(&mut self, path: &Path) {
        let Some(file) = self.built_file(path) else {
            return;
        };
        if file.ast.is_foreign() || self.built.contains_key(&file.path) {
            return;
        }
        let plan = Rc::new(stage::resolve(&file.ast, None, &[]));
        let usage = Use {
            file: file.clone(),
            plans: vec![(None, plan.clone())],
            folders: Vec::new(),
            foreign_runtime: false,
        };
        self.built.insert(file.path.clone(), usage);
        let Some(shipped) = plan.shipped() else { return };
        let span = shipped.from;
        let image = ImageSource::Built {
            file: file.clone(),
            plan,
        };
        let (profile, chosen) = self.profile_of_dockerfile(&file.path, &image);
        self.containers.push(Container {
            name: file.path.clone(),
            kind: ContainerKind::Dockerfile,
            span,
            set: None,
            service: None,
            image,
            accounts: Accounts::default(),
            profile,
            chosen,
            built: None,
            inputs: BTreeSet::new(),
            ledger: OnceCell::new(),
        });
    }

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
                let context =
                    self.contexts
                        .find(&usage.file, &plan, &usage.folders, self.inputs.config, self.workspace);
                if let Some(context) = &context {
                    // It was not asked for before: each file is judged once.
                    let copied = accounts::copied(context, &plan, self.workspace);
                    let _ = usage.file.copied_accounts.set(copied);
                }
                self.dockerfiles.push(JudgedFile {
                    file: usage.file,
                    plan,
                    shipped,
                    services,
                    foreign_runtime: usage.foreign_runtime,
                    images: self.inputs.images.clone(),
                    context,
                    inputs: self.workspace.take_asked(),
                    runs: OnceCell::new(),
                    effects: OnceCell::new(),
                    started: OnceCell::new(),
                    contents: OnceCell::new(),
                });
            }
        }
    }
}

//! Which profile holds for a container.

use super::Builder;
use crate::container::ImageSource;
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::source::Spanned;
use std::path::PathBuf;

impl Builder<'_> {
    pub(super) fn fallback_profile(&self) -> String {
        self.inputs.profile.clone().unwrap_or_else(|| "default".to_owned())
    }

    /// The first assignment that fits, and whether it is final.
    pub(super) fn assigned(&self, service: Option<&str>, dockerfile: Option<&str>) -> Option<(String, bool)> {
        self.inputs
            .config
            .assign
            .iter()
            .find(|assignment| assignment.fits(service, dockerfile))
            .map(|assignment| (assignment.profile.value.clone(), assignment.is_final))
    }

    /// What a service asks for: in the base, where its policy counts, and there the last file of the set that says it.
    fn wanted(&self, set: &Project, service: &Service) -> Option<Spanned<String>> {
        let (name, lookup) = (&service.name, self.inputs.lookup);
        let own = PathBuf::from(self.workspace.sources().path(name.span));
        if lookup.base_profiles(&own).is_none() {
            return service.wanted_profile.clone();
        }
        let mut files = set.files.iter().rev().chain([&own]);
        let said = files.find_map(|file| lookup.base_profiles(file)?.get(&name.value).cloned());
        said.map(|profile| Spanned::new(profile, name.span))
    }

    /// The profile of a service: a final assignment, else what the service asks for, else the assignment, else the fallback.
    pub(super) fn profile_of_service(&mut self, set: &Project, service: &Service, image: &ImageSource) -> String {
        let dockerfile = match image {
            ImageSource::Built { file, .. } => Some(file.path.as_str()),
            _ => None,
        };
        let assigned = self.assigned(Some(&service.name.value), dockerfile);
        if let Some((name, true)) = &assigned {
            return name.clone();
        }
        if let Some(wanted) = &self.wanted(set, service) {
            if self.inputs.config.profiles.contains_key(&wanted.value) {
                return wanted.value.clone();
            }
            let finding = Finding::new(
                wanted.span,
                format!(
                    "service '{}' asks for the profile '{}', which is not there",
                    service.name.value, wanted.value
                ),
            );
            let near = crate::values::nearest(&wanted.value, self.inputs.config.profiles.keys().map(String::as_str));
            let help = near.map_or_else(
                || {
                    format!(
                        "known: {}",
                        self.inputs
                            .config
                            .profiles
                            .keys()
                            .cloned()
                            .collect::<Vec<_>>()
                            .join(", ")
                    )
                },
                |near| format!("did you mean '{near}'?"),
            );
            self.problems
                .push(Problem::new(ReaderRule::UnmatchedAssignment, finding.help(help)));
        }
        assigned.map_or_else(|| self.fallback_profile(), |(name, _)| name)
    }
}

//! Which profile holds for a container.

use super::Builder;
use crate::container::ImageSource;
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::resolve::compose::service::Service;
use crate::source::Spanned;

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

    /// The profile of a service: a final assignment, else what the service asks for, else the assignment, else the fallback.
    pub(super) fn profile_of_service(&mut self, service: &Service, image: &ImageSource) -> String {
        let dockerfile = match image {
            ImageSource::Built { file, .. } => Some(file.path.as_str()),
            _ => None,
        };
        let assigned = self.assigned(Some(&service.name.value), dockerfile);
        if let Some((name, true)) = &assigned {
            return name.clone();
        }
        let wanted = match &self.inputs.base_profiles {
            None => service.wanted_profile.clone(),
            Some(known) => {
                let path = self.workspace.sources().path(service.name.span).to_owned();
                let profile = known.get(&(path, service.name.value.clone()));
                profile.map(|profile| Spanned::new(profile.clone(), service.name.span))
            }
        };
        if let Some(wanted) = &wanted {
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

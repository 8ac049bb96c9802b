//! Which profile holds for a container.

use super::{Builder, guess};
use crate::config::AUTO;
use crate::container::{Chosen, ImageSource};
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::source::Spanned;
use std::path::PathBuf;

impl Builder<'_> {
    /// The first assignment that fits, and whether it is final; else what the command line says, else the default.
    fn assigned(&self, service: Option<&str>, dockerfile: Option<&str>) -> (String, Chosen, bool) {
        let mut entries = self.inputs.config.assign.iter();
        match entries.find(|assignment| assignment.fits(service, dockerfile)) {
            Some(entry) => {
                let chosen = Chosen {
                    by: "assign",
                    span: Some(entry.span),
                    why: None,
                };
                (entry.profile.value.clone(), chosen, entry.is_final)
            }
            None => {
                let by = if self.inputs.profile.is_some() { "--profile" } else { "" };
                let name = self.inputs.profile.clone().unwrap_or_else(|| "default".to_owned());
                (
                    name,
                    Chosen {
                        by,
                        ..Chosen::default()
                    },
                    false,
                )
            }
        }
    }

    /// The profile of a Dockerfile that no service builds.
    pub(super) fn profile_of_dockerfile(&self, path: &str, image: &ImageSource) -> (String, Chosen) {
        let (name, chosen, _) = self.assigned(None, Some(path));
        self.told(name, chosen, path, None, image)
    }

    /// What `auto` comes to.
    fn told(
        &self,
        name: String,
        mut chosen: Chosen,
        of: &str,
        service: Option<&Service>,
        image: &ImageSource,
    ) -> (String, Chosen) {
        if name != AUTO {
            return (name, chosen);
        }
        let (name, why) = guess::profile(of, service, image, &self.inputs.config.profiles);
        chosen.why = Some(why);
        (name.to_owned(), chosen)
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
    pub(super) fn profile_of_service(
        &mut self,
        set: &Project,
        service: &Service,
        image: &ImageSource,
    ) -> (String, Chosen) {
        let dockerfile = match image {
            ImageSource::Built { file, .. } => Some(file.path.as_str()),
            _ => None,
        };
        let (mut name, mut chosen, is_final) = self.assigned(Some(&service.name.value), dockerfile);
        if let Some(wanted) = self.wanted(set, service).filter(|_| !is_final) {
            if wanted.value == AUTO || self.inputs.config.profiles.contains_key(&wanted.value) {
                name = wanted.value;
                chosen = Chosen {
                    by: "x-plimsoll",
                    span: Some(wanted.span),
                    why: None,
                };
            } else {
                self.unknown_profile(service, &wanted);
            }
        }
        self.told(name, chosen, &service.name.value, Some(service), image)
    }

    fn unknown_profile(&mut self, service: &Service, wanted: &Spanned<String>) {
        let profiles = &self.inputs.config.profiles;
        let finding = Finding::new(
            wanted.span,
            format!(
                "`{}` sets the profile `{}`, which does not exist",
                service.name.value, wanted.value
            ),
        );
        let near = crate::values::nearest(&wanted.value, profiles.keys().map(String::as_str));
        let help = near.map_or_else(
            || format!("known: {}", profiles.keys().cloned().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.problems
            .push(Problem::new(ReaderRule::UnmatchedAssignment, finding.help(help)));
    }
}

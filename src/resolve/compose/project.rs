//! A Compose set, merged: its services, what else it defines, and the files that it is made of.

use super::paths::join;
use super::service::{Mount, Service};
use super::unique::Displaced;
use crate::finding::{Finding, Severity};
use crate::parse::yaml::Value;
use crate::source::{SourceId, Span, Spanned};
use crate::values::security_opt::SecurityOpt;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;

/// One Compose set, merged.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Its files, relative to the workspace root, later ones over earlier ones.
    pub files: Vec<PathBuf>,
    /// Every file that had a part in it: included and extended ones and files of variables as well.
    pub read_files: Vec<PathBuf>,
    /// Every path that was looked for to make it, be there something or not.
    pub inputs: BTreeSet<PathBuf>,
    /// The folder that its relative paths start from.
    pub folder: PathBuf,
    /// Its services, in the file's order.
    pub services: Vec<Service>,
    /// Top-level networks.
    pub networks: Vec<Definition>,
    /// Top-level volumes.
    pub volumes: Vec<Definition>,
    /// Top-level secrets.
    pub secrets: Vec<Definition>,
    /// Top-level configs.
    pub configs: Vec<Definition>,
    /// Top-level models.
    pub models: Vec<Definition>,
    /// Where `version` is still written.
    pub versions: Vec<Span>,
    /// Whether a part could not be read: what is absent may not be absent.
    pub partial: bool,
    /// Whether it goes over a file that is none of its own: its relative paths may start elsewhere.
    pub is_overlay: bool,
    /// Its services that no other Compose file defines, where it goes over one: what they lack, nobody gives them.
    pub sole: HashSet<String>,
    /// What it uses and does not define (`networks/back`), each with a file of the repository that does.
    pub lent: std::collections::BTreeMap<String, PathBuf>,
    /// The texts of its own files, and not those of files that it takes of.
    pub own: Vec<SourceId>,
    /// Its files, where nobody says that they belong together and they are only guessed to.
    pub guessed_of: Vec<SourceId>,
    /// Items that a later item of a list displaced.
    pub displaced: Vec<Displaced>,
    /// The services that scripts and texts of the repository start together, of those that publish a host port another one does too.
    pub started: Vec<HashSet<String>>,
    /// Whether `COMPOSE_FILE` or the configuration names its files.
    pub is_named: bool,
    /// The profiles that the configuration names for this set; `*` is all.
    pub declared_profiles: Vec<String>,
    /// The profiles that `COMPOSE_PROFILES` of its `.env` names; `*` is all.
    pub env_profiles: Vec<String>,
    /// Where networks, volumes, secrets and configs stand in their lists, once somebody asks.
    pub index: [OnceLock<HashMap<String, usize>>; 4],
    /// The first service that waits for the end of each service, once somebody asks.
    pub waiting: OnceLock<HashMap<String, usize>>,
}

impl Project {
    /// A service that only starts when the one of this name has completed.
    pub(crate) fn waits_for_end_of(&self, name: &str) -> Option<&Service> {
        let waiting = self.waiting.get_or_init(|| {
            let mut waiting = HashMap::new();
            for (index, service) in self.services.iter().enumerate() {
                for dependency in &service.depends_on {
                    if dependency.condition == "service_completed_successfully" {
                        waiting.entry(dependency.service.value.clone()).or_insert(index);
                    }
                }
            }
            waiting
        });
        self.services.get(*waiting.get(name)?)
    }

    /// Whether `docker compose up` starts a service for what its `.env` says.
    pub(crate) fn env_starts(&self, service: &Service) -> bool {
        let is_named = |profile: &str| self.env_profiles.iter().any(|name| name == profile || name == "*");
        service.profiles.is_empty() || service.profiles.iter().any(|profile| is_named(&profile.value))
    }

    /// Whether all of it could be read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.partial && !self.services.iter().any(Service::is_partial)
    }

    /// Whether nobody adds to a service, though the project goes over another one.
    pub(crate) fn alone_has(&self, service: &Service) -> bool {
        self.sole.contains(&service.name.value) && !service.is_partial()
    }

    /// The sources of the files of the set itself, among all that were read.
    pub(crate) fn own_sources(&self, read: &[(PathBuf, SourceId)]) -> Vec<SourceId> {
        let own = read.iter().filter(|(path, _)| self.files.contains(path));
        own.map(|(_, source)| *source).collect()
    }

    /// Whether a finding is about two files that are only guessed to belong together. It is no error then: neither file has it
    /// alone. What is said to be less than an error stays.
    pub(crate) fn is_only_guessed(&self, finding: &Finding) -> bool {
        let places = std::iter::once(finding.span).chain(finding.related.iter().map(|related| related.span));
        let mut files = places
            .map(|span| span.source)
            .filter(|source| self.guessed_of.contains(source));
        let first = files.next();
        finding.severity.is_none_or(|severity| severity == Severity::Error) && files.any(|file| Some(file) != first)
    }

    /// Whether two of its services publish one host port.
    pub(crate) fn has_one_port_twice(&self) -> bool {
        let mut seen = HashSet::new();
        let ports = self.services.iter().flat_map(|service| &service.ports);
        let mut numbers = ports.filter_map(|port| port.published.value());
        numbers.any(|number| !seen.insert(number))
    }

    /// A service by its name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.value == name)
    }

    /// The files that services are given at run time, variables, secrets, configs and mounts, relative to the workspace root.
    pub fn given_files(&self) -> Vec<PathBuf> {
        let variables = self
            .services
            .iter()
            .flat_map(|service| &service.env_files)
            .filter_map(|file| file.path.value().map(String::as_str))
            .filter(|path| !path.is_empty());
        let definitions = self.secrets.iter().chain(&self.configs);
        let contents = definitions.filter_map(|definition| definition.raw.get("file")?.str());
        let mounts = self.services.iter().flat_map(|service| &service.volumes);
        variables
            .chain(contents)
            .chain(mounts.filter_map(Mount::local_source))
            .map(|path| join(&self.folder, path))
            .collect()
    }

    /// The files of seccomp profiles that its services name.
    pub fn seccomp_files(&self) -> Vec<PathBuf> {
        let named = self
            .services
            .iter()
            .filter_map(|service| service.last_security("seccomp"));
        let files = named.filter_map(|(option, _)| match option {
            SecurityOpt::Seccomp(file) if !matches!(file.as_str(), "unconfined" | "builtin") => {
                Some(self.of_option(&file))
            }
            _ => None,
        });
        files.collect()
    }

    /// The file of the checkout that an option names: `${PWD}` is the folder of the project for who starts it there.
    pub fn of_option(&self, file: &str) -> PathBuf {
        join(&self.folder, file.strip_prefix("${PWD}/").unwrap_or(file))
    }

    /// Items that stand twice in one list of a service, with different values: the last one counts.
    pub fn repeated<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a Displaced> {
        self.displaced.iter().filter(move |item| {
            item.attribute == attribute && item.one_list && !item.same && item.earlier.source == item.later.source
        })
    }

    /// The names of the networks that some service joins.
    pub fn used_networks(&self) -> HashSet<&str> {
        let members = self.services.iter().flat_map(|service| &service.networks);
        members.map(|member| member.value.as_str()).collect()
    }

    /// A top-level network by its name.
    pub fn network(&self, name: &str) -> Option<&Definition> {
        defined(&self.networks, &self.index[0], name)
    }

    /// A top-level volume by its name.
    pub fn volume(&self, name: &str) -> Option<&Definition> {
        defined(&self.volumes, &self.index[1], name)
    }

    /// A top-level secret by its name.
    pub fn secret(&self, name: &str) -> Option<&Definition> {
        defined(&self.secrets, &self.index[2], name)
    }

    /// A top-level config by its name.
    pub fn config(&self, name: &str) -> Option<&Definition> {
        defined(&self.configs, &self.index[3], name)
    }
}

/// A named network, volume, secret, config or model of a set.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, at the key that defines it.
    pub name: Spanned<String>,
    /// What is written.
    pub raw: Value,
}

/// The definition of a name: a file can define thousands, and use each of them.
fn defined<'a>(list: &'a [Definition], index: &OnceLock<HashMap<String, usize>>, name: &str) -> Option<&'a Definition> {
    let index = index.get_or_init(|| {
        let names = list.iter().map(|definition| definition.name.value.clone());
        names.zip(0..).collect()
    });
    list.get(*index.get(name)?)
}

//! What is little beside something else that is said, and what is one decision: said once, with the weight that it has there.

use crate::config::Config;
use crate::finding::Severity;
use crate::report::Reported;
use crate::repository::Repository;
use crate::source::{SourceId, Sources, Span, slashed};
use std::collections::{HashMap, HashSet};

/// What a service lacks beside what it sets: of one set of files it is said once.
const ONCE: [&str; 7] = [
    "capabilities-kept",
    "missing-cpu-limit",
    "missing-healthcheck",
    "missing-memory-limit",
    "missing-pids-limit",
    "privilege-escalation-allowed",
    "writable-root",
];

/// What gives a service the host, and what is little beside it.
const GREAT: [&str; 4] = [
    "dangerous-capability",
    "engine-socket-mounted",
    "host-namespace",
    "privileged-service",
];
const LITTLE: [&str; 8] = [
    "capabilities-kept",
    "dangerous-capability",
    "host-namespace",
    "privilege-escalation-allowed",
    "root-group",
    "root-user",
    "sensitive-host-path",
    "writable-root",
];

/// What is merged: the number of a set, or a file that is in none.
type Merged = Result<usize, SourceId>;
/// A service of it.
type Of = (Merged, Option<String>);

/// Makes notes of warnings, and of the errors of mounts and stacks, whose weight is elsewhere.
pub(super) fn soften(findings: &mut [Reported], repository: &Repository, config: &Config, sources: &Sources) {
    let is_open =
        |reported: &&mut Reported| reported.severity > Severity::Note && !config.rules.contains_key(reported.rule.name);
    let said = Said::by(findings, repository, sources);
    for reported in findings.iter_mut().filter(is_open) {
        let is_warning = reported.severity == Severity::Warning;
        let is_little = is_warning && (said.is_little(reported) || said.is_told(reported));
        if is_little || said.is_of_privileged(reported) || said.is_of_swarm(reported) {
            reported.severity = Severity::Note;
        }
    }
}

/// Leaves one warning of what a set of files lacks in each of its services: it is one decision.
pub(super) fn once(findings: &mut [Reported], repository: &Repository, config: &Config, sources: &Sources) {
    let sets = sets(repository);
    let mut lacking: HashSet<(&str, Merged)> = HashSet::new();
    // Files of one folder mostly take a service of one name from each other.
    let mut alike: HashSet<(&str, &str, String)> = HashSet::new();
    let is_one = |reported: &&mut Reported| {
        let rule = reported.rule.name;
        reported.severity == Severity::Warning && ONCE.contains(&rule) && !config.rules.contains_key(rule)
    };
    for reported in findings.iter_mut().filter(is_one) {
        let span = reported.finding.span;
        let set = sets.get(sources.path(span)).copied().ok_or(span.source);
        let folder = sources.path(span).rsplit_once('/').map_or("", |(folder, _)| folder);
        let about = reported.about.clone().filter(|_| set.is_ok());
        let key = about.map(|about| (reported.rule.name, folder, about));
        let is_again = key.as_ref().is_some_and(|key| alike.contains(key));
        if is_again || !lacking.insert((reported.rule.name, set)) {
            reported.severity = Severity::Note;
        } else {
            alike.extend(key);
        }
    }
}

/// The first set of each Compose file.
fn sets(repository: &Repository) -> HashMap<String, usize> {
    let mut sets = HashMap::new();
    for (index, set) in repository.sets.iter().enumerate() {
        for file in &set.files {
            sets.entry(slashed(file)).or_insert(index);
        }
    }
    sets
}

/// What is said of services.
struct Said {
    /// The set of each Compose file.
    sets: HashMap<SourceId, usize>,
    /// Those that are given the host; without a file for what is said of their images.
    great: HashSet<(Option<Merged>, String)>,
    /// Those that have every device.
    privileged: HashSet<Of>,
    /// Those whose password is known; without a file where it is in a file of variables.
    guessed: HashSet<(Option<Merged>, Option<String>)>,
    /// Those whose probe never works.
    unhealthy: HashSet<Of>,
    /// The Compose files that are stacks of a Swarm.
    stacks: HashSet<SourceId>,
    dockerfiles: HashSet<SourceId>,
    /// The steps whose files a later one deletes in vain.
    late: Vec<Span>,
}

impl Said {
    fn by(findings: &[Reported], repository: &Repository, sources: &Sources) -> Self {
        let sets = sets(repository);
        let known = sources
            .iter()
            .filter_map(|(id, source)| Some((id, *sets.get(&source.path)?)));
        let mut said = Self {
            sets: known.collect(),
            great: HashSet::new(),
            privileged: HashSet::new(),
            guessed: HashSet::new(),
            unhealthy: HashSet::new(),
            stacks: stacks(repository, sources),
            dockerfiles: repository.dockerfiles.iter().map(|file| file.file.source).collect(),
            late: Vec::new(),
        };
        let instructions = || {
            repository
                .dockerfiles
                .iter()
                .flat_map(|file| &file.file.ast.instructions)
        };
        for reported in findings.iter().filter(|reported| reported.severity > Severity::Note) {
            let (rule, merged, about) = (reported.rule.name, said.merged(reported), reported.about.clone());
            if reported.severity == Severity::Error
                && GREAT.contains(&rule)
                && let Some(name) = &about
            {
                said.great.insert((Some(merged), name.clone()));
                said.great.insert((None, name.clone()));
            }
            match rule {
                "privileged-service" if reported.severity == Severity::Error => {
                    said.privileged.insert((merged, about));
                }
                "guessable-credential" => {
                    let path = sources.path(reported.finding.span);
                    let is_compose = path.ends_with(".yml") || path.ends_with(".yaml");
                    said.guessed.insert((Some(merged).filter(|_| is_compose), about));
                }
                "late-cleanup" => {
                    let wrote = |span| instructions().find(|one| one.keyword.span == span).map(|one| one.span);
                    let related = reported.finding.related.iter();
                    said.late.extend(related.filter_map(|related| wrote(related.span)));
                }
                "healthcheck-never-healthy" => {
                    said.unhealthy.insert((merged, about));
                }
                _ => {}
            }
        }
        said
    }

    fn merged(&self, reported: &Reported) -> Merged {
        let source = reported.finding.span.source;
        self.sets.get(&source).copied().ok_or(source)
    }

    /// Whether it changes little for a service that is given the host.
    fn is_little(&self, reported: &Reported) -> bool {
        let source = reported.finding.span.source;
        let merged = Some(self.merged(reported)).filter(|_| !self.dockerfiles.contains(&source));
        let about = reported.about.as_ref();
        LITTLE.contains(&reported.rule.name) && about.is_some_and(|about| self.great.contains(&(merged, about.clone())))
    }

    /// Whether another rule says it of the same service: the open port whose password is known, the list that no shell reads, the
    /// cache that a later step deletes in vain.
    fn is_told(&self, reported: &Reported) -> bool {
        let (merged, about) = (self.merged(reported), reported.about.clone());
        match reported.rule.name {
            "port-on-every-interface" => {
                self.guessed.contains(&(None, about.clone())) || self.guessed.contains(&(Some(merged), about))
            }
            "package-cache-kept" => self.late.iter().any(|step| step.contains(reported.finding.span)),
            "malformed-exec-form" => {
                reported.finding.aspect == "healthcheck.test" && self.unhealthy.contains(&(merged, about))
            }
            _ => false,
        }
    }

    /// Whether a privileged service has it anyway: every device, and no confinement.
    fn is_of_privileged(&self, reported: &Reported) -> bool {
        let aspect = &reported.finding.aspect;
        let path = aspect.rsplit(' ').next().unwrap_or("");
        let is_device = ["/dev", "/sys", "/proc"]
            .iter()
            .any(|folder| path == *folder || crate::values::path::is_below(path, folder));
        let of = (self.merged(reported), reported.about.clone());
        let is_of_it = match reported.rule.name {
            "confinement-disabled" | "host-device" => true,
            "sensitive-host-path" => is_device,
            _ => false,
        };
        is_of_it && self.privileged.contains(&of)
    }

    /// Whether only a Swarm reads it, and the file is one for a Swarm.
    fn is_of_swarm(&self, reported: &Reported) -> bool {
        reported.finding.fits_swarm && self.stacks.contains(&reported.finding.span.source)
    }
}

/// The Compose files that are stacks of a Swarm by their name, or since they say where its nodes run what, and how an update goes, which
/// nothing else reads.
fn stacks(repository: &Repository, sources: &Sources) -> HashSet<SourceId> {
    const KEYS: [&str; 3] = ["placement", "update_config", "rollback_config"];
    let services = repository.sets.iter().flat_map(|set| &set.services);
    services
        .filter(|service| {
            KEYS.iter().any(|key| service.written(&["deploy", key]).is_some())
                || is_stack(sources.path(service.name.span))
        })
        .map(|service| service.name.span.source)
        .collect()
}

/// Whether a file is one for `docker stack deploy` by its name: `docker-stack.yml`, `swarm.yaml`, `app.stack.yml`.
fn is_stack(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut words: Vec<&str> = name.split(['-', '_', '.']).collect();
    words.retain(|word| !["yml", "yaml", "docker", "compose"].contains(word));
    words.iter().any(|word| ["stack", "swarm"].contains(word)) && !words.contains(&"full")
}

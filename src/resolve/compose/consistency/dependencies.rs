//! Services that need one another: targets that are not there or switched off, and cycles (compose-go `loader/normalize.go`
//! makes a dependency of every link, `volumes_from` and shared namespace).

use super::Checker;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::parse::yaml::Value;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::source::{Span, Spanned};
use std::collections::{HashMap, HashSet};

/// Namespaces that a service can take from another one, and what they are called.
const SHARED: [(&str, &str); 4] = [
    ("network_mode", "shares the network of"),
    ("pid", "shares the processes of"),
    ("ipc", "shares the memory of"),
    ("uts", "shares the host name of"),
];

/// One service that another one needs.
struct Need {
    target: Spanned<String>,
    required: bool,
    /// The words between the two names.
    words: &'static str,
    key: &'static str,
}

/// Every service that this one needs, written as such or not.
fn needs(service: &Service) -> Vec<Need> {
    let mut found: Vec<Need> = service
        .depends_on
        .iter()
        .map(|dependency| Need {
            target: dependency.service.clone(),
            required: dependency.required,
            words: "depends on",
            key: "depends_on",
        })
        .collect();
    let listed = [("links", "is linked to"), ("volumes_from", "takes the volumes of")];
    for (key, words) in listed {
        for item in service.written(&[key]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some(text) = item.str().filter(|text| !text.starts_with("container:")) {
                found.push(Need {
                    target: Spanned::new(text.split(':').next().unwrap_or(text).to_owned(), item.span),
                    required: true,
                    words,
                    key,
                });
            }
        }
    }
    for (key, words) in SHARED {
        if let Some(value) = service.written(&[key])
            && let Some(target) = value.str().and_then(|text| text.strip_prefix("service:"))
        {
            found.push(Need {
                target: Spanned::new(target.to_owned(), value.span),
                required: true,
                words,
                key,
            });
        }
    }
    found
}

impl Checker<'_> {
    pub(super) fn needs(&mut self, service: &Service) {
        for need in needs(service) {
            self.need(service, &need);
        }
    }

    fn need(&mut self, service: &Service, need: &Need) {
        let (name, target) = (&service.name.value, &need.target);
        let subject = format!("{}:{}", need.key, target.value);
        let Some(other) = self.project.service(&target.value) else {
            let message = format!("`{name}` {} `{}`, which does not exist", need.words, target.value);
            let known = self
                .project
                .services
                .iter()
                .map(|service| service.name.value.as_str())
                .collect();
            let finding = Finding::new(target.span, message).help("define the service, or remove this line");
            let finding = self.with_nearest(finding, &target.value, known);
            self.problem(ReaderRule::UndefinedReference, finding.aspect(subject));
            return;
        };
        if need.required
            && let Some(profile) = missing_profile(service, other)
        {
            let when = profile.map_or("without any profile".to_owned(), |profile| {
                format!("with the profile `{profile}`")
            });
            let message = format!("`{name}` {} `{}`, which is disabled {when}", need.words, target.value);
            let help = match need.key {
                "depends_on" => "give both the same profiles, or set `required: false`",
                _ => "give both the same profiles",
            };
            let finding = Finding::new(target.span, message)
                .related(
                    other.profiles.first().map_or(other.name.span, |profile| profile.span),
                    "its profiles",
                )
                .help(help)
                // Compose refuses that run; one with the profiles of both has both, and may be the one that is meant.
                .severity(Severity::Warning);
            self.problem(ReaderRule::UndefinedReference, finding.aspect(subject));
        }
    }

    pub(super) fn dependency_cycles(&mut self) {
        let project = self.project;
        let needs: Vec<Vec<Need>> = project.services.iter().map(needs).collect();
        let edges: HashMap<&str, Vec<&Spanned<String>>> = project
            .services
            .iter()
            .zip(&needs)
            .map(|(service, needs)| {
                let targets = needs.iter().map(|need| &need.target).collect();
                (service.name.value.as_str(), targets)
            })
            .collect();
        let mut done: HashSet<&str> = HashSet::new();
        for service in &project.services {
            if let Some((chain, span)) = cycle(&service.name.value, &edges, &mut done) {
                let message = format!("these services wait for each other: {}", chain.join(" -> "));
                let finding = Finding::new(span, message)
                    .help("remove one dependency: no start order exists")
                    .aspect("depends_on");
                self.problem(ReaderRule::DependencyCycle, finding);
            }
        }
    }
}

/// A case in which `service` runs and `other` does not: `None` inside is the run without profiles.
fn missing_profile<'a>(service: &'a Service, other: &Service) -> Option<Option<&'a str>> {
    if other.profiles.is_empty() {
        return None;
    }
    if service.profiles.is_empty() {
        return Some(None);
    }
    let has = |profile: &Spanned<String>| other.profiles.iter().any(|known| known.value == profile.value);
    service
        .profiles
        .iter()
        .find(|profile| !has(profile))
        .map(|profile| Some(profile.value.as_str()))
}

/// Whether there is a run, without profiles, with one, or with those of the `.env`, that has both services.
pub(crate) fn together(project: &Project, a: &Service, b: &Service) -> bool {
    project.env_starts(a) && project.env_starts(b)
        || a.profiles.is_empty()
        || b.profiles.is_empty()
        || a.profiles
            .iter()
            .any(|profile| b.profiles.iter().any(|other| other.value == profile.value))
}

/// A cycle that can be reached from a service, found without recursion; the last edge is where it closes.
fn cycle<'a>(
    start: &'a str,
    edges: &HashMap<&'a str, Vec<&'a Spanned<String>>>,
    done: &mut HashSet<&'a str>,
) -> Option<(Vec<String>, Span)> {
    let mut path: Vec<(&str, usize)> = vec![(start, 0)];
    let mut on_path: HashSet<&str> = HashSet::from([start]);
    while let Some((node, next)) = path.last_mut() {
        let node = *node;
        if done.contains(node) {
            on_path.remove(node);
            path.pop();
            continue;
        }
        let edge = edges.get(node).and_then(|edges| edges.get(*next)).copied();
        *next += 1;
        match edge {
            None => {
                done.insert(node);
                on_path.remove(node);
                path.pop();
            }
            Some(target) if on_path.contains(target.value.as_str()) => {
                let names = path.iter().map(|(name, _)| (*name).to_owned());
                let mut chain: Vec<String> = names.skip_while(|name| *name != target.value).collect();
                chain.push(target.value.clone());
                done.extend(on_path);
                return Some((chain, target.span));
            }
            Some(target) => {
                if let Some((name, _)) = edges.get_key_value(target.value.as_str()) {
                    on_path.insert(name);
                    path.push((name, 0));
                }
            }
        }
    }
    None
}

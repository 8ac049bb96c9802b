//! Profiles, and the sums of `project`: mappings whose keys are budgets.

use super::key::{Key, Takes};
use super::profile::Demands;
use super::read::{Reader, nearest_profile};
use super::{AUTO, BUDGETS, Budget, Config, Demand, Limit, Limits, Profile};
use crate::config::budget::{CPUS, MEMORY};
use crate::config::figure::{Figure, Kind, capability_name};
use crate::parse::yaml::{Entry, Value};
use crate::source::Spanned;

/// The keys of a profile beside the budgets.
pub(crate) static PROFILE: &[Key<Profile>] = &[
    Key {
        name: "extends",
        // Read before the rest, which changes what this gives.
        takes: Takes::Own("the name of a profile", |_, _, _, _| {}),
        default: "the built-in profile of the same name, else `default`",
        doc: "The profile whose budgets and requirements this one starts with.",
        example: "profiles:\n  api: {extends: translation, memory: 96MiB}\nassign:\n  - {profile: api}\n",
    },
    Key {
        name: "require",
        takes: Takes::Demands(&Demand::REQUIRE, |profile| &mut profile.demands),
        default: "what the extended profile requires; `default` nothing, the other built-in profiles all of it",
        doc: "Limits and settings that a service must have. A missing one that is required is an error.",
        example: "profiles:\n  api: {require: [memory, pids]}\nassign:\n  - {profile: api}\n",
    },
    Key {
        name: "harden",
        takes: Takes::Demands(&Demand::HARDEN, |profile| &mut profile.demands),
        default: "what the extended profile requires; `default` nothing, the other built-in profiles all of it but `internal-network` (`database` without `read-only` either)",
        doc: "Hardening that a service must have. A missing one that is required is an error.",
        example: "profiles:\n  api: {harden: [non-root, private]}\nassign:\n  - {profile: api}\n",
    },
    Key {
        name: "reduce",
        takes: Takes::Own("a mapping of budgets to shares", |reader, profile, _, value| {
            reader.reductions(value, profile);
        }),
        default: "no target",
        doc: "Target reductions, compared with an earlier version: `plimsoll diff BASE` fails if a target for `image-size`, `memory`, \
              `cpus`, `pids` or `log-size` is missed, and reports which are undecided. A value that is unlimited in the base and limited now \
              meets its target; a new service has none.",
        example: "profiles:\n  api: {reduce: {image-size: 60%, memory: 70%}}\nassign:\n  - {profile: api}\n",
    },
];

/// The budgets of `project`.
pub(crate) static PROJECT: &[Key<Limits>] = &[
    Key {
        name: "memory",
        takes: Takes::Limit(&MEMORY, |limits| limits),
        default: "no budget",
        doc: "The sum of the memory limits, each times the replicas of its service.",
        example: "project: {memory: 2GiB}\n",
    },
    Key {
        name: "cpus",
        takes: Takes::Limit(&CPUS, |limits| limits),
        default: "no budget",
        doc: "The sum of the CPU limits, each times the replicas of its service.",
        example: "project: {cpus: 2}\n",
    },
];

/// The budgets of `host`.
pub(crate) static HOST: &[Key<Limits>] = &[
    Key {
        name: "memory",
        takes: Takes::Limit(&MEMORY, |limits| limits),
        default: "no budget",
        doc: "The memory that its services can have together.",
        example: "host: {memory: 8GiB}\n",
    },
    Key {
        name: "cpus",
        takes: Takes::Limit(&CPUS, |limits| limits),
        default: "no budget",
        doc: "The CPUs that its services can have together.",
        example: "host: {cpus: 4}\n",
    },
];

impl Reader<'_> {
    pub(crate) fn profiles(&mut self, value: &Value, config: &mut Config) {
        let Some(map) = value.map() else {
            self.mistake(
                value.span,
                format!("`profiles` must be a mapping, not {}", value.kind()),
                "",
            );
            return;
        };
        if let Some(entry) = map.get(AUTO) {
            self.mistake(
                entry.key,
                "`auto` is not a profile name: it selects the profile that fits",
                "choose another name",
            );
        }
        let mut open: Vec<&str> = map.keys().map(String::as_str).filter(|name| *name != AUTO).collect();
        // A profile is read after the one that it extends; what is left over extends itself.
        while !open.is_empty() {
            let ready = open.iter().position(|name| {
                let base = map.get(*name).and_then(|entry| entry.value.get("extends")?.str());
                base.is_none_or(|base| base == *name || !open.contains(&base))
            });
            let Some(index) = ready else {
                for name in open {
                    if let Some(entry) = map.get(name) {
                        self.mistake(
                            entry.key,
                            format!("the profile `{name}` extends itself"),
                            "remove one `extends`",
                        );
                    }
                }
                return;
            };
            let name = open.remove(index);
            if let Some(entry) = map.get(name) {
                let profile = self.profile(name, entry, config);
                config.profiles.insert(name.to_owned(), profile);
            }
        }
    }

    fn profile(&mut self, name: &str, entry: &Entry, config: &mut Config) -> Profile {
        let mut base = name;
        if let Some(value) = entry.value.get("extends") {
            match value.str() {
                Some(wanted) if config.profiles.contains_key(wanted) => base = wanted,
                _ => {
                    let wanted = value.scalar_text().unwrap_or_default();
                    let help = nearest_profile(config, &wanted);
                    self.mistake(value.span, format!("there is no profile `{wanted}` to extend"), help);
                }
            }
        }
        let mut profile = config
            .profiles
            .get(base)
            .or_else(|| config.profiles.get("default"))
            .cloned()
            .unwrap_or_default();
        if profile.name != name || entry.value.get("extends").is_some() || name != "default" {
            // The default's own figures are nobody's choice, whoever extends it.
            if profile.name == "default" {
                profile.chosen = true;
            } else {
                profile.choose();
            }
        }
        if base != name {
            profile.bases.push(base.to_owned());
        }
        profile.name = name.to_owned();
        let keys = PROFILE.iter().map(|key| key.name);
        let names: Vec<&str> = keys.chain(BUDGETS.iter().map(|budget| budget.key)).collect();
        for (name, entry) in self.entries(&entry.value, &format!("the profile `{name}`"), &names) {
            if let Some(budget) = BUDGETS.iter().find(|budget| budget.key == name) {
                if budget.is_of_record() {
                    config.not_held.push(Spanned::new(name.to_owned(), entry.value.span));
                }
                let before = self.mistakes();
                self.limit(&mut profile.limits, budget, &entry.value);
                self.show(before, name, &format!("{name}: {}", budget.example));
            } else if let Some(key) = PROFILE.iter().find(|key| key.name == name) {
                key.read(self, &mut profile, &entry.value);
            }
        }
        profile
    }

    /// Reads the figure of a budget; `null` takes the one away that there is.
    pub(crate) fn limit(&mut self, limits: &mut Limits, budget: &'static Budget, value: &Value) {
        let figure = match (budget.kind, value.seq()) {
            (Kind::Capabilities, Some(items)) => Some(Figure::Names(self.capabilities(budget.key, items))),
            _ if value.is_null() => None,
            _ => match budget.kind.read(budget.key, &value.data) {
                Ok(figure) => Some(figure),
                Err((message, help)) => {
                    self.mistake(value.span, message, help);
                    None
                }
            },
        };
        let limit = figure.map(|value_read| Limit {
            value: value_read,
            chosen: true,
            span: Some(value.span),
        });
        limits.set(budget, limit);
    }

    fn capabilities(&mut self, key: &str, items: &[Value]) -> Vec<String> {
        let mut names = Vec::new();
        for item in items {
            let Some(text) = self.text(item, key) else { continue };
            match capability_name(&text) {
                Ok(name) => names.push(name),
                Err((message, help)) => self.mistake(item.span, message, help),
            }
        }
        names
    }

    /// Reads which of `allowed` there are to be.
    pub(super) fn demands(&mut self, demands: &mut Demands, key: &str, value: &Value, allowed: &[Demand]) {
        demands.retain(|demand, _| !allowed.contains(demand));
        let words: Vec<_> = allowed.iter().map(|demand| demand.word()).collect();
        for item in self.list(value, key) {
            if let Some(word) = self.word(item, key, &words)
                && let Some(demand) = allowed.iter().find(|demand| demand.word() == word)
            {
                demands.insert(*demand, Some(item.span));
            }
        }
    }
}

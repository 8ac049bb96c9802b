//! Profiles: what each budget may look like.

use super::{Reader, nearest_profile};
use crate::config::Config;
use crate::config::profile::{Demand, Limit, Profile};
use crate::parse::yaml::{Data, Entry, Value};
use crate::source::Spanned;
use crate::values::{bytes, capability, duration};

const PROFILE: [&str; 22] = [
    "extends",
    "image-size",
    "download-size",
    "image-layers",
    "memory",
    "memory-reservation",
    "cpus",
    "pids",
    "swap-factor",
    "nofile",
    "fsize",
    "nproc",
    "log-size",
    "capabilities",
    "waste",
    "growth",
    "build-context",
    "start-up",
    "idle-cpu",
    "idle-memory",
    "require",
    "harden",
];

/// Budgets of what only an image or a run shows, which no rule looks at yet.
const NOT_HELD: [&str; 2] = ["idle-cpu", "idle-memory"];

impl Reader<'_> {
    pub(crate) fn profiles(&mut self, value: &Value, config: &mut Config) {
        let Some(map) = value.map() else {
            self.mistake(
                value.span,
                format!("'profiles' must be a mapping, not {}", value.kind()),
                "",
            );
            return;
        };
        let mut open: Vec<&str> = map.keys().map(String::as_str).collect();
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
                            format!("the profile '{name}' extends itself"),
                            "take one `extends` away",
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
                    self.mistake(value.span, format!("there is no profile '{wanted}' to extend"), help);
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
        for (key, entry) in self.entries(&entry.value, &format!("the profile '{name}'"), &PROFILE) {
            if NOT_HELD.contains(&key) {
                config.not_held.push(Spanned::new(key.to_owned(), entry.value.span));
            }
            self.budget(&mut profile, key, &entry.value);
        }
        profile
    }

    pub(crate) fn project(&mut self, value: &Value, config: &mut Config) {
        for (key, entry) in self.entries(value, "'project'", &["memory", "cpus"]) {
            match key {
                "memory" => config.project.memory = self.size(key, &entry.value),
                _ => config.project.cpus = self.number(key, &entry.value),
            }
        }
    }

    fn budget(&mut self, profile: &mut Profile, key: &str, value: &Value) {
        match key {
            "image-size" => profile.image_size = self.size(key, value),
            "download-size" => profile.download_size = self.size(key, value),
            "memory" => profile.memory = self.size(key, value),
            "memory-reservation" => profile.memory_reservation = self.size(key, value),
            "fsize" => profile.fsize = self.size(key, value),
            "log-size" => profile.log_size = self.size(key, value),
            "build-context" => profile.build_context = self.size(key, value),
            "image-layers" => profile.image_layers = self.count(key, value),
            "pids" => profile.pids = self.count(key, value),
            "nproc" => profile.nproc = self.count(key, value),
            "cpus" => profile.cpus = self.number(key, value),
            "swap-factor" => profile.swap_factor = self.number(key, value),
            "nofile" => profile.nofile = self.soft_and_hard(value),
            "waste" => profile.waste = self.share(key, value),
            "growth" => profile.growth = self.share(key, value),
            "start-up" => profile.start_up = self.time(key, value),
            "capabilities" => profile.capabilities = self.capabilities(value),
            "require" => self.demands(profile, key, value, &Demand::REQUIRE),
            "harden" => self.demands(profile, key, value, &Demand::HARDEN),
            _ => {}
        }
    }

    pub(super) fn size(&mut self, key: &str, value: &Value) -> Option<Limit<i64>> {
        let result = match &value.data {
            Data::Str(text) => bytes::budget(text),
            Data::Null => return None,
            Data::Int(number) => Err(format!("'{key}' has no unit: write {number}MiB or {number}MB")),
            _ => Err(format!("'{key}' must be a size like 128MiB, not {}", value.kind())),
        };
        match result {
            Ok(bytes) => chosen(bytes, value),
            Err(message) => {
                self.mistake(value.span, message, "");
                None
            }
        }
    }

    fn count(&mut self, key: &str, value: &Value) -> Option<Limit<i64>> {
        match value.data {
            Data::Int(number) if number > 0 => chosen(number, value),
            Data::Null => None,
            _ => {
                self.mistake(value.span, format!("'{key}' must be a whole number above 0"), "");
                None
            }
        }
    }

    pub(super) fn number(&mut self, key: &str, value: &Value) -> Option<Limit<f64>> {
        #[allow(clippy::cast_precision_loss)]
        let number = match &value.data {
            Data::Int(number) => Some(*number as f64),
            Data::Float(number) => Some(*number),
            Data::Null => return None,
            _ => None,
        };
        match number.filter(|number| number.is_finite() && *number > 0.0) {
            Some(number) => chosen(number, value),
            None => {
                self.mistake(
                    value.span,
                    format!("'{key}' must be a number above 0, not {}", value.kind()),
                    "",
                );
                None
            }
        }
    }

    /// `10%` is 0.1.
    fn share(&mut self, key: &str, value: &Value) -> Option<Limit<f64>> {
        if value.is_null() {
            return None;
        }
        let number = value
            .str()
            .and_then(|text| text.strip_suffix('%')?.trim().parse::<f64>().ok());
        match number.filter(|number| number.is_finite() && *number >= 0.0) {
            Some(number) => chosen(number / 100.0, value),
            None => {
                self.mistake(value.span, format!("'{key}' must be a share like 10%"), "");
                None
            }
        }
    }

    fn time(&mut self, key: &str, value: &Value) -> Option<Limit<i64>> {
        match value.str().and_then(duration::parse).filter(|time| *time > 0) {
            Some(time) => chosen(time, value),
            None if value.is_null() => None,
            None => {
                self.mistake(value.span, format!("'{key}' must be a duration like 10s"), "");
                None
            }
        }
    }

    fn soft_and_hard(&mut self, value: &Value) -> Option<Limit<(i64, i64)>> {
        let pair = match &value.data {
            Data::Int(number) => Some((*number, *number)),
            Data::Str(text) => text
                .split_once('/')
                .and_then(|(soft, hard)| Some((soft.trim().parse().ok()?, hard.trim().parse().ok()?))),
            Data::Null => return None,
            _ => None,
        };
        match pair.filter(|(soft, hard)| 0 < *soft && soft <= hard) {
            Some(pair) => chosen(pair, value),
            None => {
                self.mistake(value.span, "'nofile' must be soft/hard, like 256/512", "");
                None
            }
        }
    }

    fn capabilities(&mut self, value: &Value) -> Option<Limit<Vec<String>>> {
        let mut names = Vec::new();
        for item in self.list(value, "capabilities") {
            let Some(text) = self.text(item, "capabilities") else {
                continue;
            };
            let name = capability::normal(&text);
            if capability::is_known(&name) {
                names.push(name);
            } else {
                let near = capability::ALL
                    .iter()
                    .copied()
                    .min_by_key(|known| strsim::levenshtein(known, &name));
                let help = near.map_or(String::new(), |near| format!("did you mean '{near}'?"));
                self.mistake(item.span, format!("there is no capability '{text}'"), help);
            }
        }
        chosen(names, value)
    }

    fn demands(&mut self, profile: &mut Profile, key: &str, value: &Value, allowed: &[Demand]) {
        profile.demands.retain(|demand, _| !allowed.contains(demand));
        let words: Vec<_> = allowed.iter().map(|demand| demand.word()).collect();
        for item in self.list(value, key) {
            if let Some(word) = self.word(item, key, &words)
                && let Some(demand) = allowed.iter().find(|demand| demand.word() == word)
            {
                profile.demands.insert(*demand, Some(item.span));
            }
        }
    }
}

fn chosen<T>(value: T, at: &Value) -> Option<Limit<T>> {
    Some(Limit {
        value,
        chosen: true,
        span: Some(at.span),
    })
}

//! A service as Compose hands it to the engine: every setting with its state and its place.

mod parts;

use crate::fact::{Fact, Sourced, State};
use crate::parse::yaml::Value;
use crate::source::{Span, Spanned};
use crate::values::number::Real;
use crate::values::security_opt::SecurityOpt;

pub(crate) use parts::{Build, Dependency, EnvFile, Healthcheck, Logging, Mount, Port, Tmpfs, Ulimit, Variable};

/// A service of one Compose set.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, at the key that defines it.
    pub name: Spanned<String>,
    /// The profiles that switch it on; empty for always.
    pub profiles: Vec<Spanned<String>>,
    /// The image; of a service that is also built, the name that the built image gets.
    pub image: Fact<String>,
    /// How it is built.
    pub build: Option<Build>,
    /// Whether something else than Compose provides it.
    pub has_provider: bool,
    /// `x-plimsoll.profile`: the budget profile that the file asks for.
    pub wanted_profile: Option<Spanned<String>>,

    /// Memory limit in bytes; 0 is no limit.
    pub memory: Fact<i64>,
    /// Memory reservation in bytes; 0 is none.
    pub memory_reservation: Fact<i64>,
    /// Memory and swap together in bytes; -1 is unlimited. The engine's default is twice the memory.
    pub swap: Fact<i64>,
    /// CPU limit in cores; 0 is no limit.
    pub cpus: Fact<f64>,
    /// CPU reservation in cores.
    pub cpu_reservation: Fact<f64>,
    /// CFS quota in microseconds.
    pub cpu_quota: Fact<i64>,
    /// CFS period in microseconds.
    pub cpu_period: Fact<i64>,
    /// Relative weight.
    pub cpu_shares: Fact<i64>,
    /// Process limit; 0 and negative are no limit.
    pub pids: Fact<i64>,
    /// Size of /dev/shm in bytes.
    pub shm_size: Fact<i64>,
    /// tmpfs mounts, of `tmpfs:` and of `volumes:`.
    pub tmpfs: Vec<Tmpfs>,
    /// Ulimits.
    pub ulimits: Vec<Ulimit>,

    /// The user that the Compose file sets.
    pub user: Fact<String>,
    /// All privileges.
    pub privileged: Fact<bool>,
    /// Read-only root file system.
    pub read_only: Fact<bool>,
    /// Added capabilities, as written.
    pub cap_add: Vec<Fact<String>>,
    /// Dropped capabilities, as written.
    pub cap_drop: Vec<Fact<String>>,
    /// Security options, in their order.
    pub security_opt: Vec<Fact<String>>,
    /// Network mode.
    pub network_mode: Fact<String>,
    /// PID namespace.
    pub pid: Fact<String>,
    /// IPC namespace.
    pub ipc: Fact<String>,
    /// UTS namespace.
    pub uts: Fact<String>,
    /// User namespace.
    pub userns_mode: Fact<String>,
    /// cgroup namespace.
    pub cgroup: Fact<String>,
    /// Whether Compose mounts the engine's socket and registry credentials.
    pub use_api_socket: Fact<bool>,

    /// Published ports.
    pub ports: Vec<Port>,
    /// Mounts other than tmpfs.
    pub volumes: Vec<Mount>,
    /// Devices, as written.
    pub devices: Vec<Fact<String>>,
    /// Networks by name, `default` where none is named and no network mode is set.
    pub networks: Vec<Spanned<String>>,
    /// Whether lines that are no YAML may have held any of its settings.
    pub lost_lines: bool,
    /// Whether the networks were written down.
    pub networks_written: bool,
    /// Restart policy: `no`, `always`, `on-failure[:n]`, `unless-stopped`.
    pub restart: Fact<String>,
    /// Health check.
    pub healthcheck: Option<Healthcheck>,
    /// Log driver and options.
    pub logging: Option<Logging>,
    /// Variables by name, in the file's order; `Absent` is taken from the environment of Compose.
    pub environment: Vec<Variable>,
    /// Variables that its files of variables give it and `environment` does not.
    pub given: Vec<Variable>,
    /// Files of variables.
    pub env_files: Vec<EnvFile>,
    /// Containers.
    pub replicas: Fact<i64>,
    /// Arguments.
    pub command: Fact<Vec<String>>,
    /// Program.
    pub entrypoint: Fact<Vec<String>>,
    /// Services that it waits for.
    pub depends_on: Vec<Dependency>,
    /// Secrets by source name.
    pub secrets: Vec<Spanned<String>>,
    /// Configs by source name.
    pub configs: Vec<Spanned<String>>,
    /// Models by name.
    pub models: Vec<Spanned<String>>,

    /// The merged mapping, for rules about what is written.
    pub raw: Value,
}

impl Service {
    /// Whether the file that defines it could leave things out: it was only read in part.
    pub fn written(&self, path: &[&str]) -> Option<&Value> {
        self.raw.at(path)
    }

    /// Every variable of its container that Compose sets: those of its files, and those of `environment`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.given.iter().chain(&self.environment)
    }

    /// Whether a part of it cannot be had, which is reported by itself: the service that it extends, or lines that are no YAML.
    /// What it lacks may not be lacking.
    pub(crate) fn is_partial(&self) -> bool {
        self.lost_lines || self.written(&["extends"]).is_some()
    }

    /// Whether its programs are run by the kernel: it is no WebAssembly module, and no other runtime than `runc` is named.
    pub(crate) fn runs_on_linux(&self) -> bool {
        let written = |key: &str| self.written(&[key]).and_then(Value::str);
        !written("platform").is_some_and(|platform| platform.starts_with("wasi/"))
            && written("runtime").is_none_or(|runtime| matches!(runtime, "" | "runc"))
    }

    /// Whether it sets one of the limits, which shows that limits are intended.
    pub fn sets_a_limit(&self) -> bool {
        self.memory.value().is_some_and(|bytes| *bytes > 0)
            || self.pids.value().is_some_and(|count| *count > 0)
            || self.cpu_limit().value().is_some_and(|cpus| *cpus > 0.0)
    }

    /// The CPU limit in cores: `cpus`, else quota over period. A quota below 0 takes the limit of `cpus` away
    /// (`engine-truths` R3), which comes back as 0 at the quota.
    pub fn cpu_limit(&self) -> Fact<f64> {
        match (&self.cpus, &self.cpu_quota) {
            (_, Fact::Known(quota)) if quota.value < 0 => Fact::Known(quota.clone()).map(|_| 0.0),
            (Fact::Known(cpus), _) if cpus.value != 0.0 => self.cpus.clone(),
            (Fact::Unknown(_), _) => self.cpus.clone(),
            (_, Fact::Unknown(unknown)) => Fact::Unknown(unknown.clone()),
            (_, Fact::Known(quota)) if quota.value > 0 => match &self.cpu_period {
                Fact::Unknown(unknown) => Fact::Unknown(unknown.clone()),
                period => {
                    let period = period.value().copied().filter(|period| *period > 0).unwrap_or(100_000);
                    self.cpu_quota.clone().map(|quota| quota.real() / period.real())
                }
            },
            _ => self.cpus.clone(),
        }
    }

    /// The key of a setting that has a twin under `deploy`: the one that is written at `span`; where nothing is written, the
    /// one to write, because Compose refuses the own key beside a block of `deploy` that lacks the twin.
    pub fn limit_key(&self, span: Option<Span>, own: &'static str, twin: &'static str) -> &'static str {
        let path: Vec<&str> = twin.split('.').collect();
        let is_twin = match (span, path.split_last()) {
            (Some(span), _) => self.raw.at(&path).is_some_and(|value| value.span == span),
            (None, Some((_, block))) => self.raw.at(block).is_some(),
            (None, None) => false,
        };
        if is_twin { twin } else { own }
    }

    /// Whether it sets one of the hardening options, which shows that hardening is intended.
    pub fn sets_hardening(&self) -> bool {
        self.hardening() > 0
    }

    /// How many of the hardening options it sets.
    pub fn hardening(&self) -> usize {
        let word = |options: &[Fact<String>], start: &str| {
            options
                .iter()
                .any(|option| option.value().is_some_and(|text| text.starts_with(start)))
        };
        [
            self.read_only.value() == Some(&true),
            !self.cap_drop.is_empty(),
            word(&self.security_opt, "no-new-privileges"),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    /// The key of a setting, or the service's own key where the setting is not written.
    pub fn key(&self, setting: &str) -> Span {
        self.raw.entry(setting).map_or(self.name.span, |entry| entry.key)
    }

    /// The security options that are known, in their order, with what they mean.
    pub fn security(&self) -> Vec<(SecurityOpt, &Sourced<String>)> {
        self.security_opt
            .iter()
            .filter_map(Fact::sourced)
            .map(|option| (SecurityOpt::parse(&option.value), option))
            .collect()
    }

    /// The images that it mounts.
    pub(crate) fn mounted_images(&self) -> impl Iterator<Item = &Sourced<String>> {
        let images = self
            .volumes
            .iter()
            .filter(|mount| mount.kind.value().is_some_and(|kind| kind == "image"));
        images.filter_map(|mount| mount.source.sourced())
    }

    /// The items of a list that are written as nothing: `""`.
    pub(crate) fn empty_items(&self, key: &str) -> impl Iterator<Item = Span> {
        let items = self.written(&[key]).and_then(Value::seq).unwrap_or(&[]).iter();
        items
            .filter(|item| item.state == State::Known && item.str() == Some(""))
            .map(|item| item.span)
    }

    /// The last security option of a kind ([`SecurityOpt::kind`]): the one that holds.
    pub fn last_security(&self, kind: &str) -> Option<(SecurityOpt, &Sourced<String>)> {
        self.security()
            .into_iter()
            .rev()
            .find(|(option, _)| option.kind() == Some(kind))
    }

    /// The added or dropped capabilities that are known, by their normal names.
    pub fn capabilities(list: &[Fact<String>]) -> Vec<(String, &Sourced<String>)> {
        list.iter()
            .filter_map(Fact::sourced)
            .map(|item| (crate::values::capability::normal(&item.value), item))
            .collect()
    }

    /// Whether it publishes a port.
    pub fn publishes(&self) -> bool {
        !self.ports.is_empty() && self.network_mode.value().is_none_or(|mode| mode != "none")
    }

    /// Whether `ALL` is dropped.
    pub fn drops_all(&self) -> bool {
        self.cap_drop.iter().any(|cap| {
            cap.value()
                .is_some_and(|name| crate::values::capability::normal(name) == "ALL")
        })
    }
}

//! A service as Compose hands it to the engine: every setting with its state and its place.

use crate::fact::{Fact, Sourced};
use crate::finding::{Finding, Severity};
use crate::parse::yaml::Value;
use crate::source::{SourceId, Span, Spanned};
use crate::values::number::Real;
use crate::values::security_opt::SecurityOpt;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

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
        self.memory.value().is_some_and(|bytes| *bytes > 0) || self.sets_a_rate()
    }

    /// Whether it limits processors or processes: of those who only limit memory, nobody wants to hear of the others.
    pub fn sets_a_rate(&self) -> bool {
        self.pids.value().is_some_and(|count| *count > 0) || self.cpu_limit().value().is_some_and(|cpus| *cpus > 0.0)
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
        let word = |options: &[Fact<String>], start: &str| {
            options
                .iter()
                .any(|option| option.value().is_some_and(|text| text.starts_with(start)))
        };
        self.read_only.value() == Some(&true)
            || !self.cap_drop.is_empty()
            || word(&self.security_opt, "no-new-privileges")
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

/// How a service is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// The context, as written.
    pub context: Fact<String>,
    /// The Dockerfile, relative to the context.
    pub dockerfile: Fact<String>,
    /// A Dockerfile inside the Compose file.
    pub inline: Fact<String>,
    /// The stage.
    pub target: Fact<String>,
    /// Build arguments; `Absent` is taken from the environment of Compose.
    pub args: Vec<(String, Fact<String>)>,
    /// Where the build is written.
    pub span: Span,
    /// The context as a path relative to the workspace root, if it is a local one that is known.
    pub folder: Option<PathBuf>,
}

/// A tmpfs mount.
#[derive(Clone, Debug)]
pub struct Tmpfs {
    /// The path in the container.
    pub target: String,
    /// The size in bytes; absent is half of the host's memory.
    pub size: Fact<i64>,
    /// The options, without the size.
    pub options: Vec<String>,
    /// Where it is written.
    pub span: Span,
}

/// A ulimit.
#[derive(Clone, Debug)]
pub struct Ulimit {
    /// `nofile`, `nproc`, `fsize` ...
    pub name: Spanned<String>,
    /// What a process starts with; -1 is unlimited.
    pub soft: Fact<i64>,
    /// What it may raise it to; -1 is unlimited.
    pub hard: Fact<i64>,
}

/// A published port.
#[derive(Clone, Debug)]
pub struct Port {
    /// The address on the host; absent is every address.
    pub host_ip: Fact<String>,
    /// The port or range on the host; absent is any free one.
    pub published: Fact<String>,
    /// The port in the container.
    pub target: Fact<i64>,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
    /// Where it is written.
    pub span: Span,
}

/// A bind mount, volume or other mount.
#[derive(Clone, Debug)]
pub struct Mount {
    /// `bind`, `volume`, `image`, `npipe`, `cluster`.
    pub kind: Fact<String>,
    /// The path on the host, or the name of the volume; absent for an anonymous volume.
    pub source: Fact<String>,
    /// The source as far as it is known: `${HOME}` for what is set everywhere, nothing for a variable that is not set.
    pub source_text: String,
    /// The path in the container.
    pub target: Fact<String>,
    /// Whether it is read-only.
    pub read_only: Fact<bool>,
    /// Whether the engine makes a folder where a source is missing: not with `create_host_path: false`.
    pub makes_source: bool,
    /// Where it is written.
    pub span: Span,
}

impl Mount {
    /// The source, where it is a path that starts from the folder of the project.
    pub(crate) fn local_source(&self) -> Option<&str> {
        let is_bind = self.kind.value().is_some_and(|kind| kind == "bind");
        let source = self.source.value().filter(|_| is_bind)?.as_str();
        let is_local = !source.is_empty() && !source.starts_with(['/', '~', '\\']) && !source.contains(['$', ':']);
        is_local.then_some(source)
    }
}

/// A health check as the Compose file has it.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// The words, beginning with `CMD`, `CMD-SHELL` or `NONE`; absent inherits the image's.
    pub test: Fact<Vec<String>>,
    /// Whether `disable: true` switches it off.
    pub disabled: bool,
    /// Time between probes, in nanoseconds.
    pub interval: Fact<i64>,
    /// Time that a probe may take, in nanoseconds.
    pub timeout: Fact<i64>,
    /// Time in which failures do not count, in nanoseconds.
    pub start_period: Fact<i64>,
    /// Time between probes in that time, in nanoseconds.
    pub start_interval: Fact<i64>,
    /// Failures until it is unhealthy.
    pub retries: Fact<i64>,
    /// Where it is written.
    pub span: Span,
}

/// Log driver and options.
#[derive(Clone, Debug)]
pub struct Logging {
    /// The driver; absent is the daemon's default.
    pub driver: Fact<String>,
    /// Options by name.
    pub options: Vec<(String, Fact<String>)>,
    /// Where it is written.
    pub span: Span,
}

impl Logging {
    /// An option.
    pub fn option(&self, name: &str) -> Option<&Fact<String>> {
        self.options
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

/// A variable of a container.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Fact<String>,
    /// Where it is written.
    pub span: Span,
}

/// A file of variables.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// The path, as written.
    pub path: Fact<String>,
    /// Whether Compose refuses to go on without it.
    pub required: bool,
    /// Where it is written.
    pub span: Span,
}

/// A service that another one waits for.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its name.
    pub service: Spanned<String>,
    /// `service_started`, `service_healthy`, `service_completed_successfully`.
    pub condition: String,
    /// Whether Compose refuses to go on without it.
    pub required: bool,
}

/// A named network, volume, secret, config or model of a set.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, at the key that defines it.
    pub name: Spanned<String>,
    /// What is written.
    pub raw: Value,
}

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
    /// `version`, if it is still written.
    pub version: Option<Span>,
    /// Whether a part could not be read: what is absent may not be absent.
    pub partial: bool,
    /// Its files, where nobody says that they belong together and they are only guessed to.
    pub guessed_of: Vec<SourceId>,
    /// Items that a later item of a list displaced.
    pub displaced: Vec<super::canonical::Displaced>,
    /// Whether `COMPOSE_FILE` or the configuration names its files.
    pub is_named: bool,
    /// The profiles that the configuration names for this set; `*` is all.
    pub declared_profiles: Vec<String>,
    /// Where networks, volumes, secrets and configs stand in their lists, once somebody asks.
    pub index: [OnceCell<HashMap<String, usize>>; 4],
}

/// The definition of a name: a file can define thousands, and use each of them.
fn defined<'a>(list: &'a [Definition], index: &OnceCell<HashMap<String, usize>>, name: &str) -> Option<&'a Definition> {
    let index = index.get_or_init(|| {
        let names = list.iter().map(|definition| definition.name.value.clone());
        names.zip(0..).collect()
    });
    list.get(*index.get(name)?)
}

impl Project {
    /// Whether all of it could be read.
    pub(crate) fn is_whole(&self) -> bool {
        !self.partial && !self.services.iter().any(Service::is_partial)
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
            .map(|path| super::paths::join(&self.folder, path))
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
                Some(super::paths::join(&self.folder, &file))
            }
            _ => None,
        });
        files.collect()
    }

    /// Items that stand twice in one list of a service, with different values: the last one counts.
    pub fn repeated<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a super::canonical::Displaced> {
        self.displaced.iter().filter(move |item| {
            item.attribute == attribute && item.one_list && !item.same && item.earlier.source == item.later.source
        })
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

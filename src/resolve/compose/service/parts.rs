//! The parts of a service that are more than one value: its build, mounts, ports, health check ...

use crate::fact::Fact;
use crate::source::{Span, Spanned};
use std::path::PathBuf;

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
    /// `format: raw`: Compose takes its lines as they are.
    pub is_raw: bool,
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

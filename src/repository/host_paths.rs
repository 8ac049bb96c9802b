//! Every way in which a service gets at a path of the host.

use super::Subject;
use crate::fact::Fact;
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::service::{Mount, Service};
use crate::source::Span;
use crate::values::host_path::{of_the_kernel, resolve};
use crate::values::volume::is_read_only;
use std::path::{Component, PathBuf};

/// How a path is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A bind mount, or a volume that is one in disguise; whether it can be written to, where that is known.
    Mount { writable: bool },
    /// A config or secret that is a file, which the engine bind-mounts, or a file of variables.
    File,
    /// A build context: what is there can be copied into the image.
    Context,
}

/// A path of the host that a service gets at.
#[derive(Clone, Debug)]
pub(crate) struct HostPath {
    /// Absolute and clean, or `~/...`.
    pub path: String,
    /// The link of the checkout that leads there.
    pub link: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// How it is reached.
    pub way: Way,
    /// The key of the service that brings it: `volumes`, `configs`.
    pub key: &'static str,
}

impl HostPath {
    /// The path as messages show it, with the link that leads there.
    pub(crate) fn shown(&self) -> String {
        match &self.link {
            Some(link) => format!("`{}` (where the link `{link}` leads)", self.path),
            None => format!("`{}`", self.path),
        }
    }
}

/// A path as a service writes it.
struct Written {
    text: String,
    /// Nothing was left out of the text.
    certain: bool,
    span: Span,
    way: Way,
    key: &'static str,
}

impl Written {
    /// The path of the checkout that is meant, relative to the workspace root, if it is one.
    fn local(&self, project: &Project) -> Option<PathBuf> {
        let is_local = self.certain && !self.text.starts_with(['/', '~', '$']);
        is_local.then(|| join(&project.folder, &self.text))
    }
}

/// The paths of the host that a service gets at, in the order of its keys.
pub(crate) fn of(subject: &Subject<'_>, service: &Service) -> Vec<HostPath> {
    let Some(project) = subject.project() else {
        return Vec::new();
    };
    let depth = depth(project);
    let links = &subject.repository.links;
    let found = written(project, service).into_iter().filter_map(|written| {
        let link = written.local(project).and_then(|path| links.get(&path));
        let path = match link {
            Some(target) => resolve(target, 0, true),
            None => resolve(&written.text, depth, written.certain),
        };
        Some(HostPath {
            path: path?,
            link: link.map(|_| written.text),
            span: written.span,
            way: written.way,
            key: written.key,
        })
    });
    found.collect()
}

/// The paths of the checkout that a service gets at, relative to the workspace root.
pub(crate) fn of_the_checkout(project: &Project, service: &Service) -> Vec<PathBuf> {
    let written = written(project, service);
    written.iter().filter_map(|written| written.local(project)).collect()
}

/// The devices of a service that are paths of the checkout, relative to the workspace root: the engine follows a link there.
pub(crate) fn devices_of_the_checkout(project: &Project, service: &Service) -> Vec<(PathBuf, Span)> {
    let items = service.written(&["devices"]).and_then(Value::seq).unwrap_or(&[]);
    let sources = items.iter().map(|item| item.get("source").unwrap_or(item));
    let local = sources.filter_map(|source| {
        let (Data::Str(text) | Data::Unknown { text, .. }) = &source.data else {
            return None;
        };
        let path = text.strip_prefix("${PWD}/")?.split(':').next()?;
        Some((join(&project.folder, path), source.span))
    });
    local.collect()
}

fn written(project: &Project, service: &Service) -> Vec<Written> {
    let mut reader = Reader { found: Vec::new() };
    for mount in &service.volumes {
        reader.mount(project, mount);
    }
    for name in &service.configs {
        reader.file(project.config(&name.value), "configs");
    }
    for name in &service.secrets {
        reader.file(project.secret(&name.value), "secrets");
    }
    for file in &service.env_files {
        if let (Some(path), Some(span)) = (file.path.value(), file.path.span()) {
            reader.push(path, true, span, Way::File, "env_file");
        }
    }
    reader.contexts(service);
    reader.found
}

/// How many folders above that of the project belong to the workspace.
fn depth(project: &Project) -> usize {
    let parts = project.folder.components();
    parts.filter(|part| matches!(part, Component::Normal(_))).count()
}

struct Reader {
    found: Vec<Written>,
}

impl Reader {
    fn push(&mut self, text: &str, certain: bool, span: Span, way: Way, key: &'static str) {
        let text = text.to_owned();
        self.found.push(Written {
            text,
            certain,
            span,
            way,
            key,
        });
    }

    fn value(&mut self, value: &Value, way: Way, key: &'static str) {
        self.push(known_text(value), value.str().is_some(), value.span, way, key);
    }

    fn mount(&mut self, project: &Project, mount: &Mount) {
        // What cannot be known is not taken for the worse.
        let read_only = mount.read_only.value() == Some(&true) || matches!(mount.read_only, Fact::Unknown(_));
        let way = Way::Mount { writable: !read_only };
        let Some(span) = mount.source.span() else { return };
        if mount
            .kind
            .value()
            .is_some_and(|kind| matches!(kind.as_str(), "bind" | "npipe"))
        {
            self.push(&mount.source_text, mount.source.value().is_some(), span, way, "volumes");
            return;
        }
        if let Some(volume) = mount.source.value().and_then(|name| project.volume(name)) {
            self.options(volume, way);
        }
    }

    /// The paths in the options of the local driver: mount(2) gets them as they are.
    fn options(&mut self, volume: &Definition, way: Way) {
        let Some(options) = of_the_local_driver(volume) else {
            return;
        };
        let kind = options.get("type").and_then(Value::str).unwrap_or("");
        let written = options.get("o");
        let text = written.map_or("", known_text);
        let is_bind = text.split(',').any(|option| matches!(option, "bind" | "rbind"));
        let way = match way {
            Way::Mount { writable } => Way::Mount {
                writable: writable && !is_read_only(text),
            },
            way => way,
        };
        if let Some(device) = options.get("device").filter(|_| is_bind) {
            match from_the_root(known_text(device)) {
                // Only of these options alone does Compose make an absolute path.
                Some(path) if text != "bind" => self.push(&path, device.str().is_some(), device.span, way, "volumes"),
                _ => self.value(device, way, "volumes"),
            }
        }
        if let (Some(folder), Some(written)) = (of_the_kernel(kind), options.get("type")) {
            self.push(folder, true, written.span, way, "volumes");
        }
        let Some(written) = written.filter(|_| kind == "overlay") else {
            return;
        };
        for option in text.split(',') {
            let (name, paths) = option.split_once('=').unwrap_or((option, ""));
            // Writes go to the upper folder.
            let way = match name {
                "upperdir" | "workdir" => way,
                "lowerdir" => Way::Mount { writable: false },
                _ => continue,
            };
            for path in paths.split(':').filter(|path| !path.is_empty()) {
                let path = from_the_root(path).unwrap_or_else(|| path.to_owned());
                self.push(&path, written.str().is_some(), written.span, way, "volumes");
            }
        }
    }

    fn file(&mut self, definition: Option<&Definition>, key: &'static str) {
        if let Some(file) = definition.and_then(|definition| definition.raw.get("file")) {
            self.value(file, Way::File, key);
        }
    }

    fn contexts(&mut self, service: &Service) {
        let Some(build) = service.written(&["build"]) else {
            return;
        };
        if let Some(context) = build.get("context") {
            self.value(context, Way::Context, "build");
        }
        let Some(contexts) = build.get("additional_contexts") else {
            return;
        };
        for entry in contexts.map().into_iter().flat_map(|map| map.values()) {
            self.value(&entry.value, Way::Context, "build");
        }
        for item in contexts.seq().unwrap_or(&[]) {
            if let Some((_, path)) = known_text(item).split_once('=') {
                self.push(path, item.str().is_some(), item.span, Way::Context, "build");
            }
        }
    }
}

/// The options of a volume that the engine's own driver gets, which is also meant where none is named.
fn of_the_local_driver(volume: &Definition) -> Option<&Value> {
    let driver = volume.raw.get("driver").map_or("", known_text);
    volume.raw.get("driver_opts").filter(|_| matches!(driver, "" | "local"))
}

/// Where mount(2) finds what is no absolute path: from the working folder of the engine on, which systemd starts in `/`.
fn from_the_root(path: &str) -> Option<String> {
    let is_relative = !path.is_empty() && !path.starts_with(['/', '~', '$', ':']);
    is_relative.then(|| format!("/{path}"))
}

/// The device that the local driver would mount for a service, and where it is written.
pub(crate) fn mounted_devices<'a>(subject: &Subject<'a>, service: &'a Service) -> Vec<(String, Span)> {
    let project = subject.project();
    let volumes = service
        .volumes
        .iter()
        .filter_map(|mount| project?.volume(mount.source.value()?));
    let devices = volumes.filter_map(|volume| {
        let options = of_the_local_driver(volume)?;
        let over_a_network = options.get("type").and_then(Value::str).is_some_and(|kind| {
            kind.starts_with("nfs") || matches!(kind, "cifs" | "smb" | "smb3" | "smbfs" | "ceph" | "fuse.sshfs")
        });
        let device = options.get("device").filter(|_| !over_a_network)?;
        let text = known_text(device);
        let path = resolve(
            &from_the_root(text).unwrap_or_else(|| text.to_owned()),
            0,
            device.str().is_some(),
        )?;
        path.starts_with("/dev/").then_some((path, device.span))
    });
    devices.collect()
}

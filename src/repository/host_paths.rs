//! Every way in which a service gets at a path of the host.

use super::Subject;
use crate::fact::Fact;
use crate::parse::yaml::Value;
use crate::resolve::compose::project::Definition;
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::service::{Mount, Service};
use crate::source::Span;
use crate::values::host_path::{of_the_kernel, resolve};
use std::path::Component;

/// How a path is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A bind mount, or a volume that is one in disguise; whether it can be written to, where that is known.
    Mount { writable: bool },
    /// A config or secret that is a file: the engine bind-mounts it.
    File,
    /// A build context: what is there can be copied into the image.
    Context,
}

/// A path of the host that a service gets at.
#[derive(Clone, Debug)]
pub(crate) struct HostPath {
    /// Absolute and clean, or `~/...`.
    pub path: String,
    /// Where it is written.
    pub span: Span,
    /// How it is reached.
    pub way: Way,
    /// The key of the service that brings it: `volumes`, `configs`.
    pub key: &'static str,
}

/// The paths of the host that a service gets at, in the order of its keys.
pub(crate) fn of(subject: &Subject<'_>, service: &Service) -> Vec<HostPath> {
    let mut reader = Reader {
        depth: depth(subject),
        found: Vec::new(),
    };
    for mount in &service.volumes {
        reader.mount(subject, mount);
    }
    let Some(project) = subject.project() else {
        return reader.found;
    };
    for name in &service.configs {
        reader.file(project.config(&name.value), "configs");
    }
    for name in &service.secrets {
        reader.file(project.secret(&name.value), "secrets");
    }
    reader.contexts(service);
    reader.found
}

/// How many folders above that of the project belong to the workspace.
fn depth(subject: &Subject<'_>) -> usize {
    let folder = subject.project().map(|project| project.folder.as_path());
    let parts = folder.into_iter().flat_map(|folder| folder.components());
    parts.filter(|part| matches!(part, Component::Normal(_))).count()
}

struct Reader {
    depth: usize,
    found: Vec<HostPath>,
}

impl Reader {
    fn push(&mut self, text: &str, certain: bool, span: Span, way: Way, key: &'static str) {
        if let Some(path) = resolve(text, self.depth, certain) {
            self.found.push(HostPath { path, span, way, key });
        }
    }

    fn value(&mut self, value: &Value, way: Way, key: &'static str) {
        self.push(known_text(value), value.str().is_some(), value.span, way, key);
    }

    fn mount(&mut self, subject: &Subject<'_>, mount: &Mount) {
        // What cannot be known is not taken for the worse.
        let read_only = mount.read_only.value() == Some(&true) || matches!(mount.read_only, Fact::Unknown(_));
        let way = Way::Mount { writable: !read_only };
        let Some(span) = mount.source.span() else { return };
        if mount.kind.value().is_some_and(|kind| kind == "bind") {
            self.push(&mount.source_text, mount.source.value().is_some(), span, way, "volumes");
            return;
        }
        let named = subject.project().zip(mount.source.value());
        if let Some(volume) = named.and_then(|(project, name)| project.volume(name)) {
            self.options(volume, way);
        }
    }

    /// The paths in the options of the local driver: mount(2) gets them as they are.
    fn options(&mut self, volume: &Definition, way: Way) {
        let is_local = volume
            .raw
            .get("driver")
            .is_none_or(|driver| driver.str() == Some("local"));
        let Some(options) = volume.raw.get("driver_opts").filter(|_| is_local) else {
            return;
        };
        let kind = options.get("type").and_then(Value::str).unwrap_or("");
        let written = options.get("o");
        let text = written.map_or("", known_text);
        let is_bind = text.split(',').any(|option| matches!(option, "bind" | "rbind"));
        let way = match way {
            Way::Mount { writable } => Way::Mount {
                writable: writable && !text.split(',').any(|option| option == "ro"),
            },
            way => way,
        };
        if let Some(device) = options.get("device").filter(|_| is_bind) {
            self.value(device, way, "volumes");
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
            for path in paths.split(':').filter(|path| path.starts_with('/')) {
                self.push(path, written.str().is_some(), written.span, way, "volumes");
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

/// The device that the local driver would mount for a service, and where it is written.
pub(crate) fn mounted_devices<'a>(subject: &Subject<'a>, service: &'a Service) -> Vec<(String, Span)> {
    let project = subject.project();
    let volumes = service
        .volumes
        .iter()
        .filter_map(|mount| project?.volume(mount.source.value()?));
    let devices = volumes.filter_map(|volume| {
        let is_local = volume
            .raw
            .get("driver")
            .is_none_or(|driver| driver.str() == Some("local"));
        let options = volume.raw.get("driver_opts").filter(|_| is_local)?;
        let over_a_network = options.get("type").and_then(Value::str).is_some_and(|kind| {
            kind.starts_with("nfs") || matches!(kind, "cifs" | "smb" | "smb3" | "smbfs" | "ceph" | "fuse.sshfs")
        });
        let device = options.get("device").filter(|_| !over_a_network)?;
        let path = resolve(known_text(device), 0, device.str().is_some())?;
        path.starts_with("/dev/").then_some((path, device.span))
    });
    devices.collect()
}

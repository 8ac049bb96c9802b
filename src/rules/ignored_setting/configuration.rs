//! A configuration file that a service mounts where the server of its image does not look.

use crate::container::reach::mounts_over;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::known_images::{self, Remedy};
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;
use crate::values::path::name;

/// Scripts here may put a file where it is read.
const STARTED: [&str; 2] = ["/docker-entrypoint-initdb.d", "/docker-entrypoint.d"];

pub(super) fn unread(service: &Service, found: &mut dyn FnMut(Finding)) {
    let Fact::Known(image) = &service.image else { return };
    let is_own = service.build.is_some() || !service.command.is_absent() || !service.entrypoint.is_absent();
    let at_start = |mount: &str| STARTED.iter().any(|folder| mount.starts_with(folder));
    let targets = || service.volumes.iter().map(|mount| mount.target.value());
    if is_own || targets().any(|target| target.is_none_or(|target| at_start(target))) || !service.env_files.is_empty() {
        return;
    }
    for mount in &service.volumes {
        let Some(path) = mount.target.value().filter(|_| mount.kind.value().is_some_and(|kind| kind == "bind")) else {
            continue;
        };
        let Some(remedy) = known_images::unread(&ImageRef::parse(&image.value), path) else {
            continue;
        };
        let folder = path.strip_suffix(name(path)).unwrap_or(path).trim_end_matches('/');
        let is_named = service
            .variables()
            .any(|variable| variable.value.value().is_none_or(|value| value.contains(folder)));
        let is_used = matches!(remedy, Remedy::Place(read) if mounts_over(service, read));
        if is_named || is_used {
            continue;
        }
        let help = match remedy {
            Remedy::Command(words) => format!("add `command: {}`", Remedy::command(words, path)),
            Remedy::Place(read) => format!("mount it at `{read}`"),
        };
        let message = format!("`{}` mounts `{path}`, which `{}` does not read", service.name.value, image.value);
        found(Finding::new(mount.span, message).help(help).aspect(format!("volumes {path}")));
    }
}

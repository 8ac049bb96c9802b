use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{BindKind, Subject};
use crate::resolve::compose::service::{Mount, Service};
use crate::values::path::clean;

rule! {
    /// A service mounts a path of the checkout that does not exist.
    ///
    /// ## Why it matters
    /// In place of a missing source the engine makes an empty folder that belongs to root. Where a file was meant, the
    /// container gets a folder, or does not start ("not a directory"); where a folder with settings was meant, it is empty.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./nginx.conf:/etc/nginx/nginx.conf:ro  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./site.conf:/etc/nginx/conf.d/site.conf:ro
    ///       - cache:/var/cache/nginx
    /// volumes:
    ///   cache: {}
    /// ```
    /// ```text pass site.conf +
    /// server {}
    /// ```
    ///
    /// ## Notes
    /// A path that git ignores, or that a script, a makefile, a job or a text of the repository makes, is made elsewhere:
    /// nothing is said. A folder that the container may write to can be meant to be made by the engine, and one that
    /// another service writes to is filled by it, so that its absence is a note.
    RULE {
        name: "missing-bind-source",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    // Of an override file alone it is not known which folder its paths start from.
    if subject.project().is_none_or(|project| project.partial) {
        return;
    }
    for mount in &service.volumes {
        let (Some(source), Some(found_here)) = (mount.source.sourced(), subject.bind_source(mount)) else {
            continue;
        };
        // Several services that mount one path lack one file.
        if found_here.kind != BindKind::Absent || found_here.first != source.span {
            continue;
        }
        let name = &service.name.value;
        // `create_host_path: false`: the engine refuses instead of making a folder.
        let is_refused = !mount.makes_source;
        let then = match is_refused {
            true => "so the engine refuses to create the container",
            false => "so the engine creates an empty folder",
        };
        let message = format!("`{name}` mounts `{}`, which does not exist, {then}", source.value);
        let is_meant = is_file(mount)
            || !is_of_data(mount) && (mount.read_only.value() == Some(&true) || holds_settings(mount)) && !is_filled_by_another(subject, service, mount);
        let (severity, layer) = match (is_refused, is_meant) {
            (true, _) => (Severity::Error, Layer::Engine),
            (false, true) => (Severity::Warning, Layer::Ignored),
            (false, false) => (Severity::Note, Layer::Ignored),
        };
        found.push(
            Finding::new(source.span, message)
                .help("commit it, correct the path, or add it to .gitignore if something else makes it")
                .severity(severity)
                .layer(layer)
                .aspect(format!("volumes:{}", source.value)),
        );
    }
}

/// Whether a file is meant, by the ending of the source or the target.
fn is_file(mount: &Mount) -> bool {
    let paths = [mount.source.value(), mount.target.value()];
    paths.into_iter().flatten().any(|path| {
        let last = path.rsplit('/').next().unwrap_or_default();
        let ending = last.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
        ending.is_some_and(|(_, ending)| FILES.contains(&ending)) || last == ".env"
    })
}

/// Whether the name of a folder says that what it holds is written there, or brought by whoever starts the service.
fn is_of_data(mount: &Mount) -> bool {
    const NAMES: [&str; 22] = [
        "backup", "backups", "books", "cache", "content", "data", "downloads", "files", "images", "log", "logs", "media", "movies",
        "music", "photos", "pictures", "run", "storage", "temp", "tmp", "uploads", "videos",
    ];
    let source = mount.source.value().map_or("", String::as_str);
    let last = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    NAMES.contains(&last.to_ascii_lowercase().as_str())
}

/// Services of a set that are looked at for one that writes.
const LOOKED_AT: usize = 500;

/// Whether another service mounts the same folder to write into it: what makes its certificates, its build or its socket.
fn is_filled_by_another(subject: &Subject<'_>, service: &Service, mount: &Mount) -> bool {
    let plain = |mount: &Mount| mount.local_source().map(clean);
    let Some(own) = plain(mount) else { return false };
    // These write their own settings.
    let image = service.image.value().map_or("", String::as_str);
    if mount.read_only.value() != Some(&true) && ["nginx-proxy", "certbot", "acme", "letsencrypt"].iter().any(|word| image.contains(word)) {
        return true;
    }
    let all = subject.project().map_or(&[][..], |project| &project.services);
    let others = all.iter().take(LOOKED_AT).filter(|other| other.name.value != service.name.value);
    let mut mounts = others.flat_map(|other| &other.volumes);
    mounts.any(|other| other.read_only.value() != Some(&true) && plain(other).as_ref() == Some(&own))
}

/// Endings that folders do not have.
const FILES: [&str; 36] = [
    "cert", "cfg", "cnf", "conf", "crt", "css", "csv", "env", "hcl", "html", "htpasswd", "ini", "jar", "js", "json", "key",
    "lua", "md", "pem", "php", "properties", "pub", "py", "rb", "rules", "sh", "sock", "sql", "template", "tmpl", "toml", "ts",
    "txt", "xml", "yaml", "yml",
];

/// Whether the target is where a program looks for settings: an empty folder is not what it is for.
fn holds_settings(mount: &Mount) -> bool {
    let target = mount.target.value().map_or("", String::as_str);
    target.starts_with("/etc/") || target.starts_with("/docker-entrypoint")
}

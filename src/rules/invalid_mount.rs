mod over_kernel;

use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{self, PathKind};
use crate::parse::yaml::Value;
use crate::repository::{BindKind, Subject};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path;
use crate::values::tmpfs;

rule! {
    /// A mount that the engine refuses.
    ///
    /// ## Why it matters
    /// The container is not created, or does not start: a tmpfs takes only the options that the kernel and the engine know, a
    /// target is an absolute path other than `/`, and a folder cannot be mounted on a file, nor a file on a folder. The images
    /// of PostgreSQL 18 and later end at once where something is mounted at `/var/lib/postgresql/data`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp:64m  # <- here
    ///       - cache:size=16m  # <- here
    ///     volumes:
    ///       - type: tmpfs
    ///         source: scratch  # <- here
    ///         target: /scratch
    ///         tmpfs: {size: 16m}
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./conf:/etc/nginx/nginx.conf:ro  # <- here
    /// ```
    /// ```text fail conf/nginx.conf +
    /// events {}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp:size=64m,mode=1777
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./conf/nginx.conf:/etc/nginx/nginx.conf:ro
    /// ```
    /// ```text pass conf/nginx.conf +
    /// events {}
    /// ```
    RULE {
        name: "invalid-mount",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let items = |key: &str| service.written(&[key]).and_then(Value::seq).unwrap_or(&[]);
    for item in items("tmpfs") {
        if let Some(text) = item.str() {
            short_tmpfs(name, text, item.span, found);
        }
    }
    for item in items("volumes").iter().filter(|item| item.map().is_some()) {
        long_form(name, item, found);
    }
    on_the_other_kind(subject, service, found);
    on_the_former_folder(subject, service, found);
    over_kernel::check(subject, service, found);
}

fn finding(span: Span, message: String, help: impl Into<String>, aspect: &str) -> Finding {
    Finding::new(span, message).help(help).aspect(format!("mount:{aspect}"))
}

fn short_tmpfs(name: &str, text: &str, span: Span, found: &mut Vec<Finding>) {
    let (target, options) = text.split_once(':').unwrap_or((text, ""));
    if let Some((folder, option)) = target.split_once(',') {
        // No error, and surely not what was meant.
        let message = format!("the tmpfs of `{name}` is mounted at `{target}`: options follow a colon");
        let help = format!("write `{folder}:{option}`");
        found.push(finding(span, message, help, target).severity(Severity::Warning).layer(Layer::Ignored));
        return;
    }
    found.extend(bad_target(name, target, span).map(|finding| match finding.help.starts_with("write `") {
        // With a size, which a tmpfs should have anyway.
        true if options.contains("size=") => finding.help(format!("write `/{text}`")),
        true => finding.help(format!("write `/{target}:size=16m`")),
        false => finding,
    }));
    for option in options.split(',').filter(|option| !option.is_empty()) {
        if let Some(why) = tmpfs::refusal(option) {
            let is_size = option.trim_start_matches("size:");
            let help = if is_size.starts_with(|first: char| first.is_ascii_digit()) {
                format!("write `{target}:size={is_size}`")
            } else {
                "use size, mode, uid, gid, nr_inodes, or mount flags like ro, noexec, nosuid".to_owned()
            };
            let message = format!("the engine refuses `{option}` in the tmpfs of `{name}`: {why}");
            found.push(finding(span, message, help, target));
            return;
        }
    }
}

fn bad_target(name: &str, target: &str, span: Span) -> Option<Finding> {
    // Something is to be put there before anybody starts it.
    let is_to_be_filled_in = target.to_uppercase().replace(['_', '-'], "").contains("PLACEHOLDER");
    if is_to_be_filled_in || target.is_empty() || target.contains('$') || target.starts_with('\\') || target.contains(":\\") {
        return None;
    }
    let message = if !target.starts_with('/') {
        format!("`{name}` mounts something at `{target}`, which is not an absolute path")
    } else if path::clean(target) == "/" {
        format!("`{name}` mounts something at `/`, which the engine refuses")
    } else {
        return None;
    };
    let help = match target.trim_matches('/') {
        "" => "name a folder in the container".to_owned(),
        drive if drive.as_bytes().get(1) == Some(&b':') => {
            "Compose takes a single letter before the colon for a drive: give the volume a longer name".to_owned()
        }
        inner => format!("write `/{inner}`"),
    };
    Some(finding(span, message, help, target))
}

/// The options of each type of mount in the long form (moby `volume/mounts/linux_parser.go`).
fn long_form(name: &str, item: &Value, found: &mut Vec<Finding>) {
    let text = |key: &str| item.get(key).and_then(Value::str);
    let (kind, target) = (text("type").unwrap_or(""), text("target").unwrap_or(""));
    let span = |key: &str| item.get(key).map_or(item.span, |value| value.span);
    found.extend(bad_target(name, target, span("target")));
    // A pipe of Windows is for an engine there, and a cluster volume for a Swarm.
    let is_pipe = text("source").is_some_and(|source| source.starts_with(['\\', '/']));
    if kind == "cluster" || kind == "npipe" && !is_pipe {
        let message = format!("`{name}` mounts something of type {kind} at `{target}`, which the engine refuses");
        let one = finding(span("type"), message, "write `type: bind` or `type: volume`", target).raised("2026.12");
        found.push(if kind == "cluster" { one.fits_swarm(true) } else { one });
    }
    if kind == "tmpfs" && text("source").is_some_and(|source| !source.is_empty()) {
        let message = format!("the tmpfs of `{name}` at `{target}` has a source, which the engine refuses");
        found.push(finding(span("source"), message, "remove `source`", target));
    }
    if let Some(propagation) = item.at(&["bind", "propagation"])
        && let Some(word) = propagation.str()
        && !matches!(
            word,
            "" | "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave"
        )
    {
        let message = format!("`{word}` is not a mount propagation, which the engine refuses");
        let help = "write one of private, rprivate, shared, rshared, slave, rslave";
        found.push(finding(propagation.span, message, help, target));
    }
    for (wrong, of) in [("volume", "bind"), ("bind", "volume")] {
        if kind == of
            && let Some(entry) = item.entry(wrong)
            && has_effect(wrong, &entry.value)
        {
            let message = format!("`{name}` gives a mount of type {of} options of type {wrong}, which the engine refuses");
            found.push(finding(entry.key, message, format!("remove `{wrong}`"), target));
        }
    }
}

/// Whether Compose hands the options on: it drops what only says the default.
fn has_effect(kind: &str, options: &Value) -> bool {
    match kind {
        "volume" => options.get("nocopy").is_some_and(|value| value.scalar_text().as_deref() == Some("true")),
        _ => options.get("propagation").and_then(Value::str).is_some_and(|word| !word.is_empty()),
    }
}

/// A folder of the checkout on a file of the image, or a file on a folder.
fn on_the_other_kind(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(image) = subject.container.image.root().map(ImageRef::parse) else {
        return;
    };
    for mount in &service.volumes {
        let (Some(source), Some(target)) = (mount.source.sourced(), mount.target.value()) else {
            continue;
        };
        let (is, has) = match (subject.bind_source(mount).map(|source| source.kind), known_images::path_kind(&image, target)) {
            (Some(BindKind::Folder), Some(PathKind::File)) => ("folder", "file"),
            (Some(BindKind::File), Some(PathKind::Folder)) => ("file", "folder"),
            _ => continue,
        };
        let message = format!(
            "`{}` mounts the {is} `{}` on `{target}`, which is a {has} in the image, so it does not start",
            service.name.value, source.value
        );
        let help = match is {
            "folder" => format!("mount a file of it: `{}/FILE:{target}`", source.value.trim_end_matches('/')),
            _ => {
                let file = source.value.rsplit('/').next().unwrap_or_default();
                format!("mount it inside: `{}:{}/{file}`", source.value, target.trim_end_matches('/'))
            }
        };
        found.push(finding(source.span, message, help, target));
    }
}

/// A mount where PostgreSQL's images had their data before 18: the entrypoint refuses one there, be it empty or not
/// (docker-library/postgres#1259), unless PGDATA says where the data is.
fn on_the_former_folder(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    const FORMER: &str = "/var/lib/postgresql/data";
    let image = subject.container.image.root().map(ImageRef::parse);
    let moved = subject.container.image.stage().is_some_and(|stage| stage.env.get("PGDATA").is_some())
        || service.variables().any(|variable| variable.name == "PGDATA")
        || service.env_files.iter().any(|_| service.given.is_empty());
    let starts = match &service.command {
        Fact::Absent => subject.container.image.stage().is_none_or(|stage| stage.cmd.is_absent()),
        Fact::Known(words) => words.value.first().is_some_and(|word| word == "postgres" || word.starts_with('-')),
        Fact::Unknown(_) => false,
    };
    let Some(image) = image.filter(is_postgres_18) else {
        return;
    };
    if moved || !starts || subject.has_own_entrypoint() {
        return;
    }
    let mounts = service.volumes.iter().filter_map(|mount| {
        let target = mount.target.sourced()?;
        Some((target.value.as_str(), target.span, mount.source.value()))
    });
    let mounts = mounts.chain(service.tmpfs.iter().map(|mount| (mount.target.as_str(), mount.span, None)));
    for (target, span, source) in mounts {
        if path::clean(target) == FORMER {
            let name = &service.name.value;
            let message = format!("`{name}` mounts something at `{FORMER}`, at which PostgreSQL 18 and later refuse to start");
            let help = match source {
                Some(source) => format!("write `{source}:/var/lib/postgresql`, after a dump of what an older release has there"),
                None => "mount it at `/var/lib/postgresql`".to_owned(),
            };
            let one = finding(span, message, help, target);
            // Under a tag that moves an older build may be at hand.
            let is_said = image.tag.as_deref().is_some_and(|tag| tag.contains(|letter: char| letter.is_ascii_digit()));
            found.push(if is_said { one } else { one.severity(Severity::Warning) });
        }
    }
}

/// Whether an image is of PostgreSQL 18 or later, as far as its tag tells.
fn is_postgres_18(image: &ImageRef) -> bool {
    let tag = image.tag.as_deref().unwrap_or("latest");
    let release = match (image.official(), image.registry.as_deref(), image.name.as_str()) {
        (Some("postgres"), ..) if matches!(tag, "latest" | "alpine" | "trixie") => return image.digest.is_none(),
        (Some("postgres"), ..) | (_, None, "postgis/postgis") => tag,
        (_, None, "pgvector/pgvector") => match tag.split('-').find_map(|part| part.strip_prefix("pg")) {
            Some(release) => release,
            None => return false,
        },
        _ => return false,
    };
    let digits = release.find(|other: char| !other.is_ascii_digit()).unwrap_or(release.len());
    release.get(..digits).and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| (18..100).contains(&major))
}

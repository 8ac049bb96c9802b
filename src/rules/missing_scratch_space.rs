use super::{Check, Group};
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images;
use crate::repository::Subject;
use crate::resolve::compose::service::{Mount, Service};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::is_below;

rule! {
    /// A read-only service runs a program that wants to write somewhere, and nothing is mounted there.
    ///
    /// ## Why it matters
    /// With `read_only` every write outside of a mount fails. Gunicorn looks for a folder for its heartbeat files before it
    /// starts, a servlet container makes a work folder, a browser its profile: they end at once, or at the first upload.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     command: ["gunicorn", "app:app"]
    ///     read_only: true  # <- here
    ///   web:
    ///     image: nginx:1.29
    ///     read_only: true  # <- here
    ///     tmpfs: ["/run:size=1m"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     command: ["gunicorn", "app:app"]
    ///     read_only: true
    ///     tmpfs: ["/tmp:size=16m"]
    ///   web:
    ///     image: nginx:1.29
    ///     read_only: true
    ///     tmpfs: ["/var/run:size=1m", "/var/cache/nginx:size=64m"]
    ///   own:
    ///     image: acme/web:1.4
    ///     command: ["/web"]
    ///     read_only: true
    /// ```
    ///
    /// ## Notes
    /// Assumes that the program is used as it comes: a variable such as TMPDIR, or an option such as `--worker-tmp-dir`,
    /// may send it elsewhere, and then nothing is said.
    RULE {
        name: "missing-scratch-space",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Programs that make files in /tmp before they do anything else, and what they are.
const WRITERS: [(&str, &str); 9] = [
    ("gunicorn", "gunicorn"),
    ("catalina.sh", "Tomcat"),
    ("chromium", "a browser"),
    ("chromium-browser", "a browser"),
    ("google-chrome", "a browser"),
    ("google-chrome-stable", "a browser"),
    ("firefox", "a browser"),
    ("soffice", "LibreOffice"),
    ("libreoffice", "LibreOffice"),
];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Fact::Known(read_only) = &service.read_only else {
        return;
    };
    if !read_only.value || !subject.absence_is_sure() {
        return;
    }
    official(subject, service, read_only.span, found);
    if elsewhere(subject, service) || has_room(subject, service, &["/tmp", "/var/tmp", "/usr/tmp"]) {
        return;
    }
    let effective = subject.effective();
    let words = effective.words();
    let program = |word: &&str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        WRITERS.iter().find(|(writer, _)| *writer == name)
    };
    if words.iter().any(|word| word.contains("tmp")) {
        return;
    }
    let Some((name, what)) = words.iter().find_map(program) else {
        return;
    };
    let message = format!(
        "service '{}' is read-only and runs '{name}': {what} writes to /tmp, where nothing is mounted",
        service.name.value
    );
    found.push(
        Finding::new(read_only.span, message)
            .help("mount a tmpfs there: `tmpfs: [\"/tmp:size=16m\"]`")
            .aspect("read_only /tmp"),
    );
}

/// An official image that is run as it comes: its own folders. With a configuration or arguments of its own it may use others.
fn official(subject: &Subject<'_>, service: &Service, place: Span, found: &mut Vec<Finding>) {
    let ImageSource::Named(name) = &subject.container.image else {
        return;
    };
    let is_own = |mount: &Mount| mount.target.value().is_none_or(|target| target.starts_with("/etc/"));
    if !service.command.is_absent() || !service.entrypoint.is_absent() || service.volumes.iter().any(is_own) {
        return;
    }
    let missing: Vec<&str> = known_images::written(&ImageRef::parse(&name.value))
        .iter()
        .copied()
        .filter(|path| !has_room(subject, service, &[path]))
        .collect();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "service '{}' is read-only, and '{}' writes to {}, where nothing is mounted",
        service.name.value,
        name.value,
        missing.join(" and ")
    );
    let mounts: Vec<String> = missing.iter().map(|path| format!("\"{path}:size=16m\"")).collect();
    found.push(
        Finding::new(place, message)
            .help(format!("mount a tmpfs there: `tmpfs: [{}]`", mounts.join(", ")))
            .aspect("read_only image"),
    );
}

/// Whether a variable sends temporary files elsewhere.
fn elsewhere(subject: &Subject<'_>, service: &Service) -> bool {
    let names = ["TMPDIR", "TEMP", "TMP", "CATALINA_TMPDIR", "GUNICORN_CMD_ARGS"];
    let stage = subject.container.image.stage();
    names.iter().any(|name| {
        service.variables().any(|variable| variable.name == *name)
            || stage.is_some_and(|stage| stage.env.get(name).is_some())
    }) || !service.env_files.is_empty()
}

/// Whether something that can be written to is mounted at one of these folders or above it, or may be.
fn has_room(subject: &Subject<'_>, service: &Service, folders: &[&str]) -> bool {
    let is_there = |target: &str| {
        // A link in every official image.
        let target = target.trim_end_matches('/').replacen("/var/run", "/run", 1);
        folders
            .iter()
            .any(|folder| *folder == target || is_below(folder, &target))
    };
    let mounted = service.volumes.iter().any(|mount| match &mount.target {
        Fact::Known(target) => is_there(&target.value),
        _ => true,
    });
    let declared = subject
        .container
        .image
        .stage()
        .is_some_and(|stage| stage.volumes.iter().any(|volume| is_there(&volume.value)));
    let of_base = subject
        .container
        .image
        .root()
        .is_some_and(|name| known_images::volumes(&ImageRef::parse(name)).iter().any(|volume| is_there(volume)));
    mounted || declared || of_base || service.tmpfs.iter().any(|tmpfs| is_there(&tmpfs.target))
}

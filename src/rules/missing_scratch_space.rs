use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::service::Service;
use crate::unit::View;

rule! {
    /// A read-only service runs a program that wants to write to /tmp, and nothing is mounted there.
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

fn check(view: &View<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Fact::Known(read_only) = &service.read_only else {
        return;
    };
    if !read_only.value || !view.absence_is_sure() || elsewhere(view, service) || has_room(view, service) {
        return;
    }
    let effective = view.effective();
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
            .subject("read_only /tmp"),
    );
}

/// Whether a variable sends temporary files elsewhere.
fn elsewhere(view: &View<'_>, service: &Service) -> bool {
    let names = ["TMPDIR", "TEMP", "TMP", "CATALINA_TMPDIR", "GUNICORN_CMD_ARGS"];
    let stage = view.unit.image.stage();
    names.iter().any(|name| {
        service.environment.iter().any(|variable| variable.name == *name)
            || stage.is_some_and(|stage| stage.env.get(name).is_some())
    }) || !service.env_files.is_empty()
}

/// Whether something that can be written to is mounted at /tmp, or may be.
fn has_room(view: &View<'_>, service: &Service) -> bool {
    let is_there = |target: &str| matches!(target.trim_end_matches('/'), "/tmp" | "/var/tmp" | "/usr/tmp");
    let mounted = service.volumes.iter().any(|mount| match &mount.target {
        Fact::Known(target) => is_there(&target.value),
        _ => true,
    });
    let declared = view
        .unit
        .image
        .stage()
        .is_some_and(|stage| stage.volumes.iter().any(|volume| is_there(&volume.value)));
    mounted || declared || service.tmpfs.iter().any(|tmpfs| is_there(&tmpfs.target))
}

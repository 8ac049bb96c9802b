use super::{Check, Group};
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images;
use crate::build::{JudgedFile, origins};
use crate::repository::{Repository, Subject};
use crate::resolve::stage::Base;
use crate::resolve::compose::service::{Mount, Service};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::{is_below, name};

rule! {
    /// A program wants to write to a folder that is read-only, or that its image does not have.
    ///
    /// ## Why it matters
    /// With `read_only` every write outside of a mount fails. Gunicorn looks for a folder for its heartbeat files before it
    /// starts, a servlet container makes a work folder, a browser its profile: they end at once, or at the first upload. An
    /// image from `scratch` has no `/tmp` unless somebody makes it.
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
    /// ```dockerfile fail
    /// FROM scratch  # <- here
    /// COPY --from=build /usr/local/bin/python3 /usr/local/bin/python3
    /// COPY app.py /app/app.py
    /// ENTRYPOINT ["/usr/local/bin/python3", "/app/app.py"]
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
        check: Check::Both(check, from_scratch),
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

/// Languages whose libraries make temporary files.
const LANGUAGES: [&str; 5] = ["java", "node", "php", "python", "ruby"];

/// A language in an image that grew out of nothing, and has no folder for temporary files.
fn from_scratch(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let Some((index, stage)) = file.plan.shipped.and_then(|index| Some((index, file.plan.stages.get(index)?))) else {
        return;
    };
    if !matches!(stage.root_image, Base::Scratch) {
        return;
    }
    let commands = [&stage.entrypoint, &stage.cmd].into_iter().filter_map(|command| command.value());
    let programs = commands.filter_map(|command| command.words.first().map(|word| name(&word.value)));
    let plain = |program: &str| program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.').to_owned();
    let Some(language) = programs.map(plain).find(|program| LANGUAGES.contains(&program.as_str())) else {
        return;
    };
    let is_sent_elsewhere = ["TMPDIR", "TEMP", "TMP"].iter().any(|name| stage.env.get(name).is_some());
    let folders = ["/tmp", "/var/tmp"];
    let has_one = folders.iter().any(|folder| origins::cannot_have(file, index, folder).is_none());
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let mut builders = services.filter(|service| file.services.contains(&service.name.value));
    let is_mounted = builders.any(|service| !service.tmpfs.is_empty() || !service.volumes.is_empty());
    if is_sent_elsewhere || has_one || is_mounted || stage.volumes.iter().any(|volume| folders.contains(&volume.value.as_str())) {
        return;
    }
    let message = format!("{} starts from scratch and has no `/tmp`, where {language} puts temporary files", file.stage_name(index));
    found.push(
        Finding::new(stage.from, message)
            .help("create it with `WORKDIR /tmp` before the last WORKDIR, or with a tmpfs in Compose: `tmpfs: [\"/tmp:size=16m\"]`")
            .aspect("scratch /tmp"),
    );
}

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
        "`{}` is read-only and runs `{name}`: {what} writes to /tmp, where nothing is mounted",
        service.name.value
    );
    found.push(
        Finding::new(read_only.span, message)
            .help("mount a tmpfs there: `tmpfs: [\"/tmp:size=16m\"]`")
            .change(mount(service, "/tmp"))
            .with_care()
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
        "`{}` is read-only, and `{}` writes to {}, where nothing is mounted",
        service.name.value,
        name.value,
        missing.join(" and ")
    );
    let mounts: Vec<String> = missing.iter().map(|path| format!("\"{path}:size=16m\"")).collect();
    let mut finding = Finding::new(place, message)
        .help(format!("mount a tmpfs there: `tmpfs: [{}]`", mounts.join(", ")))
        .with_care()
        .aspect("read_only image");
    // Several items of a list that is not there yet are one edit.
    if service.written(&["tmpfs"]).is_none() {
        let all = format!("[{}]", mounts.join(", "));
        finding = finding.change(Change::Set(service.name.span, "tmpfs".to_owned(), all));
    } else {
        for path in missing {
            finding = finding.change(mount(service, path));
        }
    }
    found.push(finding);
}

fn mount(service: &Service, path: &str) -> Change {
    Change::Add(service.name.span, "tmpfs".to_owned(), format!("\"{path}:size=16m\""))
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
    // A link in every official image.
    let real = |path: &str| path.trim_end_matches('/').replacen("/var/run", "/run", 1);
    let is_there = |target: &str| {
        let target = real(target);
        folders
            .iter()
            .map(|folder| real(folder))
            .any(|folder| folder == target || is_below(&folder, &target))
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
        .is_some_and(|name| subject.known_image(name).volumes().iter().any(|volume| is_there(volume)));
    mounted || declared || of_base || service.tmpfs.iter().any(|tmpfs| is_there(&tmpfs.target))
}

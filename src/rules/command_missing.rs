mod application;
mod client;
mod script;

use super::{Check, Group};
use crate::build::{FileSystem, JudgedFile};
use crate::container::needs::{Need, of_str, of_words, of_written};
use crate::container::{ImageSource, reach};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images::{self, Has, Images};
use crate::parse::dockerfile::{Form, Healthcheck, Kind};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;

rule! {
    /// A container runs a program that its image does not include.
    ///
    /// ## Why it matters
    /// The build passes, and the container does not start; a health check that calls an absent `curl` makes it unhealthy
    /// for ever. Slim and Alpine images have no curl, `scratch` has nothing at all.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.12-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
    /// RUN pip install --no-cache-dir flask
    /// COPY app.py /app/
    /// HEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1  # <- here
    /// CMD ["python", "/app/app.py"]
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:
    ///     build: .
    ///     healthcheck:
    ///       test: ["CMD", "curl", "-f", "http://localhost:8000/"]  # <- here
    ///   cache:
    ///     image: redis:7.4-alpine
    ///     healthcheck:
    ///       test: curl -f http://localhost:6379 || exit 1  # <- here
    /// ```
    /// ```dockerfile fail +
    /// FROM scratch
    /// COPY --from=build /out/api /api
    /// ENTRYPOINT ["/bin/api"]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.12-slim
    /// RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    /// HEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1
    /// CMD ["python", "/app/app.py"]
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.22
    /// HEALTHCHECK CMD curl -f http://localhost/ || wget -q -O- http://localhost/ || exit 1
    /// ```
    ///
    /// ## Notes
    /// A script that the stage starts with is read where it comes from the build context and nothing changes its text on the
    /// way: the image's user must be able to execute it, and it must begin with `#!` and an interpreter that is there.
    ///
    /// An error where all that the image holds is known, because it starts from `scratch`; a warning where the catalogue
    /// says that the base image lacks the program, and nothing installs or copies it. Where a package is installed that
    /// may install it, or anything runs that is not understood, nothing is reported. A command under an entrypoint that is
    /// known to end in `exec "$@"` (nginx, redis, postgres, node, a script of the build context) is looked at like one
    /// without. A script or module of the application is missed where the stages copy nothing but lists of packages.
    RULE {
        name: "command-missing",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Both(check_service, check_file),
    }
}

/// Whether the image is a package that another program unpacks, and reads the command of (`sealos run`): no engine starts it.
pub(super) fn is_read_by_others(file: &JudgedFile) -> bool {
    let instructions = file.file.ast.instructions.iter();
    let mut labels = instructions.filter_map(|instruction| match &instruction.kind {
        Kind::Label(pairs) => Some(pairs),
        _ => None,
    });
    labels.any(|pairs| pairs.iter().any(|pair| pair.key.value.starts_with("sealos.io")))
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    if is_read_by_others(file) {
        return;
    }
    application::never_copied(file, repository, found);
    for index in file.shipped_stages() {
        let (Some(stage), Some(contents)) = (file.plan.stages.get(index), file.contents().get(index)) else {
            continue;
        };
        if !stage.has_posix_shell() || !file.runs_on_linux(stage) {
            continue;
        }
        let has = |word: &str| contents.runs(word);
        let name = file.stage_name(index);
        if file.plan.shipped == Some(index) {
            script::check(file, contents, &name, found);
        }
        let mut tell = |needs: &[Need], what: &str, then: &str| {
            // A path that services mount is there when they start.
            let is_mounted = |need: &Need| {
                let mut paths = need.programs.iter().filter(|program| program.contains('/'));
                paths.any(|path| application::is_mounted(file, repository, &contents.absolute(path)))
            };
            if let Some(need) = reach::unmet(needs, &has).filter(|need| !is_mounted(need)) {
                let lacks = lacks(contents, need, "it");
                let message = format!("{name} {what} `{}`, which {lacks}, so {then}", need.programs.join("` or `"));
                found.push(
                    finding(need.span, message, contents, need)
                        .related(stage.from, "base image of the stage")
                        .aspect(what),
                );
            }
        };
        if let Fact::Known(check) = &stage.healthcheck
            && let Healthcheck::Command(probe) = check.value.as_ref()
        {
            tell(&of_written(&probe.command), "is probed with", "it is never healthy");
        }
        let command = match (&stage.entrypoint, &stage.cmd) {
            (Fact::Known(entrypoint), _) => Some(&entrypoint.value),
            (Fact::Absent, Fact::Known(cmd)) if starts_by_itself(stage, &file.images) => Some(&cmd.value),
            _ => None,
        };
        // A script of the context that ends in `exec "$@"` starts what CMD says.
        if let Fact::Known(cmd) = &stage.cmd
            && stage.entrypoint.value().is_some_and(|entrypoint| file.hands_over(entrypoint))
        {
            tell(&of_written(&cmd.value), "starts", "its containers do not start");
        }
        if let Some(command) = command {
            tell(&of_written(command), "starts", "its containers do not start");
            let script = command.words.first().filter(|_| command.form == Form::Exec);
            if let Some(script) = script
                && let Some(line) = contents.interpreter(&contents.absolute(&script.value))
                && let Some(interpreter) = line.split_whitespace().next()
                && interpreter != "/bin/sh"
                && contents.file(interpreter) == Has::No
            {
                let message = format!(
                    "{name} starts `{}`, whose interpreter `{interpreter}` does not exist: its containers do not start",
                    script.value
                );
                let need = Need {
                    programs: vec![interpreter.to_owned()],
                    span: script.span,
                    by_shell: false,
                };
                found.push(finding(script.span, message, contents, &need).aspect("interpreter"));
            }
        }
    }
}

/// Whether nothing of the base image that changes the command stands before it.
fn starts_by_itself(stage: &Stage, images: &Images) -> bool {
    match &stage.root_image {
        Base::Scratch => true,
        Base::Image(Fact::Known(name)) => {
            runs_command(&name.value, images)
        }
        _ => false,
    }
}

/// Whether an image runs a command as it is: it has no entrypoint, or one that ends in `exec "$@"`.
fn runs_command(name: &str, images: &Images) -> bool {
    let image = images.get(name);
    image.has_entrypoint() == Has::No || known_images::passes_on(&image)
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if !service.runs_on_linux() || subject.container.image.stage().is_some_and(Stage::is_wasm) {
        return;
    }
    let contents = subject.contents();
    let has = |word: &str| reach::runs(service, &contents, word);
    let name = &service.name.value;
    let mut tell = |needs: &[Need], what: &str, then: &str, changes: Vec<Change>| {
        if let Some(need) = reach::unmet(needs, &has) {
            let lacks = lacks(&contents, need, "its image");
            let message = format!("`{name}` {what} `{}`, which {lacks}, so {then}", need.programs.join("` or `"));
            let place = subject
                .base_span()
                .or(subject.container.image_span())
                .unwrap_or(service.name.span);
            let finding = finding(need.span, message, &contents, need)
                .related(place, "the image")
                .aspect(what);
            found.push(match changes.is_empty() {
                true => finding,
                false => changes.into_iter().fold(finding.with_care(), Finding::change),
            });
        }
    };
    if let Some(check) = service.healthcheck.as_ref().filter(|check| !check.disabled)
        && let Fact::Known(test) = &check.test
    {
        let spans = item_spans(service, &["healthcheck", "test"]);
        let words: Vec<(&str, Span)> = test
            .value
            .iter()
            .enumerate()
            .map(|(index, word)| (word.as_str(), spans.get(index).copied().unwrap_or(test.span)))
            .collect();
        let needs = match words.split_first() {
            Some((("CMD", _), rest)) => of_words(rest),
            Some((("CMD-SHELL", _), [(line, span), ..])) => of_str(line, *span),
            _ => Vec::new(),
        };
        tell(&needs, "is probed with", "it is never healthy", client::as_wget(&words, &contents));
    }
    let stage = subject.container.image.stage();
    let own = match (&service.entrypoint, &service.command) {
        (Fact::Known(words), _) if !words.value.is_empty() => Some((words, "entrypoint")),
        (Fact::Absent, Fact::Known(words)) if starts_command(&subject.container.image, stage, &subject.repository.images) => {
            Some((words, "command"))
        }
        _ => None,
    };
    if let Some((command, key)) = own {
        let spans = item_spans(service, &[key]);
        let words: Vec<(&str, Span)> = command
            .value
            .iter()
            .enumerate()
            .map(|(index, word)| (word.as_str(), spans.get(index).copied().unwrap_or(command.span)))
            .collect();
        tell(&of_words(&words), "starts", "it does not start", Vec::new());
    }
}

/// Whether a `command` is run as it is, because the image has no entrypoint.
fn starts_command(image: &ImageSource, stage: Option<&Stage>, images: &Images) -> bool {
    match (image, stage) {
        (_, Some(stage)) => stage.entrypoint.is_absent() && starts_by_itself(stage, images),
        (ImageSource::Named(name), _) => runs_command(&name.value, images),
        _ => false,
    }
}

/// The places of the items of a list, where it is written as one.
fn item_spans(service: &Service, path: &[&str]) -> Vec<Span> {
    let items = service.written(path).and_then(|value| value.seq()).unwrap_or(&[]);
    items.iter().map(|item| item.span).collect()
}

/// Where the program was put, if that is a folder outside PATH.
fn out_of_path<'a>(contents: &'a FileSystem, need: &Need) -> Option<&'a str> {
    need.programs.iter().find_map(|program| contents.out_of_path(program))
}

/// What an image has not, and why.
fn lacks(contents: &FileSystem, need: &Need, image: &str) -> String {
    match out_of_path(contents, need) {
        Some(path) => format!("is at `{path}`, which is not in PATH"),
        None => format!("{image} does not have: {}", why(contents, need)),
    }
}

fn why(contents: &FileSystem, need: &Need) -> String {
    match contents.root() {
        Some(image) => {
            let mut name = image.official().unwrap_or(&image.name).to_owned();
            if let Some(tag) = &image.tag {
                name = format!("{name}:{tag}");
            }
            format!("`{name}` does not include it, and nothing installs it")
        }
        _ if need.programs.iter().any(|program| program.contains('/')) => {
            "it starts from scratch, and nothing is copied there".to_owned()
        }
        _ => "it starts from scratch, and nothing is copied into PATH under this name".to_owned(),
    }
}

fn finding(span: Span, message: String, contents: &FileSystem, need: &Need) -> Finding {
    let (severity, help) = if contents.is_certain() {
        (
            Severity::Error,
            "COPY the program into the final stage, or use one that exists".to_owned(),
        )
    } else {
        let has = |program: &str| contents.program(program) == Has::Yes;
        let other = ["wget", "python", "node"].into_iter().find(|other| has(other));
        let is_download = need
            .programs
            .iter()
            .any(|program| program == "curl" || program == "wget");
        let help = match (out_of_path(contents, need), other.filter(|_| is_download)) {
            (Some(path), _) => format!("write the full path, `{path}`, or copy it to `/usr/local/bin`"),
            (None, Some(other)) => format!("install it in the final stage, or use {other}, which exists"),
            (None, None) => "install it in the final stage, or use one that exists".to_owned(),
        };
        (Severity::Warning, help)
    };
    Finding::new(span, message).help(help).severity(severity)
}

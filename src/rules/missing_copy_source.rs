use super::{Check, Group, trailing_comment};
use crate::build::context::{Context, Copied, Named, Proof, Source};
use crate::build::origins::{self, Assumption, FOLDERS};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind, Transfer, Word};
use crate::repository::Repository;
use crate::resolve::glob::has_wildcard;
use crate::resolve::stage::ImageUse;
use crate::source::Span;
use crate::values::path::{clean, name};

rule! {
    /// COPY or ADD names a file that does not exist, or that the ignore file excludes from the build.
    ///
    /// ## Why it matters
    /// The build stops there, often after minutes of work. With a `.dockerignore` in between, everything looks right in the
    /// checkout and still nothing arrives.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.13-slim AS build
    /// COPY requirements.txt /
    /// COPY setting.toml /etc/app/  # <- here
    /// COPY docs/usage.md /  # <- here
    /// FROM python:3.13-slim
    /// COPY --from=build /app /app  # <- here
    /// ```
    /// ```text fail requirements.txt +
    /// flask==3.1.0
    /// ```
    /// ```text fail settings.toml +
    /// debug = false
    /// ```
    /// ```text fail docs/usage.md +
    /// Usage
    /// ```
    /// ```text fail .dockerignore +
    /// docs
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.13-slim AS build
    /// WORKDIR /app
    /// COPY requirements.txt .
    /// COPY dist/app.whl .
    /// FROM python:3.13-slim
    /// COPY --from=build /app /app
    /// ```
    /// ```text pass requirements.txt +
    /// flask==3.1.0
    /// ```
    /// ```text pass .gitignore +
    /// dist
    /// ```
    ///
    /// ## Notes
    /// Nothing is said about paths that git ignores or that a script, a makefile, a job or a text of the repository makes,
    /// as they may be made before the build, nor where it is not certain which folder is the build context: `contexts:` in
    /// plimsoll.yaml names it. For `COPY --from` it is a warning that says what is assumed of the base image.
    RULE {
        name: "missing-copy-source",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &["CopyIgnoredFile"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let stage_uses = file.stage_uses();
    let stage_use = |stage: usize| stage_uses.get(stage).copied().unwrap_or(StageUse::Unused);
    if let Some(context) = file.context.as_ref().filter(|context| !context.is_released) {
        let proof = proof(context);
        for copy in context
            .copies
            .iter()
            .filter(|copy| stage_use(copy.stage) != StageUse::Unused)
        {
            from_context(file, context, copy, proof, found);
        }
        for mount in context.mounts.iter().filter(|mount| stage_use(mount.stage) != StageUse::Unused) {
            let subject = format!("RUN --mount {}", mount.instruction);
            found.extend(absent(context, &mount.source, mount.span, proof, subject));
        }
    }
    for word in file.plan.references() {
        if let (ImageUse::Copy, Some(Some(stage))) = (word.usage, word.stage)
            && stage_use(word.within) != StageUse::Unused
        {
            from_stage(file, word.span, stage, found);
        }
    }
}

fn words(instruction: &Instruction) -> Option<&Transfer> {
    match &instruction.kind {
        Kind::Copy(words) | Kind::Add(words) => Some(words),
        _ => None,
    }
}

fn from_context(file: &JudgedFile, context: &Context, copy: &Copied, proof: Proof, found: &mut Vec<Finding>) {
    let Some(instruction) = file.file.ast.instructions.get(copy.instruction) else {
        return;
    };
    // The words of a comment are no files, and are said to be none.
    let Some(words) = words(instruction).filter(|_| trailing_comment::place(instruction).is_none()) else {
        return;
    };
    for (source, word) in copy.sources.iter().zip(&words.sources) {
        let subject = format!("{} {}", instruction.keyword.value, word.value);
        found.extend(absent(context, source, word.span, proof, subject));
    }
}

/// What is said of a source that is not there, written at `span`.
fn absent(context: &Context, source: &Source, span: Span, proof: Proof, subject: String) -> Option<Finding> {
    let place = if context.folder.is_empty() {
        "the workspace root".to_owned()
    } else {
        format!("`{}`", context.folder)
    };
    match source {
        Source::Missing {
            path,
            made_before: false,
        } if proof != Proof::Nothing => {
            let message = format!("`{path}` is not in the build context, which is {place}");
            let finding = Finding::new(span, message).aspect(subject);
            if is_unbuilt(context, path) {
                let help = "build it in an earlier stage; if it is made before the build, add it to .gitignore";
                return (proof == Proof::Sources).then(|| finding.severity(Severity::Note).help(help));
            }
            match (near(context, path), is_built(path)) {
                (Some(close), _) => Some(finding.help(close)),
                (None, false) => Some(finding.help("correct the path, or commit the file")),
                // Only other sources show that nobody fills the folder before the build.
                (None, true) => (proof == Proof::Sources).then(|| {
                    finding
                        .severity(Severity::Note)
                        .help("build it in an earlier stage; if it is made before the build, add it to .gitignore")
                }),
            }
        }
        Source::Excluded { path, line, present } if *present || proof != Proof::Nothing => {
            let ignore = context.ignore.as_ref()?;
            let pattern = ignore.rules.patterns().iter().find(|pattern| pattern.line == *line);
            let shown = pattern.map_or_else(String::new, |pattern| pattern.shown());
            let message = format!("`{path}` is excluded from the build by `{shown}` in {}", ignore.path);
            Some(
                Finding::new(span, message)
                    .help(format!("add `!{path}` after that line, or copy something else"))
                    .related(ignore.span(*line), "excluded here")
                    .aspect(subject),
            )
        }
        _ => None,
    }
}

/// Whether a path lies in a folder of a build that is not there at all: then it was not run yet, and the name is no slip.
fn is_unbuilt(context: &Context, path: &str) -> bool {
    let top = path.split_once('/').map(|(top, _)| top);
    top.is_some_and(|top| FOLDERS.contains(&top) && context.tree.find(top).is_none())
}

/// Whether a path looks like something that a build before the build makes.
fn is_built(path: &str) -> bool {
    const ENDINGS: [&str; 14] = [
        ".jar", ".war", ".whl", ".deb", ".rpm", ".apk", ".tgz", ".gz", ".xz", ".zip", ".tar", ".so", ".exe", ".dll",
    ];
    path.split('/').any(|part| FOLDERS.contains(&part))
        || ENDINGS.iter().any(|ending| path.ends_with(ending))
        // A program without an ending is mostly a binary.
        || !name(path).contains('.') && !path.contains('/') && path.chars().all(|letter| !letter.is_uppercase())
}

/// How sure it is that what is missing is not put there: GoReleaser builds in a folder of its own.
fn proof(context: &Context) -> Proof {
    let releaser = [".goreleaser.yml", ".goreleaser.yaml"];
    let is_released = context.named == Named::Root && releaser.iter().any(|file| context.tree.find(file).is_some());
    if is_released { Proof::Nothing } else { context.proof() }
}

/// What may have been meant: a name close by, or the same name elsewhere.
fn near(context: &Context, path: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let sent = || context.tree.entries.iter().filter(|entry| entry.sent);
    let siblings = sent().filter(|entry| entry.path.rsplit_once('/').map_or("", |(folder, _)| folder) == folder);
    if let Some(close) = crate::values::nearest(name(path), siblings.map(|entry| name(&entry.path))) {
        return Some(format!("did you mean `{close}`?"));
    }
    let mut same = sent().filter(|entry| name(&entry.path) == name(path));
    match (same.next(), same.next()) {
        (Some(entry), None) => Some(format!("there is a `{}`", entry.path)),
        _ => None,
    }
}

fn from_stage(file: &JudgedFile, from: Span, stage: usize, found: &mut Vec<Finding>) {
    let instructions = &file.file.ast.instructions;
    let behind = file.file.ast.first_from(from.start + 1);
    let Some(at) = behind.checked_sub(1) else { return };
    let (Some(transfer), Some(words)) = (file.plan.transfer(at), instructions.get(at).and_then(words)) else {
        return;
    };
    for (source, word) in transfer.sources.iter().zip(&words.sources) {
        if let Some(source) = source.value()
            && !has_wildcard(source)
            && !source.contains('\\')
        {
            let path = clean(&format!("/{}", source.replace("/./", "/")));
            if let Some(assumption) = origins::cannot_have(file, stage, &path) {
                found.push(not_created(file, stage, &path, word, &assumption));
            }
        }
    }
}

fn not_created(file: &JudgedFile, stage: usize, path: &str, word: &Word, assumption: &Assumption) -> Finding {
    let stage_name = file.stage_name(stage);
    let message = match assumption {
        Assumption::Scratch => format!("nothing in {stage_name} creates `{path}`, and it starts from scratch"),
        Assumption::Image(image) => {
            format!("nothing in {stage_name} creates `{path}`, and its base `{image}` probably does not include it")
        }
    };
    let finding = Finding::new(word.span, message)
        .help("create it there (WORKDIR, COPY), or copy another path")
        .severity(Severity::Warning)
        .aspect(format!("COPY --from {path}"));
    match file.plan.stages.get(stage) {
        Some(stage) => finding.related(stage.from, "the stage"),
        None => finding,
    }
}

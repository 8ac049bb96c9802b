use crate::order::Order as _;
use super::{Check, Group};
use crate::build::context::{Context, Copied, EntryKind, Source, Tree};
use crate::build::{Action, JudgedFile, StageUse};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::ImageUse;
use crate::values::bytes;
use crate::values::path::name;

rule! {
    /// A COPY or ADD copies version control, installed packages or build products of the checkout into the image.
    ///
    /// ## Why it matters
    /// `.git` holds everything that ever was in the repository, deleted secrets included, and is often larger than the
    /// application. Packages and build products of a developer's machine are made for another system and hide what the build
    /// installs.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM node:22-slim
    /// COPY . /app  # <- here
    /// ```
    /// ```text fail .git/config +
    /// [core]
    /// ```
    /// ```text fail package.json +
    /// {}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM node:22-slim
    /// COPY . /app
    /// ```
    /// ```text pass .git/config +
    /// [core]
    /// ```
    /// ```text pass .dockerignore +
    /// .git
    /// **/node_modules
    /// ```
    ///
    /// ## Notes
    /// It looks at what is in the checkout now, after the ignore file. Folders that git tracks, and those that the COPY
    /// names itself, are meant; so is what only stages see that do not ship.
    RULE {
        name: "version-control-in-image",
        group: Group::Size,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    from_stages(file, found);
    let Some(context) = file.context.as_ref().filter(|context| context.is_certain()) else {
        return;
    };
    let stage_uses = file.stage_uses();
    for copy in &context.copies {
        if stage_uses.get(copy.stage) != Some(&StageUse::Ships) || copy.filtered {
            continue;
        }
        let mut hits: Vec<(String, u64)> = Vec::new();
        for source in &copy.sources {
            let Source::Found { items } = source else { continue };
            for item in items {
                for index in item.range.clone() {
                    let Some(entry) = context.tree.entries.get(index) else {
                        continue;
                    };
                    // What is copied by its own name is wanted, a history apart: few programs read one.
                    if entry.path == item.path && !matches!(name(&entry.path), ".git" | ".hg" | ".svn")
                        || !copy.keeps(item, &entry.path)
                        || hits
                            .iter()
                            .any(|(hit, _)| crate::values::path::is_below(&entry.path, hit))
                        || !is_unwanted(&context.tree, index)
                    {
                        continue;
                    }
                    let is_no_history = match name(&entry.path) {
                        ".git" => lacks_objects(context, &entry.path),
                        _ => is_tracked(repository, &context.folder, &entry.path),
                    };
                    let Some(bytes) = sent_below(&context.tree, index).filter(|_| !is_no_history) else {
                        continue;
                    };
                    hits.push((entry.path.clone(), bytes));
                }
            }
        }
        hits.order_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let Some((largest, _)) = hits.first() else { continue };
        let total = hits.iter().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
        let Some(instruction) = file.file.ast.instructions.get(copy.instruction) else {
            continue;
        };
        let (Kind::Copy(words) | Kind::Add(words)) = &instruction.kind else {
            continue;
        };
        let total = bytes::show(i64::try_from(total).unwrap_or(i64::MAX));
        let what = match hits.len() {
            1 => format!("`{largest}`"),
            count => format!("`{largest}` and {} more such folders", count - 1),
        };
        let mut lines: Vec<String> = hits.iter().map(|(path, _)| pattern(path)).collect();
        lines.sort();
        lines.dedup();
        // Without it the next steps do not work: it can be mounted for them.
        let needs_git = largest.ends_with(".git") && asks_git(file, copy.stage, copy.instruction);
        let by_name = is_named(copy, largest);
        let help = match needs_git {
            true => "mount it for the step that needs it: `RUN --mount=type=bind,source=.git,target=.git ...`".to_owned(),
            false if by_name => "remove it from this instruction".to_owned(),
            false => format!("add to {}: {}", ignore_file(context), lines.join(" ")),
        };
        let place = words.sources.first().map_or(instruction.keyword.span, |word| word.span);
        let one = Finding::new(
            place,
            format!("{} copies {what} into the image: {total}", instruction.keyword.value),
        )
        .help(help)
        .aspect(format!("{} {}", instruction.keyword.value, words.destination.value));
        found.push(match needs_git {
            true => one.severity(Severity::Note),
            false if by_name => one,
            false => ignored(one, context, &lines),
        });
    }
}

/// A history that another stage holds, copied by its name into what ships.
fn from_stages(file: &JudgedFile, found: &mut Vec<Finding>) {
    let stage_uses = file.stage_uses();
    for word in file.plan.references() {
        let at = file.file.ast.first_from(word.span.start + 1).checked_sub(1);
        let instruction = at.and_then(|at| file.file.ast.instructions.get(at));
        let (Some(at), Some(Kind::Copy(words))) = (at, instruction.map(|instruction| &instruction.kind)) else {
            continue;
        };
        let ships = stage_uses.get(word.within) == Some(&StageUse::Ships);
        if word.usage != ImageUse::Copy || !ships || asks_git(file, word.within, at) {
            continue;
        }
        let is_history = |path: &str| matches!(name(path.trim_end_matches('/')), ".git" | ".hg" | ".svn");
        if let Some(source) = words.sources.iter().find(|source| is_history(&source.value)) {
            let one = Finding::new(source.span, format!("COPY copies `{}` of another stage into the image", source.value));
            found.push(one.help("remove it from this instruction").raised("2026.12").aspect(format!("COPY {}", source.value)));
        }
    }
}

/// How much of an entry is sent to the builder, if anything is.
fn sent_below(tree: &Tree, index: usize) -> Option<u64> {
    let mut sent = tree.sent(tree.below(index)).peekable();
    sent.peek()?;
    Some(sent.fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes)))
}

/// Whether an instruction copies it by its own name.
fn is_named(copy: &Copied, path: &str) -> bool {
    copy.sources
        .iter()
        .any(|source| matches!(source, Source::Found { items } if items.iter().any(|item| item.path == path)))
}

/// The finding with these lines for the ignore file, if there is one.
fn ignored(finding: Finding, context: &Context, lines: &[String]) -> Finding {
    match &context.ignore {
        Some(ignore) => finding
            .change(Change::Append(ignore.span(1), lines.join("\n")))
            .with_care(),
        None => finding,
    }
}

/// The ignore file, or where it would be.
fn ignore_file(context: &Context) -> String {
    match (&context.ignore, context.folder.is_empty()) {
        (Some(ignore), _) => ignore.path.clone(),
        (None, true) => ".dockerignore".to_owned(),
        (None, false) => format!("{}/.dockerignore", context.folder),
    }
}

/// Whether a later step of the stage asks git for the version, or runs something that does.
fn asks_git(file: &JudgedFile, stage: usize, copy: usize) -> bool {
    const ASKERS: [&str; 4] = ["setuptools_scm", "setuptools-scm", "hatch-vcs", "versioneer"];
    let by_git = file.context.as_ref().is_some_and(|context| context.requirements.by_git);
    let mut later = file.run_steps().iter().filter(|step| step.stage == stage && step.instruction > copy);
    later.any(|step| {
        let runs = step.commands().iter().any(|command| {
            let asks = ["describe", "rev-parse", "submodule", "log", "status", "show"];
            command.program() == Some("git") && command.arguments().iter().any(|word| asks.contains(&word.text.as_str()))
        });
        let installs = step.packages.iter().any(|(index, package)| {
            let words = step.commands().get(*index).map_or(&[][..], |command| command.arguments());
            package.action == Action::Install && words.iter().any(|word| word.text == "git")
        });
        let builds = by_git && step.commands().iter().any(|command| {
            let words = command.arguments();
            matches!(command.program().map(name), Some("pip" | "pip3" | "uv" | "python" | "python3" | "poetry" | "pdm"))
                && words.iter().any(|word| matches!(word.text.as_str(), "install" | "sync" | "build"))
        });
        runs || installs || builds || ASKERS.iter().any(|word| step.mentions(word))
    })
}

/// Whether the ignore file keeps the history out and lets the rest of `.git` in, for what asks git for the commit.
fn lacks_objects(context: &Context, path: &str) -> bool {
    let Some(objects) = context.tree.find(&format!("{path}/objects")) else { return false };
    let inside = context.tree.below(objects);
    let files = context.tree.sent(inside).filter(|entry| entry.kind == EntryKind::File);
    files.count() == 0
}

/// Whether an entry is a folder (or, for `.git`, a file) that belongs to the checkout only.
fn is_unwanted(tree: &Tree, index: usize) -> bool {
    let Some(entry) = tree.entries.get(index) else {
        return false;
    };
    let is_folder = entry.kind == EntryKind::Folder;
    let parent = entry.path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let beside = |file: &str| {
        let path = if parent.is_empty() {
            file.to_owned()
        } else {
            format!("{parent}/{file}")
        };
        tree.find(&path).is_some()
    };
    match name(&entry.path) {
        ".git" | ".hg" | ".svn" => is_folder,
        "node_modules" | "__pycache__" => is_folder,
        ".venv" | "venv" => is_folder && tree.find(&format!("{}/pyvenv.cfg", entry.path)).is_some(),
        "target" => is_folder && (beside("Cargo.toml") || beside("pom.xml")),
        _ => false,
    }
}

/// The line of the ignore file that keeps such folders out.
fn pattern(path: &str) -> String {
    if path.contains('/') {
        format!("**/{}", name(path))
    } else {
        path.to_owned()
    }
}

fn is_tracked(repository: &Repository, folder: &str, path: &str) -> bool {
    let path = std::path::Path::new(folder).join(path);
    repository
        .tracked
        .as_ref()
        .is_some_and(|tracked| tracked.iter().any(|known| known.starts_with(&path)))
}

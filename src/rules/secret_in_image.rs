mod shipping;

use super::{Check, Group};
use crate::build::context::{Context, Copied, Item, Source};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::redact::{looks_random, url_password};
use crate::repository::Repository;
use crate::source::Span;
use shipping::ships;
use std::collections::HashSet;

rule! {
    /// A file with a secret, or a URL with a password, goes into the image.
    ///
    /// ## Why it matters
    /// Everyone who can pull the image can read it, and no later layer takes it out again. The value itself is never shown.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM node:22-slim
    /// COPY . /app  # <- here
    /// ADD https://ci:k7Qm2vXz9Lp4Rt8W@files.acme.io/tools.tar.gz /opt/  # <- here
    /// ```
    /// ```text fail web/.env +
    /// API_TOKEN=k7Qm2vXz9Lp4Rt8W
    /// ```
    /// ```text fail .dockerignore +
    /// .env
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM node:22-slim
    /// COPY . /app
    /// RUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci
    /// ```
    /// ```text pass web/.env +
    /// API_TOKEN=k7Qm2vXz9Lp4Rt8W
    /// ```
    /// ```text pass .dockerignore +
    /// **/.env
    /// ```
    ///
    /// ## Notes
    /// `.env` in a `.dockerignore` keeps out the one in the root only. Files are opened to see whether there is a secret in
    /// them: a `.env` with plain settings is fine, one with settings that are only named like secrets is a note. In a stage
    /// that does not ship it is a note. Data files of at most 16 KiB are searched for a private key whatever they are called
    /// (300 in a context); source code, documents and samples are not, and a key in a folder of tests is a note.
    RULE {
        name: "secret-in-image",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["c3e1b6ae-d92c-44b3-8ed5-1f5442bab6a4"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let stage_uses = file.stage_uses();
    let stage_use = |stage: usize| stage_uses.get(stage).copied().unwrap_or(StageUse::Unused);
    urls(file, &stage_use, found);
    let Some(context) = file.context.as_ref().filter(|context| context.is_certain()) else {
        return;
    };
    let mut seen: HashSet<&str> = HashSet::new();
    for copy in &context.copies {
        if copy.filtered && !copy.parents {
            continue;
        }
        let kind = file.file.ast.instructions.get(copy.instruction).map(|instruction| &instruction.kind);
        let (Some(Kind::Copy(words) | Kind::Add(words)), stage_use) = (kind, stage_use(copy.stage)) else {
            continue;
        };
        for (source, word) in copy.sources.iter().zip(&words.sources) {
            let keeps = |item: &Item, path: &str| copy.keeps(item, path);
            let (instruction, span, is_later) = (copy.instruction, word.span, copy.parents);
            let by = By { file, instruction, span, stage_use, is_later, through: Some((copy, &stage_uses)) };
            by.look(context, source, &keeps, &mut seen, found);
        }
    }
    for taken in &context.taken {
        let Some(instruction) = file.file.ast.instructions.get(taken.instruction) else {
            continue;
        };
        let (span, stage_use) = (instruction.keyword.span, stage_use(taken.stage));
        let by = By { file, instruction: taken.instruction, span, stage_use, is_later: true, through: None };
        by.look(context, &taken.source, &|_, _| true, &mut seen, found);
    }
}

/// What brings files of the context into the image.
struct By<'a> {
    file: &'a JudgedFile,
    instruction: usize,
    span: Span,
    stage_use: StageUse,
    /// Ways of this kind are looked at since 2026.12.
    is_later: bool,
    /// How it may get further, and how far each stage gets.
    through: Option<(&'a Copied, &'a [StageUse])>,
}

impl By<'_> {
    fn look<'a>(
        &self,
        context: &'a Context,
        source: &Source,
        keeps: &dyn Fn(&Item, &str) -> bool,
        seen: &mut HashSet<&'a str>,
        found: &mut Vec<Finding>,
    ) {
        let (Source::Found { items }, Some(instruction)) = (source, self.file.file.ast.instructions.get(self.instruction)) else {
            return;
        };
        if self.stage_use == StageUse::Unused {
            return;
        }
        let keyword = instruction.keyword.value;
        for exposed in &context.exposed {
            let is_in = |index: usize| {
                let mut items = items.iter();
                items.any(|item| item.range.contains(&index) && keeps(item, &exposed.path))
            };
            if !context.tree.find(&exposed.path).is_some_and(is_in) || !seen.insert(&exposed.path) {
                continue;
            }
            let message = format!("{keyword} copies `{}` into the image, a file with {}", exposed.path, exposed.what);
            let line = match exposed.path.rsplit_once('/') {
                Some((_, name)) => format!("**/{name}"),
                None => exposed.path.clone(),
            };
            let finding = Finding::new(self.span, message)
                .help(format!(
                    "add {line} to the .dockerignore, and mount what the build needs with `RUN --mount=type=secret`"
                ))
                .aspect(format!("{keyword} {}", exposed.path))
                .content(&exposed.mark.to_string());
            // A file that is copied by its name has to be there.
            let is_named = items.iter().any(|item| item.path == exposed.path);
            let finding = match context.ignore.as_ref().filter(|_| !is_named) {
                Some(ignore) => finding.change(Change::Append(ignore.span(1), line)).with_care(),
                None => finding,
            };
            let further = self.through.filter(|_| exposed.certain && self.stage_use == StageUse::Helps);
            let further = further.and_then(|(copy, uses)| ships(self.file, context, copy, &exposed.path, uses));
            let is_here = exposed.certain && self.stage_use == StageUse::Ships;
            found.push(match (is_here, further) {
                (_, Some(place)) => finding.related(place, "and this brings it into the image").raised("2026.12"),
                (true, _) if exposed.is_later || self.is_later => finding.raised("2026.12"),
                (true, _) => finding,
                (false, _) => finding.severity(Severity::Note),
            });
        }
    }
}

/// Sources of ADD with a password in them.
fn urls(file: &JudgedFile, stage_use: &dyn Fn(usize) -> StageUse, found: &mut Vec<Finding>) {
    for transfer in &file.plan.transfers {
        let Some(Kind::Add(words)) = file
            .file
            .ast
            .instructions
            .get(transfer.instruction)
            .map(|instruction| &instruction.kind)
        else {
            continue;
        };
        for word in &words.sources {
            let Some(password) = url_password(&word.value) else {
                continue;
            };
            if password.contains('$') || !looks_random(password) || stage_use(transfer.stage) == StageUse::Unused {
                continue;
            }
            found.push(
                Finding::new(
                    word.span,
                    "the URL includes a password, which stays in the image's history",
                )
                .help("fetch it in a RUN with --mount=type=secret, or from where no password is needed")
                .aspect("ADD url"),
            );
        }
    }
}

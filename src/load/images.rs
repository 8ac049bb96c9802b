//! What the containers of services start from: the image that is named, or the stage that is built.

use super::dockerfiles::of_buildah;
use super::{Builder, Use, inline, replaced};
use crate::build::{BuiltFile, unknown_frontend};
use crate::config::ImagePlace;
use crate::container::ImageSource;
use crate::fact::{Fact, Sourced, State, Unknown};
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parallel;
use crate::parse::{Problem, dockerfile};
use crate::progress;
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::{join, parent};
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::service::{Build, Service};
use crate::resolve::stage;
use crate::source::{SourceId, Span, slashed};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Inline Dockerfiles that are followed.
const MAX_INLINE: usize = 100;

impl Builder<'_> {
    /// What the container of a service starts from.
    pub(super) fn image(&mut self, service: &Service) -> ImageSource {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let Some(build) = &service.build else {
            return match &service.image {
                Fact::Known(name) => self
                    .made_here(service, name)
                    .unwrap_or_else(|| ImageSource::Named(name.clone())),
                Fact::Unknown(reason) => ImageSource::Unknown(reason.clone()),
                Fact::Absent => ImageSource::None,
            };
        };
        let file = match &build.inline {
            Fact::Unknown(reason) => return ImageSource::Unknown(reason.clone()),
            Fact::Known(inline) => match self.inline_file(service, inline) {
                Some(file) => file,
                None => return unknown("its Dockerfile depends on variables".to_owned(), inline.span),
            },
            Fact::Absent => match self.named_file(service, build) {
                Ok(file) => file,
                Err(image) => return image,
            },
        };
        self.built(service, build, file)
    }

    /// What a service runs whose image is one that `images:` in plimsoll.yaml gives a Dockerfile for.
    fn made_here(&mut self, service: &Service, name: &Sourced<String>) -> Option<ImageSource> {
        let untagged = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_owned();
        let wanted = untagged(&name.value);
        let is_it = |place: &ImagePlace| matches!(place, ImagePlace::Engine(made) if untagged(made) == wanted);
        let declared = self.inputs.config.images.iter();
        let mut declared = declared.filter(|image| !image.is_service && is_it(&image.place.value));
        let file = self.built_file(Path::new(&declared.next()?.unit.value))?;
        if file.ast.is_foreign() {
            return None;
        }
        let plan = Arc::new(stage::resolve(&file.ast, None, &[]));
        let usage = self.used(&file);
        usage.foreign_runtime |= !service.runs_on_linux();
        usage.plans.push((Some(service.name.value.clone()), plan.clone()));
        Some(ImageSource::Built { file, plan })
    }

    /// Who builds a Dockerfile, so far.
    pub(super) fn used(&mut self, file: &Arc<BuiltFile>) -> &mut Use {
        self.built.entry(file.path.clone()).or_insert_with(|| Use {
            file: file.clone(),
            plans: Vec::new(),
            folders: Vec::new(),
            recipes: Vec::new(),
            beside: Vec::new(),
            described: BTreeSet::new(),
            foreign_runtime: false,
        })
    }

    /// The Dockerfile that `context` and `dockerfile` name.
    fn named_file(&mut self, service: &Service, build: &Build) -> Result<Arc<BuiltFile>, ImageSource> {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let folder = match (&build.folder, &build.context) {
            (Some(folder), _) => folder.clone(),
            (None, Fact::Unknown(reason)) => return Err(ImageSource::Unknown(reason.clone())),
            (None, context) => {
                let context = context.value().map_or("", String::as_str);
                self.unread_build(service, build.context.span().unwrap_or(build.span), context);
                return Err(unknown(
                    "it is built from a remote context, which is not fetched".to_owned(),
                    build.span,
                ));
            }
        };
        let name = match &build.dockerfile {
            Fact::Known(name) => name.value.as_str(),
            Fact::Absent => "Dockerfile",
            Fact::Unknown(reason) => return Err(ImageSource::Unknown(reason.clone())),
        };
        let path = join(&folder, name);
        if let Some(file) = self.built_file(&path) {
            return Ok(file);
        }
        match self.workspace.exists(&path) {
            None => self.unread_build(
                service,
                build.dockerfile.span().or(build.context.span()).unwrap_or(build.span),
                name,
            ),
            Some(_) => self.missing_dockerfile(service, build, &folder, &path),
        }
        Err(unknown(
            format!("its Dockerfile `{}` cannot be read here", path.display()),
            build.span,
        ))
    }

    /// A build of which nothing can be judged: it is fetched, or outside of the workspace. One that the configuration allows is a note.
    fn unread_build(&mut self, service: &Service, span: Span, text: &str) {
        let is_allowed = self.inputs.config.remote.iter().any(|glob| glob.is_match(text));
        let message = format!(
            "`{}` is built from `{text}`, which is outside the workspace root; nothing in it is checked",
            service.name.value
        );
        let help = format!("copy it into the repository, or allow it in plimsoll.yaml: `remote: [\"{text}\"]`");
        let finding = Finding::new(span, message).help(help).aspect("build").raised("2026.12");
        let severity = if is_allowed { Severity::Note } else { Severity::Warning };
        self.problems
            .push(Problem::new(ReaderRule::UndecidedValue, finding.severity(severity)));
    }

    /// The Dockerfile inside the Compose file.
    fn inline_file(&mut self, service: &Service, inline: &Sourced<String>) -> Option<Arc<BuiltFile>> {
        let source = self.workspace.sources().get(inline.span.source);
        let path = format!("{} (service {})", source.path, service.name.value);
        let key = PathBuf::from(&path);
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        // Each one costs a copy of what stands before it: a file of nothing but inline Dockerfiles stays bounded.
        let inlined = self.files.values().flatten().filter(|file| file.is_inline).count();
        let text = inline::padded(source, inline).filter(|_| inlined < MAX_INLINE);
        let file = text.map(|(text, indent)| {
            let mut ast = dockerfile::parse_indented(inline.span.source, &text, indent);
            self.problems_of(&ast);
            dockerfile::run_triggers(&mut ast);
            Arc::new(BuiltFile {
                source: inline.span.source,
                path,
                ast,
                is_inline: true,
                zero_accounts: OnceLock::new(),
                copied_accounts: OnceLock::new(),
            })
        });
        self.files.insert(key, file.clone());
        file
    }

    /// What is wrong with a Dockerfile, as far as we are the ones to say.
    fn problems_of(&mut self, ast: &dockerfile::Dockerfile) {
        let foreign = ast.directive("syntax").filter(|_| ast.is_foreign());
        match foreign {
            Some(syntax) => {
                let finding = unknown_frontend(syntax.value.span, ast.frontend().unwrap_or_default());
                self.problems.push(Problem::new(ReaderRule::UnknownFrontend, finding));
            }
            None => {
                let problems = ast.problems.iter().cloned();
                self.problems
                    .extend(problems.map(|problem| of_buildah(problem, self.workspace)));
            }
        }
    }

    /// A service that builds a stage of a Dockerfile.
    fn built(&mut self, service: &Service, build: &Build, file: Arc<BuiltFile>) -> ImageSource {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let target = match &build.target {
            Fact::Known(target) => Some(target.value.as_str()),
            Fact::Absent => None,
            Fact::Unknown(reason) => {
                // What is left without the variable, where it is the name of a stage.
                let left = service.written(&["build", "target"]).map_or("", known_text);
                match file.ast.has_stage(left) {
                    true => Some(left),
                    false => return ImageSource::Unknown(reason.clone()),
                }
            }
        };
        let named = build.args.iter().find(|(name, _)| name == "BUILDKIT_SYNTAX");
        let is_named = named
            .and_then(|(_, image)| image.value())
            .is_some_and(|image| !dockerfile::is_known_frontend(image));
        if file.ast.is_foreign() || is_named {
            return unknown("its Dockerfile is read by another frontend".to_owned(), build.span);
        }
        let args: Vec<(String, Fact<String>)> = build
            .args
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Fact::Absent => Fact::unknown(
                        format!("the variable {name} comes from the environment of the build"),
                        build.span,
                    ),
                    value => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        let mut plan = stage::resolve(&file.ast, target, &args);
        let replaced = replaced::replace(&mut plan, service);
        for_platform(&mut plan, service);
        let plan = Arc::new(plan);
        if plan.shipped.is_none()
            && let (Some(target), Fact::Known(wanted)) = (target, &build.target)
        {
            let finding = Finding::new(
                wanted.span,
                format!(
                    "`{}` builds the stage `{target}`, which `{}` does not have",
                    service.name.value, file.path
                ),
            )
            .help(stage_names(&plan));
            self.problems.push(Problem::new(ReaderRule::UndefinedStage, finding));
        }
        let usage = self.used(&file);
        let span = build.context.span().unwrap_or(build.span);
        usage.foreign_runtime |= !service.runs_on_linux();
        usage.folders.push(build.folder.clone().map(|folder| (folder, span)));
        usage.plans.push((Some(service.name.value.clone()), plan.clone()));
        match replaced {
            Ok(()) => ImageSource::Built { file, plan },
            Err(unknown) => ImageSource::Unknown(unknown),
        }
    }

    /// A context that does not exist, or one that does without its Dockerfile: the build fails. What git ignores says
    /// nothing, and of what it tracks and has not checked out (a submodule) nothing is known.
    fn missing_dockerfile(&mut self, service: &Service, build: &Build, folder: &Path, path: &Path) {
        // Another context or file may be in lines that could not be read.
        if service.lost_lines || self.is_overlay {
            return;
        }
        if self.workspace.is_unfetched(folder) || self.workspace.is_unfetched(path) {
            let message = format!(
                "cannot check the build of `{}`: `{}` is in a submodule that is not fetched",
                service.name.value,
                slashed(folder)
            );
            let finding = Finding::new(build.span, message)
                .help("fetch submodules before the check")
                .severity(Severity::Warning);
            self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
            return;
        }
        let is_absent = |path: &Path| self.workspace.exists(path) == Some(false) && !self.workspace.ignored(path);
        let is_tracked = self.workspace.tracked().is_some_and(|tracked| tracked.contains(folder));
        let name = &service.name.value;
        let written = |span: Option<Span>| span.filter(|span| span.start < span.end);
        let (span, message, help) = if is_absent(folder) && !is_tracked && !self.workspace.may_be_sparse() {
            let span = written(build.context.span()).unwrap_or(build.span);
            let message = format!("`{name}` is built in `{}`, which does not exist", slashed(folder));
            (span, message, "the path is relative to the first Compose file")
        } else if self.workspace.exists(folder) == Some(true)
            && is_absent(path)
            && let Some(span) = written(build.dockerfile.span())
            // What a variable makes of the path is another one where that is set.
            && build.dockerfile.sourced().is_some_and(|name| name.state == State::Known && !name.value.contains("//"))
        {
            let message = format!("`{name}` is built from `{}`, which does not exist", slashed(path));
            (span, message, "the path is relative to the build context")
        } else {
            return;
        };
        // Compose reads the file without a word; the build fails. It pulls the image first, where that may be published.
        let mut finding = Finding::new(span, message).help(help).layer(Layer::Build);
        let is_published = service.image.value().is_some_and(|image| image.contains('/'));
        let is_pulled = service.written(&["pull_policy"]).and_then(|policy| policy.str()) != Some("build");
        if is_published && is_pulled {
            // Without any source beside it the file is there for those who only pull.
            let is_handed_out = self.workspace.exists(folder) == Some(false);
            finding = finding.severity(if is_handed_out {
                Severity::Note
            } else {
                Severity::Warning
            });
        }
        // An example that is started with the project's folder finds its context there.
        let context = build.context.value().map_or("", String::as_str);
        let climbs = context.starts_with("..");
        let tail: PathBuf = Path::new(context)
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .collect();
        let dockerfile = build.dockerfile.value().map_or("Dockerfile", String::as_str);
        let mut above = folder
            .ancestors()
            .skip(1)
            .map(|above| join(&above.join(&tail), dockerfile));
        // So does one whose Dockerfile is written out from there, in the file's own folder.
        let own = parent(Path::new(self.workspace.sources().path(build.span)));
        let is_written_out = own.components().count() > 1 && parent(Path::new(dockerfile)) == own;
        let is_meant = !climbs || is_written_out || self.workspace.starts_elsewhere();
        if is_meant && above.any(|above| self.workspace.is_file(&above)) {
            finding = finding
                .severity(Severity::Note)
                .help("it exists further up: start it with `--project-directory`, or correct the path");
        }
        self.problems
            .push(Problem::new(ReaderRule::UndefinedReference, finding));
    }

    /// Parses Dockerfiles that will be asked for, all at once.
    pub(super) fn parse_ahead(&mut self, paths: &[PathBuf]) {
        let sources: BTreeSet<SourceId> = paths
            .iter()
            .filter_map(|path| self.workspace.source(path).ok())
            .collect();
        let sources: Vec<SourceId> = sources.into_iter().collect();
        let texts = self.workspace.sources();
        let parsed = parallel::map(&sources, 1, |source| {
            progress::at(*source);
            dockerfile::parse(*source, &texts.get(*source).text)
        });
        self.ahead = sources.into_iter().zip(parsed).collect();
    }

    /// A Dockerfile, read once.
    pub(super) fn built_file(&mut self, path: &Path) -> Option<Arc<BuiltFile>> {
        self.workspace.ask(path);
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let file = match self.workspace.source(path) {
            Ok(source) => {
                let text = self.workspace.sources().get(source);
                let ahead = self.ahead.remove(&source);
                let mut ast = ahead.unwrap_or_else(|| dockerfile::parse(source, &text.text));
                let path = text.path.clone();
                self.problems_of(&ast);
                dockerfile::run_triggers(&mut ast);
                Some(Arc::new(BuiltFile {
                    source,
                    path,
                    ast,
                    is_inline: false,
                    zero_accounts: OnceLock::new(),
                    copied_accounts: OnceLock::new(),
                }))
            }
            Err(_) => None,
        };
        self.files.insert(path.to_path_buf(), file.clone());
        file
    }
}

/// The stages of a service are built for its platform, where FROM names none.
fn for_platform(plan: &mut stage::Plan, service: &Service) {
    let Some(platform) = service.written(&["platform"]) else {
        return;
    };
    let Some(text) = platform.str() else { return };
    for stage in plan.stages.iter_mut().filter(|stage| stage.platform.is_absent()) {
        stage.platform = Fact::Known(Sourced::known(text.to_owned(), platform.span));
    }
}

pub(super) fn stage_names(plan: &stage::Plan) -> String {
    let names: Vec<&str> = plan
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_ref())
        .map(|name| name.value.as_str())
        .collect();
    if names.is_empty() {
        "it has no named stages".to_owned()
    } else {
        format!("its stages: {}", names.join(", "))
    }
}

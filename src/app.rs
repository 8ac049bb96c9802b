//! The pipeline, top to bottom. This is the only place that looks at the environment and writes.

mod action;
mod base;
mod baseline;
mod built_images;
mod event;
mod growth;
mod image_command;
mod output;
mod sizes;
mod verdict;

use crate::budget_use::{self, Usage};
use crate::cli::{CheckArgs, Cli, Command, FailOn, Format};
use crate::config::{self, Config, Mistake, Profile};
use crate::exit::Outcome;
use crate::explain;
use crate::finding::Severity;
use crate::git::{self, Against};
use crate::known_images::{self, TABLE_DATE};
use crate::load::{self, Given};
use crate::redact::Secrets;
use crate::report::{self, Report, Verdict};
use crate::repository::Repository;
use crate::requirements::{self, Requirements};
use crate::resolve::compose::env::Env;
use crate::resolve::compose::load::Files;
use crate::rules;
use crate::source::Sources;
use crate::suppress::{self, Scope};
use crate::workspace::Workspace;
use crate::{discover, source};
use base::Base;
use clap::Parser;
use event::Event;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Runs the program.
pub fn run(words: Vec<OsString>) -> Outcome {
    if let Some(outcome) = action::refuse_shell(&words) {
        return outcome;
    }
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come as an "error" that belongs on standard output.
            let _ = error.print();
            return if error.use_stderr() {
                Outcome::CouldNotRun
            } else {
                Outcome::Pass
            };
        }
    };
    match cli.command {
        None => check(&cli.check),
        Some(Command::Check(args)) => check(&args),
        Some(Command::Image(args)) => image_command::run(&args),
        Some(Command::Rules) => output::print(&explain::list()),
        Some(Command::Explain { rule }) => match explain::one(&rule) {
            Ok(text) => output::print(&text),
            Err(message) => output::complain(&message),
        },
        Some(Command::Verdict { report }) => verdict::run(&report),
        Some(Command::Action) => action::run(),
    }
}

/// What a run found out, ready to be rendered.
pub struct Run {
    /// The verdict and its findings.
    pub judged: Judgement,
    /// Every text that was read.
    pub sources: Sources,
    /// What must not be shown.
    pub secrets: Secrets,
}

/// The verdict and its findings, without the texts that they point into.
#[derive(Default)]
pub struct Judgement {
    repository: Option<Repository>,
    findings: Vec<report::Reported>,
    failed: bool,
    files: usize,
    scope: String,
    sets: Vec<String>,
    requirements: Vec<Requirements>,
    usages: Vec<Usage>,
    policy: Vec<String>,
    profiles: BTreeMap<String, Profile>,
    links: Option<String>,
    error: Option<String>,
}

impl Run {
    /// The report that renderers take. Consumes the findings.
    pub fn report(&mut self) -> (Report<'_>, Option<&Repository>) {
        let judged = &mut self.judged;
        let verdict = match (&judged.error, judged.failed) {
            (Some(_), _) => Verdict::Error,
            (None, true) => Verdict::Fail,
            (None, false) => Verdict::Pass,
        };
        let report = Report {
            sources: &self.sources,
            secrets: &self.secrets,
            verdict,
            findings: std::mem::take(&mut judged.findings),
            files: judged.files,
            scope: judged.scope.clone(),
            sets: judged.sets.clone(),
            requirements: std::mem::take(&mut judged.requirements),
            usages: std::mem::take(&mut judged.usages),
            policy: std::mem::take(&mut judged.policy),
            links: judged.links.clone(),
            error: judged.error.clone(),
        };
        (report, judged.repository.as_ref())
    }

    fn failed(error: String) -> Self {
        let judged = Judgement {
            error: Some(error),
            scope: "nothing was judged".to_owned(),
            ..Judgement::default()
        };
        Self {
            judged,
            sources: Sources::default(),
            secrets: Secrets::default(),
        }
    }
}

fn check(args: &CheckArgs) -> Outcome {
    let mut run = judge(args);
    let profiles = std::mem::take(&mut run.judged.profiles);
    let (report, repository) = run.report();
    // Decided before anything is rendered: no format can change it.
    let outcome = outcome(&report, args.exit_zero);
    if let (Some(name), Some(repository)) = (&args.show, repository) {
        let profile = |name: &str| profiles.get(name).cloned().unwrap_or_default();
        return match report::show::render(&report, repository, name, &profile) {
            Some(text) if output::print(&text) == Outcome::Pass => outcome,
            Some(_) => Outcome::CouldNotRun,
            None => output::complain(&format!("there is no service and no Dockerfile '{name}' here")),
        };
    }
    output::write(&report, repository, args, outcome)
}

fn outcome(report: &Report<'_>, exit_zero: bool) -> Outcome {
    match report.verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Fail if exit_zero => Outcome::Pass,
        Verdict::Fail => Outcome::Fail,
        Verdict::Error => Outcome::CouldNotRun,
    }
}

/// Everything up to the report.
pub fn judge(args: &CheckArgs) -> Run {
    match try_judge(args) {
        Ok(run) => run,
        Err(error) => Run::failed(error),
    }
}

fn try_judge(args: &CheckArgs) -> Result<Run, String> {
    let root = root(args)?;
    let mut workspace = Workspace::open(&root)?;
    let paths = paths(args, &mut workspace)?;
    let (config, config_path) = configuration(args, &mut workspace)?;
    if let Some(profile) = args
        .profile
        .as_ref()
        .filter(|profile| !config.profiles.contains_key(*profile))
    {
        let known: Vec<&str> = config.profiles.keys().map(String::as_str).collect();
        return Err(format!("there is no profile '{profile}'; known: {}", known.join(", ")));
    }
    let given = Given {
        env: environment(args)?,
        profile: args.profile.clone(),
    };

    let found = discover::discover(&mut workspace, &paths);
    if found.dockerfiles.is_empty() && found.sets.is_empty() && config.compose.is_empty() {
        return Err("there is nothing to judge: no Dockerfile and no Compose file was found".to_owned());
    }
    let (mut repository, secrets) = load::build(&found, &config, &given, &mut workspace);
    repository.own_images = own_images(&config, &mut workspace)?;
    let base = Base::of(args, workspace.root());
    let start = base.as_ref().and_then(|base| base.start.as_ref());
    repository.recorded = sizes::recorded(start, &mut workspace)?;
    if let Some(start) = start {
        repository.recorded.ledgers = growth::ledgers(start, &config, &given, &repository, workspace.root());
        repository.recorded.start.clone_from(&start.words);
    }
    built_images::hold(args, &config, &mut repository, &workspace)?;
    repository.problems.extend(workspace.take_problems());
    repository.selected = !args.paths.is_empty();
    repository.today = args.today.clone().unwrap_or_default();

    let judged = rules::judge(&repository, &config);
    let scope = scope(args, &workspace, config_path.as_deref(), &repository);
    let today = args.today.as_deref().unwrap_or(TABLE_DATE);
    let mut findings = suppress::apply(judged, &repository, &config, workspace.sources(), &scope, today);
    let judged_files = judged_files(&repository, &found);
    let mut scope_words = scope.words(&judged_files);
    scope_words.push_str(&baseline::apply(args, &mut findings, &workspace)?);
    let fail_on = match args.fail_on {
        None => config.fail_on,
        Some(FailOn::Error) => Some(Severity::Error),
        Some(FailOn::Warning) => Some(Severity::Warning),
        Some(FailOn::Note) => Some(Severity::Note),
        Some(FailOn::Never) => None,
    };
    let failed = fail_on.is_some_and(|level| findings.iter().any(|reported| reported.severity >= level));
    let sets = repository
        .sets
        .iter()
        .map(|set| {
            set.files
                .iter()
                .map(|file| source::slashed(file))
                .collect::<Vec<_>>()
                .join(" + ")
        })
        .collect();
    let requirements = requirements::of(&repository, &config);
    let usages = budget_use::of(&repository, &config);
    let policy = base.map_or_else(Vec::new, |base| base.policy_changes(args, &workspace, &repository));
    let judgement = Judgement {
        findings,
        failed,
        files: judged_files.len(),
        scope: scope_words,
        sets,
        requirements,
        usages,
        policy,
        profiles: config.profiles,
        links: links(),
        error: None,
        repository: Some(repository),
    };
    Ok(Run {
        judged: judgement,
        sources: workspace.into_sources(),
        secrets,
    })
}

/// `--root`, else the nearest ancestor with `.git` of the working directory, or of the first path if that lies elsewhere.
fn root(args: &CheckArgs) -> Result<PathBuf, String> {
    if let Some(root) = &args.root {
        return Ok(root.clone());
    }
    let here = std::env::current_dir().map_err(|error| {
        format!(
            "the working directory cannot be used: {}",
            crate::workspace::reason(&error)
        )
    })?;
    let with_git = |start: &Path| {
        start
            .ancestors()
            .find(|folder| folder.join(".git").exists())
            .map(Path::to_path_buf)
    };
    let from_here = with_git(&here).unwrap_or_else(|| here.clone());
    let Some(first) = args.paths.first() else {
        return Ok(from_here);
    };
    let first = here.join(first);
    let Ok(first) = first.canonicalize() else {
        return Ok(from_here);
    };
    // Everything lies below `/`, where a container starts: that says nothing about the workspace.
    let is_everything = from_here.parent().is_none() && !from_here.join(".git").exists();
    if first.starts_with(&from_here) && !is_everything {
        return Ok(from_here);
    }
    let folder = if first.is_dir() {
        first.clone()
    } else {
        first.parent().map(Path::to_path_buf).unwrap_or_default()
    };
    Ok(with_git(&folder).unwrap_or(folder))
}

/// The named paths relative to the root; the root itself if none is named.
fn paths(args: &CheckArgs, workspace: &mut Workspace) -> Result<Vec<PathBuf>, String> {
    if args.paths.is_empty() {
        return Ok(vec![PathBuf::new()]);
    }
    args.paths
        .iter()
        .map(|path| {
            // `--root DIR .` means the root, wherever the command was started.
            let from_root = args.root.is_some() && path.is_relative() && !path.exists();
            let place = if from_root {
                workspace.root().join(path)
            } else {
                path.clone()
            };
            if !place.exists() {
                return Err(format!("'{}' is not there", path.display()));
            }
            let relative = workspace.relative(&place).ok_or_else(|| {
                format!(
                    "'{}' lies outside the root; name another one with --root",
                    path.display()
                )
            })?;
            if !workspace.root().join(&relative).is_dir()
                && let Err(missing) = workspace.source(&relative)
            {
                return Err(format!("'{}' cannot be read: {}", path.display(), words(&missing)));
            }
            Ok(relative)
        })
        .collect()
}

/// The configuration and its path, if there is a file.
fn configuration(args: &CheckArgs, workspace: &mut Workspace) -> Result<(Config, Option<PathBuf>), String> {
    let path = match &args.config {
        Some(path) => {
            let named = workspace
                .relative(path)
                .or_else(|| workspace.relative(&workspace.root().join(path)));
            let named = named.filter(|named| workspace.exists(named) == Some(true));
            Some(named.ok_or_else(|| {
                format!(
                    "the configuration '{}' is not there, or lies outside the root",
                    path.display()
                )
            })?)
        }
        None => match &args.config_from {
            Some(base) => base::config(base, workspace.root())?.map(|(path, text)| {
                workspace.preload(&path, text);
                path
            }),
            None => config::NAMES
                .iter()
                .map(PathBuf::from)
                .find(|name| workspace.exists(name) == Some(true)),
        },
    };
    let Some(path) = path else {
        return Ok((Config::default(), None));
    };
    let loaded = workspace.yaml(&path).map_err(|missing| {
        format!(
            "the configuration '{}' cannot be read: {}",
            path.display(),
            words(&missing)
        )
    })?;
    // Its YAML problems are mistakes of the configuration, not findings.
    let mut mistakes: Vec<Mistake> = workspace
        .take_problems()
        .into_iter()
        .map(|problem| Mistake {
            span: problem.finding.span,
            message: problem.finding.message,
            help: String::new(),
        })
        .collect();
    let names = rules::names();
    let result = config::read(
        &loaded.file,
        &config::Known {
            rules: &names,
            sources: workspace.sources(),
        },
    );
    match result {
        Ok(config) => {
            for file in config
                .compose
                .iter()
                .flat_map(|set| set.files.iter().chain(&set.env_file))
            {
                if workspace.exists(Path::new(&file.value)) != Some(true) {
                    mistakes.push(Mistake {
                        span: file.span,
                        message: format!("'{}' is not there", file.value),
                        help: "the path is relative to the root".to_owned(),
                    });
                }
            }
            if mistakes.is_empty() {
                return Ok((config, Some(path)));
            }
        }
        Err(found) => mistakes.extend(found),
    }
    Err(output::mistakes(&mistakes, workspace.sources()))
}

/// The table of images that the configuration names.
fn own_images(config: &Config, workspace: &mut Workspace) -> Result<known_images::Own, String> {
    let Some(file) = &config.catalogue else {
        return Ok(known_images::Own::default());
    };
    let text = workspace
        .text(Path::new(&file.value))
        .map_err(|missing| format!("the catalogue '{}' cannot be read: {}", file.value, words(&missing)))?;
    known_images::Own::parse(&text).map_err(|(line, what)| format!("the catalogue {}:{line}: {what}", file.value))
}

fn words(missing: &crate::resolve::compose::load::Missing) -> String {
    use crate::resolve::compose::load::Missing;
    match missing {
        Missing::Absent => "it is not there".to_owned(),
        Missing::Outside => "it lies outside the root".to_owned(),
        Missing::Unreadable(reason) => reason.clone(),
    }
}

/// The variables that were handed over; `None` if none were.
fn environment(args: &CheckArgs) -> Result<Option<Env>, String> {
    if args.env_file.is_empty() && !args.env {
        return Ok(None);
    }
    let mut env = Env::default();
    env.complete = true;
    for path in &args.env_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!(
                "the env file '{}' cannot be read: {}",
                path.display(),
                crate::workspace::reason(&error)
            )
        })?;
        let (mut more, _) = Env::parse(&text, &env);
        more.add_missing(&env);
        env = more;
        env.complete = true;
    }
    if args.env {
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                env.set(name, value);
            }
        }
    }
    Ok(Some(env))
}

fn scope(args: &CheckArgs, workspace: &Workspace, config: Option<&Path>, repository: &Repository) -> Scope {
    let Some(base) = &args.changed else {
        return Scope::Full("full".to_owned());
    };
    let named = Some(base.clone()).filter(|base| !base.is_empty());
    let against = match (named, event::here()) {
        (_, Some(Event::Whole(reason))) | (None, Some(Event::Unclear(reason))) => {
            return Scope::Full(format!("full: {reason}"));
        }
        (Some(base), _) => Against::Revision(base),
        (None, Some(Event::Change(against))) => against,
        (None, None) => Against::Usual,
    };
    match git::changed(workspace.root(), &against) {
        // On a runner, a checkout that equals its upstream says nothing about the push that started it.
        Ok(changed) if against == Against::Usual && changed.paths.is_empty() && std::env::var_os("CI").is_some() => {
            Scope::Full("full: nothing differs from the upstream branch, and on CI that is no proof; name the base with --changed=BASE".to_owned())
        }
        Ok(changed) => Scope::of(&changed, config, repository),
        Err(doubt) => Scope::Full(format!("full: {doubt}")),
    }
}

/// Where a CI run shows the files of its commit; `None` outside of one.
fn links() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let base = match (
        variable("GITHUB_SERVER_URL"),
        variable("GITHUB_REPOSITORY"),
        variable("GITHUB_SHA"),
    ) {
        (Some(server), Some(repository), Some(commit)) => format!("{server}/{repository}/blob/{commit}"),
        _ => format!("{}/-/blob/{}", variable("CI_PROJECT_URL")?, variable("CI_COMMIT_SHA")?),
    };
    // It goes into Markdown as it is.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_~".contains(&byte);
    (base.starts_with("https://") && base.bytes().all(is_plain)).then_some(base)
}

/// The files that were judged, by path.
fn judged_files(repository: &Repository, found: &discover::Found) -> HashSet<String> {
    let compose = repository
        .sets
        .iter()
        .flat_map(|set| &set.files)
        .map(|path| source::slashed(path));
    let named = found.dockerfiles.iter().map(|path| source::slashed(path));
    let built = repository.dockerfiles.iter().map(|judged| judged.file.path.clone());
    compose.chain(named).chain(built).collect()
}

/// The report in one format.
fn render(report: &Report<'_>, repository: Option<&Repository>, format: Format, notes: bool, color: bool) -> String {
    match format {
        Format::Text => report::text::render(report, notes, color),
        Format::Json => report::json::render(report, repository),
        Format::Sarif => report::sarif::render(report, notes),
        Format::Github => report::github::render(report, notes),
        Format::Markdown => report::markdown::render(report, notes),
        Format::Gitlab => report::gitlab::render(report, notes),
        Format::Junit => report::junit::render(report, notes),
        Format::Line => report::line::render(report, notes),
    }
}

//! The pipeline, top to bottom. This is the only place that looks at the environment and writes.

mod action;
mod base;
mod baseline;
mod before;
mod built_images;
mod completions;
mod config_command;
mod configuration;
mod deadline;
mod diff_command;
mod event;
mod explain_command;
mod files_command;
mod fix_command;
mod growth;
mod ignore_command;
mod image_command;
mod init_command;
mod lock_command;
mod lock_file;
mod new_command;
mod output;
mod outside;
mod place;
mod policy_command;
mod pushed;
mod records;
mod report_command;
mod scope;
mod sizes;
mod stale_facts;
mod today;
mod usage_command;
mod vendored;
mod verdict;

pub use output::render;

use crate::cli::{CheckArgs, Cli, Command, FailOn, Policy, PolicyCommand};
use crate::config::{self, Config};
use crate::discover::{self, Exclude, Found};
use crate::exit::Outcome;
use crate::explain;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::git::Changed;
use crate::known_images::Images;
use crate::load::{self, Inputs};
use crate::report::{self, Report, Reported, Verdict};
use crate::repository::{Recorded, Repository};
use crate::resolve::compose::project::Project;
use crate::rules::Judged;
use crate::suppress::{Scope, Vendored};
use crate::usage::Recording;
use crate::workspace::Workspace;
use crate::{budget_use, decided, mend, parallel, requirements, rules, source, suppress};
use base::{Base, Loosened};
use before::{Before, Hidden, Side};
use clap::Parser;
use deadline::Claim;
use outside::Outside;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Runs the program.
pub fn run(words: Vec<OsString>) -> Outcome {
    if let Some(outcome) = action::refuse_shell(&words) {
        return outcome;
    }
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come as an "error" that belongs on standard output.
            if !error.use_stderr() {
                return output::print(&error.to_string());
            }
            let _ = error.print();
            return Outcome::CouldNotRun;
        }
    };
    match cli.command {
        None => check(&cli.check),
        Some(Command::Check(args)) => check(&args),
        Some(Command::Fix(args)) => fix_command::run(&args),
        Some(Command::Init(args)) => init_command::run(&args),
        Some(Command::New(args)) => new_command::run(&args),
        Some(Command::Ignore(args)) => ignore_command::run(&args),
        Some(Command::Files(args)) => files_command::run(&args),
        Some(Command::Config(args)) => config_command::run(&args),
        Some(Command::Diff(args)) => diff_command::run(&args),
        Some(Command::Image(args)) => image_command::run(&args),
        Some(Command::Lock(args)) => lock_command::run(&args),
        Some(Command::Usage(args)) => usage_command::run(&args),
        Some(Command::Policy {
            command: PolicyCommand::Test(args),
        }) => policy_command::test(&args),
        Some(Command::Rules { format }) => output::print(&match format.as_str() {
            "json" => explain::json(),
            _ => explain::list(),
        }),
        Some(Command::Explain { what }) => explain_command::run(&what),
        Some(Command::Schema) => output::print(&config::schema(&rules::names())),
        Some(Command::Completions { shell }) => output::print(&completions::of(&shell)),
        Some(Command::Verdict { report }) => verdict::run(&report),
        Some(Command::Report(args)) => report_command::run(&args),
        Some(Command::Action) => action::run(),
    }
}

fn check(args: &CheckArgs) -> Outcome {
    parallel::set_jobs(args.jobs);
    let late = args.clone();
    let claim = deadline::watch(args.deadline, move |failure| {
        output::write(&Report::error(failure), &late, Outcome::CouldNotRun, &Claim::default());
    });
    let report = judge(args);
    // Decided before anything is rendered: no format can change it.
    let outcome = outcome(report.verdict, args.exit_zero);
    // The program ends next, and its memory with it: to give it back piece by piece takes as long as to judge.
    let report = std::mem::ManuallyDrop::new(report);
    let (Some(name), None) = (&args.show, &report.error) else {
        return output::write(&report, args, outcome, &claim);
    };
    let shown = report::show::render(&report, name, output::use_colour(args.color));
    claim.take();
    match shown {
        Some(text) if output::print(&text) == Outcome::Pass => outcome,
        Some(_) => Outcome::CouldNotRun,
        None => {
            let instead = report::show::instead(&report, name);
            output::complain(format!("there is no service or Dockerfile `{name}` here ({instead})"))
        }
    }
}

fn outcome(verdict: Verdict, exit_zero: bool) -> Outcome {
    match verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Fail if exit_zero => Outcome::Pass,
        Verdict::Fail => Outcome::Fail,
        Verdict::Error => Outcome::CouldNotRun,
    }
}

/// Everything up to the report, which says so if the gate could not run.
pub fn judge(args: &CheckArgs) -> Report {
    let today = today::of(args);
    let mut report = try_judge(args, &today.day).unwrap_or_else(Report::error);
    if let Some(doubt) = today.doubt {
        report.scope = format!("{}; {doubt}", report.scope);
    }
    report.as_of = today.day;
    report
}

fn try_judge(args: &CheckArgs, today: &str) -> Result<Report, Failure> {
    let root = place::root(args)?;
    let (mut workspace, pushed, _folder) = match pushed::find(args, &root)? {
        Some(pushed) => (pushed.workspace, pushed.words, Some(pushed.folder)),
        None => (Workspace::open(&root)?, String::new(), None),
    };
    let (args, said) = &base::resolved(args, &root);
    let mut given = given(args, &mut workspace)?;
    let (config, paths, base) = (&given.config, &given.paths, given.base.as_ref());
    let outside = Outside::new(args, config, base, &root);
    let changed = scope::changed(args, &workspace);
    if let Ok(changed) = &changed {
        workspace.know(changed);
    }
    let found = discover::discover(&mut workspace, paths, excluded(config, args));
    let inputs = Inputs {
        config,
        env: configuration::environment(args)?,
        profile: args.profile.clone(),
        images: std::mem::take(&mut given.images),
        recorded: std::mem::take(&mut given.recorded),
        usage: given.usage.take(),
        today: today.to_owned(),
        selected: !args.paths.is_empty(),
        lookup: &outside,
    };
    let mut repository = load::load(&found, inputs, &mut workspace)?;
    let reaching = changed.clone().map(|changed| workspace.through_links(&changed));
    let mut scope = scope::of(&reaching, &given.read, &repository);
    let side = changed.as_ref().ok().zip(reaching.as_ref().ok());
    let side = side.map(|both| given.side(args, today, both));
    let before = side
        .as_ref()
        .map(|side| before::load(&mut scope, side, (&repository, &workspace)));
    scope.mark(&mut repository);
    stale_facts::add(args, &mut repository, &workspace);
    let about = (&repository, changed.as_ref().ok());
    let (mut findings, loosened) = findings(args, (config, base), about, &scope, &mut workspace);
    let attributes = vendored::attributes(config, base, &workspace);
    let capped = Vendored::new(config, &attributes).cap(&mut findings, &repository, config, workspace.sources(), paths);
    let known = side.zip(before).map_or_else(Hidden::default, |(side, before)| {
        Before::hide(before, &side, workspace.sources(), &mut findings)
    });
    let baselined = baseline::apply(args, config, &mut findings, &workspace)?;
    finish(args, &mut findings, &workspace);

    let files = judged_files(&repository, &found, &mut workspace);
    let error = files.is_empty().then(|| scope::nothing_judged(&findings, &workspace));
    let (usages, fails) = (budget_use::of(&repository, config), fail_on(args, config, &loosened));
    Ok(Report {
        as_of: today.to_owned(),
        verdict: verdict_of(error.as_deref(), &findings, fails),
        fails,
        mistakes: Vec::new(),
        findings,
        scope: [
            scope.words(&files, known.count),
            pushed,
            known.doubt,
            baselined.said,
            vendored::words(found.excluded, &capped),
            said.as_ref().map_or(String::new(), |said| format!("; {said}")),
        ]
        .concat(),
        excluded: found.excluded,
        known: baselined.known,
        vendored: capped,
        files,
        sets: repository.sets.iter().map(files_of).collect(),
        requirements: requirements::of(&repository, config),
        decided: decided::of(&repository, config, &usages),
        usages,
        policy: loosened.into_iter().map(|change| change.sentence).collect(),
        links: scope::links(),
        error,
        secrets: load::secrets(&repository, &workspace),
        repository: Some(repository),
        sources: workspace.into_sources(),
    })
}

/// What the rules find in the scope and nobody excuses, and what the change loosens in its own policy.
fn findings(
    args: &CheckArgs,
    (config, base): (&Config, Option<&Base>),
    (repository, changed): (&Repository, Option<&Changed>),
    scope: &Scope,
    workspace: &mut Workspace,
) -> (Vec<Reported>, Vec<Loosened>) {
    let mut judged = rules::judge(repository, config);
    let loosened = loosened(args, base, (repository, changed), workspace, &mut judged);
    let mut findings = suppress::apply(judged, repository, config, workspace.sources());
    suppress::soften(&mut findings, repository, config, workspace.sources());
    findings.retain(|found| scope.holds(found, workspace.sources()));
    (findings, loosened)
}

/// What is not searched, by the configuration and by the command line.
fn excluded<'a>(config: &'a Config, args: &'a CheckArgs) -> Exclude<'a> {
    Exclude {
        configured: &config.exclude,
        given: &args.exclude,
    }
}

/// What says the same becomes one, but for a baseline, and what mends it gets its place.
fn finish(args: &CheckArgs, findings: &mut Vec<Reported>, workspace: &Workspace) {
    if !args.apart {
        suppress::join(findings);
    }
    let placed = findings.iter_mut().map(|reported| &mut reported.finding);
    mend::place(placed, workspace.sources(), &|id| workspace.read_already(id));
}

/// What is read before anything is looked for.
struct Given {
    paths: Vec<PathBuf>,
    config: Config,
    config_path: Option<PathBuf>,
    base: Option<Base>,
    images: Images,
    recorded: Recorded,
    usage: Option<Arc<Recording>>,
    /// The files that said so: where one of them changed, everything is judged.
    read: BTreeSet<PathBuf>,
}

/// The files of variables that were handed over, where they lie below the root: they decide about anything.
fn given_variables(args: &CheckArgs, workspace: &Workspace) -> BTreeSet<PathBuf> {
    let files = args.env_file.iter();
    files.filter_map(|path| workspace.relative(path)).collect()
}

impl Given {
    fn side<'a>(
        &'a self,
        args: &'a CheckArgs,
        today: &'a str,
        (changed, reaching): (&'a Changed, &'a Changed),
    ) -> Side<'a> {
        Side {
            args,
            config: &self.config,
            path: self.config_path.as_deref(),
            paths: &self.paths,
            today,
            changed,
            reaching,
        }
    }
}

fn given(args: &CheckArgs, workspace: &mut Workspace) -> Result<Given, Failure> {
    let paths = place::paths(args, workspace)?;
    workspace.take_asked();
    let (config, config_path) = configuration::read(args, workspace)?;
    let base = Base::of(args, workspace.root());
    let start = base.as_ref().and_then(|base| base.start.as_ref());
    let from = args.config_from.as_deref().map(|base| (base, args.config.as_deref()));
    Ok(Given {
        images: configuration::images(&config, from, workspace)?,
        recorded: sizes::recorded(start, workspace)?,
        usage: records::given(args, &config, workspace)?,
        read: &workspace.take_asked() | &given_variables(args, workspace),
        paths,
        config,
        config_path,
        base,
    })
}

/// What this change loosens in its own policy, which is judged as well.
fn loosened(
    args: &CheckArgs,
    base: Option<&Base>,
    (repository, changed): (&Repository, Option<&Changed>),
    workspace: &mut Workspace,
    judged: &mut Vec<Judged>,
) -> Vec<Loosened> {
    let severity = match args.policy {
        Policy::Enforce => Severity::Error,
        Policy::Report => Severity::Note,
    };
    let loosened = base.map_or_else(Vec::new, |base| {
        base.policy_changes(args, workspace, repository, changed)
    });
    judged.extend(loosened.iter().filter_map(|change| change.judged(severity, workspace)));
    loosened
}

/// What the findings come to, where `fails` is the least severity that fails the gate.
fn verdict_of(error: Option<&str>, findings: &[Reported], fails: Option<Severity>) -> Verdict {
    let is_failed = fails.is_some_and(|level| findings.iter().any(|found| found.severity >= level));
    match (error, is_failed) {
        (Some(_), _) => Verdict::Error,
        (None, true) => Verdict::Fail,
        (None, false) => Verdict::Pass,
    }
}

/// The files of a set, for people.
fn files_of(set: &Project) -> String {
    let files: Vec<String> = set.files.iter().map(|file| source::slashed(file)).collect();
    files.join(" + ")
}

/// The least severity that fails the gate; `None` if nothing does. A change that loosens the policy that it must keep does not decide that.
fn fail_on(args: &CheckArgs, config: &Config, loosened: &[Loosened]) -> Option<Severity> {
    let is_held = args.policy == Policy::Enforce && !loosened.is_empty();
    match args.fail_on {
        None => config.fail_on.or(is_held.then_some(Severity::Error)),
        Some(FailOn::Error) => Some(Severity::Error),
        Some(FailOn::Warning) => Some(Severity::Warning),
        Some(FailOn::Note) => Some(Severity::Note),
        Some(FailOn::Never) => None,
    }
}

/// The files that were judged, by path: those that could be read.
fn judged_files(repository: &Repository, found: &Found, workspace: &mut Workspace) -> BTreeSet<String> {
    let compose = repository.sets.iter().flat_map(|set| &set.files);
    let named: Vec<&PathBuf> = compose.chain(&found.dockerfiles).collect();
    let built = repository.dockerfiles.iter().map(|judged| judged.file.path.clone());
    let mut judged: BTreeSet<String> = built.collect();
    for path in named {
        if let Ok(source) = workspace.source(path) {
            judged.insert(workspace.sources().get(source).path.clone());
        }
    }
    judged
}

//! `plimsoll init`: a plimsoll.yaml for what is here, a baseline of what it finds, the facts that the engine has of images, and the
//! gate's job for the CI that is here. With them the gate is green, or it is said why not.

mod proposal;

use super::built_images::engine;
use super::lock_command::{self, Proposed};
use super::{baseline, judge, new_command, output, place, verdict_of};
use crate::cli::{CheckArgs, InitArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::{Known, Report, Reported, Verdict, words};
use crate::{config, lock, suppress};

/// What is judged to make the proposal: every service by what it is.
const AUTO: &str = "version: 1\nassign: [{profile: auto}]\n";

const GITHUB: &str = ".github/workflows/plimsoll.yml";
const GITHUB_JOB: &str = "name: plimsoll
on: [push, pull_request]
permissions:
  contents: read
jobs:
  plimsoll:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6 # pin it to a commit
        with: {persist-credentials: false}
      - uses: plimsoll-dev/plimsoll@main # pin it to a commit
        with:
          sarif-file: plimsoll.sarif
";
const GITLAB: &str = ".gitlab-ci.yml";
const GITLAB_JOB: &str = "include:
  - component: $CI_SERVER_FQDN/your-group/plimsoll/plimsoll@main # a mirror of Plimsoll's repository; pin it to a commit
    inputs:
      image: registry.example.org/your/plimsoll:shell # what `docker build --target shell .` makes there
";

pub(super) fn run(args: &InitArgs) -> Outcome {
    match try_run(args) {
        Ok(outcome) => outcome,
        Err(failure) => output::complain(failure),
    }
}

fn try_run(args: &InitArgs) -> Result<Outcome, Failure> {
    let check = CheckArgs {
        root: args.root.clone(),
        no_engine: true,
        no_baseline: true,
        ..CheckArgs::default()
    };
    let root = place::root(&check)?;
    let is_free = |path: &str| root.join(path).symlink_metadata().is_err();
    let there = config::NAMES.iter().find(|name| !is_free(name));
    if let Some(name) = there.filter(|_| !args.force && !args.dry_run) {
        return Err(Failure::new(format!(
            "{name} already exists; --force replaces it, --dry-run shows the proposal"
        )));
    }
    let may_write = |path: &str| args.force || is_free(path);
    let lock = Lock::of(args, &check, may_write(lock::NAME));
    let check = CheckArgs {
        given_lock: lock.text.clone(),
        apart: true,
        ..check
    };
    let report = judged(&check, AUTO)?;
    let Some(repository) = &report.repository else {
        return Err(Failure::new("nothing was checked"));
    };
    let text = proposal::text(&report, repository);
    // By this the reader has taken it, too.
    let after = judged(&check, &text)?;
    let baseline = match args.no_baseline {
        true => Baseline::Refused,
        false if !may_write(baseline::NAME) => Baseline::Kept,
        false => Baseline::of(&check, &text, &after)?,
    };
    let text = text + baseline.lines();
    // Of several names the first counts: the proposal takes the place of the one that there is.
    let name = there.copied().unwrap_or("plimsoll.yaml");
    let mut files = vec![(name, text.clone())];
    if root.join(".github").is_dir() && is_free(GITHUB) {
        files.push((GITHUB, GITHUB_JOB.to_owned()));
    }
    let shown = |text: &String, what: &str| {
        if args.dry_run {
            format!("# {what}\n")
        } else {
            text.clone()
        }
    };
    if let Some(text) = &lock.text {
        files.push((lock::NAME, shown(text, &lock.said)));
    }
    if let Baseline::New(text) = &baseline {
        files.push((
            baseline::NAME,
            shown(text, &format!("{}, a line each", serious(&after))),
        ));
    }
    let outcome = new_command::show_or_write(&files, &root, args.dry_run, true)?;
    if !is_free(GITLAB) {
        output::tell(format!("for {GITLAB}:\n{GITLAB_JOB}"));
    }
    if !lock.said.is_empty() {
        output::tell(&lock.said);
    }
    let end = match args.dry_run {
        true => End::foreseen(&check, &text, &baseline)?,
        false => End::of(&judge(&CheckArgs {
            root: args.root.clone(),
            ..CheckArgs::default()
        })),
    };
    output::tell(end.next(args, &baseline, fixable(&after)));
    Ok(outcome)
}

/// What is judged by this configuration.
fn judged(check: &CheckArgs, text: &str) -> Result<Report, Failure> {
    let report = judge(&CheckArgs {
        given_config: Some(text.to_owned()),
        ..check.clone()
    });
    report
        .error
        .clone()
        .map_or(Ok(report), |error| Err(Failure::new(error)))
}

/// `2 errors and 3 warnings`.
fn serious(report: &Report) -> String {
    let count = |severity: Severity| words::count(report.count(severity), severity.word());
    format!("{} and {}", count(Severity::Error), count(Severity::Warning))
}

/// How many of what a baseline holds have a safe edit.
fn fixable(report: &Report) -> usize {
    let mended = report.findings.iter().filter(|found| {
        found.severity >= Severity::Warning && !found.finding.fix.is_empty() && !found.finding.is_unsafe
    });
    mended.count()
}

/// The lock that is written, and what is said of it.
struct Lock {
    text: Option<String>,
    said: String,
}

impl Lock {
    /// What the engine knows of the images here. That it does not answer keeps nobody from anything.
    fn of(args: &InitArgs, check: &CheckArgs, may_write: bool) -> Self {
        let none = |said: String| Self { text: None, said };
        if args.no_lock {
            return none(String::new());
        }
        let name = lock::NAME;
        if !may_write {
            return none(format!("{name} exists and stays as it is; --force updates it"));
        }
        let given = CheckArgs {
            given_config: Some(AUTO.to_owned()),
            ..check.clone()
        };
        match lock_command::proposed(&given) {
            Err(why) => none(format!("no {name}: {why}")),
            Ok(Proposed { images: (_, 0), .. }) => none(String::new()),
            Ok(Proposed { images: (0, all), .. }) => none(format!(
                "no {name}: the engine has none of {}; `plimsoll lock --pull` lets it pull them",
                words::count(all, "image")
            )),
            Ok(Proposed {
                images: (known, all),
                text,
            }) => {
                let rest = if known < all {
                    "; `plimsoll lock --pull` adds the others"
                } else {
                    ""
                };
                Self {
                    text: Some(text),
                    said: format!("{name} has facts of {known} of {}{rest}", words::count(all, "image")),
                }
            }
        }
    }
}

/// The baseline that counts from now on.
enum Baseline {
    New(String),
    /// The one that is there already.
    Kept,
    /// There is nothing to record.
    Empty,
    /// None is wanted.
    Refused,
}

impl Baseline {
    /// What the gate finds now: without an engine, as in most CI, and with the images that it has, as here.
    fn of(check: &CheckArgs, text: &str, after: &Report) -> Result<Self, Failure> {
        let measured = match engine().is_ok_and(|engine| engine.answers().is_ok()) {
            false => None,
            true => Some(judged(
                &CheckArgs {
                    no_engine: false,
                    ..check.clone()
                },
                text,
            )?),
        };
        let is_serious = |found: &&Reported| found.severity >= Severity::Warning;
        let reports = std::iter::once(after).chain(&measured);
        let sides: Vec<_> = reports
            .map(|report| {
                (
                    report.findings.iter().filter(is_serious).collect::<Vec<_>>(),
                    &report.sources,
                )
            })
            .collect();
        Ok(match sides.iter().all(|(found, _)| found.is_empty()) {
            true => Self::Empty,
            false => Self::New(suppress::Baseline::text(&sides)),
        })
    }

    /// What plimsoll.yaml says of it.
    fn lines(&self) -> &'static str {
        match self {
            Self::New(_) | Self::Kept => {
                "\n# Findings of the first day: they are counted, and only new ones fail. Remove a line of that file when its finding is \
                 fixed,\n# or let `plimsoll check --baseline-prune` do it.\nbaseline: plimsoll.baseline\n"
            }
            Self::Refused => {
                "\n# To record the findings of today: `plimsoll check --write-baseline plimsoll.baseline`. The file is found by its \
                 name, and\n# then only new findings fail.\n"
            }
            Self::Empty => "",
        }
    }
}

/// What `plimsoll check` says with all of this.
struct End {
    verdict: Verdict,
    /// What it reports, and what the baseline knows.
    found: String,
    known: Known,
    error: Option<String>,
}

impl End {
    fn of(report: &Report) -> Self {
        Self {
            verdict: report.verdict,
            found: serious(report),
            known: report.known,
            error: report.error.clone(),
        }
    }

    /// What it will say where nothing was written.
    fn foreseen(check: &CheckArgs, text: &str, baseline: &Baseline) -> Result<Self, Failure> {
        let mut report = judged(
            &CheckArgs {
                no_baseline: matches!(baseline, Baseline::New(_)),
                ..check.clone()
            },
            text,
        )?;
        if let Baseline::New(text) = baseline {
            report.known = suppress::Baseline::parse(text)?.hide(&mut report.findings).known;
            report.verdict = verdict_of(None, &report.findings, report.fails);
        }
        Ok(Self::of(&report))
    }

    /// What is left to do.
    fn next(&self, args: &InitArgs, baseline: &Baseline, fixable: usize) -> String {
        let name = baseline::NAME;
        let (passes, fails) = match args.dry_run {
            true => ("would pass", "would fail"),
            false => ("passes", "fails"),
        };
        if let Some(error) = &self.error {
            return format!("`plimsoll check` cannot run: {error}");
        }
        let known = [(self.known.errors, "error"), (self.known.warnings, "warning")];
        let known = known.map(|(count, noun)| words::count(count, noun)).join(" and ");
        let edits = match fixable {
            0 => "`plimsoll fix --no-baseline --unsafe` shows edits to review".to_owned(),
            1 => "`plimsoll fix --no-baseline` shows an edit for one of them".to_owned(),
            count => format!("`plimsoll fix --no-baseline` shows edits for {count} of them"),
        };
        match (self.verdict, baseline) {
            (Verdict::Pass, _) if self.known.count() == 0 => format!("`plimsoll check` {passes}, with {}", self.found),
            (Verdict::Pass, _) => format!(
                "`plimsoll check` {passes}: {name} records {known}, and only new findings fail\n{edits}; `plimsoll check \
                 --baseline-prune` removes the lines of what is fixed"
            ),
            (_, Baseline::Kept) => format!(
                "`plimsoll check` {fails}, with {} that {name} does not record: it exists already, and `plimsoll init \
                 --force` replaces it",
                self.found
            ),
            _ => format!(
                "`plimsoll check` {fails}, with {}\n{edits}, and `plimsoll check --write-baseline {name}` records the rest, \
                 so that only new findings fail",
                self.found
            ),
        }
    }
}

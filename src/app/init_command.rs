//! `plimsoll init`: a plimsoll.yaml for what is here, and the gate's job for the CI that is here.

mod proposal;

use super::{judge, new_command, output, place};
use crate::cli::{CheckArgs, InitArgs};
use crate::config;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::{Report, words};

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
    let there = config::NAMES
        .iter()
        .find(|name| root.join(name).symlink_metadata().is_ok());
    if let Some(name) = there.filter(|_| !args.force && !args.dry_run) {
        return Err(Failure::new(format!(
            "{name} already exists; --force replaces it, --dry-run shows the proposal"
        )));
    }
    let proposed = |text: &str| {
        let given = CheckArgs {
            given_config: Some(text.to_owned()),
            ..check.clone()
        };
        let report = judge(&given);
        report
            .error
            .clone()
            .map_or(Ok(report), |error| Err(Failure::new(error)))
    };
    let report = proposed(AUTO)?;
    let Some(repository) = &report.repository else {
        return Err(Failure::new("nothing was checked"));
    };
    let text = proposal::text(&report, repository);
    // By this the reader has taken it, too.
    let after = proposed(&text)?;
    // Of several names the first counts: the proposal takes the place of the one that there is.
    let name = there.copied().unwrap_or("plimsoll.yaml");
    let mut files = vec![(name, text)];
    let is_free = |path: &str| root.join(path).symlink_metadata().is_err();
    if root.join(".github").is_dir() && is_free(GITHUB) {
        files.push((GITHUB, GITHUB_JOB.to_owned()));
    }
    let outcome = new_command::show_or_write(&files, &root, args.dry_run, true)?;
    if !is_free(GITLAB) {
        output::tell(format!("for {GITLAB}:\n{GITLAB_JOB}"));
    }
    output::tell(next(&after));
    Ok(outcome)
}

/// What is left to do.
fn next(report: &Report) -> String {
    let count = |severity| report.count(severity);
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mended = report.findings.iter().filter(|found| {
        found.severity >= Severity::Warning && !found.finding.fix.is_empty() && !found.finding.is_unsafe
    });
    let (errors, warnings) = (words::count(errors, "error"), words::count(warnings, "warning"));
    format!(
        "with it {errors} and {warnings}; `plimsoll fix --write` fixes {} of them, `plimsoll fix --unsafe` shows \
         more, and\n  plimsoll check --write-baseline plimsoll.baseline\nrecords the rest, so that only new findings \
         fail",
        mended.count()
    )
}

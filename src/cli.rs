//! Flags and the text of `--help`.

mod choices;
mod others;

pub use choices::Format;
pub(crate) use choices::{ChangedScope, Colour, FailOn, Least};
pub(crate) use others::{
    ConfigArgs, DiffArgs, FilesArgs, FixArgs, ImageArgs, ImageFormat, InitArgs, LockArgs, NewArgs, ReportArgs,
    ReportFormat, UsageArgs, UsageFormat,
};

use crate::failure::Failure;
use crate::known_images::TABLE_DATE;
use clap::{Args, Parser, Subcommand, ValueEnum};
use globset::{GlobBuilder, GlobMatcher};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

/// What `--version` prints: the release, and how old what it knows of images is.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{}\nimage tables of {TABLE_DATE}", env!("CARGO_PKG_VERSION")));

/// Checks the Dockerfiles and Compose files of a repository against budgets: pass or fail, at the exact line.
#[derive(Debug, Parser)]
#[command(
    name = "plimsoll",
    version,
    long_version = VERSION.as_str(),
    about,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// What to do; without one, `check`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `check`.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// The program with all of its commands and flags, as clap knows them.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check the workspace (the default)
    Check(Box<CheckArgs>),
    /// Fix findings: show the edits as a diff, or write them
    Fix(FixArgs),
    /// Set up this repository: a plimsoll.yaml with reasons, a baseline of today's findings, and facts about the base images
    Init(InitArgs),
    /// Write a new service that passes the check of a profile: Dockerfile, compose.yaml and a small program
    New(NewArgs),
    /// Write the comment that hides a finding, with a reason
    Ignore(IgnoreArgs),
    /// List the files that are read and why, and the excluded ones
    Files(FilesArgs),
    /// List the profile and the budgets of each service, with the line that sets each
    Config(ConfigArgs),
    /// Compare two versions: limits, image sizes, layers and hardening of each service
    Diff(DiffArgs),
    /// Show what takes the space in an image
    Image(ImageArgs),
    /// Record facts about the base images in plimsoll.lock
    Lock(LockArgs),
    /// Measure running containers, compare with limits and budgets, and suggest limits
    Usage(UsageArgs),
    /// Work with your own policies
    Policy {
        /// What to do
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// List every rule
    Rules {
        /// Format of the output
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
    /// Explain a rule, a built-in profile, or the findings in a line
    Explain {
        /// A rule, its code in another tool, a profile, or a place like compose.yaml:18
        #[arg(value_name = "RULE|PROFILE|PATH:LINE")]
        what: String,
    },
    /// Print the JSON Schema of plimsoll.yaml
    Schema,
    /// Print the completion script for a shell
    Completions {
        /// The shell
        #[arg(value_parser = ["bash", "fish", "zsh"])]
        shell: String,
    },
    /// Exit with the verdict of a JSON report (0, 1 or 2), after a check with --exit-zero
    Verdict {
        /// The report
        report: PathBuf,
    },
    /// Sum up the JSON reports of many repositories; exit with 0 whatever their verdicts are, with 2 if a file could not be read
    Report(ReportArgs),
    /// Run as a GitHub container action, with inputs from INPUT_*
    #[command(hide = true)]
    Action,
}

/// The flags of `check`.
#[derive(Args, Clone, Debug, Default)]
pub struct CheckArgs {
    /// Folders to search, or files to check alone; `-` is standard input, with --stdin-filename
    pub paths: Vec<PathBuf>,
    /// The path of the file on standard input; its extension tells Compose files from Dockerfiles
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use the configuration of this branch or commit instead of the checkout's; `auto` is the base of the
    /// pull or merge request in CI, if it was fetched; `head` is the checkout's
    #[arg(long, value_name = "BASE", conflicts_with = "config")]
    pub config_from: Option<String>,
    /// Report a change that loosens the policy as a note, or enforce it as an error
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Policy::Report)]
    pub policy: Policy,
    /// Ignore findings recorded in this baseline file [default: `baseline:` of plimsoll.yaml, else plimsoll.baseline if it exists]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Use no baseline
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,
    /// Record the errors and warnings of this run (and the notes, with --notes) in this file, and ignore them from now on
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "no_baseline", "changed"])]
    pub write_baseline: Option<PathBuf>,
    /// Remove findings that no longer occur from the baseline
    #[arg(long, conflicts_with_all = ["no_baseline", "write_baseline", "changed", "config_from"])]
    pub baseline_prune: bool,
    /// Measure the built image of a service or Dockerfile, from the engine or a `docker save` archive (repeatable)
    #[arg(long, value_name = "NAME=IMAGE|ARCHIVE", value_parser = image)]
    pub image: Vec<(String, String)>,
    /// Do not look for built images in the engine, except with --image
    #[arg(long)]
    pub no_engine: bool,
    /// Profile for services that no `assign` entry matches
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Fail on findings of this severity or higher
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub fail_on: Option<FailOn>,
    /// Show one service (or Dockerfile) instead of the report: every value, its source and its budget
    #[arg(long, value_name = "SERVICE")]
    pub show: Option<String>,
    /// Do not search these files and folders (repeatable; globs as in `exclude:` of plimsoll.yaml)
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub exclude: Vec<GlobMatcher>,
    /// Show every note, not one line per service
    #[arg(long)]
    pub notes: bool,
    /// Show only findings of this severity or higher; the verdict counts all
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub severity: Option<Least>,
    /// Show only findings of this rule, or in this file or folder (repeatable); the verdict counts all
    #[arg(long, value_name = "RULE|PATH")]
    pub only: Vec<String>,
    /// Show at most this many findings; the others are counted [default: 50]
    #[arg(long, value_name = "NUMBER")]
    pub max_findings: Option<usize>,
    /// Print only findings, without counts and verdict
    #[arg(short, long)]
    pub quiet: bool,
    /// Print only counts by rule and the verdict
    #[arg(long, conflicts_with = "quiet")]
    pub statistics: bool,
    /// Report only findings that are new or worse since BASE, see --changed-scope [default BASE: in CI that of the event, else the branch that this one started from]
    #[arg(long, value_name = "BASE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub changed: Option<String>,
    /// With --changed: report findings that are new or worse, or all in affected services and files
    #[arg(long, value_name = "SCOPE", value_enum, default_value_t = ChangedScope::New)]
    pub changed_scope: ChangedScope,
    /// Read the variables for Compose only from this file (repeatable, later files win)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Use the environment of this process for Compose
    #[arg(long)]
    pub env: bool,
    /// Check measured use: a record of `plimsoll usage`, lines of `docker stats --format json`, or cgroup files
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also write this format to a file (repeatable)
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<(Format, PathBuf)>,
    /// The day to compare end dates with [default: SOURCE_DATE_EPOCH, else today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub today: Option<String>,
    /// Time limit of the run; beyond it the verdict is `error` [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub deadline: Option<Duration>,
    /// Threads that work at once [default: 1]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Exit with 0 even if the gate fails, but not if it could not run
    #[arg(long)]
    pub exit_zero: bool,
    /// Whether the record that the configuration names is left alone.
    #[arg(skip)]
    pub without_usage: bool,
    /// The text of a configuration, instead of a file.
    #[arg(skip)]
    pub given_config: Option<String>,
    /// Whether findings that say the same stay apart, as a baseline takes them.
    #[arg(skip)]
    pub apart: bool,
    /// The text of a lock, instead of a file.
    #[arg(skip)]
    pub given_lock: Option<String>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
}

/// What to do with your own policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check the examples of every `policy` entry; exit with 1 if one fails
    Test(PolicyTestArgs),
}

/// The flags of `ignore`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct IgnoreArgs {
    /// FILE:LINE as printed, FILE:LINE:RULE, or a fingerprint from --format json
    pub finding: String,
    /// Why it is acceptable, for the next reader
    #[arg(long, value_name = "WHY")]
    pub reason: String,
    /// The workspace root; nothing outside it is read or written [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The flags of `policy test`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PolicyTestArgs {
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a change that loosens the policy is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// A note
    #[default]
    Report,
    /// An error
    Enforce,
}

fn output(text: &str) -> Result<(Format, PathBuf), Failure> {
    let (format, file) = text
        .split_once('=')
        .ok_or_else(|| Failure::new("write FORMAT=FILE, like sarif=results.sarif"))?;
    if file.is_empty() {
        return Err(Failure::new("the file has no name"));
    }
    Ok((
        Format::from_str(format, false).map_err(Failure::new)?,
        PathBuf::from(file),
    ))
}

fn image(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, place)) if !name.is_empty() && !place.is_empty() => Ok((name.to_owned(), place.to_owned())),
        _ => Err(Failure::new("write NAME=IMAGE or NAME=ARCHIVE, like api=api.tar")),
    }
}

fn time(text: &str) -> Result<Duration, Failure> {
    let nanoseconds = crate::values::duration::parse(text).and_then(|time| u64::try_from(time).ok());
    nanoseconds
        .filter(|time| *time > 0)
        .map(Duration::from_nanos)
        .ok_or_else(|| Failure::new("write a number and a unit, like 30s or 5m"))
}

fn glob(text: &str) -> Result<GlobMatcher, Failure> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| Failure::new(error.kind().to_string()))
}

fn date(text: &str) -> Result<String, Failure> {
    if crate::config::is_date(text) {
        Ok(text.to_owned())
    } else {
        Err(Failure::new("write a date like 2027-03-31"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_work_with_and_without_the_word_check() {
        for words in [
            vec!["plimsoll", "--notes", "a"],
            vec!["plimsoll", "check", "--notes", "a"],
        ] {
            let cli = Cli::try_parse_from(words).unwrap();
            let check = match cli.command {
                Some(Command::Check(check)) => *check,
                _ => cli.check,
            };
            assert!(check.notes);
            assert_eq!(check.paths, [PathBuf::from("a")]);
        }
    }

    #[test]
    fn changed_takes_its_base_behind_an_equals_sign_only() {
        let parse = |word: &str| Cli::try_parse_from(["plimsoll", word, "path"]).unwrap().check;
        assert_eq!(parse("--changed").changed.as_deref(), Some(""));
        assert_eq!(parse("--changed=main").changed.as_deref(), Some("main"));
    }
}

//! The flags of the commands beside `check`.

use super::{image, time};
use crate::failure::Failure;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// The flags of `fix`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FixArgs {
    /// Folders to search, or files to check alone
    pub paths: Vec<PathBuf>,
    /// Write the files instead of showing a diff
    #[arg(long)]
    pub write: bool,
    /// Also make edits that can break a container: review each one
    #[arg(long = "unsafe")]
    pub risky: bool,
    /// Fix only findings of this rule (repeatable)
    #[arg(long = "rule", value_name = "RULE")]
    pub rules: Vec<String>,
    /// Also fix findings that the baseline records
    #[arg(long)]
    pub no_baseline: bool,
    /// The workspace root; nothing outside it is read or written [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Profile for services that no `assign` entry matches
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// The flags of `new`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct NewArgs {
    /// The profile, or `lightweight` for three services
    #[arg(value_name = "PROFILE", value_parser = PROFILES)]
    pub profile: String,
    /// Where to write it
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The language of the program [default: postgres for database, browser for browser, else python]
    #[arg(long, value_name = "LANGUAGE", value_parser = LANGUAGES)]
    pub lang: Option<String>,
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
    /// Print the files without writing them
    #[arg(long)]
    pub dry_run: bool,
}

/// What `new` takes.
const PROFILES: [&str; 5] = ["translation", "filesystem", "database", "browser", "lightweight"];
/// What `--lang` takes.
const LANGUAGES: [&str; 8] = ["static", "go", "rust", "python", "node", "java", "postgres", "browser"];

/// The flags of `init`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InitArgs {
    /// The workspace root; nothing outside it is read or written [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Do not record the findings of today in plimsoll.baseline
    #[arg(long)]
    pub no_baseline: bool,
    /// Do not record facts about the base images in plimsoll.lock
    #[arg(long)]
    pub no_lock: bool,
    /// Print the files without writing them
    #[arg(long)]
    pub dry_run: bool,
}

/// The flags of `diff`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DiffArgs {
    /// The version before: a branch, a tag or a commit
    pub base: String,
    /// The version after [default: the checkout]
    pub head: Option<String>,
    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "markdown", "json"])]
    pub format: String,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration of both versions [default: plimsoll.yaml of each]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The flags of `files`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct FilesArgs {
    /// Folders to search, or files to check alone
    pub paths: Vec<PathBuf>,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON instead of lists
    #[arg(long)]
    pub json: bool,
}

/// The flags of `config`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConfigArgs {
    /// Folders to search, or files to check alone
    pub paths: Vec<PathBuf>,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Profile for services that no `assign` entry matches
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Print JSON instead of lists
    #[arg(long)]
    pub json: bool,
}

/// The flags of `image`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ImageArgs {
    /// Archive to measure (from `docker save`, or an OCI layout as a tar file; `-` is standard input), or an image of
    /// the engine. For several images, show what they share and their total
    #[arg(value_name = "IMAGE|ARCHIVE", required_unless_present = "from", conflicts_with_all = ["from", "config"])]
    pub places: Vec<String>,
    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: ImageFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Record its size for this service or Dockerfile in plimsoll.sizes.yaml in the root
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    pub record: Option<String>,
    /// Estimate it from this Dockerfile, without a build
    #[arg(long, value_name = "DOCKERFILE")]
    pub from: Option<PathBuf>,
    /// The stage to build [default: the last one]
    #[arg(long, value_name = "STAGE", requires = "from")]
    pub target: Option<String>,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// A format of `image`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageFormat {
    /// A table with bars
    #[default]
    Text,
    /// Everything, for programs: see docs/json.md
    Json,
    /// Tables for a comment or a summary
    Markdown,
}

/// The flags of `lock`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LockArgs {
    /// Read only these images [default: every image that runs or ships]
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,
    /// Read an image from this file instead of the engine (repeatable): a `docker save` archive, an OCI layout as a tar file, or the output of
    /// `docker buildx imagetools inspect --format '{{json .}}'`; `-` is standard input
    #[arg(long, value_name = "IMAGE=FILE", value_parser = image)]
    pub image: Vec<(String, String)>,
    /// Let the engine pull missing images, without credentials
    #[arg(long)]
    pub pull: bool,
    /// Write nothing; exit with 1 if plimsoll.lock is stale or lacks images
    #[arg(long, conflicts_with_all = ["images", "image", "pull"])]
    pub check: bool,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The flags of `report`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ReportArgs {
    /// Reports of `plimsoll check --format json`; a folder means every `*.json` in it (or in its folders, where it has none)
    #[arg(value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: ReportFormat,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Include notes in SARIF
    #[arg(long)]
    pub notes: bool,
}

/// A format of `report`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Tables
    #[default]
    Text,
    /// Tables for a comment or a summary
    Markdown,
    /// SARIF 2.1.0 with a run for each repository
    Sarif,
    /// A self-contained page
    Html,
}

/// The flags of `usage`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct UsageArgs {
    /// Services or containers to sample [default: those of the Compose files here if any run, else all]
    #[arg(value_name = "SERVICE|CONTAINER")]
    pub names: Vec<String>,
    /// Time to sample; Ctrl-C ends it early [default: 30s]
    #[arg(long = "for", value_name = "TIME", value_parser = time, conflicts_with = "from")]
    pub length: Option<Duration>,
    /// Time between two samples, at least 1s [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "from")]
    pub every: Option<Duration>,
    /// Write the samples to this file, a line of JSON each
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub record: Option<PathBuf>,
    /// Mark the record as taken at rest, for `idle-cpu` and `idle-memory`
    #[arg(long, conflicts_with = "from")]
    pub at_rest: bool,
    /// Also measure how long the engine takes to start a program in a container, by asking for one that does not exist
    #[arg(long, conflicts_with = "from")]
    pub measure_exec: bool,
    /// Read samples from a record, lines of `docker stats --format json`, or cgroup files; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Compare with an earlier record
    #[arg(long, value_name = "FILE", requires = "from")]
    pub against: Option<PathBuf>,
    /// Price of a core per month
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub price_cpu: Option<f64>,
    /// Price of a GB of memory per month
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub price_gb: Option<f64>,
    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: UsageFormat,
    /// The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration [default: plimsoll.yaml in the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Profile for services that no `assign` entry matches
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// A format of `usage`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum UsageFormat {
    /// Tables with bars
    #[default]
    Text,
    /// Tables for a comment or a summary
    Markdown,
    /// Everything, for machines
    Json,
    /// The suggested limits as a Compose override file
    Compose,
    /// A self-contained report with charts
    Html,
}

fn price(text: &str) -> Result<f64, Failure> {
    let price = text
        .parse::<f64>()
        .ok()
        .filter(|price| price.is_finite() && *price >= 0.0);
    price.ok_or_else(|| Failure::new("write a number, like 25 or 3.5"))
}

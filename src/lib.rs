//! Plimsoll holds the Dockerfiles and Compose files of a repository against budgets.
//!
//! One direction, no back and forth:
//!
//! ```text
//! discover -> parse -> resolve -> load -> judge -> suppress -> report -> exit code
//! (files)    (trees   (Compose,  (every- (rules:  (ignores,   (text, SARIF,
//!             with     stages)    thing   con-     baseline,   GitHub, GitLab,
//!             spans)              judged) tainers  changes)    Markdown, JSON)
//!                                         against
//!                                         budgets)
//! ```
//!
//! `load` puts a `repository` together: its Compose sets, what each Dockerfile makes (`build`), and what will run
//! (`container`).

mod app;
mod archive;
mod budget_use;
mod build;
mod cli;
mod config;
mod container;
mod decided;
mod discover;
mod engine;
mod exit;
mod explain;
mod fact;
mod failure;
mod finding;
mod git;
mod known_images;
mod load;
mod lock;
mod mend;
mod order;
mod packed;
mod parallel;
mod parse;
mod policy_diff;
mod progress;
mod redact;
mod report;
mod repository;
mod requirements;
mod resolve;
mod rules;
mod scaffold;
mod settings;
mod source;
mod suppress;
mod usage;
mod values;
mod workspace;

pub use app::run;

/// The parts that tests look at. This is no interface for other programs: it changes as the program does.
#[doc(hidden)]
pub mod inspect {
    pub use crate::app::{judge, render};
    pub use crate::archive::read as measure;
    pub use crate::build::context::EntryKind;
    pub use crate::cli::{CheckArgs, Format, command};
    pub use crate::config::{Config, Known, Mistake, budgets, document as configuration, read as configured, schema};
    pub use crate::explain::table;
    pub use crate::finding::{Layer, Severity};
    pub use crate::lock::rewritten;
    pub use crate::parse::{dockerfile, hcl, shell, yaml};
    pub use crate::report::{Report, Verdict};
    pub use crate::resolve::compose::interpolate::{Held, Substituted, substitute};
    pub use crate::resolve::dockerignore::Dockerignore;
    pub use crate::resolve::stage;
    pub use crate::rules::{Example, Group, RULES, Rule, examples, pages};
    pub use crate::source::{ColumnUnit, SourceId, Sources, Span, Spanned};
    pub use crate::suppress::Baseline;
    pub use crate::workspace::Workspace;
}

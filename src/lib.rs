//! Plimsoll holds the Dockerfiles and Compose files of a repository against budgets.
//!
//! One direction, no back and forth:
//!
//! ```text
//! discover -> parse -> resolve -> judge -> filter -> report -> exit code
//! ```

pub mod app;
pub mod archive;
pub mod budget_use;
pub mod build;
pub mod cli;
pub mod config;
pub mod container;
pub mod discover;
pub mod engine;
pub mod exit;
pub mod explain;
pub mod fact;
pub mod finding;
pub mod git;
pub mod known_images;
pub mod load;
pub mod parse;
pub mod policy_diff;
pub mod redact;
pub mod report;
pub mod repository;
pub mod requirements;
pub mod resolve;
pub mod rules;
pub mod source;
pub mod suppress;
pub mod values;
pub mod workspace;

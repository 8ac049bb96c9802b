//! Plimsoll holds the Dockerfiles and Compose files of a repository against budgets.
//!
//! One direction, no back and forth:
//!
//! ```text
//! discover -> parse -> resolve -> judge -> filter -> report -> exit code
//! ```

pub mod app;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod context;
pub mod discover;
pub mod engine;
pub mod exit;
pub mod explain;
pub mod fact;
pub mod filter;
pub mod finding;
pub mod git;
pub mod image;
pub mod model;
pub mod parse;
pub mod policy;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod secret;
pub mod source;
pub mod standing;
pub mod unit;
pub mod workspace;
pub mod world;

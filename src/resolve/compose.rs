//! Compose files to services as Compose merges them.

pub mod canonical;
pub mod consistency;
pub mod env;
pub mod interpolate;
pub mod load;
pub mod merge;
pub mod path;
pub mod paths;
pub mod read;
pub mod rebase;
pub mod schema;
pub mod service;
pub mod sums;

//! Compose files to services as Compose merges them.

pub(crate) mod canonical;
pub(crate) mod consistency;
pub(crate) mod env;
pub(crate) mod interpolate;
pub(crate) mod load;
pub(crate) mod merge;
pub(crate) mod path;
pub(crate) mod paths;
pub(crate) mod project;
pub(crate) mod read;
pub(crate) mod rebase;
pub(crate) mod schema;
pub(crate) mod service;
pub(crate) mod sums;
pub(crate) mod unique;

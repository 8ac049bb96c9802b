//! Everything that is tested from outside and needs no engine, as one program: it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod baseline;
mod beginner;
mod builds;
mod cases;
mod catalogue;
mod changed;
mod cli;
mod compose_oracle;
mod config_command;
mod configuration;
mod contents;
mod corpus;
mod decided;
mod diff;
mod dockerfile_corpus;
mod dockerignore_oracle;
mod example_variants;
mod examples;
mod explain;
mod fix_command;
mod fixes;
mod from_base;
mod fuzzed;
mod growth;
mod help;
mod helps;
mod hooks;
mod hostile;
mod house;
mod ignoring;
mod image;
mod init;
mod joined;
mod json;
mod limits;
mod linear;
mod lock;
mod man;
mod mutations;
mod new;
mod out_of_sight;
mod outputs;
mod policy;
mod reach;
mod readme;
mod report;
mod schema;
mod seed;
mod show;
mod site;
mod split;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod suppress;
mod usage;
mod vocabulary;
mod voice;

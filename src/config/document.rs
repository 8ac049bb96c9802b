//! `docs/configuration.md`: the tables of keys as a document.

use super::key::{Described, Entry, Key};
use super::keys::TOP;
use super::{Assignment, DeclaredContext, DeclaredImage, DeclaredSet, Ignore, NAMES};
use std::fmt::Write as _;

/// The whole document.
pub fn document() -> String {
    let names: Vec<String> = NAMES.iter().map(|name| format!("`{name}`")).collect();
    let mut out = format!(
        "# Configuration\n\n\
         The first of {} in the root of the repository is read, or the file that `--config` names. Every key is optional. A key, \
         value, unit or rule name that does not exist is reported with its line and the nearest one that does, the exit code is 2, \
         and nothing is judged.\n\n\
         This page is made from the tables that the program reads the file by (`UPDATE=1 cargo test --test it configuration::`), \
         and a test runs every example.\n",
        names.join(", ")
    );
    section(&mut out, "The file", TOP);
    list::<Assignment>(&mut out);
    list::<DeclaredSet>(&mut out);
    list::<DeclaredContext>(&mut out);
    list::<DeclaredImage>(&mut out);
    list::<Ignore>(&mut out);
    out
}

fn list<E: Entry>(out: &mut String) {
    section(out, &format!("An entry of `{}`", E::LIST), E::KEYS);
}

fn section<T>(out: &mut String, title: &str, keys: &[Key<T>]) {
    let _ = write!(out, "\n## {title}\n");
    for key in keys {
        one(out, &key.described());
    }
}

fn one(out: &mut String, key: &Described) {
    let _ = write!(
        out,
        "\n### `{}`\n\n{}\n\n- Takes: {}\n- Default: {}\n\n```yaml\n{}```\n",
        key.name, key.doc, key.takes, key.default, key.example
    );
}

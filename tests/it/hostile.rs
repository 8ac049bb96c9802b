//! Hostile input: each ends in a finding or a clear error, in bounded time and memory, in every format, with the other files still
//! judged.
//!
//! The rows are numbered: a function `row_NN_...` for each, and `sibling_NN_...` for what is of the same kind and was not thought of
//! first. What is too large to be made each time is smaller, and whole with `PLIMSOLL_FULL=1`.

mod amounts;
mod channels;
mod compose;
mod dockerfile;
mod dockerfile_limits;
mod files;
mod formats;
mod image;
mod names;
mod process;
mod scene;
mod sizes;
mod surroundings;
mod yaml;

use scene::{Judged, Scene, full};
use std::collections::BTreeSet;

/// Rows that cannot be tried here, and why.
const LEFT_OUT: [(usize, &str); 1] = [(
    51,
    "a registry that redirects, floods or lies: there is no network code, so nothing to ask it with",
)];

/// How many rows there are.
const ROWS: usize = 66;

#[test]
fn every_row_has_a_test_and_a_sibling() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hostile");
    let mut found: BTreeSet<(String, usize)> = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for name in text.lines().filter_map(|line| line.strip_prefix("fn ")) {
            let mut parts = name.splitn(3, '_');
            if let (Some(kind @ ("row" | "sibling")), Some(Ok(number))) =
                (parts.next(), parts.next().map(str::parse::<usize>))
            {
                found.insert((kind.to_owned(), number));
            }
        }
    }
    for (number, why) in LEFT_OUT {
        println!("row {number} is left out: {why}");
    }
    for number in (1..=ROWS).filter(|number| LEFT_OUT.iter().all(|(left, _)| left != number)) {
        for kind in ["row", "sibling"] {
            assert!(found.contains(&(kind.to_owned(), number)), "no {kind}_{number:02}_");
        }
    }
}

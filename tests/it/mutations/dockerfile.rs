//! The edits of Dockerfiles.

mod layout;
mod model;
mod stages;
mod steps;
mod words;

use super::edit::{Edit, Files, is_dockerfile, with};
use model::{Docker, Step};

/// All of them.
pub(super) fn edits() -> impl Iterator<Item = &'static Edit> {
    [layout::EDITS, words::EDITS, steps::EDITS, stages::EDITS]
        .into_iter()
        .flatten()
}

/// The file once with every instruction changed that can be, and once for each.
fn each(files: &Files, path: &str, change: impl Fn(&Docker<'_>, &Step) -> Option<String>) -> Vec<Files> {
    if !is_dockerfile(path) {
        return Vec::new();
    }
    let docker = Docker::new(&files[path]);
    let changed: Vec<Option<String>> = docker.steps.iter().map(|step| change(&docker, step)).collect();
    let places: Vec<usize> = (0..changed.len()).filter(|index| changed[*index].is_some()).collect();
    let make = |chosen: &dyn Fn(usize) -> bool| {
        let text = docker.rewritten(|index, _| changed[index].clone().filter(|_| chosen(index)));
        with(files, path, text)
    };
    let mut made: Vec<Files> = places.iter().map(|place| make(&|index| index == *place)).collect();
    if places.len() > 1 {
        made.insert(0, make(&|_| true));
    }
    made
}

/// One change of the whole text.
fn whole(files: &Files, path: &str, change: impl Fn(&Docker<'_>, &str) -> Option<String>) -> Vec<Files> {
    if !is_dockerfile(path) {
        return Vec::new();
    }
    let text = &files[path];
    let changed = change(&Docker::new(text), text);
    changed.into_iter().map(|text| with(files, path, text)).collect()
}

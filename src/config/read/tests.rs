use super::*;
use crate::config::budget::{CPUS, IMAGE_SIZE, MEMORY};
use crate::config::{Demand, Level};
use crate::finding::Severity;
use crate::source::{ColumnUnit, Sources};
use std::path::Path;

fn run(text: &str) -> Result<Config, Vec<(usize, usize, String)>> {
    let mut sources = Sources::default();
    let id = sources.add(Path::new("plimsoll.yaml"), text.to_owned());
    let file = crate::parse::yaml::parse(id, text);
    read(
        &file,
        &Known {
            rules: &["root-user", "writable-root"],
            sources: &sources,
            known_as: |code| (code == "DL3002").then_some("root-user"),
        },
    )
    .map_err(|mistakes| {
        mistakes
            .into_iter()
            .map(|mistake| {
                let at = sources.get(id).position(mistake.span.start, ColumnUnit::CodePoints);
                (at.line, at.column, format!("{} | {}", mistake.message, mistake.help))
            })
            .collect()
    })
}

#[test]
fn a_whole_configuration_is_read() {
    let config = run("version: 1\nfail-on: warning\nprofiles:\n  translation: {memory: 96MiB}\n  api: {extends: translation, image-size: 80MB, require: [memory], harden: [non-root], nofile: 10/20}\nassign:\n  - {services: ['*-db'], profile: database}\n  - {profile: api, final: true}\nproject: {memory: 2GiB, cpus: 2}\nrules: {root-user: off, writable-root: error}\nignore:\n  - {rule: root-user, paths: ['legacy/**'], reason: old, until: 2027-03-01}\n").unwrap();
    assert_eq!(config.fail_on, Some(Severity::Warning));
    let api = &config.profiles["api"];
    let amount = |budget| api.limits.amount(budget).map(|limit| limit.value);
    assert_eq!(amount(&MEMORY), Some(96.0 * 1_048_576.0));
    assert_eq!(amount(&IMAGE_SIZE), Some(80e6));
    // From `translation`, which it extends.
    assert_eq!(amount(&CPUS), Some(0.1));
    assert_eq!(
        api.demands.keys().copied().collect::<Vec<_>>(),
        [Demand::Memory, Demand::NonRoot]
    );
    assert!(config.assign[0].fits(Some("app-db"), None));
    assert!(!config.assign[0].fits(Some("app"), None));
    assert!(config.assign[1].fits(None, Some("Dockerfile")) && config.assign[1].is_final);
    assert_eq!(config.rules["root-user"], Level::Off);
}

#[test]
fn every_mistake_has_its_place_and_the_nearest_word() {
    let mistakes = run("profles: {}\nprofiles:\n  default: {memry: 1MiB, memory: 128M, pids: many}\nrules: {rot-user: off}\nassign: [{profile: databse}]\nfail-on: eror\n").unwrap_err();
    let lines: Vec<_> = mistakes.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(lines, [(1, 1), (3, 13), (3, 34), (3, 46), (4, 9), (5, 20), (6, 10)]);
    for (mistake, word) in mistakes.iter().zip([
        "profiles",
        "memory",
        "128MiB",
        "whole number",
        "root-user",
        "database",
        "error",
    ]) {
        assert!(mistake.2.contains(word), "{} lacks {word}", mistake.2);
    }
}

#[test]
fn contexts_are_paths_below_the_root() {
    let config =
        run("contexts:\n  - {dockerfile: ./api/Dockerfile, context: .}\n  - {dockerfile: b, context: c/}\n").unwrap();
    let read: Vec<_> = config
        .contexts
        .iter()
        .map(|entry| (entry.dockerfile.value.as_str(), entry.context.as_str()))
        .collect();
    assert_eq!(read, [("api/Dockerfile", ""), ("b", "c")]);
    let mistakes = run("contexts:\n  - {dockerfile: a}\n  - {dockerfile: a, context: ../x}\n  - x\n  - {dockerfile: a, context: b, contxt: c}\n").unwrap_err();
    let lines: Vec<_> = mistakes.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(lines, [(2, 5), (3, 30), (4, 5), (5, 33)]);
}

#[test]
fn profiles_that_extend_each_other_are_a_mistake() {
    let mistakes = run("profiles:\n  a: {extends: b}\n  b: {extends: a}\n").unwrap_err();
    assert_eq!(mistakes.len(), 2);
}

#[test]
fn the_defaults_own_figures_are_not_chosen_until_somebody_writes_one() {
    let config = run("profiles: {default: {memory: 1GiB}}\n").unwrap();
    let default = &config.profiles["default"];
    assert!(!default.limits.get(&IMAGE_SIZE).unwrap().chosen);
    assert!(default.limits.get(&MEMORY).unwrap().chosen);
}

#[test]
fn a_version_of_the_rules_is_a_year_and_a_month_as_they_are_written() {
    for written in ["2026.11", "2026.10", "'2027.01'", "\"2026.09\""] {
        let config = run(&format!("rules-version: {written}\n")).unwrap();
        let read = config.rules_version.unwrap().value;
        assert_eq!(read, written.trim_matches(['"', '\'']));
    }
    for wrong in [
        "banana",
        "2026",
        "2026.1",
        "2026.13",
        "2026.00",
        "26.11",
        "2026.11.1",
        "+026.11",
        "[2026.11]",
        "",
        "2026.1_0",
    ] {
        let mistakes = run(&format!("rules-version: {wrong}\n")).expect_err(wrong);
        assert!(
            mistakes[0].2.contains("a year and a month like 2026.11"),
            "{wrong}: {mistakes:?}"
        );
    }
}

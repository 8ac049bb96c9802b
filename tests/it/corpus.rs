//! Every real file of the corpus is judged, without a panic, an abort or a hang; what was found is printed.
use crate::support::shared;
use plimsoll::inspect as app;
use plimsoll::inspect::CheckArgs;
use plimsoll::inspect::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Default)]
struct Count {
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[test]
fn every_real_file_is_judged() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let mut by_repository: BTreeMap<String, BTreeMap<PathBuf, bool>> = BTreeMap::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let is_compose = columns[3] == "compose";
        by_repository
            .entry(columns[0].replace('/', "+"))
            .or_default()
            .insert(PathBuf::from(columns[1]), is_compose);
    }
    let started = Instant::now();
    let mut rules: BTreeMap<&'static str, Count> = BTreeMap::new();
    let mut failing: BTreeSet<(String, bool)> = BTreeSet::new();
    let (mut files, mut compose) = (0, 0);
    for (repository, paths) in &by_repository {
        let root = corpus.join(repository);
        let judged = judge(&root, Vec::new(), repository, &mut rules, &mut failing);
        // A file with a name that no search takes is judged when it is named.
        for (path, is_compose) in paths {
            files += 1;
            compose += usize::from(*is_compose);
            if !judged.contains(path) {
                judge(&root, vec![root.join(path)], repository, &mut rules, &mut failing);
            }
        }
    }
    assert!(files > 1_000, "the corpus holds {files} files");
    let of_kind = |wanted: bool| failing.iter().filter(|(_, is_compose)| *is_compose == wanted).count();
    println!("{files} files in {:.1} s", started.elapsed().as_secs_f64());
    println!(
        "failing: {} of {} Dockerfiles, {} of {compose} Compose files",
        of_kind(false),
        files - compose,
        of_kind(true)
    );
    println!("{:32} {:>7} {:>9} {:>6}", "rule", "errors", "warnings", "notes");
    for (rule, count) in &rules {
        println!("{rule:32} {:>7} {:>9} {:>6}", count.errors, count.warnings, count.notes);
    }
}

/// Judges and counts; the paths of the files that were judged.
fn judge(
    root: &Path,
    paths: Vec<PathBuf>,
    repository: &str,
    rules: &mut BTreeMap<&'static str, Count>,
    failing: &mut BTreeSet<(String, bool)>,
) -> BTreeSet<PathBuf> {
    let args = CheckArgs {
        today: Some("2026-11-28".to_owned()),
        root: Some(root.to_path_buf()),
        paths,
        ..CheckArgs::default()
    };
    let report = app::judge(&args);
    for reported in &report.findings {
        let finding = &reported.finding;
        assert!(
            !finding.help.is_empty(),
            "no help: {} {}",
            reported.rule.name,
            finding.message
        );
        let count = rules.entry(reported.rule.name).or_default();
        match reported.severity {
            Severity::Error => count.errors += 1,
            Severity::Warning => count.warnings += 1,
            Severity::Note => count.notes += 1,
        }
        if reported.severity == Severity::Error {
            let path = &report.sources.get(reported.finding.span.source).path;
            let is_compose = path.ends_with(".yml") || path.ends_with(".yaml");
            failing.insert((format!("{repository}/{path}"), is_compose));
        }
    }
    report.files.iter().map(PathBuf::from).collect()
}

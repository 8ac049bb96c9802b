//! A fix makes its finding go away and brings no new error: every failing example of every rule is mended and judged again.
use crate::support::Workspace;
use plimsoll::inspect as app;
use plimsoll::inspect::CheckArgs;
use plimsoll::inspect::Severity;
use plimsoll::inspect::{Example, RULES, examples};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A replacement in a file.
#[derive(Clone, Debug)]
struct Change {
    path: String,
    start: usize,
    end: usize,
    text: String,
}

#[derive(Debug)]
struct Found {
    rule: &'static str,
    message: String,
    severity: Severity,
    fix: Vec<Change>,
}

fn judge(folder: &Path) -> Vec<Found> {
    let args = CheckArgs {
        today: Some("2026-11-28".to_owned()),
        root: Some(folder.to_path_buf()),
        ..CheckArgs::default()
    };
    let report = app::judge(&args);
    assert!(report.error.is_none(), "{:?}", report.error);
    let found = report.findings.iter().map(|reported| Found {
        rule: reported.rule.name,
        message: reported.finding.message.clone(),
        severity: reported.severity,
        fix: reported
            .finding
            .fix
            .iter()
            .map(|edit| Change {
                path: report.sources.get(edit.span.source).path.clone(),
                start: edit.span.start as usize,
                end: edit.span.end as usize,
                text: edit.text.clone(),
            })
            .collect(),
    });
    found.collect()
}

/// Applies changes from the end to the start; panics where two overlap.
fn apply(folder: &Path, changes: &[Change]) {
    let mut sorted = changes.to_vec();
    sorted.sort_by(|one, other| (&other.path, other.start, other.end).cmp(&(&one.path, one.start, one.end)));
    let mut before: Option<(String, usize)> = None;
    for change in sorted {
        if let Some((path, start)) = &before {
            assert!(*path != change.path || change.end <= *start, "{changes:?} overlap");
        }
        let path = folder.join(&change.path);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.replace_range(change.start..change.end, &change.text);
        std::fs::write(&path, text).unwrap();
        before = Some((change.path, change.start));
    }
}

fn errors(found: &[Found]) -> BTreeSet<(&'static str, &str)> {
    found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| (found.rule, found.message.as_str()))
        .collect()
}

/// What is wrong with the fixes of a rule in a workspace that `make` makes afresh; how many there are.
fn check(rule: &'static str, make: &dyn Fn() -> tempfile::TempDir, wrong: &mut Vec<String>) -> usize {
    let before = judge(make().path());
    let all: Vec<&Found> = before.iter().filter(|found| found.rule == rule).collect();
    let fixable: Vec<&&Found> = all.iter().filter(|found| !found.fix.is_empty()).collect();
    let mut verdict = |fixes: &[Change], gone: usize, what: &str| {
        let folder = make();
        apply(folder.path(), fixes);
        let after = judge(folder.path());
        let left = after.iter().filter(|found| found.rule == rule).count();
        if left + gone > all.len() {
            wrong.push(format!("{rule}: {what} is still found after {fixes:?}"));
        }
        let known = errors(&before);
        for new in errors(&after).difference(&known) {
            wrong.push(format!("{rule}: {what} gives a new error {new:?}"));
        }
    };
    for found in &fixable {
        verdict(&found.fix, 1, &found.message);
    }
    let together: Vec<Change> = fixable.iter().flat_map(|found| found.fix.clone()).collect();
    verdict(&together, fixable.len(), "all of them");
    fixable.len()
}

#[test]
fn fixes_of_the_documented_examples_hold() {
    let mut wrong = Vec::new();
    let mut fixes: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in RULES {
        let all = examples(rule.doc);
        let mut groups: Vec<Vec<&Example>> = Vec::new();
        for example in &all {
            match groups.last_mut() {
                Some(group) if example.continues => group.push(example),
                _ => groups.push(vec![example]),
            }
        }
        for group in groups.iter().filter(|group| group[0].fails) {
            let count = check(rule.name, &|| crate::support::example_folder(rule, group), &mut wrong);
            *fixes.entry(rule.name).or_default() += count;
        }
    }
    fixes.retain(|_, count| *count > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for rule in [
        "duplicated-layer",
        "invalid-subnet",
        "missing-assume-yes",
        "package-cache-kept",
        "recommended-packages-installed",
        "unknown-compose-key",
    ] {
        assert!(fixes.contains_key(rule), "{rule} shows no fix");
    }
    println!("{fixes:?}");
}

/// The Dockerfile after the fixes of a rule; `None` if there is none.
fn mended(rule: &'static str, dockerfile: &str) -> Option<String> {
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        folder
    };
    let mut wrong = Vec::new();
    let count = check(rule, &make, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let folder = make();
    let found = judge(folder.path());
    assert!(
        found.iter().any(|found| found.rule == rule),
        "{rule} finds nothing in {dockerfile}"
    );
    let of_rule = found.iter().filter(|found| found.rule == rule);
    let changes: Vec<Change> = of_rule.flat_map(|found| found.fix.clone()).collect();
    apply(folder.path(), &changes);
    (count > 0).then(|| std::fs::read_to_string(folder.path().join("Dockerfile")).unwrap())
}

#[test]
fn package_caches_are_kept_out_by_one_word_or_one_command() {
    for (before, after) in [
        ("RUN apk add curl", "RUN apk add --no-cache curl"),
        ("RUN pip install flask", "RUN pip install --no-cache-dir flask"),
        ("RUN composer install", "RUN composer install --no-cache"),
        (
            "RUN apt-get update && apt-get install -y --no-install-recommends git",
            "RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*",
        ),
        (
            "RUN apt-get update \\\n    && apt-get install -y \\\n    git",
            "RUN apt-get update \\\n    && apt-get install -y \\\n    git && rm -rf /var/lib/apt/lists/*",
        ),
        ("RUN dnf install -y git", "RUN dnf install -y git && dnf clean all"),
        (
            "RUN microdnf install -y git",
            "RUN microdnf install -y git && microdnf clean all",
        ),
        (
            "RUN zypper install -y git",
            "RUN zypper install -y git && zypper clean --all",
        ),
        ("RUN npm ci", "RUN npm ci && npm cache clean --force"),
        ("RUN yarn install", "RUN yarn install && yarn cache clean"),
        (
            "RUN conda install -y numpy",
            "RUN conda install -y numpy && conda clean --all --yes",
        ),
    ] {
        let file = |run: &str| format!("FROM node:22-slim\n{run}\n");
        assert_eq!(mended("package-cache-kept", &file(before)), Some(file(after)));
    }
    for run in [
        "RUN sudo apt-get update && sudo apt-get install -y git",
        "RUN apt-get update && apt-get install -y git || true",
        "RUN apt-get update; apt-get install -y git",
        "RUN (apt-get update && apt-get install -y git)",
        "RUN apt-get update && apt-get install -y git # tools",
        "RUN apt-get update && apt-get install -y git > /dev/null",
        "RUN <<EOF\nset -e\napt-get update\nEOF",
        "RUN apk update",
    ] {
        assert_eq!(
            mended("package-cache-kept", &format!("FROM node:22-slim\n{run}\n")),
            None,
            "{run}"
        );
    }
}

#[test]
fn a_copy_gets_its_owner_where_the_image_stays_the_same() {
    let rule = "duplicated-layer";
    for (before, after) in [
        (
            "WORKDIR /app\nCOPY . .\nRUN chown -R 1000 /app && ls\n",
            "WORKDIR /app\nCOPY --chown=1000:0 . .\nRUN chown 1000 /app && ls\n",
        ),
        (
            "RUN useradd app\nCOPY --link=false . /app/\nENV A=b\nRUN chown --recursive app:app /app\n",
            "RUN useradd app\nCOPY --chown=app:app --link=false . /app/\nENV A=b\nRUN chown app:app /app\n",
        ),
        (
            "COPY . /srv/app\nRUN chmod -R 0755 /srv/app\n",
            "COPY --chmod=0755 . /srv/app\nRUN chmod 0755 /srv/app\n",
        ),
    ] {
        let file = |rest: &str| format!("FROM python:3.13-slim\n{rest}");
        assert_eq!(mended(rule, &file(before)), Some(file(after)));
    }
    for rest in [
        // Something else is in the folder, or may be.
        "WORKDIR /app\nCOPY a.tar.gz .\nRUN ./build\nCOPY . .\nRUN chown -R 1000 /app\n",
        "COPY . /app\nCOPY x /app/x\nRUN chown -R 1000 /app\n",
        "COPY . /app\nRUN /app/build\nRUN chown -R 1000 /app\n",
        "COPY . /app\nWORKDIR /app/data\nRUN chown -R 1000 /app\n",
        "RUN mkdir -p /app/log\nCOPY . /app\nRUN chown -R 1000 /app\n",
        "COPY . /usr/share/app\nRUN chown -R 1000 /usr/share/app\n",
        "COPY . /home/app\nRUN chown -R 1000 /home/app\n",
        // The user is made behind the COPY, the value is no literal, or the COPY has an owner already.
        "COPY . /app\nRUN useradd app && chown -R app /app\n",
        "COPY . /app\nRUN useradd app\nRUN chown -R app /app\n",
        "ARG U=1\nCOPY . /app\nRUN chown -R $U /app\n",
        "COPY --chown=1:1 . /app\nRUN chown -R 1000 /app\n",
        "COPY --link . /app\nRUN chown -R www-data /app\n",
        "COPY . /app\nRUN chown -R www-data.www-data /app\n",
        "COPY . /app\nRUN chmod -R u+x /app\n",
        "COPY . /app\nRUN chgrp -R 1000 /app\n",
        // More than one change, or another kind of one.
        "COPY . /app\nRUN chown -R 1000 /app && chmod -R 700 /app\n",
        "ADD . /app\nRUN chown -R 1000 /app\n",
        "COPY --from=debian:13-slim /opt/x /opt/x\nRUN chown -R 1000 /opt/x\n",
    ] {
        assert_eq!(mended(rule, &format!("FROM python:3.13-slim\n{rest}")), None, "{rest}");
    }
}

#[test]
fn what_can_be_fixed_is_marked() {
    let workspace = Workspace::new(&[("Dockerfile", "FROM alpine:3.22\nRUN apk add curl\n")]);
    let report = workspace.json(&[]);
    let all = report["findings"].as_array().unwrap();
    let of = |rule: &str| all.iter().find(|finding| finding["rule"] == rule).unwrap()["fixable"].clone();
    assert_eq!(of("package-cache-kept"), true);
    assert_eq!(of("root-user"), false);
    let sarif = workspace.run(&["--format", "sarif"]).out;
    assert!(
        sarif.contains("\"insertedContent\":{\"text\":\" --no-cache\"}"),
        "{sarif}"
    );
}

#[test]
fn an_index_that_a_later_step_lives_on_is_not_taken_away() {
    let install = "apt-get install -y --no-install-recommends";
    for (rest, wanted) in [
        (String::new(), true),
        (format!("RUN apt-get update && {install} git\n"), true),
        (format!("RUN {install} git\n"), false),
        (
            format!("FROM a AS b\nRUN {install} git && rm -rf /var/lib/apt/lists/*\n"),
            false,
        ),
    ] {
        let text = format!("FROM debian:12 AS a\nRUN apt-get update && {install} curl\n{rest}");
        let workspace = Workspace::new(&[("Dockerfile", &text)]);
        let found = judge(workspace.path());
        let fixed = found.iter().any(|found| {
            found.rule == "package-cache-kept" && found.fix.iter().any(|fix| fix.start < text.find("curl").unwrap() + 5)
        });
        assert_eq!(fixed, wanted, "{text}");
    }
}

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
        let all = examples(rule.doc());
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
    assert!(fixes.len() >= 60, "{} rules show a fix in an example", fixes.len());
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

/// The Compose file after the fixes of a rule; `None` if there is none.
fn mended_compose(rule: &'static str, compose: &str) -> Option<String> {
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), compose).unwrap();
        folder
    };
    let mut wrong = Vec::new();
    let count = check(rule, &make, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let folder = make();
    let found = judge(folder.path());
    assert!(
        found.iter().any(|found| found.rule == rule),
        "{rule} finds nothing in {compose}"
    );
    let of_rule = found.iter().filter(|found| found.rule == rule);
    let changes: Vec<Change> = of_rule.flat_map(|found| found.fix.clone()).collect();
    apply(folder.path(), &changes);
    (count > 0).then(|| std::fs::read_to_string(folder.path().join("compose.yaml")).unwrap())
}

/// A rule, the lines of a service behind its image, and those after the fix.
const SERVICES: &[(&str, &str, &str)] = &[
    (
        "repeated-environment-key",
        "environment:\n      - A=1 # one\n      - B=2\n      - A=3",
        "environment:\n      - B=2\n      - A=3",
    ),
    (
        "repeated-environment-key",
        "environment: [A=1, B=2, A=3]",
        "environment: [B=2, A=3]",
    ),
    (
        "repeated-environment-key",
        "environment: [B=2, \"A=1\", 'A=3']",
        "environment: [B=2, 'A=3']",
    ),
    ("conflicting-mounts", "volumes: [./a:/x, ./b:/x]", "volumes: [./b:/x]"),
    (
        "conflicting-mounts",
        "volumes:\n      - type: bind\n        source: ./a\n        target: /x\n      - ./b:/x",
        "volumes:\n      - ./b:/x",
    ),
    (
        "overridden-security-option",
        "security_opt:\n      - seccomp:builtin\n      - seccomp:unconfined",
        "security_opt:\n      - seccomp:unconfined",
    ),
    (
        "confinement-disabled",
        "security_opt: [seccomp:unconfined]\n    init: true",
        "init: true",
    ),
    (
        "confinement-disabled",
        "security_opt:\n      - no-new-privileges:true\n      - apparmor:unconfined",
        "security_opt:\n      - no-new-privileges:true",
    ),
    (
        "swap-below-memory",
        "mem_limit: 128m\n    memswap_limit: 64m",
        "mem_limit: 128m\n    memswap_limit: 192m",
    ),
    (
        "swap-without-memory",
        "memswap_limit: 64m # x\n    init: true",
        "init: true",
    ),
    (
        "reservation-above-limit",
        "mem_limit: 64m\n    mem_reservation: 1g",
        "mem_limit: 64m\n    mem_reservation: 64m",
    ),
    (
        "ulimit-soft-above-hard",
        "ulimits: {nofile: {soft: 20, hard: 10}}",
        "ulimits: {nofile: {soft: 10, hard: 10}}",
    ),
    (
        "invalid-restart-policy",
        "restart: unless_stoped",
        "restart: unless-stopped",
    ),
    (
        "invalid-restart-policy",
        "restart: on-failur:3",
        "restart: on-failure:3",
    ),
    ("invalid-restart-policy", "restart: sometimes", ""),
    ("unknown-capability", "cap_add: [NET_ADMIM]", "cap_add: [NET_ADMIN]"),
    ("unknown-capability", "cap_drop: [everything]", ""),
    (
        "invalid-duration",
        "stop_grace_period: 30 seconds",
        "stop_grace_period: 30s",
    ),
    (
        "invalid-duration",
        "healthcheck: {test: [CMD, x], interval: \"5\"}",
        "healthcheck: {test: [CMD, x], interval: 5s}",
    ),
    ("invalid-duration", "stop_grace_period: a while", ""),
    ("invalid-size", "mem_limit: 512 megabytes", "mem_limit: 512m"),
    ("invalid-size", "tmpfs: [\"/x:size=50MB\"]", "tmpfs: [/x:size=50m]"),
    ("invalid-size", "mem_limit: lots", ""),
    (
        "conflicting-limits",
        "mem_limit: 64m\n    deploy: {resources: {limits: {memory: 128M}}}",
        "deploy: {resources: {limits: {memory: 128M}}}",
    ),
    (
        "conflicting-limits",
        "mem_limit: 64m\n    deploy: {resources: {limits: {cpus: '1'}}}",
        "deploy: {resources: {limits: {memory: '64m', cpus: '1'}}}",
    ),
    (
        "unknown-security-option",
        "security_opt: [\"seccomp:default\"]",
        "security_opt: [seccomp:builtin]",
    ),
    (
        "unknown-security-option",
        "security_opt: [no-new-privilege]",
        "security_opt: [no-new-privileges:true]",
    ),
    (
        "unknown-security-option",
        "security_opt: [no-new-privileges=yes]",
        "security_opt: [no-new-privileges:true]",
    ),
    ("privileged-service", "privileged: true\n    init: true", "init: true"),
    ("host-namespace", "pid: host\n    init: true", "init: true"),
    ("host-namespace", "network_mode: host", ""),
    (
        "ineffective-capability",
        "user: \"1000:1000\"\n    cap_add:\n      - CHOWN\n    init: true",
        "user: \"1000:1000\"\n    init: true",
    ),
    (
        "dangerous-capability",
        "cap_add: [SYS_ADMIN, CHOWN]",
        "cap_add: [CHOWN]",
    ),
    (
        "executable-tmpfs",
        "tmpfs:\n      - /x:size=1m,exec,mode=700",
        "tmpfs:\n      - /x:size=1m,mode=700",
    ),
    ("executable-tmpfs", "tmpfs: /x:exec", "tmpfs: /x"),
    ("root-group", "user: \"1000\"", "user: \"1000:1000\""),
    ("memory-below-minimum", "mem_limit: 128", "mem_limit: 128m"),
    ("memory-below-minimum", "mem_limit: 1k", ""),
    (
        "shared-process-limit",
        "ulimits: {nproc: 64}\n    init: true",
        "init: true\n    pids_limit: 64",
    ),
    ("ignored-setting", "cpu_count: 2\n    init: true", "init: true"),
    (
        "ignored-setting",
        "restart: always\n    deploy: {restart_policy: {condition: any}}",
        "deploy: {restart_policy: {condition: any}}",
    ),
    (
        "missing-healthcheck",
        "init: true",
        "init: true\n    healthcheck: {test: [CMD, redis-cli, ping], interval: 10s, timeout: 5s, retries: 5, start_period: 30s}",
    ),
    ("missing-healthcheck", "command: [redis-server]", ""),
    (
        "healthcheck-never-healthy",
        "healthcheck: {test: NONE}",
        "healthcheck: {test: [\"NONE\"]}",
    ),
    (
        "healthcheck-never-healthy",
        "healthcheck:\n      test: CMD redis-cli ping",
        "healthcheck:\n      test: \"redis-cli ping\"",
    ),
    (
        "healthcheck-never-healthy",
        "healthcheck:\n      test: [CMD, redis-cli, ping, \"||\", exit, \"1\"]",
        "healthcheck:\n      test: \"redis-cli ping || exit 1\"",
    ),
    (
        "wrong-compose-type",
        "deploy: {restart_policy: unless-stopped}",
        "deploy: {restart_policy: {condition: any}}",
    ),
    ("wrong-compose-type", "user: 1000", "user: \"1000\""),
    ("wrong-compose-type", "cap_drop: ALL", "cap_drop: [\"ALL\"]"),
    (
        "wrong-compose-type",
        "ulimits: {fsize: 50M}",
        "ulimits: {fsize: 52428800}",
    ),
    ("wrong-compose-type", "deploy: {restart_policy: perhaps}", ""),
    (
        "missing-scratch-space",
        "read_only: true\n    command: [gunicorn, a]",
        "read_only: true\n    tmpfs: [\"/tmp:size=16m\"]\n    command: [gunicorn, a]",
    ),
    (
        "powerless-root",
        "cap_drop: [ALL]\n    cap_add: [CHOWN]",
        "cap_drop: [ALL]\n    cap_add: [SETUID, SETGID, CHOWN]",
    ),
];

#[test]
fn services_are_mended_where_one_thing_can_be_meant() {
    let mut wrong = Vec::new();
    for (rule, before, after) in SERVICES {
        let file = |lines: &str| format!("services:\n  a:\n    image: redis:8.2\n    {lines}\n");
        let wanted = (!after.is_empty()).then(|| file(after));
        // A list that is not on one line is set behind the last one that is.
        let mended = mended_compose(rule, &file(before));
        if mended != wanted {
            wrong.push(format!("{rule}: {before}\n{}", mended.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_stands_at_the_top_is_mended() {
    let service = "services:\n  a:\n    image: x:1\n    volumes: [data:/x]\n";
    for (rule, before, after) in [
        ("undefined-reference", service.to_owned(), format!("{service}\nvolumes:\n  data: {{}}\n")),
        (
            "undefined-reference",
            format!("volumes:\n  other: {{}}\n{service}"),
            format!("volumes:\n  data: {{}}\n  other: {{}}\n{service}"),
        ),
        (
            "isolated-members",
            "services:\n  a: {image: x:1, networks: [n]}\n  b: {image: x:1, networks: [n]}\nnetworks:\n  n:\n    driver_opts:\n      \
             com.docker.network.bridge.enable_icc: \"false\"\n"
                .to_owned(),
            "services:\n  a: {image: x:1, networks: [n]}\n  b: {image: x:1, networks: [n]}\nnetworks:\n  n:\n    driver_opts:\n      \
             com.docker.network.bridge.enable_icc: \"true\"\n"
                .to_owned(),
        ),
        (
            "dependency-never-completes",
            "services:\n  a: {image: x:1, depends_on: {b: {condition: service_completed_successfully}}}\n  b:\n    image: x:1\n    restart: always\n"
                .to_owned(),
            "services:\n  a: {image: x:1, depends_on: {b: {condition: service_completed_successfully}}}\n  b:\n    image: x:1\n    restart: on-failure\n"
                .to_owned(),
        ),
        (
            "invalid-image-reference",
            "services:\n  a:\n    image: docker://Acme/Web:1\n".to_owned(),
            "services:\n  a:\n    image: docker://Acme/Web:1\n".to_owned(),
        ),
    ] {
        assert_eq!(mended_compose(rule, &before).unwrap_or(before), after, "{rule}");
    }
}

#[test]
fn instructions_are_mended_where_one_thing_can_be_meant() {
    for (rule, before, after) in [
        (
            "repeated-instruction",
            "CMD [\"a\"]\nENV A=b\nCMD [\"sh\"]",
            "ENV A=b\nCMD [\"sh\"]",
        ),
        ("relative-workdir", "WORKDIR app", "WORKDIR /app"),
        ("relative-workdir", "WORKDIR ./app/x", "WORKDIR /app/x"),
        ("trailing-comment", "WORKDIR /app # the app", "# the app\nWORKDIR /app"),
        ("trailing-comment", "COPY a b # both", "# both\nCOPY a b"),
        (
            "unsupported-shell-syntax",
            "RUN source /etc/os-release && echo $ID",
            "RUN . /etc/os-release && echo $ID",
        ),
        ("unsupported-shell-syntax", "RUN source env.sh", ""),
        (
            "unsupported-shell-syntax",
            "RUN [ \"$A\" == b ] || true",
            "RUN [ \"$A\" = b ] || true",
        ),
        (
            "distribution-upgraded",
            "RUN apt-get update \\\n    && apt-get upgrade -y \\\n    && ls\nCMD [\"sh\"]",
            "RUN apt-get update \\\n    && ls\nCMD [\"sh\"]",
        ),
        (
            "distribution-upgraded",
            "RUN apt-get update && (apt-get upgrade -y || true)\nCMD [\"sh\"]",
            "",
        ),
        (
            "missing-package-index",
            "RUN apt-get install -y --no-install-recommends git",
            "RUN apt-get update && apt-get install -y --no-install-recommends git",
        ),
        (
            "missing-package-index",
            "RUN set -e; apt-get install -y git",
            "RUN set -e; apt-get update && apt-get install -y git",
        ),
        (
            "unverified-download",
            "RUN curl -fsSk -o /x https://example.org/x",
            "RUN curl -fsS -o /x https://example.org/x",
        ),
        (
            "unverified-download",
            "RUN wget --no-check-certificate https://example.org/x",
            "RUN wget https://example.org/x",
        ),
        ("step-without-effect", "RUN cd /srv\nENV A=b", "ENV A=b"),
        ("malformed-exec-form", "CMD ['sh', '-x']", "CMD [\"sh\", \"-x\"]"),
        ("malformed-exec-form", "CMD [sh, -x]", "CMD [\"sh\", \"-x\"]"),
        (
            "malformed-exec-form",
            "CMD [\"ls\", \"&&\", \"serve\", \"$PORT\"]",
            "CMD [\"/bin/sh\", \"-c\", \"ls && serve $PORT\"]",
        ),
        ("malformed-exec-form", "CMD [\"serve\", \"a b\", \"$PORT\"]", ""),
        ("malformed-exec-form", "ENTRYPOINT [\"serve\", \"$PORT\"]", ""),
        (
            "unverified-download",
            "RUN apt-get install -y --no-install-recommends --allow-unauthenticated ./own.deb",
            "",
        ),
        (
            "distribution-upgraded",
            "RUN apt-get update \\\n    # holes\n    && apt-get upgrade -y \\\n    && ls\nCMD [\"sh\"]",
            "",
        ),
        (
            "root-user",
            "RUN useradd -m app\nENTRYPOINT [\"ls\"]\nCMD [\"-l\"]",
            "RUN useradd -m app\nUSER app\nENTRYPOINT [\"ls\"]\nCMD [\"-l\"]",
        ),
        ("root-user", "RUN useradd -m a && useradd -m b\nCMD [\"ls\"]", ""),
    ] {
        let file = |lines: &str| format!("FROM debian:12-slim\n{lines}\n");
        let wanted = (!after.is_empty()).then(|| file(after));
        assert_eq!(mended(rule, &file(before)), wanted, "{rule}: {before}");
    }
    let apk = |lines: &str| format!("FROM alpine:3.22\nRUN apk add --no-cache git{lines}\n");
    assert_eq!(
        mended("step-without-effect", &apk(" \\\n    && rm -rf /var/cache/apk/*")),
        Some(apk(""))
    );
    let node = |user: &str| format!("FROM node:22-slim\nCOPY . .\n{user}CMD [\"node\", \"a.js\"]\n");
    assert_eq!(mended("root-user", &node("")), Some(node("USER node\n")));
}

#[test]
fn a_digest_of_the_lock_is_written_behind_the_tag() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let lock = format!(
        "version: 1\ndebian:12 linux/amd64:\n  digest: {digest}\nredis:latest linux/amd64:\n  digest: {digest}\n"
    );
    let files = [
        ("plimsoll.lock", lock.as_str()),
        ("compose.yaml", "services:\n  a:\n    image: redis:latest # now\n"),
        (
            "Dockerfile",
            "ARG TAG=12\nFROM debian:12 AS a\nFROM debian:$TAG\nCOPY --from=a /x /x\n",
        ),
        (
            "plimsoll.yaml",
            "version: 1\nrules: {base-image-without-digest: note}\n",
        ),
    ];
    let workspace = Workspace::new(&files);
    for rule in ["floating-base-image", "base-image-without-digest"] {
        let shown = workspace.run(&["fix", "--write", "--rule", rule]);
        assert_eq!(shown.code, 0, "{shown:?}");
    }
    let read = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    assert_eq!(
        read("compose.yaml"),
        format!("services:\n  a:\n    image: redis:latest@{digest} # now\n")
    );
    assert_eq!(
        read("Dockerfile"),
        format!("ARG TAG=12\nFROM debian:12@{digest} AS a\nFROM debian:$TAG\nCOPY --from=a /x /x\n")
    );
}

#[test]
fn what_is_put_at_the_end_of_a_file_stays_apart() {
    let compose =
        "services:\n  a:\n    image: x:1\n    volumes: [data:/x, more:/y]\n    networks: [n]\n    init: true\n";
    let workspace = Workspace::new(&[("compose.yaml", compose)]);
    let rules = ["--rule", "undefined-reference", "--rule", "missing-restart-policy"];
    let shown = workspace.run(&[&["fix", "--write", "--unsafe"], &rules[..]].concat());
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(
        std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap(),
        format!(
            "{compose}    restart: unless-stopped\n\nvolumes:\n  more: {{}}\n  data: {{}}\n\nnetworks:\n  n: {{}}\n"
        )
    );
}

#[test]
fn a_list_keeps_an_item_until_it_goes_with_its_key() {
    let service = "services:\n  a:\n    image: x:1\n    init: true\n";
    let compose = format!(
        "{service}    cap_add: # all\n      - SYS_ADMIN # why\n      - SYS_MODULE\n    security_opt: [seccomp:builtin, seccomp:unconfined]\n"
    );
    let workspace = Workspace::new(&[("compose.yaml", &compose)]);
    let rules = [
        "dangerous-capability",
        "overridden-security-option",
        "confinement-disabled",
    ];
    let rules: Vec<&str> = rules.iter().flat_map(|rule| ["--rule", rule]).collect();
    let shown = workspace.run(&[&["fix", "--write", "--unsafe"], &rules[..]].concat());
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(
        std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap(),
        service
    );
}

#[test]
fn lines_are_put_into_the_ignore_file_that_is_there() {
    let files = [
        (".dockerignore", "*.log\n"),
        (
            "Dockerfile",
            "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"a.js\"]\n",
        ),
        ("a.js", "1\n"),
        ("node_modules/a/index.js", "1\n"),
        (".env", "API_KEY=k7Qm2vXz9Lp4Rt6W\n"),
    ];
    let workspace = Workspace::new(&files);
    let rules = ["--rule", "version-control-in-image", "--rule", "secret-in-image"];
    let safe = workspace.run(&[&["fix", "--write"], &rules[..]].concat());
    assert!(safe.err.contains("with --unsafe"), "{safe:?}");
    let shown = workspace.run(&[&["fix", "--write", "--unsafe"], &rules[..]].concat());
    assert_eq!(shown.code, 0, "{shown:?}");
    let ignored = std::fs::read_to_string(workspace.path().join(".dockerignore")).unwrap();
    let mut lines: Vec<&str> = ignored.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["*.log", ".env", "node_modules"]);
    // A file that is copied by its name has to be there.
    workspace.write(".dockerignore", b"*.log\n");
    workspace.write(
        "Dockerfile",
        b"FROM node:22-slim\nCOPY .env a.js ./\nCMD [\"node\", \"a.js\"]\n",
    );
    let shown = workspace.run(&[&["fix", "--write", "--unsafe"], &rules[..]].concat());
    assert!(shown.err.contains("nothing to fix"), "{shown:?}");
}

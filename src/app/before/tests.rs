//! What a run over a change says is what is new between two full runs, whatever changes.

use crate::app::judge;
use crate::cli::CheckArgs;
use crate::report::{Report, Reported};
use crate::suppress::Known;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository in which files rest on each other in the usual ways.
const FILES: [(&str, &str); 39] = [
    (
        "plimsoll.yaml",
        "assign:\n  - {dockerfiles: 'api/**', profile: translation}\nignore:\n  - {rule: floating-base-image, paths: ['quiet/**'], reason: mirrored here}\n",
    ),
    (".gitignore", "*.log\ngenerated/\n"),
    (
        "README.md",
        "# Shop\n\n    docker compose -f deploy/base.yml -f deploy/prod.yml up\n",
    ),
    (
        "Makefile",
        "build:\n\tmkdir -p out\n\tcp web/site.conf.example web/site.conf\n",
    ),
    (
        ".github/workflows/build.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: docker build -f tools/Dockerfile .\n",
    ),
    (
        "compose.yaml",
        "include: [parts/cache.yaml]\nservices:\n  api:\n    build: ./api\n    env_file: [api/api.env]\n    ports: ['8080:8080']\n    depends_on: {cache: {condition: service_healthy}}\n  web:\n    image: nginx:${NGINX:-1.27}\n    volumes: ['./web/site.conf:/etc/nginx/conf.d/site.conf:ro']\n",
    ),
    (
        "compose.override.yaml",
        "services:\n  api:\n    environment: {DEBUG: '1'}\n    privileged: false\n",
    ),
    (".env", "NGINX=1.28\nTAG=1\n"),
    (
        "parts/cache.yaml",
        "services:\n  cache:\n    image: redis:7\n    healthcheck: {test: [CMD, redis-cli, ping], interval: 5s}\n",
    ),
    (
        "api/Dockerfile",
        "FROM python:3.13-slim AS build\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nFROM python:3.13-slim\nCOPY --from=build /app /app\nCMD [\"python\", \"/app/main.py\"]\n",
    ),
    ("api/requirements.txt", "flask==3.0\n"),
    ("api/main.py", "print(1)\n"),
    ("api/api.env", "PASSWORD=hunter2hunter2\n"),
    ("api/.dockerignore", "*.env\n"),
    ("web/site.conf.example", "server {}\n"),
    (
        "deploy/base.yml",
        "services:\n  worker:\n    image: example.com/shop/worker:${TAG:-1}\n    networks: [back]\nnetworks: {back: {}}\n",
    ),
    (
        "deploy/prod.yml",
        "services:\n  worker:\n    deploy: {replicas: 2}\n    container_name: worker\n",
    ),
    ("deploy/.env", "TAG=2\n"),
    (
        "jobs/compose.yaml",
        "services:\n  job:\n    build: {context: .., dockerfile: jobs/Dockerfile}\n    image: example.com/shop/worker:1\n    extends: {file: ../parts/common.yaml, service: base}\n",
    ),
    (
        "jobs/Dockerfile",
        "FROM alpine:3.20\nRUN apk add --no-cache curl\nCOPY jobs/run.sh /run.sh\nUSER nobody\nENTRYPOINT [\"/run.sh\"]\n",
    ),
    ("jobs/run.sh", "#!/bin/sh\nexec curl -fsS http://api:8080\n"),
    (
        "parts/common.yaml",
        "services:\n  base:\n    mem_limit: 64m\n    cap_drop: [ALL]\n    security_opt: ['seccomp:profiles/open.json']\n",
    ),
    ("jobs/profiles/open.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n"),
    ("parts/profiles/open.json", "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}\n"),
    (
        "tools/Dockerfile",
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nADD tools/list.txt /list\n",
    ),
    ("tools/list.txt", "a\n"),
    ("quiet/one/Dockerfile", "FROM busybox:latest\nCMD [\"true\"]\n"),
    (
        "quiet/one/compose.yaml",
        "services:\n  one: {build: ., restart: always}\n",
    ),
    (
        "quiet/two/compose.yaml",
        "services:\n  two:\n    image: example.com/shop/api:1\n    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n",
    ),
    (
        "quiet/three/compose.yaml",
        "services:\n  three: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: postgres}}\n",
    ),
    (
        "quiet/three/Dockerfile",
        "FROM example.com/shop/worker:1\nCOPY missing /x\n",
    ),
    (
        "quiet/broken.compose.yaml",
        "services:\n  x: {image: a:1}\n  x: {image: b:1}\n",
    ),
    (
        "stack/docker-compose.yml",
        "services:\n  s: {image: 'a:1', network_mode: host}\n",
    ),
    (
        "stack/docker-compose.dev.yml",
        "services:\n  t: {image: 'a:1', depends_on: [s]}\n",
    ),
    (
        "linked/compose.yaml",
        "include: [current/x.yaml]\nservices:\n  l: {build: {context: current, target: ship}}\n",
    ),
    ("linked/one/x.yaml", "services:\n  x: {image: 'a:1'}\n"),
    (
        "linked/two/x.yaml",
        "services:\n  x: {image: 'a:1', privileged: true}\n",
    ),
    (
        "linked/one/Dockerfile",
        "FROM scratch AS ship\nCOPY x.yaml /\nFROM scratch\nCOPY nothing /\n",
    ),
    (
        "linked/two/Dockerfile",
        "FROM debian:12 AS ship\nRUN apt-get install -y curl\n",
    ),
];

/// Lines that a change adds to a file of Compose, a Dockerfile or any other.
const COMPOSE: [&str; 8] = [
    "  added: {image: 'nginx:latest', privileged: true}",
    "  added2: {build: ./nowhere}",
    "x-note: 1",
    "# plimsoll: ignore[privileged-service] reviewed",
    "  web: {image: 'nginx:1.27', ports: ['8080:80']}",
    "  added3: {image: 'example.com/shop/worker:1', volumes: ['/:/host']}",
    "volumes: {data: {}}",
    "  : broken",
];
const DOCKERFILE: [&str; 8] = [
    "RUN apt-get install -y vim",
    "COPY absent /x",
    "USER root",
    "ENV API_TOKEN=0123456789abcdef0123456789abcdef",
    "FROM example.com/shop/worker:1",
    "RUN cd /tmp",
    "# hadolint ignore=DL3008",
    "HEALTHCHECK CMD curl localhost",
];
const OTHER: [&str; 6] = [
    "TAG=3",
    "docker compose -f compose.yaml -f stack/docker-compose.dev.yml up",
    "cp a.example quiet/three/missing",
    "PASSWORD=another-secret-one",
    "*.txt",
    "docker stack deploy -c stack/docker-compose.yml shop",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most
    }
}

fn git(folder: &Path, words: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"])
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn fill(root: &Path) {
    for (path, text) in FILES {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        std::fs::set_permissions(root.join("jobs/run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        symlink("../api/api.env", root.join("deploy/linked.env")).unwrap();
        symlink("between", root.join("linked/current")).unwrap();
        symlink("one", root.join("linked/between")).unwrap();
    }
    git(root, &["init", "-q"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "base"]);
}

fn checked(root: &Path, changed: Option<&str>) -> Report {
    judge(&CheckArgs {
        root: Some(root.to_path_buf()),
        changed: changed.map(str::to_owned),
        no_engine: true,
        no_baseline: true,
        apart: true,
        ..CheckArgs::default()
    })
}

/// One thing that people do to a repository, in words.
fn change(root: &Path, dice: &mut Dice) -> String {
    let (path, text) = FILES[dice.below(FILES.len())];
    let full = root.join(path);
    let text = std::fs::read_to_string(&full).unwrap_or_else(|_| text.to_owned());
    let lines = match path {
        _ if path.ends_with("Dockerfile") => &DOCKERFILE[..],
        _ if path.ends_with(".yaml") || path.ends_with(".yml") => &COMPOSE[..],
        _ => &OTHER[..],
    };
    let line = lines[dice.below(lines.len())];
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        // A folder may be a file by now, or gone.
        let _ = std::fs::create_dir_all(path.parent().unwrap());
        let _ = std::fs::write(path, text);
    };
    match dice.below(9) {
        #[cfg(unix)]
        8 => {
            let _ = std::fs::remove_file(root.join("linked/between"));
            let _ = std::os::unix::fs::symlink("two", root.join("linked/between"));
            "turns a link around".to_owned()
        }
        0 => {
            let _ = std::fs::remove_file(&full);
            format!("deletes {path}")
        }
        1 => {
            let name = format!("moved/{path}");
            write(&name, &text);
            let _ = std::fs::remove_file(&full);
            format!("moves {path}")
        }
        2 => {
            let name = format!("{}/extra.compose.yaml", Path::new(path).parent().unwrap().display());
            write(
                name.trim_start_matches('/'),
                &format!("services:\n  extra:\n    image: a\n{line}\n"),
            );
            format!("adds a Compose file beside {path} with {line}")
        }
        3 => {
            let mut all: Vec<&str> = text.lines().collect();
            if !all.is_empty() {
                all.remove(dice.below(all.len()));
            }
            write(path, &(all.join("\n") + "\n"));
            format!("takes a line out of {path}")
        }
        4 => {
            let with = text.replacen("1", "2", 1 + dice.below(3));
            write(path, &with);
            format!("raises numbers in {path}")
        }
        _ => {
            write(path, &format!("{text}{line}\n"));
            format!("adds to {path}: {line}")
        }
    }
}

/// Findings without what differs by the numbers of texts.
fn told(report: &Report) -> Vec<String> {
    let tell = |reported: &Reported| {
        let path = report.sources.path(reported.finding.span);
        let about = reported.about.as_deref().unwrap_or("");
        format!(
            "{} {:?} {path} {about}: {}",
            reported.rule.name, reported.severity, reported.finding.message
        )
    };
    let mut all: Vec<String> = report.findings.iter().map(tell).collect();
    all.sort();
    all
}

#[test]
fn what_is_new_is_what_two_full_runs_differ_in() {
    if Command::new("git")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!("skipped: there is no git program");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (before, root): (PathBuf, PathBuf) = (folder.path().join("before"), folder.path().join("after"));
    for root in [&before, &root] {
        std::fs::create_dir(root).unwrap();
        fill(root);
    }
    let old = checked(&before, None);
    assert_eq!(old.error, None);
    assert!(old.findings.len() > 40, "{}", old.findings.len());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut wrong, mut news) = (String::new(), 0);
    let count = if std::env::var_os("PLIMSOLL_FULL").is_some() {
        2000
    } else {
        200
    };
    for number in 0..count {
        git(&root, &["checkout", "-qfB", "topic", "main"]);
        git(&root, &["clean", "-qfd"]);
        let done: Vec<String> = (0..=dice.below(3)).map(|_| change(&root, &mut dice)).collect();
        if dice.below(2) == 0 {
            git(&root, &["add", "-A"]);
            git(&root, &["commit", "-qm", "change", "--allow-empty"]);
        }
        let mut full = checked(&root, None);
        if full.error.is_some() {
            continue;
        }
        let mut now = checked(&root, Some("main"));
        assert_eq!(now.error, None, "{done:?}");
        Known::new(&old.findings, &old.sources).hide(&mut full.findings, &full.sources);
        // What the change does to its own policy is only known where a base is; whether an entry of plimsoll.yaml is of any use, and of
        // which images nothing is known, only where everything is judged.
        let is_apart = |report: &Report, found: &Reported| {
            let of_all = ["unused-ignore", "unmatched-assignment"].contains(&found.rule.name);
            let is_policy = report.sources.path(found.finding.span) == "plimsoll.yaml";
            of_all && is_policy || ["policy-loosened", "unknown-image"].contains(&found.rule.name)
        };
        for report in [&mut full, &mut now] {
            let findings = std::mem::take(&mut report.findings);
            let kept = findings.into_iter().filter(|found| !is_apart(report, found));
            report.findings = kept.collect();
        }
        let (wanted, got) = (told(&full), told(&now));
        news += wanted.len();
        if wanted != got {
            let _ = writeln!(wrong, "change {number}: {done:?}\n  scope: {}", now.scope);
            for line in wanted.iter().filter(|line| !got.contains(line)) {
                let _ = writeln!(wrong, "  not said: {line}");
            }
            for line in got.iter().filter(|line| !wanted.contains(line)) {
                let _ = writeln!(wrong, "  not new: {line}");
            }
        }
    }
    assert!(news > 200, "{news}");
    assert!(wrong.is_empty(), "{wrong}");
}

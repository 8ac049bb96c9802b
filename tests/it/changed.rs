//! What is reported on CI: every event with repositories as a runner makes them. A doubt never hides a finding.
#![cfg(feature = "git")]
use crate::support;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One mistake, in a file of its own in each folder.
const BROKEN: &str = "services: {a: {image: 'x:1'}}\nx-a: 1\nx-a: 2\n";
const ZEROS: &str = "0000000000000000000000000000000000000000";
const FOLDERS: [&str; 3] = ["base", "main", "topic"];

/// A folder with the repository `origin`: `main` has changed `main/compose.yaml` since `topic` left it, and `topic` has
/// changed `topic/compose.yaml` in two commits.
struct Bench {
    folder: tempfile::TempDir,
    /// The commits: where `topic` left, both tips, and the first commit of `topic`.
    fork: String,
    main: String,
    topic: String,
    first: String,
    /// A merge of `topic` into `main`, as for a trial, on the branch `trial`.
    trial: String,
}

impl Bench {
    fn new(init: &[&str]) -> Option<Self> {
        if !support::has_git() {
            return None;
        }
        let mut bench = Self {
            folder: tempfile::tempdir().unwrap(),
            fork: String::new(),
            main: String::new(),
            topic: String::new(),
            first: String::new(),
            trial: String::new(),
        };
        std::fs::create_dir(bench.path("origin")).unwrap();
        bench.git("origin", &[&["init", "-q"], init].concat());
        bench.git("origin", &["config", "uploadpack.allowFilter", "true"]);
        bench.git("origin", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        for folder in FOLDERS {
            bench.write(&format!("origin/{folder}/compose.yaml"), BROKEN);
        }
        bench.fork = bench.commit("origin");
        bench.git("origin", &["checkout", "-qb", "topic"]);
        bench.write("origin/topic/note", "one");
        bench.first = bench.commit("origin");
        bench.write("origin/topic/compose.yaml", &format!("{BROKEN}# topic\n"));
        bench.topic = bench.commit("origin");
        bench.git("origin", &["checkout", "-q", "main"]);
        bench.write("origin/main/compose.yaml", &format!("{BROKEN}# main\n"));
        bench.main = bench.commit("origin");
        bench.git("origin", &["checkout", "-qb", "trial"]);
        bench.git("origin", &["merge", "-q", "--no-edit", "topic"]);
        bench.trial = bench.git("origin", &["rev-parse", "HEAD"]);
        bench.git("origin", &["checkout", "-q", "main"]);
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, folder: &str, words: &[&str]) -> String {
        let done = support::git(&self.path(folder)).args(words).output().unwrap();
        assert!(
            done.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, folder: &str) -> String {
        self.git(folder, &["add", "-A"]);
        self.git(folder, &["commit", "-qm", "x"]);
        self.git(folder, &["rev-parse", "HEAD"])
    }

    /// What a runner checks out: a branch with so much of its history, with nothing else.
    fn checkout(&self, name: &str, branch: &str, options: &[&str]) {
        let from = format!("file://{}", self.path("origin").display());
        let words = ["clone", "-q", "--single-branch", "--branch", branch];
        self.git("", &[&words, options, &[from.as_str(), name]].concat());
    }

    fn run(&self, root: &str, words: &[&str], env: &[(&str, &str)]) -> Output {
        support::plimsoll(Path::new("."))
            .args(["check", "--root"])
            .arg(self.path(root))
            .args(words)
            .envs(env.iter().copied())
            .output()
            .unwrap()
    }

    /// The folders whose mistake is reported, and the scope.
    fn judge(&self, root: &str, changed: &str, env: &[(&str, &str)]) -> (Vec<String>, String) {
        // Their mistakes are old: which base is taken is seen by what it can affect.
        let shown = self.run(root, &[changed, "--changed-scope=affected", "--format", "json"], env);
        let report: Value = serde_json::from_slice(&shown.stdout).unwrap_or_else(|_| panic!("{shown:?}"));
        let mistakes = report["findings"].as_array().unwrap().iter();
        let folders = mistakes
            .filter(|finding| finding["rule"] == "duplicate-key")
            .map(|finding| finding["location"]["path"].as_str().unwrap())
            .map(|path| path.split('/').next().unwrap().to_owned());
        (folders.collect(), report["scope"].as_str().unwrap().to_owned())
    }

    /// A run for an event of GitHub.
    fn github(&self, root: &str, name: &str, payload: &Value) -> (Vec<String>, String) {
        self.github_with(root, name, payload, "--changed")
    }

    fn github_with(&self, root: &str, name: &str, payload: &Value, changed: &str) -> (Vec<String>, String) {
        let file = self.path("event.json");
        std::fs::write(&file, payload.to_string()).unwrap();
        let env = [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", file.to_str().unwrap()),
        ];
        self.judge(root, changed, &env)
    }

    /// A run of a pipeline of GitLab, on the commit that is checked out.
    fn gitlab(&self, root: &str, pairs: &[(&str, &str)]) -> (Vec<String>, String) {
        let head = self.git(root, &["rev-parse", "HEAD"]);
        let common = [
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_SHA", head.as_str()),
        ];
        self.judge(root, "--changed", &[&common, pairs].concat())
    }

    fn request(&self) -> Value {
        json!({"pull_request": {"base": {"sha": self.fork}, "head": {"sha": self.topic}}})
    }

    fn push(&self, before: &str) -> Value {
        json!({
            "ref": "refs/heads/topic",
            "before": before,
            "after": self.topic,
            "repository": {"default_branch": "main"},
        })
    }
}

fn only_topic((folders, scope): (Vec<String>, String), base: &str) {
    assert_eq!(folders, ["topic"], "{scope}");
    assert!(scope.starts_with("changed since ") && scope.contains(base), "{scope}");
    assert!(scope.ends_with(": 1 file in scope"), "{scope}");
}

fn everything((folders, scope): (Vec<String>, String), reason: &str) {
    assert_eq!(folders, FOLDERS, "{scope}");
    assert!(scope.starts_with("full: ") && scope.contains(reason), "{scope}");
}

#[test]
fn a_pull_request_is_what_its_merge_adds_to_the_target() {
    let Some(bench) = Bench::new(&[]) else { return };
    // With the history of two commits; the event's base is older than what the trial was merged into.
    bench.checkout("two", "trial", &["--depth=2"]);
    only_topic(bench.github("two", "pull_request", &bench.request()), &bench.main[..8]);
    // The default of actions/checkout.
    bench.checkout("one", "trial", &["--depth=1"]);
    everything(
        bench.github("one", "pull_request", &bench.request()),
        "the clone is shallow and the first parent of HEAD is not in it; fetch more history",
    );
}

#[test]
fn a_pull_request_may_have_its_own_head_checked_out_and_nothing_else() {
    let Some(bench) = Bench::new(&[]) else { return };
    bench.checkout("all", "topic", &[]);
    only_topic(bench.github("all", "pull_request", &bench.request()), &bench.fork[..8]);
    bench.checkout("two", "topic", &["--depth=2"]);
    everything(
        bench.github("two", "pull_request", &bench.request()),
        "the clone is shallow",
    );
    bench.checkout("other", "main", &[]);
    everything(
        bench.github("other", "pull_request", &bench.request()),
        &format!("HEAD is {}, not {} of the event", &bench.main[..8], &bench.topic[..8]),
    );
    // A merge of something else, as after another push.
    let mut request = bench.request();
    request["pull_request"]["head"]["sha"] = json!(bench.first);
    bench.checkout("trial", "trial", &[]);
    everything(bench.github("trial", "pull_request", &request), "of the event");
    everything(
        bench.github("all", "pull_request_target", &bench.request()),
        "pull_request_target checks out the target",
    );
}

#[test]
fn a_push_is_all_its_commits() {
    let Some(bench) = Bench::new(&[]) else { return };
    bench.checkout("all", "topic", &[]);
    only_topic(bench.github("all", "push", &bench.push(&bench.fork)), &bench.fork[..8]);
    only_topic(
        bench.github("all", "push", &bench.push(&bench.first)),
        &bench.first[..8],
    );
    // A new branch, and one that was forced: its old end is elsewhere, or gone.
    everything(bench.github("all", "push", &bench.push(ZEROS)), "all zeros");
    everything(
        bench.github("all", "push", &bench.push(&"1".repeat(40))),
        "is not in this clone; fetch it first",
    );
    bench.git("all", &["fetch", "-q", "origin", "main"]);
    everything(
        bench.github("all", "push", &bench.push(&bench.main)),
        "the branch was rewritten",
    );
    bench.checkout("one", "topic", &["--depth=1"]);
    everything(
        bench.github("one", "push", &bench.push(&bench.first)),
        "the clone is shallow",
    );
    bench.checkout("two", "topic", &["--depth=2"]);
    only_topic(
        bench.github("two", "push", &bench.push(&bench.first)),
        &bench.first[..8],
    );
    everything(
        bench.github("two", "push", &bench.push(&bench.fork)),
        "the clone is shallow",
    );
}

#[test]
fn the_default_branch_tags_and_schedules_are_judged_whole_whatever_base_is_named() {
    let Some(bench) = Bench::new(&[]) else { return };
    bench.checkout("main", "main", &[]);
    let mut push = bench.push(&bench.fork);
    push["after"] = json!(bench.main);
    for (reference, reason) in [("refs/heads/main", "default branch"), ("refs/tags/v1", "a tag")] {
        push["ref"] = json!(reference);
        for changed in ["--changed", "--changed=HEAD~1"] {
            everything(bench.github_with("main", "push", &push, changed), reason);
        }
    }
    for changed in ["--changed", "--changed=HEAD~1"] {
        everything(bench.github_with("main", "schedule", &json!({}), changed), "a schedule");
    }
    // Nobody knows what these are about, but somebody may.
    for event in ["workflow_dispatch", "release", "issue_comment"] {
        everything(bench.github("main", event, &json!({})), "has no changes to compare");
        let (folders, scope) = bench.github_with("main", event, &json!({}), "--changed=HEAD~1");
        assert_eq!(folders, ["main"], "{scope}");
    }
}

#[test]
fn a_merge_group_is_compared_with_what_it_goes_onto() {
    let Some(bench) = Bench::new(&[]) else { return };
    let group = json!({"merge_group": {"base_sha": bench.main, "head_sha": bench.trial}});
    bench.checkout("all", "trial", &[]);
    only_topic(bench.github("all", "merge_group", &group), &bench.main[..8]);
    bench.checkout("one", "trial", &["--depth=1"]);
    everything(bench.github("one", "merge_group", &group), "the clone is shallow");
}

#[test]
fn merge_requests_and_branches_of_gitlab() {
    let Some(bench) = Bench::new(&[]) else { return };
    let source = ("CI_PIPELINE_SOURCE", "merge_request_event");
    let zeros = ("CI_COMMIT_BEFORE_SHA", ZEROS);
    let diff = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", bench.fork.as_str());
    bench.checkout("topic", "topic", &[]);
    only_topic(bench.gitlab("topic", &[source, diff, zeros]), &bench.fork[..8]);
    bench.checkout("shallow", "topic", &["--depth=2"]);
    everything(bench.gitlab("shallow", &[source, diff, zeros]), "the clone is shallow");
    // Merged results: the pipeline runs on a merge.
    let target = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", bench.main.as_str());
    bench.checkout("trial", "trial", &["--depth=2"]);
    only_topic(bench.gitlab("trial", &[source, diff, zeros, target]), &bench.main[..8]);
    let branch = ("CI_COMMIT_BRANCH", "topic");
    let push = ("CI_PIPELINE_SOURCE", "push");
    only_topic(
        bench.gitlab("topic", &[push, branch, ("CI_COMMIT_BEFORE_SHA", &bench.first)]),
        &bench.first[..8],
    );
    everything(bench.gitlab("topic", &[push, branch, zeros]), "all zeros");
    everything(
        bench.gitlab("topic", &[("CI_PIPELINE_SOURCE", "web"), branch, zeros]),
        "`web`",
    );
    for (name, value, reason) in [
        ("CI_COMMIT_BRANCH", "main", "default branch"),
        ("CI_COMMIT_TAG", "v1", "a tag"),
    ] {
        let before = ("CI_COMMIT_BEFORE_SHA", bench.first.as_str());
        everything(bench.gitlab("topic", &[push, (name, value), before]), reason);
    }
    everything(
        bench.gitlab("topic", &[("CI_PIPELINE_SOURCE", "schedule"), branch]),
        "a schedule",
    );
    // GitLab says one commit, and another one is checked out.
    let other = [
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_SHA", bench.first.as_str()),
        source,
        diff,
    ];
    everything(bench.judge("topic", "--changed", &other), "of the event");
}

#[test]
fn the_shape_of_the_repository_does_not_matter() {
    for init in [&["--object-format=sha1"][..], &["--object-format=sha256"]] {
        let Some(bench) = Bench::new(init) else { return };
        bench.checkout("blobless", "trial", &["--filter=blob:none"]);
        bench.checkout("treeless", "trial", &["--filter=tree:0"]);
        bench.checkout("main", "trial", &[]);
        bench.git(
            "main",
            &["worktree", "add", "-q", "--detach", "../linked", "origin/trial"],
        );
        bench.checkout("foreign", "trial", &["--depth=2"]);
        for root in ["blobless", "linked", "foreign"] {
            if root == "foreign" && !give(&bench.path(root)) {
                println!("skipped: only root can give files away");
                continue;
            }
            only_topic(bench.github(root, "pull_request", &bench.request()), &bench.main[..8]);
        }
        everything(
            bench.github("treeless", "pull_request", &bench.request()),
            "the clone lacks objects",
        );
        // A container sees the work tree and not the repository behind it.
        std::fs::rename(bench.path("main"), bench.path("elsewhere")).unwrap();
        everything(
            bench.github("linked", "pull_request", &bench.request()),
            "points to a repository that does not exist",
        );
        std::fs::remove_dir_all(bench.path("foreign/.git")).unwrap();
        everything(
            bench.github("foreign", "pull_request", &bench.request()),
            "there is no git repository",
        );
    }
}

/// Gives a tree to another user, as a container that runs as root finds it.
fn give(path: &Path) -> bool {
    let is_given = std::os::unix::fs::lchown(path, Some(54321), Some(54321)).is_ok();
    if path.is_dir() && !path.is_symlink() {
        return std::fs::read_dir(path)
            .unwrap()
            .all(|entry| give(&entry.unwrap().path()));
    }
    is_given
}

#[test]
fn outside_of_ci_it_is_the_upstream_with_what_is_not_committed() {
    let Some(bench) = Bench::new(&[]) else { return };
    bench.git(
        "",
        &[
            "clone",
            "-q",
            &format!("file://{}", bench.path("origin").display()),
            "local",
        ],
    );
    bench.git("local", &["checkout", "-q", "--no-track", "-b", "mine", "origin/topic"]);
    only_topic(bench.judge("local", "--changed", &[]), "of origin/main and HEAD");
    bench.write("local/base/note", "not committed");
    let (folders, scope) = bench.judge("local", "--changed", &[]);
    assert_eq!(folders, ["topic"], "{scope}");
    bench.write("local/base/compose.yaml", &format!("{BROKEN}# staged\n"));
    bench.git("local", &["add", "base"]);
    let (folders, scope) = bench.judge("local", "--changed", &[]);
    assert_eq!(folders, ["base", "topic"], "{scope}");
    // An unknown CI system with nothing to compare.
    bench.checkout("main", "main", &[]);
    everything(
        bench.judge("main", "--changed", &[("CI", "true")]),
        "not conclusive on CI",
    );
}

#[test]
fn every_output_says_the_scope() {
    let Some(bench) = Bench::new(&[]) else { return };
    bench.checkout("local", "topic", &[]);
    for format in support::FORMATS {
        for (base, words) in [("HEAD~1", "changed since"), ("nope", "nope does not exist here")] {
            let shown = bench.run("local", &[&format!("--changed={base}"), "--format", format], &[]);
            let all = [shown.stdout, shown.stderr].concat();
            // The text is wrapped.
            let all: Vec<String> = String::from_utf8(all)
                .unwrap()
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            assert!(all.join(" ").contains(words), "{format} {base}: {}", all.join(" "));
        }
    }
}

/// `upload/` starts the container itself.
#[test]
fn the_action_with_upload_hands_the_event_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let docker = "#!/bin/sh\n[ \"$1\" = run ] && printf '%s\\n' \"$@\" >\"$SEEN\"\necho image\n";
    for (name, text) in [("docker", docker), ("event.json", "{}"), ("out", ""), ("summary", "")] {
        std::fs::write(path(name), text).unwrap();
    }
    Command::new("chmod").args(["755", &path("docker")]).status().unwrap();
    let ended = Command::new("bash")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("upload/gate"))
        .env_clear()
        .env("PATH", format!("{}:{}", path(""), std::env::var("PATH").unwrap()))
        .envs([
            ("SEEN", path("seen")),
            ("GITHUB_WORKSPACE", path("")),
            ("GITHUB_EVENT_PATH", path("event.json")),
            ("GITHUB_OUTPUT", path("out")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("RUNNER_TEMP", path("")),
        ])
        .status()
        .unwrap();
    assert!(ended.success());
    let seen = std::fs::read_to_string(path("seen")).unwrap();
    let words: Vec<&str> = seen.lines().collect();
    for word in [
        "GITHUB_ACTIONS",
        "GITHUB_EVENT_NAME",
        "CI",
        "GITHUB_EVENT_PATH=/github/event.json",
    ] {
        assert!(words.windows(2).any(|pair| pair == ["--env", word]), "{word}: {seen}");
    }
    let mount = format!("{}:/github/event.json:ro", path("event.json"));
    assert!(words.windows(2).any(|pair| pair == ["--volume", &mount]), "{seen}");
}

#[test]
fn another_text_in_the_same_place_is_another_finding() {
    let token = |last: char| format!("ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r{last}");
    let compose = |token: &str, provider: &str, hook: &str| {
        format!(
            "services:\n  api:\n    image: acme/api:1.4\n    environment:\n      GITHUB_TOKEN:\n        {token}\n    post_start:\n      - command: {hook}\n        privileged: true\n  other:\n    provider:\n      type: {provider}\n"
        )
    };
    let step = |command: &str| format!("FROM alpine:3.22\nRUN --security=insecure {command}\n");
    let before = compose(&token('8'), "./ok.sh", "id");
    let Some(workspace) =
        support::Workspace::repository(&[("compose.yaml", before.as_str()), ("Dockerfile", step("id").as_str())])
    else {
        return;
    };
    let new = |compose: String, step: String| {
        workspace.write("compose.yaml", format!("# moved\n{compose}").as_bytes());
        workspace.write("Dockerfile", format!("# moved\n{step}").as_bytes());
        let report = workspace.json(&["--changed=main"]);
        let findings = report["findings"].as_array().unwrap().iter();
        let errors = findings.filter(|found| found["severity"] == "error");
        let mut rules: Vec<String> = errors.map(|found| found["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort();
        rules
    };
    assert_eq!(new(before.clone(), step("id")), Vec::<String>::new());
    assert_eq!(
        new(compose(&token('9'), "./ok.sh", "id"), step("id")),
        ["secret-in-environment"]
    );
    assert_eq!(
        new(compose(&token('8'), "./evil.sh", "id"), step("id")),
        ["provider-runs-program"]
    );
    assert_eq!(
        new(compose(&token('8'), "./ok.sh", "evil"), step("id")),
        ["privileged-service"]
    );
    assert_eq!(new(before, step("evil")), ["privileged-service"]);
}

#[test]
fn a_base_that_cannot_be_read_leaves_everything_in_scope() {
    let large = format!("{BROKEN}#{}\n", "x".repeat(2 << 20));
    let files = [("was-large/compose.yaml", large.as_str()), ("old/compose.yaml", BROKEN)];
    let Some(workspace) = support::Workspace::repository(&files) else {
        return;
    };
    workspace.write("was-large/compose.yaml", BROKEN.as_bytes());
    let report = workspace.json(&["--changed=main"]);
    let scope = report["scope"].as_str().unwrap();
    assert!(scope.contains("the base cannot be checked"), "{scope}");
    // The one that the change touches, and the other one.
    assert!(scope.contains("2 files in scope"), "{scope}");
}

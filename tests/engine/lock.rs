//! `plimsoll lock` with a real engine and a registry of its own: two images are pushed, locked, one tag is moved, and the lock says so;
//! the gate reads what was locked without the engine.

use super::support::{Workspace, git, plimsoll};
use super::{BUSYBOX, run, said, skip};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A registry that goes away with the test.
struct Registry {
    server: Child,
    address: String,
}

impl Registry {
    /// `None` where there is no registry to start, said aloud.
    fn start(folder: &Path) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("localhost:{port}");
        let data = folder.join("registry").display().to_string();
        let settings = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {data}}}}}\nhttp: {{addr: \"{address}\"}}\n"
        );
        std::fs::write(folder.join("registry.yml"), settings).unwrap();
        let mut command = Command::new("docker-registry");
        command.args(["serve", "registry.yml"]).current_dir(folder);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(server) = server else {
            skip("docker-registry is not installed");
            return None;
        };
        let registry = Self { server, address };
        for _ in 0..100 {
            if std::net::TcpStream::connect(&registry.address).is_ok() {
                return Some(registry);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the registry does not listen");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The names of images that go away with the test, with all that ever had them.
struct Images(Vec<String>);

impl Drop for Images {
    fn drop(&mut self) {
        for image in &self.0 {
            let repository = image.rsplit_once(':').map_or(image.as_str(), |(name, _)| name);
            let all = said(&docker(
                &["images", "--quiet", "--no-trunc", repository],
                Path::new("."),
            ));
            for id in all.lines() {
                docker(&["rmi", "--force", id], Path::new("."));
            }
        }
    }
}

fn docker(words: &[&str], folder: &Path) -> Output {
    run("docker", words, folder)
}

/// Builds an image under this name.
fn build(name: &str, dockerfile: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(BUSYBOX, folder.path().join("busybox")).unwrap();
    std::fs::write(
        folder.path().join("passwd"),
        "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
    let done = docker(&["build", "--quiet", "--force-rm", "--tag", name, "."], folder.path());
    assert!(done.status.success(), "{name}: {}", said(&done));
}

/// Builds an image and pushes it under this name.
fn push(name: &str, dockerfile: &str) {
    build(name, dockerfile);
    let done = docker(&["push", "--quiet", name], Path::new("."));
    assert!(done.status.success(), "{name}: {}", said(&done));
}

const BASE: &str = "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"ln\", \"-s\", \"busybox\", \"/bin/sh\"]\n\
                    COPY passwd /etc/passwd\nENV TOOL_VERSION=1.2.3 TOKEN=s3cret PATH=/opt/bin:/bin\nEXPOSE 8080\nVOLUME /data\n\
                    HEALTHCHECK CMD [\"/bin/busybox\", \"true\"]\nUSER app\nENTRYPOINT [\"/bin/busybox\"]\nCMD [\"sleep\", \"9\"]\n";
const OTHER: &str = "FROM scratch\nCOPY busybox /server\nCMD [\"/server\"]\n";

/// The binary with this engine, or with none.
fn plimsoll_lock(workspace: &Workspace, words: &[&str], engine: Option<&str>) -> (i32, String) {
    let mut command = plimsoll(workspace.path());
    let host = engine.map_or_else(|| std::env::var("DOCKER_HOST").unwrap_or_default(), str::to_owned);
    let output = command.args(words).env("DOCKER_HOST", host).output().unwrap();
    (output.status.code().unwrap_or(-1), said(&output))
}

fn lock(workspace: &Workspace) -> String {
    std::fs::read_to_string(workspace.path().join("plimsoll.lock")).unwrap()
}

#[test]
fn a_lock_is_written_compared_and_read_offline() {
    if super::engine().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(folder.path()) else {
        return;
    };
    let name = |image: &str| format!("{}/{image}", registry.address);
    let (base, other) = (name("acme/base:1"), name("other:2"));
    let _images = Images(vec![base.clone(), other.clone()]);
    push(&base, BASE);
    push(&other, OTHER);

    let dockerfile = format!("FROM {base}\nCOPY a /a\n");
    let compose = format!(
        "services:\n  api: {{build: .}}\n  other:\n    image: {other}\n    user: app\n    command: [server]\n  none: {{image: \"{}\"}}\n",
        name("absent:1")
    );
    let workspace = Workspace::new(&[("Dockerfile", &dockerfile), ("compose.yaml", &compose), ("a", "12345")]);
    git(workspace.path()).args(["init", "--quiet"]).output().unwrap();
    let (code, text) = plimsoll_lock(&workspace, &["lock", "--check"], None);
    assert_eq!((code, text.matches("missing").count()), (1, 3), "{text}");

    let (code, text) = plimsoll_lock(&workspace, &["lock"], None);
    assert_eq!(code, 1, "{text}");
    let absent = format!(
        "missing {0}: the engine does not have it; run `docker pull {0}` first",
        name("absent:1")
    );
    assert!(text.contains(&absent), "{text}");
    let first = lock(&workspace);
    let size = said(&docker(
        &["image", "inspect", "--format", "{{.Size}}", &base],
        Path::new("."),
    ));
    let digests = said(&docker(
        &["image", "inspect", "--format", "{{join .RepoDigests \" \"}}", &base],
        Path::new("."),
    ));
    let digest = digests.split_once('@').unwrap().1;
    for line in [
        format!("{base} linux/amd64:\n  digest: {digest}\n"),
        format!("  size: {size}\n  layers: 3\n  user: app\n  entrypoint: [/bin/busybox]\n  command: [sleep, \"9\"]\n"),
        "  healthcheck: [CMD, /bin/busybox, \"true\"]\n  ports: [8080/tcp]\n  volumes: [/data]\n".to_owned(),
        "  environment: [PATH, TOKEN, TOOL_VERSION]\n  versions:\n    TOOL_VERSION: \"1.2.3\"\n".to_owned(),
        "  accounts: [root:0:0, app:1000:1001]\n".to_owned(),
        "    /bin: [busybox, sh]\n    /opt/bin: []\n  shell: /bin/busybox\n  libc: none\n  packages: none\n".to_owned(),
    ] {
        assert!(first.contains(&line), "{line}\n{first}");
    }
    assert!(!first.contains("s3cret"));

    // What could not be reached is asked for no more: the lock is current, and written again it has the same bytes.
    workspace.write("compose.yaml", compose.split("  none:").next().unwrap().as_bytes());
    assert_eq!(plimsoll_lock(&workspace, &["lock", "--check"], None).0, 0);
    let (code, text) = plimsoll_lock(&workspace, &["lock"], None);
    assert_eq!((code, text.as_str()), (0, "plimsoll.lock: 2 images, 2 unchanged"));
    assert_eq!(lock(&workspace), first);
    std::fs::remove_file(workspace.path().join("plimsoll.lock")).unwrap();
    assert_eq!(plimsoll_lock(&workspace, &["lock"], None).0, 0);
    assert_eq!(lock(&workspace), first);

    reads_offline(&workspace, &size);

    // The tag moves.
    push(&other, &format!("{OTHER}USER 5\n"));
    let (code, text) = plimsoll_lock(&workspace, &["lock", "--check"], None);
    assert_eq!(code, 1);
    assert!(
        text.contains(&format!("stale {other} linux/amd64: plimsoll.lock:")),
        "{text}"
    );
    let (code, text) = plimsoll_lock(&workspace, &["lock"], None);
    assert_eq!(code, 0);
    assert!(text.contains(&format!("updated {other} linux/amd64")), "{text}");
    assert!(lock(&workspace).contains("  user: \"5\"\n"));

    // The engine pulls what it lost.
    let moved = lock(&workspace);
    std::fs::remove_file(workspace.path().join("plimsoll.lock")).unwrap();
    for image in [&base, &other] {
        docker(&["rmi", "--force", image], Path::new("."));
    }
    assert_eq!(plimsoll_lock(&workspace, &["lock"], None).0, 1);
    let (code, text) = plimsoll_lock(&workspace, &["lock", "--pull"], None);
    assert_eq!((code, lock(&workspace) == moved), (0, true), "{text}");
}

/// The gate knows what was locked, with no engine anywhere, and says the same twice.
fn reads_offline(workspace: &Workspace, size: &str) {
    let nowhere = Some("unix:///nowhere/engine.sock");
    let words = ["check", "--no-engine", "--format", "json", "--exit-zero"];
    let (code, report) = plimsoll_lock(workspace, &words, nowhere);
    assert_eq!(code, 0, "{report}");
    assert_eq!(plimsoll_lock(workspace, &words, nowhere), (code, report.clone()));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let image = &report["units"][0]["image"];
    let expected = size.parse::<u64>().unwrap() + 5;
    assert_eq!(
        (&image["size_bytes"], &image["basis"]),
        (&expected.into(), &"exact".into()),
        "{image:#}"
    );
    let rules: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["rule"].as_str().unwrap())
        .collect();
    for rule in ["unknown-user", "command-missing"] {
        assert!(rules.contains(&rule), "{rule}: {rules:?}");
    }
}

/// What the gate finds: the rules with the services that they speak of.
fn found(workspace: &Workspace, words: &[&str]) -> Vec<(String, String)> {
    let (_, report) = plimsoll_lock(workspace, &[words, &["--format", "json", "--exit-zero"]].concat(), None);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|found| (text(&found["rule"]), text(&found["unit"])))
        .collect()
}

#[test]
fn facts_are_stale_where_the_engine_has_another_build() {
    if super::engine().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(folder.path()) else {
        return;
    };
    let name = |image: &str| format!("{}/{image}", registry.address);
    let (moves, stays) = (name("moves:1"), name("stays:1"));
    let _images = Images(vec![moves.clone(), stays.clone()]);
    // Other tests take their images away with all names that those have.
    let own = format!("{OTHER}LABEL of=stale\n");
    push(&moves, &own);
    push(&stays, &own);
    let compose = format!("services:\n  a: {{image: \"{moves}\"}}\n  b: {{image: \"{stays}\"}}\n");
    let workspace = Workspace::new(&[("compose.yaml", &compose)]);
    let is_stale = |words: &[&str]| {
        let found = found(&workspace, words);
        found.iter().filter(|(rule, _)| rule == "stale-facts").count()
    };
    assert_eq!(is_stale(&["check"]), 0, "without a lock nothing is stale");
    assert_eq!(plimsoll_lock(&workspace, &["lock"], None).0, 0);
    assert_eq!(is_stale(&["check"]), 0);
    let first = lock(&workspace);

    push(&moves, &format!("{own}USER 7\n"));
    assert_eq!(is_stale(&["check"]), 1);
    assert_eq!(is_stale(&["check", "--no-engine"]), 0);
    // What a digest pins is what the lock has, whatever the tag is now.
    let digest = first
        .split(&format!("{moves} linux/amd64:\n  digest: "))
        .nth(1)
        .unwrap();
    let pinned = compose.replace(&moves, &format!("{moves}@{}", digest.lines().next().unwrap()));
    workspace.write("compose.yaml", pinned.as_bytes());
    assert_eq!(is_stale(&["check"]), 0);
    workspace.write("compose.yaml", compose.as_bytes());
    assert_eq!(plimsoll_lock(&workspace, &["lock"], None).0, 0);
    assert_eq!(is_stale(&["check"]), 0);
}

/// An image for a platform, from files alone: nothing of it can run here. Its account and its program are named after the platform.
fn push_for(name: &str, machine: &str, docker: &dyn Fn(&[&str], &Path) -> Output) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(BUSYBOX, folder.path().join("tool")).unwrap();
    let accounts = format!("root:x:0:0::/:/bin/sh\n{machine}:x:1000:1000::/:/bin/sh\n");
    std::fs::write(folder.path().join("passwd"), accounts).unwrap();
    let dockerfile = format!(
        "FROM scratch\nCOPY tool /bin/tool-{machine}\nCOPY passwd /etc/passwd\nENV PATH=/bin\nUSER {machine}\n"
    );
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
    let platform = format!("linux/{machine}");
    let words = [
        "build",
        "--quiet",
        "--no-cache",
        "--force-rm",
        "--platform",
        &platform,
        "--tag",
        name,
        ".",
    ];
    for words in [&words[..], &["push", "--quiet", name]] {
        let done = docker(words, folder.path());
        assert!(done.status.success(), "{name}: {}", said(&done));
    }
}

#[test]
fn facts_are_those_of_the_platform_that_is_asked_for() {
    if super::engine().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(folder.path()) else {
        return;
    };
    let name = |tag: &str| format!("{}/both:{tag}", registry.address);
    let (both, of_amd64, of_arm64) = (name("1"), name("amd64"), name("arm64"));
    let _images = Images(vec![both.clone(), of_amd64.clone(), of_arm64.clone()]);
    // Lists of manifests are kept beside the settings of the client.
    let docker = |words: &[&str], at: &Path| {
        let mut command = Command::new("docker");
        command.args(words).current_dir(at).env("DOCKER_CONFIG", folder.path());
        command.output().unwrap()
    };
    push_for(&of_amd64, "amd64", &docker);
    push_for(&of_arm64, "arm64", &docker);
    for words in [
        &["manifest", "create", "--insecure", &both, &of_amd64, &of_arm64][..],
        &["manifest", "push", "--insecure", &both],
    ] {
        let done = docker(words, folder.path());
        assert!(done.status.success(), "{}", said(&done));
    }

    let services = |user: &str| {
        format!(
            "services:\n  a: {{image: \"{both}\", user: amd64, command: [tool-amd64]}}\n  \
             b: {{image: \"{both}\", platform: linux/arm64, user: {user}, command: [tool-{user}]}}\n"
        )
    };
    let workspace = Workspace::new(&[("compose.yaml", &services("arm64"))]);
    let (code, text) = plimsoll_lock(&workspace, &["lock", "--pull"], None);
    assert_eq!(code, 0, "{text}");
    for machine in ["amd64", "arm64"] {
        assert!(
            lock(&workspace).contains(&format!("{both} linux/{machine}:\n")),
            "{}",
            lock(&workspace)
        );
    }
    let wrong = |rule: &str, unit: &str| {
        let found = found(&workspace, &["check", "--no-engine"]);
        found.contains(&(rule.to_owned(), unit.to_owned()))
    };
    for rule in ["unknown-user", "command-missing"] {
        assert!(!wrong(rule, "a") && !wrong(rule, "b"), "{rule}");
    }
    // What the other platform has is nothing to `b`.
    workspace.write("compose.yaml", services("amd64").as_bytes());
    for rule in ["unknown-user", "command-missing"] {
        assert!(!wrong(rule, "a") && wrong(rule, "b"), "{rule}");
    }
}

#[test]
fn init_locks_what_the_engine_has_and_leaves_the_gate_green() {
    if super::engine().is_none() {
        return;
    }
    let name = |image: &str| format!("plimsoll-init-{}/{image}:1", std::process::id());
    let (base, built) = (name("base"), name("built"));
    let _images = Images(vec![base.clone(), built.clone()]);
    build(&base, BASE);
    build(&built, OTHER);
    // What the lock says of `base` is a finding, and so is what the engine says of the built image.
    let compose = format!(
        "services:\n  a: {{image: '{base}', user: nobody}}\n  b: {{image: '{}'}}\n  c: {{build: ., image: '{built}', mem_limit: 1k}}\n",
        name("absent")
    );
    let dockerfile = format!("FROM {base}\nRUN curl -f http://example.org\n");
    let workspace = Workspace::new(&[("compose.yaml", &compose), ("Dockerfile", &dockerfile)]);
    git(workspace.path()).args(["init", "--quiet"]).output().unwrap();
    let exists = |name: &str| workspace.path().join(name).exists();
    let (code, text) = plimsoll_lock(&workspace, &["init", "--dry-run"], None);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("# ==> plimsoll.lock\n# plimsoll.lock has facts of 1 of 2 images;"),
        "{text}"
    );
    assert!(!exists("plimsoll.lock") && !exists("plimsoll.yaml") && !exists("plimsoll.baseline"));
    let (code, text) = plimsoll_lock(&workspace, &["init"], None);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("plimsoll.lock has facts of 1 of 2 images;"), "{text}");
    assert!(
        text.contains("`plimsoll check` passes: plimsoll.baseline records "),
        "{text}"
    );
    assert!(lock(&workspace).contains(&format!("\n{base} linux/")));
    let baseline = std::fs::read_to_string(workspace.path().join("plimsoll.baseline")).unwrap();
    assert!(baseline.contains(" unknown-user compose.yaml a\n"), "{baseline}");
    for words in [&["check"][..], &["check", "--no-engine"]] {
        let (code, text) = plimsoll_lock(&workspace, words, None);
        assert_eq!(code, 0, "{words:?}: {text}");
    }
    // Without the engine nothing fails either, and it is said why there is no lock.
    let alone = Workspace::new(&[("compose.yaml", &compose), ("Dockerfile", &dockerfile)]);
    let (code, text) = plimsoll_lock(&alone, &["init"], Some("unix:///nowhere/engine.sock"));
    assert!(
        code == 0 && text.contains("no plimsoll.lock: no engine answers at `/nowhere/engine.sock`"),
        "{text}"
    );
    assert!(!alone.path().join("plimsoll.lock").exists());
}

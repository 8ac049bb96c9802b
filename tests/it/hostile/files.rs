//! Rows 1 to 12 but for names: links, special files, what cannot be read, what is too large.

use super::{Scene, full};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

const TWICE: &str = "services:\n  a:\n    image: x:1\n    image: x:2\n";
const FINE: &str = "services: {a: {image: 'x:1'}}\n";

#[test]
fn row_01_links_out_of_the_root() {
    let scene = Scene::new(&[]).env("TOKEN", "planted");
    scene.link("Dockerfile", "/etc/passwd");
    scene.link("compose.yaml", "/proc/self/environ");
    let judged = scene.judge(1);
    judged
        .has("unreadable-input Dockerfile:1")
        .has("unreadable-input compose.yaml:1");
    judged.says("unreadable-input", "outside the workspace root");
}

#[test]
fn sibling_01_links_out_of_the_root_in_every_place_that_is_read() {
    let scene = Scene::new(&[
        ("a/compose.yaml", FINE),
        (
            "b/compose.yaml",
            "include: [part.yaml]\nservices:\n  a: {build: {context: ctx, dockerfile: ../file}, env_file: one.env}\n",
        ),
        ("c/Dockerfile", "FROM scratch\nCOPY data folder /x/\nADD . /all\n"),
    ]);
    for (link, target) in [
        ("a/compose.override.yaml", "../../outside/compose.yaml"),
        ("a/.env", "../../outside/one.env"),
        ("b/part.yaml", "../../outside/compose.yaml"),
        ("b/file", "../../outside/Dockerfile"),
        ("b/one.env", "../../outside/one.env"),
        ("b/ctx", "../../outside"),
        ("c/data", "../../outside/one.env"),
        ("c/folder", "../../outside"),
        ("c/.dockerignore", "../../outside/one.env"),
        ("folder", "../outside"),
        (".gitignore", "../outside/one.env"),
    ] {
        scene.link(link, target);
    }
    let judged = scene.judge(1);
    judged
        .has("unreadable-input a/compose.override.yaml:1")
        .has("unreadable-input a/.env:1");
    judged.has("unreadable-input b/part.yaml:1");
}

#[test]
fn row_02_a_link_inside_the_root_is_its_target_once() {
    let scene = Scene::new(&[("a/compose.yaml", TWICE)]);
    scene.link("b/compose.yaml", "../a/compose.yaml");
    let found = scene.judge(1).findings();
    let all: Vec<_> = found
        .iter()
        .filter(|finding| finding.starts_with("duplicate-key"))
        .collect();
    assert_eq!(all, ["duplicate-key a/compose.yaml:4"]);
}

#[test]
fn sibling_02_linked_dockerfiles_and_folders() {
    let scene = Scene::new(&[("api/Dockerfile", "FROM x:1\nFOO\n")]);
    scene.link("web.Dockerfile", "api/Dockerfile");
    scene.link("again", "api");
    scene.link("twice/Dockerfile", "../web.Dockerfile");
    let found = scene.judge(1).findings();
    let all: Vec<_> = found
        .iter()
        .filter(|finding| finding.starts_with("invalid-dockerfile"))
        .collect();
    assert_eq!(all, ["invalid-dockerfile api/Dockerfile:2"]);
}

#[test]
fn row_03_loops_of_links_end() {
    let scene = Scene::new(&[("a/b/compose.yaml", FINE)]);
    scene.link("Dockerfile", "Dockerfile");
    scene.link("a/b/up", "..");
    scene.link("a/b/all", "../..");
    let judged = scene.judge(1);
    judged.has("unreadable-input Dockerfile:1");
    assert_eq!(
        judged
            .findings()
            .iter()
            .filter(|finding| finding.contains(" a/b/compose.yaml:1"))
            .count(),
        8
    );
}

#[test]
fn sibling_03_loops_through_several_links() {
    let scene = Scene::new(&[]);
    scene.link("a/compose.yaml", "../b/compose.yaml");
    scene.link("b/compose.yaml", "../a/compose.yaml");
    scene.link("c/d", "../c/d/e");
    scene.link("x/Dockerfile", "../c/d/Dockerfile");
    for number in 0..60 {
        scene.link(&format!("long/l{number}"), &format!("l{}", number + 1));
    }
    scene.write("long/l60", b"FROM x:1\n");
    scene.link("long/Dockerfile", "l0");
    let judged = scene.judge(1);
    for path in ["a/compose.yaml", "b/compose.yaml", "x/Dockerfile", "long/Dockerfile"] {
        judged.has(&format!("unreadable-input {path}:1"));
    }
}

fn pipe(scene: &Scene, path: &str) {
    scene.write(path, b"");
    let path = scene.root().join(path);
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn row_04_only_regular_files_are_opened() {
    let scene = Scene::new(&[("socket/x", "")]);
    pipe(&scene, "Dockerfile");
    scene.link("zero/compose.yaml", "/dev/zero");
    let _socket = std::os::unix::net::UnixListener::bind(scene.root().join("socket/compose.yaml")).unwrap();
    let device = scene.root().join("device.Dockerfile");
    let made = Command::new("mknod").arg(&device).args(["c", "1", "5"]).output();
    let judged = scene.judge(1);
    for path in ["Dockerfile", "zero/compose.yaml", "socket/compose.yaml"] {
        judged.has(&format!("unreadable-input {path}:1"));
    }
    if made.is_ok_and(|output| output.status.success()) {
        judged.has("unreadable-input device.Dockerfile:1");
    }
}

#[test]
fn sibling_04_a_pipe_is_waited_for_nowhere() {
    let scene = Scene::new(&[
        (
            "compose.yaml",
            "include: [inc.yaml]\nservices:\n  a: {build: {context: ., additional_contexts: {x: p}}, env_file: e.env, label_file: l, \
             security_opt: ['seccomp:s.json']}\nsecrets: {s: {file: secret}}\n",
        ),
        (
            "Dockerfile",
            "FROM scratch\nCOPY data.sh run.sh ./\nRUN --mount=type=bind,source=data.sh,target=/x true\nCMD [\"/run.sh\"]\n",
        ),
    ]);
    for path in [
        "inc.yaml",
        ".env",
        "e.env",
        "l",
        "s.json",
        "secret",
        "data.sh",
        "run.sh",
        ".dockerignore",
        ".gitattributes",
        ".gitignore",
        "p",
    ] {
        pipe(&scene, path);
    }
    scene
        .judge(1)
        .has("unreadable-input inc.yaml:1")
        .has("unreadable-input .env:1");
    for (path, words) in [("plimsoll.yaml", &[][..]), ("x", &["--config", "x"])] {
        let scene = Scene::new(&[]).with(words);
        pipe(&scene, path);
        let judged = scene.judge(2);
        assert!(judged.err.contains("not a regular file"), "{path}: {}", judged.err);
    }
    // What the command line names may be a pipe; if nobody writes to it, there is the deadline.
    for words in [["--env-file", "x"], ["--baseline", "x"]] {
        let scene = Scene::new(&[]).with(&[&words[..], &["--deadline", "1s"]].concat());
        pipe(&scene, "x");
        scene.judge(2);
    }
}

/// Does something again and again in another thread until the runs are through.
fn meanwhile(mut act: impl FnMut(u64) + Send, runs: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0;
            while !done.load(Ordering::Relaxed) {
                act(turn);
                turn += 1;
            }
        });
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(runs));
        done.store(true, Ordering::Relaxed);
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

#[test]
fn row_05_a_file_that_becomes_a_link_is_never_followed_out() {
    let scene = Scene::new(&[("compose.yaml", TWICE), ("d/Dockerfile", "FROM x:1\nFOO\n")]);
    let root = scene.root();
    let flip = |turn: u64| {
        for (path, text, target) in [
            ("compose.yaml", TWICE, "../outside/compose.yaml"),
            ("d/Dockerfile", "FROM x:1\nFOO\n", "../../outside/Dockerfile"),
        ] {
            let new = root.join("new");
            match turn.is_multiple_of(2) {
                true => std::os::unix::fs::symlink(target, &new).unwrap(),
                false => fs::write(&new, text).unwrap(),
            }
            fs::rename(&new, root.join(path)).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_micros(200));
    };
    meanwhile(flip, || (0..8).for_each(|_| drop(scene.judge(1))));
}

#[test]
fn sibling_05_a_file_that_grows_and_a_folder_that_is_swapped() {
    let scene = Scene::new(&[("compose.yaml", TWICE), ("a/x/compose.yaml", TWICE)]);
    let root = scene.root();
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(root.join("compose.yaml"))
        .unwrap();
    let grow = |turn: u64| {
        use std::io::Write;
        if turn < 5000 {
            file.write_all(&b"# more of it, and more\n".repeat(50)).unwrap();
        }
        match turn.is_multiple_of(2) {
            true => {
                fs::rename(root.join("a/x"), root.join("a/y")).unwrap();
                std::os::unix::fs::symlink("../../outside", root.join("a/x")).unwrap();
            }
            false => {
                fs::remove_file(root.join("a/x")).unwrap();
                fs::rename(root.join("a/y"), root.join("a/x")).unwrap();
            }
        }
        std::thread::sleep(std::time::Duration::from_micros(200));
    };
    meanwhile(grow, || (0..5).for_each(|_| drop(scene.judge(1))));
}

/// Without the right to read what its mode forbids, which root has.
fn powerless(scene: Scene) -> Option<Scene> {
    scene.write("probe", b"");
    let probe = scene.root().join("probe");
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o0)).unwrap();
    let can_read = fs::read(&probe).is_ok();
    fs::remove_file(&probe).unwrap();
    if !can_read {
        return Some(scene);
    }
    let drop = "setpriv --bounding-set -all --inh-caps -all --";
    let works = Command::new("sh")
        .args(["-c", &format!("{drop} true")])
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        println!("skipped: root reads everything, and there is no setpriv");
        return None;
    }
    Some(scene.shell(&format!("exec {drop} \"$@\"")))
}

#[test]
fn row_06_what_may_not_be_read_is_said() {
    let Some(scene) = powerless(Scene::new(&[("compose.yaml", FINE), ("api/Dockerfile", "FROM x:1\n")])) else {
        return;
    };
    let close = |path: &str| fs::set_permissions(scene.root().join(path), fs::Permissions::from_mode(0o0)).unwrap();
    close("compose.yaml");
    close("api/Dockerfile");
    scene.link("gone.Dockerfile", "nowhere");
    let judged = scene.judge(1);
    for path in ["compose.yaml", "api/Dockerfile", "gone.Dockerfile"] {
        judged.has(&format!("unreadable-input {path}:1"));
    }
    judged.says("unreadable-input", "permission");
}

#[test]
fn sibling_06_folders_that_may_not_be_entered() {
    let scene = Scene::new(&[
        ("closed/compose.yaml", FINE),
        ("listed/compose.yaml", FINE),
        ("through/compose.yaml", FINE),
        (
            "compose.yaml",
            "services: {a: {build: {context: closed}}, b: {image: 'x:1', env_file: closed/x.env}}\n",
        ),
        (".env", "A=1\n"),
    ]);
    let Some(scene) = powerless(scene) else { return };
    let modes = [("closed", 0), ("listed", 0o444), ("through", 0o111), (".env", 0)];
    for (path, mode) in modes {
        fs::set_permissions(scene.root().join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let judged = scene.judge(1);
    for (path, _) in modes {
        fs::set_permissions(scene.root().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    judged
        .has("unreadable-input closed:1")
        .has("unreadable-input through:1")
        .has("unreadable-input .env:1");
    judged.has("unreadable-input listed/compose.yaml:1");
}

/// A file of so many bytes that takes no room.
fn sparse(scene: &Scene, path: &str, bytes: u64) {
    scene.write(path, b"FROM x:1\n");
    let file = fs::OpenOptions::new()
        .write(true)
        .open(scene.root().join(path))
        .unwrap();
    file.set_len(bytes).unwrap();
}

#[test]
fn row_07_large_files_many_files_deep_folders() {
    let scene = Scene::new(&[]);
    sparse(&scene, "compose.yaml", 3 << 30);
    sparse(&scene, "Dockerfile", 3 << 30);
    let (folders, each) = if full() { (1001, 1000) } else { (20, 100) };
    for folder in 0..folders {
        let folder = scene.root().join(format!("f{folder}"));
        fs::create_dir(&folder).unwrap();
        for file in 0..each {
            fs::File::create(folder.join(file.to_string())).unwrap();
        }
    }
    let depth = if full() { "5000" } else { "2100" };
    let script = "for (1..$ARGV[0]) { mkdir 'd' or die; chdir 'd' or die } open F, '>compose.yaml' or die";
    let made = Command::new("perl")
        .args(["-e", script, depth])
        .current_dir(scene.root())
        .status();
    let judged = scene.judge(1);
    judged
        .has("unreadable-input compose.yaml:1")
        .has("unreadable-input Dockerfile:1");
    judged.says("unreadable-input", "larger than 5 MiB");
    if made.is_ok_and(|status| status.success()) {
        judged.says("unreadable-input", "this folder was not searched");
    }
    if full() {
        judged.says("unreadable-input", "more than 1000000 files and folders");
    }
}

#[test]
fn sibling_07_large_files_beside_what_is_judged() {
    let scene = Scene::new(&[
        (
            "compose.yaml",
            "include: [inc.yaml]\nservices: {a: {build: ., env_file: a.env, label_file: l}}\nsecrets: {s: {file: s}}\n",
        ),
        ("Dockerfile", "FROM scratch\nCOPY run.sh s /\nCMD [\"/run.sh\"]\n"),
    ]);
    for path in [
        "inc.yaml",
        "a.env",
        ".env",
        "run.sh",
        "s",
        "l",
        ".dockerignore",
        ".gitattributes",
    ] {
        sparse(&scene, path, 3 << 30);
    }
    let judged = scene.judge(1);
    judged
        .has("unreadable-input inc.yaml:1")
        .has("unreadable-input .env:1")
        .has("unreadable-input .dockerignore:1");
    for (path, words) in [
        ("plimsoll.yaml", &[][..]),
        ("x", &["--baseline", "x"]),
        ("x", &["--env-file", "x"]),
    ] {
        let scene = Scene::new(&[]).with(words);
        sparse(&scene, path, 3 << 30);
        scene.judge(2);
    }
}

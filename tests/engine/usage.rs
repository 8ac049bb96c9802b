//! What `plimsoll usage` measures of containers whose use is known.

use super::{BUSYBOX, Image, engine, run, said, skip};
use crate::support::Workspace;
use serde_json::Value;
use std::path::Path;

const HERE: &str = ".";

/// A container that goes away with the test.
struct Container(String);

impl Container {
    fn start(name: &str, image: &str, flags: &[&str], script: &str) -> Self {
        let name = format!("plimsoll-usage-{name}-{}", std::process::id());
        let mut words = vec!["run", "--detach", "--name", &name];
        if !flags.contains(&"--network") {
            words.extend(["--network", "none"]);
        }
        words.extend(flags);
        words.extend([image, "/bin/busybox", "sh", "-c", script]);
        let started = run("docker", &words, Path::new(HERE));
        assert!(started.status.success(), "{}", said(&started));
        Self(name)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        run("docker", &["rm", "--force", &self.0], Path::new(HERE));
    }
}

fn image(name: &str) -> (Workspace, Image) {
    let workspace = Workspace::new(&[(
        "Dockerfile",
        "FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n",
    )]);
    workspace.write("busybox", &std::fs::read(BUSYBOX).unwrap());
    let make_executable = run("chmod", &["755", "busybox"], workspace.path());
    assert!(make_executable.status.success());
    let image = Image::build(name, workspace.path());
    (workspace, image)
}

/// What is measured of these containers, by name.
fn usage(workspace: &Workspace, containers: &[&Container], words: &[&str]) -> Value {
    let mut all = vec!["usage", "--root", ".", "--format", "json"];
    all.extend(words);
    all.extend(containers.iter().map(|container| container.0.as_str()));
    let shown = workspace.run(&all);
    assert_eq!(shown.code, 0, "{shown:?}");
    serde_json::from_str(&shown.out).unwrap()
}

fn of<'a>(data: &'a Value, container: &Container) -> &'a Value {
    let all = data["containers"].as_array().unwrap();
    all.iter()
        .find(|row| row["container"] == container.0.as_str())
        .unwrap_or_else(|| panic!("{data:#}"))
}

/// The nanoseconds of CPU time of a container, as its control group counts them (v1).
fn cpu_time(container: &Container) -> Option<f64> {
    let id = said(&run(
        "docker",
        &["inspect", "--format", "{{.Id}}", &container.0],
        Path::new(HERE),
    ));
    let text = std::fs::read_to_string(format!("/sys/fs/cgroup/cpuacct/docker/{id}/cpuacct.usage")).ok()?;
    text.trim().parse().ok()
}

#[test]
fn what_is_used_is_what_is_measured() {
    if engine().is_none() {
        return;
    }
    let (workspace, image) = image("usage");
    let busy = Container::start(
        "busy",
        &image.0,
        &["--cpus", "0.2", "--memory", "64m"],
        "while :; do :; done",
    );
    let full = Container::start(
        "full",
        &image.0,
        &["--memory", "128m"],
        "/bin/busybox dd if=/dev/zero of=/dev/shm/x bs=1048576 count=30; exec /bin/busybox sleep 600",
    );
    let many = Container::start(
        "many",
        &image.0,
        &["--pids-limit", "40"],
        "for i in 1 2 3 4 5 6 7 8 9; do /bin/busybox sleep 600 & done; wait",
    );
    std::thread::sleep(std::time::Duration::from_secs(2));
    let before = (std::time::Instant::now(), cpu_time(&busy));
    let data = usage(&workspace, &[&busy, &full, &many], &["--for", "12s"]);
    let after = (std::time::Instant::now(), cpu_time(&busy));
    let figure = |container, path: &str| {
        of(&data, container)
            .pointer(path)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };

    let cores = figure(&busy, "/use/cpu/mean");
    match before.1.zip(after.1) {
        Some((first, last)) => {
            let real = (last - first) / 1e9 / (after.0 - before.0).as_secs_f64();
            println!("cpu: {cores:.3} cores measured, {real:.3} by the control group");
            assert!((cores - real).abs() <= 0.02 + real * 0.1, "{cores} {real}");
        }
        None => skip("the control groups of this host cannot be read"),
    }
    assert!(cores <= 0.23, "more than its limit: {cores}");
    let memory = figure(&full, "/use/memory/peak") / 1_048_576.0;
    println!("memory: {memory:.2} MiB measured, 30 MiB written");
    assert!((30.0..32.0).contains(&memory), "{memory}");
    let floor = figure(&full, "/figures/memory_floor/value") / 1_048_576.0;
    assert!((30.0..32.0).contains(&floor), "a tmpfs cannot be dropped: {floor}");
    assert_eq!(figure(&many, "/use/pids/peak"), 10.0);
    assert_eq!(figure(&many, "/use/pids/limit"), 40.0);
    assert_eq!(figure(&full, "/use/memory/limit"), 134_217_728.0);
}

#[test]
fn ends_restarts_and_kills_are_told() {
    if engine().is_none() {
        return;
    }
    let (workspace, image) = image("usage-ends");
    let steady = Container::start(
        "steady",
        &image.0,
        &["--health-cmd", "/bin/busybox true", "--health-interval", "1s"],
        "exec /bin/busybox sleep 600",
    );
    let greedy = Container::start(
        "greedy",
        &image.0,
        &["--memory", "16m", "--memory-swap", "16m", "--restart", "on-failure"],
        "/bin/busybox sleep 2; exec /bin/busybox tail /dev/zero",
    );
    let gone = Container::start("gone", &image.0, &[], "exec /bin/busybox sleep 600");
    let name = gone.0.clone();
    let remove = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(5));
        run("docker", &["rm", "--force", &name], Path::new(HERE));
    });
    let record = workspace.path().join("usage.jsonl");
    let words = ["--for", "15s", "--measure-exec", "--record", record.to_str().unwrap()];
    let data = usage(&workspace, &[&steady, &greedy, &gone], &words);
    remove.join().unwrap();
    let figure = |container, key: &str| of(&data, container)["figures"][key]["value"].as_f64().unwrap_or(0.0);
    assert!(
        figure(&greedy, "oom_kills") >= 1.0 && figure(&greedy, "restarts") >= 1.0,
        "{data:#}"
    );
    assert!(figure(&greedy, "failures") >= 1.0, "{data:#}");
    assert!(
        figure(&steady, "healthy_after") >= 1.0 && figure(&steady, "healthy_after") < 10.0,
        "{data:#}"
    );
    assert!(of(&data, &steady)["exec"].as_f64().unwrap() > 0.01, "{data:#}");
    assert!(of(&data, &gone)["samples"].as_u64().unwrap() >= 1, "{data:#}");
    // What was written says the same as what was shown.
    let shown = workspace.run(&["usage", "--root", ".", "--format", "json", "--from", "usage.jsonl"]);
    let again: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(again, data);
}

/// A small file system on a device of its own; `None`, and a line about it, where that is not allowed.
struct Disk {
    folder: tempfile::TempDir,
    device: String,
}

impl Disk {
    fn make() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let here = |words: &[&str]| {
            let done = run(words[0], &words[1..], folder.path());
            done.status.success().then(|| said(&done))
        };
        std::fs::File::create(folder.path().join("image"))
            .unwrap()
            .set_len(96 << 20)
            .unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        let made = || {
            here(&[BUSYBOX, "mke2fs", "-F", "image"])?;
            let device = here(&["losetup", "--find", "--show", "image"])?;
            match here(&["mount", &device, "disk"]) {
                Some(_) => Some(device),
                None => here(&["losetup", "--detach", &device]).and(None),
            }
        };
        let device = made();
        if device.is_none() {
            skip("a device of its own takes losetup, mount and the right to use them");
        }
        device.map(|device| Self { folder, device })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["disk"], self.folder.path());
        run("losetup", &["--detach", &self.device], self.folder.path());
    }
}

/// Control groups v1 count what goes past the page cache to a device that somebody throttles.
#[test]
fn what_goes_to_a_device_is_counted() {
    if engine().is_none() {
        return;
    }
    let Some(disk) = Disk::make() else { return };
    let (workspace, image) = image("disk");
    let fast = format!("{}:1gb", disk.device);
    let mount = format!("{}:/disk", disk.folder.path().join("disk").display());
    let script = "/bin/busybox sleep 5; \
         /bin/busybox dd if=/dev/zero of=/disk/f bs=1048576 count=32 oflag=direct; \
         /bin/busybox dd if=/disk/f of=/dev/null bs=1048576 count=16 iflag=direct; exec /bin/busybox sleep 600";
    let flags = [
        "--volume",
        &mount,
        "--device-write-bps",
        &fast,
        "--device-read-bps",
        &fast,
    ];
    let container = Container::start("disk", &image.0, &flags, script);
    let data = usage(&workspace, &[&container], &["--for", "14s"]);
    let figure = |name: &str| {
        let path = format!("/figures/{name}/value");
        of(&data, &container).pointer(&path).and_then(Value::as_f64)
    };
    let (read, written) = (figure("read"), figure("written"));
    println!("device: {read:?} bytes read of 16 MiB, {written:?} written of 32 MiB");
    let is_about = |bytes: Option<f64>, known: f64| bytes.is_some_and(|bytes| (known..known * 1.05).contains(&bytes));
    // The file system writes and reads about its files as well.
    assert!(is_about(read, 16.0 * 1_048_576.0), "{read:?}");
    assert!(is_about(written, 32.0 * 1_048_576.0), "{written:?}");
}

#[test]
fn what_comes_over_the_network_is_counted() {
    const BYTES: f64 = 8.0 * 1_048_576.0;
    if engine().is_none() {
        return;
    }
    let (workspace, image) = image("network");
    let server = Container::start(
        "server",
        &image.0,
        &["--network", "bridge"],
        "/bin/busybox dd if=/dev/zero of=/dev/shm/f bs=1048576 count=8; exec /bin/busybox httpd -f -p 8000 -h /dev/shm",
    );
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let address = run("docker", &["inspect", "--format", address, &server.0], Path::new(HERE));
    let address = String::from_utf8_lossy(&address.stdout).into_owned();
    let fetch = format!(
        "/bin/busybox sleep 6; /bin/busybox wget -q -O /dev/null http://{}:8000/f; exec /bin/busybox sleep 600",
        address.trim()
    );
    let client = Container::start("client", &image.0, &["--network", "bridge"], &fetch);
    let data = usage(&workspace, &[&server, &client], &["--for", "14s"]);
    let figure = |container, name: &str| {
        let path = format!("/figures/{name}/value");
        of(&data, container)
            .pointer(&path)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    // Headers and acknowledgements come on top.
    let (received, sent) = (figure(&client, "received"), figure(&server, "sent"));
    println!("network: {received} bytes received and {sent} sent, {BYTES} fetched");
    for counted in [received, sent] {
        assert!((BYTES..BYTES * 1.05).contains(&counted), "{received} {sent}");
    }
    assert!(figure(&client, "sent") < BYTES / 10.0);
}

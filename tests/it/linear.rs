//! Time and memory by the length of what is judged, whatever kind of thing there is much of: four times as much takes about four times
//! as long, and never more than 512 MiB. `SHAPE=networks cargo test --test it linear::` takes one kind.

use crate::support::Workspace;
use plimsoll::inspect::{CheckArgs, Format, judge, render};
use std::process::Command;
use std::time::Duration;

/// What is quadratic takes 16 times as long; what is linear was seen to take 5.2 times on a machine with much else to do.
const MOST: f64 = 6.0;

/// Much of one kind of thing: `linear.txt`.
struct Shape {
    name: &'static str,
    size: usize,
    /// Each file with its header.
    files: Vec<(&'static str, Vec<&'static str>)>,
}

fn shapes() -> Vec<Shape> {
    let only = std::env::var("SHAPE").unwrap_or_default();
    let shapes = include_str!("linear.txt").split("\n== ").skip(1).map(|shape| {
        let mut lines = shape.lines();
        let (name, size) = lines.next().unwrap().rsplit_once(' ').unwrap();
        let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in lines {
            match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
                Some(header) => files.push((header, Vec::new())),
                None => files.last_mut().unwrap().1.push(line),
            }
        }
        let size = size.parse().unwrap();
        Shape { name, size, files }
    });
    shapes.filter(|shape| shape.name.contains(&only)).collect()
}

fn filled(line: &str, index: usize, size: usize) -> String {
    let numbers = [("{i}", index), ("{j}", index + 1), ("{n}", size)];
    numbers.iter().fold(line.to_owned(), |line, (mark, number)| {
        line.replace(mark, &number.to_string())
    })
}

impl Shape {
    fn workspace(&self, size: usize) -> Workspace {
        let workspace = Workspace::new(&[]);
        for (header, lines) in &self.files {
            let (path, count) = match header.split_once(' ') {
                Some((path, count)) => (path, count.parse().unwrap()),
                None => (*header, if header.contains("{i}") { size } else { 1 }),
            };
            let mut text = String::new();
            let is_repeated = |line: &str| line.starts_with("* ");
            for block in lines.chunk_by(|one, next| is_repeated(one) == is_repeated(next)) {
                for index in 0..if is_repeated(block[0]) { size } else { 1 } {
                    for line in block {
                        text.push_str(&filled(line.strip_prefix("* ").unwrap_or(line), index, size));
                        text.push('\n');
                    }
                }
            }
            for index in 0..count {
                workspace.write(&filled(path, index, size), text.as_bytes());
            }
        }
        workspace
    }
}

/// What a repository with nothing in it takes, and the tables that are made once.
fn floor() -> Duration {
    let empty = Workspace::new(&[("Dockerfile", "FROM debian:12-slim\n")]);
    (0..5).map(|_| spent_on(&empty)).min().unwrap_or_default()
}

/// The time that the processor gave this thread for a run: others on the machine do not count, but for the caches that they share.
fn spent_on(workspace: &Workspace) -> Duration {
    let args = CheckArgs {
        root: Some(workspace.path().to_path_buf()),
        today: Some("2026-11-28".to_owned()),
        no_engine: true,
        ..CheckArgs::default()
    };
    let before = spent();
    let report = judge(&args);
    assert_eq!(report.error, None);
    render(&report, Format::Json, true, false);
    spent().saturating_sub(before)
}

fn spent() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

/// How many times as long a shape takes when it is four times as large.
fn ratio(shape: &Shape, floor: Duration) -> f64 {
    let (small, large) = (shape.workspace(shape.size), shape.workspace(shape.size * 4));
    let (mut one, mut four) = (Duration::MAX, Duration::MAX);
    let mut ratio = f64::MAX;
    // The least of several: whatever else runs on the machine only adds.
    for _ in 0..4 {
        one = one.min(spent_on(&small));
        four = four.min(spent_on(&large));
        let net = |time: Duration| time.saturating_sub(floor).as_secs_f64().max(0.001);
        ratio = net(four) / net(one);
        if ratio < MOST {
            break;
        }
    }
    ratio
}

#[test]
fn time_grows_with_the_length_alone() {
    if !std::path::Path::new("/proc/thread-self/schedstat").exists() {
        println!("skipped: this system does not say how long a thread ran");
        return;
    }
    let floor = floor();
    let mut steep = Vec::new();
    for shape in shapes() {
        let ratio = ratio(&shape, floor);
        println!("{:32} {:6} {ratio:5.2}", shape.name, shape.size);
        if ratio >= MOST {
            steep.push(format!("{}: {ratio:.1} times as long for 4 times as much", shape.name));
        }
    }
    assert!(steep.is_empty(), "{}", steep.join("\n"));
}

#[test]
fn memory_stays_below_512_mebibytes() {
    for shape in shapes() {
        let workspace = shape.workspace(shape.size * 4);
        // Addresses that are asked for, which is more than memory that is used.
        let output = Command::new("sh")
            .args([
                "-c",
                "ulimit -v 524288 && exec \"$@\"",
                "sh",
                env!("CARGO_BIN_EXE_plimsoll"),
            ])
            .args([
                "check",
                "--root",
                ".",
                "--format",
                "json",
                "--deadline",
                "10m",
                "--no-engine",
            ])
            .current_dir(workspace.path())
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}: {:?} {said}",
            shape.name,
            output.status
        );
    }
}

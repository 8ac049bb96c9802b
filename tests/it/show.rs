//! `--show`: which services and Dockerfiles it finds, and what it says once.
use crate::support::Workspace;

const CONFIG: &str = "version: 1\nprofiles: {web: {memory: 128MiB, cpus: 0.5, require: [memory, pids]}}\nassign: [{services: [web], profile: web}]\n";

fn workspace() -> Workspace {
    Workspace::new(&[
        (
            "compose.yaml",
            "services:\n  web:\n    build: web\n    mem_limit: 256m\n    cpus: 0.1\n    environment: {B: x, A: y, API_TOKEN: k7Qm2vXz9Lp4Rt8W}\n  db: {image: 'postgres:17'}\n",
        ),
        ("compose.prod.yaml", "services:\n  db: {restart: always}\n"),
        ("compose.test.yaml", "services:\n  web: {cpus: 0.2}\n"),
        ("web/Dockerfile", "FROM alpine:3.22\nUSER nobody\n"),
        ("plimsoll.yaml", CONFIG),
    ])
}

#[test]
fn budgets_and_requirements_come_first_and_the_environment_in_one_line() {
    let shown = workspace().run(&["--show", "web", "compose.yaml"]);
    let lines: Vec<&str> = shown.out.lines().collect();
    let at = |start: &str| {
        let found = lines.iter().position(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("{start}: {}", shown.out))
    };
    assert!(
        lines[0].starts_with("web  profile web  compose.yaml:2"),
        "{}",
        shown.out
    );
    assert!(
        lines[at("memory ")].contains("256 MiB  of 128 MiB      █████████▶  200 %"),
        "{}",
        shown.out
    );
    assert!(
        lines[at("cpus ")].contains("0.1  of 0.5          ██░░░░░░░░  20 %"),
        "{}",
        shown.out
    );
    assert!(lines[at("required")].contains("✓ memory  ✗ pids"), "{}", shown.out);
    assert!(
        at("memory") < at("required") && at("required") < at("dockerfile"),
        "{}",
        shown.out
    );
    assert_eq!(
        lines[at("environment")].trim(),
        "environment   A  B  API_TOKEN".replace("A  B", "B  A")
    );
    assert!(!shown.out.contains("k7Qm2vXz9Lp4Rt8W"), "{}", shown.out);
    let coloured = workspace()
        .run(&["--show", "web", "compose.yaml", "--color", "always"])
        .out;
    assert!(coloured.contains("\u{1b}[31m█████████▶\u{1b}[0m"), "{coloured}");
    assert!(coloured.contains("\u{1b}[32m✓\u{1b}[0m memory"), "{coloured}");
}

#[test]
fn what_several_sets_have_alike_is_said_once() {
    let shown = workspace().run(&["--show", "web"]).out;
    // compose.yaml and compose.yaml + compose.prod.yaml have it alike, compose.test.yaml changes it.
    assert_eq!(shown.matches("\n  required ").count(), 2, "{shown}");
    assert!(
        shown.contains("\n  in            compose.yaml, compose.yaml + compose.prod.yaml\n"),
        "{shown}"
    );
    assert!(
        shown.contains("\n  in            compose.yaml + compose.test.yaml\n"),
        "{shown}"
    );
}

#[test]
fn a_dockerfile_is_found_by_its_path_and_a_slip_is_told() {
    for path in ["web/Dockerfile", "./web/Dockerfile"] {
        let shown = workspace().run(&["--show", path]);
        assert!(shown.out.starts_with("web  profile web"), "{path}: {shown:?}");
    }
    for (name, said) in [
        ("wbe", "(did you mean `web`?)"),
        ("web/Dockerfil", "(did you mean `web/Dockerfile`?)"),
        ("Dockerfile", "(did you mean `web/Dockerfile`?)"),
        ("something-else", "(there is: web, web/Dockerfile, db)"),
    ] {
        let shown = workspace().run(&["--show", name, "compose.yaml"]);
        let sentence = format!("there is no service or Dockerfile `{name}` here {said}");
        assert!(shown.code == 2 && shown.err.contains(&sentence), "{name}: {shown:?}");
    }
}

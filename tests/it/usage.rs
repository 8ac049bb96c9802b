//! `plimsoll usage --from` and `plimsoll check --usage`: records in, figures and findings out. No engine is needed.

use crate::support::{Workspace, findings};
use expect_test::expect;
use serde_json::Value;
use std::fmt::Write as _;

const COMPOSE: &str = "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 512m\n    cpus: 0.5\n    pids_limit: 100\n    \
                       healthcheck: {test: [CMD, /healthy], interval: 1s}\n  db:\n    image: acme/db:1\n    deploy: {resources: {limits: {memory: 64M}}}\n";
const CONFIG: &str = "version: 1\nprofiles:\n  small: {start-up: 2s, response-time: 50ms, idle-cpu: 10%, idle-memory: 32MiB, memory: 48MiB}\n\
                      assign:\n  - {profile: small}\n";

/// A record of 40 seconds: `api` takes 0.05 cores and 41 MiB, `db` half a core and 20 MiB.
fn record(head: &str) -> String {
    let mut text = format!(
        "{{\"plimsoll_usage\":1,\"every\":1{head}}}\n\
         {{\"container\":\"c1\",\"name\":\"shop-api-1\",\"service\":\"api\",\"project\":\"shop\",\"image\":\"acme/api:1.4\",\"limits\":{{\"memory\":536870912,\"cpus\":0.5,\"pids\":100}}}}\n\
         {{\"container\":\"c2\",\"name\":\"shop-db-1\",\"service\":\"db\",\"project\":\"shop\",\"image\":\"acme/db:1\",\"limits\":{{\"memory\":67108864}}}}\n\
         {{\"of\":\"c1\",\"t\":1764439200000,\"event\":\"start\"}}\n{{\"of\":\"c1\",\"t\":1764439203100,\"event\":\"healthy\"}}\n"
    );
    for second in 0..40_u64 {
        let at = 1_764_439_200_000 + second * 1000;
        let (one, two) = (second * 50_000_000, second * 500_000_000);
        let _ = writeln!(
            text,
            "{{\"of\":\"c1\",\"t\":{at},\"cpu\":{one},\"memory\":42991616,\"pids\":7,\"rx\":{second},\"tx\":0}}"
        );
        let _ = writeln!(
            text,
            "{{\"of\":\"c2\",\"t\":{at},\"cpu\":{two},\"memory\":20971520,\"pids\":3}}"
        );
        let _ = writeln!(text, "{{\"of\":\"c1\",\"t\":{at},\"probe\":0.2,\"code\":0}}");
    }
    text
}

fn workspace(record: &str) -> Workspace {
    Workspace::new(&[
        ("compose.yaml", COMPOSE),
        ("plimsoll.yaml", CONFIG),
        ("usage.jsonl", record),
    ])
}

fn usage(workspace: &Workspace, words: &[&str]) -> String {
    let mut all = vec!["usage", "--root", ".", "--from", "usage.jsonl"];
    all.extend(words);
    let shown = workspace.run(&all);
    assert_eq!(shown.code, 0, "{shown:?}");
    shown.out
}

#[test]
fn a_record_is_shown_beside_limits_and_budgets() {
    let workspace = workspace(&record(""));
    expect![[r#"
        api (shop-api-1): profile small, 40 samples over 39 s
                       mean        p99       peak      limit  peak of limit        budget  suggested limit
          cpu          0.05       0.05       0.05        0.5  #--------- 10 %           -  0.06 (-88 %)
          memory     41 MiB     41 MiB     41 MiB    512 MiB  #--------- 8 %       48 MiB  48 MiB (-91 %); the budget, it would need 52 MiB
          pids            7          7          7        100  #--------- 7 %            -  10 (-90 %)
          CPU in the quietest 10 s, of a core: 5 %  (budget 10 %)
          memory in the quietest 10 s: 41 MiB  (budget 32 MiB)
          healthy after: 3.1 s  (budget 2 s)
          health check: 200 ms with the start of its program (40 probes)  (budget 50 ms)
          received: 39 bytes
          sent: 0 bytes

        db (shop-db-1): profile small, 40 samples over 39 s
                       mean        p99       peak      limit  peak of limit        budget  suggested limit
          cpu           0.5        0.5        0.5       none                            -  0.6
          memory     20 MiB     20 MiB     20 MiB     64 MiB  ###------- 31 %      48 MiB  24 MiB (-63 %)
          pids            3          3          3       none                            -  10
          CPU in the quietest 10 s, of a core: 50 %  (budget 10 %)
          memory in the quietest 10 s: 20 MiB  (budget 32 MiB)

        project shop
          cpu: limits of 0.5, 0.05 used at the p99 (10 %), 0.05 on average (10 %)
          memory: limits of 576 MiB, 61 MiB used at the peak (11 %), 61 MiB on average (11 %)
          pids: limits of 100, 7 used at the peak (7 %), 7 on average (7 %)
        the unused part of the limits costs 10.62 a month
    "#]]
    .assert_eq(&usage(&workspace, &["--price-cpu", "20", "--price-gb", "3"]));
    expect![[r#"
        | service | what | mean | p99 | peak | limit | peak of limit | budget | suggested limit |
        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
        | `api (shop-api-1)` | cpu | 0.05 | 0.05 | 0.05 | 0.5 | 10 % |  | 0.06 (-88 %) |
        | `api (shop-api-1)` | memory | 41 MiB | 41 MiB | 41 MiB | 512 MiB | 8 % | 48 MiB | 48 MiB (-91 %); the budget, it would need 52 MiB |
        | `api (shop-api-1)` | pids | 7 | 7 | 7 | 100 | 7 % |  | 10 (-90 %) |
        | `db (shop-db-1)` | cpu | 0.5 | 0.5 | 0.5 | none |  |  | 0.6 |
        | `db (shop-db-1)` | memory | 20 MiB | 20 MiB | 20 MiB | 64 MiB | 31 % | 48 MiB | 24 MiB (-63 %) |
        | `db (shop-db-1)` | pids | 3 | 3 | 3 | none |  |  | 10 |

        | service | what | is | budget |
        | --- | --- | ---: | ---: |
        | `api (shop-api-1)` | CPU in the quietest 10 s, of a core | 5 % | 10 % |
        | `api (shop-api-1)` | memory in the quietest 10 s | 41 MiB | 32 MiB |
        | `api (shop-api-1)` | healthy after | **3.1 s** | 2 s |
        | `api (shop-api-1)` | health check | 200 ms with the start of its program (40 probes) | 50 ms |
        | `api (shop-api-1)` | received | 39 bytes |  |
        | `api (shop-api-1)` | sent | 0 bytes |  |
        | `db (shop-db-1)` | CPU in the quietest 10 s, of a core | 50 % | 10 % |
        | `db (shop-db-1)` | memory in the quietest 10 s | 20 MiB | 32 MiB |

        - cpu: limits of 0.5, 0.05 used at the p99 (10 %), 0.05 on average (10 %)
        - memory: limits of 576 MiB, 61 MiB used at the peak (11 %), 61 MiB on average (11 %)
        - pids: limits of 100, 7 used at the peak (7 %), 7 on average (7 %)
    "#]].assert_eq(&usage(&workspace, &["--format", "markdown"]));
    expect![[r#"
        {
          "at_rest": false,
          "containers": [
            {
              "container": "shop-api-1",
              "exec": null,
              "figures": {
                "healthy_after": {
                  "budget": 2.0,
                  "value": 3.1
                },
                "quiet_cpu": {
                  "budget": 0.1,
                  "value": 0.05
                },
                "quiet_memory": {
                  "budget": 33554432.0,
                  "value": 42991616.0
                },
                "received": {
                  "budget": null,
                  "value": 39.0
                },
                "response_time": {
                  "budget": 0.05,
                  "value": 0.2
                },
                "sent": {
                  "budget": null,
                  "value": 0.0
                }
              },
              "image": "acme/api:1.4",
              "profile": "small",
              "project": "shop",
              "samples": 40,
              "seconds": 39.0,
              "service": "api",
              "stale": false,
              "use": {
                "cpu": {
                  "budget": null,
                  "change": -0.88,
                  "limit": 0.5,
                  "mean": 0.05,
                  "p99": 0.05,
                  "peak": 0.05,
                  "suggested": 0.06,
                  "wanted": 0.06
                },
                "memory": {
                  "budget": 50331648.0,
                  "change": -0.90625,
                  "limit": 536870912.0,
                  "mean": 42991616.0,
                  "p99": 42991616.0,
                  "peak": 42991616.0,
                  "suggested": 50331648.0,
                  "wanted": 54525952.0
                },
                "pids": {
                  "budget": null,
                  "change": -0.9,
                  "limit": 100.0,
                  "mean": 7.0,
                  "p99": 7.0,
                  "peak": 7.0,
                  "suggested": 10.0,
                  "wanted": 10.0
                }
              }
            }
          ],
          "cost_of_unused": null,
          "efficiency": {
            "cpu": {
              "mean": 0.05,
              "needed": 0.05,
              "reserved": 0.5,
              "used": 0.1
            },
            "memory": {
              "mean": 42991616.0,
              "needed": 42991616.0,
              "reserved": 536870912.0,
              "used": 0.080078
            },
            "pids": {
              "mean": 7.0,
              "needed": 7.0,
              "reserved": 100.0,
              "used": 0.07
            }
          },
          "projects": {
            "shop": {
              "cpu": {
                "mean": 0.05,
                "needed": 0.05,
                "reserved": 0.5,
                "used": 0.1
              },
              "memory": {
                "mean": 42991616.0,
                "needed": 42991616.0,
                "reserved": 536870912.0,
                "used": 0.080078
              },
              "pids": {
                "mean": 7.0,
                "needed": 7.0,
                "reserved": 100.0,
                "used": 0.07
              }
            }
          },
          "schema": 1
        }
    "#]]
    .assert_eq(&usage(&workspace, &["--format", "json", "api"]));
}

#[test]
fn suggestions_are_an_override_file_that_compose_takes() {
    let workspace = workspace(&record(""));
    let file = usage(&workspace, &["--format", "compose"]);
    expect![[r##"
        # Limits by measured use, written by `plimsoll usage --format compose`.
        services:
          "api":
            cpus: 0.06
            mem_limit: 48m
            pids_limit: 10
          "db":
            deploy:
              resources:
                limits:
                  cpus: "0.6"
                  memory: "24m"
                  pids: 10
    "##]]
    .assert_eq(&file);
    workspace.write("limits.yaml", file.as_bytes());
    let compose = std::process::Command::new("docker-compose")
        .args(["-f", "compose.yaml", "-f", "limits.yaml", "config", "--quiet"])
        .current_dir(workspace.path())
        .output();
    match compose {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("skipped: there is no docker-compose"),
    }
}

#[test]
fn two_records_are_compared() {
    let workspace = workspace(&record(""));
    workspace.write(
        "old.jsonl",
        record("")
            .replace("\"memory\":42991616", "\"memory\":85983232")
            .as_bytes(),
    );
    expect![[r#"
        api
          cpu, mean                       0.05 -> 0.05        as it is
          cpu, p99                        0.05 -> 0.05        as it is
          memory, mean                  82 MiB -> 41 MiB      -50 %
          memory, peak                  82 MiB -> 41 MiB      -50 %
          pids, peak                         7 -> 7           as it is
          cpu in the quietest 10 s         5 % -> 5 %         as it is
          memory in them                82 MiB -> 41 MiB      -50 %
          healthy after                  3.1 s -> 3.1 s       as it is
          health check                  200 ms -> 200 ms      as it is
        db
          cpu, mean                        0.5 -> 0.5         as it is
          cpu, p99                         0.5 -> 0.5         as it is
          memory, mean                  20 MiB -> 20 MiB      as it is
          memory, peak                  20 MiB -> 20 MiB      as it is
          pids, peak                         3 -> 3           as it is
          cpu in the quietest 10 s        50 % -> 50 %        as it is
          memory in them                20 MiB -> 20 MiB      as it is
    "#]]
    .assert_eq(&usage(&workspace, &["--against", "old.jsonl"]));
    let data: Value =
        serde_json::from_str(&usage(&workspace, &["--against", "old.jsonl", "--format", "json"])).unwrap();
    assert_eq!(data["services"]["api"]["memory_peak"]["change"], -0.5);
    assert_eq!(data["services"]["db"]["memory_peak"]["change"], 0.0);
}

#[test]
fn a_check_holds_a_record_against_the_budgets() {
    let at = |report: &Value, rule: &str| -> Vec<String> {
        let all = findings(report);
        all.into_iter().filter(|finding| finding.starts_with(rule)).collect()
    };
    let judged = |text: &str| workspace(text).json(&["--usage", "usage.jsonl", "--notes"]);
    let under_load = judged(&record(""));
    assert_eq!(at(&under_load, "slow-start"), ["slow-start compose.yaml:2"]);
    assert_eq!(
        at(&under_load, "oversized-limit"),
        [
            "oversized-limit compose.yaml:4",
            "oversized-limit compose.yaml:5",
            "oversized-limit compose.yaml:6"
        ]
    );
    // Nobody says that it was at rest, or what starting a probe takes; `db` has no start and no probe.
    assert_eq!(at(&under_load, "idle-use-above-budget"), [""; 0]);
    assert_eq!(at(&under_load, "slow-response"), [""; 0]);
    assert_eq!(at(&under_load, "undecided-value").len(), 5, "{under_load:#}");

    let at_rest = judged(&record(",\"at_rest\":true"));
    assert_eq!(
        at(&at_rest, "idle-use-above-budget"),
        [
            "idle-use-above-budget compose.yaml:2",
            "idle-use-above-budget compose.yaml:8"
        ]
    );
    assert_eq!(at(&at_rest, "oversized-limit"), [""; 0]);

    let measured = judged(&format!("{}{{\"of\":\"c1\",\"exec\":0.12}}\n", record("")));
    assert_eq!(at(&measured, "slow-response"), ["slow-response compose.yaml:2"]);
    let fast = judged(&format!("{}{{\"of\":\"c1\",\"exec\":0.17}}\n", record("")));
    assert_eq!(at(&fast, "slow-response"), [""; 0]);
}

#[test]
fn a_record_of_another_image_says_nothing() {
    let said = |text: &str, from: &str, to: &str| {
        let workspace = workspace(text);
        workspace.write("compose.yaml", COMPOSE.replace(from, to).as_bytes());
        let report = workspace.json(&["--usage", "usage.jsonl", "--notes"]);
        let api = "undecided-value compose.yaml:2".to_owned();
        let all = findings(&report);
        (
            all.contains(&"slow-start compose.yaml:2".to_owned()),
            all.contains(&api),
        )
    };
    let digest = format!("sha256:{}", "1".repeat(64));
    let pulled = record("").replace(
        "\"image\":\"acme/api:1.4\"",
        &format!("\"image\":\"acme/api:1.4\",\"digests\":[\"sha256:2\",\"acme/api@{digest}\"]"),
    );
    let fine = (true, true);
    let stale = (false, true);
    assert_eq!(said(&record(""), "acme/api:1.4", "docker.io/acme/api:1.4"), fine);
    assert_eq!(said(&record(""), "acme/api:1.4", "acme/api:1.5"), stale);
    assert_eq!(said(&record(""), "acme/api:1.4", "other/api:1.4"), stale);
    assert_eq!(said(&pulled, "acme/api:1.4", &format!("acme/api:1.5@{digest}")), fine);
    let other = format!("acme/api:1.4@sha256:{}", "3".repeat(64));
    assert_eq!(said(&pulled, "acme/api:1.4", &other), stale);
    // A service that is not in it.
    let without = record("").replace("\"service\":\"api\"", "\"service\":\"web\"");
    assert_eq!(said(&without, "x", "x"), stale);
}

#[test]
fn a_record_that_is_none_stops_the_gate() {
    let workspace = workspace("{\"plimsoll_usage\":1}\nnonsense\n");
    for words in [
        &["check", "--root", ".", "--usage", "usage.jsonl"][..],
        &["usage", "--root", ".", "--from", "usage.jsonl"],
    ] {
        let shown = workspace.run(words);
        assert!(
            shown.code == 2 && shown.err.contains("the record `usage.jsonl` cannot be read: line 2"),
            "{shown:?}"
        );
    }
    let shown = workspace.run(&["usage", "--root", ".", "--from", "absent.jsonl"]);
    assert!(shown.code == 2 && shown.err.contains("it does not exist"), "{shown:?}");
    workspace.write("usage.jsonl", record("").as_bytes());
    let shown = workspace.run(&["usage", "--root", ".", "--from", "usage.jsonl", "web"]);
    assert!(
        shown.code == 2 && shown.err.contains("no service and no container `web`"),
        "{shown:?}"
    );
    let shown = workspace.run(&["usage", "--root", ".", "--every", "100ms"]);
    assert!(
        shown.code == 2 && shown.err.contains("--every is 1s or more"),
        "{shown:?}"
    );
}

#[test]
fn a_report_loads_and_runs_nothing_and_names_deceive_nobody() {
    let hostile = record("")
        .replace("shop-api-1", "<script>alert(1)</script>")
        .replace("\"project\":\"shop\"", "\"project\":\"::error::x\\u001b[2J\\u202e\"");
    let workspace = workspace(&hostile);
    let page = usage(&workspace, &["--format", "html"]);
    assert!(
        page.contains("default-src 'none'") && page.matches("<svg ").count() == 6,
        "{page:.400}"
    );
    for word in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    for format in ["text", "markdown", "json", "compose", "html"] {
        let text = usage(&workspace, &["--format", format]);
        assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{format}");
        assert!(
            !text.lines().any(|line| line.trim_start().starts_with("::")),
            "{format}: {text}"
        );
    }
}

/// An engine that runs one container and gives these answers for its statistics and events; `None` is silence.
#[cfg(unix)]
fn engine(workspace: &Workspace, list: &'static str, statistics: Option<&'static str>) -> String {
    use std::io::{BufRead, BufReader, Write};
    let socket = workspace.path().join("engine.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let serve = move |stream: std::os::unix::net::UnixStream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new())).unwrap_or_default();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let body = match first.split(' ').nth(1).unwrap_or("") {
            "/containers/json" => Some(list),
            path if path.ends_with("/json") => Some(
                r#"{"Id":"c0ffee","Name":"/odd","State":{"Health":{"Log":null}},"HostConfig":{"Memory":-5,"NanoCpus":-1}}"#,
            ),
            path if path.contains("/stats") => statistics,
            _ => None,
        };
        let mut stream = stream;
        match body {
            Some(body) => drop(stream.write_all(format!("HTTP/1.0 200 OK\r\n\r\n{body}").as_bytes())),
            // Long enough for whoever waits without end.
            None => std::thread::sleep(std::time::Duration::from_secs(120)),
        }
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    format!("unix://{}", socket.display())
}

#[cfg(unix)]
#[test]
fn an_engine_that_hangs_or_lies_is_waited_for_so_long_and_no_longer() {
    let one = r#"[{"Id":"c0ffee","Names":["/odd"]}]"#;
    for (list, statistics, why) in [
        ("nonsense", None, "the engine's answer cannot be read"),
        ("[]", None, "no container is running"),
        (one, None, "the engine sent no figures of any container in that time"),
        (one, Some("nonsense\n"), "the engine sent no figures"),
        (one, Some("{\"read\":\"never\"}\n"), "the engine sent no figures"),
        (
            one,
            Some("{\"read\":\"2026-11-29T18:47:59Z\",\"memory_stats\":{\"usage\":-1}}\n"),
            "the engine sent no figures",
        ),
    ] {
        let workspace = Workspace::new(&[]);
        let host = engine(&workspace, list, statistics);
        let shown = workspace.run_with(&["usage", "--for", "2s", "--root", "."], &[("DOCKER_HOST", &host)]);
        assert!(
            shown.code == 2 && shown.err.contains(why),
            "{list} {statistics:?}: {shown:?}"
        );
        assert!(shown.took.as_secs() < 30, "{:?}", shown.took);
    }
    // Figures beyond everything are figures.
    let workspace = Workspace::new(&[]);
    let huge = "{\"read\":\"2026-11-29T18:47:59Z\",\"memory_stats\":{\"usage\":18446744073709551615},\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":1}}}\n\
                {\"read\":\"2026-11-29T18:48:00Z\",\"memory_stats\":{\"usage\":5},\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":18446744073709551615}}}\n";
    let host = engine(&workspace, one, Some(huge));
    let shown = workspace.run_with(&["usage", "--for", "2s", "--root", "."], &[("DOCKER_HOST", &host)]);
    assert!(shown.code == 0 && shown.out.contains("odd: 2 samples"), "{shown:?}");
    let nobody = workspace.run_with(
        &["usage", "--for", "2s"],
        &[("DOCKER_HOST", "unix:///nowhere/engine.sock")],
    );
    assert!(
        nobody.code == 2 && nobody.err.contains("no engine answers"),
        "{nobody:?}"
    );
}

#[test]
fn targets_of_less_are_held_between_two_records() {
    let workspace = workspace(&record(""));
    let old = record("").replace("\"memory\":42991616", "\"memory\":85983232");
    workspace.write("old.jsonl", old.as_bytes());
    let compared = |reduce: &str| {
        let config =
            format!("profiles:\n  small: {{reduce: {reduce}}}\nassign:\n  - {{profile: small, services: [api]}}\n");
        workspace.write("plimsoll.yaml", config.as_bytes());
        workspace.run(&[
            "usage",
            "--root",
            ".",
            "--from",
            "usage.jsonl",
            "--against",
            "old.jsonl",
        ])
    };
    let reached = compared("{idle-memory: 40%}");
    assert!(
        reached.code == 0 && reached.out.contains("-50 % (target -40 %: reached)"),
        "{reached:?}"
    );
    let missed = compared("{idle-memory: 60%, start-up: 10%, idle-cpu: 5%, memory: 50%}");
    assert!(
        missed.code == 1 && missed.out.ends_with("targets: 0 reached, 3 missed, 0 undecided\n"),
        "{missed:?}"
    );
    // What one of the records does not have is no answer.
    let old = old.replace("\"event\":\"healthy\"", "\"event\":\"unhealthy\"");
    workspace.write("old.jsonl", old.as_bytes());
    let undecided = compared("{start-up: 10%}");
    assert!(
        undecided.code == 0 && undecided.out.ends_with("targets: 0 reached, 0 missed, 1 undecided\n"),
        "{undecided:?}"
    );
}

#[test]
fn the_room_on_the_host_is_told_by_what_was_used() {
    let workspace = workspace(&record(""));
    let shown = |compose: &str| {
        workspace.write("compose.yaml", compose.as_bytes());
        workspace.write("plimsoll.yaml", b"host: {memory: 1GiB, cpus: 4}\n");
        usage(&workspace, &[])
    };
    let out = shown(COMPOSE);
    assert!(
        out.contains("more of it that fit on the host: 23 (memory ends first)\n"),
        "{out}"
    );
    assert!(
        out.contains("more of it that fit on the host: 6 (cpu ends first)\n"),
        "{out}"
    );
    let limited = COMPOSE.replace("{memory: 64M}", "{memory: 64M, cpus: '0.5'}");
    let out = shown(&limited);
    assert!(out.contains("23 (memory ends first), 0 by limits"), "{out}");
    assert!(out.contains("6 (cpu ends first), 6 by limits"), "{out}");
}

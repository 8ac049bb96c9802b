//! `plimsoll config`, and the profile `auto`.

use crate::support::Workspace;
use expect_test::expect;
use serde_json::Value;

const COMPOSE: &str = "services:
  mcp-translate:
    image: acme/translate:1.4
  store:
    image: postgres:17
    x-plimsoll: {profile: database}
  api-db:
    image: acme/store:1.0
  tabs:
    image: selenium/standalone-chrome:4.30
  tiny:
    image: acme/tiny:1.0
    mem_limit: 64m
    cpus: 0.1
  files:
    image: acme/files:1.0
    mem_limit: 200m
    cpus: 0.15
  listener:
    image: acme/listener:1.0
    ports: [\"127.0.0.1:5432:5432\"]
  db-admin:
    image: acme/admin:1.0
";

#[test]
fn each_service_has_the_line_that_gives_it_its_profile() {
    let workspace = Workspace::new(&[
        ("compose.yaml", COMPOSE),
        ("tools/browser/Dockerfile", "FROM scratch\n"),
        (
            "plimsoll.yaml",
            "version: 1\nprofiles:\n  database: {memory: 1GiB}\nassign:\n  - {services: [tiny], profile: filesystem}\n  - {profile: auto}\n",
        ),
    ]);
    let shown = workspace.run(&["config"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let (services, profiles) = shown.out.split_once("\n\n").unwrap();
    expect![[r#"
        mcp-translate             compose.yaml:2              translation  plimsoll.yaml:6 (`assign`): it is named `mcp-translate`
        store                     compose.yaml:4              database     compose.yaml:6 (`x-plimsoll`)
        api-db                    compose.yaml:7              database     plimsoll.yaml:6 (`assign`): it is named `api-db`
        tabs                      compose.yaml:9              browser      plimsoll.yaml:6 (`assign`): `standalone-chrome` is a browser
        tiny                      compose.yaml:11             filesystem   plimsoll.yaml:5 (`assign`)
        files                     compose.yaml:15             filesystem   plimsoll.yaml:6 (`assign`): it limits itself to 200 MiB and 0.15 CPUs
        listener                  compose.yaml:19             database     plimsoll.yaml:6 (`assign`): it listens on port 5432, as databases do
        db-admin                  compose.yaml:22             default      plimsoll.yaml:6 (`assign`): no profile fits
        tools/browser/Dockerfile  tools/browser/Dockerfile:1  browser      plimsoll.yaml:6 (`assign`): it is named `browser`"#]].assert_eq(services);
    assert!(
        profiles.contains("  memory                1 GiB                                 plimsoll.yaml:3\n"),
        "{profiles}"
    );
    assert!(
        profiles.contains("  cpus                  0.5                                   built in\n"),
        "{profiles}"
    );
    let json: Value = serde_json::from_str(&workspace.run(&["config", "--json"]).out).unwrap();
    assert_eq!(
        json["profiles"]["database"]["budgets"]["memory"]["from"],
        "plimsoll.yaml:3"
    );
    assert_eq!(json["units"].as_array().unwrap().len(), 9);
}

#[test]
fn auto_is_a_word_and_no_profile() {
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE)]);
    let by_flag = workspace.run(&["config", "--profile", "auto"]);
    assert!(
        by_flag.out.contains("`--profile`: `postgres:17`") || by_flag.out.contains("api-db"),
        "{by_flag:?}"
    );
    // What judges says so, too.
    let shown = workspace.run(&["--show", "tiny", "--profile", "auto", "--no-engine"]);
    assert!(
        shown
            .out
            .starts_with("tiny  profile translation (it limits itself to 64 MiB and 0.1 CPUs)"),
        "{shown:?}"
    );
    assert_eq!(workspace.json(&["--profile", "auto", "--no-engine"])["verdict"], "fail");
    for (config, part) in [
        ("profiles: {auto: {memory: 1GiB}}\n", "`auto` is not a profile"),
        ("assign: [{profile: automatic}]\n", "there is no profile `automatic`"),
    ] {
        workspace.write("plimsoll.yaml", config.as_bytes());
        let shown = workspace.run(&["--no-engine"]);
        assert!(shown.code == 2 && shown.err.contains(part), "{config}: {shown:?}");
    }
}

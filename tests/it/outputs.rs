//! What people read, whole: a change of an output is a change here. How each format looks is shown in `src/report`, on a
//! report that no rule changes.
use crate::support::{Workspace, image::archive};
use expect_test::expect;

const COMPOSE: &str = "\
services:
  api:
    build: .
    mem_limit: 64m
    ports: [\"8080:80\"]
    environment: {API_TOKEN: k7Qm2vXz9Lp4Rt8W}
";
const DOCKERFILE: &str = "\
FROM alpine:3.22
USER nobody
HEALTHCHECK --interval=5s CMD wget -q localhost
ENTRYPOINT [\"/serve\"]
";

/// What the words print, where they end with this code; no secret is in it, and nothing else is said.
#[track_caller]
fn printed(workspace: &Workspace, code: i32, words: &[&str]) -> String {
    let shown = workspace.run(words);
    assert!(
        shown.code == code && shown.err.is_empty() && !shown.out.contains("k7Qm2vXz9Lp4Rt8W"),
        "{shown:?}"
    );
    shown.out
}

/// What is said on standard error where nothing could be done.
#[track_caller]
fn complaint(workspace: &Workspace, words: &[&str]) -> String {
    // No engine of this machine.
    let shown = workspace.run_with(words, &[("DOCKER_HOST", "unix:///nowhere/engine.sock")]);
    assert!(shown.code == 2 && shown.out.is_empty(), "{words:?}: {shown:?}");
    shown.err
}

fn service() -> Workspace {
    let config = "version: 1\nprofiles:\n  web: {memory: 128MiB, harden: [non-root]}\nassign:\n  - {profile: web}\n";
    Workspace::new(&[
        ("compose.yaml", COMPOSE),
        ("Dockerfile", DOCKERFILE),
        ("plimsoll.yaml", config),
    ])
}

#[test]
fn a_service_is_shown_with_its_places_and_budgets() {
    expect![[r#"
        api  profile web  compose.yaml:2

          image                 ≈ 8.3 MB  of 500.0 MB     ░░░░░░░░░░  2 %
          memory                  64 MiB  of 128 MiB      █████░░░░░  50 %
          cpus                  no limit
          pids                  no limit
          log                   no limit
          required      ✓ non-root
          not required  ✓ memory  ✗ cpus  ✗ pids  ✓ healthcheck  ✗ restart  ✗ log-rotation  ✗ read-only
                        ✗ no-capabilities  ✗ no-new-privileges  ✗ private (compose.yaml:5)

          dockerfile               Dockerfile                    Dockerfile:1
          user                     nobody                        Dockerfile:2
          entrypoint               /serve                        Dockerfile:4
          healthcheck.test         CMD-SHELL, wget -q localhost  Dockerfile:3
          healthcheck.interval_ns  5 s                           Dockerfile:3
          memory                   64 MiB                        compose.yaml:4  budget 128 MiB
          swap                     128 MiB (engine-default)      compose.yaml:4
          ports                    8080->80/tcp                  compose.yaml:5
          networks                 default (engine-default)      compose.yaml:2
          environment   API_TOKEN
          not known     workdir, stop_signal

    "#]]
    .assert_eq(&printed(&service(), 0, &["--show", "api"]));
    expect![[r#"
        plimsoll: there is no service or Dockerfile `nobody` here (there is: api, Dockerfile)
    "#]]
    .assert_eq(&complaint(&service(), &["--show", "nobody"]));
}

#[test]
fn a_report_says_what_was_judged() {
    // So small that no rule to come finds something in it.
    let dockerfile = "FROM scratch\nCOPY a /a\nUSER 1000:1000\nEXPOSE 99999\nHEALTHCHECK CMD [\"/a\"]\n";
    let workspace = Workspace::new(&[
        ("Dockerfile", dockerfile),
        ("a", "\u{7f}ELF"),
        ("old/Dockerfile", dockerfile),
    ]);
    let words = ["--today", "2026-11-30", "--exclude", "old"];
    expect![[r#"
        error[invalid-dockerfile]: EXPOSE 99999: 99999 is not a port
          ╭▸ Dockerfile:4:8
          │
        3 │ USER 1000:1000
        4 │ EXPOSE 99999
          │        ━━━━━
          │
          ╰ help: write PORT, FIRST-LAST or PORT/PROTOCOL, with ports up to 65535

          scope    full; 1 file excluded, as of 2026-11-30
          budgets  1 within, 0 above, 0 undecided

        plimsoll: fail, 1 error in 1 file
    "#]]
    .assert_eq(&printed(&workspace, 1, &words));
}

#[test]
fn files_are_listed_by_what_becomes_of_them() {
    let workspace = Workspace::new(&[
        ("compose.yaml", COMPOSE),
        ("compose.override.yaml", "services: {api: {env_file: [.env.api]}}\n"),
        (".env.api", "A=1\n"),
        ("Dockerfile", DOCKERFILE),
        ("tools/Dockerfile", "FROM scratch\n"),
        ("Dockerfile.j2", "FROM {{ base }}\n"),
        ("stack.yaml", "resolver: lts\n"),
        (".dockerignore", ".git\n"),
    ]);
    std::os::unix::fs::symlink("nowhere", workspace.path().join("x.Dockerfile")).unwrap();
    expect![[r#"
        Compose
          compose.yaml + compose.override.yaml  Compose finds them automatically

        Dockerfiles
          Dockerfile        built by api
          tools/Dockerfile  no service builds it

        Not checked
          x.Dockerfile  this file cannot be checked: it is a broken link

        Excluded
          Dockerfile.j2  it has the file extension `.j2`
          stack.yaml     it has no top-level `services` or `include`

        Also read
          .env.api

    "#]]
    .assert_eq(&printed(&workspace, 0, &["files", "--root", "."]));
    expect![[r#"
        {
          "sets": [
            {
              "path": "compose.yaml + compose.override.yaml",
              "why": "Compose finds them automatically"
            }
          ],
          "dockerfiles": [
            {
              "path": "Dockerfile",
              "why": "built by api"
            },
            {
              "path": "tools/Dockerfile",
              "why": "no service builds it"
            }
          ],
          "builds": [],
          "read": [
            ".env.api"
          ],
          "unread": [
            {
              "path": "x.Dockerfile",
              "why": "this file cannot be checked: it is a broken link"
            }
          ],
          "left_out": [
            {
              "path": "Dockerfile.j2",
              "why": "it has the file extension `.j2`"
            },
            {
              "path": "stack.yaml",
              "why": "it has no top-level `services` or `include`"
            }
          ]
        }
    "#]]
    .assert_eq(&printed(&workspace, 0, &["files", "--root", ".", "--json"]));
    expect![[r#"
        no Dockerfile and no Compose file was found
    "#]]
    .assert_eq(&printed(
        &Workspace::new(&[("README.md", "")]),
        0,
        &["files", "--root", "."],
    ));
}

#[test]
fn an_image_is_shown_by_its_layers() {
    let workspace = Workspace::new(&[]);
    let text =
        "COPY serve /\n  3000000 /serve\n  20000 /twice\nCOPY twice /\n  20000 /twice\nRUN rm /serve\n  - /serve\n";
    workspace.write("api.tar", &archive(text));
    expect![[r#"
        api.tar

              3.0 MB  ████████████████████  COPY serve /
             20.0 kB  █                     COPY twice /
             0 bytes                        RUN rm /serve

        unpacked  3.0 MB, counted (0.6 % of 500.0 MB budgeted in the default profile)
        download  3.2 MB, as the layers are compressed here
        layers    3 of 40
        wasted    3.0 MB (99.3 % of all)
              3.0 MB  serve (deleted)
             20.0 kB  twice (overwritten)

        what to change first
              3.0 MB  delete files in the RUN that writes them: layer 1 `COPY serve /`
    "#]]
    .assert_eq(&printed(&workspace, 0, &["image", "api.tar"]));
}

#[test]
fn the_ledger_of_a_stage_is_shown_without_a_build() {
    let workspace = Workspace::new(&[
        (
            "api/Dockerfile",
            "FROM acme/base:1 AS one\nCOPY a.txt /app/\nRUN make\nFROM scratch\nCOPY a.txt /\n",
        ),
        ("api/a.txt", "twelve bytes"),
        ("plimsoll.yaml", "catalogue: images.tsv\n"),
        ("images.tsv", "image\ttag\tsize_mb\nacme/base\t1\t2.5\n"),
    ]);
    let last = ["image", "--root", ".", "--from", "api/Dockerfile"];
    expect![[r#"
        api/Dockerfile: stage 2

            12 bytes  ▏                     COPY a.txt /
                                            exact: counted in the build context

        sum: 12 bytes, counted
        budget: 500.0 MB in the profile `default`: within
    "#]]
    .assert_eq(&printed(&workspace, 0, &last));
    let one = [&last[..], &["--target", "one"]].concat();
    expect![[r#"
        api/Dockerfile: stage `one`

              2.5 MB  ▏                     FROM acme/base:1
                                            estimate: acme/base:1 in the catalogue of the configuration
            12 bytes  ▏                     COPY a.txt /app/
                                            exact: counted in the build context
                   ?                        RUN make
                                            unknown: the size of what `make` writes is unknown: plimsoll check --image NAME=IMAGE

        sum: at least 2.5 MB
        budget: 500.0 MB in the profile `default`: undecided
    "#]]
    .assert_eq(&printed(&workspace, 0, &one));
    let two = [&last[..], &["--target", "two"]].concat();
    expect![[r#"
        plimsoll: `api/Dockerfile` has no stage `two`
    "#]]
    .assert_eq(&complaint(&workspace, &two));
    expect![[r#"
        plimsoll: `api` is not a Dockerfile
    "#]]
    .assert_eq(&complaint(&workspace, &["image", "--root", ".", "--from", "api"]));
    workspace.write("images.tsv", b"image\ttag\tsize_mb\nacme/base\t1\tbig\n");
    expect![[r#"
        plimsoll: the catalogue images.tsv:2: `big` is not a size in MB
    "#]]
    .assert_eq(&complaint(&workspace, &last));
}

#[test]
fn a_baseline_and_recorded_sizes_are_files_that_people_review() {
    let workspace = Workspace::new(&[(
        "compose.yaml",
        "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n    image: acme/api:1.5\n",
    )]);
    let shown = workspace.run(&["--write-baseline", "known.txt"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let known = std::fs::read_to_string(workspace.path().join("known.txt")).unwrap();
    // The other lines are the notes of the rules that there are.
    let is_lasting = |line: &&str| {
        ["#", "privileged-service", "duplicate-key"]
            .iter()
            .any(|word| line.contains(word))
    };
    let lines: Vec<&str> = known.lines().filter(is_lasting).collect();
    expect![[r#"
        # plimsoll baseline 1: known findings. Remove lines as you fix them.
        d9bacf0c8c9e0508 duplicate-key compose.yaml
        af87fa284401636e privileged-service compose.yaml api"#]]
    .assert_eq(&lines.join("\n"));

    workspace.write("api.tar", &archive("COPY serve /\n  3000000 /serve\n"));
    for name in ["web/My Dockerfile", "api", "on"] {
        let shown = workspace.run(&["image", "api.tar", "--record", name, "--root", "."]);
        assert_eq!(shown.code, 0, "{shown:?}");
    }
    let sizes = std::fs::read_to_string(workspace.path().join("plimsoll.sizes.yaml")).unwrap();
    expect![[r##"
        # Bytes of built images, written by `plimsoll image IMAGE --record NAME`. Growth is measured from them.
        api: 3000000
        "on": 3000000
        "web/My Dockerfile": 3000000
    "##]]
    .assert_eq(&sizes);
}

#[test]
fn mistakes_of_a_configuration_are_said_together() {
    let config = "profiles:\n  api: {memry: 1MiB, memory: 128M}\nrules: {duplicate-keys: off}\nrules-version: banana\n";
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE), ("plimsoll.yaml", config)]);
    expect![[r#"
        error[configuration]: the profile `api` has no key `memry`
          ╭▸ plimsoll.yaml:2:9
          │
        1 │ profiles:
        2 │   api: {memry: 1MiB, memory: 128M}
          │         ━━━━━
          │
          ╰ help: did you mean `memory`?

        error[configuration]: the unit `M` can mean two things: write 128MiB (1024) or 128MB (1000)
          ╭▸ plimsoll.yaml:2:30
          │
        1 │ profiles:
        2 │   api: {memry: 1MiB, memory: 128M}
          │                              ━━━━
          │
          ╰ help: like `memory: 96MiB`

        error[configuration]: there is no rule `duplicate-keys`
          ╭▸ plimsoll.yaml:3:9
          │
        2 │   api: {memry: 1MiB, memory: 128M}
        3 │ rules: {duplicate-keys: off}
          │         ━━━━━━━━━━━━━━
          │
          ╰ help: did you mean `duplicate-key`?

        error[configuration]: `rules-version` must be a year and a month like 2026.11, not `banana`
          ╭▸ plimsoll.yaml:4:16
          │
        3 │ rules: {duplicate-keys: off}
        4 │ rules-version: banana
          │                ━━━━━━
          │
          ╰ help: like `rules-version: 2026.11`

        plimsoll: error, 4 mistakes in the configuration; nothing was checked
    "#]]
    .assert_eq(&complaint(&workspace, &[]));
}

#[test]
fn what_cannot_be_done_is_a_sentence() {
    let workspace = Workspace::new(&[("README.md", "no report\n")]);
    let all: [&[&str]; 16] = [
        &[],
        &["missing"],
        &["--root", "missing"],
        &["--config", "missing.yaml"],
        &["--profile", "missing"],
        &["--env-file", "missing.env", "README.md"],
        &["--output", "sarif"],
        &["--baseline", "README.md", "README.md"],
        &["--today", "tomorrow"],
        &["--deadline", "soon"],
        &["--exclude", "[a"],
        &["image", "missing.tar"],
        &["image", "README.md"],
        &["verdict", "README.md"],
        &["explain", "invalid-yml"],
        &["explain", "DL3001"],
    ];
    let said = all.map(|words| format!("[{}]\n{}", words.join(" "), complaint(&workspace, words)));
    expect![[r#"
        []
        plimsoll: there is nothing to check: no Dockerfile and no Compose file was found
        [missing]
        plimsoll: `missing` is neither a command nor a file here (commands: check, fix, init, new, ignore, files, config, diff, image, lock, usage, policy, rules, explain, schema, completions, verdict, report)
        [--root missing]
        plimsoll: the root `missing` cannot be opened: it does not exist
        [--config missing.yaml]
        plimsoll: the configuration `missing.yaml` does not exist or is outside the root
        [--profile missing]
        plimsoll: there is no profile `missing`; known: browser, database, default, filesystem, translation
        [--env-file missing.env README.md]
        plimsoll: the env file `missing.env` cannot be read: it does not exist
        [--output sarif]
        error: invalid value 'sarif' for '--output <FORMAT=FILE>': write FORMAT=FILE, like sarif=results.sarif

        For more information, try '--help'.
        [--baseline README.md README.md]
        plimsoll: the baseline `README.md` cannot be used: it is not a baseline of this version; write it with --write-baseline
        [--today tomorrow]
        error: invalid value 'tomorrow' for '--today <YYYY-MM-DD>': write a date like 2027-03-31

        For more information, try '--help'.
        [--deadline soon]
        error: invalid value 'soon' for '--deadline <TIME>': write a number and a unit, like 30s or 5m

        For more information, try '--help'.
        [--exclude [a]
        error: invalid value '[a' for '--exclude <GLOB>': unclosed character class; missing ']'

        For more information, try '--help'.
        [image missing.tar]
        plimsoll: `missing.tar` cannot be measured: the file does not exist, and no engine answers at `/nowhere/engine.sock`: it does not exist
        [image README.md]
        plimsoll: `README.md` cannot be measured: it is not a valid tar archive
        [verdict README.md]
        plimsoll: `README.md` is not a report: expected ident at line 1 column 2
        [explain invalid-yml]
        plimsoll: there is no rule `invalid-yml` (did you mean `invalid-yaml`?)
        [explain DL3001]
        plimsoll: no rule corresponds to DL3001 of hadolint (`plimsoll rules` lists the rules)
    "#]].assert_eq(&said.concat());
}

#[test]
fn a_verdict_is_one_line() {
    let report = r#"{"schema": 2, "verdict": "fail", "summary": {"error": 1, "warning": 2, "note": 0}}"#;
    let workspace = Workspace::new(&[("report.json", report)]);
    expect![[r#"
        plimsoll: fail, 1 error, 2 warnings, 0 notes
    "#]]
    .assert_eq(&printed(&workspace, 1, &["verdict", "report.json"]));
}

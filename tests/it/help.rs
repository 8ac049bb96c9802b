//! The help of every command, and that of a rule, whole.
use crate::support::Workspace;
use expect_test::expect;

/// Without the blanks at the ends of lines, which editors take away.
fn help(words: &[&str]) -> String {
    let shown = Workspace::new(&[]).run(words);
    assert!(shown.code == 0 && shown.err.is_empty(), "{shown:?}");
    shown.out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn of_the_program() {
    expect![[r#"
        A CI gate that checks Dockerfiles and Compose services against budgets for size, resources and security

        Usage: plimsoll [OPTIONS] [PATHS]...
               plimsoll <COMMAND>

        Commands:
          check        Check the workspace (the default)
          fix          Fix findings: show the edits as a diff, or write them
          init         Set up this repository: a plimsoll.yaml with reasons, a baseline of today's findings, and facts about the base images
          new          Write a new service that passes the check of a profile: Dockerfile, compose.yaml and a small program
          ignore       Write the comment that hides a finding, with a reason
          files        List the files that are read and why, and the excluded ones
          config       List the profile and the budgets of each service, with the line that sets each
          diff         Compare two versions: limits, image sizes, layers and hardening of each service
          image        Show what takes the space in an image
          lock         Record facts about the base images in plimsoll.lock
          usage        Measure running containers, compare with limits and budgets, and suggest limits
          policy       Work with your own policies
          rules        List every rule
          explain      Explain a rule, a built-in profile, or the findings in a line
          schema       Print the JSON Schema of plimsoll.yaml
          completions  Print the completion script for a shell
          verdict      Exit with the verdict of a JSON report (0, 1 or 2), after a check with --exit-zero
          report       Sum up the JSON reports of many repositories; exit with 0 whatever their verdicts are, with 2 if a file could not be read
          help         Print this message or the help of the given subcommand(s)

        Arguments:
          [PATHS]...  Folders to search, or files to check alone; `-` is standard input, with --stdin-filename

        Options:
              --stdin-filename <FILE>       The path of the file on standard input; its extension tells Compose files from Dockerfiles
              --root <DIR>                  The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>               The configuration [default: plimsoll.yaml in the root]
              --config-from <BASE>          Use the configuration of this branch or commit instead of the checkout's; `auto` is the base of the pull or merge request in CI, if it was fetched; `head` is the checkout's
              --policy <WHAT>               Report a change that loosens the policy as a note, or enforce it as an error [default: report] [possible values: report, enforce]
              --baseline <FILE>             Ignore findings recorded in this baseline file [default: `baseline:` of plimsoll.yaml, else plimsoll.baseline if it exists]
              --no-baseline                 Use no baseline
              --write-baseline <FILE>       Record the errors and warnings of this run (and the notes, with --notes) in this file, and ignore them from now on
              --baseline-prune              Remove findings that no longer occur from the baseline
              --image <NAME=IMAGE|ARCHIVE>  Measure the built image of a service or Dockerfile, from the engine or a `docker save` archive (repeatable)
              --no-engine                   Do not look for built images in the engine, except with --image
              --profile <NAME>              Profile for services that no `assign` entry matches
              --fail-on <LEVEL>             Fail on findings of this severity or higher [possible values: error, warning, note, never]
              --show <SERVICE>              Show one service (or Dockerfile) instead of the report: every value, its source and its budget
              --exclude <GLOB>              Do not search these files and folders (repeatable; globs as in `exclude:` of plimsoll.yaml)
              --notes                       Show every note, not one line per service
              --severity <LEVEL>            Show only findings of this severity or higher; the verdict counts all [possible values: error, warning, note]
              --only <RULE|PATH>            Show only findings of this rule, or in this file or folder (repeatable); the verdict counts all
              --max-findings <NUMBER>       Show at most this many findings; the others are counted [default: 50]
          -q, --quiet                       Print only findings, without counts and verdict
              --statistics                  Print only counts by rule and the verdict
              --changed[=<BASE>]            Report only findings that are new or worse since BASE, see --changed-scope [default BASE: in CI that of the event, else the branch that this one started from]
              --changed-scope <SCOPE>       With --changed: report findings that are new or worse, or all in affected services and files [default: new] [possible values: new, affected]
              --env-file <FILE>             Read the variables for Compose only from this file (repeatable, later files win)
              --env                         Use the environment of this process for Compose
              --usage <FILE>                Check measured use: a record of `plimsoll usage`, lines of `docker stats --format json`, or cgroup files
              --format <FORMAT>             Format of the report on standard output [default: text] [possible values: text, json, json-pretty, sarif, github, markdown, markdown-brief, gitlab, junit, line]
              --output <FORMAT=FILE>        Also write this format to a file (repeatable)
              --today <YYYY-MM-DD>          The day to compare end dates with [default: SOURCE_DATE_EPOCH, else today]
              --deadline <TIME>             Time limit of the run; beyond it the verdict is `error` [default: 30s]
          -j, --jobs <N>                    Threads that work at once [default: 1]
              --exit-zero                   Exit with 0 even if the gate fails, but not if it could not run
              --color <WHEN>                When to use colour [default: auto] [possible values: auto, always, never]
          -h, --help                        Print help (see more with '--help')
          -V, --version                     Print version
    "#]].assert_eq(&help(&["-h"]));
}

#[test]
fn of_check() {
    expect![[r#"
        Check the workspace (the default)

        Usage: plimsoll check [OPTIONS] [PATHS]...

        Arguments:
          [PATHS]...
                  Folders to search, or files to check alone; `-` is standard input, with --stdin-filename

        Options:
              --stdin-filename <FILE>
                  The path of the file on standard input; its extension tells Compose files from Dockerfiles

              --root <DIR>
                  The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]

              --config <FILE>
                  The configuration [default: plimsoll.yaml in the root]

              --config-from <BASE>
                  Use the configuration of this branch or commit instead of the checkout's; `auto` is the base of the pull or merge request in CI, if it was fetched; `head` is the checkout's

              --policy <WHAT>
                  Report a change that loosens the policy as a note, or enforce it as an error

                  Possible values:
                  - report:  A note
                  - enforce: An error

                  [default: report]

              --baseline <FILE>
                  Ignore findings recorded in this baseline file [default: `baseline:` of plimsoll.yaml, else plimsoll.baseline if it exists]

              --no-baseline
                  Use no baseline

              --write-baseline <FILE>
                  Record the errors and warnings of this run (and the notes, with --notes) in this file, and ignore them from now on

              --baseline-prune
                  Remove findings that no longer occur from the baseline

              --image <NAME=IMAGE|ARCHIVE>
                  Measure the built image of a service or Dockerfile, from the engine or a `docker save` archive (repeatable)

              --no-engine
                  Do not look for built images in the engine, except with --image

              --profile <NAME>
                  Profile for services that no `assign` entry matches

              --fail-on <LEVEL>
                  Fail on findings of this severity or higher

                  Possible values:
                  - error:   Errors
                  - warning: Errors and warnings
                  - note:    Anything
                  - never:   Nothing

              --show <SERVICE>
                  Show one service (or Dockerfile) instead of the report: every value, its source and its budget

              --exclude <GLOB>
                  Do not search these files and folders (repeatable; globs as in `exclude:` of plimsoll.yaml)

              --notes
                  Show every note, not one line per service

              --severity <LEVEL>
                  Show only findings of this severity or higher; the verdict counts all

                  Possible values:
                  - error:   Errors
                  - warning: Errors and warnings
                  - note:    Everything

              --only <RULE|PATH>
                  Show only findings of this rule, or in this file or folder (repeatable); the verdict counts all

              --max-findings <NUMBER>
                  Show at most this many findings; the others are counted [default: 50]

          -q, --quiet
                  Print only findings, without counts and verdict

              --statistics
                  Print only counts by rule and the verdict

              --changed[=<BASE>]
                  Report only findings that are new or worse since BASE, see --changed-scope [default BASE: in CI that of the event, else the branch that this one started from]

              --changed-scope <SCOPE>
                  With --changed: report findings that are new or worse, or all in affected services and files

                  Possible values:
                  - new:      Findings that the change adds or makes worse
                  - affected: All findings in services and files that the change affects

                  [default: new]

              --env-file <FILE>
                  Read the variables for Compose only from this file (repeatable, later files win)

              --env
                  Use the environment of this process for Compose

              --usage <FILE>
                  Check measured use: a record of `plimsoll usage`, lines of `docker stats --format json`, or cgroup files

              --format <FORMAT>
                  Format of the report on standard output

                  Possible values:
                  - text:           For people, with source lines
                  - json:           Everything, for programs: see docs/json.md
                  - json-pretty:    The same, indented for people
                  - sarif:          SARIF 2.1.0, for code scanning
                  - github:         Workflow commands, for annotations
                  - markdown:       For the step summary
                  - markdown-brief: A short comment for a pull request
                  - gitlab:         GitLab's Code Quality
                  - junit:          JUnit XML; what fails the gate is a failure
                  - line:           One line for each finding, for editors: `path:line:col: level: message [rule]`

                  [default: text]

              --output <FORMAT=FILE>
                  Also write this format to a file (repeatable)

              --today <YYYY-MM-DD>
                  The day to compare end dates with [default: SOURCE_DATE_EPOCH, else today]

              --deadline <TIME>
                  Time limit of the run; beyond it the verdict is `error` [default: 30s]

          -j, --jobs <N>
                  Threads that work at once [default: 1]

              --exit-zero
                  Exit with 0 even if the gate fails, but not if it could not run

              --color <WHEN>
                  When to use colour

                  Possible values:
                  - auto:   On a terminal or with FORCE_COLOR, unless NO_COLOR is set
                  - always: Always
                  - never:  Never

                  [default: auto]

          -h, --help
                  Print help (see a summary with '-h')
    "#]].assert_eq(&help(&["check", "--help"]));
}

#[test]
fn of_files_and_image_and_verdict() {
    expect![[r#"
        List the files that are read and why, and the excluded ones

        Usage: plimsoll files [OPTIONS] [PATHS]...

        Arguments:
          [PATHS]...  Folders to search, or files to check alone

        Options:
              --root <DIR>     The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>  The configuration [default: plimsoll.yaml in the root]
              --json           Print JSON instead of lists
          -h, --help           Print help
    "#]].assert_eq(&help(&["files", "-h"]));
    expect![[r#"
        Show what takes the space in an image

        Usage: plimsoll image [OPTIONS] [IMAGE|ARCHIVE]...

        Arguments:
          [IMAGE|ARCHIVE]...  Archive to measure (from `docker save`, or an OCI layout as a tar file; `-` is standard input), or an image of the engine. For several images, show what they share and their total

        Options:
              --format <FORMAT>    Format of the output [default: text] [possible values: text, json, markdown]
              --json               The same as --format json
              --record <NAME>      Record its size for this service or Dockerfile in plimsoll.sizes.yaml in the root
              --from <DOCKERFILE>  Estimate it from this Dockerfile, without a build
              --target <STAGE>     The stage to build [default: the last one]
              --root <DIR>         The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>      The configuration [default: plimsoll.yaml in the root]
          -h, --help               Print help (see more with '--help')
    "#]].assert_eq(&help(&["image", "-h"]));
    expect![[r#"
        Exit with the verdict of a JSON report (0, 1 or 2), after a check with --exit-zero

        Usage: plimsoll verdict <REPORT>

        Arguments:
          <REPORT>  The report

        Options:
          -h, --help  Print help
    "#]]
    .assert_eq(&help(&["verdict", "-h"]));
    expect![[r#"
        Sum up the JSON reports of many repositories; exit with 0 whatever their verdicts are, with 2 if a file could not be read

        Usage: plimsoll report [OPTIONS] <FILE|DIR>...

        Arguments:
          <FILE|DIR>...  Reports of `plimsoll check --format json`; a folder means every `*.json` in it (or in its folders, where it has none)

        Options:
              --format <FORMAT>  Format of the output [default: text] [possible values: text, markdown, sarif, html]
              --output <FILE>    Write it to this file instead of standard output
              --notes            Include notes in SARIF
          -h, --help             Print help (see more with '--help')
    "#]].assert_eq(&help(&["report", "-h"]));
    expect![[r#"
        Explain a rule, a built-in profile, or the findings in a line

        Usage: plimsoll explain <RULE|PROFILE|PATH:LINE>

        Arguments:
          <RULE|PROFILE|PATH:LINE>  A rule, its code in another tool, a profile, or a place like compose.yaml:18

        Options:
          -h, --help  Print help
    "#]]
    .assert_eq(&help(&["explain", "-h"]));
}

#[test]
fn of_a_rule() {
    expect![[r#"
        invalid-yaml (error, Will not start, or not as written, yaml layer, since 2026.11)

        A file is not YAML.

        ## Why it matters
        Compose stops at the first line that it cannot read, so nothing in the file takes effect.

        ## Fails
        ```yaml fail
        services:
          api:
            image: acme/api:1.4
            environment:
              MODE: managed
              UNBUFFERED=1  # <- here
            restart: always
        ```

        ## Passes
        ```yaml pass
        services:
          api:
            image: acme/api:1.4
            environment:
              MODE: managed
              UNBUFFERED: 1
            restart: always
        ```

        ## Notes
        The rest of the file is judged from the next key at a level where reading can go on. Nothing is said about what the
        lost lines may have set.
    "#]].assert_eq(&help(&["explain", "invalid-yaml"]));
}

#[test]
fn of_lock() {
    expect![[r#"
        Record facts about the base images in plimsoll.lock

        Usage: plimsoll lock [OPTIONS] [IMAGE]...

        Arguments:
          [IMAGE]...  Read only these images [default: every image that runs or ships]

        Options:
              --image <IMAGE=FILE>  Read an image from this file instead of the engine (repeatable): a `docker save` archive, an OCI layout as a tar file, or the output of `docker buildx imagetools inspect --format '{{json .}}'`; `-` is standard input
              --pull                Let the engine pull missing images, without credentials
              --check               Write nothing; exit with 1 if plimsoll.lock is stale or lacks images
              --root <DIR>          The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>       The configuration [default: plimsoll.yaml in the root]
          -h, --help                Print help
    "#]].assert_eq(&help(&["lock", "--help"]));
}

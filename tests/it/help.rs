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
        A CI gate that holds Dockerfiles and Compose services against budgets for size, resources and security

        Usage: plimsoll [OPTIONS] [PATHS]...
               plimsoll <COMMAND>

        Commands:
          check        Judge the workspace (the default)
          fix          Fix what can be fixed: show the edits as a diff, or write them
          init         Propose a plimsoll.yaml for what is here: a profile for each service, budgets from what is set, why for each line
          new          Write a service that passes the gate of a profile: Dockerfile, compose.yaml and a program that answers the health check
          ignore       Write the comment that hides a finding, with the reason
          files        List what is read and why: Compose sets, Dockerfiles, and what was left out
          config       List the profile and the budgets of each service, and the line that each is from
          diff         Compare two versions: limits, image sizes, layers and hardening of each service, and the sums
          image        Say where the bytes of an image are
          lock         Write what is known of the images that the files name into plimsoll.lock
          usage        Measure what running containers take, beside their limits and budgets, and suggest limits
          policy       Policies of one's own
          rules        List every rule
          explain      Explain a rule, a built-in profile, or what is found in a line
          schema       Print the JSON Schema of plimsoll.yaml
          completions  Print a script that completes commands and flags in a shell
          verdict      End with the verdict of a report that `--format json` wrote (0, 1 or 2), after a scan with --exit-zero
          help         Print this message or the help of the given subcommand(s)

        Arguments:
          [PATHS]...  Folders to search, or files to judge alone; with --stdin-filename - is standard input

        Options:
              --stdin-filename <FILE>       The file that standard input stands for: a Compose file by its ending, else a Dockerfile
              --root <DIR>                  The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>               The configuration [default: plimsoll.yaml in the root]
              --config-from <BASE>          Judge by the configuration of this branch or commit and by all that it names, not by what lies here; `auto` is the base of the pull or merge request that CI is about, if it was fetched; `head` is what lies here
              --policy <WHAT>               What a change that loosens the policy is: a note or an error [default: report] [possible values: report, enforce]
              --baseline <FILE>             Leave out the findings that this file knows [default: `baseline:` of plimsoll.yaml, or plimsoll.baseline, where there is one]
              --no-baseline                 Use no baseline
              --write-baseline <FILE>       Write a file that knows the errors and warnings of this run (with --notes the notes as well), and leave them out
              --baseline-prune              Take out of the baseline what is no longer found
              --image <NAME=IMAGE|ARCHIVE>  The built image of a service or Dockerfile, in the engine or as `docker save` wrote it: counted, not worked out (repeatable)
              --no-engine                   Look for built images nowhere but where --image says
              --profile <NAME>              The profile of what `assign` gives none
              --fail-on <LEVEL>             Fail from this severity on [possible values: error, warning, note, never]
              --show <SERVICE>              Instead of the report, print this service (or Dockerfile): every value, where it comes from, its budget
              --exclude <GLOB>              Do not search these files and folders (repeatable; globs as in `exclude:` of plimsoll.yaml)
              --notes                       Show every note, not one line per service
              --severity <LEVEL>            Show what weighs this much or more; the verdict counts all [possible values: error, warning, note]
              --only <RULE|PATH>            Show only findings of this rule, or in this file or folder (repeatable); the verdict counts all
              --max-findings <NUMBER>       Draw so many findings at most; the others are counted [default: 50]
          -q, --quiet                       Print findings alone, without counts and verdict
              --statistics                  Print counts by rule and the verdict, without findings
              --changed[=<BASE>]            Report only what a change since BASE makes worse, see --changed-scope [default BASE: on CI what the event says, else the branch that this one was made from]
              --changed-scope <SCOPE>       With --changed: what is new or worse than before, or all that the change can affect [default: new] [possible values: new, affected]
              --env-file <FILE>             Variables for Compose, and all there are (repeatable, later files win)
              --env                         Use the variables of this process for Compose
              --usage <FILE>                What running containers took: a record of `plimsoll usage --record`, lines of `docker stats --format json`, or cgroup files
              --format <FORMAT>             What goes to standard output [default: text] [possible values: text, json, json-pretty, sarif, github, markdown, markdown-brief, gitlab, junit, line]
              --output <FORMAT=FILE>        Also write this format to this file (repeatable)
              --today <YYYY-MM-DD>          The day that end dates are held against [default: SOURCE_DATE_EPOCH, else today]
              --deadline <TIME>             How long the run may take; past it the verdict is `error` [default: 30s]
              --exit-zero                   Exit with 0 where the gate fails (never where it could not run)
              --color <WHEN>                When to use colour [default: auto] [possible values: auto, always, never]
          -h, --help                        Print help (see more with '--help')
          -V, --version                     Print version
    "#]].assert_eq(&help(&["-h"]));
}

#[test]
fn of_check() {
    expect![[r#"
        Judge the workspace (the default)

        Usage: plimsoll check [OPTIONS] [PATHS]...

        Arguments:
          [PATHS]...
                  Folders to search, or files to judge alone; with --stdin-filename - is standard input

        Options:
              --stdin-filename <FILE>
                  The file that standard input stands for: a Compose file by its ending, else a Dockerfile

              --root <DIR>
                  The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]

              --config <FILE>
                  The configuration [default: plimsoll.yaml in the root]

              --config-from <BASE>
                  Judge by the configuration of this branch or commit and by all that it names, not by what lies here; `auto` is the base of the pull or merge request that CI is about, if it was fetched; `head` is what lies here

              --policy <WHAT>
                  What a change that loosens the policy is: a note or an error

                  Possible values:
                  - report:  A note
                  - enforce: An error

                  [default: report]

              --baseline <FILE>
                  Leave out the findings that this file knows [default: `baseline:` of plimsoll.yaml, or plimsoll.baseline, where there is one]

              --no-baseline
                  Use no baseline

              --write-baseline <FILE>
                  Write a file that knows the errors and warnings of this run (with --notes the notes as well), and leave them out

              --baseline-prune
                  Take out of the baseline what is no longer found

              --image <NAME=IMAGE|ARCHIVE>
                  The built image of a service or Dockerfile, in the engine or as `docker save` wrote it: counted, not worked out (repeatable)

              --no-engine
                  Look for built images nowhere but where --image says

              --profile <NAME>
                  The profile of what `assign` gives none

              --fail-on <LEVEL>
                  Fail from this severity on

                  Possible values:
                  - error:   Errors
                  - warning: Errors and warnings
                  - note:    Anything
                  - never:   Nothing

              --show <SERVICE>
                  Instead of the report, print this service (or Dockerfile): every value, where it comes from, its budget

              --exclude <GLOB>
                  Do not search these files and folders (repeatable; globs as in `exclude:` of plimsoll.yaml)

              --notes
                  Show every note, not one line per service

              --severity <LEVEL>
                  Show what weighs this much or more; the verdict counts all

                  Possible values:
                  - error:   Errors
                  - warning: Errors and warnings
                  - note:    Everything

              --only <RULE|PATH>
                  Show only findings of this rule, or in this file or folder (repeatable); the verdict counts all

              --max-findings <NUMBER>
                  Draw so many findings at most; the others are counted [default: 50]

          -q, --quiet
                  Print findings alone, without counts and verdict

              --statistics
                  Print counts by rule and the verdict, without findings

              --changed[=<BASE>]
                  Report only what a change since BASE makes worse, see --changed-scope [default BASE: on CI what the event says, else the branch that this one was made from]

              --changed-scope <SCOPE>
                  With --changed: what is new or worse than before, or all that the change can affect

                  Possible values:
                  - new:      What was not there before the change, or is worse now
                  - affected: All that the change can affect

                  [default: new]

              --env-file <FILE>
                  Variables for Compose, and all there are (repeatable, later files win)

              --env
                  Use the variables of this process for Compose

              --usage <FILE>
                  What running containers took: a record of `plimsoll usage --record`, lines of `docker stats --format json`, or cgroup files

              --format <FORMAT>
                  What goes to standard output

                  Possible values:
                  - text:           For people, with source lines
                  - json:           Everything, for machines: docs/json.md
                  - json-pretty:    The same, indented for people
                  - sarif:          SARIF 2.1.0, for code scanning
                  - github:         Workflow commands, for annotations
                  - markdown:       For the step summary
                  - markdown-brief: For one comment on a pull request, no longer than a screen
                  - gitlab:         GitLab's Code Quality
                  - junit:          JUnit XML; what fails the gate is a failure
                  - line:           A line each, path:line:col: level: message and the rule, for editors

                  [default: text]

              --output <FORMAT=FILE>
                  Also write this format to this file (repeatable)

              --today <YYYY-MM-DD>
                  The day that end dates are held against [default: SOURCE_DATE_EPOCH, else today]

              --deadline <TIME>
                  How long the run may take; past it the verdict is `error` [default: 30s]

              --exit-zero
                  Exit with 0 where the gate fails (never where it could not run)

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
        List what is read and why: Compose sets, Dockerfiles, and what was left out

        Usage: plimsoll files [OPTIONS] [PATHS]...

        Arguments:
          [PATHS]...  Folders to search, or files that are judged alone

        Options:
              --root <DIR>     The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>  The configuration [default: plimsoll.yaml in the root]
              --json           Print JSON instead of lists
          -h, --help           Print help
    "#]].assert_eq(&help(&["files", "-h"]));
    expect![[r#"
        Say where the bytes of an image are

        Usage: plimsoll image [OPTIONS] [IMAGE|ARCHIVE]...

        Arguments:
          [IMAGE|ARCHIVE]...  Measure this archive (what `docker save` wrote, or an OCI layout in a tar file; - is standard input), else this image of the engine. Of several images, what they share and what they take together

        Options:
              --format <FORMAT>    How to print it [default: text] [possible values: text, json, markdown]
              --json               The same as --format json
              --record <NAME>      Write its size under this name (of a service or Dockerfile) into plimsoll.sizes.yaml in the root
              --from <DOCKERFILE>  Work it out from this Dockerfile, without building
              --target <STAGE>     The stage to build [default: the last one]
              --root <DIR>         The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>      The configuration [default: plimsoll.yaml in the root]
          -h, --help               Print help (see more with '--help')
    "#]].assert_eq(&help(&["image", "-h"]));
    expect![[r#"
        End with the verdict of a report that `--format json` wrote (0, 1 or 2), after a scan with --exit-zero

        Usage: plimsoll verdict <REPORT>

        Arguments:
          <REPORT>  The report

        Options:
          -h, --help  Print help
    "#]]
    .assert_eq(&help(&["verdict", "-h"]));
    expect![[r#"
        Explain a rule, a built-in profile, or what is found in a line

        Usage: plimsoll explain <RULE|PROFILE|PATH:LINE>

        Arguments:
          <RULE|PROFILE|PATH:LINE>  The name of a rule, or its code in another tool; the name of a profile; or a place like compose.yaml:18

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
        Write what is known of the images that the files name into plimsoll.lock

        Usage: plimsoll lock [OPTIONS] [IMAGE]...

        Arguments:
          [IMAGE]...  Read only these images, of those that the files name [default: every one that runs or ships]

        Options:
              --image <IMAGE=FILE>  Read an image from this file, not from the engine (repeatable): an archive of `docker save`, an OCI layout in a tar file, or what `docker buildx imagetools inspect --format '{{json .}}'` prints; - is standard input
              --pull                Let the engine pull images that it does not have, without credentials
              --check               Write nothing; exit with 1 where images are missing from plimsoll.lock or it is stale
              --root <DIR>          The workspace root; nothing outside it is read [default: the nearest folder with .git, else this folder]
              --config <FILE>       The configuration [default: plimsoll.yaml in the root]
          -h, --help                Print help
    "#]].assert_eq(&help(&["lock", "--help"]));
}

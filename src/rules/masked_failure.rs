mod download;

use super::{Check, Group};
use crate::build::{JudgedFile, RunStep, StageUse, Traits};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::shell::{Command, Joint, Word};
use crate::repository::Repository;

rule! {
    /// A step can fail and the build goes on.
    ///
    /// ## Why it matters
    /// Of a pipe the shell takes the last command's status: when the build in front of `| tee` fails, `tee` does not. Of a
    /// heredoc without `set -e` only the last command counts, and under `set -e` a command behind `!` never ends the script.
    /// Without `--fail`, curl takes the page of an error for the file, and succeeds.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13
    /// RUN make 2>&1 | tee /build.log  # <- here
    /// RUN curl -sSLo /usr/local/bin/tool https://example.org/tool && chmod +x /usr/local/bin/tool  # <- here
    /// RUN set -e; ! grep -q debug /etc/app.conf; touch /checked  # <- here
    /// RUN <<EOF  # <- here
    /// apt-get update
    /// rm -rf /var/lib/apt/lists/*
    /// EOF
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// RUN make 2>&1 | tee /build.log
    /// RUN curl -fsSLo /usr/local/bin/tool https://example.org/tool && chmod +x /usr/local/bin/tool
    /// RUN set -e; if grep -q debug /etc/app.conf; then exit 1; fi; touch /checked
    /// RUN <<EOF
    /// set -e
    /// apt-get update
    /// rm -rf /var/lib/apt/lists/*
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13
    /// RUN set -o pipefail; make 2>&1 | tee /build.log
    /// RUN curl -sSL https://example.org/x.tar.gz | tar -xz
    /// RUN curl -sSLO https://example.org/y.tar.gz && tar -xzf y.tar.gz
    /// RUN VERSION="$(curl -fsSL https://example.org/version | cat)" && test -n "$VERSION"
    /// ```
    ///
    /// ## Notes
    /// A program that fails on other input (`tar`, `gpg`, `sha256sum -c`) masks nothing, in a pipe as with a file. A download
    /// that is piped into a shell is `unverified-download`.
    RULE {
        name: "masked-failure",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["DL4006", "efbf148a-67e9-42d2-ac47-02fa1c0d0b22"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let downloads = download::Downloads::new(file);
    for step in file
        .run_steps()
        .iter()
        .filter(|step| step.stage_use != StageUse::Unused)
    {
        if !step.has_pipefail() {
            for (index, command) in step.commands().iter().enumerate() {
                found.extend(masked_pipe(step, index, command));
            }
        }
        if step.stops_at_failure() {
            found.extend(masked_tests(step));
        }
        downloads.unchecked(step, found);
        found.extend(masked_script(file, step));
    }
}

fn masked_pipe(step: &RunStep, index: usize, command: &Command) -> Option<Finding> {
    let program = command.program().filter(|program| Traits::of(program).fetches())?;
    // In `$(...)` the value is what counts, and mostly missed at once; after `||` a failure is meant to be fine.
    if command.inside.is_some() || command.joint == Joint::Or || command.conditional {
        return None;
    }
    let next = step.script.as_ref()?.piped_into(index)?;
    let into = next.program().filter(|into| Traits::of(into).reads_anything())?;
    let into = if into == "sudo" {
        next.arguments()
            .iter()
            .find(|word| !word.text.starts_with('-'))?
            .text
            .as_str()
    } else {
        into
    };
    // What an index or an install reads next fails there.
    let is_read = |word: &Word| download::READ_LATER.iter().any(|folder| word.text.starts_with(folder));
    if into == "tee" && next.arguments().iter().any(is_read) {
        return None;
    }
    if !Traits::of(into).reads_anything() || (matches!(program, "curl" | "wget") && runs_input(next)) {
        return None;
    }
    Some(
        Finding::new(
            command.words.first()?.span,
            format!("if `{program}` fails, `{into}` still succeeds and the build continues"),
        )
        .help("write to a file first, or set `pipefail` where the shell knows it: `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` on Debian")
        .aspect(format!("RUN {}.{index}", step.instruction)),
    )
}

/// Whether a shell or interpreter runs what it is given: that is a download that nobody checked, and said as that.
fn runs_input(command: &Command) -> bool {
    let mut words = command.words.iter().map(|word| word.text.as_str());
    let program = words.find(|word| !matches!(*word, "sudo" | "env" | "exec" | "-E" | "-H") && !word.contains('='));
    match program.and_then(|program| program.rsplit('/').next()) {
        Some("sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") => true,
        Some("python" | "python3" | "perl" | "node") => words.next().is_none_or(|first| first == "-"),
        _ => false,
    }
}

/// Commands behind `!` in a script that stops at failures: they do not stop it, whatever they say.
fn masked_tests(step: &RunStep) -> Vec<Finding> {
    let commands = step.commands();
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let is_alone = matches!(command.joint, Joint::First | Joint::Then) && !command.conditional;
        if !command.negated || !is_alone || command.inside.is_some() {
            continue;
        }
        let mut behind = commands.iter().skip(index + 1);
        let next = behind.find(|next| next.inside.is_none() && next.level <= command.level && next.joint != Joint::Pipe);
        // What the last command says counts.
        let (Some(next), Some(program)) = (next, command.words.first()) else {
            continue;
        };
        if next.joint == Joint::Then && next.level == command.level {
            let message = format!("`! {}` never stops this script: `set -e` ignores a command after `!`", program.text);
            found.push(
                Finding::new(program.span, message)
                    .help(format!("write `if {} ...; then exit 1; fi`", program.text))
                    .aspect(format!("RUN {}.{index} !", step.instruction)),
            );
        }
    }
    found
}

/// A heredoc of several commands whose shell goes on after a failure.
fn masked_script(file: &JudgedFile, step: &RunStep) -> Option<Finding> {
    let instruction = step.of(file)?;
    let heredoc = instruction.heredocs.first()?;
    // Without an end it is refused, which is said.
    heredoc.terminator?;
    // Only a heredoc that is the script itself; text that is fed into a program is not run here.
    let body_first = step.text.original(0) >= heredoc.body.start;
    if !body_first || step.stops_at_failure() {
        return None;
    }
    let top: Vec<&Command> = step
        .commands()
        .iter()
        .filter(|command| command.inside.is_none() && !command.words.is_empty())
        .collect();
    let (_, before) = top.split_last()?;
    // What ends a line that another one follows is not looked at again.
    let ignored = before.iter().zip(top.iter().skip(1)).find(|(one, next)| {
        next.joint == Joint::Then
            && !one.conditional
            && one.program().is_some_and(|program| !Traits::of(program).never_fails())
    });
    let (one, _) = ignored?;
    let program = one.program()?;
    Some(
        Finding::new(
            instruction.keyword.span.to(heredoc.marker),
            format!("if `{program}` fails in this script, the next line runs and the build continues"),
        )
        .help("begin the script with `set -e`")
        .related(one.words.first()?.span, "this failure is not noticed")
        .aspect(format!("RUN {}", step.instruction)),
    )
}

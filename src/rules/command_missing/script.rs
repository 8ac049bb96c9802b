//! A script of the context that the kernel cannot start (`execve(2)`: EACCES, ENOEXEC, ENOENT).

use crate::build::context::Script;
use crate::build::{FileSystem, JudgedFile};
use crate::finding::{Finding, Severity};
use crate::known_images::Has;

/// What helps against carriage returns.
const LINE_FEEDS: &str = "save it with LF line ends and add `*.sh text eol=lf` to .gitattributes";

/// A finding for each script that a stage starts and that does not start.
pub(super) fn check(file: &JudgedFile, contents: &FileSystem, stage: &str, found: &mut Vec<Finding>) {
    let context = file.context.as_ref().filter(|context| context.is_certain());
    for (index, script) in context.iter().flat_map(|context| &context.scripts).enumerate() {
        if let Some((severity, message, help)) = refusal(file, contents, stage, script) {
            let finding = Finding::new(script.word, message).help(help).severity(severity);
            found.push(finding.aspect(if index == 0 { "script".to_owned() } else { format!("script {}", script.path) }));
        }
    }
}

/// How much it weighs, what is wrong, and what helps.
type Refusal = (Severity, String, &'static str);

fn refusal(file: &JudgedFile, contents: &FileSystem, stage: &str, script: &Script) -> Option<Refusal> {
    let path = &script.path;
    if let Some(shell) = &script.shell {
        if script.has_returns {
            let message = format!(
                "{stage} runs `{path}` with `{shell}`, which reads the carriage return at the end of each line as \
                 part of the last word"
            );
            return Some((Severity::Warning, message, LINE_FEEDS));
        }
        return None;
    }
    if let Some(mode) = script.closed.filter(|_| script.executable && file.services.is_empty()) {
        let message =
            format!("{stage} starts `{path}`, which belongs to root with mode {mode:o}: the image's user cannot execute it");
        let help = "write `--chmod=755`, or `--chown` with the user that runs it";
        return Some((Severity::Error, message, help));
    }
    if !script.executable {
        let message = format!("{stage} starts `{path}`, which is not executable: its containers do not start");
        let help = "run `chmod +x` on the file and commit it, or write `COPY --chmod=0755`";
        return Some((Severity::Error, message, help));
    }
    let Some(line) = &script.first_line else {
        // A shell runs such a text itself.
        if script.is_text && !script.by_shell {
            let message = format!("{stage} starts `{path}`, which has no `#!` line: its containers do not start");
            let help = "add the interpreter as the first line: `#!/bin/sh`";
            return Some((Severity::Error, message, help));
        }
        return None;
    };
    if line.ends_with('\r') {
        let message = format!(
            "{stage} starts `{path}`, whose first line ends with a carriage return: its containers do not start"
        );
        return Some((Severity::Error, message, LINE_FEEDS));
    }
    // Without any shell a script that is called one is not said twice (`shell-missing`).
    let asks_for_sh = line.split_whitespace().next() == Some("/bin/sh");
    if asks_for_sh && path.ends_with(".sh") && contents.shell() == Has::No {
        return None;
    }
    if let Some(missing) = missing_interpreter(line, contents) {
        let message = format!(
            "{stage} starts `{path}`, whose interpreter `{missing}` does not exist: its containers do not start"
        );
        let severity = if contents.is_certain() {
            Severity::Error
        } else {
            Severity::Warning
        };
        let help = "install it in the final stage, or write the script for one that exists";
        return Some((severity, message, help));
    }
    None
}

/// What the first line of a script, without its `#!`, runs it with and the image does not have.
fn missing_interpreter<'a>(line: &'a str, contents: &FileSystem) -> Option<&'a str> {
    let mut words = line.split_whitespace();
    let interpreter = words.next().unwrap_or_default();
    match (interpreter, words.next()) {
        ("/usr/bin/env", Some(program)) if contents.file(interpreter) != Has::No && !program.starts_with('-') => {
            (contents.program(program) == Has::No).then_some(program)
        }
        ("", _) => None,
        _ => (contents.file(interpreter) == Has::No).then_some(interpreter),
    }
}

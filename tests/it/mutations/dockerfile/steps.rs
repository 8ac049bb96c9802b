//! Edits of the steps of a build: other ways to run the same command, and steps that do nothing.

use super::model::{Docker, Step};
use super::{each, whole};
use crate::mutations::edit::{Edit, Files, is_dockerfile, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::rewrites("here-document", heredoc),
    Edit::rewrites("here-document with a quoted end", heredoc_quoted),
    Edit::rewrites("a command that does nothing before", true_before),
    Edit::rewrites("a command that does nothing behind", true_behind),
    Edit::rewrites("a group of commands", group),
    Edit::rewrites("a subshell", subshell),
    Edit::rewrites("quoted words of a command", quoted_words),
    Edit::rewrites("a line for each command", command_lines),
    Edit::rewrites("a line for each command, operators first", operator_lines),
    Edit::rewrites("a step with the default network", default_network),
    Edit::rewrites("a step with a mount of its own", own_mount),
    Edit::moves("an unrelated RUN", unrelated_run),
    Edit::moves("an unrelated LABEL", unrelated_label),
    Edit::moves("an unrelated ARG", unrelated_arg),
    Edit::moves("an unrelated ENV", unrelated_env),
    Edit::moves("an unrelated STOPSIGNAL", unrelated_signal),
    Edit::rewrites("two steps for harmless commands", split_step),
];

fn in_heredoc(docker: &Docker<'_>, step: &Step, end: &str) -> Option<String> {
    let text = step.script()?;
    let name = end.trim_matches('\'');
    (docker.escape == '\\').then(|| format!("RUN {}<<{end}\n{text}\n{name}", step.flags().0))
}

/// The text of a here-document is a script for the same shell; of one command the status is the same.
fn heredoc(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| in_heredoc(docker, step, "EOF"))
}

/// Quotes keep variables for the shell, which replaces them in both.
fn heredoc_quoted(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| in_heredoc(docker, step, "'EOF'"))
}

fn run(step: &Step, write: impl Fn(&str) -> String) -> Option<String> {
    let text = step.script()?;
    Some(format!("RUN {}{}", step.flags().0, write(text)))
}

/// `true &&` goes on.
fn true_before(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| run(step, |text| format!("true && {text}")))
}

/// `&& true` ends as what was before it.
fn true_behind(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let text = step.script()?;
        // Behind `;` and `||` it would be another status, behind `&` no command.
        let is_one = !text.contains([';', '&', '|', '!'])
            || (text.contains("&&") && !text.replace("&&", "").contains([';', '&', '|', '!']));
        let text = run(step, |text| format!("{text} && true"));
        text.filter(|_| is_one)
    })
}

/// Braces run a list in the same shell.
fn group(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        run(step, |text| format!("{{ {}; }}", text.trim_end_matches(';')))
    })
}

/// A shell of its own: what it changes of itself ends with the step anyway.
fn subshell(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| run(step, |text| format!("({text})")))
}

/// A word without anything special is the same in quotes. The first one may be a keyword, and an assignment would be none.
fn quoted_words(files: &Files, path: &str) -> Vec<Files> {
    let quote = |text: &str| {
        let (mut out, mut is_first) = (Vec::new(), true);
        for word in text.split(' ') {
            let is_plain = !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "./_:@%+-".contains(c));
            let is_keyword = matches!(
                word,
                "then" | "do" | "else" | "in" | "fi" | "done" | "if" | "while" | "for" | "case" | "esac"
            );
            out.push(match is_plain && !is_first && !is_keyword {
                true => format!("\"{word}\""),
                false => word.to_owned(),
            });
            let ends = word.ends_with([';', '&', '|', '(', '{', '!']) || is_keyword || word.contains('=');
            is_first = ends || (is_first && word.is_empty());
        }
        out.join(" ")
    };
    each(files, path, |_, step| {
        let text = step
            .script()
            .filter(|text| !text.contains(['"', '\'', '\\', '`', '$', '(', '[']))?;
        let quoted = quote(text);
        (quoted != text).then(|| format!("RUN {}{quoted}", step.flags().0))
    })
}

/// A continuation behind an operator.
fn command_lines(files: &Files, path: &str) -> Vec<Files> {
    by_operator(files, path, |escape| format!("&& {escape}\n    "))
}

/// Or in front of it.
fn operator_lines(files: &Files, path: &str) -> Vec<Files> {
    by_operator(files, path, |escape| format!("{escape}\n && "))
}

fn by_operator(files: &Files, path: &str, write: impl Fn(char) -> String) -> Vec<Files> {
    each(files, path, |docker, step| {
        let text = step
            .script()
            .filter(|text| text.contains("&& ") && !text.contains(['"', '\'']))?;
        Some(format!(
            "RUN {}{}",
            step.flags().0,
            text.replace("&& ", &write(docker.escape))
        ))
    })
}

fn with_flag(docker: &Docker<'_>, step: &Step, flag: &str, name: &str) -> Option<String> {
    let is_fit = step.keyword == "RUN" && !step.rest.contains(name);
    let text = docker.text(step.lines.clone());
    let rest = text.trim_start().get(3..).filter(|_| is_fit)?;
    Some(format!("RUN {flag}{}", rest.trim_end_matches('\n')))
}

/// What a step has anyway.
fn default_network(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        with_flag(docker, step, "--network=default", "--network")
    })
}

/// An empty folder that nothing looks into and that goes with the step.
fn own_mount(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        with_flag(docker, step, "--mount=type=tmpfs,target=/plimsoll", "/plimsoll")
    })
}

/// A line behind every instruction of a kind, one at a time.
fn behind(files: &Files, path: &str, line: &str, fits: impl Fn(&Docker<'_>, &Step) -> bool) -> Vec<Files> {
    if !is_dockerfile(path) {
        return Vec::new();
    }
    let docker = Docker::new(&files[path]);
    let places = docker
        .steps
        .iter()
        .filter(|step| fits(&docker, step))
        .map(|step| step.lines.end);
    places
        .map(|at| with(files, path, docker.replaced(at..at, line)))
        .collect()
}

/// `true` changes no file: where a shell runs one command it can run another.
fn unrelated_run(files: &Files, path: &str) -> Vec<Files> {
    behind(files, path, "RUN true\n", |_, step| step.script().is_some())
}

/// A label is read by whoever knows its name.
fn unrelated_label(files: &Files, path: &str) -> Vec<Files> {
    behind(files, path, "LABEL org.example.bystander=\"plain\"\n", is_in_stage)
}

/// An argument is read by whoever refers to it.
fn unrelated_arg(files: &Files, path: &str) -> Vec<Files> {
    behind(files, path, "ARG PLIMSOLL_BYSTANDER=plain\n", |docker, step| {
        is_in_stage(docker, step)
    })
}

/// So is a variable that no program knows.
fn unrelated_env(files: &Files, path: &str) -> Vec<Files> {
    behind(files, path, "ENV PLIMSOLL_BYSTANDER=plain\n", |docker, step| {
        is_in_stage(docker, step)
    })
}

/// The signal that stops a container is this one anyway, unless the file or its base says another.
fn unrelated_signal(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, text| {
        let has_one = docker.steps.iter().any(|step| step.keyword == "STOPSIGNAL");
        let from = docker.steps.iter().rev().find(|step| step.keyword == "FROM")?;
        let is_empty = from.rest.starts_with("scratch") || from.rest.starts_with("alpine");
        let end = if text.ends_with('\n') { "" } else { "\n" };
        (!has_one && is_empty).then(|| format!("{text}{end}STOPSIGNAL SIGTERM\n"))
    })
}

/// Behind the first FROM.
fn is_in_stage(docker: &Docker<'_>, step: &Step) -> bool {
    let first = docker.steps.iter().find(|step| step.keyword == "FROM");
    first.is_some_and(|from| from.lines.start <= step.lines.start)
}

/// Commands that only make files, of which each can be in a layer of its own.
const HARMLESS: [&str; 8] = [
    "mkdir", "touch", "adduser", "addgroup", "useradd", "groupadd", "ln", "true",
];

/// Two of them in two steps leave the same files.
fn split_step(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let (first, rest) = step.script()?.split_once(" && ")?;
        let is_harmless = |text: &str| {
            HARMLESS
                .iter()
                .any(|name| text.trim_start().split(' ').next() == Some(*name))
        };
        let commands: Vec<&str> = rest.split(" && ").collect();
        let all =
            is_harmless(first) && commands.iter().all(|command| is_harmless(command)) && !rest.contains([';', '|']);
        let flags = step.flags().0;
        all.then(|| format!("RUN {flags}{first}\nRUN {flags}{rest}"))
    })
}

//! Edits of the words of instructions: quotes, JSON forms, arguments in place of literals.

use super::each;
use super::model::{Docker, Step};
use crate::mutations::edit::{Edit, Files};

pub(super) const EDITS: &[Edit] = &[
    Edit::rewrites("quoted words", quoted),
    Edit::rewrites("JSON form of COPY", json_copy),
    Edit::rewrites("JSON form of VOLUME", json_volume),
    Edit::rewrites("blanks in a JSON form", json_blanks),
    Edit::rewrites("shell form as exec form of a shell", exec_shell),
    Edit::rewrites("ENV with a blank", env_blank),
    Edit::rewrites("ENV with an equals sign", env_equals),
    Edit::rewrites("LABEL over lines", label_lines),
    Edit::rewrites("base image from an argument", base_argument),
    Edit::rewrites("word from an argument", word_argument),
    Edit::rewrites("reference with braces", braces),
    Edit::rewrites("reference without braces", no_braces),
    Edit::rewrites("platform of the builder", platform),
];

fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "./_:@-".contains(c))
}

/// BuildKit takes quotes off the words of these (shlex.ProcessWord).
fn quoted(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let takes_quotes = matches!(step.keyword.as_str(), "USER" | "WORKDIR" | "EXPOSE" | "STOPSIGNAL");
        if takes_quotes && is_plain(&step.rest) {
            return Some(format!("{} \"{}\"", step.keyword, step.rest));
        }
        let (name, value) = step
            .rest
            .split_once('=')
            .filter(|_| matches!(step.keyword.as_str(), "ENV" | "LABEL" | "ARG"))?;
        (is_plain(name) && is_plain(value)).then(|| format!("{} {name}=\"{value}\"", step.keyword))
    })
}

fn json(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

/// The paths of a COPY or ADD may be a JSON list.
fn json_copy(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let (flags, paths) = step.flags();
        let words: Vec<&str> = paths.split_whitespace().collect();
        let is_fit = matches!(step.keyword.as_str(), "COPY" | "ADD") && !step.has_heredoc() && words.len() > 1;
        let are_plain = words.iter().all(|word| !word.contains(['"', '\\', '[', '\'', '#']));
        (is_fit && are_plain).then(|| format!("{} {flags}{}", step.keyword, json(&words)))
    })
}

/// So may the paths of a VOLUME.
fn json_volume(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let words: Vec<&str> = step.rest.split_whitespace().collect();
        let is_fit = step.keyword == "VOLUME" && words.iter().all(|word| is_plain(word));
        is_fit.then(|| format!("VOLUME {}", json(&words)))
    })
}

/// JSON has blanks wherever one likes.
fn json_blanks(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let at = step.rest.find('[')?;
        let (before, list) = step.rest.split_at(at);
        let is_fit = (before.is_empty() || before.ends_with(' ')) && list.ends_with("\"]") && list.starts_with("[\"");
        let spaced = list
            .replace("[\"", "[ \"")
            .replace("\", \"", "\" ,  \"")
            .replace("\"]", "\" ]");
        (is_fit && !before.contains('"')).then(|| format!("{} {before}{spaced}", step.keyword))
    })
}

/// The shell form is `/bin/sh -c` with the text (dockerfile2llb/convert.go withShell).
fn exec_shell(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        let (flags, text) = step.flags();
        let (before, text) = match step.keyword.as_str() {
            "RUN" => (flags.to_owned(), step.script()?),
            "CMD" | "ENTRYPOINT" => (String::new(), step.rest.as_str()),
            "HEALTHCHECK" => (format!("{flags}CMD "), text.strip_prefix("CMD ")?),
            _ => return None,
        };
        let is_fit = !text.starts_with('[')
            && !text.contains(['\t', '#'])
            && docker.has_default_shell()
            && docker.escape == '\\';
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        is_fit.then(|| format!("{} {before}[\"/bin/sh\", \"-c\", \"{text}\"]", step.keyword))
    })
}

fn one_pair(step: &Step, between: char) -> Option<(&str, &str)> {
    let (name, value) = step.rest.split_once(between).filter(|_| step.keyword == "ENV")?;
    (is_plain(name) && is_plain(value.trim())).then_some((name, value.trim()))
}

/// The older form has a blank between name and value.
fn env_blank(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        one_pair(step, '=').map(|(name, value)| format!("ENV {name} {value}"))
    })
}

/// The newer one an equals sign.
fn env_equals(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        one_pair(step, ' ').map(|(name, value)| format!("ENV {name}={value}"))
    })
}

/// A label may stand on a line of its own.
fn label_lines(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        let is_fit =
            step.keyword == "LABEL" && step.own.len() == 1 && step.rest.contains('=') && !step.rest.contains('#');
        is_fit.then(|| format!("LABEL {}\n      {}", docker.escape, step.rest))
    })
}

/// An argument before the first FROM has its default there.
fn base_argument(files: &Files, path: &str) -> Vec<Files> {
    super::whole(files, path, |docker, _| {
        let first = docker
            .steps
            .first()
            .filter(|step| step.keyword == "FROM" || step.keyword == "ARG")?;
        let from = docker.steps.iter().find(|step| step.keyword == "FROM")?;
        let (flags, rest) = from.flags();
        let (image, name) = rest.split_once(' ').unwrap_or((rest, ""));
        if !is_plain(image) || from.own.len() != 1 || docker.is_spoken_of(first.own.start) {
            return None;
        }
        let line = format!("FROM {flags}${{PLIMSOLL_BASE}} {name}");
        let below = docker.replaced(from.own.clone(), line.trim_end());
        let text = Docker::new(&below).replaced(
            first.own.start..first.own.start,
            &format!("ARG PLIMSOLL_BASE={image}\n"),
        );
        Some(text)
    })
}

/// An argument of a stage has its default in what follows.
fn word_argument(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let is_place = matches!(step.keyword.as_str(), "USER" | "WORKDIR" | "EXPOSE" | "STOPSIGNAL");
        let word = &step.rest;
        (is_place && is_plain(word)).then(|| format!("ARG PLIMSOLL_WORD={word}\n{} ${{PLIMSOLL_WORD}}", step.keyword))
    })
}

/// The instructions in which BuildKit replaces variables.
fn is_expanded(step: &Step) -> bool {
    let names = [
        "FROM",
        "ADD",
        "COPY",
        "ENV",
        "EXPOSE",
        "LABEL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    names.contains(&step.keyword.as_str())
        && !step.has_heredoc()
        && !step.rest.contains('\\')
        && !step.rest.contains('\'')
}

/// `$name` is `${name}`.
fn braces(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let at = step.rest.find('$').filter(|_| is_expanded(step))?;
        let rest = &step.rest[at + 1..];
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        (length > 0 && !name.starts_with(|c: char| c.is_ascii_digit()))
            .then(|| format!("{} {}${{{name}}}{after}", step.keyword, &step.rest[..at]))
    })
}

/// And the other way round, where no letter follows.
fn no_braces(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let (before, rest) = step.rest.split_once("${").filter(|_| is_expanded(step))?;
        let (name, after) = rest.split_once('}')?;
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_apart = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        (is_name && is_apart).then(|| format!("{} {before}${name}{after}", step.keyword))
    })
}

/// On the builder's own platform it is the same image.
fn platform(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let is_fit = step.keyword == "FROM" && !step.rest.starts_with("--");
        is_fit.then(|| format!("FROM --platform=$BUILDPLATFORM {}", step.rest))
    })
}

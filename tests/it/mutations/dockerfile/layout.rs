//! Edits of the blanks, comments and line ends of a Dockerfile (BuildKit, frontend/dockerfile/parser/parser.go).

use super::model::{Docker, Step};
use super::{each, whole};
use crate::mutations::edit::{Edit, Files, NOTE, is_dockerfile, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::moves("comment lines", comment_lines),
    Edit::moves("a comment in a continuation", comment_inside),
    Edit::moves("blank lines", blank_lines),
    Edit::moves("indented instructions", indented),
    Edit::moves("blanks at line ends", blanks_at_ends),
    Edit::moves("CRLF", crlf),
    Edit::moves("no final newline", no_final_newline),
    Edit::moves("BOM", bom),
    Edit::moves("syntax directive", syntax),
    Edit::moves("escape directive", escape),
    Edit::rewrites("lower-case instructions", lower_case),
    Edit::rewrites("mixed-case instructions", mixed_case),
    Edit::rewrites("a continuation", continuation),
    Edit::rewrites("continuations at every blank", continuations),
    Edit::rewrites("an instruction on one line", one_line),
    Edit::rewrites("tabs for blanks", tabs),
    Edit::rewrites("more blanks", more_blanks),
];

fn above(text: &str, docker: &Docker<'_>, step: &Step) -> Option<String> {
    let can_be = step.lines.start >= docker.head && !docker.is_spoken_of(step.lines.start);
    can_be.then(|| format!("{text}\n{}", docker.text(step.lines.clone()).trim_end_matches('\n')))
}

/// A line that begins with `#` is no instruction, wherever it is but at the head.
fn comment_lines(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| above(NOTE, docker, step))
}

/// Comment lines between continued ones are dropped, and the instruction goes on behind them.
fn comment_inside(files: &Files, path: &str) -> Vec<Files> {
    if !is_dockerfile(path) {
        return Vec::new();
    }
    let docker = Docker::new(&files[path]);
    let mut made = Vec::new();
    for step in &docker.steps {
        for at in step.own.start + 1..step.own.end {
            if !docker.is_between(at) && !docker.is_spoken_of(at) {
                made.push(with(files, path, docker.replaced(at..at, &format!("  {NOTE}\n"))));
            }
        }
    }
    made
}

/// An empty line between instructions is nothing.
fn blank_lines(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| above("", docker, step))
}

/// Blanks before an instruction are trimmed.
fn indented(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        Some(format!("  {}", docker.text(step.lines.clone()).trim_end_matches('\n')))
    })
}

/// Blanks behind an instruction are trimmed, and a line goes on although blanks stand behind its backslash.
fn blanks_at_ends(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        let lines = docker.lines[step.own.clone()].iter();
        let own: Vec<String> = lines.map(|line| format!("{line}  ")).collect();
        (!step.has_heredoc()).then(|| own.join("\n"))
    })
}

/// The carriage return before a line feed is trimmed, but in a here-document.
fn crlf(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, text| {
        let has_heredoc = docker.steps.iter().any(Step::has_heredoc);
        (!has_heredoc).then(|| text.replace('\n', "\r\n"))
    })
}

/// The last line ends with the text.
fn no_final_newline(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |_, text| Some(text.trim_end_matches('\n').to_owned()))
}

/// BuildKit drops a byte order mark.
fn bom(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |_, text| Some(format!("\u{feff}{text}")))
}

/// The frontend that is the default, at the version that its name means today.
fn syntax(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, text| {
        (docker.head == 0).then(|| format!("# syntax=docker/dockerfile:1\n{text}"))
    })
}

/// The backslash is what lines go on with anyway.
fn escape(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, text| {
        (docker.head == 0).then(|| format!("# escape=\\\n{text}"))
    })
}

fn with_keyword(docker: &Docker<'_>, step: &Step, write: impl Fn(&str) -> String) -> Option<String> {
    let text = docker.text(step.lines.clone());
    let at = text.len() - text.trim_start().len();
    let end = at + step.keyword.len();
    let keyword = write(text.get(at..end)?);
    Some(format!(
        "{}{keyword}{}",
        &text[..at],
        text[end..].trim_end_matches('\n')
    ))
}

/// The names of instructions have no case.
fn lower_case(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        with_keyword(docker, step, str::to_ascii_lowercase)
    })
}

/// Neither has any letter of them.
fn mixed_case(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| {
        with_keyword(docker, step, |word| {
            let (first, rest) = word.split_at(1);
            format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
        })
    })
}

/// The blanks of a line outside quotes at which it can be broken: in front of a word, behind another one.
fn blanks(line: &str) -> Vec<usize> {
    let (mut quote, mut places, mut before) = (None, Vec::new(), ' ');
    for (at, character) in line.char_indices() {
        match quote {
            Some(open) if open == character && before != '\\' => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'' | '`') => quote = Some(character),
            None => {
                let next = line[at + character.len_utf8()..].chars().next().unwrap_or(' ');
                let is_between =
                    character == ' ' && !before.is_whitespace() && before != '\\' && !matches!(next, ' ' | '#' | '\\');
                if is_between {
                    places.push(at);
                }
            }
        }
        before = character;
    }
    places
}

fn broken(docker: &Docker<'_>, step: &Step, choose: impl Fn(&[usize]) -> Vec<usize>) -> Option<String> {
    let line = docker.lines[step.own.start];
    let is_fit = step.own.len() == 1 && !step.has_heredoc() && !line.contains("\\\"") && !line.contains("#");
    // Between the words of an instruction that no shell reads a continuation is a blank, too.
    let mut places = blanks(line.trim_end());
    places.retain(|at| *at > line.len() - line.trim_start().len());
    let chosen = choose(&places);
    if !is_fit || chosen.is_empty() {
        return None;
    }
    let mut text = String::new();
    let mut from = 0;
    for at in chosen {
        text.push_str(&format!("{} {}\n   ", &line[from..at], docker.escape));
        from = at;
    }
    text.push_str(&line[from..]);
    Some(text)
}

/// A backslash at the end of a line joins it with the next one.
fn continuation(files: &Files, path: &str) -> Vec<Files> {
    let mut made = each(files, path, |docker, step| {
        broken(docker, step, |places| places.last().copied().into_iter().collect())
    });
    made.extend(each(files, path, |docker, step| {
        broken(docker, step, |places| places.first().copied().into_iter().collect())
    }));
    made
}

/// As often as one likes.
fn continuations(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| broken(docker, step, <[usize]>::to_vec))
}

/// And an instruction over several lines can be one line.
fn one_line(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |_, step| {
        let is_fit = step.own.len() > 1 && !step.has_heredoc();
        is_fit.then(|| format!("{} {}", step.keyword, step.rest))
    })
}

fn separated(docker: &Docker<'_>, step: &Step, by: &str) -> Option<String> {
    let text = docker.text(step.lines.clone());
    let (keyword, rest) = text.split_once(' ')?;
    (!keyword.is_empty() && !rest.starts_with(docker.escape))
        .then(|| format!("{keyword}{by}{}", rest.trim_end_matches('\n')))
}

/// A tab separates a name from what follows, too.
fn tabs(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| separated(docker, step, "\t"))
}

/// So do several blanks.
fn more_blanks(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |docker, step| separated(docker, step, "   "))
}

//! Which programs a command cannot do without.

use crate::build::Traits;
use crate::parse::dockerfile::{Command as Written, Form, Text};
use crate::parse::shell::{self, Joint, Script};
use crate::source::Span;

/// A program that a command needs, or one of several that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// The programs as they are written, each enough by itself: `curl ... || wget ...`.
    pub programs: Vec<String>,
    /// Where the first is written.
    pub span: Span,
    /// Whether a shell looks it up, which has some commands built in.
    pub by_shell: bool,
}

/// What a command of a Dockerfile needs. In shell form the shell itself is not among it.
pub(crate) fn of_written(command: &Written) -> Vec<Need> {
    match command.form {
        Form::Shell => of_text(&command.text),
        Form::Exec => {
            let words: Vec<(&str, Span)> = command
                .words
                .iter()
                .map(|word| (word.value.as_str(), word.span))
                .collect();
            of_words(&words)
        }
    }
}

/// What a list of words needs: its first, and what that runs where it is a shell.
pub(crate) fn of_words(words: &[(&str, Span)]) -> Vec<Need> {
    let Some((program, span)) = words.first() else {
        return Vec::new();
    };
    // A template is filled in before the build.
    if program.is_empty() || program.contains(['$', '{']) {
        return Vec::new();
    }
    let mut needs = vec![Need {
        programs: vec![(*program).to_owned()],
        span: *span,
        by_shell: false,
    }];
    let name = program.rsplit('/').next().unwrap_or(program);
    let rest = words.get(1..).unwrap_or(&[]);
    match (name, rest) {
        ("sh" | "bash" | "ash" | "dash", [(flag, _), (text, span), ..])
            if flag.starts_with('-') && !flag.starts_with("--") && flag.ends_with('c') =>
        {
            needs.extend(of_str(text, *span));
        }
        ("tini" | "dumb-init", rest) => {
            let inner = match rest.iter().position(|(word, _)| *word == "--") {
                Some(at) => rest.get(at + 1..),
                None if rest.first().is_some_and(|(word, _)| !word.starts_with('-')) => Some(rest),
                None => None,
            };
            needs.extend(of_words(inner.unwrap_or(&[])));
        }
        _ => {}
    }
    needs
}

/// What a line for a shell needs, whatever file it stands in: all of it is at `span`.
pub(crate) fn of_str(line: &str, span: Span) -> Vec<Need> {
    let mut text = Text::empty(span.source, span.start as usize);
    text.push(line, span.start as usize);
    let mut needs = of_text(&text);
    for need in &mut needs {
        need.span = span;
    }
    needs
}

fn of_text(text: &Text) -> Vec<Need> {
    shell::split(text).map_or_else(Vec::new, |script| of_script(&script, text))
}

/// What the first pipeline of a script needs, with what is tried where it fails.
fn of_script(script: &Script, text: &Text) -> Vec<Need> {
    let top: Vec<(usize, &shell::Command)> = script
        .commands
        .iter()
        .enumerate()
        .filter(|(_, command)| command.inside.is_none())
        .collect();
    if top.iter().any(|(_, command)| command.conditional || command.level > 0) {
        return of_choice(script, text);
    }
    let top = top.get(preparation(&top)..).unwrap_or(&[]);
    let mut needs: Vec<Need> = Vec::new();
    for (index, (place, command)) in top.iter().enumerate() {
        match command.joint {
            _ if index == 0 => {}
            Joint::Pipe => {}
            Joint::Or => {
                let Some(first) = needs.first_mut() else {
                    return Vec::new();
                };
                match program_of(command) {
                    // `|| exit 1` is a failure as well.
                    Some((name, _)) if matches!(name.as_str(), "exit" | "false" | "return" | "kill") => return needs,
                    Some((name, _)) if Traits::of(&name).is_built_in() => return Vec::new(),
                    Some((name, _)) => {
                        first.programs.push(name);
                        needs.truncate(1);
                        continue;
                    }
                    None => return Vec::new(),
                }
            }
            // What comes later may not be reached, or may not matter.
            _ => return needs,
        }
        match program_of(command) {
            // `[ "$(curl ...)" = ok ]`: with nothing from inside it fails.
            Some((name, _)) if matches!(name.as_str(), "[" | "test") && index == 0 => {
                needs.extend(compared(script, *place, command));
                if needs.is_empty() {
                    return needs;
                }
            }
            // `echo ... | mongo`: the end of the pipe decides.
            Some((name, _))
                if matches!(name.as_str(), "echo" | "printf")
                    && index == 0
                    && top.get(1).is_some_and(|(_, next)| next.joint == Joint::Pipe) => {}
            // `command -v curl || ...`: a condition.
            Some((name, _)) if Traits::of(&name).is_built_in() && index == 0 => return Vec::new(),
            Some((name, _)) if Traits::of(&name).is_built_in() => {}
            Some((name, span)) => {
                needs.push(Need {
                    programs: vec![name],
                    span,
                    by_shell: true,
                });
                needs.extend(of_runner(command));
            }
            None if index == 0 => return Vec::new(),
            None => {}
        }
    }
    needs
}

/// How many commands only prepare for the first that counts: `set -e; cd /app; curl ...`, and a condition without which
/// nothing succeeds: `test -f x && curl ...`.
fn preparation(top: &[(usize, &shell::Command)]) -> usize {
    let prepares = |index: usize| {
        let (Some((_, command)), Some((_, next))) = (top.get(index), top.get(index + 1)) else {
            return false;
        };
        let name = program_of(command).map(|(name, _)| name);
        let is_plain = matches!(
            name.as_deref(),
            Some("set" | "cd" | "export" | "umask" | "ulimit" | ":" | "true" | "trap")
        );
        let is_test = matches!(name.as_deref(), Some("test" | "["));
        is_plain && matches!(next.joint, Joint::Then | Joint::And) || is_test && next.joint == Joint::And
    };
    // Where an alternative follows, the condition may be meant to fail.
    let has_alternative = top.iter().any(|(_, command)| command.joint == Joint::Or);
    let is_test = |index: usize| {
        let name = top.get(index).and_then(|(_, command)| program_of(command));
        name.is_some_and(|(name, _)| matches!(name.as_str(), "test" | "["))
    };
    (0..top.len())
        .take_while(|index| prepares(*index) && !(has_alternative && is_test(*index)))
        .count()
}

/// Programs that run another one, which is the first word that is neither an option nor a number.
fn of_runner(command: &shell::Command) -> Option<Need> {
    if !matches!(command.program()?, "timeout" | "nice" | "nohup" | "time") {
        return None;
    }
    let is_setting = |text: &str| text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let inner = command.arguments().iter().find(|word| !is_setting(&word.text))?;
    (!inner.dynamic && !inner.text.is_empty()).then(|| Need {
        programs: vec![inner.text.clone()],
        span: inner.span,
        by_shell: true,
    })
}

/// The programs whose output a test compares with something.
fn compared(script: &Script, place: usize, test: &shell::Command) -> Vec<Need> {
    let compares = test
        .words
        .iter()
        .any(|word| !word.quoted && matches!(word.text.as_str(), "=" | "==" | "-n" | "-eq" | "-gt" | "-ge"));
    let inside = script.commands.iter().filter(|command| command.inside == Some(place));
    let first = inside.filter(|command| command.joint == Joint::First && !command.conditional);
    first
        .filter(|_| compares)
        .filter_map(program_of)
        .filter(|(name, _)| !Traits::of(name).is_built_in())
        .map(|(name, span)| Need {
            programs: vec![name],
            span,
            by_shell: true,
        })
        .collect()
}

/// `if curl ...; then exit 0; else exit 1; fi`: the condition, where it fails as a whole without it.
fn of_choice(script: &Script, text: &Text) -> Vec<Need> {
    let line = text.text.trim();
    let fails_otherwise = line.rsplit_once("else").is_some_and(|(_, rest)| {
        let rest = rest.trim().trim_end_matches("fi").trim().trim_end_matches(';').trim();
        rest == "false" || rest.strip_prefix("exit ").is_some_and(|code| code.trim() != "0")
    });
    let is_single = line.starts_with("if ") && line.matches("then").count() == 1 && !line.contains("elif");
    let first = script.commands.first().filter(|_| fails_otherwise && is_single);
    let needed = first.and_then(|command| program_of(command).map(|found| (command, found)));
    match needed {
        Some((command, (name, span))) if !Traits::of(&name).is_built_in() && !command.negated => vec![Need {
            programs: vec![name],
            span,
            by_shell: true,
        }],
        _ => Vec::new(),
    }
}

/// The program of a simple command, behind `exec`.
fn program_of(command: &shell::Command) -> Option<(String, Span)> {
    let mut words = command.words.iter();
    let mut word = words.next()?;
    if word.text == "exec" && !word.quoted {
        word = words.next()?;
    }
    if word.dynamic || word.text.is_empty() || word.text.starts_with('-') {
        return None;
    }
    Some((word.text.clone(), word.span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn needs(line: &str) -> Vec<Vec<String>> {
        let mut sources = Sources::default();
        let id = sources.add(std::path::Path::new("f"), line.to_owned());
        of_str(line, Span::new(id, 0, line.len()))
            .into_iter()
            .map(|need| need.programs)
            .collect()
    }

    #[test]
    fn the_first_pipeline_and_its_alternatives_are_needed() {
        assert_eq!(needs("curl -f http://localhost || exit 1"), [["curl"]]);
        assert_eq!(needs("curl -f x || wget -q x || exit 1"), [["curl", "wget"]]);
        assert_eq!(needs("curl x | grep ok"), [["curl"], ["grep"]]);
        assert_eq!(needs("exec nginx -g 'daemon off;'"), [["nginx"]]);
        assert_eq!(needs("set -e; curl x | grep 200"), [["curl"], ["grep"]]);
        assert_eq!(needs("test -f /x && curl x"), [["curl"]]);
        assert_eq!(needs("cd /app && export A=1 && curl x"), [["curl"]]);
        assert_eq!(needs("timeout 5 curl -f x"), [["timeout"], ["curl"]]);
        assert_eq!(needs("if curl -f x; then exit 0; else exit 1; fi"), [["curl"]]);
        assert_eq!(needs("[ \"$(curl -fs x)\" = ok ] || exit 1"), [["curl"]]);
        for open in [
            "command -v curl && curl x",
            "test -f /x || curl x",
            "test -f /x && curl x || exit 0",
            "if curl x; then exit 0; fi",
            "if curl x; then exit 0; else wget x; fi",
            "[ -z \"$(curl x)\" ]",
            "$TOOL x",
            "curl x || true",
        ] {
            assert!(needs(open).is_empty(), "{open}");
        }
    }
}

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
    shell::split(text).map_or_else(Vec::new, |script| of_script(&script))
}

/// What the first pipeline of a script needs, with what is tried where it fails.
fn of_script(script: &Script) -> Vec<Need> {
    let top: Vec<&shell::Command> = script
        .commands
        .iter()
        .filter(|command| command.inside.is_none())
        .collect();
    if top.iter().any(|command| command.conditional || command.level > 0) {
        return Vec::new();
    }
    let mut needs: Vec<Need> = Vec::new();
    for (index, command) in top.iter().enumerate() {
        match command.joint {
            Joint::First if index == 0 => {}
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
            // `test ... && curl`, `command -v curl || ...`: a condition.
            Some((name, _)) if Traits::of(&name).is_built_in() && index == 0 => return Vec::new(),
            Some((name, _)) if Traits::of(&name).is_built_in() => {}
            Some((name, span)) => needs.push(Need {
                programs: vec![name],
                span,
                by_shell: true,
            }),
            None if index == 0 => return Vec::new(),
            None => {}
        }
    }
    needs
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
        for open in [
            "command -v curl && curl x",
            "test -f /x || curl x",
            "if curl x; then exit 0; fi",
            "$TOOL x",
            "curl x || true",
        ] {
            assert!(needs(open).is_empty(), "{open}");
        }
    }
}

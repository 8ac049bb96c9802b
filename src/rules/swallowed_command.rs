use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Text;
use crate::repository::Repository;

rule! {
    /// A comment inside a RUN swallows the commands on the lines behind it.
    ///
    /// ## Why it matters
    /// BuildKit joins continued lines into one before the shell sees them. It takes out lines that are nothing but a
    /// comment; a comment behind a command stays, and then runs to the end of the whole instruction. The commands behind
    /// it never run, and the build succeeds.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN mkdir /data \
    ///     && touch /data/a # the first file \  # <- here
    ///     && touch /data/b
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN mkdir /data \
    ///     # the first file
    ///     && touch /data/a \
    ///     && touch /data/b
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN echo "a # b" \
    ///     && echo a#b \
    ///     && echo c # the end
    /// ```
    RULE {
        name: "swallowed-command",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for step in file
        .run_steps()
        .iter()
        .filter(|step| step.stage_use != StageUse::Unused)
    {
        let Some(start) = comment(&step.text.text) else {
            continue;
        };
        let end = line_end(&step.text, start);
        let rest = step.text.text.get(end..).unwrap_or("");
        let rest = rest.split('\n').next().unwrap_or("").trim();
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        found.push(
            Finding::new(
                step.text.span(start..end),
                format!(
                    "this comment hides the rest of the RUN: `{}` never runs",
                    shortened(rest)
                ),
            )
            .help("put the comment on a line of its own")
            .related(step.text.span(end..end + 1), "hidden from here on")
            .aspect(format!("RUN {}", step.instruction)),
        );
    }
}

/// Where the first comment of a shell text begins: a `#` at the start of a word, outside quotes.
fn comment(text: &str) -> Option<usize> {
    text.find('#')?;
    let mut quote = None;
    let mut before = ' ';
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else {
            match (quote, letter) {
                (None | Some('"'), '\\') => escaped = true,
                (None, '\'' | '"' | '`') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                // A heredoc or a quoted script is no business of this rule.
                (None, '\n') => return None,
                (None, '#') if before.is_whitespace() || matches!(before, ';' | '&' | '|' | '(') => return Some(at),
                _ => {}
            }
        }
        before = letter;
    }
    None
}

/// The offset behind the last character that stands on the line of `start` in the file.
fn line_end(text: &Text, start: usize) -> usize {
    let mut end = start;
    for (offset, letter) in text.text.get(start..).unwrap_or("").char_indices() {
        let at = start + offset;
        let expected = text.original(start) as usize + offset;
        if text.original(at) as usize != expected {
            break;
        }
        end = at + letter.len_utf8();
    }
    end
}

fn shortened(text: &str) -> String {
    let first: String = text.chars().take(40).collect();
    if first.len() < text.len() {
        format!("{}...", first.trim_end())
    } else {
        first
    }
}

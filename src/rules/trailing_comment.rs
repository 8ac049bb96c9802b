use super::{Check, Group};
use crate::build::JudgedFile;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind, Word};
use crate::repository::Repository;
use crate::source::Span;

rule! {
    /// A comment follows an instruction, which reads it as an argument.
    ///
    /// ## Why it matters
    /// A `#` counts at the start of a line only. Behind COPY it is the name of a file, behind VOLUME of a volume, and
    /// `WORKDIR /app # code` makes a folder called `app # code`.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// COPY app.py /app/ # the application  # <- here
    /// WORKDIR /app # code  # <- here
    /// VOLUME /data # kept  # <- here
    /// ENV MODE fast # or slow  # <- here
    /// USER 1000:1000
    /// ```
    /// ```text fail app.py +
    /// x = 1
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM alpine:3.22
    /// # the application
    /// COPY app.py /app/
    /// RUN touch /x # the shell knows comments
    /// ENV COLOUR #fff
    /// LABEL note="a # b"
    /// USER 1000:1000
    /// ```
    /// ```text pass app.py +
    /// x = 1
    /// ```
    RULE {
        name: "trailing-comment",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for (number, instruction) in file.file.ast.instructions.iter().enumerate() {
        if let Some(span) = place(instruction) {
            let message = format!("`#` is an argument of this {}: a comment needs a line of its own", instruction.keyword.value);
            // Each word names an argument more, which nothing asks for.
            let severity = match instruction.kind {
                Kind::Arg(_) => Severity::Note,
                _ => Severity::Warning,
            };
            let rest = Span::new(span.source, span.start as usize, instruction.span.end as usize);
            found.push(
                Finding::new(span, message)
                    .severity(severity)
                    .help("move the comment to the line above")
                    .change(Change::CommentAbove(rest))
                    .with_care()
                    .aspect(format!("{} {number}", instruction.keyword.value)),
            );
        }
    }
}

/// Where an instruction takes a comment for an argument. What the builder refuses for it is `invalid-dockerfile`.
pub(super) fn place(instruction: &Instruction) -> Option<Span> {
    match &instruction.kind {
        Kind::Copy(transfer) | Kind::Add(transfer) if !transfer.json => {
            let words = transfer.sources.iter().chain([&transfer.destination]);
            // A first word of that kind is a file, and so may the second be.
            words.skip(1).find(|word| word.value == "#").or_else(|| {
                let words = transfer.sources.iter().chain([&transfer.destination]);
                words.skip(2).find(|word| word.value.starts_with('#'))
            })
        }
        Kind::Volume(words) => words.iter().skip(1).find(|word| word.value.starts_with('#')),
        Kind::Workdir(word) | Kind::User(word) => Some(word).filter(|word| has_comment(word)),
        Kind::Env(pairs) | Kind::Label(pairs) => {
            let mut old = pairs.iter().filter(|pair| pair.legacy).map(|pair| &pair.value);
            old.find(|word| has_comment(word))
        }
        Kind::Arg(arguments) => {
            let mut names = arguments.iter().skip(1).map(|argument| &argument.name);
            names.find(|name| name.value.starts_with('#'))
        }
        _ => None,
    }
    .map(|word| word.span)
}

/// Whether a text of several words ends in a comment.
fn has_comment(word: &Word) -> bool {
    let text = word.value.as_str();
    let is_quoted = text.starts_with(['"', '\'']);
    !is_quoted && (text.contains(" # ") || text.contains("\t# ") || text.ends_with(" #"))
}

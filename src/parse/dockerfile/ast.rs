//! What a Dockerfile says, instruction by instruction, with the place of every part.

use std::sync::Arc;

use super::arguments::{Argument, Command, Form, From, Healthcheck, KeyValue, Run, Script, Transfer};
use super::text::Text;
use crate::parse::Problem;
use crate::source::{SourceId, Span, Spanned};

/// A piece of an instruction as it is written (quotes and `$x` included; JSON strings decoded), with the place of the
/// whole token (quotes included).
pub type Word = Spanned<String>;

/// A Dockerfile, read.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// The file.
    pub source: SourceId,
    /// The whole text.
    pub span: Span,
    /// The escape character: `\`, or a backtick.
    pub escape: char,
    /// `# syntax=`, `# escape=` and `# check=` at the top.
    pub directives: Vec<Directive>,
    /// Every comment line, in order; directives and heredoc bodies are none.
    pub comments: Vec<Comment>,
    /// Every instruction, in order; the arguments of an ONBUILD are inside it.
    pub instructions: Vec<Instruction>,
    /// The numbers of the instructions that stand in the file one behind the other, where triggers were added to them; else empty.
    pub written: Vec<usize>,
    /// What the builder would refuse, under the rule `invalid-dockerfile`.
    pub problems: Vec<Problem>,
}

impl Dockerfile {
    /// The directive of this name (`syntax`, `escape`, `check`).
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().find(|directive| directive.name.value == name)
    }

    /// The number of the first instruction that starts at a place of the file or behind it.
    pub fn first_from(&self, place: u32) -> usize {
        if self.written.is_empty() {
            return self.instructions.partition_point(|one| one.span.start < place);
        }
        let starts = |number: &usize| self.instructions.get(*number).is_some_and(|one| one.span.start < place);
        let behind = self.written.partition_point(starts);
        self.written.get(behind).copied().unwrap_or(self.instructions.len())
    }

    /// The image that reads this file in our stead, from `# syntax=`.
    pub fn frontend(&self) -> Option<&str> {
        self.directive("syntax")
            .and_then(|syntax| syntax.value.value.split(' ').next())
    }

    /// Whether a stage has this name.
    pub fn has_stage(&self, name: &str) -> bool {
        let is_it = |from: &From| {
            from.alias
                .as_ref()
                .is_some_and(|stage| stage.value.eq_ignore_ascii_case(name))
        };
        let mut instructions = self.instructions.iter();
        instructions.any(|instruction| matches!(&instruction.kind, Kind::From(from) if is_it(from)))
    }

    /// Whether another frontend than `docker/dockerfile` reads the file, so that nothing here may hold.
    pub fn is_foreign(&self) -> bool {
        self.frontend().is_some_and(|image| !is_known_frontend(image))
    }
}

/// Whether an image is Docker's own frontend, from whatever registry. Mirrors put their host before the name: a first part that
/// is no host makes it somebody else's.
pub fn is_known_frontend(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or(image);
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    ["docker/dockerfile", "docker/dockerfile-upstream", "moby/dockerfile"]
        .iter()
        .any(|known| match name.strip_suffix(known) {
            Some("") => true,
            Some(before) => {
                let host = before.split('/').next().unwrap_or("");
                before.ends_with('/') && (host == "localhost" || host.contains(['.', ':']))
            }
            None => false,
        })
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The line from `#` on.
    pub span: Span,
    /// Its name, in lower case.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Spanned<String>,
}

/// A comment line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the text.
    pub span: Span,
    /// The text without `#` and the blanks around.
    pub text: String,
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// From the keyword to the end of its last line or heredoc.
    pub span: Span,
    /// The keyword: the upper-case name, or `""` if there is no such instruction.
    pub keyword: Spanned<&'static str>,
    /// The flags, in order.
    pub flags: Vec<Flag>,
    /// Everything behind the flags, without the blanks around.
    pub arguments: Span,
    /// What it says.
    pub kind: Kind,
    /// The heredocs of a RUN, COPY or ADD, in order.
    pub heredocs: Vec<Heredoc>,
}

impl Instruction {
    /// The flag of this name (without `--`).
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name.value == name)
    }

    /// The value of the flag of this name.
    pub fn flag_value(&self, name: &str) -> Option<&Word> {
        self.flag(name).and_then(|flag| flag.value.as_ref())
    }

    /// What a RUN hands to a shell: in shell form, heredocs included, or as `["/bin/sh", "-c", "..."]`, which is the same; `None` for
    /// everything else.
    pub fn script(&self) -> Option<Script> {
        let Kind::Run(run) = &self.kind else { return None };
        if run.command.form == Form::Exec {
            return run.command.script();
        }
        let line = &run.command.text;
        // A RUN that is one heredoc and nothing else runs the body itself.
        if let (Some(heredoc), Ok(Some(_))) = (self.heredocs.first(), super::heredoc::marker(&line.text)) {
            let text = heredoc.text();
            let first = text.text.lines().next().unwrap_or("");
            return Some(Script {
                interpreter: first.strip_prefix("#!").map(|rest| rest.trim().to_owned()),
                text,
            });
        }
        let mut text = line.clone();
        for heredoc in &self.heredocs {
            text.push("\n", heredoc.body.start.saturating_sub(1) as usize);
            text.append(&heredoc.raw, 0..heredoc.raw.text.len());
            match heredoc.terminator {
                Some(terminator) => text.push(&heredoc.name, terminator.start as usize),
                // The file ends before it, and behind the end nothing has a place: it is where it is announced.
                None => text.append(&heredoc.announced, 0..heredoc.announced.text.len()),
            }
        }
        Some(Script {
            interpreter: None,
            text,
        })
    }
}

/// `--name` or `--name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The whole flag.
    pub span: Span,
    /// The name without dashes.
    pub name: Spanned<String>,
    /// The value without quotes.
    pub value: Option<Word>,
}

/// A heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// `<<EOF` with what belongs to the word.
    pub marker: Span,
    /// The terminator's text.
    pub name: String,
    /// The same where it is announced.
    pub announced: Text,
    /// `<<-`: leading tabs do not count.
    pub strip_tabs: bool,
    /// The name is not quoted, so variables in the body are replaced.
    pub expand: bool,
    /// The body, from its first line to before the terminator.
    pub body: Span,
    /// The body as it is written.
    pub raw: Text,
    /// The terminator, unless the file ends before it.
    pub terminator: Option<Span>,
}

impl Heredoc {
    /// The body as it is used: without the leading tabs of its lines for `<<-`.
    pub fn text(&self) -> Text {
        if !self.strip_tabs {
            return self.raw.clone();
        }
        let mut text = Text::empty(self.raw.source(), self.body.start as usize);
        let mut at = 0;
        for line in self.raw.text.split_inclusive('\n') {
            let lead = line.len() - line.trim_start_matches('\t').len();
            text.append(&self.raw, at + lead..at + line.len());
            at += line.len();
        }
        text
    }
}

/// What an instruction says.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `FROM image AS name`.
    From(Box<From>),
    /// `RUN`.
    Run(Box<Run>),
    /// `COPY`.
    Copy(Box<Transfer>),
    /// `ADD`.
    Add(Box<Transfer>),
    /// `USER`.
    User(Word),
    /// `WORKDIR`.
    Workdir(Word),
    /// `ENV`.
    Env(Vec<KeyValue>),
    /// `ARG`.
    Arg(Vec<Argument>),
    /// `LABEL`.
    Label(Vec<KeyValue>),
    /// `EXPOSE`.
    Expose(Vec<Word>),
    /// `VOLUME`.
    Volume(Vec<Word>),
    /// `CMD`.
    Cmd(Arc<Command>),
    /// `ENTRYPOINT`.
    Entrypoint(Arc<Command>),
    /// `HEALTHCHECK`.
    Healthcheck(Arc<Healthcheck>),
    /// `SHELL`.
    Shell(Arc<Vec<Word>>),
    /// `STOPSIGNAL`.
    Stopsignal(Word),
    /// `ONBUILD`, and what it will do.
    Onbuild(Box<Instruction>),
    /// `MAINTAINER`.
    Maintainer(Word),
    /// No such instruction, or one whose arguments say nothing; there is a problem for it.
    Unknown,
}

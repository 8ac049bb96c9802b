//! One logical line to one instruction (BuildKit `instructions/parse.go`).

mod healthcheck;
mod pairs;
mod transfer;

use std::ops::Range;
use std::sync::Arc;

use super::mount;
use super::words::{self, Json};
use super::{Command, Form, From, Instruction, KEYWORDS, Kind, Refusals, Run, Text, Word, flags};
use crate::source::{Span, Spanned};

/// Reads the instruction of one logical line.
pub(super) struct Builder<'a> {
    pub line: &'a Text,
    pub escape: char,
    pub refusals: &'a mut Refusals,
}

/// The parts that every instruction has.
struct Parts {
    keyword: Spanned<&'static str>,
    flags: Vec<super::Flag>,
    arguments: Range<usize>,
    /// An ONBUILD trigger is only checked by the image that it triggers in.
    nested: bool,
}

impl Builder<'_> {
    /// The instruction in `range` of the line; `nested` behind ONBUILD.
    pub(super) fn instruction(&mut self, range: Range<usize>, nested: bool) -> Instruction {
        let range = words::trim(self.line, range);
        let content = self.line.text.get(range.clone()).unwrap_or("");
        let length = content.find(words::is_blank).unwrap_or(content.len());
        let written = content.get(..length).unwrap_or("");
        let keyword_range = range.start..range.start + length;
        let keyword = KEYWORDS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(written))
            .copied();
        let (flags, rest) = words::flags(self.line, keyword_range.end..range.end, self.escape);
        let parts = Parts {
            keyword: Spanned::new(keyword.unwrap_or(""), self.line.span(keyword_range)),
            flags,
            arguments: words::trim(self.line, rest..range.end),
            nested,
        };
        let kind = if keyword.is_some() {
            self.kind(&parts)
        } else {
            self.unknown(&parts, written);
            None
        };
        Instruction {
            span: self.line.span(range),
            keyword: parts.keyword,
            arguments: self.line.span(parts.arguments),
            flags: parts.flags,
            kind: kind.unwrap_or(Kind::Unknown),
            heredocs: Vec::new(),
        }
    }

    fn unknown(&mut self, parts: &Parts, written: &str) {
        // The search for a near name is the dear part.
        if parts.nested || self.refusals.full() {
            return;
        }
        let shown: String = written.chars().take(40).collect();
        let help = match flags::nearest(written, KEYWORDS.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => "correct the word; if the line continues the one above, end that one with `\\`".to_owned(),
        };
        self.refusals
            .add(parts.keyword.span, format!("there is no instruction `{shown}`"), help);
    }

    /// Refuses what the builder finds when it looks at the instruction (not at the trigger of an ONBUILD).
    fn refuse(&mut self, parts: &Parts, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if !parts.nested {
            self.refusals.add(span, message, help);
        }
    }

    fn missing(&mut self, parts: &Parts, help: &str) -> Option<Kind> {
        let message = format!("{} has no argument", parts.keyword.value);
        self.refuse(parts, parts.keyword.span, message, help);
        None
    }

    fn kind(&mut self, parts: &Parts) -> Option<Kind> {
        // HEALTHCHECK NONE does not look at its flags.
        let none = parts.keyword.value == "HEALTHCHECK" && self.healthcheck_type(parts).1.eq_ignore_ascii_case("none");
        if !parts.nested && !none {
            flags::check(parts.keyword.value, &parts.flags, self.refusals);
        }
        match parts.keyword.value {
            "FROM" => self.from(parts),
            "RUN" => self.run(parts),
            "COPY" => self.transfer(parts).map(|transfer| Kind::Copy(Box::new(transfer))),
            "ADD" => self.transfer(parts).map(|transfer| Kind::Add(Box::new(transfer))),
            "USER" => self.whole(parts, "write USER NAME or USER UID:GID").map(Kind::User),
            "WORKDIR" => self.whole(parts, "write WORKDIR /PATH").map(Kind::Workdir),
            "STOPSIGNAL" => self.whole(parts, "write STOPSIGNAL SIGTERM").map(Kind::Stopsignal),
            "MAINTAINER" => self.whole(parts, "write MAINTAINER NAME").map(Kind::Maintainer),
            "ENV" => self.pairs(parts).map(Kind::Env),
            "LABEL" => self.pairs(parts).map(Kind::Label),
            "ARG" => self.arg(parts),
            "EXPOSE" => {
                let ports = words::blank_separated(self.line, parts.arguments.clone());
                if ports.is_empty() {
                    return self.missing(parts, "write EXPOSE PORT");
                }
                Some(Kind::Expose(ports))
            }
            "VOLUME" => self.volume(parts),
            "CMD" => self
                .command(parts, parts.arguments.clone())
                .map(|cmd| Kind::Cmd(Arc::new(cmd))),
            "ENTRYPOINT" => self
                .command(parts, parts.arguments.clone())
                .map(|entrypoint| Kind::Entrypoint(Arc::new(entrypoint))),
            "HEALTHCHECK" => self.healthcheck(parts),
            "SHELL" => self.shell(parts),
            "ONBUILD" => self.onbuild(parts),
            _ => None,
        }
    }

    fn whole(&mut self, parts: &Parts, help: &str) -> Option<Word> {
        if parts.arguments.is_empty() {
            self.missing(parts, help)?;
        }
        (!parts.arguments.is_empty()).then(|| words::word(self.line, parts.arguments.clone()))
    }

    fn from(&mut self, parts: &Parts) -> Option<Kind> {
        let words = words::blank_separated(self.line, parts.arguments.clone());
        let whole = self.line.span(parts.arguments.clone());
        let mut words = words.into_iter();
        let Some(image) = words.next() else {
            return self.missing(parts, "write FROM IMAGE, or FROM IMAGE AS NAME");
        };
        let rest: Vec<Word> = words.collect();
        let alias = match rest.as_slice() {
            [] => None,
            [word, name] if word.value.eq_ignore_ascii_case("as") => {
                if !valid_stage_name(&name.value) {
                    let message = format!("{} is not a name for a stage", name.value);
                    let help = "start with a letter; letters, digits, `-`, `_` and `.` may follow";
                    self.refuse(parts, name.span, message, help);
                }
                Some(name.clone())
            }
            _ => {
                let help = "write FROM IMAGE, or FROM IMAGE AS NAME; a comment needs a line of its own";
                self.refuse(parts, whole, "FROM takes an image, or an image, AS and a name", help);
                None
            }
        };
        Some(Kind::From(Box::new(From {
            image,
            alias,
            platform: flag_value(parts, "platform"),
        })))
    }

    fn run(&mut self, parts: &Parts) -> Option<Kind> {
        let command = self.command(parts, parts.arguments.clone())?;
        let mut ignored = Refusals::default();
        let refusals = if parts.nested {
            &mut ignored
        } else {
            &mut *self.refusals
        };
        let mounts = parts
            .flags
            .iter()
            .filter(|flag| flag.name.value == "mount")
            .filter_map(|flag| flag.value.as_ref())
            .map(|value| mount::read(value, refusals))
            .collect();
        Some(Kind::Run(Box::new(Run { command, mounts })))
    }

    /// A command, in JSON or for the shell; it may be empty. A JSON array of other things is refused.
    fn command(&mut self, parts: &Parts, range: Range<usize>) -> Option<Command> {
        let span = self.line.span(range.clone());
        let (form, words) = match words::json(self.line, range.clone()) {
            Json::Strings(words) => (Form::Exec, words),
            Json::No => (Form::Shell, Vec::new()),
            Json::Mixed => {
                self.mixed(parts, span);
                return None;
            }
        };
        Some(Command {
            form,
            words,
            text: self.line.slice(range),
            span,
        })
    }

    /// The reader itself refuses this, also behind ONBUILD.
    fn mixed(&mut self, parts: &Parts, span: Span) {
        let message = format!(
            "the JSON array of {} includes values that are not strings",
            parts.keyword.value
        );
        self.refusals.add(span, message, "put every element in double quotes");
    }

    fn list(&mut self, parts: &Parts) -> Option<(Vec<Word>, bool)> {
        match words::json(self.line, parts.arguments.clone()) {
            Json::Strings(words) => Some((words, true)),
            Json::No => Some((words::blank_separated(self.line, parts.arguments.clone()), false)),
            Json::Mixed => {
                self.mixed(parts, self.line.span(parts.arguments.clone()));
                None
            }
        }
    }

    fn volume(&mut self, parts: &Parts) -> Option<Kind> {
        let (volumes, _) = self.list(parts)?;
        if volumes.is_empty() {
            return self.missing(parts, "write VOLUME /PATH");
        }
        if let Some(empty) = volumes.iter().find(|volume| volume.value.trim().is_empty()) {
            self.refuse(parts, empty.span, "a volume is empty", "write a path, or remove it");
        }
        let trimmed = |word: Word| Spanned::new(word.value.trim().to_owned(), word.span);
        Some(Kind::Volume(volumes.into_iter().map(trimmed).collect()))
    }

    fn shell(&mut self, parts: &Parts) -> Option<Kind> {
        let span = self.line.span(parts.arguments.clone());
        match self.command(parts, parts.arguments.clone())? {
            Command {
                form: Form::Exec,
                words,
                ..
            } if !words.is_empty() => Some(Kind::Shell(Arc::new(words))),
            Command {
                form: Form::Shell,
                text,
                ..
            } if !text.text.is_empty() => {
                let help = "write SHELL [\"/bin/sh\", \"-c\"]";
                self.refuse(parts, span, "SHELL is not a JSON array of strings", help);
                None
            }
            _ => self.missing(parts, "write SHELL [\"/bin/sh\", \"-c\"]"),
        }
    }

    fn onbuild(&mut self, parts: &Parts) -> Option<Kind> {
        if parts.arguments.is_empty() {
            return self.missing(parts, "write ONBUILD INSTRUCTION");
        }
        let content = self.line.text.get(parts.arguments.clone()).unwrap_or("");
        let trigger = content.split(words::is_blank).next().unwrap_or("").to_ascii_uppercase();
        if matches!(trigger.as_str(), "ONBUILD" | "FROM" | "MAINTAINER") {
            let span = self
                .line
                .span(parts.arguments.start..parts.arguments.start + trigger.len());
            let message = format!("ONBUILD cannot trigger {trigger}");
            self.refuse(parts, span, message, "write another instruction after ONBUILD");
            // Not read any further: a chain of them would be as deep as the line is long.
            return None;
        }
        Some(Kind::Onbuild(Box::new(self.instruction(parts.arguments.clone(), true))))
    }
}

fn valid_stage_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|ch| ch.is_ascii_alphabetic())
        && chars.all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '.'))
}

fn flag_value(parts: &Parts, name: &str) -> Option<Word> {
    let flag = parts.flags.iter().find(|flag| flag.name.value == name)?;
    flag.value.clone()
}

//! What stands behind the keyword of an instruction, for each that holds more than a word.

use super::Word;
use super::text::Text;
use crate::source::{Span, Spanned};

/// What a RUN executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The text.
    pub text: Text,
    /// What runs the text, with its options: the `#!` line of a heredoc that is run as a file, or the shell of an exec form; else it is
    /// the stage's shell.
    pub interpreter: Option<String>,
}

/// `FROM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The image or stage, unexpanded.
    pub image: Word,
    /// The name as written; the builder compares it in lower case.
    pub alias: Option<Word>,
    /// `--platform`, unexpanded.
    pub platform: Option<Word>,
}

/// `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command; with heredocs, `Instruction::script` is what runs.
    pub command: Command,
    /// `--mount`, in order; the other flags are the instruction's (`Instruction::flag_value`).
    pub mounts: Vec<Mount>,
}

/// One `--mount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The value of the flag.
    pub span: Span,
    /// `name=value` pairs, in order; names in lower case.
    pub options: Vec<(Spanned<String>, Option<Word>)>,
}

impl Mount {
    /// The value of the first option with one of these names.
    pub fn get(&self, names: &[&str]) -> Option<&Word> {
        let option = self
            .options
            .iter()
            .find(|(name, _)| names.contains(&name.value.as_str()))?;
        option.1.as_ref()
    }

    /// `bind` (the default), `cache`, `tmpfs`, `secret` or `ssh`, in lower case.
    pub fn kind(&self) -> String {
        self.get(&["type"])
            .map_or_else(|| "bind".to_owned(), |kind| kind.value.to_ascii_lowercase())
    }

    /// Where it is mounted.
    pub fn target(&self) -> Option<&Word> {
        self.get(&["target", "dst", "destination"])
    }

    /// What is mounted.
    pub fn from(&self) -> Option<&Word> {
        self.get(&["from"])
    }
}

/// `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What is copied, unexpanded, without heredocs (they are the instruction's).
    pub sources: Vec<Word>,
    /// Where it goes, unexpanded.
    pub destination: Word,
    /// Whether the arguments are a JSON array.
    pub json: bool,
    /// `--from`.
    pub from: Option<Word>,
    /// `--chown`.
    pub chown: Option<Word>,
    /// `--chmod`.
    pub chmod: Option<Word>,
    /// `--checksum` (ADD).
    pub checksum: Option<Word>,
    /// `--exclude`, each.
    pub exclude: Vec<Word>,
    /// `--link`.
    pub link: bool,
    /// `--parents` (COPY).
    pub parents: bool,
    /// `--keep-git-dir` (ADD).
    pub keep_git_dir: bool,
    /// `--unpack` (ADD), if it is given.
    pub unpack: Option<bool>,
}

/// `key=value` of an ENV or LABEL, unexpanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// Both together.
    pub span: Span,
    /// The key.
    pub key: Word,
    /// The value; may be empty.
    pub value: Word,
    /// The old form with a blank: `ENV key value`.
    pub legacy: bool,
}

/// `name` or `name=value` of an ARG, unexpanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Both together.
    pub span: Span,
    /// The name.
    pub name: Word,
    /// The default.
    pub value: Option<Word>,
}

/// How a command is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line for the shell.
    Shell,
    /// A JSON array: no shell.
    Exec,
}

/// A RUN, CMD, ENTRYPOINT or health command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// How it is written.
    pub form: Form,
    /// The program and its arguments (exec form; empty in shell form).
    pub words: Vec<Word>,
    /// The text behind keyword and flags, joined, with the way back to the file.
    pub text: Text,
    /// Its place.
    pub span: Span,
}

impl Command {
    /// The text that a shell named in exec form is given with `-c`.
    pub(super) fn script(&self) -> Option<Script> {
        let (program, rest) = self.words.split_first()?;
        let name = program.value.rsplit('/').next().unwrap_or("");
        if !matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
            return None;
        }
        let is_short = |word: &&Word| word.value.starts_with('-') && !word.value.starts_with("--");
        let at = rest
            .iter()
            .position(|word| is_short(&word) && word.value.ends_with('c'))?;
        let (options, behind) = rest.split_at(at);
        let last = behind.first()?.value.trim_end_matches('c');
        let mut interpreter = if program.value == "sh" {
            "/bin/sh".to_owned()
        } else {
            program.value.clone()
        };
        for option in options
            .iter()
            .map(|word| word.value.as_str())
            .chain((last != "-").then_some(last))
        {
            interpreter.push(' ');
            interpreter.push_str(option);
        }
        Some(Script {
            text: super::words::placed(&self.text, at + 2)?,
            interpreter: Some(interpreter),
        })
    }
}

/// `HEALTHCHECK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// `NONE`: the image's own check is off.
    None,
    /// `CMD ...`.
    Command(Box<Probe>),
}

/// A health command with its flags as written; [`super::duration`] reads their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is run.
    pub command: Command,
    /// `--interval`.
    pub interval: Option<Word>,
    /// `--timeout`.
    pub timeout: Option<Word>,
    /// `--start-period`.
    pub start_period: Option<Word>,
    /// `--start-interval`.
    pub start_interval: Option<Word>,
    /// `--retries`.
    pub retries: Option<Word>,
}

//! Shell text to simple commands: enough of POSIX sh (and a little of bash) to ask what a RUN runs, and no more.
//!
//! Nothing is expanded. What does not fit is not guessed at: the whole text is then "not analysed".

mod compound;
mod list;
mod redirection;
mod simple;
mod word;

use crate::parse::dockerfile::Text;
use crate::source::Span;

/// How deep substitutions, subshells and compound commands may go.
const MAX_DEPTH: usize = 32;

/// The simple commands of a shell text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// All of them, also those inside `$()`, backticks, subshells and compound commands, in the order in which they
    /// begin.
    pub commands: Vec<Command>,
    /// The shells that run them, each by the number of the one that starts it: the first is the shell that gets the text,
    /// which is its own, and every `( )` and substitution is one more.
    pub shells: Vec<usize>,
    /// Whether it defines a function: what stands in one runs when it is called, and its name is a command.
    pub has_functions: bool,
}

impl Script {
    /// The command that the output of command `index` is piped into, if it is piped into a simple command.
    pub fn piped_into(&self, index: usize) -> Option<&Command> {
        let from = self.commands.get(index)?;
        let same = |other: &&Command| other.inside == from.inside && other.level <= from.level;
        let mut behind = self.commands.get(index + 1..)?.iter();
        let next = behind
            .by_ref()
            .take_while(|other| other.inside >= from.inside)
            .find(same)?;
        (next.joint == Joint::Pipe && next.level == from.level).then_some(next)
    }

    /// For each command whether the script surely fails where it does, as far as its operators tell; `stops` is whether the
    /// shell runs with `-e`. A substitution's commands are never among them.
    pub fn decisive(&self, stops: bool) -> Vec<bool> {
        let mut decisive = vec![false; self.commands.len()];
        // In a chain of `&&`, and of pipes that no group is the beginning of, groups change nothing; else which of the joints in a
        // group is its own is not known.
        let mut level = 0;
        let is_chain = self
            .commands
            .iter()
            .filter(|command| command.inside.is_none())
            .all(|command| {
                let before = std::mem::replace(&mut level, command.level);
                match command.joint {
                    Joint::First | Joint::And => true,
                    Joint::Pipe => before <= command.level,
                    _ => false,
                }
            });
        let (mut next, mut ends_here) = (None, true);
        for (command, decisive) in self.commands.iter().zip(&mut decisive).rev() {
            if command.inside.is_some() {
                continue;
            }
            let counts = match next {
                None => true,
                // What is skipped then must be all that is left: behind `;` or `||` the failure is forgotten, even with `-e`.
                Some(Joint::And) => ends_here,
                Some(Joint::Then | Joint::First) => stops,
                Some(Joint::Or | Joint::Pipe | Joint::Background) => false,
            };
            *decisive = counts && (command.level == 0 || is_chain);
            ends_here &= matches!(command.joint, Joint::And | Joint::Pipe);
            next = Some(command.joint);
        }
        decisive
    }
}

/// How a command is joined to the one before it in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// It is the first.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|` or `|&`
    Pipe,
    /// `;` or a line break
    Then,
    /// `&`: the one before runs in the background.
    Background,
}

/// A simple command: `NAME=value program argument >file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// From its first to its last byte.
    pub span: Span,
    /// How it is joined to the command before it.
    pub joint: Joint,
    /// How many subshells and `{ }` groups it stands in.
    pub level: usize,
    /// The shell that runs it, as an index into the script's shells: what `cd` does ends with its shell.
    pub shell: usize,
    /// It runs only if a condition holds, or more than once: inside `if`, a loop or `case`.
    pub conditional: bool,
    /// `!` stands before the pipe that it begins.
    pub negated: bool,
    /// The command whose words it is substituted into, as an index: `outer $(this)`.
    pub inside: Option<usize>,
    /// `NAME=value` before the program.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments; empty if there are only assignments or redirections.
    pub words: Vec<Word>,
    /// Redirections, in order.
    pub redirections: Vec<Redirection>,
}

impl Command {
    /// The program's name without its folder, if it is written out.
    pub fn program(&self) -> Option<&str> {
        let first = self.words.first().filter(|word| !word.dynamic)?;
        first.text.rsplit('/').next()
    }

    /// The arguments behind the program.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or(&[])
    }
}

/// A word: quotes removed, substitutions kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// The word as written, quotes included.
    pub span: Span,
    /// It holds a `$` or backtick substitution, so its text is not its value.
    pub dynamic: bool,
    /// Some part of it is quoted.
    pub quoted: bool,
}

/// `NAME=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value; for an array its words joined by blanks.
    pub value: Word,
    /// Both together.
    pub span: Span,
}

/// `2>file`, `<<EOF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// The operator without the descriptor: `>`, `>>`, `<`, `<<`, `>&` ...
    pub operator: &'static str,
    /// The descriptor before it.
    pub descriptor: Option<String>,
    /// What follows: a file, a descriptor, or the name of a heredoc.
    pub target: Word,
    /// The body of a heredoc.
    pub body: Option<Text>,
}

/// Splits a shell text, or `None` if it is too odd to say anything about.
pub fn split(text: &Text) -> Option<Script> {
    let mut parser = list::Parser::new(text);
    parser.list(list::End::Text)?;
    if !parser.pending.is_empty() {
        return None;
    }
    Some(parser.finish())
}

#[cfg(test)]
#[path = "shell/tests.rs"]
mod tests;

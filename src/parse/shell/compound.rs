//! Compound commands of a shell text: `if`, loops, `case`, groups, tests.

use super::list::{End, Parser};
use super::{Joint, MAX_DEPTH};

impl Parser<'_> {
    pub(super) fn group(&mut self) -> Option<()> {
        // What stands before a group is about its end.
        self.negated = false;
        let saved = self.level;
        self.level += 1;
        self.in_a_shell(|parser| parser.list(End::Paren))?;
        self.level = saved;
        self.trailing()
    }

    /// `(( ... ))`.
    pub(super) fn arithmetic(&mut self) -> Option<()> {
        self.balanced()?;
        self.trailing()
    }

    /// Redirections behind a compound command.
    fn trailing(&mut self) -> Option<()> {
        loop {
            self.blanks();
            let digits = self.rest().len() - self.rest().trim_start_matches(|ch: char| ch.is_ascii_digit()).len();
            let behind = self.rest().get(digits..).unwrap_or("");
            if !(behind.starts_with(['<', '>']) || self.rest().starts_with("&>")) {
                return Some(());
            }
            let index = self.begin();
            self.redirection(index)?;
            self.close(index);
        }
    }

    /// The reserved word at this place, if there is one.
    pub(super) fn keyword(&self) -> Option<&'static str> {
        const KEYWORDS: [&str; 19] = [
            "if", "then", "elif", "else", "fi", "while", "until", "for", "select", "do", "done", "case", "esac",
            "function", "time", "{", "}", "!", "[[",
        ];
        let rest = self.rest();
        let end = |rest: &str| {
            rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', ';', '&', '|', '<', '>', '(', ')'])
        };
        KEYWORDS
            .into_iter()
            .find(|word| rest.strip_prefix(word).is_some_and(end))
    }

    pub(super) fn command(&mut self) -> Option<()> {
        let Some(keyword) = self.keyword() else {
            return self.simple();
        };
        if keyword != "[[" {
            self.at += keyword.len();
        }
        match keyword {
            "if" | "while" | "until" => self.enter(),
            "fi" | "done" => {
                self.conditions = self.conditions.checked_sub(1)?;
                self.trailing()
            }
            "then" | "elif" | "else" | "do" => {
                self.joint = Joint::Then;
                Some(())
            }
            "{" => {
                self.negated = false;
                self.level += 1;
                (self.level <= MAX_DEPTH).then_some(())
            }
            "}" => {
                self.level = self.level.checked_sub(1)?;
                self.trailing()
            }
            "!" => {
                self.negated = true;
                Some(())
            }
            "time" => Some(()),
            "for" | "select" => self.for_loop(),
            "case" => self.case(),
            "function" => {
                self.has_functions = true;
                self.blanks();
                self.word()?;
                self.blanks();
                if self.eat("(") {
                    self.blanks();
                    self.eat(")").then_some(())?;
                }
                Some(())
            }
            "[[" => self.test(),
            // `esac` outside a branch.
            _ => None,
        }
    }

    fn enter(&mut self) -> Option<()> {
        self.conditions += 1;
        (self.conditions <= MAX_DEPTH).then_some(())
    }

    /// `for NAME in WORDS`, up to the `do`.
    fn for_loop(&mut self) -> Option<()> {
        self.enter()?;
        self.blanks();
        if self.rest().starts_with("((") {
            self.balanced()?;
            return Some(());
        }
        // The words may hold substitutions, which belong to a command that only carries them.
        let index = self.begin();
        let mut count = 0;
        loop {
            self.blanks();
            match self.peek() {
                None => return None,
                Some(b';' | b'\n') => break,
                Some(_) => {
                    // `for x do` without a list.
                    if count == 1 && self.keyword() == Some("do") {
                        break;
                    }
                    self.word()?;
                    count += 1;
                }
            }
        }
        self.drop_empty(index);
        Some(())
    }

    fn case(&mut self) -> Option<()> {
        self.enter()?;
        self.blanks();
        let index = self.begin();
        self.word()?;
        self.drop_empty(index);
        self.lines();
        let word = self.word()?;
        if word.text != "in" {
            return None;
        }
        loop {
            self.lines();
            if self.keyword() == Some("esac") {
                self.at += "esac".len();
                self.conditions = self.conditions.checked_sub(1)?;
                return self.trailing();
            }
            self.eat("(");
            loop {
                self.blanks();
                match self.peek()? {
                    b')' => break,
                    b'|' => self.at += 1,
                    _ => {
                        self.word()?;
                    }
                }
            }
            self.at += 1;
            self.joint = Joint::Then;
            self.nested(|parser| parser.list(End::Branch))?;
        }
    }

    /// Blanks and line breaks.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            if !self.eat("\n") {
                return;
            }
            self.bodies();
        }
    }

    /// `[[ ... ]]`, whose operators are words.
    fn test(&mut self) -> Option<()> {
        let index = self.begin();
        loop {
            self.blanks();
            let start = self.at;
            let word = match self.peek()? {
                b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'\n' => {
                    self.at += 1;
                    self.plain(start)
                }
                _ => self.word()?,
            };
            let last = word.text == "]]" && !word.quoted;
            self.commands.get_mut(index)?.words.push(word);
            if last {
                break;
            }
        }
        self.close(index);
        self.trailing()
    }
}

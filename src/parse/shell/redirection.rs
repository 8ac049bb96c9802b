//! Redirections, and the bodies of heredocs, which come behind the line.

use super::Redirection;
use super::list::{Parser, Pending};

const OPERATORS: [&str; 12] = ["&>>", "<<<", "<<-", "&>", "<<", ">>", "<&", ">&", "<>", ">|", "<", ">"];

impl Parser<'_> {
    pub(super) fn is_descriptor(&self) -> bool {
        self.rest()
            .trim_start_matches(|ch: char| ch.is_ascii_digit())
            .starts_with(['<', '>'])
    }

    pub(super) fn redirection(&mut self, index: usize) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let descriptor = (self.at > start).then(|| self.plain(start).text);
        let operator = OPERATORS
            .into_iter()
            .find(|operator| self.rest().starts_with(operator))?;
        self.at += operator.len();
        self.blanks();
        let target = self.word()?;
        let command = self.commands.get_mut(index)?;
        if matches!(operator, "<<" | "<<-") {
            self.pending.push(Pending {
                command: index,
                redirection: command.redirections.len(),
                name: target.text.clone(),
                strip_tabs: operator == "<<-",
            });
        }
        command.redirections.push(Redirection {
            operator,
            descriptor,
            target,
            body: None,
        });
        Some(())
    }

    /// Reads the bodies of the heredocs that wait for this line break.
    pub(super) fn bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut end = self.at;
            for line in self.rest().split_inclusive('\n') {
                self.at += line.len();
                let content = line.trim_end_matches(['\n', '\r']);
                let content = if pending.strip_tabs {
                    content.trim_start_matches('\t')
                } else {
                    content
                };
                if content == pending.name {
                    break;
                }
                end = self.at;
            }
            let body = self.text.slice(start..end);
            let command = self.commands.get_mut(pending.command);
            if let Some(redirection) = command.and_then(|command| command.redirections.get_mut(pending.redirection)) {
                redirection.body = Some(body);
            }
        }
    }
}

//! COPY and ADD: what is copied from where to where.

use super::{Builder, Parts, flag_value};
use crate::parse::dockerfile::lex::{self, Variable};
use crate::parse::dockerfile::{Transfer, Word, heredoc};

impl Builder<'_> {
    pub(super) fn transfer(&mut self, parts: &Parts) -> Option<Transfer> {
        let (mut words, json) = self.list(parts)?;
        let keyword = parts.keyword.value;
        let destination = match words.pop() {
            Some(destination) if !words.is_empty() => destination,
            Some(only) => {
                let message = format!("{keyword} has one argument, so there is no destination");
                self.refuse(parts, only.span, message, format!("write {keyword} SOURCE DESTINATION"));
                return None;
            }
            None => {
                self.missing(parts, &format!("write {keyword} SOURCE DESTINATION"));
                return None;
            }
        };
        let opens = |word: &Word| matches!(heredoc::marker(&word.value), Ok(Some(_)));
        if opens(&destination) {
            let message = format!("the destination of {keyword} is a heredoc");
            self.refuse(parts, destination.span, message, "write the heredoc first, then a path");
        }
        words.retain(|word| !opens(word));
        let is_set = |name: &str| flag_bool(parts, name).unwrap_or(false);
        let from = flag_value(parts, "from");
        if let Some(from) = from.as_ref().filter(|from| has_variable(&from.value, self.escape)) {
            let message = format!("--from is {}, but variables are not replaced there", from.value);
            let help = "add a stage with the variable in FROM, and use the name of that stage";
            self.refuse(parts, from.span, message, help);
        }
        Some(Transfer {
            sources: words,
            destination,
            json,
            from,
            chown: flag_value(parts, "chown"),
            chmod: flag_value(parts, "chmod"),
            checksum: flag_value(parts, "checksum"),
            exclude: parts
                .flags
                .iter()
                .filter(|flag| flag.name.value == "exclude")
                .filter_map(|flag| flag.value.clone())
                .collect(),
            link: is_set("link"),
            parents: is_set("parents"),
            keep_git_dir: is_set("keep-git-dir"),
            unpack: flag_bool(parts, "unpack"),
        })
    }
}

/// Whether the builder would replace something in it; a lone `$` at the end is none.
fn has_variable(text: &str, escape: char) -> bool {
    lex::expand(text, escape, &mut |_, _| Variable::Unset).is_ok_and(|expanded| expanded.value != text)
}

fn flag_bool(parts: &Parts, name: &str) -> Option<bool> {
    let flag = parts.flags.iter().find(|flag| flag.name.value == name)?;
    let value = flag.value.as_ref().map_or("", |value| value.value.as_str());
    Some(!value.eq_ignore_ascii_case("false"))
}

//! What programs write that download, clone and unpack. That is not all they may do: an `Unknown` goes with it.

use super::operands::{operands, value};
use super::{Content, Reader};
use crate::parse::shell::Word;
use crate::values::path::name;

impl Reader<'_> {
    /// What programs write that are followed no further.
    pub(super) fn fetch(&mut self, program: &str, words: &[Word]) {
        match program {
            "curl" => self.download("curl", words, ("-o", "--output"), "-O"),
            "wget" => self.download("wget", words, ("-O", "--output-document"), ""),
            "git" if words.first().is_some_and(|word| word.text == "clone") => self.clone_repository(words),
            "tar" => {
                let creates = words.first().is_some_and(|word| {
                    word.text == "--create" || !word.text.starts_with("--") && word.text.contains('c')
                });
                if let Some(folder) = value(words, "-C", "--directory").filter(|_| !creates) {
                    self.write(self.target(&folder), Content::Folder, Some("tar"));
                }
            }
            "unzip" => {
                if let Some(folder) = value(words, "-d", "-d") {
                    self.write(self.target(&folder), Content::Folder, Some("unzip"));
                }
            }
            "pnpm" | "bun" => {
                let verb = words.first().map_or("", |word| word.text.as_str());
                if matches!(verb, "install" | "i" | "add") {
                    self.write(self.here("node_modules"), Content::Folder, Some("the package manager"));
                }
            }
            _ => {}
        }
    }

    fn clone_repository(&mut self, words: &[Word]) {
        let rest: Vec<&Word> = operands(words.get(1..).unwrap_or(&[])).collect();
        let is_url = |word: &&Word| word.text.contains("://") || word.text.starts_with("git@");
        let Some(at) = rest.iter().position(is_url) else { return };
        let to = match (rest.get(at + 1), rest.get(at)) {
            (Some(folder), _) => self.target(folder),
            (None, Some(url)) if !url.dynamic => {
                self.here(name(url.text.trim_end_matches('/')).trim_end_matches(".git"))
            }
            _ => return,
        };
        self.write(to, Content::Folder, Some("git clone"));
    }

    fn download(&mut self, by: &'static str, words: &[Word], to: (&str, &str), same_name: &str) {
        let (letter, same) = (to.0.trim_start_matches('-'), same_name.trim_start_matches('-'));
        for (index, word) in words.iter().enumerate() {
            let text = word.text.as_str();
            let is_group = text.starts_with('-') && !text.starts_with("--");
            if let Some(value) = text.strip_prefix(to.1).and_then(|rest| rest.strip_prefix('=')) {
                let text = value.to_owned();
                let file = self.target(&Word { text, ..word.clone() });
                self.write(file, Content::File, Some(by));
            } else if text == to.1 || is_group && text.ends_with(letter) {
                if let Some(file) = words.get(index + 1).filter(|file| file.text != "-") {
                    self.write(self.target(file), Content::File, Some(by));
                }
                return;
            } else if !same.is_empty() && (text == "--remote-name" || is_group && text.contains(same)) {
                return self.save_as_named(by, words);
            }
        }
        let elsewhere = |word: &Word| word.text.starts_with("-P") || word.text.starts_with("--directory-prefix");
        if same.is_empty() && !words.iter().any(elsewhere) {
            self.save_as_named(by, words);
        }
    }

    /// Files that are called like the end of their URL.
    fn save_as_named(&mut self, by: &'static str, words: &[Word]) {
        for word in words.iter().filter(|word| word.text.contains("://") && !word.dynamic) {
            let file = name(word.text.split(['?', '#']).next().unwrap_or(""));
            if !file.is_empty() {
                self.write(self.here(file), Content::File, Some(by));
            }
        }
    }
}

//! Where compilers put the programs that they build.

use super::{Change, Reader, Target};
use crate::build::linked::{Builder, builder};
use crate::parse::shell::{Command, Word};

/// Where cargo of the official images installs to (`CARGO_HOME` there), and Go (`GOPATH`).
const CARGO_BIN: &str = "/usr/local/cargo/bin";
const GO_BIN: &str = "/go/bin";

impl Reader<'_> {
    /// Reads what a compiler's command builds.
    pub(super) fn build(&mut self, command: &Command) {
        let Some(by) = builder(command) else { return };
        let words = command.arguments();
        let named = |names: &[&str]| value(words, names);
        let installs = words.iter().any(|word| word.text == "install");
        match (by, named(&["-o"])) {
            (Builder::Go | Builder::C, Some(out)) => {
                let to = self.target(&out);
                if by == Builder::Go {
                    self.add(Change::Build {
                        by,
                        to: to.clone(),
                        within: true,
                    });
                }
                self.add(Change::Build { by, to, within: false });
            }
            (Builder::Go, None) if installs => self.add(Change::Build {
                by,
                to: Target::Path(GO_BIN.to_owned()),
                within: true,
            }),
            (Builder::Go, None) => self.add(Change::Build {
                by,
                to: self.here("."),
                within: true,
            }),
            (Builder::Cargo, _) if installs => {
                let to = match named(&["--root"]) {
                    Some(root) => self.target(&root).child("bin"),
                    None => Target::Path(CARGO_BIN.to_owned()),
                };
                self.add(Change::Build { by, to, within: true });
            }
            // In a workspace the folder lies where nobody here knows.
            (Builder::Cargo, _) if named(&["--manifest-path"]).is_none() => {
                let target = match named(&["--target-dir"]) {
                    Some(folder) => self.target(&folder),
                    None => self.here("target"),
                };
                for profile in ["release", "debug"] {
                    self.add(Change::Build {
                        by,
                        to: target.child(profile),
                        within: true,
                    });
                }
            }
            _ => {}
        }
    }
}

/// The value of an option: `-o X`, `-o=X`.
fn value(words: &[Word], names: &[&str]) -> Option<Word> {
    words.iter().enumerate().find_map(|(index, word)| {
        if names.contains(&word.text.as_str()) {
            return words.get(index + 1).cloned();
        }
        let (name, text) = word.text.split_once('=')?;
        names.contains(&name).then(|| Word {
            text: text.to_owned(),
            ..word.clone()
        })
    })
}

//! What the commands of a RUN do: an arm for each program that is followed. Anything else may do what its row does not rule out.

use super::operands::{PATTERN, expanded, has_letter, has_long, operands, target, value, without_values};
use super::{Change, Content, Placing, Reader, Target};
use crate::build::programs::{Traits, is_usual_folder};
use crate::build::{Action, Manager, PackageCommand};
use crate::parse::shell::{Command, Redirection, Word};
use crate::values::path::name;

impl Reader<'_> {
    /// Reads a command. `next` is the one behind it, `package` its step's package command, with the index there.
    pub(super) fn command(
        &mut self,
        command: &Command,
        next: Option<&Command>,
        package: Option<(usize, &PackageCommand)>,
    ) {
        for redirection in &command.redirections {
            self.redirection(command, redirection);
        }
        if let Some((at, package)) = package {
            return self.package(at, package);
        }
        self.ended |= matches!(command.program(), Some("exit" | "exec" | "return"));
        let words = PackageCommand::behind_wrappers(&command.words);
        let Some((first, words)) = words.split_first() else {
            return;
        };
        let is_elsewhere = first.text.contains('/') && !is_usual_folder(&first.text);
        if first.dynamic || is_elsewhere {
            return self.add(Change::Unknown(Traits::UNKNOWN));
        }
        match name(&first.text) {
            "cd" | "pushd" | "popd" => self.folders.change(command, next),
            program => {
                self.build(command);
                self.program(program, words);
            }
        }
    }

    /// Reads what a program does with its arguments.
    fn program(&mut self, program: &str, words: &[Word]) {
        match program {
            "mkdir" => {
                for word in without_values(words, &["-m", "--mode"]) {
                    self.add(Change::Folder(self.target(word)));
                }
            }
            "touch" => {
                for word in without_values(words, &["-d", "-t", "-r", "--date", "--reference"]) {
                    self.add(Change::Touch(self.target(word)));
                }
            }
            "tee" => {
                for word in operands(words) {
                    self.write(self.target(word), Content::File, None);
                }
            }
            "rm" => {
                let recursive = has_letter(words, &['r', 'R'], "--recursive");
                for word in operands(words) {
                    let words = if self.expands_braces {
                        expanded(word)
                    } else {
                        vec![word.clone()]
                    };
                    for word in words {
                        let what = self.target(&word);
                        self.add(Change::Remove { what, recursive });
                    }
                }
            }
            "chown" | "chgrp" => self.owner(program, words),
            "chmod" => self.mode(words),
            "cp" => {
                let other = has_letter(words, &['l', 's', 'u', 't', 'T', 'b'], "--link") || has_long(words, "");
                self.place("cp", words, !other);
            }
            "mv" => {
                let other = has_letter(words, &['u', 't', 'T', 'b', 'n'], "") || has_long(words, "");
                self.place("mv", words, !other);
            }
            "install" if has_letter(words, &['d'], "--directory") => self.made_folders(words),
            "install" => self.place("install", words, false),
            "rsync" => self.place("rsync", words, false),
            "ln" => self.link(words),
            "adduser" | "useradd" | "addgroup" | "groupadd" | "usermod" | "newusers" => {
                let name = |word: &Word| (!word.dynamic).then(|| word.text.clone());
                self.add(Change::Accounts(operands(words).map(name).collect()));
            }
            "find" => self.find(words),
            "trap" if words.iter().any(|word| word.text.contains("rm ")) => {
                let what = Target::Anywhere;
                self.add(Change::Remove { what, recursive: true });
            }
            "xargs" => self.xargs(words),
            _ => {
                self.fetch(program, words);
                let traits = Traits::of(program);
                if !traits.writes_nothing() {
                    self.add(Change::Unknown(traits));
                }
            }
        }
    }

    pub(super) fn target(&self, word: &Word) -> Target {
        target(word, self.folders.here())
    }

    /// Something in the folder that the command runs in.
    pub(super) fn here(&self, name: &str) -> Target {
        self.folders.here().join(name).target()
    }

    pub(super) fn write(&mut self, to: Target, content: Content, by: Option<&'static str>) {
        self.add(Change::Write { to, content, by });
    }

    fn redirection(&mut self, command: &Command, redirection: &Redirection) {
        let target = &redirection.target;
        let is_descriptor = redirection.operator == ">&" && (target.text == "-" || target.text.parse::<u32>().is_ok());
        let writes = redirection.operator.starts_with('>') || redirection.operator.contains("&>");
        if !writes || is_descriptor || target.text.starts_with("/dev/") {
            return;
        }
        let bodies = command.redirections.iter().find_map(|other| other.body.as_ref());
        let content = match (command.program(), bodies) {
            (Some("echo" | "printf"), _) if command.words.iter().all(|word| !word.dynamic) => {
                let length: usize = command.arguments().iter().map(|word| word.text.len() + 1).sum();
                Content::Text(length as u64)
            }
            (Some("cat"), Some(body)) => Content::Text(body.text.len() as u64),
            _ => Content::File,
        };
        self.write(self.target(target), content, None);
    }

    fn package(&mut self, at: usize, package: &PackageCommand) {
        self.add(Change::Package(at));
        match (package.manager, package.action) {
            (Manager::Apt, Action::Update) => {
                let lists = Target::Path("/var/lib/apt/lists".to_owned());
                self.write(lists, Content::Folder, Some("apt-get update"));
            }
            (Manager::Npm | Manager::Yarn, Action::Install)
                if !package.has(&["-g", "--global", "--package-lock-only"]) && !package.is_global() =>
            {
                let by = package.manager.name();
                self.write(self.here("node_modules"), Content::Folder, Some(by));
            }
            (Manager::Composer, Action::Install) => {
                self.write(self.here("vendor"), Content::Folder, Some("composer install"));
            }
            _ => {}
        }
    }

    fn owner(&mut self, program: &str, words: &[Word]) {
        let recursive = has_letter(words, &['R'], "--recursive");
        let followed = !has_long(words, "--recursive");
        let mut rest = operands(words);
        let owner = if words.iter().any(|word| word.text.starts_with("--reference")) {
            None
        } else {
            rest.next()
        };
        let user = owner
            .filter(|owner| program == "chown" && !owner.dynamic)
            .and_then(|owner| owner.text.split([':', '.']).next())
            .filter(|user| !user.is_empty())
            .map(str::to_owned);
        for word in rest {
            let change = Change::Owner {
                what: self.target(word),
                recursive,
                user: user.clone(),
                followed,
            };
            self.add(change);
        }
        if !followed {
            self.add(Change::Unknown(Traits::of(program)));
        }
    }

    /// `install -d`
    fn made_folders(&mut self, words: &[Word]) {
        let user = value(words, "-o", "--owner")
            .filter(|user| !user.dynamic)
            .map(|user| user.text);
        let is_given = words.iter().any(|word| {
            ["-o", "-g", "-m", "--owner", "--group", "--mode"]
                .iter()
                .any(|option| word.text.starts_with(option))
        });
        for word in without_values(words, &["-m", "-o", "-g", "--mode", "--owner", "--group"]) {
            let what = self.target(word);
            self.add(Change::Folder(what.clone()));
            if is_given {
                self.add(Change::Owner {
                    what,
                    recursive: false,
                    user: user.clone(),
                    followed: true,
                });
            }
        }
    }

    fn mode(&mut self, words: &[Word]) {
        let recursive = has_letter(words, &['R'], "--recursive");
        let followed = !has_long(words, "--recursive");
        // `-w` and `-x` are modes.
        let is_option = |word: &&Word| {
            word.text.starts_with("--")
                || matches!(word.text.trim_matches(['R', 'f', 'v', 'c']), "-")
                || word.text.is_empty()
        };
        let mut rest = words.iter().filter(|word| !is_option(word));
        let mode = if words.iter().any(|word| word.text.starts_with("--reference")) {
            None
        } else {
            rest.next().filter(|mode| !mode.dynamic).map(|mode| mode.text.clone())
        };
        for word in rest {
            let change = Change::Mode {
                what: self.target(word),
                recursive,
                mode: mode.clone(),
                followed,
            };
            self.add(change);
        }
        if !followed {
            self.add(Change::Unknown(Traits::of("chmod")));
        }
    }

    /// `cp`, `mv`, `install`, `rsync`.
    fn place(&mut self, by: &'static str, words: &[Word], followed: bool) {
        let valued: &[&str] = match by {
            "install" => &[
                "-m",
                "-o",
                "-g",
                "-t",
                "-S",
                "--mode",
                "--owner",
                "--group",
                "--target-directory",
            ],
            "rsync" => &[
                "-e",
                "-f",
                "--rsh",
                "--exclude",
                "--include",
                "--filter",
                "--chown",
                "--chmod",
            ],
            _ => &["-t", "-S", "--target-directory", "--suffix"],
        };
        let folder = value(words, "-t", "--target-directory").filter(|_| by != "rsync");
        let mut sources: Vec<&Word> = without_values(words, valued).collect();
        let last = if folder.is_none() { sources.pop() } else { None };
        let Some(to) = folder.as_ref().or(last).filter(|_| !sources.is_empty()) else {
            return self.add(Change::Unknown(Traits::of(by)));
        };
        let several = sources.len() > 1 || sources.iter().any(|source| source.text.ends_with("/*"));
        let placing = Box::new(Placing {
            from: sources.iter().map(|source| self.target(source)).collect(),
            to: self.target(to),
            into: folder.is_some() || to.text.ends_with('/') || several,
            contents: sources
                .iter()
                .any(|source| source.text.ends_with("/.") || by == "rsync" && source.text.ends_with('/')),
            followed,
            by,
        });
        if by == "rsync" && has_long(words, "") {
            let what = Target::some_in(placing.to.path().unwrap_or("/").to_owned());
            self.add(Change::Remove { what, recursive: true });
        }
        self.add(if by == "mv" {
            Change::Move(placing)
        } else {
            Change::Copy(placing)
        });
        if !followed {
            self.add(Change::Unknown(Traits::of(by)));
        }
    }

    fn link(&mut self, words: &[Word]) {
        let folder = value(words, "-t", "--target-directory");
        let mut targets: Vec<&Word> = without_values(words, &["-t", "-S", "--target-directory", "--suffix"]).collect();
        let last = if folder.is_none() && targets.len() > 1 {
            targets.pop()
        } else {
            None
        };
        let relative = has_letter(words, &['r'], "--relative");
        let symbolic = has_letter(words, &['s'], "--symbolic");
        for target in &targets {
            let is_plain = !target.dynamic && !relative && !target.text.contains(PATTERN);
            let link = match folder.as_ref().or(last) {
                Some(link) => self.target(link),
                None => self.here(name(target.text.trim_end_matches('/'))),
            };
            let change = Change::Link {
                target: is_plain.then(|| target.text.clone()),
                link,
                into: folder.is_some() || targets.len() > 1 || last.is_some_and(|link| link.text.ends_with('/')),
                symbolic,
            };
            self.add(change);
        }
        if !symbolic {
            self.add(Change::Unknown(Traits::of("ln")));
        }
    }
}

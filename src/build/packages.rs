//! Commands that drive a package manager.

mod manager;

pub(crate) use manager::Manager;

use crate::parse::shell::{Command, Word};

/// What a command asks of a package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fetch the index.
    Update,
    /// Install.
    Install,
    /// Bring what is there to its newest version.
    Upgrade,
    /// Take packages away.
    Remove,
    /// Take caches away.
    Clean,
    /// Anything else.
    Other,
}

/// A package manager's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageCommand {
    /// The package manager.
    pub manager: Manager,
    /// The program as written, without its folder.
    pub program: String,
    /// What it asks for.
    pub action: Action,
    /// The index, in the command's words, of the word that says so.
    pub verb: usize,
    /// The options, `--name=value` and `-abc` as written.
    pub options: Vec<String>,
    /// What is neither the verb nor an option: packages, mostly.
    pub operands: Vec<String>,
    /// Some word is only known to the shell.
    pub dynamic: bool,
    /// The group that apk puts the packages under: `--virtual .build`.
    pub group: Option<String>,
    /// `yarn global`.
    is_global: bool,
}

impl PackageCommand {
    /// The package manager's command that a shell command is, behind `sudo` and `env` too.
    pub fn of(command: &Command) -> Option<Self> {
        let words = &command.words;
        let at = words.len() - Self::behind_wrappers(words).len();
        let program = name(words.get(at)?).to_owned();
        let mut rest = at + 1;
        let manager = match program.as_str() {
            "uv" => {
                words.get(rest).filter(|word| word.text == "pip")?;
                rest += 1;
                Manager::Uv
            }
            text if is_versioned(text, "pip") => Manager::Pip,
            text if is_versioned(text, "python") => {
                let module = words.iter().position(|word| word.text == "-m")?;
                if words.get(module + 1)?.text != "pip" {
                    return None;
                }
                rest = module + 2;
                Manager::Pip
            }
            text => Manager::of(text)?,
        };
        let mut found = Self {
            manager,
            program: if rest > at + 1 {
                manager.name().to_owned()
            } else {
                program
            },
            action: Action::Other,
            verb: 0,
            options: Vec::new(),
            operands: Vec::new(),
            dynamic: false,
            group: None,
            is_global: false,
        };
        found.read(words, rest);
        if found.verb == 0 {
            // `yarn` alone installs.
            if manager != Manager::Yarn || found.dynamic || found.has(&["-v", "-h", "--version", "--help"]) {
                return None;
            }
            (found.verb, found.action) = (at, Action::Install);
        }
        Some(found)
    }

    fn read(&mut self, words: &[Word], start: usize) {
        let mut verb = String::new();
        let mut is_value = false;
        for (index, word) in words.iter().enumerate().skip(start) {
            self.dynamic |= word.dynamic;
            let text = word.text.as_str();
            if is_value {
                let is_group = matches!(self.options.last().map(String::as_str), Some("--virtual" | "-t"));
                if is_group && self.manager == Manager::Apk {
                    self.group = Some(text.to_owned());
                }
                self.options.push(text.to_owned());
                is_value = false;
            } else if text.starts_with('-') && text.len() > 1 {
                if let Some(group) = text.strip_prefix("--virtual=").filter(|_| self.manager == Manager::Apk) {
                    self.group = Some(group.to_owned());
                }
                is_value = self.manager.takes_value(text);
                self.options.push(text.to_owned());
            } else if self.verb == 0 {
                self.verb = index;
                verb = text.to_owned();
            } else {
                self.operands.push(text.to_owned());
            }
        }
        self.action = self.manager.action(&verb, self.operands.first().map(String::as_str));
        self.is_global = verb == "global";
    }

    /// Whether it has one of these options; a single letter counts inside a group (`-yq` has `-y`).
    pub fn has(&self, options: &[&str]) -> bool {
        self.options.iter().any(|given| {
            options.iter().any(|wanted| {
                given == wanted
                    || given
                        .strip_prefix(wanted)
                        .is_some_and(|rest| wanted.starts_with("--") && rest.starts_with('='))
                    || (wanted.len() == 2
                        && !given.starts_with("--")
                        && given.starts_with('-')
                        && wanted.chars().nth(1).is_some_and(|letter| given.contains(letter)))
            })
        })
    }

    /// Whether it installs for all users, not for the folder that it runs in: `yarn global add`.
    pub(super) fn is_global(&self) -> bool {
        self.is_global
    }

    /// The words of a command behind `sudo`, `env` and their like, with their options; all of them where nothing is behind.
    pub(super) fn behind_wrappers(words: &[Word]) -> &[Word] {
        let mut at = 0;
        // `sudo -E apt-get ...`, `env A=b apt-get ...`
        while let Some(word) = words.get(at) {
            match name(word) {
                "command" if words.get(at + 1).is_some_and(|word| word.text.starts_with('-')) => return words,
                "sudo" | "env" | "exec" | "time" | "command" | "eatmydata" | "nice" => at += 1,
                text if at > 0 && (text.starts_with('-') || text.contains('=')) => at += 1,
                _ => break,
            }
        }
        words.get(at..).filter(|rest| !rest.is_empty()).unwrap_or(words)
    }

    /// The packages that it names, without their versions; the group of them where they have one.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let group = self.group.as_deref().filter(|_| self.action == Action::Install);
        let operands = if group.is_some() {
            &[][..]
        } else {
            self.operands.as_slice()
        };
        let named = operands.iter().map(String::as_str).chain(group);
        named.map(|name| name.split(['=', '<', '>', '~', '@', ':']).next().unwrap_or(name))
    }

    /// What a person calls the command: `apt-get install`.
    pub fn shown(&self, command: &Command) -> String {
        let verb = command.words.get(self.verb).map_or("", |word| word.text.as_str());
        if self.program.ends_with(verb) {
            self.program.clone()
        } else {
            format!("{} {verb}", self.program)
        }
    }
}

fn name(word: &Word) -> &str {
    if word.dynamic {
        return "";
    }
    word.text.rsplit('/').next().unwrap_or(&word.text)
}

/// `pip`, `pip3`, `pip3.12`.
fn is_versioned(text: &str, program: &str) -> bool {
    text.strip_prefix(program)
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::dockerfile::Text;
    use crate::source::Sources;

    fn read(shell: &str) -> Option<PackageCommand> {
        let mut sources = Sources::default();
        let id = sources.add(std::path::Path::new("D"), shell.to_owned());
        let mut text = Text::empty(id, 0);
        text.push(shell, 0);
        PackageCommand::of(crate::parse::shell::split(&text).unwrap().commands.first().unwrap())
    }

    #[test]
    fn commands_are_known_by_program_and_verb() {
        for (shell, manager, action, operands) in [
            (
                "apt-get -qq -o A=b install -y --no-install-recommends a b",
                Manager::Apt,
                Action::Install,
                2,
            ),
            ("sudo -E /usr/bin/apt-get update", Manager::Apt, Action::Update, 0),
            ("apk --no-cache add -t .build a", Manager::Apk, Action::Install, 1),
            (
                "python3.12 -m pip install -r requirements.txt",
                Manager::Pip,
                Action::Install,
                0,
            ),
            ("yarn", Manager::Yarn, Action::Install, 0),
            ("npm run build", Manager::Npm, Action::Other, 1),
            ("uv pip install --system a b", Manager::Uv, Action::Install, 2),
            ("apt-get purge -y a", Manager::Apt, Action::Remove, 1),
            ("dnf clean all", Manager::Dnf, Action::Clean, 1),
        ] {
            let found = read(shell).unwrap_or_else(|| panic!("{shell}"));
            assert_eq!(
                (found.manager, found.action, found.operands.len()),
                (manager, action, operands),
                "{shell}"
            );
        }
        assert_eq!(read("python -m venv /x"), None);
        assert_eq!(read("command -v yarn"), None);
        assert_eq!(
            read("apk add --virtual .build gcc")
                .unwrap()
                .names()
                .collect::<Vec<_>>(),
            [".build"]
        );
        assert!(read("apt-get -yqq install a").unwrap().has(&["-y"]));
        assert!(!read("apt-get --quiet install a").unwrap().has(&["-y"]));
    }
}

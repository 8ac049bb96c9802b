//! Commands that drive a package manager.

use crate::parse::shell::{Command, Word};

/// A package manager with an interface of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// `apt-get`, `apt`, `aptitude`.
    Apt,
    /// `apk`.
    Apk,
    /// `dnf`, `yum`, `microdnf`, `tdnf`.
    Dnf,
    /// `zypper`.
    Zypper,
    /// `pip`.
    Pip,
    /// `npm`.
    Npm,
    /// `yarn`.
    Yarn,
    /// `composer`.
    Composer,
    /// `conda`, `mamba`, `micromamba`.
    Conda,
}

/// What it is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fetch the index.
    Update,
    /// Install.
    Install,
    /// Bring what is there to its newest version.
    Upgrade,
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
    /// What it is told to do.
    pub action: Action,
    /// The index, in the command's words, of the word that says so.
    pub verb: usize,
    /// The options, `--name=value` and `-abc` as written.
    pub options: Vec<String>,
    /// What is neither the verb nor an option: packages, mostly.
    pub operands: Vec<String>,
    /// Some word is only known to the shell.
    pub dynamic: bool,
}

impl PackageCommand {
    /// The package manager's command that a shell command is, behind `sudo` and `env` too.
    pub fn of(command: &Command) -> Option<Self> {
        let words = &command.words;
        let mut at = 0;
        // `sudo -E apt-get ...`, `env A=b apt-get ...`
        while let Some(word) = words.get(at) {
            match name(word) {
                "sudo" | "env" | "exec" | "time" | "command" | "eatmydata" | "nice" => at += 1,
                text if at > 0 && (text.starts_with('-') || text.contains('=')) => at += 1,
                _ => break,
            }
        }
        let program = name(words.get(at)?).to_owned();
        let mut rest = at + 1;
        let manager = match program.as_str() {
            "apt-get" | "apt" | "aptitude" => Manager::Apt,
            "apk" => Manager::Apk,
            "dnf" | "yum" | "microdnf" | "tdnf" | "dnf5" => Manager::Dnf,
            "zypper" => Manager::Zypper,
            "npm" => Manager::Npm,
            "yarn" => Manager::Yarn,
            "composer" => Manager::Composer,
            "conda" | "mamba" | "micromamba" => Manager::Conda,
            text if is_versioned(text, "pip") => Manager::Pip,
            text if is_versioned(text, "python") => {
                let module = words.iter().position(|word| word.text == "-m")?;
                if words.get(module + 1)?.text != "pip" {
                    return None;
                }
                rest = module + 2;
                Manager::Pip
            }
            _ => return None,
        };
        let mut found = Self {
            manager,
            program: if manager == Manager::Pip && rest > at + 1 {
                "pip".to_owned()
            } else {
                program
            },
            action: Action::Other,
            verb: 0,
            options: Vec::new(),
            operands: Vec::new(),
            dynamic: false,
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
                self.options.push(text.to_owned());
                is_value = false;
            } else if text.starts_with('-') && text.len() > 1 {
                is_value = takes_value(self.manager, text);
                self.options.push(text.to_owned());
            } else if self.verb == 0 {
                self.verb = index;
                verb = text.to_owned();
            } else {
                self.operands.push(text.to_owned());
            }
        }
        self.action = action(self.manager, &verb, &self.operands);
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

/// Options whose value is the next word, as far as a verb or package could be mistaken.
fn takes_value(manager: Manager, option: &str) -> bool {
    match manager {
        Manager::Apt => matches!(option, "-o" | "-t" | "-c" | "--option" | "--target-release" | "-a"),
        Manager::Apk => matches!(
            option,
            "-X" | "--repository"
                | "-p"
                | "--root"
                | "-t"
                | "--virtual"
                | "--arch"
                | "--repositories-file"
                | "--keys-dir"
                | "--cache-dir"
        ),
        Manager::Dnf => matches!(
            option,
            "--setopt"
                | "--enablerepo"
                | "--disablerepo"
                | "--repo"
                | "--repoid"
                | "--releasever"
                | "--installroot"
                | "-x"
                | "-c"
                | "-d"
                | "-e"
        ),
        Manager::Zypper => matches!(
            option,
            "-r" | "--repo" | "-R" | "--root" | "-p" | "-t" | "--type" | "--from"
        ),
        Manager::Pip => matches!(
            option,
            "-r" | "-c"
                | "-i"
                | "-f"
                | "-t"
                | "-e"
                | "--requirement"
                | "--constraint"
                | "--index-url"
                | "--extra-index-url"
                | "--find-links"
                | "--target"
                | "--prefix"
                | "--root"
                | "--trusted-host"
                | "--timeout"
                | "--retries"
                | "--python"
                | "--cache-dir"
        ),
        Manager::Npm => matches!(
            option,
            "--prefix" | "-C" | "--registry" | "-w" | "--workspace" | "--cache"
        ),
        Manager::Yarn => matches!(
            option,
            "--cwd" | "--network-timeout" | "--cache-folder" | "--modules-folder" | "--registry"
        ),
        Manager::Composer => matches!(option, "-d" | "--working-dir"),
        Manager::Conda => matches!(
            option,
            "-n" | "-c" | "-p" | "-f" | "--name" | "--channel" | "--file" | "--prefix"
        ),
    }
}

fn action(manager: Manager, verb: &str, operands: &[String]) -> Action {
    let first = operands.first().map(String::as_str);
    match (manager, verb) {
        (Manager::Apt | Manager::Apk, "update") => Action::Update,
        (Manager::Apt, "install" | "build-dep" | "reinstall" | "satisfy") => Action::Install,
        (Manager::Apt, "upgrade" | "dist-upgrade" | "full-upgrade" | "safe-upgrade") => Action::Upgrade,
        (Manager::Apt, "dist-clean" | "distclean") => Action::Clean,
        (Manager::Apk, "add") => Action::Install,
        (Manager::Apk, "upgrade") => Action::Upgrade,
        (Manager::Dnf, "install" | "groupinstall" | "reinstall" | "localinstall" | "builddep" | "group") => {
            Action::Install
        }
        (Manager::Dnf, "upgrade" | "update" | "distro-sync" | "upgrade-minimal" | "update-minimal") => Action::Upgrade,
        (Manager::Dnf, "makecache" | "check-update") => Action::Update,
        (Manager::Dnf, "clean") => Action::Clean,
        (Manager::Zypper, "install" | "in" | "source-install" | "si") => Action::Install,
        (Manager::Zypper, "update" | "up" | "dist-upgrade" | "dup" | "patch") => Action::Upgrade,
        (Manager::Zypper, "refresh" | "ref") => Action::Update,
        (Manager::Zypper, "clean" | "cc") => Action::Clean,
        (Manager::Pip, "install") => Action::Install,
        (Manager::Pip, "cache") => Action::Clean,
        (Manager::Npm, "install" | "i" | "ci" | "add" | "clean-install") => Action::Install,
        (Manager::Npm | Manager::Yarn, "cache") if first == Some("clean") => Action::Clean,
        (Manager::Yarn, "install" | "add") => Action::Install,
        (Manager::Yarn, "global") if first == Some("add") => Action::Install,
        (Manager::Composer, "install" | "update" | "require" | "create-project") => Action::Install,
        (Manager::Composer, "clear-cache" | "clearcache" | "cc") => Action::Clean,
        (Manager::Conda, "install" | "create" | "update") => Action::Install,
        (Manager::Conda, "env") if matches!(first, Some("create" | "update")) => Action::Install,
        (Manager::Conda, "clean") => Action::Clean,
        _ => Action::Other,
    }
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
        assert!(read("apt-get -yqq install a").unwrap().has(&["-y"]));
        assert!(!read("apt-get --quiet install a").unwrap().has(&["-y"]));
    }
}

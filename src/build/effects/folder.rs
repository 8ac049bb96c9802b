//! The folder that the commands of a RUN run in: `cd`, `pushd`, `popd`, through subshells and groups.

use super::Target;
use crate::build::programs::Traits;
use crate::parse::shell::{Command, Joint};
use crate::values::path::clean;

/// Longer paths, and deeper stacks of `pushd`, are not followed.
const MAX_LENGTH: usize = 4096;
const MAX_STACK: usize = 64;

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An absolute path.
    Path(String),
    /// A path relative to the WORKDIR of an image that is not known.
    Base(String),
    /// Any folder.
    Unknown,
}

impl Place {
    /// A path from here.
    pub(super) fn join(&self, path: &str) -> Self {
        if path.starts_with('/') {
            return Self::Path(clean(path));
        }
        match self {
            Self::Path(here) if here.len() + path.len() < MAX_LENGTH => Self::Path(clean(&format!("{here}/{path}"))),
            Self::Base(here) if here.len() + path.len() < MAX_LENGTH => {
                let joined = clean(&format!("./{here}/{path}"));
                Self::Base(if joined == "." { String::new() } else { joined })
            }
            _ => Self::Unknown,
        }
    }

    /// The folder itself.
    pub(super) fn target(&self) -> Target {
        match self {
            Self::Path(path) => Target::Path(path.clone()),
            Self::Base(path) => Target::Base(path.clone()),
            Self::Unknown => Target::Anywhere,
        }
    }
}

/// One shell of a script.
#[derive(Clone, Debug)]
struct Shell {
    here: Place,
    /// Where it was before.
    before: Place,
    /// What `pushd` left.
    stack: Vec<Place>,
    /// The depth of `{ }` groups in which the folder was entered.
    level: usize,
    /// The chain of `&&` asks something, so that what follows in it may not run.
    asked: bool,
    /// The folder was entered in such a chain.
    doubtful: bool,
}

/// The folders of all shells of a script.
pub(super) struct Folders<'a> {
    /// For each shell the one that starts it.
    parents: &'a [usize],
    /// Those that have run a command.
    shells: Vec<Option<Shell>>,
    current: usize,
}

impl<'a> Folders<'a> {
    pub(super) fn new(first: Place, parents: &'a [usize]) -> Self {
        let mut shells = vec![None; parents.len().max(1)];
        if let Some(slot) = shells.first_mut() {
            *slot = Some(Shell {
                here: first,
                before: Place::Unknown,
                stack: Vec::new(),
                level: 0,
                asked: false,
                doubtful: false,
            });
        }
        Self {
            parents,
            shells,
            current: 0,
        }
    }

    /// The folder of the command that is being read.
    pub(super) fn here(&self) -> &Place {
        const NOWHERE: &Place = &Place::Unknown;
        self.shells
            .get(self.current)
            .and_then(Option::as_ref)
            .map_or(NOWHERE, |shell| &shell.here)
    }

    /// Begins a command.
    pub(super) fn begin(&mut self, command: &Command) {
        self.current = command.shell;
        if self.shells.get(command.shell).is_some_and(Option::is_none) {
            let started = self.started_in(command.shell);
            if let Some(slot) = self.shells.get_mut(command.shell) {
                *slot = started;
            }
        }
        let Some(shell) = self.current() else { return };
        if command.level < shell.level {
            // The group may be a function that nobody calls.
            shell.here = Place::Unknown;
            shell.level = command.level;
        }
        match command.joint {
            Joint::And | Joint::Pipe => {}
            joint => {
                if shell.doubtful {
                    shell.here = Place::Unknown;
                    shell.doubtful = false;
                }
                shell.asked = joint == Joint::Or;
            }
        }
        if command.program().is_some_and(|program| Traits::of(program).asks()) {
            shell.asked = true;
        }
    }

    /// A shell as its parent starts it. Shells are as deep as the parser lets them be.
    fn started_in(&self, shell: usize) -> Option<Shell> {
        let mut parent = shell;
        loop {
            let above = *self.parents.get(parent)?;
            match self.shells.get(above) {
                Some(Some(known)) => {
                    return Some(Shell {
                        level: 0,
                        asked: false,
                        doubtful: false,
                        ..known.clone()
                    });
                }
                _ if above == parent => return None,
                _ => parent = above,
            }
        }
    }

    fn current(&mut self) -> Option<&mut Shell> {
        self.shells.get_mut(self.current).and_then(Option::as_mut)
    }

    /// `cd`, `pushd` or `popd`, and the command behind it.
    pub(super) fn change(&mut self, command: &Command, next: Option<&Command>) {
        let arguments = command.arguments();
        let operand = arguments
            .iter()
            .find(|word| !word.text.starts_with('-') || word.text == "-");
        let Some(shell) = self.current() else { return };
        // A part of a pipe, or what runs in the background, is a shell of its own.
        if next.is_some_and(|next| matches!(next.joint, Joint::Pipe | Joint::Background) && next.level >= command.level)
        {
            return;
        }
        let program = command.program();
        let to = match (program, operand) {
            (Some("popd"), None) => shell.stack.pop().unwrap_or(Place::Unknown),
            (Some("cd"), Some(word)) if word.text == "-" => shell.before.clone(),
            (Some("cd" | "pushd"), Some(word))
                if !word.dynamic && !word.text.is_empty() && !word.text.contains(['*', '?', '[', '{', '~', '+']) =>
            {
                shell.here.join(&word.text)
            }
            _ => Place::Unknown,
        };
        if program == Some("pushd") && shell.stack.len() < MAX_STACK {
            shell.stack.push(shell.here.clone());
        }
        let stays_after_failure = next.is_some_and(|next| {
            next.joint == Joint::Or
                && next.level <= command.level
                && !matches!(next.program(), Some("exit" | "return" | "false"))
        });
        let may_not_run =
            command.conditional || matches!(command.joint, Joint::Or | Joint::Pipe) || stays_after_failure;
        let to = if may_not_run { Place::Unknown } else { to };
        shell.before = std::mem::replace(&mut shell.here, to);
        shell.level = command.level;
        shell.doubtful |= shell.asked && command.joint == Joint::And;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::dockerfile::Text;
    use crate::source::Sources;

    /// The folder that the last command of a script runs in, from `/w`.
    fn last(script: &str) -> Place {
        let mut sources = Sources::default();
        let id = sources.add(std::path::Path::new("D"), script.to_owned());
        let mut text = Text::empty(id, 0);
        text.push(script, 0);
        let script = crate::parse::shell::split(&text).unwrap_or_else(|| panic!("{script}"));
        let mut folders = Folders::new(Place::Path("/w".to_owned()), &script.shells);
        let mut here = Place::Unknown;
        for (index, command) in script.commands.iter().enumerate() {
            folders.begin(command);
            here = folders.here().clone();
            if matches!(command.program(), Some("cd" | "pushd" | "popd")) {
                folders.change(command, script.commands.get(index + 1));
            }
        }
        here
    }

    #[test]
    fn folders_are_followed_through_shells() {
        for (script, expected) in [
            ("cd /a && x", "/a"),
            ("cd a; cd ../b; x", "/w/b"),
            ("cd /a || exit 1; x", "/a"),
            ("cd /a || { echo no; exit 1; }; x", "/a"),
            ("(cd /a && y); x", "/w"),
            ("(cd /a && x)", "/a"),
            ("(cd /a); (x)", "/w"),
            ("cd /a; (cd b; (x))", "/a/b"),
            ("y $(cd /a && pwd); x", "/w"),
            ("cd /a & x", "/w"),
            ("pushd /a; pushd /b; popd; x", "/a"),
            ("pushd /a; popd; x", "/w"),
            ("cd /a; cd /b; cd -; x", "/a"),
            ("{ cd /a; x; }", "/a"),
            ("[ -d /a ] && cd /a && x", "/a"),
        ] {
            assert_eq!(last(script), Place::Path(expected.to_owned()), "{script}");
        }
    }

    #[test]
    fn what_may_not_have_run_leaves_any_folder() {
        for script in [
            "cd $X; x",
            "cd; x",
            "cd ~/a; x",
            "cd /a || cd /b; x",
            "cd /a || true; x",
            "[ -d /a ] && cd /a; x",
            "if y; then cd /a; fi; x",
            "f() { cd /a; }; x",
            "popd; x",
            "y | cd /a; x",
        ] {
            assert_eq!(last(script), Place::Unknown, "{script}");
        }
    }
}

//! What programs do, as far as their names say it: one row a program.
//!
//! A program without a row may do anything. What a program does to the files that its arguments name is read in
//! [`effects`](super::effects); a row says what else it may do.

use crate::values::path::name;

/// The folders of PATH where nothing else is said.
pub(crate) const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// Whether a program that is written with its folder is the one that its name says: it lies in one of PATH's.
pub(crate) fn is_usual_folder(program: &str) -> bool {
    let folder = program
        .strip_suffix(name(program))
        .map(|folder| folder.trim_end_matches('/'));
    folder.is_some_and(|folder| PATH.contains(&folder))
}

/// Properties of a program, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traits(u16);

/// POSIX shells have it built in, so that it needs no file.
const BUILT_IN: u16 = 1;
/// Its failure in the middle of a script does no harm, or cannot happen.
const NEVER_FAILS: u16 = 1 << 1;
/// It downloads or builds: its failure matters.
const FETCHES: u16 = 1 << 2;
/// It succeeds on empty input.
const READS_ANYTHING: u16 = 1 << 3;
/// No package manager of a language brings it.
const SYSTEM_TOOL: u16 = 1 << 4;
/// Its exit status is an answer.
const ASKS: u16 = 1 << 10;
/// It does not look into the files that it is given.
const LOOKS_AT_NOTHING: u16 = 1 << 11;
/// It adds no program and makes no account, but for what its arguments name.
const NO_PROGRAMS: u16 = 1 << 5;
/// It belongs to a language or a build: what it brings is no tool of the system.
const MODULES: u16 = 1 << 6;
/// It takes no file away that it did not write.
const KEEPS_FILES: u16 = 1 << 7;
/// It writes only where it is told to, or only to folders that every image may have.
const USUAL_FOLDERS: u16 = 1 << 8;
/// It writes no file, or only empty ones.
const WRITES_NOTHING: u16 = 1 << 9;

impl Traits {
    /// Those of a program by its name without a folder.
    pub(crate) fn of(program: &str) -> Self {
        let at = PROGRAMS.binary_search_by_key(&program, |(name, _)| name);
        Self(at.ok().and_then(|at| PROGRAMS.get(at)).map_or(0, |(_, traits)| *traits))
    }

    /// Those of a program that may do anything.
    pub(crate) const UNKNOWN: Self = Self(0);

    /// Its exit status is an answer, so that `&&` behind it is a condition.
    pub(crate) fn asks(self) -> bool {
        self.has(ASKS)
    }

    fn has(self, wanted: u16) -> bool {
        self.0 & wanted != 0
    }

    /// POSIX shells have it built in.
    pub(crate) fn is_built_in(self) -> bool {
        self.has(BUILT_IN)
    }

    /// Its failure in the middle of a script does no harm, or cannot happen.
    pub(crate) fn never_fails(self) -> bool {
        self.has(NEVER_FAILS)
    }

    /// It downloads or builds.
    pub(crate) fn fetches(self) -> bool {
        self.has(FETCHES)
    }

    /// It does not look into the files that it is given.
    pub(crate) fn looks_at_nothing(self) -> bool {
        self.has(LOOKS_AT_NOTHING)
    }

    /// It succeeds on empty input.
    pub(crate) fn reads_anything(self) -> bool {
        self.has(READS_ANYTHING)
    }

    /// No package manager of a language brings it.
    pub(crate) fn is_system_tool(self) -> bool {
        self.has(SYSTEM_TOOL)
    }

    /// It adds no program and makes no account.
    pub(crate) fn adds_no_program(self) -> bool {
        self.has(NO_PROGRAMS)
    }

    /// What it brings is no tool of the system.
    pub(crate) fn brings_modules(self) -> bool {
        self.has(MODULES)
    }

    /// It takes no file away that it did not write.
    pub(crate) fn keeps_files(self) -> bool {
        self.has(KEEPS_FILES | WRITES_NOTHING)
    }

    /// It writes only where it is told to, or only to folders that every image may have.
    pub(crate) fn stays_in_usual_folders(self) -> bool {
        self.has(USUAL_FOLDERS)
    }

    /// It writes no file, or only empty ones.
    pub(crate) fn writes_nothing(self) -> bool {
        self.has(WRITES_NOTHING)
    }
}

/// Every program that something is known of, ascending.
#[rustfmt::skip]
const PROGRAMS: &[(&str, u16)] = &[
    ("!", BUILT_IN),
    (".", BUILT_IN),
    (":", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS),
    ("[", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING | LOOKS_AT_NOTHING),
    ("[[", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING | LOOKS_AT_NOTHING),
    ("addgroup", KEEPS_FILES | USUAL_FOLDERS),
    ("adduser", KEEPS_FILES | USUAL_FOLDERS),
    ("alias", BUILT_IN | NEVER_FAILS),
    ("apk", KEEPS_FILES | USUAL_FOLDERS),
    ("apt", KEEPS_FILES | USUAL_FOLDERS),
    ("apt-cache", NO_PROGRAMS),
    ("apt-get", FETCHES | KEEPS_FILES | USUAL_FOLDERS),
    ("apt-key", NO_PROGRAMS | USUAL_FOLDERS),
    ("apt-mark", NO_PROGRAMS),
    ("arch", NO_PROGRAMS | WRITES_NOTHING),
    ("ash", READS_ANYTHING | SYSTEM_TOOL),
    ("basename", NO_PROGRAMS | WRITES_NOTHING),
    ("bash", READS_ANYTHING | SYSTEM_TOOL),
    ("bg", BUILT_IN),
    ("break", BUILT_IN),
    ("bun", MODULES),
    ("bundle", MODULES),
    ("busybox", SYSTEM_TOOL),
    ("cargo", FETCHES | MODULES),
    ("cat", READS_ANYTHING | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS),
    ("cd", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("chgrp", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("chmod", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("chown", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("chpasswd", NO_PROGRAMS),
    ("cmake", FETCHES),
    ("command", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("continue", BUILT_IN),
    ("corepack", MODULES | USUAL_FOLDERS),
    ("cp", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("curl", FETCHES | SYSTEM_TOOL | KEEPS_FILES | LOOKS_AT_NOTHING),
    ("cut", NO_PROGRAMS | WRITES_NOTHING),
    ("dash", READS_ANYTHING),
    ("date", NO_PROGRAMS | WRITES_NOTHING),
    ("dd", READS_ANYTHING),
    ("declare", BUILT_IN),
    ("df", NO_PROGRAMS | WRITES_NOTHING),
    ("diff", ASKS | NO_PROGRAMS | WRITES_NOTHING),
    ("dig", SYSTEM_TOOL),
    ("dirname", NO_PROGRAMS | WRITES_NOTHING),
    ("django-admin", MODULES),
    ("dnf", KEEPS_FILES | USUAL_FOLDERS),
    ("dotnet", FETCHES | MODULES),
    ("dpkg", USUAL_FOLDERS),
    ("dpkg-reconfigure", NO_PROGRAMS),
    ("du", NO_PROGRAMS | WRITES_NOTHING),
    ("dumb-init", SYSTEM_TOOL),
    ("echo", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("egrep", ASKS | NO_PROGRAMS | WRITES_NOTHING),
    ("env", NO_PROGRAMS | WRITES_NOTHING),
    ("eval", BUILT_IN),
    ("exec", BUILT_IN),
    ("exit", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("export", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("false", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("fg", BUILT_IN),
    ("find", NO_PROGRAMS | WRITES_NOTHING),
    ("gem", MODULES | KEEPS_FILES),
    ("getent", ASKS | SYSTEM_TOOL),
    ("getopts", BUILT_IN),
    ("git", FETCHES),
    ("go", FETCHES | MODULES | KEEPS_FILES),
    ("gosu", SYSTEM_TOOL),
    ("gradle", FETCHES | MODULES),
    ("grep", ASKS | NO_PROGRAMS | WRITES_NOTHING),
    ("groupadd", KEEPS_FILES | USUAL_FOLDERS),
    ("gunicorn", MODULES),
    ("hash", BUILT_IN),
    ("head", NO_PROGRAMS | WRITES_NOTHING),
    ("id", NO_PROGRAMS | WRITES_NOTHING),
    ("if", NO_PROGRAMS),
    ("install", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("ip", SYSTEM_TOOL),
    ("jobs", BUILT_IN),
    ("jq", SYSTEM_TOOL),
    ("kill", BUILT_IN),
    ("ldconfig", NO_PROGRAMS | KEEPS_FILES),
    ("let", BUILT_IN),
    ("ln", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("local", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("locale-gen", NO_PROGRAMS | KEEPS_FILES | USUAL_FOLDERS),
    ("ls", NO_PROGRAMS | WRITES_NOTHING | LOOKS_AT_NOTHING),
    ("make", FETCHES),
    ("md5sum", NO_PROGRAMS | WRITES_NOTHING),
    ("microdnf", KEEPS_FILES | USUAL_FOLDERS),
    ("mkdir", NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("mktemp", NO_PROGRAMS),
    ("mv", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("mvn", FETCHES | MODULES),
    ("mysqladmin", SYSTEM_TOOL),
    ("nc", SYSTEM_TOOL),
    ("netstat", SYSTEM_TOOL),
    ("nginx", SYSTEM_TOOL),
    ("ninja", FETCHES),
    ("node", READS_ANYTHING | MODULES),
    ("npm", FETCHES),
    ("nproc", NO_PROGRAMS | WRITES_NOTHING),
    ("npx", MODULES),
    ("nslookup", SYSTEM_TOOL),
    ("openssl", SYSTEM_TOOL),
    ("passwd", NO_PROGRAMS),
    ("pdm", MODULES),
    ("perl", READS_ANYTHING),
    ("pg_isready", SYSTEM_TOOL),
    ("pgrep", ASKS | SYSTEM_TOOL),
    ("ping", SYSTEM_TOOL),
    ("pip", FETCHES | KEEPS_FILES),
    ("pip3", FETCHES | KEEPS_FILES),
    ("pipenv", MODULES),
    ("pkill", SYSTEM_TOOL),
    ("playwright", MODULES),
    ("pnpm", FETCHES | MODULES),
    ("poetry", MODULES),
    ("printf", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("ps", SYSTEM_TOOL),
    ("psql", SYSTEM_TOOL),
    ("pwd", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("python", READS_ANYTHING | MODULES),
    ("python3", READS_ANYTHING | MODULES),
    ("rake", MODULES),
    ("read", BUILT_IN),
    ("readlink", NO_PROGRAMS | WRITES_NOTHING),
    ("readonly", BUILT_IN),
    ("realpath", NO_PROGRAMS | WRITES_NOTHING),
    ("redis-cli", SYSTEM_TOOL),
    ("return", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("rm", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("rmdir", NO_PROGRAMS | WRITES_NOTHING),
    ("rsync", NO_PROGRAMS | USUAL_FOLDERS),
    ("ruby", MODULES),
    ("sed", NO_PROGRAMS),
    ("set", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("setcap", NO_PROGRAMS),
    ("sh", READS_ANYTHING | SYSTEM_TOOL),
    ("sha1sum", NO_PROGRAMS | WRITES_NOTHING),
    ("sha256sum", NO_PROGRAMS | WRITES_NOTHING),
    ("sha512sum", NO_PROGRAMS | WRITES_NOTHING),
    ("shift", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("sleep", NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS),
    ("socat", SYSTEM_TOOL),
    ("sort", NO_PROGRAMS),
    ("source", BUILT_IN),
    ("ss", SYSTEM_TOOL),
    ("ssh-keygen", NO_PROGRAMS),
    ("stat", NO_PROGRAMS | WRITES_NOTHING | LOOKS_AT_NOTHING),
    ("strip", NO_PROGRAMS),
    ("su-exec", SYSTEM_TOOL),
    ("sudo", READS_ANYTHING | SYSTEM_TOOL),
    ("sync", NO_PROGRAMS | WRITES_NOTHING),
    ("tail", READS_ANYTHING | NO_PROGRAMS | WRITES_NOTHING),
    ("tee", READS_ANYTHING | NO_PROGRAMS | KEEPS_FILES | USUAL_FOLDERS),
    ("telnet", SYSTEM_TOOL),
    ("test", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("then", NO_PROGRAMS),
    ("time", BUILT_IN),
    ("times", BUILT_IN),
    ("tini", SYSTEM_TOOL),
    ("touch", NO_PROGRAMS | USUAL_FOLDERS | LOOKS_AT_NOTHING),
    ("tr", NO_PROGRAMS | WRITES_NOTHING),
    ("trap", BUILT_IN | NO_PROGRAMS),
    ("true", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING | USUAL_FOLDERS),
    ("tsc", MODULES),
    ("type", ASKS | BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("ulimit", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("umask", BUILT_IN | NEVER_FAILS | NO_PROGRAMS | WRITES_NOTHING),
    ("uname", NO_PROGRAMS | WRITES_NOTHING),
    ("unset", BUILT_IN | NO_PROGRAMS | WRITES_NOTHING),
    ("update-ca-certificates", NO_PROGRAMS | KEEPS_FILES | USUAL_FOLDERS),
    ("useradd", KEEPS_FILES | USUAL_FOLDERS),
    ("usermod", KEEPS_FILES | USUAL_FOLDERS),
    ("uv", MODULES),
    ("wait", BUILT_IN),
    ("wc", NO_PROGRAMS | WRITES_NOTHING),
    ("wget", FETCHES | SYSTEM_TOOL | KEEPS_FILES),
    ("which", ASKS | NO_PROGRAMS | WRITES_NOTHING),
    ("whoami", NO_PROGRAMS | WRITES_NOTHING),
    ("xargs", READS_ANYTHING | NO_PROGRAMS),
    ("yarn", FETCHES),
    ("yum", KEEPS_FILES | USUAL_FOLDERS),
    ("zsh", READS_ANYTHING),
    ("zypper", KEEPS_FILES),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_name() {
        assert!(PROGRAMS.is_sorted_by(|(one, _), (two, _)| one < two));
        assert!(PROGRAMS.iter().all(|(_, traits)| *traits != 0));
        assert!(Traits::of("cat").writes_nothing() && Traits::of("cat").keeps_files());
        assert!(Traits::of("go").brings_modules() && !Traits::of("go").is_system_tool());
        assert_eq!(Traits::of("unheard-of"), Traits::UNKNOWN);
    }
}

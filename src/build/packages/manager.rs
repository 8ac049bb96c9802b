//! What is known of each package manager: its programs and verbs, what it leaves behind, and what takes that away.

use super::Action;

/// A package manager with an interface of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// `uv pip`.
    Uv,
    /// `npm`.
    Npm,
    /// `yarn`.
    Yarn,
    /// `composer`.
    Composer,
    /// `conda`, `mamba`, `micromamba`.
    Conda,
}

/// What is known of a package manager.
pub(crate) struct Facts {
    manager: Manager,
    /// What people call it.
    name: &'static str,
    /// Its programs; those of pip are told apart by their versions.
    programs: &'static [&'static str],
    /// It installs packages of a distribution, with system tools among them.
    of_distribution: bool,
    /// Options whose value is the next word, as far as a verb or package could be mistaken.
    valued: &'static [&'static str],
    /// What its verbs do; of two words, the second is the first operand. Other verbs do something else.
    verbs: &'static [(Action, &'static [&'static str])],
    /// What it leaves in a layer; nothing if it is empty.
    pub(crate) leaves: &'static str,
    /// How to keep that out.
    pub(crate) help: &'static str,
    /// The command that takes it away, behind the program's name; empty if an option is the better way.
    pub(crate) clean: &'static str,
    /// The option that keeps it out, with a blank before it; empty if there is none.
    pub(crate) keep_none: &'static str,
    /// Options that show that nothing is kept, or that it is kept elsewhere.
    pub(crate) keeping_options: &'static [&'static str],
    /// The folders that it is kept in, wherever the home folder is not part of them.
    pub(crate) caches: &'static [&'static str],
    /// What a file there is called that counts.
    pub(crate) kept: &'static str,
    /// Ends of paths that a cache may be mounted at.
    pub(crate) mounts: &'static [&'static str],
    /// Words of a RUN that show that somebody thought of it.
    pub(crate) mentions: &'static [&'static str],
    /// Variables that put it elsewhere or switch it off.
    pub(crate) variables: &'static [&'static str],
}

impl Manager {
    /// What is known of it.
    pub(crate) fn facts(self) -> &'static Facts {
        // A test holds that each has its row.
        FACTS.iter().find(|facts| facts.manager == self).unwrap_or(&FACTS[0])
    }

    /// The manager that a program is.
    pub(super) fn of(program: &str) -> Option<Self> {
        FACTS
            .iter()
            .find(|facts| facts.programs.contains(&program))
            .map(|facts| facts.manager)
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// It installs packages of a distribution, with system tools among them.
    pub(crate) fn is_of_distribution(self) -> bool {
        self.facts().of_distribution
    }

    /// Whether the value of an option is the next word.
    pub(super) fn takes_value(self, option: &str) -> bool {
        self.facts().valued.contains(&option)
    }

    /// What a verb does, with the first operand behind it.
    pub(super) fn action(self, verb: &str, first: Option<&str>) -> Action {
        let says = |words: &str| match words.split_once(' ') {
            Some((one, two)) => one == verb && Some(two) == first,
            None => words == verb,
        };
        let mut verbs = self.facts().verbs.iter();
        verbs
            .find(|(_, words)| words.iter().any(|words| says(words)))
            .map_or(Action::Other, |(action, _)| *action)
    }
}

const NONE: Facts = Facts {
    manager: Manager::Apt,
    name: "",
    programs: &[],
    of_distribution: false,
    valued: &[],
    verbs: &[],
    leaves: "",
    help: "",
    clean: "",
    keep_none: "",
    keeping_options: &[],
    caches: &[],
    kept: "index",
    mounts: &[],
    mentions: &[],
    variables: &[],
};

const PIP: &[&str] = &[
    "-r",
    "-c",
    "-i",
    "-f",
    "-t",
    "-e",
    "--requirement",
    "--constraint",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--target",
    "--prefix",
    "--root",
    "--trusted-host",
    "--timeout",
    "--retries",
    "--python",
    "--cache-dir",
];

#[rustfmt::skip]
const FACTS: [Facts; 10] = [
    Facts {
        manager: Manager::Apt,
        name: "apt-get",
        programs: &["apt-get", "apt", "aptitude"],
        of_distribution: true,
        valued: &["-o", "-t", "-c", "--option", "--target-release", "-a"],
        verbs: &[
            (Action::Update, &["update"]),
            (Action::Install, &["install", "build-dep", "reinstall", "satisfy"]),
            (Action::Upgrade, &["upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"]),
            (Action::Remove, &["remove", "purge"]),
            (Action::Clean, &["dist-clean", "distclean"]),
        ],
        leaves: "its package lists (Debian 12: about 20 MB)",
        help: "end the RUN with `&& rm -rf /var/lib/apt/lists/*`",
        caches: &["/var/lib/apt/lists"],
        kept: "deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages.lz4",
        ..NONE
    },
    Facts {
        manager: Manager::Apk,
        name: "apk",
        programs: &["apk"],
        of_distribution: true,
        valued: &["-X", "--repository", "-p", "--root", "-t", "--virtual", "--arch", "--repositories-file", "--keys-dir", "--cache-dir"],
        verbs: &[
            (Action::Update, &["update"]),
            (Action::Install, &["add"]),
            (Action::Upgrade, &["upgrade"]),
            (Action::Remove, &["del"]),
        ],
        leaves: "its package index",
        help: "add --no-cache",
        keep_none: " --no-cache",
        keeping_options: &["--no-cache", "--no-network", "--cache-dir"],
        caches: &["/var/cache/apk", "/etc/apk/cache"],
        mentions: &["cache clean"],
        ..NONE
    },
    Facts {
        manager: Manager::Dnf,
        name: "dnf",
        programs: &["dnf", "yum", "microdnf", "tdnf", "dnf5"],
        of_distribution: true,
        valued: &["--setopt", "--enablerepo", "--disablerepo", "--repo", "--repoid", "--releasever", "--installroot", "-x", "-c", "-d", "-e"],
        verbs: &[
            (Action::Install, &["install", "groupinstall", "reinstall", "localinstall", "builddep", "group"]),
            (Action::Upgrade, &["upgrade", "update", "distro-sync", "upgrade-minimal", "update-minimal"]),
            (Action::Update, &["makecache", "check-update"]),
            (Action::Remove, &["remove", "erase"]),
            (Action::Clean, &["clean"]),
        ],
        leaves: "its metadata and packages",
        help: "end the RUN with `&& dnf clean all`",
        clean: "clean all",
        caches: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf"],
        ..NONE
    },
    Facts {
        manager: Manager::Zypper,
        name: "zypper",
        programs: &["zypper"],
        of_distribution: true,
        valued: &["-r", "--repo", "-R", "--root", "-p", "-t", "--type", "--from"],
        verbs: &[
            (Action::Install, &["install", "in", "source-install", "si"]),
            (Action::Upgrade, &["update", "up", "dist-upgrade", "dup", "patch"]),
            (Action::Update, &["refresh", "ref"]),
            (Action::Remove, &["remove"]),
            (Action::Clean, &["clean", "cc"]),
        ],
        leaves: "its metadata and packages",
        help: "end the RUN with `&& zypper clean --all`",
        clean: "clean --all",
        caches: &["/var/cache/zypp"],
        ..NONE
    },
    Facts {
        manager: Manager::Pip,
        name: "pip",
        valued: PIP,
        verbs: &[
            (Action::Install, &["install"]),
            (Action::Remove, &["uninstall"]),
            (Action::Clean, &["cache"]),
        ],
        leaves: "its download cache",
        help: "add `--no-cache-dir`, or ``RUN --mount=type=cache,target=/root/.cache/pip``",
        keep_none: " --no-cache-dir",
        // pip takes the beginning of an option for the whole.
        keeping_options: &["--no-cache-dir", "--no-cache", "--cache-dir", "--dry-run", "--help"],
        mounts: &["/pip", "/.cache"],
        mentions: &[".cache"],
        variables: &["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME"],
        ..NONE
    },
    // What is installed shares its bytes with the cache: hard links.
    Facts {
        manager: Manager::Uv,
        name: "uv pip",
        valued: PIP,
        verbs: &[
            (Action::Install, &["install", "sync"]),
            (Action::Remove, &["uninstall"]),
        ],
        ..NONE
    },
    Facts {
        manager: Manager::Npm,
        name: "npm",
        programs: &["npm"],
        valued: &["--prefix", "-C", "--registry", "-w", "--workspace", "--cache"],
        verbs: &[
            (Action::Install, &["install", "i", "ci", "add", "clean-install"]),
            (Action::Remove, &["remove", "uninstall"]),
            (Action::Clean, &["cache clean"]),
        ],
        leaves: "its download cache",
        help: "end the RUN with `&& npm cache clean --force`, or write `RUN --mount=type=cache,target=/root/.npm`",
        clean: "cache clean --force",
        keeping_options: &["--cache", "--package-lock-only", "--dry-run"],
        mounts: &["/.npm", "npm", "/_cacache", "/.cache", "/root"],
        mentions: &[".npm", "npm-cache", "config set cache"],
        variables: &["npm_config_cache", "NPM_CONFIG_CACHE"],
        ..NONE
    },
    Facts {
        manager: Manager::Yarn,
        name: "yarn",
        programs: &["yarn"],
        valued: &["--cwd", "--network-timeout", "--cache-folder", "--modules-folder", "--registry"],
        verbs: &[
            (Action::Install, &["install", "add", "global add"]),
            (Action::Remove, &["remove"]),
            (Action::Clean, &["cache clean"]),
        ],
        leaves: "its download cache",
        help: "end the RUN with `&& yarn cache clean`, or use a cache mount",
        clean: "cache clean",
        // Later versions than 1 keep packages where the program needs them.
        keeping_options: &["--cache-folder", "--immutable", "--inline-builds", "--immutable-cache"],
        mounts: &["yarn", "/.cache", "/cache"],
        mentions: &[".cache"],
        variables: &["YARN_CACHE_FOLDER", "XDG_CACHE_HOME"],
        ..NONE
    },
    Facts {
        manager: Manager::Composer,
        name: "composer",
        programs: &["composer"],
        valued: &["-d", "--working-dir"],
        verbs: &[
            (Action::Install, &["install", "update", "require", "create-project"]),
            (Action::Remove, &["remove"]),
            (Action::Clean, &["clear-cache", "clearcache", "cc"]),
        ],
        leaves: "its download cache",
        help: "add `--no-cache`, or ``RUN --mount=type=cache,target=/root/.composer/cache``",
        keep_none: " --no-cache",
        keeping_options: &["--no-cache"],
        mounts: &["composer", "/cache", "/.cache", "/tmp"],
        mentions: &["composer/cache", ".composer"],
        variables: &["COMPOSER_CACHE_DIR", "XDG_CACHE_HOME"],
        ..NONE
    },
    Facts {
        manager: Manager::Conda,
        name: "conda",
        programs: &["conda", "mamba", "micromamba"],
        valued: &["-n", "-c", "-p", "-f", "--name", "--channel", "--file", "--prefix"],
        verbs: &[
            (Action::Install, &["install", "create", "update", "env create", "env update"]),
            (Action::Remove, &["remove", "uninstall"]),
            (Action::Clean, &["clean"]),
        ],
        leaves: "its packages and index",
        help: "end the RUN with `&& conda clean --all --yes`",
        clean: "clean --all --yes",
        mounts: &["/pkgs"],
        mentions: &["/pkgs"],
        ..NONE
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manager_has_its_row() {
        for manager in [
            Manager::Apt,
            Manager::Apk,
            Manager::Dnf,
            Manager::Zypper,
            Manager::Pip,
            Manager::Uv,
            Manager::Npm,
            Manager::Yarn,
            Manager::Composer,
            Manager::Conda,
        ] {
            assert_eq!(manager.facts().manager, manager);
        }
    }
}

//! Templates of `plimsoll new`: a service under the limits of a profile, in a language, with a program that answers its health check.
//!
//! Every figure in a compose.yaml is that of the profile's row in the table of budgets.

use crate::config::budget::{CPUS, FSIZE, IMAGE_SIZE, MEMORY, MEMORY_RESERVATION, NOFILE, PIDS, START_UP, SWAP_FACTOR};
use crate::config::{Budget, Limits, Profile};

/// What a language needs.
struct Language {
    name: &'static str,
    /// The profiles that it is offered for.
    profiles: &'static [&'static str],
    service: &'static str,
    port: &'static str,
    /// Paths and their texts.
    files: &'static [(&'static str, &'static str)],
    /// The image that it ends on, and the megabytes that its catalogue row has.
    base: (&'static str, f64),
    /// Whether its image has something that is only known once it is built.
    is_made: bool,
    /// The fewest processes that leave it room.
    pids: f64,
    probe: &'static str,
    tmpfs: &'static str,
    networks: &'static str,
    /// More keys of the service.
    settings: &'static str,
    /// What follows the networks.
    end: &'static str,
}

const WGET: &str = "[CMD, wget, -q, -O, /dev/null, \"http://127.0.0.1:8000/health\"]";

const PLAIN: Language = Language {
    name: "",
    profiles: &["translation", "filesystem", "database"],
    service: "app",
    port: "8000",
    files: &[],
    base: ("scratch", 0.0),
    is_made: false,
    pids: 0.0,
    probe: WGET,
    tmpfs: "[\"/tmp:size=16m,noexec,nosuid,nodev\"]",
    networks: "[inside]",
    settings: "",
    end: "",
};

/// Every language; the first that fits a profile is its default.
const LANGUAGES: &[Language] = &[
    Language {
        name: "postgres",
        profiles: &["database"],
        service: "database",
        port: "5432",
        files: &[
            ("Dockerfile", include_str!("scaffold/postgres.Dockerfile")),
            ("init.sql", include_str!("scaffold/init.sql")),
            (".dockerignore", "*\n!init.sql\n"),
            (".gitignore", "password.txt\n"),
        ],
        base: ("postgres:17-alpine", 297.18),
        probe: "[CMD, pg_isready, -q, -h, 127.0.0.1, -U, postgres]",
        tmpfs: "[\"/tmp:size=16m,noexec,nosuid,nodev\", \"/run/postgresql:size=1m,noexec,nosuid,nodev\"]",
        settings: "    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/password\n    secrets: [password]\n    \
                   volumes: [\"data:/var/lib/postgresql/data\"]\n",
        end: "volumes:\n  data: {}\nsecrets:\n  # Make it first: openssl rand -hex 24 > password.txt\n  password: {file: \
              ./password.txt}\n",
        ..PLAIN
    },
    Language {
        name: "browser",
        profiles: &["browser"],
        service: "browser",
        files: &[
            ("Dockerfile", include_str!("scaffold/browser.Dockerfile")),
            ("server.py", include_str!("scaffold/browser.py")),
            (".dockerignore", "*\n!server.py\n"),
        ],
        base: ("python:3.14-alpine", 47.81),
        is_made: true,
        settings: "    shm_size: 256m # shared memory for the pages of the browser\n",
        tmpfs: "[\"/tmp:size=512m,nosuid,nodev\"]",
        networks: "[inside, outside]",
        end: "  # The pages that it opens.\n  outside: {}\n",
        ..PLAIN
    },
    Language {
        name: "python",
        files: &[
            ("Dockerfile", include_str!("scaffold/python.Dockerfile")),
            ("server.py", include_str!("scaffold/server.py")),
            (".dockerignore", "*\n!server.py\n"),
        ],
        base: ("python:3.14-alpine", 47.81),
        ..PLAIN
    },
    Language {
        name: "node",
        files: &[
            ("Dockerfile", include_str!("scaffold/node.Dockerfile")),
            ("server.js", include_str!("scaffold/server.js")),
            (".dockerignore", "*\n!server.js\n"),
        ],
        base: ("node:24-alpine", 170.75),
        ..PLAIN
    },
    Language {
        name: "go",
        files: &[
            ("Dockerfile", include_str!("scaffold/go.Dockerfile")),
            ("go.mod", include_str!("scaffold/go.mod")),
            ("main.go", include_str!("scaffold/main.go")),
            (".dockerignore", "*\n!go.mod\n!main.go\n"),
        ],
        is_made: true,
        probe: "[CMD, /server, health]",
        ..PLAIN
    },
    Language {
        name: "rust",
        files: &[
            ("Dockerfile", include_str!("scaffold/rust.Dockerfile")),
            ("Cargo.toml", include_str!("scaffold/rust.toml")),
            ("Cargo.lock", include_str!("scaffold/rust.lock")),
            ("src/main.rs", include_str!("scaffold/main.rs.txt")),
            (".dockerignore", "*\n!Cargo.toml\n!Cargo.lock\n!src/\n"),
        ],
        is_made: true,
        probe: "[CMD, /server, health]",
        ..PLAIN
    },
    Language {
        name: "java",
        files: &[
            ("Dockerfile", include_str!("scaffold/java.Dockerfile")),
            ("Server.java", include_str!("scaffold/Server.java")),
            (".dockerignore", "*\n!Server.java\n"),
        ],
        base: ("eclipse-temurin:21-jre-alpine", 207.7),
        is_made: true,
        // 15 threads at rest, measured with JDK 17; an init and a probe come on top.
        pids: 30.0,
        ..PLAIN
    },
    Language {
        name: "static",
        files: &[
            ("Dockerfile", include_str!("scaffold/static.Dockerfile")),
            ("www/health", "ok\n"),
            ("www/index.html", "<!doctype html>\n<title>It works</title>\n"),
            (".dockerignore", "*\n!www/\n"),
        ],
        base: ("busybox:1.38", 4.45),
        ..PLAIN
    },
];

/// A template that is filled in.
#[derive(Debug)]
pub(crate) struct Template {
    /// Paths with `/`, and what goes there.
    pub files: Vec<(&'static str, String)>,
    /// Why it has a plimsoll.yaml; sentences.
    pub why: Vec<String>,
}

/// The template of this profile in this language, or in the first that it is offered in.
///
/// # Errors
/// The languages that it is offered in.
pub(crate) fn of(profile: &Profile, language: Option<&str>) -> Result<Template, Vec<&'static str>> {
    let offered = || {
        LANGUAGES
            .iter()
            .filter(|one| one.profiles.contains(&profile.name.as_str()))
    };
    let mut chosen = offered().filter(|one| language.is_none_or(|name| one.name == name));
    let Some(language) = chosen.next() else {
        return Err(offered().map(|one| one.name).collect());
    };
    let (own, mut why) = own_profile(profile, language);
    let assigned = match why.is_empty() {
        true => profile.name.clone(),
        false => format!("{}-{}", profile.name, language.name),
    };
    let mut policy = own;
    if language.is_made {
        let sentence = "the size of its image is unknown until it is built: measure it with `plimsoll check --image`";
        policy.push_str(&format!("# {sentence}\nrules: {{undecided-value: note}}\n"));
        why.push(sentence.to_owned());
    }
    let values = values(profile, language, &assigned);
    let mut files: Vec<_> = language
        .files
        .iter()
        .map(|(path, text)| (*path, filled(text, &values)))
        .collect();
    files.push(("compose.yaml", filled(include_str!("scaffold/compose.yaml"), &values)));
    if !policy.is_empty() {
        files.push(("plimsoll.yaml", format!("version: 1\n{policy}")));
    }
    files.sort();
    Ok(Template { files, why })
}

/// The three services of the plan that the project began with.
pub(crate) fn lightweight() -> Template {
    let texts = [
        (".dockerignore", "*\n!server.py\n"),
        ("Dockerfile", include_str!("scaffold/lightweight.Dockerfile")),
        ("compose.yaml", include_str!("scaffold/lightweight.yaml")),
        ("server.py", include_str!("scaffold/server.py")),
    ];
    Template {
        files: texts.map(|(path, text)| (path, text.to_owned())).to_vec(),
        why: Vec::new(),
    }
}

/// A profile that the language fits in, and why the profile itself is too small; empty if it fits.
fn own_profile(profile: &Profile, language: &Language) -> (String, Vec<String>) {
    let (base, megabytes) = language.base;
    let mut figures = String::new();
    let mut over = Vec::new();
    let is_above =
        |budget: &Budget, needed: f64| profile.limits.amount(budget).is_some_and(|limit| limit.value < needed);
    if is_above(&IMAGE_SIZE, megabytes * 1e6) {
        // A tenth stays free for what comes on top of the base.
        let allowed = (megabytes / 0.9 / 50.0).ceil() * 50.0;
        figures.push_str(&format!(", image-size: {allowed}MB"));
        over.push(format!(
            "`{base}` has {megabytes} MB, `image-size` of `{}` is {}",
            profile.name,
            shown(profile, &IMAGE_SIZE)
        ));
    }
    if is_above(&PIDS, language.pids) {
        figures.push_str(&format!(", pids: {}", language.pids));
        over.push(format!(
            "{} needs up to {} threads, `pids` of `{}` is {}",
            language.name,
            language.pids,
            profile.name,
            shown(profile, &PIDS)
        ));
    }
    if over.is_empty() {
        return Default::default();
    }
    let comments: String = over.iter().map(|line| format!("  # {line}\n")).collect();
    let (name, own) = (&profile.name, language.name);
    (
        format!("profiles:\n{comments}  {name}-{own}: {{extends: {name}{figures}}}\n"),
        over,
    )
}

fn shown(profile: &Profile, budget: &Budget) -> String {
    profile
        .limits
        .get(budget)
        .map(|limit| budget.kind.show(&limit.value))
        .unwrap_or_default()
}

/// What stands in the braces of the texts.
fn values(profile: &Profile, language: &Language, assigned: &str) -> Vec<(&'static str, String)> {
    let limits: &Limits = &profile.limits;
    let amount = |budget: &Budget| limits.amount(budget).map_or(0.0, |limit| limit.value);
    let written = |budget: &'static Budget, amount: f64| budget.kind.written(amount);
    let memory = amount(&MEMORY);
    let (soft, hard) = limits
        .halves(&NOFILE)
        .map_or((0.0, 0.0), |(soft, hard)| (soft.value, hard.value));
    let fsize = match amount(&FSIZE) {
        0.0 => String::new(),
        bytes => format!("      fsize: {bytes} # bytes of one file\n"),
    };
    vec![
        ("profile", profile.name.clone()),
        ("assigned", assigned.to_owned()),
        ("service", language.service.to_owned()),
        ("port", language.port.to_owned()),
        ("settings", language.settings.to_owned()),
        ("memory", written(&MEMORY, memory)),
        ("reservation", written(&MEMORY, amount(&MEMORY_RESERVATION))),
        ("swap", written(&MEMORY, memory * amount(&SWAP_FACTOR))),
        ("cpus", written(&CPUS, amount(&CPUS))),
        ("pids", amount(&PIDS).max(language.pids).to_string()),
        ("soft", soft.to_string()),
        ("hard", hard.to_string()),
        ("fsize", fsize),
        ("tmpfs", language.tmpfs.to_owned()),
        ("probe", language.probe.to_owned()),
        ("start", format!("{}s", amount(&START_UP))),
        ("networks", language.networks.to_owned()),
        ("end", language.end.to_owned()),
        ("heap", (memory / 1_048_576.0 * 3.0 / 8.0).floor().to_string()),
    ]
}

fn filled(text: &str, values: &[(&'static str, String)]) -> String {
    let all = values.iter().fold(text.to_owned(), |text, (key, value)| {
        text.replace(&format!("{{{key}}}"), value)
    });
    format!("{}\n", all.trim_end())
}

//! Files with secrets: those that go into an image, and those that git tracks.

use crate::build::context::{Context, EntryKind, Exposed, Source};
use crate::redact;
use crate::repository::ExposedFile;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::source::slashed;
use crate::values::path::name;
use crate::workspace::Workspace;
use std::collections::HashSet;
use std::path::Path;

/// So many bytes of a file tell whether it holds a secret.
const PEEK: u64 = 64 * 1024;
/// So many files of a context are opened at most.
const MAX_PEEKS: usize = 500;

/// The secret files and files of variables of Compose sets that git tracks and that hold a secret.
pub(super) fn tracked(sets: &[Project], workspace: &Workspace) -> Vec<ExposedFile> {
    let mut found = Vec::new();
    // Without a repository nothing is tracked, and nothing is to be opened.
    let is_tracked = |path: &Path| workspace.tracked().is_some_and(|tracked| tracked.contains(path));
    for set in sets {
        for secret in &set.secrets {
            let Some(file) = secret.raw.get("file") else { continue };
            let Some(path) = file.str().map(|text| join(&set.folder, text)) else {
                continue;
            };
            let is_none = is_sample(name(&slashed(&path))) || is_no_secret(&secret.name.value);
            if !is_none && is_tracked(&path) && !is_placeholder(&path, workspace) {
                found.push(ExposedFile {
                    span: file.span,
                    path: slashed(&path),
                    role: format!("the secret `{}`", secret.name.value),
                });
            }
        }
        for service in &set.services {
            for file in &service.env_files {
                let Some(path) = file.path.value().map(|text| join(&set.folder, text)) else {
                    continue;
                };
                if is_sample(name(&slashed(&path))) || !is_tracked(&path) {
                    continue;
                }
                let text = workspace.peek(&path, PEEK).unwrap_or_default();
                if matches!(Suspect::Environment.holds(&text), Some((_, true))) {
                    found.push(ExposedFile {
                        span: file.span,
                        path: slashed(&path),
                        role: format!("an env_file of `{}`", service.name.value),
                    });
                }
            }
        }
    }
    found
}

/// Whether what a secret is called is no secret: the name of a user or a database is kept beside the password.
fn is_no_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-', '.']).next().unwrap_or(name);
    ["user", "username", "name", "db", "dbname", "database", "host", "port"]
        .contains(&last.to_ascii_lowercase().as_str())
}

/// Whether a secret file says that something else is to be put there.
fn is_placeholder(path: &Path, workspace: &Workspace) -> bool {
    let Some(text) = workspace.peek(path, PEEK) else {
        return true;
    };
    let text = text.trim().to_lowercase().replace(['-', '_', ' '], "");
    let folder = path.parent().map(slashed).unwrap_or_default().to_lowercase();
    text.is_empty()
        || is_to_be_filled(&text)
        || folder.contains("placeholder")
        || [
            "changeme",
            "donotuse",
            "placeholder",
            "replace",
            "your",
            "example",
            "dummy",
            "todo",
        ]
        .iter()
        .any(|word| text.contains(word))
}

/// Whether a text, or each value of it, is `<something>`.
fn is_to_be_filled(text: &str) -> bool {
    let mut values = text.split([',', '\n', '{', '}']).filter_map(|line| {
        let value = line.split_once([':', '=']).map_or(line, |(_, value)| value);
        let value = value.trim_matches(['"', '\'', ' ', '\t', '\r']);
        (!value.is_empty()).then_some(value)
    });
    values.all(|value| value.starts_with('<') && value.ends_with('>'))
}

/// The files with secrets among those that are copied.
pub(super) fn copied(context: &Context, folder: &Path, workspace: &Workspace) -> Vec<Exposed> {
    let mut found: Vec<Exposed> = Vec::new();
    let mut looked = 0;
    let items = context.copies.iter().flat_map(|copy| &copy.sources);
    let ranges = items.flat_map(|source| match source {
        Source::Found { items } => items.iter().map(|item| item.range.clone()).collect(),
        _ => Vec::new(),
    });
    let mut seen = HashSet::new();
    for range in ranges {
        for entry in context.tree.sent(range) {
            if entry.kind != EntryKind::File || entry.bytes == 0 || !seen.insert(entry.path.as_str()) {
                continue;
            }
            let Some(suspect) = Suspect::of(&entry.path) else {
                continue;
            };
            looked += 1;
            if looked > MAX_PEEKS {
                return found;
            }
            let text = workspace.peek(&folder.join(&entry.path), PEEK).unwrap_or_default();
            if let Some((what, certain)) = suspect.holds(&text) {
                found.push(Exposed {
                    path: entry.path.clone(),
                    what,
                    certain: certain && !is_of_tests(&slashed(&folder.join(&entry.path))),
                });
            }
        }
    }
    found
}

/// Whether a file lies in a folder of tests: the keys there open nothing.
fn is_of_tests(path: &str) -> bool {
    const FOLDERS: [&str; 16] = [
        "test",
        "tests",
        "__tests__",
        "spec",
        "testing",
        "e2e",
        "testdata",
        "test-data",
        "fixtures",
        "__fixtures__",
        "mock",
        "mocks",
        "stub",
        "stubs",
        "ci",
        ".ci",
    ];
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

/// A file whose name says that it may hold a secret.
enum Suspect {
    Environment,
    Key,
    Npm,
    Aws,
    Docker,
    Netrc,
    Pypi,
}

impl Suspect {
    fn of(path: &str) -> Option<Self> {
        let file = name(path);
        match file {
            _ if is_sample(file) => None,
            ".npmrc" | ".yarnrc.yml" => Some(Suspect::Npm),
            ".netrc" | "_netrc" | ".git-credentials" => Some(Suspect::Netrc),
            ".pypirc" => Some(Suspect::Pypi),
            "credentials" if path.ends_with(".aws/credentials") => Some(Suspect::Aws),
            "config.json" if path.ends_with(".docker/config.json") => Some(Suspect::Docker),
            ".env" => Some(Suspect::Environment),
            _ if file.starts_with(".env.") || file.ends_with(".env") => Some(Suspect::Environment),
            "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Suspect::Key),
            _ if [".pem", ".key", ".ppk"].iter().any(|end| file.ends_with(end)) => Some(Suspect::Key),
            _ => None,
        }
    }

    /// What a text holds, and whether that was seen in it.
    fn holds(&self, text: &str) -> Option<(&'static str, bool)> {
        let has = |words: &[&str]| {
            text.lines().any(|line| {
                let line = line.trim();
                !line.starts_with(['#', ';'])
                    && !line.contains("${")
                    && words.iter().any(|word| {
                        line.split_once(word)
                            .is_some_and(|(_, rest)| !rest.trim_matches([' ', '=', ':', '"', '\'']).is_empty())
                    })
            })
        };
        match self {
            Suspect::Environment => {
                let pairs = || {
                    text.lines().filter_map(|line| {
                        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
                        let (key, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
                        let value = value.trim().trim_matches(['"', '\'']);
                        (!value.is_empty() && !value.starts_with('$')).then_some((key.trim(), value))
                    })
                };
                let is_credential = |(key, value): (&str, &str)| {
                    redact::looks_like_a_credential(value) && redact::url_password(value).is_none()
                        || redact::url_password(value).is_some_and(redact::looks_random)
                        || redact::names_a_secret(key) && redact::looks_random(value)
                };
                if pairs().any(is_credential) {
                    Some(("credentials", true))
                } else {
                    pairs()
                        .any(|(key, _)| redact::names_a_secret(key))
                        .then_some(("settings with names of secrets", false))
                }
            }
            Suspect::Key => (text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File"))
                .then_some(("a private key", true)),
            Suspect::Npm => has(&["_authToken", "_auth", "_password", "npmAuthToken"]).then_some(("a token", true)),
            Suspect::Aws => has(&["aws_secret_access_key"]).then_some(("an access key", true)),
            Suspect::Docker => has(&["\"auth\""]).then_some(("registry credentials", true)),
            Suspect::Netrc => (has(&["password "]) || text.lines().any(|line| redact::url_password(line).is_some()))
                .then_some(("a password", true)),
            Suspect::Pypi => has(&["password"]).then_some(("a password", true)),
        }
    }
}

/// Whether a file is there to be copied and filled in.
fn is_sample(file: &str) -> bool {
    ["example", "sample", "template", "dist", "test", "default"]
        .iter()
        .any(|word| file.split(['.', '-', '_']).any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_to_be_filled_has_no_other_value() {
        for text in ["<adminkey>", "{\n\"a\":\"<a>\",\n\"b\":\"<b>\"\n}", "a=<a>\nb: '<b>'"] {
            assert!(is_to_be_filled(text), "{text}");
        }
        for text in ["{\"a\":\"<a>\",\"b\":\"k7qm2vxz\"}", "<a>k7", "a=<a>\nb=k7"] {
            assert!(!is_to_be_filled(text), "{text}");
        }
    }

    #[test]
    fn names_are_suspects_and_contents_decide() {
        let holds = |path: &str, text: &str| {
            Suspect::of(path)
                .and_then(|suspect| suspect.holds(text))
                .map(|(_, sure)| sure)
        };
        assert_eq!(holds("a/.env", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), Some(true));
        assert_eq!(holds(".env", "PORT=3000\n# API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds(".env", "DB_PASSWORD=changeme\n"), Some(false));
        assert_eq!(holds(".env.example", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds("tls/a.key", "-----BEGIN RSA PRIVATE KEY-----\n"), Some(true));
        assert_eq!(holds("tls/a.pem", "-----BEGIN CERTIFICATE-----\n"), None);
        assert_eq!(
            holds(".npmrc", "//registry.npmjs.org/:_authToken=npm_abc\n"),
            Some(true)
        );
        assert_eq!(holds(".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"), None);
        assert_eq!(
            holds("home/.aws/credentials", "aws_secret_access_key = x\n"),
            Some(true)
        );
        assert_eq!(holds("credentials", "aws_secret_access_key = x\n"), None);
    }
}

//! Files with secrets: those that go into an image, and those that git tracks.

mod suspect;

use crate::build::context::{Context, Entry, EntryKind, Exposed, Source};
use crate::redact;
use crate::repository::ExposedFile;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::source::{Span, slashed};
use crate::values::path::name;
use crate::workspace::Workspace;
use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use suspect::{Suspect, is_sample};

/// So many bytes of a file tell whether it holds a secret.
const PEEK: u64 = 64 * 1024;
/// So many files of a context are opened at most for what they are called.
const MAX_PEEKS: usize = 500;
/// So many others are opened, and none that is larger: keys are small.
const MAX_OTHERS: usize = 300;
const LARGEST_OTHER: u64 = 16 * 1024;

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
                    has_token: false,
                });
            }
        }
        for (span, file, role, is_open) in texts(set) {
            let path = join(&set.folder, file);
            if is_sample(name(&slashed(&path))) || !is_tracked(&path) {
                continue;
            }
            let text = workspace.peek(&path, PEEK).unwrap_or_default();
            let has_token = text.lines().any(has_token) || redact::private_keys(&text).next().is_some();
            if has_token || !is_open && matches!(Suspect::Environment.holds(&text), Some((_, true))) {
                found.push(ExposedFile {
                    span,
                    path: slashed(&path),
                    role,
                    has_token,
                });
            }
        }
    }
    found
}

/// The texts that containers of a set get: where each is named, its path, what it is, and whether it may be anything.
fn texts(set: &Project) -> Vec<(Span, &str, String, bool)> {
    let mut found = Vec::new();
    for service in &set.services {
        let of = |what: &str| format!("{what} of `{}`", service.name.value);
        let files = service.env_files.iter();
        found.extend(files.filter_map(|file| Some((file.span, file.path.value()?.as_str(), of("an env_file"), false))));
        let labels = service.written(&["label_file"]);
        let labels = labels
            .into_iter()
            .flat_map(|files| files.seq().unwrap_or(std::slice::from_ref(files)));
        found.extend(labels.filter_map(|file| Some((file.span, file.str()?, of("a label_file"), true))));
    }
    for config in &set.configs {
        let file = config.raw.get("file");
        found.extend(file.and_then(|file| {
            Some((
                file.span,
                file.str()?,
                format!("the config `{}`", config.name.value),
                true,
            ))
        }));
    }
    found
}

fn has_token(line: &str) -> bool {
    !line.trim_start().starts_with('#') && redact::token_in(line).is_some()
}

/// The tokens that a file of variables puts into a Compose file, where git tracks it.
pub(super) fn of_variables(path: &Path, used: &BTreeSet<String>, workspace: &mut Workspace) -> Vec<ExposedFile> {
    let is_tracked = workspace.tracked().is_some_and(|tracked| tracked.contains(path));
    let (false, true, Ok(source)) = (is_sample(name(&slashed(path))), is_tracked, workspace.source(path)) else {
        return Vec::new();
    };
    let text = workspace.sources().get(source).text.as_str();
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let (key, value) = line.split_once('=').unwrap_or_default();
        let key = key.trim().trim_start_matches("export ").trim();
        let is_key = value.contains("PRIVATE KEY-----");
        if used.contains(key) && (is_key || redact::token_in(value).is_some()) {
            found.push(ExposedFile {
                span: Span::new(source, start, start + line.trim_end().len()),
                path: slashed(path),
                role: format!("which sets `{key}` to a token"),
                has_token: true,
            });
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
    let (mut looked, mut others) = (0, 0);
    let sources = context.copies.iter().flat_map(|copy| &copy.sources);
    let sources = sources.chain(context.taken.iter().map(|taken| &taken.source));
    let ranges = sources.flat_map(|source| match source {
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
            let (count, most) = match suspect {
                Suspect::Other if entry.bytes > LARGEST_OTHER => continue,
                Suspect::Other => (&mut others, MAX_OTHERS),
                _ => (&mut looked, MAX_PEEKS),
            };
            *count += 1;
            if *count <= most {
                found.extend(exposed(&suspect, entry, folder, workspace));
            }
        }
    }
    found
}

fn exposed(suspect: &Suspect, entry: &Entry, folder: &Path, workspace: &Workspace) -> Option<Exposed> {
    let path = folder.join(&entry.path);
    let text = workspace.peek(&path, PEEK)?;
    let (what, certain) = suspect.holds(&text)?;
    let mut mark = DefaultHasher::new();
    text.hash(&mut mark);
    Some(Exposed {
        path: entry.path.clone(),
        what,
        certain: certain && !is_of_tests(&slashed(&path)),
        is_later: matches!(suspect, Suspect::Other | Suspect::Token | Suspect::Indexes),
        mark: mark.finish(),
    })
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

#[cfg(test)]
mod tests {
    use super::is_to_be_filled;

    #[test]
    fn a_file_to_be_filled_has_no_other_value() {
        for text in ["<adminkey>", "{\n\"a\":\"<a>\",\n\"b\":\"<b>\"\n}", "a=<a>\nb: '<b>'"] {
            assert!(is_to_be_filled(text), "{text}");
        }
        for text in ["{\"a\":\"<a>\",\"b\":\"k7qm2vxz\"}", "<a>k7", "a=<a>\nb=k7"] {
            assert!(!is_to_be_filled(text), "{text}");
        }
    }
}

//! What the repository's own scripts, makefiles and jobs say of how Compose is started: with `--project-directory` the paths of its files
//! start somewhere else, and variables that they set are set.

use super::Workspace;
use crate::resolve::compose::paths::{join, parent};
use crate::source::slashed;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Files that are looked at, and bytes of each.
const MOST: usize = 300;
const WHOLE: u64 = 64 << 10;
/// Folders above such a file at most.
const DEPTH: usize = 3;

pub(super) fn is_said(workspace: &Workspace, files: &[PathBuf]) -> bool {
    texts(workspace, files, |path| may_start(path) || is_job(path))
        .any(|(_, text)| text.contains("--project-directory"))
}

/// The files that a line starts Compose with beside another one (`-f a.yml -f b.yml`), as they are written there.
pub(super) fn joined(workspace: &Workspace, files: &[PathBuf]) -> HashSet<String> {
    let mut found = HashSet::new();
    for (path, text) in texts(workspace, files, |path| {
        may_start(path) || is_script(path) || is_job(path) || is_readme(path)
    }) {
        // A command of several lines, whose beginning may be in a variable.
        let text = put_in(text.replace("\\\n", " "));
        // A job starts in the folder that `.github` is in.
        let folder = if is_job(path) {
            parent(&parent(&parent(path)))
        } else {
            parent(path)
        };
        for line in text
            .lines()
            .filter(|line| line.contains("compose") || line.contains("COMPOSE"))
        {
            let line = line.replace("--file=", "--file ");
            let words: Vec<&str> = line.split_whitespace().collect();
            let files = words.windows(2).filter(|pair| matches!(pair, ["-f" | "--file", _]));
            let files: Vec<String> = files.filter_map(|pair| pair.get(1)).map(|file| plain(file)).collect();
            if files.len() > 1 {
                // People start it in the root, and in the folder of the script.
                let here = files.iter().map(|file| match file.rsplit_once('/') {
                    // A variable on the way: any folder below that of the script.
                    Some((way, name)) if way.contains('$') && !name.contains('$') => {
                        format!("{}/*/{name}", slashed(&folder))
                    }
                    _ => slashed(&join(&folder, file)),
                });
                let here: Vec<String> = here.filter(|file| !file.starts_with('/')).collect();
                found.extend(files.into_iter().chain(here));
            }
        }
    }
    found
}

/// A text with the variables put in that hold a command of Compose with files: `DC = docker compose -f a.yml`, `$(DC) -f b.yml up`.
fn put_in(text: String) -> String {
    const MOST: usize = 8;
    let assigned = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let name = name
            .trim()
            .trim_end_matches([':', '?', '+'])
            .trim_end()
            .rsplit(' ')
            .next()?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && name.len() > 1;
        let is_command = value.contains("compose") && value.contains("-f ");
        (is_name && is_command).then(|| (name.to_owned(), value.to_owned()))
    };
    let found: Vec<(String, String)> = text.lines().filter_map(assigned).take(MOST).collect();
    found.into_iter().fold(text, |text, (name, value)| {
        let forms = [format!("$({name})"), format!("${{{name}}}"), format!("${name} ")];
        forms.iter().fold(text, |text, form| match form.ends_with(' ') {
            true => text.replace(form, &format!("{value} ")),
            false => text.replace(form, &value),
        })
    })
}

/// Whether a line builds with Buildah, which Podman builds with as well. What a comment says is no build.
pub(super) fn builds_with_buildah(workspace: &Workspace, files: &[PathBuf]) -> bool {
    let mut all = texts(workspace, files, |path| {
        is_script(path) || is_job(path) || may_start(path)
    });
    all.any(|(path, text)| {
        !is_text(path)
            && commands(&text)
                .flat_map(|line| line.split(['&', ';', '|', '(']))
                .any(runs_buildah)
    })
}

/// Whether a command is a build with Buildah: its program, and not a word that it prints.
fn runs_buildah(command: &str) -> bool {
    const BEFORE: [&str; 9] = ["-", "run:", "sudo", "exec", "time", "then", "do", "if", "!"];
    let words = command
        .split_whitespace()
        .map(|word| word.trim_start_matches(['@', '-', '"', '\'']));
    let mut words = words.skip_while(|word| word.is_empty() || BEFORE.contains(word) || word.contains('='));
    let program = words.next().and_then(|word| word.rsplit('/').next());
    matches!(
        (program, words.next()),
        (Some("buildah"), Some("bud" | "build")) | (Some("podman"), Some("build"))
    )
}

/// The lines of a script, a makefile or a job without what stands in comments.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let code = text
        .lines()
        .map(|line| line.split_once(" #").map_or(line, |(code, _)| code));
    code.filter(|line| !line.trim_start().starts_with('#'))
}

/// The files that a line gives to a Swarm (`docker stack deploy -c a.yml name`), as they are written there and from the folder of the
/// script.
pub(super) fn deployed(workspace: &Workspace, files: &[PathBuf]) -> HashSet<String> {
    let mut found = HashSet::new();
    for (path, text) in texts(workspace, files, |path| {
        may_start(path) || is_script(path) || is_job(path) || is_readme(path)
    }) {
        let text = text
            .replace("\\\n", " ")
            .replace("--compose-file=", "-c ")
            .replace("--compose-file", "-c");
        let is_code = |line: &&str| is_readme(path) || !line.trim_start().starts_with('#');
        let lines = text.lines().filter(is_code);
        for line in lines.filter(|line| line.contains("stack deploy")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let files = words.windows(2).filter(|pair| matches!(pair, ["-c", _]));
            for file in files.filter_map(|pair| pair.get(1)).map(|file| plain(file)) {
                found.insert(slashed(&join(&parent(path), &file)));
                found.insert(file);
            }
        }
    }
    found
}

/// The services that a line starts, where it names any (`docker compose up -d db`).
pub(super) fn started(workspace: &Workspace, files: &[PathBuf]) -> Vec<HashSet<String>> {
    let mut found = Vec::new();
    for (_, text) in texts(workspace, files, may_start) {
        // A command of several lines, and one whose program is in a variable: `${dockerCompose} \` and `up -d db` below it.
        let text = text.replace("\\\n", " ");
        let is_compose = |line: &&str| line.contains("ompose") || line.contains("COMPOSE");
        for line in text.lines().filter(is_compose) {
            for (at, up) in line.match_indices(" up ") {
                // What stands behind the code of a text is prose.
                let rest = line
                    .get(at + up.len()..)
                    .unwrap_or("")
                    .split(['`', '#', '&', '|', ';', '>']);
                let words = rest.into_iter().next().unwrap_or("").split_whitespace();
                let names: HashSet<String> = words.filter(|word| !word.starts_with('-')).map(plain).collect();
                if !names.is_empty() && found.len() < MOST {
                    found.push(names);
                }
            }
        }
    }
    found
}

/// A path of a command line, without quotes and what it begins with.
fn plain(word: &str) -> String {
    word.trim_matches(['"', '\'', '`', ',', ';'])
        .trim_start_matches("./")
        .to_owned()
}

/// The names that are given a value: `NAME=x`, `NAME: x`, `NAME ?= x`.
pub(super) fn assigned(workspace: &Workspace, files: &[PathBuf]) -> HashSet<String> {
    let mut found = HashSet::new();
    for (_, text) in texts(workspace, files, |path| may_start(path) || is_job(path)) {
        for (at, _) in text.match_indices(['=', ':']) {
            let before = text.get(..at).unwrap_or("").trim_end_matches([' ', '?', ':', '+']);
            let start = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            let name = before.get(start.map_or(0, |start| start + 1)..).unwrap_or("");
            if name.len() > 2
                && name.len() < 80
                && name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
            {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// The beginnings of those of the files that fit.
pub(super) fn texts<'a>(
    workspace: &'a Workspace,
    files: &'a [PathBuf],
    fits: impl Fn(&Path) -> bool,
) -> impl Iterator<Item = (&'a Path, String)> {
    let files = files.iter().map(PathBuf::as_path).filter(move |path| fits(path));
    files
        .take(MOST)
        .filter_map(|path| Some((path, workspace.peek(path, WHOLE)?)))
}

/// Those of the files whose names let them tell something, those further up first. Most files of a repository are sources.
pub(super) fn telling<'a>(tracked: impl Iterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    let mut files: Vec<&PathBuf> = tracked.filter(|path| may_tell(path)).collect();
    files.sort_by_cached_key(|path| (path.components().count(), *path));
    files.into_iter().cloned().collect()
}

/// Whether a file has no ending, or one of a script, a makefile, a job, a manifest or a text.
fn may_tell(path: &Path) -> bool {
    const ENDINGS: [&[u8]; 15] = [
        b"sh", b"bash", b"mk", b"md", b"just", b"ps1", b"bat", b"cmd", b"rst", b"adoc", b"py", b"rb", b"yml", b"yaml",
        b"json",
    ];
    let bytes = path.as_os_str().as_encoded_bytes();
    let name = bytes.rsplit(|byte| *byte == b'/').next().unwrap_or(bytes);
    let is_readme = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"readme"));
    match name.iter().rposition(|byte| *byte == b'.') {
        None | Some(0) => true,
        Some(at) => {
            let ending = name.get(at + 1..).unwrap_or_default();
            is_readme || ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
        }
    }
}

/// Whether a file further down is a script.
fn is_script(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| ending == "sh" || ending == "bash") && path.components().count() <= 2 * DEPTH
}

/// Whether a file further down tells people what its folder is for.
fn is_readme(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    name.is_some_and(|name| name.starts_with("readme")) && path.components().count() <= 2 * DEPTH
}

/// Whether a file is for people to read.
fn is_text(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| matches!(ending.as_str(), "md" | "rst" | "txt" | "adoc"))
}

/// Whether a file is a job of CI.
pub(super) fn is_job(path: &Path) -> bool {
    let in_folder = path
        .parent()
        .is_some_and(|folder| folder.ends_with(".github/workflows"));
    in_folder && path.components().count() <= 2 * DEPTH || path == Path::new(".gitlab-ci.yml")
}

/// Whether a file may start Compose, by its name: a script, a makefile, or a text that tells people how to.
fn may_start(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let fits = ending.is_none_or(|ending| matches!(ending.as_str(), "sh" | "bash" | "mk" | "md" | "just" | "ps1"));
    let is_manifest = path.file_name().is_some_and(|name| name == "package.json");
    (fits || is_manifest) && path.components().count() <= DEPTH
}

//! What the repository's own scripts, makefiles, jobs and texts make: paths that the checkout lacks and that are there where it is used.

use super::{Workspace, elsewhere};
use std::path::{Path, PathBuf};

/// Lines that are kept at most, and bytes of each.
const MOST: usize = 40_000;
const LONGEST: usize = 1_000;

/// Words, or how they begin, of lines that make files.
const MAKERS: [&str; 44] = [
    "build", "chmod", "clone", "cop", "cp", "creat", "curl", "download", "ensure", "envsubst", "example", "export",
    "extract", "fetch", "gen", "gunzip", "init", "install", "keygen", "keytool", "ln", "mkcert", "mkdir", "mv",
    "openssl", "out", "path", "plac", "provid", "put", "renam", "rsync", "sampl", "sav", "scp", "sed", "setup", "tar",
    "tee", "templat", "touch", "unzip", "wget", "writ",
];

/// The lines of these files that make something, each with whether only what stands before a colon is made.
pub(super) fn lines(workspace: &Workspace, files: &[PathBuf]) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (path, text) in elsewhere::texts(workspace, files, may_make) {
        let is_makefile = path
            .file_name()
            .is_some_and(|name| name.eq_ignore_ascii_case("makefile"))
            || path.extension().is_some_and(|ending| ending == "mk");
        for line in text.lines().filter(|line| line.len() <= LONGEST) {
            let is_target =
                is_makefile && line.starts_with(|first: char| first.is_ascii_alphanumeric() || "./$".contains(first));
            // What a service mounts is not made there.
            let item = line.trim().strip_prefix("- ");
            let is_mount = item.is_some_and(|item| item.contains(":/") && !item.contains(' '));
            if found.len() < MOST && !is_mount && (is_target && line.contains(':') || makes(line)) {
                found.push((is_target && !makes(line), line.to_owned()));
            }
        }
    }
    found
}

/// Whether one of these lines makes a path.
pub(super) fn is_made(lines: &[(bool, String)], path: &Path) -> bool {
    let path: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let Some((last, before)) = path.split_last() else {
        return false;
    };
    let is_it = |line: &str| {
        // Folders have everyday names.
        let is_plain = !["mkdir", "clone", "ln "].iter().any(|program| line.contains(program));
        words(line).any(|word| {
            let parts: Vec<&str> = parts(word).collect();
            let sure = parts.len() > 1 || last.contains('.') || word.contains('/') || !is_plain;
            let places = parts.iter().enumerate().filter(|(_, part)| *part == last);
            let ends_alike = |at: usize| {
                let written = parts.iter().take(at).rev();
                written.zip(before.iter().rev()).all(|(one, other)| one == other)
            };
            sure && places.into_iter().any(|(at, _)| ends_alike(at))
        })
    };
    let mut lines = lines.iter().filter(|(_, line)| line.contains(last.as_str()));
    lines.any(|(is_target, line)| match is_target {
        true => is_it(line.split(':').next().unwrap_or(line)),
        false => is_it(line),
    })
}

/// Whether a line has a word of making, or writes into a file.
fn makes(line: &str) -> bool {
    let is_maker = |word: &str| {
        let word = word.strip_prefix(char::is_uppercase).map_or(word, |_| word);
        MAKERS.iter().any(|maker| {
            let rest = word.get(..maker.len()).filter(|start| {
                // `Create`, and not `COPY` of an example.
                start.eq_ignore_ascii_case(maker) && !start.chars().all(char::is_uppercase)
            });
            rest.is_some() && (maker.len() > 3 || word.len() <= maker.len() + 3)
        })
    };
    line.contains("> ")
        || line.contains(" -o")
        || line.split(|letter: char| !letter.is_ascii_alphabetic()).any(is_maker)
}

/// What of a line may be a path.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| letter.is_whitespace() || "\"'`=:;,()<>[]|&{}".contains(letter))
        .filter(|word| !word.is_empty())
}

/// The parts of a path, from behind the last variable.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let known = word.rfind(['$', '*']).and_then(|at| word.get(at..)?.split_once('/'));
    let rest = match known {
        Some((_, rest)) => rest,
        None if word.contains(['$', '*']) => "",
        None => word,
    };
    rest.split('/').filter(|part| !matches!(*part, "" | "." | ".."))
}

/// Whether a file may make others, by its name: a script, a makefile, a job, or a text that tells people what to do. What changed
/// once is no step.
fn may_make(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let is_other = ["dockerfile", "containerfile", "change", "history", "license", "compose"];
    if is_other.iter().any(|word| name.contains(word)) {
        return false;
    }
    let endings = [
        "sh", "bash", "mk", "md", "just", "ps1", "bat", "cmd", "rst", "adoc", "py", "rb",
    ];
    let ending = Path::new(&name)
        .extension()
        .map(|ending| ending.to_string_lossy().into_owned());
    let jobs = ["taskfile.yml", "taskfile.yaml", "azure-pipelines.yml", "package.json"];
    ending.is_none_or(|ending| endings.contains(&ending.as_str()))
        || elsewhere::is_job(path)
        || jobs.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(line: &str, path: &str) -> bool {
        makes(line) && is_made(&[(false, line.to_owned())], Path::new(path))
    }

    #[test]
    fn lines_make_files() {
        for (line, path) in [
            ("cp site.conf.example site.conf", "site.conf"),
            (
                "openssl req -x509 -keyout \"$DIR/certs/server.key\"",
                "nginx/certs/server.key",
            ),
            ("echo x > ./conf/a.env", "conf/a.env"),
            ("mkdir -p certs", "certs"),
            ("wget -O certs/ca.pem $URL", "certs"),
            ("Create a file named `settings.toml` with this:", "settings.toml"),
            (
                "ensure_file_from_example symbolicator/config.yml",
                "symbolicator/config.yml",
            ),
            ("go build -o bin/server ./cmd/server", "bin/server"),
            ("          path: dist/app.tgz", "dist/app.tgz"),
        ] {
            assert!(made(line, path), "{line}");
        }
        for (line, path) in [
            ("cat site.conf", "site.conf"),
            ("COPY site.conf /etc/", "site.conf"),
            ("cp other/site.conf.example other/site.conf", "nginx/site.conf"),
            ("cp mysite.conf x", "site.conf"),
            ("Copy the config somewhere", "config"),
        ] {
            assert!(!made(line, path), "{line}");
        }
    }
}

//! What dash and busybox do not know of bash. Each was tried with dash 0.5.12-2, busybox 1.35 and bash 5.2.

use crate::known_images::Sh;
use crate::parse::shell::{Command, Word};
use crate::source::Span;

/// A piece of syntax that a shell does not know.
pub(super) struct Odd {
    pub span: Span,
    /// What it is, in backticks or words.
    pub what: String,
    pub help: String,
    /// What takes the place of the word, where it means the same.
    pub mended: Option<&'static str>,
}

const BASH: &str = "begin the stage with `SHELL [\"/bin/bash\", \"-c\"]`";

/// Programs whose words are paths, so that braces in them can only be meant for the shell.
const PATHS: [&str; 12] = [
    "mkdir", "touch", "rm", "cp", "mv", "chmod", "chown", "install", "ls", "cat", "ln", "rmdir",
];

/// The first piece of a command that a shell does not know.
pub(super) fn odd(script: &str, command: &Command, shell: Sh) -> Option<Odd> {
    let is_dash = matches!(shell, Sh::Dash { .. });
    let other = |text: &str| match is_dash {
        true => format!("{text}, or {BASH}"),
        false => text.to_owned(),
    };
    let odd = |span: Span, what: &str, help: String| {
        Some(Odd {
            span,
            what: what.to_owned(),
            help,
            mended: None,
        })
    };
    if let Some(first) = command.words.first() {
        match first.text.as_str() {
            "source" if is_dash => {
                // Without a slash `.` looks in PATH alone.
                let has_path = command.words.get(1).is_some_and(|word| word.text.contains('/') || word.dynamic);
                let mut odd = odd(first.span, "`source`", other("write `.`"))?;
                odd.mended = has_path.then_some(".");
                return Some(odd);
            }
            "[[" if is_dash => return odd(first.span, "`[[`", other("write `[`")),
            "let" if is_dash => return odd(first.span, "`let`", other("write `$((...))`")),
            name @ ("pushd" | "popd" | "declare" | "shopt" | "mapfile" | "readarray") => {
                return odd(first.span, &format!("`{name}`"), other("rewrite it for `sh`"));
            }
            _ => {}
        }
    }
    words(command, shell, &odd, &other)
        .or_else(|| {
            let array = command.assignments.iter().find(|one| script.contains(&format!("{}=(", one.name)));
            array.and_then(|one| odd(one.span, "an array", other("write words in a loop")))
        })
        .or_else(|| {
            command.redirections.iter().find_map(|redirection| match redirection.operator {
                "<<<" => odd(redirection.target.span, "`<<<`", other("write `printf '%s\\n' ... |` before the command")),
                "&>" | "&>>" if is_dash => odd(redirection.target.span, "`&>`", other("write `> FILE 2>&1`")),
                _ if redirection.target.text.starts_with("/dev/tcp/") => {
                    odd(redirection.target.span, "`/dev/tcp`", "write `bash -c '...'` around it, where the image has bash".to_owned())
                }
                _ => None,
            })
        })
}

fn words(
    command: &Command,
    shell: Sh,
    odd: &dyn Fn(Span, &str, String) -> Option<Odd>,
    other: &dyn Fn(&str) -> String,
) -> Option<Odd> {
    let is_dash = matches!(shell, Sh::Dash { .. });
    let program = command.program().unwrap_or("");
    for word in command.arguments() {
        let text = word.text.as_str();
        match program {
            "set" if text == "pipefail" && shell == (Sh::Dash { pipefail: Some(false) }) => {
                let help = "begin the stage with `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`";
                return odd(word.span, "`pipefail`", help.to_owned());
            }
            "[" | "test" if is_dash && text == "==" && !word.quoted => {
                let mut odd = odd(word.span, "`==` in a test", other("write `=`"))?;
                odd.mended = Some("=");
                return Some(odd);
            }
            "echo" if is_dash && matches!(text, "-e" | "-ne" | "-en") && command.arguments().first() == Some(word) => {
                return odd(word.span, &format!("`echo {text}`"), other("write `printf`"));
            }
            _ => {}
        }
        if PATHS.contains(&program) && has_braces(word) {
            return odd(word.span, &format!("`{text}`"), other("write each path in full"));
        }
        if is_dash && word.dynamic && (text.starts_with("<(") || text.starts_with(">(")) {
            return odd(word.span, "`<(...)`", other("write a file or a pipe"));
        }
    }
    let all = command.words.iter().chain(command.assignments.iter().map(|one| &one.value));
    for word in all.filter(|word| word.dynamic) {
        if let Some(form) = expansion(&word.text, is_dash) {
            return odd(word.span, &format!("`{form}`"), other("cut the text with `sed` or `${V%...}`"));
        }
    }
    None
}

/// Whether an unquoted word has `{a,b}` in it, or `{1..3}`.
fn has_braces(word: &Word) -> bool {
    let inside = word.text.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    !word.quoted && !word.dynamic && inside.is_some_and(|(inside, _)| inside.contains(',') || inside.contains(".."))
}

/// The first form of `${...}` that is not POSIX: `${A//b/c}`, `${A:0:2}`, `${A^^}`. busybox knows the first two.
fn expansion(text: &str, is_dash: bool) -> Option<&str> {
    text.match_indices("${").find_map(|(at, _)| {
        let inside = text.get(at + 2..)?;
        let name = inside.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
        let behind = inside.get(name..)?;
        let end = inside.find('}')?;
        let is_slice = behind.strip_prefix(':').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == ' '));
        let is_odd = name > 0 && (behind.starts_with('^') || behind.starts_with(',') || is_dash && (behind.starts_with('/') || is_slice));
        is_odd.then(|| text.get(at..at + 3 + end)).flatten()
    })
}

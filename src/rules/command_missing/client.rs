//! A probe with `curl` where the image has `wget`: the same question in its words.

use crate::build::FileSystem;
use crate::finding::Change;
use crate::known_images::Has;
use crate::source::Span;

/// Flags of `curl` that a probe has and that `wget` needs none for: it fails on an error and says nothing with `-q`.
const QUIET: [&str; 10] = [
    "--fail",
    "--show-error",
    "--silent",
    "-S",
    "-f",
    "-fS",
    "-fs",
    "-fsS",
    "-s",
    "-sf",
];

/// How the words of `test` ask with `wget`; nothing where that would ask something else.
pub(super) fn as_wget(test: &[(&str, Span)], contents: &FileSystem) -> Vec<Change> {
    if contents.program("wget") != Has::Yes || contents.program("curl") == Has::Yes {
        return Vec::new();
    }
    match test {
        [("CMD", _), ("curl", program), flags @ .., (url, _)] => in_words(*program, flags, url),
        [("CMD-SHELL", _), (line, span)] => in_line(line).map_or_else(Vec::new, |line| {
            let quoted = format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""));
            vec![Change::Replace(*span, quoted)]
        }),
        _ => Vec::new(),
    }
}

fn in_words(program: Span, flags: &[(&str, Span)], url: &str) -> Vec<Change> {
    let Some(((_, last), others)) = flags.split_last() else {
        return Vec::new();
    };
    if !url.starts_with("http") || !flags.iter().all(|(flag, _)| QUIET.contains(flag)) {
        return Vec::new();
    }
    let out = if others.is_empty() { "-qO-" } else { "-O-" };
    let mut changes = vec![
        Change::Replace(program, "wget".to_owned()),
        Change::Replace(*last, out.to_owned()),
    ];
    changes.extend(others.iter().map(|(_, span)| Change::Replace(*span, "-q".to_owned())));
    changes
}

/// `curl -f URL || exit 1`.
fn in_line(line: &str) -> Option<String> {
    let mut rest = line.trim().strip_prefix("curl ")?.trim_start();
    let mut has_flag = false;
    while let Some((_, behind)) = rest.split_once(' ').filter(|(word, _)| QUIET.contains(word)) {
        has_flag = true;
        rest = behind.trim_start();
    }
    // Without a flag an answer of 500 was as good as any.
    let is_question = rest.starts_with("http") && !rest.contains("curl") && !line.contains(['\n', '$']);
    (has_flag && is_question).then(|| format!("wget -qO- {rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_question_is_asked_with_wget() {
        for (line, asked) in [
            ("curl -f http://localhost/ || exit 1", Some("wget -qO- http://localhost/ || exit 1")),
            ("curl --fail -s http://localhost/", Some("wget -qO- http://localhost/")),
            ("curl http://localhost/", None),
            ("curl -f -X POST http://localhost/", None),
            ("curl -f http://a/ && curl -f http://b/", None),
            ("curl -f http://localhost:${PORT}/", None),
            ("wget -q http://localhost/", None),
        ] {
            assert_eq!(in_line(line).as_deref(), asked, "{line}");
        }
    }
}

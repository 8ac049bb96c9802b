//! What cannot hold, with its reason: the edit is harmless to Compose or the builder, and yet what is said of the text changes.

use std::collections::BTreeSet;

/// One of [`EXCEPTIONS`].
pub(super) struct Exception {
    /// The rule, or `*`.
    rule: &'static str,
    /// The edit, or `*`.
    edit: &'static str,
    /// A part of the difference.
    difference: &'static str,
    /// Why.
    #[allow(dead_code, reason = "it is for those who read the table")]
    reason: &'static str,
}

/// In place of a rule: of real files.
pub(super) const CORPUS: &str = "corpus";

/// The table.
pub(super) const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "unused-ignore",
        edit: "anchor and alias of a scalar",
        difference: "nothing becomes warning unused-ignore",
        reason: "the finding is where the value is written, behind the anchor, and so the ignore has to be",
    },
    Exception {
        rule: "unused-ignore",
        edit: "long key of a scalar",
        difference: "nothing becomes warning unused-ignore",
        reason: "the value is on the line below the key, and the ignore speaks of one line",
    },
    Exception {
        rule: "*",
        edit: "service extended from the same file",
        difference: "becomes note",
        reason: "both services lack the same, and what services of a set lack is a warning once",
    },
    Exception {
        rule: CORPUS,
        edit: "here-document*",
        difference: "new [(\"masked-failure\", Warning)]",
        reason: "the rule asks every here-document of several commands for `set -e`; it does not ask a line with `;`",
    },
    Exception {
        rule: "image-layers-above-budget",
        edit: "an unrelated RUN",
        difference: "nothing becomes warning",
        reason: "it is one layer more, and the passing example is at its budget",
    },
    Exception {
        rule: "*",
        edit: "an unrelated service behind a profile",
        difference: "nothing becomes error project-",
        reason: "it is a part of the sum, and the passing example is at its budget",
    },
    Exception {
        rule: "*",
        edit: "an unrelated service",
        difference: "nothing becomes error project-",
        reason: "it is a part of the sum, and the passing example is at its budget",
    },
    Exception {
        rule: "*",
        edit: "an unrelated service before",
        difference: "nothing becomes error project-",
        reason: "it is a part of the sum, and the passing example is at its budget",
    },
    Exception {
        rule: "*",
        edit: "included file",
        difference: "(\"missing-copy-source\", Error)",
        reason: "a context that holds nothing but Dockerfiles and Compose files by their names is no whole checkout, and part.yaml is neither",
    },
    Exception {
        rule: "invalid-dockerfile",
        edit: "word from an argument",
        difference: "error invalid-dockerfile",
        reason: "the words of an instruction are checked as they are written: an argument can be given another value",
    },
    Exception {
        rule: "wrong-compose-type",
        edit: "*",
        difference: "error wrong-compose-type",
        reason: "a number that is written by a variable is a text, which is right there",
    },
    Exception {
        rule: "duplicate-key",
        edit: "a key said again in an override file",
        difference: "root-user",
        reason: "which of the two values counts is open, and then a third one is written down",
    },
    Exception {
        rule: "ignore-without-reason",
        edit: "anchor and alias of a scalar",
        difference: "unused-ignore",
        reason: "the finding is where the value is written, behind the anchor, and so the ignore has to be",
    },
    Exception {
        rule: "dependency-cycle",
        edit: "*",
        difference: "becomes error dependency-cycle `depends_on: [worker]`",
        reason: "a cycle is named where it begins, which is its first service",
    },
    Exception {
        rule: "duplicated-host-port",
        edit: "*",
        difference: "becomes error duplicated-host-port `- \"9090:90\"`",
        reason: "of two that want one port the later one is named",
    },
    Exception {
        rule: "duplicate-key",
        edit: "*",
        difference: "becomes",
        reason: "what stands twice in one mapping stands there once after it, or the other one is the second",
    },
    Exception {
        rule: "*",
        edit: "service extended from a file",
        difference: "(\"missing-copy-source\", Error)",
        reason: "a context that holds nothing but Dockerfiles and Compose files by their names is no whole checkout, and common.yaml is neither",
    },
    Exception {
        rule: "*",
        edit: "service extended from the same file",
        difference: "nothing becomes error project-",
        reason: "a service that is extended runs as well, and counts in the sum",
    },
    Exception {
        rule: "*",
        edit: "service extended from the same file",
        difference: "isolated-members",
        reason: "a service that is extended runs as well, and a network of two has members that want to talk",
    },
    Exception {
        rule: "image-size-above-budget",
        edit: "platform of the builder",
        difference: "becomes warning image-size-above-budget",
        reason: "the sizes of the catalogue are those of linux/amd64, and on what it is built is not known",
    },
    Exception {
        rule: "invalid-image-reference",
        edit: "base image from an argument",
        difference: "becomes note invalid-image-reference",
        reason: "an argument can be given another value",
    },
    Exception {
        rule: "relative-workdir",
        edit: "word from an argument",
        difference: "becomes nothing",
        reason: "an argument can be given an absolute path",
    },
    Exception {
        rule: "shell-missing",
        edit: "shell form as exec form of a shell",
        difference: "becomes",
        reason: "of a shell that is named and missing command-missing speaks",
    },
    Exception {
        rule: "shell-missing",
        edit: "an unrelated RUN",
        difference: "`RUN true`",
        reason: "the RUN that is added needs a shell as well",
    },
    Exception {
        rule: "swallowed-command",
        edit: "an instruction on one line",
        difference: "becomes nothing",
        reason: "on one line everybody sees where the comment begins",
    },
    Exception {
        rule: "invalid-static-address",
        edit: "service extended from the same file",
        difference: "nothing becomes error invalid-static-address",
        reason: "a service that is extended runs as well, and wants the same address",
    },
];

/// The exceptions that nothing needs any more, of real files or of examples, as sentences.
pub(super) fn unused(used: &BTreeSet<usize>, of_corpus: bool) -> Vec<String> {
    let table = EXCEPTIONS.iter().enumerate();
    let unused = table.filter(|(index, exception)| (exception.rule == CORPUS) == of_corpus && !used.contains(index));
    unused
        .map(|(_, exception)| {
            format!(
                "the exception of {} for {} is not needed",
                exception.edit, exception.rule
            )
        })
        .collect()
}

/// Whether an exception is of an edit: `here-document*` is of every one that begins so.
fn is_meant(exception: &str, edit: &str) -> bool {
    exception
        .strip_suffix('*')
        .map_or(exception == edit, |start| edit.starts_with(start))
}

/// The place of the exception that allows a difference.
pub(super) fn find(rule: &str, edit: &str, difference: &str) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        (exception.rule == rule || exception.rule == "*")
            && is_meant(exception.edit, edit)
            && difference.contains(exception.difference)
    })
}

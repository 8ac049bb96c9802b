//! Downloads that keep the page of an error as their file: curl without `--fail`.

use crate::build::{JudgedFile, RunStep, Traits};
use crate::finding::Finding;
use crate::parse::shell::{Command, Word};
use crate::source::Span;
use std::collections::HashMap;

/// Short options of curl that take a value.
const WITH_VALUE: &str = "oHdXuAexmwbcTFKCEYyzrQtUPD";

/// Folders whose files are read by the next `apt-get update` or install, which then fails.
pub(super) const READ_LATER: [&str; 6] = [
    "/etc/apt/",
    "/usr/share/keyrings/",
    "/etc/yum.repos.d/",
    "/etc/apk/",
    "/etc/pki/",
    "/usr/local/share/ca-certificates/",
];

/// Commands behind a download that are searched for a use of its file: behind more than these nothing is said.
const MAX_SEARCHED: usize = 1_000;

/// The downloads of a file.
pub(super) struct Downloads<'a> {
    steps: &'a [RunStep],
    /// The last step of each stage that checks a sum or a signature, or says how curl fails.
    verified: HashMap<usize, usize>,
}

impl<'a> Downloads<'a> {
    pub(super) fn new(file: &'a JudgedFile) -> Self {
        let steps = file.run_steps();
        let checks = steps.iter().filter(|step| verifies(step) || step.mentions(".curlrc"));
        Self {
            steps,
            verified: checks.map(|step| (step.stage, step.instruction)).collect(),
        }
    }

    /// The curl calls of a step that save whatever the server sends, where nothing of the stage looks at it afterwards.
    pub(super) fn unchecked(&self, step: &RunStep, found: &mut Vec<Finding>) {
        if self.verified.get(&step.stage).is_some_and(|last| *last >= step.instruction) {
            return;
        }
        // Of several in one step the first is named: they are one mistake.
        let mut first: Option<Finding> = None;
        for (number, command) in step.commands().iter().enumerate() {
            let Some(program) = command.words.first().filter(|_| command.program() == Some("curl")) else {
                continue;
            };
            let Some(saved) = saved_as(command).filter(|saved| !self.is_seen(step, number, saved)) else {
                continue;
            };
            let behind = Span {
                start: program.span.end,
                ..program.span
            };
            if let Some(finding) = first.take() {
                let message = format!("saved as `{saved}` in the same way");
                first = Some(finding.related(program.span, message).fix(behind, " --fail"));
                continue;
            }
            let message = format!("if the server answers with an error, `curl` saves that page as `{saved}` and succeeds");
            first = Some(
                Finding::new(program.span, message)
                    .help("add `--fail`")
                    .fix(behind, " --fail")
                    .aspect(format!("RUN {}.{number} curl", step.instruction)),
            );
        }
        found.extend(first);
    }

    /// Whether something behind a download looks at what it saved, in this step or a later one of the stage.
    fn is_seen(&self, step: &RunStep, number: usize, saved: &str) -> bool {
        let mut names = vec![last_part(saved).to_owned()];
        let first = self.steps.partition_point(|other| other.instruction < step.instruction);
        let later = self.steps.iter().skip(first).filter(|other| other.stage == step.stage);
        let mut left = MAX_SEARCHED;
        for other in later {
            let Some(script) = &other.script else {
                if names.iter().any(|name| other.mentions(name)) {
                    return true;
                }
                left = left.saturating_sub(1 + other.text.text.len() / 50);
                continue;
            };
            let skip = if other.instruction == step.instruction { number + 1 } else { 0 };
            let commands = script.commands.get(skip..).unwrap_or_default();
            if commands.iter().take(left).any(|command| sees(command, &mut names)) {
                return true;
            }
            left = left.saturating_sub(1 + commands.len());
            if left == 0 {
                return true;
            }
        }
        false
    }
}

/// The file that a call writes if nothing tells it to fail.
fn saved_as(command: &Command) -> Option<String> {
    let mut file = None;
    let mut by_name = false;
    let mut url: Option<&Word> = None;
    let mut words = command.arguments().iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if let Some(long) = text.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            match name {
                "fail" | "fail-with-body" | "config" | "write-out" | "head" | "remote-header-name" => return None,
                "output" => file = Some(value.map(str::to_owned).or_else(|| Some(words.next()?.text.clone()))?),
                "remote-name" | "remote-name-all" => by_name = true,
                "header" | "data" | "request" | "user" | "user-agent" | "referer" | "proxy" | "retry" | "max-time"
                | "connect-timeout" | "retry-delay" | "cacert" | "output-dir" | "proto" | "cookie" | "form" => {
                    words.next();
                }
                _ => {}
            }
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let at = letters.find(|letter| WITH_VALUE.contains(letter));
            let plain = letters.get(..at.unwrap_or(letters.len())).unwrap_or("");
            if plain.contains(['f', 'I', 'J']) {
                return None;
            }
            by_name |= plain.contains('O');
            let Some(at) = at else { continue };
            let value = match letters.get(at + 1..).filter(|value| !value.is_empty()) {
                Some(value) => value.to_owned(),
                None => words.next()?.text.clone(),
            };
            match letters.as_bytes().get(at) {
                Some(b'o') => file = Some(value),
                Some(b'w' | b'K') => return None,
                _ => {}
            }
        } else if is_options(word) {
            return None;
        } else {
            url = Some(word);
        }
    }
    let redirected = command
        .redirections
        .iter()
        .find(|redirection| matches!(redirection.operator, ">" | ">|") && redirection.descriptor.is_none())
        .map(|redirection| redirection.target.text.clone());
    let remote = || {
        let text = url?.text.split(['?', '#']).next()?;
        Some(text.rsplit('/').next()?.to_owned()).filter(|name| !name.is_empty() && !text.starts_with('$'))
    };
    let file = file.or(if by_name { remote() } else { redirected })?;
    let is_file = !file.is_empty() && file != "-" && !file.starts_with("/dev/");
    (is_file && !READ_LATER.iter().any(|folder| file.starts_with(folder))).then_some(file)
}

/// Whether a variable may hold options: `$CURL_OPTS`.
fn is_options(word: &Word) -> bool {
    let upper = word.text.to_ascii_uppercase();
    word.dynamic && !word.text.contains("://") && ["OPT", "ARG", "FLAG"].iter().any(|part| upper.contains(part))
}

/// Whether a command looks into one of the files; a move or copy gives them one more name.
fn sees(command: &Command, names: &mut Vec<String>) -> bool {
    let program = command.program().unwrap_or("");
    let is_named = |word: &Word| names.iter().any(|name| word.text.contains(name.as_str()));
    if !Traits::of(program).looks_at_nothing() {
        let from_input = |operator: &str| matches!(operator, "<");
        return names.iter().any(|name| name == program)
            || command.words.iter().any(|word| is_named(word) || reads_all(program, word))
            || command
                .redirections
                .iter()
                .any(|redirection| from_input(redirection.operator) && is_named(&redirection.target));
    }
    if matches!(program, "mv" | "cp" | "ln" | "install")
        && command.arguments().iter().any(is_named)
        && let Some(target) = command.arguments().last()
    {
        let name = last_part(&target.text);
        if !name.is_empty() && names.len() < 10 {
            names.push(name.to_owned());
        }
    }
    false
}

/// Whether a program that fails on other files is given all of a kind: `dpkg -i *.deb`.
fn reads_all(program: &str, word: &Word) -> bool {
    word.text.contains('*')
        && matches!(
            program,
            "tar" | "unzip" | "dpkg" | "apt" | "apt-get" | "rpm" | "dnf" | "yum" | "gunzip" | "gzip" | "pip" | "pip3"
        )
}

fn last_part(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a step checks a sum or a signature.
fn verifies(step: &RunStep) -> bool {
    ["sha256sum", "sha512sum", "sha1sum", "shasum", "md5sum", "--verify", "cosign", "minisign", "openssl dgst"]
        .iter()
        .any(|word| step.mentions(word))
}

mod settings;

use crate::order::Order as _;
use super::{Check, Group};
use crate::build::{JudgedFile, Manager, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::shell::Command;
use crate::repository::Repository;
use crate::source::Span;
use std::collections::HashMap;

rule! {
    /// Something from the network goes into the image without a check.
    ///
    /// ## Why it matters
    /// A script that is piped into a shell runs whatever the server sends that day. ADD of a URL takes a `--checksum`
    /// (Dockerfile 1.6 and later), and without it any content. Switched off certificate or signature checks let anybody on
    /// the way answer.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// ADD https://example.org/tool /usr/local/bin/tool  # <- here
    /// RUN curl -fsSL https://example.org/install.sh | sh  # <- here
    /// RUN curl -fsSLk https://example.org/data -o /data  # <- here
    /// ENV NODE_TLS_REJECT_UNAUTHORIZED=0  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// ADD --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef \
    ///     https://example.org/tool /usr/local/bin/tool
    /// RUN curl -fsSLo /tmp/install.sh https://example.org/install.sh \
    ///     && echo "0123abcd  /tmp/install.sh" | sha256sum -c \
    ///     && sh /tmp/install.sh
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// ADD https://github.com/acme/app.git#v1.4 /src
    /// RUN curl -fsSL https://example.org/list | grep -c x > /count
    /// RUN curl -fsSL -o /k https://example.org/key
    /// ```
    RULE {
        name: "unverified-download",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &["CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CKV2_DOCKER_6", "CKV2_DOCKER_7", "CKV2_DOCKER_8", "CKV2_DOCKER_9", "CKV2_DOCKER_11", "CKV2_DOCKER_12", "CKV2_DOCKER_13", "CKV2_DOCKER_14"],
        check: Check::Dockerfile(check),
    }
}

/// Further places of one finding that are shown.
const MAX_PLACES: usize = 10;

const SHELLS: [&str; 13] = [
    "sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python3", "python2", "perl", "ruby", "node", "php",
];

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    // What a later step of the stage checks is checked.
    let mut last_check: HashMap<usize, usize> = HashMap::new();
    for step in file.run_steps().iter().filter(|step| verifies(step)) {
        last_check.insert(step.stage, step.instruction);
    }
    let weighed = |stage_use: StageUse, finding: Finding| match stage_use {
        StageUse::Unused => finding.severity(Severity::Note),
        _ => finding,
    };
    let said = |stage_use: StageUse, span: Span, message: String, help: &str, subject: String| {
        weighed(stage_use, Finding::new(span, message).help(help).aspect(subject))
    };
    let mut downloads: Vec<(StageUse, Span)> = Vec::new();
    for (index, stage, stage_use) in file.stages() {
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = stage.instructions.start + offset;
            if last_check.get(&index).is_none_or(|last| *last < at) {
                downloads.extend(added(instruction).into_iter().map(|span| (stage_use, span)));
            }
            if let Kind::Env(pairs) = &instruction.kind {
                for pair in pairs {
                    let value = pair.value.value.trim_matches(['"', '\'']);
                    let help = "remove it, and install the certificate that is missing";
                    let subject = || format!("ENV {}", pair.key.value);
                    if let Some(message) = switched_off(&pair.key.value, value) {
                        found.push(said(stage_use, pair.key.span, message, help, subject()));
                    } else if let Some(message) = settings::by_variable(&pair.key.value, value) {
                        found.push(said(stage_use, pair.key.span, message, help, subject()).raised("2026.12"));
                    }
                }
            }
        }
    }
    // Those that matter first.
    downloads.order_by_key(|(stage_use, _)| *stage_use == StageUse::Unused);
    if let Some((stage_use, span)) = downloads.first() {
        let message = match downloads.len() {
            1 => "ADD downloads a URL without `--checksum`".to_owned(),
            count => format!("ADD downloads {count} URLs of this file without `--checksum`"),
        };
        let mut finding = Finding::new(*span, message)
            .help("add `--checksum=sha256:...`")
            .aspect("ADD");
        for (_, other) in downloads.iter().skip(1).take(MAX_PLACES) {
            finding = finding.related(*other, "and here");
        }
        found.push(weighed(*stage_use, finding));
    }
    for step in file.run_steps() {
        for (number, command) in step.commands().iter().enumerate() {
            let subject = format!("RUN {}.{number}", step.instruction);
            if let Some((span, message)) = piped(step, number, command) {
                let help = "download it to a file, check its sha256sum, then run it";
                found.push(said(step.stage_use, span, message, help, subject));
            } else if let Some((span, message)) = unchecked(step, number, command) {
                let help = "remove it, and install the certificate or key that is missing";
                let finding = said(step.stage_use, span, message, help, subject);
                found.push(match checked(command, span) {
                    Some((place, text)) => finding.fix(place, text).with_care(),
                    None => finding,
                });
            } else if let Some((span, message)) = settings::switched_off(command) {
                let help = "remove it, and install the certificate or key that is missing";
                found.push(said(step.stage_use, span, message, help, subject).raised("2026.12"));
            }
        }
    }
}

/// Sources of an ADD that are downloads without a checksum. A repository is named by its commit.
fn added(instruction: &Instruction) -> Vec<Span> {
    let Kind::Add(transfer) = &instruction.kind else {
        return Vec::new();
    };
    // What goes nowhere only tells whether something changed.
    if transfer.checksum.is_some() || transfer.destination.value == "/dev/null" {
        return Vec::new();
    }
    let is_download = |text: &str| {
        let url = text.trim_matches('"');
        let path = url.split(['#', '?']).next().unwrap_or(url);
        // Tables that are published anew each week have no sum that could be written down, and nothing runs them.
        let is_data = [".mmdb", ".csv", ".tsv", ".geojson"].iter().any(|end| path.ends_with(end));
        (url.starts_with("https://") || url.starts_with("http://")) && !path.ends_with(".git") && !is_data
    };
    transfer
        .sources
        .iter()
        .filter(|source| is_download(&source.value))
        .map(|source| source.span)
        .collect()
}

fn verifies(step: &RunStep) -> bool {
    [
        "sha256sum",
        "sha512sum",
        "sha1sum",
        "shasum",
        "md5sum",
        "--verify",
        "cosign",
        "minisign",
        "openssl dgst",
    ]
    .iter()
    .any(|word| step.mentions(word))
}

fn is_download(command: &Command) -> bool {
    matches!(command.program(), Some("curl" | "wget"))
}

/// A download whose output a shell runs.
fn piped(step: &RunStep, number: usize, command: &Command) -> Option<(Span, String)> {
    let script = step.script.as_ref()?;
    if !is_download(command) {
        return None;
    }
    let tool = command.program()?;
    let place = command.words.first()?.span;
    if let Some(next) = script.piped_into(number)
        && let Some(shell) = runner(next)
    {
        return Some((place, format!("{shell} runs what {tool} downloads, unverified")));
    }
    // `sh -c "$(curl ...)"`, `bash <(curl ...)`
    let outer = script.commands.get(command.inside?)?;
    let shell = runner(outer).or_else(|| (outer.program() == Some("eval")).then_some("eval"))?;
    // `sh -c "x $(curl ...)"` and `python3 -c` may use it as a value.
    let takes_it = shell == "eval"
        || outer.arguments().iter().any(|word| {
            word.dynamic
                && (word.text.starts_with("$(curl") || word.text.starts_with("$(wget") || word.text.starts_with("<("))
        });
    takes_it.then(|| (place, format!("{shell} runs what {tool} downloads, unverified")))
}

/// The shell or interpreter that a command runs its input with.
fn runner(command: &Command) -> Option<&'static str> {
    let mut words = command.words.iter().skip_while(|word| {
        matches!(word.text.as_str(), "sudo" | "env" | "exec" | "-E" | "-H")
            || (word.text.contains('=') && !word.text.starts_with('-'))
    });
    let program = words.next().filter(|word| !word.dynamic)?;
    let name = program.text.rsplit('/').next()?;
    let shell = SHELLS.into_iter().find(|shell| *shell == name)?;
    let arguments: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    let reads_input = match shell {
        // `python3 -c ...` and `node script.js` take their input as data.
        "python" | "python3" | "python2" | "perl" | "ruby" | "node" | "php" => {
            arguments.first().is_none_or(|first| *first == "-")
        }
        _ => true,
    };
    reads_input.then_some(shell)
}

/// A check that a command's words switch off.
fn unchecked(step: &RunStep, number: usize, command: &Command) -> Option<(Span, String)> {
    for assignment in &command.assignments {
        if let Some(message) = switched_off(&assignment.name, &assignment.value.text) {
            return Some((assignment.span, message));
        }
    }
    let program = command.program()?;
    let words = command.arguments();
    let find = |test: &dyn Fn(&str) -> bool| words.iter().find(|word| test(&word.text)).map(|word| word.span);
    match program {
        "curl" => {
            let local = words
                .iter()
                .any(|word| word.text.contains("://localhost") || word.text.contains("://127.0.0.1"));
            let span = find(&|text| text == "--insecure" || is_short(text, 'k')).filter(|_| !local)?;
            Some((span, "curl does not check the certificate".to_owned()))
        }
        "wget" => find(&|text| text == "--no-check-certificate")
            .map(|span| (span, "wget does not check the certificate".to_owned())),
        "git" => {
            let off = |text: &str| text.to_ascii_lowercase().starts_with("http.sslverify");
            let at = words.iter().position(|word| off(&word.text))?;
            let word = words.get(at)?;
            let value = word.text.split_once('=').map(|(_, value)| value.to_owned());
            let value = value.or_else(|| words.get(at + 1).map(|next| next.text.clone()))?;
            matches!(value.as_str(), "false" | "0" | "no")
                .then(|| (word.span, "git does not check the certificate".to_owned()))
        }
        "npm" | "yarn" | "pnpm" => {
            let at = words.iter().position(|word| word.text == "strict-ssl")?;
            (words.get(at + 1)?.text == "false").then_some(())?;
            Some((words.get(at)?.span, format!("{program} does not check the certificate")))
        }
        _ => {
            let at = step.packages.binary_search_by_key(&number, |(index, _)| *index).ok()?;
            let (_, package) = step.packages.get(at)?;
            let (options, what): (&[&str], &str) = match package.manager {
                Manager::Apt => (&["--allow-unauthenticated", "--force-yes"], "signatures"),
                Manager::Apk => (&["--allow-untrusted"], "signatures"),
                Manager::Dnf => (&["--nogpgcheck", "--no-gpgchecks"], "signatures"),
                Manager::Zypper => (&["--no-gpg-checks"], "signatures"),
                Manager::Pip => (&["--trusted-host"], "the certificate"),
                _ => return None,
            };
            let same = |text: &str| {
                options
                    .iter()
                    .any(|option| text == *option || text.starts_with(&format!("{option}=")))
            };
            let span = find(&same)?;
            Some((span, format!("{} does not check {what}", package.program)))
        }
    }
}

/// The edit that takes an option away which switches a check off.
fn checked(command: &Command, span: Span) -> Option<(Span, String)> {
    let word = command.arguments().iter().find(|word| word.span == span && !word.quoted)?;
    let text = word.text.as_str();
    let is_whole = matches!(
        text,
        "-k" | "--insecure" | "--no-check-certificate" | "--allow-unauthenticated" | "--allow-untrusted" | "--nogpgcheck" | "--no-gpgchecks"
            | "--no-gpg-checks"
    );
    // A package that was built here has no signature that anybody knows.
    let is_local = command.arguments().iter().any(|word| word.text.contains('/') && !word.text.contains("://"));
    if is_whole && (matches!(command.program(), Some("curl" | "wget")) || !is_local) {
        let with_blank = Span::new(span.source, (span.start as usize).checked_sub(1)?, span.end as usize);
        return Some((with_blank, String::new()));
    }
    (!is_whole && command.program() == Some("curl") && is_short(text, 'k')).then(|| (span, text.replacen('k', "", 1)))
}

/// Whether `-fsSLk` has the letter; a value behind a letter that takes one is not looked into.
fn is_short(text: &str, letter: char) -> bool {
    let Some(letters) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return false;
    };
    letters
        .chars()
        .take_while(|one| {
            !matches!(
                one,
                'o' | 'H' | 'd' | 'X' | 'u' | 'A' | 'e' | 'x' | 'm' | 'w' | 'b' | 'c' | 'T' | 'F'
            )
        })
        .any(|one| one == letter)
}

/// A variable that switches checks off for everything that runs under it.
fn switched_off(name: &str, value: &str) -> Option<String> {
    let off = match name {
        "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" => value == "0",
        "GIT_SSL_NO_VERIFY" => matches!(value, "1" | "true" | "yes"),
        "NPM_CONFIG_STRICT_SSL" | "npm_config_strict_ssl" => value == "false",
        _ => false,
    };
    off.then(|| format!("{name}={value} disables certificate checks"))
}

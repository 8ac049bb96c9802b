//! Checks that a setting switches off: one that is written into a file of a package manager, and one of a program's own.

use crate::parse::shell::Command;
use crate::source::Span;

/// What a line of a setting says, and what is not checked then.
const LINES: [(&str, &str); 8] = [
    ("trusted=yes", "signatures"),
    ("trusted: yes", "signatures"),
    ("allowunauthenticated \"true\"", "signatures"),
    ("gpgcheck=0", "signatures"),
    ("gpgcheck=false", "signatures"),
    ("sslverify=false", "certificates"),
    ("sslverify=0", "certificates"),
    ("verify-peer \"false\"", "certificates"),
];

/// A check that a command switches off for those that come after it.
pub(super) fn switched_off(command: &Command) -> Option<(Span, String)> {
    let words = command.arguments();
    let has = |text: &str| words.iter().find(|word| word.text == text);
    match command.program()? {
        program @ ("echo" | "printf" | "sed") => {
            let written = |text: &str| what_is_written(program, text).and_then(unchecked);
            let (span, what) = words.iter().find_map(|word| Some((word.span, written(&word.text)?)))?;
            Some((span, format!("{program} writes a setting that disables the check of {what}")))
        }
        "rpm" => {
            let word = has("--nosignature").or(has("--nodigest"))?;
            Some((word.span, "rpm does not check signatures".to_owned()))
        }
        "composer" => {
            let word = has("disable-tls").filter(|_| has("config").is_some() && has("true").is_some())?;
            Some((word.span, "composer does not use TLS".to_owned()))
        }
        _ => None,
    }
}

/// The text that ends up in a file: of `s/old/new/` the new one.
fn what_is_written<'a>(program: &str, text: &'a str) -> Option<&'a str> {
    if program != "sed" {
        return Some(text);
    }
    let delimiter = text.strip_prefix('s')?.chars().next()?;
    text.split(delimiter).nth(2)
}

fn unchecked(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    // What is in the image already needs no signature; that of a list of packages says nothing of a package.
    let is_local = ["file:", "copy:", "cdrom:", "://localhost"].iter().any(|place| text.contains(place));
    let text = text.replace("repo_gpgcheck", "");
    let row = LINES.iter().find(|(line, _)| text.contains(line)).filter(|_| !is_local);
    row.map(|(_, what)| *what)
}

/// The same for a variable.
pub(super) fn by_variable(name: &str, value: &str) -> Option<String> {
    let what = match name {
        "PIP_TRUSTED_HOST" if !value.is_empty() => "certificate",
        "GOSUMDB" if value == "off" => "checksum",
        "GOINSECURE" if !value.is_empty() => "certificate",
        _ => return None,
    };
    Some(format!("{name}={value} disables {what} checks"))
}

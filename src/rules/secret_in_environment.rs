mod anywhere;
mod elsewhere;

use super::{Check, Group};
use crate::build::JudgedFile;
use crate::fact::{Fact, State};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::redact::{is_of_later_kind, looks_like_a_credential, looks_random, names_a_secret, token_in, url_password};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// A credential is written into an environment variable, a build argument, a flag, a label or an inline config.
    ///
    /// ## Why it matters
    /// The file is in the repository, and the value is in `docker inspect`, in every child process, and for ENV and ARG in
    /// the image's history, where a later layer does not remove it. The value itself is never shown here.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       SESSION_SECRET: k7Qm2vXz9Lp4Rt8W  # <- here
    ///       DATABASE_URL: postgres://app:k7Qm2vXz9Lp4@db.acme.io/app  # <- here
    ///       API_TOKEN: ${API_TOKEN:-k7Qm2vXz9Lp4Rt8W}  # <- here
    ///   cache:
    ///     image: redis:8.2
    ///     command: redis-server --requirepass k7Qm2vXz9Lp4Rt8W  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// ENV API_TOKEN=k7Qm2vXz9Lp4Rt8W  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       SESSION_SECRET: ${SESSION_SECRET}
    ///       DB_PASSWORD_FILE: /run/secrets/db_password
    ///       ADMIN_PASSWORD: changeme
    ///   cache:
    ///     image: redis:8.2
    ///     command: redis-server --requirepass ${CACHE_PASSWORD}
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// ARG API_TOKEN
    /// ENV TOKEN_URL=https://example.org/token SECRET_NAME=db-4f8a2c91e7
    /// ```
    ///
    /// ## Notes
    /// Only values that look made up by a machine or a careful person count; a placeholder or a word is not one. 64 or more
    /// hexadecimal digits in a token, secret or key are an error. Key ids, fingerprints, checksums and public keys are none.
    RULE {
        name: "secret-in-environment",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["DL3064", "DS-0031", "SecretsUsedInArgOrEnv", "CL-0020", "CL-0021"],
        check: Check::Both(check_service, check_file),
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    elsewhere::of_service(subject, service, found);
    anywhere::of_service(subject, service, found);
    let name = &service.name.value;
    for variable in &service.environment {
        let span = service
            .written(&["environment"])
            .and_then(|map| map.entry(&variable.name))
            .map_or(variable.span, |entry| entry.key);
        if let Some(severity) = weight(&variable.name, &variable.value) {
            let message = format!(
                "`{name}` has a literal credential in the variable `{}`",
                variable.name
            );
            let finding = Finding::new(span, message)
                .help("use a variable that is set outside the repository, or mount it with `secrets`")
                .severity(severity)
                .aspect(format!("environment {}", variable.name))
                .content(variable.value.value().map_or("", String::as_str));
            let finding = since(finding, &variable.name, variable.value.value().map(String::as_str));
            // The default of a variable counts since then.
            let is_default = variable.value.sourced().is_some_and(|known| known.state == State::AssumedDefault);
            found.push(if is_default { finding.raised("2026.12") } else { finding });
        }
    }
    for (argument, value) in service.build.iter().flat_map(|build| &build.args) {
        let (Some(severity), Some(span)) = (weight(argument, value), value.span()) else {
            continue;
        };
        let span = service
            .written(&["build", "args"])
            .and_then(|map| map.entry(argument))
            .map_or(span, |entry| entry.key);
        let message = format!("`{name}` is built with a literal credential in the argument `{argument}`");
        let finding = Finding::new(span, message)
            .help("pass it to the build with `secrets` and `RUN --mount=type=secret`")
            .severity(severity)
            .aspect(format!("build.args {argument}"))
            .content(value.value().map_or("", String::as_str));
        found.push(since(finding, argument, value.value().map(String::as_str)));
    }
}

fn check_file(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    elsewhere::of_file(file, found);
    for instruction in elsewhere::written(&file.file.ast) {
        let pairs: Vec<(&str, &str, Span)> = match &instruction.kind {
            Kind::Env(pairs) => pairs
                .iter()
                .map(|pair| (pair.key.value.as_str(), pair.value.value.as_str(), pair.key.span))
                .collect(),
            Kind::Arg(arguments) => arguments
                .iter()
                .filter_map(|argument| {
                    let value = argument.value.as_ref()?;
                    Some((argument.name.value.as_str(), value.value.as_str(), argument.name.span))
                })
                .collect(),
            _ => continue,
        };
        for (name, value, span) in pairs {
            let value = value.trim_matches(['"', '\'']);
            if value.contains('$') && token_in(value).is_none() {
                continue;
            }
            if let Some(severity) = weight(name, &Fact::known(value.to_owned(), span)) {
                let message = format!("`{} {name}` is a literal credential", instruction.keyword.value);
                let finding = Finding::new(span, message)
                    .help("mount it where it is used: `RUN --mount=type=secret,id=...`")
                    .severity(severity)
                    .aspect(format!("{} {name}", instruction.keyword.value))
                    .content(value);
                found.push(since(finding, name, Some(value)));
            }
        }
    }
}

/// Whether a name says that its value is known to everybody: an id, a fingerprint, a checksum.
fn names_a_public_value(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name == "GPG_KEY"
        || [
            "_GPG_KEY",
            "_GPG_KEYS",
            "FINGERPRINT",
            "_PUBLIC_KEY",
            "_KEY_ID",
            "_SHA256",
            "_SHA512",
            "_SHA1",
            "_CHECKSUM",
            "_DIGEST",
        ]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Whether a text is hexadecimal digits and nothing else, as many as `enough` wants.
fn is_hex(text: &str, enough: impl Fn(usize) -> bool) -> bool {
    enough(text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a name ends with what only a secret is called.
fn is_called_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["_TOKEN", "_SECRET", "_APP_KEY", "_API_KEY", "_PASSWORD"].iter().any(|end| name.ends_with(end))
}

/// Whether it is 64 or more hexadecimal digits in what is called a token, a secret or a key: nothing else looks so.
fn is_long_hex(name: &str, text: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let distinct: std::collections::BTreeSet<u8> = text.bytes().collect();
    is_hex(text, |digits| digits >= 64)
        && ["TOKEN", "SECRET", "KEY"].iter().any(|end| name.ends_with(end))
        && distinct.len() >= 7
}

/// Whether it is the half of an AWS credential that has no prefix, but a name and a length.
fn is_aws_secret(name: &str, text: &str) -> bool {
    name.to_ascii_uppercase().ends_with("SECRET_ACCESS_KEY") && text.len() == 40 && looks_random(text)
}

/// Marks what weighs more than it did at first.
fn since(finding: Finding, name: &str, value: Option<&str>) -> Finding {
    let is_new = |value: &str| is_long_hex(name, value) || is_aws_secret(name, value) || is_of_later_kind(value) || !looks_like_a_credential(value) && token_in(value).is_some();
    if value.is_some_and(|value| is_new(value.trim())) {
        finding.raised("2026.12")
    } else {
        finding
    }
}

/// An error for what has the form of a credential, a warning for what only its name and its looks tell.
fn weight(name: &str, value: &Fact<String>) -> Option<Severity> {
    let known = value.sourced().filter(|known| !matches!(known.state, State::EngineDefault | State::Substituted))?;
    let text = known.value.trim();
    // What begins like a token is one, whatever it is called.
    if token_in(text).is_some() {
        return Some(Severity::Error);
    }
    // The number of a key that checks signatures.
    let is_key_id = name.to_ascii_uppercase().ends_with("SIGNING_KEY") && is_hex(text.trim_start_matches("0x"), |digits| digits <= 40);
    // Forty digits are a commit or a fingerprint as well.
    let is_digest = is_hex(text, |digits| digits == 40) && !is_called_a_secret(name);
    if names_a_public_value(name) || is_key_id || is_digest {
        return None;
    }
    if is_long_hex(name, text) {
        return Some(Severity::Error);
    }
    if let Some(password) = url_password(text) {
        return looks_random(password).then_some(Severity::Error);
    }
    if looks_like_a_credential(text) {
        return (text.contains("PRIVATE KEY-----") || looks_random(text)).then_some(Severity::Error);
    }
    if is_aws_secret(name, text) {
        return Some(Severity::Error);
    }
    (names_a_secret(name) && looks_random(text)).then_some(Severity::Warning)
}

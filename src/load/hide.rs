//! Which values must not be shown: variables, build arguments and options that hold a secret.
//!
//! A secret is hidden where it is written, and wherever else its text stands. A password that is also an everyday word of
//! the file (`postgres` beside the user and the image `postgres`) is hidden only where it is written: elsewhere it would
//! hide half of every sentence and protect nothing.

use crate::fact::Fact;
use crate::parallel;
use crate::parse::dockerfile::Kind;
use crate::parse::yaml::{Data, Value};
use crate::redact::{Secrets, in_words, is_secret, lexical, url_password};
use crate::repository::Repository;
use crate::resolve::compose::env::Env;
use crate::resolve::compose::interpolate::{Held, substitute};
use crate::source::{Source, SourceId, Sources, Span};
use crate::workspace::Workspace;
use std::collections::HashSet;

/// The secrets of everything that was read.
pub(super) fn secrets(repository: &Repository, workspace: &Workspace) -> Secrets {
    let names = names(repository, workspace);
    let mut secrets = Secrets::not_hiding(everyday_words(repository, &names), names);
    let sources = workspace.sources();
    // What is written, not what is left after merging: the source lines of an overridden value are shown as well.
    for file in workspace.yaml_files() {
        for document in &file.documents {
            tree(&mut secrets, document, sources);
            defined(&mut secrets, document);
        }
        for (name, entry) in &file.shadowed {
            scalar(&mut secrets, name, entry);
            tree(&mut secrets, entry, sources);
        }
    }
    let others = repository.alternates.iter().map(|other| &other.repository);
    let all: Vec<&Repository> = std::iter::once(repository).chain(others).collect();
    for service in all.iter().flat_map(|one| &one.sets).flat_map(|set| &set.services) {
        // After interpolation the value may be one that stands in no file.
        for variable in service.variables() {
            if let Some(text) = variable.value.value().filter(|text| is_secret(&variable.name, text)) {
                secrets.add_value(text);
            }
        }
        for command in [&service.command, &service.entrypoint] {
            words(&mut secrets, command);
        }
        if let Some(check) = &service.healthcheck {
            words(&mut secrets, &check.test);
        }
    }
    for judged in all.iter().flat_map(|one| &one.dockerfiles) {
        for instruction in &judged.file.ast.instructions {
            instruction_values(&mut secrets, &instruction.kind);
        }
    }
    // By what stands before them, in everything that was read: lines that did not parse, comments, overridden values.
    let texts: Vec<(SourceId, &Source)> = sources.iter().collect();
    let values = parallel::map(&texts, 1, |(_, source)| lexical::values(&source.text));
    for ((id, source), ranges) in texts.into_iter().zip(values) {
        for range in ranges {
            let value = source.text.get(range.clone()).unwrap_or("");
            secrets.add(Span::new(id, range.start, range.end), value);
        }
    }
    for (_, source) in sources.iter() {
        let name = source.path.rsplit('/').next().unwrap_or(&source.path);
        if name.starts_with(".env") || name.ends_with(".env") {
            let (env, _) = Env::parse(&source.text, &Env::default());
            env.values()
                .filter(|(name, text)| is_secret(name, text))
                .for_each(|(_, text)| secrets.add_value(text));
        }
    }
    secrets
}

/// The names of variables, arguments, services, volumes and whatever else has one.
fn names(repository: &Repository, workspace: &Workspace) -> HashSet<String> {
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let mut names: HashSet<String> = services
        .flat_map(|service| &service.environment)
        .map(|variable| variable.name.clone())
        .collect();
    names.extend(
        repository
            .sets
            .iter()
            .flat_map(|set| &set.services)
            .map(|service| service.name.value.clone()),
    );
    names.extend(repository.unset.iter().map(|unset| unset.unset.name.clone()));
    for judged in &repository.dockerfiles {
        for instruction in &judged.file.ast.instructions {
            match &instruction.kind {
                Kind::Env(pairs) => names.extend(pairs.iter().map(|pair| pair.key.value.to_owned())),
                Kind::Arg(arguments) => names.extend(arguments.iter().map(|argument| argument.name.value.to_owned())),
                _ => {}
            }
        }
    }
    for document in workspace.yaml_files().flat_map(|file| &file.documents) {
        keys(document, &mut names);
    }
    names
}

/// The keys of a tree that can be names.
fn keys(node: &Value, names: &mut HashSet<String>) {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    match &node.data {
        Data::Map(map) => {
            for (name, entry) in map {
                if name.bytes().all(is_part) {
                    names.insert(name.clone());
                }
                keys(&entry.value, names);
            }
        }
        Data::Seq(items) => items.iter().for_each(|item| keys(item, names)),
        _ => {}
    }
}

fn instruction_values(secrets: &mut Secrets, kind: &Kind) {
    match kind {
        Kind::Env(pairs) | Kind::Label(pairs) => {
            for pair in pairs {
                value(secrets, &pair.key.value, unquote(&pair.value.value), pair.value.span);
            }
        }
        Kind::Arg(arguments) => {
            for argument in arguments {
                if let Some(default) = &argument.value {
                    value(secrets, &argument.name.value, unquote(&default.value), default.span);
                }
            }
        }
        Kind::Run(run) => script(secrets, &run.command.text.text),
        Kind::Cmd(command) | Kind::Entrypoint(command) => {
            script(
                secrets,
                &command
                    .words
                    .iter()
                    .map(|word| word.value.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            );
        }
        Kind::Onbuild(inner) => instruction_values(secrets, &inner.kind),
        _ => {}
    }
}

fn script(secrets: &mut Secrets, text: &str) {
    for secret in in_words(std::iter::once(text)) {
        secrets.add_value(&secret);
    }
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .or_else(|| text.strip_prefix('\'')?.strip_suffix('\''))
        .unwrap_or(text)
}

/// Names, plain values and parts of paths that stand all over the files.
fn everyday_words(repository: &Repository, names: &HashSet<String>) -> HashSet<String> {
    let mut words: HashSet<String> = [
        "password", "passwd", "secret", "changeme", "example", "admin", "root", "user", "test", "token",
    ]
    .iter()
    .map(|word| (*word).to_owned())
    .collect();
    // `CONFLUENT_METRICS_ENABLE` and `/etc/confluent/configs` make `confluent` a word of the file.
    let parts = |text: &str| {
        text.to_ascii_lowercase()
            .split(['_', '-', '.', '/'])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    words.extend(names.iter().flat_map(|name| parts(name)));
    for service in repository.sets.iter().flat_map(|set| &set.services) {
        words.insert(service.name.value.clone());
        let paths = service.volumes.iter().filter_map(|mount| mount.target.value());
        words.extend(paths.flat_map(|path| parts(path)));
        if let Some(image) = service.image.value() {
            words.extend(image.split(['/', ':', '-', '.', '_']).map(str::to_owned));
        }
        for variable in &service.environment {
            if let Some(value) = variable.value.value().filter(|value| !is_secret(&variable.name, value)) {
                words.insert(value.clone());
            }
        }
    }
    // Only what reads as a word: anything with digits or signs in it is no name that people meet everywhere.
    words.retain(|word| word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    words
}

/// Every `name: value` and every `- NAME=value` of a tree, wherever it stands.
fn tree(secrets: &mut Secrets, node: &Value, sources: &Sources) {
    match &node.data {
        Data::Map(map) => {
            for (name, entry) in map {
                scalar(secrets, name, &entry.value);
                tree(secrets, &entry.value, sources);
            }
        }
        Data::Seq(items) => items.iter().for_each(|item| tree(secrets, item, sources)),
        Data::Str(text) => {
            if let Some((name, content)) = text.split_once('=') {
                // The name may be read: only what stands behind the sign is hidden.
                let written = sources.slice(node.span);
                let start = written.find('=').map_or(0, |sign| sign + 1);
                // A text over several lines ends where the next entry begins.
                let length = written.trim_end().len().max(start);
                let end = if written.starts_with(['"', '\'']) && length > start {
                    length - 1
                } else {
                    length
                };
                let from = node.span.start as usize;
                value(
                    secrets,
                    name,
                    content,
                    Span::new(node.span.source, from + start, from + end),
                );
            }
        }
        _ => {}
    }
}

/// What stands where `secrets` of a file says where they are: whoever writes a value there writes the secret.
fn defined(secrets: &mut Secrets, document: &Value) {
    const PLACES: [&str; 6] = ["driver", "environment", "external", "file", "name", "template_driver"];
    for (_, entry) in document.get("secrets").and_then(Value::map).into_iter().flatten() {
        let inside = entry.value.map().into_iter().flatten();
        let inside = inside.filter(|(key, _)| !PLACES.contains(&key.as_str()));
        for value in inside.map(|(_, entry)| &entry.value).chain([&entry.value]) {
            scalar(secrets, "secret", value);
        }
    }
}

fn scalar(secrets: &mut Secrets, name: &str, node: &Value) {
    if let Some(text) = node.scalar_text() {
        value(secrets, name, &text, node.span);
    }
}

fn value(secrets: &mut Secrets, name: &str, text: &str, span: Span) {
    // A reference is no secret; the default that it falls back to is one.
    if text.contains('$')
        && let Ok(expanded) = substitute(text, &|_| Held::Unset)
        && expanded.text != text
        && is_secret(name, &expanded.text)
    {
        secrets.add_value(&expanded.text);
    }
    if text.starts_with('$') {
        return;
    }
    if is_secret(name, text) {
        secrets.add(span, text);
        if let Some(password) = url_password(text) {
            secrets.add_value(password);
        }
    }
}

fn words(secrets: &mut Secrets, command: &Fact<Vec<String>>) {
    if let Fact::Known(known) = command {
        for secret in in_words(known.value.iter().map(String::as_str)) {
            secrets.add_value(&secret);
        }
    }
}

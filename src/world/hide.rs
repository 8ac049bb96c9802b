//! Which values must not be shown: variables, build arguments and options that hold a secret.
//!
//! A secret is hidden where it is written, and wherever else its text stands. A password that is also an everyday word of
//! the file (`postgres` beside the user and the image `postgres`) is hidden only where it is written: elsewhere it would
//! hide half of every sentence and protect nothing.

use crate::fact::Fact;
use crate::parse::dockerfile::Kind;
use crate::resolve::compose::env::Env;
use crate::secret::{Secrets, in_words, is_secret, url_password};
use crate::source::Span;
use crate::unit::World;
use crate::workspace::Workspace;
use std::collections::HashSet;

/// The secrets of everything that was read.
pub fn secrets(world: &World, workspace: &Workspace) -> Secrets {
    let mut secrets = Secrets::not_hiding(everyday_words(world));
    for set in &world.sets {
        for service in &set.services {
            for variable in &service.environment {
                fact(&mut secrets, &variable.name, &variable.value);
            }
            for (name, value) in service.build.iter().flat_map(|build| &build.args) {
                fact(&mut secrets, name, value);
            }
            for command in [&service.command, &service.entrypoint] {
                words(&mut secrets, command);
            }
            if let Some(check) = &service.healthcheck {
                words(&mut secrets, &check.test);
            }
        }
    }
    for judged in &world.dockerfiles {
        for instruction in &judged.file.ast.instructions {
            match &instruction.kind {
                Kind::Env(pairs) | Kind::Label(pairs) => {
                    for pair in pairs {
                        value(&mut secrets, &pair.key.value, &pair.value.value, pair.value.span);
                    }
                }
                Kind::Arg(arguments) => {
                    for argument in arguments {
                        if let Some(default) = &argument.value {
                            value(&mut secrets, &argument.name.value, &default.value, default.span);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    for (_, source) in workspace.sources().iter() {
        let name = source.path.rsplit('/').next().unwrap_or(&source.path);
        if name.starts_with(".env") || name.ends_with(".env") {
            let (env, _) = Env::parse(&source.text, &Env::default());
            for (name, text) in env.values() {
                if is_secret(name, text) {
                    secrets.add_value(text);
                }
            }
        }
    }
    secrets
}

/// Names and plain values that stand all over the files.
fn everyday_words(world: &World) -> HashSet<String> {
    let mut words: HashSet<String> = [
        "password", "passwd", "secret", "changeme", "example", "admin", "root", "user", "test", "token",
    ]
    .iter()
    .map(|word| (*word).to_owned())
    .collect();
    for service in world.sets.iter().flat_map(|set| &set.services) {
        words.insert(service.name.value.clone());
        if let Some(image) = service.image.value() {
            words.extend(image.split(['/', ':', '-', '.', '_']).map(str::to_owned));
        }
        for variable in &service.environment {
            if let Some(value) = variable.value.value().filter(|value| !is_secret(&variable.name, value)) {
                words.insert(value.clone());
            }
        }
    }
    words
}

fn fact(secrets: &mut Secrets, name: &str, fact: &Fact<String>) {
    if let Fact::Known(known) = fact {
        value(secrets, name, &known.value, known.span);
    }
}

fn value(secrets: &mut Secrets, name: &str, text: &str, span: Span) {
    // A reference is no secret, what it stands for is.
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
        for secret in in_words(&known.value) {
            secrets.add_value(&secret);
        }
    }
}

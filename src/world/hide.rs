//! Which values must not be shown: variables, build arguments and options that hold a secret.

use crate::fact::Fact;
use crate::parse::dockerfile::Kind;
use crate::resolve::compose::env::Env;
use crate::secret::{Secrets, in_words, is_secret, url_password};
use crate::source::Span;
use crate::unit::World;
use crate::workspace::Workspace;

/// The secrets of everything that was read.
pub fn secrets(world: &World, workspace: &Workspace) -> Secrets {
    let mut secrets = Secrets::default();
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

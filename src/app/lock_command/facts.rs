//! The facts of an image, from what was read of it.

use crate::archive::{Inspected, Measured, Settings};
use crate::lock::ImageFacts;
use std::collections::BTreeMap;

/// No version is longer.
const MAX_VERSION: usize = 32;

/// Those of an image whose layers were read.
pub(super) fn of_image(image: Measured, digest: Option<String>) -> ImageFacts {
    let contents = image.contents;
    // Nothing here reads what is in images of other systems.
    let is_linux = image.platform.starts_with("linux/");
    let system = image.system.as_ref();
    ImageFacts {
        digest,
        id: Some(image.id),
        size: Some(image.unpacked),
        compressed: image.download,
        layers: Some(image.layers.len() as u64),
        healthcheck: Some(image.settings.healthcheck.clone()),
        system: system.map(|system| format!("{} {}", system.id, system.version).trim().to_owned()),
        accounts: contents.accounts.filter(|_| is_linux),
        programs: contents.programs.filter(|_| is_linux),
        shell: is_linux.then(|| contents.shell.unwrap_or_else(|| "none".to_owned())),
        libc: contents.libc.filter(|_| is_linux).map(str::to_owned),
        packages: is_linux.then(|| contents.packages.to_owned()),
        ..of_settings(image.settings)
    }
}

/// Those of an image of which a registry told the configuration. Where that has no health check it may only be left out.
pub(super) fn of_inspected(image: Inspected) -> ImageFacts {
    ImageFacts {
        digest: Some(image.digest),
        compressed: image.compressed,
        layers: image.layers.map(|layers| layers as u64),
        healthcheck: Some(image.settings.healthcheck.clone()).filter(|test| !test.is_empty()),
        ..of_settings(image.settings)
    }
}

fn of_settings(settings: Settings) -> ImageFacts {
    let variables: BTreeMap<&str, &str> = settings.env.iter().filter_map(|set| set.split_once('=')).collect();
    let versions = variables.iter().filter(|(name, value)| is_version(name, value));
    ImageFacts {
        versions: Some(
            versions
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        ),
        environment: Some(variables.keys().map(|name| (*name).to_owned()).collect()),
        user: Some(settings.user),
        entrypoint: Some(settings.entrypoint),
        command: Some(settings.command),
        ports: Some(settings.ports),
        volumes: Some(settings.volumes),
        ..ImageFacts::default()
    }
}

/// Whether a variable says a version, and nothing that could be a secret.
fn is_version(name: &str, value: &str) -> bool {
    let is_named = name == "VERSION" || name.ends_with("_VERSION");
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || ".-+~_:".contains(letter);
    let number = value.strip_prefix('v').unwrap_or(value);
    is_named
        && value.len() <= MAX_VERSION
        && number.starts_with(|first: char| first.is_ascii_digit())
        && value.chars().all(is_word)
        && (value.contains('.') || value.len() <= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_and_no_other_values() {
        for (name, value, is) in [
            ("NODE_VERSION", "22.11.0", true),
            ("GOLANG_VERSION", "v1.24", true),
            ("PG_VERSION", "17.2-1.pgdg120+1", true),
            ("VERSION", "7", true),
            ("NODE_VERSION", "latest", false),
            ("API_VERSION", "0123456789abcdef0123456789abcdef", false),
            ("API_VERSION", "0123456789abcdef0123456789abcdef.0", false),
            ("TOKEN", "1.2", false),
            ("PASSWORD_VERSION", "1 2", false),
        ] {
            assert_eq!(is_version(name, value), is, "{name}={value}");
        }
    }

    #[test]
    fn what_a_registry_does_not_tell_is_unknown() {
        let settings = Settings {
            user: "app".to_owned(),
            env: vec!["SECRET=x".to_owned(), "A_VERSION=1.2".to_owned(), "broken".to_owned()],
            ..Settings::default()
        };
        let facts = of_inspected(Inspected {
            digest: "sha256:ab".to_owned(),
            platform: "linux/amd64".to_owned(),
            layers: Some(2),
            compressed: None,
            settings,
        });
        assert_eq!(
            (facts.size, facts.programs.is_none(), &facts.healthcheck),
            (None, true, &None)
        );
        assert_eq!(facts.user.as_deref(), Some("app"));
        assert_eq!(facts.environment.unwrap(), ["A_VERSION", "SECRET"]);
        assert_eq!(facts.versions.unwrap().into_values().collect::<Vec<_>>(), ["1.2"]);
    }
}

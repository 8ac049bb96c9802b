use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{ExposedFile, Repository};
use std::collections::BTreeMap;

rule! {
    /// A file with a secret that a Compose file uses is tracked by git.
    ///
    /// ## Why it matters
    /// The Compose file keeps the secret out of the container's environment, and the repository hands it to everyone who can
    /// read it, in every clone and for good.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     secrets: [db_password]
    /// secrets:
    ///   db_password:
    ///     file: ./db_password.txt  # <- here
    /// ```
    /// ```text fail db_password.txt +
    /// k7Qm2vXz9Lp4Rt8W
    /// ```
    /// ```text fail .git/index +
    /// compose.yaml
    /// db_password.txt
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     env_file: defaults.env
    ///     secrets: [db_password]
    /// secrets:
    ///   db_password:
    ///     file: ./db_password.txt
    /// ```
    /// ```text pass db_password.txt +
    /// k7Qm2vXz9Lp4Rt8W
    /// ```
    /// ```text pass defaults.env +
    /// PORT=8080
    /// ```
    /// ```text pass .git/index +
    /// compose.yaml
    /// defaults.env
    /// ```
    ///
    /// ## Notes
    /// A file of a `secrets:` entry counts unless it is empty or says that something is to be put there; an `env_file` counts
    /// where a value in it looks like a credential, as an error where it is a token or a private key; so do the files of
    /// `label_file` and `configs`, and a `.env` where `${...}` of a Compose file uses a token in it.
    RULE {
        name: "exposed-secret-file",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Repository(check),
    }
}

/// So many further uses of a file are shown.
const SHOWN: usize = 5;

fn check(repository: &Repository, _: &Config, found: &mut Vec<Finding>) {
    let mut files: BTreeMap<&str, Vec<&ExposedFile>> = BTreeMap::new();
    for exposed in &repository.exposed {
        files.entry(&exposed.path).or_default().push(exposed);
    }
    // One file is one secret, whoever uses it.
    for uses in files.values() {
        let Some((exposed, others)) = uses.split_first() else { continue };
        let message = format!("`{}`, {}, is tracked by git", exposed.path, exposed.role);
        let mut finding = Finding::new(exposed.span, message)
            .help(format!(
                "`git rm --cached {}`, add it to .gitignore, and change the secret",
                exposed.path
            ))
            .aspect(exposed.path.clone());
        if exposed.has_token {
            finding = finding.severity(Severity::Error).raised("2026.12");
        }
        for other in others.iter().filter(|other| other.span != exposed.span).take(SHOWN) {
            finding = finding.related(other.span, "used here too");
        }
        found.push(finding);
    }
}

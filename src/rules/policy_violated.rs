use super::support::policies::{Answer, Answers};
use super::{Check, Group};
use crate::config::policy::{Policy, is_of_service};
use crate::config::{Config, Profile};
use crate::container::ContainerKind;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{Repository, Subject};

rule! {
    /// A service or an image is not as an entry of `policy` requires.
    ///
    /// ## Why it matters
    /// What an organisation agreed on is kept only where something looks. A policy is checked against what a container
    /// will really be: after Compose has merged its files, with the user, the command and the labels of its image.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     mem_limit: 2g  # <- here
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// policy:
    ///   - name: small-databases
    ///     when: {image: "*/postgres:*"}
    ///     require: {memory: <= 1GiB}
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///     user: "1000"
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// policy:
    ///   - {name: team, require: {labels.team: "*", user: "!root"}, message: say whose it is}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     mem_limit: 512m
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 2g
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// policy:
    ///   - name: small-databases
    ///     when: {image: "*/postgres:*"}
    ///     require: {memory: <= 1GiB}
    /// ```
    ///
    /// ## Notes
    /// Has the severity that the entry sets. Where a value is unknown, the finding is `undecided-value`.
    RULE {
        name: "policy-violated",
        group: Group::Gate,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Repository(check),
    }
}

fn check(repository: &Repository, config: &Config, found: &mut Vec<Finding>) {
    if config.policy.is_empty() {
        return;
    }
    let fallback = Profile::default();
    for container in &repository.containers {
        let subject = Subject {
            container,
            repository,
            // A file that names a profile that does not exist is judged as well.
            profile: config.profiles.get(&container.profile).unwrap_or(&fallback),
        };
        let answers = Answers::of(&subject);
        for policy in &config.policy {
            compare(policy, &subject, &answers, found);
        }
    }
}

/// Checks a container against a policy.
fn compare(policy: &Policy, subject: &Subject<'_>, answers: &Answers<'_>, found: &mut Vec<Finding>) {
    let container = subject.container;
    // An image that no service runs has no limits, ports or mounts.
    let is_asked = |key: &str| container.kind == ContainerKind::Service || !is_of_service(key);
    let mut doubt = None;
    for condition in &policy.when {
        let key = &condition.key.value;
        let answer = answers.get(key);
        match answer.meets(condition) {
            Some(true) if is_asked(key) => {}
            None if is_asked(key) => doubt = Some(answer),
            _ => return,
        }
    }
    let name = &policy.name.value;
    for condition in &policy.require {
        let key = &condition.key.value;
        let answer = answers.get(key);
        let is_met = answer.meets(condition);
        let is_sure = answer.span().is_some() || subject.absence_is_sure();
        if is_met == Some(true) || !is_asked(key) || is_met == Some(false) && !is_sure {
            continue;
        }
        let label = subject.label();
        let unknown = match (is_met, &doubt, &answer) {
            (None, _, Answer::Unknown(unknown)) => Some(unknown),
            (_, Some(Answer::Unknown(unknown)), _) => Some(unknown),
            _ => None,
        };
        let finding = match unknown {
            Some(unknown) => Finding::undecided(unknown, &format!("cannot check the policy `{name}` on {label}")),
            None => {
                let message = format!(
                    "{label} violates the policy `{name}`: `{key}` is {}; the policy requires {}",
                    answer.words(key),
                    condition.words
                );
                let help = match policy.message.is_empty() {
                    true => format!("change `{key}`, or the policy"),
                    false => policy.message.clone(),
                };
                Finding::new(answer.span().unwrap_or(container.span), message)
                    .help(help)
                    .severity(policy.severity)
            }
        };
        found.push(
            finding
                .about(&container.name)
                .related(condition.key.span, "required here")
                .aspect(format!("policy {name} {key}")),
        );
    }
}

use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::{meant, nearest};

rule! {
    /// A restart policy has a word or a count that the engine refuses.
    ///
    /// ## Why it matters
    /// Compose hands the word on without a look, and the engine refuses to create the container. A number of retries
    /// goes only with `on-failure`: `always:3`, or `max_attempts` beside the condition `any`, is refused too.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     restart: unless-stop  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     restart: always:3  # <- here
    ///   cache:
    ///     image: acme/cache:1.4
    ///     deploy:
    ///       restart_policy:
    ///         condition: any
    ///         max_attempts: 3  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     restart: unless-stopped
    ///   worker:
    ///     image: acme/worker:1.4
    ///     restart: on-failure:3
    ///   cache:
    ///     image: acme/cache:1.4
    ///     deploy:
    ///       restart_policy:
    ///         condition: on-failure
    ///         max_attempts: 3
    /// ```
    RULE {
        name: "invalid-restart-policy",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    // A policy under `deploy` takes the place of `restart` as a whole.
    if let Some(policy) = service
        .written(&["deploy", "restart_policy"])
        .filter(|value| value.map().is_some())
    {
        if let Some(condition) = policy.get("condition") {
            let attempts = policy.get("max_attempts");
            deployed(name, condition, attempts, found);
        }
        return;
    }
    if let Some(value) = service.written(&["restart"])
        && let Some(text) = value.str()
    {
        own(name, value, text, found);
    }
}

fn own(name: &str, value: &Value, text: &str, found: &mut Vec<Finding>) {
    let (word, count) = match text.split_once(':') {
        Some((word, count)) => (word, Some(count)),
        None => (text, None),
    };
    let retries = count.map(|count| count.split(':').next().unwrap_or(count).parse::<i64>());
    let finding = |message: String| Finding::new(value.span, message).aspect("restart");
    if !word.is_empty() && !known(word) {
        let words = ["no", "always", "on-failure", "unless-stopped"];
        let help = nearest(word, words).map_or_else(
            || format!("write one of {}", words.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let finding = finding(format!(
            "`{name}` has the restart policy `{text}`, which does not exist"
        ));
        found.push(match meant(word, words) {
            Some(meant) => finding.help(help).change(Change::Replace(value.span, text.replacen(word, meant, 1))),
            None => finding.help(help),
        });
    } else if word == "on-failure" {
        match retries {
            Some(Err(_)) => found.push(
                finding(format!(
                    "`{name}` has the restart policy `{text}`: a value that is not a number sets no limit"
                ))
                .help("write `on-failure:3`, or `on-failure`")
                .severity(Severity::Warning)
                .layer(Layer::Ignored),
            ),
            Some(Ok(retries)) if retries < 0 => found.push(
                finding(format!("`{name}` has a negative number of retries, {retries}"))
                    .help("write `on-failure:3`, or `on-failure`"),
            ),
            _ => {}
        }
    } else if let Some(Ok(retries)) = retries
        && retries != 0
        && !word.is_empty()
    {
        found.push(
            finding(format!(
                "`{name}` has the restart policy `{text}`: only on-failure takes a number of retries"
            ))
            .help(format!("write `{word}`, or `on-failure:{}`", retries.saturating_abs())),
        );
    }
}

fn deployed(name: &str, condition: &Value, attempts: Option<&Value>, found: &mut Vec<Finding>) {
    let Some(word) = condition.str().filter(|word| !word.is_empty()) else {
        return;
    };
    if !known(word) {
        let words = ["none", "on-failure", "any"];
        let help = nearest(word, words).map_or_else(
            || format!("write one of {}", words.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("`{name}` has the restart condition `{word}`, which does not exist");
        let subject = "deploy.restart_policy.condition";
        let finding = Finding::new(condition.span, message).help(help).aspect(subject);
        found.push(match meant(word, words) {
            Some(meant) => finding.change(Change::Replace(condition.span, meant.to_owned())),
            None => finding,
        });
        return;
    }
    let Some((span, count)) = attempts.and_then(|value| match value.data {
        Data::Int(count) => Some((value.span, count)),
        _ => None,
    }) else {
        return;
    };
    if count < 0 || (count > 0 && word != "on-failure") {
        let message = format!(
            "`{name}` has {count} restart attempts with the condition `{word}`: only on-failure takes a number of retries"
        );
        found.push(
            Finding::new(span, message)
                .help("delete `max_attempts`, or write `condition: on-failure`")
                .related(condition.span, "the condition")
                .aspect("deploy.restart_policy.max_attempts"),
        );
    }
}

/// The words that Compose maps or hands on (docker/compose `pkg/compose/create.go`, `mapRestartPolicyCondition`): it takes
/// those of `deploy` at both places.
fn known(word: &str) -> bool {
    matches!(word, "no" | "none" | "always" | "any" | "on-failure" | "unless-stopped")
}

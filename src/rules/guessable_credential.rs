use super::port_on_every_interface::is_everywhere;
use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{is_guessable, password_variables};
use crate::repository::Subject;
use crate::resolve::compose::service::{Service, Variable};
use crate::values::image_ref::ImageRef;

rule! {
    /// A service that is reachable from everywhere has a password that everybody tries first.
    ///
    /// ## Why it matters
    /// A database or an administration page on every address of the host is found within hours, and `postgres`, `admin` or
    /// `changeme` is what a scanner tries. Either of the two is a choice; together they are an open door.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     environment:
    ///       POSTGRES_PASSWORD: postgres  # <- here
    ///     ports: ["5432:5432"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     environment:
    ///       POSTGRES_PASSWORD: postgres
    ///     ports: ["127.0.0.1:5432:5432"]
    ///   queue:
    ///     image: rabbitmq:4.1
    ///     environment:
    ///       RABBITMQ_DEFAULT_PASS: ${QUEUE_PASSWORD}
    ///     ports: ["5672:5672"]
    /// ```
    RULE {
        name: "guessable-credential",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(image) = subject.container.image.root().map(ImageRef::parse) else {
        return;
    };
    if service.network_mode.value().is_some_and(|mode| mode == "none") {
        return;
    }
    let Some(port) = service.ports.iter().find(|port| is_everywhere(port)) else {
        return;
    };
    let last = image.name.rsplit('/').next().unwrap_or_default();
    let variables = password_variables(&image);
    let value_of = |wanted: &str| {
        let variable = service.variables().find(|variable| variable.name == wanted);
        variable.and_then(|variable| variable.value.value()).map(String::as_str)
    };
    let users: Vec<&str> = USERS.iter().filter_map(|name| value_of(name)).collect();
    let names: Vec<&str> = users.into_iter().chain([last, service.name.value.as_str()]).collect();
    let mut is_told = false;
    for variable in service.variables() {
        let Some(value) = variable.value.sourced() else { continue };
        let what = if is_switch(variable, &value.value) {
            "requires no credential"
        } else if variables.contains(&variable.name.as_str()) && is_guessable(password(&value.value), &names) {
            "is a password that attackers try first"
        } else {
            continue;
        };
        let message = format!(
            "`{}` of `{}` {what}, and the service is published on every address of the host{}",
            variable.name,
            service.name.value,
            value.proviso()
        );
        // Of one service the first is enough.
        let severity = match std::mem::replace(&mut is_told, true) {
            true => Severity::Note,
            false => Severity::Warning,
        };
        found.push(
            Finding::new(variable.span, message)
                .severity(severity)
                .help("publish it on `127.0.0.1`, or read the password from a secret")
                .related(port.span, "published here")
                .aspect(format!("environment.{}", variable.name)),
        );
    }
}

/// Variables that name the first account.
const USERS: [&str; 8] = [
    "POSTGRES_USER",
    "MYSQL_USER",
    "MARIADB_USER",
    "MONGO_INITDB_ROOT_USERNAME",
    "RABBITMQ_DEFAULT_USER",
    "MINIO_ROOT_USER",
    "COUCHDB_USER",
    "GF_SECURITY_ADMIN_USER",
];

/// Whether a variable does without any password.
fn is_switch(variable: &Variable, value: &str) -> bool {
    let is_on = matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on");
    match variable.name.as_str() {
        "POSTGRES_HOST_AUTH_METHOD" => value == "trust",
        "NEO4J_AUTH" => value == "none",
        "MYSQL_ALLOW_EMPTY_PASSWORD" | "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD" | "ALLOW_EMPTY_PASSWORD" => is_on,
        _ => false,
    }
}

/// `user/password` of Neo4j is a password too.
fn password(value: &str) -> &str {
    value.strip_prefix("neo4j/").unwrap_or(value)
}

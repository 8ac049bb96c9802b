//! The profile `auto`: which of the built-in ones a service is, by its image, its name, its ports and the limits that it sets.

use crate::config::Profile;
use crate::config::budget::{CPUS, MEMORY};
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::known_images::is_database;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;
use crate::values::number::Real;
use std::collections::BTreeMap;

/// Words that say nothing of what a service is for.
const GENERIC: [&str; 8] = ["app", "container", "docker", "mcp", "prod", "server", "service", "svc"];
const DATABASES: [&str; 12] = [
    "cache",
    "database",
    "db",
    "mariadb",
    "memcached",
    "mongo",
    "mongodb",
    "mysql",
    "postgres",
    "postgresql",
    "redis",
    "valkey",
];
const BROWSERS: [&str; 8] = [
    "browser",
    "browserless",
    "chrome",
    "chromium",
    "firefox",
    "playwright",
    "puppeteer",
    "selenium",
];
const TRANSLATORS: [&str; 4] = ["translate", "translation", "translations", "translator"];
const FILES: [&str; 2] = ["filesystem", "fs"];
/// Ports that databases and caches have from their makers.
const PORTS: [i64; 6] = [1433, 3306, 5432, 6379, 11211, 27017];

/// The profile, and what told it.
pub(super) fn profile(
    name: &str,
    service: Option<&Service>,
    image: &ImageSource,
    profiles: &BTreeMap<String, Profile>,
) -> (&'static str, String) {
    if let Some(root) = image.root() {
        let parsed = ImageRef::parse(root);
        let last = parsed.name.rsplit('/').next().unwrap_or_default();
        if is_database(&parsed) {
            return ("database", format!("`{root}` is a database or a cache"));
        }
        // `selenium/standalone-chrome` as well as `mcr.microsoft.com/playwright`.
        if parsed.name.split(['/', '-']).any(|word| BROWSERS.contains(&word)) {
            return ("browser", format!("`{last}` is a browser"));
        }
    }
    // Of a Dockerfile the folder that it lies in says more than its name.
    let named = match service {
        Some(_) => name,
        None => name.rsplit('/').nth(1).unwrap_or_default(),
    };
    let lower = named.to_ascii_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_ascii_alphabetic());
    // The last one says what it is: `api-db` is a database, `db-admin` is none.
    let word = words
        .rfind(|word| !word.is_empty() && !GENERIC.contains(word))
        .unwrap_or_default();
    let lists: [(&[&str], &str); 4] = [
        (&DATABASES, "database"),
        (&BROWSERS, "browser"),
        (&TRANSLATORS, "translation"),
        (&FILES, "filesystem"),
    ];
    if let Some((_, profile)) = lists.iter().find(|(list, _)| list.contains(&word)) {
        return (profile, format!("it is named `{named}`"));
    }
    let Some(service) = service else {
        return ("default", "no profile fits".to_owned());
    };
    let mut ports = service.ports.iter().filter_map(|port| port.target.value());
    if let Some(port) = ports.find(|port| PORTS.contains(port)) {
        return ("database", format!("it listens on port {port}, as databases do"));
    }
    by_limits(service, profiles).unwrap_or_else(|| ("default", "no profile fits".to_owned()))
}

/// The smallest profile that the limits of a service keep to, if it sets them.
fn by_limits(service: &Service, profiles: &BTreeMap<String, Profile>) -> Option<(&'static str, String)> {
    let memory = service.memory.value().filter(|bytes| **bytes > 0)?.real();
    let Fact::Known(cpus) = service.cpu_limit() else {
        return None;
    };
    let fits = |name: &&str| {
        let limits = profiles.get(*name).map(|profile| &profile.limits);
        let allowed = |budget| {
            limits
                .and_then(|limits| limits.amount(budget))
                .map_or(0.0, |limit| limit.value)
        };
        cpus.value > 0.0 && memory <= allowed(&MEMORY) && cpus.value <= allowed(&CPUS)
    };
    let name = ["translation", "filesystem"].into_iter().find(fits)?;
    let (memory, cpus) = (MEMORY.kind.amount(memory), CPUS.kind.amount(cpus.value));
    Some((name, format!("it limits itself to {memory} and {cpus} CPUs")))
}

//! Clients that images of servers have lost, and tools that images never had, although health checks are written with them.

use super::{Has, servers};
use crate::values::image_ref::ImageRef;

/// MySQL's names in MariaDB's images, gone with 11.0 (MariaDB/mariadb-docker#512).
const OF_MYSQL: [&str; 8] = [
    "mysql",
    "mysqladmin",
    "mysqlcheck",
    "mysqld",
    "mysqld_safe",
    "mysqldump",
    "mysqlimport",
    "mysqlshow",
];

/// Images without `curl`, by their whole name: their makers' Dockerfiles install none.
const WITHOUT_CURL: [&str; 4] = ["keycloak/keycloak", "ollama/ollama", "qdrant/qdrant", "prom/prometheus"];

/// Images whose entrypoint ends in `exec "$@"`, whatever the command is, a flag or a file of settings apart (the entrypoint
/// scripts of their repositories: docker-library/{cassandra,haproxy,memcached,mongo,mysql,postgres,php,rabbitmq,redmine,wordpress},
/// eclipse-mosquitto/mosquitto, nginx/docker-nginx, nodejs/docker-node, redis/docker-library-redis, MariaDB/mariadb-docker,
/// adoptium/containers, carlossg/docker-maven, 31z4/zookeeper-docker, apache/couchdb-docker, ClickHouse/docker-library,
/// TryGhost/docker-library-ghost, nextcloud/docker, distribution/distribution-library-image, valkey-io/valkey-container).
const PASSING_ON: [&str; 24] = [
    "cassandra",
    "clickhouse/clickhouse-server",
    "couchdb",
    "eclipse-mosquitto",
    "eclipse-temurin",
    "ghost",
    "haproxy",
    "mariadb",
    "maven",
    "memcached",
    "mongo",
    "mysql",
    "nextcloud",
    "nginx",
    "node",
    "php",
    "postgres",
    "rabbitmq",
    "redis",
    "redmine",
    "registry",
    "valkey/valkey",
    "wordpress",
    "zookeeper",
];

/// Programs that packages from PyPI bring: Python's own images have only Python and pip (docker-library/python).
const OF_PYPI: [&str; 9] = [
    "alembic",
    "celery",
    "daphne",
    "flask",
    "gunicorn",
    "hypercorn",
    "streamlit",
    "uvicorn",
    "uwsgi",
];

/// Programs for PHP that PHP's own images do not bring.
const OF_PACKAGIST: [&str; 6] = [
    "composer",
    "drush",
    "install-php-extensions",
    "phpunit",
    "symfony",
    "wp",
];

/// Tools that Go's images for Alpine do not bring (the package lists of 1.25, 1.26 and 1.27 in docker-library/repo-info,
/// `repos/golang/local`).
const NOT_OF_GO: [&str; 5] = ["cc", "g++", "gcc", "git", "make"];

fn is_alpine(image: &ImageRef) -> bool {
    let tag = image.tag.as_deref().unwrap_or("");
    let recent = ["1-", "1.25", "1.26", "1.27", "alpine"];
    tag.contains("alpine") && recent.iter().any(|start| tag.starts_with(start))
}

/// Whether an image with an entrypoint runs a command as it is.
pub(crate) fn passes_on(image: &ImageRef) -> bool {
    let path = image.path();
    PASSING_ON.contains(&image.official().unwrap_or(&path))
}

/// Whether an image has a program, for the few of which that is known by name alone.
pub(super) fn has(image: &ImageRef, program: &str) -> Has {
    match image.official() {
        _ if servers::lacks(image, program) => Has::No,
        Some("mariadb") if is_from(image, 11) => match program {
            "mariadb" | "mariadb-admin" | "mariadb-dump" | "mariadbd" | "healthcheck.sh" => Has::Yes,
            _ if OF_MYSQL.contains(&program) => Has::No,
            _ => Has::Unknown,
        },
        Some("mongo") if is_from(image, 6) => match program {
            "mongod" | "mongos" | "mongosh" => Has::Yes,
            "mongo" => Has::No,
            _ => Has::Unknown,
        },
        Some("golang") if is_alpine(image) && NOT_OF_GO.contains(&program) => Has::No,
        Some("python") if OF_PYPI.contains(&program) => Has::No,
        // docker-library/php: the Dockerfiles bring php, phpize, pecl and docker-php-ext-*, and no more.
        Some("php") if OF_PACKAGIST.contains(&program) => Has::No,
        // Node.js comes without it from 25.0.0 on (nodejs/TSC#1518).
        Some("node") if program == "corepack" && is_from(image, 25) => Has::No,
        Some(_) => Has::Unknown,
        // Up to 20 it was made from an image that has it.
        None if image.name == "keycloak/keycloak" && !is_from(image, 21) => Has::Unknown,
        None if WITHOUT_CURL.contains(&image.name.as_str()) && program == "curl" => Has::No,
        None => Has::Unknown,
    }
}

/// Whether the tag is of this major release or a later one; without a version it is the newest.
fn is_from(image: &ImageRef, major: u32) -> bool {
    let tag = image.tag.as_deref().unwrap_or("latest");
    let version = tag.split(['.', '-']).next().unwrap_or_default();
    match version.parse::<u32>() {
        Ok(number) => number >= major,
        Err(_) => image.digest.is_none() && matches!(version, "latest" | "lts" | "noble" | "ubi"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_gone_from_a_release_on() {
        let of = |image: &str, program: &str| has(&ImageRef::parse(image), program);
        assert_eq!(of("mariadb:11.4", "mysqladmin"), Has::No);
        assert_eq!(of("mariadb", "mysqldump"), Has::No);
        assert_eq!(of("mariadb:10.11", "mysqladmin"), Has::Unknown);
        assert_eq!(of("mongo:8", "mongo"), Has::No);
        assert_eq!(of("mongo:5.0", "mongo"), Has::Unknown);
        assert_eq!(of("node:26-alpine", "corepack"), Has::No);
        assert_eq!(of("node:24-slim", "corepack"), Has::Unknown);
        assert_eq!(of("quay.io/keycloak/keycloak:26.0", "curl"), Has::No);
        assert_eq!(of("quay.io/keycloak/keycloak:12.0.2", "curl"), Has::Unknown);
    }
}

//! The variables by which images are given the password of their first account, and the passwords that everybody tries first.

use crate::values::image_ref::ImageRef;

/// The last part of an image's name, and the variables that set its passwords.
const VARIABLES: [(&str, &[&str]); 27] = [
    ("arangodb", &["ARANGO_ROOT_PASSWORD"]),
    ("clickhouse-server", &["CLICKHOUSE_PASSWORD"]),
    ("couchdb", &["COUCHDB_PASSWORD"]),
    ("elasticsearch", &["ELASTIC_PASSWORD"]),
    ("grafana", &["GF_SECURITY_ADMIN_PASSWORD"]),
    ("grafana-oss", &["GF_SECURITY_ADMIN_PASSWORD"]),
    (
        "influxdb",
        &["DOCKER_INFLUXDB_INIT_PASSWORD", "INFLUXDB_ADMIN_PASSWORD"],
    ),
    (
        "keycloak",
        &[
            "KC_BOOTSTRAP_ADMIN_PASSWORD",
            "KEYCLOAK_ADMIN_PASSWORD",
            "KEYCLOAK_PASSWORD",
        ],
    ),
    (
        "mariadb",
        &[
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_PASSWORD",
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_PASSWORD",
        ],
    ),
    ("minio", &["MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY"]),
    ("mongo", &["MONGO_INITDB_ROOT_PASSWORD"]),
    ("mongo-express", &["ME_CONFIG_BASICAUTH_PASSWORD"]),
    ("mongodb", &["MONGODB_ROOT_PASSWORD", "MONGODB_PASSWORD"]),
    ("mysql", &["MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"]),
    ("mysql-server", &["MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"]),
    ("neo4j", &["NEO4J_AUTH"]),
    ("opensearch", &["OPENSEARCH_INITIAL_ADMIN_PASSWORD"]),
    ("percona", &["MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"]),
    ("pgadmin4", &["PGADMIN_DEFAULT_PASSWORD"]),
    ("pgvector", &["POSTGRES_PASSWORD"]),
    ("postgis", &["POSTGRES_PASSWORD"]),
    ("postgres", &["POSTGRES_PASSWORD"]),
    ("postgresql", &["POSTGRESQL_PASSWORD", "POSTGRESQL_POSTGRES_PASSWORD"]),
    ("rabbitmq", &["RABBITMQ_DEFAULT_PASS"]),
    ("redis", &["REDIS_PASSWORD"]),
    ("server", &["MSSQL_SA_PASSWORD", "SA_PASSWORD"]),
    ("timescaledb", &["POSTGRES_PASSWORD"]),
];

/// What is tried first, in lower case.
const GUESSES: [&str; 42] = [
    "0000",
    "1111",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1q2w3e4r",
    "abc123",
    "admin",
    "admin123",
    "change",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "changethis",
    "default",
    "demo",
    "dev",
    "example",
    "guest",
    "letmein",
    "minioadmin",
    "p@ssw0rd",
    "pass",
    "pass123",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "postgres",
    "qwerty",
    "root",
    "rootpassword",
    "rootroot",
    "secret",
    "sa",
    "test",
    "toor",
    "user",
];

/// The variables that set a password of this image.
pub(crate) fn password_variables(image: &ImageRef) -> &'static [&'static str] {
    let last = image.name.rsplit('/').next().unwrap_or_default();
    let row = VARIABLES.binary_search_by_key(&last, |(name, _)| name).ok();
    row.and_then(|row| VARIABLES.get(row))
        .map_or(&[], |(_, variables)| variables)
}

/// Whether a password is one that everybody tries first: of the list, or a name of the service itself.
pub(crate) fn is_guessable(password: &str, names: &[&str]) -> bool {
    let password = password.to_lowercase();
    GUESSES.contains(&password.as_str())
        || names
            .iter()
            .any(|name| name.len() > 2 && name.to_lowercase() == password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_looked_for_where_an_image_takes_them() {
        assert!(VARIABLES.is_sorted_by_key(|(name, _)| *name));
        let of = |image: &str| password_variables(&ImageRef::parse(image));
        assert_eq!(of("postgis/postgis:17"), ["POSTGRES_PASSWORD"]);
        assert!(of("acme/api:1").is_empty());
        assert!(is_guessable("Password", &[]) && is_guessable("shop", &["shop"]));
        assert!(!is_guessable("kJ9-xq", &["shop"]));
    }
}

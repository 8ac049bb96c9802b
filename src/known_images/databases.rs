//! Images that hold data which nobody but their own services should reach.

use crate::values::image_ref::ImageRef;

/// Databases and caches by the last part of their name, wherever they are from: official images, their makers' and bitnami's.
const DATABASES: [&str; 36] = [
    "arangodb",
    "cassandra",
    "clickhouse",
    "clickhouse-server",
    "cockroach",
    "couchbase",
    "couchdb",
    "dragonfly",
    "elasticsearch",
    "influxdb",
    "influxdb3-core",
    "keydb",
    "mariadb",
    "memcached",
    "mongo",
    "mongodb",
    "mongodb-community-server",
    "mysql",
    "mysql-server",
    "neo4j",
    "opensearch",
    "orientdb",
    "percona",
    "percona-server",
    "pgvector",
    "postgis",
    "postgres",
    "postgresql",
    "questdb",
    "redis",
    "redis-stack-server",
    "rethinkdb",
    "scylla",
    "surrealdb",
    "timescaledb",
    "valkey",
];

/// Whether an image is a database or a cache, by its name.
pub(crate) fn is_database(image: &ImageRef) -> bool {
    let last = image.name.rsplit('/').next().unwrap_or_default();
    let is_mssql = image.name.starts_with("mssql/server") || image.name == "mssql/rhel/server";
    is_mssql || DATABASES.binary_search(&last).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_their_names() {
        assert!(DATABASES.is_sorted());
        for (name, is) in [
            ("postgres:17", true),
            ("docker.io/library/redis", true),
            ("postgis/postgis:17-3.5", true),
            ("mcr.microsoft.com/mssql/server:2022-latest", true),
            ("bitnami/postgresql:17", true),
            ("acme/postgres-exporter:1", false),
            ("nginx:1", false),
        ] {
            assert_eq!(is_database(&ImageRef::parse(name)), is, "{name}");
        }
    }
}

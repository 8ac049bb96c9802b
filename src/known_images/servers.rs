//! Servers, their tools and runtimes, and which of the official servers' images have them. The Dockerfile of each of these images
//! installs its own server and what its entrypoint needs, and none of the others' (docker-library/{cassandra,haproxy,memcached,mongo,
//! mysql,postgres,rabbitmq}, apache/couchdb-docker, eclipse-mosquitto/mosquitto, influxdata/influxdata-docker,
//! MariaDB/mariadb-docker, nats-io/nats-docker, nginx/docker-nginx, redis/docker-library-redis, distribution/distribution-library-image,
//! valkey-io/valkey-container, 31z4/zookeeper-docker).

use crate::values::image_ref::ImageRef;

/// The images that this is known of, by their whole names.
const IMAGES: [&str; 17] = [
    "cassandra",
    "couchdb",
    "eclipse-mosquitto",
    "haproxy",
    "influxdb",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "nginx",
    "postgres",
    "rabbitmq",
    "redis",
    "registry",
    "valkey/valkey",
    "zookeeper",
];

/// Programs, and those of the images that have them, or may have them in one of their variants.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("apache2-foreground", &[]),
    ("apachectl", &[]),
    ("caddy", &[]),
    ("cassandra", &["cassandra"]),
    ("celery", &[]),
    ("clickhouse-server", &[]),
    ("cqlsh", &["cassandra"]),
    ("flask", &[]),
    ("go", &[]),
    ("gunicorn", &[]),
    ("haproxy", &["haproxy"]),
    ("httpd-foreground", &[]),
    ("influx", &["influxdb"]),
    ("influxd", &["influxdb"]),
    ("initdb", &["postgres"]),
    ("java", &["cassandra", "couchdb", "zookeeper"]),
    ("mariadb-admin", &["mariadb"]),
    ("mariadbd", &["mariadb"]),
    ("memcached", &["memcached"]),
    ("mongod", &["mongo"]),
    ("mongos", &["mongo"]),
    ("mongosh", &["mongo"]),
    ("mosquitto", &["eclipse-mosquitto"]),
    ("mysqladmin", &["mariadb", "mysql"]),
    ("mysqld", &["mariadb", "mysql"]),
    ("mysqld_safe", &["mariadb", "mysql"]),
    ("nats-server", &["nats"]),
    ("nginx", &["nginx"]),
    ("node", &[]),
    ("npm", &[]),
    ("npx", &[]),
    ("pg_ctl", &["postgres"]),
    ("pg_isready", &["postgres"]),
    ("pgbouncer", &[]),
    ("php", &[]),
    ("php-fpm", &[]),
    ("postgres", &["postgres"]),
    ("psql", &["postgres"]),
    ("rabbitmq-server", &["rabbitmq"]),
    ("rabbitmqctl", &["rabbitmq"]),
    // Valkey installs links of these names (its Makefile's USE_REDIS_SYMLINKS).
    ("redis-cli", &["redis", "valkey/valkey"]),
    ("redis-sentinel", &["redis", "valkey/valkey"]),
    ("redis-server", &["redis", "valkey/valkey"]),
    ("registry", &["registry"]),
    ("traefik", &[]),
    ("uvicorn", &[]),
    ("uwsgi", &[]),
    // Redis builds `redis-server` (redis/redis); this is the other project's.
    ("valkey-cli", &["valkey/valkey"]),
    ("valkey-server", &["valkey/valkey"]),
    ("yarn", &[]),
    ("zkServer.sh", &["zookeeper"]),
];

/// Whether the image of a server is known to be without a program, because that is another server's.
pub(super) fn lacks(image: &ImageRef, program: &str) -> bool {
    let path = image.path();
    let name = image.official().unwrap_or(&path);
    let Ok(row) = PROGRAMS.binary_search_by_key(&program, |(known, _)| known) else {
        return false;
    };
    let has = PROGRAMS.get(row).map_or(&[][..], |(_, images)| images);
    IMAGES.contains(&name) && !has.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_no_other_server() {
        assert!(PROGRAMS.is_sorted_by_key(|(program, _)| program));
        assert!(
            PROGRAMS
                .iter()
                .flat_map(|(_, images)| *images)
                .all(|image| IMAGES.contains(image))
        );
        for (image, program, expected) in [
            ("mysql:8.4", "redis-server", true),
            ("memcached:1.6-alpine", "redis-server", true),
            ("redis:7", "pg_ctl", true),
            ("docker.io/library/postgres:17", "mysqld", true),
            ("valkey/valkey:8", "mongod", true),
            ("valkey/valkey:8", "redis-cli", false),
            ("mariadb:10.6", "mysqld", false),
            ("zookeeper:3.9", "java", false),
            ("redis:7", "redis-server", false),
            ("redis:7", "tool", false),
            ("acme/redis:7", "pg_ctl", false),
            ("quay.io/acme/redis", "pg_ctl", false),
            ("docker.io/valkey/valkey", "mongod", true),
            ("quay.io/valkey/valkey", "mongod", false),
            ("bitnami/mysql", "redis-server", false),
            ("python:3.13", "nginx", false),
        ] {
            assert_eq!(lacks(&ImageRef::parse(image), program), expected, "{image} {program}");
        }
    }
}

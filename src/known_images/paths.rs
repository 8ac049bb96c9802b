//! Files and folders of well known images that people mount something on.

use crate::values::image_ref::ImageRef;

/// What stands at a path of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// A regular file, or a link to one.
    File,
    /// A folder.
    Folder,
}

use PathKind::{File, Folder};

/// Image, path and kind, from the images' own Dockerfiles and the packages that they install.
const PATHS: [(&str, &str, PathKind); 31] = [
    ("nginx", "/etc/nginx", Folder),
    ("nginx", "/etc/nginx/conf.d", Folder),
    ("nginx", "/etc/nginx/conf.d/default.conf", File),
    ("nginx", "/etc/nginx/mime.types", File),
    ("nginx", "/etc/nginx/nginx.conf", File),
    ("nginx", "/usr/share/nginx/html", Folder),
    ("httpd", "/usr/local/apache2/conf", Folder),
    ("httpd", "/usr/local/apache2/conf/httpd.conf", File),
    ("httpd", "/usr/local/apache2/htdocs", Folder),
    ("caddy", "/etc/caddy", Folder),
    ("caddy", "/etc/caddy/Caddyfile", File),
    ("postgres", "/docker-entrypoint-initdb.d", Folder),
    ("postgres", "/var/lib/postgresql", Folder),
    ("mysql", "/docker-entrypoint-initdb.d", Folder),
    ("mysql", "/etc/my.cnf", File),
    ("mysql", "/var/lib/mysql", Folder),
    ("mariadb", "/docker-entrypoint-initdb.d", Folder),
    ("mariadb", "/etc/mysql/conf.d", Folder),
    ("mariadb", "/var/lib/mysql", Folder),
    ("mongo", "/docker-entrypoint-initdb.d", Folder),
    ("mongo", "/data/db", Folder),
    ("eclipse-mosquitto", "/mosquitto/config", Folder),
    ("eclipse-mosquitto", "/mosquitto/config/mosquitto.conf", File),
    (
        "elasticsearch",
        "/usr/share/elasticsearch/config/elasticsearch.yml",
        File,
    ),
    ("kibana", "/usr/share/kibana/config/kibana.yml", File),
    ("rabbitmq", "/etc/rabbitmq", Folder),
    ("telegraf", "/etc/telegraf/telegraf.conf", File),
    ("prom/prometheus", "/etc/prometheus", Folder),
    ("prom/prometheus", "/etc/prometheus/prometheus.yml", File),
    ("prom/alertmanager", "/etc/alertmanager/alertmanager.yml", File),
    ("grafana/grafana", "/etc/grafana/grafana.ini", File),
];

/// Folders of every image that is a distribution.
const EVERYWHERE: [&str; 9] = [
    "/etc",
    "/home",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/local/bin",
    "/var",
];

/// Official images that leave PATH at the engine's own, or put `/usr/local/bin` in front of it once more (their Dockerfiles).
const USUAL_PATH: [&str; 16] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "busybox",
    "centos",
    "debian",
    "fedora",
    "memcached",
    "nginx",
    "node",
    "oraclelinux",
    "php",
    "python",
    "redis",
    "rockylinux",
    "ubuntu",
];

/// Whether an image looks for programs in the usual folders, and nowhere else.
pub(crate) fn has_usual_path(image: &ImageRef) -> bool {
    image.official().is_some_and(|name| USUAL_PATH.contains(&name))
}

/// What an image has at a path, where that is known; `image` is what everything starts from.
pub(crate) fn path_kind(image: &ImageRef, path: &str) -> Option<PathKind> {
    let path = path.trim_end_matches('/');
    let name = match image.official() {
        Some(name) => name,
        None if image.registry.is_none() => &image.name,
        None => return None,
    };
    let row = PATHS.iter().find(|(of, at, _)| *of == name && *at == path);
    let is_distribution = super::user(image).is_some() && super::contents::shell(image) == super::Has::Yes;
    row.map(|(_, _, kind)| *kind)
        .or_else(|| (is_distribution && EVERYWHERE.contains(&path)).then_some(Folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_by_image() {
        let kind = |image: &str, path: &str| path_kind(&ImageRef::parse(image), path);
        assert_eq!(kind("nginx:1.28", "/etc/nginx/nginx.conf"), Some(File));
        assert_eq!(kind("docker.io/library/nginx", "/etc/nginx/conf.d/"), Some(Folder));
        assert_eq!(kind("acme/nginx", "/etc/nginx/nginx.conf"), None);
        assert_eq!(kind("redis:8", "/etc"), Some(Folder));
        assert_eq!(kind("acme/x", "/etc"), None);
    }
}

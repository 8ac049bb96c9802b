//! Images whose containers start as root because that is how they are made: the server gives its rights up by itself, or it
//! binds the ports of the edge. Each row is from the image's Dockerfile, its default configuration or its documentation.

use super::tag;
use crate::values::image_ref::ImageRef;

/// An image that is meant to start as root.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StartsAsRoot {
    /// The image without registry and tag; `/*` at the end stands for every image of the namespace.
    image: &'static str,
    /// What happens to root, as the end of a sentence.
    pub how: &'static str,
    /// The programs that do it; with another command nothing does.
    programs: &'static [&'static str],
    /// The image that does the same without root.
    pub instead: Option<&'static str>,
}

const WORKERS: &str = "its workers run as `www-data`";
const EDGE: &str = "as edge proxies do for ports 80 and 443";
const SUPERVISED: &str = "its supervisor starts the service as `abc`";
const APACHE: &[&str] = &[
    "apache2-foreground",
    "apachectl",
    "apache2ctl",
    "php-fpm",
    "supervisord",
    "httpd-foreground",
];

static TABLE: [StartsAsRoot; 22] = [
    row("caddy", EDGE, &["caddy"], None),
    row("drupal", WORKERS, APACHE, None),
    row(
        "eclipse-mosquitto",
        "the broker itself changes to `mosquitto`",
        &["mosquitto"],
        None,
    ),
    row(
        "envoyproxy/envoy",
        "its entrypoint changes to `envoy`",
        &["envoy"],
        None,
    ),
    row("haproxy", EDGE, &["haproxy"], None),
    row("httpd", WORKERS, APACHE, None),
    row("jc21/nginx-proxy-manager", EDGE, &[], None),
    row("joomla", WORKERS, APACHE, None),
    row("jwilder/nginx-proxy", EDGE, &[], None),
    row("linuxserver/*", SUPERVISED, &[], None),
    row("matomo", WORKERS, APACHE, None),
    row("mediawiki", WORKERS, APACHE, None),
    row("nextcloud", WORKERS, APACHE, None),
    row(
        "nginx",
        "its workers run as `nginx`",
        &["nginx", "nginx-debug"],
        Some("nginxinc/nginx-unprivileged"),
    ),
    row("nginxproxy/nginx-proxy", EDGE, &[], None),
    row(
        "openresty/openresty",
        "its workers run as `nobody`",
        &["openresty", "nginx"],
        None,
    ),
    row("php", WORKERS, APACHE, None),
    row("phpmyadmin", WORKERS, APACHE, None),
    row("traefik", EDGE, &["traefik"], None),
    row(
        "valkey/valkey",
        "its entrypoint changes to `valkey`",
        &["valkey-server"],
        None,
    ),
    row("wordpress", WORKERS, APACHE, None),
    row(
        "zabbix/zabbix-web-nginx-mysql",
        "its workers run as `zabbix`",
        &[],
        None,
    ),
];

const fn row(
    image: &'static str,
    how: &'static str,
    programs: &'static [&'static str],
    instead: Option<&'static str>,
) -> StartsAsRoot {
    StartsAsRoot {
        image,
        how,
        programs,
        instead,
    }
}

impl StartsAsRoot {
    /// Whether this program does it by itself, without the entrypoint of the image.
    pub(crate) fn is_done_by(&self, program: &str) -> bool {
        let name = program.rsplit('/').next().unwrap_or(program);
        self.programs.contains(&name) && !self.how.starts_with("its entrypoint")
    }
}

/// Why a container of this image starts as root, where the image is made so. `program` is what it is told to run in place of
/// the image's own command.
pub(crate) fn starts_as_root(image: &ImageRef, program: Option<&str>) -> Option<&'static StartsAsRoot> {
    let name = image.official().unwrap_or(&image.name);
    let found = TABLE.iter().find(|row| match row.image.strip_suffix("/*") {
        Some(space) => name.split_once('/').is_some_and(|(first, _)| first == space),
        None => row.image == name,
    })?;
    // Of PHP only the servers have workers, and the images for the command line run what they are given.
    let (_, variant) = tag(image);
    let has = |word: &str| variant.split('-').any(|part| part.starts_with(word));
    if has("cli") || found.image == "php" && !has("apache") && !has("fpm") {
        return None;
    }
    const SHELLS: [&str; 3] = ["sh", "bash", "ash"];
    let own = program.is_none_or(|program| {
        let name = program.rsplit('/').next().unwrap_or(program);
        found.programs.is_empty() || name.starts_with('-') || SHELLS.contains(&name) || found.programs.contains(&name)
    });
    own.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_drop_root_are_known_with_their_own_command_only() {
        let of = |image: &str, program| starts_as_root(&ImageRef::parse(image), program).map(|row| row.instead);
        assert_eq!(of("nginx:1.29-alpine", None), Some(Some("nginxinc/nginx-unprivileged")));
        assert_eq!(
            of("docker.io/library/nginx", Some("nginx-debug")),
            Some(Some("nginxinc/nginx-unprivileged"))
        );
        assert_eq!(of("nginx", Some("node")), None);
        assert_eq!(of("php:8.4-apache", None), Some(None));
        assert_eq!(of("php:8.4-fpm-alpine", Some("/usr/local/sbin/php-fpm")), Some(None));
        assert_eq!(of("php:8.4-cli", None), None);
        assert_eq!(of("php:8.4", None), None);
        assert_eq!(of("wordpress:cli", None), None);
        assert_eq!(of("lscr.io/linuxserver/sonarr:4", None), Some(None));
        assert_eq!(of("traefik:v3.5", Some("--api.dashboard=true")), Some(None));
        assert_eq!(of("acme/nginx", None), None);
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|row| row.image));
    }
}

//! Where the servers of official images look for their configuration when nothing tells them.

use crate::values::image_ref::ImageRef;
use crate::values::path::{is_at_or_below, name};

/// How a server gets a file that it does not look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The words of its command, the path being put behind the last one.
    Command(&'static [&'static str]),
    /// The path that it looks at.
    Place(&'static str),
}

use Remedy::{Command, Place};

/// A server's configuration file.
struct Reader {
    image: &'static str,
    file: &'static str,
    /// It looks at everything here.
    read: &'static str,
    remedy: Remedy,
}

const fn reader(image: &'static str, file: &'static str, read: &'static str, remedy: Remedy) -> Reader {
    Reader {
        image,
        file,
        read,
        remedy,
    }
}

/// From the images' Dockerfiles (CMD, configure options) and their pages in the documentation of the Docker Official Images. An empty
/// place is none: the server reads no file that its command does not name.
const READERS: [Reader; 12] = [
    reader("caddy", "Caddyfile", "/etc/caddy", Place("/etc/caddy/Caddyfile")),
    reader(
        "eclipse-mosquitto",
        "mosquitto.conf",
        "/mosquitto/config",
        Place("/mosquitto/config/mosquitto.conf"),
    ),
    reader(
        "haproxy",
        "haproxy.cfg",
        "/usr/local/etc/haproxy",
        Place("/usr/local/etc/haproxy/haproxy.cfg"),
    ),
    reader(
        "httpd",
        "httpd.conf",
        "/usr/local/apache2/conf",
        Place("/usr/local/apache2/conf/httpd.conf"),
    ),
    reader("mongo", "mongod.conf", "", Command(&["mongod", "--config", ""])),
    reader("nginx", "nginx.conf", "/etc/nginx", Place("/etc/nginx/nginx.conf")),
    reader(
        "php",
        "php.ini",
        "/usr/local/etc/php",
        Place("/usr/local/etc/php/php.ini"),
    ),
    reader(
        "postgres",
        "pg_hba.conf",
        "/var/lib/postgresql",
        Command(&["postgres", "-c", "hba_file="]),
    ),
    reader(
        "postgres",
        "postgresql.conf",
        "/var/lib/postgresql",
        Command(&["postgres", "-c", "config_file="]),
    ),
    reader("redis", "redis.conf", "", Command(&["redis-server", ""])),
    reader("valkey/valkey", "valkey.conf", "", Command(&["valkey-server", ""])),
    reader("valkey/valkey", "redis.conf", "", Command(&["valkey-server", ""])),
];

/// What the server of an image needs to read a configuration file at `path`; `None` where it looks there, or is not known.
pub(crate) fn unread(image: &ImageRef, path: &str) -> Option<Remedy> {
    let known = image
        .official()
        .or_else(|| image.registry.is_none().then_some(&*image.name))?;
    let row = READERS
        .iter()
        .find(|row| row.image == known && row.file == name(path))?;
    let is_read = !row.read.is_empty() && is_at_or_below(path, row.read);
    (!is_read).then_some(row.remedy)
}

impl Remedy {
    /// The program that is meant to read it; `None` where that is the image's own command.
    pub(crate) fn program(self) -> Option<&'static str> {
        match self {
            Command(words) => words.first().copied(),
            Place(_) => None,
        }
    }

    /// The words that start the server with a file at `path`, as a list.
    pub(crate) fn command(words: &[&str], path: &str) -> String {
        let (last, before) = words.split_last().unwrap_or((&"", &[]));
        let mut all: Vec<String> = before.iter().map(|word| format!("\"{word}\"")).collect();
        all.push(format!("\"{last}{path}\""));
        format!("[{}]", all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_where_the_server_looks() {
        let is_unread = |image: &str, path: &str| unread(&ImageRef::parse(image), path).is_some();
        assert!(is_unread("postgres:17", "/etc/postgresql/postgresql.conf"));
        assert!(!is_unread("postgres:17", "/var/lib/postgresql/data/postgresql.conf"));
        assert!(is_unread("redis:8", "/usr/local/etc/redis/redis.conf"));
        assert!(!is_unread("acme/redis:8", "/etc/redis.conf"));
        assert!(!is_unread("nginx:1.29", "/etc/nginx/nginx.conf"));
        assert_eq!(
            Remedy::command(&["postgres", "-c", "config_file="], "/a.conf"),
            "[\"postgres\", \"-c\", \"config_file=/a.conf\"]"
        );
    }
}

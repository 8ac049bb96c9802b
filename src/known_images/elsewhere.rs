//! Folders that people look for in an image and that it has in another place: official images are built for `/usr/local`, where the
//! packages of a distribution use `/etc` and `/usr/share`.

use crate::values::image_ref::ImageRef;
use crate::values::path::is_at_or_below;

/// Image, whether only Debian's (`Some(true)`) or only Alpine's variant, the folder that it lacks, where that is instead. From the
/// Dockerfiles in the repositories of the Docker Official Images.
const MOVED: [(&str, Option<bool>, &str, &str); 8] = [
    ("httpd", None, "/etc/apache2", "/usr/local/apache2/conf"),
    ("httpd", None, "/etc/httpd", "/usr/local/apache2/conf"),
    ("nginx", None, "/etc/nginx/http.d", "/etc/nginx/conf.d"),
    ("nginx", None, "/etc/nginx/sites-available", "/etc/nginx/conf.d"),
    ("nginx", None, "/etc/nginx/sites-enabled", "/etc/nginx/conf.d"),
    ("php", None, "/etc/php", "/usr/local/etc/php"),
    (
        "postgres",
        Some(false),
        "/usr/share/postgresql",
        "/usr/local/share/postgresql",
    ),
    (
        "postgres",
        Some(true),
        "/usr/local/share/postgresql",
        "/usr/share/postgresql",
    ),
];

/// The folder at or above `path` that an image does not have, and the one that it has instead.
pub(crate) fn moved(image: &ImageRef, path: &str) -> Option<(&'static str, &'static str)> {
    let name = image.official()?;
    let is_debian = !image.tag.as_deref().is_some_and(|tag| tag.contains("alpine"));
    let row = MOVED.iter().find(|(of, variant, absent, _)| {
        *of == name && is_at_or_below(path, absent) && variant.is_none_or(|debian| debian == is_debian)
    });
    row.map(|(_, _, absent, there)| (*absent, *there))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variant_decides_where_a_folder_is() {
        let there = |image: &str, path: &str| moved(&ImageRef::parse(image), path).map(|(_, there)| there);
        let local = "/usr/local/share/postgresql";
        assert_eq!(there("postgres:16-alpine", "/usr/share/postgresql/a"), Some(local));
        assert_eq!(there("postgres:16-alpine", local), None);
        assert_eq!(there("postgres:17", local), Some("/usr/share/postgresql"));
        assert_eq!(there("acme/postgres:16-alpine", "/usr/share/postgresql"), None);
        assert_eq!(there("php:8.4-fpm", "/etc/phpx"), None);
    }
}

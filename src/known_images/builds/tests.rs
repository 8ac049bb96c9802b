use super::*;

fn of(text: &str) -> Option<(&'static str, &'static str, Fit)> {
    let found = find(&ImageRef::parse(text))?;
    Some((*found.build.tags.first()?, found.build.size_mb, found.fit))
}

#[test]
fn every_line_of_the_table_is_a_build() {
    let mut tags = 0;
    for (name, image) in index() {
        let builds = read(lines(image.text, false));
        assert!(!image.text.is_empty(), "{name}");
        for build in builds {
            assert!(!build.tags.is_empty(), "{name}");
            let is_figure = |text: &str| text.is_empty() || super::super::sizes::figure(text).is_some();
            assert!(is_figure(build.size_mb) && is_figure(build.at_least_mb), "{name}");
            assert!(build.size_mb.is_empty() || build.at_least_mb.is_empty(), "{name}");
            tags += build.tags.len();
        }
    }
    let mut lines = lines(TABLE, false).filter(|line| line.starts_with('\t'));
    assert!(lines.all(|line| line.split('\t').count() == COLUMNS + 1));
    assert!(tags >= 1489, "{tags}");
}

#[test]
fn no_build_that_was_read_is_outside_of_its_range() {
    let mut seen = 0;
    for (name, image) in index() {
        let builds = read(lines(image.text, false));
        for (build, tag) in builds
            .iter()
            .flat_map(|build| build.tags.iter().map(move |tag| (build, tag)))
        {
            let range = super::super::ranges::range(&ImageRef::parse(&format!("{name}:{tag}")));
            let size = super::super::sizes::figure(build.size_mb);
            if let (Some(range), Some((bytes, doubt))) = (range, size) {
                assert!(range.at_least <= bytes + doubt, "{name}:{tag}");
                assert!(range.at_most.is_none_or(|most| most + doubt >= bytes), "{name}:{tag}");
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn a_copy_of_a_publisher_has_the_facts_of_the_original() {
    let knows = |text: &str| image(&ImageRef::parse(text)).is_some();
    for copy in [
        "quay.io/minio/minio",
        "quay.io/prometheus/alertmanager",
        "docker.n8n.io/n8nio/n8n",
        "bitnamilegacy/kafka",
        "quay.io/prometheus/node-exporter",
    ] {
        assert!(knows(copy), "{copy}");
    }
    for other in [
        "ghcr.io/acme/minio",
        "quay.io/minio/acme",
        "quay.io/acme/alertmanager",
        "acme/docker.n8n.io/n8nio/n8n",
        "quay.io/minio/minio/minio",
    ] {
        assert!(!knows(other), "{other}");
    }
}

#[test]
fn a_tag_names_a_build_and_a_release_its_line() {
    assert_eq!(of("python:3.14-slim-trixie"), of("python:3-slim"));
    assert_eq!(of("python:3.14-slim").map(|found| found.2), Some(Fit::Tag));
    assert_eq!(of("python:3.14.1-slim").map(|found| found.2), Some(Fit::Line));
    assert_eq!(of("mirror.gcr.io/library/python:3.14-slim"), of("python:3.14-slim"));
    assert_eq!(
        of("public.ecr.aws/docker/library/python:3.14-slim"),
        of("python:3.14-slim")
    );
    assert_eq!(of("debian:12-slim"), of("debian:bookworm-slim"));
    assert_eq!(of("debian:11.99"), None);
    assert_eq!(of("acme/python:3.14-slim"), None);
    assert_eq!(of("python:3.14-slim@sha256:00").map(|found| found.2), Some(Fit::Line));
}

#[test]
fn a_build_without_a_size_takes_that_of_its_line() {
    let sized = |text: &str| {
        let found = find_with(&ImageRef::parse(text), |build| !build.size_mb.is_empty())?;
        Some((found.tag, found.fit))
    };
    assert_eq!(find(&ImageRef::parse("golang:1.23")).unwrap().build.size_mb, "");
    assert_eq!(sized("golang:1.23"), Some(("1", Fit::Line)));
    assert_eq!(sized("redis:7.0-alpine"), Some(("7-alpine", Fit::Line)));
    assert_eq!(sized("python:3.14-slim"), Some(("3.14-slim", Fit::Tag)));
    // Of the very same distribution before any other; and of another one only sizes speak.
    assert_eq!(
        sized("python:3.12.1-slim-bookworm"),
        Some(("3.12-slim-bookworm", Fit::Line))
    );
    assert_eq!(sized("node:22.1-buster-slim"), Some(("22-slim", Fit::Line)));
    assert_eq!(
        find(&ImageRef::parse("node:22.1-buster-slim")).map(|found| found.tag),
        None
    );
    // Nothing of its variant, of its image, of its line was seen.
    for text in ["composer:2", "grafana/loki", "debian:11.99", "redis:9.9-none"] {
        assert_eq!(sized(text), None, "{text}");
    }
}

#[test]
fn what_is_known_of_a_build() {
    let build = find(&ImageRef::parse("postgres:17")).unwrap().build;
    assert_eq!(build.volumes.as_deref(), Some(&["/var/lib/postgresql/data"][..]));
    assert_eq!(build.exposed.as_deref(), Some(&["5432"][..]));
    assert_eq!(build.entrypoint.as_deref(), Some(&["docker-entrypoint.sh"][..]));
    assert_eq!(build.healthcheck, Some(false));
    assert_eq!(build.user, Some("root"));
}

#[test]
fn names_are_known_over_all_tags() {
    let sets = |image: &str, name: &str| environment(&ImageRef::parse(image)).map(|names| names.contains(name));
    assert_eq!(sets("node:22-slim", "NODE_VERSION"), Some(true));
    assert_eq!(sets("docker.io/library/python:3.9", "PYTHON_PIP_VERSION"), Some(true));
    assert_eq!(sets("mcr.microsoft.com/dotnet/aspnet:9.0", "APP_UID"), Some(true));
    assert_eq!(sets("alpine:3.22", "VERSION"), Some(false));
    assert_eq!(sets("acme/node:22", "NODE_VERSION"), None);
}

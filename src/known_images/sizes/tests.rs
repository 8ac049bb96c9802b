use super::*;

#[test]
fn figures_say_how_far_they_may_be_off() {
    for (text, bytes, doubt) in [
        ("116.57", 116_570_000, 5_000),
        ("7.8", 7_800_000, 5_000),
        ("1120", 1_120_000_000, 5_000_000),
        ("83.123456", 83_123_456, 0),
        ("0.002", 2_000, 500),
    ] {
        assert_eq!(figure(text), Some((bytes, doubt)), "{text}");
    }
    for text in [
        "",
        "-1",
        "1e3",
        "x",
        "0",
        "1.2345678",
        "1.-5",
        "99999999999999999999",
        "+1",
    ] {
        assert_eq!(figure(text), None, "{text}");
    }
}

#[test]
fn the_number_of_a_release_is_its_name() {
    let size =
        |name: &str| base_size(&ImageRef::parse(name), &Own::default()).map(|size| (size.at_least, size.estimate));
    for (number, name) in [
        ("debian:12-slim", "debian:bookworm-slim"),
        ("debian:13", "debian:trixie"),
        ("ubuntu:noble", "ubuntu:24.04"),
    ] {
        assert!(size(number).is_some_and(|(at_least, _)| at_least > 0), "{number}");
        assert_eq!(size(number), size(name), "{number}");
    }
    assert_eq!(size("debian:11"), None);
}

#[test]
fn the_release_that_was_read_has_the_closer_bounds() {
    let of = |text: &str| base_size(&ImageRef::parse(text), &Own::default());
    let known = of("debian:bookworm").unwrap();
    assert_eq!(known.estimate, Some(116_570_000));
    assert!(known.at_least < 116_565_000 && known.at_least > 110_000_000);
    assert!(known.why.contains("release 12"), "{}", known.why);
    for other in ["httpd:2.4.1-alpine", "busybox"] {
        let other = of(other).unwrap();
        let estimate = other.estimate.unwrap();
        assert_eq!((other.at_least, other.at_most), (estimate / 2, Some(estimate * 2)));
    }
    let pinned = of("debian:bookworm@sha256:ab").unwrap();
    assert_eq!((pinned.at_least, pinned.at_most), (116_570_000 / 2, None));
    let far = of("nginx:1.13-alpine@sha256:ab").unwrap();
    assert_eq!((far.at_least, far.at_most), (0, None));
    assert_eq!(of("python:2.6"), None);
    assert_eq!(of("acme/python:3.12"), None);
}

#[test]
fn a_range_of_releases_narrows_the_bounds_of_each() {
    let of = |text: &str| {
        let size = base_size(&ImageRef::parse(text), &Own::default())?;
        Some((size.at_least / 1_000_000, size.at_most.map(|most| most / 1_000_000)))
    };
    // Half of the size of another release was all that was known of them; of the last three nothing was.
    for (image, at_least, at_most) in [
        ("nginx", 102, Some(324)),
        ("redis:7.2", 107, Some(225)),
        ("node:18.17.0-alpine", 104, Some(255)),
        ("nginx:1.13", 102, None),
        ("docker.elastic.co/kibana/kibana:8.4.1", 354, None),
        ("prom/node-exporter:v1.8.1", 7, Some(75)),
        ("openzipkin/zipkin:2.24", 147, None),
        ("curlimages/curl:8.5.0", 5, Some(84)),
        ("quay.io/minio/minio:RELEASE.2024-01-16T16-07-38Z", 79, None),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", 1920, None),
    ] {
        assert_eq!(of(image), Some((at_least, at_most)), "{image}");
    }
    assert_eq!(of("prom/node-exporter:v1.8.1@sha256:00"), None);
    assert_eq!(of("nginx:1.13@sha256:00"), Some((0, None)));
    // Another variant, an older line.
    for other in [
        "nvidia/cuda:10.1-base",
        "minio/minio:RELEASE.2019-10-12T01-39-57Z",
        "openzipkin/zipkin:1.31",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn what_is_not_known_of_a_size_is_one_sentence() {
    let why = |text: &str| base_size(&ImageRef::parse(text), &Own::default()).unwrap().why;
    assert_eq!(
        why("postgres:9"),
        format!("the catalogue of {TABLE_DATE} has no size of `postgres:9`, only a lower bound from other releases")
    );
    assert_eq!(
        why("prom/node-exporter:v1.8.1"),
        format!(
            "the catalogue of {TABLE_DATE} has no size of `prom/node-exporter:v1.8.1`, only bounds from other releases"
        )
    );
    assert_eq!(
        why("rabbitmq:3-management@sha256:00"),
        format!(
            "the catalogue of {TABLE_DATE} has no size of `rabbitmq:3-management`, only a lower bound: what a pull of \
             rabbitmq:3-management transfers"
        )
    );
}

#[test]
fn what_a_pull_transfers_is_a_lower_end() {
    let of = |text: &str| {
        let size = base_size(&ImageRef::parse(text), &Own::default())?;
        Some((size.at_least / 1_000_000, size.estimate, size.at_most))
    };
    // The tag, a release of its line, and one on another distribution.
    assert_eq!(of("buildpack-deps:jessie-scm"), None);
    assert_eq!(of("rabbitmq:3-management@sha256:00"), Some((106, None, None)));
    assert_eq!(of("ruby:2.7.1"), Some((544, None, None)));
    // Another variant, a release that is too far away, another line.
    for other in ["node:14-stretch-slim", "mongo:3.0", "java:7-jre"] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn a_table_of_ones_own_adds_and_overrides() {
    let own =
        Own::parse("image\ttag\tsize_mb\tlike\nacme/base\t1\t12.000001\tdebian:bookworm\nalpine\t3.22\t9\n").unwrap();
    let of = |text: &str| base_size(&ImageRef::parse(text), &own).unwrap();
    assert_eq!(of("acme/base:1").at_least, 12_000_001);
    assert_eq!(of("acme/base:1").like, "debian:bookworm");
    assert_eq!(of("docker.io/library/alpine:3.22").estimate, Some(9_000_000));
    assert_eq!(of("alpine:3.21").estimate, Some(7_800_000));
    assert_eq!(Own::parse("a\tb\n").unwrap_err().0, 1);
    assert_eq!(Own::parse("image\ttag\tsize_mb\nx\t1\tbig\n").unwrap_err().0, 2);
}

#[test]
fn a_release_that_is_far_from_the_one_that_was_read_has_no_bounds() {
    let bounds = |text: &str| {
        let size = base_size(&ImageRef::parse(text), &Own::default())?;
        Some((size.at_least > 0, size.at_most.is_some()))
    };
    // What it is made from was read.
    assert_eq!(bounds("rust:1.39"), Some((false, false)));
    // What other releases have was seen.
    assert_eq!(bounds("rust:1.64"), Some((true, false)));
    assert_eq!(bounds("python:3.7"), Some((true, false)));
    assert_eq!(bounds("golang:1.15"), Some((true, false)));
    for (image, is_bounded) in [
        // 22.6 MB in 2021, 62 MB in 2026 (docker-library/repo-info).
        ("nginx:1.21.0-alpine", false),
        ("nginx:1.13-alpine", false),
        ("nginx:1.29-alpine", true),
        ("golang:1.9", false),
        ("golang:1.26.4", true),
        ("python:3.2", false),
        ("postgres:17.2", true),
        ("node:22.12-alpine", true),
        ("redis:7.0-alpine", true),
    ] {
        assert_eq!(bounds(image), Some((is_bounded, is_bounded)), "{image}");
    }
}

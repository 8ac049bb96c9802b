use super::refusals;

fn refused(driver: &str, options: &[(&str, &str)]) -> Vec<String> {
    let options: Vec<_> = options.iter().map(|(name, value)| (*name, Some(*value))).collect();
    let found = refusals(driver, &options);
    found
        .into_iter()
        .map(|refusal| refusal.option.unwrap_or_default())
        .collect()
}

/// What engine 20.10 refused at create or start.
#[test]
fn refused_options_are_found() {
    for (driver, options, option) in [
        ("json-file", &[("max_size", "10m")][..], "max_size"),
        ("syslog", &[("max-size", "10m")], "max-size"),
        ("json", &[], ""),
        ("JSON-FILE", &[], ""),
        ("json-file", &[("max-buffer-size", "4m")], "max-buffer-size"),
        ("json-file", &[("mode", "nonblocking")], "mode"),
        ("json-file", &[("max-size", "1m"), ("compress", "true")], "compress"),
        ("json-file", &[("compress", "ja")], "compress"),
        ("json-file", &[("max-size", "0")], "max-size"),
        ("json-file", &[("max-file", "0")], "max-file"),
        ("local", &[("max-file", "1")], "max-file"),
        ("local", &[("max-size", "-1")], "max-size"),
        ("gelf", &[], ""),
        ("syslog", &[("syslog-address", "127.0.0.1:514")], "syslog-address"),
    ] {
        assert_eq!(refused(driver, options), [option], "{driver} {options:?}");
    }
}

/// What engine 20.10 started.
#[test]
fn accepted_options_are_left_alone() {
    for (driver, options) in [
        (
            "json-file",
            &[("max-size", "10MiB"), ("max-file", "2"), ("compress", "true")][..],
        ),
        ("json-file", &[("max-file", "3")]),
        ("json-file", &[("compress", "false"), ("cache-disabled", "true")]),
        ("local", &[("max-size", "0")]),
        ("none", &[("foo", "bar")]),
        ("loki", &[("loki-url", "x")]),
        ("syslog", &[("syslog-facility", "daemon"), ("syslog-format", "rfc5424")]),
    ] {
        assert_eq!(refused(driver, options), Vec::<String>::new(), "{driver} {options:?}");
    }
}

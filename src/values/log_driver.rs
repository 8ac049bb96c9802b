//! Log drivers of the engine: the options that each takes, and the values that it refuses (moby `daemon/logger`, each
//! `ValidateLogOpt` and `New`; asked of engine 20.10).

use super::bytes;

/// Why the engine refuses a driver or an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The option; `None` for the driver.
    pub option: Option<String>,
    /// What is wrong, as the end of a sentence about it: `is not an option of the driver json-file`.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

/// A driver and its own options.
struct Driver {
    name: &'static str,
    options: &'static [&'static str],
    /// Options that it does not start without.
    needs: &'static [&'static str],
}

/// Options that the engine itself takes for every driver.
const COMMON: [&str; 6] = [
    "mode",
    "max-buffer-size",
    "cache-disabled",
    "cache-max-size",
    "cache-max-file",
    "cache-compress",
];

const DRIVERS: [Driver; 9] = [
    driver(
        "json-file",
        &[
            "max-size",
            "max-file",
            "compress",
            "labels",
            "labels-regex",
            "env",
            "env-regex",
            "tag",
        ],
    ),
    driver("local", &["max-size", "max-file", "compress"]),
    driver("journald", &["labels", "labels-regex", "env", "env-regex", "tag"]),
    driver(
        "syslog",
        &[
            "syslog-address",
            "syslog-facility",
            "syslog-format",
            "syslog-tls-ca-cert",
            "syslog-tls-cert",
            "syslog-tls-key",
            "syslog-tls-skip-verify",
            "labels",
            "labels-regex",
            "env",
            "env-regex",
            "tag",
        ],
    ),
    Driver {
        needs: &["gelf-address"],
        ..driver(
            "gelf",
            &[
                "gelf-address",
                "gelf-compression-level",
                "gelf-compression-type",
                "gelf-tcp-max-reconnect",
                "gelf-tcp-reconnect-delay",
                "labels",
                "labels-regex",
                "env",
                "env-regex",
                "tag",
            ],
        )
    },
    driver(
        "fluentd",
        &[
            "fluentd-address",
            "fluentd-async",
            "fluentd-async-connect",
            "fluentd-async-reconnect-interval",
            "fluentd-buffer-limit",
            "fluentd-max-retries",
            "fluentd-read-timeout",
            "fluentd-request-ack",
            "fluentd-retry-wait",
            "fluentd-sub-second-precision",
            "fluentd-write-timeout",
            "labels",
            "labels-regex",
            "env",
            "env-regex",
            "tag",
        ],
    ),
    Driver {
        needs: &["awslogs-group"],
        ..driver(
            "awslogs",
            &[
                "awslogs-create-group",
                "awslogs-create-stream",
                "awslogs-credentials-endpoint",
                "awslogs-datetime-format",
                "awslogs-endpoint",
                "awslogs-force-flush-interval-seconds",
                "awslogs-format",
                "awslogs-group",
                "awslogs-max-buffered-events",
                "awslogs-multiline-pattern",
                "awslogs-region",
                "awslogs-stream",
                "tag",
            ],
        )
    },
    Driver {
        needs: &["splunk-url", "splunk-token"],
        ..driver(
            "splunk",
            &[
                "splunk-caname",
                "splunk-capath",
                "splunk-format",
                "splunk-gzip",
                "splunk-gzip-level",
                "splunk-index",
                "splunk-index-acknowledgment",
                "splunk-insecureskipverify",
                "splunk-source",
                "splunk-sourcetype",
                "splunk-token",
                "splunk-url",
                "splunk-verify-connection",
                "labels",
                "labels-regex",
                "env",
                "env-regex",
                "tag",
            ],
        )
    },
    driver(
        "gcplogs",
        &[
            "gcp-log-cmd",
            "gcp-meta-id",
            "gcp-meta-name",
            "gcp-meta-zone",
            "gcp-project",
            "labels",
            "labels-regex",
            "env",
            "env-regex",
        ],
    ),
];

const FACILITIES: [&str; 20] = [
    "auth", "authpriv", "cron", "daemon", "ftp", "kern", "local0", "local1", "local2", "local3", "local4", "local5",
    "local6", "local7", "lpr", "mail", "news", "syslog", "user", "uucp",
];

const fn driver(name: &'static str, options: &'static [&'static str]) -> Driver {
    Driver {
        name,
        options,
        needs: &[],
    }
}

/// What the engine refuses of a driver with its options; the value of an option is `None` where it is not known. A driver that
/// is not the engine's own may be a plugin: nothing is known of it.
pub(crate) fn refusals(name: &str, options: &[(&str, Option<&str>)]) -> Vec<Refusal> {
    let Some(driver) = DRIVERS.iter().find(|driver| driver.name == name) else {
        return misspelled(name).into_iter().collect();
    };
    let mut found: Vec<Refusal> = options
        .iter()
        .filter(|(option, _)| !driver.options.contains(option) && !COMMON.contains(option))
        .map(|(option, _)| unknown_option(driver, option))
        .collect();
    let value = |wanted: &str| {
        let option = options.iter().find(|(option, _)| *option == wanted);
        option.map(|(_, value)| *value)
    };
    for need in driver.needs {
        if value(need).is_none() {
            found.push(Refusal {
                option: None,
                why: format!("requires the option `{need}`"),
                help: format!("set `{need}` under `options`"),
            });
        }
    }
    found.extend(mode(value("mode"), value("max-buffer-size")));
    match name {
        "json-file" => found.extend(json_file(&value)),
        "local" => found.extend(local(&value)),
        "syslog" => found.extend(syslog(&value)),
        "gelf" => found.extend(address("gelf-address", value("gelf-address"), &["udp", "tcp"])),
        _ => {}
    }
    found
}

/// The engine's own driver that a word means and does not say.
fn misspelled(name: &str) -> Option<Refusal> {
    let plain = |text: &str| -> String {
        text.to_ascii_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect()
    };
    let meant = match plain(name).as_str() {
        "json" | "file" | "jsonlog" => Some("json-file"),
        word => DRIVERS
            .iter()
            .map(|driver| driver.name)
            .chain(["none"])
            .find(|known| *known != name && plain(known) == word),
    };
    meant.filter(|_| name != "none").map(|meant| Refusal {
        option: None,
        why: format!("is not a driver of the engine; `{meant}` is"),
        help: match meant {
            // It grows without end unless it is told not to.
            "json-file" => {
                "write `driver: local`, which rotates by itself, or `driver: json-file` with a `max-size`".to_owned()
            }
            _ => format!("write `driver: {meant}`"),
        },
    })
}

fn unknown_option(driver: &Driver, option: &str) -> Refusal {
    let near = super::nearest(option, driver.options.iter().chain(&COMMON).copied());
    let bounds_size = driver.options.contains(&"max-size");
    let help = match near {
        Some(near) => format!("write `{near}`"),
        None if option.starts_with("max-") && !bounds_size => {
            format!(
                "remove it: {} does not rotate files, `json-file` and `local` do",
                driver.name
            )
        }
        None => "remove it".to_owned(),
    };
    Refusal {
        option: Some(option.to_owned()),
        why: format!("is not an option of the driver `{}`", driver.name),
        help,
    }
}

fn refuse(option: &str, why: &str, help: &str) -> Refusal {
    Refusal {
        option: Some(option.to_owned()),
        why: why.to_owned(),
        help: help.to_owned(),
    }
}

type Given<'a> = Option<Option<&'a str>>;

fn mode(mode: Given<'_>, buffer: Given<'_>) -> Option<Refusal> {
    match (mode, buffer) {
        (Some(Some("blocking" | "non-blocking")) | Some(None) | None, None) => None,
        (Some(Some("non-blocking")) | Some(None), Some(size)) => {
            let is_bad = size.is_some_and(|size| bytes::compose(size).is_none());
            is_bad.then(|| refuse("max-buffer-size", "is not a size", "write a number and k, m or g: `4m`"))
        }
        (Some(Some("blocking")) | None, Some(_)) => Some(refuse(
            "max-buffer-size",
            "requires `mode: non-blocking`",
            "set `mode: non-blocking`, or remove it",
        )),
        (Some(Some(_)), _) => Some(refuse("mode", "is not a mode", "write `blocking` or `non-blocking`")),
    }
}

/// A number of files, where it is written and is one.
fn count(value: Given<'_>) -> Option<Result<i64, Refusal>> {
    let text = value??;
    Some(
        text.parse::<i64>()
            .map_err(|_| refuse("max-file", "is not a number", "write a number: `\"3\"`")),
    )
}

fn is_true(value: Given<'_>) -> Option<Result<bool, Refusal>> {
    Some(match value?? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(refuse(
            "compress",
            "is not a boolean",
            "write `\"true\"` or `\"false\"`",
        )),
    })
}

fn json_file<'a>(value: &dyn Fn(&str) -> Given<'a>) -> Option<Refusal> {
    if let Some(Some(size)) = value("max-size")
        && bytes::decimal(size).is_none_or(|size| size <= 0)
    {
        let help = "write a number above 0 and k, m or g: `10m`; without the option the log grows without end";
        return Some(refuse("max-size", "is not a size above 0", help));
    }
    let files = match count(value("max-file")) {
        Some(Err(refusal)) => return Some(refusal),
        Some(Ok(files)) if files < 1 => {
            return Some(refuse("max-file", "is less than 1", "write 1 or more"));
        }
        files => files.and_then(Result::ok),
    };
    match is_true(value("compress"))? {
        Err(refusal) => Some(refusal),
        Ok(true) => {
            let few = files.map_or(value("max-file").is_none(), |files| files < 2);
            (few || value("max-size").is_none()).then(|| {
                let help = "set `max-size` and `max-file: \"2\"` or more, or remove `compress`";
                refuse("compress", "requires `max-size` and a `max-file` of 2 or more", help)
            })
        }
        Ok(false) => None,
    }
}

fn local<'a>(value: &dyn Fn(&str) -> Given<'a>) -> Option<Refusal> {
    if let Some(Some(size)) = value("max-size")
        && bytes::compose(size).is_none_or(|size| size < 0)
    {
        return Some(refuse(
            "max-size",
            "is not a size",
            "write a number and k, m or g: `20m`",
        ));
    }
    let files = match count(value("max-file")) {
        Some(Err(refusal)) => return Some(refusal),
        files => files.and_then(Result::ok),
    };
    // This driver compresses unless it is told not to.
    let compresses = match is_true(value("compress")) {
        None => value("compress").is_none(),
        Some(Ok(flag)) => flag,
        Some(Err(refusal)) => return Some(refusal),
    };
    (files.is_some_and(|files| files < 2) && compresses).then(|| {
        let help = "write 2 or more, or set `compress: \"false\"`";
        refuse("max-file", "is less than 2, and the driver `local` compresses", help)
    })
}

fn syslog<'a>(value: &dyn Fn(&str) -> Given<'a>) -> Option<Refusal> {
    if let Some(Some(facility)) = value("syslog-facility")
        && !FACILITIES.contains(&facility)
        && facility.parse::<u8>().is_ok_and(|number| number > 23) | facility.parse::<u8>().is_err()
    {
        let help = "write one of auth, cron, daemon, kern, local0 to local7, mail, syslog, user";
        return Some(refuse("syslog-facility", "is not a facility", help));
    }
    if let Some(Some(format)) = value("syslog-format")
        && !matches!(format, "" | "rfc3164" | "rfc5424" | "rfc5424micro")
    {
        return Some(refuse(
            "syslog-format",
            "is not a format",
            "write rfc3164, rfc5424 or rfc5424micro",
        ));
    }
    let schemes = ["udp", "tcp", "tcp+tls", "unix", "unixgram"];
    address("syslog-address", value("syslog-address"), &schemes)
}

fn address(option: &str, value: Given<'_>, schemes: &[&str]) -> Option<Refusal> {
    let text = value??;
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let fits = text.is_empty() || scheme.is_some_and(|scheme| schemes.contains(&scheme));
    (!fits).then(|| {
        let help = format!("write `{}://HOST:PORT`", schemes.first().copied().unwrap_or("udp"));
        refuse(option, "does not begin with a protocol that the driver knows", &help)
    })
}

#[cfg(test)]
mod tests;

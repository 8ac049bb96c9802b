//! What is asked of one setting: `<= 1GiB`, `!root`, `true`, `*`.

use crate::config::figure::{Figure, Kind, Refused};
use crate::parse::yaml::Data;
use globset::{GlobBuilder, GlobMatcher};

/// What a setting is, and so which conditions it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A figure.
    Amount(Kind),
    /// `true` or `false`.
    Flag,
    /// A text.
    Text,
    /// Texts, of which one has to match.
    List,
}

/// The settings with a name of their own: those of every image first, then those that only a service has.
const OF_IMAGE: [(&str, Class); 16] = [
    ("base", Class::Text),
    ("command", Class::Text),
    ("dockerfile", Class::Text),
    ("entrypoint", Class::Text),
    ("exposed_ports", Class::List),
    ("healthcheck.interval", Class::Amount(Kind::Time)),
    ("healthcheck.retries", Class::Amount(Kind::Count)),
    ("healthcheck.start_period", Class::Amount(Kind::Time)),
    ("healthcheck.test", Class::Text),
    ("healthcheck.timeout", Class::Amount(Kind::Time)),
    ("image_volumes", Class::List),
    ("profile", Class::Text),
    ("stage", Class::Text),
    ("stop_signal", Class::Text),
    ("user", Class::Text),
    ("workdir", Class::Text),
];
const OF_SERVICE: [(&str, Class); 28] = [
    ("cap_add", Class::List),
    ("cap_drop", Class::List),
    ("cpu_period", Class::Amount(Kind::Count)),
    ("cpu_quota", Class::Amount(Kind::Count)),
    ("cpu_shares", Class::Amount(Kind::Count)),
    ("cpus", Class::Amount(Kind::Number)),
    ("devices", Class::List),
    ("image", Class::Text),
    ("ipc", Class::Text),
    ("logging.driver", Class::Text),
    ("memory", Class::Amount(Kind::Size)),
    ("memory_reservation", Class::Amount(Kind::Size)),
    ("network_mode", Class::Text),
    ("networks", Class::List),
    ("pid", Class::Text),
    ("pids", Class::Amount(Kind::Count)),
    ("ports", Class::List),
    ("privileged", Class::Flag),
    ("profiles", Class::List),
    ("read_only", Class::Flag),
    ("replicas", Class::Amount(Kind::Count)),
    ("restart", Class::Text),
    ("security_opt", Class::List),
    ("service", Class::Text),
    ("shm_size", Class::Amount(Kind::Size)),
    ("swap", Class::Amount(Kind::Size)),
    ("tmpfs", Class::List),
    ("volumes", Class::List),
];
/// The beginnings of names that go on with whatever is asked for.
const OPEN: [(&str, Class); 3] = [
    ("environment.", Class::Text),
    ("labels.", Class::Text),
    ("logging.options.", Class::Text),
];

/// The names of all settings.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OF_IMAGE.iter().chain(&OF_SERVICE).chain(&OPEN).map(|(name, _)| *name)
}

/// What a setting is; `None` where there is none of this name.
pub(crate) fn class(name: &str) -> Option<Class> {
    let named = OF_IMAGE.iter().chain(&OF_SERVICE).find(|(known, _)| *known == name);
    let open = || {
        OPEN.iter()
            .find(|(start, _)| name.strip_prefix(start).is_some_and(|rest| !rest.is_empty()))
    };
    named.or_else(open).map(|(_, class)| *class)
}

/// Whether only services have it.
pub(crate) fn is_of_service(name: &str) -> bool {
    name.starts_with("logging.") || OF_SERVICE.iter().any(|(known, _)| *known == name)
}

/// How an amount stands to the one that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

const ORDERS: [(&str, Order); 6] = [
    ("<=", Order::AtMost),
    (">=", Order::AtLeast),
    ("==", Order::Equal),
    ("<", Order::Less),
    (">", Order::More),
    ("=", Order::Equal),
];

impl Order {
    /// Whether `actual` stands so to `written`.
    pub(crate) fn holds(self, actual: f64, written: f64) -> bool {
        match self {
            Order::Less => actual < written,
            Order::AtMost => actual <= written,
            #[allow(clippy::float_cmp)] // Both were read from a file.
            Order::Equal => actual == written,
            Order::AtLeast => actual >= written,
            Order::More => actual > written,
        }
    }
}

/// What is asked of one setting.
#[derive(Debug)]
pub(crate) enum Test {
    /// All of these hold.
    Amount(Vec<(Order, f64)>),
    /// A pattern, and whether something has to match it, or nothing may.
    Text(GlobMatcher, bool),
    /// It is this.
    Flag(bool),
    /// It is set, or is not.
    Set(bool),
}

/// Reads a condition for a setting of this class.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(super) fn read(name: &str, class: Class, text: &str) -> Result<Test, Refused> {
    let text = text.trim();
    match (text, class) {
        ("*", _) => Ok(Test::Set(true)),
        ("!*", _) => Ok(Test::Set(false)),
        ("true", Class::Flag) => Ok(Test::Flag(true)),
        ("false", Class::Flag) => Ok(Test::Flag(false)),
        (_, Class::Flag) => Err((format!("`{name}` must be true or false, not `{text}`"), String::new())),
        (_, Class::Amount(kind)) => amounts(name, kind, text),
        (_, Class::Text | Class::List) => {
            let (pattern, holds) = match text.strip_prefix('!') {
                Some(rest) => (rest, false),
                None => (text, true),
            };
            // An order that is asked of a text is a mistake.
            if ORDERS.iter().any(|(sign, _)| pattern.starts_with(sign)) {
                return Err((
                    format!("`{name}` is a string: `{text}` cannot be compared"),
                    "write a pattern".to_owned(),
                ));
            }
            let glob = GlobBuilder::new(pattern).build();
            let refused =
                |error: globset::Error| (format!("`{text}` is not a pattern: {}", error.kind()), String::new());
            Ok(Test::Text(glob.map_err(refused)?.compile_matcher(), holds))
        }
    }
}

fn amounts(name: &str, kind: Kind, text: &str) -> Result<Test, Refused> {
    let mut found = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let signed = ORDERS
            .iter()
            .find_map(|(sign, order)| Some((*order, part.strip_prefix(sign)?)));
        let (order, written) = signed.unwrap_or((Order::Equal, part));
        let written = written.trim();
        let data = match (kind, written.parse::<i64>(), written.parse::<f64>()) {
            (Kind::Count | Kind::Number | Kind::Size, Ok(whole), _) => Data::Int(whole),
            (Kind::Number, _, Ok(number)) => Data::Float(number),
            _ => Data::Str(written.to_owned()),
        };
        match kind.read(name, &data)? {
            Figure::Amount(amount) => found.push((order, amount)),
            _ => return Err((format!("`{text}` is not a figure"), String::new())),
        }
    }
    let bound = |orders: [Order; 3]| {
        found
            .iter()
            .filter(move |(order, _)| orders.contains(order))
            .map(|(_, amount)| *amount)
    };
    let least = bound([Order::More, Order::AtLeast, Order::Equal]).fold(f64::NEG_INFINITY, f64::max);
    let most = bound([Order::Less, Order::AtMost, Order::Equal]).fold(f64::INFINITY, f64::min);
    if least > most {
        return Err((
            format!("no value can be `{text}`"),
            "write a range that includes a value".to_owned(),
        ));
    }
    Ok(Test::Amount(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_by_what_the_setting_is() {
        let of = |name: &str, text: &str| read(name, class(name).unwrap(), text);
        assert!(
            matches!(of("memory", "<= 1GiB"), Ok(Test::Amount(parts)) if parts == [(Order::AtMost, 1_073_741_824.0)])
        );
        assert!(matches!(of("cpus", "0.5"), Ok(Test::Amount(parts)) if parts == [(Order::Equal, 0.5)]));
        assert!(matches!(of("healthcheck.interval", "< 30s, >= 5s"), Ok(Test::Amount(parts)) if parts.len() == 2));
        assert!(matches!(of("user", "!root"), Ok(Test::Text(_, false))));
        assert!(matches!(of("read_only", "true"), Ok(Test::Flag(true))));
        assert!(matches!(of("labels.team", "*"), Ok(Test::Set(true))));
        for (name, text) in [
            ("memory", "<= 1G1"),
            ("memory", "<= 100"),
            ("memory", ">= 2GiB, <= 1GiB"),
            ("pids", "few"),
            ("read_only", "yes please"),
            ("user", "<= 5"),
        ] {
            assert!(of(name, text).is_err(), "{name}: {text}");
        }
        assert_eq!(class("memry"), None);
        assert_eq!(class("labels."), None);
    }
}

//! Which flags an instruction has and what they may say (BuildKit `instructions/bflag.go` and `commands_run*.go`).

use super::{Flag, Refusals};

/// How often a flag may stand and what it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Bool,
    Value,
    Values,
}

fn known(keyword: &str) -> &'static [(&'static str, Takes)] {
    match keyword {
        "ADD" => &[
            ("chown", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("keep-git-dir", Takes::Bool),
            ("checksum", Takes::Value),
            ("unpack", Takes::Bool),
            ("exclude", Takes::Values),
        ],
        "COPY" => &[
            ("chown", Takes::Value),
            ("from", Takes::Value),
            ("chmod", Takes::Value),
            ("link", Takes::Bool),
            ("exclude", Takes::Values),
            ("parents", Takes::Bool),
        ],
        "FROM" => &[("platform", Takes::Value)],
        "HEALTHCHECK" => &[
            ("interval", Takes::Value),
            ("timeout", Takes::Value),
            ("start-period", Takes::Value),
            ("start-interval", Takes::Value),
            ("retries", Takes::Value),
        ],
        "RUN" => &[
            ("mount", Takes::Values),
            ("network", Takes::Value),
            ("security", Takes::Value),
            ("device", Takes::Values),
        ],
        _ => &[],
    }
}

/// Refuses flags that the instruction has not, that are given twice, or that lack their value.
pub(super) fn check(keyword: &str, flags: &[Flag], refusals: &mut Refusals) {
    // These never look at their flags.
    if matches!(keyword, "ARG" | "STOPSIGNAL") {
        return;
    }
    if refusals.full() {
        return;
    }
    let known = known(keyword);
    let mut seen: Vec<&str> = Vec::new();
    for flag in flags {
        let name = flag.name.value.as_str();
        let Some((_, takes)) = known.iter().find(|(known, _)| *known == name) else {
            let names = known.iter().map(|(name, _)| *name);
            let help = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean --{near}?"),
                None if known.is_empty() => format!("{keyword} has no flags"),
                None => format!(
                    "valid flags of {keyword}: {}",
                    names.map(|name| format!("--{name}")).collect::<Vec<_>>().join(", ")
                ),
            };
            refusals.add(flag.span, format!("{keyword} has no flag --{name}"), help);
            continue;
        };
        if *takes != Takes::Values && seen.contains(&name) {
            refusals.add(flag.span, format!("--{name} is given twice"), "keep one of them");
        }
        if !seen.contains(&name) {
            seen.push(name);
        }
        let value = flag.value.as_ref().map(|value| value.value.as_str());
        match (takes, value) {
            (Takes::Value | Takes::Values, None) | (Takes::Bool, Some("")) => {
                let help = format!("write --{name}=VALUE");
                refusals.add(flag.span, format!("--{name} has no value"), help);
            }
            (Takes::Bool, Some(value)) if !matches!(value.to_ascii_lowercase().as_str(), "true" | "false") => {
                let help = format!("write --{name} or --{name}=false");
                refusals.add(
                    flag.span,
                    format!("--{name} is {value}; it must be true or false"),
                    help,
                );
            }
            _ => {}
        }
        check_value(name, flag, refusals);
    }
}

fn check_value(name: &str, flag: &Flag, refusals: &mut Refusals) {
    let Some(value) = flag.value.as_ref() else { return };
    let text = value.value.as_str();
    let one_of = |refusals: &mut Refusals, allowed: &[&str]| {
        if !allowed.contains(&text) {
            let help = format!("one of {}", allowed.join(", "));
            refusals.add(value.span, format!("--{name} is {text}"), help);
        }
    };
    match name {
        "network" => one_of(refusals, &["default", "none", "host"]),
        "security" => one_of(refusals, &["insecure", "sandbox"]),
        "interval" | "timeout" | "start-period" | "start-interval" if !text.is_empty() => match duration(text) {
            None => {
                let help = "write a number and a unit: 30s, 1m30s, 500ms";
                refusals.add(value.span, format!("--{name} is {text}, which is not a duration"), help);
            }
            Some(nanos) if nanos != 0 && nanos < 1_000_000 => {
                let message = format!("--{name} is {text}, which is less than 1ms");
                refusals.add(value.span, message, "write at least 1ms");
            }
            Some(_) => {}
        },
        "retries" if !text.is_empty() => {
            let whole = text.parse::<i32>();
            if whole.is_err() || whole.is_ok_and(|count| count < 0) {
                let message = format!("--retries is {text}, which is not a count");
                refusals.add(value.span, message, "write a whole number of at least 0");
            }
        }
        _ => {}
    }
}

/// The candidate that was probably meant.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A long word is no typo of a short one, and the distance costs the product of the lengths.
    if word.len() > 24 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    candidates
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len().max(2))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A Go duration (`1m30s`, `500ms`, `0`) in nanoseconds; `None` if it is none or too long to count.
pub fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|ch: char| !ch.is_ascii_digit() && ch != '.')
            .unwrap_or(rest.len());
        let number: f64 = rest.get(..digits).filter(|number| *number != ".")?.parse().ok()?;
        rest = rest.get(digits..)?;
        let length = rest
            .find(|ch: char| ch.is_ascii_digit() || ch == '.')
            .unwrap_or(rest.len());
        total += number
            * match rest.get(..length)? {
                "ns" => 1.0,
                "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                _ => return None,
            };
        rest = rest.get(length..)?;
    }
    // Go counts in 63 bits.
    (total < 9.2e18).then_some((sign * total) as i64)
}

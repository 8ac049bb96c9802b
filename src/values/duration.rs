//! Durations as Compose reads them.

/// A duration in nanoseconds (xhit/go-str2duration, which compose-go uses): signed sums of a decimal number and a unit of
/// `w d h m s ms us µs ns`; a unit is mandatory except for a bare `0`. `None` if Compose refuses it.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits_end = rest
            .find(|character: char| !(character.is_ascii_digit() || character == '.'))
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits_end)?;
        let amount: f64 = number.parse().ok()?;
        let unit_end = after
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        total += amount
            * match unit {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "d" => 24.0 * 3600e9,
                "w" => 7.0 * 24.0 * 3600e9,
                _ => return None,
            };
        rest = next;
    }
    if total > 9.2e18 {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)]
    let nanoseconds = total as i64;
    Some(if negative { -nanoseconds } else { nanoseconds })
}

/// The duration that somebody means who writes a number and a word, and whether no other can be: `30 seconds`, `5`.
pub(crate) fn near(text: &str) -> Option<(String, bool)> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit.trim() {
        "" => return (!number.is_empty() && number.len() < 7).then(|| (format!("{number}s"), false)),
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        _ => return None,
    };
    (!number.is_empty() && number.len() < 7).then(|| (format!("{number}{unit}"), true))
}

#[cfg(test)]
mod tests {
    use super::{near, parse};

    #[test]
    fn durations_are_sums_with_units() {
        assert_eq!(parse("1m30s"), Some(90_000_000_000));
        assert_eq!(parse("1.5s"), Some(1_500_000_000));
        assert_eq!(parse("-1s"), Some(-1_000_000_000));
        assert_eq!(parse("0"), Some(0));
        for text in ["", "30", "1 s", "s", "1x", "1.2.3s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_meant_is_near() {
        for (text, wanted) in [
            ("30 seconds", Some(("30s", true))),
            ("5", Some(("5s", false))),
            ("10 Min", Some(("10m", true))),
            ("500 ms", Some(("500ms", true))),
            ("half a minute", None),
            ("1.5 s", None),
            ("", None),
            ("1 fortnight", None),
        ] {
            let near = near(text);
            assert_eq!(
                near.as_ref().map(|(near, sure)| (near.as_str(), *sure)),
                wanted,
                "{text}"
            );
            assert!(near.as_ref().is_none_or(|(near, _)| parse(near).is_some()), "{text}");
        }
    }
}

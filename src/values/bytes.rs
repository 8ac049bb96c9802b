//! Byte sizes: Compose's grammar, the budgets' grammar, and how sizes are printed.

use super::number::Real;
use crate::failure::Failure;

/// 1 MiB.
pub(crate) const MIB: i64 = 1 << 20;

/// A size as Compose reads it (docker/go-units `RAMInBytes`): a decimal number, at most one space, one of `k m g t p`,
/// then `b` or `ib`, in any case. All units are binary: `1gb` is 2^30. `None` if Compose refuses it.
pub(crate) fn compose(text: &str) -> Option<i64> {
    scaled(text, 1024.0)
}

/// A size as the log drivers of the engine read it (docker/go-units `FromHumanSize`): the grammar of [`compose`] with
/// powers of 1000. `None` if they refuse it.
pub(crate) fn decimal(text: &str) -> Option<i64> {
    scaled(text, 1000.0)
}

fn scaled(text: &str, step: f64) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let digits_end = lower.rfind(|character: char| character.is_ascii_digit() || character == '.')? + 1;
    let (number, suffix) = lower.split_at_checked(digits_end)?;
    // The separating space belongs to the suffix side in go-units, which cuts at the last digit, dot or space.
    let suffix = suffix.strip_prefix(' ').unwrap_or(suffix);
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
    if number < 0.0 {
        return None;
    }
    let power = match suffix
        .strip_suffix("ib")
        .or_else(|| suffix.strip_suffix('b'))
        .unwrap_or(suffix)
    {
        "" if suffix == "ib" => return None,
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let bytes = number * step.powi(power);
    // Go's conversion of an out-of-range float is undefined; such a size is refused here.
    #[allow(clippy::cast_possible_truncation)]
    (bytes < 9.2e18).then_some(bytes as i64)
}

/// A size as budgets write it: a number and a unit with its meaning spelled out: `B kB MB GB TB` (powers of 1000) or
/// `KiB MiB GiB TiB` (powers of 1024). A bare `M` is refused, because people mean both by it.
///
/// # Errors
/// A sentence that says what is wrong and what to write.
pub(crate) fn budget(text: &str) -> Result<i64, Failure> {
    let text = text.trim();
    let digits_end = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits_end).unwrap_or((text, ""));
    let amount: f64 = number.parse().map_err(|_| {
        Failure::new(format!(
            "`{text}` is not a size: write a number and a unit, like 128MiB"
        ))
    })?;
    let factor: f64 = match unit.trim() {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        "" => {
            return Err(Failure::new(format!(
                "`{text}` has no unit: write {text}MiB or {text}MB"
            )));
        }
        short @ ("k" | "K" | "m" | "M" | "g" | "G" | "t" | "T" | "mb" | "gb" | "Mi" | "Gi") => {
            let letter = short.get(..1).unwrap_or("M").to_uppercase();
            return Err(Failure::new(format!(
                "the unit `{short}` can mean two things: write {number}{letter}iB (1024) or {number}{letter}B (1000)"
            )));
        }
        other => {
            return Err(Failure::new(format!(
                "`{other}` is not a unit of size: use kB, MB, GB (1000) or KiB, MiB, GiB (1024)"
            )));
        }
    };
    let bytes = amount * factor;
    if !(0.0..9.2e18).contains(&bytes) {
        return Err(Failure::new(format!("`{text}` is out of range")));
    }
    #[allow(clippy::cast_possible_truncation)]
    Ok(bytes as i64)
}

/// A size as a Compose file writes it: `128m`, `2g`, `1500k`, `17b`.
pub(crate) fn written(bytes: i64) -> String {
    for (letter, size) in [("g", 1_i64 << 30), ("m", 1 << 20), ("k", 1 << 10)] {
        if bytes >= size && bytes % size == 0 {
            return format!("{}{letter}", bytes / size);
        }
    }
    format!("{bytes}b")
}

/// A size for people, in the largest unit that it is a short number of: `128 MiB`, `50 MB`, `1.5 GiB`, `17 bytes`.
pub(crate) fn show(bytes: i64) -> String {
    const BINARY: [(&str, i64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    const DECIMAL: [(&str, i64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    // What was written in one system reads well in that system only: take the one in which the number is short.
    for (name, size) in BINARY.into_iter().chain(DECIMAL) {
        if bytes >= size && bytes % size == 0 && bytes / size < 10_000 {
            return format!("{} {name}", bytes / size);
        }
    }
    for (name, size) in BINARY {
        if bytes >= size {
            let amount = bytes.real() / size.real();
            let text = format!("{amount:.2}");
            return format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'));
        }
    }
    if bytes == 1 {
        "1 byte".to_owned()
    } else {
        format!("{bytes} bytes")
    }
}

/// A size in decimal units, as images are told: `116.6 MB`, `2.5 kB`, `17 bytes`, `1.25 GB`.
pub(crate) fn megabytes(bytes: u64) -> String {
    let amount = bytes.real();
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", amount / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", amount / 1e6),
        _ => format!("{:.2} GB", amount / 1e9),
    }
}

/// The size that somebody means who writes a number and a word, and whether no other can be: `512 megabytes`, `512MBs`.
pub(crate) fn near(text: &str) -> Option<(String, bool)> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim();
    let letter = ["k", "m", "g"].into_iter().find(|letter| unit.starts_with(letter))?;
    let rest = unit.get(1..)?;
    let words = ["", "b", "bs", "i", "ib", "ibs", "byte", "bytes", "bit", "o"];
    let long = [
        "ilobytes", "ilobyte", "ibibytes", "ebibytes", "egabytes", "egabyte", "egs", "eg", "igabytes", "igabyte",
        "igs", "ig",
    ];
    let is_known = words.contains(&rest) && rest != "bit" || long.contains(&rest);
    (is_known && !number.is_empty() && number.len() < 10).then(|| (format!("{number}{letter}"), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_sizes_are_binary_whatever_they_are_called() {
        for (text, bytes) in [
            ("128m", 134_217_728),
            ("128M", 134_217_728),
            ("128MB", 134_217_728),
            ("128MiB", 134_217_728),
            ("128 M", 134_217_728),
            (".5g", 536_870_912),
            ("134217728b", 134_217_728),
            ("134217728", 134_217_728),
            ("1.5", 1),
            ("0.1g", 107_374_182),
            ("0", 0),
        ] {
            assert_eq!(compose(text), Some(bytes), "{text}");
        }
        for text in ["", "512Mi", "-512m", "m", "12x", "1  m", "ib", "9999999999999999g"] {
            assert_eq!(compose(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_of_logs_are_decimal() {
        assert_eq!(decimal("5m"), Some(5_000_000));
        assert_eq!(decimal("10MB"), Some(10_000_000));
        assert_eq!(decimal("-1"), None);
    }

    #[test]
    fn sizes_are_written_as_compose_reads_them() {
        for bytes in [134_217_728, 2_147_483_648, 1_536_000, 17] {
            assert_eq!(compose(&written(bytes)), Some(bytes));
        }
        assert_eq!(written(134_217_728), "128m");
    }

    #[test]
    fn budgets_need_a_unit_with_one_meaning() {
        assert_eq!(budget("128MiB"), Ok(134_217_728));
        assert_eq!(budget("100 MB"), Ok(100_000_000));
        assert_eq!(budget("1.5 GB"), Ok(1_500_000_000));
        assert!(budget("128M").unwrap_err().to_string().contains("128MiB"));
        assert!(budget("128").unwrap_err().to_string().contains("no unit"));
        assert!(budget("x").is_err());
        assert!(budget("5 parsec").is_err());
    }

    #[test]
    fn sizes_of_images_are_decimal() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (2_500, "2.5 kB"),
            (116_570_000, "116.6 MB"),
            (1_250_000_000, "1.25 GB"),
        ] {
            assert_eq!(megabytes(bytes), text);
        }
    }

    #[test]
    fn sizes_print_in_the_unit_that_they_were_meant_in() {
        for (bytes, text) in [
            (134_217_728, "128 MiB"),
            (100_000_000, "100 MB"),
            (1_610_612_736, "1536 MiB"),
            (1_234_567, "1.18 MiB"),
            (5, "5 bytes"),
            (1, "1 byte"),
        ] {
            assert_eq!(show(bytes), text);
        }
    }

    #[test]
    fn what_is_meant_is_near() {
        for (text, wanted) in [
            ("512 megabytes", Some("512m")),
            ("512MBs", Some("512m")),
            ("2 Gigs", Some("2g")),
            ("50MB", Some("50m")),
            ("10 mbit", None),
            ("lots", None),
            ("m", None),
            ("1.5 gigs", None),
        ] {
            let near = near(text);
            assert_eq!(near.as_ref().map(|(near, _)| near.as_str()), wanted, "{text}");
            assert!(near.as_ref().is_none_or(|(near, _)| compose(near).is_some()), "{text}");
        }
    }
}

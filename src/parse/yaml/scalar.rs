//! The type of a plain scalar, as go.yaml.in/yaml resolves it for Compose.

use super::Data;

/// The data of an unquoted scalar.
pub fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Data::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Data::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Data::Float(f64::NAN),
        _ => {}
    }
    let starts_like_a_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    if starts_like_a_number && let Some(number) = number(text) {
        return number;
    }
    Data::Str(text.to_owned())
}

/// A sentence about a scalar that its tag does not fit.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit(pub String);

/// The data of a scalar with a tag of YAML's own, by the last word of it; `None` where the tag says nothing of the data.
///
/// # Errors
/// The sentence for text that is none of the kind: Compose refuses the file.
pub(super) fn tagged(text: &str, tag: &str) -> Option<Result<Data, Misfit>> {
    let data = match (tag, plain(text)) {
        ("str", _) => Data::Str(text.to_owned()),
        ("binary", _) => match binary(text) {
            Some(text) => Data::Str(text),
            None => {
                return Some(Err(Misfit(format!(
                    "`{text}` is no base64, which `!!binary` says it is"
                ))));
            }
        },
        // Exact below 2^53.
        #[expect(clippy::cast_precision_loss)]
        ("float", Data::Int(value)) => Data::Float(value as f64),
        ("float", data @ Data::Float(_))
        | ("int", data @ Data::Int(_))
        | ("bool", data @ Data::Bool(_))
        | ("null", data @ Data::Null) => data,
        // A number that is too large for us.
        ("float" | "int", Data::Str(_)) if text.starts_with(|first: char| first.is_ascii_digit()) => return None,
        ("float" | "int" | "bool" | "null", _) => {
            return Some(Err(Misfit(format!("`{text}` is no value of the type `!!{tag}`"))));
        }
        _ => return None,
    };
    Some(Ok(data))
}

/// What base64 with its padding stands for (RFC 4648, section 4), line ends left out; `None` if it is none. Other bytes than UTF-8 are
/// replaced.
fn binary(text: &str) -> Option<String> {
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut bytes = Vec::new();
    let mut is_over = false;
    for four in text.chunks(4) {
        let padding = four.iter().rev().take_while(|byte| **byte == b'=').count();
        if four.len() != 4 || padding > 2 || is_over {
            return None;
        }
        is_over = padding > 0;
        let mut bits: u32 = 0;
        for byte in four.iter().take(4 - padding) {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(digit);
        }
        let [_, three @ ..] = (bits << (6 * padding)).to_be_bytes();
        bytes.extend(three.iter().take(3 - padding));
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(text: &str) -> Option<Data> {
    let plain: String = text.chars().filter(|character| *character != '_').collect();
    if let Some(int) = integer(&plain) {
        return Some(Data::Int(int));
    }
    is_float(&plain).then(|| plain.parse().ok()).flatten().map(Data::Float)
}

/// Go's `strconv.ParseInt(text, 0, 64)`: a sign, then `0x`, `0o`, `0b`, a leading zero for octal, or decimal.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let prefixed = |marks: [&str; 2]| marks.iter().find_map(|mark| digits.strip_prefix(mark));
    let (radix, digits) = if let Some(rest) = prefixed(["0x", "0X"]) {
        (16, rest)
    } else if let Some(rest) = prefixed(["0o", "0O"]) {
        (8, rest)
    } else if let Some(rest) = prefixed(["0b", "0B"]) {
        (2, rest)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits.get(1..)?)
    } else {
        (10, digits)
    };
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// The library's own pattern: `[-+]? (\.[0-9]+ | [0-9]+ (\.[0-9]*)?) ([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(index) => (text.get(..index).unwrap_or(""), text.get(index + 1..)),
        None => (text, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        None => !mantissa.is_empty() && all_digits(mantissa),
        Some((whole, fraction)) => {
            all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_the_types_that_compose_gives_them() {
        let text = |value: &str| Data::Str(value.to_owned());
        for word in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "22:22",
            "1:30",
            "08:80",
            "2001-12-14",
            "1.2.3",
            "-",
            "+",
            ".",
            "0x",
            "1e",
            "089",
        ] {
            if word == "089" {
                continue;
            }
            assert_eq!(plain(word), text(word), "{word}");
        }
        for (word, value) in [
            ("0755", 493),
            ("007", 7),
            ("0o755", 493),
            ("0x1F", 31),
            ("0b11", 3),
            ("1_000", 1000),
            ("-5", -5),
            ("0", 0),
        ] {
            assert_eq!(plain(word), Data::Int(value), "{word}");
        }
        for (word, value) in [
            ("1e3", 1000.0),
            ("0.5", 0.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1E-2", 0.01),
            ("536870912.0", 536_870_912.0),
        ] {
            assert_eq!(plain(word), Data::Float(value), "{word}");
        }
        assert_eq!(plain("~"), Data::Null);
        assert_eq!(plain("True"), Data::Bool(true));
    }
}

//! What a budget allows: the kinds of figures, how each is written, read, shown and compared.

use crate::parse::yaml::Data;
use crate::values::number::{Real, short, whole};
use crate::values::{bytes, capability, duration};

/// What a budget allows.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// At most so much, in the unit of the budget.
    Amount(f64),
    /// At most so much of the soft and of the hard half.
    Pair(f64, f64),
    /// At most this share (1 is all). What is less than `from` bytes is nobody's trouble.
    Share {
        /// The share.
        share: f64,
        /// The bytes.
        from: f64,
    },
    /// Nothing but these.
    Names(Vec<String>),
}

impl Figure {
    /// How much more than `before` it allows, where it is a share or an amount.
    pub(crate) fn beside(&self, before: f64) -> Option<f64> {
        match self {
            Figure::Amount(amount) => Some(*amount),
            Figure::Share { share, .. } => Some(before * share),
            _ => None,
        }
    }

    /// Whether something passes it that does not pass `other`.
    pub(crate) fn is_looser_than(&self, other: &Figure) -> bool {
        match (self, other) {
            (Figure::Amount(new), Figure::Amount(old)) => new > old,
            (Figure::Pair(soft, hard), Figure::Pair(old_soft, old_hard)) => soft > old_soft || hard > old_hard,
            (
                Figure::Share { share, from },
                Figure::Share {
                    share: old_share,
                    from: old_from,
                },
            ) => share > old_share || from > old_from,
            (Figure::Names(new), Figure::Names(old)) => new.iter().any(|name| !old.contains(name)),
            // Two kinds cannot be compared: that is for people to look at.
            _ => true,
        }
    }
}

/// How the figure of a budget is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `128MiB`: bytes.
    Size,
    /// `20`.
    Count,
    /// `0.5`.
    Number,
    /// `1.5`, times memory.
    Factor,
    /// `10%`.
    Share,
    /// `10%`, or `10% and 20MB` to say from which size on.
    ShareAndSize,
    /// `10%`, or `20MB`.
    ShareOrSize,
    /// `10s`: seconds.
    Time,
    /// `256/512`, or one number for both.
    SoftAndHard,
    /// `[CHOWN, SETUID]`.
    Capabilities,
}

/// From this size on a share counts where nothing else is written.
const FROM: f64 = 1e7;

/// What is wrong with a figure, and what to write.
pub(crate) type Refused = (String, String);

impl Kind {
    /// What it takes, in the words of the documentation.
    pub(crate) fn takes(self) -> &'static str {
        match self {
            Kind::Size => {
                "a size with its unit: `B`, `kB`, `MB`, `GB`, `TB` (1000) or `KiB`, `MiB`, `GiB`, `TiB` (1024)"
            }
            Kind::Count => "a whole number above 0",
            Kind::Number | Kind::Factor => "a number above 0",
            Kind::Share => "a share like `10%`",
            Kind::ShareAndSize => "a share like `10%`, or a share and a size like `10% and 20MB`",
            Kind::ShareOrSize => "a share like `10%`, or a size like `20MB`",
            Kind::Time => "a duration like `10s` or `50ms`",
            Kind::SoftAndHard => "soft and hard, like `256/512`, or one number for both",
            Kind::Capabilities => "a list of capabilities, with or without `CAP_`",
        }
    }

    /// Reads a scalar; `key` is for messages.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub(crate) fn read(self, key: &str, data: &Data) -> Result<Figure, Refused> {
        let text = match data {
            Data::Str(text) => Some(text.as_str()),
            _ => None,
        };
        let number = match data {
            Data::Int(number) => Some(number.real()),
            Data::Float(number) => {
                Some(*number).filter(|number| number.is_finite() && !matches!(self, Kind::Count | Kind::SoftAndHard))
            }
            _ => None,
        };
        let found = match self {
            Kind::Size => match (text, data) {
                (Some(text), _) => Some(Figure::Amount(size(text)?)),
                (None, Data::Int(number)) => {
                    let message = format!("`{key}` has no unit: write {number}MiB or {number}MB");
                    return Err((message, String::new()));
                }
                _ => None,
            },
            Kind::Count | Kind::Number | Kind::Factor => number.filter(|number| *number > 0.0).map(Figure::Amount),
            Kind::Share => text.and_then(share).map(|share| Figure::Share { share, from: 0.0 }),
            Kind::ShareAndSize => {
                let parts = text.and_then(|text| text.split_once(" and "));
                let from = parts.map_or(Ok(FROM), |(_, written)| size(written))?;
                let part = parts.map(|(part, _)| part).or(text);
                part.and_then(share).map(|share| Figure::Share { share, from })
            }
            Kind::ShareOrSize => match text.and_then(share) {
                Some(share) => Some(Figure::Share { share, from: 0.0 }),
                None => text.map(size).transpose()?.map(Figure::Amount),
            },
            Kind::Time => {
                let time = text.and_then(duration::parse).filter(|time| *time > 0);
                time.map(|nanoseconds| Figure::Amount(nanoseconds.real() / 1e9))
            }
            Kind::SoftAndHard => soft_and_hard(text, number),
            Kind::Capabilities => match text {
                Some(text) => {
                    let names = text.split_whitespace().map(capability_name);
                    Some(Figure::Names(names.collect::<Result<_, _>>()?))
                }
                None => None,
            },
        };
        found.ok_or_else(|| (self.wanted(key), self.instead(key, data)))
    }

    /// What was meant, where that is plain.
    fn instead(self, key: &str, data: &Data) -> String {
        let number = |written: &str| written.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
        let text = match data {
            Data::Str(text) => text.trim(),
            Data::Int(given) if *given > 0 && self == Kind::Time => return format!("write `{key}: {given}s`"),
            Data::Int(given) if *given > 0 && matches!(self, Kind::Share | Kind::ShareAndSize | Kind::ShareOrSize) => {
                return format!("write `{key}: {given}%`");
            }
            Data::Float(given)
                if *given > 0.0
                    && *given < 1.0
                    && matches!(self, Kind::Share | Kind::ShareAndSize | Kind::ShareOrSize) =>
            {
                return format!("write `{key}: {}%`", short(given * 100.0));
            }
            _ => return String::new(),
        };
        let milli = text.strip_suffix('m').and_then(number).map(|number| number / 1000.0);
        let share = text.strip_suffix('%').and_then(number).map(|number| number / 100.0);
        match (self, number(text)) {
            (Kind::Number | Kind::Factor, Some(_)) | (Kind::Count, Some(_)) => {
                format!("without quotes: `{key}: {text}`")
            }
            (Kind::Number, None) => match milli.or(share) {
                Some(cpus) => format!("`{text}` is {}", short(cpus)),
                None => String::new(),
            },
            (Kind::Factor, None) => text
                .strip_suffix(['x', 'X'])
                .and_then(number)
                .map_or(String::new(), |times| format!("write `{key}: {}`", short(times))),
            (Kind::Time, Some(seconds)) => format!("write `{key}: {}s`", short(seconds)),
            (Kind::SoftAndHard, _) => match text.split_once([':', ',', ' ', '-']) {
                Some((soft, hard)) => format!("write `{key}: {}/{}`", soft.trim(), hard.trim()),
                None => String::new(),
            },
            _ => String::new(),
        }
    }

    fn wanted(self, key: &str) -> String {
        let what = match self {
            Kind::Size => "a size like 128MiB",
            Kind::Count => "a whole number above 0",
            Kind::Number | Kind::Factor => "a number above 0",
            Kind::Share | Kind::ShareAndSize => "a share like 10%",
            Kind::ShareOrSize => "a share like 10%, or a size like 20MB",
            Kind::Time => "a duration like 10s",
            Kind::SoftAndHard => "soft/hard, like 256/512",
            Kind::Capabilities => "a list",
        };
        format!("`{key}` must be {what}")
    }

    /// An amount for people: `128 MiB`, `0.5`, `10 s`.
    pub(crate) fn amount(self, amount: f64) -> String {
        match self {
            Kind::Size | Kind::ShareOrSize => bytes::show(whole(amount)),
            Kind::Factor => format!("{} x memory", short(amount)),
            Kind::Share | Kind::ShareAndSize => percent(amount),
            Kind::Time if amount < 1.0 => format!("{} ms", short(amount * 1000.0)),
            Kind::Time => format!("{} s", short(amount)),
            Kind::Count | Kind::Number | Kind::SoftAndHard | Kind::Capabilities => short(amount),
        }
    }

    /// A figure for people.
    pub(crate) fn show(self, figure: &Figure) -> String {
        match figure {
            Figure::Amount(amount) => self.amount(*amount),
            Figure::Pair(soft, hard) => format!("{}/{}", short(*soft), short(*hard)),
            Figure::Share { share, from } if *from > 0.0 => {
                format!("{} and {}", percent(*share), bytes::show(whole(*from)))
            }
            Figure::Share { share, .. } => percent(*share),
            Figure::Names(names) if names.is_empty() => "none".to_owned(),
            Figure::Names(names) => names.join(" "),
        }
    }

    /// An amount as a Compose file writes it: `128m`, `0.5`.
    pub(crate) fn written(self, amount: f64) -> String {
        match self {
            Kind::Size => bytes::written(whole(amount)),
            _ => short(amount),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

fn size(text: &str) -> Result<f64, Refused> {
    bytes::budget(text)
        .map(Real::real)
        .map_err(|failure| (failure.to_string(), String::new()))
}

/// `10%` is 0.1.
fn share(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number / 100.0)
}

fn soft_and_hard(text: Option<&str>, both: Option<f64>) -> Option<Figure> {
    let (soft, hard) = match text.and_then(|text| text.split_once('/')) {
        Some((soft, hard)) => (
            soft.trim().parse::<i64>().ok()?.real(),
            hard.trim().parse::<i64>().ok()?.real(),
        ),
        None => (both?, both?),
    };
    (0.0 < soft && soft <= hard).then_some(Figure::Pair(soft, hard))
}

/// The name of a capability without `CAP_`.
///
/// # Errors
/// It is none; with the nearest one.
pub(crate) fn capability_name(text: &str) -> Result<String, Refused> {
    let name = capability::normal(text);
    if capability::is_known(&name) {
        return Ok(name);
    }
    let near = capability::ALL
        .iter()
        .min_by_key(|known| strsim::levenshtein(known, &name));
    let help = near.map_or(String::new(), |near| format!("did you mean `{near}`?"));
    Err((format!("there is no capability `{text}`"), help))
}

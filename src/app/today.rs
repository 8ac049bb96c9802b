//! The day that dates are held against: what the command line names, else SOURCE_DATE_EPOCH, else today.

use crate::cli::CheckArgs;
use crate::known_images::TABLE_DATE;
use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// A day, and what is to be said about how it was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// `YYYY-MM-DD`.
    pub(super) day: String,
    /// A clause about a variable that was not believed.
    pub(super) doubt: Option<String>,
}

/// The day of this run. No day before that of the tables is believed unless the command line names it: it would bring back to life
/// what has ended since.
pub(super) fn of(args: &CheckArgs) -> Day {
    if let Some(day) = &args.today {
        return Day {
            day: day.clone(),
            doubt: None,
        };
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    believed(std::env::var("SOURCE_DATE_EPOCH").ok().as_deref(), now)
}

fn believed(variable: Option<&str>, now: u64) -> Day {
    let given = variable.filter(|text| !text.is_empty());
    let seconds = given.map(str::parse::<u64>);
    let day = date(match seconds {
        Some(Ok(seconds)) => seconds,
        _ => now,
    });
    let doubt = match seconds {
        Some(Err(_)) => Some("SOURCE_DATE_EPOCH is not a number of seconds and is ignored".to_owned()),
        Some(Ok(_)) if day.as_str() < TABLE_DATE => Some(format!(
            "SOURCE_DATE_EPOCH is {day}, before the image tables of {TABLE_DATE}, and is ignored"
        )),
        _ => None,
    };
    Day {
        day: day.max(TABLE_DATE.to_owned()),
        doubt,
    }
}

/// The date of a second since 1970, by the Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn date(seconds: u64) -> String {
    // Beyond the year 9999 dates no longer sort as texts.
    let days = (seconds / SECONDS_OF_A_DAY).min(2_932_896) + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_days_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_795_824_000, "2026-11-28"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(date(seconds), day, "{seconds}");
        }
    }

    #[test]
    fn a_variable_that_turns_time_back_is_not_believed() {
        let now = 1_900_000_000;
        assert_eq!(believed(None, now).day, "2030-03-17");
        assert_eq!(believed(Some("1795824000"), now).day, "2026-11-28");
        assert_eq!(believed(Some("1795824000"), now).doubt, None);
        let old = believed(Some("0"), now);
        assert_eq!(old.day, TABLE_DATE);
        assert!(old.doubt.unwrap().contains("1970-01-01"));
        assert!(believed(Some("soon"), now).doubt.is_some());
        assert_eq!(believed(Some("soon"), now).day, "2030-03-17");
        assert_eq!(believed(None, 0).day, TABLE_DATE);
    }
}

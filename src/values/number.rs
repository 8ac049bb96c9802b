//! Whole numbers as the floats that figures are compared and printed as.

/// A number as a float. Sizes, counts and times here are far below 2^53, where a float begins to lose units.
pub(crate) trait Real {
    /// The float nearest to it.
    fn real(self) -> f64;
}

macro_rules! real {
    ($($whole:ty),+) => {
        $(impl Real for $whole {
            #[allow(clippy::cast_precision_loss)]
            fn real(self) -> f64 {
                self as f64
            }
        })+
    };
}

real!(i64, i128, u64, usize);

/// The whole number in a float that is one; out of range is the nearest one that there is.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn whole(number: f64) -> i64 {
    number as i64
}

/// A number with three decimals at most: `0.5`, `2`, `0.333`.
pub(crate) fn short(number: f64) -> String {
    ((number * 1000.0).round() / 1000.0).to_string()
}

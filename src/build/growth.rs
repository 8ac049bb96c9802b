//! What an image gains by a change: rows that are the same on both sides cancel, known or not, so that only what changed must be
//! known.

use super::size::{Ledger, LedgerRow};

/// The ledgers of an image before and after a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sides {
    /// Before.
    pub before: Ledger,
    /// After.
    pub now: Ledger,
}

/// The difference of two ledgers.
pub(crate) struct Growth<'a> {
    /// What it was before.
    pub before: &'a Ledger,
    /// The rows that are new, or not the same any more.
    pub new: Vec<&'a LedgerRow>,
    /// The rows that are gone, or not the same any more.
    gone: Vec<&'a LedgerRow>,
    /// At least so many bytes more, less than 0 if it may shrink; `None` where nothing can be said.
    pub at_least: Option<i128>,
    /// About so many bytes more.
    pub about: Option<i128>,
    /// At most so many bytes more.
    pub at_most: Option<i128>,
}

impl<'a> Growth<'a> {
    /// What a change makes of an image.
    pub(crate) fn of(sides: &'a Sides) -> Self {
        let mut gone: Vec<&LedgerRow> = sides.before.rows.iter().collect();
        let mut new: Vec<&LedgerRow> = Vec::new();
        let mut is_bounded = true;
        for row in &sides.now.rows {
            let same = |other: &&LedgerRow| {
                other.what == row.what && other.bytes == row.bytes && other.trace.text == row.trace.text
            };
            // The same step may write more from other files, behind other steps, or with other variables.
            let trace = row.trace;
            let with_history = |other: &&LedgerRow| same(other) && other.trace.history == trace.history;
            let at = gone.iter().position(|other| with_history(&other));
            let was_fed = at.and_then(|at| gone.get(at)).is_none_or(|other| other.trace.is_fed);
            match at.or_else(|| gone.iter().position(|other| same(&other))) {
                Some(at) => drop(gone.remove(at)),
                None => new.push(row),
            }
            let is_steady = !was_fed && !trace.is_fed;
            is_bounded &= row.bytes.at_most().is_some() || is_steady;
        }
        let least = |row: &LedgerRow| Some(row.bytes.at_least);
        let about = |row: &LedgerRow| row.bytes.estimate;
        let most = |row: &LedgerRow| row.bytes.at_most();
        Self {
            before: &sides.before,
            at_least: difference(&new, least, &gone, most),
            about: difference(&new, about, &gone, about),
            at_most: difference(&new, most, &gone, least).filter(|_| is_bounded),
            new,
            gone,
        }
    }

    /// Whether everything that changed was counted.
    pub(crate) fn is_exact(&self) -> bool {
        self.new.iter().chain(&self.gone).all(|row| row.bytes.is_exact())
    }
}

type Of = fn(&LedgerRow) -> Option<u64>;

fn difference(new: &[&LedgerRow], of_new: Of, gone: &[&LedgerRow], of_gone: Of) -> Option<i128> {
    let sum = |rows: &[&LedgerRow], of: Of| {
        let bytes = rows.iter().map(|row| of(row).map(i128::from));
        bytes.sum::<Option<i128>>()
    };
    Some(sum(new, of_new)? - sum(gone, of_gone)?)
}

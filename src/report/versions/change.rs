//! A quantity of two versions: what it was and is, whether that is better, and what became of its target.

use super::super::target::Target;
use super::{HARDENED, hardening};
use crate::budget_use::{Amount, COLUMNS};
use crate::finding::Basis;
use crate::values::number::short;
use serde_json::{Value, json};

/// A quantity of a row.
pub(super) struct Change {
    pub quantity: &'static str,
    pub before: Option<Amount>,
    pub after: Option<Amount>,
    /// How much less it is to be, as a share.
    pub target: Option<f64>,
}

impl Change {
    pub(super) fn is_one(&self) -> bool {
        self.before != self.after
    }

    /// What it is more, and the share that this is of what it was, where both are known.
    fn difference(&self) -> Option<(f64, Option<f64>)> {
        let (Some(Amount::Of(before, one)), Some(Amount::Of(after, other))) = (self.before, self.after) else {
            return None;
        };
        // Of what is only known to be larger no difference is known.
        let is_sure = |basis: Basis| matches!(basis, Basis::Exact | Basis::Estimate);
        let share = (before > 0.0).then(|| (after - before) / before);
        (is_sure(one) && is_sure(other)).then_some((after - before, share))
    }

    /// What became of its target, where it has one and was there before.
    pub(super) fn target(&self) -> Option<Target> {
        let less = self.target?;
        let (before, after) = self.before.zip(self.after)?;
        Some(match (before, after) {
            (Amount::Unbounded, Amount::Of(..)) => Target::Reached,
            (_, Amount::Unbounded) => Target::Missed,
            (Amount::Of(before, Basis::Exact | Basis::Estimate), Amount::Of(after, basis)) => {
                match (Target::of(less, before, after), basis) {
                    // Of a lower bound only too much is known.
                    (Target::Reached, Basis::AtLeast | Basis::Unknown) => Target::Undecided,
                    (target, _) => target,
                }
            }
            _ => Target::Undecided,
        })
    }

    /// Whether it got better, if that can be told: less of everything, but more hardening; any limit is better than none.
    pub(super) fn is_better(&self) -> Option<bool> {
        match (self.before, self.after) {
            (Some(Amount::Unbounded), Some(Amount::Of(..))) => Some(true),
            (Some(Amount::Of(..)), Some(Amount::Unbounded)) => Some(false),
            _ => {
                let (difference, _) = self.difference().filter(|(difference, _)| *difference != 0.0)?;
                Some((difference < 0.0) == (self.quantity != HARDENED))
            }
        }
    }
}

pub(super) fn shown(quantity: &str, amount: Option<Amount>) -> String {
    let column = COLUMNS.iter().find(|column| column.name == quantity);
    match amount {
        None => "-".to_owned(),
        Some(Amount::Unbounded) => "unlimited".to_owned(),
        Some(Amount::Unknown) => "?".to_owned(),
        Some(Amount::Of(met, _)) if quantity == HARDENED => format!("{} of {}", short(met), hardening().count()),
        Some(Amount::Of(amount, basis)) => {
            let sign = match basis {
                Basis::Exact => "",
                Basis::Estimate => "≈ ",
                Basis::AtLeast | Basis::Unknown => "≥ ",
            };
            format!(
                "{sign}{}",
                column.map_or_else(|| short(amount), |column| column.show(amount))
            )
        }
    }
}

/// `-75 % better`.
pub(super) fn said(change: &Change) -> String {
    let share = change
        .difference()
        .and_then(|(_, share)| share)
        .filter(|_| change.quantity != HARDENED);
    let percent = share.map(|share| format!("{:+} %", (share * 100.0).round()));
    let verdict = change
        .is_better()
        .map(|is_better| if is_better { "better" } else { "worse" }.to_owned());
    let target = change
        .target()
        .zip(change.target)
        .map(|(target, less)| target.said(less));
    [percent, verdict, target]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(super) fn described(change: &Change) -> Value {
    let side = |amount: Option<Amount>| match amount {
        None => json!(null),
        Some(Amount::Unbounded) => json!({"state": "unlimited"}),
        Some(Amount::Unknown) => json!({"state": "unknown"}),
        Some(Amount::Of(value, basis)) => json!({"state": basis.word(), "value": value}),
    };
    let unit = COLUMNS
        .iter()
        .find(|column| column.name == change.quantity)
        .map(|column| column.budget.unit);
    let difference = change.difference();
    json!({
        "quantity": change.quantity,
        "unit": unit,
        "before": side(change.before),
        "after": side(change.after),
        "change": difference.map(|(more, _)| more),
        "percent": difference.and_then(|(_, share)| share).map(|share| share * 100.0),
        "better": change.is_better(),
        "target": change.target().map(|target| json!({"percent": change.target.map(|less| -less * 100.0), "answer": target.word()})),
    })
}

//! A figure beside its budget, and what it answers.

use crate::finding::Basis;

/// From this share of its budget on a figure is near it.
const NEAR: f64 = 0.9;

/// A figure and its budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// What there is.
    pub amount: Amount,
    /// What is allowed, in the same unit; `None` where the profile has no such budget.
    pub budget: Option<f64>,
    /// There is no more than this.
    pub at_most: Option<f64>,
    /// About so much of it is known, where that is more than what is certain.
    pub about: Option<f64>,
    /// How the two stand.
    pub level: Level,
    /// How much more it is than what was recorded, as far as that is certain.
    pub change: Option<f64>,
}

/// What there is of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// So much, and how that is known.
    Of(f64, Basis),
    /// Nothing bounds it.
    Unbounded,
    /// It cannot be known here.
    Unknown,
}

/// How a figure stands to its budget, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody asks, or nobody can say.
    Open,
    /// Well below it.
    Within,
    /// Close to it, above it as an estimate, or not bounded at all.
    Near,
    /// Above it, or not bounded where a bound is demanded.
    Over,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It keeps to the budget.
    Within,
    /// It exceeds it, or nothing bounds it.
    Above,
    /// What is known leaves both open.
    Undecided,
}

impl Measure {
    pub(super) fn new(amount: Amount, budget: Option<f64>, is_demanded: bool) -> Self {
        let level = match (amount, budget) {
            (Amount::Unbounded, _) if is_demanded => Level::Over,
            (_, None) | (Amount::Unknown, _) => Level::Open,
            (Amount::Unbounded, _) => Level::Near,
            (Amount::Of(actual, Basis::Estimate), Some(budget)) if actual > budget => Level::Near,
            (Amount::Of(actual, _), Some(budget)) if actual > budget => Level::Over,
            (Amount::Of(actual, _), Some(budget)) if actual > budget * NEAR => Level::Near,
            // It has at least so much: how much more is open.
            (Amount::Of(_, Basis::AtLeast | Basis::Unknown), _) => Level::Open,
            _ => Level::Within,
        };
        let at_most = match amount {
            Amount::Of(actual, Basis::Exact) => Some(actual),
            _ => None,
        };
        Self {
            amount,
            budget,
            at_most,
            about: None,
            level,
            change: None,
        }
    }

    /// Whether it keeps to its budget; `None` where nobody asks.
    pub(crate) fn answer(&self) -> Option<Answer> {
        match (self.amount, self.budget) {
            (Amount::Unbounded, Some(_)) => Some(Answer::Above),
            (Amount::Unbounded, None) => (self.level == Level::Over).then_some(Answer::Above),
            (_, None) => None,
            (Amount::Of(actual, Basis::Exact | Basis::AtLeast), Some(budget)) if actual > budget => Some(Answer::Above),
            (_, Some(budget)) => match self.at_most.is_some_and(|most| most <= budget) {
                true => Some(Answer::Within),
                false => Some(Answer::Undecided),
            },
        }
    }

    /// The same, beside what was recorded once.
    pub(super) fn since(mut self, before: Option<f64>) -> Self {
        self.change = before.and_then(|before| match self.amount {
            Amount::Of(now, Basis::Exact) => Some(now - before),
            // It has grown by this, or by more.
            Amount::Of(now, Basis::AtLeast) if now > before => Some(now - before),
            _ => None,
        });
        self
    }

    /// The part of the budget that is used: 1 is all of it.
    pub fn share(&self) -> Option<f64> {
        match (self.amount, self.budget) {
            (Amount::Of(actual, _), Some(budget)) if budget > 0.0 => Some(actual / budget),
            _ => None,
        }
    }

    /// The part that what is known takes, for people: a base image that is known only about counts too.
    pub fn known_share(&self) -> Option<f64> {
        match (self.about, self.budget) {
            (Some(about), Some(budget)) if budget > 0.0 => Some(about / budget),
            _ => self.share(),
        }
    }
}

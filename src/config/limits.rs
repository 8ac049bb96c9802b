//! The figures that a profile or `project` has for budgets.

use super::budget::{BUDGETS, Budget};
use super::figure::Figure;
use crate::source::Span;
use crate::values::number;
use std::collections::BTreeMap;

/// A figure that somebody may have chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit<T> {
    /// The figure.
    pub value: T,
    /// Chosen by a person (an assigned or configured profile), not just the default's own figure.
    pub chosen: bool,
    /// Where it is configured; `None` for built-in figures.
    pub span: Option<Span>,
}

impl<T> Limit<T> {
    /// Another value of the same origin.
    pub(crate) fn of<U>(&self, value: U) -> Limit<U> {
        Limit {
            value,
            chosen: self.chosen,
            span: self.span,
        }
    }
}

impl Limit<f64> {
    /// The amount as a number of bytes or pieces.
    pub(crate) fn whole(&self) -> u64 {
        u64::try_from(number::whole(self.value)).unwrap_or(0)
    }
}

/// The figures of some budgets. A budget without a figure is not held against anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(BTreeMap<&'static str, Limit<Figure>>);

impl Limits {
    /// The figures of a built-in profile: a column of the table.
    pub(super) fn built_in(column: usize, chosen: bool) -> Self {
        let figure = |budget: &&'static Budget| {
            let text = budget.figures.get(column).filter(|text| !text.is_empty())?;
            let data = crate::parse::yaml::plain_scalar(text);
            let value = budget.kind.read(budget.key, &data).ok()?;
            let span = None;
            Some((budget.key, Limit { value, chosen, span }))
        };
        Self(BUDGETS.iter().filter_map(figure).collect())
    }

    /// The figure of a budget.
    pub fn get(&self, budget: &Budget) -> Option<&Limit<Figure>> {
        self.0.get(budget.key)
    }

    /// Puts a figure in the place of the one that there is; nothing takes it away.
    pub(super) fn set(&mut self, budget: &'static Budget, limit: Option<Limit<Figure>>) {
        match limit {
            Some(limit) => self.0.insert(budget.key, limit),
            None => self.0.remove(budget.key),
        };
    }

    /// Every figure counts as chosen: somebody made this profile.
    pub(super) fn choose(&mut self) {
        for limit in self.0.values_mut() {
            limit.chosen = true;
        }
    }

    /// The amount that a budget allows.
    pub(crate) fn amount(&self, budget: &Budget) -> Option<Limit<f64>> {
        let limit = self.get(budget)?;
        match limit.value {
            Figure::Amount(amount) => Some(limit.of(amount)),
            _ => None,
        }
    }

    /// What a budget allows of the soft and of the hard half.
    pub(crate) fn halves(&self, budget: &Budget) -> Option<(Limit<f64>, Limit<f64>)> {
        let limit = self.get(budget)?;
        match limit.value {
            Figure::Amount(amount) => Some((limit.of(amount), limit.of(amount))),
            Figure::Pair(soft, hard) => Some((limit.of(soft), limit.of(hard))),
            _ => None,
        }
    }

    /// The share that a budget allows, and the bytes from which on it counts.
    pub(crate) fn share(&self, budget: &Budget) -> Option<(Limit<f64>, f64)> {
        let limit = self.get(budget)?;
        match limit.value {
            Figure::Share { share, from } => Some((limit.of(share), from)),
            _ => None,
        }
    }

    /// The names that a budget allows.
    pub(crate) fn names(&self, budget: &Budget) -> Option<Limit<&[String]>> {
        let limit = self.get(budget)?;
        match &limit.value {
            Figure::Names(names) => Some(limit.of(names.as_slice())),
            _ => None,
        }
    }

    /// How these figures let more pass than `old` did, a sentence each; `of` names a key of them: "`memory` of ...".
    pub(crate) fn loosened(&self, old: &Limits, of: &dyn Fn(&str) -> String) -> Vec<String> {
        let sentence = |budget: &&'static Budget| {
            let before = old.get(budget)?;
            let what = of(budget.key);
            let show = |limit: &Limit<Figure>| budget.kind.show(&limit.value);
            match self.get(budget) {
                None => Some(format!("{what} is removed")),
                Some(now) if now.value.is_looser_than(&before.value) => {
                    let is = match now.value {
                        Figure::Names(_) => "widened",
                        _ => "raised",
                    };
                    Some(format!("{what} is {is} from {} to {}", show(before), show(now)))
                }
                Some(_) => None,
            }
        };
        BUDGETS.iter().filter_map(sentence).collect()
    }

    /// The figures for people, by the keys of a container's values that they are about.
    pub(crate) fn by_setting(&self) -> BTreeMap<&'static str, String> {
        let mut found: BTreeMap<&'static str, String> = BTreeMap::new();
        for budget in BUDGETS {
            let (Some(setting), Some(limit)) = (budget.setting, self.get(budget)) else {
                continue;
            };
            let mut words = budget.kind.show(&limit.value);
            // Of several about one setting each is named.
            if BUDGETS.iter().filter(|other| other.setting == budget.setting).count() > 1 {
                words = format!("{} {words}", budget.key);
            }
            let all = found.entry(setting).or_default();
            let comma = if all.is_empty() { "" } else { ", " };
            all.push_str(&format!("{comma}{words}"));
        }
        found
    }
}

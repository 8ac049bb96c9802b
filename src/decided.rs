//! How many questions of budgets have an answer here, and what would answer the others. A question is a budget that counts for a
//! service, an image or a run; it is decided by what is counted, or by bounds that both lie on one side of the budget.

use crate::budget_use::{Answer, COLUMNS, Measure, Usage};
use crate::build::growth::Growth;
use crate::build::size::{Bytes, Remedy};
use crate::config::Config;
use crate::config::budget::GROWTH;
use crate::config::figure::Figure;
use crate::container::{Container, ImageSource};
use crate::order::Order as _;
use crate::repository::Repository;
use crate::repository::sizes::{identity, of_container};
use crate::values::number::Real;
use std::collections::BTreeMap;

/// The answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// All of them.
    pub all: Answers,
    /// By budget, in the order of the table, those that somebody asks for.
    pub by_budget: Vec<(&'static str, Answers)>,
    /// Why questions are open, the most frequent reason first.
    pub causes: Vec<Cause>,
}

/// How often each answer was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// It keeps to the budget.
    pub within: usize,
    /// It exceeds it, or nothing bounds it.
    pub above: usize,
    /// What is known leaves both open.
    pub undecided: usize,
}

/// Why questions are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What is not known.
    pub why: String,
    /// How many questions it leaves open.
    pub count: usize,
    /// What makes it known.
    pub remedy: Remedy,
}

impl Answers {
    fn add(&mut self, answer: Answer) {
        match answer {
            Answer::Within => self.within += 1,
            Answer::Above => self.above += 1,
            Answer::Undecided => self.undecided += 1,
        }
    }

    /// How many questions there are.
    pub fn count(self) -> usize {
        self.within + self.above + self.undecided
    }
}

/// The answers of the containers of a repository, and of the runs behind them.
pub(crate) fn of(repository: &Repository, config: &Config, usages: &[Usage]) -> Decided {
    let mut all = Answers::default();
    let mut by_budget = COLUMNS.each_ref().map(|column| (column, Answers::default()));
    let mut causes: BTreeMap<(String, Remedy), usize> = BTreeMap::new();
    // Runs come behind all containers.
    let containers = repository.judged_containers().map(Some).chain(std::iter::repeat(None));
    for (usage, container) in usages.iter().zip(containers) {
        for (measure, (column, answers)) in usage.measures.iter().zip(&mut by_budget) {
            let Some(answer) = measure.as_ref().and_then(Measure::answer) else {
                continue;
            };
            all.add(answer);
            answers.add(answer);
            if answer == Answer::Undecided {
                let container = container.filter(|_| column.is_of_image());
                let cause = container.map_or_else(of_value, |container| of_image(container, repository));
                *causes.entry(cause).or_default() += 1;
            }
        }
    }
    let mut grown = Answers::default();
    for container in repository.judged_containers() {
        let limit = config
            .profiles
            .get(&container.profile)
            .and_then(|profile| profile.limits.get(&GROWTH));
        let Some(answer) = limit.and_then(|limit| of_growth(container, repository, &limit.value)) else {
            continue;
        };
        all.add(answer);
        grown.add(answer);
        if answer == Answer::Undecided {
            let why = "the size of the changed steps is unknown";
            *causes.entry((why.to_owned(), Remedy::Build)).or_default() += 1;
        }
    }
    let causes = causes
        .into_iter()
        .map(|((why, remedy), count)| Cause { why, count, remedy });
    let mut causes: Vec<Cause> = causes.collect();
    causes.order_by_key(|cause| std::cmp::Reverse(cause.count));
    let by_budget = by_budget
        .into_iter()
        .map(|(column, answers)| (column.budget.key, answers));
    let asked = by_budget
        .chain([(GROWTH.key, grown)])
        .filter(|(_, answers)| answers.count() > 0);
    Decided {
        all,
        by_budget: asked.collect(),
        causes,
    }
}

/// Whether an image has grown by no more than is allowed; `None` where it is not known what it was.
fn of_growth(container: &Container, repository: &Repository, limit: &Figure) -> Option<Answer> {
    let (before, at_least, at_most) = match repository.recorded(container) {
        Some((before, _)) => {
            let total = of_container(container, repository).total();
            let gained = |bytes: u64| i128::from(bytes) - i128::from(before);
            (before.real(), Some(gained(total.at_least)), total.at_most().map(gained))
        }
        None => {
            let sides = repository.growth.get(&identity(container, &repository.sets))?;
            let growth = Growth::of(sides);
            let total = sides.before.total();
            let whole = total.estimate.unwrap_or(total.at_least);
            (whole.real(), growth.at_least, growth.at_most)
        }
    };
    let allowed = limit.beside(before)?;
    Some(match (at_least, at_most) {
        (Some(at_least), _) if at_least.real() > allowed => Answer::Above,
        (_, Some(at_most)) if at_most.real() <= allowed => Answer::Within,
        _ => Answer::Undecided,
    })
}

fn of_value() -> (String, Remedy) {
    let why = "a limit depends on a variable or on a file that is not here";
    (why.to_owned(), Remedy::Variable)
}

/// Why the size of an image does not decide: the first row of which nothing is known, else the largest that nothing bounds, else
/// the largest that was not counted.
fn of_image(container: &Container, repository: &Repository) -> (String, Remedy) {
    let ledger = of_container(container, repository);
    let largest = |wanted: fn(&Bytes) -> bool| {
        let rows = ledger.rows.iter().filter(|row| wanted(&row.bytes));
        rows.max_by_key(|row| row.bytes.estimate)
    };
    let row = ledger.open().next();
    let row = row.or_else(|| largest(|bytes| bytes.at_most().is_none()));
    let row = row.or_else(|| largest(|bytes| !bytes.is_exact()));
    match (row, &container.image) {
        // The first of several reasons that says what is not known; the others differ from image to image.
        (Some(row), _) => {
            let mut parts = row.why.split("; ");
            let why = parts
                .find(|part| part.contains(" not "))
                .or_else(|| row.why.split("; ").next());
            let why = why.unwrap_or(&row.why);
            (why.to_owned(), row.remedy.unwrap_or(Remedy::Build))
        }
        (None, ImageSource::Unknown(unknown)) => {
            let is_variable = unknown.reason.ends_with("is not set");
            let remedy = if is_variable { Remedy::Variable } else { Remedy::Build };
            (unknown.reason.clone(), remedy)
        }
        (None, _) => ("no data about the image".to_owned(), Remedy::Build),
    }
}

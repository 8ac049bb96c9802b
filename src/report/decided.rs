//! How many questions of budgets have an answer, in a sentence and as data.

use super::{Report, words};
use crate::decided::{Answers, Cause};
use serde::Serialize;
use std::collections::BTreeMap;

/// More causes than this are left out.
const MAX_CAUSES: usize = 3;
const MAX_WHY: usize = 100;

/// `12 within, 3 above, 5 undecided: ...`; nothing where there is no budget.
pub(crate) fn line(report: &Report) -> Option<String> {
    let Answers {
        within,
        above,
        undecided,
    } = report.decided.all;
    if report.decided.all.count() == 0 {
        return None;
    }
    let causes: Vec<String> = causes(report)
        .map(|(why, cause)| match cause.count {
            1 => format!("{why} (`{}`)", cause.remedy.command()),
            count => format!("{why} ({count} times; `{}`)", cause.remedy.command()),
        })
        .collect();
    let why = if causes.is_empty() { "" } else { ": " };
    Some(format!(
        "{within} within, {above} above, {undecided} undecided{why}{}",
        causes.join("; ")
    ))
}

fn causes(report: &Report) -> impl Iterator<Item = (String, &Cause)> {
    let causes = report.decided.causes.iter().take(MAX_CAUSES);
    causes.map(|cause| {
        let why = report.secrets.mask(&cause.why);
        (words::clip_marked(&why, MAX_WHY), cause)
    })
}

/// The answers as `docs/json.md` describes them.
#[derive(Serialize)]
pub(crate) struct Data {
    #[serde(flatten)]
    all: Counts,
    by_budget: BTreeMap<&'static str, Counts>,
    causes: Vec<CauseData>,
}

#[derive(Serialize)]
struct Counts {
    within: usize,
    above: usize,
    undecided: usize,
}

#[derive(Serialize)]
struct CauseData {
    why: String,
    count: usize,
    command: &'static str,
}

impl From<Answers> for Counts {
    fn from(answers: Answers) -> Self {
        Self {
            within: answers.within,
            above: answers.above,
            undecided: answers.undecided,
        }
    }
}

/// The answers for a renderer of data.
pub(crate) fn data(report: &Report) -> Data {
    let by_budget = report.decided.by_budget.iter();
    Data {
        all: report.decided.all.into(),
        by_budget: by_budget.map(|(key, answers)| (*key, (*answers).into())).collect(),
        causes: causes(report)
            .map(|(why, cause)| CauseData {
                why,
                count: cause.count,
                command: cause.remedy.command(),
            })
            .collect(),
    }
}

//! Which stage needs which, what ships, and references to stages that are not there.

use crate::order::Order as _;
use std::collections::HashMap;

use super::{Base, Draft, Stage};
use crate::fact::Fact;
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::parse::dockerfile::{Dockerfile, From, Kind, Word};
use crate::source::Span;

/// The rule that reports references to stages that are not there.
const RULE: ReaderRule = ReaderRule::UndefinedStage;

/// What an image or stage is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageUse {
    /// `FROM`.
    From,
    /// `COPY --from`.
    Copy,
    /// `RUN --mount=from=`.
    Mount,
}

/// A place that names an image or a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageWord {
    /// What for.
    pub usage: ImageUse,
    /// The name, expanded.
    pub name: Fact<String>,
    /// Where it is written.
    pub span: Span,
    /// The stage that it stands in.
    pub within: usize,
    /// What it names if that is no image: a stage, or `None` inside for `scratch` and for what is refused.
    pub stage: Option<Option<usize>>,
}

/// The reference of a FROM.
pub(super) fn from_word(from: &From, stage: &Stage, position: usize) -> ImageWord {
    ImageWord {
        usage: ImageUse::From,
        name: stage.base_name.clone(),
        span: from.image.span,
        within: position,
        stage: match stage.base {
            Base::Stage(index) => Some(Some(index)),
            Base::Scratch => Some(None),
            Base::Image(_) => None,
        },
    }
}

/// Ties the stages together and finds the one that ships.
pub(super) fn link(file: &Dockerfile, plan: &mut Draft, target: Option<&str>) {
    let mut links = Links { names: HashMap::new() };
    for (index, stage) in plan.stages.iter().enumerate() {
        if let Some(name) = &stage.name {
            // As in the builder, the last stage of a name has it.
            links.names.insert(name.value.clone(), index);
        }
    }
    for index in 0..plan.stages.len() {
        links.stage(file, plan, index);
    }
    plan.references.order_by_key(|reference| reference.span.start);
    plan.shipped = links.target(file, plan, target);
    reach(plan);
}

struct Links {
    names: HashMap<String, usize>,
}

impl Links {
    fn stage(&self, file: &Dockerfile, plan: &mut Draft, index: usize) {
        let Some(stage) = plan.stages.get(index) else { return };
        let mut needs = Vec::new();
        if let Base::Stage(base) = stage.base {
            needs.push(base);
        }
        self.base(plan, index);
        let Some(range) = plan.stages.get(index).map(|stage| stage.instructions.clone()) else {
            return;
        };
        for instruction in file.instructions.get(range).unwrap_or(&[]) {
            match &instruction.kind {
                Kind::Copy(transfer) => {
                    if let Some(from) = &transfer.from {
                        needs.extend(self.source(plan, index, from, ImageUse::Copy));
                    }
                }
                Kind::Run(run) => {
                    for from in run.mounts.iter().filter_map(|mount| mount.from()) {
                        needs.extend(self.source(plan, index, from, ImageUse::Mount));
                    }
                }
                _ => {}
            }
        }
        needs.sort_unstable();
        needs.dedup();
        if let Some(stage) = plan.stages.get_mut(index) {
            stage.needs = needs;
        }
    }

    /// A FROM that names a stage which is only defined further down: the builder takes it for an image.
    fn base(&self, plan: &mut Draft, index: usize) {
        let Some(stage) = plan.stages.get(index) else { return };
        let (Base::Image(_), Some(name)) = (&stage.base, stage.base_name.value()) else {
            return;
        };
        let Some(later) = self.names.get(&name.to_lowercase()).filter(|later| **later > index) else {
            return;
        };
        // `FROM node AS node` says that the name is an image's.
        let named_like_base = plan
            .stages
            .get(*later)
            .and_then(|later| later.base_name.value())
            .is_some_and(|base| base.split([':', '@']).next() == Some(name));
        if named_like_base {
            return;
        }
        let span = stage.base_name.span().unwrap_or(stage.from);
        let message = format!("the stage {name} is defined further down, so FROM reads {name} as an image");
        let help = "move the stage above this one";
        let related = self.place(plan, *later);
        refuse(plan, span, message, help, related.map(|span| (span, "defined here")));
    }

    fn place(&self, plan: &Draft, index: usize) -> Option<Span> {
        let stage = plan.stages.get(index)?;
        Some(stage.name.as_ref().map_or(stage.from, |name| name.span))
    }

    /// The stage that a `from` names, if it names one.
    fn source(&self, plan: &mut Draft, index: usize, from: &Word, usage: ImageUse) -> Option<usize> {
        let name = from.value.as_str();
        let mut reference = ImageWord {
            usage,
            name: Fact::known(name.to_owned(), from.span),
            span: from.span,
            within: index,
            stage: Some(None),
        };
        // The builder does not expand it; the reader has refused it.
        if name.contains('$') || name.is_empty() {
            reference.name = Fact::unknown(format!("{name} is not expanded here"), from.span);
            plan.references.push(reference);
            return None;
        }
        let number = name.parse::<i64>().ok().filter(|_| usage == ImageUse::Copy);
        let found = match number {
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|number| *number < plan.stages.len()),
            None => self.names.get(&name.to_lowercase()).copied(),
        };
        let flag = if usage == ImageUse::Copy { "--from" } else { "from" };
        match (found, number) {
            (Some(found), _) if found < index => {
                reference.stage = Some(Some(found));
                plan.references.push(reference);
                return Some(found);
            }
            (Some(found), _) => {
                let (message, help) = if found == index {
                    (
                        format!("{flag}={name} is the stage itself"),
                        "remove the flag, or name an earlier stage",
                    )
                } else {
                    (
                        format!("{flag}={name} is a stage that is defined further down"),
                        "move that stage above this one",
                    )
                };
                let related = self.place(plan, found).filter(|_| found != index);
                refuse(
                    plan,
                    from.span,
                    message,
                    help,
                    related.map(|span| (span, "defined here")),
                );
            }
            (None, Some(number)) => {
                let last = plan.stages.len().saturating_sub(1);
                let message = format!("{flag}={number} is not a stage: they count from 0 to {last}");
                refuse(
                    plan,
                    from.span,
                    message,
                    "name the stage with AS and use the name",
                    None,
                );
            }
            (None, None) => {
                reference.stage = (name == "scratch").then_some(None);
            }
        }
        plan.references.push(reference);
        None
    }

    fn target(&self, file: &Dockerfile, plan: &mut Draft, target: Option<&str>) -> Option<usize> {
        let last = plan.stages.len().checked_sub(1)?;
        let Some(target) = target.filter(|target| !target.is_empty()) else {
            return Some(last);
        };
        if let Some(found) = self.names.get(&target.to_lowercase()) {
            return Some(*found);
        }
        // The classic builder takes a number.
        if let Some(number) = target.parse().ok().filter(|number: &usize| *number <= last) {
            return Some(number);
        }
        let near = crate::parse::dockerfile::nearest(target, self.names.keys().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean {near}?"),
            None if self.names.is_empty() => "add `AS NAME` to a FROM: no stage has a name".to_owned(),
            None => "use a stage of this file".to_owned(),
        };
        let span = file.instructions.first().map_or(file.span, |first| first.span);
        refuse(plan, span, format!("there is no stage {target} to build"), &help, None);
        None
    }
}

fn refuse(plan: &mut Draft, span: Span, message: String, help: &str, related: Option<(Span, &str)>) {
    if plan.problems.len() < 100 {
        let mut finding = Finding::new(span, message).help(help);
        if let Some((span, message)) = related {
            finding = finding.related(span, message);
        }
        plan.problems.push(Problem::new(RULE, finding));
    }
}

/// Marks what the shipped stage needs. A stage only needs earlier ones, so one pass from the end is enough.
fn reach(plan: &mut Draft) {
    let Some(shipped) = plan.shipped else {
        // What is built is not known, so nothing can be said not to be.
        plan.stages.iter_mut().for_each(|stage| stage.reachable = true);
        return;
    };
    for index in (0..=shipped).rev() {
        let Some(stage) = plan.stages.get_mut(index) else {
            continue;
        };
        stage.reachable |= index == shipped;
        if stage.reachable {
            for need in stage.needs.clone() {
                if let Some(stage) = plan.stages.get_mut(need) {
                    stage.reachable = true;
                }
            }
        }
    }
}

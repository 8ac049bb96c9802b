//! `plimsoll usage`: what running containers take, now or in a record, beside what they may take.

mod chosen;
mod keys;
mod live;
mod screen;

use super::{judge, output, records};
use crate::cli::{CheckArgs, Colour, UsageArgs, UsageFormat};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::report::Report;
use crate::report::usage::against::Against;
use crate::report::usage::{Prices, Usage};
use crate::repository::Repository;
use crate::usage::Recording;

pub(super) fn run(args: &UsageArgs) -> Outcome {
    match text(args) {
        Ok((text, is_missed)) => match output::print(&text) {
            Outcome::Pass if is_missed => Outcome::Fail,
            outcome => outcome,
        },
        Err(failure) => output::complain(failure),
    }
}

/// What is printed, and whether a target is missed.
fn text(args: &UsageArgs) -> Result<(String, bool), Failure> {
    let report = here(args)?;
    let repository = report.as_ref().and_then(|report| report.repository.as_ref());
    let recording = match &args.from {
        Some(path) => asked(args, records::read(path)?)?,
        None => live::record(args, repository)?,
    };
    if let Some(path) = &args.against {
        let old = asked(args, records::read(path)?)?;
        let against = Against::of(&old, &recording, repository);
        let text = match args.format {
            UsageFormat::Text => against.text(),
            UsageFormat::Markdown => against.markdown(),
            UsageFormat::Json => against.json(),
            _ => return Err(Failure::new("--against is shown as text, markdown or json")),
        };
        return Ok((text, against.misses()));
    }
    let text = shown(args, &recording, repository, output::use_colour(Colour::Auto));
    Ok((text, false))
}

/// A recording in the format that is asked for.
fn shown(args: &UsageArgs, recording: &Recording, repository: Option<&Repository>, color: bool) -> String {
    let prices = Prices {
        cpu: args.price_cpu,
        gb: args.price_gb,
    };
    let usage = Usage::of(recording, repository, prices);
    match args.format {
        UsageFormat::Text => usage.text(color),
        UsageFormat::Markdown => usage.markdown(),
        UsageFormat::Json => usage.json(),
        UsageFormat::Compose => usage.compose(),
        UsageFormat::Html => usage.html(),
    }
}

/// What the files here say. Where there are none, samples are shown without budgets.
fn here(args: &UsageArgs) -> Result<Option<Report>, Failure> {
    let mut report = judge(&CheckArgs {
        root: args.root.clone(),
        config: args.config.clone(),
        profile: args.profile.clone(),
        no_engine: true,
        no_baseline: true,
        // The record that the configuration names may be the one that is to be written.
        without_usage: true,
        ..CheckArgs::default()
    });
    match (report.error.take(), &report.repository) {
        (None, _) => Ok(Some(report)),
        // Everything could be read, and there was nothing to judge.
        (Some(_), Some(_)) => Ok(None),
        (Some(error), None) => Err(Failure::new(error)),
    }
}

/// The containers that were asked for.
fn asked(args: &UsageArgs, mut recording: Recording) -> Result<Recording, Failure> {
    for name in &args.names {
        let is_here = recording.containers.iter().any(|seen| seen.is_called(name));
        if !is_here {
            return Err(Failure::new(format!(
                "the record has no service and no container `{name}`"
            )));
        }
    }
    if !args.names.is_empty() {
        recording
            .containers
            .retain(|seen| args.names.iter().any(|name| seen.is_called(name)));
    }
    Ok(recording)
}

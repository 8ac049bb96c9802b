//! A RUN that writes a file into a folder that its image has somewhere else.

use super::is_unconditional;
use crate::build::{JudgedFile, RunStep, origins};
use crate::fact::Fact;
use crate::finding::{Edit, Finding, Severity};
use crate::known_images;
use crate::parse::shell::{Command, Joint, Word};
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::is_at_or_below;

/// The first file that a step writes into a folder that is not there; the fix moves all of them.
pub(super) fn absent(file: &JudgedFile, step: &RunStep) -> Option<Finding> {
    let root = &file.plan.stages.get(step.stage)?.root_image;
    let Base::Image(Fact::Known(name)) = root else {
        return None;
    };
    let image = ImageRef::parse(&name.value);
    step.commands().iter().enumerate().find_map(|(number, command)| {
        let written = written(command).find(|word| !word.dynamic && word.text.starts_with('/'))?;
        let (folder, there) = known_images::moved(&image, &written.text)?;
        if !is_unconditional(step, number, command)
            || !ends_the_step(step, number)
            || origins::may_have_made(file, step, number, folder)
        {
            return None;
        }
        let message = format!("this writes `{}`, and `{}` has no `{folder}`: the build fails", written.text, name.value);
        let mut finding = Finding::new(written.span, message)
            .help(format!("write to `{there}` instead"))
            .severity(Severity::Warning)
            .aspect(format!("RUN {} {folder}", step.instruction));
        finding.fix = moves(step, folder, there);
        Some(finding)
    })
}

/// The files that a command writes, and must be able to.
fn written(command: &Command) -> impl Iterator<Item = &Word> {
    let redirected = command.redirections.iter().filter(|redirection| matches!(redirection.operator, ">" | ">>" | ">|"));
    let edits = match command.program() {
        Some("tee") => true,
        Some("sed") => command.arguments().iter().any(|word| word.text.starts_with("-i")),
        _ => false,
    };
    let named = command.arguments().iter().filter(move |_| edits);
    redirected.map(|redirection| &redirection.target).chain(named)
}

/// Whether the failure of a command is that of the whole RUN.
fn ends_the_step(step: &RunStep, number: usize) -> bool {
    let later = step.commands().get(number + 1..).unwrap_or(&[]);
    let is_fed_on = later.first().is_some_and(|next| matches!(next.joint, Joint::Pipe));
    !is_fed_on && (step.stops_at_failure() || later.iter().all(|next| matches!(next.joint, Joint::And | Joint::Pipe)))
}

/// Puts the other folder in the place of this one wherever a word of the step begins with it.
fn moves(step: &RunStep, folder: &str, there: &str) -> Vec<Edit> {
    let targets = step.commands().iter().flat_map(written);
    let hit = targets.filter(|word| !word.quoted && is_at_or_below(&word.text, folder));
    let edits = hit.filter_map(|word| {
        let end = word.span.start.checked_add(u32::try_from(folder.len()).ok()?)?;
        let span = Span { end, ..word.span };
        Some(Edit { span, text: there.to_owned() })
    });
    edits.collect()
}

//! Edits of the commands of a RUN.

use crate::build::RunStep;
use crate::parse::shell::{Command, Joint};
use crate::source::Span;

/// What to take out of a RUN so that one of its commands is gone and the others run as before: the command with the `&&` before or
/// behind it. `None` where it stands alone, or where others hang on how it ends.
pub(in crate::rules) fn without(step: &RunStep, number: usize) -> Option<Span> {
    let commands = step.commands();
    let command = commands.get(number)?;
    let is_plain =
        |command: &Command| command.level == 0 && !command.conditional && !command.negated && command.inside.is_none();
    let is_whole = is_plain(command)
        && command.redirections.is_empty()
        && !commands.iter().any(|other| other.inside == Some(number));
    let joined = |joint: Joint| matches!(joint, Joint::And | Joint::Then);
    let before = number.checked_sub(1).and_then(|before| commands.get(before));
    let next = commands.get(number + 1);
    if !is_whole || next.is_some_and(|next| !is_plain(next) || !joined(next.joint)) {
        return None;
    }
    let (start, end) = match (before, next) {
        (Some(before), _) if is_plain(before) && joined(command.joint) => (before.span.end, command.span.end),
        (None, Some(next)) if command.joint == Joint::First => (command.span.start, next.span.start),
        _ => return None,
    };
    Some(Span::new(command.span.source, start as usize, end as usize))
}

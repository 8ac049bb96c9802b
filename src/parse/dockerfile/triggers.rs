//! ONBUILD within one file: a stage that starts from an earlier one runs the triggers of that one first (`dispatchOnBuildTriggers` of
//! BuildKit's dockerfile2llb; the classic builder does the same).

use super::{Dockerfile, Instruction, Kind, MAX_INSTRUCTIONS};
use std::collections::HashMap;

/// Puts what ONBUILD makes a later stage do behind the FROM of that stage. The triggers stay where they stand, and the places of what
/// is added are theirs. Thousands of stages may run thousands of triggers each: what is too much is left out.
pub(crate) fn run_triggers(file: &mut Dockerfile) {
    if !file.instructions.iter().any(is_trigger) {
        return;
    }
    let written = std::mem::take(&mut file.instructions);
    let room = MAX_INSTRUCTIONS.saturating_sub(written.len());
    let mut added = 0;
    // A stage hands on only its own triggers: those of its base have run.
    let mut triggers: HashMap<String, Vec<Instruction>> = HashMap::new();
    let mut own: Option<String> = None;
    for instruction in written {
        match &instruction.kind {
            Kind::From(from) => {
                let base = triggers
                    .get(&from.image.value.to_lowercase())
                    .cloned()
                    .unwrap_or_default();
                own = from.alias.as_ref().map(|name| name.value.to_lowercase());
                if let Some(name) = &own {
                    triggers.insert(name.clone(), Vec::new());
                }
                file.written.push(file.instructions.len());
                file.instructions.push(instruction);
                if added + base.len() <= room {
                    added += base.len();
                    file.instructions.extend(base);
                }
                continue;
            }
            Kind::Onbuild(inner) => {
                let stage = own.as_ref().and_then(|name| triggers.get_mut(name));
                if let Some(stage) = stage {
                    stage.push((**inner).clone());
                }
            }
            _ => {}
        }
        file.written.push(file.instructions.len());
        file.instructions.push(instruction);
    }
}

fn is_trigger(instruction: &Instruction) -> bool {
    matches!(instruction.kind, Kind::Onbuild(_))
}

//! What the version of the frontend that a file pins does not know yet (BuildKit `frontend/dockerfile/docs/reference.md`,
//! "Minimum Dockerfile version", and the tags of the frontend).

use super::{Directive, Instruction, Kind, Refusals};

/// A version of the frontend: major and minor.
type Version = (u32, u32);

/// The first version with heredocs.
const HEREDOCS: Version = (1, 4);

/// The first stable version that knows a flag; `None` for those that all know, or none for certain.
fn since(keyword: &str, flag: &str) -> Option<Version> {
    let minor = match (keyword, flag) {
        ("RUN", "mount") | ("ADD" | "COPY", "chmod") => 2,
        ("RUN", "network") => 3,
        ("ADD" | "COPY", "link") => 4,
        ("ADD", "checksum") | ("HEALTHCHECK", "start-interval") => 6,
        ("ADD", "unpack") => 17,
        ("ADD" | "COPY", "exclude") => 19,
        ("COPY", "parents") | ("RUN", "security") => 20,
        _ => return None,
    };
    Some((1, minor))
}

/// The version that `# syntax=` pins. `1` moves, and `1.7-labs` knows more than its number.
fn pinned(directives: &[Directive]) -> Option<Version> {
    let syntax = directives.iter().find(|directive| directive.name.value == "syntax")?;
    let image = syntax.value.value.split([' ', '@']).next()?;
    let (name, tag) = image.rsplit_once(':')?;
    if !name.ends_with("docker/dockerfile") {
        return None;
    }
    let mut numbers = tag.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Refuses flags and heredocs that are newer than the frontend.
pub(super) fn check(directives: &[Directive], instructions: &[Instruction], refusals: &mut Refusals) {
    let Some(version) = pinned(directives) else { return };
    for instruction in instructions {
        if refusals.full() {
            return;
        }
        let mut refuse = |span, what: &str, since: Version| {
            if version < since {
                let message = format!(
                    "{what} needs frontend {}.{}, and `# syntax=` pins {}.{}",
                    since.0, since.1, version.0, version.1
                );
                refusals.add(span, message, "write `# syntax=docker/dockerfile:1`");
            }
        };
        // An unknown instruction has no flags of its own, and what a trigger takes another build decides.
        if matches!(instruction.kind, Kind::Onbuild(_)) {
            continue;
        }
        for flag in &instruction.flags {
            if let Some(since) = since(instruction.keyword.value, &flag.name.value) {
                refuse(flag.span, &format!("`--{}`", flag.name.value), since);
            }
        }
        if let Some(heredoc) = instruction.heredocs.first() {
            refuse(heredoc.marker, "a heredoc", HEREDOCS);
        }
    }
}

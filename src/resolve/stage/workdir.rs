//! Paths of WORKDIR, one inside the other.

use super::Base;
use crate::fact::{Fact, Sourced, State};

/// A WORKDIR inside the one before it.
pub(super) fn join(before: &Fact<String>, path: Fact<String>, root: &Base) -> Fact<String> {
    let Fact::Known(path) = path else { return path };
    // Windows paths are left as they are.
    if path.value.contains('\\') || path.value.get(1..2) == Some(":") {
        return Fact::Known(path);
    }
    if path.value.starts_with('/') {
        return Fact::Known(path.map(|path| clean(&path)));
    }
    let parent = match before {
        Fact::Known(parent) => parent.clone(),
        Fact::Unknown(_) => return before.clone(),
        Fact::Absent if *root == Base::Scratch => Sourced::known("/".to_owned(), path.span),
        Fact::Absent => return Fact::unknown("the path is relative to the base image's", path.span),
    };
    // A chain of relative paths must not grow without end.
    if parent.value.len() + path.value.len() > 4096 {
        return Fact::unknown("the path is too long", path.span);
    }
    let state = if parent.state == State::Known {
        path.state
    } else {
        parent.state
    };
    Fact::Known(Sourced {
        value: clean(&format!("{}/{}", parent.value, path.value)),
        state,
        ..path
    })
}

/// A path from the root without `.`, `..` and empty parts.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

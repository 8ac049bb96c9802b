//! Where Compose takes what is left of a value without a variable that nobody sets, and that takes away a wall: `"${X}host"`. Nobody writes
//! that for the variable's sake. Elsewhere such a variable may be anything.

use crate::resolve::compose::path::Path;
use crate::resolve::compose::schema;
use crate::values::{capability, engine};

/// Whether `left`, all that is left of `written` without its variables, is what a service gets.
pub(super) fn opens(path: Path<'_>, written: &str, left: &str) -> bool {
    let mut room = Path::room();
    let keys = path.keys(&mut room);
    if schema::cast(keys) == Some(schema::Cast::Bool) {
        return schema::truth(left).is_some();
    }
    let ["services", _, rest @ ..] = keys else {
        return matches!(left, "bind" | "host");
    };
    match rest {
        ["cap_add", "[]"] => capability::is_known(&capability::normal(left)),
        ["security_opt", "[]"] => is_whole_option(left),
        ["devices", "[]"] => !is_open(left.split(':').next().unwrap_or("")),
        ["devices", "[]", "source"] => !is_open(left),
        ["device_cgroup_rules", "[]"] => engine::is_device_rule(left),
        ["provider", "type"] => !left.is_empty(),
        ["volumes", "[]"] => is_whole_mount(written, left),
        ["use_api_socket"] => schema::truth(left).is_some(),
        _ => matches!(left, "bind" | "host"),
    }
}

/// Whether a path ends where the variable was the name of something.
fn is_open(path: &str) -> bool {
    path.is_empty() || path.ends_with('/')
}

/// Whether an option says something without its variable: a profile of the host's has a path that is not known.
fn is_whole_option(left: &str) -> bool {
    match left.split_once(['=', ':']) {
        Some((_, value)) => !value.starts_with('/') && !value.contains("//") && !left.ends_with(['=', ':', '/']),
        None => true,
    }
}

/// Whether a mount has its source in so many words, and the variable stands in the options, or where the target is whole without it.
fn is_whole_mount(written: &str, left: &str) -> bool {
    let source = written.split(':').next().unwrap_or("");
    let target = left.split(':').nth(1).unwrap_or("");
    source.starts_with(['/', '~']) && !source.contains('$') && !is_open(target)
}

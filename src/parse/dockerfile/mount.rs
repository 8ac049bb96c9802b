//! The `--mount` of a RUN (BuildKit `instructions/commands_runmount.go`, `parseMount`).

use super::flags::nearest;
use super::{Mount, Refusals, Word};
use crate::source::{Span, Spanned};

/// The names in `--mount` options that there are.
const MOUNT_OPTIONS: [&str; 19] = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

/// Reads one `--mount`; options with a variable are left for later, as the builder does.
pub(super) fn read(value: &Word, refusals: &mut Refusals) -> Mount {
    let text = value.value.as_str();
    // Without quotes or joins in between, the value stands in the file byte for byte.
    let exact = (value.span.end - value.span.start) as usize == text.len();
    let place = |start: usize, end: usize| {
        if exact {
            let from = value.span.start as usize;
            Span::new(value.span.source, from + start, from + end)
        } else {
            value.span
        }
    };
    let mut options = Vec::new();
    for (start, end) in fields(text) {
        let field = text.get(start..end).unwrap_or("");
        let (quoted, field) = match field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => (1, inner),
            None => (0, field),
        };
        let start = start + quoted;
        let (name, option) = match field.split_once('=') {
            Some((name, option)) => {
                let at = start + name.len() + 1;
                let span = place(at, at + option.len());
                (name, Some(Spanned::new(option.to_owned(), span)))
            }
            None => (field, None),
        };
        let name = Spanned::new(name.to_ascii_lowercase(), place(start, start + name.len()));
        check_option(&name, option.as_ref(), refusals);
        options.push((name, option));
    }
    let mount = Mount {
        span: value.span,
        options,
    };
    check(&mount, refusals);
    mount
}

/// What an option's value is, unless a variable is put into it later.
fn known(value: Option<&Word>) -> Option<&str> {
    value.map(|word| word.value.as_str()).filter(|text| !text.contains('$'))
}

/// Refuses options that do not go together, or whose values are none; in the order of the options, as the builder does.
fn check(mount: &Mount, refusals: &mut Refusals) {
    // Up to the `type` it is a bind mount; behind a type that is put in later anything goes.
    let mut kind = Some("bind".to_owned());
    for (name, value) in &mount.options {
        if refusals.full() {
            return;
        }
        if name.value == "type" {
            kind = known(value.as_ref()).map(str::to_ascii_lowercase);
            continue;
        }
        if let Some((why, help)) = wrong(&name.value, value.as_ref(), kind.as_deref()) {
            refusals.add(
                value.as_ref().map_or(name.span, |word| name.span.to(word.span)),
                why,
                help,
            );
        }
    }
    let Some(kind) = kind else { return };
    let has = |names: &[&str]| {
        mount
            .options
            .iter()
            .find(|(name, _)| names.contains(&name.value.as_str()))
    };
    let mut refuse = |option: Option<&(Spanned<String>, Option<Word>)>, message: String, help: &str| {
        refusals.add(option.map_or(mount.span, |(name, _)| name.span), message, help);
    };
    if !matches!(kind.as_str(), "secret" | "ssh" | "cache")
        && let Some(option) = has(&["mode", "uid", "gid"])
    {
        refuse(
            Some(option),
            format!("a {kind} mount has no `{}`", option.0.value),
            "remove it",
        );
    }
    if let Some(option) = has(&["sharing"]).filter(|_| kind != "cache") {
        refuse(Some(option), format!("a {kind} mount has no `sharing`"), "remove it");
    }
    if kind == "secret" {
        let source = has(&["source", "src"]);
        if let Some(option) = has(&["from"]) {
            refuse(Some(option), "a secret mount has no `from`".to_owned(), "remove it");
        }
        if source.is_some() && has(&["id"]).is_some() {
            refuse(
                source,
                "a secret has an `id` or a `source`, not both".to_owned(),
                "keep `id`",
            );
        }
        if has(&["source", "src", "id", "target", "dst", "destination"]).is_none() {
            refuse(None, "the mount has no secret `id`".to_owned(), "add `id=NAME`");
        }
    }
    let target = has(&["target", "dst", "destination"]).and_then(|(_, value)| value.as_ref());
    if matches!(kind.as_str(), "bind" | "cache" | "tmpfs") && target.is_some_and(|target| target.value == "/") {
        refuse(None, "a mount cannot cover `/`".to_owned(), "write `target=/FOLDER`");
    }
}

/// What is wrong with one option, and what to write.
fn wrong(name: &str, value: Option<&Word>, kind: Option<&str>) -> Option<(String, String)> {
    let only_for = |kinds: &[&str]| {
        let kind = kind.filter(|kind| !kinds.contains(kind))?;
        Some((
            format!("a {kind} mount has no `{name}`"),
            "remove it, or write `type` first".to_owned(),
        ))
    };
    let refused = match name {
        "required" => only_for(&["secret", "ssh"]),
        "size" => only_for(&["tmpfs"]),
        _ => None,
    };
    let (None, Some(text)) = (&refused, known(value)) else {
        return refused;
    };
    let is_right = match name {
        "required" | "readonly" | "ro" | "readwrite" | "rw" => {
            matches!(
                text,
                "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False"
            )
        }
        "sharing" => matches!(text.to_ascii_lowercase().as_str(), "shared" | "private" | "locked"),
        "mode" => u32::from_str_radix(text, 8).is_ok(),
        "uid" | "gid" => text.parse::<u32>().is_ok(),
        "size" => is_size(text),
        _ => true,
    };
    let help = match name {
        "sharing" => "write `sharing=shared`, `sharing=private` or `sharing=locked`",
        "mode" => "write octal digits, as in `0755`",
        "uid" | "gid" => "write a number",
        "size" => "write a number and a unit, as in `64m`",
        _ => "write `true` or `false`",
    };
    (!is_right).then(|| (format!("`{name}={text}` of a mount is refused"), help.to_owned()))
}

/// A size in Docker's words: `64m`, `1.5GiB`, `4096`.
fn is_size(text: &str) -> bool {
    let digits = text.len()
        - text
            .trim_start_matches(|ch: char| ch.is_ascii_digit() || ch == '.')
            .len();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit);
    number.parse::<f64>().is_ok() && matches!(unit, "" | "k" | "m" | "g" | "t" | "p")
}

fn check_option(name: &Spanned<String>, value: Option<&Word>, refusals: &mut Refusals) {
    if refusals.full() {
        return;
    }
    if !MOUNT_OPTIONS.contains(&name.value.as_str()) {
        let help = match nearest(&name.value, MOUNT_OPTIONS.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => "use an option like type, from, source or target".to_owned(),
        };
        refusals.add(name.span, format!("--mount has no option {}", name.value), help);
        return;
    }
    let Some(value) = value else {
        if !matches!(name.value.as_str(), "readonly" | "ro" | "readwrite" | "rw" | "required") {
            let help = format!("write {}=VALUE", name.value);
            refusals.add(name.span, format!("{} has no value", name.value), help);
        }
        return;
    };
    let text = value.value.as_str();
    match name.value.as_str() {
        "from" if text.find('$').is_some_and(|at| at + 1 != text.len()) => refusals.add(
            value.span,
            format!("from is {text}, but variables are not replaced there"),
            "add a stage with the variable in FROM, and use the name of that stage",
        ),
        "type" if !text.contains('$') => {
            let kinds = ["bind", "cache", "tmpfs", "secret", "ssh"];
            if !kinds.contains(&text.to_ascii_lowercase().as_str()) {
                let help = format!("one of {}", kinds.join(", "));
                refusals.add(value.span, format!("the mount type is {text}"), help);
            }
        }
        _ => {}
    }
}

/// The comma-separated fields; a comma inside double quotes separates nothing.
fn fields(text: &str) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                fields.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push((start, text.len()));
    fields
}

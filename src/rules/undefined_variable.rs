use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, Kind, Word};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use std::collections::HashSet;

rule! {
    /// A variable is used that nothing defines where it is used.
    ///
    /// ## Why it matters
    /// It is replaced by nothing. An ARG before the first FROM only counts in FROM lines: a stage has to name it again
    /// (`ARG VERSION`, without a value) to see it. BuildKit warns and builds on.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// ARG VERSION=1.4
    /// FROM debian:${RELEASE}slim  # <- here
    /// ENV APP_VERSION=$VERSION  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// ARG VERSION=1.4
    /// FROM debian:${RELEASE:-13}-slim
    /// ARG VERSION
    /// ENV APP_VERSION=$VERSION
    /// ```
    /// ```dockerfile pass
    /// ARG VERSION=1.4
    /// FROM debian:13-slim AS base
    /// ARG VERSION
    /// FROM base
    /// LABEL version="$VERSION" price='$VERSION'
    /// ```
    ///
    /// ## Notes
    /// In a stage only arguments from before the first FROM are reported: anything else may come from the base image.
    RULE {
        name: "undefined-variable",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["UndefinedArgInFrom", "UndefinedVar"],
        check: Check::Dockerfile(check),
    }
}

/// What the builder defines everywhere (or where it is declared).
const BUILDER: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let instructions = &file.file.ast.instructions;
    let mut global: HashSet<&str> = HashSet::new();
    for instruction in instructions {
        match &instruction.kind {
            Kind::From(_) => break,
            Kind::Arg(arguments) => global.extend(arguments.iter().map(|argument| argument.name.value.as_str())),
            _ => {}
        }
    }
    let mut defined: Vec<HashSet<&str>> = Vec::new();
    for (index, stage, stage_use) in file.stages() {
        let from = stage
            .instructions
            .start
            .checked_sub(1)
            .and_then(|at| instructions.get(at));
        if let Some(Kind::From(from)) = from.map(|instruction| &instruction.kind) {
            for word in [Some(&from.image), from.platform.as_ref()].into_iter().flatten() {
                for name in plain_variables(&word.value) {
                    if !global.contains(name) && !BUILDER.contains(&name) {
                        push(
                            word,
                            name,
                            "no ARG before the first FROM defines it",
                            index,
                            stage_use,
                            found,
                        );
                    }
                }
            }
        }
        let mut here = HashSet::new();
        for instruction in file.instructions(stage) {
            for word in expanded_words(instruction) {
                for name in plain_variables(&word.value) {
                    if global.contains(name)
                        && !here.contains(name)
                        && !is_defined(name, &stage.base, &file.plan.stages, &defined)
                    {
                        push(
                            word,
                            name,
                            "its ARG stands before the first FROM, and this stage does not name it again",
                            index,
                            stage_use,
                            found,
                        );
                    }
                }
            }
            match &instruction.kind {
                Kind::Arg(arguments) => here.extend(arguments.iter().map(|argument| argument.name.value.as_str())),
                Kind::Env(pairs) => here.extend(pairs.iter().map(|pair| pair.key.value.as_str())),
                _ => {}
            }
        }
        defined.push(here);
    }
}

/// Whether a stage or one that it starts from defines a name. A chain that is longer than any real one is not followed.
fn is_defined(name: &str, base: &Base, stages: &[Stage], defined: &[HashSet<&str>]) -> bool {
    let mut base = base;
    for _ in 0..64 {
        let Base::Stage(index) = base else { return false };
        if defined.get(*index).is_some_and(|names| names.contains(name)) {
            return true;
        }
        let Some(stage) = stages.get(*index) else { return true };
        base = &stage.base;
    }
    true
}

fn push(word: &Word, name: &str, why: &str, stage: usize, stage_use: StageUse, found: &mut Vec<Finding>) {
    if stage_use == StageUse::Unused {
        return;
    }
    found.push(
        Finding::new(word.span, format!("${name} is nothing here: {why}"))
            .help(format!("add ARG {name}, or give a default: ${{{name}:-...}}"))
            .aspect(format!("${name} {}", stage + 1)),
    );
}

/// The words that the builder expands.
fn expanded_words(instruction: &Instruction) -> Vec<&Word> {
    match &instruction.kind {
        Kind::Env(pairs) | Kind::Label(pairs) => pairs.iter().map(|pair| &pair.value).collect(),
        Kind::Arg(arguments) => arguments
            .iter()
            .filter_map(|argument| argument.value.as_ref())
            .collect(),
        Kind::User(word) | Kind::Workdir(word) | Kind::Stopsignal(word) => vec![word],
        Kind::Expose(words) | Kind::Volume(words) => words.iter().collect(),
        Kind::Copy(transfer) | Kind::Add(transfer) => transfer
            .sources
            .iter()
            .chain([&transfer.destination])
            .chain(&transfer.chown)
            .collect(),
        _ => Vec::new(),
    }
}

/// The names in `$NAME` and `${NAME}`; a form with a default or a pattern says what to do without a value. Text in single
/// quotes or behind a backslash is not expanded.
fn plain_variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    let mut in_double = false;
    while let Some(at) = rest.find(['$', '\'', '"', '\\']) {
        let (sign, after) = (rest.get(at..at + 1).unwrap_or(""), rest.get(at + 1..).unwrap_or(""));
        match sign {
            "'" if !in_double => {
                let Some(end) = after.find('\'') else { return names };
                rest = after.get(end + 1..).unwrap_or("");
                continue;
            }
            "\"" => in_double = !in_double,
            "\\" => {
                let skip = after.chars().next().map_or(0, char::len_utf8);
                rest = after.get(skip..).unwrap_or("");
                continue;
            }
            "$" => {
                let (name, closed) = match after.strip_prefix('{') {
                    Some(inside) => {
                        let name = identifier(inside);
                        (name, inside.get(name.len()..).is_some_and(|rest| rest.starts_with('}')))
                    }
                    None => (identifier(after), true),
                };
                if closed && !name.is_empty() {
                    names.push(name);
                }
            }
            _ => {}
        }
        rest = after;
    }
    names
}

fn identifier(text: &str) -> &str {
    let end = text
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(text.len());
    let name = text.get(..end).unwrap_or("");
    if name.starts_with(|letter: char| letter.is_ascii_digit()) {
        ""
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::plain_variables;

    #[test]
    fn only_bare_forms_that_are_expanded_count() {
        assert_eq!(plain_variables("a$B/${C}-${D:-x}${E#p}"), ["B", "C"]);
        assert_eq!(plain_variables(r#"'$A' "$B '$C'" \$D $1 $"#), ["B", "C"]);
    }
}

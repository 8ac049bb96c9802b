//! Edits of stages and of the file's name: names mean nothing, and a stage that nothing uses is not built.

use super::model::{Docker, Step};
use super::whole;
use crate::mutations::edit::{Edit, Files, is_compose, is_dockerfile, split_path, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::moves("an unrelated stage before", unrelated_stage),
    Edit::rewrites("a stage above the last", stage_above),
    Edit::rewrites("renamed stages", renamed_stages),
    Edit::rewrites("upper-case stage names", upper_case_stages),
    Edit::rewrites("lower-case as", lower_case_as),
    Edit::rewrites("a name for the last stage", named_stage),
    Edit::rewrites("a stage by its name for its number", name_for_number),
    Edit::moves("app.Dockerfile", |files, path| {
        renamed_file(files, path, "app.Dockerfile")
    }),
    Edit::moves("Dockerfile.app", |files, path| {
        renamed_file(files, path, "Dockerfile.app")
    }),
    Edit::moves("Containerfile", |files, path| {
        renamed_file(files, path, "Containerfile")
    }),
];

fn froms<'a>(docker: &'a Docker<'_>) -> Vec<&'a Step> {
    docker.steps.iter().filter(|step| step.keyword == "FROM").collect()
}

/// Whether a stage is referred to by its number, which another stage before it would change.
fn counts_stages(docker: &Docker<'_>) -> bool {
    let has_number = |text: &str| {
        let mut parts = text.split("from=").skip(1);
        parts.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    docker.steps.iter().any(|step| has_number(&step.rest))
}

/// BuildKit builds what the target needs.
fn unrelated_stage(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, _| {
        let from = *froms(docker).first()?;
        let at = from.lines.start;
        let is_fit = !counts_stages(docker) && !docker.is_spoken_of(at) && !is_targeted(files);
        is_fit.then(|| {
            docker.replaced(
                at..at,
                "FROM scratch AS bystander\nLABEL org.example.bystander=\"plain\"\n",
            )
        })
    })
}

/// Whether Compose or a configuration names a stage.
fn is_targeted(files: &Files) -> bool {
    files.values().any(|text| text.contains("target:"))
}

/// A stage that begins with another one and adds nothing is that one.
fn stage_above(files: &Files, path: &str) -> Vec<Files> {
    whole(files, path, |docker, text| {
        let from = *froms(docker).last()?;
        let has_name = from.rest.to_ascii_lowercase().contains(" as ");
        if has_name
            || from.own.len() != 1
            || is_targeted(files)
            || docker.steps.iter().any(|step| step.keyword == "ONBUILD")
        {
            return None;
        }
        let named = docker.replaced(
            from.own.clone(),
            &format!("{} AS below_plain", docker.lines[from.own.start]),
        );
        let end = if text.ends_with('\n') { "" } else { "\n" };
        Some(format!("{named}{end}FROM below_plain\n"))
    })
}

/// The names of the stages as they are written.
fn names(docker: &Docker<'_>) -> Vec<String> {
    let name = |step: &&Step| {
        let words: Vec<&str> = step.rest.split_whitespace().collect();
        let at = words.iter().position(|word| word.eq_ignore_ascii_case("as"))?;
        words.get(at + 1).map(|name| (*name).to_owned())
    };
    froms(docker).iter().filter_map(name).collect()
}

/// Every use of a stage's name, written another way. Names have no case (instructions/parse.go lower-cases them).
fn with_names(files: &Files, path: &str, write: impl Fn(&str) -> String) -> Vec<Files> {
    whole(files, path, |docker, _| {
        let names = names(docker);
        let is_used_elsewhere = files
            .iter()
            .any(|(other, text)| other != path && text.contains("target:"));
        if names.is_empty() || is_used_elsewhere {
            return None;
        }
        let change = |step: &Step| {
            if step.own.len() != 1 {
                return None;
            }
            let words: Vec<String> = step
                .rest
                .split(' ')
                .map(|word| rename(word, step, &names, &write))
                .collect();
            let changed = words.join(" ");
            (changed != step.rest).then(|| format!("{} {changed}", step.keyword))
        };
        let text = docker.rewritten(|_, step| change(step));
        Some(text)
    })
}

fn rename(word: &str, step: &Step, names: &[String], write: &impl Fn(&str) -> String) -> String {
    let is = |text: &str| names.iter().any(|name| name.eq_ignore_ascii_case(text));
    if step.keyword == "FROM" && is(word) {
        return write(word);
    }
    if let Some(name) = word.strip_prefix("--from=").filter(|name| is(name)) {
        return format!("--from={}", write(name));
    }
    let Some((before, rest)) = word.split_once("from=").filter(|_| word.starts_with("--mount=")) else {
        return word.to_owned();
    };
    let (name, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    match is(name) {
        true => format!("{before}from={}{after}", write(name)),
        false => word.to_owned(),
    }
}

/// What a stage is called is seen nowhere in the image.
fn renamed_stages(files: &Files, path: &str) -> Vec<Files> {
    with_names(files, path, |name| format!("plain_{}", name.to_ascii_lowercase()))
}

/// In whatever case.
fn upper_case_stages(files: &Files, path: &str) -> Vec<Files> {
    with_names(files, path, |name| name.to_ascii_uppercase())
}

/// `AS` has no case either.
fn lower_case_as(files: &Files, path: &str) -> Vec<Files> {
    super::each(files, path, |_, step| {
        let is_fit = step.keyword == "FROM" && step.rest.contains(" AS ");
        is_fit.then(|| format!("FROM {}", step.rest.replace(" AS ", " as ")))
    })
}

/// A name that nothing uses.
fn named_stage(files: &Files, path: &str) -> Vec<Files> {
    super::each(files, path, |_, step| {
        let is_fit =
            step.keyword == "FROM" && !step.rest.to_ascii_lowercase().contains(" as ") && !step.rest.contains('#');
        is_fit.then(|| format!("FROM {} AS plain_{}", step.rest, step.lines.start))
    })
}

/// Stages are counted from 0.
fn name_for_number(files: &Files, path: &str) -> Vec<Files> {
    super::each(files, path, |docker, step| {
        let stages = froms(docker);
        let (before, rest) = step.rest.split_once("--from=")?;
        let (word, after) = rest.split_once(' ')?;
        let at = stages.iter().position(|from| {
            let words: Vec<&str> = from.rest.split_whitespace().collect();
            let name = words
                .iter()
                .position(|word| word.eq_ignore_ascii_case("as"))
                .and_then(|at| words.get(at + 1));
            name.is_some_and(|name| name.eq_ignore_ascii_case(word))
        })?;
        Some(format!("{} {before}--from={at} {after}", step.keyword))
    })
}

/// A Dockerfile may have any name; where Compose builds it by default, it has to say which.
fn renamed_file(files: &Files, path: &str, name: &str) -> Vec<Files> {
    let (folder, old) = split_path(path);
    if !is_dockerfile(path) || old != "Dockerfile" || !folder.is_empty() {
        return Vec::new();
    }
    let mut made = files.clone();
    for (other, text) in files.iter().filter(|(other, _)| *other != path) {
        if text.contains("Dockerfile") || (is_compose(other) && text.contains("build")) {
            // What names it, or finds it by its name, would have to be changed too.
            let changed = text.replace(
                "    build: .\n",
                &format!("    build: {{context: ., dockerfile: {name}}}\n"),
            );
            if !is_compose(other) || changed.contains("Dockerfile ") || changed == *text {
                return Vec::new();
            }
            made.insert(other.clone(), changed);
        }
    }
    let text = made.remove(path).unwrap_or_default();
    vec![with(&made, name, text)]
}

//! The GitHub container action: inputs from `INPUT_*`, outputs and the step summary to the files that the runner names.

use super::{judge, outcome, output};
use crate::cli::{CheckArgs, FailOn, Format};
use crate::exit::Outcome;
use crate::finding::Severity;
use crate::report::{Report, Verdict, github, markdown, sarif, text};
use crate::rules;
use clap::ValueEnum;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A CI runner that uses this image as a job image starts `sh -c ...` in it. That must never look like a pass.
pub fn refuse_shell(words: &[OsString]) -> Option<Outcome> {
    let first = words.get(1)?.to_str()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let is_shell = matches!(name, "sh" | "bash" | "ash" | "dash") && !Path::new(first).is_dir();
    is_shell.then(|| {
        output::complain(
            "this image was started with a shell command, as a CI runner does with a job image. It has no shell and nothing was judged. \
             Set `entrypoint: [\"\"]` on an image that has a shell, or run the image as a step of its own",
        )
    })
}

/// Runs as the action.
pub fn run() -> Outcome {
    let args = match arguments(&|name| std::env::var(name).ok()) {
        Ok(args) => args,
        Err(message) => return output::complain(&message),
    };
    let mut run = judge(&args);
    let (report, _) = run.report();
    let outcome = outcome(&report, args.exit_zero);
    let mut complete = true;
    for (_, path) in &args.output {
        let written =
            output::file(path, &sarif::render(&report, rules::RULES, args.notes)).and_then(|()| give_to_owner(path));
        if let Err(error) = written {
            output::complain(&format!(
                "'{}' cannot be written: {}",
                path.display(),
                crate::workspace::reason(&error)
            ));
            complete = false;
        }
    }
    let sarif = args
        .output
        .first()
        .filter(|_| complete)
        .map(|(_, path)| path.display().to_string())
        .unwrap_or_default();
    if let Some(error) = &report.error {
        output::complain(error);
    } else {
        complete &= output::print(&text::render(&report, args.notes, false)) == Outcome::Pass;
        if input("annotations", &|name| std::env::var(name).ok()).as_deref() != Some("false") {
            complete &= output::print(&github::render(&report, args.notes)) == Outcome::Pass;
        }
    }
    // The runner may not offer these files (act does not): the verdict does not depend on them.
    append("GITHUB_OUTPUT", &outputs(&report, &sarif));
    if input("summary", &|name| std::env::var(name).ok()).as_deref() != Some("false") {
        append(
            "GITHUB_STEP_SUMMARY",
            &markdown::render(&report, rules::RULES, args.notes),
        );
    }
    if complete || outcome != Outcome::Pass {
        outcome
    } else {
        Outcome::CouldNotRun
    }
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An input of the action; empty is not given. The runner upper-cases names and keeps their hyphens.
fn input(name: &str, variable: Variable<'_>) -> Option<String> {
    variable(&format!("INPUT_{}", name.to_uppercase()))
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

fn arguments(variable: Variable<'_>) -> Result<CheckArgs, String> {
    let workspace = variable("GITHUB_WORKSPACE")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let root = workspace
        .or_else(|| std::env::current_dir().ok())
        .ok_or("the workspace is not known: GITHUB_WORKSPACE is not set")?;
    let flag = |name: &str| match input(name, variable).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(format!("the input '{name}' must be true or false, not '{other}'")),
    };
    let fail_on = match input("fail-on", variable) {
        None => None,
        Some(word) => Some(
            FailOn::from_str(&word, false)
                .map_err(|_| format!("the input 'fail-on' must be error, warning, note or never, not '{word}'"))?,
        ),
    };
    let changed = match input("changed-only", variable).as_deref() {
        None | Some("false") => None,
        Some("true") => Some(input("base", variable).unwrap_or_default()),
        Some(other) => return Err(format!("the input 'changed-only' must be true or false, not '{other}'")),
    };
    let lines = |name: &str| {
        input(name, variable)
            .into_iter()
            .flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
    };
    Ok(CheckArgs {
        paths: lines("paths")
            .filter(|line| !line.is_empty())
            .map(|path| root.join(path))
            .collect(),
        config: input("config", variable).map(|path| root.join(path)),
        profile: input("profile", variable),
        fail_on,
        notes: flag("notes")?,
        changed,
        output: input("sarif-file", variable)
            .map(|path| (Format::Sarif, root.join(path)))
            .into_iter()
            .collect(),
        root: Some(root),
        ..CheckArgs::default()
    })
}

/// The outputs of the action. No value holds a line break, so the simple form is enough and nothing can be injected.
fn outputs(report: &Report<'_>, sarif: &str) -> String {
    let verdict = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Error => "error",
    };
    // A path inside the container means nothing to the next step: relative to the workspace it does.
    let root = std::env::var("GITHUB_WORKSPACE").unwrap_or_default();
    let sarif = sarif
        .strip_prefix(root.as_str())
        .map_or(sarif, |rest| rest.trim_start_matches('/'));
    let one_line = |text: &str| text.replace(['\r', '\n'], " ");
    format!(
        "verdict={verdict}\nerrors={}\nwarnings={}\nnotes={}\nscanned-files={}\nsarif-file={}\nscope={}\n",
        report.count(Severity::Error),
        report.count(Severity::Warning),
        report.count(Severity::Note),
        report.files,
        one_line(sarif),
        one_line(&report.scope),
    )
}

fn append(variable: &str, text: &str) {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else {
        return;
    };
    let result = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = result {
        output::complain(&format!(
            "warning: {variable} cannot be written: {}",
            crate::workspace::reason(&error)
        ));
    }
}

/// The action runs as root in a workspace of somebody else: what it writes must not be in their way.
fn give_to_owner(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let owner = folder.metadata()?;
        if path.metadata()?.uid() != owner.uid() {
            chown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn inputs_become_flags() {
        let args = arguments(&with(&[
            ("GITHUB_WORKSPACE", "/w"),
            ("INPUT_FAIL-ON", "warning"),
            ("INPUT_PATHS", "a\nb\n"),
            ("INPUT_SARIF-FILE", "out.sarif"),
            ("INPUT_CHANGED-ONLY", "true"),
            ("INPUT_PROFILE", ""),
        ]))
        .unwrap();
        assert_eq!(args.fail_on, Some(FailOn::Warning));
        assert_eq!(args.paths, [PathBuf::from("/w/a"), PathBuf::from("/w/b")]);
        assert_eq!(args.output, [(Format::Sarif, PathBuf::from("/w/out.sarif"))]);
        assert_eq!(args.changed.as_deref(), Some(""));
        assert_eq!(args.profile, None);
    }

    #[test]
    fn a_wrong_input_is_a_sentence() {
        let error = arguments(&with(&[("GITHUB_WORKSPACE", "/w"), ("INPUT_FAIL-ON", "eror")])).unwrap_err();
        assert!(error.contains("fail-on"));
    }

    #[test]
    fn a_shell_command_is_refused() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        for text in ["plimsoll sh -c x", "plimsoll /bin/sh -c x", "plimsoll bash"] {
            assert_eq!(refuse_shell(&words(text)), Some(Outcome::CouldNotRun), "{text}");
        }
        assert_eq!(refuse_shell(&words("plimsoll check")), None);
    }
}

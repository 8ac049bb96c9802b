//! The GitHub container action: inputs from `INPUT_*`, outputs and the step summary to the files that the runner names.

use super::deadline::{self, Claim};
use super::{judge, outcome, output};
use crate::cli::{CheckArgs, FailOn, Format, Policy};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::{Report, github, line, markdown, sarif, text};
use clap::ValueEnum;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A CI runner that uses this image as a job image starts `sh -c ...` in it. That must never look like a pass.
pub(super) fn refuse_shell(words: &[OsString]) -> Option<Outcome> {
    let first = words.get(1)?.to_str()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let is_shell = matches!(name, "sh" | "bash" | "ash" | "dash") && !Path::new(first).is_dir();
    is_shell.then(|| {
        output::complain(
            "this image was started with a shell command, as a CI runner does with a job image. It has no shell, and \
             nothing was checked. Set `entrypoint: [\"\"]` on an image that has a shell, or run the image as a step \
             of its own",
        )
    })
}

/// The inputs that `action.yml` offers.
const INPUTS: [&str; 13] = [
    "paths",
    "config",
    "config-from",
    "policy",
    "profile",
    "fail-on",
    "notes",
    "baseline",
    "changed-only",
    "base",
    "sarif-file",
    "annotations",
    "summary",
];

/// Runs as the action.
pub(super) fn run() -> Outcome {
    run_with(|name| std::env::var(name).ok())
}

fn run_with<V: Fn(&str) -> Option<String> + Clone + Send + 'static>(variable: V) -> Outcome {
    let root = workspace(&variable);
    let (given, wrong) = match given(&root, &variable) {
        Ok(given) => (given, None),
        // Later steps read the outputs and the SARIF file of a gate that could not run, too.
        Err(failure) => (Given::fallback(&root, &variable), Some(failure)),
    };
    let late = (given.clone(), root.clone(), variable.clone());
    let claim = deadline::watch(None, move |failure| {
        let (given, root, variable) = late;
        finish(&Report::error(failure), &given, &root, &variable, &Claim::default());
    });
    let report = wrong.map_or_else(|| judge(&given.check), Report::error);
    finish(&report, &given, &root, &variable, &claim)
}

/// Writes everything that later steps and people read.
fn finish(report: &Report, given: &Given, root: &Path, variable: Variable<'_>, claim: &Claim) -> Outcome {
    let notes = given.check.notes;
    let outcome = outcome(report.verdict, given.check.exit_zero);
    // Rendered before anything is written: past the deadline nothing of it is.
    let sarif = match given.check.output.as_slice() {
        [] => String::new(),
        _ => sarif::render(report, notes),
    };
    // The log of a job shows colours, though no terminal stands behind it.
    let view = text::View {
        color: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        ..output::view(&given.check)
    };
    let printed = text::render(report, &view);
    let annotations = match given.annotations {
        true => github::render(report, notes),
        false => String::new(),
    };
    let summary = given.summary.then(|| markdown::render(report, notes));
    claim.take();
    let mut complete = true;
    let mut sarif_file = String::new();
    for (_, path) in &given.check.output {
        let written = output::file(path, &sarif, Some(root)).and_then(|()| Ok(give_to_owner(path)?));
        match written {
            // A path inside the container means nothing to the next step: relative to the workspace it does.
            Ok(()) => sarif_file = path.strip_prefix(root).unwrap_or(path).display().to_string(),
            Err(error) => {
                output::complain(format!("`{}` cannot be written: {error}", path.display()));
                complete = false;
            }
        }
    }
    match &report.error {
        Some(_) => output::refuse(report, &view),
        None => complete &= output::print(&printed) == Outcome::Pass,
    }
    // Its plain lines say again what the text has just said.
    let commands = github::commands(&annotations);
    complete &= commands.is_empty() || output::print(&commands) == Outcome::Pass;
    // The runner may not offer these files (act does not): the verdict does not depend on them.
    append(variable, "GITHUB_OUTPUT", &outputs(report, &sarif_file));
    // The step of `upload/` that gives the verdict says why.
    append(variable, "PLIMSOLL_ERRORS", &line::worst(report));
    if let Some(text) = summary {
        append(variable, "GITHUB_STEP_SUMMARY", &text);
    }
    if complete || outcome != Outcome::Pass {
        outcome
    } else {
        Outcome::CouldNotRun
    }
}

/// What the inputs ask for.
#[derive(Clone, Debug)]
struct Given {
    check: CheckArgs,
    annotations: bool,
    summary: bool,
}

impl Given {
    /// What is still known where an input is wrong.
    fn fallback(root: &Path, variable: Variable<'_>) -> Self {
        Given {
            check: CheckArgs {
                output: sarif_output(root, variable),
                ..CheckArgs::default()
            },
            annotations: input("annotations", variable).as_deref() != Some("false"),
            summary: input("summary", variable).as_deref() != Some("false"),
        }
    }
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An input of the action; empty is not given. The runner upper-cases names and keeps their hyphens.
fn input(name: &str, variable: Variable<'_>) -> Option<String> {
    debug_assert!(INPUTS.contains(&name), "{name} is not in action.yml");
    variable(&format!("INPUT_{}", name.to_uppercase()))
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// The folder to judge. Where the workspace is mounted elsewhere than the variable says (act gives the host's path), the
/// runner has at least made it the working directory.
fn workspace(variable: Variable<'_>) -> PathBuf {
    let named = variable("GITHUB_WORKSPACE")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && path.is_dir());
    named
        .or_else(|| std::env::current_dir().ok())
        .unwrap_or_else(|| PathBuf::from("."))
}

fn sarif_output(root: &Path, variable: Variable<'_>) -> Vec<(Format, PathBuf)> {
    input("sarif-file", variable)
        .map(|path| (Format::Sarif, root.join(path)))
        .into_iter()
        .collect()
}

fn given(root: &Path, variable: Variable<'_>) -> Result<Given, Failure> {
    let flag = |name: &str, default: bool| match input(name, variable).as_deref() {
        None => Ok(default),
        Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Failure::new(format!(
            "the input `{name}` must be true or false, not `{other}`"
        ))),
    };
    let fail_on = match input("fail-on", variable) {
        None => None,
        Some(word) => Some(FailOn::from_str(&word, false).map_err(|_| {
            Failure::new(format!(
                "the input `fail-on` must be error, warning, note or never, not `{word}`"
            ))
        })?),
    };
    let base = input("base", variable);
    let changed = match (flag("changed-only", false)?, base) {
        (true, base) => Some(base.unwrap_or_default()),
        (false, None) => None,
        // Half of a request is a mistake: a full scan would hide it.
        (false, Some(_)) => return Err(Failure::new("the input `base` needs `changed-only: true`")),
    };
    let (config, config_from) = (input("config", variable), input("config-from", variable));
    if config.is_some() && config_from.is_some() {
        return Err(Failure::new("the inputs `config` and `config-from` exclude each other"));
    }
    let policy = match input("policy", variable).as_deref() {
        None | Some("report") => Policy::Report,
        Some("enforce") => Policy::Enforce,
        Some(other) => {
            return Err(Failure::new(format!(
                "the input `policy` must be report or enforce, not `{other}`"
            )));
        }
    };
    let paths = input("paths", variable).unwrap_or_default();
    let check = CheckArgs {
        paths: paths
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|path| root.join(path))
            .collect(),
        config: config.map(|path| root.join(path)),
        // Nobody may bend what a request is judged by.
        config_from: Some(config_from.unwrap_or_else(|| "auto".to_owned())),
        policy,
        baseline: input("baseline", variable).map(|path| root.join(path)),
        profile: input("profile", variable),
        fail_on,
        notes: flag("notes", false)?,
        changed,
        output: sarif_output(root, variable),
        root: Some(root.to_path_buf()),
        ..CheckArgs::default()
    };
    Ok(Given {
        check,
        annotations: flag("annotations", true)?,
        summary: flag("summary", true)?,
    })
}

/// The outputs of the action. No value holds a line break, so the simple form is enough and nothing can be injected.
fn outputs(report: &Report, sarif_file: &str) -> String {
    let one_line = |text: &str| text.replace(['\r', '\n'], " ");
    format!(
        "verdict={}\nerrors={}\nwarnings={}\nnotes={}\nscanned-files={}\nsarif-file={}\nscope={}\n",
        report.verdict.word(),
        report.count(Severity::Error),
        report.count(Severity::Warning),
        report.count(Severity::Note),
        report.files.len(),
        one_line(sarif_file),
        one_line(&report.scope),
    )
}

fn append(variable: Variable<'_>, name: &str, text: &str) {
    let Some(path) = variable(name).filter(|path| !path.is_empty()) else {
        return;
    };
    let result = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = result {
        output::complain(Failure::from(error).of(format!("warning: {name} cannot be written")));
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

    fn owned(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Clone + Send + 'static {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let pairs: std::collections::HashMap<String, String> = pairs.collect();
        move |name| pairs.get(name).cloned()
    }

    #[test]
    fn inputs_become_flags() {
        let given = given(
            Path::new("/w"),
            &with(&[
                ("INPUT_FAIL-ON", "warning"),
                ("INPUT_PATHS", "a\n b \n"),
                ("INPUT_SARIF-FILE", "out.sarif"),
                ("INPUT_CHANGED-ONLY", "true"),
                ("INPUT_PROFILE", ""),
                ("INPUT_SUMMARY", "false"),
            ]),
        )
        .unwrap();
        let check = given.check;
        assert_eq!(check.fail_on, Some(FailOn::Warning));
        assert_eq!(check.paths, [PathBuf::from("/w/a"), PathBuf::from("/w/b")]);
        assert_eq!(check.output, [(Format::Sarif, PathBuf::from("/w/out.sarif"))]);
        assert_eq!(check.changed.as_deref(), Some(""));
        assert_eq!(check.profile, None);
        assert!(given.annotations && !given.summary);
    }

    #[test]
    fn a_wrong_input_is_a_sentence() {
        for (name, value) in [
            ("FAIL-ON", "eror"),
            ("NOTES", "yes"),
            ("ANNOTATIONS", "1"),
            ("SUMMARY", "off"),
            ("CHANGED-ONLY", "auto"),
            ("BASE", "main"),
        ] {
            let variable = format!("INPUT_{name}");
            let error = given(Path::new("/w"), &with(&[(&variable, value)])).unwrap_err();
            assert!(
                error.to_string().contains(&format!("`{}`", name.to_lowercase())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_gate_that_could_not_run_says_so_to_later_steps() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (root, out, summary) = (file(""), file("output"), file("summary"));
        let outcome = run_with(owned(&[
            ("GITHUB_WORKSPACE", &root),
            ("GITHUB_OUTPUT", &out),
            ("GITHUB_STEP_SUMMARY", &summary),
            ("INPUT_NOTES", "perhaps"),
            ("INPUT_ANNOTATIONS", "false"),
            ("INPUT_SARIF-FILE", "gate.sarif"),
        ]));
        assert_eq!(outcome, Outcome::CouldNotRun);
        let outputs = std::fs::read_to_string(out).unwrap();
        assert!(outputs.starts_with("verdict=error\n"), "{outputs}");
        assert!(outputs.contains("\nsarif-file=gate.sarif\n"), "{outputs}");
        assert!(std::fs::read_to_string(summary).unwrap().contains("perhaps"));
        let sarif = std::fs::read_to_string(file("gate.sarif")).unwrap();
        let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
        assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }

    #[test]
    fn action_yml_offers_what_is_read_and_written() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sources = crate::source::Sources::default();
        let id = sources.add(&path, text.clone());
        let file = crate::parse::yaml::parse(id, &text);
        let keys = |name: &str| {
            let value = file.documents[0].get(name).unwrap();
            value.map().unwrap().keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(keys("inputs"), INPUTS);
        let written = outputs(&Report::error(Failure::new("a reason")), "");
        let written: Vec<&str> = written.lines().map(|line| line.split_once('=').unwrap().0).collect();
        assert_eq!(keys("outputs"), written);
        assert_eq!(
            file.documents[0].at(&["runs", "args"]).unwrap().seq().unwrap()[0].str(),
            Some("action")
        );
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

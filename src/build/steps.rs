//! What the RUN instructions of a Dockerfile run: their shell text split into commands, once for all rules.

use super::{Base, JudgedFile, PackageCommand, StageUse};
use crate::fact::Fact;
use crate::parse::dockerfile::{Instruction, Kind, Text, Word};
use crate::parse::shell::{self, Command, Script};
use crate::resolve::stage::Stage;

/// A RUN that a POSIX shell runs.
#[derive(Debug)]
pub struct RunStep {
    /// The number of its stage.
    pub stage: usize,
    /// How far its stage gets.
    pub stage_use: StageUse,
    /// The index of its instruction in the file.
    pub instruction: usize,
    /// What the shell gets.
    pub text: Text,
    /// Its commands; `None` where the text is too odd to say.
    pub script: Option<Script>,
    /// The program that reads it: `/bin/sh`, what SHELL says, or the first line of a heredoc.
    pub shell: String,
    /// The options that the shell is started with: `-o pipefail`, `-ec`.
    pub options: Vec<String>,
    /// The commands that drive a package manager, each with the index of its command.
    pub packages: Vec<(usize, PackageCommand)>,
    pipefail: bool,
    errexit: bool,
    expands_braces: bool,
}

impl RunStep {
    /// Its commands; none where the text is too odd to say.
    pub fn commands(&self) -> &[Command] {
        self.script.as_ref().map_or(&[], |script| &script.commands)
    }

    /// Its instruction.
    pub fn of<'a>(&self, file: &'a JudgedFile) -> Option<&'a Instruction> {
        file.file.ast.instructions.get(self.instruction)
    }

    /// Whether a cache or tmpfs is mounted over `path` or a folder above it: what is written there does not stay.
    pub fn mounts_over(&self, file: &JudgedFile, path: &str) -> bool {
        self.mounts(file, &|target| {
            path == target || path.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Whether a cache or tmpfs is mounted at a path with this ending, wherever the home folder is.
    pub fn mounts_ending(&self, file: &JudgedFile, endings: &[&str]) -> bool {
        self.mounts(file, &|target| endings.iter().any(|ending| target.ends_with(ending)))
    }

    /// Whether a cache or tmpfs is mounted at a path that is meant, or at one that holds a variable.
    fn mounts(&self, file: &JudgedFile, is_meant: &dyn Fn(&str) -> bool) -> bool {
        let Some(Kind::Run(run)) = self.of(file).map(|instruction| &instruction.kind) else {
            return false;
        };
        run.mounts.iter().any(|mount| {
            matches!(mount.kind().as_str(), "cache" | "tmpfs")
                && mount.target().is_some_and(|target| {
                    let target = target.value.trim_end_matches('/');
                    target.contains('$') || is_meant(target)
                })
        })
    }

    /// Whether the text names something anywhere: enough to be careful.
    pub fn mentions(&self, word: &str) -> bool {
        self.text.text.contains(word)
    }

    /// Whether its shell fails where any part of a pipe fails.
    pub fn has_pipefail(&self) -> bool {
        self.pipefail
    }

    /// Whether its shell makes two words of `{a,b}`.
    pub(super) fn expands_braces(&self) -> bool {
        self.expands_braces
    }

    /// Whether its shell stops at the first failure.
    pub fn stops_at_failure(&self) -> bool {
        self.errexit
    }
}

/// Whether a script sets an option of its shell.
fn sets(script: Option<&Script>, long: &str, short: Option<char>) -> bool {
    let commands = script.map_or(&[][..], |script| &script.commands);
    commands.iter().any(|command| {
        command.program() == Some("set")
            && command
                .arguments()
                .iter()
                .any(|word| word.text == long || short.is_some_and(|short| short_has(&word.text, short)))
    })
}

/// Whether `-ex` has the letter.
fn short_has(option: &str, letter: char) -> bool {
    option
        .strip_prefix('-')
        .is_some_and(|letters| !letters.starts_with('-') && letters.contains(letter))
}

/// Every step, in order. ONBUILD is another image's.
pub(super) fn steps(file: &JudgedFile) -> Vec<RunStep> {
    let mut steps = Vec::new();
    for (number, stage, stage_use) in file.stages() {
        let mut shell = first_shell(file, stage);
        let start = stage.instructions.start;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            match &instruction.kind {
                Kind::Shell(words) => shell = words.iter().map(text_of).collect(),
                Kind::Run(_) => steps.extend(step(number, stage_use, start + offset, instruction, &shell)),
                _ => {}
            }
        }
    }
    steps
}

/// The shell that a stage starts with: the one that its base stage ends with.
fn first_shell(file: &JudgedFile, stage: &Stage) -> Vec<String> {
    let Base::Stage(base) = stage.base else {
        return Vec::new();
    };
    match file.plan.stages.get(base).map(|base| &base.shell) {
        Some(Fact::Known(words)) => words.value.iter().map(text_of).collect(),
        _ => Vec::new(),
    }
}

fn text_of(word: &Word) -> String {
    word.value.clone()
}

fn step(
    stage: usize,
    stage_use: StageUse,
    index: usize,
    instruction: &Instruction,
    shell: &[String],
) -> Option<RunStep> {
    let given = instruction.script()?;
    let mut options = Vec::new();
    let program = match &given.interpreter {
        Some(line) => {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut program = words.next()?;
            if program.ends_with("/env") {
                program = words.next()?;
            }
            options.extend(words);
            program
        }
        None => match shell.split_first() {
            Some((program, rest)) => {
                options.extend(rest.iter().cloned());
                program.clone()
            }
            None => "/bin/sh".to_owned(),
        },
    };
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    if !matches!(name.as_str(), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    let script = shell::split(&given.text);
    let packages = script.as_ref().map_or_else(Vec::new, |script| {
        let commands = script.commands.iter().enumerate();
        commands
            .filter_map(|(index, command)| Some((index, PackageCommand::of(command)?)))
            .collect()
    });
    let given_option = |wanted: &str| options.iter().any(|option| option == wanted);
    let pipefail = given_option("pipefail") || sets(script.as_ref(), "pipefail", None);
    let errexit = options.iter().any(|option| short_has(option, 'e'))
        || given_option("errexit")
        || sets(script.as_ref(), "errexit", Some('e'));
    Some(RunStep {
        stage,
        stage_use,
        instruction: index,
        text: given.text,
        script,
        shell: program,
        options,
        packages,
        pipefail,
        errexit,
        expands_braces: matches!(name.as_str(), "bash" | "zsh" | "ksh"),
    })
}

//! What a RUN plainly puts into its layer of what it mounts from the context: `cp /src/key /key`, `cat /src/key > /key`.

use super::lookup::look;
use super::{Source, Tree, in_context};
use crate::parse::dockerfile::{Dockerfile, Kind, Run};
use crate::parse::shell::{Command, Script, Word, split};
use crate::resolve::dockerignore::Dockerignore;
use crate::resolve::stage::Plan;
use crate::values::path::{clean, is_below};

/// What a RUN copies of the context into its layer.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The index of its instruction in the file.
    pub instruction: usize,
    /// Its stage.
    pub stage: usize,
    /// What it names.
    pub source: Source,
}

/// Looks up what each RUN takes.
pub(crate) fn taken(file: &Dockerfile, plan: &Plan, tree: &Tree, ignore: Option<&Dockerignore>) -> Vec<Taken> {
    let named = named(file, plan).into_iter();
    named
        .map(|(stage, instruction, path)| Taken {
            instruction,
            stage,
            source: look(&path, false, tree, ignore),
        })
        .collect()
}

/// The paths of the context that the RUN instructions take, by stage and instruction.
pub(super) fn named(file: &Dockerfile, plan: &Plan) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    for (stage, at) in plan.stages.iter().enumerate() {
        for number in at.instructions.clone() {
            let instruction = file.instructions.get(number);
            let Some((instruction, Kind::Run(run))) = instruction.map(|instruction| (instruction, &instruction.kind))
            else {
                continue;
            };
            let folder = plan.workdir_at(number).value().map_or("/", String::as_str);
            let mounts = Mounts::of(run, folder);
            if mounts.context.is_empty() {
                continue;
            }
            let script = instruction.script().filter(|script| script.interpreter.is_none());
            let Some(script) = script.and_then(|script| split(&script.text)) else {
                continue;
            };
            let paths = mounts.taken(&script, folder).into_iter();
            found.extend(paths.map(|path| (stage, number, path)));
        }
    }
    found
}

/// The mounts of a RUN.
struct Mounts {
    /// Where each path of the context is.
    context: Vec<(String, String)>,
    /// What does not stay.
    all: Vec<String>,
}

impl Mounts {
    fn of(run: &Run, folder: &str) -> Self {
        let mut mounts = Self {
            context: Vec::new(),
            all: Vec::new(),
        };
        for mount in &run.mounts {
            let Some(target) = mount.target().and_then(|word| absolute(&word.value, folder)) else {
                continue;
            };
            let source = mount.get(&["source", "src"]).map_or("", |word| word.value.as_str());
            if mount.kind() == "bind" && mount.from().is_none() && !source.contains('$') {
                mounts.context.push((target.clone(), in_context(source)));
            }
            mounts.all.push(target);
        }
        mounts
    }

    fn taken(&self, script: &Script, folder: &str) -> Vec<String> {
        // Behind `cd` a relative path is another one.
        let moves = script.commands.iter().any(|command| command.program() == Some("cd"));
        let absolute = |word: &Word| {
            let is_plain = !word.dynamic && (!moves || word.text.starts_with('/'));
            absolute(&word.text, folder).filter(|_| is_plain)
        };
        let mut found = Vec::new();
        for command in script.commands.iter().filter(|command| !command.conditional) {
            let Some((sources, destination)) = copied(command) else {
                continue;
            };
            let Some(to) = absolute(destination) else { continue };
            let stays = !self
                .all
                .iter()
                .chain(&["/dev".to_owned()])
                .any(|mount| is_in(&to, mount));
            if !stays || is_removed(script, &to, &absolute) {
                continue;
            }
            for from in sources.into_iter().filter_map(absolute) {
                let mounted = self.context.iter().find(|(target, _)| is_in(&from, target));
                if let Some((target, source)) = mounted {
                    let inside = from.get(target.len()..).unwrap_or("");
                    found.push(in_context(&format!("{source}/{inside}")));
                }
            }
        }
        found
    }
}

fn is_in(path: &str, folder: &str) -> bool {
    path == folder || is_below(path, folder)
}

fn absolute(text: &str, folder: &str) -> Option<String> {
    (!text.contains(['$', '~'])).then(|| match text.strip_prefix('/') {
        Some(_) => clean(text),
        None => clean(&format!("{folder}/{text}")),
    })
}

/// What a command copies, and where to.
fn copied(command: &Command) -> Option<(Vec<&Word>, &Word)> {
    let is_option = |word: &Word| word.text.starts_with('-') && word.text != "-";
    let mut words: Vec<&Word> = Vec::new();
    let mut rest = command.arguments().iter();
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "-t" => return None,
            "-m" | "-o" | "-g" if command.program() == Some("install") => drop(rest.next()),
            text if text.starts_with("--target") => return None,
            _ if is_option(word) => {}
            _ => words.push(word),
        }
    }
    match command.program()? {
        "cp" | "install" => {
            let to = words.pop()?;
            Some((words, to))
        }
        "cat" => {
            let mut outputs = command.redirections.iter();
            let output =
                outputs.find(|output| matches!(output.operator, ">" | ">>" | ">|") && output.descriptor.is_none())?;
            Some((words, &output.target))
        }
        _ => None,
    }
}

/// Whether the same RUN takes something away there again, as far as it says.
fn is_removed(script: &Script, to: &str, absolute: &dyn Fn(&Word) -> Option<String>) -> bool {
    let removals = script
        .commands
        .iter()
        .filter(|command| matches!(command.program(), Some("rm" | "shred" | "unlink")));
    let mut words = removals
        .flat_map(|command| command.arguments())
        .filter(|word| !word.text.starts_with('-'));
    words.any(|word| {
        absolute(word).is_none_or(|path| {
            // A pattern may mean everything in its folder.
            let (path, _) = path.split_once(['*', '?', '[']).unwrap_or((&path, ""));
            let path = path.trim_end_matches('/');
            is_in(path, to) || is_in(to, path)
        })
    })
}

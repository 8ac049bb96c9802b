//! What a Dockerfile does to an image: its build context, its steps, what they leave in the file system, layer by layer, and how
//! many bytes that is.

mod accounts;
pub(crate) mod context;
pub(crate) mod effects;
mod file_names;
pub(crate) mod filesystem;
pub(crate) mod growth;
pub(crate) mod layers;
pub(crate) mod linked;
pub(crate) mod origins;
pub(crate) mod owners;
pub(crate) mod package_index;
mod packages;
mod programs;
pub(crate) mod size;
mod steps;

pub(crate) use accounts::accounts_with_number_zero;
pub(crate) use filesystem::FileSystem;
pub(crate) use packages::{Action, Manager, PackageCommand};
pub(crate) use programs::Traits;
pub(crate) use steps::RunStep;

use crate::finding::Finding;
use crate::known_images::Images;
use crate::parse::dockerfile::{Dockerfile, Instruction};
use crate::resolve::stage::{Base, Plan, Stage};
use crate::source::{SourceId, Span};
use context::Context;
use std::sync::Arc;

/// What is said of a Dockerfile that another image than Docker's own reads.
pub(crate) fn unknown_frontend(span: Span, image: &str) -> Finding {
    Finding::new(
        span,
        format!("`{image}` reads this Dockerfile instead of Docker's own frontend, so it cannot be checked"),
    )
    .help("write `docker/dockerfile:1`, or remove it")
    .aspect("frontend")
}

/// A Dockerfile with its text.
#[derive(Debug)]
pub struct BuiltFile {
    /// Its text.
    pub source: SourceId,
    /// Its path relative to the workspace root, or the name of the service that holds it inline.
    pub path: String,
    /// Its instructions.
    pub ast: Dockerfile,
    /// Whether it stands inside a Compose file.
    pub is_inline: bool,
    /// The accounts that it gives the number 0, once somebody asks.
    pub zero_accounts: std::sync::OnceLock<std::collections::BTreeSet<String>>,
    /// The accounts with the number 0 in files that it copies over `/etc/passwd`, once its context is known.
    pub copied_accounts: std::sync::OnceLock<std::collections::BTreeSet<String>>,
}

impl BuiltFile {
    /// Whether an account that is no number and not `root` is root all the same.
    pub(crate) fn gives_number_zero(&self, name: &str) -> bool {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && name != "root";
        let written = || self.zero_accounts.get_or_init(|| accounts::with_number_zero(&self.ast));
        let is_copied = || self.copied_accounts.get().is_some_and(|names| names.contains(name));
        is_name && (written().contains(name) || written().contains(accounts::ANY) || is_copied())
    }
}

/// A Dockerfile that is judged as a file.
#[derive(Debug)]
pub struct JudgedFile {
    /// The file.
    pub file: Arc<BuiltFile>,
    /// Its stages without arguments and for its last stage, or as its first service builds it.
    pub plan: Arc<Plan>,
    /// Stages that ship, by index and ascending: for every service that builds it.
    pub shipped: Vec<usize>,
    /// Stages that somebody builds, by index, for checks, tests, or files: nothing of them ships.
    pub beside: Vec<usize>,
    /// The services that build it.
    pub services: Vec<String>,
    /// Whether a service runs it with something else than Linux's loader: what its image needs is that one's business.
    pub foreign_runtime: bool,
    /// What is known of images.
    pub(crate) images: Images,
    /// The files that it is built from, where that is known.
    pub context: Option<Context>,
    /// Every path that was looked for to find that out, be there something or not.
    pub inputs: std::collections::BTreeSet<std::path::PathBuf>,
    /// What its RUN instructions run, once somebody asks.
    pub runs: std::sync::OnceLock<Vec<RunStep>>,
    /// What its instructions do to the image, once somebody asks.
    pub(crate) effects: std::sync::OnceLock<Arc<effects::Effects>>,
    /// The programs that some CMD or ENTRYPOINT of it starts, as written, once somebody asks.
    pub(crate) started: std::sync::OnceLock<std::collections::HashSet<String>>,
    /// What its stages hold at their ends, once somebody asks.
    pub contents: std::sync::OnceLock<Vec<Arc<FileSystem>>>,
}

/// How far a stage gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageUse {
    /// Nothing that ships needs it.
    Unused,
    /// Something is taken out of it; its layers stay behind.
    Helps,
    /// Its layers are part of an image that ships.
    Ships,
}

impl JudgedFile {
    /// How far each stage gets, by index. Where the target is not known every stage may ship.
    pub fn stage_uses(&self) -> Vec<StageUse> {
        let stages = &self.plan.stages;
        if self.shipped.is_empty() {
            return vec![StageUse::Ships; stages.len()];
        }
        let mut stage_uses = vec![StageUse::Unused; stages.len()];
        // A stage only needs earlier ones, so one pass from the end is enough.
        for (index, stage) in stages.iter().enumerate().rev() {
            if self.shipped.binary_search(&index).is_ok() {
                raise(&mut stage_uses, index, StageUse::Ships);
            }
            if self.beside.contains(&index) {
                raise(&mut stage_uses, index, StageUse::Helps);
            }
            let stage_use = stage_uses.get(index).copied().unwrap_or(StageUse::Unused);
            if stage_use == StageUse::Unused {
                continue;
            }
            for need in &stage.needs {
                raise(&mut stage_uses, *need, StageUse::Helps);
            }
            if let Base::Stage(base) = stage.base {
                raise(&mut stage_uses, base, stage_use);
            }
        }
        stage_uses
    }

    /// Every stage with its number and how far it gets.
    pub fn stages(&self) -> impl Iterator<Item = (usize, &Stage, StageUse)> {
        let stage_uses = self.stage_uses();
        self.plan
            .stages
            .iter()
            .enumerate()
            .map(move |(index, stage)| (index, stage, stage_uses.get(index).copied().unwrap_or(StageUse::Unused)))
    }

    /// The instructions of a stage behind its FROM.
    pub fn instructions(&self, stage: &Stage) -> &[Instruction] {
        self.file
            .ast
            .instructions
            .get(stage.instructions.clone())
            .unwrap_or(&[])
    }

    /// What a stage is called in messages: its name, or its number from 1 where it has none.
    pub fn stage_name(&self, index: usize) -> String {
        match self.plan.stages.get(index).and_then(|stage| stage.name.as_ref()) {
            Some(name) => format!("stage `{}`", name.value),
            None if self.plan.stages.len() == 1 => "the image".to_owned(),
            None => format!("stage {}", index + 1),
        }
    }

    /// Whether what a stage starts is run by the kernel: nothing of it is WebAssembly, as far as the files say.
    pub fn runs_on_linux(&self, stage: &Stage) -> bool {
        !self.foreign_runtime && !stage.is_wasm()
    }

    /// What each stage holds at its end.
    pub fn contents(&self) -> &[Arc<FileSystem>] {
        self.contents.get_or_init(|| filesystem::all(self, &self.plan))
    }

    /// Goes through the instructions of a stage: `see` gets each one with what the stage holds before it.
    pub fn walk(&self, stage: usize, see: &mut dyn FnMut(&Instruction, &FileSystem)) {
        let done = self.contents();
        let mut fuel = usize::MAX;
        let mut contents = filesystem::start(self, &self.plan, stage, done, &mut fuel);
        let builder = filesystem::Builder::new(self, &self.plan);
        builder.walk(stage, &mut contents, done, see);
    }

    /// Whether an entrypoint is nothing but a script of the context that starts its arguments.
    pub(crate) fn hands_over(&self, entrypoint: &crate::parse::dockerfile::Command) -> bool {
        let mut scripts = self.context.iter().flat_map(|context| &context.scripts);
        match entrypoint.words.as_slice() {
            [word] => scripts.any(|script| script.passes_on && script.word == word.span),
            _ => false,
        }
    }

    /// The stages whose image is an image that ships.
    pub fn shipped_stages(&self) -> Vec<usize> {
        if self.shipped.is_empty() {
            return self.plan.shipped.into_iter().collect();
        }
        self.shipped.clone()
    }

    /// What the RUN instructions in shell form run, where that can be told.
    pub fn run_steps(&self) -> &[RunStep] {
        self.runs.get_or_init(|| steps::steps(self))
    }

    /// What the RUN at an instruction runs, where that can be told.
    pub(crate) fn run_step(&self, instruction: usize) -> Option<&RunStep> {
        let steps = self.run_steps();
        let at = steps.binary_search_by_key(&instruction, |step| step.instruction).ok()?;
        steps.get(at)
    }

    /// What its instructions do to the image, as its own plan builds it.
    pub(crate) fn effects(&self) -> &Arc<effects::Effects> {
        self.effects.get_or_init(|| Arc::new(effects::read(self, &self.plan)))
    }

    /// What its instructions do to the image, as a plan builds it.
    pub(crate) fn effects_of(&self, plan: &Plan) -> Arc<effects::Effects> {
        if std::ptr::eq(plan, Arc::as_ptr(&self.plan)) {
            Arc::clone(self.effects())
        } else {
            Arc::new(effects::read(self, plan))
        }
    }
}

fn raise(stage_uses: &mut [StageUse], index: usize, stage_use: StageUse) {
    if let Some(known) = stage_uses.get_mut(index) {
        *known = (*known).max(stage_use);
    }
}

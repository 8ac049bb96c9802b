//! The stages of a Dockerfile as BuildKit builds them: what each starts from, which ship, and what their image will say.
//!
//! The source of the behaviour is `frontend/dockerfile/dockerfile2llb/convert.go` of moby/buildkit.

mod graph;
mod ports;
mod refused;
mod scope;
mod walk;
mod workdir;

use crate::order::Order as _;
use std::ops::Range;
use std::sync::Arc;

use crate::fact::Fact;
use crate::parse::Problem;
use crate::parse::dockerfile::{Command, Dockerfile, Healthcheck, Word};
use crate::source::{Span, Spanned};

pub use graph::{ImageUse, ImageWord};
pub(crate) use scope::PLATFORM_ARGS;

/// What a Dockerfile builds.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stages, in the order of the file.
    pub stages: Vec<Stage>,
    /// The stage that is built: the target, else the last one; `None` if there is none.
    pub shipped: Option<usize>,
    /// What the builder refuses, under the rules `undefined-stage` and `invalid-dockerfile`.
    pub problems: Vec<Problem>,
    /// Variables that the builder expands and nobody declares, in order; not those with a default of their own
    /// (`${V:-x}`), and never those of RUN, CMD and ENTRYPOINT.
    pub undeclared: Vec<Undeclared>,
    /// Every COPY and ADD, in order.
    pub transfers: Vec<Transferred>,
    /// Every image and stage that the file names, in order.
    references: Vec<ImageWord>,
    /// From which instruction on which WORKDIR holds, ascending.
    workdirs: Vec<(usize, Fact<String>)>,
    /// From which instruction on which USER holds, ascending.
    users: Vec<(usize, Fact<String>)>,
}

/// A COPY or ADD with its words expanded.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// The index of its instruction in the file.
    pub instruction: usize,
    /// The stage that it stands in.
    pub stage: usize,
    /// The sources, heredocs left out.
    pub sources: Vec<Fact<String>>,
    /// Where they go, as an absolute path; `Absent` where that rests on the base image's WORKDIR.
    pub destination: Fact<String>,
    /// The destination as it is written, expanded.
    pub target: Fact<String>,
    /// The destination is written as a folder: `app/`, `.`.
    pub into_folder: bool,
}

/// A variable that no ARG or ENV declares where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// Its name.
    pub name: String,
    /// The word that uses it.
    pub span: Span,
    /// The stage that uses it; `None` in FROM and before the first.
    pub stage: Option<usize>,
    /// The base image may set it, as nearly all set PATH.
    pub image_may_set: bool,
}

impl Plan {
    /// The stage that ships.
    pub fn shipped(&self) -> Option<&Stage> {
        self.shipped.and_then(|index| self.stages.get(index))
    }

    /// Every image that the file uses (FROM, `COPY --from`, `--mount from=`), in order; stages and `scratch` are none.
    pub fn image_words(&self) -> impl Iterator<Item = &ImageWord> {
        self.references.iter().filter(|reference| reference.stage.is_none())
    }

    /// The COPY or ADD at an instruction.
    pub fn transfer(&self, instruction: usize) -> Option<&Transferred> {
        let at = self
            .transfers
            .binary_search_by_key(&instruction, |transfer| transfer.instruction)
            .ok()?;
        self.transfers.get(at)
    }

    /// WORKDIR as an instruction finds it.
    pub fn workdir_at(&self, instruction: usize) -> &Fact<String> {
        let next = self.workdirs.partition_point(|(from, _)| *from <= instruction);
        next.checked_sub(1)
            .and_then(|at| self.workdirs.get(at))
            .map_or(&Fact::Absent, |(_, workdir)| workdir)
    }

    /// USER as an instruction finds it; `Absent` where the image at the root decides.
    pub fn user_at(&self, instruction: usize) -> &Fact<String> {
        let next = self.users.partition_point(|(from, _)| *from <= instruction);
        next.checked_sub(1)
            .and_then(|at| self.users.get(at))
            .map_or(&Fact::Absent, |(_, user)| user)
    }

    /// Every reference to a stage or image, in order.
    pub fn references(&self) -> &[ImageWord] {
        &self.references
    }

    /// The stages that a stage is made of: from the one at the root of the chain to itself.
    pub fn lineage(&self, stage: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = Some(stage).filter(|stage| *stage < self.stages.len());
        while let Some(index) = next {
            chain.push(index);
            next = match self.stages.get(index).map(|stage| &stage.base) {
                Some(Base::Stage(base)) => Some(*base),
                _ => None,
            };
        }
        chain.reverse();
        chain
    }

    /// The stage with this name (in any case) as the builder finds it: the last one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.stages.iter().rposition(|stage| {
            stage
                .name
                .as_ref()
                .is_some_and(|known| known.value.eq_ignore_ascii_case(name))
        })
    }
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// Nothing at all.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image; unknown if its name is.
    Image(Fact<String>),
}

/// One stage and the image that it would make.
///
/// A field is `Absent` where neither the stage nor the stages that it starts from say anything; what the image at the
/// root says then holds.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name in lower case, where it was written.
    pub name: Option<Spanned<String>>,
    /// The FROM instruction.
    pub from: Span,
    /// The image or stage behind FROM, expanded.
    pub base_name: Fact<String>,
    /// What it starts from.
    pub base: Base,
    /// What the chain of stages ends in: never [`Base::Stage`].
    pub root_image: Base,
    /// `--platform`, expanded.
    pub platform: Fact<String>,
    /// The instructions behind FROM, as indices into the file's.
    pub instructions: Range<usize>,
    /// Whether the shipped stage needs it.
    pub reachable: bool,
    /// Which stages it needs directly, by index: its base and what it copies or mounts from.
    pub needs: Vec<usize>,
    /// USER.
    pub user: Fact<String>,
    /// WORKDIR, joined to an absolute path where the root says enough.
    pub workdir: Fact<String>,
    /// HEALTHCHECK.
    pub healthcheck: Fact<Arc<Healthcheck>>,
    /// ENTRYPOINT.
    pub entrypoint: Fact<Arc<Command>>,
    /// CMD; an ENTRYPOINT without a CMD of the same stage takes an inherited one away.
    pub cmd: Fact<Arc<Command>>,
    /// SHELL.
    pub shell: Fact<Arc<Vec<Word>>>,
    /// STOPSIGNAL.
    pub stopsignal: Fact<String>,
    /// The environment of the image, in the order of the first ENV of each name.
    pub env: Environment,
    /// EXPOSE, expanded, as written (`80`, `53/udp`, `8000-8010`); those that are unknown or refused are left out.
    pub exposed: Arc<Vec<Spanned<String>>>,
    /// LABEL, expanded, each name once: the last text counts.
    pub labels: Environment,
    /// VOLUME, expanded; those that are unknown are left out.
    pub volumes: Arc<Vec<Spanned<String>>>,
    /// The file has so many inherited values that some were not followed: lists may lack entries.
    pub truncated: bool,
}

impl Stage {
    /// Whether it is a WebAssembly module: by its platform, or by what it starts.
    pub fn is_wasm(&self) -> bool {
        let starts = [&self.entrypoint, &self.cmd].into_iter().filter_map(Fact::value);
        let mut programs = starts.filter_map(|command| command.words.first());
        self.platform
            .value()
            .is_some_and(|platform| platform.starts_with("wasi/"))
            || programs.any(|program| program.value.ends_with(".wasm"))
    }

    /// Whether its shell form is for a POSIX shell, as far as SHELL says; a Windows base image is not told apart.
    pub fn has_posix_shell(&self) -> bool {
        let Some(program) = self.shell.value().and_then(|words| words.first()) else {
            return true;
        };
        let name = program.value.rsplit('/').next().unwrap_or("");
        matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh")
    }
}

/// The variables or the labels of an image, in order. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Arc<indexmap::IndexMap<Arc<str>, Arc<Fact<String>>>>,
}

impl Environment {
    /// The value of a variable or label, if an ENV or LABEL sets it.
    pub fn get(&self, name: &str) -> Option<&Fact<String>> {
        self.variables.get(name).map(AsRef::as_ref)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact<String>)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    fn set(&mut self, name: &str, value: Arc<Fact<String>>) {
        Arc::make_mut(&mut self.variables).insert(name.into(), value);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }
}

/// Works out the stages. `target` is the stage to build (`--target`, Compose `build.target`); `build_args` are given to
/// ARG instructions of their name.
///
/// A value that rests on the default of an ARG is `AssumedDefault`; one that needs a variable nobody sets here is unknown.
pub fn resolve(file: &Dockerfile, target: Option<&str>, build_args: &[(String, Fact<String>)]) -> Plan {
    let mut plan = walk::stages(file, target, build_args);
    graph::link(file, &mut plan, target);
    let reachable =
        |stage: Option<usize>| stage.is_none_or(|stage| plan.stages.get(stage).is_some_and(|s| s.reachable));
    let late: Vec<Problem> = std::mem::take(&mut plan.late)
        .into_iter()
        .filter(|(stage, _)| reachable(*stage))
        .map(|(_, problem)| problem)
        .collect();
    let mut problems = plan.problems;
    problems.extend(late);
    problems.order_by_key(|problem| problem.finding.span.start);
    Plan {
        stages: plan.stages,
        shipped: plan.shipped,
        problems,
        undeclared: plan.undeclared,
        references: plan.references,
        transfers: plan.transfers,
        workdirs: plan.workdirs,
        users: plan.users,
    }
}

/// A plan in the making.
struct Draft {
    stages: Vec<Stage>,
    shipped: Option<usize>,
    problems: Vec<Problem>,
    /// Problems that count only if the stage is built.
    late: Vec<(Option<usize>, Problem)>,
    references: Vec<ImageWord>,
    undeclared: Vec<Undeclared>,
    transfers: Vec<Transferred>,
    workdirs: Vec<(usize, Fact<String>)>,
    users: Vec<(usize, Fact<String>)>,
}

#[cfg(test)]
#[path = "stage/tests.rs"]
mod tests;

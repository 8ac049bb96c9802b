//! The start of a stage: its FROM, and what it takes over from the stage that it starts from.

use super::Walk;
use crate::fact::{Fact, Sourced, State};
use crate::finding::{Finding, Severity};
use crate::parse::Problem;
use crate::parse::dockerfile::{From, Instruction, RULE};
use crate::resolve::stage::scope::Scope;
use crate::resolve::stage::{Base, Environment, Stage, graph, refused};
use crate::source::{Span, Spanned};
use std::sync::Arc;

/// What the builder sets where nobody else does.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Walk<'_> {
    /// Whether a comment above the first instruction declares the variable of a word, for a program that writes the Dockerfile:
    /// `# ARG baseImage`.
    fn is_filled_in(&self, word: &str) -> bool {
        let first = self.file.instructions.first().map_or(0, |first| first.span.start);
        let above = self.file.comments.iter().filter(|comment| comment.span.start < first);
        let name = word.trim_start_matches(['$', '{']).trim_end_matches('}');
        let mut declared = above.filter_map(|comment| comment.text.strip_prefix("ARG "));
        declared.any(|declared| {
            declared
                .split('=')
                .next()
                .is_some_and(|declared| declared.trim() == name)
        })
    }

    pub(super) fn start(&mut self, index: usize, instruction: &Instruction, from: &From) {
        let base_name = self.global_word(&from.image);
        let platform = match &from.platform {
            Some(platform) => self.global_word(platform),
            None => Fact::Absent,
        };
        if let (Some(word), Some(name)) = (&from.platform, platform.value())
            && !refused::is_platform(name)
        {
            let finding = Finding::new(word.span, format!("`{name}` is not a platform"))
                .help("write SYSTEM/ARCHITECTURE, as in `linux/arm64`");
            self.draft.problems.push(Problem::new(RULE, finding));
        }
        let position = self.draft.stages.len();
        let base = match base_name.value() {
            Some(name) => match self.names.get(&name.to_lowercase()) {
                Some(stage) => Base::Stage(*stage),
                None if name == "scratch" => Base::Scratch,
                None => Base::Image(base_name.clone()),
            },
            None => Base::Image(base_name.clone()),
        };
        if base_name.value().is_some_and(String::is_empty) {
            let message = format!("the image of FROM is empty: {}", from.image.value);
            let mut finding =
                Finding::new(from.image.span, message).help("set its variables with ARG before the first FROM");
            if self.is_filled_in(&from.image.value) {
                finding = finding.severity(Severity::Note);
            }
            self.draft.problems.push(Problem::new(RULE, finding));
        }
        let name = from
            .alias
            .as_ref()
            .map(|alias| Spanned::new(alias.value.to_lowercase(), alias.span));
        let parent = match base {
            Base::Stage(parent) => Some(parent),
            _ => None,
        };
        let stage = self.child(instruction.span, index, base_name, base, platform, name.clone());
        let scope = self.inherit(parent, &stage);
        self.draft.references.push(graph::from_word(from, &stage, position));
        self.draft.stages.push(stage);
        self.note_workdir(index);
        self.note_user(index);
        self.scopes.push(scope);
        self.cmd_here = false;
        if let Some(name) = name {
            self.names.insert(name.value, position);
        }
    }

    fn child(
        &mut self,
        span: Span,
        index: usize,
        base_name: Fact<String>,
        base: Base,
        platform: Fact<String>,
        name: Option<Spanned<String>>,
    ) -> Stage {
        let parent = match base {
            Base::Stage(parent) => self.draft.stages.get(parent),
            _ => None,
        };
        let mut stage = Stage {
            name,
            from: span,
            base_name,
            root_image: match parent.map(|parent| &parent.root_image) {
                Some(Base::Image(image)) => Base::Image(self.room.copy(image)),
                Some(root) => root.clone(),
                None => base.clone(),
            },
            base,
            platform,
            instructions: index + 1..index + 1,
            reachable: false,
            needs: Vec::new(),
            user: Fact::Absent,
            workdir: Fact::Absent,
            healthcheck: Fact::Absent,
            entrypoint: Fact::Absent,
            cmd: Fact::Absent,
            shell: Fact::Absent,
            stopsignal: Fact::Absent,
            env: Environment::default(),
            exposed: Arc::default(),
            labels: Environment::default(),
            volumes: Arc::default(),
            truncated: false,
        };
        if let Some(parent) = parent {
            stage.user = self.room.copy(&parent.user);
            stage.workdir = self.room.copy(&parent.workdir);
            stage.stopsignal = self.room.copy(&parent.stopsignal);
            stage.healthcheck = parent.healthcheck.clone();
            stage.entrypoint = parent.entrypoint.clone();
            stage.cmd = parent.cmd.clone();
            stage.shell = parent.shell.clone();
            stage.truncated = parent.truncated;
            // The lists are shared until one is changed; the room is taken as if each would be.
            let entries = parent.env.len() + parent.exposed.len() + parent.labels.len() + parent.volumes.len();
            if self.room.take(entries * 64) {
                stage.env = parent.env.clone();
                stage.exposed = parent.exposed.clone();
                stage.labels = parent.labels.clone();
                stage.volumes = parent.volumes.clone();
            } else {
                stage.truncated = true;
            }
        }
        stage
    }

    /// The variables that a stage starts with: those of its base, with the base's ENV on top.
    fn inherit(&mut self, parent: Option<usize>, stage: &Stage) -> Scope {
        let open = !matches!(stage.root_image, Base::Scratch) || stage.truncated;
        let mut scope = Scope::default().under(open);
        if !open {
            // The builder sees to it that no stage is without one.
            let mut path = Sourced::known(DEFAULT_PATH.to_owned(), stage.from);
            path.state = State::EngineDefault;
            scope.set("PATH", Arc::new(Fact::Known(path)));
        }
        if let Some(before) = parent.and_then(|parent| self.scopes.get(parent)) {
            if self.room.take(before.len() * 64) {
                scope = before.clone().under(open);
                let changed: Vec<_> = stage
                    .env
                    .variables
                    .iter()
                    .filter(|(name, value)| scope.get(name).is_none_or(|now| !Arc::ptr_eq(now, value)))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for (name, value) in changed {
                    scope.set(&name, value);
                }
            } else {
                scope.open = true;
            }
        }
        if scope.get("PATH").is_none() && !scope.open {
            // The builder sets it where no image does.
            scope.set("PATH", Arc::new(Fact::known(DEFAULT_PATH.to_owned(), stage.from)));
        }
        scope
    }
}

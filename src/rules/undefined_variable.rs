mod runtime;
mod variables;

use super::{Check, Group};
use crate::build::{JudgedFile, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::{Instruction, KeyValue, Kind, Word};
use crate::parse::shell::Command;
use crate::repository::Repository;
use crate::resolve::stage::{Base, PLATFORM_ARGS, Stage};
use crate::source::Span;
use crate::values::image_ref;
use std::collections::{HashMap, HashSet};
use variables::{asks_for_itself, Quoting, plain, sets};

rule! {
    /// A variable is used that nothing defines where it is used.
    ///
    /// ## Why it matters
    /// It is replaced by nothing. An ARG before the first FROM only counts in FROM lines: a stage has to name it again
    /// (`ARG VERSION`, without a value) to see it, in a RUN as elsewhere, and so it is with `TARGETARCH` and its kind. The
    /// values of one ENV see the variables from before it. BuildKit warns at most, and builds on.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// ARG VERSION=1.4
    /// FROM debian:${RELEASE}slim  # <- here
    /// ENV APP_VERSION=$VERSION  # <- here
    /// RUN touch "/app-${VERSION}"  # <- here
    /// COPY app-$TARGETARCH /app  # <- here
    /// ENV DATA=/data LOGS=$DATA/logs  # <- here
    /// COPY <<EOF /etc/app.conf  # <- here
    /// Host $host
    /// EOF
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// ARG VERSION=1.4
    /// FROM debian:${RELEASE:-13}-slim
    /// ARG VERSION
    /// ENV APP_VERSION=$VERSION
    /// RUN touch "/app-${VERSION}"
    /// COPY <<"EOF" /etc/app.conf
    /// Host $host
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// ARG NODE_VERSION=24
    /// FROM node:${NODE_VERSION}-slim AS base
    /// ARG VERSION
    /// FROM base
    /// LABEL version="$VERSION" node=$NODE_VERSION price='$VERSION'
    /// ```
    ///
    /// ## Notes
    /// What CMD, ENTRYPOINT and HEALTHCHECK give to a shell counts: an ARG is gone when it runs.
    /// What the base image sets is known for official images; on any other, only arguments from before the first FROM are
    /// reported, as a note, and the platform arguments.
    RULE {
        name: "undefined-variable",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["UndefinedArgInFrom", "UndefinedVar"],
        check: Check::Dockerfile(check),
    }
}

/// Whether the builder defines it everywhere (or where it is declared).
fn is_of_builder(name: &str) -> bool {
    PLATFORM_ARGS.contains(&name) || name == "TARGETSTAGE"
}

/// What may come from outside into every build, declared or not, in both cases.
const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let mut global: HashSet<&str> = HashSet::new();
    for instruction in &file.file.ast.instructions {
        match &instruction.kind {
            Kind::From(_) => break,
            Kind::Arg(arguments) => global.extend(arguments.iter().map(|argument| argument.name.value.as_str())),
            _ => {}
        }
    }
    let mut defined: Vec<HashSet<&str>> = Vec::new();
    for (number, stage, stage_use) in file.stages() {
        let mut reader = Reader {
            file,
            global: &global,
            defined: &defined,
            base: base_names(stage, repository),
            stage,
            here: HashSet::new(),
            found: Vec::new(),
        };
        reader.read();
        let (here, mut new) = (reader.here, reader.found);
        if stage_use == StageUse::Ships {
            new.extend(runtime::check(file, repository, stage, reader.base.as_ref()));
        }
        defined.push(here);
        if stage_use != StageUse::Unused {
            let named = new.into_iter();
            found.extend(named.map(|(name, finding)| finding.aspect(format!("${name} {}", number + 1))));
        }
    }
}

/// The variables that the image at the root of a stage sets; `None` where that is not known.
fn base_names(stage: &Stage, repository: &Repository) -> Option<HashSet<String>> {
    match &stage.root_image {
        Base::Scratch => Some(HashSet::new()),
        Base::Image(Fact::Known(name)) if repository.builds_image(&name.value) => None,
        Base::Image(Fact::Known(name)) => {
            let image = repository.images.get(&name.value);
            let names = image.environment()?;
            Some(names.into_iter().map(str::to_owned).collect())
        }
        _ => None,
    }
}

/// Why a variable is empty.
enum Why {
    Global,
    Platform,
    Nobody,
}

/// Reads one stage.
struct Reader<'a, 'd> {
    file: &'a JudgedFile,
    global: &'d HashSet<&'a str>,
    /// What each earlier stage defines.
    defined: &'d [HashSet<&'a str>],
    base: Option<HashSet<String>>,
    stage: &'a Stage,
    /// What the stage itself defines, as far as it is read.
    here: HashSet<&'a str>,
    found: Vec<(String, Finding)>,
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self) {
        let instructions = &self.file.file.ast.instructions;
        let start = self.stage.instructions.start;
        if let Some(Kind::From(from)) = start
            .checked_sub(1)
            .and_then(|at| instructions.get(at))
            .map(|at| &at.kind)
        {
            // What the name becomes without them may be refused, which says more.
            let is_refused = |name: &String| name.is_empty() || image_ref::refusal(name).is_some();
            if !self.stage.base_name.value().is_some_and(is_refused) {
                self.global_word(&from.image);
            }
            from.platform.iter().for_each(|word| self.global_word(word));
        }
        for (at, instruction) in instructions
            .iter()
            .enumerate()
            .take(self.stage.instructions.end)
            .skip(start)
        {
            for word in expanded_words(instruction) {
                self.word(word);
            }
            match &instruction.kind {
                Kind::Arg(arguments) => self.here.extend(arguments.iter().map(|one| one.name.value.as_str())),
                Kind::Env(pairs) => self.env(pairs),
                Kind::Copy(_) | Kind::Add(_) => self.heredocs(instruction),
                Kind::Run(_) => {
                    let steps = self.file.run_steps();
                    if let Ok(step) = steps.binary_search_by_key(&at, |step| step.instruction) {
                        steps.get(step).into_iter().for_each(|step| self.run(step));
                    }
                }
                _ => {}
            }
        }
    }

    /// A word of FROM.
    fn global_word(&mut self, word: &Word) {
        for (name, _) in plain(&word.value, Quoting::Word) {
            if !self.global.contains(name) && !is_of_builder(name) {
                let why = "no ARG before the first FROM sets it";
                let help = format!("add `ARG {name}=...` before the first FROM, or write `${{{name}:-DEFAULT}}`");
                self.push(word.span, name, why, help);
            }
        }
    }

    fn word(&mut self, word: &Word) {
        for (name, _) in plain(&word.value, Quoting::Word) {
            if let Some(why) = self.why_empty(name) {
                self.empty(word.span, name, &why);
            }
        }
    }

    /// An ENV: none of its values sees its own names.
    fn env(&mut self, pairs: &'a [KeyValue]) {
        let mut earlier: HashMap<&str, Span> = HashMap::new();
        let first: HashMap<&str, Span> = pairs.iter().rev().map(|pair| (pair.key.value.as_str(), pair.span)).collect();
        for pair in pairs {
            for (name, _) in plain(&pair.value.value, Quoting::Word) {
                // `ENV V=/a:$V` adds to what may be there.
                let adds = pair.key.value == name;
                let sets = earlier.get(name).or_else(|| first.get(name).filter(|_| !adds));
                if let Some(sets) = sets.filter(|_| !self.is_defined(name)) {
                    let why = "an ENV cannot use a variable that it sets itself";
                    let help = format!("set `{name}` in an ENV of its own above");
                    self.push(pair.value.span, name, why, help);
                    if let Some((_, finding)) = self.found.last_mut() {
                        *finding = finding.clone().related(*sets, "set here");
                    }
                } else if adds
                    && self.base.is_some()
                    && !self.is_defined(name)
                    && pair.value.value.trim_matches(['"', '$', '{', '}']) == name
                {
                    let message = format!("`ENV {name}` is set to itself, which changes nothing without an `ARG {name}`");
                    let finding = Finding::new(pair.value.span, message);
                    self.found.push((name.to_owned(), finding.help(format!("add `ARG {name}` above this line"))));
                } else if let Some(why) = self.why_empty(name).filter(|_| !adds) {
                    self.empty(pair.value.span, name, &why);
                }
            }
            earlier.insert(&pair.key.value, pair.span);
        }
        self.here.extend(earlier.into_keys());
    }

    /// The bodies of a COPY: each is one finding, as one pair of quotes mends it.
    fn heredocs(&mut self, instruction: &Instruction) {
        for heredoc in instruction.heredocs.iter().filter(|heredoc| heredoc.expand) {
            let mut empty: Vec<(&str, Span)> = Vec::new();
            for (name, range) in plain(&heredoc.raw.text, Quoting::Body) {
                if self.why_empty(name).is_some() && !empty.iter().any(|(known, _)| *known == name) {
                    empty.push((name, heredoc.raw.span(range)));
                }
            }
            let Some((name, span)) = empty.first() else { continue };
            let others = match empty.len() {
                1 => String::new(),
                count => format!(", and so are {} others in this heredoc", count - 1),
            };
            let message = format!("`${name}` is empty here: the builder replaces variables in a heredoc{others}");
            let help = format!(
                "escape it as `\\${name}`, or quote the heredoc's name to keep them all: `<<\"{}\"`",
                heredoc.name
            );
            let finding = Finding::new(heredoc.marker, message)
                .help(help)
                .related(*span, "replaced by nothing");
            self.found.push(((*name).to_owned(), finding));
        }
    }

    /// A RUN: its shell sees the arguments and variables of the stage.
    fn run(&mut self, step: &RunStep) {
        let text = &step.text;
        // What a quoted heredoc holds is not the shell's.
        if text.text.contains("<<'") || text.text.contains("<<\"") || text.text.contains("<<-'") {
            return;
        }
        let reads_more = |command: &Command| {
            let program = command.program();
            matches!(program, Some("." | "source" | "eval" | "read" | "mapfile" | "getopts"))
        };
        if step.script.is_none() || step.commands().iter().any(reads_more) {
            return;
        }
        let mut seen: HashSet<&str> = HashSet::new();
        for (name, range) in plain(&text.text, Quoting::Shell) {
            let why = match self.why_empty(name) {
                Some(Why::Platform) => Why::Platform,
                // Another base may set it, and a shell may know more than the builder.
                Some(Why::Global) if self.base.is_some() => Why::Global,
                _ => continue,
            };
            if seen.insert(name) && !sets(&text.text, step.commands(), name) && !self.is_mounted(step, name) {
                self.empty(text.span(range), name, &why);
            }
        }
    }

    /// Whether a secret is put into this variable for the step.
    fn is_mounted(&self, step: &RunStep, name: &str) -> bool {
        let instruction = self.file.file.ast.instructions.get(step.instruction);
        let Some(Kind::Run(run)) = instruction.map(|instruction| &instruction.kind) else {
            return false;
        };
        let mut names = run.mounts.iter().filter_map(|mount| mount.get(&["env"]));
        names.any(|word| word.value == name)
    }

    /// Whether the stage, one that it starts from, or the image at the root sets a variable, or may.
    fn is_defined(&self, name: &str) -> bool {
        let upper = name.to_ascii_uppercase();
        name == "PATH"
            || PROXIES.contains(&upper.as_str())
            || self.here.contains(name)
            || self.base.as_ref().is_some_and(|base| base.contains(name))
            || inherits(name, &self.stage.base, &self.file.plan.stages, self.defined)
    }

    /// Why a variable is empty here, if it is.
    fn why_empty(&self, name: &str) -> Option<Why> {
        if self.is_defined(name) {
            None
        } else if is_of_builder(name) {
            Some(Why::Platform)
        } else if self.global.contains(name) {
            Some(Why::Global)
        } else {
            self.base.as_ref().map(|_| Why::Nobody)
        }
    }

    fn empty(&mut self, span: Span, name: &str, why: &Why) {
        let (reason, help) = match why {
            Why::Global => (
                "an ARG before the first FROM is only available in FROM lines",
                format!("add `ARG {name}` to this stage"),
            ),
            Why::Platform => (
                "the builder sets it only in stages with an ARG for it",
                format!("add `ARG {name}` to this stage"),
            ),
            Why::Nobody if name == "HOME" => (
                "the builder does not set HOME",
                "write the folder out, as in `/root`".to_owned(),
            ),
            Why::Nobody => (
                "no ARG or ENV sets it, and the base image does not either",
                format!("add `ARG {name}=...`, or write `${{{name}:-DEFAULT}}`"),
            ),
        };
        self.push(span, name, reason, help);
        // Another base may set it.
        if self.base.is_none()
            && matches!(why, Why::Global)
            && let Some((_, finding)) = self.found.last_mut()
        {
            finding.message.push_str(", unless the base image sets it");
            finding.severity = Some(Severity::Note);
        }
    }

    fn push(&mut self, span: Span, name: &str, why: &str, help: String) {
        let finding = Finding::new(span, format!("`${name}` is empty here: {why}")).help(help);
        self.found.push((name.to_owned(), finding));
    }
}

/// Whether a stage that another starts from defines a name. A chain that is longer than any real one is not followed.
fn inherits(name: &str, base: &Base, stages: &[Stage], defined: &[HashSet<&str>]) -> bool {
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

/// The words that the builder expands, but those of ENV.
fn expanded_words(instruction: &Instruction) -> Vec<&Word> {
    match &instruction.kind {
        Kind::Label(pairs) => pairs.iter().map(|pair| &pair.value).collect(),
        Kind::Arg(arguments) => arguments
            .iter()
            .filter(|argument| !asks_for_itself(argument))
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

//! How big an image is, from the checkout alone: a row for each instruction that can write a layer, with its bytes and how
//! they are known.
//!
//! Counted is what every engine counts the same way for the same layers: over all layers, the bytes of regular files and the
//! lengths of the targets of symbolic links. Folders are nothing; what a later layer deletes or overwrites still counts.

mod add;
mod files;
mod layer;
mod ledger;
mod packages;
mod run;

use super::JudgedFile;
use super::effects::Effects;
use crate::fact::Fact;
use crate::known_images::BaseSize;
use crate::order::Order as _;
use crate::parse::dockerfile::Kind as Says;
use crate::resolve::stage::{Base, Plan};
use crate::source::{Span, Spanned};
use files::Files;
pub(crate) use ledger::{Bytes, Ledger, LedgerRow, Remedy, Trace};
use std::sync::Arc;

/// What is known of images that are not made by the Dockerfile itself.
pub(crate) trait BaseSizes {
    /// The size of an image from elsewhere, where it is known, for a platform if one is asked for.
    fn size_of(&self, image: &str, platform: Option<&str>) -> Option<BaseSize>;
    /// Whether a service of the repository builds an image of this name.
    fn builds_image(&self, image: &str) -> bool;
}

/// Rows of one ledger that are looked at, and entries of contexts over all of them.
const MAX_ROWS: usize = 2000;
const MAX_FILES: usize = 3_000_000;
/// Characters of an instruction that are kept.
pub(crate) const LONG: usize = 300;

/// The ledger of a stage.
pub(crate) fn of_stage(file: &JudgedFile, plan: &Plan, stage: usize, sizes: &dyn BaseSizes) -> Ledger {
    let mut maker = Maker {
        file,
        plan,
        effects: file.effects_of(plan),
        sizes,
        done: Vec::new(),
        fuel: MAX_FILES,
        kept: MAX_FILES / 10,
    };
    let mut needed = vec![false; plan.stages.len()];
    if let Some(slot) = needed.get_mut(stage) {
        *slot = true;
    }
    // A stage needs only earlier ones.
    for index in (0..plan.stages.len()).rev() {
        if needed.get(index) != Some(&true) {
            continue;
        }
        let Some(stage) = plan.stages.get(index) else { continue };
        let base = match stage.base {
            Base::Stage(base) => Some(base),
            _ => None,
        };
        for need in stage.needs.iter().copied().chain(base) {
            if let Some(slot) = needed.get_mut(need) {
                *slot = true;
            }
        }
    }
    for index in 0..=stage {
        let built = (needed.get(index) == Some(&true)).then(|| maker.stage(index)).flatten();
        maker.done.push(built);
    }
    maker.ledger(stage)
}

/// A stage at its end.
struct Built {
    /// The stage that it starts from.
    base: Option<usize>,
    /// The rows of its own; thousands of stages on each other would hold those below thousands of times.
    rows: Vec<LedgerRow>,
    /// How many rows there are, those of the stages below counted in.
    height: usize,
    from_scratch: bool,
    files: Files,
}

struct Maker<'a> {
    file: &'a JudgedFile,
    plan: &'a Plan,
    /// What its instructions do, as the plan builds it.
    effects: Arc<Effects>,
    sizes: &'a dyn BaseSizes,
    /// The stages so far; `None` for those that nobody needs.
    done: Vec<Option<Built>>,
    /// Entries that may still be looked at.
    fuel: usize,
    /// Entries that may still be kept for other stages.
    kept: usize,
}

impl Maker<'_> {
    fn stage(&mut self, index: usize) -> Option<Built> {
        let plan = self.plan;
        let stage = plan.stages.get(index)?;
        let mut built = match &stage.base {
            Base::Scratch => Built {
                base: None,
                rows: Vec::new(),
                height: 0,
                from_scratch: true,
                files: Files::empty(),
            },
            Base::Stage(base) => {
                let below = self.done.get(*base)?.as_ref()?;
                Built {
                    base: Some(*base),
                    rows: Vec::new(),
                    height: below.height,
                    from_scratch: below.from_scratch,
                    files: below.files.clone(),
                }
            }
            Base::Image(name) => self.image(name, stage.from, &stage.platform),
        };
        self.spend(&mut built.files);
        match self.kept.checked_sub(built.files.count()) {
            Some(kept) => self.kept = kept,
            None => built.files.forget(),
        }
        let mut volumes: Vec<&Spanned<String>> = stage.volumes.iter().collect();
        volumes.order_by_key(|volume| volume.span.start);
        let start = stage.instructions.start;
        for (offset, instruction) in self.file.instructions(stage).iter().enumerate() {
            let at = start + offset;
            if built.height + built.rows.len() >= MAX_ROWS {
                let why = "there are too many instructions";
                let rest = unknown_row(instruction.span, "the rest", why, Remedy::Build);
                built.rows.push(rest);
                break;
            }
            let (bytes, why) = match &instruction.kind {
                Says::Copy(words) | Says::Add(words) => {
                    let adds = matches!(instruction.kind, Says::Add(_));
                    self.transfer(at, instruction, words, adds, &mut built.files)
                }
                Says::Run(run) => self.run(at, run, index, &mut built.files),
                Says::Volume(_) => {
                    let before = volumes.partition_point(|volume| volume.span.start < instruction.span.start);
                    let inside = |volume: &&&Spanned<String>| volume.span.end <= instruction.span.end;
                    let volumes = volumes.iter().skip(before).take_while(inside);
                    built.files.volumes.extend(volumes.map(|volume| volume.value.clone()));
                    continue;
                }
                Says::Workdir(_) => {
                    let folder = self.plan.workdir_at(at + 1).value();
                    folder.into_iter().for_each(|folder| built.files.folder(folder));
                    continue;
                }
                _ => continue,
            };
            built.rows.push(LedgerRow {
                span: instruction.span,
                what: self.describe(instruction),
                bytes,
                why,
                is_layer: true,
                remedy: (!bytes.is_exact()).then_some(Remedy::Build),
                trace: Trace::default(),
            });
        }
        built.height += built.rows.len();
        Some(built)
    }

    /// The ledger of a stage that is done.
    fn ledger(&mut self, stage: usize) -> Ledger {
        let mut parts = Vec::new();
        let mut from_scratch = false;
        let mut next = Some(stage);
        while let Some(built) = next.and_then(|index| self.done.get_mut(index)).and_then(Option::take) {
            from_scratch = built.from_scratch;
            next = built.base;
            parts.push(built.rows);
        }
        Ledger {
            rows: parts.into_iter().rev().flatten().collect(),
            from_scratch,
        }
    }

    /// Looking at all files once more costs as much; when too much was looked at, no more are known.
    fn spend(&mut self, files: &mut Files) {
        self.fuel = self.fuel.saturating_sub(files.count());
        if self.fuel == 0 {
            files.forget();
        }
    }

    /// An instruction on one line, without what a heredoc holds.
    fn describe(&self, instruction: &crate::parse::dockerfile::Instruction) -> String {
        let words = match &instruction.kind {
            Says::Run(run) => run.command.text.text.clone(),
            Says::Copy(words) | Says::Add(words) => {
                let from = words.from.as_ref().map(|from| format!("--from={}", from.value));
                let sources = words.sources.iter().map(|source| source.value.clone());
                from.into_iter()
                    .chain(sources)
                    .chain([words.destination.value.clone()])
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            _ => String::new(),
        };
        let words: Vec<&str> = words.split_whitespace().take(LONG).collect();
        let words: String = words.join(" ").chars().take(LONG).collect();
        format!("{} {words}", instruction.keyword.value)
    }

    fn image(&self, name: &Fact<String>, span: Span, platform: &Fact<String>) -> Built {
        let platform = match platform {
            Fact::Known(platform) => Some(platform.value.as_str()),
            Fact::Unknown(_) => Some("unknown"),
            Fact::Absent => None,
        };
        let row = match name {
            Fact::Known(name) => base(self.sizes, &name.value, platform, span, format!("FROM {}", name.value)),
            Fact::Unknown(unknown) => unknown_row(span, "FROM", &unknown.reason, Remedy::Variable),
            Fact::Absent => unknown_row(span, "FROM", "its base image is unknown", Remedy::Variable),
        };
        let like = name
            .value()
            .and_then(|name| self.sizes.size_of(name, platform))
            .map(|size| size.like);
        Built {
            base: None,
            rows: vec![row],
            height: 0,
            from_scratch: false,
            files: Files::image(like.unwrap_or_default()),
        }
    }
}

fn unknown_row(span: Span, what: &str, why: &str, remedy: Remedy) -> LedgerRow {
    LedgerRow {
        span,
        what: what.to_owned(),
        bytes: Bytes::rough(0, None),
        why: why.to_owned(),
        is_layer: false,
        remedy: Some(remedy),
        trace: Trace::default(),
    }
}

/// The row of an image from elsewhere.
pub(crate) fn base(sizes: &dyn BaseSizes, name: &str, platform: Option<&str>, span: Span, what: String) -> LedgerRow {
    match sizes.size_of(name, platform) {
        Some(size) => LedgerRow {
            span,
            what,
            bytes: match size.estimate {
                Some(estimate) => Bytes::between(size.at_least, estimate, size.at_most),
                None => Bytes::within(size.at_least, size.at_most),
            },
            why: size.why,
            is_layer: false,
            remedy: size
                .estimate
                .is_none_or(|estimate| size.at_least < estimate)
                .then_some(Remedy::Lock),
            trace: Trace::default(),
        },
        None if sizes.builds_image(name) => unknown_row(span, &what, "it is built by another service", Remedy::Build),
        None => unknown_row(
            span,
            &what,
            &format!("the catalogue has no size of `{name}`"),
            Remedy::Lock,
        ),
    }
}

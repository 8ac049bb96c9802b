//! Which folders of a stage only root may write into.
//!
//! Tried with BuildKit: WORKDIR makes a folder for the USER that stands before it, COPY without `--chown` makes it for root, and
//! `COPY --chown` leaves a folder that is there to whom it belongs. Whatever might change an owner or a mode in a way that is not
//! read here leaves a folder to anybody.

mod places;

use super::effects::{Change, Effect, Source, Target, Transfer};
use super::programs::Traits;
use super::{JudgedFile, RunStep};
use crate::fact::Fact;
use crate::parse::dockerfile::{Instruction, Kind};
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::path::{clean, is_at_or_below, is_below};
use crate::values::user::UserSpec;
use places::{OF_OTHERS, OF_ROOT, OF_ROOT_ANYWHERE};
use std::borrow::Cow;

/// More folders than this in one stage are not followed.
const MAX_FOLDERS: usize = 200;

/// Who may write into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// Root alone.
    Root,
    /// Root alone into the folder itself; what was copied into it is another's.
    RootAtTop,
    /// Others, too, or nobody knows.
    Others,
}

/// A folder that the file makes.
#[derive(Clone, Debug)]
struct Folder {
    path: String,
    writer: Writer,
    span: Span,
    /// Folders that are not known were copied into it.
    filled: bool,
}

/// The folders of a stage, up to an instruction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners {
    folders: Vec<Folder>,
    /// Files that were copied for root, and where.
    files: Vec<(String, Span)>,
    /// A program may have changed anything.
    open: bool,
    /// The image is a distribution as its maintainers ship it.
    is_known: bool,
    /// The image is known to have a user of its own.
    has_user: bool,
}

/// What a user makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    /// A folder, which may be there.
    Folder,
    /// A file.
    File,
    /// What an installer makes, which nobody copies from a checkout: `node_modules`.
    Installed,
}

/// A folder that keeps a user out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Barrier {
    /// The folder.
    pub folder: String,
    /// The instruction that made it; `None` where it is the image's own.
    pub made: Option<Span>,
}

/// The user of an instruction, where it is known not to be root: that of USER, else the base image's own.
pub(crate) fn ordinary_user<'a>(file: &'a JudgedFile, stage: &Stage, instruction: usize) -> Option<Cow<'a, str>> {
    let user = match file.plan.user_at(instruction) {
        Fact::Absent => Cow::Owned(base_user(file, stage)?),
        user => Cow::Borrowed(user.value()?.as_str()),
    };
    let spec = UserSpec::parse(&user);
    let is_ordinary = !spec.is_root() && !user.contains('$') && !file.file.gives_number_zero(&spec.user);
    is_ordinary.then_some(user)
}

/// The user that the image below a stage is known to have, if it is not root.
fn base_user(file: &JudgedFile, stage: &Stage) -> Option<String> {
    let Base::Image(Fact::Known(name)) = &stage.root_image else {
        return None;
    };
    let user = file.images.get(&name.value).user()?.user;
    (!user.is_empty()).then_some(user)
}

/// Goes through the instructions of every stage, from what the stage below it left: `see` gets each with its stage and the folders
/// before it.
pub(crate) fn walk(file: &JudgedFile, see: &mut dyn FnMut(usize, usize, &Instruction, &Owners)) {
    let mut ends: Vec<Owners> = Vec::with_capacity(file.plan.stages.len());
    for (index, stage) in file.plan.stages.iter().enumerate() {
        let mut owners = match stage.base {
            Base::Stage(below) => ends.get(below).cloned().unwrap_or_default(),
            _ => Owners::default(),
        };
        owners.is_known = is_known(stage);
        owners.has_user = base_user(file, stage).is_some();
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = stage.instructions.start + offset;
            see(index, at, instruction, &owners);
            owners.take(file, at, instruction);
        }
        ends.push(owners);
    }
}

fn is_known(stage: &Stage) -> bool {
    match &stage.root_image {
        Base::Image(Fact::Known(name)) => super::origins::is_plain(&ImageRef::parse(&name.value)),
        _ => false,
    }
}

impl Owners {
    /// The folder that keeps an ordinary user from making something at a path.
    pub(crate) fn barrier(&self, path: &str, making: Making) -> Option<Barrier> {
        if self.open || self.folders.iter().any(|folder| folder.path == path) {
            return None;
        }
        if !self.is_known {
            let parent = path
                .rsplit_once('/')
                .map(|(folder, _)| if folder.is_empty() { "/" } else { folder })?;
            let is_of_root = OF_ROOT_ANYWHERE.contains(&parent) && !OF_ROOT.contains(&path) && self.has_user;
            let is_touched = self.folders.iter().any(|folder| is_at_or_below(path, &folder.path));
            return (is_of_root && !is_touched).then(|| Barrier {
                folder: parent.to_owned(),
                made: None,
            });
        }
        let above = self.folders.iter().filter(|folder| is_below(path, &folder.path));
        let parent = path
            .rsplit_once('/')
            .map(|(folder, _)| if folder.is_empty() { "/" } else { folder })?;
        match above.max_by_key(|folder| folder.path.len()) {
            Some(folder) => {
                let holds = match folder.writer {
                    Writer::Root => making != Making::Folder || !folder.filled,
                    Writer::RootAtTop => making == Making::Installed && parent == folder.path,
                    Writer::Others => false,
                };
                holds.then(|| Barrier {
                    folder: folder.path.clone(),
                    made: Some(folder.span),
                })
            }
            None => OF_ROOT.contains(&parent).then(|| Barrier {
                folder: parent.to_owned(),
                made: None,
            }),
        }
    }

    /// Where something was copied or made for root, if it still is root's.
    pub(crate) fn of_root(&self, path: &str) -> Option<Span> {
        if self.open {
            return None;
        }
        let file = self.files.iter().find(|(file, _)| file == path).map(|(_, span)| *span);
        let folders = self
            .folders
            .iter()
            .filter(|folder| folder.writer == Writer::Root && self.is_known);
        file.or_else(|| {
            folders
                .filter(|folder| folder.path == path)
                .map(|folder| folder.span)
                .next()
        })
    }

    fn take(&mut self, file: &JudgedFile, at: usize, instruction: &Instruction) {
        let user = file.plan.user_at(at);
        let is_root = match user {
            Fact::Absent => !self.has_user,
            Fact::Known(user) => UserSpec::parse(&user.value).is_root(),
            Fact::Unknown(_) => false,
        };
        let writer = if is_root { Writer::Root } else { Writer::Others };
        if let Kind::Run(_) = &instruction.kind
            && file.run_step(at).is_none_or(|step| step.script.is_none())
        {
            self.open |= is_root;
            return;
        }
        let step = file.run_step(at);
        for effect in file.effects().at(at) {
            match &effect.change {
                Change::Transfer(transfer) => self.copy(instruction, transfer),
                _ => self.apply(effect, step, writer, instruction.keyword.span, is_root),
            }
        }
        if self.folders.len() > MAX_FOLDERS {
            self.open = true;
            self.folders.clear();
        }
    }

    fn apply(&mut self, effect: &Effect, step: Option<&RunStep>, writer: Writer, span: Span, is_root: bool) {
        match &effect.change {
            Change::Enter(to) | Change::Folder(to) => match to.path() {
                Some(path) => self.make(path, writer, span),
                None => self.open |= is_root,
            },
            Change::Owner { what, .. } | Change::Mode { what, .. } => self.release(what),
            Change::Accounts(_) => {
                let words = step
                    .and_then(|step| step.commands().get(effect.command))
                    .map_or(&[][..], |command| &command.words);
                for word in words {
                    match word.text.find('/') {
                        Some(at) => self.release(&Target::Path(clean(word.text.get(at..).unwrap_or("/")))),
                        None => self.release(&Target::Path(format!("/home/{}", word.text))),
                    }
                }
            }
            // `cp -a` and `install -o` may bring other owners along.
            Change::Copy(placing) | Change::Move(placing) => self.release(&placing.to),
            Change::Unknown(traits) if *traits == Traits::UNKNOWN && is_root => self.open = true,
            Change::Write { to, .. } | Change::Remove { what: to, .. } => self.forget(to),
            _ => {}
        }
    }

    /// What may be another file from now on.
    fn forget(&mut self, what: &Target) {
        match what {
            Target::Path(path) => self.files.retain(|(file, _)| !is_at_or_below(file, path)),
            Target::Base(_) => {}
            _ => self.files.clear(),
        }
    }

    /// A folder that was not there, with those above it.
    fn make(&mut self, path: &str, writer: Writer, span: Span) {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        for folder in ends.filter_map(|end| path.get(..end)) {
            if self.is_new(folder) {
                // It may have been copied before, for whoever.
                let is_doubtful = self
                    .folders
                    .iter()
                    .any(|above| above.filled && is_below(folder, &above.path));
                self.folders.push(Folder {
                    path: folder.to_owned(),
                    writer: if is_doubtful { Writer::Others } else { writer },
                    span,
                    filled: false,
                });
            }
        }
    }

    /// Whether a folder is not there yet, as far as that is known: what belongs to others in some images may be.
    fn is_new(&self, path: &str) -> bool {
        let is_known = self.folders.iter().any(|folder| folder.path == path);
        let of_others = OF_OTHERS.iter().any(|other| is_at_or_below(path, other));
        let in_home = path.matches('/').count() > 2 && is_below(path, "/home");
        !is_known && !OF_ROOT.contains(&path) && (!of_others || in_home)
    }

    /// What an owner or a mode is given to.
    fn release(&mut self, what: &Target) {
        self.forget(what);
        let (path, deep) = match what {
            Target::Path(path) => (path, true),
            Target::AllIn(path) | Target::SomeIn { folder: path, .. } => (path, false),
            _ => {
                self.open = true;
                return;
            }
        };
        for folder in &mut self.folders {
            if is_at_or_below(&folder.path, path) || !deep && folder.path == *path {
                folder.writer = Writer::Others;
            }
        }
        let span = self.folders.first().map(|folder| folder.span);
        if let Some(span) = span
            && !self.folders.iter().any(|folder| folder.path == *path)
        {
            self.folders.push(Folder {
                path: path.clone(),
                writer: Writer::Others,
                span,
                filled: false,
            });
        }
    }

    fn copy(&mut self, instruction: &Instruction, transfer: &Transfer) {
        let (Kind::Copy(words) | Kind::Add(words)) = &instruction.kind else {
            return;
        };
        let Some(to) = transfer.to.path() else {
            self.open = true;
            return;
        };
        let is_given = words.chown.is_some() || words.chmod.is_some();
        let is_folder = match &transfer.source {
            Source::Named(Some(source)) => !super::file_names::looks_like_file(source),
            _ => false,
        };
        if let Source::Named(Some(source)) = &transfer.source
            && !is_folder
        {
            let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            let path = if transfer.into {
                clean(&format!("{to}/{base}"))
            } else {
                to.to_owned()
            };
            self.files.retain(|(file, _)| *file != path);
            if !is_given
                && words.from.is_none()
                && !base.contains(['*', '?', '[', '$'])
                && self.files.len() < MAX_FOLDERS
            {
                self.files.push((path, instruction.keyword.span));
            }
        }
        if !is_folder && !transfer.into {
            return;
        }
        if self.is_new(to) {
            let writer = if is_given { Writer::Others } else { Writer::Root };
            self.make(to, writer, instruction.keyword.span);
        } else if is_given || words.from.is_some() && is_folder {
            for folder in self
                .folders
                .iter_mut()
                .filter(|folder| is_at_or_below(&folder.path, to))
            {
                folder.writer = match folder.writer {
                    Writer::Root | Writer::RootAtTop if folder.path == to => Writer::RootAtTop,
                    _ => Writer::Others,
                };
            }
        }
        match self.folders.iter_mut().find(|folder| folder.path == to) {
            Some(folder) => folder.filled |= is_folder,
            // It belongs to whoever the image says.
            None => self.folders.push(Folder {
                path: to.to_owned(),
                writer: Writer::Others,
                span: instruction.keyword.span,
                filled: is_folder,
            }),
        }
    }
}

//! What is being worked on, for whoever watches the clock: a run that takes too long names the file that it is held up by.
//!
//! Nothing here changes what is found.

use crate::source::SourceId;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// No file.
const NOTHING: usize = usize::MAX;

thread_local! {
    static HERE: RefCell<Option<Arc<Progress>>> = const { RefCell::new(None) };
}

/// Where a run is, as another thread may look at it.
#[derive(Debug)]
pub(crate) struct Progress {
    at: AtomicUsize,
    names: Mutex<Vec<String>>,
}

impl Progress {
    /// Follows what this thread does from now on.
    pub(crate) fn follow() -> Arc<Self> {
        let progress = Arc::new(Self {
            at: AtomicUsize::new(NOTHING),
            names: Mutex::default(),
        });
        HERE.with(|here| *here.borrow_mut() = Some(progress.clone()));
        progress
    }

    /// The number of the file that is worked on.
    pub(crate) fn file(&self) -> Option<usize> {
        Some(self.at.load(Ordering::Relaxed)).filter(|at| *at != NOTHING)
    }

    /// The path of a file by its number.
    pub(crate) fn name(&self, file: usize) -> Option<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(file).filter(|name| !name.is_empty()).cloned()
    }
}

/// Who follows this thread: handed to the threads that do a part of its work.
pub(crate) fn followed() -> Option<Arc<Progress>> {
    HERE.with(|here| here.borrow().clone())
}

/// Lets this thread be followed as the one that it works for.
pub(crate) fn join(followed: Option<Arc<Progress>>) {
    HERE.with(|here| *here.borrow_mut() = followed);
}

fn with(tell: impl FnOnce(&Progress)) {
    HERE.with(|here| {
        if let Some(progress) = here.borrow().as_ref() {
            tell(progress);
        }
    });
}

/// A file was read and is worked on.
pub(crate) fn read(source: SourceId, path: &str) {
    with(|progress| {
        let index = source.index();
        let mut names = progress.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() <= index {
            names.resize(index + 1, String::new());
        }
        if let Some(name) = names.get_mut(index) {
            path.clone_into(name);
        }
        progress.at.store(index, Ordering::Relaxed);
    });
}

/// A file is worked on.
pub(crate) fn at(source: SourceId) {
    with(|progress| progress.at.store(source.index(), Ordering::Relaxed));
}

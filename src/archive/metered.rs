//! A reader for tar archives that gives out no more than is due: between two entries stand a header and, in some dialects, a long name,
//! which the reader of archives takes into memory whole.

use std::cell::Cell;
use std::io::{Error, Read};
use std::sync::Arc;

/// So much may stand between two entries.
const BETWEEN: u64 = 1 << 20;

/// How much may still be read.
#[derive(Clone, Default)]
pub(super) struct Allowance(Arc<Cell<u64>>);

impl Allowance {
    /// The next entry is looked for; so many bytes of the last one were not read.
    pub(super) fn between(&self, unread: u64) {
        self.0.set(unread.saturating_add(BETWEEN));
    }

    /// An entry is read, which has an end of its own.
    pub(super) fn inside(&self) {
        self.0.set(u64::MAX);
    }
}

/// The reader.
pub(super) struct Metered<R> {
    inner: R,
    allowance: Allowance,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R) -> (Self, Allowance) {
        let allowance = Allowance::default();
        allowance.between(0);
        let metered = Self {
            inner,
            allowance: allowance.clone(),
        };
        (metered, allowance)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.allowance.0.get();
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(Error::other("a name or a list of it is too long"));
        }
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or(&mut []))?;
        self.allowance.0.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

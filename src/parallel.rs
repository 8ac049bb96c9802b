//! Work on many things at once, with results in the order of the things: how many threads there are
//! changes no byte of any output.

use crate::progress;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads that work at once. One, unless somebody asks for more: what waits for the allocator's lock took more time than a second
/// processor saved (`docs/evidence/speed.md`).
static JOBS: AtomicUsize = AtomicUsize::new(1);

/// What makes a thread worth its start: so many files or services.
const SHARE: usize = 16;

/// As much as the first thread usually has.
const STACK: usize = 8 << 20;

/// Sets how many threads work at once.
pub(crate) fn set_jobs(jobs: Option<NonZeroUsize>) {
    JOBS.store(jobs.map_or(1, usize::from), Ordering::Relaxed);
}

/// What `work` makes of each of `items`, in their order; each takes the time of so many files or services.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], each: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = JOBS
        .load(Ordering::Relaxed)
        .min(items.len())
        .min(items.len() * each / SHARE);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    // Small enough that nobody waits for the last one, large enough that nobody waits for the lock.
    let chunk = (items.len() / (threads * 64)).max(1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<R>)>> = Mutex::new(Vec::new());
    let take = || {
        loop {
            let start = next.fetch_add(chunk, Ordering::Relaxed);
            let Some(part) = items
                .get(start..items.len().min(start + chunk))
                .filter(|part| !part.is_empty())
            else {
                break;
            };
            let made = part.iter().map(&work).collect();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((start, made));
        }
    };
    let followed = progress::followed();
    thread::scope(|scope| {
        for _ in 1..threads {
            let followed = followed.clone();
            let help = || {
                progress::join(followed);
                take();
            };
            // Where no thread can be made, those that there are do it all.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, help);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<usize> = (0..1000).collect();
        for jobs in [1, 2, 7] {
            super::set_jobs(std::num::NonZeroUsize::new(jobs));
            assert_eq!(
                super::map(&things, 1, |thing| thing * 2),
                things.iter().map(|thing| thing * 2).collect::<Vec<_>>()
            );
        }
        super::set_jobs(None);
    }
}

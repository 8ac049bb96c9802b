//! One deadline for a whole run: past it the gate could not run, and says what held it up. No finding depends on it.

use super::output;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::progress::Progress;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a run may take unless somebody says otherwise.
const USUAL: Duration = Duration::from_secs(30);
/// So often it is looked at what is worked on.
const LOOK: Duration = Duration::from_millis(10);

/// The right to say how a run ended: whoever takes it first says it.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim {
    taken: Arc<AtomicBool>,
}

impl Claim {
    /// Takes it. Where the deadline was first, this waits for the end of the program.
    pub(super) fn take(&self) {
        if self.taken.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
    }
}

/// Watches this thread: past the limit `late` gets the sentence of a gate that could not run, and the program ends.
pub(super) fn watch(limit: Option<Duration>, late: impl FnOnce(Failure) + Send + 'static) -> Claim {
    let claim = Claim::default();
    let limit = limit.unwrap_or(USUAL);
    let progress = Progress::follow();
    let other = claim.clone();
    let clock = move || {
        let start = Instant::now();
        let mut seen: HashMap<usize, usize> = HashMap::new();
        loop {
            let left = limit.saturating_sub(start.elapsed());
            if other.taken.load(Ordering::SeqCst) {
                return;
            }
            if let Some(file) = progress.file() {
                *seen.entry(file).or_default() += 1;
            }
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
        if !other.taken.swap(true, Ordering::SeqCst) {
            let slowest = seen.into_iter().max_by_key(|(file, times)| (*times, *file));
            late(sentence(
                limit,
                slowest.and_then(|(file, _)| progress.name(file)).as_deref(),
            ));
            Outcome::CouldNotRun.leave();
        }
    };
    // Where no thread can be made nobody watches, and the host's own limit has to do.
    if let Err(error) = std::thread::Builder::new().spawn(clock) {
        output::complain(Failure::from(error).of("warning: the deadline is not enforced"));
    }
    claim
}

fn sentence(limit: Duration, file: Option<&str>) -> Failure {
    let limit = match (limit.subsec_millis(), limit.as_secs()) {
        (0, seconds) => format!("{seconds}s"),
        _ => format!("{}ms", limit.as_millis()),
    };
    let held_up = file.map_or_else(String::new, |file| format!(", stuck at `{file}`"));
    Failure::new(format!(
        "nothing was checked: the run took longer than {limit}{held_up}; to allow more, use `--deadline 5m`"
    ))
}

//! The line hashes by which GitHub recognises an alert again, bit for bit as `codeql-action` computes them.

use std::collections::HashMap;

/// How many UTF-16 units a hash covers, from the start of its line on.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// Stands for the end of the file in the stream of units.
const END: u16 = 0xFFFF;

/// One unit of the window, and the line (from 1) that starts with it; 0 for none.
#[derive(Clone, Copy, Default)]
struct Slot {
    unit: u16,
    line: usize,
}

/// A rolling hash over the last [`WINDOW`] units. All arithmetic is modulo 2^64, as in the original.
struct Rolling {
    window: [Slot; WINDOW],
    at: usize,
    hash: u64,
    /// What the unit that leaves the window has been multiplied by: `FACTOR` to the power of `WINDOW`.
    leaving: u64,
    seen: HashMap<u64, usize>,
    hashes: Vec<String>,
}

impl Rolling {
    /// Writes down the hash of the line that is about to leave the window.
    fn emit(&mut self) {
        let Some(slot) = self.window.get_mut(self.at) else {
            return;
        };
        let line = std::mem::take(&mut slot.line);
        if line == 0 {
            return;
        }
        let count = self.seen.entry(self.hash).or_insert(0);
        *count += 1;
        // Lines leave in the order in which they came, so that this is the place of `line`.
        self.hashes.push(format!("{:x}:{count}", self.hash));
    }

    fn update(&mut self, unit: u16, line: usize) {
        if let Some(slot) = self.window.get_mut(self.at) {
            let old = std::mem::replace(slot, Slot { unit, line }).unit;
            self.hash = FACTOR
                .wrapping_mul(self.hash)
                .wrapping_add(u64::from(unit))
                .wrapping_sub(self.leaving.wrapping_mul(u64::from(old)));
        }
        self.at = (self.at + 1) % WINDOW;
    }
}

/// The hash of every line of `text`, the first line first, each as `<hex>:<nth line with this hash>`.
///
/// Blanks and line breaks of the kind CR LF do not count; a byte order mark does.
/// The algorithm is that of `codeql-action`, `src/fingerprints.ts`.
pub(crate) fn line_hashes(text: &str) -> Vec<String> {
    let mut rolling = Rolling {
        window: [Slot::default(); WINDOW],
        at: 0,
        hash: 0,
        leaving: FACTOR.wrapping_pow(u32::try_from(WINDOW).unwrap_or(u32::MAX)),
        seen: HashMap::new(),
        hashes: Vec::new(),
    };
    let mut lines = 0;
    let mut starts = true;
    let mut after_cr = false;
    for unit in text.encode_utf16().chain([END]) {
        let mut unit = unit;
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == u16::from(b'\n')) {
            after_cr = false;
            continue;
        }
        after_cr = unit == u16::from(b'\r');
        if after_cr {
            unit = u16::from(b'\n');
        }
        rolling.emit();
        let line = if starts {
            lines += 1;
            lines
        } else {
            0
        };
        starts = unit == u16::from(b'\n');
        rolling.update(unit, line);
    }
    for _ in 0..WINDOW {
        rolling.emit();
        rolling.update(0, 0);
    }
    rolling.hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_codeql_action_hold() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
        assert_eq!(
            line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1"
            ]
        );
    }

    #[test]
    fn a_byte_order_mark_counts() {
        assert_eq!(
            line_hashes("FROM scratch\n"),
            ["d2c7f92c78a677f9:1", "c129715d7a2bc9a3:1"]
        );
        assert_eq!(
            line_hashes("\u{feff}FROM scratch\n").first().unwrap(),
            "3152b91f0707c2e8:1"
        );
    }

    #[test]
    fn line_ends_do_not_matter() {
        let unix = line_hashes("a\nb\n\nc\n");
        assert_eq!(line_hashes("a\r\nb\r\n\r\nc\r\n"), unix);
        assert_eq!(line_hashes("a\rb\r\rc\r"), unix);
        assert_eq!(unix.len(), 5);
    }
}

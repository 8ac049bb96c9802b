//! The lines that the comments about one rule hold for. Blocks lie inside each other or apart, so that a line is found in as many steps as
//! there are blocks around it, however many comments there are.

use crate::order::Order as _;
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// What is held of one file, for one rule.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The whole file is, and whether that hid something.
    whole: Option<bool>,
    /// By their first lines, an outer one before an inner one.
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    first: usize,
    last: usize,
    used: bool,
    /// The number of the block around it.
    around: Option<usize>,
}

impl Held {
    /// Holds these lines, or the whole file.
    pub(super) fn add(&mut self, lines: Option<&RangeInclusive<usize>>) {
        match lines {
            None => self.whole = Some(false),
            Some(lines) => self.blocks.push(Block {
                first: *lines.start(),
                last: *lines.end(),
                used: false,
                around: None,
            }),
        }
    }

    /// Once all lines are added.
    pub(super) fn settle(&mut self) {
        self.blocks.order_by_key(|block| (block.first, Reverse(block.last)));
        self.blocks.dedup_by_key(|block| (block.first, block.last));
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (number, block) in self.blocks.iter_mut().enumerate() {
            while open.last().is_some_and(|(_, last)| *last < block.first) {
                open.pop();
            }
            block.around = open.last().map(|(around, _)| *around);
            open.push((number, block.last));
        }
    }

    /// Whether a line is held; all that holds it counts as used.
    pub(super) fn take(&mut self, line: usize) -> bool {
        let mut taken = self.whole.is_some();
        self.whole = self.whole.map(|_| true);
        let behind = self.blocks.partition_point(|block| block.first <= line);
        let mut next = behind.checked_sub(1);
        while let Some(block) = next.and_then(|number| self.blocks.get_mut(number)) {
            if line <= block.last {
                block.used = true;
                taken = true;
            }
            next = block.around;
        }
        taken
    }

    /// Whether these lines hid something.
    pub(super) fn is_used(&self, lines: Option<&RangeInclusive<usize>>) -> bool {
        let Some(lines) = lines else {
            return self.whole == Some(true);
        };
        let key = (*lines.start(), Reverse(*lines.end()));
        let found = self
            .blocks
            .binary_search_by_key(&key, |block| (block.first, Reverse(block.last)));
        found
            .ok()
            .and_then(|number| self.blocks.get(number))
            .is_some_and(|block| block.used)
    }
}

#[cfg(test)]
mod tests {
    use super::Held;

    #[test]
    fn a_line_is_held_by_every_block_around_it() {
        let blocks = [1..=20, 2..=9, 3..=3, 5..=8, 11..=15, 30..=30];
        for line in 1..32 {
            let mut held = Held::default();
            for block in blocks.iter().rev().chain(&blocks) {
                held.add(Some(block));
            }
            held.settle();
            let wanted: Vec<bool> = blocks.iter().map(|block| block.contains(&line)).collect();
            assert_eq!(held.take(line), wanted.contains(&true), "{line}");
            let used: Vec<bool> = blocks.iter().map(|block| held.is_used(Some(block))).collect();
            assert_eq!(used, wanted, "{line}");
            assert!(!held.is_used(None));
        }
        let mut whole = Held::default();
        whole.add(None);
        whole.settle();
        assert!(!whole.is_used(None) && whole.take(7) && whole.is_used(None));
    }
}

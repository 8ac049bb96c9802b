//! What to change first in a measured image, with the bytes that it saves.

use super::{Beside, MAX_DOUBLES};
use crate::archive::{Layer, Measured, Wasted};
use crate::order::Order as _;
use crate::report::words;
use crate::values::bytes::megabytes;

/// What is in vain is named so often.
const MAX_ADVICE: usize = 5;
/// Less is not worth a change.
const MIN_SAVED: u64 = 100_000;
/// From so many bytes on a smaller base is named, and from so many on another way to build; and so many layers are too many.
const LARGE: u64 = 50_000_000;
const HUGE: u64 = 500_000_000;
const MANY_LAYERS: usize = 20;

/// What a smaller base, a stage of its own or fewer layers would change, by size and number of layers.
fn by_size(image: &Measured, beside: &Beside, said: &dyn Fn(usize) -> String) -> Vec<(u64, String)> {
    let mut advice = Vec::new();
    // What it starts from is no larger than it is.
    let bases = beside.bases.iter().map(|(_, bytes)| *bytes);
    let own = bases.filter(|bytes| *bytes <= image.unpacked).max().unwrap_or(0);
    let smallest = beside.bases.iter().min_by_key(|(_, bytes)| *bytes);
    if let Some((name, bytes)) = smallest.filter(|(_, bytes)| image.unpacked > LARGE && *bytes < own) {
        let what = format!(
            "use `{name}` ({}), if its C library and tools are enough",
            megabytes(*bytes)
        );
        advice.push((own - bytes, what));
    }
    let largest = image.layers.iter().enumerate().max_by_key(|(_, layer)| layer.bytes);
    if let Some((number, layer)) = largest.filter(|_| image.unpacked > HUGE) {
        let what = format!(
            "build in an earlier stage and copy only the result: most is in {}",
            said(number)
        );
        advice.push((layer.bytes, what));
    }
    let is_run = |layer: &&Layer| layer.instruction.contains("RUN ") || layer.instruction.contains("/bin/sh -c");
    let pairs = image.layers.iter().zip(image.layers.iter().skip(1));
    let joined = pairs.filter(|(one, next)| is_run(one) && is_run(next)).count();
    if image.layers.len() > MANY_LAYERS && joined > 0 {
        let what = format!(
            "join consecutive RUN instructions: saves {joined} of {} layers",
            image.layers.len()
        );
        advice.push((0, what));
    }
    advice
}

/// What saves most, with the bytes that it saves; where nothing is in vain, the largest layer.
pub(super) fn advice(image: &Measured, beside: &Beside) -> Vec<(u64, String)> {
    let said = |number: usize| {
        let instruction = image.layers.get(number).map_or("", |layer| layer.instruction.as_str());
        match instruction {
            "" => format!("layer {}", number + 1),
            text => format!("layer {} `{}`", number + 1, words::clip(text, 60)),
        }
    };
    let mut vain: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
    for Wasted { layer, bytes, .. } in &image.waste {
        let sum = vain.entry(*layer).or_default();
        *sum = sum.saturating_add(*bytes);
    }
    let waste = vain.into_iter().map(|(layer, bytes)| {
        let what = format!("delete files in the RUN that writes them: {}", said(layer));
        (bytes, what)
    });
    let caches = image.caches.iter().map(|(folder, bytes)| {
        let what = format!("empty the cache /{folder} in the instruction that fills it, or mount one there");
        (*bytes, what)
    });
    let doubles = image.doubles.iter().take(MAX_DOUBLES).map(|double| {
        let first = double.paths.first().map_or("", String::as_str);
        let what = format!("keep one of the {} copies of /{}", double.count, words::clip(first, 60));
        (double.bytes.saturating_mul(double.count.saturating_sub(1)), what)
    });
    let is_worth_it = |(bytes, _): &(u64, String)| *bytes >= MIN_SAVED && *bytes >= image.unpacked / 200;
    let mut advice: Vec<(u64, String)> = waste.chain(caches).chain(doubles).filter(is_worth_it).collect();
    advice.order_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    advice.truncate(MAX_ADVICE);
    advice.extend(by_size(image, beside, &said));
    if advice.is_empty() {
        let largest = image.layers.iter().enumerate().max_by_key(|(_, layer)| layer.bytes);
        let (number, bytes) = largest.map_or((0, 0), |(number, layer)| (number, layer.bytes));
        advice.push((bytes, format!("no bytes are wasted; most is in {}", said(number))));
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(layers: &[(&str, u64)]) -> Measured {
        let layer = |(instruction, bytes): &(&str, u64)| Layer {
            id: String::new(),
            instruction: (*instruction).to_owned(),
            bytes: *bytes,
            compressed: None,
        };
        let layers: Vec<Layer> = layers.iter().map(layer).collect();
        Measured {
            name: None,
            others: 0,
            unpacked: layers.iter().map(|layer| layer.bytes).sum(),
            download: None,
            layers,
            wasted: 0,
            waste: Vec::new(),
            doubled: 0,
            doubles: Vec::new(),
            caches: Vec::new(),
            system: None,
            id: String::new(),
            digest: None,
            platform: String::new(),
            settings: crate::archive::Settings::default(),
            contents: crate::archive::Contents::default(),
        }
    }

    fn said(image: &Measured) -> Vec<String> {
        let bases = vec![
            ("python:3.13".to_owned(), 1_020_000_000),
            ("python:3.13-slim".to_owned(), 126_000_000),
            ("python:3.13-alpine".to_owned(), 45_000_000),
        ];
        let beside = Beside {
            size: 500_000_000,
            layers: 40,
            bases,
        };
        let advice = advice(image, &beside).into_iter();
        advice
            .map(|(bytes, what)| format!("{}: {what}", megabytes(bytes)))
            .collect()
    }

    #[test]
    fn a_large_image_is_told_what_to_start_from_and_what_to_leave_behind() {
        let start = "use `python:3.13-alpine` (45.0 MB), if its C library and tools are enough";
        assert_eq!(
            said(&image(&[("FROM", 1_020_000_000), ("RUN make", 300_000_000)])),
            [
                format!("975.0 MB: {start}"),
                "1.02 GB: build in an earlier stage and copy only the result: most is in layer 1 `FROM`".to_owned()
            ]
        );
        // It cannot start from what is larger than itself.
        assert_eq!(said(&image(&[("FROM", 130_000_000)])), [format!("81.0 MB: {start}")]);
        let small = said(&image(&[("FROM", 45_000_000)]));
        assert_eq!(small, ["45.0 MB: no bytes are wasted; most is in layer 1 `FROM`"]);
    }

    #[test]
    fn many_layers_are_joined_where_they_follow_each_other() {
        let layers = |number: usize| -> Vec<(&str, u64)> {
            let of = |index: usize| {
                if index.is_multiple_of(3) {
                    ("COPY a b", 1000)
                } else {
                    ("RUN x", 1000)
                }
            };
            (0..number).map(of).collect()
        };
        assert_eq!(
            said(&image(&layers(21))),
            ["0 bytes: join consecutive RUN instructions: saves 7 of 21 layers"]
        );
        assert!(!said(&image(&layers(20))).concat().contains("join"));
    }
}

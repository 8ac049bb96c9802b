//! The word that was meant: a slip, another tool's word for the same, or a part of the right one.

use crate::values::nearest;

/// What people write, and what it is called here. Only what no other way finds.
const CALLED: &[(&str, &str)] = &[
    ("warn", "warning"),
    ("critical", "error"),
    ("high", "error"),
    ("fatal", "error"),
    ("medium", "warning"),
    ("info", "note"),
    ("low", "note"),
    ("notice", "note"),
    ("none", "never"),
    ("off", "never"),
    ("false", "never"),
    ("none", "off"),
    ("never", "off"),
    ("disable", "off"),
    ("disabled", "off"),
    ("ignore", "off"),
    ("skip", "off"),
    ("allow", "off"),
    ("severity", "fail-on"),
    ("threshold", "fail-on"),
    ("level", "fail-on"),
    ("skip", "exclude"),
    ("ignorepaths", "exclude"),
    ("size", "image-size"),
    ("ram", "memory"),
    ("cores", "cpus"),
    ("processes", "pids"),
    ("ulimits", "nofile"),
    ("logging", "log-rotation"),
    ("logs", "log-size"),
    ("capdrop", "no-capabilities"),
    ("user", "non-root"),
    ("rootless", "non-root"),
    ("db", "database"),
    ("because", "reason"),
    ("comment", "reason"),
    ("expires", "until"),
    ("id", "rule"),
    ("base", "extends"),
];

/// Words around a name that say nothing: `memory-limit` is about memory.
const AROUND: [&str; 6] = ["limit", "limits", "max", "budget", "the", "of"];

/// The word of `words` that somebody meant.
pub(super) fn meant<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let plain = normal(word);
    if plain.is_empty() {
        return None;
    }
    let same = || words.iter().find(|known| normal(known) == plain);
    let called = || {
        let mut targets = CALLED.iter().filter(|(written, _)| *written == plain);
        targets.find_map(|(_, target)| words.iter().find(|known| *known == target))
    };
    same()
        .or_else(called)
        .copied()
        .or_else(|| nearest(word, words.iter().copied()))
        .or_else(|| by_part(word, words))
}

/// By what a part of it begins with: `mem_limit` is `memory`, `size` is `image-size`.
fn by_part<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let parts: Vec<&str> = word
        .split(['-', '_', '.', ' '])
        .filter(|part| part.len() >= 3 && !AROUND.contains(part))
        .collect();
    let begins = |known: &&&str| {
        parts
            .iter()
            .any(|part| known.starts_with(part) || part.starts_with(*known))
    };
    let holds = |known: &&&str| known.split('-').any(|part| parts.contains(&part));
    let shortest = words.iter().filter(begins).min_by_key(|known| known.len());
    shortest.or_else(|| words.iter().find(holds)).copied()
}

/// Without case and signs.
fn normal(word: &str) -> String {
    let letters = word.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_word_is_found_by_a_slip_by_another_name_and_by_a_part() {
        let budgets = [
            "image-size",
            "download-size",
            "memory",
            "memory-reservation",
            "cpus",
            "pids",
            "log-size",
        ];
        let weights = ["error", "warning", "note", "never"];
        for (word, words, wanted) in [
            ("mem", &budgets[..], Some("memory")),
            ("mem_limit", &budgets, Some("memory")),
            ("memory-limit", &budgets, Some("memory")),
            ("max-memory", &budgets, Some("memory")),
            ("memroy", &budgets, Some("memory")),
            ("IMAGE_SIZE", &budgets, Some("image-size")),
            ("imagesize", &budgets, Some("image-size")),
            ("size", &budgets, Some("image-size")),
            ("cpu", &budgets, Some("cpus")),
            ("cpu-limit", &budgets, Some("cpus")),
            ("ram", &budgets, Some("memory")),
            ("log", &budgets, Some("log-size")),
            ("warn", &weights, Some("warning")),
            ("err", &weights, Some("error")),
            ("none", &weights, Some("never")),
            ("high", &weights, Some("error")),
            ("gpu-model", &weights, None),
            ("--", &budgets, None),
            ("", &budgets, None),
        ] {
            assert_eq!(meant(word, words), wanted, "{word}");
        }
    }
}

//! Values that parse and print themselves, by the grammars of Compose and the engine.

pub(crate) mod bytes;
pub(crate) mod capability;
pub(crate) mod code;
pub(crate) mod command_line;
pub(crate) mod duration;
pub(crate) mod engine;
pub(crate) mod host_path;
pub(crate) mod image_ref;
pub(crate) mod log_driver;
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod port;
pub(crate) mod security_opt;
pub(crate) mod subnet;
pub(crate) mod tmpfs;
pub(crate) mod user;
pub(crate) mod volume;

/// The word of `words` that is nearest to `word`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match word.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    words
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// The word of `words` that can only be meant: one slip away, two in a long word, and no other as near.
pub(crate) fn meant<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if word.chars().count() > 6 { 2 } else { 1 };
    let word = word.to_lowercase();
    let near = words
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, known), known));
    let mut near: Vec<(usize, &str)> = near.filter(|(slips, _)| *slips <= allowed).collect();
    near.sort_unstable();
    match near.as_slice() {
        [(first, _), (second, _), ..] if first == second => None,
        [(_, known), ..] => Some(known),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{meant, nearest};

    #[test]
    fn a_word_is_meant_if_no_other_is_as_near() {
        let known = ["environment", "dns", "ports", "cpus", "cpuset"];
        for (word, wanted) in [
            ("enviroment", Some("environment")),
            ("Environment", Some("environment")),
            ("port", Some("ports")),
            ("env", None),
            ("cpues", Some("cpus")),
            ("cpuse", None),
        ] {
            assert_eq!(meant(word, known), wanted, "{word}");
        }
    }

    #[test]
    fn the_nearest_word_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("enviroment", ["environment", "env_file"]), Some("environment"));
        assert_eq!(nearest("group", ["group_add", "user"]), None);
        assert_eq!(nearest("zzzzzzzz", ["image", "build"]), None);
    }
}

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

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("enviroment", ["environment", "env_file"]), Some("environment"));
        assert_eq!(nearest("group", ["group_add", "user"]), None);
        assert_eq!(nearest("zzzzzzzz", ["image", "build"]), None);
    }
}

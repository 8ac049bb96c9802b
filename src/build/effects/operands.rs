//! The words of a command: options, operands, and the paths that they name.

use super::Target;
use super::folder::Place;
use crate::parse::shell::Word;
use crate::values::path::clean;

/// The words that are no options.
pub(super) fn operands(words: &[Word]) -> impl Iterator<Item = &Word> {
    words
        .iter()
        .filter(|word| !word.text.starts_with('-') && !word.text.is_empty())
}

/// The words that are neither options nor the value of one of these: `-m`, `--mode`.
pub(super) fn without_values<'a>(words: &'a [Word], valued: &'a [&str]) -> impl Iterator<Item = &'a Word> {
    let mut is_value = false;
    words.iter().filter(move |word| {
        let skip = is_value;
        is_value = !skip && valued.contains(&word.text.as_str());
        !skip && !word.text.starts_with('-') && !word.text.is_empty()
    })
}

/// The value of an option: `-t DIR`, `--target-directory DIR`, `--target-directory=DIR`.
pub(super) fn value(words: &[Word], short: &str, long: &str) -> Option<Word> {
    words.iter().enumerate().find_map(|(index, word)| {
        if word.text == short || word.text == long {
            return words.get(index + 1).cloned();
        }
        let text = word.text.strip_prefix(long)?.strip_prefix('=')?.to_owned();
        Some(Word { text, ..word.clone() })
    })
}

/// Whether an option has one of the letters, or this long name.
pub(super) fn has_letter(words: &[Word], letters: &[char], long: &str) -> bool {
    words.iter().any(|word| {
        word.text == long || word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letters)
    })
}

/// Whether there is a long option other than this one.
pub(super) fn has_long(words: &[Word], but: &str) -> bool {
    words.iter().any(|word| word.text.starts_with("--") && word.text != but)
}

/// What is special in a pattern.
pub(super) const PATTERN: [char; 4] = ['*', '?', '[', '{'];

/// The words that `a/{b,c}/d` stands for, for its first braces.
pub(super) fn expanded(word: &Word) -> Vec<Word> {
    let parts = word
        .text
        .split_once('{')
        .and_then(|(before, rest)| rest.split_once('}').map(|(inside, behind)| (before, inside, behind)))
        .filter(|(_, inside, _)| !word.quoted && inside.contains(','));
    let Some((before, inside, behind)) = parts else {
        return vec![word.clone()];
    };
    let one = |part: &str| Word {
        text: format!("{before}{part}{behind}"),
        ..word.clone()
    };
    inside.split(',').take(100).map(one).collect()
}

/// What a word names, from a folder.
pub(super) fn target(word: &Word, here: &Place) -> Target {
    let text = word.text.as_str();
    if word.dynamic || text.is_empty() || text.contains("..") && text.starts_with('~') {
        return Target::Anywhere;
    }
    if text == "~" || text.starts_with("~/") {
        return Target::Home;
    }
    let Some(pattern) = text.find(PATTERN) else {
        return here.join(text).target();
    };
    // Braces may hold anything.
    if text.contains('{') && text.contains("..") {
        return Target::Anywhere;
    }
    let (folder, rest) = match text.get(..pattern).and_then(|fixed| fixed.rfind('/')) {
        Some(slash) => (text.get(..=slash).unwrap_or(""), text.get(slash + 1..).unwrap_or("")),
        None => ("", text),
    };
    match here.join(folder) {
        Place::Path(folder) if rest == "*" && !word.quoted => Target::AllIn(folder),
        Place::Path(folder) if !rest.contains("..") => Target::SomeIn {
            pattern: (!rest.contains('{')).then(|| format!("{}/{rest}", folder.trim_end_matches('/'))),
            folder,
        },
        // Programs do not write to patterns: this is what they read or take away.
        Place::Base(folder) if !rest.contains("..") => Target::Base(folder),
        _ => Target::Anywhere,
    }
}

impl Target {
    /// The path, where it is one.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Something in a folder, and nobody knows what.
    pub(super) fn some_in(folder: String) -> Self {
        let pattern = None;
        Self::SomeIn { folder, pattern }
    }

    /// Something of this name in it.
    pub(crate) fn child(&self, name: &str) -> Self {
        match self {
            Self::Path(path) => Self::Path(clean(&format!("{path}/{name}"))),
            Self::Base(path) => Self::Base(clean(&format!("./{path}/{name}"))),
            Self::AllIn(folder) | Self::SomeIn { folder, .. } => Self::some_in(folder.clone()),
            Self::Home => Self::Home,
            Self::Anywhere => Self::Anywhere,
        }
    }
}

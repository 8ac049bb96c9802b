//! What a program calls for what its arguments name, and functions that are taken for programs.

use crate::parse::shell::{Command, Word};

/// The argument of a command for which it calls another program, itself, and that one.
pub(super) fn needs(command: &Command) -> Option<(&Word, &str, &'static str)> {
    let program = command.program()?;
    let arguments = command.arguments();
    let starts = |ways: &[&str]| arguments.iter().find(|word| ways.iter().any(|way| word.text.starts_with(way)));
    let installs = |verbs: &[&str]| arguments.iter().any(|word| verbs.contains(&word.text.as_str()));
    match program {
        "tar" => tar(arguments).map(|(word, other)| (word, program, other)),
        "pip" | "pip3" if installs(&["install", "download", "wheel"]) => {
            let of_git = |word: &&Word| word.text.starts_with("git+") || word.text.contains("@git+") || word.text.contains("@ git+");
            Some((arguments.iter().find(of_git)?, program, "git"))
        }
        "npm" | "yarn" if installs(&["install", "i", "add"]) => {
            Some((starts(&["git+", "git://", "github:", "gitlab:"])?, program, "git"))
        }
        _ => None,
    }
}

/// What GNU tar unpacks an archive with: the letter or the option says it, or the name of the archive.
fn tar(arguments: &[Word]) -> Option<(&Word, &'static str)> {
    let first = arguments.first()?;
    let letters = |word: &Word| match word.text.strip_prefix('-') {
        Some(letters) if !letters.starts_with('-') => Some(letters.to_owned()),
        None if std::ptr::eq(word, first) => Some(word.text.clone()),
        _ => None,
    };
    // What follows `f` or `C` in one word is a name.
    let has = |word: &Word, letter: char| {
        letters(word).is_some_and(|letters| letters.split(['f', 'C']).next().is_some_and(|flags| flags.contains(letter)))
    };
    let is_option = |word: &Word, letter: char, long: &str| has(word, letter) || word.text == long;
    let by_option = arguments.iter().find_map(|word| match word {
        word if is_option(word, 'J', "--xz") => Some((word, "xz")),
        word if is_option(word, 'j', "--bzip2") => Some((word, "bzip2")),
        word if word.text == "--zstd" => Some((word, "zstd")),
        _ => None,
    });
    let unpacks = || arguments.iter().any(|word| is_option(word, 'x', "--extract"));
    let by_name = || {
        arguments.iter().find_map(|word| {
            let ends = |endings: &[&str]| endings.iter().any(|ending| word.text.ends_with(ending));
            match word {
                _ if ends(&[".tar.xz", ".txz"]) => Some((word, "xz")),
                _ if ends(&[".tar.bz2", ".tbz2", ".tbz"]) => Some((word, "bzip2")),
                _ if ends(&[".tar.zst"]) => Some((word, "zstd")),
                _ => None,
            }
        })
    };
    by_option.or_else(|| unpacks().then(by_name)?)
}

/// What to do where a command is a function of an interactive shell.
pub(super) fn function(command: &Command) -> Option<&'static str> {
    let words = || command.words.iter().map(|word| word.text.as_str());
    let mut names = words();
    match (names.next()?, names.next()) {
        ("nvm", Some(_)) => Some("read it in the same RUN: `. \"$HOME/.nvm/nvm.sh\" && nvm ...`"),
        ("sdk", Some(_)) => Some("read it in the same RUN, with bash: `. \"$HOME/.sdkman/bin/sdkman-init.sh\" && sdk ...`"),
        ("conda", Some("activate")) => Some("write `conda run -n NAME ...`, or put the environment's `bin` into PATH with ENV"),
        _ => None,
    }
}

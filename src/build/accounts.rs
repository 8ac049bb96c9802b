//! Accounts that a build makes with the number 0: to the kernel they are root, whatever they are called.

use crate::parse::dockerfile::{Dockerfile, Kind};
use std::collections::BTreeSet;

/// The accounts that a Dockerfile gives the number 0: with `useradd -u 0`, or by a line of `/etc/passwd`.
pub(super) fn with_number_zero(file: &Dockerfile) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for instruction in &file.instructions {
        if let Kind::Run(run) = &instruction.kind {
            let words = run.command.words.iter();
            let words: String = words.flat_map(|word| [word.value.as_str(), " "]).collect();
            script(&run.command.text.text, &mut found);
            script(&words, &mut found);
        }
        for heredoc in &instruction.heredocs {
            script(&heredoc.text().text, &mut found);
        }
    }
    found
}

/// The accounts that lines of `/etc/passwd` give the number 0, but for root.
pub(crate) fn accounts_with_number_zero(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    entries(text, &mut found);
    found.remove("root");
    found
}

fn script(text: &str, found: &mut BTreeSet<String>) {
    for command in text.split(['&', '|', ';', '\n', '(', ')']) {
        entries(command, found);
        added(command, found);
        replaced(command, found);
    }
}

/// `sed -i s/^app:x:[0-9]*/app:x:0/ /etc/passwd`: what it writes is an entry, or the beginning of one.
fn replaced(command: &str, found: &mut BTreeSet<String>) {
    if !command.contains("sed ") || !command.contains("/etc/passwd") {
        return;
    }
    for part in command.split(|letter: char| letter.is_whitespace() || "/#,|\"'\\^$".contains(letter)) {
        let mut fields = part.splitn(4, ':');
        let (name, _password, number) = (fields.next(), fields.next(), fields.next());
        if number.is_some_and(is_zero) {
            found.extend(name.map(str::to_owned));
        }
    }
}

/// `app:x:0:`, wherever it is written.
fn entries(text: &str, found: &mut BTreeSet<String>) {
    for word in text.split(|letter: char| letter.is_whitespace() || "\"'\\".contains(letter)) {
        let mut fields = word.splitn(4, ':');
        let (name, _password, number) = (fields.next(), fields.next(), fields.next());
        if let (Some(name), Some(_)) = (name, fields.next())
            && number.is_some_and(is_zero)
        {
            found.insert(name.to_owned());
        }
    }
}

/// `useradd -u 0 app` and its like.
fn added(command: &str, found: &mut BTreeSet<String>) {
    let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let program = words.find(|word| {
        let last = word.rsplit('/').next().unwrap_or(word);
        matches!(last, "useradd" | "adduser" | "usermod")
    });
    if program.is_none() {
        return;
    }
    let (mut is_zero_asked, mut takes_number) = (false, false);
    let mut names = Vec::new();
    for word in words {
        is_zero_asked |= takes_number && is_zero(word);
        takes_number = word == "--uid" || word.ends_with('u') && is_letters(word);
        let number = word.strip_prefix("--uid=").or_else(|| word.strip_prefix("-u"));
        is_zero_asked |= number.is_some_and(is_zero);
        if !word.starts_with('-') {
            names.push(word.to_owned());
        }
    }
    if is_zero_asked {
        found.extend(names);
    }
}

/// `-u` and `-mu`, which take what follows as a number.
fn is_letters(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|letters| letters.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

fn is_zero(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_with_the_number_0_are_found_however_they_are_made() {
        let makes = |text: &str| {
            let mut found = BTreeSet::new();
            script(text, &mut found);
            found.contains("app")
        };
        for text in [
            "useradd -u 0 -o app",
            "true && adduser -D --uid=0 app",
            "/usr/sbin/useradd -ou 0 app",
            "usermod -o --uid 00 app",
            "adduser -u0 app",
            "echo 'app:x:0:0::/:/bin/sh' >> /etc/passwd",
            "sed -i 's/^app:x:[0-9]*/app:x:0/' /etc/passwd",
            "sed -ie 's#app:x:1000:#app:x:0:#' /etc/passwd",
            "root:x:0:0:root:/:/bin/sh\napp:x:00:0::/:/bin/sh\n",
        ] {
            assert!(makes(text), "{text}");
        }
        for text in [
            "useradd -u 1000 app",
            "useradd -u 0 other; useradd app",
            "groupadd -g 0 app",
            "sed -i 's/^app:x:0:/app:x:1000:/' /etc/group",
            "adduser -G 0 app",
            "echo 'myapp:x:0:0::/:/bin/sh'",
            "echo app:x:1000:0:",
        ] {
            assert!(!makes(text), "{text}");
        }
    }
}

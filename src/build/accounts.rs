//! Accounts that a build makes with the number 0: to the kernel they are root, whatever they are called.

use crate::parse::dockerfile::{Dockerfile, Kind};
use std::collections::BTreeSet;

/// Stands for every account: one with the number 0 is made under the name that a variable has.
pub(super) const ANY: &str = "$";

/// The accounts that a Dockerfile gives the number 0: with `useradd -u 0`, or by a line of `/etc/passwd`.
pub(super) fn with_number_zero(file: &Dockerfile) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let zeros = zeros(file);
    for instruction in &file.instructions {
        if let Kind::Run(run) = &instruction.kind {
            let words = run.command.words.iter();
            let words: String = words.flat_map(|word| [word.value.as_str(), " "]).collect();
            script(&run.command.text.text, &zeros, &mut found);
            script(&words, &zeros, &mut found);
        }
        for heredoc in &instruction.heredocs {
            script(&heredoc.text().text, &zeros, &mut found);
        }
    }
    found
}

/// The arguments and variables that are 0 wherever a file gives them a value.
fn zeros(file: &Dockerfile) -> BTreeSet<String> {
    let (mut found, mut others) = (BTreeSet::new(), BTreeSet::new());
    let mut add = |name: &str, value: &str| {
        let values = match is_zero(value.trim_matches(['"', '\''])) {
            true => &mut found,
            false => &mut others,
        };
        values.insert(name.to_owned());
    };
    for instruction in &file.instructions {
        match &instruction.kind {
            Kind::Env(pairs) => pairs.iter().for_each(|pair| add(&pair.key.value, &pair.value.value)),
            Kind::Arg(arguments) => {
                for argument in arguments {
                    if let Some(value) = &argument.value {
                        add(&argument.name.value, &value.value);
                    }
                }
            }
            Kind::Run(run) => {
                let words = run
                    .command
                    .text
                    .text
                    .split(|letter: char| letter.is_whitespace() || ";&|()".contains(letter));
                words
                    .filter_map(|word| word.split_once('='))
                    .for_each(|(name, value)| add(name, value));
            }
            _ => {}
        }
    }
    found.retain(|name| !others.contains(name));
    found
}

/// The accounts that lines of `/etc/passwd` give the number 0, but for root.
pub(crate) fn accounts_with_number_zero(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    entries(text, &mut found);
    found.remove("root");
    found
}

fn script(text: &str, zeros: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    // Root builds, as a rule.
    let text = text.replace("$(id -u)", "0").replace("`id -u`", "0");
    for command in text.split(['&', '|', ';', '\n', '(', ')']) {
        entries(command, found);
        added(command, zeros, found);
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
fn added(command: &str, zeros: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    // `$NAME`, `${NAME}`, `${NAME:-0}`.
    let is_zero = |word: &str| {
        let name = word.trim_matches(['"', '\'']).strip_prefix('$').unwrap_or("");
        let name = name.trim_start_matches('{').trim_end_matches('}');
        let (name, default) = name.split_once(['-', ':']).unwrap_or((name, ""));
        is_zero(word) || zeros.contains(name) || is_zero(default.trim_start_matches(['-', '=']))
    };
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
        let bundled = word
            .split_once('u')
            .filter(|(before, _)| is_letters(&format!("{before}u")));
        let number = word.strip_prefix("--uid=").or(bundled.map(|(_, number)| number));
        is_zero_asked |= number.is_some_and(is_zero);
        if !word.starts_with('-') {
            names.push(if word.starts_with('$') { ANY } else { word }.to_owned());
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
            script(text, &BTreeSet::from(["NONE".to_owned()]), &mut found);
            found.contains("app")
        };
        for text in [
            "useradd -u 0 -o app",
            "true && adduser -D --uid=0 app",
            "/usr/sbin/useradd -ou 0 app",
            "usermod -o --uid 00 app",
            "adduser -u0 app",
            "useradd -mou0 app",
            "adduser -D -u $(id -u) app",
            "adduser -D -u ${NONE} app",
            "adduser -D -u \"$NONE\" app",
            "adduser -D --uid=${X:-0} app",
            "echo 'app:x:0:0::/:/bin/sh' >> /etc/passwd",
            "sed -i 's/^app:x:[0-9]*/app:x:0/' /etc/passwd",
            "sed -ie 's#app:x:1000:#app:x:0:#' /etc/passwd",
            "root:x:0:0:root:/:/bin/sh\napp:x:00:0::/:/bin/sh\n",
        ] {
            assert!(makes(text), "{text}");
        }
        for text in [
            "useradd -u 1000 app",
            "useradd -mu1000 app",
            "useradd -u $OTHER app",
            "useradd -u ${X:-1000} app",
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

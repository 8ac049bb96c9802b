//! What cannot work in a list of words that no shell reads.

/// Shells, and programs that hand their words to one.
const SHELLS: [&str; 16] = [
    "sh", "bash", "ash", "dash", "zsh", "ksh", "fish", "busybox", "su", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh",
    "pwsh.exe", "eval",
];
/// Programs that read `$`, `|` or `;` in their own way.
const OWN_SYNTAX: [&str; 21] = [
    "concurrently", "monofy", "multirun", "run-p",
    "awk", "gawk", "mawk", "perl", "php", "sed", "jq", "yq", "find", "expr", "test", "[", "envsubst", "grep", "egrep", "xargs",
    "parallel",
];
/// Words that only a shell understands.
const OPERATORS: [&str; 12] = ["&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1", "2>", "&>", "|&"];
/// Commands of a shell that are no programs.
const BUILTINS: [&str; 10] = ["cd", "source", "export", "alias", "ulimit", "umask", "set", "exec", ".", "shopt"];
/// Options behind which text in a language of its own stands.
const CODE: [&str; 6] = ["-c", "-e", "-r", "-Command", "--eval", "-S"];

/// A fault of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The number of the word.
    pub at: usize,
    /// What is wrong with it.
    pub why: String,
    /// What to write.
    pub help: String,
    /// The program cannot be started.
    pub is_program: bool,
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The first fault of a list whose first word is the program.
pub(super) fn fault(words: &[&str]) -> Option<Fault> {
    let program = words.first().filter(|program| !program.is_empty())?;
    if let Some(fault) = of_program(program) {
        return Some(fault);
    }
    let has_shell = words.iter().any(|word| SHELLS.contains(&base(word)));
    // A script may read its arguments as it likes.
    let is_script = program.ends_with(".sh") || base(program).contains("entrypoint");
    if has_shell || is_script || OWN_SYNTAX.contains(&base(program)) || words.iter().any(|word| CODE.contains(word)) {
        return None;
    }
    let arguments = || words.iter().enumerate().skip(1);
    if let Some((at, word)) = arguments().find(|(at, word)| OPERATORS.contains(word) && !is_separator(words, *at)) {
        let why = match arguments().find_map(|(_, word)| variable(program, word)) {
            Some(name) => format!("`{word}` and `{name}` are passed as arguments: no shell runs this list"),
            None => format!("`{word}` is passed as an argument: no shell runs this list"),
        };
        return Some(Fault {
            at,
            why,
            help: "run it in a shell: `[\"/bin/sh\", \"-c\", \"...\"]`, or remove brackets and quotes".to_owned(),
            is_program: false,
        });
    }
    let (at, name) = arguments().find_map(|(at, word)| Some((at, variable(program, word)?)))?;
    Some(Fault {
        at,
        why: format!("`{name}` is not replaced: no shell runs this list"),
        help: "run it in a shell: `[\"/bin/sh\", \"-c\", \"exec ...\"]`".to_owned(),
        is_program: false,
    })
}

fn of_program(program: &str) -> Option<Fault> {
    let fault = |why: String, help: &str, is_program: bool| {
        Some(Fault {
            at: 0,
            why,
            help: help.to_owned(),
            is_program,
        })
    };
    if matches!(program, "CMD" | "CMD-SHELL") {
        let why = format!("`{program}` is started as a program: it is a keyword of Compose's `test`");
        return fault(why, "remove it", false);
    }
    if BUILTINS.contains(&program) {
        let why = format!("`{program}` is a command of the shell, not a program");
        return fault(why, "run it in a shell: `[\"/bin/sh\", \"-c\", \"...\"]`", false);
    }
    // Windows has such paths.
    if program.contains('\\') || program.starts_with('-') {
        return None;
    }
    if let Some(name) = first_variable(program) {
        let why = format!("`{name}` in the program is not replaced: no shell runs this list");
        return fault(why, "write the path out, or run it in a shell", true);
    }
    if program.trim().contains(char::is_whitespace) {
        let why = format!("`{program}` is one word here, the name of a program with blanks in it");
        return fault(why, "put each word in quotes of its own", true);
    }
    None
}

/// A variable in an argument, unless the program replaces such ones itself.
fn variable<'a>(program: &str, word: &'a str) -> Option<&'a str> {
    // Java programs fill in `${...}` in their properties.
    if base(program) == "java" && (word.starts_with("-D") || word.starts_with("--")) {
        return None;
    }
    first_variable(word)
}

/// `$NAME` or `${NAME...}` in a text.
fn first_variable(text: &str) -> Option<&str> {
    // `$2y$05$...` is a hash.
    if text.strip_prefix('$').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit())) {
        return None;
    }
    text.match_indices('$').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let is_start = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if let Some(inside) = rest.strip_prefix('{').filter(|inside| is_start(inside)) {
            let end = inside.find('}')?;
            return text.get(at..at + 3 + end);
        }
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        is_start(rest).then(|| text.get(at..at + 1 + end)).flatten()
    })
}

/// Whether an operator is what an option before it asks for: `cut -d |`.
fn is_separator(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    before.is_some_and(|word| matches!(*word, "-d" | "-F" | "-t" | "--delimiter" | "--separator"))
}

/// Whether a text for the shell is meant as a list: it begins with a bracket, and what follows is no test.
pub(crate) fn is_list(text: &str) -> bool {
    let Some(inside) = text.trim_start().strip_prefix('[') else {
        return false;
    };
    if !inside.starts_with(char::is_whitespace) {
        // `[[` is a test, too.
        return !inside.starts_with('[');
    }
    let inside = inside.trim_start();
    let word = match inside.chars().next() {
        Some(quote @ ('"' | '\'')) => inside.get(1..).and_then(|rest| rest.split_once(quote)).map(|(_, behind)| behind),
        _ => inside.find([',', ' ']).and_then(|end| inside.get(end..)),
    };
    // One word in single quotes and nothing else is no test that anybody writes.
    let is_one = |behind: &str| inside.starts_with('\'') && behind.trim() == "]";
    word.is_some_and(|behind| behind.trim_start().starts_with(',') || is_one(behind))
}

/// A list that is no JSON, as JSON: words in single quotes, in typographic ones or in none, and a comma too many.
pub(super) fn as_list(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim().trim_end_matches(',');
    let marks = ['"', '\'', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];
    let words: Option<Vec<String>> = inside
        .split(',')
        .map(|word| {
            let word = word.trim();
            let bare = word.trim_matches(marks);
            let is_quoted = word.starts_with(marks) && word.ends_with(marks) && word != bare;
            let is_plain = !bare.is_empty() && !bare.contains(marks) && !bare.contains(['\\', '[', ']', '\n']);
            let is_word = is_quoted || !bare.contains(char::is_whitespace);
            (is_plain && is_word).then(|| format!("\"{bare}\""))
        })
        .collect();
    words.map(|words| format!("[{}]", words.join(", ")))
}

/// The words of a list as one text for a shell, where each of them means there what it says.
pub(super) fn for_a_shell(words: &[&str]) -> Option<String> {
    let is_plain = |word: &&str| {
        let is_sign = |letter: char| "/._-:=@%+,${}".contains(letter);
        OPERATORS.contains(word) || !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || is_sign(letter))
    };
    let runs_one = !words.iter().any(|word| OPERATORS.contains(word));
    let exec = if runs_one { "exec " } else { "" };
    words.iter().all(is_plain).then(|| format!("[\"/bin/sh\", \"-c\", \"{exec}{}\"]", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_tests_are_told_apart() {
        for text in ["['a', 'b']", "[ 'a', 'b' ]", "[node, x]", "[ node, x ]", "[\u{201c}a\u{201d}]", "[\"a\",]", "[\"a\"] -x", "[ 'a b' ]"] {
            assert!(is_list(text), "{text}");
        }
        for text in ["[ -f x ] || y", "[ \"$A\" = b ]", "[[ -f x ]]", "[ ! -e y ]", "node x", "[ 'a' = 'b,' ]"] {
            assert!(!is_list(text), "{text}");
        }
    }

    #[test]
    fn faults_are_found_and_others_syntax_is_left_alone() {
        let why = |words: &[&str]| fault(words).map(|fault| (fault.at, fault.is_program));
        assert_eq!(why(&["java -jar /a.jar"]), Some((0, true)));
        assert_eq!(why(&["$APP/run"]), Some((0, true)));
        assert_eq!(why(&["npm", "run", "b", "&&", "x"]), Some((3, false)));
        assert_eq!(why(&["java", "$OPTS", "-jar"]), Some((1, false)));
        assert_eq!(why(&["cd", "/app"]), Some((0, false)));
        assert_eq!(why(&["CMD-SHELL", "x"]), Some((0, false)));
        let said = |words: &[&str]| fault(words).map(|fault| fault.why).unwrap_or_default();
        for words in [
            &["npm", "run", "b", "&&", "x", "$PORT"][..],
            &["node", "a.js", "--port=$PORT", "&&", "b"],
            &["a", "${PORT}", ">", "log"],
        ] {
            assert!(said(words).contains("PORT") && said(words).contains("passed as arguments"), "{words:?}");
        }
        for words in [
            &["sh", "-c", "a $B && c"][..],
            &["tini", "--", "bash", "-c", "$X"],
            &["awk", "{print $NF}"],
            &["grep", "^x$"],
            &["cut", "-d", "|", "-f1"],
            &["java", "-Dport=${PORT}"],
            &["node", "-e", "a > b"],
            &["/entrypoint.sh", "$A"],
            &["a", "$1", "$$", "$2y$05$bsb.XmF"],
            &["C:\\Program Files\\x.exe"],
            &[""],
        ] {
            assert_eq!(fault(words), None, "{words:?}");
        }
    }

    #[test]
    fn lists_are_written_as_they_were_meant_or_not_at_all() {
        for (text, wanted) in [
            ("['a', 'b c']", Some("[\"a\", \"b c\"]")),
            ("[node, x.js]", Some("[\"node\", \"x.js\"]")),
            ("[\u{201c}a\u{201d}, \u{201c}b\u{201d}]", Some("[\"a\", \"b\"]")),
            ("[\"a\", \"b\",]", Some("[\"a\", \"b\"]")),
            ("[\"a\"] -x", None),
            ("['a', \"it's\"]", None),
            ("[a b, c]", None),
            ("[]", None),
        ] {
            assert_eq!(as_list(text).as_deref(), wanted, "{text}");
        }
        let shell = |words: &[&str]| for_a_shell(words);
        assert_eq!(shell(&["a", "&&", "b", "$P"]).as_deref(), Some("[\"/bin/sh\", \"-c\", \"a && b $P\"]"));
        assert_eq!(shell(&["a", "--p=$P"]).as_deref(), Some("[\"/bin/sh\", \"-c\", \"exec a --p=$P\"]"));
        assert_eq!(shell(&["a", "b c", "&&", "d"]), None);
        assert_eq!(shell(&["a", "*"]), None);
    }
}

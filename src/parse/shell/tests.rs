use super::*;
use crate::source::Sources;

fn read(shell: &str) -> (Sources, Option<Script>) {
    let mut sources = Sources::default();
    let id = sources.add(std::path::Path::new("D"), shell.to_owned());
    let mut text = Text::empty(id, 0);
    text.push(shell, 0);
    (sources, split(&text))
}

fn script(shell: &str) -> Script {
    read(shell).1.unwrap_or_else(|| panic!("not analysed: {shell}"))
}

/// Each command as its joint and its words.
fn shown(shell: &str) -> Vec<String> {
    let line = |command: &Command| {
        let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
        format!("{:?} {}", command.joint, words.join("|"))
    };
    script(shell).commands.iter().map(line).collect()
}

#[test]
fn commands_are_split_at_every_operator() {
    assert_eq!(
        shown("a 1 && b 2 || c; d | e & f\ng"),
        [
            "First a|1",
            "And b|2",
            "Or c",
            "Then d",
            "Pipe e",
            "Background f",
            "Then g"
        ]
    );
}

#[test]
fn a_negated_pipe_begins_with_its_command() {
    let negated = |shell: &str| -> Vec<bool> { script(shell).commands.iter().map(|command| command.negated).collect() };
    assert_eq!(negated("! a | b; c"), [true, false, false]);
    assert_eq!(negated("if ! a; then ! [[ b ]]; fi"), [true, true]);
    assert_eq!(negated("! { a; }; ! (b); c"), [false, false, false]);
}

#[test]
fn a_line_break_behind_an_operator_changes_nothing() {
    assert_eq!(shown("a &&\n b |\n\n c"), ["First a", "And b", "Pipe c"]);
}

#[test]
fn quotes_are_removed_and_spans_keep_them() {
    let shell = "echo 'a b' \"c $D\" e\\ f ''";
    let (sources, script) = read(shell);
    let words = &script.unwrap().commands[0].words;
    let texts: Vec<(&str, &str, bool)> = words
        .iter()
        .map(|word| (word.text.as_str(), sources.slice(word.span), word.dynamic))
        .collect();
    assert_eq!(
        texts,
        [
            ("echo", "echo", false),
            ("a b", "'a b'", false),
            ("c $D", "\"c $D\"", true),
            ("e f", "e\\ f", false),
            ("", "''", false),
        ]
    );
}

#[test]
fn substitutions_are_listed_with_the_command_that_they_are_in() {
    let script = script("x \"$(curl -s u | tar x)\" `id -u` && y");
    let lines: Vec<(&str, Option<usize>)> = script
        .commands
        .iter()
        .map(|command| (command.words[0].text.as_str(), command.inside))
        .collect();
    assert_eq!(
        lines,
        [
            ("x", None),
            ("curl", Some(0)),
            ("tar", Some(0)),
            ("id", Some(0)),
            ("y", None)
        ]
    );
    assert!(script.commands[0].words[1].dynamic);
    assert_eq!(script.commands[4].joint, Joint::And);
}

#[test]
fn pipes_are_followed_past_substitutions() {
    let script = script("curl $(cat u) | sh");
    assert_eq!(script.piped_into(0).unwrap().program(), Some("sh"));
    assert_eq!(script.piped_into(1), None);
}

#[test]
fn assignments_and_redirections_are_no_words() {
    let script = script("DEBIAN_FRONTEND=noninteractive A=\"b c\" apt-get install -y x >/dev/null 2>&1 </in");
    let command = &script.commands[0];
    assert_eq!(command.program(), Some("apt-get"));
    assert_eq!(command.assignments[1].name, "A");
    assert_eq!(command.assignments[1].value.text, "b c");
    let redirections: Vec<(&str, Option<&str>, &str)> = command
        .redirections
        .iter()
        .map(|one| (one.operator, one.descriptor.as_deref(), one.target.text.as_str()))
        .collect();
    assert_eq!(
        redirections,
        [(">", None, "/dev/null"), (">&", Some("2"), "1"), ("<", None, "/in")]
    );
}

#[test]
fn compound_commands_give_their_commands() {
    let script = script(
        "if [ -f x ]; then a; elif b; then c; else d; fi && for i in 1 $(seq 2); do e $i; done; \
         while read l; do f; done < in; case $x in a|b) g ;; (*) h;; esac; ( i; j ) || { k; }; l",
    );
    let words: Vec<(&str, bool, usize)> = script
        .commands
        .iter()
        .filter(|command| !command.words.is_empty())
        .map(|command| (command.words[0].text.as_str(), command.conditional, command.level))
        .collect();
    let expected = [
        ("[", true, 0),
        ("a", true, 0),
        ("b", true, 0),
        ("c", true, 0),
        ("d", true, 0),
        ("seq", true, 0),
        ("e", true, 0),
        ("read", true, 0),
        ("f", true, 0),
        ("g", true, 0),
        ("h", true, 0),
        ("i", false, 1),
        ("j", false, 1),
        ("k", false, 1),
        ("l", false, 0),
    ];
    assert_eq!(words, expected);
}

#[test]
fn heredocs_take_their_bodies_along() {
    let script = script("cat <<EOF >a && b <<-'X'\n$v\nEOF\n\ty\n\tX\nc");
    assert_eq!(script.commands[0].redirections[0].body.as_ref().unwrap().text, "$v\n");
    assert_eq!(script.commands[1].redirections[0].body.as_ref().unwrap().text, "\ty\n");
    assert_eq!(script.commands[2].words[0].text, "c");
}

#[test]
fn parameters_arithmetic_and_tests_do_not_confuse_it() {
    assert_eq!(
        shown("a ${X:-\"b }\"} $((1 + (2 * 3))) ${Y%%)*} $# && [[ a == b || -n $c ]] && d"),
        [
            "First a|${X:-\"b }\"}|$((1 + (2 * 3)))|${Y%%)*}|$#",
            "And [[|a|==|b|||||-n|$c|]]",
            "And d"
        ]
    );
}

#[test]
fn functions_arrays_and_comments_are_known() {
    assert_eq!(
        shown("f() { a; }\nx=(1 \"2 3\") # not && this\nb#c"),
        ["First a", "Then ", "Then b#c"]
    );
    for (shell, has) in [
        ("f() { a; }", true),
        ("function f { a; }; f", true),
        ("a && g ( )\n{ b; }", true),
        ("a; b", false),
    ] {
        assert_eq!(read(shell).1.unwrap().has_functions, has, "{shell}");
    }
}

#[test]
fn what_does_not_fit_is_not_analysed() {
    for shell in [
        "a 'b",
        "a \"b",
        "a $(b",
        "a )",
        "a ${b",
        "case x in",
        "a `b",
        "fi",
        "a <<EOF",
        "}",
        "esac",
        "{ a; ",
        "if a; then b",
        "a (b)",
    ] {
        assert_eq!(read(shell).1, None, "{shell}");
    }
}

#[test]
fn depth_is_bounded() {
    for open in [
        "$(",
        "(",
        "${x:-",
        "\nif a; then ",
        "\n{ ",
        "\"$(",
        "$((",
        "\ncase x in a) ",
        "<(",
    ] {
        let deep = format!("a; b {}", open.repeat(20_000));
        assert_eq!(read(&deep).1, None, "{open}");
    }
}

#[test]
fn an_empty_text_has_no_commands() {
    assert!(script("").commands.is_empty());
    assert!(script(" \n # c\n;").commands.is_empty());
}

use super::*;

/// The commands that a runner would find: GitHub's two syntaxes (`ActionCommand.cs`) and those of Azure and TeamCity.
pub(crate) fn commands(output: &str) -> Vec<&str> {
    output
        .split(['\n', '\r'])
        .filter(|line| {
            let trimmed = line.trim_start();
            let command = trimmed.strip_prefix("::").is_some_and(|rest| rest.contains("::"));
            command || line.contains("##[") || line.contains("##vso[") || line.contains("##teamcity[")
        })
        .collect()
}

pub(crate) const HOSTILE: [&str; 10] = [
    "::add-mask::e",
    "  \u{a0}\t::error file=x::boo",
    "x ##[set-output name=ok]true",
    "##vso[task.setvariable variable=x]y",
    "###[error]x ####teamcity[x]",
    "a\r::error::b",
    "a\n::error::b\n##[group]c",
    "a\u{2028}::error::b",
    "#\u{200b}#[error]",
    "\u{feff}::error::x",
];

#[test]
fn no_runner_finds_a_command() {
    for text in HOSTILE {
        let guarded = guard(format!("{}\n", line(text)));
        assert!(commands(&guarded).is_empty(), "{guarded}");
        let raw = guard(text.replace(['\r', '\u{2028}'], "\n"));
        assert!(commands(&raw).is_empty(), "{raw}");
        assert!(commands(&format!("- {}", markdown_prose(text))).is_empty());
        assert!(commands(&format!("- {}", markdown_code(text))).is_empty());
        assert!(commands(&format!("<p>{}", html(text))).is_empty());
        let command = format!("::error file={}::{}", command_property(text), command_data(text));
        assert!(!command.contains("##["), "{command}");
        assert_eq!(command.lines().count(), 1);
        assert_eq!(
            command.matches("::").count() - command_data(text).matches("::").count(),
            2
        );
    }
    assert_eq!(guard("\u{1b}[36m  ::error::x".to_owned()), "\u{1b}[36m  \\::error::x");
}

#[test]
fn what_deceives_becomes_visible() {
    assert_eq!(line("a\u{1b}]52;c;x\u{7}"), "a\\x1b]52;c;x\\x07");
    assert_eq!(line("a\u{1b}[2J\n##[error]"), "a\\x1b[2J\\n##\\[error]");
    assert_eq!(
        line("\u{9b}2J\u{202e}\u{200b}\u{a0}\r"),
        "\\x9b2J\\u{202e}\\u{200b}\\xa0\\r"
    );
    assert!(matches!(line("plain é 漢字 😀\tx"), Cow::Borrowed(_)));
}

#[test]
fn json_keeps_its_values() {
    for text in HOSTILE.into_iter().chain(["\u{9b}31m\u{202e}\u{7f}\u{e0001}", "##[1]"]) {
        let written = serde_json::to_string_pretty(&serde_json::json!({ "text": [text] })).unwrap();
        let safe = json(&written);
        assert!(commands(&safe).is_empty(), "{safe}");
        assert!(!safe.chars().any(|c| c != '\n' && is_deceptive(c)), "{safe}");
        let back: serde_json::Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(back["text"][0], text);
    }
}

#[test]
fn command_values_are_percent_encoded() {
    assert_eq!(command_data("50% of a:b,\nc"), "50%25 of a:b,%0Ac");
    assert_eq!(command_property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
}

#[test]
fn code_spans_hold_any_backticks_and_pipes() {
    assert_eq!(markdown_code("a"), "`a`");
    assert_eq!(markdown_code("a``b`c"), "```a``b`c```");
    assert_eq!(markdown_code("`a"), "`` `a ``");
    assert_eq!(markdown_code("a|`</b>"), "<code>a&#124;&#96;&#60;&#47;b&#62;</code>");
    assert_eq!(markdown_code("a\\|b"), "<code>a&#92;&#124;b</code>");
    assert_eq!(markdown_code(""), "");
}

#[test]
fn prose_leaves_sentences_alone_and_makes_the_rest_literal() {
    assert_eq!(
        markdown_prose("`api` has no limit (see a/b.yml): 50 % of 1.5"),
        "`api` has no limit (see a/b.yml): 50 % of 1.5"
    );
    // Quotes are a part of the text.
    assert_eq!(
        markdown_prose("of `db` and 'postgres_14': it's 'a b'"),
        "of `db` and '`postgres_14`': it's 'a b'"
    );
    assert_eq!(markdown_prose("set `mem_limit`, or a_b."), "set `mem_limit`, or `a_b`.");
    assert_eq!(
        markdown_prose("@team <img src=x> </details> #12 https://x.y www.x.y *a*"),
        "`@team` `<img` `src=x>` `</details>` `#12` `https://x.y` `www.x.y` `*a*`"
    );
    assert_eq!(
        markdown_prose(":tada: [a](b) a|b"),
        "`:tada:` `[a](b`) <code>a&#124;b</code>"
    );
    assert_eq!(markdown_prose("`a``b` lone ` tick"), "`a` `b` lone `` ` `` tick");
    assert_eq!(markdown_prose("``` x"), "`` ` `` x");
}

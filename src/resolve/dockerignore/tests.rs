use super::*;

fn excludes(text: &str, path: &str) -> bool {
    Dockerignore::parse(text).unwrap().excludes(path)
}

#[track_caller]
fn table(text: &str, excluded: &[&str], sent: &[&str]) {
    for path in excluded {
        assert!(excludes(text, path), "{path} is excluded by {text:?}");
    }
    for path in sent {
        assert!(!excludes(text, path), "{path} is sent in spite of {text:?}");
    }
}

#[test]
fn a_name_is_one_in_the_root_and_what_is_in_it() {
    table(
        "node_modules",
        &["node_modules", "node_modules/a/b"],
        &["web/node_modules", "node_modules2", "my_node_modules"],
    );
    table(".env", &[".env"], &["sub/.env", ".env.local"]);
}

#[test]
fn slashes_and_dots_around_a_path_do_not_count() {
    for text in [
        "build",
        "/build",
        "build/",
        "/build/",
        "./build",
        "././build/.",
        "x/../build",
        "//build",
    ] {
        table(text, &["build", "build/a"], &["a/build"]);
    }
}

#[test]
fn comments_stand_in_the_first_column() {
    table("# build\n #x\n", &["#x"], &["build", "# build"]);
    table("a # b", &["a # b"], &["a"]);
}

#[test]
fn lines_are_trimmed_and_may_end_in_any_way() {
    table("  a  \r\n\tb\t\r\n\n   \nc", &["a", "b", "c"], &["d"]);
    table("\u{feff}a\nb", &["a", "b"], &[]);
    table("\u{feff}# a\nb", &["b"], &["a", "# a"]);
}

#[test]
fn the_last_line_that_matches_wins() {
    table("*.md\n!README.md", &["a.md"], &["README.md"]);
    table("!README.md\n*.md", &["a.md", "README.md"], &[]);
    table(
        "*.md\n!README*.md\nREADME-secret.md",
        &["README-secret.md", "x.md"],
        &["README.md"],
    );
    table("*\n! app.py", &["b"], &["app.py"]);
}

#[test]
fn a_folder_takes_its_files_along_until_a_line_takes_them_back() {
    table("docs\n!docs/keep", &["docs/a"], &["docs/keep", "docs/keep/b"]);
    table("docs/*\n!docs/keep", &["docs/a", "docs/a/b"], &["docs", "docs/keep/c"]);
    table(
        "*\n!src\nsrc/*.log",
        &["x", "src/a.log"],
        &["src", "src/a/b.log", "src/a"],
    );
    table("**\n!src/**", &["a", "src"], &["src/x", "src/x/y"]);
    // The folder itself was not excluded, so the exception had nothing to take back there, and says nothing below.
    table("a/b\n!a", &["a/b", "a/b/c"], &["a"]);
    table("a\n!a/b/c", &["a", "a/b", "a/b/d"], &["a/b/c", "a/b/c/d"]);
}

#[test]
fn two_stars_go_any_way_down() {
    table("**/.env", &[".env", "a/.env", "a/b/.env"], &["a.env", "a/.env2"]);
    table("**/*.pyc", &["a.pyc", "a/b/c.pyc"], &["a.py"]);
    table("a/**/b", &["a/b", "a/x/b", "a/x/y/b", "a/x/b/c"], &["a/xb", "b"]);
    table("a/**", &["a/b", "a/b/c"], &["a", "ab"]);
    table("a**", &["a", "ab", "a/b"], &["b"]);
    table("**", &["a", "a/b"], &[]);
    table("**/", &["a", "a/b"], &[]);
    table("**/**", &["a", "a/b"], &[]);
    // Two stars without a slash behind them take any beginning.
    table("**foo", &["foo", "xfoo", "a/xfoo"], &["foox"]);
    table("**foo*", &["foo", "foox", "a/foox"], &["xfoo"]);
    table("**/a/*", &["a/b", "x/a/b"], &["a", "b"]);
    table("x**y", &["xy", "xa/y"], &["xay"]);
}

#[test]
fn one_star_stays_in_its_folder() {
    table("*", &["a", "a/b"], &[]);
    table("*/temp*", &["a/temp", "a/tempx/y"], &["temp", "a/b/temp"]);
    table("*/*/temp*", &["a/b/temp1"], &["a/temp1"]);
    table("temp?", &["tempa", "tempa/x"], &["temp", "tempab", "temp/"]);
    table("*.log", &["a.log", ".log"], &["a/b.log"]);
    table(".*", &[".git", ".git/config"], &["a"]);
}

#[test]
fn classes_and_escapes() {
    table("[a-c]x", &["ax", "cx"], &["dx", "x"]);
    table("[^a-c]x", &["dx"], &["ax"]);
    table("[!a]x", &["!x", "ax"], &["bx"]);
    table("a\\*b", &["a*b"], &["axb"]);
    table("\\#x", &["#x"], &["x"]);
    table("\\!x", &["!x"], &["x"]);
    table("a.b+(c)|{d}$", &["a.b+(c)|{d}$"], &["axb+(c)|{d}$"]);
    table("*.b+", &["x.b+"], &["xxb+", "x.bb"]);
    table("a]*", &["a]", "a]b"], &["ab"]);
    table("d\u{fc}r*", &["d\u{fc}rr"], &["dur"]);
}

#[test]
fn what_the_builder_refuses_is_refused_with_its_line() {
    for text in ["a\n[", "a\n[b-", "a\n[]", "a\nb\\", "a\n!", "a\n! ", "a\n!/", "a\n[x-]"] {
        let refused = Dockerignore::parse(text).unwrap_err();
        assert_eq!((refused.line, refused.by_builder), (2, true), "{text:?}");
    }
}

#[test]
fn what_regular_expressions_read_in_another_way_is_not_guessed_at() {
    for text in ["\\d*", "[a*]", "[[:alpha:]]x", "^a*", "[z-a]"] {
        assert!(!Dockerignore::parse(text).unwrap_err().by_builder, "{text}");
    }
}

#[test]
fn odd_paths_match_nothing() {
    table("/", &[], &["a"]);
    table(".", &[], &["a"]);
    table("..\n../a", &[], &["a"]);
    table("", &[], &["a"]);
}

#[test]
fn the_deciding_line_is_told() {
    let file = Dockerignore::parse("# all\n*\n!a\na/*.log\n").unwrap();
    let verdict = file.judge_path("a/x.log");
    assert_eq!(
        file.decider(&verdict).map(|pattern| (pattern.line, pattern.shown())),
        Some((4, "a/*.log".to_owned()))
    );
    let verdict = file.judge_path("a/x");
    assert!(!verdict.excluded);
    assert_eq!(
        file.decider(&verdict).map(|pattern| pattern.shown()),
        Some("!a".to_owned())
    );
}

#[test]
fn hostile_patterns_come_to_an_end() {
    let text = format!("{}\n", "*a".repeat(400)).repeat(200);
    let mut file = Dockerignore::parse(&text).unwrap();
    file.limit = 1_000_000;
    let path = "a".repeat(200);
    for _ in 0..200 {
        file.judge(&path, None);
    }
    assert!(file.is_exhausted());
}

use super::*;
use crate::resolve::compose::env::Env;

fn env() -> Env {
    let mut env = Env::default();
    env.set("SET", "v");
    env.set("EMPTY", "");
    env
}

fn run(template: &str) -> Result<Substituted, Bad> {
    let env = env();
    substitute(template, &|name| env.held(name))
}

fn text(template: &str) -> String {
    run(template).unwrap().text
}

#[test]
fn every_operator_does_what_compose_does() {
    for (template, expected) in [
        ("$SET ${SET} $$SET $5 $", "v v $SET $5 $"),
        ("${SET:-d} ${EMPTY:-d} ${NONE:-d}", "v d d"),
        ("${SET-d} ${EMPTY-d} ${NONE-d}", "v  d"),
        ("${SET:+r} ${EMPTY:+r} ${NONE:+r}", "r  "),
        ("${SET+r} ${EMPTY+r} ${NONE+r}", "r r "),
        ("${NONE:-${SET}-${EMPTY:-x}}", "v-x"),
        ("${NONE:-a:?b}", "a:?b"),
        ("${NONE-}", ""),
        ("a$SET.b", "av.b"),
        ("${NONE:-{}}", "{}"),
        ("${NONE:-{a}} b}", "{a} b}"),
        ("${SET:-{}} and ${NONE:-x}", "v"),
        ("${NONE:-x} and }", "x and }"),
        ("${NONE:-${SET}} }", "v }"),
        ("${NONE:-{{x}}} z", "{{x}} z"),
        ("a ${NONE:-{x}} c", "a {x} c"),
    ] {
        assert_eq!(text(template), expected, "{template}");
    }
    for template in [
        "${}",
        "${",
        "${A/b/c}",
        "${1}",
        "${A:b}",
        "${A:-x\ny}",
        "${NONE:-{}} and ${NONE:-x}",
    ] {
        assert_eq!(run(template), Err(Bad::Format), "{template}");
    }
}

#[test]
fn unset_demanded_and_assumed_are_told_apart() {
    let result = run("${A} ${B:?why} ${C:-d}").unwrap();
    assert_eq!(
        (result.unset, result.required, result.assumed),
        (vec!["A".to_owned()], vec!["B".to_owned()], true)
    );
    assert!(!run("${EMPTY:-d}").unwrap().assumed);
}

#[test]
fn what_is_set_everywhere_is_neither_unset_nor_known() {
    let result = run("${HOME}/.. $PWD ${USER:-x} ${PATH:?}").unwrap();
    assert_eq!(result.text, "${HOME}/.. ${PWD} ${USER} ${PATH}");
    assert_eq!(result.hidden, ["HOME", "PWD", "USER", "PATH"]);
    assert!(result.unset.is_empty() && result.required.is_empty() && !result.assumed);
    assert_eq!(text("${PATH:+a}${HOME+${SET:+b}}"), "ab");
    let result = run("${NONE:+a}${EMPTY:+b}${EMPTY+c}").unwrap();
    assert_eq!((result.text.as_str(), result.deciding.len()), ("c", 2));
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}x{}", "${A-".repeat(1000), "}".repeat(1000));
    assert_eq!(run(&deep), Err(Bad::Depth));
}

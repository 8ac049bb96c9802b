use super::super::parse;
use super::*;
use crate::source::Sources;
use std::path::Path;

fn read(text: &str) -> (Sources, YamlFile) {
    let mut sources = Sources::default();
    let id = sources.add(Path::new("compose.yaml"), text.to_owned());
    let file = parse(id, text);
    (sources, file)
}

#[test]
fn every_key_and_value_knows_its_bytes() {
    let (sources, file) = read(
        "services:\n  \"api\": {image: 'a:1', ports: [80, \"8080:80\"]}\n  # why\n  db:\n    command: |\n      one\n      two\n",
    );
    let services = file.documents[0].entry("services").unwrap();
    assert_eq!(sources.slice(services.key), "services");
    let api = services.value.entry("api").unwrap();
    assert_eq!(sources.slice(api.key), "\"api\"");
    assert_eq!(
        sources.slice(api.value.span),
        "{image: 'a:1', ports: [80, \"8080:80\"]}"
    );
    let ports = api.value.get("ports").unwrap();
    assert_eq!(sources.slice(ports.span), "[80, \"8080:80\"]");
    assert_eq!(ports.seq().unwrap()[0].data, Data::Int(80));
    assert_eq!(sources.slice(ports.seq().unwrap()[1].span), "\"8080:80\"");
    let db = services.value.get("db").unwrap();
    assert_eq!(db.get("command").unwrap().str(), Some("one\ntwo\n"));
    assert_eq!(file.comments[0].value, "# why");
    assert!(file.problems.is_empty());
}

#[test]
fn merge_keys_are_shallow_and_the_mapping_itself_wins() {
    let (_, file) = read(
        "x: &d {deploy: {replicas: 1}, init: true}\na:\n  deploy: {mode: x}\n  <<: *d\nb:\n  <<: [{init: false}, *d]\n",
    );
    let document = &file.documents[0];
    assert!(document.at(&["a", "deploy", "replicas"]).is_none());
    assert_eq!(document.at(&["a", "init"]).unwrap().data, Data::Bool(true));
    assert_eq!(document.at(&["b", "init"]).unwrap().data, Data::Bool(false));
}

#[test]
fn a_key_that_stands_twice_is_a_problem_at_the_second_place() {
    let (sources, file) = read("a: 1\nb: 2\na: 3\n");
    let problem = &file.problems[0];
    assert_eq!(problem.rule, ReaderRule::DuplicateKey);
    assert_eq!(problem.finding.span.start, 10);
    assert_eq!(sources.slice(problem.finding.related[0].span), "a");
}

#[test]
fn key_value_lines_in_a_mapping_are_a_syntax_error_on_their_line() {
    let (sources, file) =
        read("services:\n  a:\n    environment:\n      A: 1\n      B=1\n      C=2\n    ports:\n      - 80\n");
    assert!(!file.is_whole());
    let problem = &file.problems[0];
    assert_eq!(problem.rule, ReaderRule::InvalidYaml);
    let line = sources
        .get(problem.finding.span.source)
        .position(problem.finding.span.start, crate::source::ColumnUnit::CodePoints)
        .line;
    assert!((5..=6).contains(&line), "line {line}: {}", problem.finding.message);
}

#[test]
fn alias_bombs_and_deep_nesting_end_in_a_problem() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let row = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{row}]\n"));
    }
    for text in [
        bomb,
        "- ".repeat(50_000),
        "[".repeat(200_000),
        "{a: ".repeat(5_000),
        "? ".repeat(5_000),
        "a: &a [*a]\n".to_owned(),
    ] {
        let (_, file) = read(&text);
        assert!(!file.is_whole());
        assert!(!file.problems.is_empty());
    }
}

#[test]
fn reset_and_override_tags_are_kept() {
    let (_, file) = read("a: !reset null\nb: !override [1]\nc: !other x\n");
    let document = &file.documents[0];
    assert_eq!(document.get("a").unwrap().tag, Some(Tag::Reset));
    assert_eq!(document.get("b").unwrap().tag, Some(Tag::Override));
    assert_eq!(document.get("c").unwrap().str(), Some("x"));
}

#[test]
fn a_missing_value_points_at_its_key() {
    let (sources, file) = read("services:\n  a:\n  b: {}\n");
    let services = file.documents[0].get("services").unwrap();
    assert_eq!(sources.slice(services.get("a").unwrap().span), "a");
}

#[test]
fn a_variable_in_brackets_without_quotes_is_said_to_need_them() {
    for line in [
        "environment: [X=${Y}]",
        "command: [echo, ${Y}, z]",
        "ports: [${P}:80, \"81:81\"]",
        "labels: {a: x-${Y}}",
        "volumes: [./${D}/x:/x]",
    ] {
        let (_, file) = read(&format!("services:\n  a:\n    {line}\n    init: true\n"));
        let finding = &file.problems[0].finding;
        assert!(finding.message.contains("has no quotes"), "{line}: {}", finding.message);
        assert_eq!(finding.help, "put the value in quotes", "{line}");
    }
    for line in ["cap_add: [A", "environment: [X=${Y}", "dns: [1.1.1.1"] {
        let (_, file) = read(&format!("services:\n  a:\n    {line}\n    init: true\n"));
        let finding = &file.problems[0].finding;
        assert!(finding.message.contains("not closed"), "{line}: {}", finding.message);
    }
}

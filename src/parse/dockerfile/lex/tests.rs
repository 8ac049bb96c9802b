use super::*;

fn env(name: &str, _: bool) -> Variable {
    let value = match name {
        "A" => "one",
        "EMPTY" => "",
        "F" => "a/b/c.tar.gz",
        "D" => {
            return Variable::Set {
                value: "default".to_owned(),
                assumed: true,
            };
        }
        "U" => return Variable::Unknown("U is not set".to_owned()),
        _ => return Variable::Unset,
    };
    Variable::Set {
        value: value.to_owned(),
        assumed: false,
    }
}

fn ok(input: &str) -> String {
    let result = expand(input, '\\', &mut env).unwrap();
    assert_eq!(result.unknown, None, "{input}");
    result.value
}

#[test]
fn substitutions_are_the_builders() {
    for (input, output) in [
        ("$A", "one"),
        ("x${A}y", "xoney"),
        ("$A_", ""),
        ("${NO}", ""),
        ("$", "$"),
        ("${NO:-d e}", "d e"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:+y}", "y"),
        ("${EMPTY:+y}", ""),
        ("${EMPTY+y}", "y"),
        ("${NO+y}", ""),
        ("${A:?no}", "one"),
        ("${F#*/}", "b/c.tar.gz"),
        ("${F##*/}", "c.tar.gz"),
        ("${F%.*}", "a/b/c.tar"),
        ("${F%%.*}", "a/b/c"),
        ("${F/b/x}", "a/x/c.tar.gz"),
        ("${F//\\//-}", "a-b-c.tar.gz"),
        ("${F/*./-}", "-gz"),
        ("'$A'", "$A"),
        ("\"$A b\"", "one b"),
        ("\\$A", "$A"),
        ("\"\\$A\\x\"", "$A\\x"),
        ("a\\", "a"),
        ("${NO:-${A}}", "one"),
        ("scra${NO:-tch}", "scratch"),
    ] {
        assert_eq!(ok(input), output, "{input}");
    }
}

#[test]
fn what_the_builder_refuses_is_an_error() {
    for input in [
        "${A",
        "${}",
        "${:x}",
        "'a",
        "\"a",
        "${A:0:3}",
        "${A^^}",
        "${NO:?gone}",
        "${EMPTY:?}",
        "${NO?}",
        "${A#\\x}",
    ] {
        assert!(expand(input, '\\', &mut env).is_err(), "{input}");
    }
}

#[test]
fn unknown_and_assumed_values_are_told_apart() {
    let result = expand("a${U}", '\\', &mut env).unwrap();
    assert_eq!(result.unknown.as_deref(), Some("U is not set"));
    assert!(expand("$D", '\\', &mut env).unwrap().assumed);
    // The word of a default that is not taken does not matter.
    assert_eq!(ok("${A:-$U}"), "one");
}

#[test]
fn deep_nesting_and_long_values_are_unknown() {
    let deep = "${x:-".repeat(10_000);
    assert!(expand(&deep, '\\', &mut env).unwrap().unknown.is_some());
    let long = "$F".repeat(10_000);
    assert!(expand(&long, '\\', &mut env).unwrap().unknown.is_some());
}

#[test]
fn words_keep_their_places() {
    let input = "RUN  cat << EOF > 'a b'";
    let words = words(input, true, true).unwrap();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["RUN", "cat", "<< EOF", ">", "'a b'"]);
    for word in &words {
        assert_eq!(&input[word.range.clone()], word.text);
    }
}

use super::*;
use crate::source::Sources;
use std::path::Path;

#[test]
fn secrets_that_overlap_leave_nothing_of_each_other() {
    let mut secrets = Secrets::default();
    for value in ["abcd", "cdefgh", "xyxy", "xyxyxy"] {
        secrets.add_value(value);
    }
    assert_eq!(secrets.mask("-abcdefgh-"), "-***-");
    assert_eq!(secrets.mask("xyxyxyxy abcd"), "*** ***");
    assert_eq!(secrets.mask("abc xyx"), "abc xyx");
    // What is added later counts as well.
    secrets.add_value("abc ");
    assert_eq!(secrets.mask("abc xyx"), "***xyx");
}

#[test]
fn values_that_repeat_themselves_cost_no_more_than_their_length() {
    let text = "@sha256:".repeat(20_000);
    let mut secrets = Secrets::default();
    secrets.add_value(&text);
    for length in 1..400 {
        secrets.add_value(&text[..length * 8]);
    }
    assert_eq!(secrets.mask(&text), MASK);
    assert_eq!(secrets.mask("nothing"), "nothing");
}

#[test]
fn what_was_handed_over_is_hidden_though_it_is_an_everyday_word() {
    let mut secrets = Secrets::not_hiding(HashSet::from(["hunter".to_owned()]), HashSet::new());
    secrets.add_handed_over("hunter");
    secrets.add_handed_over("host");
    assert_eq!(secrets.mask("a hunter on the host"), "a *** on the host");
}

#[test]
fn our_own_words_and_the_names_of_variables_stay() {
    let names = ["AUTH_USER_INFO".to_owned()].into_iter().collect();
    let mut secrets = Secrets::not_hiding(HashSet::new(), names);
    for value in ["variable", "USER_INFO", "able", "Zq8xKw"] {
        secrets.add_value(value);
    }
    assert_eq!(
        secrets.mask("the variable AUTH_USER_INFO is not set, USER_INFO and xZq8xKwx are"),
        "the variable AUTH_USER_INFO is not set, *** and x***x are"
    );
    assert!(!is_secret("REDIS_PASSWORD", "null"));
}

#[test]
fn a_word_hides_no_part_of_another_and_whole_words_everywhere() {
    let mut secrets = Secrets::default();
    for value in ["hunter", "solstice", "k9f3Qa", "correcthorsebatterystaple"] {
        secrets.add_value(value);
    }
    for (text, shown) in [
        ("hunters and xhunter stay", "hunters and xhunter stay"),
        (
            "a hunter, \"hunter\", u:hunter@h, x-hunter-y",
            "a ***, \"***\", u:***@h, x-***-y",
        ),
        (
            "mysqladmin -phunter, redis-cli -ahunter",
            "mysqladmin -p***, redis-cli -a***",
        ),
        ("huntersolstice is both", "*** is both"),
        ("xk9f3Qax is not a word", "x***x is not a word"),
        ("acorrecthorsebatterystaplez is long", "a***z is long"),
    ] {
        assert_eq!(secrets.mask(text), shown);
    }
}

#[test]
fn fields_of_templates_are_no_secrets() {
    for value in ["{{template}}", "{{ a }}{{ b }}", "{{ a | lower }}"] {
        assert!(!is_secret("PASSWORD", value), "{value}");
    }
    for value in [
        "{{ a | default('hunter2') }}",
        "{{ a }}hunter2",
        "hunter2{{ a }}",
        "{{ a",
    ] {
        assert!(is_secret("PASSWORD", value), "{value}");
    }
}

#[test]
fn the_longest_value_is_masked_first() {
    let mut sources = Sources::default();
    let span = Span::new(sources.add(Path::new("a"), String::new()), 0, 0);
    let mut secrets = Secrets::default();
    secrets.add(span, "hunter2");
    secrets.add(span, "hunter2-long");
    secrets.add(span, "abc");
    assert_eq!(
        secrets.mask("is hunter2-long or hunter2, not abc"),
        "is *** or ***, not abc"
    );
}

#[test]
fn secrets_are_known_by_name_or_by_form() {
    for (name, value) in [
        ("POSTGRES_PASSWORD", "hunter2"),
        ("PGPASSWORD", "x1"),
        ("API_TOKEN", "abc"),
        ("SECRETS", "abc"),
        ("DATABASE_URL", "postgres://app:hunter2@db/app"),
        ("X", "ghp_0123456789abcdef0123"),
    ] {
        assert!(is_secret(name, value), "{name}");
    }
    for (name, value) in [
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/p"),
        ("COMPASS", "north"),
        ("BYPASS_PROXY", "yes"),
        ("PASSWORD", ""),
        ("TOKENIZER", "fast"),
        ("URL", "http://db/app"),
        ("ENABLE_PASSWORD", "true"),
    ] {
        assert!(!is_secret(name, value), "{name}");
    }
}

#[test]
fn words_and_placeholders_do_not_look_random() {
    for value in ["k7Qm2vXz9Lp4", "9f86d081884c7d65", "ghp_0a9Z8y7X6w5V4u3T2s"] {
        assert!(looks_random(value), "{value}");
    }
    for value in [
        "changeme-2b7c9",
        "wordpress",
        "<token-9a8b7c>",
        "/run/a1b2c3d4",
        "postgres16data",
        "P4ss",
        "your-k3y-h3re-now",
    ] {
        assert!(!looks_random(value), "{value}");
    }
}

#[test]
fn passwords_on_command_lines_are_found() {
    let words = |text: &str| in_words(text.split(' '));
    assert_eq!(words("redis-server --requirepass hunter2"), ["hunter2"]);
    assert_eq!(words("x --password=hunter2 --token $T"), ["hunter2"]);
    assert_eq!(words("curl http://u:hunter2@h/"), ["hunter2"]);
    assert!(words("x --password-file /run/secrets/p").is_empty());
}

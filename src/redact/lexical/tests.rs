use super::values;

fn hidden(text: &str) -> Vec<&str> {
    values(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn tokens_are_found_by_how_they_begin() {
    let token = "ghp_Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp0UsQaB";
    assert_eq!(hidden(&format!("git clone {token}; x")), [token]);
    assert_eq!(
        hidden(&format!("a: {token}, TOKEN={token}\n{token}")),
        [token, token, token]
    );
    assert_eq!(hidden(&format!("https://{token}@github.com/a")), [token]);
    assert!(hidden("npm_config_cache=/x sk-learn-something AKIAIOSFODNN7EXAMPLE ghp_short").is_empty());
}

#[test]
fn what_stands_behind_a_name_is_found_in_any_text() {
    for text in [
        "DB_PASSWORD=s3cret",
        "DB_PASSWORD: {{ p | default('s3cret') }}",
        "DB_PASSWORD: {{ p }}s3cret",
        "DB_PASSWORD: {file: x, value: s3cret}",
        "  - DB_PASSWORD=s3cret",
        "DB_PASSWORD: s3cret",
        "DB_PASSWORD: \"s3cret",
        "RUN export DB_PASSWORD='s3cret'; x",
        "# DB_PASSWORD: s3cret",
        "x --api-key s3cret --y",
        "[\"x\", \"--api-key\", \"s3cret\"]",
        "mysqld --password=s3cret",
        "echo //r/:_authToken=s3cret",
        "a=${DB_PASSWORD:-s3cret}",
        "a=${DB_PASSWORD-s3cret}",
        "PASSWORD: ${X:-s3cret}",
        "ADD https://user:s3cret@h/x /x",
        "context: https://s3cret@github.com/x",
        "-H 'Authorization: Bearer s3cret'",
        "curl -u admin:s3cret http://h",
        "[CMD, curl, -u, \"admin:s3cret\"]",
        "mysqladmin ping -ps3cret",
    ] {
        assert!(
            hidden(text).iter().any(|value| value.contains("s3cret")),
            "{text}: {:?}",
            hidden(text)
        );
    }
    assert_eq!(hidden("DB_PASSWORD=\"aaa b c\" sudo"), ["aaa b c"]);
    assert_eq!(hidden("DB_PASSWORD: {a: x1y}"), ["{a: x1y}"]);
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "secrets: [db]",
        "POSTGRES_PASSWORD_FILE: /run/secrets/p",
        "PASSWORD: $X",
        "PASSWORD=${X}",
        "git clone ssh://git@github.com/x",
        "image: registry:5000/x@sha256:ab",
        "the variable PASSWORD of service",
        "PASSWORD: {{ db_password }}",
        "PASSWORD=\"{{template}}\"",
        "PASSWORD: {{ user }}{{ key }}",
        "secrets: {db_password: {file: ./p}}",
        "  token: {external: true, name: other}",
        "ENABLE_PASSWORD: true",
        "TOKEN_PORT: 8080",
        "mkdir -p /x",
        "TOKENIZER=fast",
    ] {
        assert!(hidden(text).is_empty(), "{text}: {:?}", hidden(text));
    }
}

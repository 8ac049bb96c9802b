//! `plimsoll explain`: what is found in a line, and the built-in profiles. What it says of rules is in `help`.

use crate::support::Workspace;

#[test]
fn a_line_is_explained_by_what_is_found_in_it() {
    let workspace = Workspace::new(&[(
        "a/compose.yaml",
        "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n    restart: sometimes\n    environment: {API_PASSWORD: Zq8xKwLm}\n",
    )]);
    let shown = workspace.run(&["explain", "a/compose.yaml:4"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(
        shown.out.starts_with("error[privileged-service]:") && shown.out.contains("\nprivileged-service (error, "),
        "{}",
        shown.out
    );
    // As reports write it, with a column.
    assert_eq!(workspace.run(&["explain", "a/compose.yaml:4:5"]).out, shown.out);
    let other = workspace.run(&["explain", "a/compose.yaml:5"]).out;
    assert!(
        other.contains("invalid-restart-policy") && !other.contains("privileged-service"),
        "{other}"
    );
    let none = workspace.run(&["explain", "a/compose.yaml:1"]);
    assert!(
        none.code == 0
            && none
                .out
                .starts_with("nothing is found in line 1 of a/compose.yaml; in lines "),
        "{none:?}"
    );
    let secret = workspace.run(&["explain", "a/compose.yaml:6"]).out;
    assert!(!secret.contains("Zq8xKwLm"), "{secret}");
    let absent = workspace.run(&["explain", "b.yaml:1"]);
    assert!(
        absent.code == 2 && absent.err.contains("`b.yaml` is not checked"),
        "{absent:?}"
    );
}

#[test]
fn a_query_of_kics_is_a_rule() {
    let workspace = Workspace::new(&[]);
    for (query, rule) in [
        ("d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b", "engine-socket-mounted"),
        ("FD54F200-402C-4333-A5A4-36EF6709AF2F", "root-user"),
    ] {
        let shown = workspace.run(&["explain", query]);
        assert!(
            shown.code == 0 && shown.out.starts_with(rule) && shown.out.contains("\nKICS: "),
            "{shown:?}"
        );
    }
    let other = workspace.run(&["explain", "aa93e17f-b6db-4162-9334-c70334e7ac28"]);
    assert!(other.code == 2 && other.err.contains("KICS"), "{other:?}");
}

#[test]
fn every_built_in_profile_is_explained() {
    let workspace = Workspace::new(&[]);
    for profile in ["default", "translation", "filesystem", "database", "browser"] {
        let shown = workspace.run(&["explain", profile]);
        assert_eq!(shown.code, 0, "{shown:?}");
        for part in [
            "## Figures",
            "## Where they come from",
            "## What to do first",
            "image-size",
        ] {
            assert!(shown.out.contains(part), "{profile}: {}", shown.out);
        }
        assert_eq!(shown.out.contains("plimsoll new"), profile != "default");
    }
}

#[test]
fn a_profile_is_explained_with_what_lacks_of_it_here() {
    let compose = "services: {api: {image: 'acme/api:1.4', mem_limit: 1g}, web: {image: 'acme/web:1.4'}}\n";
    let policy = "profiles: {small: {extends: translation, require: [memory], harden: []}}\nassign: [{services: [api], profile: small}]\n";
    let workspace = Workspace::new(&[("compose.yaml", compose), ("plimsoll.yaml", policy)]);
    let shown = workspace.run(&["explain", "translation"]).out;
    let here = shown.split_once("\n## Here\n").unwrap().1;
    assert!(
        here.starts_with("  api: memory-limit-above-budget") && !here.contains("web"),
        "{shown}"
    );
    assert!(workspace.run(&["explain", "default"]).out.contains("\n  web: "));
    assert!(!workspace.run(&["explain", "browser"]).out.contains("## Here"));
}

#[test]
fn rules_are_listed_for_machines() {
    let shown = Workspace::new(&[]).run(&["rules", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(rules.len(), plimsoll::inspect::RULES.len());
    let rule = rules.iter().find(|rule| rule["rule"] == "root-user").unwrap();
    assert!(
        rule["severity"].is_string() && rule["doc"].as_str().unwrap().contains("## Why it matters"),
        "{rule}"
    );
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    let workspace = Workspace::new(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = workspace.run(&["completions", shell]).out;
        for part in ["--fail-on", "translation", "completions", "sarif"] {
            assert!(
                script.contains(part) || shell == "fish" && script.contains(part.trim_start_matches('-')),
                "{shell} {part}: {script}"
            );
        }
        // Hidden commands stay hidden.
        assert!(!script.contains("action"), "{shell}: {script}");
    }
    let script = workspace.run(&["completions", "bash"]).out;
    let asked = format!(
        "{script}\nCOMP_WORDS=(plimsoll check --format sa); COMP_CWORD=3; _plimsoll; echo \"${{COMPREPLY[*]}}\"\n\
         COMP_WORDS=(plimsoll ini); COMP_CWORD=1; _plimsoll; echo \"${{COMPREPLY[*]}}\"\n\
         COMP_WORDS=(plimsoll fix --wr); COMP_CWORD=2; _plimsoll; echo \"${{COMPREPLY[*]}}\"\n"
    );
    match std::process::Command::new("bash")
        .args(["--norc", "-c", &asked])
        .output()
    {
        Ok(output) => {
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "sarif\ninit\n--write\n",
                "{output:?}"
            );
        }
        Err(_) => println!("skipped: there is no bash"),
    }
}

#[test]
fn standard_input_stands_for_a_file() {
    use std::io::Write;
    let workspace = Workspace::new(&[
        ("compose.yaml", "services: {api: {image: 'acme/api:1.4'}}\n"),
        (".env", "POLICY=sometimes\n"),
    ]);
    let run = |words: &[&str], text: &str| {
        let mut child = crate::support::plimsoll(workspace.path())
            .args(words)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    };
    let line = ["check", "-", "--no-engine", "--format", "line", "--stdin-filename"];
    let with = |name| [&line[..], &[name]].concat();
    // The text counts, not what is on disk; and what lies beside it does.
    let (code, out) = run(
        &with("compose.yaml"),
        "services:\n  api:\n    image: acme/api:1.4\n    restart: ${POLICY}\n",
    );
    assert!(
        code == Some(1) && out.contains("compose.yaml:4:") && out.contains("invalid-restart-policy"),
        "{out}"
    );
    let (code, out) = run(&with("api/Dockerfile"), "FROM debian:12\nRUNN true\n");
    // An editor has it open before its folder is made.
    assert!(code == Some(1) && out.contains("api/Dockerfile:2:"), "{out}");
    let (code, out) = run(&with("Dockerfile"), "FROM debian:12\nRUNN true\n");
    assert!(
        code == Some(1) && out.contains("Dockerfile:2:") && out.contains("invalid-dockerfile"),
        "{out}"
    );
    let (code, out) = run(&["check", "-"], "");
    assert!(code == Some(2) && out.contains("--stdin-filename"), "{out}");
    let (code, out) = run(&with("../x.yaml"), "");
    assert!(code == Some(2) && out.contains("outside the root"), "{out}");
}

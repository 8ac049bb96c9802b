//! `plimsoll new`: each template passes the gate at its own profile without a warning, Compose accepts it, and nothing is replaced that
//! nobody asked to replace.

use crate::compose_oracle;
use crate::support::Workspace;
use std::path::Path;
use std::process::Command;

const LANGUAGES: [&str; 8] = ["static", "go", "rust", "python", "node", "java", "postgres", "browser"];

/// What each profile is offered in; `lightweight` is one whole.
fn offered() -> Vec<(&'static str, Option<&'static str>)> {
    let mut all = vec![("lightweight", None)];
    for profile in ["translation", "filesystem", "database", "browser"] {
        let fits = |language: &&str| match *language {
            "postgres" => profile == "database",
            "browser" => profile == "browser",
            _ => profile != "browser",
        };
        all.extend(
            LANGUAGES
                .into_iter()
                .filter(fits)
                .map(|language| (profile, Some(language))),
        );
    }
    all
}

fn words<'a>(profile: &'a str, language: Option<&'a str>) -> Vec<&'a str> {
    let mut words = vec!["new", profile];
    words.extend(language.iter().flat_map(|language| ["--lang", language]));
    words
}

#[test]
fn each_template_passes_its_own_gate_and_compose_accepts_it() {
    let has_compose = compose_oracle::installed();
    let mut own = Vec::new();
    for (profile, language) in offered() {
        let workspace = Workspace::new(&[]);
        let written = workspace.run(&words(profile, language));
        assert_eq!(written.code, 0, "{profile} {language:?}: {written:?}");
        // What the database's password is in is made by its owner.
        workspace.write("password.txt", b"x\n");
        let report = workspace.json(&["--no-engine"]);
        let summary = &report["summary"];
        assert_eq!(report["verdict"], "pass", "{profile} {language:?}: {report:#}");
        assert_eq!(
            (summary["error"].as_u64(), summary["warning"].as_u64()),
            (Some(0), Some(0)),
            "{profile} {language:?}: {report:#}"
        );
        for unit in report["units"].as_array().unwrap() {
            let judged = unit["profile"].as_str().unwrap();
            let is_own = judged
                .strip_prefix(profile)
                .is_some_and(|rest| rest.is_empty() || Some(&rest[1..]) == language);
            assert!(is_own || profile == "lightweight", "{profile} {language:?}: {unit:#}");
        }
        let policy = std::fs::read_to_string(workspace.path().join("plimsoll.yaml")).unwrap_or_default();
        // What is only known once it is built is said, as a note.
        let is_made = ["go", "rust", "java", "browser"]
            .iter()
            .any(|made| language == Some(made));
        assert_eq!(
            policy.contains("undecided-value: note"),
            is_made,
            "{profile} {language:?}"
        );
        let undecided = workspace.json(&["--no-engine", "--notes"])["findings"]
            .to_string()
            .contains("undecided-value");
        assert_eq!(undecided, is_made, "{profile} {language:?}");
        if policy.contains("profiles:") {
            own.push((profile, language.unwrap()));
            // The profile of its own is no more than is needed: the built-in one fails it.
            let text = std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap();
            let plain = text.replace(
                &format!("profile: {profile}-{}", language.unwrap()),
                &format!("profile: {profile}"),
            );
            workspace.write("compose.yaml", plain.as_bytes());
            assert_eq!(
                workspace.json(&["--no-engine"])["verdict"],
                "fail",
                "{profile} {language:?}"
            );
            assert!(written.err.contains("MB"), "{written:?}");
            base_is_as_large_as_said(&policy);
        }
        if has_compose {
            let asked = Command::new("docker-compose")
                .args(["config", "--quiet"])
                .current_dir(workspace.path())
                .output()
                .unwrap();
            assert!(asked.status.success(), "{profile} {language:?}: {asked:?}");
        }
    }
    // Node's and Java's images are larger than the two small profiles allow; no others are.
    assert_eq!(
        own,
        [
            ("translation", "node"),
            ("translation", "java"),
            ("filesystem", "node"),
            ("filesystem", "java")
        ]
    );
}

/// "# `node:24-alpine` has 170.75 MB, ..." is what the catalogue says.
fn base_is_as_large_as_said(policy: &str) {
    let line = policy.lines().find(|line| line.contains(" MB,")).unwrap();
    let (image, rest) = line.split_once("# `").unwrap().1.split_once("` has ").unwrap();
    let (name, tag) = image.split_once(':').unwrap();
    let megabytes = rest.split(' ').next().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("catalogue/{name}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    let build = text
        .split("[[build]]")
        .find(|build| build.contains(&format!("\"{tag}\"")))
        .unwrap();
    assert!(build.contains(&format!("size_mb = \"{megabytes}\"")), "{line}: {build}");
}

#[test]
fn nothing_is_replaced_or_half_written() {
    let workspace = Workspace::new(&[("compose.yaml", "mine\n")]);
    let read = || std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap();
    let refused = workspace.run(&["new", "translation"]);
    assert_eq!((refused.code, read().as_str()), (2, "mine\n"), "{refused:?}");
    assert!(
        refused.err.contains("compose.yaml is already in") && refused.err.contains("--force"),
        "{refused:?}"
    );
    assert!(!workspace.path().join("Dockerfile").exists());
    let shown = workspace.run(&["new", "translation", "--dry-run"]);
    assert!(
        shown.code == 0 && shown.out.contains("==> compose.yaml") && read() == "mine\n",
        "{shown:?}"
    );
    assert_eq!(workspace.run(&["new", "translation", "--force"]).code, 0);
    assert!(read().contains("mem_limit: 128m"));
    // Into a folder that is made.
    assert_eq!(workspace.run(&["new", "database", "services/db"]).code, 0);
    assert!(workspace.path().join("services/db/init.sql").exists());
}

#[test]
fn what_is_not_offered_is_said() {
    let workspace = Workspace::new(&[]);
    for (words, part) in [
        (
            &["new", "translation", "--lang", "postgres"][..],
            "is available in python",
        ),
        (&["new", "lightweight", "--lang", "go"][..], "--lang"),
        (&["new", "default"][..], "possible values"),
        (&["new", "translation", "--lang", "cobol"][..], "possible values"),
    ] {
        let shown = workspace.run(words);
        assert!(shown.code == 2 && shown.err.contains(part), "{words:?}: {shown:?}");
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_folder() {
    let outside = Workspace::new(&[]);
    let workspace = Workspace::new(&[]);
    std::os::unix::fs::symlink(outside.path(), workspace.path().join("src")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("x"), workspace.path().join("Dockerfile")).unwrap();
    let shown = workspace.run(&["new", "translation", "--lang", "rust", "--force"]);
    assert_eq!(shown.code, 2, "{shown:?}");
    assert!(!outside.path().join("main.rs").exists() && !outside.path().join("x").exists());
    assert!(!workspace.path().join("Cargo.toml").exists(), "nothing is half written");
}

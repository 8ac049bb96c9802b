//! What an image gains by a change, worked out of both commits without a build: what is the same on both sides cancels.

use crate::support::Workspace;

struct Row {
    name: &'static str,
    growth: &'static str,
    /// Before and after; `{MB}` makes a file of so many megabytes.
    dockerfiles: [&'static str; 2],
    files: [&'static [(&'static str, usize)]; 2],
    /// Severity, a part of the message; empty where nothing is said.
    says: (&'static str, &'static str),
    /// The answer to the question of growth.
    answer: &'static str,
}

const APK: &str = "FROM alpine:3.22\nRUN apk add --no-cache nobody-knows-this\nCOPY data /data\n";
const BUILT: &str = "FROM golang:1.24 AS build\nCOPY . .\nRUN make\nFROM scratch\nCOPY --from=build /app /app\n";

const FED: &str = "FROM golang:1.24 AS build\nCOPY data .\nRUN make\nFROM scratch\nCOPY --from=build /app /app\n";
const FED_WITH_COMMENT: &str = "# one\nFROM golang:1.24 AS build\nCOPY data .\n# two\nRUN \\\n  # three\n  make\nFROM scratch AS app\nCOPY --from=build /app /app\n";

/// Only a part of a long step is kept to be shown.
const LONG: &str = "FROM alpine:3.22\nRUN fetch aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa && fetch a\n";
const LONGER: &str = "FROM alpine:3.22\nRUN fetch aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa && fetch a b\n";

const ROWS: &[Row] = &[
    Row {
        name: "a large file beside a step that nobody knows, in bytes",
        growth: "20MB",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 1)], &[("data/b", 29)]],
        says: ("warning", "adds 29.0 MB"),
        answer: "above",
    },
    Row {
        name: "the same as a share of what is known",
        growth: "10%",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 1)], &[("data/b", 29)]],
        says: ("note", "adds 29.0 MB"),
        answer: "above",
    },
    Row {
        name: "a small file",
        growth: "20MB",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 1)], &[("data/b", 1)]],
        says: ("", ""),
        answer: "within",
    },
    Row {
        name: "files that become smaller",
        growth: "1MB",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 9)], &[("data/a", 2)]],
        says: ("", ""),
        answer: "within",
    },
    Row {
        name: "a base of another variant",
        growth: "50MB",
        dockerfiles: [
            "FROM python:3.13-alpine\nRUN unknown\n",
            "FROM python:3.13\nRUN unknown\n",
        ],
        files: [&[], &[]],
        says: ("warning", "since"),
        answer: "above",
    },
    Row {
        name: "a base of another variant that is smaller",
        growth: "50MB",
        dockerfiles: [
            "FROM python:3.13\nCOPY data /\n",
            "FROM python:3.13-alpine\nCOPY data /\n",
        ],
        files: [&[("data/a", 1)], &[]],
        says: ("", ""),
        answer: "within",
    },
    Row {
        name: "a base that nobody knows",
        growth: "1MB",
        dockerfiles: ["FROM acme/a:1\nCOPY data /\n", "FROM acme/a:2\nCOPY data /\n"],
        files: [&[("data/a", 1)], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "a step that nobody knows",
        growth: "1MB",
        dockerfiles: ["FROM alpine:3.22\n", "FROM alpine:3.22\nRUN unknown\n"],
        files: [&[], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "sources that a stage makes more of",
        growth: "1MB",
        dockerfiles: [BUILT, BUILT],
        files: [&[("data/a", 1)], &[("data/b", 9)]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "a step behind files that changed",
        growth: "20MB",
        dockerfiles: ["FROM alpine:3.22\nCOPY data /\nRUN unknown\n"; 2],
        files: [&[("data/a", 1)], &[("data/b", 1)]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "a comment above stages that nobody knows",
        growth: "1MB",
        dockerfiles: [FED, FED_WITH_COMMENT],
        files: [&[("data/a", 1)], &[]],
        says: ("", ""),
        answer: "within",
    },
    Row {
        name: "the end of a step that is longer than what is shown of it",
        growth: "1MB",
        dockerfiles: [LONG, LONGER],
        files: [&[], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "the version that a step fetches",
        growth: "1MB",
        dockerfiles: [
            "FROM alpine:3.22\nARG V=1.0\nRUN fetch $V\n",
            "FROM alpine:3.22\nARG V=1.1\nRUN fetch $V\n",
        ],
        files: [&[], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "what a heredoc holds",
        growth: "1MB",
        dockerfiles: [
            "FROM alpine:3.22\nRUN <<EOF\nfetch a\nEOF\n",
            "FROM alpine:3.22\nRUN <<EOF\nfetch b\nEOF\n",
        ],
        files: [&[], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "a step of a stage that only helps",
        growth: "1MB",
        dockerfiles: [
            FED,
            "FROM golang:1.24 AS build\nCOPY data .\nRUN make more\nFROM scratch\nCOPY --from=build /app /app\n",
        ],
        files: [&[("data/a", 1)], &[]],
        says: ("", ""),
        answer: "undecided",
    },
    Row {
        name: "a step behind all that nobody knows",
        growth: "1MB",
        dockerfiles: [
            "FROM acme/a:1\nRUN unknown\n",
            "FROM acme/a:1 AS last\nRUN unknown\nCOPY data /data\n",
        ],
        files: [&[("data/a", 2)], &[]],
        says: ("warning", "adds 2.0 MB"),
        answer: "above",
    },
    Row {
        name: "counted, as a share",
        growth: "10%",
        dockerfiles: ["FROM scratch\nCOPY data /\n"; 2],
        files: [&[("data/a", 10)], &[("data/b", 2)]],
        says: ("warning", "adds 2.0 MB since merge base"),
        answer: "above",
    },
];

#[test]
fn growth_is_decided_by_what_changed() {
    for row in ROWS {
        let name = row.name;
        let config = format!(
            "profiles:\n  own: {{growth: {}}}\nassign: [{{profile: own}}]\n",
            row.growth
        );
        let workspace = Workspace::new(&[
            ("compose.yaml", "services:\n  api: {build: .}\n"),
            ("plimsoll.yaml", &config),
        ]);
        if !workspace.has_git() {
            return;
        }
        let sides = row.dockerfiles.iter().zip(row.files);
        for (side, (dockerfile, files)) in sides.enumerate() {
            workspace.write("Dockerfile", dockerfile.as_bytes());
            workspace.write("unrelated", &[b'x'; 3][side..]);
            for (path, megabytes) in files {
                workspace.write(path, &vec![1; megabytes * 1_000_000]);
            }
            workspace.commit();
            if side == 0 {
                assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
            }
        }
        let report = workspace.json(&["--changed=main", "--no-engine"]);
        let all = report["findings"].as_array().unwrap();
        let found = all
            .iter()
            .find(|finding| finding["rule"] == "image-growth-above-budget");
        let said = found.map_or(("", ""), |finding| {
            (
                finding["severity"].as_str().unwrap(),
                finding["message"].as_str().unwrap(),
            )
        });
        assert_eq!(said.0, row.says.0, "{name}: {said:?}");
        assert!(said.1.contains(row.says.1), "{name}: {said:?}");
        let answers = &report["summary"]["decided"]["by_budget"]["growth"];
        let given = ["within", "above", "undecided"].map(|answer| answers[answer] == 1);
        let wanted = ["within", "above", "undecided"].map(|answer| answer == row.answer);
        assert_eq!(given, wanted, "{name}: {answers}");
    }
}

#[test]
fn files_of_one_size_are_not_the_same_files() {
    let dockerfile = "FROM python:3.13-slim\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n";
    let config = "profiles:\n  own: {growth: 1MB}\nassign: [{profile: own}]\n";
    let workspace = Workspace::new(&[
        ("compose.yaml", "services:\n  api: {build: .}\n"),
        ("plimsoll.yaml", config),
        ("Dockerfile", dockerfile),
        ("requirements.txt", "rich==13.9.4\n"),
        ("notes.txt", "one"),
    ]);
    if !workspace.has_git() {
        return;
    }
    workspace.commit();
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    let answers =
        || workspace.json(&["--changed=main", "--no-engine"])["summary"]["decided"]["by_budget"]["growth"].clone();
    workspace.write("notes.txt", b"two");
    workspace.commit();
    assert_eq!(answers()["within"], 1, "{}", answers());
    workspace.write("requirements.txt", b"torch==2.9.1\n");
    workspace.commit();
    assert_eq!(answers()["undecided"], 1, "{}", answers());
}

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

const ROWS: &[Row] = &[
    Row {
        name: "a large file beside a step that nobody knows, in bytes",
        growth: "20MB",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 1)], &[("data/b", 29)]],
        says: ("warning", "gets 29.0 MB more"),
        answer: "above",
    },
    Row {
        name: "the same as a share of what is known",
        growth: "10%",
        dockerfiles: [APK, APK],
        files: [&[("data/a", 1)], &[("data/b", 29)]],
        says: ("note", "gets 29.0 MB more"),
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
        says: ("warning", "more"),
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
        name: "counted, as a share",
        growth: "10%",
        dockerfiles: ["FROM scratch\nCOPY data /\n"; 2],
        files: [&[("data/a", 10)], &[("data/b", 2)]],
        says: ("warning", "gets 2.0 MB more than in merge base"),
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

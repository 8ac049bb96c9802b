//! `plimsoll image ARCHIVE` against the engine: what we count in what `docker save` writes is what the engine says that the image
//! is, to the byte, and what we call live is what `docker export` gives out.
//!
//! Without an engine or a static busybox it says `skipped: ...` and passes, unless `PLIMSOLL_REQUIRE_DOCKER=1`.
use crate::support::Workspace;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BUSYBOX: &str = "/bin/busybox";

const DOCKERFILES: [&str; 3] = [
    "FROM scratch\nCOPY busybox big /\n",
    "FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/busybox\nCOPY big /data/a\nCOPY big /data/b\nRUN [\"/bin/busybox\", \"rm\", \"/data/a\"]\n\
     RUN [\"/bin/busybox\", \"ln\", \"-s\", \"/data/b\", \"/data/link\"]\nCOPY small /data/b\nRUN [\"/bin/busybox\", \"chmod\", \"600\", \"/bin/sh\"]\n",
    "FROM scratch\nCOPY busybox /bin/busybox\nCOPY big /d/x/1\nCOPY big /d/x/2\nRUN [\"/bin/busybox\", \"rm\", \"-r\", \"/d/x\"]\nCOPY small /d/x/1\n\
     RUN [\"/bin/busybox\", \"truncate\", \"-s\", \"3000000\", \"/sparse\"]\nWORKDIR /w/deep\n",
];

fn docker(words: &[&str], folder: &Path) -> Output {
    Command::new("docker")
        .args(words)
        .env("DOCKER_BUILDKIT", "0")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn line(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether there is an engine with what the tests need; says so if not.
fn has_engine() -> bool {
    let has = docker(&["version"], Path::new(".")).status.success() && Path::new(BUSYBOX).exists();
    if !has {
        assert!(
            std::env::var_os("PLIMSOLL_REQUIRE_DOCKER").is_none_or(|value| value != "1"),
            "an engine and a static busybox are required here"
        );
        println!("skipped: no Docker engine answers, or there is no static busybox");
    }
    has
}

#[test]
fn an_archive_is_what_the_engine_says_the_image_is() {
    let here = Path::new(".");
    if !has_engine() {
        return;
    }
    if line(&docker(&["info", "--format", "{{.Driver}}"], here)) != "overlay2" {
        println!("skipped: this engine's store counts in another way");
        return;
    }
    for text in DOCKERFILES {
        let workspace = Workspace::new(&[("Dockerfile", text), ("small", "small\n")]);
        workspace.write("big", &vec![7; 2_500_000]);
        std::fs::copy(BUSYBOX, workspace.path().join("busybox")).unwrap();
        let image = line(&docker(&["build", "--quiet", "--force-rm", "."], workspace.path()));
        docker(&["save", "--output", "image.tar", &image], workspace.path());
        let engine: u64 = line(&docker(&["image", "inspect", "--format", "{{.Size}}", &image], here))
            .parse()
            .unwrap();
        let container = line(&docker(&["create", &image, "none"], here));
        docker(&["export", "--output", "tree.tar", &container], workspace.path());
        docker(&["rm", "--force", &container], here);
        docker(&["rmi", "--force", &image], here);

        let shown = workspace.run(&["image", "image.tar", "--json"]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        let report: Value = serde_json::from_str(&shown.out).unwrap();
        let number = |key: &str| report[key].as_u64().unwrap();
        assert_eq!(number("size_bytes"), engine, "{text}");
        let live = number("size_bytes") - number("wasted_bytes");
        assert_eq!(live, exported(&workspace.path().join("tree.tar")), "{text}");
        assert_eq!(
            report["layers"].as_array().unwrap().len(),
            text.matches("COPY").count() + text.matches("RUN").count() + text.matches("WORKDIR").count()
        );
        let table = workspace.run(&["image", "image.tar"]);
        assert!(
            table.out.contains("unpacked") && table.out.contains("wasted"),
            "{}",
            table.out
        );
    }
}

#[test]
fn the_engine_is_asked_for_the_image() {
    if !has_engine() {
        return;
    }
    let name = "plimsoll-test/asked:1";
    let compose = format!("services:\n  api: {{build: ., image: \"{name}\"}}\n  alone: {{build: other}}\n");
    let workspace = Workspace::new(&[
        ("Dockerfile", DOCKERFILES[1]),
        ("other/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        ("small", "small\n"),
        ("compose.yaml", &compose),
    ]);
    workspace.write("big", &vec![7; 2_500_000]);
    std::fs::copy(BUSYBOX, workspace.path().join("busybox")).unwrap();
    line(&docker(
        &["build", "--quiet", "--force-rm", "--tag", name, "."],
        workspace.path(),
    ));
    let format = "{{.Size}} {{len .RootFS.Layers}}";
    let engine = line(&docker(
        &["image", "inspect", "--format", format, name],
        workspace.path(),
    ));
    let (size, layers) = engine.split_once(' ').unwrap();
    let size: u64 = size.parse().unwrap();

    let shown = workspace.run(&["image", name, "--json"]);
    let whole: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
    assert_eq!(whole["size_bytes"], size);
    assert!(whole["wasted_bytes"].as_u64().unwrap() > 2_500_000, "{whole:#}");
    let image = |words: &[&str], unit: &str| -> Value {
        let report = workspace.json(words);
        let units = report["units"].as_array().unwrap();
        units.iter().find(|one| one["name"] == unit).unwrap()["image"].clone()
    };
    // Under the name in the Compose file, without a word.
    let found = image(&[], "api");
    assert_eq!(
        (&found["size_bytes"], &found["basis"]),
        (&size.into(), &"exact".into()),
        "{found:#}"
    );
    assert_eq!(found["layers"].as_array().unwrap().len().to_string(), layers);
    let why = found["layers"][0]["why"].as_str().unwrap();
    assert!(
        why.starts_with(&format!("counted in the engine's image `{name}` of 20")),
        "{why}"
    );
    assert_ne!(image(&["--no-engine"], "api")["basis"], "exact");
    // Under a name that is given.
    assert_eq!(
        image(&["--image", &format!("alone={name}")], "alone")["size_bytes"],
        size
    );
    workspace.write(
        "plimsoll.yaml",
        format!("images:\n  - {{dockerfile: other/Dockerfile, image: \"{name}\"}}\n").as_bytes(),
    );
    assert_eq!(image(&[], "alone")["size_bytes"], size);
    docker(&["rmi", "--force", name], workspace.path());

    // It is gone: the one that was named is missed, the other one not.
    let undecided = |report: &Value| {
        let all = report["findings"].as_array().unwrap().iter();
        let of_images = all.filter(|finding| finding["message"].as_str().unwrap().contains("is not measured"));
        of_images
            .map(|finding| finding["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let said = undecided(&workspace.json(&["--notes"]));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("the engine has no such image; its size is estimated without it"),
        "{said:?}"
    );
    let shown = workspace.run(&["image", name]);
    assert_eq!(shown.code, 2);
    assert!(
        shown
            .err
            .contains("the file does not exist, and the engine has no such image"),
        "{}",
        shown.err
    );
}

#[test]
fn without_an_engine_it_is_said_where_it_matters() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services:\n  api: {build: ., image: acme/api}\n"),
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
    ]);
    let nowhere = &[("DOCKER_HOST", "unix:///nowhere/engine.sock")][..];
    let remote = &[("DOCKER_HOST", "tcp://192.0.2.1:2375")][..];
    for env in [nowhere, remote] {
        let shown = workspace.run_with(&["check", "--format", "json", "--notes"], env);
        assert!(!shown.out.contains("is not measured"), "{}", shown.out);
        assert_eq!(workspace.run_with(&["--image", "api=acme/api"], env).code, 2);
    }
    workspace.write("plimsoll.yaml", b"images:\n  - {service: api, image: acme/api}\n");
    for (env, reason) in [
        (nowhere, "no engine answers at"),
        (remote, "DOCKER_HOST is not a Unix socket"),
    ] {
        let shown = workspace.run_with(&["check", "--format", "json", "--notes"], env);
        assert!(
            shown.out.contains("is not measured") && shown.out.contains(reason),
            "{}",
            shown.out
        );
    }
    for (entry, reason) in [
        ("{service: api}", "must name a service or a Dockerfile"),
        (
            "{service: api, dockerfile: Dockerfile}",
            "must name a service or a Dockerfile",
        ),
        (
            "{service: api, image: a, archive: b}",
            "must name a service or a Dockerfile",
        ),
        ("{service: api, archive: ../b.tar}", "is outside"),
    ] {
        workspace.write("plimsoll.yaml", format!("images: [{entry}]\n").as_bytes());
        let shown = workspace.run(&["--no-engine"]);
        assert_eq!(shown.code, 2, "{entry}");
        assert!(
            format!("{}{}", shown.out, shown.err).contains(reason),
            "{entry}: {shown:?}"
        );
    }
    for (entry, reason) in [
        ("{service: api, archive: b.tar}", "it does not exist"),
        ("{service: api, archive: compose.yaml}", "it is not a valid tar archive"),
        ("{service: nobody, archive: b.tar}", "which does not exist"),
    ] {
        workspace.write("plimsoll.yaml", format!("images: [{entry}]\n").as_bytes());
        let report = workspace.json(&["--notes"]).to_string();
        assert!(report.contains(reason), "{entry}: {report}");
    }
}

#[test]
fn sizes_are_written_down_and_growth_is_seen() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services:\n  api: {build: .}\n"),
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        (
            "plimsoll.yaml",
            "profiles:\n  own: {growth: 10%}\nassign: [{profile: own}]\n",
        ),
    ]);
    workspace.write("old.tar", &archive(2_000_000));
    workspace.write("new.tar", &archive(2_300_000));
    let record = |archive: &str, name: &str| {
        assert_eq!(
            workspace.run(&["image", archive, "--record", name, "--root", "."]).code,
            0
        );
    };
    record("old.tar", "api");
    record("old.tar", "web/My Dockerfile");
    record("new.tar", "a");
    let text = std::fs::read_to_string(workspace.path().join("plimsoll.sizes.yaml")).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines, ["a: 2300000", "api: 2000000", "\"web/My Dockerfile\": 2000000"]);
    let growth = |words: &[&str]| {
        let report = workspace.json(words);
        let all = report["findings"].as_array().unwrap();
        all.iter()
            .find(|finding| finding["rule"] == "image-growth-above-budget")
            .map(|finding| finding["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(growth(&["--image", "api=old.tar"]), None);
    let message = growth(&["--image", "api=new.tar"]).unwrap();
    assert!(
        message.contains("15 % more than the 2.0 MB in plimsoll.sizes.yaml"),
        "{message}"
    );

    // A change that records its own growth is held against what its base says.
    let git = |words: &[&str]| assert!(workspace.git(words), "{words:?}");
    if !workspace.has_git() {
        return;
    }
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    record("new.tar", "api");
    assert_eq!(growth(&["--image", "api=new.tar"]), None);
    let message = growth(&["--image", "api=new.tar", "--changed=main"]).unwrap();
    assert!(message.contains("plimsoll.sizes.yaml of main ("), "{message}");
    workspace.write("plimsoll.sizes.yaml", b"api: big\n");
    let shown = workspace.run(&[]);
    assert_eq!(shown.code, 2);
    assert!(shown.err.contains("must have one line `name: bytes`"), "{}", shown.err);
}

/// Bytes of regular files and of the targets of links in an exported tree, without what the engine mounts into each container.
fn exported(path: &Path) -> u64 {
    let mut archive = tar::Archive::new(std::fs::File::open(path).unwrap());
    let mut sum = 0;
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if ["etc/", "dev/", ".dockerenv", "proc", "sys"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            continue;
        }
        let kind = entry.header().entry_type();
        if kind.is_symlink() {
            sum += entry.link_name_bytes().unwrap().len() as u64;
        } else if kind.is_file() || kind.is_gnu_sparse() {
            sum += entry.size();
        }
    }
    sum
}

#[test]
fn what_is_no_image_ends_with_2() {
    let workspace = Workspace::new(&[
        ("text.tar", "no archive\n"),
        ("Dockerfile", "FROM scratch\nCOPY a /a\n"),
        ("a", "x"),
    ]);
    for words in [
        &["image", "text.tar"][..],
        &["image", "absent.tar"],
        &["image", "."],
        &["image"],
        &["image", "text.tar", "--from", "Dockerfile"],
        &["image", "text.tar", "text.tar"],
        &["image", "-", "-"],
        &["image", "a.tar", "b.tar", "--record", "api"],
        &["image", "a.tar", "--json", "--format", "markdown"],
    ] {
        let shown = workspace.run(words);
        assert_eq!((shown.code, shown.out.as_str()), (2, ""), "{words:?}");
    }
    assert_eq!(workspace.run(&["image", "--from", "Dockerfile"]).code, 0);
}

/// An archive of one layer with a file of so many bytes.
fn archive(bytes: usize) -> Vec<u8> {
    let tar = |parts: &[(&str, &[u8])]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, *content).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let layer = tar(&[("app", &vec![1; bytes])]);
    tar(&[
        ("l.tar", &layer),
        ("c.json", br#"{"history": [{"created_by": "COPY app / # buildkit"}]}"#),
        (
            "manifest.json",
            br#"[{"Config": "c.json", "RepoTags": null, "Layers": ["l.tar"]}]"#,
        ),
    ])
}

#[test]
fn a_measured_image_takes_the_place_of_what_is_worked_out() {
    let config = "version: 1\nprofiles:\n  small: {image-size: 2MB, image-layers: 1}\nassign:\n  - {profile: small}\n";
    let compose = "services:\n  api:\n    build: .\n  other:\n    image: acme/other:1.4\n";
    let dockerfile = "FROM acme/base:1\nRUN make install\n";
    let workspace = Workspace::new(&[
        ("compose.yaml", compose),
        ("Dockerfile", dockerfile),
        ("plimsoll.yaml", config),
    ]);
    workspace.write("large.tar", &archive(3_000_000));
    workspace.write("little.tar", &archive(1000));
    let of = |report: &Value, unit: &str| -> Vec<(String, Value)> {
        let all = report["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["unit"] == unit && finding["measured"]["quantity"] == "image-size")
            .map(|finding| {
                (
                    finding["rule"].as_str().unwrap().to_owned(),
                    finding["measured"].clone(),
                )
            })
            .collect()
    };
    assert!(of(&workspace.json(&[]), "api").is_empty());
    let report = workspace.json(&["--image", "api=large.tar"]);
    let found = of(&report, "api");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0].0, "image-size-above-budget");
    assert_eq!(
        (&found[0].1["actual"], &found[0].1["basis"]),
        (&3_000_000.into(), &"exact".into())
    );
    assert_eq!(report["units"][0]["image"]["size_bytes"], 3_000_000);
    assert_eq!(report["units"][0]["image"]["layers"][0]["why"], "counted in large.tar");
    assert!(of(&workspace.json(&["--image", "Dockerfile=little.tar"]), "api").is_empty());
    for wrong in ["nobody=large.tar", "api=absent.tar", "api=compose.yaml", "api"] {
        assert_eq!(workspace.run(&["--image", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn what_apk_is_told_to_install_is_counted_once_and_at_least() {
    let least = |steps: &str| {
        let workspace = Workspace::new(&[("Dockerfile", &format!("FROM alpine:3.22\n{steps}"))]);
        let report = workspace.json(&[]);
        let rows = report["units"][0]["image"]["layers"].as_array().unwrap().clone();
        let bytes = rows
            .iter()
            .skip(1)
            .map(|row| row["at_least_bytes"].as_u64().unwrap_or(0));
        bytes.sum::<u64>()
    };
    let git = least("RUN apk add --no-cache git\n");
    assert!((4_000_000..7_100_000).contains(&git), "{git}");
    assert_eq!(least("RUN apk add --no-cache git unheard-of\nRUN apk add git\n"), git);
    for nothing in [
        "RUN apk add --no-cache git=2.49.1-r0\n",
        "RUN apk add --no-cache git; true\n",
        "RUN apk add --no-cache git && apk del git\n",
        "RUN apk add --no-cache git && rm -rf /usr/libexec\n",
        "RUN apk add --no-cache $PACKAGES git\n",
        "RUN apk add --no-cache --root /x git\n",
        "RUN if true; then apk add git; fi\n",
    ] {
        assert_eq!(least(nothing), 0, "{nothing}");
    }
}

#[test]
fn an_engine_that_talks_nonsense_is_asked_once() {
    use std::io::{Read, Write};
    let compose: String = (0..5)
        .map(|index| format!("  s{index}: {{build: ., image: \"acme/s{index}\"}}\n"))
        .collect();
    let workspace = Workspace::new(&[
        ("compose.yaml", &format!("services:\n{compose}")),
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
    ]);
    let socket = workspace.path().join("engine.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n\x1b[2Jnonsense\n::error::x");
        }
    });
    let host = format!("unix://{}", socket.display());
    let shown = workspace.run_with(&["--notes", "--format", "json"], &[("DOCKER_HOST", &host)]);
    assert_eq!(shown.out.matches("is not measured").count(), 1, "{}", shown.out);
    assert!(
        shown.out.contains("the engine's answer cannot be read"),
        "{}",
        shown.out
    );
    assert!(!shown.out.contains("nonsense"), "{}", shown.out);
}

#[test]
fn growth_is_seen_in_the_files_of_the_base() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services:\n  api: {build: .}\n"),
        ("Dockerfile", "FROM alpine:3.22\nRUN echo 1 > /a\nCOPY data /data\n"),
        (
            "plimsoll.yaml",
            "profiles:\n  own: {growth: 10%}\nassign: [{profile: own}]\n",
        ),
    ]);
    workspace.write("data/one", &[1; 500_000]);
    workspace.write("data/large", &[1; 1_500_000]);
    std::os::unix::fs::symlink("one", workspace.path().join("data/link")).unwrap();
    let git = |words: &[&str]| assert!(workspace.git(words), "{words:?}");
    if !workspace.has_git() {
        return;
    }
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["checkout", "--quiet", "-b", "change"]);
    let growth = |words: &[&str]| {
        let report = workspace.json(words);
        let all = report["findings"].as_array().unwrap();
        let found = all
            .iter()
            .find(|finding| finding["rule"] == "image-growth-above-budget");
        found.map(|finding| finding["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(growth(&["--changed=main"]), None);
    // What lies in the checkout alone is not the change's.
    workspace.write("data/output", &[1; 5_000_000]);
    let commit = |files: &str| {
        git(&["add", files]);
        git(&["commit", "--quiet", "--message", "more"]);
    };
    // Less than a tenth of some 10 MB.
    workspace.write("data/two", &[1; 900_000]);
    commit("data/two");
    assert_eq!(growth(&["--changed=main"]), None);
    workspace.write("data/three", &[1; 900_000]);
    commit("data/three");
    let message = growth(&["--changed=main"]).unwrap();
    assert!(message.contains("adds 1.8 MB since merge base"), "{message}");
    assert!(message.contains("17 % of about 10.3 MB"), "{message}");
    assert_eq!(growth(&[]), None);
    // What the other branch lost since is not the change's either.
    git(&["checkout", "--quiet", "main"]);
    git(&["rm", "--quiet", "data/large"]);
    git(&["commit", "--quiet", "--message", "less"]);
    git(&["checkout", "--quiet", "change"]);
    assert_eq!(growth(&["--changed=main"]).unwrap(), message);
    // A step whose bytes nobody knows is the same on both sides; nobody's size is another's of the same name.
    let steps = b"FROM alpine:3.22\nRUN echo 1 > /a\nCOPY data /data\nCOPY data /again\n";
    workspace.write("Dockerfile", steps);
    workspace.write("other/compose.yaml", b"services:\n  api: {build: .}\n");
    workspace.write("other/Dockerfile", b"FROM scratch\nCOPY Dockerfile /\n");
    git(&["add", "other"]);
    commit("Dockerfile");
    let message = growth(&["--changed=main"]).unwrap();
    assert!(message.contains("adds 5.6 MB"), "{message}");
    // Another base image of the catalogue: what it adds is known about.
    workspace.write("Dockerfile", b"FROM alpine:3.21\nRUN echo 1 > /a\nCOPY data /data\n");
    commit("Dockerfile");
    let message = growth(&["--changed=main"]).unwrap();
    assert!(message.contains("about 1."), "{message}");
}

#[test]
fn several_images_are_counted_together() {
    let base = "ADD rootfs /\n  3000000 /rootfs\n";
    let workspace = Workspace::new(&[]);
    let write = |name: &str, text: &str| workspace.write(name, &crate::support::image::archive(text));
    write("api.tar", &format!("{base}COPY api /\n  400000 /api\n"));
    write("web.tar", &format!("{base}COPY web /\n  200000 /web\n"));
    write("tool.tar", "COPY web /\n  200000 /web\n");
    let words = ["image", "api.tar", "web.tar", "tool.tar"];
    let shown = workspace.run(&words);
    expect_test::expect![[r#"
                 own      unpacked  layers  image
            400.0 kB        3.4 MB       2  api.tar
            200.0 kB        3.2 MB       2  web.tar
            200.0 kB      200.0 kB       1  tool.tar

        shared, on the disk once
              3.0 MB  2 images  ADD rootfs /

        together  3.8 MB on the disk, 6.8 MB if nothing were shared
    "#]]
    .assert_eq(&shown.out);
    let report: Value = serde_json::from_str(&workspace.run(&[&words[..], &["--json"]].concat()).out).unwrap();
    assert_eq!(
        (&report["size_bytes"], &report["apart_bytes"]),
        (&3_800_000.into(), &6_800_000.into())
    );
    assert_eq!(report["images"][1]["own_bytes"], 200_000);
    let markdown = workspace.run(&[&words[..], &["--format", "markdown"]].concat()).out;
    assert!(
        markdown.contains("| **together, on the disk** | 3.8 MB | 6.8 MB | 4 |"),
        "{markdown}"
    );
    let one = workspace.run(&["image", "api.tar", "--format", "markdown"]).out;
    assert!(one.contains("| 400.0 kB | `COPY api /` |"), "{one}");
}

#[test]
fn a_dockerfile_stands_beside_its_budget_in_every_format() {
    let config = "version: 1\nprofiles:\n  small: {image-size: 2MB}\nassign:\n  - {profile: small}\n";
    let workspace = Workspace::new(&[
        ("Dockerfile", "FROM scratch\nCOPY a /a\nRUN make\n"),
        ("a", "12345"),
        ("plimsoll.yaml", config),
    ]);
    let shown = |format: &str| {
        workspace
            .run(&["image", "--from", "Dockerfile", "--format", format])
            .out
    };
    assert!(
        shown("text").contains("budget: 2.0 MB in the profile `small`: undecided"),
        "{}",
        shown("text")
    );
    assert!(
        shown("markdown").contains("| 5 bytes | exact | `COPY a /a` |"),
        "{}",
        shown("markdown")
    );
    let report: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(
        report["budget"],
        serde_json::json!({"size_bytes": 2_000_000, "profile": "small", "answer": "undecided"})
    );
    assert_eq!(
        (&report["at_least_bytes"], &report["layers"][1]["basis"]),
        (&5.into(), &"unknown".into())
    );
    assert_eq!(report["layers"][1]["command"], "plimsoll check --image NAME=IMAGE");
    workspace.write("Dockerfile", b"FROM scratch\nCOPY a /a\n");
    assert!(shown("text").contains("budget: 2.0 MB in the profile `small`: within"));
}

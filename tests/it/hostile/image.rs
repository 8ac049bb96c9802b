//! Rows 48 to 53: archives of images and engines.

use super::{Judged, Scene, full};
use crate::support::image;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

const COMPOSE: &str = "services:\n  a:\n    build: .\n    image: acme/a:1\n";
const SMALL: &str = "version: 1\nprofiles: {small: {image-size: 1MB}}\nassign: [{services: [a], profile: small}]\nfail-on-undecided: true\n";

/// A service with a budget of 1 MB, and an archive of its image.
fn scene(archive: &[u8]) -> Scene {
    let scene = Scene::new(&[
        ("compose.yaml", COMPOSE),
        ("Dockerfile", "FROM acme/unknown:1\nUSER 1000:1000\n"),
        (
            "plimsoll.yaml",
            &format!("{SMALL}images: [{{service: a, archive: i.tar}}]\n"),
        ),
    ]);
    scene.write("i.tar", archive);
    scene
}

/// The bytes of the image, if it is measured.
fn size(judged: &Judged) -> Option<u64> {
    let units = judged.report["units"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["name"] == "a").unwrap();
    (unit["image"]["basis"] == "exact").then(|| unit["image"]["size_bytes"].as_u64().unwrap())
}

/// An archive that is not understood: its size is unknown and never small, and whoever names it on the command line is told.
fn refused(archive: &[u8], why: &str) {
    let scene = scene(archive);
    let judged = scene.judge(1);
    judged.has("undecided-value Dockerfile").says("undecided-value", why);
    assert_eq!(size(&judged), None);
    assert!(
        scene
            .with(&["--image", "a=i.tar"])
            .judge(2)
            .err
            .contains("cannot be measured")
    );
}

/// One entry of an archive, with a name that a library would refuse to write.
struct Entry<'a> {
    name: &'a str,
    kind: tar::EntryType,
    target: &'a str,
    content: &'a [u8],
    /// What the header says that it holds.
    says: Option<u64>,
}

fn file<'a>(name: &'a str, content: &'a [u8]) -> Entry<'a> {
    Entry {
        name,
        kind: tar::EntryType::Regular,
        target: "",
        content,
        says: None,
    }
}

fn link<'a>(name: &'a str, kind: tar::EntryType, target: &'a str) -> Entry<'a> {
    Entry {
        name,
        kind,
        target,
        content: b"",
        says: None,
    }
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(entry.kind);
        header.set_mode(0o644);
        header.set_size(entry.says.unwrap_or(entry.content.len() as u64));
        let gnu = header.as_gnu_mut().unwrap();
        gnu.name[..entry.name.len()].copy_from_slice(entry.name.as_bytes());
        gnu.linkname[..entry.target.len()].copy_from_slice(entry.target.as_bytes());
        header.set_cksum();
        bytes.extend(header.as_bytes());
        bytes.extend(entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// An archive as `docker save` writes it.
fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}.tar")).collect();
    let manifest = serde_json::json!([{"Config": "c.json", "RepoTags": null, "Layers": names}]).to_string();
    let mut entries = vec![file("c.json", b"{}"), file("manifest.json", manifest.as_bytes())];
    entries.extend(names.iter().zip(layers).map(|(name, layer)| file(name, layer)));
    tar(&entries)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn row_48_paths_and_links_in_layers() {
    use tar::EntryType::{Link, Symlink};
    let layer = tar(&[
        file("a", b"12345"),
        file("../../outside/one.env", b"overwritten"),
        file("/etc/absolute", b"123"),
        link("to", Symlink, "/etc/passwd"),
        link("hard", Link, "a"),
        link("out", Link, "../../outside/one.env"),
        file("a", b"1234567"),
    ]);
    let scene = scene(&saved(&[layer]));
    let judged = scene.judge(0);
    // The last `a`, what `hard` still names of the first, `/etc/absolute` and the target of the link; nothing leaves the image,
    // nothing is unpacked.
    assert_eq!(size(&judged), Some(7 + 5 + 3 + 11));
    assert_eq!(
        std::fs::read_to_string(scene.beside("outside/one.env")).unwrap(),
        "PLANTED=planted\n"
    );
    assert!(!scene.root().join("a").exists());
}

#[test]
fn sibling_48_more_odd_entries() {
    use tar::EntryType::{Block, Char, Directory, Fifo, Symlink};
    let layer = tar(&[
        link("dev", Char, ""),
        link("disk", Block, ""),
        link("pipe", Fifo, ""),
        link("d", Directory, ""),
        link("d", Symlink, ".."),
        file("d/x", b"123"),
        link("loop", Symlink, "loop"),
        file("loop/y", b"12"),
        file(".wh..wh..opq", b""),
        file(".wh.", b""),
        file(".wh.../..", b""),
        file("a\n::error::b\u{1b}[2J", b"1"),
        file("./././z//", b"1"),
    ]);
    let judged = scene(&saved(&[layer.clone(), layer])).judge(0);
    assert!(size(&judged).is_some_and(|size| size > 0));
}

#[test]
fn row_49_layers_that_unpack_to_much() {
    let bytes: u64 = if full() { 10 << 30 } else { 96 << 20 };
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_path("zeros").unwrap();
    header.set_cksum();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(header.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..bytes >> 20).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.write_all(&zeros[..1024]).unwrap();
    let judged = scene(&saved(&[encoder.finish().unwrap()])).judge(1);
    judged.has("image-size-above-budget Dockerfile");
    assert_eq!(size(&judged), Some(bytes));
}

#[test]
fn sibling_49_sizes_that_are_lies() {
    let huge = Entry {
        says: Some(1 << 63),
        ..file("a", b"x")
    };
    refused(&saved(&[tar(&[huge])]), "is not measured");
    let most = Entry {
        says: Some(u64::MAX),
        ..file("a", b"x")
    };
    refused(&saved(&[tar(&[most])]), "is not measured");
    refused(
        &tar(&[Entry {
            says: Some(1 << 60),
            ..file("manifest.json", b"[]")
        }]),
        "is not measured",
    );
    // Compressed twice.
    refused(&saved(&[gzip(&gzip(&tar(&[file("a", b"x")])))]), "is not measured");
    let manifest = format!(
        "[{{\"Config\": \"c.json\", \"Layers\": [{}\"x\"]}}]",
        "\"x\", ".repeat(200_000)
    );
    refused(
        &tar(&[file("c.json", b"{}"), file("manifest.json", manifest.as_bytes())]),
        "is not measured",
    );
    let deep = "[".repeat(300_000);
    refused(&tar(&[file("manifest.json", deep.as_bytes())]), "is not measured");
    // A file that is long and has nothing in it.
    let scene = scene(b"");
    let archive = std::fs::OpenOptions::new()
        .write(true)
        .open(scene.root().join("i.tar"))
        .unwrap();
    archive.set_len(if full() { 3 << 30 } else { 64 << 20 }).unwrap();
    assert_eq!(size(&scene.judge(1)), None);
}

#[test]
fn row_50_archives_that_are_broken() {
    let whole = image::archive("RUN a\n  500000 /a\nRUN b\n  600000 /b\n");
    assert_eq!(size(&scene(&whole).judge(1)), Some(1_100_000));
    for end in [0, 100, 600, whole.len() / 2, whole.len() - 40_000] {
        refused(&whole[..end], "is not measured");
    }
    let mut bent = whole.clone();
    (whole.len() / 2..whole.len() / 2 + 64).for_each(|at| bent[at] ^= 0x55);
    refused(&bent, "is not measured");
    refused(&saved(&[]), "has no layers");
    let many: Vec<Vec<u8>> = vec![tar(&[file("a", b"x")]); if full() { 10_000 } else { 500 }];
    assert!(size(&scene(&saved(&many)).judge(0)).is_some_and(|size| size > 0));
}

#[test]
fn sibling_50_indexes_and_manifests_that_are_broken() {
    for (name, text) in [
        ("manifest.json", "[]"),
        ("manifest.json", "null"),
        ("manifest.json", "[{}]"),
        (
            "manifest.json",
            "[{\"Config\": \"../../outside/one.env\", \"Layers\": [\"/etc/passwd\"]}]",
        ),
        (
            "manifest.json",
            "[{\"Config\": \"manifest.json\", \"Layers\": [\"manifest.json\"]}]",
        ),
        ("index.json", "{\"manifests\": []}"),
        ("index.json", "{\"manifests\": [{\"digest\": \"sha256:../../x\"}]}"),
        ("index.json", "{\"manifests\": [{\"digest\": \"sha256:00\"}]}"),
        ("index.json", "{\"manifests\": [{\"digest\": 3}]}"),
    ] {
        refused(
            &tar(&[file(name, text.as_bytes()), file("c.json", b"{}")]),
            "is not measured",
        );
    }
    // Fewer layers than the configuration says, and more.
    for ids in ["[\"sha256:1\", \"sha256:2\"]", "[]"] {
        let config = format!("{{\"rootfs\": {{\"type\": \"layers\", \"diff_ids\": {ids}}}}}");
        let manifest = b"[{\"Config\": \"c.json\", \"RepoTags\": null, \"Layers\": [\"0.tar\"]}]";
        let layer = tar(&[file("a", b"x")]);
        let parts = [
            file("c.json", config.as_bytes()),
            file("manifest.json", manifest),
            file("0.tar", &layer),
        ];
        refused(&tar(&parts), "its configuration has");
    }
    refused(b"FROM x:1\n", "is not measured");
    refused(&gzip(&gzip(b"x")), "is not measured");
}

/// An engine that answers each request in its way, for as long as the scene lives.
fn engine(scene: Scene, answer: impl Fn(&str, UnixStream) + Send + 'static) -> Scene {
    let socket = scene.beside("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            answer(&String::from_utf8_lossy(&request[..read]), stream);
        }
    });
    let host = format!("unix://{}", socket.display());
    scene.env("DOCKER_HOST", &host)
}

fn asks_an_engine() -> Scene {
    Scene::new(&[
        ("compose.yaml", COMPOSE),
        ("Dockerfile", "FROM acme/unknown:1\nUSER 1000:1000\n"),
        ("plimsoll.yaml", SMALL),
    ])
}

#[test]
fn row_52_engines_that_are_not_there_or_talk_nonsense() {
    let judged = asks_an_engine()
        .env("DOCKER_HOST", "unix:///nowhere/engine.sock")
        .judge(1);
    judged.has("undecided-value Dockerfile");
    for answer in [
        "HTTP/1.1 200 OK\r\n\r\n\u{1b}[2Jnonsense\n::error::x",
        "nonsense\n::error::x\n",
        "HTTP/1.1 500 No\r\nx: ::error::\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        "",
    ] {
        let scene = engine(asks_an_engine(), move |_, mut stream| {
            drop(stream.write_all(answer.as_bytes()))
        });
        let judged = scene.judge(1);
        judged.says("undecided-value", "is not measured").hides("nonsense");
    }
}

#[test]
fn sibling_52_engines_that_are_slow_or_never_end() {
    // Accepts, and says nothing.
    let silent = engine(asks_an_engine(), |_, stream| std::mem::forget(stream));
    silent.judge(1).says("undecided-value", "in time").within(60);
    let endless = engine(asks_an_engine(), |_, mut stream| {
        let head = "HTTP/1.1 200 OK\r\n\r\n[";
        let mut fine = stream.write_all(head.as_bytes()).is_ok();
        while fine {
            fine = stream.write_all(&[b'['; 65_536]).is_ok();
        }
    });
    endless.judge(1).says("undecided-value", "is not measured");
    let headers = engine(asks_an_engine(), |_, mut stream| {
        let mut fine = stream.write_all(b"HTTP/1.1 200 OK\r\n").is_ok();
        while fine {
            fine = stream.write_all(b"x-more: and more of it\r\n").is_ok();
        }
    });
    headers.judge(1).says("undecided-value", "is not measured");
    let file = asks_an_engine();
    file.write("socket", b"no socket");
    let host = format!("unix://{}", file.root().join("socket").display());
    file.env("DOCKER_HOST", &host).judge(1);
    asks_an_engine().env("DOCKER_HOST", "tcp://192.0.2.1:2375").judge(1);
}

/// An engine whose image of any name has so many bytes, in one layer.
fn with_image(scene: Scene, bytes: u64) -> Scene {
    engine(scene, move |request, mut stream| {
        let body = if request.contains("/history") {
            serde_json::json!([{"CreatedBy": "COPY a /", "Size": bytes}])
        } else {
            serde_json::json!({"Id": "sha256:aa", "Size": bytes, "GraphDriver": {"Name": "overlay2"}, "RootFS": {"Layers": ["sha256:bb"]}})
        };
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n{body}");
    })
}

#[test]
fn row_53_what_is_named_comes_before_the_engine() {
    assert_eq!(size(&with_image(asks_an_engine(), 5_000_000).judge(1)), Some(5_000_000));
    // The second source is not asked, so there is no difference to note.
    let both = with_image(scene(&image::archive("COPY a\n  1000 /a\n")), 5_000_000);
    assert_eq!(size(&both.judge(0)), Some(1000));
}

#[test]
fn sibling_53_the_next_source_is_asked_where_the_first_fails() {
    let both = with_image(scene(b"no archive"), 5_000_000);
    let judged = both.judge(1);
    assert_eq!(size(&judged), Some(5_000_000));
    judged.has("image-size-above-budget Dockerfile");
    // What the command line names comes before what the configuration names.
    let named = scene(&image::archive("COPY a\n  1000 /a\n")).with(&["--image", "a=other.tar"]);
    named.write("other.tar", &image::archive("COPY a\n  2000000 /a\n"));
    assert_eq!(size(&named.judge(1)), Some(2_000_000));
}

use super::*;
use std::io::{Cursor, Write};

/// A layer: files, links (`path -> target`), folders (`path/`).
fn layer(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        if let Some((path, target)) = path.split_once(" -> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, path, target).unwrap();
        } else if path.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            builder.append_data(&mut header, path, &[][..]).unwrap();
        } else {
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, *content).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive as the old engine saves it.
fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
    let steps: Vec<String> = (0..layers.len())
        .map(|number| {
            format!("{{\"created_by\": \"RUN step {number}\"}}, {{\"created_by\": \"ENV A=1\", \"empty_layer\": true}}")
        })
        .collect();
    let config = format!(
        "{{\"config\": {{\"User\": \"app\"}}, \"history\": [{}]}}",
        steps.join(",")
    );
    let manifest = format!("[{{\"Config\": \"c.json\", \"RepoTags\": [\"shop:1\"], \"Layers\": {names:?}}}]");
    let mut parts: Vec<(&str, &[u8])> = names
        .iter()
        .map(String::as_str)
        .zip(layers.iter().map(Vec::as_slice))
        .collect();
    parts.push(("c.json", config.as_bytes()));
    parts.push(("manifest.json", manifest.as_bytes()));
    layer(&parts)
}

fn measured(bytes: Vec<u8>) -> Result<Measured, Refused> {
    read(Cursor::new(bytes))
}

#[test]
fn files_and_links_count_and_nothing_else() {
    let image = measured(saved(&[layer(&[
        ("d/", b""),
        ("d/a", b"12345"),
        ("d/l -> ../elsewhere", b""),
    ])]))
    .unwrap();
    assert_eq!(image.unpacked, 5 + 12);
    assert_eq!((image.wasted, image.live()), (0, 17));
    assert_eq!(image.name.as_deref(), Some("shop:1"));
    assert_eq!(image.user, "app");
    assert_eq!(image.layers[0].instruction, "RUN step 0");
    assert_eq!(image.download, None);
}

#[test]
fn what_later_layers_take_away_is_waste() {
    let image = measured(saved(&[
        layer(&[
            ("a", &[0; 4000]),
            ("b", &[0; 3000]),
            ("d/x", &[0; 700]),
            ("d/y", &[0; 60]),
            ("o/1", &[0; 5]),
        ]),
        layer(&[
            ("a", &[0; 100]),
            (".wh.b", b""),
            (".wh.d", b""),
            ("d/x", &[0; 9]),
            ("o/.wh..wh..opq", b""),
            ("o/1", &[0; 5]),
        ]),
        layer(&[("a", &[0; 100])]),
    ]))
    .unwrap();
    assert_eq!(image.unpacked, 7765 + 114 + 100);
    // a twice, b, d/x, d/y and o/1 once; what the same layer writes is not hidden by its own whiteouts.
    assert_eq!(image.wasted, 4000 + 100 + 3000 + 700 + 60 + 5);
    assert_eq!(image.live(), 100 + 9 + 5);
    let told: Vec<(&str, u64, bool)> = image
        .waste
        .iter()
        .map(|one| (one.path.as_str(), one.bytes, one.deleted))
        .collect();
    assert_eq!(
        told,
        [
            ("a", 4100, false),
            ("b", 3000, true),
            ("d/x", 700, true),
            ("d/y", 60, true),
            ("o/1", 5, true)
        ]
    );
}

#[test]
fn what_is_live_is_what_the_tree_holds() {
    let layers = [
        layer(&[("a", &[0; 40]), ("s -> a", b""), ("f", b"file")]),
        layer(&[("f/", b""), ("f/inside", b"1"), ("s", b"now a file")]),
        layer(&[(".wh.f", b""), ("f", b"again")]),
    ];
    let mut tree = layer::Tree::default();
    let mut sum = 0;
    for (number, bytes) in layers.iter().enumerate() {
        sum += tree.layer(number, bytes.as_slice()).unwrap().bytes;
    }
    let live = tree.live();
    assert_eq!(live, 40 + 10 + 5);
    assert_eq!(tree.waste().0, sum - live);
}

#[test]
fn compressed_layers_tell_the_download() {
    let plain = layer(&[("a", &[7; 100_000])]);
    let packed = gzip(&plain);
    let image = measured(saved(std::slice::from_ref(&packed))).unwrap();
    assert_eq!((image.unpacked, image.download), (100_000, Some(packed.len() as u64)));
    assert_eq!(measured(saved(&[packed, plain])).unwrap().download, None);
}

#[test]
fn an_oci_layout_is_read_for_this_machine() {
    let layer_bytes = gzip(&layer(&[("a", b"123")]));
    let parts: Vec<(&str, &[u8])> = vec![
        (
            "index.json",
            br#"{"manifests": [{"digest": "sha256:aa", "annotations": {"org.opencontainers.image.ref.name": "shop:2"}}]}"#,
        ),
        (
            "blobs/sha256/aa",
            br#"{"manifests": [{"digest": "sha256:bb", "platform": {"architecture": "arm64"}}, {"digest": "sha256:cc", "platform": {"architecture": "amd64"}}, {"digest": "sha256:dd", "platform": {"architecture": "unknown"}}]}"#,
        ),
        (
            "blobs/sha256/cc",
            br#"{"config": {"digest": "sha256:ee"}, "layers": [{"digest": "sha256:ff"}]}"#,
        ),
        ("blobs/sha256/ee", br#"{"config": {}, "history": []}"#),
        ("blobs/sha256/ff", &layer_bytes),
    ];
    let image = measured(layer(&parts)).unwrap();
    assert_eq!((image.unpacked, image.others), (3, 1));
    assert_eq!(image.name.as_deref(), Some("shop:2"));
    assert_eq!(image.layers[0].instruction, "");
}

#[test]
fn what_is_broken_is_refused_and_never_small() {
    let whole = saved(&[gzip(&layer(&[("a", &[3; 5000])]))]);
    for end in (0..whole.len()).step_by(97) {
        if let Ok(image) = measured(whole[..end].to_vec()) {
            // Only the padding behind the last part may be missing.
            assert_eq!(image.unpacked, 5000, "{end}");
        }
    }
    for (archive, reason) in [
        (Vec::new(), "neither a manifest.json nor an index.json"),
        (b"no tar at all, but long enough".repeat(40), "no tar archive"),
        (saved(&[b"\x28\xb5\x2f\xfdzstd".to_vec()]), "zstd"),
        (saved(&[gzip(b"no tar")]), "layer 1 of 1"),
        (
            layer(&[
                ("manifest.json", b"[{\"Config\": \"c\", \"Layers\": [\"gone\"]}]"),
                ("c", b"{}"),
            ]),
            "'gone' is not in it",
        ),
        (layer(&[("manifest.json", b"[]")]), "it holds no image"),
        (layer(&[("manifest.json", b"{")]), "does not say what it must"),
        (
            layer(&[("index.json", br#"{"manifests": [{"digest": "sha256:../../x"}]}"#)]),
            "a digest in it is none",
        ),
    ] {
        let refused = measured(archive).unwrap_err();
        assert!(refused.0.contains(reason), "{reason}: {}", refused.0);
    }
}

#[test]
fn indexes_that_lead_to_themselves_end() {
    let index: &[u8] = br#"{"manifests": [{"digest": "sha256:aa"}]}"#;
    let refused = measured(layer(&[("index.json", index), ("blobs/sha256/aa", index)])).unwrap_err();
    assert_eq!(refused.0, "its indexes lead to each other");
}

#[test]
fn paths_that_leave_the_image_are_nobodys() {
    let mut bytes = layer(&[("xx/outside", b"12345"), ("a", b"1")]);
    bytes[..2].copy_from_slice(b"..");
    // The checksum of the header: 'x' twice became '.'.
    let sum: u64 = bytes[..148]
        .iter()
        .chain(&[b' '; 8])
        .chain(&bytes[156..512])
        .map(|byte| u64::from(*byte))
        .sum();
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(measured(saved(&[bytes])).unwrap().unpacked, 1);
}

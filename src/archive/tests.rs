use super::layer::{Listing, Room};
use super::tree::Tree;
use super::*;
use crate::failure::Failure;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};

/// A layer: files, programs (`path*`), links (`path -> target`), hard links (`path => target`), folders (`path/`).
fn layer(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        if let Some((path, target)) = path.split_once(" => ") {
            header.set_entry_type(tar::EntryType::Link);
            header.set_size(0);
            builder.append_link(&mut header, path, target).unwrap();
        } else if let Some((path, target)) = path.split_once(" -> ") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, path, target).unwrap();
        } else if path.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            builder.append_data(&mut header, path, &[][..]).unwrap();
        } else {
            header.set_size(content.len() as u64);
            let program = path.strip_suffix('*');
            if program.is_some() {
                header.set_mode(0o755);
            }
            builder
                .append_data(&mut header, program.unwrap_or(path), *content)
                .unwrap();
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

fn measured(bytes: Vec<u8>) -> Result<Measured, Failure> {
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
    assert_eq!(image.settings.user, "app");
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
    let mut room = Room::default();
    let read = |bytes: &Vec<u8>| Listing::read(bytes.as_slice(), &mut room).unwrap();
    let listings: Vec<Listing> = layers.iter().map(read).collect();
    let mut tree = Tree::default();
    for (number, listing) in listings.iter().enumerate() {
        tree.layer(number, listing);
    }
    let sum: u64 = listings.iter().map(|listing| listing.bytes).sum();
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
fn layers_compressed_with_zstd_are_read_frame_by_frame() {
    let plain = layer(&[("a", &[7; 100_000]), ("b", &[8; 300_000])]);
    let frame = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let mut packed = frame(&plain[..70_000]);
    // A frame that is to be skipped, as zstd:chunked images have.
    packed.extend(b"\x50\x2a\x4d\x18\x05\0\0\0extra");
    packed.extend(frame(&plain[70_000..]));
    let image = measured(saved(std::slice::from_ref(&packed))).unwrap();
    assert_eq!((image.unpacked, image.download), (400_000, Some(packed.len() as u64)));
    for end in (0..packed.len()).step_by(7) {
        assert!(measured(saved(&[packed[..end].to_vec()])).is_err(), "{end}");
    }
}

#[test]
fn an_archive_may_be_compressed_itself_and_a_part_stand_for_another() {
    let whole = saved(&[layer(&[("a", b"12345")])]);
    let packed = ruzstd::encoding::compress_to_vec(whole.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    for bytes in [gzip(&whole), packed] {
        let image = measured(bytes).unwrap();
        assert_eq!((image.unpacked, image.download), (5, None));
    }
    let manifest: &[u8] = br#"[{"Config": "c.json", "Layers": ["1/layer.tar", "2/layer.tar"]}]"#;
    let bytes = layer(&[
        ("manifest.json", manifest),
        ("c.json", b"{}"),
        ("2/layer.tar -> ../1/layer.tar", b""),
        ("1/layer.tar", &layer(&[("a", b"12345")])),
    ]);
    let image = measured(bytes).unwrap();
    assert_eq!((image.unpacked, image.wasted), (10, 5));
}

#[test]
fn the_same_content_under_other_paths_is_told_and_is_no_waste() {
    let big = vec![9; 5000];
    let image = measured(saved(&[
        layer(&[
            ("x/1", &big),
            ("x/2", &big),
            ("gone", &big),
            ("small", b"1"),
            ("small2", b"1"),
        ]),
        layer(&[(".wh.gone", b""), ("y/3", &big), ("other", &[8; 5000])]),
    ]))
    .unwrap();
    assert_eq!((image.wasted, image.doubled), (5000, 10_000));
    assert_eq!(image.doubles.len(), 1);
    assert_eq!(image.doubles[0].paths, ["x/1", "x/2", "y/3"]);
    assert_eq!((image.doubles[0].count, image.doubles[0].bytes), (3, 5000));
}

#[test]
fn a_file_that_has_another_name_is_not_in_vain() {
    let first = layer(&[("bin/a", &[1; 9000]), ("bin/b => bin/a", b""), ("lib/c => bin/a", b"")]);
    let waste = |second: &[(&str, &[u8])]| {
        let image = measured(saved(&[first.clone(), layer(second)])).unwrap();
        (image.wasted, image.doubled)
    };
    assert_eq!(waste(&[(".wh.bin", b"")]), (0, 0));
    assert_eq!(waste(&[("bin/.wh.a", b""), ("bin/.wh.b", b"")]), (0, 0));
    assert_eq!(waste(&[("bin/.wh.b", b""), ("lib/.wh.c", b"")]), (0, 0));
    assert_eq!(waste(&[(".wh.bin", b""), (".wh.lib", b"")]), (9000, 0));
    assert_eq!(waste(&[("bin/a", &[2; 5000])]), (0, 0));
}

#[test]
fn what_is_said_is_bounded() {
    // A sparse file of no bytes that says it has as many as there can be.
    let mut sparse = layer(&[("s", b"")]);
    sparse[156] = b'S';
    let most = [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    // The only piece: nothing, at the end.
    sparse[386..398].copy_from_slice(&most);
    sparse[398..410].copy_from_slice(b"00000000000\0");
    sparse[483..495].copy_from_slice(&most);
    let sum = |bytes: &[u8]| -> u64 {
        let (before, after) = (&bytes[..148], &bytes[156..512]);
        before
            .iter()
            .chain(&[b' '; 8])
            .chain(after)
            .map(|byte| u64::from(*byte))
            .sum()
    };
    let checked = format!("{:06o}\0 ", sum(&sparse));
    sparse[148..156].copy_from_slice(checked.as_bytes());
    let refused = measured(saved(&[sparse.clone(), sparse.clone(), sparse])).unwrap_err();
    assert!(refused.to_string().contains("are too large"), "{}", refused.to_string());

    // A name of 20 MB, and a tar archive of nothing but such a name.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(20_000_000);
    header.set_path("././@LongLink").unwrap();
    header.set_cksum();
    let mut long = header.as_bytes().to_vec();
    long.resize(512 + 20_000_256, b'x');
    long.extend(layer(&[("a", b"1")]));
    assert!(measured(saved(&[long.clone()])).is_err());
    assert!(measured(long).is_err());
}

#[test]
fn a_layer_that_is_named_often_costs_as_often() {
    let many: Vec<String> = (0..1_000).map(|number| format!("d/{number}")).collect();
    let entries: Vec<(&str, &[u8])> = many.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let names = vec!["l.tar"; 400];
    let manifest = format!("[{{\"Config\": \"c.json\", \"Layers\": {names:?}}}]");
    let parts: [(&str, &[u8]); 3] = [
        ("l.tar", &layer(&entries)),
        ("c.json", b"{}"),
        ("manifest.json", manifest.as_bytes()),
    ];
    let refused = measured(layer(&parts)).unwrap_err();
    assert!(
        refused.to_string().contains("more than 100000 entries"),
        "{}",
        refused.to_string()
    );
}

#[test]
fn instructions_are_told_as_they_were_written() {
    for (history, written) in [
        ("/bin/sh -c #(nop) COPY file:12 in /a ", "COPY file:12 in /a"),
        ("/bin/sh -c make  all", "RUN make all"),
        ("RUN /bin/sh -c make all # buildkit", "RUN make all"),
        ("RUN |1 TOKEN=1 2 /bin/sh -c make # buildkit", "RUN make"),
        ("|1 TOKEN=1 /bin/sh -c make", "RUN make"),
        ("RUN |1 TOKEN=1 /bin/bash -c make # buildkit", "RUN ..."),
        ("COPY a /a # buildkit", "COPY a /a"),
        ("/opt/busybox rm /x", "/opt/busybox rm /x"),
        ("", ""),
    ] {
        assert_eq!(instruction(history), written, "{history}");
    }
}

#[test]
fn caches_are_told_apart() {
    let image = measured(saved(&[
        layer(&[
            ("var/lib/apt/lists/a", &[1; 90]),
            ("var/lib/apt/lists0", b"1"),
            ("root/.cache/pip/x", &[1; 700]),
        ]),
        layer(&[(".wh.root", b"")]),
    ]))
    .unwrap();
    assert_eq!(image.caches, [("var/lib/apt/lists", 90)]);
}

#[test]
fn an_image_says_what_it_is() {
    let release = b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n";
    let image = measured(saved(&[
        layer(&[("usr/lib/os-release", release)]),
        layer(&[("a", b"1")]),
    ]))
    .unwrap();
    let system = image.system.unwrap();
    assert_eq!(
        (system.id.as_str(), system.version.as_str(), system.name.as_str()),
        ("debian", "12", "Debian GNU/Linux 12 (bookworm)")
    );
    assert_eq!(measured(saved(&[layer(&[("a", b"1")])])).unwrap().system, None);
}

/// An OCI layout of blobs, each with its path; in their text `{N}` stands for the digest of an earlier one.
fn layout(blobs: &[&[u8]], index: &str) -> (Vec<u8>, Vec<String>) {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut digests: Vec<String> = Vec::new();
    let fill = |text: &[u8], digests: &[String]| -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(text) else {
            return text.to_vec();
        };
        let mut text = text.to_owned();
        for (number, digest) in digests.iter().enumerate() {
            text = text.replace(&format!("<{number}>"), &format!("sha256:{digest}"));
        }
        text.into_bytes()
    };
    for blob in blobs {
        let blob = fill(blob, &digests);
        let digest: String = Sha256::digest(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
        parts.push((format!("blobs/sha256/{digest}"), blob));
        digests.push(digest);
    }
    parts.push(("index.json".to_owned(), fill(index.as_bytes(), &digests)));
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    (layer(&parts), digests)
}

const MANIFEST: &[u8] = br#"{"config": {"digest": "<0>"}, "layers": [{"digest": "<1>"}]}"#;

#[test]
fn an_oci_layout_is_read_for_this_machine() {
    let packed = gzip(&layer(&[("a", b"123")]));
    let manifests: &[u8] = br#"{"manifests": [{"digest": "sha256:bb", "platform": {"architecture": "arm64"}}, {"digest": "<2>", "platform": {"architecture": "amd64"}}, {"digest": "sha256:dd", "platform": {"architecture": "unknown"}}]}"#;
    let index = r#"{"manifests": [{"digest": "<3>", "annotations": {"org.opencontainers.image.ref.name": "shop:2"}}]}"#;
    let config: &[u8] = br#"{"config": {}, "history": []}"#;
    let image = measured(layout(&[config, &packed, MANIFEST, manifests], index).0).unwrap();
    assert_eq!((image.unpacked, image.others), (3, 1));
    assert_eq!(image.name.as_deref(), Some("shop:2"));
    assert_eq!(image.layers[0].instruction, "");
}

#[test]
fn a_blob_that_is_not_what_its_digest_says_is_refused() {
    let plain = layer(&[("a", b"123")]);
    let index = r#"{"manifests": [{"digest": "<2>"}]}"#;
    let (mut bytes, _) = layout(&[b"{}", &plain, MANIFEST], index);
    assert_eq!(measured(bytes.clone()).unwrap().unpacked, 3);
    let at = bytes.windows(3).position(|three| three == b"123").unwrap();
    bytes[at] = b'9';
    let refused = measured(bytes).unwrap_err();
    assert!(
        refused.to_string().contains("is not what its digest says"),
        "{}",
        refused.to_string()
    );
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
        (b"no tar at all, but long enough".repeat(40), "not a valid tar archive"),
        (saved(&[b"\x28\xb5\x2f\xfdzstd".to_vec()]), "layer 1 of 1"),
        (saved(&[gzip(b"no tar")]), "layer 1 of 1"),
        (
            layer(&[
                ("manifest.json", b"[{\"Config\": \"c\", \"Layers\": [\"gone\"]}]"),
                ("c", b"{}"),
            ]),
            "`gone` is not in it",
        ),
        (layer(&[("manifest.json", b"[]")]), "it includes no image"),
        (layer(&[("manifest.json", b"{")]), "lacks a required field"),
        (
            layer(&[("index.json", br#"{"manifests": [{"digest": "sha256:../../x"}]}"#)]),
            "a digest in it is invalid",
        ),
    ] {
        let refused = measured(archive).unwrap_err();
        assert!(refused.to_string().contains(reason), "{reason}: {}", refused);
    }
}

#[test]
fn indexes_of_indexes_end() {
    let next = |number: usize| format!("{{\"manifests\": [{{\"digest\": \"<{number}>\"}}]}}");
    let inner: Vec<String> = (0..6).map(next).collect();
    let mut blobs: Vec<&[u8]> = vec![b"{}"];
    blobs.extend(inner.iter().map(String::as_bytes));
    let refused = measured(layout(&blobs, &next(6)).0).unwrap_err();
    assert_eq!(refused.to_string(), "it has too many indexes of indexes");
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

/// What the image of these layers holds in the end.
fn contents(layers: &[&[(&str, &[u8])]]) -> Contents {
    let layers: Vec<Vec<u8>> = layers.iter().map(|entries| layer(entries)).collect();
    measured(saved(&layers)).unwrap().contents
}

fn programs(contents: &Contents, folder: &str) -> Vec<String> {
    contents.programs.as_ref().unwrap()[folder].clone()
}

#[test]
fn programs_are_what_runs_in_the_folders_of_the_path() {
    let found = contents(&[
        &[
            ("usr/bin/curl*", b""),
            ("usr/bin/readme", b""),
            ("usr/bin/deep/inner*", b""),
            ("usr/bin/zz*", b""),
            ("bin -> usr/bin", b""),
            ("etc/alternatives/java -> /opt/jdk/bin/java", b""),
            ("opt/jdk -> jdk-21", b""),
            ("opt/jdk-21/bin/java*", b""),
            ("usr/bin/java -> ../../etc/alternatives/java", b""),
            ("usr/bin/vi -> /etc/alternatives/vi", b""),
            ("usr/bin/loop -> loop", b""),
            ("usr/bin/folder -> /opt", b""),
            ("usr/local/bin/old*", b""),
            ("usr/local/bin/wget*", b""),
        ],
        &[
            ("usr/local/bin/.wh.old", b""),
            ("usr/bin/curl", b""),
            ("sbin/new*", b""),
        ],
    ]);
    assert_eq!(programs(&found, "/usr/bin"), ["java", "zz"]);
    assert_eq!(programs(&found, "/bin"), ["java", "zz"]);
    assert_eq!(programs(&found, "/usr/local/bin"), ["wget"]);
    assert_eq!(programs(&found, "/sbin"), ["new"]);
    assert_eq!(programs(&found, "/usr/sbin"), [""; 0]);
}

#[test]
fn the_path_of_an_image_may_be_anything() {
    for (path, folders) in [
        ("/", vec!["/"]),
        ("usr/bin:/opt/bin:", vec!["/opt/bin"]),
        ("/usr/bin/../../../etc", vec!["/etc"]),
    ] {
        let parts = layer(&[("bin*", b"" as &[u8]), ("opt/bin/x*", b""), ("etc/y*", b"")]);
        let config = format!("{{\"config\": {{\"Env\": [\"PATH={path}\"]}}}}");
        let manifest = "[{\"Config\": \"c.json\", \"Layers\": [\"l\"]}]";
        let image = layer(&[
            ("l", &parts),
            ("c.json", config.as_bytes()),
            ("manifest.json", manifest.as_bytes()),
        ]);
        let found = measured(image).unwrap().contents.programs.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), folders, "{path}");
        assert!(found.values().all(|names| names.len() == 1), "{path}: {found:?}");
    }
}

#[test]
fn accounts_are_those_of_the_last_passwd() {
    let passwd: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n# no account\nbroken:x:y:0\napp:x:1000:1001::/:\n";
    let of = |layers: &[&[(&str, &[u8])]]| contents(layers).accounts;
    let both = Some(vec!["root:0:0".to_owned(), "app:1000:1001".to_owned()]);
    assert_eq!(of(&[&[("etc/passwd", passwd)]]), both);
    assert_eq!(of(&[&[("etc/passwd", b"a:x:1:1")], &[("etc/passwd", passwd)]]), both);
    assert_eq!(
        of(&[&[("etc/passwd", passwd)], &[("etc/.wh.passwd", b"")]]),
        Some(Vec::new())
    );
    assert_eq!(
        of(&[
            &[("etc/passwd", passwd)],
            &[("etc/passwd -> /run/passwd", b""), ("run/passwd", passwd)]
        ]),
        None
    );
    assert_eq!(
        of(&[&[("etc/passwd", passwd)], &[("x", passwd), ("etc/passwd => x", b"")]]),
        None
    );
    let many = "a:x:1:1\n".repeat(10_001);
    assert_eq!(of(&[&[("etc/passwd", many.as_bytes())]]), None);
}

#[test]
fn an_image_has_a_shell_a_c_library_and_a_package_manager() {
    let of = |entries: &[(&str, &[u8])]| {
        let found = contents(&[entries]);
        (found.shell.unwrap_or_default(), found.libc, found.packages)
    };
    let alpine: &[(&str, &[u8])] = &[
        ("bin/sh -> /bin/busybox", b""),
        ("bin/busybox*", b""),
        ("lib/ld-musl-x86_64.so.1*", b""),
        ("sbin/apk*", b""),
    ];
    assert_eq!(of(alpine), ("/bin/busybox".to_owned(), Some("musl"), "apk"));
    let compatible = [alpine, &[("lib/ld-linux-x86-64.so.2*", b"" as &[u8])]].concat();
    assert_eq!(of(&compatible).1, Some("musl"));
    let debian: &[(&str, &[u8])] = &[
        ("bin -> usr/bin", b""),
        ("lib64 -> usr/lib64", b""),
        ("usr/bin/sh -> dash", b""),
        ("usr/bin/dash*", b""),
        ("usr/bin/apt-get*", b""),
        (
            "usr/lib64/ld-linux-x86-64.so.2 -> /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            b"",
        ),
    ];
    assert_eq!(of(debian), ("/usr/bin/dash".to_owned(), Some("glibc"), "apt"));
    assert_eq!(of(&[("app*", b"")]), (String::new(), Some("none"), "none"));
    let both: &[(&str, &[u8])] = &[("lib/ld-musl-x86_64.so.1*", b""), ("lib64/ld-linux-x86-64.so.2*", b"")];
    assert_eq!(of(both).1, None);
}

#[test]
fn a_configuration_says_what_a_container_starts_with() {
    let config = br#"{"os": "linux", "architecture": "arm", "variant": "v7", "config": {"User": "app",
        "Env": ["A=1", "PATH=/x", "A=2"], "Entrypoint": ["/e"], "Cmd": null, "Healthcheck": {"Test": ["CMD", "x"]},
        "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}}}}"#;
    let manifest = b"[{\"Config\": \"c.json\", \"Layers\": [\"l.tar\"]}]";
    let bottom = layer(&[("a", b"x")]);
    let parts: [(&str, &[u8]); 3] = [("c.json", config), ("l.tar", &bottom), ("manifest.json", manifest)];
    let image = measured(layer(&parts)).unwrap();
    assert_eq!(image.platform, "linux/arm/v7");
    assert_eq!(image.id.len(), 71);
    assert_eq!(image.settings.variable("A"), Some("2"));
    assert_eq!(image.settings.entrypoint, ["/e"]);
    assert_eq!(image.settings.command, [""; 0]);
    assert_eq!(image.settings.healthcheck, ["CMD", "x"]);
    assert_eq!(image.settings.ports, ["53/udp", "8080/tcp"]);
    assert_eq!(image.settings.volumes, ["/data"]);
    assert_eq!(image.digest, None);
}

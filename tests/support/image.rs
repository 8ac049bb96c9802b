//! Archives of images, from a text that says what their layers hold: an instruction on a line, and below it, indented, a line for
//! each file: `1000 /path`, or `- /path` where it is deleted.

use sha2::Digest as _;
use std::io::Write;

/// A path with what is in the file.
type File = (String, Vec<u8>);

/// An archive as new engines save images: OCI, with layers that are compressed. No file in it can be made smaller.
pub(crate) fn archive(text: &str) -> Vec<u8> {
    let mut layers: Vec<(String, Vec<File>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with(' ') {
            layers.push((line.trim().to_owned(), Vec::new()));
            continue;
        }
        let (bytes, path) = line.trim().split_once(' ').unwrap();
        let path = path.trim().trim_start_matches('/');
        let file = match bytes {
            "-" => {
                let (folder, name) = path
                    .rsplit_once('/')
                    .map_or(("", path), |(folder, name)| (folder, name));
                (
                    format!("{folder}/.wh.{name}").trim_start_matches('/').to_owned(),
                    Vec::new(),
                )
            }
            bytes => (path.to_owned(), noise(bytes.parse().unwrap())),
        };
        layers.last_mut().unwrap().1.push(file);
    }
    let steps: Vec<serde_json::Value> = layers
        .iter()
        .map(|(instruction, _)| serde_json::json!({"created_by": instruction}))
        .collect();
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}.tar.gz")).collect();
    let contents: Vec<Vec<u8>> = layers.iter().map(|(_, files)| tar(files)).collect();
    let digest = |content: &Vec<u8>| {
        let hash = sha2::Sha256::digest(content);
        format!(
            "sha256:{}",
            hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        )
    };
    let digests: Vec<String> = contents.iter().map(digest).collect();
    let config = serde_json::json!({
        "os": "linux", "architecture": "amd64", "config": {}, "history": steps,
        "rootfs": {"type": "layers", "diff_ids": digests},
    })
    .to_string();
    let manifest = serde_json::json!([{"Config": "config.json", "RepoTags": null, "Layers": names}]).to_string();
    let mut parts = vec![
        ("config.json".to_owned(), config.into_bytes()),
        ("manifest.json".to_owned(), manifest.into_bytes()),
    ];
    for (name, content) in names.into_iter().zip(&contents) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        parts.push((name, encoder.finish().unwrap()));
    }
    tar(&parts)
}

fn tar(files: &[File]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Bytes that look random and are always the same (xorshift).
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

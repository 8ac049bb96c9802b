//! Archives that `docker save` writes (the old form with `<id>/layer.tar`, and the OCI form with `blobs/sha256`) and OCI layouts in a
//! tar file. Nothing is unpacked: the places of the parts are noted, and each layer is read where it lies. Digests are not checked.

use super::layer::Tree;
use super::{Layer, Measured, Refused};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

/// No archive has more parts, no description of an image is larger, no image has more layers (the engine's own limit is 127).
const MAX_PARTS: usize = 20_000;
const MAX_JSON: u64 = 16 << 20;
const MAX_LAYERS: usize = 500;
/// Indexes of indexes end here.
const MAX_DEPTH: usize = 4;

/// Where a part lies, or which other one it stands for.
enum Part {
    At { offset: u64, bytes: u64 },
    Link(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Description {
    config: Option<Config>,
    history: Option<Vec<Step>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    user: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    created_by: Option<String>,
    empty_layer: Option<bool>,
}

/// Which parts make the image.
struct Plan {
    name: Option<String>,
    others: usize,
    config: String,
    layers: Vec<String>,
}

/// Measures the first image of an archive.
///
/// # Errors
/// It is no such archive, a part of it is missing, broken or beyond a limit, or cannot be read. Nothing is guessed then.
pub fn read<R: Read + Seek>(file: R) -> Result<Measured, Refused> {
    let mut archive = Archive::open(file)?;
    let plan = archive.plan()?;
    if plan.layers.len() > MAX_LAYERS {
        return Err(Refused::new(format!("the image has more than {MAX_LAYERS} layers")));
    }
    let description: Description = archive.json(&plan.config)?;
    let steps = description.history.unwrap_or_default();
    let mut instructions = steps
        .into_iter()
        .filter(|step| step.empty_layer != Some(true))
        .map(|step| step.created_by.unwrap_or_default());
    let mut tree = Tree::default();
    let mut layers = Vec::new();
    for (number, name) in plan.layers.iter().enumerate() {
        let (offset, bytes) = archive.place(name)?;
        let inside =
            |refused: Refused| Refused::new(format!("layer {} of {}: {}", number + 1, plan.layers.len(), refused.0));
        archive.seek(offset)?;
        let read = tree.layer(number, (&mut archive.file).take(bytes)).map_err(inside)?;
        layers.push(Layer {
            instruction: instructions.next().unwrap_or_default(),
            bytes: read.bytes,
            compressed: read.compressed.then_some(bytes),
        });
    }
    let (wasted, waste) = tree.waste();
    Ok(Measured {
        name: plan.name,
        others: plan.others,
        unpacked: layers.iter().map(|layer| layer.bytes).sum(),
        download: layers.iter().map(|layer| layer.compressed).sum(),
        layers,
        wasted,
        waste,
        user: description.config.and_then(|config| config.user).unwrap_or_default(),
    })
}

struct Archive<R> {
    file: R,
    parts: HashMap<String, Part>,
}

impl<R: Read + Seek> Archive<R> {
    fn open(mut file: R) -> Result<Self, Refused> {
        let length = file
            .seek(SeekFrom::End(0))
            .map_err(|_| Refused::new("it cannot be read"))?;
        file.seek(SeekFrom::Start(0))
            .map_err(|_| Refused::new("it cannot be read"))?;
        let broken = |_| Refused::new("it is no tar archive, or a broken one");
        let mut parts = HashMap::new();
        {
            let mut reader = tar::Archive::new(&mut file);
            for entry in reader.entries_with_seek().map_err(broken)? {
                let entry = entry.map_err(broken)?;
                if parts.len() >= MAX_PARTS {
                    return Err(Refused::new(format!("it has more than {MAX_PARTS} parts")));
                }
                let path = String::from_utf8_lossy(&entry.path_bytes())
                    .trim_start_matches("./")
                    .to_owned();
                let kind = entry.header().entry_type();
                if kind.is_file() {
                    let (offset, bytes) = (entry.raw_file_position(), entry.size());
                    if offset.checked_add(bytes).is_none_or(|end| end > length) {
                        return Err(Refused::new(format!("it ends in the middle of '{path}'")));
                    }
                    parts.insert(path, Part::At { offset, bytes });
                } else if kind.is_symlink()
                    && let Some(target) = entry.link_name_bytes()
                {
                    let target = String::from_utf8_lossy(&target).into_owned();
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let full = crate::model::path::clean(&format!("{folder}/{target}"));
                    parts.insert(path, Part::Link(full.trim_start_matches('/').to_owned()));
                }
            }
        }
        Ok(Self { file, parts })
    }

    fn seek(&mut self, offset: u64) -> Result<(), Refused> {
        self.file
            .seek(SeekFrom::Start(offset))
            .map(|_| ())
            .map_err(|_| Refused::new("it cannot be read"))
    }

    /// Offset and size of a part; links are followed.
    fn place(&self, name: &str) -> Result<(u64, u64), Refused> {
        let mut at = name;
        for _ in 0..8 {
            match self.parts.get(at) {
                Some(Part::At { offset, bytes }) => return Ok((*offset, *bytes)),
                Some(Part::Link(target)) => at = target,
                None => break,
            }
        }
        Err(Refused::new(format!(
            "'{name}' is not in it: an engine that has the layers unpacked may save an image without them"
        )))
    }

    fn json<T: for<'de> Deserialize<'de>>(&mut self, name: &str) -> Result<T, Refused> {
        let (offset, bytes) = self.place(name)?;
        if bytes > MAX_JSON {
            return Err(Refused::new(format!("'{name}' is too large")));
        }
        self.seek(offset)?;
        let mut text = Vec::new();
        (&mut self.file)
            .take(bytes)
            .read_to_end(&mut text)
            .map_err(|_| Refused::new(format!("'{name}' cannot be read")))?;
        serde_json::from_slice(&text).map_err(|_| Refused::new(format!("'{name}' does not say what it must")))
    }

    fn plan(&mut self) -> Result<Plan, Refused> {
        if self.parts.contains_key("manifest.json") {
            let saved: Vec<Saved> = self.json("manifest.json")?;
            let others = saved.len().saturating_sub(1);
            let first = saved
                .into_iter()
                .next()
                .ok_or_else(|| Refused::new("it holds no image"))?;
            return Ok(Plan {
                name: first.repo_tags.and_then(|tags| tags.into_iter().next()),
                others,
                config: first.config,
                layers: first.layers,
            });
        }
        if self.parts.contains_key("index.json") {
            let index: Index = self.json("index.json")?;
            return self.oci(index, 0);
        }
        Err(Refused::new(
            "it has neither a manifest.json nor an index.json: it is no image",
        ))
    }

    /// The image of an OCI index: the one for amd64, else the first that is for any machine.
    fn oci(&mut self, index: Index, depth: usize) -> Result<Plan, Refused> {
        let is_for = |descriptor: &Descriptor, wanted: &str| {
            descriptor
                .platform
                .as_ref()
                .is_some_and(|platform| platform.architecture == wanted)
        };
        // Attestations stand in an index as images for an unknown machine.
        let real: Vec<Descriptor> = index
            .manifests
            .into_iter()
            .filter(|descriptor| !is_for(descriptor, "unknown"))
            .collect();
        let at = real
            .iter()
            .position(|descriptor| is_for(descriptor, "amd64"))
            .unwrap_or(0);
        let others = real.len().saturating_sub(1);
        let chosen = real
            .into_iter()
            .nth(at)
            .ok_or_else(|| Refused::new("it holds no image"))?;
        let named = chosen.annotations.as_ref().and_then(|notes| {
            notes
                .get("io.containerd.image.name")
                .or_else(|| notes.get("org.opencontainers.image.ref.name"))
        });
        let name = named.cloned();
        let path = blob(&chosen.digest)?;
        let any: serde_json::Value = self.json(&path)?;
        if any.get("manifests").is_some() {
            if depth >= MAX_DEPTH {
                return Err(Refused::new("its indexes lead to each other"));
            }
            let inner: Index = serde_json::from_value(any).map_err(|_| Refused::new("an index is broken"))?;
            let plan = self.oci(inner, depth + 1)?;
            return Ok(Plan {
                name: name.or(plan.name),
                ..plan
            });
        }
        let manifest: Manifest = serde_json::from_value(any).map_err(|_| Refused::new("a manifest is broken"))?;
        Ok(Plan {
            name,
            others,
            config: blob(&manifest.config.digest)?,
            layers: manifest
                .layers
                .iter()
                .map(|layer| blob(&layer.digest))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The path of a blob.
fn blob(digest: &str) -> Result<String, Refused> {
    match digest.split_once(':') {
        Some((algorithm, hash)) if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(format!("blobs/{algorithm}/{hash}"))
        }
        _ => Err(Refused::new("a digest in it is none")),
    }
}

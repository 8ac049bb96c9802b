//! Archives that `docker save` writes (the old form with `<id>/layer.tar`, and the OCI form with `blobs/sha256`) and OCI layouts in a
//! tar file, compressed or not, from a file or as they come. Read once from start to end: descriptions are kept, and of layers a list
//! of what they hold, since an archive may say only at its end which layer comes first.

use super::contents::Contents;
use super::description::Description;
use super::layer::{Listing, Room};
use super::manifests::{Descriptor, Index, Manifest, Saved};
use super::metered::Metered;
use super::packed::{Form, look, unpack};
use super::tree::Tree;
use super::{Layer, Measured, instruction};
use crate::failure::Failure;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Read;

/// No archive has more parts, no description of an image is larger, nor all of them; no image has more layers (the engine's own
/// limit is 127).
const MAX_PARTS: usize = 20_000;
const MAX_JSON: u64 = 16 << 20;
const MAX_DESCRIPTIONS: u64 = 64 << 20;
const MAX_LAYERS: usize = 500;
/// Indexes of indexes end here.
const MAX_DEPTH: usize = 4;

/// What is known of a part.
enum Part {
    /// The text of a description.
    Json(Vec<u8>),
    /// A layer.
    Layer {
        listing: Listing,
        /// Its bytes here, if they are compressed.
        compressed: Option<u64>,
    },
    /// It stands for another one.
    Link(String),
    /// It is of no use, for a reason.
    Useless(Failure),
}

/// Which parts make the image.
struct Plan {
    name: Option<String>,
    others: usize,
    /// The digest that a registry would give for it.
    digest: Option<String>,
    config: String,
    layers: Vec<String>,
}

/// Measures the first image of an archive.
///
/// # Errors
/// It is no such archive, a part of it is missing, broken or beyond a limit, or cannot be read. Nothing is guessed then.
pub fn read(file: impl Read) -> Result<Measured, Failure> {
    let archive = Archive::read(file)?;
    let plan = archive.plan()?;
    if plan.layers.len() > MAX_LAYERS {
        return Err(Failure::new(format!("the image has more than {MAX_LAYERS} layers")));
    }
    // Nothing is no image: it would be within every budget.
    if plan.layers.is_empty() {
        return Err(Failure::new("the image has no layers"));
    }
    let mut description: Description = archive.json(&plan.config)?;
    // The engine loads no image of which a layer is missing or too many (moby `image/tarexport/load.go`).
    if let Some(described) = description.layers().filter(|count| *count != plan.layers.len()) {
        let here = plan.layers.len();
        let message = format!("the image has {here} layers here, and its configuration has {described}");
        return Err(Failure::new(message));
    }
    let steps = description.history.take().unwrap_or_default();
    let mut instructions = steps
        .into_iter()
        .filter(|step| step.empty_layer != Some(true))
        .map(|step| instruction(&step.created_by.unwrap_or_default()));
    let mut ids = description.layer_ids().into_iter();
    let (mut tree, mut room) = (Tree::default(), Room::default());
    let mut layers = Vec::new();
    let mut system = None;
    let mut listings = Vec::new();
    for (number, name) in plan.layers.iter().enumerate() {
        let (listing, compressed) = archive
            .layer(name)
            .map_err(|failure| failure.of(format_args!("layer {} of {}", number + 1, plan.layers.len())))?;
        // One layer may be named many times.
        room.entries(listing.len())?;
        tree.layer(number, listing);
        listings.push(listing);
        system = listing.system.as_ref().or(system);
        layers.push(Layer {
            id: ids.next().unwrap_or_default(),
            instruction: instructions.next().unwrap_or_default(),
            bytes: listing.bytes,
            compressed,
        });
    }
    let (doubled, doubles) = tree.doubles();
    let caches = tree.caches();
    let platform = description.platform();
    let settings = description.settings();
    let contents = Contents::of(&tree, &listings, settings.variable("PATH"));
    let (wasted, waste) = tree.waste();
    Ok(Measured {
        name: plan.name,
        others: plan.others,
        unpacked: layers.iter().map(|layer| layer.bytes).fold(0, u64::saturating_add),
        download: layers.iter().map(|layer| layer.compressed).sum(),
        layers,
        wasted,
        waste,
        doubled,
        doubles,
        caches,
        system: system.cloned(),
        id: archive.digest_of(&plan.config)?,
        digest: plan.digest,
        platform,
        settings,
        contents,
    })
}

struct Archive {
    parts: HashMap<String, Part>,
}

impl Archive {
    fn read(file: impl Read) -> Result<Self, Failure> {
        let broken = |_| Failure::new("it is not a valid tar archive");
        let (form, file) = look(file).map_err(|_| Failure::new("it cannot be read"))?;
        let (file, _) = unpack(form, file);
        let (file, allowance) = Metered::new(file);
        let mut reader = tar::Archive::new(file);
        let mut parts = HashMap::new();
        let mut room = Room::default();
        let mut descriptions = MAX_DESCRIPTIONS;
        for entry in reader.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            if parts.len() >= MAX_PARTS {
                return Err(Failure::new(format!("it has more than {MAX_PARTS} parts")));
            }
            let path = String::from_utf8_lossy(&entry.path_bytes())
                .trim_start_matches("./")
                .to_owned();
            let kind = entry.header().entry_type();
            if kind.is_file() {
                let size = entry.size();
                allowance.inside();
                let part = part(&path, size, &mut entry, &mut room, &mut descriptions)?;
                allowance.between(0);
                parts.insert(path, part);
            } else if kind.is_symlink()
                && let Some(target) = entry.link_name_bytes()
            {
                let target = String::from_utf8_lossy(&target).into_owned();
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let full = crate::values::path::clean(&format!("{folder}/{target}"));
                parts.insert(path, Part::Link(full.trim_start_matches('/').to_owned()));
            }
        }
        Ok(Self { parts })
    }

    /// A part; links are followed.
    fn part(&self, name: &str) -> Result<&Part, Failure> {
        let mut at = name;
        for _ in 0..8 {
            match self.parts.get(at) {
                Some(Part::Link(target)) => at = target,
                Some(Part::Useless(refused)) => return Err(refused.clone()),
                Some(part) => return Ok(part),
                None => break,
            }
        }
        Err(Failure::new(format!(
            "`{name}` is not in it: some engines save an image without its layers"
        )))
    }

    fn layer(&self, name: &str) -> Result<(&Listing, Option<u64>), Failure> {
        match self.part(name)? {
            Part::Layer { listing, compressed } => Ok((listing, *compressed)),
            _ => Err(Failure::new(format!("`{name}` is not a layer"))),
        }
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, Failure> {
        match self.part(name)? {
            Part::Json(text) => serde_json::from_slice(text).ok(),
            _ => None,
        }
        .ok_or_else(|| Failure::new(format!("`{name}` lacks a required field")))
    }

    /// The digest of a description.
    fn digest_of(&self, name: &str) -> Result<String, Failure> {
        match self.part(name)? {
            Part::Json(text) => Ok(format!("sha256:{}", hex(Sha256::digest(text)))),
            _ => Err(Failure::new(format!("`{name}` lacks a required field"))),
        }
    }

    fn plan(&self) -> Result<Plan, Failure> {
        if self.parts.contains_key("manifest.json") {
            let saved: Vec<Saved> = self.json("manifest.json")?;
            let others = saved.len().saturating_sub(1);
            let first = saved
                .into_iter()
                .next()
                .ok_or_else(|| Failure::new("it includes no image"))?;
            return Ok(Plan {
                name: first.repo_tags.and_then(|tags| tags.into_iter().next()),
                others,
                digest: None,
                config: first.config,
                layers: first.layers,
            });
        }
        if self.parts.contains_key("index.json") {
            let index: Index = self.json("index.json")?;
            return self.oci(index, 0);
        }
        Err(Failure::new(
            "it is not an image: it has neither a manifest.json nor an index.json",
        ))
    }

    /// The image of an OCI index: the one for amd64, else the first that is for any machine.
    fn oci(&self, index: Index, depth: usize) -> Result<Plan, Failure> {
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
            .ok_or_else(|| Failure::new("it includes no image"))?;
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
                return Err(Failure::new("it has too many indexes of indexes"));
            }
            let inner: Index = serde_json::from_value(any).map_err(|_| Failure::new("an index is broken"))?;
            let plan = self.oci(inner, depth + 1)?;
            return Ok(Plan {
                name: name.or(plan.name),
                digest: Some(chosen.digest),
                ..plan
            });
        }
        let manifest: Manifest = serde_json::from_value(any).map_err(|_| Failure::new("a manifest is broken"))?;
        Ok(Plan {
            name,
            others,
            digest: Some(chosen.digest),
            config: blob(&manifest.config.digest)?,
            layers: manifest
                .layers
                .iter()
                .map(|layer| blob(&layer.digest))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Reads one part to its end.
fn part(
    path: &str,
    size: u64,
    entry: &mut impl Read,
    room: &mut Room,
    descriptions: &mut u64,
) -> Result<Part, Failure> {
    let cut = || Failure::new(format!("it ends in the middle of `{path}`"));
    let wanted = path.strip_prefix("blobs/sha256/");
    let mut checked = Checked {
        inner: entry,
        bytes: 0,
        hash: wanted.map(|_| Sha256::new()),
    };
    let (form, mut file) = look(&mut checked).map_err(|_| cut())?;
    let part = match form {
        Form::Json if size > MAX_JSON || size > *descriptions => {
            Part::Useless(Failure::new(format!("`{path}` is too large")))
        }
        Form::Json => {
            *descriptions -= size;
            let mut text = Vec::new();
            file.read_to_end(&mut text).map_err(|_| cut())?;
            Part::Json(text)
        }
        Form::Gzip | Form::Zstd | Form::Tar => {
            let (layer, is_compressed) = unpack(form, &mut file);
            match Listing::read(layer, room) {
                Ok(listing) => Part::Layer {
                    listing,
                    compressed: is_compressed.then_some(size),
                },
                Err(refused) => Part::Useless(refused),
            }
        }
        Form::Other => Part::Useless(Failure::new(format!("`{path}` is not part of an image"))),
    };
    std::io::copy(&mut file, &mut std::io::sink()).map_err(|_| cut())?;
    drop(file);
    if checked.bytes < size {
        return Err(cut());
    }
    let hash = checked.hash.map(|hash| hex(hash.finalize()));
    if hash.as_deref() == wanted {
        Ok(part)
    } else {
        Ok(Part::Useless(Failure::new(format!(
            "`{path}` is not what its digest says"
        ))))
    }
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Counts what is read, and hashes it where there is something to compare with.
struct Checked<R> {
    inner: R,
    bytes: u64,
    hash: Option<Sha256>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        if let (Some(hash), Some(new)) = (&mut self.hash, buffer.get(..read)) {
            hash.update(new);
        }
        Ok(read)
    }
}

/// The path of a blob.
fn blob(digest: &str) -> Result<String, Failure> {
    match digest.split_once(':') {
        Some((algorithm, hash)) if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(format!("blobs/{algorithm}/{hash}"))
        }
        _ => Err(Failure::new("a digest in it is invalid")),
    }
}

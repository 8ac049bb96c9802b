//! What `docker buildx imagetools inspect --format '{{json .}}' IMAGE` says of an image in a registry (docker/buildx
//! `util/imagetools/printers.go`): its digest, and the configuration for each platform. Of what is in its layers it says nothing.

use super::Settings;
use super::description::Description;
use crate::failure::Failure;
use crate::order::Order as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

/// No answer is larger, nor speaks of more platforms.
const MAX_BYTES: u64 = 16 << 20;
const MAX_PLATFORMS: usize = 200;

/// An image in a registry, for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// Its digest: that of the index, where it is for several platforms.
    pub digest: String,
    /// Its platform, `linux/amd64`.
    pub platform: String,
    /// How many layers it has.
    pub layers: Option<usize>,
    /// Bytes of its layers as they are sent, where they are told.
    pub compressed: Option<u64>,
    /// What its configuration says.
    pub settings: Settings,
}

#[derive(Deserialize)]
struct Answer {
    manifest: Manifest,
    image: serde_json::Value,
}

#[derive(Deserialize)]
struct Manifest {
    digest: String,
    #[serde(default)]
    layers: Option<Vec<Sized>>,
}

#[derive(Deserialize)]
struct Sized {
    size: u64,
}

/// Reads the answer: the image for each platform, sorted by it.
///
/// # Errors
/// It is no such answer.
pub(crate) fn inspected(file: impl Read) -> Result<Vec<Inspected>, Failure> {
    let strange = || Failure::new("it is not what `docker buildx imagetools inspect --format '{{json .}}'` prints");
    let mut text = Vec::new();
    let mut limited = file.take(MAX_BYTES);
    limited.read_to_end(&mut text).map_err(Failure::from)?;
    let answer: Answer = serde_json::from_slice(&text).map_err(|_| strange())?;
    let sizes = answer.manifest.layers;
    let compressed = sizes.map(|layers| layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add));
    let one = |description: Description| Inspected {
        digest: answer.manifest.digest.clone(),
        platform: description.platform(),
        layers: description.layers(),
        compressed,
        settings: description.settings(),
    };
    // One configuration, or one for each platform by its name.
    let mut found: Vec<Inspected> = if answer.image.get("architecture").is_some_and(|value| value.is_string()) {
        vec![one(serde_json::from_value(answer.image).map_err(|_| strange())?)]
    } else {
        let all: BTreeMap<String, Description> = serde_json::from_value(answer.image).map_err(|_| strange())?;
        all.into_values().take(MAX_PLATFORMS).map(one).collect()
    };
    found.retain(|image| !image.platform.is_empty() && !image.platform.starts_with("unknown/"));
    found.order_by(|one, other| one.platform.cmp(&other.platform));
    match found.is_empty() {
        true => Err(strange()),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(image: &str) -> Result<Vec<Inspected>, Failure> {
        let manifest = r#"{"digest": "sha256:ab", "layers": [{"size": 5}, {"size": 7}]}"#;
        inspected(format!(r#"{{"name": "x", "manifest": {manifest}, "image": {image}}}"#).as_bytes())
    }

    #[test]
    fn one_platform_or_many_are_read() {
        let one = r#"{"os": "linux", "architecture": "amd64", "config": {"User": "app"}, "rootfs": {"diff_ids": ["a", "b"]}}"#;
        let found = of(one).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].digest.as_str(), found[0].platform.as_str()),
            ("sha256:ab", "linux/amd64")
        );
        assert_eq!((found[0].layers, found[0].compressed), (Some(2), Some(12)));
        assert_eq!(found[0].settings.user, "app");
        let other = r#"{"os": "linux", "architecture": "arm64", "variant": "v8"}"#;
        let many = of(&format!(r#"{{"linux/arm64/v8": {other}, "linux/amd64": {one}}}"#)).unwrap();
        let platforms: Vec<&str> = many.iter().map(|image| image.platform.as_str()).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    }

    #[test]
    fn anything_else_is_refused() {
        for image in [
            "[]",
            "{}",
            "3",
            r#"{"architecture": "amd64"}"#,
            r#"{"a": {"os": "unknown", "architecture": "unknown"}}"#,
        ] {
            assert!(of(image).is_err(), "{image}");
        }
        for text in ["", "{}", "[]", "nonsense"] {
            assert!(inspected(text.as_bytes()).is_err(), "{text}");
        }
    }
}

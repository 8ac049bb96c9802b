//! What an archive says of its images: the manifests of `docker save` and of OCI layouts, and the configuration of an image.

use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Saved {
    pub config: String,
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    pub layers: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Index {
    pub manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
pub(super) struct Manifest {
    pub config: Descriptor,
    pub layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
pub(super) struct Descriptor {
    pub digest: String,
    #[serde(default)]
    pub platform: Option<Platform>,
    #[serde(default)]
    pub annotations: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct Platform {
    pub architecture: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Description {
    pub config: Option<Config>,
    pub history: Option<Vec<Step>>,
    pub rootfs: Option<RootFs>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RootFs {
    pub diff_ids: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Config {
    pub user: Option<String>,
    pub env: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub created_by: Option<String>,
    pub empty_layer: Option<bool>,
}

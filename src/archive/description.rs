//! What an image says of itself: its configuration (OCI image specification, "Image Configuration"; health checks are Docker's own).

use super::Settings;
use crate::values::image_ref::is_digest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The configuration of an image and its history.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Description {
    config: Option<Config>,
    pub(super) history: Option<Vec<Step>>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "rootfs")]
    root: Option<Root>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    user: Option<String>,
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    healthcheck: Option<Check>,
    exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Check {
    test: Option<Vec<String>>,
}

/// One step of the history.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) created_by: Option<String>,
    pub(super) empty_layer: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Root {
    diff_ids: Option<Vec<serde_json::Value>>,
}

impl Description {
    /// `linux/amd64`, `linux/arm64/v8`; empty where it is not said.
    pub(super) fn platform(&self) -> String {
        let part = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
        let (Some(os), Some(architecture)) = (part(&self.os), part(&self.architecture)) else {
            return String::new();
        };
        match part(&self.variant) {
            // Every arm64 is one.
            Some(variant) if !(architecture == "arm64" && variant == "v8") => format!("{os}/{architecture}/{variant}"),
            _ => format!("{os}/{architecture}"),
        }
    }

    /// How many layers it says to have.
    pub(super) fn layers(&self) -> Option<usize> {
        Some(self.root.as_ref()?.diff_ids.as_ref()?.len())
    }

    /// The digests of its layers, the lowest first.
    pub(super) fn layer_ids(&self) -> Vec<String> {
        let ids = self.root.as_ref().and_then(|root| root.diff_ids.as_ref());
        let text = |id: &serde_json::Value| id.as_str().filter(|id| is_digest(id)).unwrap_or("").to_owned();
        ids.into_iter().flatten().map(text).collect()
    }

    /// Its settings.
    pub(super) fn settings(self) -> Settings {
        let config = self.config.unwrap_or_default();
        let keys = |map: Option<BTreeMap<String, _>>| map.unwrap_or_default().into_keys().collect();
        Settings {
            user: config.user.unwrap_or_default(),
            env: config.env.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            healthcheck: config.healthcheck.and_then(|check| check.test).unwrap_or_default(),
            ports: keys(config.exposed_ports),
            volumes: keys(config.volumes),
        }
    }
}

//! The variables that images set for whoever builds on them.

use super::rows;
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// The names of the variables that an image sets besides PATH, over all its tags: one that only some of them set is among
/// them. `None` for images that are not in the table.
pub(crate) fn environment(image: &ImageRef) -> Option<&'static HashSet<&'static str>> {
    static TABLE: OnceLock<HashMap<&'static str, HashSet<&'static str>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("environment.tsv"))
            .filter_map(|columns| match columns.as_slice() {
                [image, names, _source] => Some((*image, names.split(' ').filter(|name| !name.is_empty()).collect())),
                _ => None,
            })
            .collect()
    });
    if let Some(official) = image.official() {
        return table.get(official);
    }
    let registry = image.registry.as_deref().filter(|registry| *registry != "docker.io");
    let name = match registry {
        Some(registry) => format!("{registry}/{}", image.name),
        None => image.name.clone(),
    };
    table.get(name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_over_all_tags() {
        let sets = |image: &str, name: &str| environment(&ImageRef::parse(image)).map(|names| names.contains(name));
        assert_eq!(sets("node:22-slim", "NODE_VERSION"), Some(true));
        assert_eq!(sets("docker.io/library/python:3.9", "PYTHON_PIP_VERSION"), Some(true));
        assert_eq!(sets("mcr.microsoft.com/dotnet/aspnet:9.0", "APP_UID"), Some(true));
        assert_eq!(sets("alpine:3.22", "VERSION"), Some(false));
        assert_eq!(sets("acme/node:22", "NODE_VERSION"), None);
    }
}

//! Relative paths of an included or extended file, as seen from the project that takes it in (compose-go `paths/resolve.go`).

use super::paths::{is_remote, join};
use crate::parse::yaml::{Data, Value};
use std::path::Path;

/// Puts `folder` before every relative path of a document in long forms. The file of an `extends` stays as it is: it is looked
/// for from the file that names it.
pub(crate) fn rebase(document: &mut Value, folder: &Path) {
    if folder.as_os_str().is_empty() {
        return;
    }
    if let Some(services) = section(document, "services") {
        for entry in services.values_mut() {
            rebase_service(&mut entry.value, folder);
        }
    }
    for name in ["secrets", "configs"] {
        if let Some(definitions) = section(document, name) {
            for entry in definitions.values_mut() {
                at(&mut entry.value, &["file"], |value| prefix(value, folder));
            }
        }
    }
}

fn section<'a>(document: &'a mut Value, name: &str) -> Option<&'a mut crate::parse::yaml::Map> {
    document.map_mut()?.get_mut(name)?.value.map_mut()
}

fn rebase_service(service: &mut Value, folder: &Path) {
    at(service, &["build", "context"], |value| prefix(value, folder));
    at(service, &["label_file"], |value| {
        items(value, |item| prefix(item, folder))
    });
    at(service, &["env_file"], |value| {
        items(value, |item| at(item, &["path"], |path| prefix(path, folder)))
    });
    at(service, &["volumes"], |value| {
        items(value, |item| {
            if item.get("type").and_then(Value::str) == Some("bind") {
                at(item, &["source"], |source| prefix(source, folder));
            }
        });
    });
}

fn at(value: &mut Value, path: &[&str], change: impl FnOnce(&mut Value)) {
    let mut here = value;
    for key in path {
        match here.map_mut().and_then(|map| map.get_mut(*key)) {
            Some(entry) => here = &mut entry.value,
            None => return,
        }
    }
    change(here);
}

fn items(value: &mut Value, mut change: impl FnMut(&mut Value)) {
    if let Data::Seq(items) = &mut value.data {
        items.iter_mut().for_each(&mut change);
    }
}

fn prefix(value: &mut Value, folder: &Path) {
    if let Data::Str(text) = &mut value.data
        && !text.starts_with(['/', '~'])
        && !is_remote(text)
        && !text.contains("://")
    {
        *text = join(folder, text).to_string_lossy().into_owned();
        if !text.starts_with(['.', '/']) {
            text.insert_str(0, "./");
        }
    }
}

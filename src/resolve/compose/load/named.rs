//! Files by what is left of their names without a variable that nobody sets: where there is such a file, Compose reads it.

use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::paths::join;
use std::path::Path;

/// Makes such names known wherever a document names a file. `is_there` is asked with paths relative to the workspace root.
pub(super) fn settle(document: &mut Value, folder: &Path, is_there: &dyn Fn(&Path) -> bool) {
    let settle = |value: Option<&mut Value>, folder: &Path| {
        for value in value.into_iter().flat_map(leaves) {
            if let Data::Unknown { text, .. } = &value.data
                && !text.is_empty()
                && !text.ends_with('/')
                && is_there(&join(folder, text))
            {
                value.data = Data::Str(text.clone());
            }
        }
    };
    for item in document.get_mut("include").into_iter().flat_map(leaves) {
        for key in ["path", "env_file"] {
            settle(item.get_mut(key), folder);
        }
        settle(Some(item), folder);
    }
    let services = document.get_mut("services").and_then(Value::map_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        let service = &mut service.value;
        settle(
            service.get_mut("extends").and_then(|extends| extends.get_mut("file")),
            folder,
        );
        for item in service.get_mut("env_file").into_iter().flat_map(leaves) {
            settle(item.get_mut("path"), folder);
            settle(Some(item), folder);
        }
        let Some(build) = service.get_mut("build") else {
            continue;
        };
        let context = build.get("context").map_or(Some("."), Value::str);
        if let Some(context) = context.map(|context| join(folder, context)) {
            settle(build.get_mut("dockerfile"), &context);
        }
    }
}

/// The items of a list, else the value itself.
fn leaves(value: &mut Value) -> Vec<&mut Value> {
    if !matches!(value.data, Data::Seq(_)) {
        return vec![value];
    }
    match &mut value.data {
        Data::Seq(items) => items.iter_mut().collect(),
        _ => Vec::new(),
    }
}

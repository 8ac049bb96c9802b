//! `!reset` and `!override`: what a document takes away from what it goes over.

use crate::parse::yaml::{Data, Tag, Value};

/// Paths that `!reset` and `!override` take away from what a document goes over: earlier files, included files, extended
/// services.
pub(super) type Tagged = Vec<Vec<String>>;

/// Takes the tags out of a document. Reset values leave it.
pub(super) fn take_tags(document: &mut Value) -> Tagged {
    let mut found = Vec::new();
    collect_tags(document, &mut Vec::new(), &mut found);
    found
}

fn collect_tags(value: &mut Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match &mut value.data {
        Data::Map(map) => {
            map.retain(|key, entry| {
                path.push(key.clone());
                let keep = match entry.value.tag.take() {
                    Some(Tag::Reset) => {
                        found.push(path.clone());
                        false
                    }
                    Some(Tag::Override) => {
                        found.push(path.clone());
                        true
                    }
                    None => {
                        collect_tags(&mut entry.value, path, found);
                        true
                    }
                };
                path.pop();
                keep
            });
        }
        // compose-go cannot take single items away from a list: a reset item only vanishes itself.
        Data::Seq(items) => items.retain(|item| item.tag != Some(Tag::Reset)),
        _ => {}
    }
}

pub(super) fn remove_all(model: &mut Value, tagged: &Tagged) {
    for path in tagged {
        remove(model, path);
    }
}

pub(super) fn remove(value: &mut Value, path: &[String]) {
    let [front @ .., last] = path else { return };
    let mut here = value;
    for key in front {
        match here.map_mut().and_then(|map| map.get_mut(key)) {
            Some(entry) => here = &mut entry.value,
            None => return,
        }
    }
    if let Some(map) = here.map_mut() {
        map.shift_remove(last);
    }
}

//! The merge key, `<<`: what it takes, and what comes of it.

use super::{Data, Map, Tag, Value};

/// Whether `<<` takes it.
pub(super) fn can_be_merged(value: &Value) -> bool {
    let is_mapping = |value: &Value| matches!(value.data, Data::Map(_) | Data::Unknown { .. });
    is_mapping(value) || value.seq().is_some_and(|items| items.iter().all(is_mapping))
}

/// The merge key: shallow, and what is written in the mapping itself wins; of a list, the earlier wins.
pub(super) fn merge_into(map: &mut Map, merge: Value) {
    match merge.data {
        Data::Map(other) => {
            for (key, entry) in other {
                match map.get_mut(&key) {
                    Some(own) => beside(&mut own.value, entry.value),
                    None => {
                        map.insert(key, entry);
                    }
                }
            }
        }
        Data::Seq(items) => {
            for mut item in items {
                untag(&mut item);
                merge_into(map, item);
            }
        }
        _ => {}
    }
}

/// What a tag of Compose does where a mapping and what it merges have the same key: Compose takes out what is tagged `!reset` before it
/// merges, and forgets what earlier files say there in any case.
fn beside(own: &mut Value, merged: Value) {
    match (own.tag, merged.tag) {
        (Some(Tag::Reset), Some(Tag::Reset)) => {}
        (Some(Tag::Reset), _) => {
            *own = merged;
            own.tag = Some(Tag::Override);
        }
        (None, Some(_)) => own.tag = Some(Tag::Override),
        _ => {}
    }
}

/// In a list of what to merge, Compose takes out what is tagged `!reset` and does no more.
fn untag(item: &mut Value) {
    if let Data::Map(map) = &mut item.data {
        map.retain(|_, entry| entry.value.tag != Some(Tag::Reset));
        map.values_mut().for_each(|entry| entry.value.tag = None);
    }
}

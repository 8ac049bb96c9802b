//! The merge key, `<<`: what it takes, and what comes of it.

use super::{Data, Map, Value};

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
                map.entry(key).or_insert(entry);
            }
        }
        Data::Seq(items) => items.into_iter().for_each(|item| merge_into(map, item)),
        _ => {}
    }
}

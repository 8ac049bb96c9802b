//! The edits of Compose files, and of other YAML where they are about YAML alone.

mod files;
mod forms;
mod layout;
mod model;
mod order;
mod scalars;
mod shape;

use super::edit::Edit;

/// All of them.
pub(super) fn edits() -> impl Iterator<Item = &'static Edit> {
    let kinds = [
        layout::EDITS,
        order::EDITS,
        scalars::EDITS,
        shape::EDITS,
        files::EDITS,
        forms::EDITS,
    ];
    kinds.into_iter().flatten()
}

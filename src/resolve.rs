//! Trees to what will really be: Compose services as Compose merges them, stages as BuildKit builds them.

pub(crate) mod compose;
pub(crate) mod dockerignore;
pub(crate) mod glob;
pub mod stage;

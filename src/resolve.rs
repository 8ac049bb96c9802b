//! Trees to what will really be: Compose services as Compose merges them, stages as BuildKit builds them.

pub mod compose;
pub mod dockerignore;
pub mod glob;
pub mod stage;

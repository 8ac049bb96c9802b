//! Trees to what will really be: Compose services as Compose merges them, stages as BuildKit builds them.

pub mod fact;
pub mod stage;

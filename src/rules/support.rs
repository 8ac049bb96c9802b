//! What several rules need to say the same thing in the same way.

pub(super) mod image;
pub(super) mod images_used;
pub(super) mod labels;
pub(super) mod measured;
pub(super) mod networks;
pub(super) mod policies;
pub(super) mod settings;
pub(super) mod steps;
pub(super) mod sums;

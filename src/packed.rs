//! What `build.rs` packed.

use flate2::read::DeflateDecoder;
use std::io::Read;

/// A text that is there until the program ends.
pub(crate) fn text(packed: &[u8]) -> &'static str {
    let mut text = String::new();
    // It is as the build made it.
    let _ = DeflateDecoder::new(packed).read_to_string(&mut text);
    Box::leak(text.into_boxed_str())
}

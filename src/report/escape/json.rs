//! JSON that is printed to a log: the same values, with what deceives written as `\u....`.

use super::{Marker, is_deceptive};
use std::borrow::Cow;
use std::io::{self, Write};

/// Already written JSON that may be printed to a log: the same values, with what deceives written as `\u....`.
///
/// Such characters and markers can only stand inside of strings, so that no syntax is touched.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if !text.contains("##") && text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let written = json_into(text, &mut Marker::default(), |part| {
        out.push_str(part);
        Ok(())
    });
    debug_assert!(written.is_ok(), "a text in memory takes everything");
    Cow::Owned(out)
}

/// Lets JSON through to a log as [`json`] does, while it is written.
pub(crate) struct JsonLog<'a> {
    out: &'a mut dyn Write,
    marker: Marker,
}

impl<'a> JsonLog<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            marker: Marker::default(),
        }
    }
}

impl Write for JsonLog<'_> {
    /// Takes whole characters, as a writer of JSON gives them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        json_into(text, &mut self.marker, |part| self.out.write_all(part.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Gives the text on in parts, with what deceives written as `\u....`.
fn json_into(text: &str, marker: &mut Marker, mut give: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    // Nearly everything: nothing of a marker came before, none begins, and no other character deceives.
    if marker.is_idle() && !text.bytes().any(|byte| byte == b'#' || byte >= 0x7f) {
        return give(text);
    }
    // C0 characters are JSON's own blanks here: inside of strings they are escaped already.
    let deceives = |c: char| u32::from(c) >= 0x7f && is_deceptive(c);
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if marker.completes(c) || deceives(c) {
            give(text.get(done..at).unwrap_or(""))?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                give(&format!("\\u{unit:04x}"))?;
            }
            done = at + c.len_utf8();
        }
    }
    give(text.get(done..).unwrap_or(""))
}

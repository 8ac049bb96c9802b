//! Bytes from the disk: regular files below the root, up to a size.

use super::beneath::Found;
use super::{MAX_BYTES, Workspace};
use crate::failure::Failure;
use crate::resolve::compose::load::Missing;
use std::fs::File;
use std::io::Read;
use std::path::Path;

impl Workspace {
    /// A file below the root, named without links, as text.
    pub(super) fn read(&self, real: &Path) -> Result<String, Missing> {
        let bytes = self.bytes(real)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Missing::Unreadable(format!(
                "it is larger than {} MiB",
                MAX_BYTES >> 20
            )));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Missing::Unreadable("it is UTF-16: save it as UTF-8".to_owned()));
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.contains('\0') => {
                Err(Missing::Unreadable("it is binary: it includes NUL bytes".to_owned()))
            }
            Ok(text) if is_pointer(&text) => Err(Missing::Unreadable(
                "it is a Git LFS pointer: fetch the content with `git lfs pull`".to_owned(),
            )),
            Ok(text) => Ok(text),
            Err(error) => Err(Missing::Unreadable(format!(
                "it is not UTF-8 (byte {})",
                error.utf8_error().valid_up_to()
            ))),
        }
    }

    /// A regular file below the root, named without links: at most one byte more than is ever judged.
    fn bytes(&self, real: &Path) -> Result<Vec<u8>, Missing> {
        match self.ground.find(real).map_err(unreadable)? {
            Found::File(file) => start(file, MAX_BYTES + 1).map_err(unreadable),
            Found::Folder => Err(Missing::Absent),
            Found::Other => Err(no_regular_file()),
        }
    }

    /// A file below the root as it is, text or not, links followed: to see what kind of file it is. It is not kept, and nothing is noted.
    ///
    /// # Errors
    /// As for [`Self::source`], but for what is no text.
    pub(crate) fn glance(&self, path: &Path) -> Result<String, Missing> {
        let bytes = self.bytes(&self.real(path)?)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The beginning of a regular file below the root, as far as it is text; links are not followed. It is not kept.
    pub fn peek(&self, path: &Path, bytes: u64) -> Option<String> {
        let start = start(self.file(path).ok()?, bytes).ok()?;
        Some(String::from_utf8_lossy(&start).into_owned())
    }

    /// A regular file below the root, to be read as it is; links are not followed.
    ///
    /// # Errors
    /// It is not there, leads out of the root, is no regular file, or cannot be read.
    pub fn file(&self, path: &Path) -> Result<File, Missing> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Missing::Absent);
        };
        match self.ground.find(&self.locate(folder)?.join(name)) {
            Ok(Found::File(file)) => Ok(file),
            Ok(Found::Folder | Found::Other) => Err(no_regular_file()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Missing::Absent),
            Err(error) => Err(unreadable(error)),
        }
    }
}

fn start(file: File, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(bytes).read_to_end(&mut start)?;
    Ok(start)
}

fn no_regular_file() -> Missing {
    Missing::Unreadable("it is not a regular file".to_owned())
}

/// Whether a text is what Git LFS leaves in place of a file (its specification: a first line with the version).
pub(crate) fn is_pointer(text: &str) -> bool {
    [
        "version https://git-lfs.github.com/spec/",
        "version https://hawser.github.com/spec/",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

/// It is there and the operating system refuses to read it.
pub(super) fn unreadable(error: std::io::Error) -> Missing {
    Missing::Unreadable(Failure::from(error).to_string())
}

//! Paths as Compose files write them: local ones, cleaned, and ones that Compose would fetch.

use std::path::{Component, Path, PathBuf};

/// Whether Compose would fetch it: Git and OCI references (docker/compose `pkg/remote`), and URLs.
pub(crate) fn is_remote(text: &str) -> bool {
    [
        "oci://",
        "git://",
        "ssh://",
        "http://",
        "https://",
        "git@",
        "github.com/",
    ]
    .iter()
    .any(|prefix| text.starts_with(prefix))
        || text.contains(".git#")
}

/// A path from a folder, cleaned; it may begin with `..`.
pub(crate) fn join(folder: &Path, path: &str) -> PathBuf {
    clean(&folder.join(path))
}

/// The folder of a file; empty for one in the root.
pub(crate) fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let goes_up = matches!(out.components().next_back(), None | Some(Component::ParentDir));
                if goes_up {
                    out.push("..");
                } else {
                    out.pop();
                }
            }
            part => out.push(part),
        }
    }
    out
}

/// The way from one folder to another, both relative to the root: `../common`.
pub(crate) fn relative(to: &Path, from: &Path) -> PathBuf {
    let to: Vec<_> = to.components().collect();
    let from: Vec<_> = from.components().collect();
    let same = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let mut out = PathBuf::new();
    for _ in same..from.len() {
        out.push("..");
    }
    for part in to.iter().skip(same) {
        out.push(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_related() {
        assert_eq!(join(Path::new("a/b"), "../c/./d"), PathBuf::from("a/c/d"));
        assert_eq!(join(Path::new(""), "../x"), PathBuf::from("../x"));
        assert_eq!(join(Path::new("a"), "/etc/x"), PathBuf::from("/etc/x"));
        assert_eq!(
            relative(Path::new("a/common"), Path::new("a/app")),
            PathBuf::from("../common")
        );
        assert_eq!(relative(Path::new("a"), Path::new("a")), PathBuf::from(""));
    }
}

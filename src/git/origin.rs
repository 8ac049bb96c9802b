//! Whose repository it is, by the remote `origin`.

use std::io::Read;
use std::path::Path;

/// A configuration is smaller.
const MAX_BYTES: u64 = 64 * 1024;

/// The owner and the name of the repository at `root`, as its remote `origin` has them (`https://github.com/OWNER/NAME`,
/// `git@host:OWNER/NAME`).
pub(crate) fn origin(root: &Path) -> Option<(String, String)> {
    let path = root.join(".git/config");
    path.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut text = String::new();
    std::fs::File::open(path)
        .ok()?
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .ok()?;
    of_url(url(&text)?)
}

fn url(config: &str) -> Option<&str> {
    let mut lines = config
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[remote \"origin\"]")
        .skip(1);
    let own = lines.by_ref().take_while(|line| !line.starts_with('['));
    let mut values = own.filter_map(|line| line.strip_prefix("url")?.trim_start().strip_prefix('='));
    values.next().map(str::trim)
}

fn of_url(url: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = url.trim_end_matches('/').split(['/', ':']).collect();
    let is_remote = url.contains("://") && !url.starts_with("file:") || url.contains('@');
    let [.., host, owner, name] = parts.as_slice() else {
        return None;
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    (is_remote && !host.is_empty() && !owner.is_empty()).then(|| ((*owner).to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remote_names_the_owner_and_the_repository() {
        for (wanted, line) in [
            (Some(("acme", "shop")), "url = https://github.com/acme/shop.git"),
            (Some(("acme", "shop")), "url=git@gitlab.example.com:acme/shop.git"),
            (Some(("acme", "shop")), "url = ssh://git@host:22/acme/shop"),
            (None, "url = /srv/git/acme/shop"),
            (None, "url = ../shop.git"),
            (None, "fetch = +refs/heads/*:refs/remotes/origin/*"),
        ] {
            let config =
                format!("[core]\n\tbare = false\n[remote \"origin\"]\n\t{line}\n[branch \"main\"]\n\turl = x\n");
            let found = url(&config).and_then(of_url);
            let found = found.as_ref().map(|(owner, name)| (owner.as_str(), name.as_str()));
            assert_eq!(found, wanted, "{line}");
        }
    }
}

//! Whose repository it is, by the remote `origin`.

use std::io::Read;
use std::path::Path;

/// A configuration is smaller.
const MAX_BYTES: u64 = 64 * 1024;

/// The owner of the repository at `root`, as its remote `origin` names it (`https://github.com/OWNER/NAME`, `git@host:OWNER/NAME`).
pub(crate) fn owner(root: &Path) -> Option<String> {
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

fn of_url(url: &str) -> Option<String> {
    let parts: Vec<&str> = url.trim_end_matches('/').split(['/', ':']).collect();
    let is_remote = url.contains("://") && !url.starts_with("file:") || url.contains('@');
    let [.., host, owner, _] = parts.as_slice() else {
        return None;
    };
    (is_remote && !host.is_empty() && !owner.is_empty()).then(|| (*owner).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remote_names_the_owner() {
        for (wanted, line) in [
            (Some("acme"), "url = https://github.com/acme/shop.git"),
            (Some("acme"), "url=git@gitlab.example.com:acme/shop.git"),
            (Some("acme"), "url = ssh://git@host:22/acme/shop"),
            (None, "url = /srv/git/acme/shop"),
            (None, "url = ../shop.git"),
            (None, "fetch = +refs/heads/*:refs/remotes/origin/*"),
        ] {
            let config =
                format!("[core]\n\tbare = false\n[remote \"origin\"]\n\t{line}\n[branch \"main\"]\n\turl = x\n");
            assert_eq!(url(&config).and_then(of_url).as_deref(), wanted, "{line}");
        }
    }
}

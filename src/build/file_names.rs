//! What the name of a source says of it.

use crate::values::path::name;

/// The name of a source that is most likely a file: it has an ending.
pub(super) fn file_name(source: &str) -> Option<&str> {
    let file = name(source);
    let dot = file.rfind('.')?;
    (dot > 0 && dot + 1 < file.len() && !file.contains(['*', '?', '[', '$']) && !source.contains("://")).then_some(file)
}

/// The name of the file that a URL names; a repository is a folder.
pub(super) fn file_of_url(source: &str) -> Option<&str> {
    let (_, rest) = source.split_once("://")?;
    let file = name(rest.split(['?', '#']).next()?);
    (rest.contains('/') && !file.is_empty() && !file.contains('$') && !file.ends_with(".git")).then_some(file)
}

/// Whether a source is most likely a file.
pub(super) fn looks_like_file(source: &str) -> bool {
    file_name(source).is_some()
}

/// Whether a name is one of a small text file.
pub(super) fn looks_little(file: &str) -> bool {
    const ENDINGS: &str = "bash bashrc cfg conf config crt csproj default gradle ini json kts list lock lua md mod patch pl \
        properties props py rb repo service sh sum toml tpl txt xml yaml yml";
    // Inits of a few kilobytes.
    const PROGRAMS: [&str; 4] = ["dumb-init", "su-exec", "tini", "tini-static"];
    PROGRAMS.contains(&file)
        || file
            .rsplit_once('.')
            .is_some_and(|(_, ending)| ENDINGS.split(' ').any(|known| known == ending))
}

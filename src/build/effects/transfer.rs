//! What a COPY or ADD brings, source by source.

use super::{Source, Target, Transfer};
use crate::fact::Fact;
use crate::parse::dockerfile::Transfer as Words;
use crate::resolve::stage::Transferred;
use crate::values::path::clean;

/// The effects of a COPY or ADD with so many heredocs.
pub(super) fn read<'a>(
    transfer: &'a Transferred,
    words: &Words,
    heredocs: usize,
    workdir: Option<&String>,
) -> impl Iterator<Item = Transfer> + use<'a> {
    let to = match (&transfer.destination, transfer.target.value()) {
        (Fact::Known(path), _) => Target::Path(path.value.clone()),
        (Fact::Absent, Some(target)) => Target::Base(match clean(target).as_str() {
            "." => String::new(),
            path => path.to_owned(),
        }),
        _ => Target::Anywhere,
    };
    let several = transfer.sources.len() + heredocs > 1;
    let is_workdir = transfer.destination.value().is_some_and(|path| Some(path) == workdir);
    let into = transfer.into_folder || several || is_workdir;
    let parents = words.parents;
    let named = transfer
        .sources
        .iter()
        .map(|source| Source::Named(source.value().cloned()));
    named
        .chain((0..heredocs).map(Source::Heredoc))
        .map(move |source| Transfer {
            source,
            to: to.clone(),
            into,
            parents,
        })
}

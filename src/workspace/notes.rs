//! What is said of files that are not judged.

use super::Workspace;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::parse::Problem;
use crate::source::Span;
use std::path::Path;

impl Workspace {
    /// Adds something that is wrong with a file.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Says of a link to a file that git ignores that the file is not here: where the repository is used, somebody makes it.
    pub(super) fn note_ignored_target(&mut self, path: &Path) {
        let source = self.sources.add(path, String::new());
        let message = "this link points to a file that git ignores and that is not in this checkout";
        let finding = Finding::new(Span::new(source, 0, 0), message)
            .help("create the file before the check, so that it can be checked")
            .severity(Severity::Note);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }

    /// Notes that a file or folder below the root was not judged.
    pub(crate) fn note(&mut self, path: &Path, message: &str, help: &str) {
        // The root itself has no name.
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let source = self.sources.add(path, String::new());
        let finding = Finding::new(Span::new(source, 0, 0), message).help(help);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }

    /// Says of a file that could be read that it is not judged, and why: a note at one of its lines (from 1).
    pub(crate) fn leave_out(&mut self, path: &Path, line: usize, message: &str) {
        let Ok(source) = self.source(path) else { return };
        let text = &self.sources.get(source).text;
        let start: usize = text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let end = text
            .get(start..)
            .and_then(|rest| rest.lines().next())
            .map_or(start, |line| start + line.len());
        let finding = Finding::new(Span::new(source, start, end), message)
            .help("check the files that it is rendered to")
            .severity(Severity::Note);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }
}

//! An entrypoint that only says again what the base image starts.

use super::Subject;
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::parse::dockerfile::Kind;
use crate::values::image_ref::ImageRef;

/// The script of official images.
const SCRIPT: &str = "docker-entrypoint.sh";

impl Subject<'_> {
    /// Whether the stage starts the script of the official image that it stands on, and brings none of its own.
    pub(super) fn repeats_entrypoint(&self) -> bool {
        let ImageSource::Built { plan, file } = &self.container.image else {
            return false;
        };
        let is_official = self
            .container
            .image
            .root()
            .is_some_and(|image| ImageRef::parse(image).official().is_some());
        let command = self.container.image.stage().and_then(|stage| stage.entrypoint.value());
        let is_it = command.is_some_and(|command| match command.words.as_slice() {
            [only] => only.value == SCRIPT,
            _ => false,
        });
        // Where the shell looks for it, another one may stand: then it is not known which one starts.
        const PLACES: [&str; 7] = [
            "/",
            "/bin",
            "/sbin",
            "/usr/bin",
            "/usr/sbin",
            "/usr/local/bin",
            "/usr/local/sbin",
        ];
        let brings = |fact: &Fact<String>| {
            let is_one =
                |path: &String| path.contains(SCRIPT) || PLACES.contains(&path.trim_end_matches('/')) || path == "/";
            fact.value().is_none_or(is_one)
        };
        let is_replaced = || {
            let copied = plan
                .transfers
                .iter()
                .any(|copy| copy.sources.iter().any(brings) || brings(&copy.destination));
            let made = file.ast.instructions.iter().any(|instruction| match &instruction.kind {
                Kind::Run(run) => run.command.text.text.contains("entrypoint"),
                Kind::Env(pairs) => pairs.iter().any(|pair| pair.key.value == "PATH"),
                _ => false,
            });
            copied || made
        };
        is_official && is_it && !is_replaced()
    }
}

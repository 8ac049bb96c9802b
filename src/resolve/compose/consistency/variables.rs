//! The variables of a service: its files of them, and the items of `environment`.

use super::Checker;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::parse::yaml::Value;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::service::Service;
use std::path::Path;

/// Whether a file of variables is one that everybody makes for themselves, by its name: `.env`, `.db.env`.
fn is_personal(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env" || name.starts_with('.') && name.ends_with(".env")
}

impl Checker<'_> {
    pub(super) fn env_files(&mut self, service: &Service) {
        if self.project.is_overlay {
            return;
        }
        for file in &service.env_files {
            let Some(path) = file.path.value() else { continue };
            if !file.required || path.starts_with(['/', '~']) {
                continue;
            }
            let place = join(&self.project.folder, path);
            if !path.is_empty() && self.files.exists(&place) != Some(false) {
                continue;
            }
            // One file, one finding.
            if !self.absent.insert(place.clone()) {
                continue;
            }
            let message = format!(
                "`{}` needs the env file `{path}`, which does not exist",
                service.name.value
            );
            let mut finding = Finding::new(file.span, message).aspect(format!("env_file:{path}"));
            if self.files.ignored(&place) {
                finding = finding
                    .severity(Severity::Note)
                    .help("git ignores it, so it may exist where this runs");
            } else if self.files.made(&place) {
                finding = finding
                    .severity(Severity::Note)
                    .help("a script or document of the repository creates it: add it to .gitignore");
            } else if let Some(template) = self.template_of(&place) {
                finding = finding
                    .severity(Severity::Note)
                    .help(format!("copy it from `{template}`"));
            } else if path.rsplit('/').next() == Some("stack.env") {
                finding = finding.severity(Severity::Note).help(
                    "Portainer writes it when it deploys the stack; elsewhere write `{path: stack.env, required: false}`",
                );
            } else if is_personal(path) {
                // Nobody commits such a file; that git does not ignore it is what can be mended, once.
                let severity = if self.has_personal {
                    Severity::Note
                } else {
                    Severity::Warning
                };
                self.has_personal = true;
                let name = path.rsplit('/').next().unwrap_or(path);
                finding = finding.severity(severity).help(format!(
                    "add `{name}` to .gitignore and commit an example of it (`{name}.example`), or write `{{path: ..., required: false}}`"
                ));
            } else {
                finding = finding.help("commit it, or write `{path: ..., required: false}`");
            }
            self.problem(ReaderRule::UndefinedReference, finding);
        }
    }

    /// An example of a missing file beside it.
    fn template_of(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let stem = name.trim_start_matches('.');
        let mut names: Vec<String> = [".example", ".sample", ".dist", ".template"]
            .iter()
            .map(|suffix| format!("{name}{suffix}"))
            .collect();
        names.extend(
            ["example", "sample", "dist", "template"]
                .iter()
                .map(|word| format!("{stem}.{word}")),
        );
        names
            .into_iter()
            .find(|candidate| self.files.exists(&path.with_file_name(candidate)) == Some(true))
    }

    pub(super) fn environment(&mut self, service: &Service) {
        for item in service.written(&["environment"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some((name, _)) = item.str().and_then(|text| text.split_once('='))
                && name.ends_with(char::is_whitespace)
            {
                let message = format!(
                    "`{}` declares the variable `{}` with a space after its name",
                    service.name.value,
                    name.trim_end()
                );
                let finding = Finding::new(item.span, message).help("delete the space before `=`: Compose refuses it");
                self.problem(ReaderRule::WrongComposeType, finding.aspect("environment"));
            }
        }
    }
}

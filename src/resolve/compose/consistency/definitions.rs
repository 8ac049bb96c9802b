//! Secrets, configs and volumes at the top of a file, and the files that they name.

use super::Checker;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Definition;

impl Checker<'_> {
    pub(super) fn secret(&mut self, secret: &Definition) {
        if secret.raw.map().is_none() || is_external(&secret.raw) {
            return;
        }
        let has = |key: &str| secret.raw.get(key).is_some_and(|value| value.str() != Some(""));
        let name = &secret.name.value;
        if has("file") && has("environment") {
            let finding = Finding::new(
                secret.name.span,
                format!("secret `{name}` has both a file and a variable"),
            )
            .help("keep one of them");
            self.problem(ReaderRule::WrongComposeType, finding);
        } else if !has("file") && !has("environment") {
            let finding = Finding::new(
                secret.name.span,
                format!("secret `{name}` sets neither `file` nor `environment`"),
            )
            .help("say where the value comes from");
            self.problem(ReaderRule::WrongComposeType, finding);
        }
    }

    /// Unlike with a secret, an empty value is one.
    pub(super) fn config(&mut self, config: &Definition) {
        if config.raw.map().is_none() || is_external(&config.raw) {
            return;
        }
        let sources: Vec<&Value> = ["file", "environment", "content"]
            .iter()
            .filter_map(|key| config.raw.get(key))
            .collect();
        let name = &config.name.value;
        let finding = match sources.as_slice() {
            [_] => return,
            [] if config.raw.get("external").is_some() => return,
            [] => Finding::new(
                config.name.span,
                format!("config `{name}` sets none of `file`, `environment` and `content`"),
            )
            .help("say where the value comes from"),
            [first, second, ..] => Finding::new(
                second.span,
                format!("config `{name}` sets more than one of `file`, `environment` and `content`"),
            )
            .related(first.span, "here too")
            .help("keep one of them"),
        };
        self.problem(ReaderRule::WrongComposeType, finding.aspect(format!("configs.{name}")));
    }

    /// An external volume is taken as it is: Compose refuses it with settings of its own (networks are not checked so).
    pub(super) fn external_volume(&mut self, volume: &Definition) {
        let flagged = volume
            .raw
            .get("external")
            .is_some_and(|value| value.data == Data::Bool(true));
        let own = volume.raw.map().into_iter().flatten().find(|(key, entry)| {
            !matches!(key.as_str(), "external" | "name") && !key.starts_with("x-") && !entry.value.is_null()
        });
        if let (true, Some((key, entry))) = (flagged, own) {
            let message = format!("the volume `{}` is external and also sets `{key}`", volume.name.value);
            let finding =
                Finding::new(entry.key, message).help("delete its settings: an external volume already exists");
            self.problem(
                ReaderRule::WrongComposeType,
                finding.aspect(format!("volumes.{}", volume.name.value)),
            );
        }
    }

    /// Compose accepts a missing file of a secret, and it is rightly not committed: only a note.
    pub(super) fn definition_file(&mut self, kind: &str, definition: &Definition) {
        let Some(file) = definition.raw.get("file") else { return };
        let Some(path) = file
            .str()
            .filter(|path| !path.is_empty() && !path.starts_with(['/', '~']))
        else {
            return;
        };
        let place = join(&self.project.folder, path);
        if self.files.exists(&place) == Some(false) {
            let finding = Finding::new(
                file.span,
                format!(
                    "the file of the {kind} `{}` does not exist: `{path}`",
                    definition.name.value
                ),
            )
            .help("it must exist when the service starts")
            .severity(Severity::Note)
            .aspect(format!("{kind}:{}", definition.name.value));
            self.problem(ReaderRule::UndefinedReference, finding);
        }
    }
}

fn is_external(raw: &Value) -> bool {
    match raw.get("external").map(|value| &value.data) {
        Some(Data::Bool(flag)) => *flag,
        Some(Data::Map(_) | Data::Unknown { .. }) => true,
        _ => false,
    }
}

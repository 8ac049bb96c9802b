//! `skaffold.yaml`: its artifacts that Docker or Kaniko builds (skaffold.dev/docs/references/yaml).

use super::{File, dockerfile, path};
use crate::fact::{Fact, Sourced};
use crate::parse::yaml::{Value, YamlFile};
use crate::repository::recipe::Recipe;
use crate::resolve::compose::paths::parent;
use crate::source::Spanned;

/// Builders that read no Dockerfile.
const OTHERS: [&str; 6] = ["bazel", "buildpacks", "custom", "jib", "jibMaven", "ko"];

pub(super) fn read(yaml: &YamlFile, file: &File<'_>, _: &mut Vec<Spanned<String>>) -> Vec<Recipe> {
    let mut found = Vec::new();
    for document in yaml.documents.iter().filter(|document| is_skaffold(document)) {
        let profiles = document.get("profiles").and_then(Value::seq).unwrap_or(&[]);
        for part in std::iter::once(document).chain(profiles) {
            let artifacts = part.at(&["build", "artifacts"]).and_then(Value::seq).unwrap_or(&[]);
            found.extend(artifacts.iter().filter_map(|artifact| artifact_of(artifact, file)));
        }
    }
    found
}

fn is_skaffold(document: &Value) -> bool {
    let version = document.get("apiVersion").and_then(Value::str);
    version.is_some_and(|version| version.starts_with("skaffold/"))
}

fn artifact_of(artifact: &Value, file: &File<'_>) -> Option<Recipe> {
    let image = artifact.get("image")?;
    if OTHERS.iter().any(|other| artifact.get(other).is_some()) {
        return None;
    }
    let builder = artifact.get("docker").or(artifact.get("kaniko"));
    let written = |value: Option<&Value>| match value.map(|value| (value, value.scalar_text())) {
        None => Fact::Absent,
        Some((value, Some(text))) if !text.contains("{{") => Fact::Known(Sourced::known(text, value.span)),
        Some((value, _)) => Fact::unknown("a template fills it in", value.span),
    };
    let of_builder = |name: &str| written(builder.and_then(|builder| builder.get(name)));
    let context = path(&parent(file.path), &written(artifact.get("context")), ".", image.span);
    let args = builder
        .and_then(|builder| builder.get("buildArgs"))
        .and_then(Value::map);
    let args = args.into_iter().flatten();
    Some(Recipe {
        name: format!("the artifact `{}`", image.str().unwrap_or_default()),
        place: image.span,
        file: file.path.to_path_buf(),
        dockerfile: dockerfile(&context, None, &of_builder("dockerfile"), image.span),
        context,
        target: of_builder("target"),
        args: args
            .map(|(name, entry)| (name.clone(), written(Some(&entry.value))))
            .collect(),
        contexts: Vec::new(),
        platforms: Fact::Absent,
        ships: true,
        is_certain: true,
    })
}

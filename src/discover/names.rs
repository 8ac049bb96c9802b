//! What the name of a file says about it.

/// The names that Compose looks for, first one first (compose-go `cli/options.go`).
pub(super) const BASE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
/// The overrides that Compose adds to the base, first one first.
pub(super) const OVERRIDE: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Endings of a name with `Dockerfile` in it that make it something else: templates, documents, programs, pictures, archives, leftovers.
const OTHER_ENDINGS: [&str; 69] = [
    "j2", "jinja", "jinja2", "tmpl", "templ", "tpl", "template", "erb", "mustache", "hbs", "in", "m4", "md", "mdx",
    "txt", "rst", "adoc", "html", "pdf", "sh", "bash", "ps1", "py", "pyi", "pyc", "go", "js", "mjs", "ts", "tsx",
    "jsx", "rb", "rs", "java", "class", "kt", "scala", "c", "h", "cc", "cpp", "cs", "php", "pl", "lua", "vim", "el",
    "css", "json", "toml", "xml", "yaml", "yml", "png", "jpg", "jpeg", "gif", "svg", "ico", "gz", "tgz", "zip", "tar",
    "jar", "orig", "rej", "bak", "swp", "lock",
];

/// Words of names that people give a Compose file which they name by `-f`: `production.yml`, `local.yml`, `services.prod.yml`.
const DEPLOYED: [&str; 22] = [
    "containers",
    "deploy",
    "deployment",
    "dev",
    "development",
    "docker",
    "infra",
    "infrastructure",
    "local",
    "prod",
    "production",
    "project",
    "qa",
    "server",
    "service",
    "services",
    "stage",
    "staging",
    "swarm",
    "test",
    "testing",
    "tests",
];

/// What a name makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A Dockerfile.
    Dockerfile,
    /// A Dockerfile, if the first instruction is one that a Dockerfile begins with.
    LikeDockerfile,
    /// A Dockerfile, if the whole first instruction is one that a builder takes.
    PerhapsDockerfile,
    /// A Compose file, unless it holds something else.
    Compose,
    /// A Compose file, if it holds one.
    PerhapsCompose,
    /// Seldom a Compose file: only if each of its services says what it runs.
    SeldomCompose,
    /// Variables for Compose.
    Variables,
    /// With `Dockerfile` in it, and something else by this ending.
    Other(&'a str),
}

/// Whether a name says nothing, as most do: the quick answer for [`read`] and [`is_recipe`].
fn says_nothing(name: &str) -> bool {
    let name = name.as_bytes();
    let ends = |ending: &[u8]| {
        let start = name.len().checked_sub(ending.len());
        start
            .and_then(|start| name.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let has = |word: &[u8]| {
        let is_first = |byte: &u8| word.first().is_some_and(|first| byte.eq_ignore_ascii_case(first));
        let mut windows = name.windows(word.len());
        windows.any(|window| window.first().is_some_and(is_first) && window.eq_ignore_ascii_case(word))
    };
    let endings: [&[u8]; 5] = [b".env", b".yml", b".yaml", b".json", b".hcl"];
    !endings.iter().any(|ending| ends(ending)) && !has(b"docker") && !has(b"container")
}

/// Whether a file of this name may say how images are built.
pub(super) fn is_recipe(name: &str) -> bool {
    if says_nothing(name) {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    let is_yaml = || lower.ends_with(".yml") || lower.ends_with(".yaml");
    lower.ends_with("bake.hcl")
        || lower.starts_with("docker-bake") && (lower.ends_with(".hcl") || lower.ends_with(".json"))
        || matches!(lower.as_str(), "devcontainer.json" | ".devcontainer.json")
        || lower.starts_with("skaffold") && is_yaml()
        || lower.starts_with(".gitlab-ci.") && is_yaml()
}

/// What the name of a file says; `None` where it says nothing.
pub(super) fn read(name: &str) -> Option<Name<'_>> {
    if says_nothing(name) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if lower == ".env" {
        return Some(Name::Variables);
    }
    if let Some(stem) = lower.strip_suffix(".yaml").or_else(|| lower.strip_suffix(".yml")) {
        let rest = stem
            .strip_prefix("docker-compose")
            .or_else(|| stem.strip_prefix("compose"));
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])) {
            return Some(Name::Compose);
        }
        if stem.contains("compose") || stem.contains("stack") {
            return Some(Name::PerhapsCompose);
        }
        if stem.split(['.', '-', '_']).any(|word| DEPLOYED.contains(&word)) {
            return Some(Name::SeldomCompose);
        }
    }
    // JSON is YAML, and `-f` takes it.
    if lower.ends_with(".json") && lower.contains("compose") {
        return Some(Name::SeldomCompose);
    }
    let is = |word: &str| {
        let starts = lower
            .strip_prefix(word)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'));
        (
            lower == word,
            starts || lower.ends_with(&format!(".{word}")),
            lower.contains(word),
        )
    };
    let (docker, container) = (is("dockerfile"), is("containerfile"));
    if docker.0 || container.0 {
        return Some(Name::Dockerfile);
    }
    if !(docker.2 || container.2) || lower.ends_with("dockerignore") {
        return None;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if OTHER_ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
        return Some(Name::Other(ending));
    }
    Some(match docker.1 || container.1 {
        true => Name::LikeDockerfile,
        false => Name::PerhapsDockerfile,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_where_they_can() {
        for (wanted, names) in [
            (
                Some(Name::Dockerfile),
                &["Dockerfile", "Containerfile", "dockerfile"][..],
            ),
            (
                Some(Name::LikeDockerfile),
                &[
                    "api.Dockerfile",
                    "Dockerfile.dev",
                    "Dockerfile.alpine-3.20",
                    "x.containerfile",
                ],
            ),
            (
                Some(Name::PerhapsDockerfile),
                &[
                    "Dockerfile-x",
                    "x-Dockerfile",
                    "Dockerfile_x",
                    "Dockerfile2",
                    "api.Dockerfile-dev",
                    "Dockerfile.",
                ],
            ),
            (Some(Name::Other("j2")), &["Dockerfile.j2", "Dockerfile-x.j2"]),
            (Some(Name::Other("py")), &["dockerfile_parse.py"]),
            (
                Some(Name::Compose),
                &[
                    "compose.yaml",
                    "docker-compose.yml",
                    "compose.prod.yaml",
                    "docker-compose-dev.yml",
                    "compose_x.yml",
                ],
            ),
            (
                Some(Name::SeldomCompose),
                &[
                    "production.yml",
                    "local.yaml",
                    "services.prod.yml",
                    "compose.json",
                    "composer.json",
                ],
            ),
            (
                Some(Name::PerhapsCompose),
                &[
                    "composer.yaml",
                    "my-compose.yml",
                    "app.compose.yml",
                    "docker-stack.yml",
                    "stack.yaml",
                ],
            ),
            (
                None,
                &[
                    "Dockerfile.dockerignore",
                    "README.md",
                    "package.json",
                    "values.yaml",
                    "docker",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(read(name), wanted, "{name}");
            }
        }
    }
}

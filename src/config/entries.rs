//! The lists of `plimsoll.yaml`: the keys of an entry, a row each.

use super::key::{Entry, Key, Takes};
use super::{Assignment, DeclaredContext, DeclaredImage, DeclaredSet, Ignore, ImagePlace};
use crate::parse::yaml::Value;
use crate::source::{Span, Spanned};

impl Entry for Assignment {
    const LIST: &'static str = "assign";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "services",
            takes: Takes::Globs(|entry, globs| entry.services = globs),
            default: "with no `dockerfiles` either, everything",
            doc: "Names of services.",
            example: "assign:\n  - {services: [\"*-db\", postgres], profile: database}\n",
        },
        Key {
            name: "dockerfiles",
            takes: Takes::Globs(|entry, globs| entry.dockerfiles = globs),
            default: "with no `services` either, everything",
            doc: "Paths of Dockerfiles, and so the services that build them. `*` stays within a folder, `**` does not.",
            example: "assign:\n  - {dockerfiles: [\"services/browser/**\"], profile: browser}\n",
        },
        Key {
            name: "profile",
            takes: Takes::Text(|entry, name| entry.profile = name),
            default: "none: it is required",
            doc: "The profile, a built-in one or one of `profiles`; or `auto`, which is `database`, `browser`, \
                  `translation` or `filesystem` depending on the image, name, ports and limits of the service. \
                  `default` where none of these fits; `--show SERVICE` and `plimsoll config` show the reason.",
            example: "assign:\n  - {profile: translation}\n",
        },
        Key {
            name: "final",
            takes: Takes::Flag(|entry, flag| entry.is_final = flag),
            default: "`false`",
            doc: "Prevents a Compose service from choosing another profile with `x-plimsoll`.",
            example: "assign:\n  - {profile: translation, final: true}\n",
        },
    ];

    fn at(span: Span) -> Self {
        Self {
            services: Vec::new(),
            dockerfiles: Vec::new(),
            profile: Spanned::new(String::new(), span),
            is_final: false,
            span,
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        item.get("profile")
            .is_none()
            .then_some(("a profile", "add `profile: ...`"))
    }
}

impl Entry for DeclaredSet {
    const LIST: &'static str = "compose";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "files",
            takes: Takes::Texts(|set, files| set.files = files),
            default: "none: it is required",
            doc: "The files relative to the root, later ones over earlier ones.",
            example: "compose:\n  - {files: [compose.yaml, compose.prod.yaml]}\n",
        },
        Key {
            name: "profiles",
            takes: Takes::Texts(|set, names| set.profiles = names.into_iter().map(|name| name.value).collect()),
            default: "without profiles, and with each single one",
            doc: "The Compose profiles that are active; `\"*\"` is all of them.",
            example: "compose:\n  - {files: [compose.yaml], profiles: [debug]}\n",
        },
        Key {
            name: "env-file",
            takes: Takes::Text(|set, file| set.env_file = Some(file)),
            default: "`.env` beside the first file",
            doc: "The file of variables, relative to the root.",
            example: "compose:\n  - {files: [compose.yaml], env-file: .env.ci}\n",
        },
    ];

    fn at(_: Span) -> Self {
        Self {
            files: Vec::new(),
            env_file: None,
            profiles: Vec::new(),
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        let has_files = item.get("files").is_some_and(|files| files.seq() != Some(&[]));
        (!has_files).then_some(("its files", "add `files: [compose.yaml, ...]`"))
    }
}

impl Entry for DeclaredContext {
    const LIST: &'static str = "contexts";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "dockerfile",
            takes: Takes::Path(|entry, path| entry.dockerfile = path),
            default: "none: it is required",
            doc: "The Dockerfile.",
            example: "contexts:\n  - {dockerfile: docker/api.Dockerfile, context: api}\n",
        },
        Key {
            name: "context",
            takes: Takes::Path(|entry, path| entry.context = path.value),
            default: "none: it is required",
            doc: "The folder that it is built in.",
            example: "contexts:\n  - {dockerfile: docker/api.Dockerfile, context: .}\n",
        },
    ];

    fn at(span: Span) -> Self {
        Self {
            dockerfile: Spanned::new(String::new(), span),
            context: String::new(),
            span,
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        (item.get("dockerfile").is_none() || item.get("context").is_none()).then_some((
            "a Dockerfile and its context",
            "write `{dockerfile: api/Dockerfile, context: .}`",
        ))
    }
}

impl Entry for DeclaredImage {
    const LIST: &'static str = "images";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "service",
            takes: Takes::Text(|entry, name| {
                entry.unit = name;
                entry.is_service = true;
            }),
            default: "none: this or `dockerfile` is required",
            doc: "The service whose image it is.",
            example: "images:\n  - {service: api, image: \"acme/api:ci\"}\n",
        },
        Key {
            name: "dockerfile",
            takes: Takes::Path(|entry, path| entry.unit = path),
            default: "none: this or `service` is required",
            doc: "The Dockerfile that makes it.",
            example: "images:\n  - {dockerfile: api/Dockerfile, image: \"acme/api:ci\"}\n",
        },
        Key {
            name: "image",
            takes: Takes::Text(|entry, name| entry.place = Spanned::new(ImagePlace::Engine(name.value), name.span)),
            default: "none: this or `archive` is required",
            doc: "Its name in the engine. A service that only names this image is checked against what the Dockerfile builds.",
            example: "images:\n  - {service: api, image: \"acme/api:ci\"}\n",
        },
        Key {
            name: "archive",
            takes: Takes::Path(|entry, path| entry.place = Spanned::new(ImagePlace::Archive(path.value), path.span)),
            default: "none: this or `image` is required",
            doc: "A `docker save` archive or an OCI layout.",
            example: "images:\n  - {service: api, archive: api.tar}\n",
        },
    ];

    fn at(span: Span) -> Self {
        Self {
            unit: Spanned::new(String::new(), span),
            is_service: false,
            place: Spanned::new(ImagePlace::Engine(String::new()), span),
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        let has_one = |one: &str, other: &str| item.get(one).is_some() != item.get(other).is_some();
        (!has_one("service", "dockerfile") || !has_one("image", "archive")).then_some((
            "a service or a Dockerfile, and an image or an archive",
            "write `{dockerfile: api/Dockerfile, image: \"acme/api:ci\"}` or `{service: api, archive: api.tar}`",
        ))
    }
}

impl Entry for Ignore {
    const LIST: &'static str = "ignore";
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "rule",
            takes: Takes::Own("the name of a rule, or a list of names", |reader, entry, key, value| {
                let names = match value.seq() {
                    Some(_) => reader.texts(value, key),
                    None => reader
                        .text(value, key)
                        .map(|name| Spanned::new(name, value.span))
                        .into_iter()
                        .collect(),
                };
                for name in names {
                    if !reader.is_rule(&name.value, name.span) {
                        continue;
                    }
                    match entry.rule.value.is_empty() {
                        true => entry.rule = name,
                        false => entry.more.push(name),
                    }
                }
            }),
            default: "none: it is required",
            doc: "The rule whose findings are not reported, or several.",
            example: "ignore:\n  - {rule: root-user, reason: the vendor's image steps down itself}\n",
        },
        Key {
            name: "paths",
            takes: Takes::Globs(|entry, globs| entry.paths = globs),
            default: "everywhere",
            doc: "Paths of the files that the findings are in.",
            example: "ignore:\n  - {rule: writable-root, paths: [\"legacy/**\"], reason: vendor image writes to /}\n",
        },
        Key {
            name: "services",
            takes: Takes::Globs(|entry, globs| entry.services = globs),
            default: "every service",
            doc: "Names of the services that the findings are about.",
            example: "ignore:\n  - {rule: writable-root, services: [legacy], reason: it writes to /}\n",
        },
        Key {
            name: "reason",
            takes: Takes::Text(|entry, text| entry.reason = text.value),
            default: "none; `ignore-without-reason` reports it",
            doc: "Why, for the next reader.",
            example: "ignore:\n  - {rule: writable-root, reason: tracked as issue 42}\n",
        },
        Key {
            name: "until",
            takes: Takes::Date(|entry, date| entry.until = Some(date)),
            default: "for ever",
            doc: "The last day on which it applies. From the next day on its findings are reported again, and `expired-ignore` too.",
            example: "ignore:\n  - {rule: writable-root, reason: being replaced, until: 2027-03-31}\n",
        },
    ];

    fn at(span: Span) -> Self {
        Self {
            rule: Spanned::new(String::new(), span),
            more: Vec::new(),
            paths: Vec::new(),
            services: Vec::new(),
            reason: String::new(),
            until: None,
            span,
        }
    }

    fn lack(item: &Value) -> Option<(&'static str, &'static str)> {
        let is_named = |rule: &Value| rule.seq().is_none_or(|rules| !rules.is_empty());
        let named = item.get("rule").is_some_and(is_named);
        (!named).then_some(("a rule", "add `rule: ...`"))
    }
}

//! The keys of `plimsoll.yaml` itself, a row each.

use super::key::{Key, Takes};
use super::profiles::{HOST, PROJECT};
use super::{Config, Ignore, Label, Level};
use crate::finding::Severity;
use crate::parse::yaml::{Data, Value};
use crate::source::Spanned;

/// The keys of the file itself.
pub(crate) static TOP: &[Key<Config>] = &[
    Key {
        name: "version",
        takes: Takes::Own("`1`", |reader, _, _, value| {
            if value.data != Data::Int(1) {
                reader.mistake(value.span, "the version must be 1", "write `version: 1`");
            }
        }),
        default: "`1`",
        doc: "The version of this format.",
        example: "version: 1\n",
    },
    Key {
        name: "extends",
        // Put together before anything is read.
        takes: Takes::Own(
            "a path, relative to the root: a file, or a folder with a `plimsoll.yaml`",
            |_, _, _, _| {},
        ),
        default: "nothing but the built-in profiles",
        doc: "The configuration that this one starts with, a file or a folder with a `plimsoll.yaml`: one for \
              several projects of a repository, or that of a policy repository that is checked out below the root. \
              Mappings are merged key by key, for everything else this file takes precedence. With `--config-from` \
              it is that of the base as well.",
        example: "extends: policy/base.yaml\nprofiles:\n  api: {memory: 96MiB}\n",
    },
    Key {
        name: "final",
        takes: Takes::Texts(|_, _| {}),
        default: "everything can be changed",
        doc: "Keys that an extending configuration must not set: `registries`, or `profiles.api.memory`.",
        example: "registries: [docker.io/library]\nfinal: [registries, never-ignore]\n",
    },
    Key {
        name: "rules-version",
        takes: Takes::Own("a year and a month, `YYYY.MM`", |reader, config, key, value| {
            config.rules_version = reader.version(value, key);
        }),
        default: "the rules of the program that runs",
        doc: "The version of the rules that this file was written for: rules that are newer, or have a higher \
              severity since, only report notes until you raise it. `plimsoll explain RULE` shows the version that \
              added a rule.",
        example: "rules-version: 2026.11\n",
    },
    Key {
        name: "fail-on",
        takes: Takes::Word(&["error", "warning", "note", "never"], |config, word| {
            config.fail_on = severity(word);
        }),
        default: "`error`",
        doc: "The least severity that fails the gate. `--fail-on` overrides it.",
        example: "fail-on: warning\n",
    },
    Key {
        name: "fail-on-undecided",
        takes: Takes::Flag(|config, flag| config.fail_on_undecided = flag),
        default: "`false`",
        doc: "Fails the gate if a budget or requirement depends on a value that the files do not give: \
              `undecided-value` is then an error, not a warning. So does an image whose size is only an estimate, with bounds on \
              both sides of its budget.",
        example: "fail-on-undecided: true\nprofiles:\n  api: {require: [memory]}\nassign:\n  - {profile: api}\n",
    },
    Key {
        name: "profiles",
        takes: Takes::Own("a mapping of names to profiles", |reader, config, _, value| {
            reader.profiles(value, config);
        }),
        default: "the five built-in profiles",
        doc: "Budgets and requirements for one kind of service. The name of a built-in profile changes single budgets of it; another \
              name makes a profile of its own, which starts with the budgets of `default` unless it `extends` another one.",
        example: "profiles:\n  translation: {memory: 96MiB}\n  api: {extends: translation, image-size: 80MB, harden: [non-root]}\n",
    },
    Key {
        name: "assign",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.assign = reader.each(value);
        }),
        default: "every service and Dockerfile has the profile `default`",
        doc: "Which services and Dockerfiles have which profile. The first matching entry is used; `x-plimsoll: \
              {profile: ...}` in a Compose service overrides all of them, unless the entry is `final`.",
        example: "assign:\n  - {services: [\"*-db\", postgres], profile: database}\n  - {profile: translation}\n",
    },
    Key {
        name: "project",
        takes: Takes::Own("a mapping of budgets", |reader, config, _, value| {
            reader.keys(value, "`project`", PROJECT, &mut config.project);
        }),
        default: "no budget",
        doc: "Budgets for the sum of limit times replicas over each run of a Compose set: without profiles, and with each single one.",
        example: "project: {memory: 2GiB, cpus: 2}\n",
    },
    Key {
        name: "host",
        takes: Takes::Own("a mapping of budgets", |reader, config, _, value| {
            reader.keys(value, "`host`", HOST, &mut config.host);
        }),
        default: "no budget",
        doc: "What the host has for each project. The sum of limit times replicas must fit on it; `--show SERVICE` \
              shows how many more replicas fit.",
        example: "host: {memory: 8GiB, cpus: 4}\n",
    },
    Key {
        name: "registries",
        takes: Takes::Own(
            "a list of registries, each with as many folders as you like",
            |reader, config, key, value| config.registries = Some(reader.registries(value, key)),
        ),
        default: "images may come from everywhere",
        doc: "Where images may come from, in Compose files and Dockerfiles. `docker.io/library` are the official \
              images; the mirrors `mirror.gcr.io` and `public.ecr.aws/docker/library` count as Docker Hub. Any other \
              registry is an error (`registry-not-allowed`).",
        example: "registries: [docker.io/library, ghcr.io/acme, \"*.dkr.ecr.eu-central-1.amazonaws.com\"]\n",
    },
    Key {
        name: "labels",
        takes: Takes::Own("a mapping of labels to patterns", |reader, config, _, value| {
            for (name, entry) in reader.entries(value, "`labels`", &[]) {
                let pattern = reader.text_glob(&entry.value, name);
                config.labels.extend(pattern.map(|pattern| Label {
                    name: Spanned::new(name.to_owned(), entry.key),
                    pattern,
                }));
            }
        }),
        default: "no label is required",
        doc: "Labels that every image built here must have, by `LABEL` or `build.labels`, with a pattern for the \
              value (`\"*\"` is any value that is not empty). Labels of the base image describe the base image and \
              are not used. A missing label or another value is an error (`missing-label`).",
        example: "labels: {org.opencontainers.image.source: \"https://*\", org.opencontainers.image.vendor: Acme}\n",
    },
    Key {
        name: "policy",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.policy = reader.each(value);
        }),
        default: "no rule of your own",
        doc: "Your own rules about the resolved containers: see `docs/policies.md`. Violations are `policy-violated`.",
        example: "policy:\n  - {name: small-databases, when: {image: \"*/postgres:*\"}, require: {memory: <= 1GiB}}\n",
    },
    Key {
        name: "compose",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.compose = reader.each(value);
        }),
        default: "the sets that Compose itself would find",
        doc: "Further combinations of Compose files, merged in this order as with `docker compose -f A -f B`.",
        example: "compose:\n  - {files: [compose.yaml, compose.prod.yaml], profiles: [\"*\"], env-file: .env.ci}\n",
    },
    Key {
        name: "contexts",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.contexts = reader.each(value);
        }),
        default: "the folder of the Dockerfile, or one that has what it copies",
        doc: "The build context of a Dockerfile that no Compose service builds.",
        example: "contexts:\n  - {dockerfile: docker/api.Dockerfile, context: .}\n",
    },
    Key {
        name: "catalogue",
        takes: Takes::Path(|config, path| config.catalogue = Some(path)),
        default: "the built-in catalogue alone",
        doc: "A table of base images of your own with their sizes: columns `image`, `tag`, `size_mb` and, if you like, `like` for the \
              official image that it is made from, separated by tabs.",
        example: "catalogue: images.tsv\n",
    },
    Key {
        name: "baseline",
        takes: Takes::Path(|config, path| config.baseline = Some(path)),
        default: "`plimsoll.baseline`, where there is one",
        doc: "A file of known findings that are not reported again, written by `plimsoll check --write-baseline`.",
        example: "baseline: plimsoll.baseline\n",
    },
    Key {
        name: "usage",
        takes: Takes::Path(|config, path| config.usage = Some(path)),
        default: "no record",
        doc: "What running containers used, as `plimsoll usage --record` wrote it: the figures for `start-up`, `response-time`, `idle-cpu` \
              and `idle-memory`.",
        example: "usage: usage.jsonl\n",
    },
    Key {
        name: "images",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.images = reader.each(value);
        }),
        default: "the images that the Compose files name, in the engine",
        doc: "The built image of a service or Dockerfile, so that its size is measured instead of estimated.",
        example: "images:\n  - {dockerfile: api/Dockerfile, image: \"acme/api:ci\"}\n",
    },
    Key {
        name: "rules",
        takes: Takes::Own(
            "a mapping of rules to `off`, `note`, `warning` or `error`",
            |reader, config, _, value| {
                for (name, entry) in reader.entries(value, "`rules`", &[]) {
                    if reader.is_rule(name, entry.key)
                        && let Some(level) = level(reader, name, &entry.value)
                    {
                        config.rules.insert(name.to_owned(), level);
                    }
                }
            },
        ),
        default: "the severities that `plimsoll rules` lists",
        doc: "The severity of single rules, everywhere.",
        example: "rules: {writable-root: warning, base-image-without-digest: note, distribution-upgraded: \"off\"}\n",
    },
    Key {
        name: "ignore",
        takes: Takes::Own("a list of entries", |reader, config, _, value| {
            config.ignore = reader.each(value).into_iter().flat_map(Ignore::apart).collect();
        }),
        default: "nothing is ignored",
        doc: "Findings that are not reported. An entry that hides nothing is reported.",
        example: "ignore:\n  - {rule: writable-root, paths: [\"legacy/**\"], reason: vendor image writes to /, until: 2027-03-01}\n",
    },
    Key {
        name: "never-ignore",
        takes: Takes::Own("a list of rules", |reader, config, key, value| {
            for name in reader.texts(value, key) {
                if reader.is_rule(&name.value, name.span) {
                    config.never_ignore.push(name);
                }
            }
        }),
        default: "comments can hide every rule",
        doc: "Rules that comments in checked files cannot hide. `ignore:` in this file still can.",
        example: "never-ignore: [privileged-service, engine-socket-mounted]\n",
    },
    Key {
        name: "exclude",
        takes: Takes::Globs(|config, globs| config.exclude = globs),
        default: "every file that is found is checked",
        doc: "Files and folders that are not searched for Dockerfiles and Compose files; the number of excluded \
              files is reported. Files that a Compose file builds or includes are still read, and so are those on \
              the command line. `--exclude` adds to it.",
        example: "exclude: [\"examples/**\", old]\n",
    },
    Key {
        name: "vendored",
        takes: Takes::Own(
            "a list of names or patterns of folders",
            |reader, config, key, value| {
                let globs = reader.globs(value, key);
                config.vendored = Some(globs.iter().map(|glob| glob.glob().glob().to_owned()).collect());
            },
        ),
        default: "`vendor`, `node_modules`, `third_party`, `third-party`, `3rdparty`, `testdata`, `test-data`, `test_data`, `testfiles*`, `test-fixtures`, `test_fixtures`, `fixtures`, `__fixtures__`",
        doc: "Folders of third-party and test files: a finding there is at most a note, unless a Compose file \
              outside builds, includes, extends or lists the file, a path on the command line is in the folder, or \
              the rule is in `never-ignore`. The word `gitattributes` adds what `.gitattributes` marks with \
              `linguist-vendored`; `linguist-generated` does not count.",
        example: "vendored: [vendor, gitattributes]\n",
    },
    Key {
        name: "remote",
        takes: Takes::Globs(|config, globs| config.remote = globs),
        default: "a remote file is an error",
        doc: "Trusted files of `include` and `extends` that are remote or outside the repository: nothing in them is \
              checked, and `undecided-value` is a warning instead of an error.",
        example: "remote: [\"https://github.com/acme/*\"]\n",
    },
    Key {
        name: "x-notes",
        takes: Takes::Own("anything", |_, _, _, _| {}),
        default: "nothing",
        doc: "For your own anchors and notes. Plimsoll ignores it.",
        example: "x-notes: &small {memory: 64MiB}\nprofiles: {cache: *small}\n",
    },
];

fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "note" => Some(Severity::Note),
        _ => None,
    }
}

/// What a rule weighs. YAML 1.2 has `off` as a string; people also write it as a boolean.
fn level(reader: &mut super::read::Reader<'_>, rule: &str, value: &Value) -> Option<Level> {
    if value.data == Data::Bool(false) {
        return Some(Level::Off);
    }
    let word = reader.word(value, rule, &["off", "note", "warning", "error"])?;
    Some(severity(word).map_or(Level::Off, Level::At))
}

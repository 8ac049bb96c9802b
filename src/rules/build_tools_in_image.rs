mod needed;
mod split;

use super::{Check, Group};
use crate::build::{Action, JudgedFile, Manager, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;
use std::collections::HashMap;

rule! {
    /// A compiler is installed into the image that ships.
    ///
    /// ## Why it matters
    /// Compilers and their headers are big, and handy for whoever breaks in. Build in an earlier stage and copy the result,
    /// or take them away in the RUN that installed them: a later RUN gives no bytes back.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.12-slim
    /// RUN apt-get update \
    ///     && apt-get install -y --no-install-recommends gcc libpq-dev \  # <- here
    ///     && rm -rf /var/lib/apt/lists/*
    /// COPY requirements.txt .
    /// RUN pip install --no-cache-dir -r requirements.txt
    /// CMD ["gunicorn", "app:app"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.12-alpine AS build
    /// RUN apk add --no-cache gcc musl-dev
    /// COPY requirements.txt .
    /// RUN pip install --no-cache-dir --target=/packages -r requirements.txt
    /// FROM python:3.12-alpine
    /// COPY --from=build /packages /packages
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12-alpine
    /// RUN apk add --no-cache --virtual .build gcc musl-dev \
    ///     && pip install --no-cache-dir uvloop \
    ///     && apk del .build
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends build-essential kmod \
    ///     && rm -rf /var/lib/apt/lists/*
    /// COPY . /src
    /// RUN make -C /src/tools install
    /// ENTRYPOINT ["/src/load-module"]
    /// ```
    ///
    /// ## Notes
    /// Silent where the base image has a compiler anyway (full images of languages), where nothing in the stage uses it,
    /// where the command that ships is a build itself, and beside what kernel modules are built with: that happens on the
    /// host that runs the container, for its kernel.
    ///
    /// `plimsoll fix --unsafe` splits a stage that installs packages of pip, uv, npm, yarn, pnpm, Bundler or RubyGems, and
    /// builds nothing else.
    RULE {
        name: "build-tools-in-image",
        group: Group::Size,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

/// What Debian 12 installs for a package and everything that it needs beyond a minimal system, in MB of 10^6 bytes
/// (Installed-Size of deb-package-sizes.tsv: `gcc=4:12.2.0-3`, `build-essential=12.9`).
const SIZES: [(&str, u32); 2] = [("build-essential", 323), ("gcc", 180)];

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let builds = builds(file);
    // Whether a compiler in a stage may be for the program that ships, by the stage.
    let mut wanted: HashMap<usize, bool> = HashMap::new();
    let mut apart: HashMap<usize, Vec<Change>> = HashMap::new();
    for step in file.run_steps() {
        if step.stage_use != StageUse::Ships {
            continue;
        }
        let Some(stage) = file.plan.stages.get(step.stage) else {
            continue;
        };
        let is_for_later = *wanted.entry(step.stage).or_insert_with(|| {
            builds || has_compiler(stage) || makes_kernel_modules(file, step.stage) || !is_used(file, step.stage)
        });
        if is_for_later || is_removed(step) {
            continue;
        }
        for (index, command) in &step.packages {
            if command.action != Action::Install {
                continue;
            }
            let Some(written) = step.commands().get(*index) else {
                continue;
            };
            let Some(word) = written
                .arguments()
                .iter()
                .find(|word| is_compiler(command.manager, &word.text))
            else {
                continue;
            };
            let name = &word.text;
            // A later step that takes it away leaves its bytes, which `late-cleanup` says.
            let mut later = file.run_steps().iter().filter(|later| later.stage == step.stage);
            if later.any(|later| later.instruction > step.instruction && removes(later, name)) {
                continue;
            }
            let size = SIZES
                .iter()
                .find(|(known, _)| command.manager == Manager::Apt && known == name)
                .map_or(String::new(), |(_, size)| {
                    format!(" (about {size} MB with its dependencies)")
                });
            let changes = apart
                .entry(step.stage)
                .or_insert_with(|| split::split(file, step.stage, repository).unwrap_or_default());
            let message = format!(
                "{} ships with the compiler that `{name}`{size} installs",
                file.stage_name(step.stage)
            );
            let mut finding = Finding::new(word.span, message)
                .help("install it in an earlier stage and use `COPY --from` for its output, or remove it in this RUN")
                .related(stage.from, "the final stage")
                .aspect(format!("{} {name}", command.program))
                .with_care();
            finding.changes.clone_from(changes);
            found.push(finding);
        }
    }
}

fn is_compiler(manager: Manager, name: &str) -> bool {
    let name = name.split(['=', ':']).next().unwrap_or(name);
    let versioned = |base: &str| {
        name.strip_prefix(base).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        })
    };
    match manager {
        Manager::Apt => versioned("gcc") || versioned("g++") || name == "build-essential",
        Manager::Apk => matches!(name, "gcc" | "g++" | "build-base" | "alpine-sdk"),
        Manager::Dnf | Manager::Zypper => matches!(name, "gcc" | "gcc-c++"),
        _ => false,
    }
}

/// Whether a step takes a package away by its name.
fn removes(step: &RunStep, name: &str) -> bool {
    step.packages.iter().any(|(index, package)| {
        let written = step.commands().get(*index);
        let words = written.map_or(&[][..], |command| command.arguments());
        package.action == Action::Remove && words.iter().any(|word| word.text == *name)
    })
}

/// Whether the same RUN takes packages away again: which ones is not followed.
fn is_removed(step: &RunStep) -> bool {
    step.commands().iter().any(|command| {
        let arguments = command.arguments();
        let is = |words: &[&str]| arguments.iter().any(|word| words.contains(&word.text.as_str()));
        match command.program() {
            Some("apt-get" | "apt" | "aptitude") => is(&["purge", "remove", "autoremove", "auto-remove"]),
            Some("apk") => is(&["del"]),
            Some("dnf" | "yum" | "microdnf" | "zypper" | "dnf5" | "tdnf") => {
                is(&["remove", "erase", "autoremove", "rm", "history"])
            }
            Some("dpkg" | "rpm") => is(&["-P", "--purge", "-r", "-e", "--remove"]),
            _ => false,
        }
    }) || step.script.is_none()
}

/// Whether the image at the root is an official one with the tools that build what a language needs.
pub(super) fn is_full_image(stage: &Stage) -> bool {
    let Base::Image(Fact::Known(name)) = &stage.root_image else { return false };
    let others = ["gradle", "haskell", "maven", "swift"];
    let official = ImageRef::parse(&name.value).official().map(|name| others.contains(&name));
    official == Some(false) && has_compiler(stage)
}

/// Whether the image at the root has a compiler by itself, as the full images of languages do (buildpack-deps).
fn has_compiler(stage: &Stage) -> bool {
    let Base::Image(Fact::Known(name)) = &stage.root_image else {
        return false;
    };
    let image = ImageRef::parse(&name.value);
    let tag = image.tag.as_deref().unwrap_or("");
    let small = tag.contains("slim") || tag.contains("alpine");
    match image.official() {
        Some("python" | "node" | "ruby") => !small,
        Some(
            "golang" | "rust" | "gcc" | "buildpack-deps" | "swift" | "haskell" | "maven" | "gradle" | "perl" | "erlang"
            | "elixir",
        ) => true,
        Some(_) => false,
        None => ["devel", "build", "dev", "sdk"]
            .iter()
            .any(|word| tag.contains(word) || image.name.contains(word)),
    }
}

/// Whether the stage builds something once, with what a language's package manager or a makefile runs. A compiler that
/// nothing uses in the build may be there for the program that ships.
fn is_used(file: &JudgedFile, stage: usize) -> bool {
    let mut steps = file.run_steps().iter().filter(|step| step.stage == stage);
    steps.any(uses_compiler)
}

/// Whether a step builds something, as far as its programs tell.
fn uses_compiler(step: &RunStep) -> bool {
    let installs = step.packages.iter().any(|(_, command)| {
        let is_of_language = matches!(command.manager, Manager::Pip | Manager::Npm | Manager::Yarn | Manager::Composer);
        command.action == Action::Install && is_of_language
    });
    let builders = ["make", "cmake", "configure", "gcc", "g++", "gem", "bundle", "cargo", "poetry", "uv", "pipenv"];
    let mut programs = step.commands().iter().filter_map(|command| command.program());
    installs || programs.any(|program| builders.contains(&program))
}

/// Whether the stage installs what kernel modules are built and loaded with.
fn makes_kernel_modules(file: &JudgedFile, stage: usize) -> bool {
    let mut steps = file.run_steps().iter().filter(|step| step.stage == stage);
    steps.any(|step| {
        step.packages.iter().any(|(index, command)| {
            let written = step.commands().get(*index).map(|command| command.arguments());
            command.action == Action::Install
                && written
                    .into_iter()
                    .flatten()
                    .any(|word| matches!(word.text.as_str(), "dkms" | "kmod") || word.text.starts_with("linux-headers"))
        })
    })
}

/// Whether building is what the image is for.
fn builds(file: &JudgedFile) -> bool {
    let path = file.file.path.to_ascii_lowercase();
    if ["devcontainer", "build", "dev", "ci/", "test", "sdk", "toolchain", "packag", "fpm/", "lint"]
        .iter()
        .any(|word| path.contains(word))
    {
        return true;
    }
    let Some(stage) = file.plan.shipped() else { return true };
    let name = stage.name.as_ref().map_or("", |name| name.value.as_str());
    if ["dev", "build", "compile", "test", "sdk", "ci"]
        .iter()
        .any(|word| name.contains(word))
    {
        return true;
    }
    let words = [stage.entrypoint.value(), stage.cmd.value()];
    let mut starts_something = false;
    for command in words.into_iter().flatten() {
        starts_something = true;
        let text = &command.text.text;
        let tools = [
            "make",
            "gcc",
            "g++",
            "cargo",
            "go run",
            "go test",
            "cmake",
            "/bin/bash",
            "\"bash\"",
            "\"sh\"",
            "clang",
        ];
        if tools.iter().any(|tool| text.contains(tool)) || text.trim() == "bash" {
            return true;
        }
    }
    // Without a command it is a base or a tool box.
    !starts_something
}

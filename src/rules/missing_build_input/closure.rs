//! `pip install --no-deps -r LIST`, where the list names a package and not what that imports.

use super::is_unconditional;
use crate::build::{JudgedFile, Manager, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::shell::Command;
use crate::resolve::stage::Base;

/// Packages of PyPI, and what each has required in every release that people still install (`requires_dist` of their metadata).
const REQUIRES: [(&str, &[&str]); 15] = [
    ("aiohttp", &["multidict", "yarl"]),
    ("boto3", &["botocore", "s3transfer"]),
    ("celery", &["billiard", "kombu", "vine"]),
    ("django", &["asgiref", "sqlparse"]),
    ("fastapi", &["pydantic", "starlette"]),
    ("flask", &["jinja2", "werkzeug", "click", "itsdangerous"]),
    ("httpx", &["httpcore", "certifi", "idna"]),
    ("jinja2", &["markupsafe"]),
    ("kombu", &["amqp", "vine"]),
    ("pandas", &["numpy", "python_dateutil"]),
    ("requests", &["certifi", "idna", "urllib3"]),
    ("scikit_learn", &["joblib", "numpy", "scipy"]),
    ("scipy", &["numpy"]),
    ("starlette", &["anyio"]),
    ("uvicorn", &["click", "h11"]),
];

pub(super) fn open(file: &JudgedFile, step: &RunStep) -> Option<Finding> {
    let context = file.context.as_ref().filter(|context| context.is_certain())?;
    let listed = &context.requirements;
    if listed.others || step.stage_use == StageUse::Unused {
        return None;
    }
    let (_, command) = step
        .commands()
        .iter()
        .enumerate()
        .find(|(number, command)| is_bare(command) && is_unconditional(step, *number, command))?;
    if brings_more(file, step, command) {
        return None;
    }
    let option = command.arguments().iter().find(|word| word.text == "--no-deps")?;
    let (package, missing) = REQUIRES.iter().find_map(|(package, requires)| {
        let missing = requires.iter().find(|required| !listed.packages.contains(**required))?;
        listed.packages.contains(*package).then_some((package, missing))
    })?;
    let message = format!("`--no-deps` installs `{package}` without its dependency `{missing}`");
    Some(
        Finding::new(option.span, message)
            .help(format!("remove `--no-deps`, or list everything: `pip freeze > requirements.txt` where `{package}` works"))
            .severity(Severity::Warning)
            .aspect(format!("RUN {} --no-deps", step.instruction)),
    )
}

/// Whether a command installs what lists of the context name, and nothing that those packages need.
fn is_bare(command: &Command) -> bool {
    let arguments = command.arguments();
    let has = |text: &str| arguments.iter().any(|word| word.text == text);
    let is_plain = arguments.iter().all(|word| !word.dynamic && !word.text.contains("://"));
    let moves = ["--target", "-t", "--prefix", "--root"];
    matches!(command.program(), Some("pip" | "pip3"))
        && has("install")
        && has("--no-deps")
        && (has("-r") || has("--requirement"))
        && is_plain
        && !moves.iter().any(|option| has(option))
}

/// Whether anything else may bring Python packages into the stage.
fn brings_more(file: &JudgedFile, step: &RunStep, own: &Command) -> bool {
    let lineage = file.plan.lineage(step.stage);
    let is_python = lineage.iter().all(|index| {
        let root = file.plan.stages.get(*index).map(|stage| &stage.root_image);
        matches!(root, Some(Base::Image(Fact::Known(name))) if file.images.get(&name.value).official() == Some("python"))
    });
    let mut others = file.run_steps().iter().filter(|other| lineage.contains(&other.stage));
    let installs = others.any(|other| {
        other.script.is_none()
            || other.packages.iter().any(|(at, package)| {
                let is_own = other.commands().get(*at).is_some_and(|command| command.span == own.span);
                let is_python = package.names().any(|name| name.starts_with("py3-") || name.starts_with("python3-"));
                let is_dynamic = package.dynamic && package.manager.is_of_distribution();
                !is_own && (matches!(package.manager, Manager::Pip | Manager::Conda) || is_python || is_dynamic)
            })
            || ["poetry", "uv ", "pipenv", "easy_install", "setup.py", "python -m", "python3 -m", "tar "].iter().any(|word| other.mentions(word))
    });
    let stages = lineage.iter().filter_map(|index| file.plan.stages.get(*index));
    let mut instructions = stages.flat_map(|stage| file.instructions(stage));
    let copies = instructions.any(|instruction| match &instruction.kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => transfer.from.is_some() || transfer.destination.value.contains("site-packages"),
        Kind::Run(run) => !run.mounts.iter().all(|mount| mount.kind() == "cache"),
        _ => false,
    });
    !is_python || installs || copies
}

mod accounts;
mod cleanup;
mod configuration;
mod data_folder;
mod headers;
mod probe_tool;

use super::{Check, Group};
use crate::build::{JudgedFile, RunStep, StageUse};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::shell::Command;
use crate::repository::Repository;
use crate::source::Span;

rule! {
    /// A RUN changes only what ends with it, or a COPY adds a configuration that nothing reads.
    ///
    /// ## Why it matters
    /// Every RUN has a shell of its own, and what is in the image after it are files alone: the folder of `cd`, variables,
    /// aliases, limits, and programs that it started are gone. `/etc/hosts` and `/etc/resolv.conf` are the builder's while a
    /// RUN runs (BuildKit mounts them read-only), and kernel settings are the host's. A server reads its configuration where
    /// it looks for it: `redis-server` without an argument reads none, postgres that of its data folder. Cleaning a cache
    /// that `apk add --no-cache` never filled is a note, and so are the data folder of a database, which its image has and
    /// its entrypoint looks after, and `python3-dev` or `ruby-dev` in an image that has a Python or Ruby of its own: they
    /// install the headers of a second one. So are a `curl` that only the health check calls where BusyBox has `wget`, and an
    /// `/etc/passwd` that is copied into an image from `scratch` which stays root.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN cd /srv  # <- here
    /// RUN export PATH=/opt/bin:$PATH  # <- here
    /// RUN . /opt/venv/bin/activate  # <- here
    /// RUN service cron start  # <- here
    /// RUN echo "10.0.0.1 db" >> /etc/hosts  # <- here
    /// RUN sysctl -w vm.max_map_count=262144  # <- here
    /// ```
    ///
    /// ```dockerfile fail
    /// FROM redis:8-alpine
    /// COPY redis.conf /usr/local/etc/redis/redis.conf  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM redis:8-alpine
    /// COPY redis.conf /usr/local/etc/redis/redis.conf
    /// CMD ["redis-server", "/usr/local/etc/redis/redis.conf"]
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN cd /srv && touch a
    /// RUN export A=b && env > /x
    /// RUN . /etc/os-release && echo "$VERSION_ID" > /version
    /// RUN service cron start && crontab -l
    /// RUN echo vm.max_map_count=262144 > /etc/sysctl.d/x.conf
    /// ```
    RULE {
        name: "step-without-effect",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

/// Commands that do nothing by themselves.
const NEUTRAL: [&str; 6] = [":", "true", "unset", "pushd", "popd", "sleep"];

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    configuration::unread(file, repository, found);
    cleanup::of_nothing(file, found);
    data_folder::made_again(file, repository, found);
    headers::of_another(file, found);
    accounts::nobody_uses(file, repository, found);
    probe_tool::twice(file, repository, found);
    for step in file.run_steps().iter().filter(|step| step.stage_use != StageUse::Unused) {
        let aspect = format!("RUN {}", step.instruction);
        let finding = match mounted(step) {
            Some((span, message, help)) => Some(Finding::new(span, message).help(help)),
            None => lost(step).map(|(span, what, help)| {
                let message = format!("`{what}` ends with this RUN: the next step does not see it");
                let finding = Finding::new(span, message).help(help).with_care();
                match step.of(file) {
                    Some(instruction) => finding.change(Change::Lines(instruction.span)),
                    None => finding,
                }
            }),
        };
        found.extend(finding.map(|finding| finding.aspect(aspect)));
    }
}

/// A command that writes what the builder keeps for itself.
fn mounted(step: &RunStep) -> Option<(Span, String, &'static str)> {
    step.commands().iter().find_map(|command| {
        let program = command.words.first()?;
        if command.program() == Some("sysctl") {
            let sets = command.arguments().iter().any(|word| word.text.contains('=') || matches!(word.text.as_str(), "-w" | "-p"));
            let message = "`sysctl` has no effect in a build: the settings belong to the host".to_owned();
            return sets.then_some((program.span, message, "set `sysctls:` of the service, or the host's own settings"));
        }
        let (file, span) = written(command)?;
        let message = format!("changes of `{file}` are lost: BuildKit mounts it in each RUN");
        let help = match file {
            "/etc/hosts" => "set `extra_hosts:` of the service, or `--add-host`",
            _ => "set `dns:` of the service, or `--dns`",
        };
        Some((span, message, help))
    })
}

/// A file of the builder's that a command writes to.
fn written(command: &Command) -> Option<(&'static str, Span)> {
    let known = |text: &str| ["/etc/hosts", "/etc/resolv.conf"].into_iter().find(|known| *known == text);
    let redirected = command.redirections.iter().filter(|redirection| matches!(redirection.operator, ">" | ">>" | ">|"));
    if let Some(found) = redirected
        .filter_map(|redirection| Some((known(&redirection.target.text)?, redirection.target.span)))
        .next()
    {
        return Some(found);
    }
    let writes = match command.program()? {
        "tee" => true,
        "sed" => command.arguments().iter().any(|word| word.text.starts_with("-i")),
        _ => false,
    };
    let mut arguments = command.arguments().iter().filter(|_| writes);
    arguments.find_map(|word| Some((known(&word.text)?, word.span)))
}

/// What a step changes, if that is all that it does and ends with it.
fn lost(step: &RunStep) -> Option<(Span, String, &'static str)> {
    let commands = step.commands();
    let mut last = None;
    for command in commands {
        if command.conditional || command.inside.is_some() || !command.redirections.is_empty() {
            return None;
        }
        if let Some(what) = passing(command) {
            last = Some(what);
        } else if !command.words.is_empty() && !command.program().is_some_and(|program| NEUTRAL.contains(&program)) {
            return None;
        }
    }
    last
}

/// What a command changes that ends with its shell.
fn passing(command: &Command) -> Option<(Span, String, &'static str)> {
    let program = command.program()?;
    let arguments = command.arguments();
    let first = arguments.first().map_or("", |word| word.text.as_str());
    let help = match program {
        "cd" => "write `WORKDIR`",
        "export" | "declare" => "write `ENV NAME=value`",
        "alias" => "put it into the RUN that uses it",
        "ulimit" => "set `ulimits:` of the service, or put it into the RUN that needs it",
        "umask" | "set" | "shopt" => "put it into the RUN that needs it, or write `SHELL`",
        "source" | "." if is_environment(first) => "put it into the RUN that needs it, or set its variables with `ENV`",
        "service" | "rc-service" if arguments.get(1).is_some_and(|word| is_start(&word.text)) => SERVICE,
        "systemctl" if is_start(first) => SERVICE,
        _ if command.words.first()?.text.starts_with("/etc/init.d/") && is_start(first) => SERVICE,
        _ => return None,
    };
    let shown: Vec<&str> = command.words.iter().take(3).map(|word| word.text.as_str()).collect();
    Some((command.span, shown.join(" "), help))
}

const SERVICE: &str = "start it in the RUN that uses it, or with the container";

fn is_start(word: &str) -> bool {
    matches!(word, "start" | "restart")
}

/// Whether a file is one that only sets variables and functions; another script may do anything.
fn is_environment(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        "activate" | "profile" | ".profile" | ".bashrc" | "bashrc" | ".bash_profile" | "nvm.sh" | "env" | ".env" | "os-release" | "conda.sh"
    )
}

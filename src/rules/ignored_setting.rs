mod configuration;

use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::command_line;
use std::collections::HashSet;

rule! {
    /// A setting is accepted and has no effect.
    ///
    /// ## Why it matters
    /// It reads like a limit or a policy, and nothing enforces it. Compose and the engine take these without a word, or
    /// with a warning that scrolls by: settings for Windows or for Swarm only, sizes written as decimal numbers, a
    /// restart policy that another one replaces, what the kernel no longer has on cgroup v2, and a configuration file that
    /// is mounted where the server of the image does not look for one.
    ///
    /// ## Fails
    /// ```yaml fail
    /// version: "3.8"  # <- here
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 1e8  # <- here
    ///     cpu_count: 2  # <- here
    ///     oom_kill_disable: true  # <- here
    ///     restart: always  # <- here
    ///     command: ./migrate && ./serve  # <- here
    ///     secrets:
    ///       - source: token
    ///         mode: 0400  # <- here
    ///     deploy:
    ///       endpoint_mode: vip  # <- here
    ///       restart_policy:  # <- here
    ///         delay: 5s
    ///       resources:
    ///         reservations:
    ///           cpus: "0.25"  # <- here
    ///   cache:
    ///     image: redis:8-alpine
    ///     volumes: ["./redis.conf:/usr/local/etc/redis/redis.conf"]  # <- here
    /// secrets:
    ///   token: {file: ./token}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 100m
    ///     cpus: 2
    ///     command: sh -c './migrate && ./serve'
    ///     secrets: [token]
    ///     deploy:
    ///       restart_policy:
    ///         condition: on-failure
    ///         delay: 5s
    /// secrets:
    ///   token: {file: ./token}
    /// ```
    ///
    /// ## Notes
    /// `version` alone is only a note. What Swarm would read is judged as Compose reads it: `docker compose up` takes
    /// nothing of `deploy` but limits, reservations of memory and devices, replicas and the restart policy. An engine
    /// on Linux refuses an `isolation` other than `default`.
    RULE {
        name: "ignored-setting",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &["no-version-field"],
        check: Check::Project(check),
    }
}
fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for span in project.versions.iter().copied() {
        found.push(
            Finding::new(span, "Compose ignores `version`")
                .help("delete the line")
                .change(Change::Drop(span))
                .severity(Severity::Note)
                .aspect("version"),
        );
    }
    let files = [from_files(&project.secrets), from_files(&project.configs)];
    for service in &project.services {
        let mut about = |finding: Finding| found.push(finding.about(&service.name.value));
        keys(service, &mut about);
        floats(service, &mut about);
        cut_commands(service, &mut about);
        restart(service, &mut about);
        mounted_files(service, &files, &mut about);
        configuration::unread(service, &mut about);
    }
}

/// Settings that the engine on Linux, or Compose outside of Swarm, does nothing with.
fn keys(service: &Service, found: &mut dyn FnMut(Finding)) {
    const WINDOWS: &str = "an engine on Linux ignores it: only Windows has it";
    const CGROUP: &str = "an engine on cgroup v2 discards it";
    const SWARM: &str = "only Swarm reads it";
    let rows: [(&[&str], &str, &str); 7] = [
        (&["cpu_count"], WINDOWS, "set `cpus`"),
        (&["cpu_percent"], WINDOWS, "set `cpus`"),
        (
            &["isolation"],
            "an engine on Linux refuses it: only Windows has it",
            "delete it",
        ),
        (&["mem_swappiness"], CGROUP, "limit swap with `memswap_limit`"),
        (
            &["oom_kill_disable"],
            CGROUP,
            "delete it, and give the service enough memory",
        ),
        (
            &["deploy", "endpoint_mode"],
            SWARM,
            "delete it unless you deploy this file to Swarm",
        ),
        (
            &["deploy", "resources", "reservations", "cpus"],
            SWARM,
            "set `cpu_shares` instead",
        ),
    ];
    let platform = service.written(&["platform"]).and_then(Value::str);
    let is_for_windows = platform.is_some_and(|platform| platform.starts_with("windows"));
    for (path, why, help) in rows {
        let Some(value) = service.written(path) else { continue };
        if is_for_windows && (why == WINDOWS || path == ["isolation"]) {
            continue;
        }
        let harmless = match &value.data {
            // One that is not known may be one that does no harm.
            Data::Null | Data::Bool(false) | Data::Unknown { .. } => true,
            Data::Str(text) => text.is_empty() || (path == ["isolation"] && text.eq_ignore_ascii_case("default")),
            Data::Int(number) => *number == 0 && path != ["mem_swappiness"],
            _ => false,
        };
        if harmless {
            continue;
        }
        let key = path.join(".");
        let message = format!("`{}` sets `{key}`: {why}", service.name.value);
        let mut finding = Finding::new(value.span, message).help(help).aspect(key).fits_swarm(why == SWARM);
        // What a Swarm would read may be for one.
        if why != SWARM && let Some(written) = written_key(service, path) {
            finding = finding.change(Change::Drop(written));
        }
        if path == ["isolation"] {
            finding = finding.layer(Layer::Engine).severity(Severity::Error);
        }
        found(finding);
    }
}

/// Where the key of a setting is written.
fn written_key(service: &Service, path: &[&str]) -> Option<Span> {
    let (last, above) = path.split_last()?;
    let holder = if above.is_empty() { &service.raw } else { service.written(above)? };
    holder.entry(last).map(|entry| entry.key)
}

/// The string form of a command is no shell script: Compose splits it into words and stops at the first operator.
fn cut_commands(service: &Service, found: &mut dyn FnMut(Finding)) {
    for key in ["command", "entrypoint"] {
        if let Some(value) = service.written(&[key])
            && let Some(text) = value.str()
            && let Some(at) = command_line::split(text).and_then(|line| line.stop)
        {
            let rest = text.get(at..).unwrap_or("").split_whitespace().next().unwrap_or("");
            let message = format!(
                "`{}`: Compose drops the rest of this `{key}` from `{rest}` on, because no shell runs it",
                service.name.value
            );
            found(
                Finding::new(value.span, message)
                    .help("write a list: [\"sh\", \"-c\", \"...\"]")
                    .aspect(key),
            );
        }
    }
}

/// compose-go reads sizes from whole numbers and strings only; a float becomes 0 (`types/bytes.go`).
fn floats(service: &Service, found: &mut dyn FnMut(Finding)) {
    for key in ["mem_limit", "mem_reservation", "memswap_limit", "shm_size"] {
        if let Some(value) = service.written(&[key])
            && let Data::Float(number) = value.data
        {
            let message = format!(
                "`{}` sets `{key}` to a decimal number, {number}, which Compose silently drops",
                service.name.value
            );
            found(
                Finding::new(value.span, message)
                    .help("write a size with its unit, like `128m`")
                    .aspect(key),
            );
        }
    }
}

fn restart(service: &Service, found: &mut dyn FnMut(Finding)) {
    let name = &service.name.value;
    let Some(entry) = service
        .written(&["deploy"])
        .and_then(|deploy| deploy.entry("restart_policy"))
    else {
        return;
    };
    // A word in its place is refused, and stands beside `restart` all the same.
    let is_mapping = entry.value.map().is_some();
    if !is_mapping && entry.value.str().is_none() {
        return;
    }
    if is_mapping && entry.value.get("condition").is_none_or(|value| value.is_null()) {
        let message =
            format!("`{name}` has a restart policy without a condition, so Compose does not restart it");
        found(
            Finding::new(entry.key, message)
                .help("add `condition: any` or `condition: on-failure`")
                .aspect("deploy.restart_policy"),
        );
    }
    if let Some(own) = service.raw.entry("restart").filter(|own| !own.value.is_null()) {
        // Where both mean the same, only a line is wasted.
        let same = !is_mapping || service.restart.value().map(String::as_str) == own.value.str();
        let message = format!("`{name}` sets `restart` and `deploy.restart_policy`; Compose ignores `restart`");
        let finding = Finding::new(own.value.span, message)
            .help("keep one of them")
            .related(entry.key, "this one is used")
            .change(Change::Drop(own.key))
            .aspect("restart");
        found(if same {
            finding.severity(Severity::Note)
        } else {
            finding
        });
    }
}

/// The names of the secrets or configs that come from a file.
fn from_files(definitions: &[Definition]) -> HashSet<&str> {
    let named = definitions
        .iter()
        .filter(|definition| definition.raw.get("file").is_some());
    named.map(|definition| definition.name.value.as_str()).collect()
}

/// Owner and mode of a secret or config that comes from a file: it is mounted as it is.
fn mounted_files(service: &Service, [secrets, configs]: &[HashSet<&str>; 2], found: &mut dyn FnMut(Finding)) {
    for (key, kind, from_files) in [("secrets", "secret", secrets), ("configs", "config", configs)] {
        for item in service.written(&[key]).and_then(Value::seq).unwrap_or(&[]) {
            // One that is defined inside the service is refused, and is one from a file all the same.
            let inside = || item.get("file").and_then(|_| item.map()?.iter().find(|(_, entry)| entry.value.is_null()));
            let source = match item.get("source").and_then(Value::str) {
                Some(source) if from_files.contains(source) => source,
                Some(_) => continue,
                None => match inside() {
                    Some((name, _)) => name.as_str(),
                    None => continue,
                },
            };
            for part in ["uid", "gid", "mode"] {
                let Some(entry) = item.entry(part) else { continue };
                let message = format!(
                    "`{}` sets the {part} of the {kind} `{source}`, which has no effect on a file",
                    service.name.value
                );
                found(
                    Finding::new(entry.value.span, message)
                        .help("set owner and mode of the file on the host")
                        .change(Change::Drop(entry.key))
                        .aspect(format!("{key}:{source}.{part}")),
                );
            }
        }
    }
}

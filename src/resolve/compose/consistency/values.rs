//! Single values that the schema takes and Compose then cannot use.

use super::Checker;
use crate::finding::{Change, Finding, Layer, ReaderRule};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::service::Service;
use crate::values::{bytes, command_line, duration};

/// Durations that no budget looks at.
const DURATIONS: [&[&str]; 7] = [
    &["stop_grace_period"],
    &["deploy", "restart_policy", "delay"],
    &["deploy", "restart_policy", "window"],
    &["deploy", "update_config", "delay"],
    &["deploy", "update_config", "monitor"],
    &["deploy", "rollback_config", "delay"],
    &["deploy", "rollback_config", "monitor"],
];

impl Checker<'_> {
    pub(super) fn values(&mut self, service: &Service) {
        for path in DURATIONS {
            if let Some(value) = service.written(path)
                && let Some(text) = value.str()
                && duration::parse(text).is_none()
            {
                let message = format!("Compose cannot read the duration `{text}` of `{}`", path.join("."));
                let finding = Finding::new(value.span, message).help("write a number and a unit: 30s, 1m30s, 500ms");
                let finding = match duration::near(text) {
                    Some((near, true)) => finding.change(Change::Replace(value.span, near)),
                    Some((near, false)) => finding.change(Change::Replace(value.span, near)).with_care(),
                    None => finding,
                };
                self.problem(ReaderRule::InvalidDuration, finding.aspect(path.join(".")));
            }
        }
        if let Some(value) = service.written(&["build", "shm_size"])
            && let Some(text) = value.str()
            && bytes::compose(text).is_none()
        {
            let message = format!("Compose cannot read the size `{text}` of `build.shm_size`");
            let finding = Finding::new(value.span, message).help("write a number and b, k, m or g: 512m");
            self.problem(ReaderRule::InvalidSize, finding.aspect("build.shm_size"));
        }
        self.probe_times(service);
        self.pull_policy(service);
        self.devices(service);
        self.ports(service);
        self.build_contexts(service);
        self.label_files(service);
        self.commands(service);
        self.container_name(service);
        self.retries(service);
        self.extra_hosts(service);
        self.device_paths(service);
        self.block_weights(service);
        self.env_file_formats(service);
        self.mount_parts(service);
    }

    /// The engine takes no time of a health check below a millisecond, but for 0, which is its default.
    fn probe_times(&mut self, service: &Service) {
        for key in ["interval", "timeout", "start_period", "start_interval"] {
            let path = ["healthcheck", key];
            let Some(value) = service.written(&path) else { continue };
            let Some(text) = value.str() else { continue };
            if duration::parse(text).is_some_and(|nanoseconds| nanoseconds != 0 && nanoseconds < 1_000_000) {
                let message = format!(
                    "`healthcheck.{key}` of `{}` is `{text}`, and the engine refuses less than 1ms",
                    service.name.value
                );
                let finding = Finding::new(value.span, message).help("write at least `1ms`, or `0s` for the default");
                let finding = finding.layer(Layer::Engine).aspect(path.join(".")).raised("2026.12");
                self.problem(ReaderRule::InvalidDuration, finding);
            }
        }
    }

    /// A value that Compose refuses.
    fn refused(&mut self, value: &Value, subject: &str, message: String, help: &str) {
        let finding = Finding::new(value.span, message).help(help).aspect(subject);
        self.problem(ReaderRule::WrongComposeType, finding);
    }

    fn pull_policy(&mut self, service: &Service) {
        let Some(value) = service.written(&["pull_policy"]) else {
            return;
        };
        let Some(text) = value.str() else { return };
        const WORDS: [&str; 8] = [
            "always",
            "never",
            "build",
            "if_not_present",
            "missing",
            "refresh",
            "daily",
            "weekly",
        ];
        let every = text.strip_prefix("every_").is_some_and(|period| {
            let units = period.split_inclusive(|character: char| "wdhms".contains(character));
            !period.is_empty()
                && units.clone().all(|part| {
                    let digits = part.trim_end_matches(|character: char| "wdhms".contains(character));
                    part.len() == digits.len() + 1
                        && !digits.is_empty()
                        && digits.bytes().all(|byte| byte.is_ascii_digit())
                })
        });
        if !WORDS.contains(&text) && !every {
            let message = format!(
                "`{}` has the pull policy `{text}`, which does not exist",
                service.name.value
            );
            let help = format!("use one of {}, or every_12h", WORDS.join(", "));
            self.problem(
                ReaderRule::WrongComposeType,
                Finding::new(value.span, message).help(help).aspect("pull_policy"),
            );
        }
    }

    fn devices(&mut self, service: &Service) {
        let reserved = service.written(&["deploy", "resources", "reservations", "devices"]);
        for device in [reserved, service.written(&["gpus"])]
            .into_iter()
            .flatten()
            .filter_map(Value::seq)
            .flatten()
        {
            if let (Some(count), Some(ids)) = (device.get("count"), device.get("device_ids")) {
                let message = format!(
                    "`{}` sets both `count` and `device_ids` of a device",
                    service.name.value
                );
                let finding = Finding::new(ids.span, message)
                    .related(count.span, "the number")
                    .help("keep one of them");
                self.problem(ReaderRule::WrongComposeType, finding.aspect("devices"));
            }
        }
    }

    fn ports(&mut self, service: &Service) {
        let name = &service.name.value;
        for port in service.written(&["ports"]).and_then(Value::seq).unwrap_or(&[]) {
            if port.map().is_none() {
                continue;
            }
            // A port 0 in the short form counts as none; in the long form Compose takes it.
            let is_zero = |target: &Value| target.data == Data::Int(0) && target.span == port.span;
            if port.get("target").is_none_or(is_zero) {
                let message = format!("a port of `{name}` lacks the port in the container");
                let place = port.get("target").unwrap_or(port);
                self.refused(place, "ports", message, "set `target` to a number from 1 on");
            }
            if let Some(address) = port.get("host_ip")
                && let Some(text) = address.str()
                && text.parse::<std::net::IpAddr>().is_err()
            {
                let message = format!("`{name}` publishes a port on `{text}`, which is not an IP address");
                self.refused(address, "ports", message, "write an address: `127.0.0.1`");
            }
        }
    }

    fn build_contexts(&mut self, service: &Service) {
        if self.project.partial {
            return;
        }
        let Some(contexts) = service.written(&["build", "additional_contexts"]) else {
            return;
        };
        let pairs: Vec<(String, &Value)> = match &contexts.data {
            Data::Map(map) => map
                .values()
                .filter_map(|entry| Some((entry.value.str()?.to_owned(), &entry.value)))
                .collect(),
            Data::Seq(items) => items
                .iter()
                .filter_map(|item| Some((item.str()?.split_once('=')?.1.to_owned(), item)))
                .collect(),
            _ => Vec::new(),
        };
        for (text, value) in pairs {
            let Some(target) = text.strip_prefix("service:") else {
                continue;
            };
            let message = match self.project.service(target) {
                None => format!(
                    "`{}` uses the build of `{target}`, which does not exist",
                    service.name.value
                ),
                Some(other) if other.build.is_none() => {
                    format!(
                        "`{}` uses the build of `{target}`, which has no `build`",
                        service.name.value
                    )
                }
                Some(_) => continue,
            };
            self.problem(
                ReaderRule::UndefinedReference,
                Finding::new(value.span, message).aspect(format!("build:{target}")),
            );
        }
    }

    fn label_files(&mut self, service: &Service) {
        for file in service.written(&["label_file"]).and_then(Value::seq).unwrap_or(&[]) {
            let Some(path) = file.str().filter(|path| !path.starts_with(['/', '~'])) else {
                continue;
            };
            let place = join(&self.project.folder, path);
            if path.is_empty() || self.files.exists(&place) == Some(false) && !self.files.ignored(&place) {
                let message = format!(
                    "`{}` needs the label file `{path}`, which does not exist",
                    service.name.value
                );
                self.problem(
                    ReaderRule::UndefinedReference,
                    Finding::new(file.span, message).aspect(format!("label_file:{path}")),
                );
            }
        }
    }

    /// Strings that are split into words (compose-go `types/command.go`).
    fn commands(&mut self, service: &Service) {
        let hooks = ["post_start", "pre_stop"]
            .into_iter()
            .filter_map(|key| service.written(&[key]).and_then(Value::seq))
            .flatten()
            .filter_map(|hook| hook.get("command"));
        let own = ["command", "entrypoint"]
            .into_iter()
            .filter_map(|key| service.written(&[key]));
        for value in own.chain(hooks) {
            if value.str().is_some_and(|text| command_line::split(text).is_none()) {
                let message = format!("Compose cannot split a command of `{}` into words", service.name.value);
                let help = "close every quote and write parentheses in quotes, or write the command as a list";
                self.refused(value, "command", message, help);
            }
        }
    }

    /// The schema wants two fitting characters somewhere, the engine a name of nothing else (moby `daemon/names`).
    fn container_name(&mut self, service: &Service) {
        let Some(value) = service.written(&["container_name"]) else {
            return;
        };
        let Some(name) = value.str() else { return };
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let bytes = name.as_bytes();
        let starts = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
        if starts && bytes.len() > 1 && bytes.iter().all(|byte| inner(*byte)) {
            return;
        }
        let compose_refuses = !bytes
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if first.is_ascii_alphanumeric() && inner(*second)));
        let who = if compose_refuses { "Compose" } else { "the engine" };
        let message = format!(
            "`{}` has the container name `{name}`, which {who} refuses",
            service.name.value
        );
        let finding = Finding::new(value.span, message)
            .help("use two characters or more: a letter or digit, then letters, digits, `_`, `.` and `-`")
            .layer(if compose_refuses { Layer::Schema } else { Layer::Engine })
            .aspect("container_name");
        self.problem(ReaderRule::WrongComposeType, finding);
    }

    fn retries(&mut self, service: &Service) {
        let Some(value) = service.written(&["healthcheck", "retries"]) else {
            return;
        };
        let is_negative = match &value.data {
            Data::Int(number) => *number < 0,
            Data::Float(number) => *number < 0.0,
            _ => false,
        };
        if is_negative {
            let message = format!("`{}` has a negative number of retries", service.name.value);
            self.refused(value, "healthcheck.retries", message, "write a number from 0 on");
        }
    }

    fn extra_hosts(&mut self, service: &Service) {
        let paths: [&[&str]; 2] = [&["extra_hosts"], &["build", "extra_hosts"]];
        for item in paths
            .into_iter()
            .filter_map(|path| service.written(path).and_then(Value::seq))
            .flatten()
        {
            if let Some(text) = item.str().filter(|text| !text.contains([':', '='])) {
                let message = format!(
                    "`{}` sets the extra host `{text}` without an address",
                    service.name.value
                );
                self.refused(item, "extra_hosts", message, "write HOST=ADDRESS");
            }
        }
    }

    fn device_paths(&mut self, service: &Service) {
        for item in service.written(&["devices"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some(text) = item.str().filter(|text| text.split(':').count() > 3) {
                let message = format!("Compose cannot read the device `{text}`");
                self.refused(
                    item,
                    "devices",
                    message,
                    "write source[:target[:permissions]], or the long form",
                );
            }
        }
    }

    fn block_weights(&mut self, service: &Service) {
        let Some(value) = service.written(&["blkio_config", "weight"]) else {
            return;
        };
        if value.str().is_some() || matches!(value.data, Data::Int(number) if number < 0) {
            let message = format!("the block weight of `{}` must be a number", service.name.value);
            self.refused(
                value,
                "blkio_config.weight",
                message,
                "write a number from 10 to 1000, without quotes",
            );
        }
    }

    fn env_file_formats(&mut self, service: &Service) {
        for item in service.written(&["env_file"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some(value) = item.get("format")
                && let Some(text) = value.str().filter(|text| !matches!(*text, "" | "raw"))
                && item.get("required").map(|value| &value.data) != Some(&Data::Bool(false))
            {
                let message = format!(
                    "`{}` has an env file in the format `{text}`, which does not exist",
                    service.name.value
                );
                self.refused(value, "env_file", message, "remove it, or write `raw`");
            }
        }
    }

    /// What the long form of a mount cannot be without (compose-go `loader/validate.go`, `types.ServiceVolumeConfig`).
    fn mount_parts(&mut self, service: &Service) {
        for item in service.written(&["volumes"]).and_then(Value::seq).unwrap_or(&[]) {
            if item.map().is_none() {
                continue;
            }
            let is_bind = item.get("type").and_then(Value::str) == Some("bind");
            if item.get("target").is_none() {
                let message = format!("a mount of `{}` lacks its path in the container", service.name.value);
                self.refused(item, "volumes", message, "set `target`");
            } else if is_bind && item.get("source").is_none() {
                let message = format!("a bind mount of `{}` lacks its path on the host", service.name.value);
                self.refused(item, "volumes", message, "set `source`");
            }
        }
        for (key, kind) in [("secrets", "secret"), ("configs", "config")] {
            for item in service.written(&[key]).and_then(Value::seq).unwrap_or(&[]) {
                if item.map().is_some() && item.get("source").is_none() {
                    let message = format!("`{}` does not set the {kind} that it uses here", service.name.value);
                    let finding = Finding::new(item.span, message).help("set `source`").aspect(key);
                    self.problem(ReaderRule::UndefinedReference, finding);
                }
            }
        }
    }
}

//! Single values that the schema takes and Compose then cannot use.

use super::Checker;
use crate::finding::Finding;
use crate::model::duration;
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::service::Service;

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
                let message = format!("Compose cannot read the duration '{text}' of '{}'", path.join("."));
                let finding = Finding::new(value.span, message).help("write a number and a unit: 30s, 1m30s, 500ms");
                self.problem("invalid-duration", finding.subject(path.join(".")));
            }
        }
        self.pull_policy(service);
        self.devices(service);
        self.port_targets(service);
        self.build_contexts(service);
        self.label_files(service);
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
                "service '{}' has the pull policy '{text}', which does not exist",
                service.name.value
            );
            let help = format!("use one of {}, or every_12h", WORDS.join(", "));
            self.problem(
                "wrong-compose-type",
                Finding::new(value.span, message).help(help).subject("pull_policy"),
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
                    "service '{}' asks for a number of devices and for their ids",
                    service.name.value
                );
                let finding = Finding::new(ids.span, message)
                    .related(count.span, "the number")
                    .help("keep one of them");
                self.problem("wrong-compose-type", finding.subject("devices"));
            }
        }
    }

    fn port_targets(&mut self, service: &Service) {
        for port in service.written(&["ports"]).and_then(Value::seq).unwrap_or(&[]) {
            if port.map().is_some() && port.get("target").is_none() {
                let message = format!(
                    "a port of service '{}' lacks the port in the container",
                    service.name.value
                );
                self.problem(
                    "wrong-compose-type",
                    Finding::new(port.span, message).help("set `target`").subject("ports"),
                );
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
                    "service '{}' takes the build of '{target}', which is not there",
                    service.name.value
                ),
                Some(other) if other.build.is_none() => {
                    format!(
                        "service '{}' takes the build of '{target}', which is not built",
                        service.name.value
                    )
                }
                Some(_) => continue,
            };
            self.problem(
                "undefined-reference",
                Finding::new(value.span, message).subject(format!("build:{target}")),
            );
        }
    }

    fn label_files(&mut self, service: &Service) {
        for file in service.written(&["label_file"]).and_then(Value::seq).unwrap_or(&[]) {
            let Some(path) = file.str().filter(|path| !path.starts_with(['/', '~'])) else {
                continue;
            };
            let place = join(&self.project.folder, path);
            if self.files.exists(&place) == Some(false) && !self.files.ignored(&place) {
                let message = format!(
                    "service '{}' needs the label file '{path}', which is not there",
                    service.name.value
                );
                self.problem(
                    "undefined-reference",
                    Finding::new(file.span, message).subject(format!("label_file:{path}")),
                );
            }
        }
    }
}

//! Limits and numbers of containers that are said twice.

use super::Checker;
use crate::finding::{Change, Finding, ReaderRule};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::service::Service;
use crate::values::bytes;
use crate::values::number::Real;

impl Checker<'_> {
    /// `mem_limit` and its kind against their twins under `deploy`: other values, or a block of limits without the key.
    pub(super) fn twins(&mut self, service: &Service) {
        type Read = fn(&Value) -> Option<f64>;
        let rows: [(&str, &str, &str, Read); 4] = [
            ("mem_limit", "limits", "memory", sized),
            ("cpus", "limits", "cpus", number),
            ("pids_limit", "limits", "pids", number),
            ("mem_reservation", "reservations", "memory", sized),
        ];
        for (own_key, block, twin_key, read) in rows {
            let Some(own) = service.written(&[own_key]) else {
                continue;
            };
            let Some(block_entry) = service
                .written(&["deploy", "resources"])
                .and_then(|resources| resources.entry(block))
            else {
                continue;
            };
            if block_entry.value.map().is_none() {
                continue;
            }
            let Some(own_value) = read(own).filter(|value| *value != 0.0) else {
                continue;
            };
            let twin = block_entry.value.get(twin_key);
            if twin.is_some_and(|twin| matches!(twin.data, Data::Unknown { .. })) {
                continue;
            }
            let path = format!("deploy.resources.{block}.{twin_key}");
            let service_name = &service.name.value;
            let own_span = service.raw.entry(own_key).map_or(own.span, |entry| entry.key);
            let text = own.scalar_text().unwrap_or_default();
            let finding = match twin {
                None => Finding::new(
                    own.span,
                    format!("`{service_name}` sets `{own_key}` beside `deploy.resources.{block}` without `{twin_key}`"),
                )
                .related(block_entry.key, format!("counts as {twin_key}: 0"))
                .help(format!("move the value to `{path}`: Compose refuses both together"))
                .change(Change::Drop(own_span))
                .change(Change::Set(block_entry.key, twin_key.to_owned(), format!("'{text}'"))),
                Some(twin) if read(twin) != Some(own_value) => Finding::new(
                    own.span,
                    format!("`{service_name}` sets `{own_key}` and `{path}` to different values"),
                )
                .related(twin.span, "the other value")
                .help(format!("keep only `{path}`"))
                .change(Change::Drop(own_span))
                .with_care(),
                Some(_) => continue,
            };
            self.problem(ReaderRule::ConflictingLimits, finding.aspect(own_key));
        }
        self.containers(service);
    }

    /// `scale` against `deploy.replicas`, and both against what a number of containers can be.
    fn containers(&mut self, service: &Service) {
        let own = service.written(&["scale"]);
        let twin = service.written(&["deploy", "replicas"]);
        if let (Some(own), Some(twin)) = (own, twin)
            && let (Some(own_value), Some(twin_value)) = (number(own), number(twin))
            && own_value != twin_value
        {
            let finding = Finding::new(
                own.span,
                format!(
                    "`{}` sets `scale` and `deploy.replicas` to different values",
                    service.name.value
                ),
            )
            .related(twin.span, "the other value")
            .help("keep only `deploy.replicas`")
            .change(Change::Drop(
                service.raw.entry("scale").map_or(own.span, |entry| entry.key),
            ))
            .with_care();
            self.problem(ReaderRule::ConflictingLimits, finding.aspect("scale"));
        }
        for value in [own, twin].into_iter().flatten() {
            if number(value).is_some_and(|count| count < 0.0) {
                let finding = Finding::new(
                    value.span,
                    format!("`{}` sets a negative number of containers", service.name.value),
                );
                self.problem(ReaderRule::WrongComposeType, finding.aspect("replicas"));
            }
        }
        let scale = own.or(twin).and_then(number).unwrap_or(1.0);
        if scale > 1.0
            && let Some(container) = service.written(&["container_name"])
        {
            let message = format!(
                "`{}` has a container name and {scale} containers: a name must be unique",
                service.name.value
            );
            self.problem(
                ReaderRule::WrongComposeType,
                Finding::new(container.span, message)
                    .help("delete `container_name`")
                    .aspect("container_name"),
            );
        }
    }
}

/// A size, in bytes.
fn sized(value: &Value) -> Option<f64> {
    match &value.data {
        Data::Int(bytes) => Some(bytes.real()),
        Data::Str(text) => bytes::compose(text).map(Real::real),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match &value.data {
        Data::Int(number) => Some(number.real()),
        // Both sides are 32-bit floats in Compose.
        Data::Float(number) => Some(f64::from(*number as f32)),
        Data::Str(text) => text.parse::<f32>().ok().map(f64::from),
        _ => None,
    }
}

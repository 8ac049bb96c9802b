//! Two things mounted at one path.

use super::Checker;
use crate::finding::{Finding, ReaderRule};
use crate::parse::yaml::Value;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::path;
use std::collections::HashMap;

impl Checker<'_> {
    pub(super) fn mounts(&mut self, service: &Service) {
        let mut seen: HashMap<String, (Span, &str)> = HashMap::new();
        let mut all: Vec<(String, Span, &str)> = Vec::new();
        for item in service.written(&["tmpfs"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some(text) = item.str() {
                all.push((text.split(':').next().unwrap_or("").to_owned(), item.span, "tmpfs"));
            }
        }
        for item in service.written(&["volumes"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some(target) = item.get("target").and_then(Value::str) {
                all.push((path::clean(target), item.span, "volume"));
            }
        }
        for (target, span, kind) in all {
            if target.is_empty() {
                continue;
            }
            match seen.get(&target) {
                None => {
                    seen.insert(target, (span, kind));
                }
                Some((earlier, other)) => {
                    let message = format!(
                        "`{}` mounts `{target}` twice, as {other} and as {kind}",
                        service.name.value
                    );
                    let finding = Finding::new(span, message)
                        .related(*earlier, "mounted here too")
                        .help("keep one of them");
                    self.problem(ReaderRule::ConflictingMounts, finding.aspect(format!("mount:{target}")));
                }
            }
        }
    }
}

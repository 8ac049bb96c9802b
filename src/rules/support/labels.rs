//! The labels of a container and of its image.

use crate::fact::{Fact, Sourced, Unknown};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::service::Service;
use crate::source::Span;

/// A label below one of the keys of a service, in the form of a mapping or of a list.
pub(in crate::rules) fn written(service: &Service, path: &[&str], name: &str) -> Option<Fact<String>> {
    let labels = service.written(path)?;
    if let Some(entry) = labels.entry(name) {
        return Some(text(&entry.value));
    }
    let of_list = |item: &Value| match &item.data {
        Data::Str(written) => {
            let (key, value) = written.split_once('=').unwrap_or((written, ""));
            (key == name).then(|| known(value, item.span))
        }
        Data::Unknown { text, .. } => (text.split('=').next() == Some(name)).then(|| self::text(item)),
        _ => None,
    };
    labels.seq()?.iter().rev().find_map(of_list)
}

fn text(value: &Value) -> Fact<String> {
    match &value.data {
        Data::Unknown { reason, .. } => Fact::Unknown(Unknown {
            reason: reason.clone(),
            span: value.span,
        }),
        _ => known(&value.scalar_text().unwrap_or_default(), value.span),
    }
}

fn known(text: &str, span: Span) -> Fact<String> {
    Fact::Known(Sourced::known(text.to_owned(), span))
}

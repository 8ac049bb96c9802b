//! The JSON form: what stands below the kinds of blocks is a block for each name, everything else is an attribute.

use super::{Block, Body, Expr, Kind, native};
use crate::parse::yaml::{Data, Value};
use crate::source::Spanned;

/// The kinds of blocks that Bake knows.
const BLOCKS: [&str; 4] = ["function", "group", "target", "variable"];

/// The body of a file, or of what a block holds.
pub(super) fn body(value: &Value) -> Body {
    read(value, true)
}

fn read(value: &Value, is_file: bool) -> Body {
    let mut body = Body::default();
    for (name, entry) in value.map().into_iter().flatten() {
        let named = entry.value.map().filter(|_| is_file && BLOCKS.contains(&name.as_str()));
        let Some(named) = named else {
            body.attributes
                .push((Spanned::new(name.clone(), entry.key), expr(&entry.value)));
            continue;
        };
        for (label, block) in named {
            // Several of one name are a list.
            let bodies = block.value.seq().unwrap_or(std::slice::from_ref(&block.value));
            body.blocks.extend(bodies.iter().map(|one| Block {
                kind: name.clone(),
                label: Spanned::new(label.clone(), block.key),
                body: read(one, false),
            }));
        }
    }
    body
}

fn expr(value: &Value) -> Expr {
    let span = value.span;
    let kind = match &value.data {
        Data::Null => Kind::Null,
        Data::Bool(value) => Kind::Bool(*value),
        Data::Int(number) => Kind::Number(number.to_string()),
        Data::Float(number) => Kind::Number(number.to_string()),
        Data::Str(text) => return native::template(text, span),
        Data::Seq(items) => Kind::List(items.iter().map(expr).collect()),
        Data::Map(map) => Kind::Object(
            map.iter()
                .map(|(name, entry)| (native::template(name, entry.key), expr(&entry.value)))
                .collect(),
        ),
        Data::Unknown { .. } => Kind::Other,
    };
    Expr { kind, span }
}

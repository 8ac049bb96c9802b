//! HCL to a tree in which every value knows its bytes. The JSON that says the same (HCL's `json/spec.md`: every text is a template)
//! makes the same tree.

mod json;
mod native;

use super::yaml;
use crate::failure::Failure;
use crate::source::{SourceId, Span, Spanned};

/// A file, or what stands between the braces of a block.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// `name = value`, in the order of the file.
    pub attributes: Vec<(Spanned<String>, Expr)>,
    /// `kind "label" { ... }`, in the order of the file.
    pub blocks: Vec<Block>,
}

impl Body {
    /// The value of an attribute; the last one, where there are several.
    pub fn get(&self, name: &str) -> Option<&Expr> {
        let mut all = self.attributes.iter().rev();
        all.find(|(key, _)| key.value == name).map(|(_, value)| value)
    }
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The word that it begins with.
    pub kind: String,
    /// The first label, or the word where it has none.
    pub label: Spanned<String>,
    /// What it holds.
    pub body: Body,
}

/// An expression and where it is written.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is printed.
    Number(String),
    /// A text without anything to fill in.
    Text(String),
    /// The parts of a text, one behind the other.
    Template(Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ key = value }`
    Object(Vec<(Expr, Expr)>),
    /// A name.
    Variable(String),
    /// `a.b[c]`: the first, and what is taken out of it, one after the other.
    Get(Box<Expr>, Vec<Expr>),
    /// `name(a, b)`; the last may be spread out (`...`).
    Call(String, Vec<Expr>, bool),
    /// `!a`
    Not(Box<Expr>),
    /// `a == b`, or `a != b` where the flag is not set.
    Equal(Box<Expr>, Box<Expr>, bool),
    /// `a && b`, or `a || b` where the flag is not set.
    Both(Box<Expr>, Box<Expr>, bool),
    /// `a ? b : c`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Something that is not followed here: arithmetic, `for`, splats, directives of templates.
    Other,
}

/// Reads HCL. Time and memory are linear in the length, and nesting is bounded by the reader (`hcl-edit` refuses 100 levels).
///
/// # Errors
/// Where it is no HCL, and why.
pub fn parse(source: SourceId, text: &str) -> Result<Body, Spanned<Failure>> {
    native::parse(source, text)
}

/// Reads the JSON form, with the same bounds as [`yaml::parse`].
///
/// # Errors
/// Where it is no JSON, and why.
pub fn parse_json(source: SourceId, text: &str) -> Result<Body, Spanned<Failure>> {
    let file = yaml::parse(source, text);
    if let Some(problem) = file.problems.first().filter(|_| !file.is_whole()) {
        let why = Failure::new(problem.finding.message.clone());
        return Err(Spanned::new(why, problem.finding.span));
    }
    Ok(file.documents.first().map(json::body).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::Path;

    fn read(text: &str) -> (Sources, Body) {
        let mut sources = Sources::default();
        let source = sources.add(Path::new("x"), text.to_owned());
        let body = match text.starts_with('{') {
            true => parse_json(source, text),
            false => parse(source, text),
        };
        (sources, body.unwrap())
    }

    #[test]
    fn both_forms_make_one_tree_with_places() {
        for text in [
            "target \"app\" {\n  args = { V = \"a${X}\" }\n}\n",
            "{\"target\": {\"app\": {\"args\": {\"V\": \"a${X}\"}}}}",
        ] {
            let (sources, body) = read(text);
            let block = &body.blocks[0];
            assert_eq!((block.kind.as_str(), block.label.value.as_str()), ("target", "app"));
            assert_eq!(sources.slice(block.label.span).trim_matches('"'), "app");
            let Kind::Object(pairs) = &block.body.get("args").unwrap().kind else {
                panic!("no object")
            };
            let (_, value) = &pairs[0];
            assert_eq!(sources.slice(value.span), "\"a${X}\"");
            let Kind::Template(parts) = &value.kind else {
                panic!("no template: {value:?}")
            };
            assert!(matches!(&parts[1].kind, Kind::Variable(name) if name == "X"));
        }
    }

    #[test]
    fn what_is_no_hcl_is_refused_with_its_place_and_soon() {
        let deep = |open: &str, close: &str| format!("a = {}1{}\n", open.repeat(50_000), close.repeat(50_000));
        for text in [
            "target \"app\" {".to_owned(),
            "a = = 1".to_owned(),
            "\u{0}".to_owned(),
            "ä".to_owned(),
            deep("[", "]"),
            deep("(", ")"),
            deep("{a = ", "}"),
            deep("f(", ")"),
            deep("\"${", "}\""),
            deep("!", ""),
            deep("b ? c : ", ""),
        ] {
            let mut sources = Sources::default();
            let source = sources.add(Path::new("x"), text.clone());
            let refused = parse(source, &text).unwrap_err();
            assert!(refused.span.end as usize <= text.len());
            assert!(!refused.value.to_string().is_empty());
        }
        // A chain is no nesting.
        assert!(matches!(
            read(&format!("a = b{}\n", ".c".repeat(50_000))).1.attributes[0].1.kind,
            Kind::Get(..)
        ));
    }
}

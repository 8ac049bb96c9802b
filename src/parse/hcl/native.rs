//! The native form, as `hcl-edit` reads it.

use super::{Block, Body, Expr, Kind};
use crate::failure::Failure;
use crate::source::{SourceId, Span, Spanned, floor_boundary};
use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{BlockLabel, Structure};
use hcl_edit::template::{Element, Template};
use std::ops::Range;

pub(super) fn parse(source: SourceId, text: &str) -> Result<Body, Spanned<Failure>> {
    match text.parse::<hcl_edit::structure::Body>() {
        Ok(body) => Ok(Reader { source, offset: 0 }.body(&body)),
        Err(error) => {
            let start = floor_boundary(text, error.location().offset());
            let line = text.get(start..).and_then(|rest| rest.lines().next());
            let span = Span::new(source, start, start + line.map_or(0, str::len));
            Err(Spanned::new(Failure::new(error.message()), span))
        }
    }
}

/// A text that may hold templates, written at `span` with a quote before it.
pub(super) fn template(text: &str, span: Span) -> Expr {
    let whole = |kind| Expr { kind, span };
    if !text.contains(['$', '%']) {
        return whole(Kind::Text(text.to_owned()));
    }
    match text.parse::<Template>() {
        Ok(template) => {
            let mut expr = Reader {
                source: span.source,
                offset: span.start as usize + 1,
            }
            .template(&template, span);
            // Escapes of JSON move what is inside: all of it has the place of the whole.
            place(&mut expr, span);
            expr
        }
        Err(_) => whole(Kind::Other),
    }
}

fn place(expr: &mut Expr, span: Span) {
    expr.span = span;
    if let Kind::Template(parts) = &mut expr.kind {
        parts.iter_mut().for_each(|part| part.span = span);
    }
}

struct Reader {
    source: SourceId,
    /// Where the text begins in the file.
    offset: usize,
}

impl Reader {
    fn span(&self, range: Option<Range<usize>>, outer: Span) -> Span {
        range.map_or(outer, |range| {
            Span::new(self.source, self.offset + range.start, self.offset + range.end)
        })
    }

    fn body(&self, body: &hcl_edit::structure::Body) -> Body {
        let nowhere = Span::new(self.source, 0, 0);
        let mut read = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key = self.span(attribute.key.span(), nowhere);
                    let name = Spanned::new(attribute.key.value().to_string(), key);
                    read.attributes.push((name, self.expr(&attribute.value, key)));
                }
                Structure::Block(block) => {
                    let word = self.span(block.ident.span(), nowhere);
                    let kind = block.ident.value().to_string();
                    let label = block.labels.first().map(|label| {
                        let place = match label {
                            BlockLabel::Ident(ident) => ident.span(),
                            BlockLabel::String(text) => text.span(),
                        };
                        Spanned::new(label.as_str().to_owned(), self.span(place, word))
                    });
                    read.blocks.push(Block {
                        label: label.unwrap_or_else(|| Spanned::new(kind.clone(), word)),
                        kind,
                        body: self.body(&block.body),
                    });
                }
            }
        }
        read
    }

    fn expr(&self, expr: &Expression, outer: Span) -> Expr {
        let span = self.span(expr.span(), outer);
        let boxed = |inner: &Expression| Box::new(self.expr(inner, span));
        let kind = match expr {
            Expression::Null(_) => Kind::Null,
            Expression::Bool(value) => Kind::Bool(*value.value()),
            Expression::Number(number) => Kind::Number(number.value().to_string()),
            Expression::String(text) => Kind::Text(text.value().clone()),
            Expression::Array(items) => Kind::List(items.iter().map(|item| self.expr(item, span)).collect()),
            Expression::Object(object) => {
                let pairs = object.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => Expr {
                            kind: Kind::Text(name.value().to_string()),
                            span: self.span(name.span(), span),
                        },
                        ObjectKey::Expression(key) => self.key(key, span),
                    };
                    let value = self.expr(value.expr(), key.span);
                    (key, value)
                });
                Kind::Object(pairs.collect())
            }
            Expression::StringTemplate(template) => {
                Kind::Template(template.iter().map(|part| self.element(part, span)).collect())
            }
            Expression::HeredocTemplate(heredoc) => return self.template(&heredoc.template, span),
            Expression::Parenthesis(inner) => {
                return Expr {
                    span,
                    ..self.expr(inner.inner(), span)
                };
            }
            Expression::Variable(name) => Kind::Variable(name.value().to_string()),
            Expression::Conditional(choice) => Kind::If(
                boxed(&choice.cond_expr),
                boxed(&choice.true_expr),
                boxed(&choice.false_expr),
            ),
            Expression::FuncCall(call) => Kind::Call(
                call.name.name.value().to_string(),
                call.args.iter().map(|argument| self.expr(argument, span)).collect(),
                call.args.expand_final(),
            ),
            Expression::Traversal(traversal) => self.traversal(traversal, span),
            Expression::UnaryOp(one) if *one.operator.value() == UnaryOperator::Not => Kind::Not(boxed(&one.expr)),
            Expression::BinaryOp(two) => {
                let (left, right) = (boxed(&two.lhs_expr), boxed(&two.rhs_expr));
                match two.operator.value() {
                    BinaryOperator::Eq => Kind::Equal(left, right, true),
                    BinaryOperator::NotEq => Kind::Equal(left, right, false),
                    BinaryOperator::And => Kind::Both(left, right, true),
                    BinaryOperator::Or => Kind::Both(left, right, false),
                    _ => Kind::Other,
                }
            }
            Expression::UnaryOp(_) | Expression::ForExpr(_) => Kind::Other,
        };
        Expr { kind, span }
    }

    /// The key of an object: a bare word is itself.
    fn key(&self, key: &Expression, outer: Span) -> Expr {
        let read = self.expr(key, outer);
        match read.kind {
            Kind::Variable(name) if !matches!(key, Expression::Parenthesis(_)) => Expr {
                kind: Kind::Text(name),
                span: read.span,
            },
            kind => Expr { kind, ..read },
        }
    }

    fn traversal(&self, traversal: &Traversal, span: Span) -> Kind {
        let steps = traversal.operators.iter().map(|operator| {
            let here = self.span(operator.span(), span);
            match operator.value() {
                TraversalOperator::GetAttr(name) => Some(Expr {
                    kind: Kind::Text(name.value().to_string()),
                    span: here,
                }),
                TraversalOperator::Index(index) => Some(self.expr(index, here)),
                TraversalOperator::LegacyIndex(index) => Some(Expr {
                    kind: Kind::Number(index.value().to_string()),
                    span: here,
                }),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
            }
        });
        match steps.collect() {
            Some(steps) => Kind::Get(Box::new(self.expr(&traversal.expr, span)), steps),
            None => Kind::Other,
        }
    }

    fn template(&self, template: &Template, span: Span) -> Expr {
        let parts = template.iter().map(|part| self.element(part, span)).collect();
        Expr {
            kind: Kind::Template(parts),
            span,
        }
    }

    fn element(&self, element: &Element, span: Span) -> Expr {
        match element {
            Element::Literal(text) => Expr {
                kind: Kind::Text(text.value().clone()),
                span,
            },
            Element::Interpolation(inner) => self.expr(&inner.expr, span),
            Element::Directive(_) => Expr {
                kind: Kind::Other,
                span,
            },
        }
    }
}

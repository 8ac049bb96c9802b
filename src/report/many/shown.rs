//! Sentences and tables for a terminal, for a comment or a summary, and as a page.

use crate::report::{escape, page};
use std::fmt::Write as _;

/// What is in a table.
pub(super) struct Table {
    pub title: String,
    pub heads: &'static [&'static str],
    pub rows: Vec<Vec<Cell>>,
    /// What has no row.
    pub rest: Vec<String>,
}

pub(super) enum Cell {
    /// Literal, whatever it holds.
    Name(String),
    /// A sentence with names in backticks.
    Prose(String),
    Number(String),
}

impl Cell {
    pub(super) fn number(count: usize) -> Self {
        Self::Number(count.to_string())
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    fn text(&self) -> String {
        let (Self::Name(text) | Self::Prose(text) | Self::Number(text)) = self;
        escape::inline(text)
    }

    fn markdown(&self) -> String {
        match self {
            Self::Name(text) => escape::markdown_code(text),
            Self::Prose(text) => escape::markdown_prose(text),
            Self::Number(text) => text.clone(),
        }
    }

    fn html(&self) -> String {
        match self {
            Self::Name(text) => format!("<td><code>{}</code></td>", escape::html(text)),
            Self::Prose(text) => format!("<td>{}</td>", escape::html(text)),
            Self::Number(text) => format!("<td class=\"number\">{}</td>", escape::html(text)),
        }
    }
}

/// Whether the columns of a table are numbers.
fn are_numbers(table: &Table) -> Vec<bool> {
    let first = table.rows.first();
    first.map_or_else(Vec::new, |row| row.iter().map(Cell::is_number).collect())
}

pub(super) fn text(sentences: &[String], tables: &[Table]) -> String {
    let mut out = String::new();
    for sentence in sentences {
        let _ = writeln!(out, "{}", escape::inline(sentence));
    }
    for table in tables {
        let _ = writeln!(out, "\n{}", table.title);
        let heads = table.heads.iter().map(|head| (*head).to_owned()).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(Cell::text).collect());
        let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..table.heads.len()).map(width).collect();
        let numbers = are_numbers(table);
        for row in &rows {
            let mut line = String::new();
            for ((cell, width), is_number) in row.iter().zip(&widths).zip(&numbers) {
                let _ = match is_number {
                    true => write!(line, "  {cell:>width$}"),
                    false => write!(line, "  {cell:width$}"),
                };
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
        for rest in &table.rest {
            let _ = writeln!(out, "  and {rest}");
        }
    }
    escape::guard(out)
}

pub(super) fn markdown(sentences: &[String], tables: &[Table]) -> String {
    let mut out = String::new();
    for sentence in sentences {
        let _ = writeln!(out, "- {}", escape::markdown_prose(sentence));
    }
    for table in tables {
        let rules = are_numbers(table).into_iter();
        let rules: Vec<&str> = rules.map(|is_number| if is_number { "---:" } else { "---" }).collect();
        let _ = writeln!(
            out,
            "\n### {}\n\n| {} |\n| {} |",
            table.title,
            table.heads.join(" | "),
            rules.join(" | ")
        );
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(Cell::markdown).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        if !table.rest.is_empty() {
            let _ = writeln!(out, "\nAnd {}.", table.rest.join(", "));
        }
    }
    escape::guard(out)
}

pub(super) fn html(sentences: &[String], tables: &[Table]) -> String {
    let mut out = page::head("Plimsoll in many repositories");
    out.push_str("<ul>\n");
    for sentence in sentences {
        let _ = writeln!(out, "<li>{}</li>", escape::html(sentence));
    }
    out.push_str("</ul>\n");
    for table in tables {
        let _ = writeln!(out, "<h2>{}</h2>\n<div class=\"wide\"><table>", table.title);
        let heads = table.heads.iter().zip(are_numbers(table));
        let heads: String = heads
            .map(|(head, is_number)| match is_number {
                true => format!("<th class=\"number\">{head}</th>"),
                false => format!("<th>{head}</th>"),
            })
            .collect();
        let _ = writeln!(out, "<tr>{heads}</tr>");
        for row in &table.rows {
            let _ = writeln!(out, "<tr>{}</tr>", row.iter().map(Cell::html).collect::<String>());
        }
        out.push_str("</table></div>\n");
        if !table.rest.is_empty() {
            let _ = writeln!(out, "<p>And {}.</p>", table.rest.join(", "));
        }
    }
    out.push_str(page::END);
    out
}

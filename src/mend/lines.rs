//! Edits of whole lines, in files of any kind.

use crate::finding::{Edit, Line};
use crate::source::Span;

/// Takes the lines away that hold nothing but what is written at a place.
pub(super) fn gone(span: Span, text: &str) -> Option<Edit> {
    let (start, end) = (span.start as usize, span.end as usize);
    let first = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let behind = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let is_alone = text.get(first..start)?.trim().is_empty() && rest.get(..behind)?.trim().is_empty();
    is_alone.then(|| Edit {
        span: Span::new(span.source, first, end + behind),
        text: String::new(),
    })
}

/// Takes a part of a text away that holds no comment.
pub(super) fn cut(span: Span, text: &str) -> Option<Edit> {
    let gone = text.get(span.start as usize..span.end as usize)?;
    (!gone.contains('#')).then(|| Edit {
        span,
        text: String::new(),
    })
}

/// Puts this in the place of a part of a text that holds no comment and shares nothing.
pub(super) fn whole(span: Span, new: &str, text: &str) -> Option<Edit> {
    let old = text.get(span.start as usize..span.end as usize)?;
    (!old.contains(['#', '&', '*'])).then(|| Edit {
        span,
        text: new.to_owned(),
    })
}

/// Puts lines behind the last one.
pub(super) fn append(span: Span, more: &str, text: &str) -> Option<Edit> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_whole = text.is_empty() || text.ends_with('\n');
    is_whole.then(|| Edit {
        span: Span::new(span.source, text.len(), text.len()),
        text: more.lines().map(|line| format!("{line}{line_end}")).collect(),
    })
}

/// Puts a line above that on which a place begins, with the same indent.
pub(super) fn above(span: Span, line: &str, text: &str) -> Option<Edit> {
    let before = text.get(..span.start as usize)?;
    let first = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(first..)?;
    let indent = rest.get(..rest.len() - rest.trim_start_matches([' ', '\t']).len())?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(Edit {
        span: Span::new(span.source, first, first),
        text: format!("{indent}{line}{line_end}"),
    })
}

/// Puts lines behind that on which a place ends.
pub(super) fn below(span: Span, more: &[Line], text: &str) -> Option<Edit> {
    let at = span.end as usize;
    let rest = text.get(at..)?.split('\n').next()?.trim_end_matches('\r');
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines = String::new();
    for line in more {
        lines.push_str(line_end);
        match line {
            Line::New(line) => lines.push_str(line),
            Line::Again(place, parts) => {
                let mut done = place.start as usize;
                for (part, new) in parts {
                    lines.push_str(text.get(done..part.start as usize)?);
                    lines.push_str(new);
                    done = part.end as usize;
                }
                lines.push_str(text.get(done..place.end as usize)?);
            }
        }
    }
    rest.trim().is_empty().then(|| Edit {
        span: Span::new(span.source, at + rest.len(), at + rest.len()),
        text: lines,
    })
}

/// Joins two RUN instructions: what is between the end of the first and the arguments of the second becomes `&&` on a line of its own.
pub(super) fn join(span: Span, text: &str) -> Option<Edit> {
    let between = text.get(span.start as usize..span.end as usize)?;
    // Another character than the usual one goes on with a line here.
    let is_usual = !text.lines().next()?.to_ascii_lowercase().contains("escape");
    let line_end = if between.contains("\r\n") { "\r\n" } else { "\n" };
    (is_usual && between.trim().eq_ignore_ascii_case("run") && between.contains('\n')).then(|| Edit {
        span,
        text: format!(" \\{line_end}    && "),
    })
}

/// Puts the comment that ends the line of a place on the line above.
pub(super) fn comment_above(span: Span, text: &str) -> Option<Edit> {
    let (start, end) = (span.start as usize, span.end as usize);
    let written = text
        .get(start..end)
        .filter(|written| !written.contains(['\n', '"', '\'']))?;
    let is_first = written.starts_with('#');
    let at = start
        + if is_first {
            0
        } else {
            written.find(" #").or_else(|| written.find("\t#"))? + 1
        };
    let comment = text.get(at..end)?.trim_end();
    let first = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(first..at)?;
    let rest = text.get(end..)?;
    let is_last = rest.is_empty() || rest.starts_with(['\n', '\r']);
    // A line that goes on would go on in the comment.
    let is_whole = first == 0 || !text.get(..first)?.trim_end().ends_with(['\\', '`']);
    let indent = before.get(..before.len() - before.trim_start().len())?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    (is_last && is_whole && !comment.ends_with('\\')).then(|| Edit {
        span: Span::new(span.source, first, end),
        text: format!("{indent}{comment}{line_end}{}", before.trim_end()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn after(text: &str, edit: Option<Edit>) -> Option<String> {
        edit.map(|edit| {
            let mut text = text.to_owned();
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            text
        })
    }

    #[test]
    fn lines_go_whole_or_not_at_all() {
        let span = |start, end| Span::new(SourceId::default(), start, end);
        for (text, start, end, wanted) in [
            ("a\nb c\nd\n", 2, 5, Some("a\nd\n")),
            ("a\n  b\\\n c\r\nd", 4, 9, Some("a\nd")),
            ("a\nb", 2, 3, Some("a\n")),
            ("a b\n", 0, 1, None),
            ("a b\n", 2, 3, None),
        ] {
            assert_eq!(after(text, gone(span(start, end), text)).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_line_is_put_above_with_the_same_indent() {
        let span = |at| Span::new(SourceId::default(), at, at);
        for (text, at, wanted) in [
            ("a\n  b c\n", 6, "a\n  x\n  b c\n"),
            ("b", 0, "x\nb"),
            ("a\r\nb\r\n", 3, "a\r\nx\r\nb\r\n"),
        ] {
            assert_eq!(after(text, above(span(at), "x", text)).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn lines_are_put_below_with_what_is_written_elsewhere() {
        let span = |start, end| Span::new(SourceId::default(), start, end);
        let again = |start, end, parts: &[(usize, usize, &str)]| {
            Line::Again(
                span(start, end),
                parts
                    .iter()
                    .map(|(start, end, new)| (span(*start, *end), (*new).to_owned()))
                    .collect(),
            )
        };
        let new = |text: &str| Line::New(text.to_owned());
        for (text, end, more, wanted) in [
            (
                "a b c\nd\n",
                5,
                vec![new(""), new("x"), again(0, 5, &[(1, 3, "")])],
                Some("a b c\n\nx\na c\nd\n"),
            ),
            (
                "a b \r\nc",
                3,
                vec![new("x"), again(0, 3, &[(0, 1, "y"), (2, 3, "")])],
                Some("a b \r\nx\r\ny \r\nc"),
            ),
            ("a\nb", 3, vec![new("x")], Some("a\nb\nx")),
            ("a b", 1, vec![new("x")], None),
        ] {
            let edit = below(span(0, end), &more, text);
            assert_eq!(after(text, edit).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn two_runs_become_one() {
        for (text, start, end, wanted) in [
            ("RUN a\nRUN b\n", 5, 10, Some("RUN a \\\n    && b\n")),
            ("RUN a\r\n\r\nrun   b", 5, 15, Some("RUN a \\\r\n    && b")),
            ("RUN a\n# why\nRUN b", 5, 16, None),
            ("RUN a\nRUN --network=none b", 5, 25, None),
            ("# escape=`\nRUN a\nRUN b", 16, 21, None),
        ] {
            let span = Span::new(SourceId::default(), start, end);
            assert_eq!(after(text, join(span, text)).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_comment_is_put_above_its_line() {
        for (text, start, end, wanted) in [
            ("COPY a b # c d\nX", 9, 14, Some("# c d\nCOPY a b\nX")),
            ("  WORKDIR /a # b\n", 10, 16, Some("  # b\n  WORKDIR /a\n")),
            ("COPY a \\\n b # c", 11, 14, None),
            ("ENV A \"b # c\"", 6, 13, None),
        ] {
            let span = Span::new(SourceId::default(), start, end);
            assert_eq!(after(text, comment_above(span, text)).as_deref(), wanted, "{text}");
        }
    }
}

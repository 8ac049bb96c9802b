//! Going on after a syntax error: which lines are lost, and how far what they held may have reached.
//!
//! The lines of an error are blanked and the text is read again. Blanking keeps every offset, so the tree of the second
//! reading points into the text as it is written.

use super::{Data, Map, Value, YamlFile};
use std::ops::Range;

/// A syntax error as the parser met it. All offsets are bytes of the text.
pub(super) struct Broken {
    /// Where the parser says it is.
    pub at: usize,
    /// What the parser says.
    pub info: String,
    /// Where the outermost open `[` or `{` is.
    pub flow: Option<usize>,
    /// The end of what was read.
    pub unread: usize,
    /// The last scalar that was read, if it is plain.
    pub plain: Option<Range<usize>>,
    /// Where the list begins that is being read, if it is one.
    pub items: Option<usize>,
}

/// What is given up for one error.
pub(super) struct Damage {
    /// The line to look at, without its indentation.
    pub line: Range<usize>,
    /// Whole lines, in order.
    pub lost: Vec<Range<usize>>,
    /// Whether a quote is opened in the line that a later line closes, or nothing.
    pub open_quote: bool,
}

/// How far a lost line reaches: what it may have set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Anything in the file.
    File,
    /// Any setting of an entry: `services`, `api`.
    Entry(String, String),
    /// A part of a setting: `services`, `api`, `environment`.
    Setting(String, String, String),
}

/// The lines that an error costs. `text` may have lines blanked already. `None` if there is nothing left to give up.
pub(super) fn damage(text: &str, error: &Broken) -> Option<Damage> {
    if let Some(conflict) = conflict(text) {
        return Some(conflict);
    }
    let (at, open_quote) = culprit(text, error);
    let line = content_line(text, at)?;
    let lines = region(text, line.clone(), error);
    let trimmed = trimmed(text, &line);
    Some(Damage {
        open_quote,
        lost: vec![lines],
        line: trimmed,
    })
}

/// `text` with these ranges blanked; line breaks stay.
pub(super) fn blanked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        for byte in bytes.get_mut(range.clone()).into_iter().flatten() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    // Whole lines of valid text: what is left is valid as well.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where the mistake is, which may be lines above the place where the parser noticed it.
fn culprit(text: &str, error: &Broken) -> (usize, bool) {
    if let Some(flow) = error.flow {
        return (flow, false);
    }
    // A tab at the start of a line ends the plain text above it, and the parser names that.
    if error.info.contains("tab") {
        let below = text.get(error.at..).unwrap_or("");
        let lines = below.split_inclusive('\n').scan(error.at, |start, line| {
            let here = *start;
            *start += line.len();
            Some((here, line))
        });
        let is_tabbed = |line: &str| {
            line.len() > line.trim_start_matches(' ').len() && line.trim_start_matches(' ').starts_with('\t')
        };
        if let Some((start, _)) = lines
            .skip(1)
            .take(2)
            .find(|(_, line)| line.starts_with('\t') || is_tabbed(line))
        {
            return (start, false);
        }
    }
    let rest = text.get(error.unread..).unwrap_or("");
    let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ':', '-', '?']).len();
    let next = error.unread + skipped;
    let is_quoted = text.get(next..).is_some_and(|rest| rest.starts_with(['"', '\'']));
    if is_quoted && next <= error.at {
        let is_open = line(text, next).end < error.at || error.info.contains("unclosed");
        return (next, is_open);
    }
    // `image:nginx` is plain text, and takes the lines below it along until one of them has a colon.
    if let Some(plain) = &error.plain {
        let own = line(text, plain.start);
        let begins_its_line = text
            .get(own.start..plain.start)
            .is_some_and(|before| before.trim().is_empty());
        if begins_its_line && own.end < plain.end {
            return (plain.start, false);
        }
    }
    if error.info.contains("document start")
        && let Some(above) = line(text, error.at).start.checked_sub(1)
        && let Some(above) = content_line(text, above)
        && is_template(text.get(above.clone()).unwrap_or("").trim())
    {
        return (above.start, false);
    }
    if let Some(item) = error.items.and_then(|items| lone_item(text, items, error.at)) {
        return (item, false);
    }
    (error.at, false)
}

/// The line of the first item, if the items of a list are fewer than the keys that follow at their column: then they are what
/// does not belong.
fn lone_item(text: &str, items: usize, at: usize) -> Option<usize> {
    let first = line(text, items);
    let column = indentation(text, &first);
    let (mut found, mut keys) = (0, 0);
    let mut next = first.start;
    while next < text.len() {
        let here = line(text, next);
        next = here.end + 1;
        let content = text.get(here.clone()).unwrap_or("").trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match indentation(text, &here).cmp(&column) {
            std::cmp::Ordering::Less => break,
            std::cmp::Ordering::Equal if is_item(content) => found += 1,
            std::cmp::Ordering::Equal => keys += 1,
            std::cmp::Ordering::Greater => {}
        }
    }
    (items < at && keys > found).then_some(items)
}

/// The line of an offset, or the nearest one above, or below, that has content.
fn content_line(text: &str, at: usize) -> Option<Range<usize>> {
    let has_content = |range: &Range<usize>| text.get(range.clone()).is_some_and(|line| !line.trim().is_empty());
    let here = line(text, at.min(text.len()));
    let mut above = here.clone();
    while !has_content(&above) && above.start > 0 {
        above = line(text, above.start - 1);
    }
    if has_content(&above) {
        return Some(above);
    }
    let mut below = here;
    while !has_content(&below) && below.end < text.len() {
        below = line(text, below.end + 1);
    }
    has_content(&below).then_some(below)
}

/// The line and what belongs to it: what is indented deeper, and the rest of an open bracket.
fn region(text: &str, first: Range<usize>, error: &Broken) -> Range<usize> {
    let mut indent = indentation(text, &first);
    let first_start = first.start;
    // How deep a tab was meant to be nobody knows: what is deeper than the line above may belong to it.
    if text
        .get(first.clone())
        .is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'))
        && let Some(above) = first_start.checked_sub(1)
        && let Some(above) = content_line(text, above)
    {
        indent = indentation(text, &above);
    }
    // Items may stand at the column of their key.
    let mut end = first.end;
    let mut last = text.get(first).unwrap_or("").trim();
    let takes_items = !is_item(last) && !error.info.contains("'-'");
    // A line of a template has nothing below it.
    let mut next = if is_template(last) { text.len() } else { end + 1 };
    while next < text.len() {
        let here = line(text, next);
        next = here.end + 1;
        let content = text.get(here.clone()).unwrap_or("").trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let column = indentation(text, &here);
        let continues = error.flow.is_some()
            && (last.ends_with([',', '[', '{']) || content.starts_with([']', '}']) && column >= indent);
        let is_below = column > indent || takes_items && column == indent && is_item(content);
        if !is_below && !continues {
            break;
        }
        end = here.end;
        last = content;
    }
    first_start..end
}

/// Every unresolved merge: its markers and the second of its versions. The first version is kept.
fn conflict(text: &str) -> Option<Damage> {
    let mut lost = Vec::new();
    let mut first = None;
    let mut dropping = None;
    let mut start = 0;
    for piece in text.split_inclusive('\n') {
        let here = start..start + piece.trim_end_matches('\n').len();
        start += piece.len();
        if piece.starts_with("<<<<<<< ") {
            first.get_or_insert_with(|| here.clone());
            lost.push(here);
        } else if first.is_some() && (piece.starts_with("======= ") || piece.trim_end() == "=======") {
            dropping = Some(here.start);
        } else if piece.starts_with(">>>>>>> ")
            && let Some(from) = dropping.take()
        {
            lost.push(from..here.end);
        }
    }
    let line = first?;
    Some(Damage {
        line: trimmed(text, &line),
        lost,
        open_quote: false,
    })
}

/// The range of the line that an offset is in, without its line break.
fn line(text: &str, at: usize) -> Range<usize> {
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |index| index + 1);
    let end = text
        .get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |index| at + index);
    start..end
}

/// The line without the blanks around it.
fn trimmed(text: &str, line: &Range<usize>) -> Range<usize> {
    let written = text.get(line.clone()).unwrap_or("");
    let start = line.start + (written.len() - written.trim_start().len());
    start..start + written.trim().len()
}

/// The column of the first character; a tab goes to the next multiple of eight.
fn indentation(text: &str, line: &Range<usize>) -> usize {
    let written = text.get(line.clone()).unwrap_or("");
    written
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .fold(0, |column, byte| match byte {
            b'\t' => (column / 8 + 1) * 8,
            _ => column + 1,
        })
}

/// Whether a line is an expression of a template language.
pub(super) fn is_template(content: &str) -> bool {
    ["{{", "{%", "<%"].into_iter().any(|mark| content.starts_with(mark))
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// Whether nothing but blanks and comments is between lines that are lost already and the damage.
pub(super) fn follows(text: &str, lost: &[Range<usize>], damage: &Damage) -> bool {
    lost.iter().any(|range| {
        let between = text.get(range.end..damage.line.start);
        between.is_some_and(|between| {
            between.lines().all(|line| {
                let line = line.trim();
                line.is_empty() || line.starts_with('#')
            })
        })
    })
}

/// Whether an alias only lacks its anchor because the line of the anchor is lost.
pub(super) fn is_lost_anchor(text: &str, lost: &[Range<usize>], error: &Broken, damage: &Damage) -> bool {
    let name = text
        .get(error.at..damage.line.end)
        .and_then(|rest| rest.trim_start().strip_prefix('*'));
    let name: String = name
        .unwrap_or("")
        .chars()
        .take_while(|one| !one.is_whitespace())
        .collect();
    let anchor = format!("&{name}");
    error.info.contains("unknown anchor")
        && lost
            .iter()
            .any(|range| text.get(range.clone()).is_some_and(|lines| lines.contains(&anchor)))
}

/// Notes how far lost lines reach, and takes settings away of which nothing is left.
pub(super) fn mark(text: &str, file: &mut YamlFile, lost: &[Range<usize>]) {
    for range in lost {
        let (path, reach) = reach(text, file, range);
        // A section or an entry that lost everything is still one.
        if let Some(document) = file.documents.first_mut()
            && path.len() < 3
            && let Some(node) = path.iter().try_fold(document, |node, key| at_mut(node, key))
            && node.is_null()
        {
            node.data = Data::Map(Map::new());
        }
        if let Lost::Setting(section, entry, setting) = &reach
            && let Some(document) = file.documents.first_mut()
            && let Some(map) = at_mut(document, section).and_then(|section| at_mut(section, entry)?.map_mut())
            && map.get(setting).is_some_and(|entry| entry.value.is_null())
        {
            map.shift_remove(setting);
        }
        if !file.lost.contains(&reach) {
            file.lost.push(reach);
        }
    }
}

fn at_mut<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    Some(&mut value.map_mut()?.get_mut(key)?.value)
}

/// How far the lines that were lost reach, judged by the columns of what was read around them. `range` is where they are,
/// `text` still holds them. What a mapping lost and an alias then copied may be anywhere.
fn reach(text: &str, file: &YamlFile, range: &Range<usize>) -> (Vec<String>, Lost) {
    let [document] = file.documents.as_slice() else {
        return (Vec::new(), Lost::File);
    };
    let at = trimmed(text, range).start;
    let indent = indentation(text, &line(text, at));
    let mut path: Vec<String> = Vec::new();
    let mut node = document;
    while path.len() < 3
        && !file.has_aliases
        && let Some(map) = node.map()
        && let Some((name, value, column)) = before(text, map, at)
        && column < indent
        && holds(text, value, indent)
    {
        path.push(name.to_owned());
        node = value;
    }
    let is_nothing = node.is_null();
    let reach = match path.as_slice() {
        [section, entry, setting] => Lost::Setting(section.clone(), entry.clone(), setting.clone()),
        [section, entry] if !is_nothing => Lost::Entry(section.clone(), entry.clone()),
        _ => Lost::File,
    };
    (path, reach)
}

/// The last entry that is written before `at`, with the column of its key.
fn before<'a>(text: &str, map: &'a Map, at: usize) -> Option<(&'a str, &'a Value, usize)> {
    let (name, entry) = map
        .iter()
        .filter(|(_, entry)| (entry.key.start as usize) < at)
        .max_by_key(|(_, entry)| entry.key.start)?;
    Some((
        name,
        &entry.value,
        indentation(text, &line(text, entry.key.start as usize)),
    ))
}

/// Whether a line at this column is surely inside of the value: it has a neighbour at the same column there, or one that is
/// less deep, or nothing else is left of the value.
fn holds(text: &str, value: &Value, indent: usize) -> bool {
    let column = |start: u32| indentation(text, &line(text, start as usize));
    match &value.data {
        Data::Null => true,
        Data::Map(map) => map.values().any(|entry| column(entry.key.start) <= indent),
        Data::Seq(items) => items.iter().any(|item| column(item.span.start) <= indent),
        _ => false,
    }
}

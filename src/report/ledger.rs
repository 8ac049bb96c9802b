//! The ledger of an image as a table with bars.

use super::{escape, words};
use crate::build::size::{Bytes, Ledger, LedgerRow};
use crate::finding::Basis;
use crate::order::Order as _;
use crate::redact::Secrets;
use crate::values::bytes::megabytes;

/// Cells of a bar that stands for everything.
const BAR: u64 = 20;
/// Characters of an instruction that are shown.
const WIDTH: usize = 60;
/// A row is small if it has less than this part of all.
const SMALL: u64 = 100;
/// Rows of one ledger, and rows that are named of those of which nothing is known.
const MAX_ROWS: usize = 12;
const MAX_OPEN: usize = 4;

/// The budget that a ledger is held against.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    /// So many bytes are allowed.
    pub bytes: u64,
    /// The profile that says so.
    pub profile: String,
}

impl Allowed {
    /// Whether the ledger keeps to it: `within`, `above`, `undecided`.
    pub(super) fn answer(&self, ledger: &Ledger) -> &'static str {
        let total = ledger.total();
        match total.at_most() {
            _ if total.at_least > self.bytes => "above",
            Some(most) if most <= self.bytes => "within",
            _ => "undecided",
        }
    }

    /// ``budget: 100.0 MB in the profile `web`: above``.
    pub(super) fn line(&self, ledger: &Ledger) -> String {
        let (budget, answer) = (megabytes(self.bytes), self.answer(ledger));
        format!("budget: {budget} in the profile `{}`: {answer}", self.profile)
    }
}

/// A ledger for people. `title` says what it is of. Rows keep the order of the file; what is next to nothing is one row, and what is not
/// known is one for each reason.
pub(crate) fn render(title: &str, ledger: &Ledger, allowed: Option<&Allowed>, secrets: &Secrets) -> String {
    let shown = |text: &str, width: usize| {
        let text = secrets.mask(text);
        escape::inline(&words::clip(&text, width))
    };
    let mut out = format!("{}\n\n", shown(title, 200));
    let scale = ledger.about().max(allowed.map_or(0, |allowed| allowed.bytes)).max(1);
    let sorted = Sorted::of(ledger, false);
    let mut push = |bytes: Bytes, what: &str, why: &str| {
        out.push_str(&format!("{:>12}  {}  {what}\n", figure(bytes), scaled(bytes, scale)));
        if !why.is_empty() {
            out.push_str(&format!("{:36}{why}\n", ""));
        }
    };
    for row in &sorted.large {
        let why = format!("{}: {}", row.bytes.basis().word(), shown(&why(row), 200));
        push(row.bytes, &shown(&row.what, WIDTH), &why);
    }
    if !sorted.small.is_empty() {
        let small: Vec<String> = sorted.small.iter().map(|row| shown(&row.what, WIDTH / 2)).collect();
        let text = words::clip(&small.join(" · "), 2 * WIDTH).into_owned();
        push(sum_of(&sorted.small), &sorted.smaller(), &text);
    }
    let mut open: indexmap::IndexMap<String, Vec<String>> = indexmap::IndexMap::new();
    for row in &sorted.open {
        let reason = shown(&why(row), 200);
        open.entry(reason).or_default().push(shown(&row.what, WIDTH));
    }
    for (reason, rows) in &open {
        let text = words::clip(&rows.join(" · "), 2 * WIDTH).into_owned();
        push(Bytes::rough(0, None), &text, &format!("unknown: {reason}"));
    }
    let sum = sum(ledger);
    let sum = sum.split_once("; unknown").map_or(sum.as_str(), |(sum, _)| sum);
    out.push_str(&format!("\n{}\n", shown(sum, 400)));
    if let Some(allowed) = allowed {
        out.push_str(&format!("{}\n", shown(&allowed.line(ledger), 200)));
    }
    escape::guard(out)
}

/// The rows by how much they are.
struct Sorted<'a> {
    /// More than next to nothing.
    large: Vec<&'a LedgerRow>,
    /// Next to nothing; never one alone.
    small: Vec<&'a LedgerRow>,
    /// Nothing is known of them.
    open: Vec<&'a LedgerRow>,
}

impl<'a> Sorted<'a> {
    fn of(ledger: &'a Ledger, by_size: bool) -> Self {
        let least = ledger.about() / SMALL;
        // Of what has no upper end a little is known, and that is not what it comes to.
        let is_known = |row: &&LedgerRow| row.bytes.estimate.is_some() || row.bytes.at_least > least;
        let (mut known, open): (Vec<&LedgerRow>, Vec<&LedgerRow>) = ledger.rows.iter().partition(is_known);
        if by_size {
            known.order_by_key(|row| std::cmp::Reverse(end(row.bytes)));
        }
        let is_large = |row: &&LedgerRow| end(row.bytes) > least;
        let (large, small): (Vec<&LedgerRow>, Vec<&LedgerRow>) = known.iter().partition(|row| is_large(row));
        match small.len() {
            0 | 1 => Self {
                large: known,
                small: Vec::new(),
                open,
            },
            _ => Self { large, small, open },
        }
    }

    /// `5 smaller rows`.
    fn smaller(&self) -> String {
        words::count(
            self.small.len(),
            if self.large.is_empty() { "row" } else { "smaller row" },
        )
    }
}

/// How a row is known, or what to type for it.
pub(super) fn why(row: &LedgerRow) -> String {
    match row.remedy.filter(|_| row.bytes.estimate.is_none()) {
        Some(remedy) => format!("{}: {}", row.why, remedy.command()),
        None => row.why.clone(),
    }
}

/// The sum as a sentence: `at least 110.7 MB, about 150.2 MB`, and what is not known.
pub(crate) fn sum(ledger: &Ledger) -> String {
    let total = ledger.total();
    let mut text = match (total.basis(), total.estimate) {
        (Basis::Exact, _) => format!("sum: {}, counted", megabytes(total.at_least)),
        (Basis::Unknown, _) => "sum: unknown".to_owned(),
        (_, Some(about)) => format!(
            "sum: at least {}, about {}",
            megabytes(total.at_least),
            megabytes(about)
        ),
        (_, None) if megabytes(ledger.about()) != megabytes(total.at_least) => format!(
            "sum: at least {}, about {} without the unknown parts",
            megabytes(total.at_least),
            megabytes(ledger.about())
        ),
        (_, None) => format!("sum: at least {}", megabytes(total.at_least)),
    };
    let open: Vec<&LedgerRow> = ledger.open().collect();
    if !open.is_empty() {
        let listed: Vec<String> = open
            .iter()
            .take(3)
            .map(|row| format!("{} ({})", words::clip(&row.what, 30), words::clip(&row.why, 60)))
            .collect();
        let more = if open.len() > 3 { ", ..." } else { "" };
        text.push_str(&format!("; unknown: {}{more}", listed.join(", ")));
    }
    text
}

fn end(bytes: Bytes) -> u64 {
    bytes.estimate.unwrap_or(bytes.at_least)
}

/// The rows as lines with bars to one scale, the budget's where it is more: the largest first, what is next to nothing together, what is
/// not known together, and the sum.
pub(super) fn lines(ledger: &Ledger, budget: Option<u64>, secrets: &Secrets, width: usize) -> Vec<String> {
    let total = ledger.about();
    let scale = total.max(budget.unwrap_or(0)).max(1);
    let what = |row: &LedgerRow| escape::inline(&words::clip(&secrets.mask(&row.what), width));
    let line = |bytes: Bytes, what: &str| format!("{:>12}  {}  {what}", figure(bytes), scaled(bytes, scale));
    let mut sorted = Sorted::of(ledger, true);
    if sorted.large.len() > MAX_ROWS {
        sorted.small.splice(0..0, sorted.large.drain(MAX_ROWS..));
    }
    let mut lines: Vec<String> = sorted.large.iter().map(|row| line(row.bytes, &what(row))).collect();
    if !sorted.small.is_empty() {
        lines.push(line(sum_of(&sorted.small), &sorted.smaller()));
    }
    let open = &sorted.open;
    let unknown = Bytes::rough(0, None);
    lines.extend(open.iter().take(MAX_OPEN).map(|row| line(unknown, &what(row))));
    if open.len() > MAX_OPEN {
        lines.push(line(unknown, &words::count(open.len() - MAX_OPEN, "more row")));
    }
    let of = budget.map_or(String::new(), |budget| {
        let budget_bytes = u128::from(budget.max(1));
        let share = (u128::from(total) * 100 + budget_bytes / 2) / budget_bytes;
        format!(", {share} % of {}", megabytes(budget))
    });
    let sum = match (ledger.total().basis(), open.is_empty()) {
        (Basis::Exact, _) => "sum",
        (_, true) => "sum, estimated",
        (_, false) => "sum of known sizes (? is unknown)",
    };
    let known: Vec<&LedgerRow> = sorted.large.iter().chain(&sorted.small).copied().collect();
    lines.push(format!(
        "{:>12}  {}  {sum}{of}",
        megabytes(total),
        scaled(sum_of(&known), scale)
    ));
    lines
}

/// What is known of these rows.
fn sum_of(rows: &[&LedgerRow]) -> Bytes {
    rows.iter().fold(Bytes::exact(0), |sum, row| {
        let bytes = match row.bytes.estimate {
            Some(_) => row.bytes,
            None => Bytes::rough(row.bytes.at_least, Some(row.bytes.at_least)),
        };
        sum.plus(bytes)
    })
}

/// What is certain as full cells, the rest of the estimate as light ones; what rounds to nothing is a hair.
fn scaled(bytes: Bytes, scale: u64) -> String {
    let cells = |bytes: u64| {
        let rounded = (u128::from(bytes) * u128::from(BAR) * 2 / u128::from(scale)).div_ceil(2);
        usize::try_from(rounded).unwrap_or(0).min(BAR as usize)
    };
    let (full, all) = (cells(bytes.at_least), cells(end(bytes)));
    let bar = match all {
        0 if end(bytes) > 0 => "▏".to_owned(),
        _ => format!("{}{}", "█".repeat(full), "░".repeat(all.saturating_sub(full))),
    };
    let empty = (BAR as usize).saturating_sub(bar.chars().count());
    bar + &" ".repeat(empty)
}

pub(super) fn figure(bytes: Bytes) -> String {
    match bytes.basis() {
        Basis::Unknown => "?".to_owned(),
        Basis::AtLeast => format!("> {}", megabytes(bytes.at_least)),
        _ => megabytes(end(bytes)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::source::Sources;
    use expect_test::expect;

    fn row(what: &str, bytes: Bytes) -> LedgerRow {
        let mut sources = Sources::default();
        let id = sources.add(std::path::Path::new("Dockerfile"), "FROM x\n".to_owned());
        LedgerRow {
            span: crate::source::Span::new(id, 0, 4),
            what: what.to_owned(),
            bytes,
            why: "because".to_owned(),
            is_layer: true,
            remedy: None,
            trace: crate::build::size::Trace::default(),
        }
    }

    pub(in crate::report) fn ledger() -> Ledger {
        Ledger {
            rows: vec![
                row("FROM debian:12", Bytes::rough(110_000_000, Some(116_000_000))),
                row("COPY . /app", Bytes::exact(2_500)),
                row("RUN make \u{1b}[31m", Bytes::rough(0, None)),
            ],
            from_scratch: false,
        }
    }

    #[test]
    fn what_is_not_known_is_a_question_mark_and_never_nothing() {
        let text = render("api/Dockerfile", &ledger(), None, &Secrets::default());
        expect![[r#"
            api/Dockerfile

                116.0 MB  ███████████████████░  FROM debian:12
                                                estimate: because
                  2.5 kB  ▏                     COPY . /app
                                                exact: because
                       ?                        RUN make \x1b[31m
                                                unknown: because

            sum: at least 110.0 MB, about 116.0 MB without the unknown parts
        "#]]
        .assert_eq(&text);
    }
}

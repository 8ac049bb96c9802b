//! The ledger of an image as a table with bars.

use super::{escape, words};
use crate::build::size::{Bytes, Ledger, LedgerRow};
use crate::finding::Basis;
use crate::redact::Secrets;
use crate::values::bytes::megabytes;

/// Cells of the longest bar.
const BAR: u64 = 20;
/// Characters of an instruction that are shown.
const WIDTH: usize = 60;

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

    /// `budget: 100.0 MB in the profile 'web': above`.
    pub(super) fn line(&self, ledger: &Ledger) -> String {
        let (budget, answer) = (megabytes(self.bytes), self.answer(ledger));
        format!("budget: {budget} in the profile '{}': {answer}", self.profile)
    }
}

/// A ledger for people. `title` says what it is of.
pub(crate) fn render(title: &str, ledger: &Ledger, allowed: Option<&Allowed>, secrets: &Secrets) -> String {
    let shown = |text: &str, width: usize| {
        let text = secrets.mask(text);
        escape::line(&words::clip(&text, width)).into_owned()
    };
    let mut out = format!("{}\n\n", shown(title, 200));
    let largest = largest(&ledger.rows);
    for row in &ledger.rows {
        out.push_str(&format!(
            "{:>12}  {:<8}  {}  {}\n{:24}{}\n",
            figure(row.bytes),
            row.bytes.basis().word(),
            bar(row.bytes, largest),
            shown(&row.what, WIDTH),
            "",
            shown(&why(row), 200),
        ));
    }
    out.push_str(&format!("\n{}\n", shown(&sum(ledger), 400)));
    if let Some(allowed) = allowed {
        out.push_str(&format!("{}\n", shown(&allowed.line(ledger), 200)));
    }
    escape::guard(out)
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
        (Basis::Unknown, _) => "sum: not known".to_owned(),
        (_, Some(about)) => format!(
            "sum: at least {}, about {}",
            megabytes(total.at_least),
            megabytes(about)
        ),
        (_, None) if megabytes(ledger.about()) != megabytes(total.at_least) => format!(
            "sum: at least {}, about {} without what is not known",
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
        text.push_str(&format!("; not known: {}{more}", listed.join(", ")));
    }
    text
}

fn end(bytes: Bytes) -> u64 {
    bytes.estimate.unwrap_or(bytes.at_least)
}

/// The longest bar stands for so many bytes.
pub(super) fn largest(rows: &[LedgerRow]) -> u64 {
    rows.iter().map(|row| end(row.bytes)).max().unwrap_or(0).max(1)
}

pub(super) fn figure(bytes: Bytes) -> String {
    match bytes.basis() {
        Basis::Unknown => "?".to_owned(),
        Basis::AtLeast => format!("> {}", megabytes(bytes.at_least)),
        _ => megabytes(end(bytes)),
    }
}

/// What is certain as full cells, the rest of the estimate as light ones.
pub(super) fn bar(bytes: Bytes, largest: u64) -> String {
    let cells = |bytes: u64| {
        let share = u128::from(bytes) * u128::from(BAR);
        usize::try_from(share.div_ceil(u128::from(largest))).unwrap_or(0)
    };
    let (full, all) = (cells(bytes.at_least), cells(end(bytes)));
    let empty = (BAR as usize).saturating_sub(all);
    format!(
        "{}{}{}",
        "█".repeat(full),
        "░".repeat(all.saturating_sub(full)),
        " ".repeat(empty)
    )
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

                116.0 MB  estimate  ███████████████████░  FROM debian:12
                                    because
                  2.5 kB  exact     █                     COPY . /app
                                    because
                       ?  unknown                         RUN make \x1b[31m
                                    because

            sum: at least 110.0 MB, about 116.0 MB without what is not known; not known: RUN make \x1b[31m (because)
        "#]]
        .assert_eq(&text);
    }
}

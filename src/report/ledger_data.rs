//! The ledger of one Dockerfile as data and as Markdown, with the budget of its profile.

use super::ledger::{Allowed, figure, sum, why};
use super::{escape, json, words};
use crate::build::size::Ledger;
use crate::redact::Secrets;
use serde_json::{Value, json as document};
use std::fmt::Write as _;

/// Characters of an instruction, and rows, that Markdown shows.
const WIDTH: usize = 90;
const MAX_ROWS: usize = 100;

/// For machines; sizes are bytes.
pub(crate) fn data(title: &str, ledger: &Ledger, allowed: Option<&Allowed>, secrets: &Secrets) -> String {
    let rows = ledger.rows.iter().map(|row| {
        let mut map = json::bytes(row.bytes);
        map.insert("instruction".to_owned(), document!(secrets.mask(&row.what)));
        map.insert("why".to_owned(), document!(secrets.mask(&row.why)));
        if let Some(remedy) = row.remedy {
            map.insert("command".to_owned(), document!(remedy.command()));
        }
        Value::Object(map)
    });
    let rows: Vec<Value> = rows.collect();
    let mut map = json::bytes(ledger.total());
    map.insert("schema".to_owned(), document!(1));
    map.insert("source".to_owned(), document!(secrets.mask(title)));
    map.insert("known_bytes".to_owned(), document!(ledger.about()));
    map.insert("layers".to_owned(), document!(rows));
    if let Some(allowed) = allowed {
        let answer = allowed.answer(ledger);
        let budget =
            document!({"size_bytes": allowed.bytes, "profile": secrets.mask(&allowed.profile), "answer": answer});
        map.insert("budget".to_owned(), budget);
    }
    let text = serde_json::to_string_pretty(&Value::Object(map)).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

/// For a comment or a summary.
pub(crate) fn markdown(title: &str, ledger: &Ledger, allowed: Option<&Allowed>, secrets: &Secrets) -> String {
    let code = |text: &str| escape::markdown_code(&words::clip(&secrets.mask(text), WIDTH));
    let prose = |text: &str| escape::markdown_prose(&words::clip(&secrets.mask(text), 2 * WIDTH));
    let mut out = format!(
        "**{}**\n\n| bytes | how | instruction | why |\n| ---: | --- | --- | --- |\n",
        code(title)
    );
    for row in ledger.rows.iter().take(MAX_ROWS) {
        let (bytes, basis) = (figure(row.bytes), row.bytes.basis().word());
        let _ = writeln!(
            out,
            "| {bytes} | {basis} | {} | {} |",
            code(&row.what),
            prose(&why(row))
        );
    }
    if ledger.rows.len() > MAX_ROWS {
        let _ = writeln!(out, "\nand {} more", ledger.rows.len() - MAX_ROWS);
    }
    let _ = writeln!(out, "\n{}", prose(&sum(ledger)));
    if let Some(allowed) = allowed {
        let _ = writeln!(out, "\n{}", prose(&allowed.line(ledger)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::ledger::tests::ledger;
    use super::*;
    use expect_test::expect;

    fn allowed(bytes: u64) -> Allowed {
        Allowed {
            bytes,
            profile: "web".to_owned(),
        }
    }

    #[test]
    fn the_budget_stands_beside_the_total() {
        let answer = |bytes: u64| {
            let text = data("Dockerfile", &ledger(), Some(&allowed(bytes)), &Secrets::default());
            let data: Value = serde_json::from_str(&text).unwrap();
            (
                data["budget"]["answer"].clone(),
                data["at_least_bytes"].clone(),
                data["known_bytes"].clone(),
            )
        };
        assert_eq!(
            answer(100_000_000),
            (document!("above"), document!(110_002_500), document!(116_002_500))
        );
        assert_eq!(answer(120_000_000).0, "undecided");
        expect![[r#"
            **`api/Dockerfile`**

            | bytes | how | instruction | why |
            | ---: | --- | --- | --- |
            | 116.0 MB | estimate | `FROM debian:12` | because |
            | 2.5 kB | exact | `COPY . /app` | because |
            | ? | unknown | `RUN make \x1b[31m` | because |

            sum: at least 110.0 MB, about 116.0 MB without the unknown parts; unknown: RUN make `\x1b[31m` (because)

            budget: 120.0 MB in the profile `web`: undecided
        "#]]
        .assert_eq(&markdown(
            "api/Dockerfile",
            &ledger(),
            Some(&allowed(120_000_000)),
            &Secrets::default(),
        ));
    }
}

//! `docs/configuration.md`, and the table of budgets in `docs/budgets.md`: the tables of keys and budgets as documents.

use super::budget::{BUDGETS, BUILT_IN, Budget};
use super::key::{Described, Entry, Key};
use super::keys::TOP;
use super::policy::Policy;
use super::profiles::{HOST, PROFILE, PROJECT};
use super::{Assignment, DeclaredContext, DeclaredImage, DeclaredSet, Ignore, NAMES};
use std::fmt::Write as _;

/// The whole document.
pub fn document() -> String {
    let names: Vec<String> = NAMES.iter().map(|name| format!("`{name}`")).collect();
    let mut out = format!(
        "# Configuration\n\nThe first of {} in the root of the repository is read, or the file that `--config` \
         names. Every key is optional. An unknown key, value, unit of measure or rule name is reported with its line \
         and the nearest known one; the exit code is 2, and nothing is checked.\n\nThis page is generated from the \
         tables of the reader (`UPDATE=1 cargo test --test it configuration::`), and a test runs every example.\n",
        names.join(", ")
    );
    section(&mut out, "The file", TOP);
    section(&mut out, "A profile", PROFILE);
    let _ = write!(
        out,
        "\n## Budgets of a profile\n\nA budget is the most that is allowed; `null` removes a budget of the extended \
         profile. Built-in defaults only warn; budgets that you set (in this file, or by assigning a built-in \
         profile) are enforced as errors.\n\n{}",
        budgets()
    );
    for budget in BUDGETS {
        one(&mut out, &described(budget));
    }
    section(&mut out, "Budgets of `project`", PROJECT);
    section(&mut out, "Budgets of `host`", HOST);
    list::<Assignment>(&mut out);
    list::<DeclaredSet>(&mut out);
    list::<DeclaredContext>(&mut out);
    list::<DeclaredImage>(&mut out);
    list::<Ignore>(&mut out);
    list::<Policy>(&mut out);
    out
}

/// The budgets with the figures of the built-in profiles, as a table.
pub fn budgets() -> String {
    let names: Vec<String> = BUILT_IN.iter().map(|name| format!("`{name}`")).collect();
    let mut out = format!(
        "| budget | {} |\n| --- |{}\n",
        names.join(" | "),
        " --- |".repeat(BUILT_IN.len())
    );
    for budget in BUDGETS {
        let figures = budget
            .figures
            .map(|figure| if figure.is_empty() { "-" } else { figure });
        let title = budget.title();
        let _ = writeln!(out, "| `{}`: {title} | {} |", budget.key, figures.join(" | "));
    }
    out
}

fn described(budget: &'static Budget) -> Described {
    let figures = BUILT_IN
        .iter()
        .zip(budget.figures)
        .filter(|(_, figure)| !figure.is_empty());
    let figures: Vec<String> = figures.map(|(name, figure)| format!("{figure} in `{name}`")).collect();
    let rules: Vec<String> = budget.rules.iter().map(|rule| format!("`{rule}`")).collect();
    let checked = match rules.is_empty() {
        true => "No rule checks it yet: each use is reported as `undecided-value`.".to_owned(),
        false => format!("Checked by {}.", rules.join(", ")),
    };
    let paragraphs = budget.doc.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    Described {
        name: budget.key,
        takes: budget.kind.takes().to_owned(),
        default: match figures.is_empty() {
            true => "no budget".to_owned(),
            false => figures.join(", "),
        },
        doc: format!("{}\n\n{checked}", paragraphs.trim()),
        example: format!(
            "profiles:\n  api: {{{}: {}}}\nassign:\n  - {{profile: api}}\n",
            budget.key, budget.example
        ),
    }
}

fn list<E: Entry>(out: &mut String) {
    section(out, &format!("An entry of `{}`", E::LIST), E::KEYS);
}

fn section<T>(out: &mut String, title: &str, keys: &[Key<T>]) {
    let _ = write!(out, "\n## {title}\n");
    for key in keys {
        one(out, &key.described());
    }
}

fn one(out: &mut String, key: &Described) {
    let _ = write!(
        out,
        "\n### `{}`\n\n{}\n\n- Takes: {}\n- Default: {}\n\n```yaml\n{}```\n",
        key.name, key.doc, key.takes, key.default, key.example
    );
}

//! Packages of Debian 12: how big they are, and what they bring along.
//!
//! `debs.tsv` was made on 2026-11-27 with apt itself (`apt-get install -s`) in a minbase system of Debian 12 with its updates:
//! the packages that real Dockerfiles install, with their closures. A package's number is its row, from 0.
//! `installed_kib` is Debian's Installed-Size, which rounds every file and folder up to a KiB. `least_kib` was measured: the bytes of
//! the package's files without documentation, manuals and translations (which slim images leave out), a tenth taken off; it
//! is empty where the package was not installed to be measured. `with` is the closure without recommendations, the package
//! included, `recommends` what the recommendations add. A row of 0 KiB is part of minbase.

use super::rows;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// A package, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deb(usize);

struct Row {
    installed: u64,
    least: u64,
    with: &'static str,
    recommends: &'static str,
}

struct Table {
    rows: Vec<Row>,
    names: HashMap<&'static str, usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table {
            rows: Vec::new(),
            names: HashMap::new(),
        };
        for columns in rows(include_str!("debs.tsv")) {
            let get = |at: usize| columns.get(at).copied().unwrap_or("");
            let kib = |at: usize| get(at).parse::<u64>().unwrap_or(0) * 1024;
            table.names.insert(get(0), table.rows.len());
            table.rows.push(Row {
                installed: kib(1),
                least: kib(2),
                with: get(3),
                recommends: get(4),
            });
        }
        table
    })
}

/// The package of this name, if it is known what it brings along.
pub(crate) fn deb(name: &str) -> Option<Deb> {
    let number = *table().names.get(name)?;
    let row = table().rows.get(number)?;
    (row.installed == 0 || !row.with.is_empty()).then_some(Deb(number))
}

impl Deb {
    /// The numbers of everything that is installed with it on a minbase system.
    pub(crate) fn closure(self, recommends: bool) -> Vec<usize> {
        let Some(row) = table().rows.get(self.0) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let lists = [row.with, if recommends { row.recommends } else { "" }];
        for run in lists.iter().flat_map(|list| list.split(' ')) {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
                found.extend(first..=last.min(table().rows.len()));
            }
        }
        found
    }
}

/// What packages bring in bytes: at least, and by Debian's own figures.
pub(crate) fn debs_total(numbers: &BTreeSet<usize>) -> (u64, u64) {
    numbers
        .iter()
        .filter_map(|number| table().rows.get(*number))
        .fold((0, 0), |(least, installed), row| {
            (least + row.least, installed + row.installed)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(name: &str, recommends: bool) -> (u64, u64) {
        debs_total(&deb(name).unwrap().closure(recommends).into_iter().collect())
    }

    #[test]
    fn closures_are_as_big_as_apt_says() {
        // 11,703 KiB on 2026-11-23, four days before the table was made.
        let (least, installed) = total("curl", false);
        assert!((11_000..12_500).contains(&(installed / 1024)), "{installed}");
        assert!(least < installed);
        assert!(total("curl", true).1 > installed);
        assert_eq!(total("bash", false), (0, 0));
        assert_eq!(deb("no-such-package"), None);
    }

    #[test]
    fn no_package_is_bigger_than_it_says() {
        for row in &table().rows {
            assert!(row.least <= row.installed);
        }
        assert!(table().rows.len() > 1000);
    }
}

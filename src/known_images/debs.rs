//! Packages of Debian 11, 12 and 13: how big they are, and what they bring along.
//!
//! `debs.tsv` is of Debian 12, made on 2026-11-27 with apt itself (`apt-get install -s`) in a minbase system with its updates: the
//! packages that real Dockerfiles install, with their closures. The tables of 11 and 13 are made by `catalogue/debs` from Debian's
//! package lists of 2026-11-29. A package's number is its row, from 0.
//! `installed_kib` is Debian's Installed-Size, which rounds every file and folder up to a KiB. `least_kib` was measured: the bytes of
//! the package's files without documentation, manuals and translations (which slim images leave out), a tenth taken off; it
//! is empty where the package was not installed to be measured. `with` is the closure without recommendations, the package
//! included, `recommends` what the recommendations add. A row of 0 KiB is part of minbase.

use super::family::Debian;
use crate::packed;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// A package of a release, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deb(Debian, usize);

/// A line of a table, of which a run asks few.
struct Row(&'static str);

impl Row {
    fn column(&self, at: usize) -> &'static str {
        self.0.split('\t').nth(at).unwrap_or("")
    }

    fn bytes(&self, at: usize) -> u64 {
        self.column(at).parse::<u64>().unwrap_or(0) * 1024
    }

    fn installed(&self) -> u64 {
        self.bytes(1)
    }

    fn least(&self) -> u64 {
        self.bytes(2)
    }

    fn with(&self) -> &'static str {
        self.column(3)
    }

    fn recommends(&self) -> &'static str {
        self.column(4)
    }
}

struct Table {
    rows: Vec<Row>,
    names: HashMap<&'static str, usize>,
}

macro_rules! packed {
    ($name:literal) => {
        packed::text(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

fn table(release: Debian) -> &'static Table {
    static BULLSEYE: OnceLock<Table> = OnceLock::new();
    static BOOKWORM: OnceLock<Table> = OnceLock::new();
    static TRIXIE: OnceLock<Table> = OnceLock::new();
    // As `build.rs` packed them.
    match release {
        Debian::Bullseye => BULLSEYE.get_or_init(|| read(packed!("debs-bullseye.tsv"))),
        Debian::Bookworm => BOOKWORM.get_or_init(|| read(packed!("debs.tsv"))),
        Debian::Trixie => TRIXIE.get_or_init(|| read(packed!("debs-trixie.tsv"))),
    }
}

fn read(text: &'static str) -> Table {
    let rows: Vec<Row> = text.lines().skip(1).map(Row).collect();
    let names = rows.iter().map(|row| row.column(0)).zip(0..).collect();
    Table { rows, names }
}

/// The package of this name, if it is known what it brings along.
pub(crate) fn deb(release: Debian, name: &str) -> Option<Deb> {
    let number = *table(release).names.get(name)?;
    let row = table(release).rows.get(number)?;
    (row.installed() == 0 || !row.with().is_empty()).then_some(Deb(release, number))
}

impl Deb {
    /// The numbers of everything that is installed with it on a minbase system.
    pub(crate) fn closure(self, recommends: bool) -> Vec<usize> {
        let rows = &table(self.0).rows;
        let Some(row) = rows.get(self.1) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let lists = [row.with(), if recommends { row.recommends() } else { "" }];
        for run in lists.iter().flat_map(|list| list.split(' ')) {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
                found.extend(first..=last.min(rows.len()));
            }
        }
        found
    }
}

/// What packages bring in bytes: at least, and by Debian's own figures.
pub(crate) fn debs_total(release: Debian, numbers: &BTreeSet<usize>) -> (u64, u64) {
    numbers
        .iter()
        .filter_map(|number| table(release).rows.get(*number))
        .fold((0, 0), |(least, installed), row| {
            (least + row.least(), installed + row.installed())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(release: Debian, name: &str, recommends: bool) -> (u64, u64) {
        let closure = deb(release, name).unwrap().closure(recommends);
        debs_total(release, &closure.into_iter().collect())
    }

    #[test]
    fn closures_are_as_big_as_apt_says() {
        // 11,703 KiB on 2026-11-23, four days before the table was made.
        let (least, installed) = total(Debian::Bookworm, "curl", false);
        assert!((11_000..12_500).contains(&(installed / 1024)), "{installed}");
        assert!(least < installed);
        assert!(total(Debian::Bookworm, "curl", true).1 > installed);
        assert_eq!(total(Debian::Bookworm, "bash", false), (0, 0));
        assert_eq!(deb(Debian::Bookworm, "no-such-package"), None);
    }

    #[test]
    fn each_release_has_packages_of_its_own() {
        // `apt-get install --simulate` of Debian 13 on 2026-11-29, on minbase.
        assert_eq!(total(Debian::Trixie, "python3.13-venv", false).1 / 1024, 29_365);
        assert_eq!(total(Debian::Trixie, "python3.13-venv", true).1 / 1024, 29_410);
        assert_eq!(deb(Debian::Bullseye, "python3.13-venv"), None);
        for release in [Debian::Bullseye, Debian::Trixie] {
            assert_eq!(total(release, "tzdata", false).1, 0, "{release:?}");
            assert!(
                (3_000..20_000).contains(&(total(release, "curl", false).1 / 1024)),
                "{release:?}"
            );
        }
    }

    #[test]
    fn no_package_is_bigger_than_it_says() {
        for release in [Debian::Bullseye, Debian::Bookworm, Debian::Trixie] {
            for row in &table(release).rows {
                assert!(row.least() <= row.installed());
            }
            assert!(table(release).rows.len() > 1000, "{release:?}");
        }
    }
}

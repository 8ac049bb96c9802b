//! The rows of an image with their bytes, and how well each is known.

use crate::finding::Basis;
use crate::source::Span;

/// Bytes, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// There are at least so many.
    pub at_least: u64,
    /// There are about so many; `None` where nothing can be said.
    pub estimate: Option<u64>,
    /// `estimate` was counted.
    pub(super) exact: bool,
    /// There are at most so many, although nobody counted them.
    most: Option<u64>,
}

impl Bytes {
    /// Counted.
    pub fn exact(bytes: u64) -> Self {
        Self {
            at_least: bytes,
            estimate: Some(bytes),
            exact: true,
            most: None,
        }
    }

    /// About `estimate`, and between the two.
    pub fn between(at_least: u64, estimate: u64, at_most: Option<u64>) -> Self {
        Self {
            at_least,
            estimate: Some(estimate),
            exact: at_least == estimate,
            most: at_most,
        }
    }

    /// At least so many, and perhaps about so many.
    pub fn rough(at_least: u64, estimate: Option<u64>) -> Self {
        Self {
            at_least,
            estimate: estimate.map(|estimate| estimate.max(at_least)),
            exact: false,
            most: None,
        }
    }

    /// At least so many, and at most so many where that is known.
    pub fn within(at_least: u64, at_most: Option<u64>) -> Self {
        Self {
            most: at_most,
            ..Self::rough(at_least, None)
        }
    }

    /// They were counted.
    pub fn is_exact(self) -> bool {
        self.exact
    }

    /// There are no more than so many; `None` where nothing bounds them.
    pub fn at_most(self) -> Option<u64> {
        if self.exact { self.estimate } else { self.most }
    }

    /// It may be more or less than was counted.
    pub fn doubt(&mut self) {
        self.exact = false;
        self.most = None;
    }

    /// How they are known.
    pub fn basis(self) -> Basis {
        match (self.exact, self.estimate, self.at_least) {
            (true, ..) => Basis::Exact,
            (_, Some(_), _) => Basis::Estimate,
            (_, None, 0) => Basis::Unknown,
            (_, None, _) => Basis::AtLeast,
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            at_least: self.at_least.saturating_add(other.at_least),
            estimate: both(self.estimate, other.estimate),
            exact: self.exact && other.exact,
            most: both(self.at_most(), other.at_most()),
        }
    }
}

fn both(one: Option<u64>, two: Option<u64>) -> Option<u64> {
    one.zip(two).map(|(one, two)| one.saturating_add(two))
}

/// What one instruction adds.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// The instruction, or where an image from elsewhere is named.
    pub span: Span,
    /// What it is, on one line: `FROM debian:13`, `COPY . /app`.
    pub what: String,
    /// What it adds.
    pub bytes: Bytes,
    /// How that is known, or why it is not.
    pub why: String,
    /// It makes a layer; false for a base image, whose layers are not known.
    pub is_layer: bool,
    /// What would make it known, where it is not.
    pub remedy: Option<Remedy>,
    /// What it rests on, where two ledgers are compared.
    pub trace: Trace,
}

/// What a row rests on, in a form that can be compared; all of it is nothing where nobody compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its instruction as a whole, in one number.
    pub text: u64,
    /// That and everything before it: its stage, those that it needs, and what the build is given.
    pub history: u64,
    /// Files that differ came before it, or come with it.
    pub is_fed: bool,
}

/// What makes a size known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// The facts of an image from elsewhere, written down.
    Lock,
    /// The image itself, built.
    Build,
    /// A variable with a value.
    Variable,
}

impl Remedy {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Lock, Self::Build, Self::Variable];

    /// What to type.
    pub fn command(self) -> &'static str {
        match self {
            Self::Lock => "plimsoll lock",
            Self::Build => "plimsoll check --image NAME=IMAGE",
            Self::Variable => "plimsoll check --env-file FILE",
        }
    }
}

/// The rows of one image, from its base up.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The rows; empty where nothing at all is known.
    pub rows: Vec<LedgerRow>,
    /// It starts from nothing, so that its rows are all its layers.
    pub from_scratch: bool,
}

impl Ledger {
    /// The sum.
    pub fn total(&self) -> Bytes {
        if self.rows.is_empty() && !self.from_scratch {
            return Bytes::rough(0, None);
        }
        self.rows.iter().fold(Bytes::exact(0), |sum, row| sum.plus(row.bytes))
    }

    /// About how many bytes the rows have of which something is known.
    pub fn about(&self) -> u64 {
        let rows = self
            .rows
            .iter()
            .map(|row| row.bytes.estimate.unwrap_or(row.bytes.at_least));
        rows.fold(0, u64::saturating_add)
    }

    /// The layers that its own instructions make.
    pub fn layers(&self) -> usize {
        self.rows.iter().filter(|row| row.is_layer).count()
    }

    /// The rows that nothing is known of, or that have no upper end.
    pub fn open(&self) -> impl Iterator<Item = &LedgerRow> {
        self.rows.iter().filter(|row| row.bytes.estimate.is_none())
    }
}

//! Targets of less: what became of the share that something is to be below what it was.

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Reached,
    Missed,
    Undecided,
}

impl Target {
    /// Of two known figures; `less` is a share.
    pub(crate) fn of(less: f64, before: f64, after: f64) -> Self {
        match after > before * (1.0 - less) + 1e-9 {
            true => Target::Missed,
            false => Target::Reached,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Target::Reached => "reached",
            Target::Missed => "missed",
            Target::Undecided => "undecided",
        }
    }

    /// `(target -60 %: reached)`.
    pub(crate) fn said(self, less: f64) -> String {
        format!("(target -{} %: {})", (less * 100.0).round(), self.word())
    }

    /// `targets: 2 reached, 0 missed, 1 undecided`; nothing where there are none.
    pub(crate) fn sums(all: &[Target]) -> Option<String> {
        let of = |wanted: Target| {
            let many = all.iter().filter(|target| **target == wanted).count();
            format!("{many} {}", wanted.word())
        };
        let sums = [Target::Reached, Target::Missed, Target::Undecided].map(of);
        (!all.is_empty()).then(|| format!("targets: {}", sums.join(", ")))
    }
}

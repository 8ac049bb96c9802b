use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A file that was found cannot be judged.
    ///
    /// ## Why it matters
    /// What is not read is not checked. A file that is not UTF-8, is larger than 5 MiB, holds NUL bytes, is a pointer
    /// of Git LFS, is a link that leads nowhere or outside the workspace root, unfolds into more than 100,000 nodes
    /// or has more than 50,000 instructions would pass silently otherwise; so would a folder that cannot
    /// be searched, and for a `.env` with a line for which Compose refuses the file.
    ///
    /// ## Fails
    /// ```yaml fail
    /// x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    /// x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
    /// x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
    /// x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
    /// x-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]  # <- here
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    RULE {
        name: "unreadable-input",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

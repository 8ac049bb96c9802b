use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A change loosens the policy that it is judged by.
    ///
    /// ## Why it matters
    /// Whoever can raise a budget, switch a rule off or write an ignore in the change that breaks it passes every gate. With
    /// `--config-from` the change is judged by the policy of its base all the same; this says what it would loosen once it
    /// is merged. A note, and an error with `--policy enforce` (the input `policy: enforce` of the action and the
    /// component). No comment hides it.
    ///
    /// ## Fails
    /// A budget in plimsoll.yaml that is larger than in the base, a rule that is switched off, an ignore, an entry of the
    /// baseline or an `x-plimsoll` that the base does not have.
    ///
    /// ## Passes
    /// The same in a change of its own, which somebody reviews as such and merges before.
    RULE {
        name: "policy-loosened",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Reported,
    }
}

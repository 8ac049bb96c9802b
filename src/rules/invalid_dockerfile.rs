use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A Dockerfile that BuildKit refuses.
    ///
    /// ## Why it matters
    /// The build stops before its first step. The instructions that can be read are still judged.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUNN echo hello  # <- here
    /// EXPOSE 80000  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN echo hello
    /// EXPOSE 8000
    /// ```
    RULE {
        name: "invalid-dockerfile",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &["DL1000"],
        check: Check::Reported,
    }
}

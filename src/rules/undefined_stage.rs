use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A stage name does not exist, or is defined later.
    ///
    /// ## Why it matters
    /// Stages are built from top to bottom: one can only be used below the line that defines it. BuildKit takes an unknown
    /// name for an image and fails when it is not found; the stage itself or a number out of range is refused.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim AS app
    /// COPY --from=build /app /app  # <- here
    /// COPY --from=7 /etc/motd /etc/motd  # <- here
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM app
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM debian:13-slim
    /// COPY --from=build /app /app
    /// ```
    ///
    /// ## Notes
    /// The `target` of a service is checked against its Dockerfile, and so is that of a Bake file, a workflow of GitHub, a
    /// job of GitLab, Skaffold or a development container, where it is written out and no variable or expression decides it.
    RULE {
        name: "undefined-stage",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[
            "DL3022",
            "DL3023",
            "DS-0006",
            "68a51e22-ae5a-4d48-8e87-b01a323605c9",
            "cdddb86f-95f6-4fc4-b5a1-483d9afceb2b",
        ],
        check: Check::Reported,
    }
}

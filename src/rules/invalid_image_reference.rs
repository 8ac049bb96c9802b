use super::support::images_used::is_written_out;
use super::{Check, Group};
use crate::build::JudgedFile;
use crate::fact::State;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::{UnsetVariable, Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{ImageUse, ImageWord};
use crate::values::image_ref::refusal;

rule! {
    /// An image is named by something that is no image reference.
    ///
    /// ## Why it matters
    /// The name is read after its variables are replaced, and what does not fit the grammar is refused before anything is
    /// built: upper case, a URL, an empty or second tag, a digest that is cut short. BuildKit reads the FROM of every stage,
    /// also of those that it does not build.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM ghcr.io/Acme/Tools:1.0 AS tools  # <- here
    /// FROM alpine:$RELEASE  # <- here
    /// COPY --from=https://ghcr.io/acme/app /app /app  # <- here
    /// USER 1000:1000
    /// ```
    ///
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: ghcr.io/Acme/Api:1.4  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// ARG REGISTRY
    /// ARG RELEASE=3.22
    /// FROM GHCR.io/acme/tools:1.0 AS Tools
    /// FROM ${REGISTRY}/acme/app:1.0 AS app
    /// FROM alpine:${RELEASE}
    /// COPY --from=Tools /tool /tool
    /// USER 1000:1000
    /// ```
    ///
    /// ## Notes
    /// A note where the default of a build argument makes it so. Nothing is said of words that look as if something else
    /// replaces them before the build (`BASE_IMAGE`, `{{base}}`).
    RULE {
        name: "invalid-image-reference",
        group: Group::Start,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &["InvalidDefaultArgInFrom"],
        check: Check::Both(check_service, check),
    }
}

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for word in file.plan.image_words() {
        let Some(name) = word.name.sourced().filter(|name| !name.value.is_empty()) else {
            continue;
        };
        let Some(refusal) =
            refusal(&name.value).filter(|_| !is_template(&name.value) && !repository.has_context(&name.value))
        else {
            continue;
        };
        let message = format!("`{}` is not an image reference: {}", name.value, refusal.why);
        let help = match empty_variable(file, word) {
            Some(variable) => format!("add `ARG {variable}=...` before the first FROM: `${variable}` is empty here"),
            None => refusal.help,
        };
        let meant = written(&help).filter(|_| is_written_out(word.span, &name.value)).map(str::to_owned);
        let mut finding =
            Finding::new(word.span, message)
                .help(help)
                .aspect(format!("{} {}", keyword(word), name.value))
                .with_care();
        if let Some(meant) = meant {
            finding = finding.fix(word.span, meant);
        }
        if name.state == State::AssumedDefault {
            finding = finding.severity(Severity::Note);
        }
        found.push(finding);
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(image) = service.image.sourced() else { return };
    let Some(refusal) = refusal(&image.value).filter(|_| !is_template(&image.value)) else {
        return;
    };
    let message = format!(
        "`{}` of `{}` is not an image reference: {}{}",
        image.value,
        service.name.value,
        refusal.why,
        image.proviso()
    );
    let meant = written(&refusal.help).map(str::to_owned);
    let mut finding = Finding::new(image.span, message).help(refusal.help).over(image).with_care();
    // A script gives a part of the name.
    let is_given = |variable: &UnsetVariable| variable.assigned && image.span.contains(variable.unset.span);
    if subject.repository.unset.iter().any(is_given) {
        finding = finding.severity(Severity::Note);
    }
    let finding = match meant {
        Some(meant) => finding.change(Change::Replace(image.span, meant)),
        None => finding,
    };
    found.push(finding.layer(Layer::Engine).aspect("image"));
}

/// The reference that a help says to write, if it is one.
fn written(help: &str) -> Option<&str> {
    let (_, rest) = help.split_once("write `")?;
    let meant = rest.strip_suffix('`')?;
    (!meant.contains(['`', ' ', '.']) || refusal(meant).is_none()).then_some(meant).filter(|meant| refusal(meant).is_none())
}

fn keyword(word: &ImageWord) -> &'static str {
    match word.usage {
        ImageUse::From => "FROM",
        ImageUse::Copy => "COPY --from",
        ImageUse::Mount => "RUN --mount",
    }
}

/// A variable of the word that nobody declares.
fn empty_variable<'a>(file: &'a JudgedFile, word: &ImageWord) -> Option<&'a str> {
    let undeclared = file
        .plan
        .undeclared
        .iter()
        .find(|undeclared| undeclared.span == word.span)?;
    Some(&undeclared.name)
}

/// Whether a word looks like a place that something else fills in.
fn is_template(name: &str) -> bool {
    let is_shout = !name.contains(['/', ':', '.'])
        && name.chars().any(|letter| letter.is_ascii_uppercase())
        && !name.chars().any(|letter| letter.is_ascii_lowercase());
    is_shout || name.contains(['{', '}', '<', '>', '%']) || name.starts_with('@') || name.starts_with("__")
}

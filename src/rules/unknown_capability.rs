use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::{capability, meant};

rule! {
    /// A capability has a name that the kernel does not know.
    ///
    /// ## Why it matters
    /// The engine refuses to create the container. It takes every case, with or without `CAP_`, but not `CAP_ALL`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [CAP_ALL]  # <- here
    ///     cap_add:
    ///       - NET_BIND_SERVICES  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    ///     cap_add:
    ///       - NET_BIND_SERVICE
    ///       - cap_chown
    /// ```
    RULE {
        name: "unknown-capability",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for (key, list) in [("cap_add", &service.cap_add), ("cap_drop", &service.cap_drop)] {
        for span in service.empty_items(key) {
            let message = format!("`{}` has an empty item in `{key}`, which the engine refuses", service.name.value);
            found.push(Finding::new(span, message).help("remove it").aspect(format!("{key}:")).raised("2026.12"));
        }
        for written in list.iter().filter_map(Fact::sourced) {
            let name = capability::normal(&written.value);
            if capability::is_known(&name) {
                continue;
            }
            let message = format!(
                "`{}` sets the capability `{}` in `{key}`, which does not exist{}",
                service.name.value,
                written.value,
                written.proviso()
            );
            let finding = Finding::new(written.span, message)
                .help(advice(&name))
                .over(written)
                .aspect(format!("{key}:{name}"));
            // Another capability than the one that was meant is not to be given.
            let known: Vec<String> = capability::ALL.iter().map(|known| known.to_ascii_lowercase()).collect();
            let meant = match name.as_str() {
                "CAP_ALL" => Some("all"),
                _ => meant(&name, known.iter().map(String::as_str)),
            };
            found.push(match meant {
                Some(meant) => finding
                    .change(Change::Replace(written.span, meant.to_ascii_uppercase()))
                    .with_care(),
                None => finding,
            });
        }
    }
}

fn advice(name: &str) -> String {
    if name == "CAP_ALL" {
        return "write ALL".to_owned();
    }
    let near = capability::ALL
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    near.map_or_else(
        || "use a name from capabilities(7)".to_owned(),
        |(_, known)| format!("did you mean `{known}`?"),
    )
}

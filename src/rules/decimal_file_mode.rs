use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A file mode that was meant as octal is read as a decimal number.
    ///
    /// ## Why it matters
    /// YAML reads `1777` as the decimal number, which is the mode 3361: `d-wxrwS--t` in place of `drwxrwxrwt`. An octal number
    /// begins with `0o` or `0`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     volumes:
    ///       - type: tmpfs
    ///         target: /tmp
    ///         tmpfs:
    ///           size: 16m
    ///           mode: 1777  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     volumes:
    ///       - type: tmpfs
    ///         target: /tmp
    ///         tmpfs:
    ///           size: 16m
    ///           mode: 0o1777
    /// ```
    ///
    /// ## Notes
    /// The mode of a secret or config that comes from a file is ignored anyway, which is `ignored-setting`.
    RULE {
        name: "decimal-file-mode",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Modes that people write, without the leading zero: no octal mode of use has the value of one of them.
const MEANT: [i64; 24] = [
    400, 440, 444, 500, 550, 555, 600, 640, 644, 660, 664, 666, 700, 711, 740, 744, 750, 755, 770, 775, 777, 1777, 2770, 2775,
];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let items = |key: &str| service.written(&[key]).and_then(Value::seq).unwrap_or(&[]);
    let tmpfs = items("volumes").iter().filter_map(|item| item.at(&["tmpfs", "mode"]));
    let from_file = |key: &str, item: &Value| {
        let name = item.get("source").and_then(Value::str).unwrap_or("");
        let definitions = subject.project().map(|project| match key {
            "secrets" => &project.secrets,
            _ => &project.configs,
        });
        let definition = definitions
            .into_iter()
            .flatten()
            .find(|definition| definition.name.value == name);
        definition.is_none_or(|definition| definition.raw.get("file").is_some())
    };
    let given = ["secrets", "configs"].into_iter().flat_map(|key| {
        let own = items(key).iter().filter(move |item| !from_file(key, item));
        own.filter_map(|item| item.get("mode"))
    });
    for mode in tmpfs.chain(given) {
        let Data::Int(number) = mode.data else { continue };
        if !MEANT.contains(&number) {
            continue;
        }
        let message = format!("`mode: {number}` is decimal: it is the octal mode {number:o}");
        found.push(
            Finding::new(mode.span, message)
                .help(format!("write `mode: 0o{number}`"))
                .fix(mode.span, format!("0o{number}"))
                .aspect("mode"),
        );
    }
}

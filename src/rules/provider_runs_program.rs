use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::path::name;

rule! {
    /// A provider is a program: `docker compose up` runs it on the host.
    ///
    /// ## Why it matters
    /// `provider.type` names a plugin of Docker. Where it is a path, Compose runs the program at that path, outside of
    /// any container and as whoever runs Compose. An interpreter does the same: it gets `compose` as its first argument,
    /// and runs a file of that name (seen with Compose 5.6.1).
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   tunnel:
    ///     provider:
    ///       type: ./tunnel.sh  # <- here
    /// ```
    /// ```yaml fail
    /// services:
    ///   tunnel:
    ///     provider:
    ///       type: bash  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   llm:
    ///     provider:
    ///       type: model
    ///       options: {model: ai/smollm2}
    /// ```
    RULE {
        name: "provider-runs-program",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Programs that run what their first argument names: a script, a target or a task of the working folder.
const INTERPRETERS: [&str; 66] = [
    "Rscript",
    "ant",
    "ash",
    "bash",
    "bmake",
    "bun",
    "bunx",
    "busybox",
    "composer",
    "csh",
    "dash",
    "deno",
    "elixir",
    "elvish",
    "env",
    "escript",
    "expect",
    "fish",
    "gdb",
    "gmake",
    "gradle",
    "groovy",
    "guile",
    "invoke",
    "ipython",
    "java",
    "jshell",
    "julia",
    "just",
    "ksh",
    "lua",
    "luajit",
    "mage",
    "make",
    "mksh",
    "mvn",
    "node",
    "nodejs",
    "npx",
    "nu",
    "octave",
    "osascript",
    "perl",
    "php",
    "pnpm",
    "powershell",
    "pwsh",
    "pypy",
    "python",
    "racket",
    "rake",
    "rbash",
    "ruby",
    "sbcl",
    "scala",
    "sh",
    "swift",
    "task",
    "tclsh",
    "tcsh",
    "toybox",
    "wish",
    "xonsh",
    "yarn",
    "yash",
    "zsh",
];

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(value) = service.written(&["provider", "type"]) else {
        return;
    };
    let Some(kind) = value.scalar_text() else { return };
    let stem = kind.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
    let what = if kind.contains(['/', '\\']) {
        format!("the program `{kind}`")
    } else if INTERPRETERS.contains(&name(stem)) {
        format!("`{kind}` with the file `compose`")
    } else {
        return;
    };
    found.push(
        Finding::new(
            value.span,
            format!("Compose runs {what} on the host to provide `{}`", service.name.value),
        )
        .help(
            "use a plugin that is installed on the host, like `type: model`, or run the program as a service",
        )
        .aspect("provider.type")
        .content(&service.written(&["provider"]).map_or_else(String::new, Value::all_text)),
    );
}

//! A built-in profile for people: what it is for, its figures and where they come from, and what to make smaller first.

use crate::config::{BUDGETS, Config, Demand, Profile};
use std::fmt::Write;

/// What a profile is for, where its figures come from, and what to do first.
const ABOUT: [(&str, &str, &str, &[&str]); 5] = [
    (
        "default",
        "Services without another profile. It requires nothing; values above its budgets are warnings or notes.",
        "Plimsoll's own.",
        &["give each service a profile: `plimsoll init` proposes them"],
    ),
    (
        "translation",
        "Small services that answer requests from memory.",
        "The plan for small services that Plimsoll began with, except for `start-up`: the plan has 2 s, but at 0.1 \
         CPUs even a small service takes about 6 s.",
        &[
            "the image: a static program on `scratch`, or a base on Alpine; most of the other bytes are a package manager and its cache",
            "memory: give the runtime a limit of its own below `mem_limit` (`--max-old-space-size`, `-Xmx`, `GOMEMLIMIT`)",
            "the start: 0.1 CPUs load a tenth of the code in the same time, so load code when it is needed",
        ],
    ),
    (
        "filesystem",
        "Services that read and write files for others.",
        "The plan for small services that Plimsoll began with, except for `start-up`, as for `translation`.",
        &[
            "memory: read and write in pieces, so that it does not grow with the files; files in a tmpfs count too",
            "mounts: only the folder that it serves, read-only if it only reads",
            "open files: `nofile` limits the files open at once, so close files early",
        ],
    ),
    (
        "database",
        "Databases and caches: their image, their data in a volume, and connections.",
        "Plimsoll's own: measured on small installations of common servers.",
        &[
            "connections: each has memory of its own, so put a pool in front before raising `memory`",
            "the server's own cache (`shared_buffers`, `innodb_buffer_pool_size`, `maxmemory`): well below `mem_limit`",
            "the network: no published port, and an internal network with its clients",
        ],
    ),
    (
        "browser",
        "Services that drive a browser.",
        "Plimsoll's own: what one Chromium with a few pages needs.",
        &[
            "processes: one browser that all pages share, pages that are closed, and an init that reaps what is left",
            "shared memory: `shm_size`, or `--disable-dev-shm-usage`, or Chromium dies on large pages",
            "the image: one browser, not the three that a test framework installs",
        ],
    ),
];

/// The whole text, if it is a built-in profile.
pub(super) fn text(name: &str) -> Option<String> {
    let (_, what, origin, first) = ABOUT.iter().find(|(known, ..)| *known == name)?;
    let config = Config::default();
    let profile = config.profiles.get(name)?;
    let mut out = format!("{name} (built-in profile)\n\n{what}\n\n## Figures\n");
    for budget in BUDGETS {
        if let Some(limit) = profile.limits.get(budget) {
            let _ = writeln!(
                out,
                "  {:18}  {:40}  {}",
                budget.key,
                budget.kind.show(&limit.value),
                budget.title()
            );
        }
    }
    let _ = writeln!(out, "\n## Where they come from\n{origin}");
    let words = |all: &[Demand]| {
        let asked = all.iter().filter(|demand| profile.demands(**demand));
        asked.map(|demand| demand.word()).collect::<Vec<_>>().join(", ")
    };
    if !profile.demands.is_empty() {
        let (require, harden) = (words(&Demand::REQUIRE), words(&Demand::HARDEN));
        let _ = writeln!(out, "\n## What it requires\n  require: {require}\n  harden: {harden}");
    }
    out.push_str("\n## What to do first\n");
    for (number, line) in first.iter().enumerate() {
        let _ = writeln!(out, "{}. {line}", number + 1);
    }
    let _ = writeln!(out, "\n{}", see(profile));
    Some(out)
}

fn see(profile: &Profile) -> String {
    let has_template = profile.chosen;
    let new = format!("`plimsoll new {}` writes a service that meets it; ", profile.name);
    let new = if has_template { new.as_str() } else { "" };
    format!("{new}`plimsoll config` shows the services that have it.")
}

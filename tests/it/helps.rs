//! A help survives being followed: where it begins with an edit, that is made, and the file is judged again. The finding is gone
//! then, and no error or warning is new.
//!
//! An edit is the code that follows a verb at the beginning of a help:
//!
//! - `write X`, `did you mean X?`: in the place of what the finding marks. An instruction takes the place of one of its kind on the
//!   line of the finding; else it comes above (USER, CMD, HEALTHCHECK: at the end).
//! - `add`, `set` or `write` with `key: value`: in the place of the key that is there, else beside what the finding marks.
//! - `put X before it`: before what the finding marks; `add X to the entry`: a line of the list's item that it stands in.
//! - `remove` or `delete` with a key, or with `it`, `the line`, `the option`: without it, and without what then is empty.
//!
//! Anything else is advice, and so is code with a blank to fill in (`...`, `UID`, `NAME`).
use crate::support::{example_folder, shared};
use plimsoll::inspect::{CheckArgs, Example, RULES, examples, judge};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const INSTRUCTIONS: [&str; 15] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];
/// Words in code that somebody has to fill in.
const BLANKS: [&str; 9] = [
    "...", "UID", "NAME", "FOLDER", " FILE", "/FILE", "REASON", "DEFAULT", "\\$",
];

/// Rules whose edit uncovers what the mistake hid, and what that is.
const UNCOVERS: [(&str, &str); 3] = [
    (
        "relative-workdir",
        "it is known then where files land, and so what starts from there",
    ),
    (
        "ulimit-above-budget",
        "the soft half has a finding of its own, and stands above the hard one until that is followed",
    ),
    (
        "unmatched-assignment",
        "the profile that was meant holds then, with all that it demands",
    ),
];

/// Why the help of a rule is no edit.
const ADVICE: [(&str, &str); 10] = [
    (
        "a command writes the lock from images that are not here",
        "stale-facts unknown-image",
    ),
    (
        "the figure, name or version is the owner's",
        "base-image-without-digest floating-base-image heap-above-memory-limit invalid-duration invalid-size memory-below-minimum \
         memory-overcommitted missing-cpu-limit missing-healthcheck missing-memory-limit missing-pids-limit root-user service-without-image \
         shared-process-limit unset-variable unsupported-base-image",
    ),
    (
        "one of two has to go, or to change, and only the owner knows which",
        "conflicting-limits conflicting-mounts dependency-cycle duplicate-key duplicated-host-port overlapping-subnets \
         overridden-security-option port-mismatch repeated-environment-key swap-below-memory swap-without-memory \
         ulimit-soft-above-hard unpublishable-port",
    ),
    (
        "a budget is kept by less, and where that comes from is not in the file",
        "build-context-above-budget capability-above-budget cpu-limit-above-budget download-size-above-budget image-growth-above-budget \
         image-layers-above-budget image-size-above-budget image-size-near-budget image-waste-above-budget idle-use-above-budget log-above-budget slow-response slow-start \
         project-cpu-above-budget project-memory-above-budget",
    ),
    (
        "several instructions or files change together",
        "build-tools-in-image command-missing distribution-upgraded invalid-static-address invalid-yaml late-cleanup loader-missing \
         malformed-exec-form missing-bind-source missing-package-index powerless-root missing-scratch-space unwritable-path incompatible-libc oversized-base-image shared-bridge-network \
         shell-missing stale-package-index sudo-in-image swallowed-command trailing-comment undefined-reference undefined-stage unknown-user \
         version-control-in-image",
    ),
    (
        "a secret or a wall: the owner decides what takes its place",
        "exposed-secret-file guessable-credential host-device provider-runs-program read-only-secret-conflict \
         root-group secret-in-environment secret-in-image sensitive-host-path unsafe-sysctl unsupported-external-secret",
    ),
    ("an ignore is the owner's word", "expired-ignore ignore-without-reason"),
    (
        "the edit is the finding's fix, or one word of a list, and is tested as a fix",
        "dangerous-capability dependency-never-completes duplicated-layer executable-tmpfs masked-failure missing-assume-yes \
         missing-build-input package-cache-kept recommended-packages-installed",
    ),
    (
        "whoever made the policy knows what takes its place",
        "missing-label policy-violated registry-not-allowed",
    ),
    (
        "nothing is known of what would help",
        "undecided-value unreadable-input",
    ),
];

#[derive(Clone, Debug)]
struct Found {
    rule: &'static str,
    /// Its message without figures.
    message: String,
    help: String,
    is_heavy: bool,
    path: String,
    start: usize,
    end: usize,
}

fn found(folder: &Path, paths: Vec<std::path::PathBuf>) -> Option<Vec<Found>> {
    let args = CheckArgs {
        today: Some("2026-11-28".to_owned()),
        root: Some(folder.to_path_buf()),
        no_engine: true,
        paths,
        ..CheckArgs::default()
    };
    let report = judge(&args);
    if report.error.is_some() {
        return None;
    }
    let all = report.findings.iter().map(|reported| Found {
        rule: reported.rule.name,
        message: reported
            .finding
            .message
            .chars()
            .filter(|letter| !letter.is_ascii_digit())
            .collect(),
        help: reported.finding.help.clone(),
        is_heavy: reported.severity > plimsoll::inspect::Severity::Note,
        path: report.sources.get(reported.finding.span.source).path.clone(),
        start: reported.finding.span.start as usize,
        end: reported.finding.span.end as usize,
    });
    Some(all.collect())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A file as its lines, and the finding's place in it.
struct Page<'a> {
    lines: Vec<String>,
    text: &'a str,
    found: &'a Found,
    /// The line of the finding, and the bytes of the line before it.
    at: usize,
    column: usize,
}

impl<'a> Page<'a> {
    fn new(text: &'a str, found: &'a Found) -> Option<Self> {
        let before = text.get(..found.start)?;
        Some(Self {
            lines: text.lines().map(str::to_owned).collect(),
            text,
            found,
            at: before.matches('\n').count(),
            column: before.len() - before.rfind('\n').map_or(0, |at| at + 1),
        })
    }

    fn joined(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// The text with something else where the finding is.
    fn replaced(&self, new: &str) -> Option<String> {
        let old = self.text.get(self.found.start..self.found.end)?;
        let (before, after) = (self.text.get(..self.found.start)?, self.text.get(self.found.end..)?);
        (!old.contains('\n')).then(|| format!("{before}{new}{after}"))
    }

    /// The end of the block that a line opens: itself and all that is indented more.
    fn block(&self, line: usize) -> usize {
        let depth = indent(&self.lines[line]);
        let rest = self.lines.iter().enumerate().skip(line + 1);
        let mut rest = rest.skip_while(|(_, text)| text.trim().is_empty() || indent(text) > depth);
        rest.next().map_or(self.lines.len(), |(at, _)| at)
    }

    /// Takes a block away, and those above that it leaves empty.
    fn without(&mut self, line: usize) -> String {
        let end = self.block(line);
        let depth = indent(&self.lines[line]);
        self.lines.drain(line..end);
        let above = (0..line)
            .rev()
            .find(|at| !self.lines[*at].trim().is_empty() && indent(&self.lines[*at]) < depth);
        match above {
            // A network or a volume may be nothing but its name.
            Some(above) if indent(&self.lines[above]) != 2 && self.is_empty(above) => self.without(above),
            _ => self.joined(),
        }
    }

    /// Whether a line opens a block that has nothing in it.
    fn is_empty(&self, line: usize) -> bool {
        let text = self.lines[line].split(" #").next().unwrap_or_default();
        text.trim_end().ends_with(':') && self.block(line) == line + 1
    }

    /// The lines whose blocks the finding stands in, from its own outwards.
    fn around(&self) -> Vec<usize> {
        let mut around = vec![self.at];
        let mut depth = indent(&self.lines[self.at]);
        for at in (0..self.at).rev() {
            let line = &self.lines[at];
            if !line.trim().is_empty() && indent(line) < depth {
                depth = indent(line);
                around.push(at);
            }
        }
        around
    }

    /// The line with a key in the mappings that the finding stands in.
    fn line_of(&self, key: &str) -> Option<usize> {
        let is_it = |line: &str| {
            line.trim_start()
                .trim_start_matches("- ")
                .starts_with(&format!("{key}:"))
        };
        let around = self.around();
        for opening in &around {
            let end = self.block(*opening);
            let first = (opening + 1..end).find(|at| !self.lines[*at].trim().is_empty());
            let depth = first.map_or(0, |at| indent(&self.lines[at]));
            let inside = (opening + 1..end).find(|at| indent(&self.lines[*at]) == depth && is_it(&self.lines[*at]));
            if is_it(&self.lines[*opening]) {
                return Some(*opening);
            }
            if inside.is_some() {
                return inside;
            }
            // A service ends it: what lies outside is another one's.
            if indent(&self.lines[*opening]) == 2 {
                break;
            }
        }
        None
    }

    /// Sets a key: the one of the mapping that the finding stands in, or, with `outwards`, of those around it.
    fn set(&mut self, key: &str, value: &str, outwards: bool) -> Option<String> {
        let line = self.lines.get(self.at)?.clone();
        if line.get(..self.column)?.trim_end().ends_with(&format!("{key}:")) {
            return self.replaced(value);
        }
        if let Some(at) = self
            .line_of(key)
            .filter(|at| outwards || indent(&self.lines[*at]) >= indent(&line))
        {
            let (dash, entry) = (self.lines[at].trim_start().starts_with("- "), format!("{key}: {value}"));
            let spaces = " ".repeat(indent(&self.lines[at]));
            let end = self.block(at);
            self.lines
                .splice(at..end, [format!("{spaces}{}{entry}", if dash { "- " } else { "" })]);
            return Some(self.joined());
        }
        // In the mapping that the line opens, or beside it; an item of a list belongs to the key above.
        let beside = self
            .around()
            .into_iter()
            .find(|at| !self.lines[*at].trim_start().starts_with("- ") && self.lines[*at].contains(':'))?;
        let is_open = self.lines[beside].trim_end().ends_with(':') && beside == self.at;
        let depth = match is_open {
            true => indent(self.lines.get(beside + 1)?),
            false => indent(&self.lines[beside]),
        };
        let to = if is_open { beside + 1 } else { self.block(beside) };
        (depth > 2 || is_open).then(|| {
            self.lines.insert(to, format!("{}{key}: {value}", " ".repeat(depth)));
            self.joined()
        })
    }

    /// Adds a line to the item of a list that the finding stands in.
    fn add_to_entry(&mut self, code: &str) -> Option<String> {
        let item = self
            .around()
            .into_iter()
            .find(|at| self.lines[*at].trim_start().starts_with("- "))?;
        let (end, depth) = (self.block(item), indent(&self.lines[item]) + 2);
        let is_block = !self.lines[item].contains('{');
        is_block.then(|| {
            self.lines.insert(end, format!("{}{code}", " ".repeat(depth)));
            self.joined()
        })
    }

    fn remove_marked(&mut self) -> Option<String> {
        let line = self.lines.get(self.at)?;
        // A list or mapping on one line has other entries.
        let is_alone = !line.get(..self.column)?.contains(['[', '{', ',']) && !line.trim_end().ends_with('\\');
        is_alone.then(|| self.without(self.at))
    }

    fn instruct(&mut self, code: &str, word: &str) -> Option<String> {
        let line = self.lines.get(self.at)?.trim_start().to_ascii_uppercase();
        if line.ends_with('\\') {
            return None;
        }
        match word {
            _ if line.starts_with(word) => self.lines[self.at] = code.to_owned(),
            "USER" | "CMD" | "HEALTHCHECK" => self.lines.push(code.to_owned()),
            "ARG" => {
                let from = (0..=self.at)
                    .rev()
                    .find(|at| self.lines[*at].to_ascii_uppercase().starts_with("FROM"))?;
                self.lines.insert(from + 1, code.to_owned());
            }
            _ => self.lines.insert(self.at, code.to_owned()),
        }
        Some(self.joined())
    }
}

/// The text after what a help says, if that is an edit.
fn followed(text: &str, found: &Found) -> Option<String> {
    let mut page = Page::new(text, found)?;
    let help = found.help.as_str();
    if let Some(meant) = help.strip_prefix("did you mean ") {
        return page.replaced(meant.trim_end_matches('?').trim_matches(['\'', '`']));
    }
    let (verb, rest) = help.split_once(' ')?;
    let removes = matches!(verb, "remove" | "delete");
    if removes
        && ["it", "the line", "the option"]
            .iter()
            .any(|what| rest == *what || rest.starts_with(&format!("{what}:")) || rest.starts_with(&format!("{what},")))
    {
        return page.remove_marked();
    }
    let (code, behind) = rest.strip_prefix('`')?.split_once('`')?;
    if verb == "put" && behind.starts_with(" before it") {
        let marked = text.get(found.start..found.end)?;
        let quote = marked.len() - marked.trim_start_matches(['\'', '"']).len();
        return page.replaced(&format!("{}{code}{}", &marked[..quote], &marked[quote..]));
    }
    if verb == "add" && behind.starts_with(" to the entry") {
        return page.add_to_entry(code);
    }
    if BLANKS.iter().any(|blank| code.contains(blank)) {
        return None;
    }
    let is_dockerfile = found.path.contains("ockerfile");
    let word = code.split(' ').next().unwrap_or(code);
    match verb {
        "lower" | "set" if !code.ends_with(':') && behind.starts_with(" to ") => {
            let value = behind.strip_prefix(" to ")?.split([' ', ',']).next()?;
            page.set(code.rsplit('.').next()?, value, true)
        }
        "remove" | "delete" if !is_dockerfile => {
            let line = page.line_of(code.split(':').next()?)?;
            Some(page.without(line))
        }
        "add" | "set" | "write" if is_dockerfile && INSTRUCTIONS.contains(&word) && word != code => {
            page.instruct(code, word)
        }
        "add" | "set" | "write" if !is_dockerfile && code.contains(": ") => {
            // It is for another service.
            if behind.starts_with(" on `") {
                return None;
            }
            let (key, value) = code.split_once(": ")?;
            let first = page.set(key, value, verb != "add")?;
            let Some((second, _)) = behind.strip_prefix(" and `").and_then(|rest| rest.split_once('`')) else {
                return Some(first);
            };
            let (key, value) = second.split_once(": ")?;
            Page::new(&first, found)?.set(key, value, true)
        }
        "write" => page.replaced(code),
        _ => None,
    }
}

/// What is wrong with the help of a finding once it is followed.
fn check(folder: &Path, paths: &[std::path::PathBuf], before: &[Found], one: &Found, text: &str) -> Option<String> {
    std::fs::write(folder.join(&one.path), text).unwrap();
    let Some(after) = found(folder, paths.to_vec()) else {
        return Some(format!(
            "{}: `{}`: nothing is left to judge\n{text}",
            one.rule, one.help
        ));
    };
    let count = |all: &[Found]| all.iter().filter(|found| found.rule == one.rule).count();
    let known: BTreeSet<(&str, &str)> = before
        .iter()
        .map(|found| (found.rule, found.message.as_str()))
        .collect();
    let is_new = |found: &&Found| found.is_heavy && !known.contains(&(found.rule, found.message.as_str()));
    let new: Vec<String> = after
        .iter()
        .filter(is_new)
        .map(|found| format!("{} {}", found.rule, found.message))
        .collect();
    let uncovers = UNCOVERS.iter().any(|(rule, _)| *rule == one.rule);
    match count(&after) < count(before) {
        false => Some(format!("{}: {}: is found still\n{text}", one.rule, one.help)),
        true if !new.is_empty() && !uncovers => Some(format!("{}: {}: brings {new:?}\n{text}", one.rule, one.help)),
        true => None,
    }
}

#[test]
fn helps_of_the_documented_examples_survive_being_followed() {
    let (mut wrong, mut tried) = (Vec::new(), BTreeMap::new());
    let mut advice: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rule in RULES {
        let all = examples(rule.doc());
        let mut groups: Vec<Vec<&Example>> = Vec::new();
        for example in &all {
            match groups.last_mut() {
                Some(group) if example.continues => group.push(example),
                _ => groups.push(vec![example]),
            }
        }
        for group in groups.iter().filter(|group| group[0].fails) {
            let folder = example_folder(rule, group);
            let before = found(folder.path(), Vec::new()).unwrap_or_default();
            for one in before.iter().filter(|found| found.rule == rule.name) {
                let path = folder.path().join(&one.path);
                let Ok(text) = std::fs::read_to_string(&path) else {
                    continue;
                };
                match followed(&text, one) {
                    Some(new) => {
                        *tried.entry(rule.name).or_insert(0) += 1;
                        wrong.extend(check(folder.path(), &[], &before, one, &new));
                        std::fs::write(&path, &text).unwrap();
                    }
                    None => {
                        advice.entry(rule.name).or_default().insert(one.help.clone());
                    }
                }
            }
        }
    }
    let count: usize = tried.values().sum();
    println!("{count} helps of {} rules followed", tried.len());
    advice.retain(|rule, _| !tried.contains_key(rule));
    let listed: BTreeSet<&str> = ADVICE.iter().flat_map(|(_, rules)| rules.split_whitespace()).collect();
    let gives_advice: BTreeSet<&str> = advice.keys().copied().collect();
    assert_eq!(gives_advice, listed, "rules whose helps are no edits");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= LEAST, "only {count} helps are edits");
}

/// So many helps of the examples are edits, or more.
const LEAST: usize = 70;

/// So many findings of real files are tried.
const SAMPLE: usize = 300;

#[test]
fn helps_on_real_files_survive_being_followed() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let mut files: Vec<(u64, String, String)> = Vec::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let path = format!("{}/{}", columns[0].replace('/', "+"), columns[1]);
        // FNV-1a: the same order everywhere.
        let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        files.push((hash, path, columns[1].rsplit('/').next().unwrap().to_owned()));
    }
    files.sort();
    let (mut wrong, mut tried) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for (_, path, name) in files {
        if tried.values().sum::<usize>() >= SAMPLE {
            break;
        }
        let Ok(text) = std::fs::read_to_string(corpus.join(path)) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(&name);
        std::fs::write(&place, &text).unwrap();
        let paths = vec![place.clone()];
        let before = found(folder.path(), paths.clone()).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for one in before.iter().filter(|found| found.path == name) {
            // Once a rule in a file, and at most sixty of a rule.
            if !seen.insert(one.rule) || tried.get(one.rule).is_some_and(|count| *count >= 60) {
                continue;
            }
            let Some(new) = followed(&text, one) else { continue };
            *tried.entry(one.rule).or_default() += 1;
            wrong.extend(check(folder.path(), &paths, &before, one, &new));
            std::fs::write(&place, &text).unwrap();
        }
    }
    println!("{tried:?}");
    let count: usize = tried.values().sum();
    let shown: Vec<&str> = wrong
        .iter()
        .map(|wrong| wrong.get(..wrong.len().min(700)).unwrap_or(wrong))
        .collect();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), shown.join("\n"));
}

//! What is fuzzed: a function for each kind of input, which panics where a promise is broken. `cargo fuzz` calls them with what it
//! makes up, and `tests/it/fuzzed.rs` with mutations of real files.
//!
//! Promised of every input: no panic, the same answer twice, places inside the text, memory and time by the length alone.

use plimsoll::inspect::{
    Baseline, CheckArgs, Config, Dockerignore, Format, Held, Known, Mistake, RULES, Report, SourceId, Sources, Span,
    Substituted, Verdict, configured, dockerfile, hcl, judge, measure, render, rewritten, shell, stage, substitute,
    yaml,
};
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

/// A kind of input, and what is done with it.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 11] = [
    ("dockerfile", dockerfile),
    ("shell", shell),
    ("compose", compose),
    ("interpolation", interpolation),
    ("ignore", ignore),
    ("configuration", configuration),
    ("archive", archive),
    ("baseline", baseline),
    ("lock", lock),
    ("bake", bake),
    ("tree", tree),
];

/// A Dockerfile to instructions and stages.
pub fn dockerfile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (sources, source) = one(text);
    let file = promised(&sources, text.len(), || dockerfile::parse(source, text));
    promised(&sources, text.len(), || stage::resolve(&file, None, &[]));
    let order: Vec<Span> = file.instructions.iter().map(|instruction| instruction.span).collect();
    assert!(
        order.is_sorted_by(|one, next| one.end <= next.start),
        "instructions overlap"
    );
    // The builder knows both line ends.
    if !text.contains('\r') && file.problems.is_empty() {
        let text = text.replace('\n', "\r\n");
        let (_, source) = one(&text);
        let other = dockerfile::parse(source, &text);
        assert_eq!(
            file.instructions.len(),
            other.instructions.len(),
            "CRLF changes what there is"
        );
    }
}

/// The script of a RUN to commands.
pub fn shell(data: &[u8]) {
    let Ok(script) = std::str::from_utf8(data) else { return };
    let text = format!("RUN <<'E_O_F'\n{script}\nE_O_F\nRUN {script}");
    let (sources, source) = one(&text);
    let file = dockerfile::parse(source, &text);
    for instruction in &file.instructions {
        let Some(given) = instruction.script() else { continue };
        let split = promised(&sources, given.text.text.len(), || shell::split(&given.text));
        let Some(split) = split else { continue };
        for (index, command) in split.commands.iter().enumerate() {
            assert!(command.shell < split.shells.len(), "a command of no shell");
            assert!(
                command.inside.is_none_or(|outer| outer < index),
                "inside of what comes later"
            );
            split.piped_into(index);
        }
    }
}

/// A Compose file, as if it were alone in a repository.
pub fn compose(data: &[u8]) {
    run(&[("compose.yaml", data)], data.len());
}

/// The variables of a value. What comes before the first line break says which are set.
pub fn interpolation(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let (set, text) = data.split_once('\n').unwrap_or(("", data));
    let held = |name: &str| match name.len() % 3 {
        0 => Held::Value(set),
        1 => Held::Unset,
        _ => Held::Hidden,
    };
    let taken = |text: &str| substitute(text, &held).ok();
    let result = promised(&Sources::default(), data.len(), || taken(text));
    if let Some(Substituted {
        text: made,
        taken,
        hidden,
        ..
    }) = &result
    {
        // `${NAME}` stands for `$NAME` where nobody knows the value.
        let most = text.len() + taken.len() * set.len() + hidden.len() * 2;
        assert!(made.len() <= most, "{} bytes of at most {most}", made.len());
    }
    let literal = text.replace('$', "$$");
    assert_eq!(
        taken(&literal).map(|out| out.text).as_deref(),
        Some(text),
        "`$$` is no `$`"
    );
}

/// A `.dockerignore`, asked about paths that are made of its own words.
pub fn ignore(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let patterns = || Dockerignore::parse(text).map(|read| format!("{:?}", read.patterns()));
    let sources = Sources::default();
    promised(&sources, text.len(), patterns).ok();
    let mut words: Vec<&str> = text
        .split(['\n', '!', '*', '?', '[', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    words.truncate(20);
    let answers = promised(&sources, text.len() * 8, || {
        let read = Dockerignore::parse(text).ok()?;
        let mut answers = Vec::new();
        for word in &words {
            for path in [(*word).to_owned(), format!("a/{word}"), format!("{word}/b/c")] {
                answers.push((read.excludes(&path), path));
            }
        }
        Some((answers, read.has_exceptions()))
    });
    // Without exceptions everything below what is left out is left out.
    if let Some((answers, false)) = answers {
        for trio in answers.chunks_exact(3) {
            let [(above, _), _, (below, path)] = trio else { continue };
            assert!(!above || *below, "`{path}` is sent from a folder that is not");
        }
    }
}

/// A `plimsoll.yaml`.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = |text: &str| -> (Sources, Result<Config, Vec<Mistake>>) {
        let (sources, source) = one(text);
        let names: Vec<&'static str> = RULES.iter().map(|rule| rule.name).collect();
        let config = configured(
            &yaml::parse(source, text),
            &Known {
                rules: &names,
                sources: &sources,
                known_as: |_| None,
            },
        );
        (sources, config)
    };
    let (sources, _) = one(text);
    let config = promised(&sources, text.len(), || read(text).1);
    match config {
        Err(mistakes) => assert!(mistakes.iter().all(|mistake| !mistake.message.is_empty())),
        Ok(_) => {
            let longer = format!("{text}\n# the end\n");
            let is_open = text.ends_with(['\\', '\'', '"', '|', '>']) || text.contains("...");
            assert!(is_open || read(&longer).1.is_ok(), "a comment is a mistake");
        }
    }
}

/// An image archive: the bytes as they come, and as the layers of an archive that is whole.
pub fn archive(data: &[u8]) {
    for archive in [data.to_vec(), saved(data)] {
        let measured = promised(&Sources::default(), archive.len(), || measure(archive.as_slice()).ok());
        if let Some(image) = measured {
            let layers = image.layers.iter().map(|layer| layer.bytes);
            assert_eq!(image.unpacked, layers.fold(0, u64::saturating_add));
            assert!(image.wasted <= image.unpacked, "more is wasted than there is");
            assert!(image.live() <= image.unpacked);
        }
    }
}

/// An archive as `docker save` wrote them, of a layer for each part of the data between two bytes of 0xff.
fn saved(data: &[u8]) -> Vec<u8> {
    let layers: Vec<&[u8]> = data.split(|byte| *byte == 0xff).take(8).collect();
    let names: Vec<String> = (0..layers.len())
        .map(|number| format!("\"{number}/layer.tar\""))
        .collect();
    let manifest = format!(
        "[{{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[{}]}}]",
        names.join(",")
    );
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder
            .append_data(&mut header, name, bytes)
            .expect("memory takes everything");
    };
    for (number, layer) in layers.iter().enumerate() {
        add(&format!("{number}/layer.tar"), layer);
    }
    add(
        "c.json",
        b"{\"config\":{\"User\":\"1\"},\"history\":[{\"created_by\":\"RUN x\"}]}",
    );
    add("manifest.json", manifest.as_bytes());
    builder.into_inner().expect("memory takes everything")
}

/// A baseline.
pub fn baseline(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let count = |text: &str| Baseline::parse(text).map(|read| read.added_since(&Baseline::default()));
    let known = promised(&Sources::default(), text.len(), || count(text));
    if let Ok(known) = known {
        assert!(known < text.lines().count(), "more is known than there are lines");
        let again: String = text.lines().skip(1).map(|line| format!("\n{line}")).collect();
        assert_eq!(count(&format!("{text}{again}")), Ok(known), "a line counts twice");
    }
}

/// A lock of images.
pub fn lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let written = promised(&Sources::default(), text.len(), || rewritten(text));
    if let Ok(written) = written {
        assert_eq!(
            rewritten(&written).as_ref(),
            Ok(&written),
            "it is written another way the second time"
        );
    }
}

/// A Bake file: as HCL and as JSON, and beside a Dockerfile.
pub fn bake(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (sources, source) = one(text);
    let read = promised(&sources, text.len(), || {
        hcl::parse(source, text).map_err(|refused| refused.span)
    });
    promised(&sources, text.len(), || {
        hcl::parse_json(source, text).map_err(|refused| refused.span)
    })
    .ok();
    if read.is_ok() {
        let longer = format!("{text}\n# the end\n");
        assert!(hcl::parse(source, &longer).is_ok(), "a comment is a mistake");
    }
    let dockerfile: &[u8] = b"FROM alpine:3.22 AS app\nARG V\nCOPY . /\n";
    run(&[("Dockerfile", dockerfile), ("docker-bake.hcl", data)], data.len());
}

/// A whole repository: files as in `tests/cases`, `-- PATH --` and what is in them.
pub fn tree(data: &[u8]) {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let header = std::str::from_utf8(line)
            .ok()
            .and_then(|line| line.trim_end().strip_prefix("-- "));
        match (header.and_then(|rest| rest.strip_suffix(" --")), files.last_mut()) {
            (Some(path), _) => files.push((path.to_owned(), Vec::new())),
            (None, Some((_, text))) => text.extend(line),
            (None, None) => {}
        }
    }
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_slice()))
        .collect();
    run(&files, data.len());
}

/// Judges a repository and writes the report in every format.
fn run(files: &[(&str, &[u8])], bytes: usize) {
    let folder = tempfile::tempdir().expect("there is room for a few files");
    for (path, text) in files {
        // A name that cannot be is not a file.
        let parts = || path.split('/');
        if parts().any(|part| matches!(part, "" | "." | ".." | ".git") || part.len() > 60) || path.len() > 200 {
            continue;
        }
        let path = folder.path().join(path);
        let made = path
            .parent()
            .is_some_and(|above| std::fs::create_dir_all(above).is_ok());
        if made {
            let _ = std::fs::write(path, text);
        }
    }
    let args = CheckArgs {
        root: Some(folder.path().to_path_buf()),
        today: Some("2026-11-28".to_owned()),
        no_engine: true,
        ..CheckArgs::default()
    };
    let shown = || {
        let report = judge(&args);
        (shown(&report), report)
    };
    let (first, report) = timed(bytes, shown);
    let (second, _) = shown();
    assert!(first == second, "another report the second time");
    for reported in &report.findings {
        let related = reported.finding.related.iter().map(|related| related.span);
        for span in related.chain([reported.finding.span]) {
            inside(&report.sources, span);
        }
    }
    assert_eq!(report.verdict == Verdict::Error, report.error.is_some());
}

const FORMATS: [Format; 8] = [
    Format::Text,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::Markdown,
    Format::Gitlab,
    Format::Junit,
    Format::Line,
];

fn shown(report: &Report) -> Vec<String> {
    FORMATS
        .iter()
        .map(|format| render(report, *format, true, false))
        .collect()
}

fn one(text: &str) -> (Sources, SourceId) {
    let mut sources = Sources::default();
    let source = sources.add(Path::new("file"), text.to_owned());
    (sources, source)
}

/// What comes out, after a look at the time that it took for so many bytes, whether it comes out again, and the places in it.
fn promised<T: Debug>(sources: &Sources, bytes: usize, make: impl Fn() -> T) -> T {
    let first = timed(bytes, &make);
    let shown = format!("{first:?}");
    assert!(shown == format!("{:?}", make()), "something else the second time");
    // No tree is larger than this for each byte: a span and a few words.
    assert!(
        shown.len() <= 4_000_000.max(bytes * 4_000),
        "{} bytes of {bytes}",
        shown.len()
    );
    for place in shown.split("Span { source: SourceId(").skip(1) {
        let mut numbers = place
            .split(|character: char| !character.is_ascii_digit())
            .filter(|word| !word.is_empty());
        let mut number = || numbers.next().and_then(|word| word.parse::<usize>().ok());
        if let (Some(0), Some(start), Some(end)) = (number(), number(), number())
            && let Some((id, _)) = sources.iter().next()
        {
            inside(sources, Span::new(id, start, end));
        }
    }
    first
}

fn inside(sources: &Sources, span: Span) {
    let text = &sources.get(span.source).text;
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(
        text.get(start..end).is_some(),
        "{start}..{end} is no part of {} bytes",
        text.len()
    );
}

/// What may be taken for each byte: a second for 100 KB, and many times that without optimization. What every input takes comes on top.
const FOR_A_BYTE: Duration = Duration::from_micros(if cfg!(test) { 200 } else { 10 });
const FOR_ALL: Duration = Duration::from_millis(if cfg!(test) { 2_000 } else { 200 });

fn timed<T>(bytes: usize, make: impl FnOnce() -> T) -> T {
    let before = spent();
    let made = make();
    let took = spent().saturating_sub(before);
    let most = FOR_ALL + FOR_A_BYTE * u32::try_from(bytes).unwrap_or(u32::MAX);
    assert!(took <= most, "{took:?} for {bytes} bytes");
    made
}

/// The time that the processor gave this thread: others on the machine do not count.
fn spent() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = statistics.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

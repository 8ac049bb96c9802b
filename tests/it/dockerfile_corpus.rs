//! Every Dockerfile of the shared corpus: nothing refused that builds, every span says what it says, and the same
//! instructions as another reader finds.

// Helpers outside `#[test]` functions are tests too.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use plimsoll::inspect::dockerfile::{self, Dockerfile, Form, Instruction, Kind, Text};
use plimsoll::inspect::shell;
use plimsoll::inspect::stage::{self, Base};
use plimsoll::inspect::{ColumnUnit, Sources, Span, Spanned};

/// Files that BuildKit refuses too, or that are no Dockerfiles, and why.
const REFUSED: &[(&str, &str)] = &[
    (
        "GoogleContainerTools+skaffold/docs-v1/content/en/samples/builders/artifact-dependencies/Dockerfile.app",
        "an excerpt for a page, with a line of three dots",
    ),
    (
        "IBM+mcp-context-forge/mcp-servers/templates/go/{{cookiecutter.project_slug}}/Dockerfile",
        "a template: blanks inside {{ }} on FROM",
    ),
    (
        "IBM+mcp-context-forge/mcp-servers/templates/python/{{cookiecutter.project_slug}}/Containerfile",
        "a template: blanks inside {{ }} on FROM",
    ),
    (
        "docker+compose/pkg/e2e/fixtures/wrong-composefile/service1/Dockerfile",
        "broken on purpose",
    ),
    (
        "dotnet+dotnet-docker/eng/dockerfile-templates/monitor-base/Dockerfile.linux",
        "a template",
    ),
    (
        "wagoodman+dive/cmd/dive/cli/testdata/invalid/Dockerfile",
        "broken on purpose",
    ),
];

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("PLIMSOLL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let corpus = shared.join("corpus");
    if !corpus.join("manifest.tsv").is_file() {
        println!("skipped: no corpus at {}", corpus.display());
        return None;
    }
    Some(corpus)
}

fn files() -> Vec<(String, String)> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let mut files = Vec::new();
    for row in manifest.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        if cells[3] == "dockerfile" {
            let name = format!("{}/{}", cells[0].replace('/', "+"), cells[1]);
            let bytes = std::fs::read(corpus.join(&name)).unwrap();
            files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    files
}

fn read(name: &str, text: &str) -> (Sources, Dockerfile) {
    let mut sources = Sources::default();
    let id = sources.add(Path::new(name), text.to_owned());
    let file = dockerfile::parse(id, text);
    (sources, file)
}

#[test]
fn nothing_is_refused_that_builds() {
    let mut wrong = Vec::new();
    let files = files();
    for (name, text) in &files {
        let (sources, file) = read(name, text);
        let listed = REFUSED.iter().any(|(known, _)| known == name);
        if listed == file.problems.is_empty() {
            wrong.push(format!("{name}: listed {listed}, {} problems", file.problems.len()));
        }
        for problem in file.problems.iter().filter(|_| !listed) {
            let at = sources
                .get(file.source)
                .position(problem.finding.span.start, ColumnUnit::CodePoints);
            wrong.push(format!("{name}:{}: {}", at.line, problem.finding.message));
        }
    }
    println!("{} files", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks that a span says its value, unless a continuation or an escape stands in between.
struct Spans<'a> {
    sources: &'a Sources,
    name: &'a str,
    count: usize,
}

impl Spans<'_> {
    fn says(&mut self, span: Span, value: &str) {
        self.count += 1;
        let slice = self.sources.slice(span);
        let plain = |text: &str| {
            text.chars()
                .filter(|ch| !ch.is_whitespace() && !"\\`'\"".contains(*ch))
                .collect::<String>()
        };
        if slice == value || plain(slice) == plain(value) {
            return;
        }
        // With comments dropped, the pieces are still there in order.
        let mut rest = slice;
        for word in value
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'', '\\']))
        {
            match rest.find(word) {
                Some(at) => rest = &rest[at + word.len()..],
                None => panic!("{}: {slice:?} does not say {value:?}", self.name),
            }
        }
    }

    fn word(&mut self, word: &Spanned<String>) {
        self.says(word.span, &word.value);
    }

    fn text(&mut self, text: &Text) {
        // Every byte comes from where the map says.
        for (at, ch) in text.text.char_indices() {
            let slice = self.sources.slice(text.span(at..at + ch.len_utf8()));
            assert_eq!(slice, ch.to_string(), "{} byte {at} of {:?}", self.name, text.text);
        }
        self.count += 1;
    }

    fn instruction(&mut self, instruction: &Instruction) {
        assert!(instruction.span.contains(instruction.keyword.span), "{}", self.name);
        assert!(instruction.span.contains(instruction.arguments), "{}", self.name);
        let keyword = self.sources.slice(instruction.keyword.span);
        assert_eq!(keyword.to_uppercase(), instruction.keyword.value, "{}", self.name);
        for flag in &instruction.flags {
            self.says(flag.name.span, &flag.name.value);
            assert!(self.sources.slice(flag.span).starts_with("--"));
            if let Some(value) = &flag.value {
                self.word(value);
            }
        }
        for heredoc in &instruction.heredocs {
            assert!(self.sources.slice(heredoc.marker).contains("<<"));
            assert_eq!(self.sources.slice(heredoc.body), heredoc.raw.text);
            self.says(heredoc.terminator.unwrap(), &heredoc.name);
            self.text(&heredoc.text());
        }
        if let Some(script) = instruction.script() {
            self.text(&script.text);
        }
        self.kind(&instruction.kind);
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::From(from) => {
                self.word(&from.image);
                from.alias.iter().chain(&from.platform).for_each(|word| self.word(word));
            }
            Kind::Run(run) => {
                self.text(&run.command.text);
                for (name, value) in run.mounts.iter().flat_map(|mount| &mount.options) {
                    self.word(name);
                    value.iter().for_each(|value| self.word(value));
                }
            }
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                transfer.sources.iter().for_each(|word| self.word(word));
                self.word(&transfer.destination);
            }
            Kind::User(word) | Kind::Workdir(word) | Kind::Stopsignal(word) | Kind::Maintainer(word) => self.word(word),
            Kind::Env(pairs) | Kind::Label(pairs) => {
                for pair in pairs {
                    assert!(pair.span.contains(pair.key.span) && pair.span.contains(pair.value.span));
                    self.word(&pair.key);
                    self.word(&pair.value);
                }
            }
            Kind::Arg(arguments) => {
                for argument in arguments {
                    self.word(&argument.name);
                    argument.value.iter().for_each(|value| self.word(value));
                }
            }
            Kind::Expose(words) | Kind::Volume(words) => words.iter().for_each(|word| self.word(word)),
            Kind::Cmd(command) | Kind::Entrypoint(command) => {
                self.text(&command.text);
                assert!(command.form == Form::Exec || command.words.is_empty());
                command.words.iter().for_each(|word| self.word(word));
            }
            Kind::Shell(words) => words.iter().for_each(|word| self.word(word)),
            Kind::Onbuild(inner) => self.instruction(inner),
            Kind::Healthcheck(_) | Kind::Unknown => {}
        }
    }
}

#[test]
fn every_span_says_what_it_says() {
    let mut count = 0;
    for (name, text) in &files() {
        let (sources, file) = read(name, text);
        let mut spans = Spans {
            sources: &sources,
            name,
            count: 0,
        };
        for instruction in file.instructions.iter().filter(|one| !one.keyword.value.is_empty()) {
            spans.instruction(instruction);
        }
        for comment in &file.comments {
            let slice = sources.slice(comment.span);
            assert_eq!(slice.strip_prefix('#').unwrap().trim(), comment.text, "{name}");
        }
        for directive in &file.directives {
            spans.word(&directive.value);
            assert_eq!(sources.slice(directive.name.span).to_lowercase(), directive.name.value);
        }
        count += spans.count;
    }
    println!("{count} spans");
}

fn keyword(instruction: &parse_dockerfile::Instruction<'_>) -> std::ops::Range<usize> {
    use parse_dockerfile::Instruction as Theirs;
    let span = match instruction {
        Theirs::Add(it) => &it.add.span,
        Theirs::Arg(it) => &it.arg.span,
        Theirs::Cmd(it) => &it.cmd.span,
        Theirs::Copy(it) => &it.copy.span,
        Theirs::Entrypoint(it) => &it.entrypoint.span,
        Theirs::Env(it) => &it.env.span,
        Theirs::Expose(it) => &it.expose.span,
        Theirs::From(it) => &it.from.span,
        Theirs::Healthcheck(it) => &it.healthcheck.span,
        Theirs::Label(it) => &it.label.span,
        Theirs::Maintainer(it) => &it.maintainer.span,
        Theirs::Onbuild(it) => &it.onbuild.span,
        Theirs::Run(it) => &it.run.span,
        Theirs::Shell(it) => &it.shell.span,
        Theirs::Stopsignal(it) => &it.stopsignal.span,
        Theirs::User(it) => &it.user.span,
        Theirs::Volume(it) => &it.volume.span,
        Theirs::Workdir(it) => &it.workdir.span,
        _ => panic!("a new kind of instruction"),
    };
    span.start..span.end
}

#[test]
fn another_reader_finds_the_same_instructions() {
    let (mut same, mut unread) = (0, 0);
    for (name, text) in &files() {
        let (sources, file) = read(name, text);
        // Of parse-dockerfile; it stops at a heredoc that is not the first word of a RUN.
        let theirs: Result<Vec<_>, _> = match parse_dockerfile::parse_iter(text) {
            Ok(instructions) => instructions.collect(),
            Err(error) => Err(error),
        };
        let Ok(theirs) = theirs else {
            unread += 1;
            if std::env::var_os("PLIMSOLL_SHOW").is_some() {
                println!("  not read by the other: {name}");
            }
            continue;
        };
        let place = |offset: usize| {
            let offset = u32::try_from(offset).unwrap();
            sources.get(file.source).position(offset, ColumnUnit::CodePoints).line
        };
        let theirs: Vec<(String, usize)> = theirs
            .iter()
            .map(|instruction| {
                let start = keyword(instruction).start;
                let length = text[start..]
                    .find(|ch: char| !ch.is_ascii_alphabetic())
                    .unwrap_or(text.len() - start);
                (text[start..start + length].to_uppercase(), place(start))
            })
            .collect();
        let ours: Vec<(String, usize)> = file
            .instructions
            .iter()
            .map(|instruction| {
                let keyword = instruction.keyword.value.to_owned();
                (keyword, place(instruction.span.start as usize))
            })
            .collect();
        assert_eq!(ours, theirs, "{name}");
        same += 1;
    }
    println!("{same} the same, {unread} not read by the other");
}

#[test]
fn shell_texts_are_split_and_stages_resolved() {
    let (mut split, mut odd, mut commands) = (0, Vec::new(), 0);
    let mut problems = Vec::new();
    let (mut stages, mut unknown) = (0, 0);
    for (name, text) in &files() {
        let (sources, file) = read(name, text);
        for script in file.instructions.iter().filter_map(Instruction::script) {
            match shell::split(&script.text) {
                Some(parts) => {
                    split += 1;
                    commands += parts.commands.len();
                    for word in parts.commands.iter().flat_map(|command| &command.words) {
                        assert!(!sources.slice(word.span).is_empty(), "{name}");
                    }
                }
                None => odd.push(format!(
                    "{name}: {}",
                    script.text.text.chars().take(300).collect::<String>()
                )),
            }
        }
        let plan = stage::resolve(&file, None, &[]);
        stages += plan.stages.len();
        unknown += plan
            .stages
            .iter()
            .filter(|stage| matches!(&stage.root_image, Base::Image(image) if image.value().is_none()))
            .count();
        // Test data of a converter of hadolint's findings: EXPOSE 80000.
        if file.problems.is_empty() && name != "psastras+sarif-rs/sarif-fmt/tests/data/Dockerfile" {
            for problem in plan.problems {
                problems.push(format!("{name}: {:?} {}", problem.rule, problem.finding.message));
            }
        }
    }
    println!(
        "{split} texts with {commands} commands, {} not analysed; {stages} stages, {unknown} with an unknown image",
        odd.len()
    );
    for odd in &odd {
        println!("  not analysed: {odd}");
    }
    // PowerShell is no shell that we know.
    odd.retain(|text| !text.to_lowercase().contains("powershell") && !text.contains("Dockerfile.windows"));
    assert!(odd.is_empty(), "{}", odd.join("\n"));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn broken_files_are_read_without_a_panic() {
    // A fixed sequence, so that a failure can be repeated.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let pieces = [
        "\\\n", "<<EOF", "'", "\"", "$(", "${", "`", "\n", "[", "]", "\u{feff}", "é", "{", "}", "--mount=", "\r\n",
        "# ", "\t", "=", ";;",
    ];
    for (name, text) in files().iter().filter(|(_, text)| text.len() < 20_000) {
        for _ in 0..3 {
            let mut chars: Vec<char> = text.chars().collect();
            for _ in 0..4 {
                let at = random(chars.len());
                let end = (at + random(40)).min(chars.len());
                match random(3) {
                    0 => drop(chars.drain(at..end)),
                    1 => drop(chars.splice(at..at, pieces[random(pieces.len())].chars())),
                    _ => chars.truncate(if random(8) == 0 { at } else { chars.len() }),
                }
            }
            let broken: String = chars.into_iter().collect();
            let (sources, file) = read(name, &broken);
            for instruction in &file.instructions {
                assert!(
                    sources
                        .slice(instruction.span)
                        .contains(sources.slice(instruction.arguments))
                );
                if let Some(script) = instruction.script() {
                    shell::split(&script.text);
                }
            }
            stage::resolve(&file, None, &[]);
        }
    }
}

//! The targets of `fuzz/`, called with mutations of real files: always the same ones, a few of each.

#[allow(unreachable_pub)]
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use crate::support::{image, shared};
use plimsoll::inspect::{RULES, SourceId, dockerfile, examples};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// Larger seeds say nothing that smaller ones do not.
const MAX_SEED: usize = 10_000;

/// Words that mean something to one of the readers.
const WORDS: [&str; 70] = [
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "\\\n",
    "\0",
    "\u{feff}",
    "é",
    "𝄞",
    "'",
    "\"",
    "`",
    "$",
    "$$",
    "${",
    "}",
    "${A:-",
    "$(",
    ")",
    "(",
    "|",
    "&&",
    "||",
    ";",
    "&",
    "<<EOF\n",
    "\nEOF\n",
    "<<-'X'\n",
    "# ",
    "#!/bin/sh\n",
    "if ",
    "then\n",
    "fi\n",
    "case x in\n",
    "esac\n",
    "FROM ",
    " AS a\n",
    "\nRUN ",
    "\nCOPY --from=a ",
    "--mount=type=bind,from=0 ",
    "\nONBUILD ",
    "[\"a\", \"b\"]",
    ": ",
    "\n  - ",
    "&a ",
    "*a",
    "<<: *a",
    "!reset ",
    "!override ",
    "? ",
    "{",
    "[",
    ",",
    "|\n  ",
    ">-\n",
    "services:\n",
    "extends: {service: a}\n",
    "include: [b.yaml]\n",
    "\n-- Dockerfile --\n",
    "\n-- .env --\n",
    "!**/",
    "**",
    "[a-z]",
    "target \"a\" {\n",
    "inherits = [\"a\"]\n",
    "matrix = { x = [\"a\", \"b\"] }\n",
    "${x}",
    "variable \"x\" { default = \"a\" }\n",
    "concat(",
];

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }

    /// A range of some bytes, short ones more often.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let most = (length - start).min(1 << self.below(10));
        start..start + self.below(most + 1)
    }
}

fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let range = random.range(data.len());
        match random.below(8) {
            0 => drop(data.splice(range, [])),
            1 => data.truncate(range.end),
            2 => {
                let copied = data[range.clone()].repeat(1 + random.below(20));
                data.splice(range, copied);
            }
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let piece = other[random.range(other.len())].to_vec();
                data.splice(range, piece);
            }
            4 if !data.is_empty() => data[range.start] = 0x20 + random.below(0x5f) as u8,
            5 if !data.is_empty() => data[range.start] ^= 1 << random.below(8),
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                data.splice(range.start..range.start, word.bytes());
            }
        }
    }
    data
}

type Texts = BTreeMap<&'static str, Vec<Vec<u8>>>;

/// Every text that is known, by the kind of file that it is.
fn texts() -> Texts {
    let mut all = Texts::new();
    let mut add = |path: &str, text: &str| {
        let kind = match path.rsplit('/').next().unwrap() {
            name if name.starts_with("docker-bake") => "bake",
            name if name.ends_with(".dockerignore") || name == ".gitignore" => "ignore",
            name if name.starts_with("plimsoll.y") || name.starts_with(".plimsoll.y") => "configuration",
            name if name.ends_with(".yaml") || name.ends_with(".yml") => "compose",
            name if name.to_ascii_lowercase().contains("dockerfile") => "dockerfile",
            _ => return,
        };
        all.entry(kind).or_default().push(text.as_bytes().to_vec());
    };
    let mut trees = Vec::new();
    let mut cases: Vec<_> = std::fs::read_dir("tests/cases")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    for path in cases {
        for case in std::fs::read_to_string(path).unwrap().split("\n== ").skip(1) {
            for file in format!("\n{case}").split("\n-- ").skip(1) {
                let (path, text) = file.split_once('\n').unwrap_or((file, ""));
                add(path.split(' ').next().unwrap(), text);
            }
            trees.push(
                case.split_once("\n-- want --")
                    .map_or(case, |(files, _)| files)
                    .as_bytes()
                    .to_vec(),
            );
        }
    }
    for example in RULES.iter().flat_map(|rule| examples(rule.doc())) {
        add(&example.file, &example.text);
    }
    let corpus = shared().map(|shared| shared.join("corpus"));
    let manifest = corpus
        .as_ref()
        .map(|corpus| std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap());
    for line in manifest.unwrap_or_default().lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let path = Path::new(&columns[0].replace('/', "+")).join(columns[1]);
        if let Ok(text) = std::fs::read_to_string(corpus.as_ref().unwrap().join(path)) {
            add(columns[1], &text);
        }
    }
    all.insert("tree", trees);
    all
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    static TEXTS: LazyLock<Texts> = LazyLock::new(texts);
    let of = |kind: &str| TEXTS.get(kind).cloned().unwrap_or_default();
    let mut seeds = match target {
        "interpolation" => of("compose").iter().flat_map(|text| values(text)).collect(),
        "shell" => of("dockerfile").iter().flat_map(|text| scripts(text)).collect(),
        "baseline" => vec![known().into_bytes()],
        "archive" => archives(),
        "lock" => locks(),
        _ => of(target),
    };
    seeds.retain(|seed| seed.len() <= MAX_SEED);
    seeds.sort();
    seeds.dedup();
    seeds
}

fn scripts(text: &[u8]) -> Vec<Vec<u8>> {
    let file = dockerfile::parse(SourceId::default(), std::str::from_utf8(text).unwrap());
    let scripts = file.instructions.iter().filter_map(|instruction| instruction.script());
    scripts.map(|script| script.text.text.into_bytes()).collect()
}

/// The lines with variables, each behind a line with the value of some.
fn values(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = std::str::from_utf8(text).unwrap().lines();
    let lines = lines.filter(|line| line.contains('$'));
    lines.map(|line| format!("value\n{line}").into_bytes()).collect()
}

fn known() -> String {
    let head = "# plimsoll baseline 1: known findings. Remove lines as you fix them.\n";
    let lines: String = (0..40_u64)
        .map(|number| {
            format!(
                "{:016x} root-user a/Dockerfile api\n",
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            )
        })
        .collect();
    format!("{head}# a comment\n\n{lines}")
}

/// Locks of one image and of two.
fn locks() -> Vec<Vec<u8>> {
    let facts = "  digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n  size: 8311042\n  layers: 1\n  \
                 user: \"\"\n  command: [/bin/sh, \"-c\", \"echo \\\"a\\x1b\\xe9\\U0001d11e\\\"\"]\n  healthcheck: []\n  versions:\n    \
                 A_VERSION: \"22.1\"\n  accounts: [root:0:0]\n  programs:\n    /bin: [\"[\", busybox]\n    /usr/bin: []\n  shell: none\n";
    let one = format!("# comment\nversion: 1\nalpine:3.22 linux/amd64:\n{facts}");
    let two = format!("{one}localhost:5000/a/b:1 linux/arm/v7:\n{facts}");
    vec![one.into_bytes(), two.into_bytes()]
}

/// Whole archives, and layers.
fn archives() -> Vec<Vec<u8>> {
    let images = [
        "RUN a\n  9 /etc/os-release\n",
        "RUN a\n  9 /a\n  9 /b/c\nRUN b\n  - /a\n  7 /b/c\n",
    ];
    let mut layer = tar::Builder::new(Vec::new());
    for (path, text) in [
        ("etc/os-release", "ID=alpine\n"),
        ("a/.wh.b", ""),
        ("a/.wh..wh..opq", ""),
        ("a/c", "x"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        layer.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    layer.append_link(&mut header, "x".repeat(150), "a").unwrap();
    let layer = layer.into_inner().unwrap();
    let two = [layer.as_slice(), &[0xff], &layer].concat();
    images
        .iter()
        .map(|text| image::archive(text))
        .chain([layer, two])
        .collect()
}

fn fuzz(name: &str, rounds: usize) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for round in 0..rounds {
        let data = mutated(&seeds, &mut random);
        if std::panic::catch_unwind(|| target(&data)).is_err() {
            panic!(
                "round {round} of {name} breaks a promise with:\n{}\n{data:?}",
                String::from_utf8_lossy(&data)
            );
        }
    }
}

macro_rules! fuzzed {
    ($($name:ident: $rounds:expr,)*) => {
        $(#[test] fn $name() { fuzz(stringify!($name), $rounds); })*

        #[test]
        fn every_target_is_here() {
            assert_eq!([$(stringify!($name)),*], targets::TARGETS.map(|(name, _)| name));
        }
    };
}

fuzzed! {
    dockerfile: 2000,
    shell: 5000,
    compose: 100,
    interpolation: 20000,
    ignore: 10000,
    configuration: 1000,
    archive: 1000,
    baseline: 5000,
    lock: 3000,
    bake: 100,
    tree: 100,
}

/// The smallest inputs that once broke a promise.
#[test]
fn what_was_found_stays_mended() {
    // A heredoc that the file ends before: the name of its end had a place behind the text.
    targets::shell(b"# <<O");
    targets::shell(b"cat <<A <<'B'\nx");
    // ... or one inside of a character, where quotes are around it.
    targets::shell("#\t<<\"\u{ffff}\"".as_bytes());
    for name in ["'é'", "\"aé\"", "é\\é", "\\é", "a'é'b", "\"é\\\\\"", "'𝄞'\\\n'é'"] {
        for before in ["# ", "cat ", "cat <<A ", "3"] {
            targets::shell(format!("{before}<<{name}").as_bytes());
            targets::shell(format!("{before}<<-{name}\n\té\n").as_bytes());
        }
    }
    // A control character was nothing where it stood alone, and an error before a comment.
    targets::configuration(b"\x0b");
}

/// The seeds as files, for `cargo fuzz`: docs/evidence/fuzzing.md.
#[test]
#[ignore = "writes fuzz/corpus"]
fn seeds_are_written_for_cargo_fuzz() {
    for (target, _) in targets::TARGETS {
        let folder = Path::new("fuzz/corpus").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        // A whole run takes longest: more seeds would be read than changed.
        let step = if ["compose", "tree"].contains(&target) { 10 } else { 1 };
        for (number, seed) in seeds(target).iter().step_by(step).enumerate() {
            std::fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
}

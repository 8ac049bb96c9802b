use super::{Check, Group};
use crate::fact::{Fact, Sourced};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::parse::dockerfile::{Command, Form};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::Stage;
use crate::source::Span;
use crate::values::number::Real;
use std::sync::Arc;

rule! {
    /// A runtime may grow its heap beyond the memory limit of its container.
    ///
    /// ## Why it matters
    /// The runtime collects its garbage when its own figure is near, and the kernel kills it before. A heap needs to stay
    /// below the limit by what else the process uses: code, stacks, buffers.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m
    ///     environment:
    ///       JAVA_OPTS: -Xms128m -Xmx1g  # <- here
    ///   web:
    ///     image: acme/web:1.4
    ///     mem_limit: 256m
    ///     environment:
    ///       - NODE_OPTIONS=--max-old-space-size=512  # <- here
    ///   db:
    ///     image: postgres:17.2
    ///     mem_limit: 256m
    ///     command: postgres -c shared_buffers=512MB  # <- here
    ///   cache:
    ///     image: redis:7.4
    ///     mem_limit: 256m
    ///     command: redis-server --maxmemory 512mb  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 1g
    ///     environment:
    ///       JAVA_OPTS: -Xmx700m
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: 512m
    ///     environment:
    ///       GOMEMLIMIT: 450MiB
    /// ```
    ///
    /// ## Notes
    /// The variables and commands of the service count, and those of the stage that it builds where the service does not
    /// replace them. `java` itself reads JAVA_TOOL_OPTIONS and JDK_JAVA_OPTIONS only: JAVA_OPTS counts where a script or a
    /// shell may read it. `node` reads no option behind its script.
    RULE {
        name: "heap-above-memory-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// A figure that a runtime keeps to.
struct Heap {
    shown: String,
    bytes: i64,
    span: Span,
}

/// What a container starts with.
struct Start {
    words: Vec<String>,
    span: Span,
    /// It is of the image.
    is_of_image: bool,
}

impl Start {
    fn of_service(command: &Sourced<Vec<String>>) -> Self {
        Self { words: command.value.clone(), span: command.span, is_of_image: false }
    }

    fn of_image(command: &Sourced<Arc<Command>>) -> Self {
        let written = &command.value;
        let words = match written.form {
            Form::Exec => written.words.iter().map(|word| word.value.clone()).collect(),
            Form::Shell => written.text.text.split_whitespace().map(str::to_owned).collect(),
        };
        Self { words, span: command.span, is_of_image: true }
    }

    /// Whether it is `java` itself, with no variable that a shell would replace by options.
    fn is_plain_java(&self) -> bool {
        let mut words = self.words.iter().skip_while(|word| *word == "exec");
        let is_java = words.next().is_some_and(|word| word == "java" || word.ends_with("/java"));
        is_java && !self.words.iter().any(|word| word.contains("OPT"))
    }
}

/// What a service starts: what its entrypoint is, then the command.
fn starts(service: &Service, stage: Option<&Stage>) -> Vec<Start> {
    let of_image = |fact: &Fact<Arc<Command>>| fact.sourced().map(Start::of_image);
    let entrypoint = match service.entrypoint.sourced() {
        Some(words) => Some(Start::of_service(words)),
        None => stage.and_then(|stage| of_image(&stage.entrypoint)),
    };
    // Compose drops the image's command with its entrypoint.
    let command = match service.command.sourced() {
        Some(words) => Some(Start::of_service(words)),
        None if service.entrypoint.is_absent() && service.command.is_absent() => {
            stage.and_then(|stage| of_image(&stage.cmd))
        }
        None => None,
    };
    entrypoint.into_iter().chain(command).collect()
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Fact::Known(limit) = &service.memory else { return };
    if limit.value <= 0 {
        return;
    }
    let stage = subject.container.image.stage();
    let starts = starts(service, stage);
    let is_plain_java = starts.first().is_some_and(Start::is_plain_java);
    let mut heaps = Vec::new();
    let mut of_variable = |name: &str, value: &Sourced<String>, span| {
        if !(is_plain_java && name.starts_with("JAVA_OPT")) {
            of_variable(name, value, span, limit.value, &mut heaps);
        }
    };
    for variable in service.variables() {
        if let Fact::Known(value) = &variable.value {
            of_variable(&variable.name, value, variable.span);
        }
    }
    for (name, value) in stage.iter().flat_map(|stage| stage.env.iter()) {
        let is_replaced = service.variables().any(|variable| variable.name == name);
        if let (false, Fact::Known(value)) = (is_replaced, value) {
            of_variable(name, value, value.span);
        }
    }
    for start in &starts {
        let line = start.words.join(" ");
        of_java(&line, start.span, limit.value, &mut heaps);
        of_node(options_of_node(&line), start.span, &mut heaps);
        of_postgres(&start.words, start.span, &mut heaps);
        of_servers(&line, start.span, &mut heaps);
    }
    for heap in heaps {
        if heap.bytes < limit.value {
            continue;
        }
        let than = if heap.bytes > limit.value { "above its limit" } else { "all of its limit" };
        let message = format!(
            "`{}` may use {} of memory (`{}`), {than} of {}",
            service.name.value,
            mebibytes(heap.bytes),
            heap.shown,
            mebibytes(limit.value)
        );
        let is_of_image = starts.iter().any(|start| start.is_of_image && start.span == heap.span);
        let is_new = is_of_image || heap.shown.contains("MaxRAMPercentage");
        let finding = Finding::new(heap.span, message);
        let finding = if is_new { finding.raised("2026.12") } else { finding };
        found.push(
            finding
                .help("set it to about three quarters of the limit, or raise the limit")
                .related(limit.span, "the memory limit")
                .measured(Measured {
                    quantity: "heap",
                    actual: heap.bytes.real(),
                    budget: limit.value.real(),
                    unit: "bytes",
                    basis: Basis::Exact,
                })
                .aspect(heap.shown.split(['=', ' ']).next().unwrap_or("").to_owned()),
        );
    }
}

fn of_variable(name: &str, value: &Sourced<String>, span: Span, limit: i64, heaps: &mut Vec<Heap>) {
    match name {
        "GOMEMLIMIT" => {
            if let Some(bytes) = go_size(&value.value) {
                heaps.push(Heap {
                    shown: format!("GOMEMLIMIT={}", value.value),
                    bytes,
                    span,
                });
            }
        }
        "NEO4J_server_memory_heap_max__size" | "NEO4J_dbms_memory_heap_max__size" => {
            if let Some(bytes) = suffixed(&value.value, &[("k", 10), ("m", 20), ("g", 30), ("", 0)]) {
                heaps.push(Heap {
                    shown: format!("{name}={}", value.value),
                    bytes,
                    span,
                });
            }
        }
        "NODE_OPTIONS" => of_node(value.value.split_whitespace(), span, heaps),
        "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "JDK_JAVA_OPTIONS" | "CATALINA_OPTS" | "JAVA_OPTIONS" | "SOLR_JAVA_MEM" => {
            of_java(&value.value, span, limit, heaps);
        }
        // ES_JAVA_OPTS, KAFKA_HEAP_OPTS, SONAR_WEB_JAVAOPTS.
        _ if ["JAVA_OPTS", "JAVAOPTS", "HEAP_OPTS"].iter().any(|end| name.ends_with(end)) => {
            of_java(&value.value, span, limit, heaps);
        }
        _ => {}
    }
}

/// `-Xmx512m`: the last one counts. Without one, what the heap starts with is the least that it takes, and a share of the limit
/// is as much as it says.
fn of_java(line: &str, span: Span, limit: i64, heaps: &mut Vec<Heap>) {
    let words: Vec<&str> = line.split_whitespace().map(bare).collect();
    let last = |start: &str| words.iter().rfind(|word| word.starts_with(start)).copied();
    let Some(word) = last("-Xmx").or_else(|| last("-Xms")) else {
        let share = "-XX:MaxRAMPercentage=";
        let whole = last(share).filter(|word| word.get(share.len()..).is_some_and(|text| text.parse() == Ok(100.0)));
        heaps.extend(whole.map(|word| Heap { shown: word.to_owned(), bytes: limit, span }));
        return;
    };
    let text = word.get(4..).unwrap_or("");
    if let Some(bytes) = suffixed(text, &[("k", 10), ("m", 20), ("g", 30), ("t", 40), ("", 0)]) {
        heaps.push(Heap {
            shown: word.to_owned(),
            bytes,
            span,
        });
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

/// The options of a command that `node` itself reads: those between its name, which an entrypoint may put before them, and its
/// script.
fn options_of_node(line: &str) -> impl Iterator<Item = &str> {
    let is_node = |word: &&str| matches!(word.rsplit('/').next(), Some("node" | "nodejs" | "nodemon" | "ts-node" | "tsx"));
    let words = || line.split_whitespace().map(bare);
    let at = words().position(|word| is_node(&word));
    let mut is_value = false;
    words().skip(at.map_or(0, |at| at + 1)).take_while(move |word| {
        let is_option = word.starts_with('-') || is_value;
        is_value = matches!(*word, "-r" | "--require" | "--import" | "--loader" | "-C" | "--conditions");
        is_option
    })
}

fn of_node<'a>(words: impl Iterator<Item = &'a str>, span: Span, heaps: &mut Vec<Heap>) {
    for word in words.map(bare) {
        let text = ["--max-old-space-size=", "--max_old_space_size="]
            .iter()
            .find_map(|option| word.strip_prefix(option));
        if let Some(bytes) = text.and_then(|text| suffixed(text, &[("", 20)])) {
            heaps.push(Heap {
                shown: word.to_owned(),
                bytes,
                span,
            });
        }
    }
}

/// A size option of a server that keeps its data in memory: the program, the option with and without `=`, the units as
/// powers of two.
type ServerOption = (&'static [&'static str], &'static str, &'static [(&'static str, u32)]);

const SERVER_OPTIONS: [ServerOption; 4] = [
    (
        &["redis-server", "valkey-server", "keydb-server", "redis-stack-server"],
        "--maxmemory",
        &[("kb", 10), ("mb", 20), ("gb", 30), ("", 0)],
    ),
    (&["mysqld", "mariadbd"], "--innodb-buffer-pool-size", &[("k", 10), ("m", 20), ("g", 30), ("t", 40), ("", 0)]),
    (&["memcached"], "--memory-limit", &[("", 20)]),
    (&["memcached"], "-m", &[("", 20)]),
];

/// `redis-server --maxmemory 2gb`, `--innodb-buffer-pool-size=2G` and the like, also where a shell starts them.
fn of_servers(line: &str, span: Span, heaps: &mut Vec<Heap>) {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let starts = |programs: &[&str]| words.iter().any(|word| programs.contains(&word.rsplit('/').next().unwrap_or(word)));
    let is_option_only = words.first().is_some_and(|word| word.starts_with("--"));
    for (programs, option, units) in SERVER_OPTIONS {
        // The entrypoint of an image puts the program before a list of options.
        if !(starts(programs) || is_option_only && option.starts_with("--")) {
            continue;
        }
        let found = words.iter().enumerate().rev().find_map(|(index, word)| {
            let word = word.replace('_', "-");
            match word.split_once('=') {
                Some((name, value)) if name == option => Some(value.to_owned()),
                None if word == option => words.get(index + 1).map(|value| (*value).to_owned()),
                _ => None,
            }
        });
        let Some(text) = found else { continue };
        // Redis counts `k`, `m` and `g` in thousands; the difference decides nothing here.
        let lower = text.to_lowercase();
        let text = match option {
            "--maxmemory" if lower.ends_with(['k', 'm', 'g']) => format!("{lower}b"),
            _ => lower,
        };
        if let Some(bytes) = suffixed(&text, units) {
            heaps.push(Heap {
                shown: format!("{option} {text}"),
                bytes,
                span,
            });
        }
    }
    let cache = words.iter().rposition(|word| *word == "--wiredTigerCacheSizeGB");
    if let Some(index) = cache
        && let Some(size) = words.get(index + 1).and_then(|word| word.parse::<f64>().ok())
        && (0.0..1e6).contains(&size)
    {
        heaps.push(Heap {
            shown: format!("--wiredTigerCacheSizeGB {size}"),
            #[allow(clippy::cast_possible_truncation)]
            bytes: (size * f64::from(1 << 30)) as i64,
            span,
        });
    }
}

/// `-c shared_buffers=1GB`; without a unit it counts blocks of 8 KiB.
fn of_postgres(words: &[String], span: Span, heaps: &mut Vec<Heap>) {
    for word in words {
        let Some(text) = word
            .trim_start_matches("-c")
            .trim_start_matches("--")
            .strip_prefix("shared_buffers=")
        else {
            continue;
        };
        let text = text.trim_matches(['"', '\'']);
        if let Some(bytes) = suffixed(text, &[("kb", 10), ("mb", 20), ("gb", 30), ("tb", 40), ("", 13)]) {
            heaps.push(Heap {
                shown: format!("shared_buffers={text}"),
                bytes,
                span,
            });
        }
    }
}

/// Go's `500MiB`, `1GiB`, `1024B` or plain bytes.
fn go_size(text: &str) -> Option<i64> {
    suffixed(
        text,
        &[("kib", 10), ("mib", 20), ("gib", 30), ("tib", 40), ("b", 0), ("", 0)],
    )
}

/// A whole number with a unit, given as its power of two.
fn suffixed(text: &str, units: &[(&str, u32)]) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits)?;
    let (_, power) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<i64>().ok()?.checked_mul(1_i64.checked_shl(*power)?)
}

fn mebibytes(bytes: i64) -> String {
    crate::values::bytes::show(bytes)
}

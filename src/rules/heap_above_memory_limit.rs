use super::{Check, Group};
use crate::fact::{Fact, Sourced};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::number::Real;

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

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Fact::Known(limit) = &service.memory else { return };
    if limit.value <= 0 {
        return;
    }
    let mut heaps = Vec::new();
    for variable in service.variables() {
        if let Fact::Known(value) = &variable.value {
            of_variable(&variable.name, value, variable.span, &mut heaps);
        }
    }
    if let Some(stage) = subject.container.image.stage() {
        for (name, value) in stage.env.iter() {
            let is_replaced = service.variables().any(|variable| variable.name == name);
            if let (false, Fact::Known(value)) = (is_replaced, value) {
                of_variable(name, value, value.span, &mut heaps);
            }
        }
    }
    for fact in [&service.entrypoint, &service.command] {
        if let Fact::Known(words) = fact {
            let line = words.value.join(" ");
            of_java(&line, words.span, &mut heaps);
            of_node(&line, words.span, &mut heaps);
            of_postgres(&words.value, words.span, &mut heaps);
            of_servers(&line, words.span, &mut heaps);
        }
    }
    for heap in heaps {
        if heap.bytes < limit.value {
            continue;
        }
        let message = format!(
            "`{}` may use {} of memory (`{}`), above its limit of {}",
            service.name.value,
            mebibytes(heap.bytes),
            heap.shown,
            mebibytes(limit.value)
        );
        found.push(
            Finding::new(heap.span, message)
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

fn of_variable(name: &str, value: &Sourced<String>, span: Span, heaps: &mut Vec<Heap>) {
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
        "NODE_OPTIONS" => of_node(&value.value, span, heaps),
        "JAVA_OPTS"
        | "JAVA_TOOL_OPTIONS"
        | "_JAVA_OPTIONS"
        | "JDK_JAVA_OPTIONS"
        | "CATALINA_OPTS"
        | "ES_JAVA_OPTS"
        | "KAFKA_HEAP_OPTS"
        | "LS_JAVA_OPTS"
        | "JAVA_OPTIONS"
        | "OPENSEARCH_JAVA_OPTS"
        | "SOLR_JAVA_MEM" => {
            of_java(&value.value, span, heaps);
        }
        _ => {}
    }
}

/// `-Xmx512m`: the last one counts. Without one, what the heap starts with is the least that it takes.
fn of_java(line: &str, span: Span, heaps: &mut Vec<Heap>) {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let last = |start: &str| words.iter().rfind(|word| word.starts_with(start)).copied();
    let Some(word) = last("-Xmx").or_else(|| last("-Xms")) else {
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

fn of_node(line: &str, span: Span, heaps: &mut Vec<Heap>) {
    for word in line.split_whitespace().map(|word| word.trim_matches(['"', '\''])) {
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

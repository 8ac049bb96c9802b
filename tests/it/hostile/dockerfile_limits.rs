//! Row 28: Dockerfiles that are long in one way or another.

use super::{Scene, full};
use std::fmt::Write;

/// So many whole, fewer by default.
fn many(whole: usize) -> usize {
    if full() { whole } else { whole / 20 }
}

#[test]
fn row_28_long_lines() {
    for bytes in [65_535, 70_000, 1_000_000] {
        let text = format!("FROM x:1\n# {}\nFOO\n", "x".repeat(bytes));
        let judged = Scene::new(&[("Dockerfile", &text)]).judge(1);
        judged
            .has("invalid-dockerfile Dockerfile:2")
            .says("invalid-dockerfile", "65");
    }
}

#[test]
fn row_28_many_continuations() {
    let text = format!("FROM x:1\nRUN a \\\n{} c\nFOO\n", " b \\\n".repeat(many(1_000_000)));
    Scene::new(&[("Dockerfile", &text)]).judge(1);
}

#[test]
fn row_28_many_stages() {
    let stages = "FROM x:1\n".repeat(many(200_000));
    let rule = if full() {
        "unreadable-input"
    } else {
        "invalid-dockerfile"
    };
    Scene::new(&[("Dockerfile", &format!("{stages}FOO\n"))])
        .judge(1)
        .has(&format!("{rule} Dockerfile"));
}

#[test]
fn row_28_more_instructions_than_are_read() {
    let text = format!("FROM x:1\n{}FOO\n", "USER a\n".repeat(50_000));
    let judged = Scene::new(&[("Dockerfile", &text)]).judge(1);
    judged
        .has("unreadable-input Dockerfile:50001")
        .says("unreadable-input", "50000 instructions");
}

#[test]
fn sibling_28_stages_on_stages() {
    let mut text = String::from("FROM x AS s0\n");
    (1..many(150_000)).for_each(|number| writeln!(text, "FROM s{} AS s{number}", number - 1).unwrap());
    Scene::new(&[("Dockerfile", &text)]).judge(i32::from(full()));
}

#[test]
fn sibling_28_many_instructions() {
    for (line, whole) in [
        ("RUN apt-get install -y a\n", 200_000),
        ("COPY a b\n", 500_000),
        ("ENV A=b\n", 600_000),
        ("X\n", 2_500_000),
        ("ONBUILD RUN a\n", 350_000),
    ] {
        let text = format!("FROM debian:12\n{}FOO\n", line.repeat(many(whole)));
        Scene::new(&[("Dockerfile", &text)]).judge(1);
    }
}

#[test]
fn sibling_28_scripts_take_time_by_their_length_alone() {
    let repeated = |head: &str, line: &str, tail: &str| format!("{head}{}{tail}", line.repeat(6000));
    for script in [
        repeated("RUN true", " && \\\n apk add --no-cache x", "\n"),
        repeated("RUN true", " && \\\n apt-get install -y gcc", "\n"),
        repeated("RUN true; ", "cd /; \\\n", " true\n"),
        repeated("RUN true; ", "cd a; \\\n", " true\n"),
        repeated("RUN <<EOF\n", "echo a\n", "EOF\n"),
        repeated("RUN <<EOF\nset -e\n", "apk add x | sh\n", "EOF\n"),
        repeated(
            "RUN true; ",
            "mkdir /d; cp a /d; mv /d /e; rm -r /e; x; \\\n",
            " true\n",
        ),
    ] {
        let text = format!("FROM debian:12-slim\n{script}USER 1000\nFOO\n");
        // A fraction of a second; what grows with the square of the length takes minutes here.
        Scene::new(&[("Dockerfile", &text)]).judge(1).within(60);
    }
}

#[test]
fn sibling_28_words_with_much_in_them() {
    let brackets = |open: &str, close: &str| format!("RUN {}x{}\n", open.repeat(5000), close.repeat(5000));
    for line in [
        brackets("$(", ")"),
        brackets("(", ")"),
        brackets("{ ", " }"),
        brackets("${a:-", "}"),
        brackets("`", "`"),
        brackets("\"$(", ")\""),
        brackets("if ", " fi"),
        format!("RUN {}\n", "<<A ".repeat(10_000)),
        format!("RUN {} true\n", "--mount=type=cache,target=/x ".repeat(2000)),
        format!("COPY {} /x/\n", "a*?[b] ".repeat(8000)),
        format!("ENV {}\n", "A=$A$A ".repeat(8000)),
        format!("EXPOSE {}\n", "1-65535 ".repeat(7000)),
        format!("LABEL a=\"{}\"\n", "\\\"".repeat(30_000)),
    ] {
        Scene::new(&[("Dockerfile", &format!("FROM debian:12\n{line}FOO\n"))])
            .judge(1)
            .within(60);
    }
}

//! Rows 27 and 29 to 37: Dockerfiles.

use super::{Judged, Scene};

fn dockerfile(text: &str, code: i32) -> Judged {
    Scene::new(&[("Dockerfile", text)]).judge(code)
}

/// Refused at each of these lines, and at no other.
fn refused(text: &str, lines: &[usize]) {
    let found = dockerfile(text, 1).findings();
    let starts = "invalid-dockerfile Dockerfile:";
    let mut at: Vec<usize> = found
        .iter()
        .filter_map(|finding| finding.strip_prefix(starts)?.parse().ok())
        .collect();
    at.sort_unstable();
    at.dedup();
    assert_eq!(at, lines, "{text:?}: {found:?}");
}

#[test]
fn row_27_no_from() {
    refused("", &[1]);
    refused("# nothing\n\n", &[1]);
    refused("ARG A=1\n", &[1]);
    refused("RUN true\nFROM x:1\n", &[1]);
}

#[test]
fn sibling_27_almost_no_from() {
    refused("\\\n", &[1]);
    refused("# escape=`\n`\n", &[2]);
    refused("FROM x:1 y\n", &[1]);
    refused("FROM x:1 AS\n", &[1]);
    refused("FROM --platform x:1 AS 1a\n", &[1]);
    refused("LABEL a=b\nFROM x:1\nFOO\n", &[1, 3]);
}

#[test]
fn row_29_directives() {
    let judged = dockerfile("# escape=`\nFROM x:1\nRUN a `\n  b\nFOO\n", 1);
    judged.has("invalid-dockerfile Dockerfile:5");
    dockerfile("# syntax=evil/frontend:1\nFROM x:1\n", 0).has("unknown-frontend Dockerfile:1");
    // A directive after a comment is a comment.
    let judged = dockerfile(
        "# a comment\n# syntax=evil/frontend:1\n# escape=`\nFROM x:1\nRUN a \\\n  b\nFOO\n",
        1,
    );
    judged.lacks("unknown-frontend").has("invalid-dockerfile Dockerfile:7");
}

#[test]
fn sibling_29_directives_in_other_spellings() {
    for first in [
        "#syntax=evil/f",
        "#  SYNTAX = evil/f:1",
        "// syntax=evil/f",
        "# check=skip=all\n# syntax=evil/f",
    ] {
        dockerfile(&format!("{first}\nFROM x:1\n"), 0).has("unknown-frontend Dockerfile");
    }
    dockerfile("\u{feff}# syntax=evil/f\nFROM x:1\n", 0).has("unknown-frontend Dockerfile:1");
    dockerfile("#!/usr/bin/env x\n# syntax=evil/f\nFROM x:1\n", 0).has("unknown-frontend Dockerfile:2");
    refused("# escape=x\nFROM x:1\n", &[1]);
    refused("# escape=\\\n# escape=`\nFROM x:1\n", &[2]);
    dockerfile("{\"syntax\": \"evil/f\"}\n", 1);
}

#[test]
fn row_30_heredocs() {
    refused("FROM x:1\nRUN <<EOF\necho\n", &[2]);
    let judged = dockerfile("FROM x:1\nRUN <<EOF\nFROM y\nUSER root\nFOO\nEOF\nUSER 1000:1000\n", 0);
    judged.lacks("invalid-dockerfile").lacks("root-user");
    dockerfile("FROM x:1\nRUN <<A cat <<B\na\nA\nb\nB\nUSER 1000:1000\n", 0);
    dockerfile("FROM x:1\nCOPY <<A <<B /x/\na\nA\nb\nB\nFOO\n", 1).has("invalid-dockerfile Dockerfile:7");
}

#[test]
fn sibling_30_heredocs_in_other_spellings() {
    dockerfile("FROM x:1\nRUN <<-'E O F' sh\n\tFOO\n\tE O F\nUSER 1000:1000\n", 0);
    dockerfile("FROM x:1\nRUN 3<<EOF cat /dev/fd/3\nFOO\nEOF\nUSER 1000:1000\n", 0);
    // No heredocs: a here-string, in quotes, in JSON, in an instruction that has none.
    refused("FROM x:1\nRUN cat <<<EOF\nFOO\n", &[3]);
    refused("FROM x:1\nRUN echo '<<EOF'\nFOO\n", &[3]);
    refused("FROM x:1\nRUN [\"cat\", \"<<EOF\"]\nFOO\n", &[3]);
    refused("FROM x:1\nCMD cat <<EOF\nFOO\n", &[3]);
    refused("FROM x:1\nENV A=<<EOF\nFOO\n", &[3]);
    refused("FROM x:1\nADD <<EOF /x\r\nFROM y\r\nEOF\r\nFOO\r\n", &[5]);
}

#[test]
fn row_31_continuations() {
    let text = "FROM x:1\nRUN a \\\n# a comment\n\n  && b \\ \n  && c\r\nFOO";
    dockerfile(text, 1).has("invalid-dockerfile Dockerfile:7");
    refused("FROM x:1\r\nRUN a \\\r\n  b\r\nFOO\r\n", &[4]);
}

#[test]
fn sibling_31_continuations_at_the_edge() {
    dockerfile("FROM x:1\nRUN a \\\n", 0).lacks("invalid-dockerfile");
    dockerfile("FROM x:1\nRUN a \\\n# a comment\n", 0).lacks("invalid-dockerfile");
}

#[test]
fn row_32_json_that_is_none() {
    for command in ["CMD [\"a", "CMD ['a']", "ENTRYPOINT [a, b]"] {
        let judged = Scene::new(&[("Dockerfile", &format!("FROM x:1\nUSER 1000:1000\n{command}\n"))]).judge(0);
        judged
            .lacks("invalid-dockerfile")
            .has("malformed-exec-form Dockerfile:3");
    }
}

#[test]
fn sibling_32_more_json_that_is_none() {
    for command in [
        "CMD [\"a\",]",
        "CMD [\"a\" \"b\"]",
        "CMD [\"a\", 1]",
        "CMD \u{201c}a\u{201d}",
        "RUN [ -f /x ]",
        "CMD [[\"a\"]]",
        "CMD [\"\\x\"]",
    ] {
        let scene = Scene::new(&[("Dockerfile", &format!("FROM x:1\nUSER 1000:1000\n{command}\nFOO\n"))]);
        scene.judge(1).has("invalid-dockerfile Dockerfile:4");
    }
}

#[test]
fn row_33_names_of_stages() {
    dockerfile("FROM x:1 AS a\nFROM y:1 AS a\nFROM a\nUSER 1000:1000\n", 0);
    dockerfile("FROM b\nFROM x:1 AS b\nCOPY --from=c /a /b\nFROM x:1 AS c\n", 1).has("undefined-stage Dockerfile:3");
    dockerfile("FROM x:1 AS scratch\nFROM scratch\n", 0);
    dockerfile("FROM a AS a\nCOPY --from=a /x /y\n", 1).has("undefined-stage Dockerfile:2");
}

#[test]
fn sibling_33_stages_by_number_and_circles() {
    dockerfile("FROM x:1\nCOPY --from=0 /x /y\nFROM x:1\nCOPY --from=7 /x /y\n", 1).has("undefined-stage Dockerfile:2");
    dockerfile(
        "FROM x:1 AS A\nFROM a AS b\nFROM B\nRUN --mount=type=bind,from=nope,target=/x true\nUSER 1000:1000\n",
        0,
    );
    dockerfile(
        "FROM x:1 AS a\nRUN --mount=type=bind,from=b,target=/x true\nFROM a AS b\n",
        1,
    )
    .has("undefined-stage Dockerfile:2");
    let scene = Scene::new(&[
        (
            "compose.yaml",
            "services:\n  a: {build: {context: ., target: none}}\n  b: {build: {context: ., additional_contexts: {x: 'service:b'}}}\n",
        ),
        ("Dockerfile", "FROM x:1 AS a\n"),
    ]);
    scene.judge(1).has("undefined-stage compose.yaml:2");
}

#[test]
fn row_34_arguments() {
    let judged = dockerfile("ARG BASE\nFROM ${BASE}\n", 0);
    let units = judged.report["units"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["name"] == "Dockerfile").unwrap();
    assert!(unit["unknown"].to_string().contains("\"user\""), "{unit}");
    let judged = dockerfile("ARG V=1\nFROM x:$V\nWORKDIR /$V\nUSER ${V:+root}\n", 0);
    judged.says("undefined-variable", "V");
    dockerfile(
        "ARG V\nFROM x:${V:-1}\nFROM x:${V:+${W:-2}}1\nFROM x:${V:-${W:-${Y:-3}}}\nUSER 1000:1000\n",
        0,
    );
}

#[test]
fn sibling_34_arguments_that_are_broken() {
    for (text, line) in [
        ("FROM ${A\n", 1),
        ("FROM x:1\nENV A=${B!x}\n", 2),
        ("FROM x:1\nUSER ${\n", 2),
    ] {
        let found = dockerfile(text, 1).findings();
        assert!(
            found
                .iter()
                .any(|finding| finding.ends_with(&format!(" Dockerfile:{line}"))),
            "{text}: {found:?}"
        );
    }
    let deep = format!("ARG V\nFROM x:{}1{}\n", "${V:-".repeat(3000), "}".repeat(3000));
    dockerfile(&deep, 0);
    let names: String = (0..5000)
        .map(|number| format!("ARG A{number}=$A{}$A{0}\n", number - 1i64))
        .collect();
    dockerfile(&format!("{names}FROM x:1\n"), 0);
}

#[test]
fn row_35_instructions_that_are_none() {
    refused("FROM x:1\nONBUILD ONBUILD RUN a\nUSER a\n", &[2]);
    refused("FROM x:1\nONBUILD FROM y\nUSER a\n", &[2]);
    refused(
        "FROM x:1\nFOO\nHEALTHCHECK --nope=1 CMD true\nHEALTHCHECK --interval=x CMD true\nBAR\n",
        &[2, 3, 4, 5],
    );
    refused("FROM x:1\nHEALTHCHECK MAYBE true\nFOO\n", &[2, 3]);
}

#[test]
fn sibling_35_flags_and_words_that_are_none() {
    refused("FROM x:1\nONBUILD MAINTAINER x\nONBUILD\nFOO\n", &[2, 3, 4]);
    refused("FROM x:1\nCOPY --nope a b\nFOO\n", &[2, 3]);
    refused("FROM x:1\nRUN --mount=type=nope true\nFOO\n", &[2, 3]);
    refused("FROM x:1\nCOPY a\nADD\nFOO\n", &[2, 3, 4]);
    refused(
        "FROM x:1\nCOPY --from= a b\nLABEL\nENV A\nARG\nSHELL x\nVOLUME\nFOO\n",
        &[3, 4, 5, 6, 7, 8],
    );
}

#[test]
fn row_36_arguments_of_one_character() {
    let judged = dockerfile(
        "FROM x:1\nWORKDIR a\nWORKDIR \"\"\nUSER :\nEXPOSE 99999999999/xyz\nSTOPSIGNAL \nCMD [\"\"]\nVOLUME /\n",
        1,
    );
    let found = judged.findings();
    for line in [5, 6] {
        assert!(
            found
                .iter()
                .any(|finding| finding.ends_with(&format!(" Dockerfile:{line}"))),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn sibling_36_more_arguments_of_one_character() {
    for instruction in [
        "WORKDIR /",
        "WORKDIR .",
        "WORKDIR $",
        "USER $",
        "USER 99999999999999999999",
        "USER -1",
        "EXPOSE /",
        "EXPOSE -1",
        "EXPOSE 1-",
        "EXPOSE 65535-1",
        "EXPOSE $",
        "STOPSIGNAL 0",
        "STOPSIGNAL 99999999999",
        "STOPSIGNAL SIGNOPE",
        "ENV =",
        "ENV a=b c",
        "LABEL =x",
        "VOLUME []",
        "SHELL []",
        "CMD []",
        "ENTRYPOINT [\"\"]",
        "COPY . .",
        "COPY / /",
        "COPY [\"\", \"\"]",
        "ADD - -",
        "COPY --chown=: a b",
        "COPY --chmod=99999 a b",
        "RUN",
        "RUN \"",
        "RUN '",
        "RUN $(",
        "RUN ${",
        "RUN `",
        "HEALTHCHECK --interval=99999999999h CMD x",
        "HEALTHCHECK --retries=99999999999999999999 CMD x",
    ] {
        let scene = Scene::new(&[("Dockerfile", &format!("FROM x:1\n{instruction}\nFOO\n"))]);
        scene.judge(1);
    }
}

#[test]
fn row_37_letters() {
    refused("from x:1\nrUn true\nFoo\n", &[3]);
    let judged = dockerfile("FROM\u{a0}x:1\n", 1);
    assert!(
        judged
            .findings()
            .iter()
            .any(|finding| finding == "invalid-dockerfile Dockerfile:1")
    );
    refused("FROM x:1\n\u{ff32}\u{ff35}\u{ff2e} true\n", &[2]);
}

#[test]
fn sibling_37_more_letters() {
    refused("FROM x:1\nR\u{405}N true\n", &[2]);
    refused("FROM x:1\nRUN\u{200b} true\n", &[2]);
    refused("FROM x:1\nRUN\u{2003}true\nFOO\n", &[2, 3]);
    refused("FROM x:1\nRUN\ttrue\n\tFOO\n", &[3]);
    refused("FROM x:1\nRUN\u{c}true\nFOO\n", &[3]);
    refused("FROM x:1\n\u{131}nvalid\nCOPY\u{3000}a b\n", &[2, 3]);
}

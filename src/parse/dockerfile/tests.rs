use super::*;
use crate::source::{Sources, Spanned};

fn read(text: &str) -> (Sources, Dockerfile) {
    let mut sources = Sources::default();
    let id = sources.add(std::path::Path::new("Dockerfile"), text.to_owned());
    let file = parse(id, text);
    (sources, file)
}

/// The file, which has nothing to refuse.
fn good(text: &str) -> (Sources, Dockerfile) {
    let (sources, file) = read(text);
    let messages: Vec<&str> = file.problems.iter().map(|one| one.finding.message.as_str()).collect();
    assert!(messages.is_empty(), "{messages:?} in {text:?}");
    (sources, file)
}

/// What is refused: the text of the span, the message, the help.
fn refused(text: &str) -> Vec<(String, String, String)> {
    let (sources, file) = read(text);
    file.problems
        .iter()
        .map(|problem| {
            assert_eq!(problem.rule, RULE);
            (
                sources.slice(problem.finding.span).to_owned(),
                problem.finding.message.clone(),
                problem.finding.help.clone(),
            )
        })
        .collect()
}

fn places(text: &str) -> Vec<String> {
    refused(text).into_iter().map(|(place, ..)| place).collect()
}

fn values(words: &[Spanned<String>]) -> Vec<&str> {
    words.iter().map(|word| word.value.as_str()).collect()
}

fn run(instruction: &Instruction) -> &Run {
    match &instruction.kind {
        Kind::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn last(file: &Dockerfile) -> &Instruction {
    file.instructions.last().unwrap()
}

#[test]
fn every_part_of_an_instruction_has_its_place() {
    let text = "FROM --platform=$BUILDPLATFORM a/b:1@sha256:0 AS Build\n";
    let (sources, file) = good(text);
    let from = &file.instructions[0];
    assert_eq!(sources.slice(from.span), text.trim_end());
    assert_eq!(sources.slice(from.keyword.span), "FROM");
    assert_eq!(sources.slice(from.flags[0].span), "--platform=$BUILDPLATFORM");
    assert_eq!(sources.slice(from.flags[0].name.span), "platform");
    assert_eq!(
        sources.slice(from.flag_value("platform").unwrap().span),
        "$BUILDPLATFORM"
    );
    let Kind::From(from) = &from.kind else { panic!() };
    assert_eq!(sources.slice(from.image.span), "a/b:1@sha256:0");
    assert_eq!(sources.slice(from.alias.as_ref().unwrap().span), "Build");
}

#[test]
fn comments_and_blank_lines_inside_a_continuation_are_dropped() {
    let text = "FROM a\nRUN x \\\n  # why\n\n   \n  && y \\  \n# end\n  z\nUSER u\n";
    let (sources, file) = good(text);
    let command = &run(&file.instructions[1]).command;
    assert_eq!(command.text.text, "x   && y   z");
    assert_eq!(sources.slice(command.text.span(4..6)), "&&");
    assert_eq!(sources.slice(command.text.span(11..12)), "z");
    assert_eq!(sources.slice(command.span), &text[11..text.find("\nUSER").unwrap()]);
    let comments: Vec<(&str, &str)> = file
        .comments
        .iter()
        .map(|comment| (comment.text.as_str(), sources.slice(comment.span)))
        .collect();
    assert_eq!(comments, [("why", "# why"), ("end", "# end")]);
    assert_eq!(file.instructions[2].keyword.value, "USER");
}

#[test]
fn a_comment_does_not_continue() {
    let (_, file) = good("FROM a\n# c \\\nSHELL [\"b\"]\n");
    assert_eq!(last(&file).keyword.value, "SHELL");
}

#[test]
fn a_doubled_escape_does_not_continue() {
    let (_, file) = good("FROM a\nENV C a\\\\b\\\\\nENV x\\\n\ny z\nRUN a \\");
    assert_eq!(file.instructions.len(), 4);
    let Kind::Env(pairs) = &file.instructions[1].kind else {
        panic!()
    };
    assert_eq!(pairs[0].value.value, "a\\\\b\\\\");
    let Kind::Env(pairs) = &file.instructions[2].kind else {
        panic!()
    };
    assert_eq!(
        (pairs[0].key.value.as_str(), pairs[0].value.value.as_str()),
        ("xy", "z")
    );
}

#[test]
fn directives_stand_only_at_the_top() {
    let (sources, file) =
        good("# syntax = docker/dockerfile:1.7-labs\n#escape=`\n# check=skip=all\nFROM a\nRUN a `\n b\\\n");
    assert_eq!(file.escape, '`');
    assert_eq!(file.frontend(), Some("docker/dockerfile:1.7-labs"));
    assert!(!file.is_foreign());
    assert_eq!(sources.slice(file.directive("check").unwrap().value.span), "skip=all");
    assert_eq!(run(last(&file)).command.text.text, "a  b\\");
    assert!(file.comments.is_empty());

    let (_, file) = good("# text\n# escape=`\nFROM a\n");
    assert_eq!((file.escape, file.comments.len()), ('\\', 2));
    let (_, file) = good("\n# escape=`\nFROM a\n");
    assert_eq!(file.escape, '\\');
    let (_, file) = good("#!/usr/bin/env x\n# syntax=foo/bar\nFROM a\n");
    assert!(file.is_foreign());
}

#[test]
fn foreign_frontends_are_told_from_mirrors_of_ours() {
    for (image, foreign) in [
        ("docker/dockerfile", false),
        ("docker.io/docker/dockerfile:1@sha256:0", false),
        ("localhost:5000/docker/dockerfile-upstream:master", false),
        ("ghcr.io/acme/frontend", true),
        ("devthefuture/dockerfile-x", true),
        ("docker/dockerfile-x", true),
        ("evil/docker/dockerfile", true),
        ("mirror.test/hub/docker/dockerfile:1", false),
    ] {
        let (_, file) = good(&format!("# syntax={image}\nFROM a\n"));
        assert_eq!(file.is_foreign(), foreign, "{image}");
    }
}

#[test]
fn directives_that_are_refused() {
    assert_eq!(places("# escape=x\nFROM a\n"), ["# escape=x"]);
    assert_eq!(places("# escape=`\n# escape=`\nFROM a\n"), ["# escape=`"]);
}

#[test]
fn carriage_returns_and_byte_order_marks_are_no_text() {
    let (sources, file) = good("\u{feff}FROM a\r\nRUN x \\\r\n  y\r\nRUN <<E\r\nz\r\nE\r\nUSER u");
    assert_eq!(run(&file.instructions[1]).command.text.text, "x   y");
    assert_eq!(file.instructions[2].heredocs[0].raw.text, "z\r\n");
    assert_eq!(sources.slice(last(&file).span), "USER u");
    assert_eq!(file.instructions[0].span.start, 3);
}

#[test]
fn keywords_are_read_in_any_case() {
    let (_, file) = good("from a as b\ncopy x y\n");
    assert_eq!(file.instructions[1].keyword.value, "COPY");
    assert!(matches!(&file.instructions[0].kind, Kind::From(from) if from.alias.is_some()));
}

#[test]
fn heredocs_of_every_form_are_found() {
    for (line, name, expand, strip_tabs) in [
        ("RUN <<EOF", "EOF", true, false),
        ("RUN 3<<EOF", "EOF", true, false),
        ("RUN <<-EOF", "EOF", true, true),
        ("RUN <<'one two'", "one two", false, false),
        ("RUN <<eo'f'", "eof", false, false),
        ("RUN <<\"EOF\"", "EOF", false, false),
        ("RUN << EOF > foo", "EOF", true, false),
        ("RUN cat <<EOF > /etc/x && echo done", "EOF", true, false),
        ("RUN echo \"${x:0:3}\" <<EOF", "EOF", true, false),
        ("RUN echo ${x:-a b} <<EOF", "EOF", true, false),
        ("RUN --mount=type=cache,target=/c <<EOF", "EOF", true, false),
        ("COPY <<EOF /d", "EOF", true, false),
        ("ADD --chmod=755 <<EOF /d", "EOF", true, false),
    ] {
        let text = format!("FROM a\n{line}\n  USER x\n# no comment\n{name}\nUSER u\n");
        let (sources, file) = good(&text);
        let instruction = &file.instructions[1];
        let heredoc = &instruction.heredocs[0];
        assert_eq!(heredoc.raw.text, "  USER x\n# no comment\n", "{line}");
        assert_eq!(
            (heredoc.name.as_str(), heredoc.expand, heredoc.strip_tabs),
            (name, expand, strip_tabs),
            "{line}"
        );
        assert_eq!(sources.slice(heredoc.terminator.unwrap()), name);
        assert!(sources.slice(heredoc.marker).contains("<<"));
        assert!(sources.slice(instruction.span).ends_with(name));
        assert!(file.comments.is_empty());
        assert_eq!(file.instructions.len(), 3, "{line}");
    }
}

#[test]
fn several_heredocs_follow_one_another() {
    let (_, file) = good("FROM a\nCOPY <<A <<-B /d/\n1\nA\n\t2\n\tB\nONBUILD RUN <<C\n3\nC\nUSER u\n");
    let heredocs = &file.instructions[1].heredocs;
    assert_eq!(
        (heredocs[0].raw.text.as_str(), heredocs[1].text().text.as_str()),
        ("1\n", "2\n")
    );
    let Kind::Copy(copy) = &file.instructions[1].kind else {
        panic!()
    };
    assert!(copy.sources.is_empty());
    let Kind::Onbuild(inner) = &file.instructions[2].kind else {
        panic!()
    };
    assert_eq!(inner.heredocs[0].raw.text, "3\n");
    assert_eq!(inner.script().unwrap().text.text, "3\n");
}

#[test]
fn what_only_looks_like_a_heredoc_is_none() {
    for line in [
        "RUN cat <<EOF >${x^^}",
        "RUN echo 'a <<EOF",
        "RUN <<",
        "USER <<X",
        "RUN \"<<X\"",
        "RUN [\"<<EOF\"]",
        "RUN cat <<<EOF",
        "RUN a<<b",
        "ENV A=<<X",
        "RUN echo $((1<<2))",
    ] {
        let (_, file) = good(&format!("FROM a\n{line}\nUSER u\n"));
        assert!(file.instructions[1].heredocs.is_empty(), "{line}");
        assert_eq!(file.instructions.len(), 3);
    }
}

#[test]
fn a_heredoc_without_an_end_is_refused() {
    let problems = refused("FROM a\nRUN <<EOF\nx\nEOF \n");
    assert_eq!(problems[0].0, "<<EOF");
    assert!(problems[0].1.contains("no line is EOF"));
}

#[test]
fn scripts_are_what_the_shell_gets() {
    let (sources, file) =
        good("FROM a\nRUN <<-E\n\ta\n\tE\nRUN cat <<E >f\nb\nE\nRUN <<E\n#!/bin/py x\nc\nE\nRUN d\nRUN [\"e\"]\n");
    let script = |index: usize| file.instructions[index].script();
    assert_eq!(script(1).unwrap().text.text, "a\n");
    let text = script(2).unwrap().text;
    assert_eq!(text.text, "cat <<E >f\nb\nE");
    assert_eq!(sources.slice(text.span(11..12)), "b");
    assert_eq!(script(3).unwrap().interpreter.as_deref(), Some("/bin/py x"));
    assert_eq!(script(4).unwrap().text.text, "d");
    assert_eq!(script(5), None);
}

#[test]
fn json_is_what_the_builder_takes_for_json() {
    for (arguments, words) in [
        ("[\"a\", \"b\\u0041\\n\"]", Some(vec!["a", "bA\n"])),
        (
            "[ \"sh\",\"-c\", \\\n \"echo a && \\\necho b\" \\\n ]",
            Some(vec!["sh", "-c", "echo a && echo b"]),
        ),
        ("[]", Some(vec![])),
        ("[\"\\ud83d\\ude00\"]", Some(vec!["\u{1f600}"])),
        ("['a']", None),
        ("[\"--info\"]^", None),
        ("[\"a\",]", None),
        ("[\"a\"", None),
        ("[ -f x ] && y", None),
        ("[\"a\tb\"]", None),
    ] {
        let (_, file) = good(&format!("FROM a\nCMD {arguments}\n"));
        let Kind::Cmd(command) = &last(&file).kind else {
            panic!()
        };
        match words {
            Some(words) => assert_eq!((command.form, values(&command.words)), (Form::Exec, words)),
            None => assert_eq!(command.form, Form::Shell, "{arguments}"),
        }
    }
    for arguments in ["[\"a\",[\"b\"]]", "[1]", "[null]", "[{}]"] {
        assert_eq!(places(&format!("FROM a\nCMD {arguments}\n")), [arguments]);
    }
}

#[test]
fn copies_know_their_parts() {
    let (sources, file) =
        good("FROM a\nCOPY --from=b --chown=1:2 --link --exclude=*.a --exclude=*.b x y /z/\nADD [\"a b\", \"/c\"]\n");
    let Kind::Copy(copy) = &file.instructions[1].kind else {
        panic!()
    };
    assert_eq!(values(&copy.sources), ["x", "y"]);
    assert_eq!(copy.destination.value, "/z/");
    assert_eq!(values(&copy.exclude), ["*.a", "*.b"]);
    assert!(copy.link && !copy.parents);
    assert_eq!(sources.slice(copy.from.as_ref().unwrap().span), "b");
    let Kind::Add(add) = &file.instructions[2].kind else {
        panic!()
    };
    assert_eq!(values(&add.sources), ["a b"]);
    assert_eq!(sources.slice(add.sources[0].span), "\"a b\"");
}

#[test]
fn pairs_know_key_and_value() {
    let (sources, file) = good("FROM a\nENV A=1 B=\"x y\" C= \\\n  D=e\\ f\nLABEL old style value\nARG X Y=1 Z=\n");
    let Kind::Env(pairs) = &file.instructions[1].kind else {
        panic!()
    };
    let shown: Vec<(&str, &str)> = pairs
        .iter()
        .map(|pair| (sources.slice(pair.key.span), sources.slice(pair.value.span)))
        .collect();
    assert_eq!(shown, [("A", "1"), ("B", "\"x y\""), ("C", ""), ("D", "e\\ f")]);
    let Kind::Label(pairs) = &file.instructions[2].kind else {
        panic!()
    };
    assert!(pairs[0].legacy);
    assert_eq!(pairs[0].value.value, "style value");
    let Kind::Arg(arguments) = &file.instructions[3].kind else {
        panic!()
    };
    let shown: Vec<Option<&str>> = arguments
        .iter()
        .map(|one| one.value.as_ref().map(|value| value.value.as_str()))
        .collect();
    assert_eq!(shown, [None, Some("1"), Some("")]);
}

#[test]
fn mounts_know_their_options() {
    let text = "FROM a\nRUN --mount=type=secret,id=x,\"target=/a b\" --mount=from=b,dst=/c,ro --network=none x\n";
    let (sources, file) = good(text);
    let mounts = &run(last(&file)).mounts;
    assert_eq!(
        (mounts[0].kind().as_str(), mounts[1].kind().as_str()),
        ("secret", "bind")
    );
    assert_eq!(mounts[0].get(&["id"]).unwrap().value, "x");
    assert_eq!(sources.slice(mounts[1].from().unwrap().span), "b");
    assert_eq!(sources.slice(mounts[1].target().unwrap().span), "/c");
    assert_eq!(last(&file).flag_value("network").unwrap().value, "none");
}

#[test]
fn health_checks_know_their_flags() {
    let (sources, file) =
        good("FROM a\nHEALTHCHECK --interval=30s --retries=3 \\\n  CMD curl -f x || exit 1\nHEALTHCHECK none\n");
    let Kind::Healthcheck(check) = &file.instructions[1].kind else {
        panic!()
    };
    let Healthcheck::Command(probe) = check.as_ref() else {
        panic!()
    };
    assert_eq!(probe.command.text.text, "curl -f x || exit 1");
    assert_eq!(sources.slice(probe.interval.as_ref().unwrap().span), "30s");
    assert_eq!(duration("1m30s"), Some(90_000_000_000));
    assert_eq!(
        (duration("0"), duration("1.5h"), duration("30"), duration("")),
        (Some(0), Some(5_400_000_000_000), None, None)
    );
    let Kind::Healthcheck(check) = &file.instructions[2].kind else {
        panic!()
    };
    assert_eq!(check.as_ref(), &Healthcheck::None);
}

#[test]
fn a_typo_is_named_and_the_rest_is_still_there() {
    let problems = refused("FROM a\nRUM x\nWORKDIRR /a\nBADCMD\nUSER u\n");
    let helps: Vec<(&str, &str)> = problems
        .iter()
        .map(|(place, _, help)| (place.as_str(), help.as_str()))
        .collect();
    assert_eq!(helps[0], ("RUM", "did you mean RUN?"));
    assert_eq!(helps[1], ("WORKDIRR", "did you mean WORKDIR?"));
    assert_eq!(helps[2].0, "BADCMD");
    let (_, file) = read("FROM a\nRUM x\nUSER u\n");
    assert!(matches!(last(&file).kind, Kind::User(_)));
}

#[test]
fn what_the_builder_refuses_is_refused_at_its_place() {
    for (line, place) in [
        ("COPY a", "a"),
        ("COPY", "COPY"),
        ("USER", "USER"),
        ("WORKDIR", "WORKDIR"),
        ("EXPOSE", "EXPOSE"),
        ("VOLUME []", "VOLUME"),
        ("VOLUME [\" \"]", "\" \""),
        ("ENV PATH", "PATH"),
        ("ENV A=1 b", "b"),
        ("ENV =x", "=x"),
        ("ARG", "ARG"),
        ("ARG =x", "=x"),
        ("SHELL sh -c", "sh -c"),
        ("SHELL", "SHELL"),
        ("CMD --x a", "--x"),
        ("RUN --mont=a b", "--mont=a"),
        ("RUN --mount a", "--mount"),
        ("RUN --mount=type=bnd x", "bnd"),
        ("RUN --mount=from=$X,target=/a x", "$X"),
        ("RUN --mount=targt=/a x", "targt"),
        ("RUN --network=all x", "all"),
        ("COPY --from=a --from=b c d", "--from=b"),
        ("COPY --from=$V a b", "$V"),
        ("COPY --link=maybe a b", "--link=maybe"),
        ("ADD --from=a b c", "--from=a"),
        ("COPY a <<EOF\nx\nEOF", "<<EOF"),
        ("HEALTHCHECK", "HEALTHCHECK"),
        ("HEALTHCHECK CMD", "CMD"),
        ("HEALTHCHECK NONE x", "x"),
        ("HEALTHCHECK curl x", "curl"),
        ("HEALTHCHECK --interval=5 CMD x", "5"),
        ("HEALTHCHECK --timeout=1us CMD x", "1us"),
        ("HEALTHCHECK --retries=-1 CMD x", "-1"),
        ("ONBUILD", "ONBUILD"),
        ("ONBUILD ONBUILD RUN x", "ONBUILD"),
        ("ONBUILD FROM x", "FROM"),
        ("FROM a b", "a b"),
        ("FROM a AS 1x", "1x"),
        ("FROM a # comment", "a # comment"),
        ("FROM", "FROM"),
    ] {
        let all = places(&format!("FROM a\n{line}\nUSER u\n"));
        assert_eq!(all, [place], "{line}");
    }
}

#[test]
fn what_the_builder_takes_is_taken() {
    good(
        "FROM a\nRUN\nCMD\nENTRYPOINT []\nHEALTHCHECK --start-period=0s CMD x\nONBUILD NOPE x\nONBUILD COPY a\nARG --x=1 A\n\
          COPY -- --a b\nUSER a b\nEXPOSE 80 $P/tcp\nRUN --mount=type=$T x\nMAINTAINER me\nSTOPSIGNAL 9\nVOLUME /a /b\n",
    );
}

#[test]
fn a_file_needs_a_stage() {
    assert_eq!(refused("").len(), 1);
    assert_eq!(refused("# only a comment\n").len(), 1);
    assert_eq!(places("ARG A\n"), ["ARG"]);
    assert_eq!(places("ARG A\nRUN x\nRUN y\nFROM a\n"), ["RUN"]);
    // One mistake, one problem.
    assert_eq!(places("FORM a\nRUN x\n"), ["FORM"]);
}

#[test]
fn a_line_may_have_65535_bytes() {
    let fits = format!("FROM a\nRUN {}\n", "x".repeat(65_531));
    good(&fits);
    let long = format!("FROM a\nRUN {}\nUSER u\n", "x".repeat(65_532));
    let problems = refused(&long);
    assert!(problems[0].1.contains("65536 bytes"));
}

#[test]
fn triggers_of_onbuild_are_read() {
    let (sources, file) = good("FROM a\nONBUILD  COPY --chown=1 x /y\n");
    let Kind::Onbuild(inner) = &last(&file).kind else {
        panic!()
    };
    assert_eq!(sources.slice(inner.span), "COPY --chown=1 x /y");
    assert!(matches!(&inner.kind, Kind::Copy(copy) if copy.chown.is_some()));
}

#[test]
fn problems_are_bounded() {
    assert_eq!(refused(&"x\n".repeat(10_000)).len(), MAX_PROBLEMS);
}

use super::*;
use crate::fact::State;
use crate::finding::ReaderRule;
use crate::parse::dockerfile::{self, Form};
use crate::source::Sources;

fn plan_of(text: &str, target: Option<&str>, args: &[(&str, &str)]) -> (Sources, Plan) {
    let mut sources = Sources::default();
    let id = sources.add(std::path::Path::new("Dockerfile"), text.to_owned());
    let file = dockerfile::parse(id, text);
    let args: Vec<(String, Fact<String>)> = args
        .iter()
        .map(|(name, value)| {
            (
                (*name).to_owned(),
                Fact::known((*value).to_owned(), Span::new(id, 0, 0)),
            )
        })
        .collect();
    let plan = resolve(&file, target, &args);
    (sources, plan)
}

fn plan(text: &str) -> Plan {
    plan_of(text, None, &[]).1
}

/// The last stage of a file.
fn stage(text: &str) -> Stage {
    plan(text).stages.pop().unwrap()
}

/// Each problem as its rule, the text at its place and its message.
fn problems(text: &str, target: Option<&str>) -> Vec<(ReaderRule, String, String)> {
    let (sources, plan) = plan_of(text, target, &[]);
    plan.problems
        .iter()
        .map(|problem| {
            let place = sources.slice(problem.finding.span).to_owned();
            (problem.rule, place, problem.finding.message.clone())
        })
        .collect()
}

fn places(text: &str) -> Vec<String> {
    problems(text, None).into_iter().map(|(_, place, _)| place).collect()
}

fn value(fact: &Fact<String>) -> Option<&str> {
    fact.value().map(String::as_str)
}

fn state(fact: &Fact<String>) -> State {
    fact.sourced().unwrap().state
}

fn reason(fact: &Fact<String>) -> &str {
    match fact {
        Fact::Unknown(unknown) => &unknown.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_user_is_inherited_through_stages_and_the_last_counts() {
    assert_eq!(
        value(&stage("FROM d AS b\nUSER root\nFROM b AS c\nFROM C\nRUN y\n").user),
        Some("root")
    );
    assert_eq!(value(&stage("FROM d\nUSER root\nRUN x\nUSER foo\n").user), Some("foo"));
    assert!(stage("FROM d AS b\nUSER root\nFROM d\n").user.is_absent());
}

#[test]
fn only_what_ships_is_reachable() {
    let text = "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=two x y\nFROM c AS four\n";
    let reachable = |target| {
        let (_, plan) = plan_of(text, target, &[]);
        assert!(plan.problems.is_empty());
        plan.stages.iter().map(|stage| stage.reachable).collect::<Vec<_>>()
    };
    assert_eq!(reachable(None), [false, false, false, true]);
    assert_eq!(reachable(Some("THREE")), [true, true, true, false]);
    assert_eq!(reachable(Some("1")), [false, true, false, false]);
}

#[test]
fn a_target_that_is_not_there_is_a_problem() {
    let problems = problems("FROM a AS build\n", Some("biuld"));
    assert_eq!(
        (problems[0].0, problems[0].2.as_str()),
        (ReaderRule::UndefinedStage, "there is no stage biuld to build")
    );
    let (_, plan) = plan_of("FROM a AS build\n", Some("x"), &[]);
    assert_eq!(plan.shipped, None);
    assert!(plan.stages[0].reachable);
}

#[test]
fn stages_that_are_not_there_are_problems() {
    for (text, place) in [
        (
            "FROM a\nCOPY --from=build x y\nFROM b AS build\nFROM c\nCOPY --from=0 a b\n",
            "build",
        ),
        ("FROM a AS me\nCOPY --from=ME x y\n", "ME"),
        ("FROM a\nCOPY --from=0 x y\n", "0"),
        ("FROM a\nFROM b\nCOPY --from=2 x y\n", "2"),
        ("FROM a\nCOPY --from=-1 x y\n", "-1"),
        ("FROM a AS me\nRUN --mount=from=me,target=/x y\n", "me"),
        ("FROM build\nFROM a AS build\n", "build"),
    ] {
        assert_eq!(places(text), [place], "{text}");
    }
}

#[test]
fn images_and_earlier_stages_are_no_problems() {
    for text in [
        "FROM a AS Build\nFROM b\nCOPY --from=build x y\nCOPY --from=0 x y\n",
        "FROM a\nCOPY --from=haskell:latest x y\n",
        "FROM a\nCOPY --from=haskell x y\n",
        "FROM node AS node\nCOPY x y\n",
        "FROM node AS deps\nFROM node:22 AS node\n",
        "FROM a AS b\nRUN --mount=type=bind,from=golang:1,target=/go x\n",
        "FROM a\nCOPY --from=scratch x y\n",
    ] {
        assert_eq!(places(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_image_is_listed() {
    let text = "ARG V=1\nFROM a:$V AS x\nFROM x\nCOPY --from=b c d\nCOPY --from=x c d\nRUN --mount=from=e,target=/f g\nFROM scratch\n";
    let (sources, plan) = plan_of(text, None, &[]);
    let images: Vec<(Option<&str>, &str, ImageUse)> = plan
        .image_words()
        .map(|word| (value(&word.name), sources.slice(word.span), word.usage))
        .collect();
    assert_eq!(
        images,
        [
            (Some("a:1"), "a:$V", ImageUse::From),
            (Some("b"), "b", ImageUse::Copy),
            (Some("e"), "e", ImageUse::Mount)
        ]
    );
    assert_eq!(plan.references().len(), 6);
}

#[test]
fn the_chain_of_stages_ends_in_its_root() {
    let text = "FROM scratch AS a\nFROM a AS b\nFROM img AS c\nFROM c AS d\n";
    let plan = plan(text);
    assert_eq!(plan.stages[1].root_image, Base::Scratch);
    assert_eq!(plan.stages[1].base, Base::Stage(0));
    assert!(matches!(&plan.stages[3].root_image, Base::Image(image) if value(image) == Some("img")));
}

#[test]
fn global_arguments_make_the_image() {
    for (text, image, how) in [
        (
            "ARG tag=latest\nFROM b:${tag}\n",
            Some("b:latest"),
            State::AssumedDefault,
        ),
        ("ARG D=x\nARG E=$D-y\nFROM b:$E\n", Some("b:x-y"), State::AssumedDefault),
        ("FROM b:stable${V}\n", Some("b:stable"), State::Known),
        ("FROM scra${D:-tch}\n", Some("scratch"), State::Known),
        (
            "ARG D=\"\"\nFROM scratch${D-@bogus}\n",
            Some("scratch"),
            State::AssumedDefault,
        ),
        ("FROM \"b\"\n", Some("b"), State::Known),
    ] {
        let stage = stage(text);
        assert_eq!(
            (value(&stage.base_name), state(&stage.base_name)),
            (image, how),
            "{text}"
        );
    }
    assert_eq!(stage("FROM scra${D:-tch}\n").base, Base::Scratch);
    let (_, plan) = plan_of("ARG tag=1\nFROM b:$tag\n", None, &[("tag", "2")]);
    assert_eq!(
        (value(&plan.stages[0].base_name), state(&plan.stages[0].base_name)),
        (Some("b:2"), State::Known)
    );
    assert_eq!(
        reason(&stage("ARG V\nFROM b:$V\n").base_name),
        "the build argument V is not set"
    );
}

#[test]
fn platforms_are_the_builders_to_know() {
    let stage = stage("FROM --platform=$BUILDPLATFORM a\nARG TARGETARCH\nENV A=$TARGETARCH\n");
    assert_eq!(reason(&stage.platform), "BUILDPLATFORM is set by the builder");
    assert_eq!(reason(stage.env.get("A").unwrap()), "TARGETARCH is set by the builder");
}

#[test]
fn an_argument_of_from_must_be_declared_again() {
    let text = "ARG U=app\nFROM scratch\nUSER a$U\nFROM scratch\nARG U\nUSER $U\n";
    let plan = plan(text);
    assert_eq!(value(&plan.stages[0].user), Some("a"));
    assert_eq!(
        (value(&plan.stages[1].user), state(&plan.stages[1].user)),
        (Some("app"), State::AssumedDefault)
    );
}

#[test]
fn defaults_of_arguments_are_assumed_and_given_ones_known() {
    let text = "FROM d\nARG U=root\nUSER $U\n";
    assert_eq!(state(&stage(text).user), State::AssumedDefault);
    let (sources, plan) = plan_of(text, None, &[("U", "1000")]);
    let user = &plan.stages[0].user;
    assert_eq!((value(user), state(user)), (Some("1000"), State::Known));
    assert_eq!(sources.slice(user.span().unwrap()), "$U");
    assert_eq!(
        reason(&stage("FROM d\nARG U\nUSER $U\n").user),
        "the build argument U is not set"
    );
}

#[test]
fn what_the_base_image_may_set_is_unknown() {
    assert_eq!(
        reason(&stage("FROM d\nUSER $NOBODY\n").user),
        "NOBODY is set by the base image, if at all"
    );
    assert_eq!(value(&stage("FROM scratch\nUSER x$NOBODY\n").user), Some("x"));
    let path = stage("FROM scratch\nENV PATH=/x:$PATH\n")
        .env
        .get("PATH")
        .cloned()
        .unwrap();
    assert!(value(&path).unwrap().starts_with("/x:/usr/local/sbin"));
}

#[test]
fn all_values_of_one_env_see_the_variables_before_it() {
    let stage = stage("FROM scratch\nENV A=0\nENV A=1 B=$A C=${A}x\nENV D=$A\n");
    let shown: Vec<(&str, Option<&str>)> = stage.env.iter().map(|(name, fact)| (name, value(fact))).collect();
    assert_eq!(
        shown,
        [("A", Some("1")), ("B", Some("0")), ("C", Some("0x")), ("D", Some("1"))]
    );
}

#[test]
fn a_variable_of_the_image_beats_an_inherited_argument() {
    let text = "FROM scratch AS a\nENV X=env\nARG X=arg\nENV HERE=$X\nFROM a\nENV THERE=$X\n";
    let plan = plan(text);
    let env = |index: usize, name: &str| value(plan.stages[index].env.get(name).unwrap()).unwrap().to_owned();
    assert_eq!(env(0, "HERE"), "arg");
    assert_eq!(env(1, "THERE"), "env");
    assert_eq!(env(1, "X"), "env");
}

#[test]
fn arguments_of_the_base_stage_are_inherited() {
    let stage = stage("FROM d AS a\nARG foo=1\nFROM a\nUSER u$foo\n");
    assert_eq!(value(&stage.user), Some("u1"));
}

#[test]
fn working_folders_are_joined() {
    assert_eq!(
        value(&stage("FROM d\nWORKDIR /a\nWORKDIR b/\nWORKDIR ../c\n").workdir),
        Some("/a/c")
    );
    assert_eq!(
        value(&stage("FROM d AS x\nWORKDIR /app\nFROM x\nWORKDIR y\n").workdir),
        Some("/app/y")
    );
    assert_eq!(value(&stage("FROM scratch\nWORKDIR y\n").workdir), Some("/y"));
    assert_eq!(
        reason(&stage("FROM d\nWORKDIR y\n").workdir),
        "the path is relative to the base image's"
    );
    assert_eq!(value(&stage("FROM d\nWORKDIR c:\\\\x\n").workdir), Some("c:\\x"));
}

#[test]
fn an_entrypoint_takes_an_inherited_command_away() {
    let inherits = stage("FROM d AS a\nCMD [\"x\"]\nFROM a\nENTRYPOINT [\"y\"]\n");
    assert!(inherits.cmd.is_absent());
    let own = stage("FROM d AS a\nFROM a\nCMD x\nENTRYPOINT [\"y\"]\n");
    let command = own.cmd.value().unwrap();
    assert_eq!((command.form, command.text.text.as_str()), (Form::Shell, "x"));
}

#[test]
fn health_checks_shells_ports_and_volumes_are_inherited() {
    let text = "FROM d AS a\nHEALTHCHECK CMD x\nSHELL [\"bash\", \"-c\"]\nEXPOSE 80 53/udp\nVOLUME /v\nFROM a\nEXPOSE 90\nFROM d\n";
    let plan = plan(text);
    let child = &plan.stages[1];
    assert!(matches!(
        child.healthcheck.value().unwrap().as_ref(),
        Healthcheck::Command(_)
    ));
    assert_eq!(child.shell.value().unwrap()[0].value, "bash");
    let ports: Vec<&str> = child.exposed.iter().map(|port| port.value.as_str()).collect();
    assert_eq!(ports, ["80", "53/udp", "90"]);
    assert_eq!(plan.stages[0].exposed.len(), 2);
    assert_eq!(child.volumes[0].value, "/v");
    assert!(plan.stages[2].healthcheck.is_absent());
    assert_eq!(
        *stage("FROM d\nHEALTHCHECK CMD x\nHEALTHCHECK NONE\n")
            .healthcheck
            .value()
            .unwrap()
            .as_ref(),
        Healthcheck::None
    );
}

#[test]
fn what_the_builder_refuses_counts_where_it_is_built() {
    assert_eq!(places("FROM d\nEXPOSE 99999\n"), ["99999"]);
    assert_eq!(
        places("FROM d\nEXPOSE 127.0.0.1:80:80 [::1]:80:80 5000:5000 8000 80/TcP 1-3 a:80 80/x\n"),
        ["a:80", "80/x"]
    );
    assert_eq!(places("FROM d\nENV A=\"x\n"), ["\"x"]);
    assert_eq!(places("FROM d AS unused\nEXPOSE 99999\nFROM d\n"), Vec::<String>::new());
    assert_eq!(places("FROM $NOPE\n"), ["$NOPE"]);
    assert_eq!(places("FROM d\nENV A=${B^^}\n"), ["${B^^}"]);
    assert_eq!(places("FROM d\nARG P=x\nEXPOSE $P\n"), Vec::<String>::new());
}

#[test]
fn commands_are_not_expanded() {
    let stage = stage("FROM d\nARG A=1\nCMD echo $A\nENTRYPOINT [\"$A\"]\n");
    assert_eq!(stage.cmd.value().unwrap().text.text, "echo $A");
    assert_eq!(stage.entrypoint.value().unwrap().words[0].value, "$A");
}

#[test]
fn values_that_double_do_not_fill_the_memory() {
    let text = format!(
        "FROM scratch\nENV A=xxxxxxxx\n{}USER $A\n",
        "ENV A=$A$A\n".repeat(2_000)
    );
    assert!(matches!(stage(&text).user, Fact::Unknown(_)));
}

#[test]
fn many_stages_do_not_fill_the_memory() {
    let mut text = String::from("FROM scratch AS s0\n");
    for index in 1..3_000 {
        text.push_str(&format!(
            "FROM s{} AS s{index}\nENV V{index}=1\nEXPOSE {index}\n",
            index - 1
        ));
    }
    let plan = plan(&text);
    assert!(plan.stages.last().unwrap().truncated);
    assert!(plan.problems.is_empty());
}

#[test]
fn a_file_without_stages_ships_nothing() {
    let plan = plan("ARG A\nRUN x\n");
    assert!(plan.stages.is_empty() && plan.shipped().is_none());
}

#[test]
fn variables_that_nobody_declares_are_listed() {
    let text = "ARG D\nFROM --platform=$BULIDPLATFORM b:$D$V\nENV P=$PAHT:/b Q=${X:-1} R=${Y#z}\nRUN echo $Z\nARG A\nUSER $A\n";
    let (sources, plan) = plan_of(text, None, &[]);
    let listed: Vec<(&str, &str, bool)> = plan
        .undeclared
        .iter()
        .map(|one| (one.name.as_str(), sources.slice(one.span), one.image_may_set))
        .collect();
    assert_eq!(
        listed,
        [
            ("V", "b:$D$V", false),
            ("BULIDPLATFORM", "$BULIDPLATFORM", false),
            ("PAHT", "$PAHT:/b", true),
            ("Y", "${Y#z}", true)
        ]
    );
}

#[test]
fn the_lineage_of_a_stage_begins_at_its_root() {
    let plan = plan("FROM d AS a\nFROM e AS b\nFROM a AS c\nFROM c\n");
    assert_eq!(plan.lineage(3), [0, 2, 3]);
    assert_eq!(plan.lineage(9), Vec::<usize>::new());
}

#[test]
fn powershell_is_no_posix_shell() {
    assert!(stage("FROM d\nRUN x\n").has_posix_shell());
    assert!(stage("FROM d\nSHELL [\"/bin/bash\", \"-c\"]\n").has_posix_shell());
    assert!(!stage("FROM d\nSHELL [\"pwsh\", \"-c\"]\n").has_posix_shell());
}

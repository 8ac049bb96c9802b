//! Rows 38 to 41 and 45 to 47: what Compose makes of its files.

use super::{Judged, Scene};

fn compose(text: &str, code: i32) -> Judged {
    Scene::new(&[("compose.yaml", text)]).judge(code)
}

/// A service with these settings, the first of them in line 4.
pub(super) fn service(settings: &str, code: i32) -> Judged {
    compose(&format!("services:\n  a:\n    image: x:1\n    {settings}\n"), code)
}

#[test]
fn row_38_circles() {
    let scene = Scene::new(&[
        (
            "compose.yaml",
            "include: [b.yaml]\nservices: {a: {image: 'x:1', extends: c}, c: {image: 'x:1', extends: a}}\n",
        ),
        ("b.yaml", "include: [compose.yaml]\nservices: {d: {image: 'x:1'}}\n"),
    ]);
    scene.judge(1).says("dependency-cycle", "b.yaml");
    let scene = Scene::new(&[
        ("compose.yaml", "services: {a: {extends: {file: b.yaml, service: b}}}\n"),
        ("b.yaml", "services: {b: {extends: {file: c.yaml, service: c}}}\n"),
        ("c.yaml", "services: {c: {extends: {file: compose.yaml, service: a}}}\n"),
    ]);
    scene.judge(1).says("dependency-cycle", "a -> b -> c -> a");
    let missing = "include: [nope.yaml]\nservices:\n  a: {extends: {file: none.yaml, service: x}}\n  b: {image: 'x:1', extends: nobody}\n";
    let judged = compose(missing, 1);
    judged
        .has("undefined-reference compose.yaml:1")
        .has("undefined-reference compose.yaml:3")
        .has("undefined-reference compose.yaml:4");
}

#[test]
fn sibling_38_circles_in_other_ways() {
    service("depends_on: [a]", 1).has("dependency-cycle compose.yaml:4");
    service("network_mode: service:a", 1);
    service("volumes_from: [a]", 1);
    let scene = Scene::new(&[(
        "compose.yaml",
        "include: [{path: [compose.yaml]}]\nservices: {a: {image: 'x:1'}}\n",
    )]);
    scene.judge(1);
    // A fan: each includes the next one twice.
    let scene = Scene::new(&[("compose.yaml", "include: [i0.yaml, i0.yaml]\n")]);
    for level in 0..30 {
        let next = level + 1;
        let text = format!("include: [i{next}.yaml, ./i{next}.yaml]\nservices: {{s{level}: {{image: 'x:1'}}}}\n");
        scene.write(format!("i{level}.yaml"), text.as_bytes());
    }
    scene.judge(1);
    // A chain that is no circle, and long.
    let chain: String = (0..2000)
        .map(|number| format!("  s{number}: {{extends: s{}}}\n", number + 1))
        .collect();
    compose(
        &format!("services:\n{chain}  s2000: {{image: 'x:1', privileged: true}}\n"),
        1,
    );
    let circle: String = (0..500)
        .map(|number| format!("  s{number}: {{image: 'x:1', depends_on: [s{}]}}\n", (number + 1) % 500))
        .collect();
    compose(&format!("services:\n{circle}"), 1).has("dependency-cycle compose.yaml");
}

#[test]
fn row_39_other_places() {
    for remote in [
        "oci://registry.test/x:1",
        "https://git.test/x.git",
        "git@git.test:x.git",
        "https://host.test/compose.yaml",
    ] {
        let judged = compose(
            &format!("include: ['{remote}']\nservices: {{a: {{image: 'x:1'}}}}\n"),
            1,
        );
        judged.has("undecided-value compose.yaml:1");
    }
    let scene = Scene::new(&[(
        "compose.yaml",
        "include:\n  - ../outside/compose.yaml\nservices:\n  a: {extends: {file: ../outside/compose.yaml, service: base}}\n  b: {image: 'x:1', env_file: /etc/shadow}\n",
    )]);
    let judged = scene.judge(1);
    judged
        .has("undecided-value compose.yaml:2")
        .has("undecided-value compose.yaml:4");
}

#[test]
fn sibling_39_more_other_places() {
    compose(
        "services: {a: {extends: {file: 'https://git.test/x.git', service: a}}}\n",
        1,
    )
    .has("undecided-value compose.yaml:1");
    compose(
        "include: [{path: ['file:///etc/compose.yaml']}]\nservices: {a: {image: 'x:1'}}\n",
        1,
    );
    compose(
        "include: [{path: ok.yaml, project_directory: ../outside, env_file: ../outside/one.env}]\nservices: {a: {image: 'x:1'}}\n",
        1,
    );
    let text = "services:\n  a:\n    image: x:${OUTSIDE:-1}\n    build: {context: ../outside, dockerfile: /etc/shadow}\n    env_file: [../outside/one.env, {path: /etc/passwd, required: false}]\n    \
                label_file: ../outside/one.env\n    security_opt: ['seccomp:../outside/one.env']\nsecrets: {s: {file: ../outside/one.env}}\n";
    let scene = Scene::new(&[
        ("compose.yaml", text),
        (".env", "COMPOSE_FILE=compose.yaml:../outside/compose.yaml\n"),
    ]);
    scene.judge(1);

    for file in ["${HOME}/x.yaml", "$PWD/../x.yaml"] {
        for text in [
            format!("include: ['{file}']\nservices: {{a: {{image: 'x:1'}}}}\n"),
            format!("include: [{{path: ['{file}']}}]\nservices: {{a: {{image: 'x:1'}}}}\n"),
            format!("services: {{a: {{extends: {{file: '{file}', service: base}}}}}}\n"),
        ] {
            compose(&text, 1).has("undecided-value compose.yaml:1");
        }
    }
    for base in [
        "${HOME}/x",
        "~/x",
        "//outside",
        "./../outside/../outside",
        "..\\outside",
    ] {
        compose(
            &format!("include: ['{base}/compose.yaml']\nservices: {{a: {{image: 'x:1'}}}}\n"),
            1,
        );
    }
}

#[test]
fn row_40_variables_of_the_runner() {
    let text =
        "services:\n  a:\n    image: x:1\n    pid: ${SECRET}\n    user: ${SECRET}\n    environment: {A: '${SECRET}'}\n";
    let files = [("compose.yaml", text)];
    Scene::new(&files)
        .env("SECRET", "planted")
        .judge(0)
        .lacks("host-namespace");
    let judged = Scene::new(&files).env("SECRET", "planted").with(&["--env"]).judge(0);
    judged.hides("planted");
    Scene::new(&[("compose.yaml", "services:\n  a:\n    image: x:1\n    pid: ${P}\n")])
        .env("P", "host")
        .with(&["--env"])
        .judge(1)
        .has("host-namespace compose.yaml:4");
}

#[test]
fn sibling_40_variables_of_the_runner_everywhere() {
    let text = "services:\n  a:\n    image: 'x:${S}'\n    container_name: ${S}\n    hostname: ${S}\n    networks: ['${S}']\n    volumes: ['${S}:/x', '/x:/${S}']\n    \
                labels: {a: '${S}'}\n    command: ['${S}']\n    ports: ['${S}:80']\n    build: {context: './${S}', args: {A: '${S}'}, target: '${S}'}\n    env_file: ./${S}\n    depends_on: ['${S}']\n\
                include: ['./${S}.yaml']\n";
    let judged = Scene::new(&[("compose.yaml", text)])
        .env("S", "planted")
        .with(&["--env"])
        .judge(1);
    judged.hides("planted");
    Scene::new(&[("compose.yaml", text)])
        .env("COMPOSE_FILE", "planted")
        .env("COMPOSE_PROFILES", "planted")
        .judge(1);
}

#[test]
fn row_41_substitution() {
    let deep = format!("{}x{}", "${A-".repeat(1000), "}".repeat(1000));
    compose(&format!("services:\n  a:\n    image: '{deep}'\n"), 1).has("wrong-compose-type compose.yaml:3");
    for fine in ["$$x", "$", "$1"] {
        service(&format!("hostname: '{fine}'"), 0);
    }
    for broken in ["${", "${}", "${1}", "${A", "${A-${B}", "${A!}"] {
        service(&format!("hostname: '{broken}'"), 1);
    }
    let message = Scene::new(&[
        ("compose.yaml", "services:\n  a:\n    image: 'x:${A:?must be set}'\n"),
        (".env", "B=1\n"),
    ]);
    message.judge(1).has("unset-variable compose.yaml:3");
    let mut env = String::from("A0=xxxxxxxxxxxxxxxx\n");
    (1..60).for_each(|level| env.push_str(&format!("A{level}=${{A{0}}}${{A{0}}}\n", level - 1)));
    env.push_str("R=${R}\nR1=${R2}\nR2=${R1}\n");
    let text = "services: {a: {image: 'x:${A59}', hostname: '${R1}'}}\n";
    Scene::new(&[("compose.yaml", text), (".env", &env)]).judge(1);
}

#[test]
fn sibling_41_more_substitution() {
    service("privileged: ${X:+${Y:-true}}${PATH:+true}", 1);
    service("hostname: '${A:-$${B}}'", 0);
    service(&format!("command: '{}'", "${A}".repeat(20_000)), 0);
    service(&format!("command: '{}'", "${A:-".repeat(20_000)), 1);
    compose("services:\n  ${A}:\n    image: x:1\n    ${B}: c\n", 1);
    for line in ["A='", "A=\"x", "=x", "A B=c", "export", "A=$(touch x)", "A=\u{0}"] {
        let env = format!("{line}\n");
        let scene = Scene::new(&[("compose.yaml", "services: {a: {image: 'x:${A}'}}\n"), (".env", &env)]);
        // Without a value the image has an empty tag.
        scene.judge(1);
    }
}

#[test]
fn row_45_what_is_true() {
    for word in ["${X:-true}", "'true'", "yes", "'y'", "'On'"] {
        service(&format!("privileged: {word}"), 1).has("privileged-service compose.yaml:4");
    }
    service("privileged: '1'", 1).has("wrong-compose-type compose.yaml:4");
}

#[test]
fn sibling_45_what_else_is_true() {
    for word in [
        "&a true",
        "!!str true",
        "\"\\u0074rue\"",
        "${X:+false}${X:-true}",
        ">-\n      true",
    ] {
        service(&format!("privileged: {word}"), 1).has("privileged-service compose.yaml");
    }
    let scene = Scene::new(&[
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    privileged: $P\n"),
        (".env", "export P='YES'\n"),
    ]);
    scene.judge(1).has("privileged-service compose.yaml:4");
}

#[test]
fn row_46_one_normal_form() {
    for capability in ["ALL", "all", "SYS_ADMIN", "cap_sys_admin"] {
        service(&format!("cap_add: [{capability}]"), 1).has("dangerous-capability compose.yaml:4");
    }
    // The engine knows no such name.
    service("cap_add: [CAP_ALL]", 1).has("unknown-capability compose.yaml:4");
    for option in [
        "seccomp=unconfined",
        "seccomp:unconfined",
        "apparmor:unconfined",
        "label:disable",
    ] {
        service(&format!("security_opt: ['{option}']"), 1).has("confinement-disabled compose.yaml:4");
    }
    for socket in [
        "'/var/run/docker.sock:/s'",
        "{type: bind, source: /run/docker.sock, target: /s}",
        "'/var/run/../run/docker.sock:/s'",
        "'/var//run/./docker.sock:/s'",
        "'/var/run:/r'",
    ] {
        service(&format!("volumes: [{socket}]"), 1).has("engine-socket-mounted compose.yaml:4");
    }
    let text = "services:\n  a:\n    image: x:1\n    volumes: ['vol:/s']\nvolumes:\n  vol: {driver_opts: {type: none, o: bind, device: /var/run/docker.sock}}\n";
    assert!(
        compose(text, 1)
            .findings()
            .iter()
            .any(|finding| finding.starts_with("engine-socket-mounted"))
    );
}

#[test]
fn sibling_46_more_spellings() {
    for socket in [
        "'/proc/1/root/var/run/docker.sock:/s'",
        "'/run/containerd/containerd.sock:/s'",
        "'${X:-/var/run/docker.sock}:/s'",
        "'/var/run/docker.sock/:/s:ro'",
    ] {
        service(&format!("volumes: [{socket}]"), 1).has("engine-socket-mounted compose.yaml:4");
    }
    service("use_api_socket: true", 1).has("engine-socket-mounted compose.yaml:4");
    service("security_opt: ['seccomp = unconfined']", 1);
    service("cap_add: [' SYS_ADMIN']", 1);
}

#[test]
fn row_47_profiles_contexts_targets() {
    let text = "services:\n  a: {image: 'x:1', profiles: [debug], privileged: true}\n  b: {build: ../outside}\n  c: {build: {context: ., target: none}}\n";
    let scene = Scene::new(&[("compose.yaml", text), ("Dockerfile", "FROM x:1\n")]);
    let judged = scene.judge(1);
    judged
        .has("privileged-service compose.yaml:2")
        .has("undefined-stage compose.yaml:4");
    let units = judged.report["units"].as_array().unwrap();
    let outside = units.iter().find(|unit| unit["name"] == "b").unwrap();
    assert!(outside["unknown"].to_string().contains("\"user\""), "{outside}");
}

#[test]
fn sibling_47_more_that_is_not_here() {
    for build in [
        "https://git.test/x.git",
        "/",
        "../outside",
        "./nope",
        "{context: ., dockerfile: ../outside/Dockerfile}",
        "{dockerfile_inline: 'FOO', context: .}",
    ] {
        let scene = Scene::new(&[(
            "compose.yaml",
            &format!("services:\n  a: {{build: {build}}}\n  b: {{image: 'x:1', pid: host}}\n"),
        )]);
        scene.judge(1).has("host-namespace compose.yaml:3");
    }
}

//! What is known of builds, line by line as `plimsoll files` shows it.

use super::read;
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn builds(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut workspace = Workspace::open(folder.path()).unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
    let recipes = read(&paths, &mut workspace);
    let problems = recipes.problems.iter().map(|problem| problem.finding.message.clone());
    recipes.all.iter().map(|recipe| recipe.told()).chain(problems).collect()
}

fn bake(text: &str) -> Vec<String> {
    builds(&[("docker-bake.hcl", text)])
}

#[test]
fn targets_take_over_what_they_inherit() {
    // Later parents go over earlier ones, own words over both, and arguments are joined (docs.docker.com/build/bake/inheritance).
    let text = r#"
target "one" { args = { A = "1", B = "1" }, dockerfile = "one.Dockerfile" }
"#;
    assert_eq!(
        bake(text).len(),
        1,
        "a comma between attributes is no HCL: {:?}",
        bake(text)
    );
    let text = r#"
target "one" {
  args = { A = "1", B = "1" }
  dockerfile = "one.Dockerfile"
  target = "x"
}
target "two" {
  args = { B = null, C = "2" }
  dockerfile = "two.Dockerfile"
}
target "app" {
  inherits = ["one", "two"]
  context = "./api"
  args = { D = "3" }
}
"#;
    assert_eq!(
        bake(text),
        ["the target `app`, Dockerfile `api/two.Dockerfile`, context `api`, target `x`, arguments A, C, D"]
    );
}

#[test]
fn functions_variables_and_choices_are_worked_out() {
    let of = |value: &str| {
        let text = format!(
            "variable \"V\" {{ default = \"1.2\" }}\nvariable \"NONE\" {{}}\nLIST = [\"a\", \"b\"]\n\
             function \"twice\" {{\n  params = [x]\n  result = \"${{x}}${{x}}\"\n}}\n\
             target \"app\" {{\n  target = {value}\n}}\n"
        );
        let told = bake(&text).remove(0);
        told.strip_prefix("the target `app`, Dockerfile `Dockerfile`, context `.`")
            .map(str::to_owned)
            .unwrap_or(told)
    };
    for (value, known) in [
        ("\"v${V}\"", "v1.2"),
        ("join(\"-\", concat(LIST, [\"c\"]))", "a-b-c"),
        ("LIST[1]", "b"),
        ("format(\"%s-%s%%\", V, lower(\"X\"))", "1.2-x%"),
        ("equal(V, \"1.2\") && !notequal(V, \"1.2\") ? \"yes\" : \"no\"", "yes"),
        ("V == \"2\" || false ? \"yes\" : \"no\"", "no"),
        ("and(true, or(false, not(true))) ? \"yes\" : \"no\"", "no"),
        ("coalesce(null, upper(replace(\"a.b\", \".\", \"_\")))", "A_B"),
        ("split(\".\", V)[0]", "1"),
        ("twice(\"${twice(\"a\")}b\")", "aabaab"),
        ("{ x = { y = \"z\" } }.x.y", "z"),
        ("lookup({ a = \"b\" }, \"c\", \"d\")", "d"),
        ("trimsuffix(trimprefix(\"v1-rc\", \"v\"), \"-rc\")", "1"),
    ] {
        assert_eq!(of(value), format!(", target `{known}`"), "{value}");
    }
    for (value, why) in [
        ("NONE", "the variable `NONE` has no default"),
        ("\"${timestamp()}\"", "the function `timestamp` is not followed"),
        (
            "\"${[for x in LIST : x][0]}\"",
            "it holds an expression that is not followed",
        ),
        ("\"${1 + 1}\"", "it holds an expression that is not followed"),
        ("target.other.args.A", "it is taken from another target"),
        ("NOWHERE", "`NOWHERE` is not defined in the file"),
        ("LIST", "it is no text"),
        ("LIST[7]", "what is taken out of it does not exist"),
        (
            "twice()",
            "a function of the file is called with other arguments than it has",
        ),
    ] {
        assert_eq!(of(value), format!("; not known: target ({why})"), "{value}");
    }
    assert_eq!(of("null"), "");
}

#[test]
fn circles_and_explosions_end() {
    let chain = |of: fn(usize) -> String| (0..5_000).map(of).collect::<String>();
    let target = "target \"app\" {\n  target = v4999\n}\n";
    for text in [
        "target \"a\" {\n  inherits = [\"b\"]\n}\ntarget \"b\" {\n  inherits = [\"a\"]\n}\n".to_owned(),
        "a = b\nb = a\ntarget \"app\" {\n  target = a\n}\n".to_owned(),
        "function \"f\" {\n  params = []\n  result = f()\n}\ntarget \"app\" {\n  target = f()\n}\n".to_owned(),
        "group \"default\" {\n  targets = [\"default\", \"x\"]\n}\ngroup \"x\" {\n  targets = [\"default\"]\n}\n"
            .to_owned(),
        // Texts and lists that double, and variables that rest on each other.
        chain(|n| {
            format!(
                "v{n} = \"${{v{m}}}${{v{m}}}x\"\n",
                m = n.saturating_sub(1).max(usize::from(n == 0) * 9)
            )
        }) + target,
        chain(|n| format!("v{n} = concat(v{m}, v{m}, [\"x\"])\n", m = n + 1)) + target,
        chain(|n| format!("v{} = \"${{v{n}}}\"\n", n + 1)) + target,
        chain(|n| {
            format!(
                "target \"t{}\" {{\n  inherits = [\"t{n}\", \"t{n}\"]\n  args = {{ A{n} = \"x\" }}\n}}\n",
                n + 1
            )
        }),
        format!(
            "target \"app\" {{\n  matrix = {{ a = [{0}], b = [{0}], c = [{0}] }}\n  name = \"x${{a}}${{b}}${{c}}\"\n  args = {{ A = join(\"{1}\", [{0}]) }}\n}}\n",
            (0..500).map(|n| format!("\"{n}\",")).collect::<String>(),
            "x".repeat(100_000)
        ),
    ] {
        let start = Instant::now();
        let found = bake(&text);
        assert!(found.len() <= 501, "{} builds", found.len());
        let longest = found.iter().map(String::len).max().unwrap_or(0);
        assert!(longest < 1 << 20, "{longest}");
        // Others may use the machine: it takes a tenth of it.
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
    let many: String = (0..600).map(|n| format!("target \"t{n}\" {{}}\n")).collect();
    let found = bake(&many);
    assert_eq!(
        (found.len(), found.last().unwrap().contains("more than 500 targets")),
        (501, true)
    );
}

#[test]
fn a_matrix_of_a_workflow_stays_bounded_and_is_said() {
    let values = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let job = |run: &str| {
        format!(
            "jobs:\n  a:\n    strategy:\n      matrix: {{a: [{0}], b: [{0}], c: [{0}]}}\n    steps:\n      - run: |\n{run}",
            values(16)
        )
    };
    let path = ".github/workflows/a.yml";
    // The third dimension is too much: what names it is unknown.
    let found = builds(&[(
        path,
        &job("          docker build --target ${{ matrix.a }}-${{ matrix.b }} x\n"),
    )]);
    assert_eq!(found.len(), 256);
    let found = builds(&[(path, &job("          docker build --target ${{ matrix.c }} x\n"))]);
    assert_eq!(found.len(), 1, "{found:?}");
    let found = builds(&[(
        path,
        &job(&"          docker build --target ${{ matrix.a }} x\n".repeat(10_000)),
    )]);
    assert!(found.last().unwrap().contains("not followed"), "{:?}", found.last());
}

#[test]
fn commands_and_steps_of_one_job_are_read_as_they_run() {
    let workflow = r#"
env: {FILE: api.Dockerfile}
jobs:
  a:
    strategy: {matrix: {v: [1, 2], os: [x, y], include: [{v: 2, extra: e}], exclude: [{v: 1, os: x}]}}
    steps:
      - name: Push ${{ matrix.v }}
        uses: docker/build-push-action@v6
        with:
          context: "{{defaultContext}}:api"
          file: ${{ env.FILE }}
          platforms: linux/amd64, linux/arm64
          build-args: |
            V=${{ matrix.v }}
            E=${{ matrix.extra }}
            S=${{ secrets.S }}
      - run: cd web && docker build -f "$(pwd)/x" --build-arg A=1 ..
"#;
    assert_eq!(
        builds(&[(".github/workflows/a.yml", workflow)]),
        [
            "the step `Push 1`, Dockerfile `api/api.Dockerfile`, context `api`, platforms `linux/amd64,linux/arm64`, arguments V; \
             not known: argument E (`${{ matrix.extra }}` is known when it runs), argument S (`${{ secrets.S }}` is known when it runs)",
            "the command, context `.`, arguments A; not known: Dockerfile (a shell variable is put in)",
            "the step `Push 2`, Dockerfile `api/api.Dockerfile`, context `api`, platforms `linux/amd64,linux/arm64`, arguments V, E; \
             not known: argument S (`${{ secrets.S }}` is known when it runs)",
        ]
    );
}

#[test]
fn long_files_are_said() {
    let long = "# x\n".repeat(300_000);
    for path in ["docker-bake.hcl", "skaffold.yaml"] {
        let found = builds(&[(path, &long)]);
        assert_eq!(
            found,
            ["the builds of this file are not known: it is larger than 1 MiB"],
            "{path}"
        );
    }
}

#[test]
fn broken_files_are_said_and_others_read() {
    for (path, text) in [
        ("docker-bake.hcl", "target \"x\" {"),
        ("docker-bake.json", "{\"target\": [1, "),
        ("skaffold.yaml", "apiVersion: skaffold/v4\nbuild: [a: {\n"),
        (
            ".devcontainer/devcontainer.json",
            "{\"build\": {\"dockerfile\": \n\n\"x",
        ),
        (".gitlab-ci.yml", "a:\n  script: docker build .\n b: c\n"),
    ] {
        let found = builds(&[(path, text), ("b/docker-bake.hcl", "target \"x\" {}")]);
        let said = found.iter().filter(|line| line.starts_with("the builds of this file"));
        assert_eq!(said.count(), 1, "{path}: {found:?}");
        assert!(
            found.iter().any(|line| line.starts_with("the target `x`")),
            "{path}: {found:?}"
        );
    }
}

//! The effective model against the real Docker Compose: for every file both accept or both refuse, and for every service the
//! same values. Without `docker-compose` on the PATH it skips, visibly.

mod pairs;

use crate::support::{Workspace, plimsoll, shared};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What Compose says of a file.
enum Oracle {
    Accepts(Value),
    Refuses(String),
}

fn compose(folder: &Path, file: &str, profiles: &str, words: &[&str]) -> Result<String, String> {
    let output = Command::new("docker-compose")
        .args(["-f", file])
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(
            ["PATH", "HOME"]
                .into_iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .env("COMPOSE_PROFILES", profiles)
        .output()
        .map_err(|error| error.to_string())?;
    let last = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim()
            .lines()
            .last()
            .unwrap_or("")
            .to_owned()
    };
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(last(&output.stderr))
    }
}

/// Compose refuses a file if it refuses any of its runs: without profiles, or with each single one.
fn oracle(folder: &Path, file: &str) -> Oracle {
    let config = ["config", "--format", "json", "--no-path-resolution"];
    if let Err(reason) = compose(folder, file, "", &config) {
        return Oracle::Refuses(reason);
    }
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    let has_profiles = ["profiles", "include", "extends"]
        .iter()
        .any(|word| text.contains(word));
    let profiles = if has_profiles {
        compose(folder, file, "", &["config", "--profiles"]).unwrap_or_default()
    } else {
        String::new()
    };
    for profile in profiles.split_whitespace() {
        if let Err(reason) = compose(folder, file, profile, &config) {
            return Oracle::Refuses(format!("with the profile {profile}: {reason}"));
        }
    }
    let all = compose(folder, file, "*", &config).or_else(|_| compose(folder, file, "", &config));
    match all.map(|text| serde_json::from_str(&text)) {
        Ok(Ok(value)) => Oracle::Accepts(value),
        Ok(Err(error)) => Oracle::Refuses(error.to_string()),
        Err(reason) => Oracle::Refuses(reason),
    }
}

fn ours(folder: &Path, file: &str) -> Value {
    let words = ["check", "--root", ".", "--format", "json", file];
    let output = plimsoll(folder).args(words).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{}/{file}: {error}: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// The findings that say "Compose refuses this".
fn refusals(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| {
            // A run without the profile of a dependency is refused too; where another run works it is a warning.
            let weighs = finding["severity"] == "error"
                || (finding["severity"] == "warning" && finding["rule"] == "undefined-reference");
            // Said by `up`, which `config` does not ask.
            let of_up = [
                "unsupported-external-secret",
                "invalid-engine-value",
                "invalid-static-address",
            ];
            let is_of_up = of_up.iter().any(|rule| finding["rule"] == *rule);
            weighs && !is_of_up && matches!(finding["layer"].as_str(), Some("yaml" | "schema" | "compose"))
        })
        .map(|finding| {
            format!(
                "{}:{} {}",
                finding["rule"].as_str().unwrap(),
                finding["location"]["line"],
                finding["message"].as_str().unwrap()
            )
        })
        .collect()
}

#[derive(Default)]
struct Tally {
    same: usize,
    unknown: usize,
    differ: Vec<String>,
}

fn number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str()?.parse().ok())
        .filter(|number| *number != 0.0)
}

/// Compose writes a literal dollar sign as two, so that its output can be read again.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$$", "$")),
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

fn sorted(mut items: Vec<String>) -> Value {
    items.sort();
    if items.is_empty() { Value::Null } else { json!(items) }
}

fn objects(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Every attribute that is compared: its name, what Compose says, what we say.
fn attributes(theirs: &Value, unit: &Value) -> Vec<(&'static str, Value, Value)> {
    let value = |key: &str| unit[key]["value"].clone();
    // Of what an image can decide as well only Compose's part is compared.
    let decided = |setting: &Value| match setting["decided_by"] == "compose" {
        true => setting["value"].clone(),
        false => Value::Null,
    };
    let test = match theirs["healthcheck"]["disable"] == true {
        true => json!(["NONE"]),
        false => plain(&theirs["healthcheck"]["test"]),
    };
    let deploy = &theirs["deploy"];
    let (limits, reservations) = (&deploy["resources"]["limits"], &deploy["resources"]["reservations"]);
    let either = |first: &Value, second: &Value| json!(number(first).or_else(|| number(second)));
    let own = |key: &str| json!(number(&unit[key]["value"]));
    let port = |port: &Value| {
        let text = |key: &str| {
            port[key].as_str().map_or_else(
                || port[key].as_i64().map_or(String::new(), |n| n.to_string()),
                str::to_owned,
            )
        };
        format!(
            "{}:{}:{}/{}",
            text("host_ip"),
            text("published"),
            text("target"),
            text("protocol")
        )
    };
    let mount = |mount: &Value| {
        format!(
            "{} {} {}",
            mount["type"].as_str().unwrap_or("?"),
            mount["target"].as_str().unwrap_or("?"),
            mount["read_only"] == true
        )
    };
    let is_tmpfs = |mount: &&Value| mount["type"] == "tmpfs";
    let tmpfs_of_theirs = objects(&theirs["tmpfs"])
        .filter_map(|item| Some(item.as_str()?.split(':').next()?.trim_end_matches('/').to_owned()))
        .chain(
            objects(&theirs["volumes"])
                .filter(is_tmpfs)
                .filter_map(|mount| Some(mount["target"].as_str()?.to_owned())),
        );
    let names = |value: &Value| {
        value
            .as_object()
            .map(|map| map.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let flag = |value: &Value| json!(value == true);
    let ulimits = |value: &Value| {
        let map = value.as_object().cloned().unwrap_or_default();
        sorted(
            map.iter()
                .map(|(name, limit)| match limit.as_i64() {
                    Some(both) => format!("{name} {both} {both}"),
                    None => format!("{name} {} {}", limit["soft"], limit["hard"]),
                })
                .collect(),
        )
    };
    let mut all = vec![
        ("memory", either(&limits["memory"], &theirs["mem_limit"]), own("memory")),
        (
            "memory reservation",
            either(&reservations["memory"], &theirs["mem_reservation"]),
            own("memory_reservation"),
        ),
        ("cpus", either(&limits["cpus"], &theirs["cpus"]), own("cpus")),
        ("cpu quota", json!(number(&theirs["cpu_quota"])), own("cpu_quota")),
        ("cpu period", json!(number(&theirs["cpu_period"])), own("cpu_period")),
        ("cpu shares", json!(number(&theirs["cpu_shares"])), own("cpu_shares")),
        ("shm size", json!(number(&theirs["shm_size"])), own("shm_size")),
        ("privileged", flag(&theirs["privileged"]), flag(&value("privileged"))),
        ("read_only", flag(&theirs["read_only"]), flag(&value("read_only"))),
        ("cap_add", theirs["cap_add"].clone(), value("cap_add")),
        ("cap_drop", theirs["cap_drop"].clone(), value("cap_drop")),
        ("security_opt", theirs["security_opt"].clone(), value("security_opt")),
        ("network_mode", theirs["network_mode"].clone(), value("network_mode")),
        ("pid", theirs["pid"].clone(), value("pid")),
        ("ipc", theirs["ipc"].clone(), value("ipc")),
        ("ulimits", ulimits(&theirs["ulimits"]), ulimits(&value("ulimits"))),
        (
            "ports",
            sorted(objects(&theirs["ports"]).map(port).collect()),
            sorted(objects(&value("ports")).map(port).collect()),
        ),
        (
            "volumes",
            sorted(
                objects(&theirs["volumes"])
                    .filter(|mount| !is_tmpfs(mount))
                    .map(mount)
                    .collect(),
            ),
            sorted(objects(&value("volumes")).map(mount).collect()),
        ),
        (
            "tmpfs",
            sorted(tmpfs_of_theirs.collect()),
            sorted(
                objects(&value("tmpfs"))
                    .filter_map(|mount| Some(mount["target"].as_str()?.to_owned()))
                    .collect(),
            ),
        ),
        (
            "devices",
            sorted(
                objects(&theirs["devices"])
                    .filter_map(|device| Some(device["source"].as_str()?.to_owned()))
                    .collect(),
            ),
            {
                sorted(
                    objects(&value("devices"))
                        .filter_map(|device| Some(device.as_str()?.split(':').next()?.to_owned()))
                        .collect(),
                )
            },
        ),
        (
            "networks",
            sorted(names(&theirs["networks"])),
            sorted(
                objects(&value("networks"))
                    .filter_map(|name| Some(name.as_str()?.to_owned()))
                    .collect(),
            ),
        ),
        ("health check", test, decided(&unit["healthcheck"]["test"])),
        (
            "log driver",
            theirs["logging"]["driver"].clone(),
            value("logging")["driver"].clone(),
        ),
        (
            "replicas",
            either(&theirs["scale"], &deploy["replicas"]),
            own("replicas"),
        ),
        ("command", plain(&theirs["command"]), decided(&unit["command"])),
        ("entrypoint", plain(&theirs["entrypoint"]), decided(&unit["entrypoint"])),
    ];
    // Zero and negative are no limit, which our output says with null.
    let pids = number(&limits["pids"])
        .or_else(|| number(&theirs["pids_limit"]))
        .filter(|pids| *pids > 0.0);
    all.push(("pids", json!(pids), own("pids")));
    if unit["user"]["decided_by"] == "compose" || theirs["user"].is_string() {
        all.push(("user", plain(&theirs["user"]), value("user")));
    }
    if deploy["restart_policy"].is_null() {
        all.push(("restart", theirs["restart"].clone(), value("restart")));
    }
    let ours_env = unit["environment"].as_object().into_iter().flatten();
    let ours_env = ours_env.filter(|(_, variable)| variable["decided_by"] == "compose");
    all.push((
        "environment keys",
        sorted(names(&theirs["environment"])),
        sorted(ours_env.map(|(name, _)| name.clone()).collect()),
    ));
    all
}

fn is_unknown(attribute: &str, unit: &Value) -> bool {
    let key = match attribute {
        "memory reservation" => "memory_reservation",
        "cpu quota" => "cpu_quota",
        "cpu period" => "cpu_period",
        "cpu shares" => "cpu_shares",
        "shm size" => "shm_size",
        "health check" => return unit["healthcheck"]["test"]["state"] == "unknown",
        "log driver" => "logging",
        "environment keys" => "environment",
        other => other,
    };
    unit[key]["state"] == "unknown"
}

fn same(theirs: &Value, ours: &Value) -> bool {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match (theirs.as_f64(), ours.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs(),
        _ => theirs == ours || (empty(theirs) && empty(ours)),
    }
}

/// Hidden on purpose: our output shows `***` where a secret stands.
fn masked(ours: &Value) -> bool {
    ours.to_string().contains("***")
}

/// Whether we say that a variable is not known here.
fn says_unset(report: &Value) -> bool {
    objects(&report["findings"]).any(|finding| finding["rule"] == "unset-variable")
}

#[derive(Default)]
struct Comparison {
    attributes: BTreeMap<&'static str, Tally>,
    both_accept: usize,
    both_refuse: usize,
    /// Compose refuses the file because of a variable that is not set in this environment: we do not know it, and say so.
    undecided: Vec<String>,
    disagreements: Vec<String>,
}

impl Comparison {
    fn file(&mut self, label: &str, folder: &Path, file: &str) {
        let report = ours(folder, file);
        let refused = refusals(&report);
        match oracle(folder, file) {
            Oracle::Refuses(reason) if refused.is_empty() && says_unset(&report) => {
                self.undecided.push(format!("{label}\t{reason}"));
            }
            Oracle::Refuses(reason) if refused.is_empty() => self
                .disagreements
                .push(format!("{label}\tonly Compose refuses\t{reason}")),
            Oracle::Refuses(_) => self.both_refuse += 1,
            Oracle::Accepts(_) if !refused.is_empty() => self
                .disagreements
                .push(format!("{label}\tonly we refuse\t{}", refused.join("; "))),
            Oracle::Accepts(config) => {
                self.both_accept += 1;
                self.services(label, &config, &report);
            }
        }
    }

    fn services(&mut self, label: &str, config: &Value, report: &Value) {
        let units: BTreeMap<&str, &Value> = objects(&report["units"])
            .filter(|unit| unit["kind"] == "service")
            .map(|unit| (unit["name"].as_str().unwrap(), unit))
            .collect();
        for (name, theirs) in config["services"].as_object().into_iter().flatten() {
            let Some(unit) = units.get(name.as_str()) else {
                self.disagreements.push(format!("{label}\tservice {name} is missing"));
                continue;
            };
            for (attribute, expected, found) in attributes(theirs, unit) {
                let tally = self.attributes.entry(attribute).or_default();
                if same(&expected, &found) || masked(&found) {
                    tally.same += 1;
                } else if is_unknown(attribute, unit) || found.to_string().contains("\"?") {
                    tally.unknown += 1;
                } else {
                    tally
                        .differ
                        .push(format!("{label} {name} {attribute}: Compose {expected}, ours {found}"));
                }
            }
        }
    }

    fn report(&self) {
        for line in &self.undecided {
            println!("undecided, a variable is not set here: {line}");
        }
        println!(
            "both accept {}, both refuse {}, undecided {}, disagree {}",
            self.both_accept,
            self.both_refuse,
            self.undecided.len(),
            self.disagreements.len()
        );
        println!("{:20} {:>6} {:>8} {:>7}", "attribute", "same", "unknown", "differ");
        for (attribute, tally) in &self.attributes {
            println!(
                "{attribute:20} {:>6} {:>8} {:>7}",
                tally.same,
                tally.unknown,
                tally.differ.len()
            );
        }
    }

    /// Everything that differs, but for the labels that are known, with their reasons.
    fn surprises(&self, known: &[(&str, &str)]) -> Vec<String> {
        let all = self
            .disagreements
            .iter()
            .chain(self.attributes.values().flat_map(|tally| &tally.differ));
        all.filter(|line| !known.iter().any(|(start, _)| line.starts_with(start)))
            .cloned()
            .collect()
    }
}

pub(crate) fn installed() -> bool {
    let found = Command::new("docker-compose")
        .arg("version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert!(
            std::env::var_os("PLIMSOLL_REQUIRE_COMPOSE").is_none(),
            "docker-compose is required here and not on the PATH"
        );
        println!("skipped: docker-compose is not on the PATH");
    }
    found
}

/// One service, with the lines of a case; a second text is an override file.
fn small_cases() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let one = |lines: &str| vec![("compose.yaml", format!("services:\n  a:\n    image: x:1\n{lines}"))];
    let two = |first: &str, second: &str| {
        vec![
            (
                "compose.yaml",
                format!("include: []\nservices:\n  a:\n    image: x:1\n{first}").replace("include: []\n", ""),
            ),
            ("compose.override.yaml", format!("services:\n  a:\n{second}")),
        ]
    };
    vec![
        ("limits without cpus", one("    cpus: 0.5\n    deploy: {resources: {limits: {memory: 128M}}}\n")),
        ("equal twins", one("    cpus: 1\n    mem_limit: 134217728\n    deploy: {resources: {limits: {memory: 128M, cpus: '1.0'}}}\n")),
        ("float memory", one("    mem_limit: 1e9\n")),
        ("one byte", one("    mem_limit: '1.5'\n")),
        ("default zero", one("    mem_limit: ${MEM:-0}m\n")),
        ("bad suffix", one("    mem_limit: 512Mi\n")),
        ("int limit", one("    deploy: {resources: {limits: {memory: 134217728}}}\n")),
        ("zero limit", one("    deploy: {resources: {limits: {cpus: '1', memory: '0'}}}\n")),
        ("override null keeps", two("    mem_limit: 128m\n", "    mem_limit:\n")),
        ("override reset", two("    mem_limit: 128m\n", "    mem_limit: !reset null\n")),
        ("override twins", two("    cpus: 1\n    mem_limit: 128m\n", "    deploy: {resources: {limits: {memory: 256m}}}\n")),
        ("security options add up", two("    security_opt: ['no-new-privileges:true']\n", "    security_opt: ['no-new-privileges:false']\n")),
        ("capabilities are a set", two("    cap_drop: [ALL]\n", "    cap_drop: [ALL]\n")),
        ("option as mapping", one("    security_opt: [{no-new-privileges: true}]\n")),
        ("privileged by default", one("    privileged: ${P:-true}\n    cap_drop: [ALL]\n    read_only: true\n")),
        ("volume replaced by target", two("    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n", "    volumes: ['./fake.sock:/var/run/docker.sock/']\n")),
        ("both ports", two("    ports: ['8080:80']\n", "    ports: ['127.0.0.1:8080:80']\n")),
        ("port replaced", two("    ports: ['8080:80']\n", "    ports: ['0.0.0.0:8080:80']\n")),
        ("ports overridden", two("    ports: ['8080:80']\n", "    ports: !override ['127.0.0.1:8080:80']\n")),
        ("test none", one("    healthcheck: {test: NONE}\n")),
        ("disabled", one("    healthcheck: {disable: true}\n")),
        ("test without keyword", one("    healthcheck: {test: [curl, x]}\n")),
        ("tmpfs and volume", one("    tmpfs: [/data]\n    volumes: ['./x:/data']\n")),
        ("tmpfs twice", two("    tmpfs: ['/t:size=64m']\n", "    tmpfs: ['/t:size=1g']\n")),
        ("ulimit replaced", two("    ulimits: {nofile: {soft: 10, hard: 20}}\n", "    ulimits: {nofile: 5}\n")),
        ("ulimit text", one("    ulimits: {fsize: {soft: 50M, hard: 100M}}\n")),
        ("ulimit half", one("    ulimits: {nofile: {soft: 5}}\n")),
        ("api socket", one("    use_api_socket: true\n")),
        ("hooks", one("    post_start: [{command: [id], user: root, privileged: true}]\n")),
        ("restart policy wins", one("    restart: always\n    deploy: {restart_policy: {max_attempts: 3}}\n")),
        ("group", one("    group: '1000'\n")),
        ("user as int", one("    user: 1000\n")),
        ("null list", one("    cap_drop:\n")),
        ("mapping in list", one("    environment: [A=1, {B: 2}]\n")),
        ("list over mapping", two("    environment: [A=1, B=1]\n", "    environment: {B: 2, C: }\n")),
        ("labels", two("    labels: {a: 1}\n", "    labels: [b=2]\n")),
        ("network mode and networks", one("    network_mode: host\n    networks: [n]\nnetworks: {n: {}}\n")),
        ("no such network", one("    networks: [n]\n")),
        ("no such volume", one("    volumes: ['data:/d']\n")),
        ("no such secret", one("    secrets: [s]\n")),
        ("no such dependency", one("    depends_on: [b]\n")),
        ("optional dependency", one("    depends_on: {b: {condition: service_started, required: false}}\n  b:\n    image: x:1\n    profiles: [p]\n")),
        ("switched off dependency", one("    depends_on: [b]\n  b:\n    image: x:1\n    profiles: [p]\n")),
        ("cycle", one("    depends_on: [b]\n  b:\n    image: x:1\n    depends_on: [a]\n")),
        ("scale twins", one("    scale: 2\n    deploy: {replicas: 3}\n")),
        ("scale with name", one("    scale: 2\n    container_name: c\n")),
        ("names clash", one("    container_name: c\n  b:\n    image: x:1\n    container_name: c\n")),
        ("negative replicas", one("    deploy: {replicas: -1}\n")),
        ("secret without source", one("secrets: {s: {}}\n")),
        ("secret with two", one("secrets: {s: {file: ./x, environment: X}}\n")),
        ("external secret", one("    secrets: [s]\nsecrets: {s: {external: true}}\n")),
        ("port range", one("    ports: ['3000-3002:4000-4002', '53:53/udp', '[::1]:80:80', 9000]\n")),
        ("uneven ranges", one("    ports: ['3000-3002:4000-4003']\n")),
        ("port too high", one("    ports: ['70000:80']\n")),
        ("port by name", one("    ports: ['localhost:80:80']\n")),
        ("long forms", one("    ports: [{target: 80, published: '8080', host_ip: 127.0.0.1, protocol: udp}]\n    volumes: [{type: bind, source: ., target: /x, read_only: true}]\n")),
        ("depends as list and map", two("    depends_on: [b]\n  b:\n    image: x:1\n", "    depends_on: {b: {condition: service_healthy}}\n")),
        ("build and image", vec![("compose.yaml", "services: {a: {build: ., image: 'x:1'}, b: {build: {context: ., args: {A: 1}, target: t}}}\n".to_owned())]),
        ("inline and file", one("    build: {context: ., dockerfile: D, dockerfile_inline: FROM x}\n")),
        ("nothing to run", vec![("compose.yaml", "services: {a: {restart: always}}\n".to_owned())]),
        ("provider", vec![("compose.yaml", "services: {a: {provider: {type: p}}}\n".to_owned())]),
        ("extends deep", vec![(
            "compose.yaml",
            "services:\n  base: {image: 'x:1', deploy: {resources: {limits: {memory: 64m}}}, environment: [A=1]}\n  a: {extends: base, deploy: {replicas: 2}, environment: {B: 2}}\n".to_owned(),
        )]),
        ("extends file", vec![
            ("compose.yaml", "services:\n  a: {extends: {file: common/base.yaml, service: base}, cap_add: [CHOWN]}\n".to_owned()),
            ("common/base.yaml", "services:\n  base: {image: 'x:1', volumes: ['./d:/d'], cap_add: [KILL], extends: root}\n  root: {image: 'y:1', mem_limit: 64m}\n".to_owned()),
        ]),
        ("extends cycle", vec![("compose.yaml", "services: {a: {image: 'x:1', extends: b}, b: {image: 'x:1', extends: a}}\n".to_owned())]),
        ("extends missing", one("    extends: nope\n")),
        ("include wins locally", vec![
            ("compose.yaml", "include: [inc.yaml]\nservices:\n  b: {privileged: false}\n".to_owned()),
            ("inc.yaml", "services:\n  b: {image: 'x:1', privileged: true, mem_limit: 64m}\n".to_owned()),
        ]),
        ("include with env", vec![
            ("compose.yaml", "include: [{path: sub/compose.yaml, env_file: sub/my.env}]\n".to_owned()),
            ("sub/compose.yaml", "services:\n  b: {image: 'x:${TAG}', mem_limit: '${MEM}'}\n".to_owned()),
            ("sub/my.env", "TAG=7\nMEM=64m\n".to_owned()),
        ]),
        ("dot env", vec![
            ("compose.yaml", "services:\n  a: {image: 'x:${TAG}', mem_limit: '${MEM:-1m}', env_file: e.env}\n".to_owned()),
            (".env", "TAG=2\n".to_owned()),
            ("e.env", "MEM=64g\n".to_owned()),
        ]),
        ("merge key is shallow", vec![(
            "compose.yaml",
            "x-d: &d {deploy: {resources: {limits: {memory: 64m}}}}\nservices:\n  a: {<<: *d, image: 'x:1', deploy: {replicas: 2}}\n".to_owned(),
        )]),
        ("two documents", vec![("compose.yaml", "services: {a: {image: 'x:1', mem_limit: 64m}}\n---\nservices: {a: {mem_limit: 128m}}\n".to_owned())]),
        ("yaml booleans", one("    privileged: yes\n    read_only: 'true'\n    init: on\n")),
        ("numbers", one("    cpus: .5\n    pids_limit: 0x10\n    mem_limit: 1_000_000_00\n")),
        ("duplicate key", one("    image: y:1\n")),
        ("unknown key", one("    imagee: y\n")),
        ("unknown top key", one("servics: {}\n")),
        ("extension keys", one("    x-own: {a: 1}\nx-top: 1\n")),
        ("bad template", one("    hostname: ${}\n")),
        ("required variable", one("    hostname: ${NOPE:?must be set}\n")),
        ("escaped dollar", one("    command: echo $$HOME\n")),
        ("interval without unit", one("    healthcheck: {test: 'true', interval: 30}\n")),
        ("bad interval", one("    healthcheck: {test: 'true', interval: '30'}\n")),
        ("logging replaced", two("    logging: {driver: json-file, options: {max-size: 5m}}\n", "    logging: {driver: local}\n")),
        ("logging merged", two("    logging: {options: {max-size: 5m}}\n", "    logging: {driver: local}\n")),
        ("same option twice", one("    security_opt: ['a:b', 'a:b']\n")),
        ("same port twice", one("    ports: ['80:80', '80:80']\n")),
        ("tmpfs long", one("    volumes: [{type: tmpfs, target: /t, tmpfs: {size: 50M, noexec: true}}]\n")),
        ("network options", one("networks: {n: {driver_opts: {com.docker.network.bridge.enable_icc: false}}}\n")),
        ("empty", vec![("compose.yaml", "services: {}\n".to_owned())]),
        ("no mapping", vec![("compose.yaml", "- a\n".to_owned())]),
        ("service is null", vec![("compose.yaml", "services:\n  a:\n".to_owned())]),
        ("watch without target", one("    develop: {watch: [{path: ., action: sync}]}\n")),
        ("platforms", one("    platform: linux/arm64\n    build: {context: ., platforms: [linux/amd64]}\n")),
        ("gpus", one("    gpus: all\n")),
        ("models", one("    models: [m]\nmodels: {m: {model: ai/x}}\n")),
        ("config content", one("    configs: [c]\nconfigs: {c: {content: hello}}\n")),
        ("volume external with driver", one("volumes: {v: {external: true, driver: local}}\n")),
        ("trailing space", one("    environment: ['A =1']\n")),
        ("device count and ids", one("    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 1, device_ids: ['0']}]}}}\n")),
        ("device reservation", one("    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}\n")),
        ("oom score out of range", one("    oom_score_adj: 2000\n")),
        ("cpu percent out of range", one("    cpu_percent: 200\n")),
        ("devices as limit", one("    deploy: {resources: {limits: {devices: []}}}\n")),
        ("pids as reservation", one("    deploy: {resources: {reservations: {pids: 5}}}\n")),
        ("config that is not external", one("    configs: [c]\nconfigs: {c: {external: false}}\n")),
        ("port without target", one("    ports: [{published: '80'}]\n")),
        ("secret is null", one("secrets: {s: }\n")),
        ("secret with driver only", one("secrets: {s: {driver: d}}\n")),
        ("secret with content", one("secrets: {s: {content: x}}\n")),
        ("env file missing", one("    env_file: nope.env\n")),
        ("env file not required", one("    env_file: [{path: nope.env, required: false}]\n")),
        ("label file missing", one("    label_file: nope.labels\n")),
        ("no such config", one("    configs: [c]\n")),
        ("no such model", one("    models: [m]\n")),
        ("include missing", one("include: [nope.yaml]\n").into_iter().collect()),
        ("include cycle", vec![
            ("compose.yaml", "include: [b.yaml]\nservices: {a: {image: 'x:1'}}\n".to_owned()),
            ("b.yaml", "include: [compose.yaml]\n".to_owned()),
        ]),
        ("extends missing file", one("    extends: {file: nope.yaml, service: b}\n")),
        ("limits clash in a profile only", one("  b: {profiles: [debug], image: 'x:1', mem_limit: 1g, deploy: {resources: {limits: {memory: 2g}}}}\n")),
        ("type clash in an override", two("    blkio_config: {weight: 10}\n", "    blkio_config: [1]\n")),
        ("retries as text", one("    healthcheck: {test: 'true', retries: many}\n")),
        ("no such condition", one("    depends_on: {b: {condition: service_happy}}\n  b: {image: 'x:1'}\n")),
        ("no such pull policy", one("    pull_policy: sometimes\n")),
        ("no such cgroup", one("    cgroup: shared\n")),
        ("link to nothing", one("    links: [b]\n")),
        ("network of nothing", one("    network_mode: service:b\n")),
        ("volumes from nothing", one("    volumes_from: [b]\n")),
        ("project name", vec![("compose.yaml", "name: Bad Name\nservices: {a: {image: 'x:1'}}\n".to_owned())]),
        ("exposed twice", one("    expose: ['80', '80', 81]\n")),
        ("dns twice", one("    dns: [1.1.1.1, 1.1.1.1]\n")),
        ("build context of nothing", one("    build: {context: ., additional_contexts: {b: 'service:nope'}}\n")),
        ("build context of an image", one("    build: {context: ., additional_contexts: {b: 'service:b'}}\n  b: {image: 'x:1'}\n")),
        ("build secret of nothing", one("    build: {context: ., secrets: [s]}\n")),
        ("empty lists", one("    ports: []\n    volumes: []\n    environment: []\n    dns: []\n")),
        ("environment is null", one("    environment:\n")),
        ("command is null", one("    command:\n")),
        ("healthcheck is null", one("    healthcheck:\n")),
        ("deploy is null", one("    deploy:\n")),
        ("networks as null entries", one("    networks: {n: , default: {aliases: [x]}}\nnetworks: {n: }\n")),
        ("aliased service", vec![("compose.yaml", "services:\n  a: &a {image: 'x:1', mem_limit: 64m}\n  b: *a\n".to_owned())]),
        ("number as service", vec![("compose.yaml", "services: {1: {image: 'x:1'}}\n".to_owned())]),
        ("service name", vec![("compose.yaml", "services: {'a b': {image: 'x:1'}}\n".to_owned())]),
        ("dots in a service name", vec![("compose.yaml", "services: {a.b: {image: 'x:1'}}\n".to_owned())]),
        ("sizes", one("    mem_limit: 1.5gb\n    shm_size: 64 m\n    memswap_limit: -1\n    mem_reservation: 10mib\n")),
        ("negative size", one("    mem_limit: '-5m'\n")),
        ("swap without end as text", one("    mem_limit: 64m\n    memswap_limit: \"-1\"\n")),
        ("memory without end as text", one("    mem_limit: \"-1\"\n")),
        ("cpus without end", one("    cpus: .inf\n")),
        ("cpus that are no number", one("    cpus: .nan\n")),
        ("cpus as text without end", one("    cpus: 'inf'\n")),
        ("limit of cpus that is not a number", one("    deploy: {resources: {limits: {cpus: 'nan'}}}\n")),
        ("cpus as text", one("    cpus: 500m\n")),
        ("cpus in percent", one("    deploy: {resources: {limits: {cpus: '50%'}}}\n")),
        ("pids as decimal", one("    pids_limit: 1.5\n")),
        ("gpus without capabilities", one("    gpus: [{count: 1}]\n")),
        ("restart conditions", one("    deploy: {restart_policy: {condition: any, delay: 5s}}\n")),
        ("bad delay", one("    deploy: {restart_policy: {condition: any, delay: soon}}\n")),
        ("stop grace", one("    stop_grace_period: 1m30s\n")),
        ("bad stop grace", one("    stop_grace_period: soon\n")),
        ("unknown tag", one("    hostname: !custom x\n")),
        ("reset a list", two("    ports: ['80:80']\n    environment: {A: 1}\n", "    ports: !reset []\n    environment: {A: !reset null, B: 2}\n")),
        ("extra hosts", two("    extra_hosts: ['a:1.1.1.1']\n", "    extra_hosts: {a: 1.1.1.1, b: 2.2.2.2}\n")),
        ("sysctls", two("    sysctls: {net.core.somaxconn: 1}\n", "    sysctls: [net.core.somaxconn=2]\n")),
        ("command replaced", two("    command: [a, b]\n    entrypoint: x\n", "    command: c\n")),
        ("healthcheck merged", two("    healthcheck: {test: a, interval: 5s}\n", "    healthcheck: {test: [CMD, b], retries: 2}\n")),
        ("depends on itself", one("    depends_on: [a]\n")),
        ("user as text", one("    user: '1000:1000'\n")),
        ("json file", vec![("compose.yaml", "{\"services\": {\"a\": {\"image\": \"x:1\", \"mem_limit\": \"64m\"}}}\n".to_owned())]),
        ("shared processes of nobody", one("    pid: service:nope\n")),
        ("shared memory of nobody", one("    ipc: service:nope\n")),
        ("shared host name of nobody", one("    uts: service:nope\n")),
        ("network cycle", one("    network_mode: service:b\n  b: {image: y, network_mode: 'service:a'}\n")),
        ("network of itself", one("    network_mode: service:a\n")),
        ("process cycle", one("    pid: service:b\n  b: {image: y, pid: 'service:a'}\n")),
        ("link cycle", one("    links: [b]\n  b: {image: y, links: [a]}\n")),
        ("volumes cycle", one("    volumes_from: [b]\n  b: {image: y, volumes_from: [a]}\n")),
        ("mixed cycle", one("    links: [b]\n  b: {image: y, depends_on: [a]}\n")),
        ("linked to itself", one("    links: [a]\n")),
        ("network of a switched off service", one("    network_mode: service:b\n  b: {image: y, profiles: [p]}\n")),
        ("short container name", one("    container_name: b\n")),
        ("container name with a slash", one("    container_name: b/c\n")),
        ("negative retries", one("    healthcheck: {test: x, retries: -1}\n")),
        ("open quote", one("    command: echo 'a\n")),
        ("open double quote", one("    entrypoint: echo \"a\n")),
        ("open substitution", one("    command: echo $$(a\n")),
        ("bare parentheses", one("    command: (a)\n")),
        ("backslash at the end", one("    command: echo \\\n")),
        ("open quote in a hook", one("    post_start: [{command: \"a '\"}]\n")),
        ("operators", one("    command: a && b | c\n    entrypoint: x; y\n")),
        ("quoted operators", one("    command: sh -c 'a && b' 2>x\n")),
        ("config with two sources", one("configs: {c: {file: ./f, content: x}}\n")),
        ("config without a source", one("configs: {c: {}}\n")),
        ("empty content", one("configs: {c: {content: ''}}\n")),
        ("merge of a scalar", one("    <<: text\n")),
        ("merge of scalars", one("    <<: [{user: x}, 1]\n")),
        ("merge of nothing", one("    <<:\n")),
        ("two merges", one("    <<: {user: x}\n    <<: {hostname: x}\n")),
        ("quoted merge", one("    '<<': {user: x}\n")),
        ("host without an address", one("    extra_hosts: [foo]\n")),
        ("host with an empty address", one("    extra_hosts: ['foo:']\n")),
        ("long device", one("    devices: ['a:b:c:d']\n")),
        ("odd device permissions", one("    devices: ['a:b:zz']\n")),
        ("mount without a target", one("    volumes: [{type: bind, source: ./a}]\n")),
        ("bind without a source", one("    volumes: [{type: bind, target: /a}]\n")),
        ("volume without a source", one("    volumes: [{type: volume, target: /a}]\n")),
        ("drive letters", one("    volumes: ['a:b:c:d', 'd:/x:/y:ro', './a:c:/d']\n")),
        ("too many colons", one("    volumes: ['aa:/b:ro:rw']\n")),
        ("secret without a source", one("    secrets: [{target: x}]\nsecrets: {s: {file: ./f}}\n")),
        ("block weight in quotes", one("    blkio_config: {weight: '5'}\n")),
        ("env file format", vec![("compose.yaml", "services: {a: {image: x, env_file: [{path: e, format: foo}]}}\n".to_owned()), ("e", "A=1\n".to_owned())]),
        ("raw env file", vec![("compose.yaml", "services: {a: {image: x, env_file: [{path: e, format: raw}]}}\n".to_owned()), ("e", "A=1\n".to_owned())]),
        ("comments only", vec![("compose.yaml", "# nothing\n".to_owned())]),
        ("no services", vec![("compose.yaml", "services: {}\n".to_owned())]),
        ("extends cycle", vec![("compose.yaml", "services: {a: {extends: b}, b: {extends: a}}\n".to_owned())]),
        ("tab", vec![("compose.yaml", "services:\n\ta:\n    image: x:1\n".to_owned())]),
        ("trailing space in a mapping", one("    environment: {'A ': 1}\n")),
    ]
}

/// Where we differ on purpose, or not yet: the start of the line, and why.
const KNOWN_SMALL: &[(&str, &str)] = &[(
    "bind without a source",
    "`config` refuses it only where it resolves paths, which is disabled for this comparison",
)];

#[test]
fn small_cases_agree_with_compose() {
    if !installed() {
        return;
    }
    let mut comparison = Comparison::default();
    for (label, files) in small_cases() {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let workspace = Workspace::new(&files);
        workspace.write("dotgit/.keep", b"");
        let has_override = files.iter().any(|(path, _)| *path == "compose.override.yaml");
        comparison_of(&mut comparison, label, workspace.path(), has_override);
    }
    comparison.report();
    let surprises = comparison.surprises(KNOWN_SMALL);
    assert!(
        surprises.is_empty(),
        "{} differences:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
}

/// With an override file beside it, Compose finds both by itself; so do we.
fn comparison_of(comparison: &mut Comparison, label: &str, folder: &Path, has_override: bool) {
    if !has_override {
        comparison.file(label, folder, "compose.yaml");
        return;
    }
    let words = ["--root", ".", "--format", "json"];
    let output = plimsoll(folder).args(words).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused = refusals(&report);
    let both = compose(
        folder,
        "compose.yaml",
        "*",
        &[
            "-f",
            "compose.override.yaml",
            "config",
            "--format",
            "json",
            "--no-path-resolution",
        ],
    );
    match both {
        Err(_) if !refused.is_empty() => comparison.both_refuse += 1,
        Err(reason) => comparison
            .disagreements
            .push(format!("{label}\tonly Compose refuses\t{reason}")),
        Ok(_) if !refused.is_empty() => comparison
            .disagreements
            .push(format!("{label}\tonly we refuse\t{}", refused.join("; "))),
        Ok(text) => {
            comparison.both_accept += 1;
            comparison.services(label, &serde_json::from_str(&text).unwrap(), &report);
        }
    }
}

/// Where the corpus differs on purpose, or not yet: the start of the line, and why.
const KNOWN_CORPUS: &[(&str, &str)] = &[
    (
        "docker/compose pkg/e2e/testdata/TestStartInterval/compose.yaml",
        "`config` prints it; `up` refuses start_interval without start_period, as its own test wants",
    ),
    (
        "docker/compose pkg/e2e/fixtures/build-test/ssh/compose.yaml",
        "Compose accepts the file and fails to print it as JSON (SSHKey)",
    ),
];

#[test]
fn the_corpus_agrees_with_compose() {
    let Some(shared) = shared() else { return };
    if !installed() {
        return;
    }
    let manifest = std::fs::read_to_string(shared.join("corpus/manifest.tsv")).unwrap();
    let mut comparison = Comparison::default();
    let mut files = 0;
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [repository, path, _, "compose"] = columns.as_slice() else {
            continue;
        };
        let full = shared.join("corpus").join(repository.replace('/', "+")).join(path);
        let (folder, name) = (full.parent().unwrap(), full.file_name().unwrap().to_string_lossy());
        comparison.file(&format!("{repository} {path}"), folder, &name);
        files += 1;
    }
    println!("{files} files of the corpus");
    comparison.report();
    let surprises = comparison.surprises(KNOWN_CORPUS);
    assert!(
        surprises.is_empty(),
        "{} differences:\n{}",
        surprises.len(),
        surprises.join("\n")
    );
}

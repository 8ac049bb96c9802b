//! Rows 42 to 44: sizes, shares and counts of services.

use super::Scene;
use super::compose::service;

#[test]
fn row_42_two_limits() {
    let judged = service("mem_limit: 1g\n    deploy: {resources: {limits: {memory: 2g}}}", 1);
    judged
        .has("conflicting-limits compose.yaml")
        .says("conflicting-limits", "\"line\":");
}

#[test]
fn sibling_42_more_double_limits() {
    for settings in [
        "cpus: 1\n    deploy: {resources: {limits: {cpus: '2'}}}",
        "pids_limit: 5\n    deploy: {resources: {limits: {pids: 6}}}",
        "mem_reservation: 1g\n    deploy: {resources: {reservations: {memory: 2g}}}",
        "scale: 2\n    deploy: {replicas: 3}",
        "mem_limit: 1g\n    deploy: {resources: {limits: {cpus: '1'}}}",
    ] {
        service(settings, 1).has("conflicting-limits compose.yaml");
    }
    service("mem_limit: 1g\n    deploy: {resources: {limits: {memory: 1024m}}}", 0);
}

#[test]
fn row_43_amounts_of_memory() {
    for (amount, bytes) in [
        ("'1e9'", 1_000_000_000),
        ("0.5g", 1 << 29),
        ("512mib", 512 << 20),
        ("512 MB", 512 << 20),
        ("536870912", 512 << 20),
    ] {
        let judged = service(&format!("mem_limit: {amount}"), 0);
        assert_eq!(judged.setting("a", "memory").as_u64(), Some(bytes), "{amount}");
    }
    service("mem_limit: 512", 1).has("memory-below-minimum compose.yaml:4");
    service("mem_limit: 0", 0).has("missing-memory-limit compose.yaml");
    service("mem_limit: -1", 1).has("memory-below-minimum compose.yaml:4");
    service("mem_limit: 9999999999999999g", 1);
}

#[test]
fn sibling_43_more_amounts_of_memory() {
    for amount in [
        "''",
        "' '",
        "1x",
        "1kk",
        "0x10",
        "1_000",
        "'1,5g'",
        "NaN",
        "inf",
        "[1]",
        "18446744073709551616",
        "'-0'",
        "99999999999999999999999999999999999999g",
        "\u{ff11}g",
        "1e400",
    ] {
        let scene = Scene::new(&[(
            "compose.yaml",
            &format!("services:\n  a:\n    image: x:1\n    mem_limit: {amount}\n    FOO: x\n"),
        )]);
        scene.judge(1).has("unknown-compose-key compose.yaml:5");
    }
    service("shm_size: 9999999999999999g", 1);
    service("memswap_limit: 9999999999999999g", 1);
    service("deploy: {resources: {limits: {memory: 9999999999999999g}}}", 1);
    service(
        "deploy: {replicas: 9223372036854775807}\n    mem_limit: 9223372036854775807",
        0,
    );
}

#[test]
fn row_44_amounts_of_cpus() {
    service("cpus: .5", 0);
    for amount in ["'0,5'", "NaN", "inf", ".nan", ".inf", "'1e400'"] {
        let scene = Scene::new(&[(
            "compose.yaml",
            &format!("services:\n  a:\n    image: x:1\n    cpus: {amount}\n    FOO: x\n"),
        )]);
        scene.judge(1).has("unknown-compose-key compose.yaml:5");
    }
    service("pids_limit: -1", 0).has("missing-pids-limit compose.yaml");
}

#[test]
fn sibling_44_more_amounts() {
    for settings in [
        "cpus: -1",
        "cpus: 1e-400",
        "cpus: 99999999999999999999",
        "cpu_quota: -9223372036854775808",
        "cpu_period: 18446744073709551616",
        "cpu_shares: 99999999999999999999",
        "pids_limit: 99999999999999999999",
        "pids_limit: 1.5",
        "pids_limit: 'x'",
        "oom_score_adj: 99999",
        "ulimits: {nofile: 99999999999999999999}",
        "ulimits: {nofile: {soft: -5, hard: .nan}}",
        "stop_grace_period: 99999999999h",
        "healthcheck: {test: x, interval: 1e300s, retries: 99999999999999999999}",
        "ports: ['99999999999:80']",
        "ports: [{target: 1e99}]",
        "blkio_config: {weight: 99999999999999999999}",
        "deploy: {replicas: -5}",
        "deploy: {replicas: 1e99}",
        "logging: {driver: json-file, options: {max-size: 9999999999999999g, max-file: '99999999999999999999'}}",
    ] {
        let scene = Scene::new(&[(
            "compose.yaml",
            &format!("services:\n  a:\n    image: x:1\n    {settings}\n    FOO: x\n"),
        )]);
        scene.judge(1).has("unknown-compose-key compose.yaml:5");
    }
}

//! What the rules claim about the engine, as Compose files: one that the rule finds something in, one that it does not, and how
//! the engine shows the difference. `IMAGE` is an image from scratch with busybox in it, which sleeps.

/// How the engine shows that a rule is right.
pub(crate) enum Proof {
    /// `up` fails with these words for the first file, and works for the second.
    Refused(&'static str),
    /// `docker inspect` of the container of service `a` prints the first for the failing file, the second for the passing one.
    Inspected(&'static str, &'static str, &'static str),
    /// A command in the container of service `a` prints something that holds the first, or the second.
    Printed(&'static [&'static str], &'static str, &'static str),
    /// `up` works for both, without a word about the setting: that is what the rule warns of.
    Taken,
}

/// A rule, a failing file, a passing file, the proof.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) passes: &'static str,
    pub(crate) proof: Proof,
}

const fn case(rule: &'static str, fails: &'static str, passes: &'static str, proof: Proof) -> Case {
    Case {
        rule,
        fails,
        passes,
        proof,
    }
}

const STATUS: &[&str] = &["/bin/busybox", "cat", "/proc/self/status"];
const MOUNTS: &[&str] = &["/bin/busybox", "cat", "/proc/mounts"];
const REACH: &[&str] = &[
    "/bin/busybox",
    "sh",
    "-c",
    "if busybox nc -w 2 b 90 </dev/null; then echo reached; else echo lost; fi",
];
const VARIABLES: &[&str] = &["/bin/busybox", "env"];

use Proof::{Inspected, Printed, Refused, Taken};

pub(crate) const CASES: &[Case] = &[
    case(
        "invalid-log-option",
        "services:\n  a: {image: IMAGE, logging: {driver: json-file, options: {max_size: 10m}}}\n",
        "services:\n  a: {image: IMAGE, logging: {driver: json-file, options: {max-size: 10m}}}\n",
        Refused("unknown log opt 'max_size' for json-file log driver"),
    ),
    case(
        "invalid-log-option",
        "services:\n  a: {image: IMAGE, logging: {driver: json-file, options: {max-size: 1m, compress: 'true'}}}\n",
        "services:\n  a: {image: IMAGE, logging: {driver: json-file, options: {max-size: 1m, max-file: '2', compress: 'true'}}}\n",
        Refused("compress cannot be true when max-file is less than 2 or max-size is not set"),
    ),
    case(
        "invalid-mount",
        "services:\n  a: {image: IMAGE, tmpfs: ['/t:64m']}\n",
        "services:\n  a: {image: IMAGE, tmpfs: ['/t:size=64m']}\n",
        Refused("invalid tmpfs option [\"64m\"]"),
    ),
    case(
        "invalid-mount",
        "services:\n  a: {image: IMAGE, volumes: [{type: tmpfs, source: x, target: /t}]}\n",
        "services:\n  a: {image: IMAGE, volumes: [{type: tmpfs, target: /t}]}\n",
        Refused("field Source must not be specified"),
    ),
    case(
        "invalid-static-address",
        "services:\n  a: {image: IMAGE, networks: {n: {ipv4_address: 172.31.77.10}}}\nnetworks: {n: {ipam: {config: [{subnet: 172.31.76.0/24}]}}}\n",
        "services:\n  a: {image: IMAGE, networks: {n: {ipv4_address: 172.31.76.10}}}\nnetworks: {n: {ipam: {config: [{subnet: 172.31.76.0/24}]}}}\n",
        Refused("does not belong to any of this network's subnets"),
    ),
    case(
        "invalid-static-address",
        "services:\n  a: {image: IMAGE, networks: {n: {ipv4_address: 172.31.78.1}}}\nnetworks: {n: {ipam: {config: [{subnet: 172.31.78.0/24}]}}}\n",
        "services:\n  a: {image: IMAGE, networks: {n: {ipv4_address: 172.31.78.2}}}\nnetworks: {n: {ipam: {config: [{subnet: 172.31.78.0/24}]}}}\n",
        Refused("Address already in use"),
    ),
    case(
        "invalid-engine-value",
        "services:\n  a: {image: IMAGE, stop_signal: SIGFOO}\n",
        "services:\n  a: {image: IMAGE, stop_signal: SIGKILL}\n",
        Refused("Invalid signal: SIGFOO"),
    ),
    case(
        "invalid-engine-value",
        "services:\n  a: {image: IMAGE, dns: [dns.google]}\n",
        "services:\n  a: {image: IMAGE, dns: [8.8.8.8]}\n",
        Refused("invalid DNS address"),
    ),
    case(
        "invalid-engine-value",
        "services:\n  a: {image: IMAGE, ulimits: {open_files: 1024}}\n",
        "services:\n  a: {image: IMAGE, ulimits: {nofile: 1024}}\n",
        Refused("wrong rlimit value"),
    ),
    case(
        "decimal-file-mode",
        "services:\n  a: {image: IMAGE, volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 1777}}]}\n",
        "services:\n  a: {image: IMAGE, volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0o1777}}]}\n",
        Printed(&["/bin/busybox", "stat", "-c", "%a", "/t"], "3361", "1777"),
    ),
    case(
        "missing-bind-source",
        "services:\n  a: {image: IMAGE, volumes: ['./gone.conf:/x.conf']}\n",
        "services:\n  a: {image: IMAGE, volumes: ['./compose.yaml:/x.conf']}\n",
        Printed(
            &["/bin/busybox", "stat", "-c", "%F", "/x.conf"],
            "directory",
            "regular file",
        ),
    ),
    case(
        "unsupported-external-secret",
        "services:\n  a: {image: IMAGE, secrets: [s]}\nsecrets: {s: {external: true}}\n",
        "services:\n  a: {image: IMAGE, secrets: [s]}\nsecrets: {s: {file: ./compose.yaml}}\n",
        Refused("unsupported external secret"),
    ),
    case(
        "invalid-image-reference",
        "services:\n  a: {image: 'Foo:1'}\n",
        "services:\n  a: {image: IMAGE}\n",
        Refused("repository name must be lowercase"),
    ),
    case(
        "conflicting-network-mode",
        "services:\n  a: {image: IMAGE, network_mode: 'service:b', extra_hosts: ['h:1.1.1.1']}\n  b: {image: IMAGE}\n",
        "services:\n  a: {image: IMAGE, network_mode: 'service:b'}\n  b: {image: IMAGE}\n",
        Refused("custom host-to-IP mapping and the network mode"),
    ),
    case(
        "duplicated-host-port",
        "services:\n  a: {image: IMAGE, ports: ['127.0.0.1:38071:80', '38071:80']}\n",
        "services:\n  a: {image: IMAGE, ports: ['127.0.0.1:38072:80']}\n",
        Refused("driver failed programming external connectivity"),
    ),
    case(
        "conflicting-cpu-settings",
        "services:\n  a: {image: IMAGE, cpus: 0.5, cpu_quota: 25000}\n",
        "services:\n  a: {image: IMAGE, cpus: 0.5}\n",
        Refused("Nano CPUs and CPU Quota cannot both be set"),
    ),
    case(
        "conflicting-cpu-settings",
        "services:\n  a: {image: IMAGE, cpus: 0.5, cpu_period: 50000}\n",
        "services:\n  a: {image: IMAGE, cpu_quota: 25000, cpu_period: 50000}\n",
        Refused("Nano CPUs and CPU Period cannot both be set"),
    ),
    case(
        "memory-below-minimum",
        "services:\n  a: {image: IMAGE, mem_limit: 4m}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 8m}\n",
        Refused("Minimum memory limit allowed is 6MB"),
    ),
    case(
        "swap-below-memory",
        "services:\n  a: {image: IMAGE, mem_limit: 64m, memswap_limit: 32m}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 64m, memswap_limit: 64m}\n",
        Refused("Minimum memoryswap limit should be larger than memory limit"),
    ),
    case(
        "swap-without-memory",
        "services:\n  a: {image: IMAGE, memswap_limit: 64m}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 64m, memswap_limit: 64m}\n",
        Refused("You should always set the Memory limit when using Memoryswap limit"),
    ),
    case(
        "reservation-above-limit",
        "services:\n  a: {image: IMAGE, mem_limit: 64m, mem_reservation: 128m}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 64m, mem_reservation: 32m}\n",
        Refused("Minimum memory limit can not be less than memory reservation limit"),
    ),
    case(
        "ulimit-soft-above-hard",
        "services:\n  a: {image: IMAGE, ulimits: {nofile: {soft: 2000, hard: 1000}}}\n",
        "services:\n  a: {image: IMAGE, ulimits: {nofile: {soft: 1000, hard: 1000}}}\n",
        Refused("rlimit"),
    ),
    case(
        "unknown-capability",
        "services:\n  a: {image: IMAGE, cap_add: [NET_ADMN]}\n",
        "services:\n  a: {image: IMAGE, cap_drop: [CHOWN]}\n",
        Refused("unknown capability"),
    ),
    case(
        "unknown-security-option",
        "services:\n  a: {image: IMAGE, security_opt: [\"no-new-privilege:true\"]}\n",
        "services:\n  a: {image: IMAGE, security_opt: [\"no-new-privileges:true\"]}\n",
        Refused("nvalid --security-opt"),
    ),
    case(
        "invalid-restart-policy",
        "services:\n  a: {image: IMAGE, restart: unless-stop}\n",
        "services:\n  a: {image: IMAGE, restart: unless-stopped}\n",
        Refused("invalid restart policy"),
    ),
    case(
        "invalid-restart-policy",
        "services:\n  a: {image: IMAGE, restart: \"always:3\"}\n",
        "services:\n  a: {image: IMAGE, restart: \"on-failure:3\"}\n",
        Refused("maximum ret"),
    ),
    case(
        "invalid-size",
        "services:\n  a: {image: IMAGE, tmpfs: [\"/t:size=50MB\"]}\n",
        "services:\n  a: {image: IMAGE, tmpfs: [\"/t:size=50m\"]}\n",
        Refused("invalid"),
    ),
    case(
        "invalid-subnet",
        "services:\n  a: {image: IMAGE, networks: [n]}\nnetworks:\n  n: {ipam: {config: [{subnet: 10.201.5.0/24, gateway: 10.202.0.1}]}}\n",
        "services:\n  a: {image: IMAGE, networks: [n]}\nnetworks:\n  n: {ipam: {config: [{subnet: 10.201.5.0/24, gateway: 10.201.5.1}]}}\n",
        // From engine 28 on: "no matching subnet for gateway".
        Refused("gateway"),
    ),
    case(
        "overlapping-subnets",
        "services:\n  a: {image: IMAGE, networks: [m, n]}\nnetworks:\n  m: {ipam: {config: [{subnet: 10.203.0.0/16}]}}\n  n: {ipam: {config: [{subnet: 10.203.5.0/24}]}}\n",
        "services:\n  a: {image: IMAGE, networks: [m, n]}\nnetworks:\n  m: {ipam: {config: [{subnet: 10.204.0.0/24}]}}\n  n: {ipam: {config: [{subnet: 10.204.5.0/24}]}}\n",
        Refused("Pool overlaps with other one on this address space"),
    ),
    case(
        "duplicated-host-port",
        "services:\n  a: {image: IMAGE, ports: [\"127.0.0.1:39471:80\"]}\n  b: {image: IMAGE, ports: [\"39471:90\"]}\n",
        "services:\n  a: {image: IMAGE, ports: [\"127.0.0.1:39471:80\"]}\n  b: {image: IMAGE, ports: [\"39472:90\"]}\n",
        // "port is already allocated", where the userland proxy does not come first.
        Refused("already"),
    ),
    case(
        "unsafe-sysctl",
        "services:\n  a: {image: IMAGE, sysctls: {vm.max_map_count: 262144}}\n",
        "services:\n  a: {image: IMAGE, sysctls: {net.core.somaxconn: 1024}}\n",
        Refused("sysctl"),
    ),
    case(
        "conflicting-network-mode",
        "services:\n  a: {image: IMAGE, network_mode: \"service:b\", ports: [\"39473:80\"]}\n  b: {image: IMAGE}\n",
        "services:\n  a: {image: IMAGE, network_mode: \"service:b\"}\n  b: {image: IMAGE, ports: [\"39473:80\"]}\n",
        Refused("conflicting options: port publishing and the container type network mode"),
    ),
    case(
        "conflicting-network-mode",
        "services:\n  a: {image: IMAGE, network_mode: host, ports: [\"39474:80\"]}\n",
        "services:\n  a: {image: IMAGE, ports: [\"39474:80\"]}\n",
        Inspected("{{len .NetworkSettings.Ports}}", "0", "1"),
    ),
    case(
        "conflicting-mounts",
        "services:\n  a: {image: IMAGE, tmpfs: [/x], volumes: [\"vol:/x\"]}\nvolumes: {vol: }\n",
        "services:\n  a: {image: IMAGE, tmpfs: [/x], volumes: [\"vol:/y\"]}\nvolumes: {vol: }\n",
        // Compose says it before the engine could.
        Refused("already mounted"),
    ),
    case(
        "invalid-mount",
        // One letter is a drive to Compose, and all of it the path in the container.
        "services:\n  a: {image: IMAGE, volumes: [\"v:/x\"]}\n",
        "services:\n  a: {image: IMAGE, volumes: [\"vol:/x\"]}\nvolumes: {vol: }\n",
        Refused("mount path must be absolute"),
    ),
    case(
        "wrong-compose-type",
        "services:\n  a: {image: IMAGE, container_name: \"plimsoll proof\"}\n",
        "services:\n  a: {image: IMAGE, container_name: plimsoll-proof}\n",
        Refused("Invalid container name"),
    ),
    case(
        "conflicting-mounts",
        "services:\n  a: {image: IMAGE, volumes: [\"one:/data\", \"two:/data\"]}\nvolumes: {one: , two: }\n",
        "services:\n  a: {image: IMAGE, volumes: [\"one:/data\", \"two:/other\"]}\nvolumes: {one: , two: }\n",
        Inspected("{{len .Mounts}}", "1", "2"),
    ),
    case(
        "reservation-above-limit",
        "services:\n  a: {image: IMAGE, deploy: {resources: {limits: {cpus: '0.5'}, reservations: {cpus: '1'}}}}\n",
        "services:\n  a: {image: IMAGE, deploy: {resources: {limits: {cpus: '0.5'}}}}\n",
        Taken,
    ),
    case(
        "unset-variable",
        "services:\n  a: {image: IMAGE, environment: {M: '${PLIMSOLL_NOBODY_SETS}'}}\n",
        "services:\n  a: {image: IMAGE, environment: {M: '${PLIMSOLL_NOBODY_SETS:-x}'}}\n",
        Inspected("{{index .Config.Env 0}}", "M=", "M=x"),
    ),
    case(
        "defeated-hardening",
        "services:\n  a: {image: IMAGE, cap_drop: [NET_RAW], cap_add: [NET_RAW]}\n",
        "services:\n  a: {image: IMAGE, cap_drop: [NET_RAW]}\n",
        Printed(STATUS, "CapEff:\t00000000a80425fb", "CapEff:\t00000000a80405fb"),
    ),
    case(
        "root-user",
        "services:\n  a: {image: IMAGE, user: '0'}\n",
        "services:\n  a: {image: IMAGE, user: '1000:1000'}\n",
        Printed(STATUS, "Uid:\t0", "Uid:\t1000"),
    ),
    case(
        "isolated-members",
        "services:\n  a: {image: IMAGE, depends_on: [b]}\n  b: {image: IMAGE, command: [/bin/busybox, nc, -ll, -p, '90', -e, /bin/busybox, 'true']}\n\
         networks:\n  default: {driver_opts: {com.docker.network.bridge.enable_icc: 'false'}}\n",
        "services:\n  a: {image: IMAGE, depends_on: [b]}\n  b: {image: IMAGE, command: [/bin/busybox, nc, -ll, -p, '90', -e, /bin/busybox, 'true']}\n",
        Printed(REACH, "lost", "reached"),
    ),
    case(
        "unknown-driver-option",
        "services:\n  a: {image: IMAGE}\nnetworks:\n  default: {driver_opts: {com.docker.network.bridge.enable_icc: maybe}}\n",
        "services:\n  a: {image: IMAGE}\nnetworks:\n  default: {driver_opts: {com.docker.network.bridge.enable_icc: \"true\"}}\n",
        Refused("failed to parse com.docker.network.bridge.enable_icc value"),
    ),
    case(
        "unknown-driver-option",
        "services:\n  a: {image: IMAGE}\nnetworks:\n  default: {driver_opts: {com.docker.network.bridge.enable_ic: \"false\"}}\n",
        "services:\n  a: {image: IMAGE}\nnetworks:\n  default: {driver_opts: {com.docker.network.bridge.enable_icc: \"true\"}}\n",
        Taken,
    ),
    case(
        "ignored-setting",
        "services:\n  a: {image: IMAGE, isolation: hyperv}\n",
        "services:\n  a: {image: IMAGE, isolation: default}\n",
        Refused("isolation"),
    ),
    case(
        "ignored-setting",
        "services:\n  a: {image: IMAGE, mem_limit: 1e8}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 100m}\n",
        Inspected("{{.HostConfig.Memory}}", "0", "104857600"),
    ),
    case(
        "ignored-setting",
        "services:\n  a: {image: IMAGE, command: /bin/busybox sleep 60 && /bin/busybox true}\n",
        "services:\n  a: {image: IMAGE, command: [/bin/busybox, sleep, \"61\"]}\n",
        Inspected("{{.Config.Cmd}}", "[/bin/busybox sleep 60]", "[/bin/busybox sleep 61]"),
    ),
    case(
        "ignored-setting",
        "services:\n  a: {image: IMAGE, cpu_count: 2}\n",
        "services:\n  a: {image: IMAGE, cpus: 2}\n",
        Inspected("{{.HostConfig.NanoCpus}}", "0", "2000000000"),
    ),
    case(
        "ignored-setting",
        "services:\n  a: {image: IMAGE, restart: always, deploy: {restart_policy: {condition: none}}}\n",
        "services:\n  a: {image: IMAGE, restart: always}\n",
        Inspected("{{.HostConfig.RestartPolicy.Name}}", "no", "always"),
    ),
    case(
        "unpublishable-port",
        "services:\n  a: {image: IMAGE, ports: [\"39475:80\"], networks: [n]}\nnetworks: {n: {internal: true}}\n",
        "services:\n  a: {image: IMAGE, ports: [\"39475:80\"], networks: [n, m]}\nnetworks: {n: {internal: true}, m: {}}\n",
        Inspected("{{len .NetworkSettings.Ports}}", "0", "1"),
    ),
    case(
        "repeated-environment-key",
        "services:\n  a: {image: IMAGE, environment: [\"SEED=1\", \"SEED=random\"]}\n",
        "services:\n  a: {image: IMAGE, environment: [\"SEED=1\"]}\n",
        Printed(VARIABLES, "SEED=random", "SEED=1"),
    ),
    case(
        "overridden-security-option",
        "services:\n  a: {image: IMAGE, security_opt: [\"no-new-privileges:true\", \"no-new-privileges:false\"]}\n",
        "services:\n  a: {image: IMAGE, security_opt: [\"no-new-privileges:true\"]}\n",
        Printed(STATUS, "NoNewPrivs:\t0", "NoNewPrivs:\t1"),
    ),
    case(
        "healthcheck-never-healthy",
        "services:\n  a: {image: IMAGE, depends_on: {b: {condition: service_healthy}}}\n  b: {image: IMAGE, healthcheck: {disable: true}}\n",
        "services:\n  a: {image: IMAGE, depends_on: {b: {condition: service_healthy}}}\n  b: {image: IMAGE, healthcheck: {test: [CMD, /bin/busybox, \"true\"], interval: 1s}}\n",
        Refused("has no healthcheck configured"),
    ),
    case(
        "healthcheck-never-healthy",
        "services:\n  a: {image: IMAGE, healthcheck: {test: NONE}}\n",
        "services:\n  a: {image: IMAGE, healthcheck: {test: [\"NONE\"]}}\n",
        Inspected("{{.Config.Healthcheck.Test}}", "[CMD-SHELL NONE]", "[NONE]"),
    ),
    case(
        "read-only-secret-conflict",
        "services:\n  a: {image: IMAGE, read_only: true, secrets: [s]}\nsecrets: {s: {environment: PATH}}\n",
        "services:\n  a: {image: IMAGE, secrets: [s]}\nsecrets: {s: {environment: PATH}}\n",
        Refused("read-only service"),
    ),
    // Not refused and not ignored: what the container then is.
    case(
        "ineffective-capability",
        "services:\n  a: {image: IMAGE, user: \"1000\", cap_add: [NET_ADMIN]}\n",
        "services:\n  a: {image: IMAGE, cap_add: [NET_ADMIN]}\n",
        Printed(STATUS, "CapEff:\t0000000000000000", "CapEff:\t00000000a80"),
    ),
    case(
        "capabilities-kept",
        "services:\n  a: {image: IMAGE}\n",
        "services:\n  a: {image: IMAGE, cap_drop: [ALL]}\n",
        Printed(STATUS, "CapBnd:\t00000000a80", "CapBnd:\t0000000000000000"),
    ),
    case(
        "privilege-escalation-allowed",
        "services:\n  a: {image: IMAGE}\n",
        "services:\n  a: {image: IMAGE, security_opt: [no-new-privileges]}\n",
        Printed(STATUS, "NoNewPrivs:\t0", "NoNewPrivs:\t1"),
    ),
    case(
        "confinement-disabled",
        "services:\n  a: {image: IMAGE, security_opt: [\"seccomp:unconfined\"]}\n",
        "services:\n  a: {image: IMAGE}\n",
        Printed(STATUS, "Seccomp:\t0", "Seccomp:\t2"),
    ),
    case(
        "tmpfs-without-size",
        "services:\n  a: {image: IMAGE, tmpfs: [/t]}\n",
        "services:\n  a: {image: IMAGE, tmpfs: [\"/t:size=16m\"]}\n",
        Printed(
            MOUNTS,
            "tmpfs /t tmpfs rw,nosuid,nodev,noexec,relatime 0 0",
            "size=16384k",
        ),
    ),
    case(
        "executable-tmpfs",
        "services:\n  a: {image: IMAGE, tmpfs: [\"/t:exec,size=16m\"]}\n",
        "services:\n  a: {image: IMAGE, tmpfs: [\"/t:size=16m\"]}\n",
        Printed(
            MOUNTS,
            "tmpfs /t tmpfs rw,nosuid,nodev,relatime",
            "tmpfs /t tmpfs rw,nosuid,nodev,noexec",
        ),
    ),
    case(
        "writable-root",
        "services:\n  a: {image: IMAGE}\n",
        "services:\n  a: {image: IMAGE, read_only: true}\n",
        Printed(MOUNTS, "overlay / overlay rw,", "overlay / overlay ro,"),
    ),
    case(
        "host-namespace",
        "services:\n  a: {image: IMAGE, network_mode: host}\n",
        "services:\n  a: {image: IMAGE}\n",
        Inspected("{{.HostConfig.NetworkMode.IsHost}}", "true", "false"),
    ),
    case(
        "missing-memory-limit",
        "services:\n  a: {image: IMAGE, mem_limit: 0}\n",
        "services:\n  a: {image: IMAGE, mem_limit: 8m}\n",
        Inspected("{{.HostConfig.Memory}}", "0", "8388608"),
    ),
    case(
        "missing-pids-limit",
        "services:\n  a: {image: IMAGE, pids_limit: -1}\n",
        "services:\n  a: {image: IMAGE, pids_limit: 20}\n",
        Inspected("{{.HostConfig.PidsLimit}}", "<nil>", "20"),
    ),
];

/// A Dockerfile whose container does not start, one whose container does, and the words of the engine.
pub(crate) struct Built {
    pub(crate) rule: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) passes: &'static str,
    pub(crate) words: &'static str,
}

pub(crate) const BUILT: &[Built] = &[
    Built {
        rule: "command-missing",
        fails: "FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT [\"/bin/serve\"]\n",
        passes: "FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT [\"/bin/busybox\", \"true\"]\n",
        words: "no such file or directory",
    },
    Built {
        rule: "command-missing",
        fails: "FROM scratch\nCOPY busybox /bin/busybox\nCOPY plain.sh /start\nENTRYPOINT [\"/start\"]\n",
        passes: "FROM scratch\nCOPY busybox /bin/busybox\nCOPY good.sh /start\nENTRYPOINT [\"/start\"]\n",
        words: "permission denied",
    },
    Built {
        rule: "command-missing",
        fails: "FROM scratch\nCOPY busybox /bin/busybox\nCOPY bare.sh /start\nENTRYPOINT [\"/start\"]\n",
        passes: "FROM scratch\nCOPY busybox /bin/busybox\nCOPY good.sh /start\nENTRYPOINT [\"/start\"]\n",
        words: "exec format error",
    },
    Built {
        rule: "shell-missing",
        fails: "FROM scratch\nCOPY busybox /bin/busybox\nCMD /bin/busybox true\n",
        passes: "FROM scratch\nCOPY busybox /bin/busybox\nCMD [\"/bin/busybox\", \"true\"]\n",
        words: "/bin/sh",
    },
    Built {
        rule: "unknown-user",
        fails: "FROM scratch\nCOPY busybox /bin/busybox\nUSER app\nCMD [\"/bin/busybox\", \"true\"]\n",
        passes: "FROM scratch\nCOPY busybox /bin/busybox\nUSER 1000:1000\nCMD [\"/bin/busybox\", \"true\"]\n",
        words: "unable to find user app",
    },
];

//! The type that Compose gives to a string at some places.

/// The type that Compose gives to a string at some places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    Int,
    Float,
    Bool,
}

impl Cast {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Cast::Int => "an integer",
            Cast::Float => "a number",
            Cast::Bool => "true or false",
        }
    }
}

/// What a text says where Compose wants a truth value (compose-go `loader/mapstructure.go`).
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The cast at a path: those of compose-go's `loader/interpolate.go`, `interpolateTypeCastMapping`, and the texts that its schema takes for
/// a truth value and that become one when the model is filled (`loader/mapstructure.go`, `cast`).
pub(crate) fn cast(keys: &[&str]) -> Option<Cast> {
    match keys {
        ["services", _, rest @ ..] => match rest {
            [
                "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"
                | "oom_score_adj" | "pids_limit" | "scale",
            ]
            | ["deploy", "replicas"]
            | ["deploy", "update_config" | "rollback_config", "parallelism"]
            | ["deploy", "restart_policy", "max_attempts"]
            | ["deploy", "placement", "max_replicas_per_node"]
            | ["healthcheck", "retries"]
            | ["ports", "[]", "target"]
            | ["ulimits", _]
            | ["ulimits", _, "hard" | "soft"] => Some(Cast::Int),
            ["cpus" | "cpu_percent"] | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => {
                Some(Cast::Float)
            }
            ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
            | ["depends_on", _, "required" | "restart"]
            | ["healthcheck", "disable"]
            | ["attach"]
            | ["build", "no_cache" | "privileged" | "pull"]
            | ["env_file", "[]", "required"]
            | ["post_start" | "pre_start" | "pre_stop", "[]", "privileged"]
            | ["develop", "watch", "[]", "exec", "privileged"]
            | ["volumes", "[]", "bind", "create_host_path"]
            | ["volumes", "[]", "read_only"]
            | ["volumes", "[]", "volume", "nocopy"] => Some(Cast::Bool),
            _ => None,
        },
        [
            "networks",
            _,
            "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6",
        ]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Cast::Bool),
        _ => None,
    }
}

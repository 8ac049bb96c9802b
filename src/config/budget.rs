//! The budgets, a row each. A budget is one row: the profiles, the reader of `plimsoll.yaml`, the comparison of policies, `--show`,
//! the table of `docs/budgets.md` and `docs/configuration.md` are loops over them.

use super::figure::Kind;
use crate::finding::{Basis, Measured};

/// The names of the built-in profiles.
pub(crate) const BUILT_IN: [&str; 5] = ["default", "translation", "filesystem", "database", "browser"];

/// A budget.
#[derive(Debug)]
pub struct Budget {
    /// What it is about, as Markdown: the first sentence without its full stop is its title.
    pub doc: &'static str,
    /// Its key in `plimsoll.yaml`, also the `quantity` of findings.
    pub key: &'static str,
    /// How its figures are written, read, shown and compared.
    pub kind: Kind,
    /// The unit of the figures of findings.
    pub unit: &'static str,
    /// The key of a container's values that `--show` puts it beside.
    pub setting: Option<&'static str>,
    /// The rules that look at it.
    pub rules: &'static [&'static str],
    /// The figures of [`BUILT_IN`] as `plimsoll.yaml` writes them; empty is none.
    pub figures: [&'static str; 5],
    /// A figure for the documentation.
    pub example: &'static str,
}

/// Makes a static of each row, and the table of them all.
macro_rules! budgets {
    ($($(#[doc = $doc:literal])+ $id:ident { $($field:ident: $value:expr),* $(,)? })+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) static $id: Budget = Budget { doc: concat!($($doc, "\n"),+), $($field: $value),* };
        )+

        /// Every budget, in the order of the documentation.
        pub(crate) static BUDGETS: &[&Budget] = &[$(&$id),+];
    };
}

const FEW: &str = "CHOWN SETGID SETUID";
const MORE: &str = "CHOWN SETGID SETUID DAC_OVERRIDE FOWNER";

budgets! {
    /// Unpacked image size.
    ///
    /// The bytes of all layers, worked out of the Dockerfile, or counted where the image is built. The figure of `default` counts
    /// only for images that are built here, and only with what is certain.
    IMAGE_SIZE {
        key: "image-size",
        kind: Kind::Size,
        unit: "bytes",
        setting: None,
        rules: &["image-size-above-budget", "image-size-near-budget"],
        figures: ["500 MB", "100 MB", "100 MB", "350 MB", "1.5 GB"],
        example: "80MB",
    }

    /// Compressed image size.
    ///
    /// What is pulled: the compressed layers of a built image.
    DOWNLOAD_SIZE {
        key: "download-size",
        kind: Kind::Size,
        unit: "bytes",
        setting: None,
        rules: &["download-size-above-budget"],
        figures: ["", "", "", "", ""],
        example: "40MB",
    }

    /// Image layers.
    ///
    /// One for each COPY, ADD and RUN of what ships, and at least one for a base image.
    IMAGE_LAYERS {
        key: "image-layers",
        kind: Kind::Count,
        unit: "layers",
        setting: None,
        rules: &["image-layers-above-budget"],
        figures: ["40", "20", "20", "30", "40"],
        example: "12",
    }

    /// Bytes that later layers delete or overwrite.
    ///
    /// A share of all bytes of a built image. With a size, both must be exceeded; without one the size is 10 MB.
    WASTE {
        key: "waste",
        kind: Kind::ShareAndSize,
        unit: "bytes",
        setting: None,
        rules: &["image-waste-above-budget"],
        figures: ["10% and 10 MB", "5%", "5%", "10%", "10%"],
        example: "5% and 20MB",
    }

    /// Growth of the image.
    ///
    /// A share of what was recorded with `--record`, or of what the files of the base make; or a size, which needs nothing but what
    /// changed.
    GROWTH {
        key: "growth",
        kind: Kind::ShareOrSize,
        unit: "bytes",
        setting: None,
        rules: &["image-growth-above-budget"],
        figures: ["", "10%", "10%", "10%", "10%"],
        example: "20MB",
    }

    /// Build context.
    ///
    /// What the builder has to read of it, after the ignore file.
    BUILD_CONTEXT {
        key: "build-context",
        kind: Kind::Size,
        unit: "bytes",
        setting: None,
        rules: &["build-context-above-budget"],
        figures: ["100 MB", "20 MB", "20 MB", "20 MB", "100 MB"],
        example: "5MB",
    }

    /// Memory limit.
    ///
    /// `mem_limit`, or its twin under `deploy`.
    MEMORY {
        key: "memory",
        kind: Kind::Size,
        unit: "bytes",
        setting: Some("memory"),
        rules: &["memory-limit-above-budget"],
        figures: ["", "128 MiB", "256 MiB", "512 MiB", "2 GiB"],
        example: "96MiB",
    }

    /// Memory reservation.
    ///
    /// `mem_reservation`, or its twin under `deploy`.
    MEMORY_RESERVATION {
        key: "memory-reservation",
        kind: Kind::Size,
        unit: "bytes",
        setting: Some("memory_reservation"),
        rules: &["reservation-above-budget"],
        figures: ["", "64 MiB", "128 MiB", "256 MiB", "1 GiB"],
        example: "48MiB",
    }

    /// CPU limit.
    ///
    /// `cpus`, its twin under `deploy`, or `cpu_quota` over `cpu_period`; also what is reserved.
    CPUS {
        key: "cpus",
        kind: Kind::Number,
        unit: "cpus",
        setting: Some("cpus"),
        rules: &["cpu-limit-above-budget", "reservation-above-budget"],
        figures: ["", "0.1", "0.15", "0.5", "2"],
        example: "0.25",
    }

    /// Process limit.
    ///
    /// `pids_limit`, or its twin under `deploy`. The kernel counts threads, too.
    PIDS {
        key: "pids",
        kind: Kind::Count,
        unit: "pids",
        setting: Some("pids"),
        rules: &["pids-limit-above-budget"],
        figures: ["", "20", "30", "100", "300"],
        example: "40",
    }

    /// Memory and swap, times memory.
    ///
    /// `memswap_limit` over the memory limit; the engine gives twice the memory where nothing is set.
    SWAP_FACTOR {
        key: "swap-factor",
        kind: Kind::Factor,
        unit: "times",
        setting: Some("swap"),
        rules: &["swap-above-budget"],
        figures: ["", "1.5", "1.5", "1.5", "1.5"],
        example: "1.25",
    }

    /// Open files.
    ///
    /// The soft and hard half of the ulimit `nofile`.
    NOFILE {
        key: "nofile",
        kind: Kind::SoftAndHard,
        unit: "files",
        setting: Some("ulimits"),
        rules: &["ulimit-above-budget", "missing-ulimit"],
        figures: ["", "256/512", "512/1024", "1024/4096", "4096/8192"],
        example: "512/1024",
    }

    /// File size.
    ///
    /// The ulimit `fsize`: no process may write a larger file.
    FSIZE {
        key: "fsize",
        kind: Kind::Size,
        unit: "bytes",
        setting: Some("ulimits"),
        rules: &["ulimit-above-budget", "missing-ulimit"],
        figures: ["", "100 MiB", "", "", ""],
        example: "10MiB",
    }

    /// Processes of the user.
    ///
    /// The ulimit `nproc`. It counts every process of that user on the host.
    NPROC {
        key: "nproc",
        kind: Kind::Count,
        unit: "processes",
        setting: Some("ulimits"),
        rules: &["ulimit-above-budget", "missing-ulimit"],
        figures: ["", "", "", "", ""],
        example: "64",
    }

    /// Log files.
    ///
    /// `max-size` times `max-file` times replicas, for the driver `json-file`.
    LOG_SIZE {
        key: "log-size",
        kind: Kind::Size,
        unit: "bytes",
        setting: Some("logging"),
        rules: &["log-above-budget"],
        figures: ["", "10 MB", "10 MB", "50 MB", "50 MB"],
        example: "20MB",
    }

    /// Capabilities that may be added.
    ///
    /// What `cap_add` may hold; `[]` is nothing.
    CAPABILITIES {
        key: "capabilities",
        kind: Kind::Capabilities,
        unit: "capabilities",
        setting: Some("cap_add"),
        rules: &["capability-above-budget", "dangerous-capability"],
        figures: ["", FEW, FEW, MORE, MORE],
        example: "[CHOWN, NET_BIND_SERVICE]",
    }

    /// Time until healthy.
    ///
    /// From a start to the first pass of the health check, in a record of `plimsoll usage`. Without one, whether the health check is
    /// probed often enough to tell is what is checked.
    START_UP {
        key: "start-up",
        kind: Kind::Time,
        unit: "seconds",
        setting: None,
        rules: &["slow-probe", "slow-start"],
        figures: ["", "10s", "10s", "30s", "15s"],
        example: "5s",
    }

    /// Response time of the health check.
    ///
    /// The median of what the engine logged, in a record of `plimsoll usage`, without the time to start the program where that was
    /// measured.
    RESPONSE_TIME {
        key: "response-time",
        kind: Kind::Time,
        unit: "seconds",
        setting: None,
        rules: &["slow-response"],
        figures: ["", "50ms", "", "", ""],
        example: "100ms",
    }

    /// CPU use at rest.
    ///
    /// A share of one core, in the quietest 10 seconds of a record of `plimsoll usage`.
    IDLE_CPU {
        key: "idle-cpu",
        kind: Kind::Share,
        unit: "share",
        setting: None,
        rules: &["idle-use-above-budget"],
        figures: ["", "10%", "10%", "10%", "20%"],
        example: "5%",
    }

    /// Memory use at rest.
    ///
    /// The working set in the quietest 10 seconds of a record of `plimsoll usage`.
    IDLE_MEMORY {
        key: "idle-memory",
        kind: Kind::Size,
        unit: "bytes",
        setting: None,
        rules: &["idle-use-above-budget"],
        figures: ["", "64 MiB", "128 MiB", "256 MiB", "1 GiB"],
        example: "32MiB",
    }
}

impl Budget {
    /// What it is about, in a few words: `memory limit`.
    pub(crate) fn title(&self) -> &'static str {
        self.doc.trim_start().split('.').next().unwrap_or(self.key)
    }

    /// Whether nothing but a record of running containers can be held against it.
    pub(crate) fn is_of_record(&self) -> bool {
        [&RESPONSE_TIME, &IDLE_CPU, &IDLE_MEMORY]
            .iter()
            .any(|budget| budget.key == self.key)
    }

    /// A figure against what this budget allows.
    pub(crate) fn measured(&self, actual: f64, allowed: f64, basis: Basis) -> Measured {
        Measured {
            quantity: self.key,
            actual,
            budget: allowed,
            unit: self.unit,
            basis,
        }
    }
}

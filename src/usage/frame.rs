//! What the engine says of a container at a time: a frame of `GET /containers/ID/stats` (Engine API), with either version of control
//! groups behind it.

use super::{Sample, time};
use serde::Deserialize;
use std::collections::HashMap;

/// A frame, as far as it is needed. Whatever is missing or null is not known.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Frame {
    read: String,
    cpu_stats: Cpu,
    memory_stats: Memory,
    pids_stats: Pids,
    networks: Option<HashMap<String, Interface>>,
    blkio_stats: Block,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cpu {
    cpu_usage: CpuUsage,
    throttling_data: Throttling,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CpuUsage {
    total_usage: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Throttling {
    periods: u64,
    throttled_periods: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Memory {
    usage: Option<u64>,
    stats: Option<HashMap<String, u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pids {
    current: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    rx_bytes: u64,
    tx_bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    io_service_bytes_recursive: Option<Vec<Operation>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Operation {
    op: String,
    value: u64,
}

impl Frame {
    /// The sample in it; `None` for a container that does not run, of which the engine tells nothing but zeros with the time 1.
    pub(crate) fn sample(&self) -> Option<Sample> {
        let at = time::millis(&self.read)?;
        let usage = self.memory_stats.usage?;
        let networks = self.networks.as_ref();
        let sum = |of: fn(&Interface) -> u64| Some(networks?.values().map(of).fold(0, u64::saturating_add));
        Some(Sample {
            at,
            cpu: Some(self.cpu_stats.cpu_usage.total_usage),
            cores: None,
            memory: Some(self.working_set(usage)),
            floor: self.floor(),
            pids: self.pids_stats.current,
            received: sum(|interface| interface.rx_bytes),
            sent: sum(|interface| interface.tx_bytes),
            read: self.moved("read"),
            written: self.moved("write"),
            periods: Some(self.cpu_stats.throttling_data.periods),
            throttled: Some(self.cpu_stats.throttling_data.throttled_periods),
        })
    }

    fn stat(&self, key: &str) -> Option<u64> {
        self.memory_stats.stats.as_ref()?.get(key).copied()
    }

    /// As the docker CLI has it (docker/cli `calculateMemUsageUnixNoCache`): version 1 has `total_inactive_file`, version 2
    /// `inactive_file`; one that is not below the usage is not taken off.
    fn working_set(&self, usage: u64) -> u64 {
        let inactive = self.stat("total_inactive_file").filter(|bytes| *bytes < usage);
        let inactive = inactive.or_else(|| self.stat("inactive_file").filter(|bytes| *bytes < usage));
        usage - inactive.unwrap_or(0)
    }

    /// What the kernel cannot drop. On version 1 shared memory and tmpfs are in the anonymous lists, on version 2 `anon` is without.
    fn floor(&self) -> Option<u64> {
        let sum = |keys: &[&str]| {
            let found: Vec<u64> = keys.iter().filter_map(|key| self.stat(key)).collect();
            let sum = found.iter().copied().fold(0, u64::saturating_add);
            (!found.is_empty()).then_some(sum)
        };
        match self.stat("total_active_anon") {
            Some(_) => sum(&["total_active_anon", "total_inactive_anon", "total_unevictable"]),
            None => sum(&["anon", "shmem"]),
        }
    }

    /// The bytes of an operation over all devices. Version 1 writes `Read` beside `Sync`, `Async` and `Total`, version 2 `read`.
    fn moved(&self, operation: &str) -> Option<u64> {
        let rows = self.blkio_stats.io_service_bytes_recursive.as_ref()?;
        let of = rows.iter().filter(|row| row.op.eq_ignore_ascii_case(operation));
        Some(of.map(|row| row.value).fold(0, u64::saturating_add))
    }
}

//! What EXPOSE takes (BuildKit `dockerfile2llb/convert_expose.go`).

/// Why the builder refuses a port, or `None` if it takes it: `[[ip:]host:]port[-port][/protocol]`.
pub(super) fn refused(port: &str) -> Option<String> {
    let mut parts = port.rsplitn(3, ':');
    let container = parts.next().unwrap_or("");
    let host = parts.next().unwrap_or("");
    let address = parts.next().unwrap_or("");
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    if !matches!(protocol.to_ascii_lowercase().as_str(), "" | "tcp" | "udp" | "sctp") {
        return Some(format!("{protocol} is not a protocol"));
    }
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
        return Some(format!("{address} is not an address"));
    }
    let Some(inside) = range(container) else {
        return Some(format!("{container} is not a port"));
    };
    if host.is_empty() {
        return None;
    }
    let Some(outside) = range(host) else {
        return Some(format!("{host} is not a port"));
    };
    // A range of host ports may stand for one port, but not for a range of another length.
    (inside != outside && inside != 0).then(|| format!("{host} and {container} are of different lengths"))
}

/// How many ports a range has beyond the first.
fn range(ports: &str) -> Option<u16> {
    let (start, end) = ports.split_once('-').unwrap_or((ports, ports));
    let start: u16 = start.parse().ok()?;
    let end: u16 = end.parse().ok()?;
    end.checked_sub(start)
}

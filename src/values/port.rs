//! Published ports: the short form of Compose, spread out.

use crate::failure::Failure;

/// One published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// The address on the host, if one is written.
    pub host_ip: Option<String>,
    /// The port on the host, or a range that one is taken from; `None` for any free one.
    pub published: Option<String>,
    /// The port in the container.
    pub target: u16,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
}

/// The ports of a short form `[[host_ip:]published:]target[/protocol]`, ranges spread out (docker/go-connections `nat`).
///
/// # Errors
/// What Compose refuses, as a phrase.
pub(crate) fn parse(text: &str) -> Result<Vec<Port>, Failure> {
    let (body, protocol) = match text.rsplit_once('/') {
        Some((body, protocol)) => (body, protocol.to_ascii_lowercase()),
        None => (text, "tcp".to_owned()),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(Failure::new(format!(
            "`{protocol}` is not a protocol: use tcp, udp or sctp"
        )));
    }
    let (host_ip, published, target) = split(body)?;
    if target.is_empty() {
        return Err(Failure::new("no container port is given"));
    }
    if let Some(address) = &host_ip
        && address.parse::<std::net::IpAddr>().is_err()
    {
        return Err(Failure::new(format!("`{address}` is not an IP address")));
    }
    let (first, last) = range(target)?;
    let count = last - first + 1;
    let published = published.filter(|published| !published.is_empty());
    let published_range = published.map(range).transpose()?;
    if let Some((from, to)) = published_range
        && to - from + 1 != count
        && count != 1
    {
        return Err(Failure::new("the host range and the container range differ in length"));
    }
    Ok((0..count)
        .map(|index| Port {
            host_ip: host_ip.clone(),
            published: published_range.map(|(from, to)| {
                if count == 1 && to > from {
                    format!("{from}-{to}")
                } else {
                    (from + index).to_string()
                }
            }),
            target: u16::try_from(first + index).unwrap_or(u16::MAX),
            protocol: protocol.clone(),
        })
        .collect())
}

/// Host address, host part and container part.
fn split(body: &str) -> Result<(Option<String>, Option<&str>, &str), Failure> {
    if let Some(rest) = body.strip_prefix('[') {
        let (address, rest) = rest
            .split_once(']')
            .ok_or_else(|| Failure::new("the bracket of the address is not closed"))?;
        let rest = rest
            .strip_prefix(':')
            .ok_or_else(|| Failure::new("a port must follow the address"))?;
        let (published, target) = rest.split_once(':').unwrap_or(("", rest));
        return Ok((Some(address.to_owned()), Some(published), target));
    }
    match body.rsplit_once(':') {
        None => Ok((None, None, body)),
        Some((front, target)) => match front.rsplit_once(':') {
            None => Ok((None, Some(front), target)),
            Some((address, published)) => Ok((
                Some(address.to_owned()).filter(|address| !address.is_empty()),
                Some(published),
                target,
            )),
        },
    }
}

fn range(text: &str) -> Result<(u32, u32), Failure> {
    let port = |text: &str| match text.parse::<u32>() {
        Ok(port) if port <= 65_535 => Ok(port),
        _ => Err(Failure::new(format!("`{text}` is not a port"))),
    };
    match text.split_once('-') {
        None => port(text).map(|port| (port, port)),
        Some((first, last)) => {
            let (first, last) = (port(first)?, port(last)?);
            if first > last {
                Err(Failure::new(format!("the range {first}-{last} runs backwards")))
            } else {
                Ok((first, last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Port {
        parse(text).unwrap().remove(0)
    }

    #[test]
    fn short_forms_are_read_as_compose_reads_them() {
        assert_eq!(
            one("80"),
            Port {
                host_ip: None,
                published: None,
                target: 80,
                protocol: "tcp".to_owned()
            }
        );
        assert_eq!(one("8080:80/udp").protocol, "udp");
        assert_eq!(one("127.0.0.1:8080:80").host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(one("127.0.0.1::80").published, None);
        assert_eq!(one("[::1]:8080:80").host_ip.as_deref(), Some("::1"));
        assert_eq!(one("8000-8010:80").published.as_deref(), Some("8000-8010"));
        assert_eq!(parse("3000-3002:4000-4002").unwrap().len(), 3);
        for text in [
            "",
            "70000:80",
            "x:80",
            "80/foo",
            "localhost:80:80",
            "1-2:1-3",
            "5-3",
            "80:",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

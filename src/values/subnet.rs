//! IP networks: `10.0.5.0/24`.

use std::net::IpAddr;

/// A network by its address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subnet {
    /// The address as it is written, host bits included.
    pub address: IpAddr,
    /// The length of the prefix.
    pub prefix: u32,
}

impl Subnet {
    /// A network as it is written; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.trim().split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok()?;
        (prefix <= width(address)).then_some(Self { address, prefix })
    }

    /// The same network without host bits.
    pub(crate) fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Self { address, ..self }
    }

    /// Whether an address belongs to it.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let other = Self {
            address,
            prefix: self.prefix,
        };
        width(address) == width(self.address) && other.network() == self.network()
    }

    /// Whether it shares an address with another one.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let narrow = Self {
            prefix: self.prefix.min(other.prefix),
            ..self
        };
        width(self.address) == width(other.address) && narrow.contains(other.address)
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::Subnet;

    #[test]
    fn networks_overlap_where_they_share_an_address() {
        let net = |text: &str| Subnet::parse(text).unwrap();
        assert!(net("10.0.0.0/16").overlaps(net("10.0.5.0/24")));
        assert!(net("10.0.5.0/24").overlaps(net("10.0.0.0/16")));
        assert!(!net("10.0.4.0/24").overlaps(net("10.0.5.0/24")));
        assert!(!net("10.0.4.0/24").overlaps(net("fd00::/8")));
        assert!(net("0.0.0.0/0").overlaps(net("10.0.5.0/24")));
        assert_eq!(net("10.0.5.7/24").network().to_string(), "10.0.5.0/24");
        assert!(net("fd00::/64").contains("fd00::1".parse().unwrap()));
        assert!(Subnet::parse("10.0.0.0/33").is_none() && Subnet::parse("10.0.0.0").is_none());
    }
}

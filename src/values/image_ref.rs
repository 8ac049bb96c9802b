//! Image references.

mod moving;

/// The official images with a dash in their name (docker-library/official-images `library/`).
const OFFICIAL_WITH_DASH: [&str; 13] = [
    "api-firewall",
    "azul-zulu",
    "buildpack-deps",
    "eclipse-mosquitto",
    "eclipse-temurin",
    "hello-world",
    "ibm-semeru-runtimes",
    "mongo-express",
    "open-liberty",
    "php-zendserver",
    "r-base",
    "rakudo-star",
    "websphere-liberty",
];

/// An image reference in its parts, as written (distribution/reference): nothing is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageRef {
    /// The registry host with its port, if one is written.
    pub registry: Option<String>,
    /// The name without the registry: `library/nginx`, `nginx`, `acme/api`.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest with its algorithm.
    pub digest: Option<String>,
}

impl ImageRef {
    /// The parts of `text`. Nothing is checked: what cannot be a reference comes back as a name.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let last_part = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest.get(last_part..).and_then(|last| last.find(':')) {
            Some(colon) => {
                let at = last_part + colon;
                (rest.get(..at).unwrap_or(rest), rest.get(at + 1..).map(str::to_owned))
            }
            None => (rest, None),
        };
        let (registry, name) = match path.split_once('/') {
            Some((first, name)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first.to_owned()), name.to_owned())
            }
            _ => (None, path.to_owned()),
        };
        Self {
            registry,
            name,
            tag,
            digest,
        }
    }

    /// Whether it reads as the name of an image that somebody builds beside this one: no registry, owner or tag, and a dash, which
    /// few official images have.
    pub(crate) fn looks_local(&self) -> bool {
        let is_bare =
            self.registry.is_none() && self.tag.is_none() && self.digest.is_none() && !self.name.contains('/');
        is_bare && self.name.contains(['-', '_']) && !OFFICIAL_WITH_DASH.contains(&self.name.as_str())
    }

    /// Whether it is an image of this owner: the first part of its name, or a part of its registry's host, is theirs.
    pub(crate) fn belongs_to(&self, owner: &str) -> bool {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
        let owner = plain(owner);
        // An official image may be theirs as well: that of Kong is `kong`.
        let namespace = self
            .name
            .split_once('/')
            .map(|(namespace, _)| namespace)
            .or(self.official());
        let hosts = self.registry.iter().flat_map(|registry| registry.split(['.', ':']));
        // `acmeinc/api` of `acmeinc-labs`: short names begin many others.
        let is_alike =
            |part: &str| part.len() > 6 && owner.len() > 6 && (owner.starts_with(part) || part.starts_with(&owner));
        let is_own = |part: &str| plain(part) == owner || self.official().is_none() && is_alike(&plain(part));
        // `registry.acmecorp.com` of `Acme`.
        let is_company = |part: &str| {
            let part = plain(part);
            let rest = part.strip_prefix(owner.as_str()).filter(|_| owner.len() > 3);
            rest.is_some_and(|rest| ["cloud", "corp", "hq", "inc", "labs", "org"].contains(&rest))
        };
        hosts.clone().any(is_company) || namespace.into_iter().chain(hosts).any(is_own)
    }

    /// The last part of the name.
    pub(crate) fn last(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Whether somebody publishes it under the name of a repository: `bellamy/wallos` is what `ellite/Wallos` makes, and
    /// `x/shop-worker` what `acme/docker-shop` does.
    pub(crate) fn is_named_like(&self, repository: &str) -> bool {
        let plain = |text: &str| text.to_lowercase().replace('_', "-");
        let own = plain(repository);
        let own = own.strip_prefix("docker-").unwrap_or(&own);
        let own = own.strip_suffix("-docker").unwrap_or(own);
        let last = plain(self.last());
        let rest = last.strip_prefix(own);
        self.official().is_none() && own.len() > 3 && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// The short name of an official image (`docker.io/library/nginx:1` is `nginx`); `None` for any other. Two registries keep
    /// copies of all of them: `mirror.gcr.io/library/` and `public.ecr.aws/docker/library/`; the folder `amd64/` of Docker Hub holds
    /// those of that platform. Amazon's and Elastic's are published by their makers as well.
    pub(crate) fn official(&self) -> Option<&str> {
        let name = match self.registry.as_deref() {
            None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {
                let folders = ["library/", "amd64/"];
                let inside = folders.iter().find_map(|folder| self.name.strip_prefix(folder));
                inside.unwrap_or(&self.name)
            }
            Some("mirror.gcr.io") => self.name.strip_prefix("library/")?,
            Some("public.ecr.aws") => match self.name.as_str() {
                "amazonlinux/amazonlinux" => "amazonlinux",
                name => name.strip_prefix("docker/library/")?,
            },
            Some("docker.elastic.co") => match self.name.split_once('/')? {
                (folder @ ("elasticsearch" | "kibana" | "logstash"), name) if name == folder => folder,
                _ => return None,
            },
            Some(_) => return None,
        };
        (!name.contains('/')).then_some(name)
    }

    /// The name with its registry; without one for Docker Hub: `acme/api`, `ghcr.io/acme/api`.
    pub(crate) fn path(&self) -> String {
        match self.registry.as_deref() {
            None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => self.name.clone(),
            Some("mirror.gcr.io") if self.name.contains('/') => self.name.clone(),
            Some(registry) => format!("{registry}/{}", self.name),
        }
    }
}

/// Why a text is no image reference, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong with it: `the name must be lower case`.
    pub(crate) why: String,
    /// What to write.
    pub(crate) help: String,
}

/// Why BuildKit, Compose and the engine refuse `text` as an image reference; `None` if they take it
/// (distribution/reference `normalize.go`, `ParseNormalizedNamed`; opencontainers/go-digest `Validate`).
pub(crate) fn refusal(text: &str) -> Option<Refusal> {
    let refuse = |why: &str, help: String| {
        Some(Refusal {
            why: why.to_owned(),
            help,
        })
    };
    if let Some((scheme, rest)) = text.split_once("://") {
        let rest = rest.trim_matches('/');
        return refuse("it is a URL", format!("remove `{scheme}://`: write `{rest}`"));
    }
    if text.contains(char::is_whitespace) {
        return refuse(
            "it has a blank",
            "write the reference without blanks around or inside".to_owned(),
        );
    }
    if text.len() == 64 && text.bytes().all(is_lower_hex) {
        return refuse(
            "64 hex digits are the ID of an image",
            "write the name of the image".to_owned(),
        );
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let (host, path) = split_host(rest);
    let (name, tag) = match path.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (path, None),
    };
    let named = format!("{}{name}", host.map(|host| format!("{host}/")).unwrap_or_default());
    if name.contains(|letter: char| letter.is_uppercase()) {
        let tail = text.get(named.len()..).unwrap_or("");
        let help = format!("write `{}{tail}`", named.to_lowercase());
        return refuse("the name must be lower case", help);
    }
    if named.split('/').any(str::is_empty) {
        return refuse(
            "a part of the name is empty",
            "write a name between the slashes".to_owned(),
        );
    }
    let is_host = |host: &str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    if !name.split('/').all(is_component) || !host.is_none_or(is_host) || named.len() > 255 {
        let help = "use lower-case letters and digits, joined by one `.`, `_`, `__` or dashes".to_owned();
        return refuse("it is not a name of an image", help);
    }
    match tag {
        Some("") => {
            return refuse(
                "its tag is empty",
                format!("write a tag behind `{named}:`, or remove the colon"),
            );
        }
        Some(tag) if tag.contains(':') => return refuse("it has two tags", format!("write `{named}:TAG`")),
        Some(tag) if !is_tag(tag) => {
            let help = "use letters, digits, `_`, `.` and `-`, and begin with a letter, a digit or `_`".to_owned();
            return refuse(&format!("`{tag}` is not a tag"), help);
        }
        _ => {}
    }
    let digest = digest.filter(|digest| !is_digest(digest))?;
    let help = "a digest is `sha256:` and 64 hex digits in lower case".to_owned();
    refuse(&format!("`{digest}` is not a digest"), help)
}

/// The registry's host and the rest. A first part with a dot, a colon or upper case is a host.
fn split_host(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        _ => (None, text),
    }
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let joints = text.split(is_plain).filter(|joint| !joint.is_empty());
    text.starts_with(is_plain)
        && text.ends_with(is_plain)
        && joints
            .into_iter()
            .all(|joint| matches!(joint, "." | "_" | "__") || joint.bytes().all(|byte| byte == b'-'))
}

fn is_tag(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.len() <= 128
        && text.starts_with(is_word)
        && text
            .chars()
            .all(|letter| is_word(letter) || matches!(letter, '.' | '-'))
}

/// Whether a text is a digest: `sha256:` and 64 hex digits, or one of its longer kinds.
pub(crate) fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = text.split_once(':').map_or("", |(_, hex)| hex);
    hex.len() == length && hex.bytes().all(is_lower_hex)
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{ImageRef, refusal};

    #[test]
    fn references_fall_into_their_parts() {
        let image = ImageRef::parse("ghcr.io:443/acme/api:1.2@sha256:ab");
        assert_eq!(image.registry.as_deref(), Some("ghcr.io:443"));
        assert_eq!(image.name, "acme/api");
        assert_eq!(image.tag.as_deref(), Some("1.2"));
        assert_eq!(image.digest.as_deref(), Some("sha256:ab"));
        assert_eq!(ImageRef::parse("localhost:5000/x").tag, None);
        assert_eq!(ImageRef::parse("docker.io/library/nginx:1").official(), Some("nginx"));
        assert_eq!(ImageRef::parse("acme/nginx:1").official(), None);
        assert_eq!(ImageRef::parse("quay.io/nginx:1").official(), None);
        for (text, official) in [
            ("amd64/alpine:3.22", Some("alpine")),
            ("docker.io/amd64/alpine", Some("alpine")),
            ("arm64v8/alpine:3.22", None),
            ("amd64/acme/alpine", None),
            ("mirror.gcr.io/amd64/alpine", None),
            ("public.ecr.aws/amazonlinux/amazonlinux:2023", Some("amazonlinux")),
            ("public.ecr.aws/amazonlinux/other", None),
            ("docker.elastic.co/kibana/kibana:9.1.2", Some("kibana")),
            ("docker.elastic.co/beats/filebeat:9.1.2", None),
            ("docker.elastic.co/kibana:9.1.2", None),
        ] {
            assert_eq!(ImageRef::parse(text).official(), official, "{text}");
        }
    }

    #[test]
    fn what_the_builder_refuses_is_refused() {
        // Each was tried with BuildKit (dockerd 20.10) as FROM, and with Compose 5.6.1 as `image`.
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            "alpine",
            "GHCR.io/acme/app:1",
            "a--b",
            "a__b/c.d:1_2.3-4",
            "localhost:5000/x",
            "registry.example.org:5000/a/b:1",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
        assert_eq!(refusal(&format!("a:b@sha256:{hex}")), None);
        for (text, why) in [
            ("Ubuntu:22.04", "the name must be lower case"),
            ("ghcr.io/Acme/App:1.0", "the name must be lower case"),
            ("Acme/app:1", "the name must be lower case"),
            ("localhost/App", "the name must be lower case"),
            ("a:b:c", "it has two tags"),
            ("host:5000/a:b:c", "it has two tags"),
            ("https://ghcr.io/a/b", "it is a URL"),
            ("alpine:", "its tag is empty"),
            ("ghcr.io/a/", "a part of the name is empty"),
            ("/app:1", "a part of the name is empty"),
            ("", "a part of the name is empty"),
            ("a..b", "it is not a name of an image"),
            ("a___b", "it is not a name of an image"),
            ("-a", "it is not a name of an image"),
            ("a:-b", "`-b` is not a tag"),
            ("a@sha256:abc", "`sha256:abc` is not a digest"),
            ("alpine:3 # c", "it has a blank"),
            (&hex, "64 hex digits are the ID of an image"),
        ] {
            assert_eq!(refusal(text).map(|refusal| refusal.why).as_deref(), Some(why), "{text}");
        }
        assert_eq!(
            refusal("ghcr.io/Acme/App:Rc1").map(|refusal| refusal.help).as_deref(),
            Some("write `ghcr.io/acme/app:Rc1`")
        );
    }
}

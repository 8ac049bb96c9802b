//! What a file may hold by its name, and what it holds.

use crate::redact;
use crate::values::path::name;

/// Where programs keep their logins: the end of the path, the settings that hold one, and what it is.
const LOGINS: [(&str, &[&str], &str); 22] = [
    (".npmrc", NPM, "a token"),
    (".yarnrc.yml", NPM, "a token"),
    (".netrc", &["password "], "a password"),
    ("_netrc", &["password "], "a password"),
    (".pypirc", &["password"], "a password"),
    (".my.cnf", &["password"], "a password"),
    (".s3cfg", &["secret_key"], "an access key"),
    (
        ".boto",
        &["gs_oauth2_refresh_token", "aws_secret_access_key"],
        "an access key",
    ),
    (".aws/credentials", &["aws_secret_access_key"], "an access key"),
    (".docker/config.json", &["\"auth\""], "registry credentials"),
    (".dockercfg", &["\"auth\""], "registry credentials"),
    (".config/containers/auth.json", &["\"auth\""], "registry credentials"),
    (".composer/auth.json", COMPOSER, "a token"),
    (".config/composer/auth.json", COMPOSER, "a token"),
    (".kube/config", &["client-key-data:", "token:"], "a login to a cluster"),
    (".config/gh/hosts.yml", &["oauth_token:"], "a token"),
    (
        ".config/gcloud/application_default_credentials.json",
        &["\"refresh_token\""],
        "a token",
    ),
    (".terraform.d/credentials.tfrc.json", &["\"token\""], "a token"),
    (".terraformrc", &["token"], "a token"),
    (".cargo/credentials", &["token"], "a token"),
    (".cargo/credentials.toml", &["token"], "a token"),
    (".gem/credentials", &[":rubygems_api_key"], "a token"),
];

const NPM: &[&str] = &["_authToken", "_auth", "_password", "npmAuthToken"];
const COMPOSER: &[&str] = &["\"github.com\"", "\"password\""];

/// A file whose name says that it may hold a secret.
pub(super) enum Suspect {
    Environment,
    Key,
    /// A file that a program keeps a login in, with the settings that hold it.
    Login(&'static [&'static str], &'static str),
    /// Lines that are URLs with a login, or settings of git that hold one.
    Urls,
    /// The indexes that a package manager of Python asks, with a login in their URLs.
    Indexes,
    /// A token and nothing else.
    Token,
    /// Any other file that may be data.
    Other,
}

impl Suspect {
    pub(super) fn of(path: &str) -> Option<Self> {
        let file = name(path);
        if is_sample(file) {
            return None;
        }
        let is_at = |end: &str| {
            path.strip_suffix(end)
                .is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        if let Some((_, words, what)) = LOGINS.iter().find(|(end, ..)| is_at(end)) {
            return Some(Suspect::Login(words, what));
        }
        match file {
            ".git-credentials" => Some(Suspect::Urls),
            "config" if is_at(".git/config") => Some(Suspect::Urls),
            "credentials" if is_at(".config/git/credentials") => Some(Suspect::Urls),
            ".vault-token" | ".gh-token" | ".github-token" | ".npm-token" | ".gitlab-token" => Some(Suspect::Token),
            _ if file == ".env" || file.starts_with(".env.") || file.ends_with(".env") => Some(Suspect::Environment),
            "pip.conf" | "pip.ini" | "condarc" | ".condarc" => Some(Suspect::Indexes),
            _ if file.starts_with("requirements") && file.ends_with(".txt") => Some(Suspect::Indexes),
            "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Suspect::Key),
            _ if [".pem", ".key", ".ppk"].iter().any(|end| file.ends_with(end)) => Some(Suspect::Key),
            _ => (!is_no_data(file)).then_some(Suspect::Other),
        }
    }

    /// What a text holds, and whether that was seen in it.
    pub(super) fn holds(&self, text: &str) -> Option<(&'static str, bool)> {
        let has = |words: &[&str]| {
            text.lines().any(|line| {
                let line = line.trim();
                !line.starts_with(['#', ';'])
                    && !line.contains("${")
                    && words.iter().any(|word| {
                        line.split_once(word)
                            .is_some_and(|(_, rest)| !rest.trim_matches([' ', '=', ':', '"', '\'']).is_empty())
                    })
            })
        };
        match self {
            Suspect::Environment => {
                let pairs = || {
                    text.lines().filter_map(|line| {
                        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
                        let (key, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
                        let value = value.trim().trim_matches(['"', '\'']);
                        (!value.is_empty() && !value.starts_with('$')).then_some((key.trim(), value))
                    })
                };
                let is_credential = |(key, value): (&str, &str)| {
                    redact::looks_like_a_credential(value) && redact::url_password(value).is_none()
                        || redact::url_password(value).is_some_and(redact::looks_random)
                        || redact::names_a_secret(key) && redact::looks_random(value)
                };
                if pairs().any(is_credential) {
                    Some(("credentials", true))
                } else {
                    pairs()
                        .any(|(key, _)| redact::names_a_secret(key))
                        .then_some(("settings with names of secrets", false))
                }
            }
            Suspect::Key => (text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File"))
                .then_some(("a private key", true)),
            Suspect::Login(words, what) => has(words).then_some((*what, true)),
            Suspect::Urls => text.lines().any(has_login).then_some(("a token", true)),
            Suspect::Token => is_token(text.trim()).then_some(("a token", true)),
            Suspect::Indexes => text.lines().any(has_own_login).then_some(("a password", true)),
            Suspect::Other if redact::holds_private_key(text) => Some(("a private key", true)),
            Suspect::Other => text.lines().any(has_token).then_some(("a token", true)),
        }
    }
}

/// Whether a line has a login in a URL: a password, or a token in place of the user. What a job gets from its runner ends with it.
fn has_login(line: &str) -> bool {
    let is_lasting = |login: &str| !login.starts_with("gitlab-ci-token:") && !login.contains(":ghs_");
    line.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split('/').next().unwrap_or(rest);
        let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
        is_lasting(login) && (redact::url_password(line).is_some() || redact::token_in(login).is_some())
    })
}

/// Whether a line has a password in a URL that is no placeholder.
fn has_own_login(line: &str) -> bool {
    !line.trim_start().starts_with(['#', ';']) && redact::url_password(line).is_some_and(redact::looks_random)
}

/// Whether a line has a token of its maker's own form. Signed ones and keys of Google are in what every browser gets.
fn has_token(line: &str) -> bool {
    let token = redact::token_in(line).and_then(|range| line.get(range));
    token.is_some_and(|token| !["eyJ", "AIza"].iter().any(|public| token.starts_with(public)))
}

/// Whether a text is one word that nobody can guess.
fn is_token(text: &str) -> bool {
    redact::looks_random(text) || redact::token_in(text).is_some()
}

/// Whether a file is source code, a document or a picture: a key in one is an example, or is to be found by other means.
fn is_no_data(file: &str) -> bool {
    const ENDS: &str = " adoc astro avif bat c cc cjs class cpp cs css csv dart eot ex exs gif go gz h hpp htm html ico ipynb jar java \
        jpeg jpg js jsx kt less lock lua map md mdx mjs mp3 mp4 otf pdf php pl png po ps1 py pyc pyi rb rs rst sass scala scss sh snap so \
        sql svelte svg swift tar tgz tpl ts tsx ttf vue wasm webp woff woff2 xz zip ";
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    !end.is_empty() && ENDS.contains(&format!(" {} ", end.to_ascii_lowercase()))
}

/// Whether a file is there to be copied and filled in.
pub(super) fn is_sample(file: &str) -> bool {
    ["example", "sample", "template", "dist", "test", "default"]
        .iter()
        .any(|word| file.split(['.', '-', '_']).any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_suspects_and_contents_decide() {
        let holds = |path: &str, text: &str| {
            Suspect::of(path)
                .and_then(|suspect| suspect.holds(text))
                .map(|(_, sure)| sure)
        };
        assert_eq!(holds("a/.env", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), Some(true));
        assert_eq!(holds(".env", "PORT=3000\n# API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds(".env", "DB_PASSWORD=changeme\n"), Some(false));
        assert_eq!(holds(".env.example", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds("tls/a.key", "-----BEGIN RSA PRIVATE KEY-----\n"), Some(true));
        assert_eq!(holds("tls/a.pem", "-----BEGIN CERTIFICATE-----\n"), None);
        assert_eq!(
            holds(".npmrc", "//registry.npmjs.org/:_authToken=npm_abc\n"),
            Some(true)
        );
        assert_eq!(holds(".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"), None);
        assert_eq!(
            holds("home/.aws/credentials", "aws_secret_access_key = x\n"),
            Some(true)
        );
        assert_eq!(holds("credentials", "aws_secret_access_key = x\n"), None);
    }
}

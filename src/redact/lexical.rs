//! Secrets by what stands before them, in any text: `NAME=value`, `name: value`, `--name value`, the login of a URL, an
//! `Authorization` header. Used on everything that was read, so that it does not matter whether a line parses, which
//! instruction it belongs to, or whether a later file overrides it.

use super::hashes::{has_any, hashes};
use super::names::{letter, may_name, option_names_a_secret};
use super::private_keys::private_keys;
use super::recognise::{addressed, is_template, is_token, may_be_addressed};
use super::sshpass::passes;
use crate::order::Order as _;
use std::ops::Range;

/// The ranges of secret values in a text, in order of finding. Linear in its length.
pub(crate) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut tokens = Vec::new();
    // Most texts have none of these.
    let has_headers = text.contains("earer ") || text.contains("asic ");
    let has_urls = text.contains("://");
    let has_addressed = has_urls && may_be_addressed(text);
    let has_users = text.contains("-u");
    let is_database = text.contains("mysql") || text.contains("mariadb");
    let is_cache = text.contains("redis-cli") || text.contains("valkey-cli");
    let has_passes = text.contains("sshpass");
    let has_hashes = has_any(text);
    let is_end = |byte: u8| matches!(byte, b'\n' | b'\r');
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = rest.bytes().position(is_end).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or("");
        // A line this long is no line that a person wrote.
        if line.len() <= 64 * 1024 {
            let of_line = found.len();
            names(line, start, &mut found, &mut tokens);
            if has_urls {
                urls(line, start, &mut found);
            }
            if let Some(range) = has_addressed.then(|| addressed(line)).flatten() {
                found.push(start + range.start..start + range.end);
            }
            if has_headers {
                headers(line, start, &mut found);
            }
            if has_hashes {
                hashes(line, start, &mut found);
            }
            if has_users && line.contains("-u") || is_cache && line.contains("-a") || is_database && line.contains("-p")
            {
                logins(line, start, &mut found);
            }
            if has_passes {
                passes(line, start, &mut found);
            }
            add(&mut tokens, of_line, &mut found);
        }
        start += length;
    }
    found.extend(private_keys(text));
    found
}

/// A bit for each byte of names.
const IN_NAMES: u128 = {
    let (mut set, mut rest) = (
        0,
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.".as_slice(),
    );
    while let [byte, behind @ ..] = rest {
        set |= 1 << *byte;
        rest = behind;
    }
    set
};

fn is_name(byte: u8) -> bool {
    byte.is_ascii() && IN_NAMES >> byte & 1 == 1
}

/// How long the name is that a text begins with, and whether it may be that of a secret: most are not, by their letters alone.
fn measured(text: &[u8]) -> (usize, bool) {
    let (mut length, mut letters) = (0, 0);
    for byte in text.iter().take_while(|byte| is_name(**byte)) {
        length += 1;
        letters |= letter(*byte);
    }
    (length, may_name(letters) || text.starts_with(b"--masterauth"))
}

/// `NAME=value`, `name: value`, `--name value`, `--name=value`. Takes down the words that are tokens by how they begin.
fn names(line: &str, start: usize, found: &mut Vec<Range<usize>>, tokens: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let Some(begin) = rest.iter().position(|byte| is_name(*byte)).map(|begin| at + begin) else {
            break;
        };
        let rest = bytes.get(begin..).unwrap_or(&[]);
        let (length, may_name) = measured(rest);
        at = begin + length;
        let mut word = line.get(begin..at).unwrap_or("");
        if is_token(word) {
            tokens.push(start + begin..start + at);
        }
        let in_reference = bytes.get(..begin).is_some_and(|before| before.ends_with(b"${"));
        if !in_reference && !may_name {
            continue;
        }
        if in_reference {
            // `${NAME-default}`: the name ends at the sign.
            word = word.split(['-', '.']).next().unwrap_or("");
            at = begin + word.len().max(1);
        }
        let name = if word.starts_with('-') {
            word.trim_start_matches('-')
        } else {
            word
        };
        let is_option = word.starts_with("--");
        let named = option_names_a_secret(name) || (is_option && matches!(name, "requirepass" | "masterauth"));
        // The section that lists secrets by name holds none.
        if !named || name.eq_ignore_ascii_case("secrets") || name.eq_ignore_ascii_case("secret") {
            continue;
        }
        let value = if in_reference {
            default_behind(line, at)
        } else {
            value_behind(line, at, is_option)
        };
        if let Some(value) = value {
            at = value.end.max(at);
            found.push(start + value.start..start + value.end);
        }
    }
}

/// The default of a `${NAME:-default}` whose name ends at `at`.
fn default_behind(line: &str, at: usize) -> Option<Range<usize>> {
    let rest = line.get(at..)?;
    let value = [":-", "-", ":+", "+"].iter().find_map(|sign| rest.strip_prefix(sign))?;
    let begin = line.len() - value.len();
    accept(line, begin..begin + value.find('}').unwrap_or(value.trim_end().len()))
}

/// The value behind a name that ends at `at`.
fn value_behind(line: &str, at: usize, is_option: bool) -> Option<Range<usize>> {
    let rest = line.get(at..)?;
    // A closing quote of the name itself: `"PASSWORD": "x"`, `"--password", "x"`.
    let behind = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let separated = behind.get(blank(behind)..)?;
    let value = match separated.as_bytes().first()? {
        b'=' => separated.get(1..)?,
        b':' => separated
            .get(1..)
            .filter(|value| value.starts_with([' ', '\t', '"', '\'']))?,
        b',' if is_option => separated.get(1..)?,
        _ if is_option && blank(behind) > 0 => separated,
        _ => return None,
    };
    let value = value.get(blank(value)..)?;
    let begin = line.len() - value.len();
    let length = match value.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let inner = value.get(1..)?;
            let end = inner.find(char::from(*quote)).unwrap_or(inner.trim_end().len());
            return accept(line, begin + 1..begin + 1 + end);
        }
        // A nested value: all of it is hidden.
        b'{' | b'[' => value.trim_end().len(),
        _ => value
            .find(|character: char| character.is_whitespace() || ",;|&\"'`)}]".contains(character))
            .unwrap_or(value.len()),
    };
    accept(line, begin..begin + length)
}

/// Whether the text is a value at all: not a flag, a number, a path, another option or a plain reference. Of a reference
/// with a default, the default.
fn accept(line: &str, range: Range<usize>) -> Option<Range<usize>> {
    let value = line.get(range.clone())?;
    if let Some(reference) = value.strip_prefix("${") {
        let default = reference.find(['-', '+']).map(|sign| sign + 1)?;
        let inner = reference.get(default..)?.trim_end_matches('}');
        let begin = range.start + 2 + default;
        return accept(line, begin..begin + inner.len());
    }
    let number = value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    let word = ["true", "false", "null", "yes", "no", "on", "off", "{}", "[]", "***"]
        .contains(&value.to_ascii_lowercase().as_str());
    let elsewhere = value.starts_with(['$', '-', '<', '(']) || value.starts_with("/") || value.starts_with("./");
    let stays = number || word || elsewhere || is_template(value) || is_definition(value);
    (!value.is_empty() && !stays).then_some(range)
}

/// Whether a flow mapping only says where a secret of this name is: `db_password: {file: ./p}`, `{external: true}`.
fn is_definition(value: &str) -> bool {
    let Some(inside) = value.strip_prefix('{') else {
        return false;
    };
    let mut entries = inside.trim_end_matches(['}', ' ', '\t']).split(',');
    entries.all(|entry| {
        let key = entry.split(':').next().unwrap_or("").trim().trim_matches(['"', '\'']);
        [
            "file",
            "external",
            "environment",
            "name",
            "source",
            "target",
            "uid",
            "gid",
            "mode",
        ]
        .contains(&key)
    })
}

/// `scheme://user:password@host`, `scheme://token@host`.
fn urls(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(colon) = line.get(from..).and_then(|rest| rest.find(':')) {
        from += colon + 1;
        if !line.get(from..).is_some_and(|rest| rest.starts_with("//")) {
            continue;
        }
        let begin = from + 2;
        let rest = line.get(begin..).unwrap_or("");
        let end = rest
            .find(|character: char| character.is_whitespace() || "/?#\"'`<>".contains(character))
            .unwrap_or(rest.len());
        let Some(login) = rest.get(..end).and_then(|authority| authority.rfind('@')) else {
            continue;
        };
        let user = rest.get(..login).unwrap_or("");
        let password = user.find(':').map_or(0, |colon| colon + 1);
        let value = user.get(password..).unwrap_or("");
        let is_account = password == 0 && value == "git";
        if !value.is_empty() && !value.starts_with('$') && !is_account {
            found.push(start + begin + password..start + begin + login);
        }
    }
}

/// `Authorization: Bearer value`.
fn headers(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    for scheme in ["Bearer ", "bearer ", "Basic ", "basic "] {
        for (at, _) in line.match_indices(scheme) {
            // Only what stands near.
            let near = line.get(at.saturating_sub(40)..at).or_else(|| line.get(..at));
            let before = near.unwrap_or("").to_ascii_lowercase();
            let begin = at + scheme.len();
            let rest = line.get(begin..).unwrap_or("");
            let end = rest
                .find(|character: char| character.is_whitespace() || "\"'`,]".contains(character))
                .unwrap_or(rest.len());
            if before.contains("authorization") && end > 0 && !rest.starts_with(['$', '{']) {
                found.push(start + begin..start + begin + end);
            }
        }
    }
}

/// `curl -u user:password`, `mysqladmin -ppassword`, `redis-cli -a password`.
fn logins(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let is_database = line.contains("mysql") || line.contains("mariadb");
    let is_cache = line.contains("redis-cli") || line.contains("valkey-cli");
    let mut at = 0;
    for word in line.split(|character: char| character.is_whitespace() || "\"',[]".contains(character)) {
        let begin = at;
        at += word.len() + 1;
        // Also what keeps this linear: the blanks before a word are only looked at from the word.
        if word.is_empty() {
            continue;
        }
        let before = line
            .get(..begin)
            .unwrap_or("")
            .trim_end_matches([' ', '\t', '"', '\'', ',']);
        if (before.ends_with(" -u") || before.ends_with("\"-u") || before.ends_with("--user"))
            && let Some(colon) = word.find(':')
            && word.len() > colon + 1
            && !word.get(colon + 1..).is_some_and(|password| password.starts_with('$'))
        {
            found.push(start + begin + colon + 1..start + begin + word.len());
        }
        if is_cache && (before.ends_with(" -a") || before.ends_with("\"-a")) && !word.starts_with(['$', '-', '/']) {
            found.push(start + begin..start + begin + word.len());
        }
        if is_database && word.len() > 3 && word.starts_with("-p") && !word.starts_with("-p$") {
            found.push(start + begin + 2..start + begin + word.len());
        }
    }
}

/// Adds the tokens of a line, wherever they stand and nothing else has found them.
fn add(tokens: &mut Vec<Range<usize>>, of_line: usize, found: &mut Vec<Range<usize>>) {
    if tokens.is_empty() {
        return;
    }
    let mut known = found.get(of_line..).unwrap_or(&[]).to_vec();
    known.order_by_key(|range| range.start);
    // Where what was found up to there ends.
    let mut reach = 0;
    for range in &mut known {
        reach = reach.max(range.end);
        range.end = reach;
    }
    for range in tokens.drain(..) {
        let before = known.partition_point(|known| known.start < range.end);
        let ends = before
            .checked_sub(1)
            .and_then(|last| known.get(last))
            .map_or(0, |known| known.end);
        if ends <= range.start {
            found.push(range);
        }
    }
}

#[cfg(test)]
mod tests;

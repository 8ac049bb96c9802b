//! What `sshpass -p` is given, in the forms of a shell and of a list.

use std::ops::Range;

/// `sshpass -p password`, `sshpass -p'password'`, `["sshpass", "-p", "password"]`.
pub(super) fn passes(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    for (at, name) in line.match_indices("sshpass") {
        let mut at = at + name.len();
        // Up to the first word that is no option: the program that it starts has a `-p` of its own.
        while let Some((is_password, value)) = option(line, at) {
            at = value.end.max(at + 1);
            if is_password && !value.is_empty() && line.get(value.clone()).is_some_and(|value| !value.starts_with('$'))
            {
                found.push(start + value.start..start + value.end);
            }
        }
    }
}

const SIGNS: [char; 6] = [' ', '\t', '"', '\'', ',', '='];

/// The next option: whether it gives the password, and where its value is; an empty place for one without.
fn option(line: &str, at: usize) -> Option<(bool, Range<usize>)> {
    let rest = line.get(at..)?.trim_start_matches(SIGNS);
    let begin = line.len() - rest.len();
    let letters = rest.strip_prefix('-')?;
    let end = letters.find(SIGNS).unwrap_or(letters.len());
    let end = begin + 1 + end;
    let Some((flag, letter)) = line
        .get(begin + 1..end)?
        .char_indices()
        .find(|(_, letter)| "pPfd".contains(*letter))
    else {
        return Some((false, end..end));
    };
    // `-pvalue`, or what comes next.
    let own = begin + 2 + flag;
    let value = if own < end { own..end } else { quoted(line, end)? };
    Some((letter == 'p', value))
}

/// The value behind an option that ends at `at`.
fn quoted(line: &str, at: usize) -> Option<Range<usize>> {
    let rest = line.get(at..)?;
    // The end of an item of a list.
    let item = rest
        .strip_prefix(['"', '\''])
        .map(str::trim_start)
        .and_then(|rest| rest.strip_prefix(','));
    let value = item.unwrap_or(rest).trim_start();
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
    let begin = line.len() - value.len() + usize::from(quote.is_some());
    let inner = line.get(begin..)?;
    let end = match quote {
        Some(quote) => inner.find(quote),
        None => inner.find([' ', '\t', '"', '\'']),
    };
    Some(begin..begin + end.unwrap_or(inner.trim_end().len()))
}

#[cfg(test)]
mod tests {
    use crate::redact::lexical::values;

    fn hidden(text: &str) -> Vec<&str> {
        values(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn what_sshpass_is_given_is_found_in_every_form() {
        for (text, secret) in [
            ("sshpass -p s3cret ssh root@h", "s3cret"),
            ("RUN sshpass -ps3cret scp -p a h:/", "s3cret"),
            ("[\"sshpass\", \"-p\", \"s3cret\", \"ssh\"]", "s3cret"),
            ("['sshpass','-p','s3cret','ssh']", "s3cret"),
            ("[\"sshpass\", \"-ps3cret\", \"ssh\"]", "s3cret"),
            ("sshpass -v -p 's3cret' rsync", "s3cret"),
            ("CMD sshpass -p \"s3cret\" ssh -p 22 h", "s3cret"),
            ("sshpass -p's3cret' ssh h", "s3cret"),
            ("sshpass -p\"s3cret\" ssh h", "s3cret"),
            ("sshpass -p \"long s3cret\" ssh h", "long s3cret"),
            ("sshpass -p'long s3cret' ssh h", "long s3cret"),
            ("/usr/bin/sshpass -P assword -p s3cret ssh h", "s3cret"),
            ("sshpass -vp s3cret ssh h", "s3cret"),
            ("SSHPASS=s3cret sshpass -e ssh h", "s3cret"),
            ("RUN export SSHPASS='s3cret' && sshpass -e ssh h", "s3cret"),
        ] {
            assert_eq!(hidden(text), [secret], "{text}");
        }
        for text in [
            "sshpass -p $P ssh -p 2222 h",
            "sshpass -f file ssh -p 2222 h",
            "sshpass -e ssh -p 2222 h",
            "apt-get install sshpass -y",
            "sshpass",
            "sshpass -",
        ] {
            assert!(hidden(text).is_empty(), "{text}: {:?}", hidden(text));
        }
    }
}

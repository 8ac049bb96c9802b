//! What a judged file says to keep a finding from being reported, with what that is about.

use std::collections::BTreeMap;

/// What chooses another profile in a judged file: with it, and without it.
const CHOICE: &str = "x-plimsoll";

/// Words that keep a finding from being reported, without the blanks that tools allow in them.
const EXCUSES: [&str; 8] = [
    "plimsoll:ignore",
    "hadolintignore",
    "hadolintglobalignore",
    "hadolintstageignore",
    "checkov:skip",
    "bridgecrew:skip",
    "cortex:skip",
    "trivy:ignore",
];

/// So many lines of comments below an excuse are passed over.
const MOST_COMMENTS: usize = 100;

/// The excuses of a file: by where each is and what it is about, how often, and its line.
pub(super) struct Excuses(BTreeMap<String, (usize, String, bool)>);

impl Excuses {
    /// Those of a Compose file or a Dockerfile.
    pub(super) fn of(text: &str) -> Self {
        let mut found = BTreeMap::new();
        // The keys of YAML that a line lies below.
        let mut above: Vec<(usize, &str)> = Vec::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let said = line.trim();
            if said.is_empty() {
                continue;
            }
            let is_choice = line.contains(CHOICE);
            let mut about = String::new();
            let mut deep = depth(line);
            if is_choice {
                while let Some(below) = lines.next_if(|below| !below.trim().is_empty() && depth(below) > deep) {
                    about.push(' ');
                    about.push_str(below.trim());
                }
            } else if said.starts_with('#') {
                if !is_excuse(said) {
                    continue;
                }
                // What comes next is what it is about.
                let mut rest = lines.clone().take(MOST_COMMENTS);
                let next = rest.find(|next| !next.trim().is_empty() && !next.trim().starts_with('#'));
                deep = next.map_or(deep, depth);
                about.push_str(next.map_or("", subject));
            }
            above.retain(|(indent, _)| *indent < deep);
            if is_choice || is_excuse(said) {
                let chain: String = above.iter().flat_map(|(_, key)| [*key, " "]).collect();
                let comment = said.find(" #").and_then(|at| said.get(at..)).unwrap_or("");
                let key = format!("{chain}{}{comment}{about}", subject(said));
                // Of a choice all of it is shown, of what a comment is about nothing.
                let shown = if is_choice {
                    format!("{said}{about}")
                } else {
                    said.to_owned()
                };
                let entry = found.entry(key).or_insert((0, shown, is_choice));
                entry.0 += 1;
            }
            if said
                .split(" #")
                .next()
                .is_some_and(|said| said.trim_end().ends_with(':'))
            {
                above.push((deep, said));
            }
        }
        Self(found)
    }

    /// The lines that these have and the others have not, or more seldom; `chosen` asks for those alone that choose a profile.
    pub(super) fn beyond(&self, others: &Self, chosen: bool) -> Vec<&str> {
        let is_new = |(key, (times, _, is_choice)): &(&String, &(usize, String, bool))| {
            (*is_choice || !chosen) && others.0.get(*key).is_none_or(|(known, ..)| known < times)
        };
        self.0
            .iter()
            .filter(is_new)
            .map(|(_, (_, line, _))| line.as_str())
            .collect()
    }
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line as far as its excuse is about it: images change with each release.
fn subject(line: &str) -> &str {
    let said = line.trim();
    let is_image = |start: &str| {
        said.get(..start.len())
            .is_some_and(|begins| begins.eq_ignore_ascii_case(start))
    };
    match ["image:", "FROM "].into_iter().find(|start| is_image(start)) {
        Some(start) => said.get(..start.len()).unwrap_or(said),
        None => said,
    }
}

fn is_excuse(line: &str) -> bool {
    let squeezed: String = line.chars().filter(|letter| !letter.is_whitespace()).collect();
    EXCUSES.iter().any(|word| squeezed.contains(word)) || squeezed.contains("check=") && squeezed.contains("skip=")
}

#[cfg(test)]
mod tests {
    use super::Excuses;

    fn added(old: &str, new: &str) -> Vec<String> {
        let (old, new) = (Excuses::of(old), Excuses::of(new));
        new.beyond(&old, false).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn an_excuse_is_one_however_it_is_spelled() {
        for said in [
            "# plimsoll: ignore[x] why",
            "# plimsoll:ignore[x] why",
            "# plimsoll : ignore[x] why",
            "# plimsoll:\u{a0}ignore-file[x] why",
            "# hadolint   ignore = DL3006",
            "# hadolint stage ignore=DL3006",
            "# bridgecrew:skip=CKV_DOCKER_3",
            "# check=error=true;skip=all",
        ] {
            assert_eq!(added("FROM a\n", &format!("{said}\nFROM a\n")), [said], "{said}");
        }
        assert!(added("FROM a\n", "# ignore this\nFROM a\n").is_empty());
    }

    #[test]
    fn an_excuse_that_moves_is_another_one_and_one_beside_a_new_image_is_not() {
        let of = |text: &str| format!("services:\n{text}");
        let old = of("  a:\n    privileged: true # plimsoll: ignore[x] why\n  b:\n    image: b:1\n");
        let new = of("  a:\n    image: a:1\n  b:\n    privileged: true # plimsoll: ignore[x] why\n");
        assert_eq!(added(&old, &new).len(), 1);
        let old = of("  a:\n    # plimsoll: ignore[x] why\n    user: '0'\n    mem_limit: 1g\n");
        let new = of("  a:\n    user: '0'\n    # plimsoll: ignore[x] why\n    mem_limit: 1g\n");
        assert_eq!(added(&old, &new).len(), 1);
        let old = of("  a:\n    image: a:1 # plimsoll: ignore[x] why\n    # plimsoll: ignore[y] why\n    image: b:1\n");
        assert!(added(&old, &old.replace(":1", ":2")).is_empty());
        assert!(
            added(
                "# plimsoll: ignore[x] why\nFROM a:1\n",
                "# plimsoll: ignore[x] why\nFROM a:2\n"
            )
            .is_empty()
        );
    }
}

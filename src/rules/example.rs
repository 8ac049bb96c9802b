//! The examples in a rule's documentation: what is shown is what is tested.

/// A fenced block of a rule's documentation.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The name of the file that it is: from the fence's language, or written behind it (`yaml fail compose.override.yaml`).
    pub file: String,
    /// Whether the rule must find something in it.
    pub fails: bool,
    /// The text without the markers.
    pub text: String,
    /// The lines (from 1) that are marked with `# <- here`.
    pub marked: Vec<usize>,
    /// Whether it belongs to the example before it: one workspace with several files.
    pub continues: bool,
}

const MARK: &str = "# <- here";

/// The examples of a documentation text. A fence looks like this:
///
/// ````text
/// ```yaml fail
/// ```dockerfile pass
/// ```yaml fail plimsoll.yaml +
/// ````
///
/// The `+` puts the file beside the one before it. A file called `.git/index` lists the paths that git tracks, and an `image` says what
/// the layers of an archive hold: an instruction, and below it its files with their bytes (`- /path` is deleted).
pub fn examples(doc: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<Example> = None;
    for line in doc.lines() {
        // The doc comment keeps the space behind `///`.
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(example) = &mut open {
            if line.trim_end() == "```" {
                found.extend(open.take());
                continue;
            }
            let number = example.text.lines().count() + 1;
            match line.find(MARK) {
                Some(at) => {
                    example.marked.push(number);
                    example.text.push_str(line.get(..at).unwrap_or(line).trim_end());
                }
                None => example.text.push_str(line),
            }
            example.text.push('\n');
        } else if let Some(fence) = line.strip_prefix("```") {
            open = start(fence);
        }
    }
    found
}

fn start(fence: &str) -> Option<Example> {
    let mut words = fence.split_whitespace();
    let file = match words.next()? {
        "yaml" => "compose.yaml",
        "dockerfile" => "Dockerfile",
        "text" => "file.txt",
        "image" => "image.tar",
        _ => return None,
    };
    let fails = match words.next()? {
        "fail" => true,
        "pass" => false,
        _ => return None,
    };
    let rest: Vec<&str> = words.collect();
    let name = rest.iter().find(|word| **word != "+").map_or(file, |name| *name);
    Some(Example {
        file: name.to_owned(),
        fails,
        text: String::new(),
        marked: Vec::new(),
        continues: rest.contains(&"+"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_become_files_with_marked_lines() {
        let doc = " What.\n\n ```yaml fail\n a: 1\n b: 2  # <- here\n ```\n ```yaml fail plimsoll.yaml +\n version: 1\n ```\n ```dockerfile pass\n FROM x:1\n ```\n";
        let found = examples(doc);
        assert_eq!(found.len(), 3);
        assert_eq!(
            (
                found[0].file.as_str(),
                found[0].marked.as_slice(),
                found[0].text.as_str()
            ),
            ("compose.yaml", &[2][..], "a: 1\nb: 2\n")
        );
        assert_eq!(
            (found[1].file.as_str(), found[1].continues, found[1].fails),
            ("plimsoll.yaml", true, true)
        );
        assert!(!found[2].fails);
    }
}

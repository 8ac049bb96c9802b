//! `devcontainer.json`: the container that people develop in (containers.dev, "Dev Container metadata reference").

use super::{File, path};
use crate::fact::{Fact, Sourced};
use crate::parse::yaml::{Value, YamlFile};
use crate::repository::recipe::Recipe;
use crate::resolve::compose::paths::parent;
use crate::source::Spanned;

/// JSON with comments as YAML that has everything in its place: blanks stand for comments and tabs.
pub(super) fn readable(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let (mut in_text, mut in_line, mut in_block) = (false, false, false);
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let blank = |made: &mut String, letter: char| match letter {
            '\n' | '\r' => made.push(letter),
            letter => made.extend(std::iter::repeat_n(' ', letter.len_utf8())),
        };
        if in_line || in_block {
            let is_end = in_block && letter == '*' && next == Some('/');
            in_line &= letter != '\n';
            blank(&mut made, letter);
            if is_end {
                in_block = false;
                letters.next();
                made.push(' ');
            }
        } else if in_text {
            made.push(letter);
            match letter {
                '\\' => made.extend(letters.next()),
                '"' | '\n' => in_text = false,
                _ => {}
            }
        } else {
            in_text = letter == '"';
            (in_line, in_block) = (letter == '/' && next == Some('/'), letter == '/' && next == Some('*'));
            match in_line || in_block || letter == '\t' {
                true => made.push(' '),
                false => made.push(letter),
            }
            if in_block {
                letters.next();
                made.push(' ');
            }
        }
    }
    made
}

pub(super) fn read(yaml: &YamlFile, file: &File<'_>, _: &mut Vec<Spanned<String>>) -> Vec<Recipe> {
    let Some(container) = yaml.documents.first() else {
        return Vec::new();
    };
    let build = container.get("build");
    // `dockerFile` and `context` at the top are the older form.
    let of_build = |name: &str| build.and_then(|build| build.get(name));
    let Some(written) = of_build("dockerfile").or(container.get("dockerFile")) else {
        return Vec::new();
    };
    let fact = |value: Option<&Value>| match value.map(|value| (value, value.scalar_text())) {
        None => Fact::Absent,
        Some((value, Some(text))) if !text.contains("${") => Fact::Known(Sourced::known(text, value.span)),
        Some((value, _)) => Fact::unknown("a variable fills it in", value.span),
    };
    let folder = parent(file.path);
    let args = of_build("args").and_then(Value::map).into_iter().flatten();
    vec![Recipe {
        name: "the development container".to_owned(),
        place: written.span,
        file: file.path.to_path_buf(),
        context: path(
            &folder,
            &fact(of_build("context").or(container.get("context"))),
            ".",
            written.span,
        ),
        dockerfile: path(&folder, &fact(Some(written)), "", written.span),
        target: fact(of_build("target")),
        args: args
            .map(|(name, entry)| (name.clone(), fact(Some(&entry.value))))
            .collect(),
        contexts: Vec::new(),
        platforms: Fact::Absent,
        ships: false,
        is_certain: true,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_give_way_to_blanks() {
        let text = "{\n\t// ü \"x\"\n  \"a\": \"//b /* c\", /* d\n ** e */ \"f\": \"\\\"/\",\n}";
        let read = readable(text);
        assert_eq!(read.len(), text.len());
        for part in ["\"a\": \"//b /* c\",", "\"f\": \"\\\"/\","] {
            assert_eq!(read.find(part), text.find(part), "{read}");
        }
        assert!(!read.contains(['ü', '\t', 'd', 'e']), "{read}");
        for odd in ["/", "/*", "//", "\"", "\"\\", "/*/", "**/"] {
            assert_eq!(readable(odd).len(), odd.len(), "{odd}");
        }
    }
}

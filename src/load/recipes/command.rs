//! `docker build` in scripts of jobs, read where it is written: what a shell would put into a word is unknown.

use super::expression::Names;
use super::{File, dockerfile, path};
use crate::fact::Fact;
use crate::repository::recipe::Recipe;
use crate::source::Span;
use crate::values::command_line;
use std::path::PathBuf;

/// Words of one command that are looked at.
const MOST: usize = 400;

/// Options of `docker build` and `docker buildx build` that take no value (docker/buildx `commands/build.go`).
const FLAGS: [&str; 12] = [
    "--check",
    "--compress",
    "--debug",
    "--disable-content-trust",
    "--force-rm",
    "--load",
    "--no-cache",
    "--pull",
    "--push",
    "--quiet",
    "--rm",
    "--squash",
];

/// Whether a script may build an image.
pub(super) fn is_in(script: &str) -> bool {
    [
        "docker build",
        "docker buildx build",
        "docker image build",
        "podman build",
        "buildx build",
    ]
    .iter()
    .any(|words| script.contains(words))
}

/// A shell that runs one command after the other.
pub(super) struct Shell<'a> {
    file: &'a File<'a>,
    names: &'a Names<'a>,
    /// Where it is.
    folder: Fact<PathBuf>,
}

/// A word, with what a workflow fills in.
struct Word {
    text: String,
    span: Span,
    /// A shell puts something in.
    is_dynamic: bool,
}

impl<'a> Shell<'a> {
    pub(super) fn new(file: &'a File<'a>, names: &'a Names<'a>, folder: Fact<PathBuf>) -> Self {
        Self { file, names, folder }
    }

    /// The builds of the script that is written at `span`.
    pub(super) fn builds(&mut self, span: Span) -> Vec<Recipe> {
        let (mut start, end) = (span.start as usize, span.end as usize);
        let mut script = self.file.text.get(start..end).unwrap_or("");
        // The quotes of YAML are none of the shell.
        for quote in ['"', '\''] {
            if let Some(inside) = script.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
                (script, start) = (inside, start + 1);
            }
        }
        let mut found = Vec::new();
        let mut outer = None;
        for words in commands(script, start, self.file) {
            let Some(first) = words.first() else { continue };
            // What happens in a subshell stays there; those of several lines are not told apart.
            if first.text.starts_with('(') {
                outer = Some(self.folder.clone());
            }
            let texts: Vec<&str> = words.iter().map(|word| word.text.trim_start_matches('(')).collect();
            match texts.as_slice() {
                ["cd" | "pushd", ..] => {
                    let to = words.get(1).filter(|_| words.len() == 2);
                    self.folder = match (to.map(|word| self.fact(word)), &self.folder) {
                        (Some(to @ Fact::Known(_)), Fact::Known(here)) => path(&here.value, &to, "", first.span),
                        _ => Fact::unknown("the folder that it is started in is not known", first.span),
                    };
                }
                ["popd", ..] => {
                    self.folder = Fact::unknown("the folder that it is started in is not known", first.span);
                }
                _ => found.extend(self.build(&words, &texts)),
            }
            if let Some(folder) = outer.take_if(|_| words.last().is_some_and(|word| word.text.ends_with(')'))) {
                self.folder = folder;
            }
        }
        found
    }

    fn fact(&self, word: &Word) -> Fact<String> {
        self.given(&word.text, word)
    }

    fn given(&self, text: &str, word: &Word) -> Fact<String> {
        match self.names.text(text.trim_end_matches(')'), word.span) {
            Fact::Known(_) if word.is_dynamic => Fact::unknown("a shell variable is put in", word.span),
            fact => fact,
        }
    }

    fn build(&self, words: &[Word], texts: &[&str]) -> Option<Recipe> {
        let is_engine = |word: &&str| matches!(*word, "docker" | "podman");
        let engine = texts.iter().position(is_engine)?;
        // `sudo`, `time` and variables may stand before it; what is only printed is none.
        if texts
            .iter()
            .take(engine)
            .any(|word| matches!(*word, "echo" | "run" | "printf" | "exec"))
        {
            return None;
        }
        let mut at = engine + 1;
        while matches!(texts.get(at), Some(&("buildx" | "image" | "builder"))) {
            at += 1;
        }
        if texts.get(at) != Some(&"build") {
            return None;
        }
        let place = words.get(engine)?.span.to(words.get(at)?.span);
        let mut read = Options::default();
        read.of(words.get(at + 1..)?);
        let context = read.context.map(|word| self.fact(word))?;
        if context.value().is_some_and(|text| text == "-") || read.is_piped {
            return None;
        }
        let one = |word: &Option<(String, &Word)>| {
            word.as_ref()
                .map_or(Fact::Absent, |(text, word)| self.given(text, word))
        };
        let (context, file) = match &self.folder {
            Fact::Known(here) => {
                let context = path(&here.value, &context, ".", place);
                let file = dockerfile(&context, Some(&here.value), &one(&read.file), place);
                (context, file)
            }
            other => (other.clone(), other.clone()),
        };
        let pair = |(text, word): &(String, &Word)| match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), self.given(value, word)),
            None => (text.clone(), Fact::unknown("it comes from the environment", word.span)),
        };
        let target = one(&read.target);
        Some(Recipe {
            name: "the command".to_owned(),
            place,
            file: self.file.path.to_path_buf(),
            context,
            dockerfile: file,
            args: read.args.iter().map(pair).collect(),
            contexts: read.contexts.iter().map(pair).collect(),
            platforms: one(&read.platforms).map(|list| list.split(',').map(str::to_owned).collect()),
            // A stage that is built for itself may be a test.
            ships: !read.is_local && (target.is_absent() || read.is_pushed),
            target,
            is_certain: true,
        })
    }
}

/// What the words behind `build` say.
#[derive(Default)]
struct Options<'a> {
    context: Option<&'a Word>,
    file: Option<(String, &'a Word)>,
    target: Option<(String, &'a Word)>,
    platforms: Option<(String, &'a Word)>,
    args: Vec<(String, &'a Word)>,
    contexts: Vec<(String, &'a Word)>,
    is_pushed: bool,
    is_local: bool,
    is_piped: bool,
}

impl<'a> Options<'a> {
    fn of(&mut self, words: &'a [Word]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            if text.starts_with(['<', '>']) || text.starts_with("2>") {
                self.is_piped |= text.starts_with('<');
                words.next();
                continue;
            }
            if !text.starts_with('-') || text == "-" {
                self.context = Some(word);
                continue;
            }
            if FLAGS.contains(&text) || matches!(text, "-q" | "-D") {
                self.is_pushed |= text == "--push";
                continue;
            }
            let (name, value) = match text.split_once('=') {
                Some((name, value)) if text.starts_with("--") => (name, Some((value.to_owned(), word))),
                _ => (text, words.next().map(|value| (value.text.clone(), value))),
            };
            let Some(value) = value else { return };
            match name {
                "-f" | "--file" => self.file = Some(value),
                "--target" => self.target = Some(value),
                "--platform" => self.platforms = Some(value),
                "--build-arg" => self.args.push(value),
                "--build-context" => self.contexts.push(value),
                "-o" | "--output" => self.is_local = super::bake::is_local(&value.0),
                _ => {}
            }
        }
    }
}

/// The commands of a script, as words. Comments and quotes are followed, nothing else of the shell is.
fn commands(script: &str, start: usize, file: &File<'_>) -> Vec<Vec<Word>> {
    let mut reader = Reader {
        script,
        at: 0,
        start,
        file,
        words: Vec::new(),
        commands: Vec::new(),
    };
    while reader.next().is_some() {}
    reader.end();
    reader.commands
}

struct Reader<'a> {
    script: &'a str,
    at: usize,
    start: usize,
    file: &'a File<'a>,
    words: Vec<Word>,
    commands: Vec<Vec<Word>>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.script.get(self.at..).unwrap_or("")
    }

    fn end(&mut self) {
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(words);
        }
    }

    fn next(&mut self) -> Option<()> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if let Some(joined) = ["\\\r\n", "\\\n"].iter().find(|end| rest.starts_with(**end)) {
            self.at += joined.len();
        } else if matches!(first, '\n' | ';' | '&' | '|') {
            self.at += 1;
            self.end();
        } else if first.is_whitespace() {
            self.at += first.len_utf8();
        } else if first == '#' {
            self.at += rest.find('\n').unwrap_or(rest.len());
        } else {
            self.word();
        }
        Some(())
    }

    fn word(&mut self) {
        let from = self.at;
        let mut word = String::new();
        let mut quote = None;
        let mut is_dynamic = false;
        while let Some(letter) = self.rest().chars().next() {
            // An expression is a part of the word, with its blanks.
            if self.rest().starts_with("${{") {
                let length = self.rest().find("}}").map_or(self.rest().len(), |end| end + 2);
                word.push_str(self.rest().get(..length).unwrap_or(""));
                self.at += length;
                continue;
            }
            // So is what another command prints.
            let inside = (quote != Some('\''))
                .then(|| command_line::substituted(self.rest()))
                .flatten();
            if let Some(length) = inside {
                is_dynamic = true;
                word.push_str(self.rest().get(..length).unwrap_or(""));
                self.at += length;
                continue;
            }
            let is_end = letter.is_whitespace() || matches!(letter, ';' | '&' | '|');
            match (quote, letter) {
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                (None | Some('"'), '\\') => {
                    if quote.is_none() && self.rest().starts_with("\\\n") {
                        break;
                    }
                    self.at += 1;
                    word.extend(self.rest().chars().next());
                    if self.rest().is_empty() {
                        break;
                    }
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                    continue;
                }
                (None, _) if is_end => break,
                (quote, letter) => {
                    is_dynamic |=
                        quote != Some('\'') && matches!(letter, '$' | '`') || quote.is_none() && letter == '*';
                    word.push(letter);
                }
            }
            self.at += letter.len_utf8();
        }
        if self.words.len() < MOST {
            let span = Span::new(self.file.source, self.start + from, self.start + self.at);
            self.words.push(Word {
                text: word,
                span,
                is_dynamic,
            });
        }
    }
}

/// For those who start in the root.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Sourced;
    use crate::source::Sources;
    use std::path::Path;

    fn first(script: &str) -> Recipe {
        let mut sources = Sources::default();
        let source = sources.add(Path::new("x"), script.to_owned());
        let file = File {
            path: Path::new("x"),
            source,
            text: script,
        };
        let span = Span::new(source, 0, script.len());
        let names = Names::default();
        let here = Fact::Known(Sourced::known(PathBuf::new(), span));
        Shell::new(&file, &names, here).builds(span).into_iter().next().unwrap()
    }

    fn known(fact: &Fact<PathBuf>) -> Option<String> {
        fact.value().map(|path| crate::source::slashed(path))
    }

    #[test]
    fn words_of_a_build_are_read_as_docker_reads_them() {
        for script in [
            "docker build -f a/x.Dockerfile --target prod a",
            "sudo docker buildx build --push --target=prod \\\n  -f a/x.Dockerfile ./a",
            "cd b && docker image build --file ../a/x.Dockerfile -t \"$TAG\" --target 'prod' ../a | tee log",
            "docker build --target prod -f a/x.Dockerfile -t shop:$(mvn help:evaluate -q -D 'x=(y)') --label \"v=$(cat a; date)\" a",
            "# docker build wrong\n(cd c; make)\nDOCKER_BUILDKIT=1 docker build --target prod -f a/x.Dockerfile \"a\"",
        ] {
            let recipe = first(script);
            assert_eq!(known(&recipe.context).as_deref(), Some("a"), "{script}");
            assert_eq!(known(&recipe.dockerfile).as_deref(), Some("a/x.Dockerfile"), "{script}");
            assert_eq!(recipe.target.value().map(String::as_str), Some("prod"), "{script}");
        }
    }

    #[test]
    fn what_a_shell_fills_in_is_unknown() {
        for script in [
            "docker build $HERE",
            "cd \"$HERE\" && docker build .",
            "docker build `pwd`",
            "docker build $(dirname \"$(pwd)\")",
            "docker build https://github.com/acme/shop.git",
            "docker build ../elsewhere",
        ] {
            assert_eq!(known(&first(script).context), None, "{script}");
        }
        assert_eq!(known(&first("docker build -f $FILE .").dockerfile), None);
        assert_eq!(first("docker build --build-arg A=$B .").args[0].1.value(), None);
    }
}

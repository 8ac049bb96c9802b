//! `find` and `xargs`: what they do to what they list.

use super::operands::without_values;
use super::{Change, Reader, Target};
use crate::build::programs::Traits;
use crate::parse::shell::Word;
use crate::values::path::name;

impl Reader<'_> {
    pub(super) fn find(&mut self, words: &[Word]) {
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.text.as_str()));
        let run = words
            .iter()
            .position(|word| matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok"))
            .and_then(|at| words.get(at + 1));
        let is_start = |word: &&Word| !word.text.starts_with('-') && !matches!(word.text.as_str(), "(" | "!");
        let mut starts: Vec<Target> = words
            .iter()
            .take_while(is_start)
            .map(|word| self.target(word))
            .collect();
        if starts.is_empty() {
            starts.push(self.here("."));
        }
        // What is picked by name or age may be little.
        let picks = has(&[
            "-name",
            "-iname",
            "-path",
            "-regex",
            "-newer",
            "-perm",
            "-user",
            "-maxdepth",
            "!",
            "-not",
        ]);
        let all = |start| match start {
            Target::Path(path) if picks => Target::some_in(path),
            start => start,
        };
        let found: Vec<Target> = starts.into_iter().map(all).collect();
        if run.is_none() && !has(&["-delete", "-fprint", "-fprintf", "-fls"]) {
            self.listed = found;
            return;
        }
        match run {
            Some(run) => self.run_over(name(&run.text), found),
            None if has(&["-delete"]) => self.run_over("rm", found),
            None => {}
        }
        let traits = match run {
            Some(run) => run_by_another(run),
            None if has(&["-delete"]) => Traits::of("rm"),
            None => Traits::UNKNOWN,
        };
        self.add(Change::Unknown(traits));
    }

    /// `xargs`, over what a `find` before it lists.
    pub(super) fn xargs(&mut self, words: &[Word]) {
        let valued = ["-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E"];
        let run = without_values(words, &valued).next();
        if let Some(run) = run.filter(|run| !run.dynamic) {
            let listed = std::mem::take(&mut self.listed);
            self.run_over(name(&run.text), listed);
        }
        self.add(Change::Unknown(run.map_or(Traits::of("xargs"), run_by_another)));
    }

    /// What a program does to everything at and below some paths that it is given.
    fn run_over(&mut self, program: &str, paths: Vec<Target>) {
        let (recursive, followed) = (true, false);
        for what in paths {
            match program {
                "chown" | "chgrp" => self.add(Change::Owner {
                    what,
                    recursive,
                    user: None,
                    followed,
                }),
                "chmod" => self.add(Change::Mode {
                    what,
                    recursive,
                    mode: None,
                    followed,
                }),
                "rm" => {
                    let what = match what {
                        Target::Path(path) => Target::AllIn(path),
                        other => other,
                    };
                    self.add(Change::Remove { what, recursive });
                }
                _ => {}
            }
        }
    }
}

/// What a program may do that `find` or `xargs` gives paths to.
fn run_by_another(word: &Word) -> Traits {
    match name(&word.text) {
        _ if word.dynamic => Traits::UNKNOWN,
        "cp" | "mv" | "ln" | "install" | "rsync" | "tee" => Traits::UNKNOWN,
        program => Traits::of(program),
    }
}

//! How the repository says that an image is built, elsewhere than in a Compose file.

use crate::fact::Fact;
use crate::source::{Span, slashed};
use std::path::{Path, PathBuf};

/// A build, as a Bake file, a job or another description of builds says.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// What it is called there, for messages: `the target 'api'`.
    pub name: String,
    /// Where it is written.
    pub place: Span,
    /// The file that it is written in.
    pub file: PathBuf,
    /// The folder of the build context, relative to the root. Its state is `EngineDefault` where nothing is written.
    pub context: Fact<PathBuf>,
    /// The Dockerfile, relative to the root.
    pub dockerfile: Fact<PathBuf>,
    /// The stage; `Absent` for the last one.
    pub target: Fact<String>,
    /// Build arguments; one that is called `*` stands for further ones that are not known.
    pub args: Vec<(String, Fact<String>)>,
    /// Named contexts, and what each leads to.
    pub contexts: Vec<(String, Fact<String>)>,
    /// The platforms, if somebody says.
    pub platforms: Fact<Vec<String>>,
    /// It makes an image that somebody keeps: not a check, a test, or files for this machine.
    pub ships: bool,
    /// Its paths start where it says, and nothing that runs before it is known to bring other files.
    pub is_certain: bool,
}

impl Recipe {
    /// What it says, and what of it is not known, for people.
    pub(crate) fn told(&self) -> String {
        let mut unknown = Vec::new();
        let mut parts = vec![self.name.clone()];
        let mut add = |what: &str, said: Fact<String>| match said {
            Fact::Known(known) => parts.push(format!("{what} `{}`", known.value)),
            Fact::Unknown(unknown_one) => unknown.push(format!("{what} ({})", unknown_one.reason)),
            Fact::Absent => {}
        };
        add("Dockerfile", self.dockerfile.clone().map(|path| shown(&path)));
        add("context", self.context.clone().map(|path| shown(&path)));
        add("target", self.target.clone());
        add("platforms", self.platforms.clone().map(|platforms| platforms.join(",")));
        let mut known = Vec::new();
        for (name, value) in &self.args {
            match (value, name.as_str()) {
                (Fact::Known(_), _) => known.push(name.as_str()),
                (Fact::Unknown(why), "*") => unknown.push(format!("arguments ({})", why.reason)),
                (Fact::Unknown(why), name) => unknown.push(format!("argument {name} ({})", why.reason)),
                (Fact::Absent, _) => {}
            }
        }
        if !known.is_empty() {
            parts.push(format!("arguments {}", known.join(", ")));
        }
        let mut told = parts.join(", ");
        if !unknown.is_empty() {
            told.push_str(&format!("; not known: {}", unknown.join(", ")));
        }
        told
    }
}

fn shown(path: &Path) -> String {
    match slashed(path) {
        path if path.is_empty() => ".".to_owned(),
        path => path,
    }
}

//! The layout of the house: which module may import which, and who may touch the repository outside.

mod lengths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::UseTree;
use syn::visit::Visit;

/// Each module with the modules that it may import, in the order of the data flow. Nothing imports from below.
const LAYERS: [(&str, &[&str]); 40] = [
    ("order", &[]),
    ("packed", &[]),
    ("source", &[]),
    ("failure", &[]),
    ("exit", &[]),
    ("values", &["failure"]),
    ("usage", &["failure", "order", "values"]),
    ("progress", &["source"]),
    ("parallel", &["progress"]),
    ("git", &["failure"]),
    ("archive", &["failure", "order", "values"]),
    ("fact", &["source"]),
    ("redact", &["order", "source"]),
    ("finding", &["fact", "source"]),
    ("parse", &["fact", "failure", "finding", "order", "source"]),
    ("lock", &["failure", "parse", "source", "values"]),
    ("known_images", &["failure", "lock", "order", "packed", "values"]),
    ("config", &["failure", "finding", "order", "parse", "source", "values"]),
    ("scaffold", &["config"]),
    (
        "resolve",
        &["fact", "failure", "finding", "order", "parse", "source", "values"],
    ),
    (
        "build",
        &[
            "fact",
            "finding",
            "known_images",
            "order",
            "parse",
            "resolve",
            "source",
            "values",
        ],
    ),
    (
        "workspace",
        &[
            "build", "failure", "finding", "git", "order", "parallel", "parse", "progress", "resolve", "source",
            "values",
        ],
    ),
    (
        "discover",
        &["finding", "order", "parse", "resolve", "source", "workspace"],
    ),
    (
        "container",
        &[
            "archive",
            "build",
            "fact",
            "known_images",
            "parse",
            "resolve",
            "source",
            "values",
        ],
    ),
    (
        "repository",
        &[
            "build",
            "config",
            "container",
            "fact",
            "finding",
            "known_images",
            "order",
            "parse",
            "resolve",
            "source",
            "usage",
            "values",
        ],
    ),
    (
        "load",
        &[
            "build",
            "config",
            "container",
            "discover",
            "fact",
            "failure",
            "finding",
            "known_images",
            "order",
            "parallel",
            "parse",
            "progress",
            "redact",
            "repository",
            "resolve",
            "source",
            "usage",
            "values",
            "workspace",
        ],
    ),
    (
        "settings",
        &["container", "fact", "redact", "repository", "resolve", "source"],
    ),
    (
        "rules",
        &[
            "build",
            "config",
            "container",
            "fact",
            "finding",
            "known_images",
            "lock",
            "order",
            "packed",
            "parallel",
            "parse",
            "progress",
            "redact",
            "repository",
            "resolve",
            "settings",
            "source",
            "usage",
            "values",
        ],
    ),
    ("mend", &["finding", "order", "parse", "source"]),
    (
        "requirements",
        &[
            "config",
            "container",
            "finding",
            "parallel",
            "repository",
            "rules",
            "source",
        ],
    ),
    (
        "budget_use",
        &[
            "build",
            "config",
            "container",
            "fact",
            "finding",
            "repository",
            "resolve",
            "source",
            "values",
        ],
    ),
    (
        "decided",
        &[
            "budget_use",
            "build",
            "config",
            "container",
            "order",
            "repository",
            "values",
        ],
    ),
    ("policy_diff", &["config", "finding", "rules"]),
    ("engine", &["failure"]),
    ("explain", &["config", "failure", "finding", "order", "rules", "values"]),
    (
        "report",
        &[
            "archive",
            "budget_use",
            "build",
            "config",
            "container",
            "decided",
            "fact",
            "failure",
            "finding",
            "order",
            "progress",
            "redact",
            "repository",
            "requirements",
            "resolve",
            "rules",
            "settings",
            "source",
            "usage",
            "values",
        ],
    ),
    (
        "suppress",
        &[
            "build",
            "config",
            "container",
            "discover",
            "failure",
            "finding",
            "git",
            "order",
            "report",
            "repository",
            "resolve",
            "rules",
            "source",
            "values",
        ],
    ),
    ("cli", &["config", "failure", "known_images", "values"]),
    ("app", &["*"]),
    ("main", &["*"]),
];

/// Words of the world outside, and the modules that may use them.
const OUTSIDE: [(&str, &[&str]); 7] = [
    ("std::fs", &["workspace", "git", "app"]),
    ("File::open", &["workspace", "git", "app"]),
    ("std::env", &["app", "main", "workspace"]),
    ("std::process", &["main", "exit"]),
    ("std::net::Tcp", &[]),
    ("UnixStream", &["engine"]),
    ("SystemTime", &["app"]),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

struct File {
    path: PathBuf,
    text: String,
    /// Without its tests and comments.
    code: String,
}

/// The files of each module.
fn modules() -> BTreeMap<String, Vec<File>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut modules: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for path in paths {
        let relative = path.strip_prefix(&root).unwrap().to_path_buf();
        let name = relative.file_stem().unwrap().to_string_lossy().into_owned();
        if matches!(name.as_str(), "tests" | "sample") || name.ends_with("_tests") {
            continue;
        }
        let module = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let code: String = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        modules.entry(module).or_default().push(File {
            path: relative,
            text,
            code,
        });
    }
    modules
}

/// The modules of the crate that a file names: `use crate::{a, b::c}` as well as `crate::a::b` in an expression.
fn imports(text: &str) -> BTreeSet<String> {
    let file = syn::parse_file(text).unwrap();
    let mut imports = Imports::default();
    imports.visit_file(&file);
    imports.0
}

#[derive(Default)]
struct Imports(BTreeSet<String>);

impl Imports {
    fn tree(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => drop(self.0.insert(path.ident.to_string())),
            UseTree::Name(name) => drop(self.0.insert(name.ident.to_string())),
            UseTree::Rename(name) => drop(self.0.insert(name.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree)),
            UseTree::Glob(_) => panic!("`use crate::*` says nothing"),
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_use_tree(&mut self, tree: &'ast UseTree) {
        match tree {
            UseTree::Path(path) if path.ident == "crate" => self.tree(&path.tree),
            _ => syn::visit::visit_use_tree(self, tree),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut parts = path.segments.iter();
        if parts.next().is_some_and(|part| part.ident == "crate")
            && let Some(module) = parts.next()
        {
            self.0.insert(module.ident.to_string());
        }
        syn::visit::visit_path(self, path);
    }

    /// Code inside a macro is words to the parser: `rule! { ... crate::a::b ... }`.
    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        let words = invocation.tokens.to_string();
        let mut words = words.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if word == "crate" && words.next() == Some("::") {
                self.0.extend(words.peek().map(|module| (*module).to_owned()));
            }
        }
    }
}

/// The functions, or what follows them, with a result whose error is a bare text: nobody can tell such an error from a value.
#[derive(Default)]
struct BareErrors {
    at: String,
    found: Vec<String>,
}

impl<'ast> Visit<'ast> for BareErrors {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.at = signature.ident.to_string();
        syn::visit::visit_signature(self, signature);
    }

    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        if segment.ident == "Result"
            && let syn::PathArguments::AngleBracketed(generics) = &segment.arguments
            && let Some(syn::GenericArgument::Type(error)) = generics.args.iter().nth(1)
            && is_text(error)
        {
            self.found.push(self.at.clone());
        }
        syn::visit::visit_path_segment(self, segment);
    }
}

/// `String`, `&str`, or one of them in a `Box` or `Cow`.
fn is_text(kind: &syn::Type) -> bool {
    match kind {
        syn::Type::Reference(reference) => is_text(&reference.elem),
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let inside = match &last.arguments {
                syn::PathArguments::AngleBracketed(generics) => generics.args.iter().any(|argument| match argument {
                    syn::GenericArgument::Type(inner) => is_text(inner),
                    _ => false,
                }),
                _ => false,
            };
            last.ident == "String" || last.ident == "str" || (inside && (last.ident == "Box" || last.ident == "Cow"))
        }),
        _ => false,
    }
}

fn bare_errors(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).unwrap();
    let mut found = BareErrors::default();
    found.visit_file(&file);
    found.found
}

#[test]
fn errors_are_no_bare_texts() {
    let code = "fn a() -> Result<(), String> {} struct B { c: Option<std::result::Result<u8, &'static str>> }
        trait D { fn e(&self) -> Result<Vec<u8>, Box<str>>; } type F = Result<(), Cow<'static, str>>;
        fn g() { let h = || -> Result<u8, String> { Ok(1) }; }
        fn fine() -> Result<String, Failure> {} fn also(given: (String, Vec<Result<&str, Vec<String>>>)) {}";
    assert_eq!(bare_errors(code), ["a", "a", "e", "e", "g"]);
    for sources in modules().values() {
        for File { path, text, .. } in sources {
            let found = bare_errors(text);
            assert!(found.is_empty(), "{}: {found:?}: use `Failure`", path.display());
        }
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let code = "use crate::{a, b::{c, d}, e as f};\nfn x() -> crate::g::H { m!(crate::i::j()); crate::k::l() }";
    let seen: Vec<String> = imports(code).into_iter().collect();
    assert_eq!(seen, ["a", "b", "e", "g", "i", "k"]);
}

#[test]
fn imports_follow_the_data_flow() {
    let modules = modules();
    let known: BTreeMap<&str, &[&str]> = LAYERS.into_iter().collect();
    for (position, (module, allowed)) in LAYERS.iter().enumerate() {
        for name in allowed.iter().filter(|name| **name != "*") {
            let place = LAYERS.iter().position(|(known, _)| known == name).unwrap();
            assert!(place < position, "{module} may import {name}, which stands below it");
        }
    }
    for (module, sources) in &modules {
        if module == "lib" {
            continue;
        }
        let allowed = known
            .get(module.as_str())
            .unwrap_or_else(|| panic!("the module {module} stands in no layer: add it to LAYERS"));
        for File { path, text, .. } in sources {
            for import in imports(text) {
                let fine = import == *module || allowed.contains(&"*") || allowed.contains(&import.as_str());
                assert!(fine, "{} imports {import}, which {module} may not", path.display());
            }
        }
    }
    assert_eq!(modules.len() - 1, LAYERS.len(), "a layer without a module");
}

#[test]
fn only_the_edges_touch_the_world_outside() {
    for (module, sources) in modules() {
        for File { path, code, .. } in sources {
            for (word, allowed) in OUTSIDE {
                assert!(
                    !code.contains(word) || allowed.contains(&module.as_str()),
                    "{} uses {word}",
                    path.display()
                );
            }
            assert!(!code.contains("Command::new"), "{} starts a program", path.display());
        }
    }
}

//! What one opens is short: lines of a file, lines of a function.

use super::files;
use std::path::Path;
use syn::visit::Visit;

/// Lines of a file that holds code.
const MAX_FILE: usize = 400;
/// Lines of a file that holds tests only.
const MAX_TESTS: usize = 800;
/// Lines of a function, from `fn` to its last brace.
const MAX_FUNCTION: usize = 80;

/// Files that may be longer, and why.
const LONG: [(&str, &str); 1] = [("resolve/compose/schema/table.rs", "a table of facts, not code")];

/// The files below `src`, by their paths there, with their texts.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn is_tests(name: &str) -> bool {
    name.ends_with("/tests.rs")
}

/// The functions of a text, each with the lines that it takes.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn of(text: &str) -> Vec<(String, usize)> {
        let mut functions = Self::default();
        functions.visit_file(&syn::parse_file(text).unwrap());
        functions.0
    }

    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.fn_token.span, block.brace_token.span.close());
        let lines = last.end().line - first.start().line + 1;
        self.0.push((signature.ident.to_string(), lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[test]
fn the_lines_of_functions_are_counted() {
    let code = "/// Not this.\nfn a() {}\nimpl B {\n    pub fn c(\n        &self,\n    ) {\n        fn d() {\n        }\n    }\n}
trait E { fn f(); fn g() {\n} }";
    let of = |name: &str, lines: usize| (name.to_owned(), lines);
    assert_eq!(Functions::of(code), [of("a", 1), of("c", 6), of("d", 2), of("g", 2)]);
}

#[test]
fn files_are_short() {
    for (name, text) in sources() {
        let most = if is_tests(&name) { MAX_TESTS } else { MAX_FILE };
        let lines = text.lines().count();
        let is_long = lines > most;
        let may_be = LONG.iter().any(|(long, _)| *long == name);
        assert!(
            !is_long || may_be,
            "src/{name} has {lines} lines, and may have {most}: part it"
        );
        assert!(is_long || !may_be, "src/{name} is not long: take it out of LONG");
    }
}

#[test]
fn functions_are_short() {
    let code = sources();
    // A test may hold a whole output.
    let code = code.iter().filter(|(name, _)| !is_tests(name));
    let long: Vec<String> = code
        .flat_map(|(name, text)| {
            let functions = Functions::of(text).into_iter();
            functions.map(move |(function, lines)| (format!("src/{name}: `{function}`"), lines))
        })
        .filter(|(_, lines)| *lines > MAX_FUNCTION)
        .map(|(function, lines)| format!("{function} has {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "part these, {MAX_FUNCTION} lines are enough: {long:#?}"
    );
}

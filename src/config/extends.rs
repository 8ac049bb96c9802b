//! `extends`: the file that a configuration starts with, and the keys that it keeps to itself.

use super::Mistake;
use crate::failure::Failure;
use crate::parse::yaml::{Data, Map, Value, YamlFile};
use crate::source::Span;

/// More files than this are a mistake, and so is one that extends itself.
const MAX_FILES: usize = 8;
const EXTENDS: &str = "extends";
const FINAL: &str = "final";

/// The file with what it extends, where it extends something: mappings are merged key by key, and of everything else the file that extends has the say.
/// `load` gives the document behind a path, or why there is none.
///
/// # Errors
/// A file that cannot be had, a chain without an end, or a key that an extended file calls final.
pub(crate) fn inherited(
    file: &YamlFile,
    load: &mut dyn FnMut(&str) -> Result<Value, Failure>,
) -> Result<Option<YamlFile>, Mistake> {
    let [document] = file.documents.as_slice() else {
        return Ok(None);
    };
    if document.entry(EXTENDS).is_none() {
        return Ok(None);
    }
    let mut whole = file.clone();
    whole.documents = vec![chain(document, load, 1)?];
    Ok(Some(whole))
}

/// The one document of a file that is extended.
///
/// # Errors
/// There are more, or it is no YAML.
pub(crate) fn document(file: &YamlFile) -> Result<Value, Failure> {
    match (file.problems.first(), file.documents.as_slice()) {
        (Some(problem), _) => Err(Failure::new(problem.finding.message.clone())),
        (None, [document]) => Ok(document.clone()),
        (None, []) => Err(Failure::new("it is empty")),
        (None, _) => Err(Failure::new("it has several documents")),
    }
}

fn chain(
    document: &Value,
    load: &mut dyn FnMut(&str) -> Result<Value, Failure>,
    files: usize,
) -> Result<Value, Mistake> {
    let Some(entry) = document.entry(EXTENDS) else {
        return Ok(document.clone());
    };
    let mistake = |message: String, help: &str| Mistake {
        span: entry.value.span,
        message,
        help: help.to_owned(),
    };
    let Some(path) = entry.value.str() else {
        let message = format!("`{EXTENDS}` must be a path, not {}", entry.value.kind());
        return Err(mistake(message, "write `extends: policy/base.yaml`"));
    };
    if files >= MAX_FILES {
        let message = format!("`{EXTENDS}` leads through more than {MAX_FILES} files, or back to one of them");
        return Err(mistake(message, "remove one `extends`"));
    }
    let base = load(path).map_err(|why| mistake(format!("`{path}` cannot be extended: {why}"), ""))?;
    let base = chain(&base, load, files + 1)?;
    for path in finals(&base) {
        if let Some(span) = written(document, path) {
            return Err(Mistake {
                span,
                message: format!("`{path}` is final in the configuration that this one extends"),
                help: "remove it here, or change it there".to_owned(),
            });
        }
    }
    Ok(merged(&base, document))
}

/// The keys that nothing that extends this may set, as `registries` and `profiles.api.memory`.
fn finals(base: &Value) -> impl Iterator<Item = &str> {
    let listed = base.get(FINAL).and_then(Value::seq).unwrap_or(&[]);
    listed.iter().filter_map(Value::str)
}

/// Where a document sets a key, or replaces what holds it.
fn written(document: &Value, path: &str) -> Option<Span> {
    let mut here = document;
    let mut place = None;
    for part in path.split('.') {
        if here.map().is_none() {
            return place;
        }
        let entry = here.entry(part)?;
        place = Some(entry.key);
        here = &entry.value;
    }
    place
}

fn merged(base: &Value, above: &Value) -> Value {
    let (Some(old), Some(new)) = (base.map(), above.map()) else {
        return above.clone();
    };
    let mut map: Map = old.clone();
    for (key, entry) in new {
        let mut entry = entry.clone();
        if let Some(before) = map.get(key) {
            entry.value = match (key.as_str(), &before.value.data, &entry.value.data) {
                // Nobody takes away what another file made final.
                (FINAL, Data::Seq(before), Data::Seq(now)) => {
                    let all = before.iter().chain(now).cloned().collect();
                    Value::new(Data::Seq(all), entry.value.span)
                }
                _ => merged(&before.value, &entry.value),
            };
        }
        map.insert(key.clone(), entry);
    }
    Value::new(Data::Map(map), above.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;
    use crate::source::SourceId;

    fn parse(text: &str) -> YamlFile {
        yaml::parse(SourceId::default(), text)
    }

    fn read(files: &[(&str, &str)]) -> Result<Value, Failure> {
        let load = &mut |path: &str| {
            let text = files.iter().find(|(name, _)| *name == path).map(|(_, text)| *text);
            document(&parse(text.ok_or_else(|| Failure::new("it does not exist"))?))
        };
        let whole = inherited(&parse(files[0].1), load).map_err(|mistake| Failure::new(mistake.message))?;
        Ok(whole.unwrap().documents.remove(0))
    }

    #[test]
    fn mappings_are_merged_and_lists_replaced() {
        let all = read(&[
            (
                "own",
                "extends: base\nrules: {a: off}\nexclude: [x]\nprofiles: {api: {memory: 1GiB}}\n",
            ),
            (
                "base",
                "rules: {b: note}\nexclude: [y, z]\nprofiles: {api: {pids: 20}, db: {}}\n",
            ),
        ])
        .unwrap();
        let keys = |path: &[&str]| {
            all.at(path)
                .unwrap()
                .map()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(keys(&["rules"]), "b a");
        assert_eq!(keys(&["profiles", "api"]), "pids memory");
        assert_eq!(keys(&["profiles"]), "api db");
        assert_eq!(all.get("exclude").unwrap().seq().unwrap().len(), 1);
    }

    #[test]
    fn what_is_final_stays() {
        let base = "registries: [a.io]\nprofiles: {api: {memory: 1GiB}}\nfinal: [registries, profiles.api.memory]\n";
        for own in [
            "extends: base\nregistries: [b.io]\n",
            "extends: base\nprofiles: {api: {memory: 2GiB}}\n",
            "extends: base\nprofiles: {api: null}\n",
            "extends: base\nprofiles: null\n",
            "extends: middle\nregistries: [b.io]\n",
        ] {
            let middle = "extends: base\nfinal: []\n";
            let read = read(&[("own", own), ("base", base), ("middle", middle)]);
            assert!(read.unwrap_err().to_string().contains("is final"), "{own}");
        }
        let own = "extends: base\nprofiles: {api: {pids: 5}, db: {memory: 2GiB}}\n";
        assert!(read(&[("own", own), ("base", base)]).is_ok());
    }

    #[test]
    fn a_chain_has_an_end() {
        let round = read(&[("own", "extends: a\n"), ("a", "extends: b\n"), ("b", "extends: a\n")]);
        assert!(round.unwrap_err().to_string().contains("back to one of them"));
        assert!(
            read(&[("own", "extends: none\n")])
                .unwrap_err()
                .to_string()
                .contains("it does not exist")
        );
        assert!(
            read(&[("own", "extends: [a]\n")])
                .unwrap_err()
                .to_string()
                .contains("must be a path")
        );
    }
}

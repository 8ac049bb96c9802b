//! `plimsoll policy test`: the examples of every policy, judged.

use super::{configuration, output, place};
use crate::cli::{CheckArgs, PolicyTestArgs};
use crate::config::Config;
use crate::discover::{self, Exclude};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::load::{self, Inputs};
use crate::parse::yaml::{Data, Value};
use crate::report::escape;
use crate::rules;
use crate::source::ColumnUnit;
use crate::workspace::Workspace;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn test(args: &PolicyTestArgs) -> Outcome {
    match try_test(args) {
        Ok((text, is_as_expected)) => match output::print(&escape::guard(text)) {
            Outcome::Pass if !is_as_expected => Outcome::Fail,
            outcome => outcome,
        },
        Err(failure) => output::complain(failure),
    }
}

/// What is to be said, and whether every example is as its policy says.
fn try_test(args: &PolicyTestArgs) -> Result<(String, bool), Failure> {
    let check = CheckArgs {
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    };
    let mut workspace = Workspace::open(&place::root(&check)?)?;
    let (config, _) = configuration::read(&check, &mut workspace)?;
    if config.policy.is_empty() {
        return Err(Failure::new("the configuration has no `policy`"));
    }
    // What else it configures speaks of files that no example has.
    let mut alone = Config {
        profiles: config.profiles,
        assign: config.assign,
        ..Config::default()
    };
    let mut text = String::new();
    let mut wrong = 0;
    for policy in config.policy {
        let examples = [(policy.passes.clone(), "passes"), (policy.fails.clone(), "fails")];
        let name = policy.name.value.clone();
        alone.policy = vec![policy];
        let mut count = 0;
        for (example, kind) in examples
            .iter()
            .flat_map(|(list, kind)| list.iter().map(move |one| (one, *kind)))
        {
            count += 1;
            let found = violation(&alone, example)?;
            let complaint = match (kind, found) {
                ("passes", Some(finding)) => format!("must pass: {}", finding.message),
                ("fails", None) => "must fail, but nothing was found".to_owned(),
                ("fails", Some(finding)) if finding.undecided => format!("must fail: {}", finding.message),
                _ => continue,
            };
            wrong += 1;
            let source = workspace.sources().get(example.span.source);
            let line = source.position(example.span.start, ColumnUnit::CodePoints).line;
            let _ = writeln!(text, "{}:{line}: an example of `{name}` {complaint}", source.path);
        }
        let _ = match count {
            0 => writeln!(text, "{name}: no examples"),
            1 => writeln!(text, "{name}: 1 example"),
            count => writeln!(text, "{name}: {count} examples"),
        };
    }
    let _ = match wrong {
        0 => writeln!(text, "every example matches its policy"),
        1 => writeln!(text, "1 example does not match its policy"),
        wrong => writeln!(text, "{wrong} examples do not match their policies"),
    };
    Ok((text, wrong == 0))
}

/// What the policy finds in a service, in a folder that holds nothing else: what it violates, else what cannot be decided.
fn violation(config: &Config, service: &Value) -> Result<Option<Finding>, Failure> {
    let odd = |error: std::io::Error| Failure::from(error).of("an example cannot be checked");
    let folder = tempfile::tempdir().map_err(odd)?;
    let compose = json!({"services": {"example": plain(service)}});
    std::fs::write(folder.path().join("compose.yaml"), compose.to_string()).map_err(odd)?;
    let mut workspace = Workspace::open(folder.path())?;
    let found = discover::discover(&mut workspace, &[PathBuf::new()], Exclude::default());
    let repository = load::load(&found, Inputs::of(config), &mut workspace)?;
    let judged = rules::judge(&repository, config);
    let is_of_policy = |aspect: &str| aspect.starts_with("policy ");
    let found = judged.into_iter().map(|entry| entry.finding);
    let found = found.filter(|finding| is_of_policy(&finding.aspect));
    Ok(found.min_by_key(|finding| finding.undecided))
}

fn plain(value: &Value) -> serde_json::Value {
    match &value.data {
        Data::Null => json!(null),
        Data::Bool(flag) => json!(flag),
        Data::Int(number) => json!(number),
        Data::Float(number) => json!(number),
        Data::Str(text) | Data::Unknown { text, .. } => json!(text),
        Data::Seq(items) => items.iter().map(plain).collect(),
        Data::Map(map) => map
            .iter()
            .map(|(key, entry)| (key.clone(), plain(&entry.value)))
            .collect(),
    }
}

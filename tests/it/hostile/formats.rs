//! What makes an output valid in its format, whatever was judged.

use serde_json::Value;
use serde_sarif::sarif::Sarif;
use std::collections::HashSet;

/// What a step summary may weigh before GitHub drops the whole of it.
const SUMMARY: usize = 900 << 10;

/// Commands that a runner looks for anywhere in a line.
const OLDER: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// What is wrong with an output, if something is. `code` is how the run ended.
pub(super) fn problem(format: &str, text: &str, code: i32) -> Option<String> {
    let result = match format {
        "json" | "json-pretty" => json(text, code),
        "sarif" => sarif(text, code),
        "gitlab" => gitlab(text),
        "junit" => junit(text),
        "markdown" | "markdown-brief" => markdown(text),
        "line" => lines(text),
        "github" => github(text),
        _ => Ok(()),
    };
    result.and_then(|()| harmless(format, text)).err()
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn json(text: &str, code: i32) -> Result<(), String> {
    let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let verdict = ["pass", "fail", "error"].get(usize::try_from(code).unwrap_or(9));
    check(report["schema"] == 2, || "no schema".to_owned())?;
    check(report["verdict"].as_str() == verdict.copied(), || {
        format!("verdict {} and exit code {code}", report["verdict"])
    })?;
    let findings = report["findings"].as_array().ok_or("no findings")?;
    let mut last = None;
    for finding in findings {
        let at = &finding["location"];
        let number = |key: &str| at[key].as_u64().filter(|number| *number > 0);
        let place = (
            number("line"),
            number("column"),
            number("end_line"),
            number("end_column"),
        );
        let (Some(line), Some(column), Some(end_line), Some(end_column)) = place else {
            return Err(format!("no place in {finding}"));
        };
        check((line, column) <= (end_line, end_column), || format!("backwards: {at}"))?;
        let path = at["path"].as_str().ok_or("no path")?;
        check(!path.starts_with('/') && !path.is_empty(), || format!("a path {path}"))?;
        for key in ["rule", "severity", "layer", "message", "fingerprint"] {
            let is_there = finding[key].as_str().is_some_and(|text| !text.is_empty());
            check(is_there, || format!("no {key} in {finding}"))?;
        }
        let rule = finding["rule"].as_str().unwrap_or("");
        let here = (path.to_owned(), line, column, rule.to_owned());
        check(last.as_ref().is_none_or(|last| *last <= here), || {
            format!("{last:?} before {here:?}")
        })?;
        last = Some(here);
    }
    Ok(())
}

/// The object model refuses what lacks a required member; the rest is what GitHub needs.
fn sarif(text: &str, code: i32) -> Result<(), String> {
    let sarif: Sarif = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    check(value["version"] == "2.1.0" && value["$schema"].is_string(), || {
        "no version".to_owned()
    })?;
    check(sarif.runs.len() == 1, || "not one run".to_owned())?;
    let run = &value["runs"][0];
    check(run["invocations"][0]["executionSuccessful"] == (code != 2), || {
        "executionSuccessful".to_owned()
    })?;
    let none = Vec::new();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap_or(&none);
    let results = run["results"].as_array().unwrap_or(&none);
    check(results.len() <= 5000, || format!("{} results", results.len()))?;
    for result in results {
        let rule = result["ruleIndex"]
            .as_u64()
            .and_then(|index| rules.get(usize::try_from(index).ok()?));
        check(rule.is_some_and(|rule| rule["id"] == result["ruleId"]), || {
            format!("no rule of {result}")
        })?;
        check(
            result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()),
            || "no message".to_owned(),
        )?;
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().ok_or("no uri")?;
        let is_uri = uri
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}:?#[]".contains(&byte));
        check(is_uri && !uri.starts_with('/') && !uri.contains(".."), || {
            format!("the URI {uri}")
        })?;
        for key in ["startLine", "startColumn"] {
            let number = &place["region"][key];
            check(number.is_null() || number.as_u64() > Some(0), || {
                format!("{key} {number}")
            })?;
        }
    }
    Ok(())
}

fn gitlab(text: &str) -> Result<(), String> {
    let issues: Vec<Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut seen = HashSet::new();
    for issue in &issues {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            check(issue[key].as_str().is_some_and(|text| !text.is_empty()), || {
                format!("no {key} in {issue}")
            })?;
        }
        let at = &issue["location"];
        let is_placed = at["path"].is_string() && at["lines"]["begin"].as_u64() > Some(0);
        check(is_placed, || format!("no place in {issue}"))?;
        check(seen.insert(issue["fingerprint"].as_str()), || format!("twice: {issue}"))?;
    }
    Ok(())
}

/// A parser of XML, and the counts that readers show.
fn junit(text: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    check(root.has_tag_name("testsuites"), || "no testsuites".to_owned())?;
    for (name, key) in [("testcase", "tests"), ("failure", "failures"), ("error", "errors")] {
        let count = root.descendants().filter(|node| node.has_tag_name(name)).count();
        check(root.attribute(key) == Some(&count.to_string()), || {
            format!("{count} of {key}")
        })?;
    }
    Ok(())
}

fn markdown(text: &str) -> Result<(), String> {
    check(text.len() <= SUMMARY, || format!("{} bytes", text.len()))?;
    let (mut open, mut fences) = (0_i64, 0);
    for line in text.lines() {
        if line.starts_with("```") {
            fences += 1;
        }
        if fences % 2 == 1 {
            continue;
        }
        let prose = without_code(line);
        open += i64::try_from(prose.matches("<details").count()).unwrap_or(0);
        open -= i64::try_from(prose.matches("</details>").count()).unwrap_or(0);
        check((0..=1).contains(&open), || {
            format!("a fold in a fold, or an end without one: {line}")
        })?;
        for (at, _) in prose.match_indices('<') {
            let tag: String = prose[at..].chars().take_while(|c| *c != '>' && *c != ' ').collect();
            let tag = tag.trim_start_matches(['<', '/']);
            let known = ["details", "summary", "br", "sub", "code", ""].contains(&tag);
            check(known, || format!("the tag {tag} in {line}"))?;
        }
    }
    check(open == 0, || "a fold that does not end".to_owned())?;
    check(fences % 2 == 0, || "a fence that does not end".to_owned())
}

/// A line without what stands between backticks: a run of them ends with as many.
fn without_code(line: &str) -> String {
    let mut prose = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        prose.push_str(&rest[..start]);
        let ticks = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let fence = "`".repeat(ticks);
        let after = &rest[start + ticks..];
        let mut search = 0;
        let end = loop {
            let Some(found) = after[search..].find(&fence) else {
                break None;
            };
            let at = search + found;
            let run = after[at..].bytes().take_while(|byte| *byte == b'`').count();
            if run == ticks {
                break Some(at + run);
            }
            search = at + run;
        };
        match end {
            Some(end) => rest = &after[end..],
            None => {
                prose.push_str(&fence);
                rest = after;
            }
        }
    }
    prose + rest
}

/// `path:line:column: level: message [rule]`.
fn lines(text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.starts_with("plimsoll: error: ")) {
        let levels = [": error: ", ": warning: ", ": note: "];
        let head = levels
            .iter()
            .filter_map(|level| line.split_once(level))
            .map(|(head, _)| head);
        let head = head
            .min_by_key(|head| head.len())
            .ok_or_else(|| format!("no level: {line}"))?;
        let numbers = head
            .rsplitn(3, ':')
            .take(2)
            .all(|part| part.parse::<usize>().is_ok_and(|number| number > 0));
        check(numbers && line.ends_with(']'), || format!("no place: {line}"))?;
    }
    Ok(())
}

/// Nothing of a file is a property of an annotation: each stands once, in this order, and there are no other commands.
fn github(text: &str) -> Result<(), String> {
    for line in commands(text) {
        check(OLDER.iter().all(|start| !line.contains(start)), || {
            format!("a command in {line}")
        })?;
        let (head, _) = line
            .get(2..)
            .and_then(|rest| rest.split_once("::"))
            .ok_or("half a command")?;
        let (kind, properties) = head.split_once(' ').ok_or_else(|| format!("a command {line}"))?;
        let keys: Vec<&str> = properties
            .split(',')
            .filter_map(|pair| pair.split('=').next())
            .collect();
        let whole = ["file", "line", "endLine", "col", "endColumn", "title"];
        let is_ours = keys == whole
            || keys == [&whole[..3], &whole[5..]].concat()
            || (kind, properties) == ("error", "title=plimsoll");
        check(["error", "warning", "notice"].contains(&kind) && is_ours, || {
            format!("a command {line}")
        })?;
    }
    for kind in ["::error ", "::warning ", "::notice "] {
        let count = text.lines().filter(|line| line.starts_with(kind)).count();
        check(count <= 10, || format!("{count} of {kind}"))?;
    }
    Ok(())
}

/// What a runner takes for a command: a line that starts with `::` once it is trimmed, and the older forms anywhere.
pub(super) fn commands(text: &str) -> Vec<&str> {
    text.split(['\n', '\r'])
        .filter(|line| line.trim_start().starts_with("::") || OLDER.iter().any(|start| line.contains(start)))
        .collect()
}

/// No command but our annotations, and nothing that steers a terminal or is not what it seems.
fn harmless(format: &str, text: &str) -> Result<(), String> {
    let found = commands(text);
    let strange = found.iter().find(|line| format != "github" || !line.starts_with("::"));
    check(strange.is_none(), || format!("a command {strange:?}"))?;
    if ["json", "json-pretty", "sarif", "gitlab"].contains(&format) {
        // JSON has rules of its own for what steers, and no reader shows it raw.
        return Ok(());
    }
    let deceives = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let c = text.chars().find(|c| deceives(*c));
    check(c.is_none(), || format!("the character {c:?}"))
}

#[test]
fn what_is_broken_is_seen() {
    let broken = [
        ("json", "{\"schema\": 2, \"verdict\": \"pass\", \"findings\": []}"),
        ("sarif", "{\"version\": \"2.1.0\", \"runs\": [{}]}"),
        ("gitlab", "[{\"description\": \"x\"}]"),
        (
            "junit",
            "<testsuites tests=\"0\" failures=\"0\" errors=\"0\"><a></testsuites>",
        ),
        (
            "junit",
            "<testsuites tests=\"1\" failures=\"0\" errors=\"0\"></testsuites>",
        ),
        ("markdown", "<details><summary>x</summary>"),
        ("markdown", "a <img src=x> b"),
        ("markdown", "`a` </details> `b`"),
        ("line", "a:1: error: b [c]"),
        ("github", "::set-output name=x::y"),
        ("github", "::error file=a,line=1,line=2,title=x::y"),
        ("text", "a \u{1b}[2J"),
        ("text", "a\n  ::error::x"),
        ("text", "a ##vso[x]"),
    ];
    for (format, text) in broken {
        assert!(problem(format, text, 1).is_some(), "{format}: {text}");
    }
    assert_eq!(problem("markdown", "``a ` <b>`` <details>\n</details>", 1), None);
}

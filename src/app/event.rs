//! What a CI system says about the change that started it: with what to compare, or why everything has to be judged.

use crate::git::Against;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// What a run on CI is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A change.
    Change(Against),
    /// No change that is known; the reason. A base that a person names is taken.
    Unclear(String),
    /// Everything, whatever base is named; the reason. Who reads reports takes these runs for the whole truth.
    Whole(String),
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The event of this run; `None` where no CI system is known. `read` is the text of a file.
pub(super) fn of(variable: Variable<'_>, read: &dyn Fn(&Path) -> Option<String>) -> Option<Event> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if given("GITHUB_ACTIONS").as_deref() == Some("true") {
        let name = given("GITHUB_EVENT_NAME").unwrap_or_default();
        let text = given("GITHUB_EVENT_PATH").and_then(|path| read(Path::new(&path)));
        let payload = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        return Some(github(&name, payload.as_ref()));
    }
    if given("GITLAB_CI").as_deref() == Some("true") {
        return Some(gitlab(&given));
    }
    None
}

/// Whether this process is about a pull or merge request.
pub(super) fn is_request() -> bool {
    let is = |name: &str, values: &[&str]| std::env::var(name).is_ok_and(|value| values.contains(&value.as_str()));
    is("GITHUB_EVENT_NAME", &["pull_request", "merge_group"]) || is("CI_PIPELINE_SOURCE", &["merge_request_event"])
}

/// The event of this process.
pub(super) fn here() -> Option<Event> {
    of(&|name| std::env::var(name).ok(), &text)
}

/// The text of an event; those of real pushes stay far below the limit.
fn text(path: &Path) -> Option<String> {
    const MAX_BYTES: u64 = 32 << 20;
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

fn github(name: &str, payload: Option<&Value>) -> Event {
    match name {
        "schedule" => return Event::Whole("a scheduled run checks everything".to_owned()),
        "pull_request_target" => {
            return Event::Unclear("pull_request_target checks out the target, not the change".to_owned());
        }
        _ => {}
    }
    let Some(payload) = payload else {
        return Event::Unclear("the file that GITHUB_EVENT_PATH names cannot be read".to_owned());
    };
    let text = |path: &str| payload.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let pair = |base: &str, head: &str| text(base).zip(text(head));
    let about = match name {
        "pull_request" => pair("/pull_request/base/sha", "/pull_request/head/sha")
            .map(|(base, head)| Event::Change(Against::Request { base, head })),
        "merge_group" => pair("/merge_group/base_sha", "/merge_group/head_sha")
            .map(|(base, head)| Event::Change(Against::Push { base, head })),
        "push" => pair("/before", "/after").map(|(base, head)| {
            let branch = text("/ref").unwrap_or_default();
            if branch.starts_with("refs/tags/") {
                return tag();
            }
            match text("/repository/default_branch") {
                Some(default) if branch == format!("refs/heads/{default}") => default_branch(&default),
                Some(_) => Event::Change(Against::Push { base, head }),
                None => Event::Unclear("the event does not name the default branch".to_owned()),
            }
        }),
        _ => return Event::Unclear(format!("the event `{name}` has no changes to compare")),
    };
    about.unwrap_or_else(|| Event::Unclear(format!("the event `{name}` does not name its commits")))
}

fn gitlab(given: Variable<'_>) -> Event {
    let source = given("CI_PIPELINE_SOURCE").unwrap_or_default();
    if source == "schedule" {
        return Event::Whole("a scheduled run checks everything".to_owned());
    }
    if given("CI_COMMIT_TAG").is_some() {
        return tag();
    }
    let Some(head) = given("CI_COMMIT_SHA") else {
        return Event::Unclear("CI_COMMIT_SHA is not set".to_owned());
    };
    if source == "merge_request_event" {
        // Set where the pipeline runs on a merge made for it, and only there.
        if let Some(base) = given("CI_MERGE_REQUEST_TARGET_BRANCH_SHA") {
            return Event::Change(Against::Push { base, head });
        }
        return match given("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
            Some(base) => Event::Change(Against::Request { base, head }),
            None => Event::Unclear("CI_MERGE_REQUEST_DIFF_BASE_SHA is not set".to_owned()),
        };
    }
    match (given("CI_COMMIT_BRANCH"), given("CI_DEFAULT_BRANCH")) {
        (Some(branch), Some(default)) if branch == default => default_branch(&default),
        (Some(_), Some(_)) if source == "push" => match given("CI_COMMIT_BEFORE_SHA") {
            Some(base) => Event::Change(Against::Push { base, head }),
            None => Event::Unclear("CI_COMMIT_BEFORE_SHA is not set".to_owned()),
        },
        _ => Event::Unclear(format!("a pipeline started by `{source}` has no changes to compare")),
    }
}

fn tag() -> Event {
    Event::Whole("a tag pipeline checks everything".to_owned())
}

fn default_branch(name: &str) -> Event {
    Event::Whole(format!("the default branch, {name}, is always checked in full"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn on_github(name: &str, payload: &Value) -> Event {
        let variable = |asked: &str| match asked {
            "GITHUB_ACTIONS" => Some("true".to_owned()),
            "GITHUB_EVENT_NAME" => Some(name.to_owned()),
            "GITHUB_EVENT_PATH" => Some("/e.json".to_owned()),
            _ => None,
        };
        of(&variable, &|path| {
            (path == Path::new("/e.json")).then(|| payload.to_string())
        })
        .unwrap()
    }

    fn on_gitlab(pairs: &[(&str, &str)]) -> Event {
        let variable = |asked: &str| {
            let all = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "head")];
            let found = all.iter().chain(pairs).find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        };
        of(&variable, &|_| None).unwrap()
    }

    fn push(base: &str) -> Event {
        Event::Change(Against::Push {
            base: base.to_owned(),
            head: "head".to_owned(),
        })
    }

    fn request(base: &str) -> Event {
        Event::Change(Against::Request {
            base: base.to_owned(),
            head: "head".to_owned(),
        })
    }

    #[test]
    fn events_of_github_name_their_base() {
        let push_to = |branch: &str| json!({"ref": branch, "before": "old", "after": "head", "repository": {"default_branch": "main"}});
        assert_eq!(
            on_github(
                "pull_request",
                &json!({"pull_request": {"base": {"sha": "old"}, "head": {"sha": "head"}}})
            ),
            request("old")
        );
        assert_eq!(on_github("push", &push_to("refs/heads/topic")), push("old"));
        assert_eq!(
            on_github(
                "merge_group",
                &json!({"merge_group": {"base_sha": "old", "head_sha": "head"}})
            ),
            push("old")
        );
        let whole = [
            ("push", push_to("refs/heads/main")),
            ("push", push_to("refs/tags/v1")),
            ("schedule", json!({"schedule": "0 0 * * *"})),
        ];
        for (name, payload) in whole {
            assert!(matches!(on_github(name, &payload), Event::Whole(_)), "{name} {payload}");
        }
        let unclear = [
            (
                "pull_request_target",
                json!({"pull_request": {"base": {"sha": "a"}, "head": {"sha": "b"}}}),
            ),
            ("pull_request", json!({"pull_request": {"base": {"sha": 7}}})),
            (
                "push",
                json!({"ref": "refs/heads/topic", "before": "old", "after": "head"}),
            ),
            ("push", json!({})),
            ("merge_group", json!([])),
            ("workflow_dispatch", json!({})),
            ("release", json!({})),
            ("", json!({})),
        ];
        for (name, payload) in unclear {
            assert!(
                matches!(on_github(name, &payload), Event::Unclear(_)),
                "{name} {payload}"
            );
        }
    }

    #[test]
    fn pipelines_of_gitlab_name_their_base() {
        let branches = [("CI_COMMIT_BRANCH", "topic"), ("CI_DEFAULT_BRANCH", "main")];
        let on = |source: &'static str, more: &[(&'static str, &'static str)]| {
            on_gitlab(&[&[("CI_PIPELINE_SOURCE", source)], more].concat())
        };
        let zeros = ("CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000");
        let diff = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "old");
        assert_eq!(on("merge_request_event", &[diff, zeros]), request("old"));
        let merged = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "target");
        assert_eq!(on("merge_request_event", &[diff, merged]), push("target"));
        // Set and empty where it does not apply.
        let empty = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "");
        assert_eq!(on("merge_request_event", &[diff, empty]), request("old"));
        let before = ("CI_COMMIT_BEFORE_SHA", "old");
        assert_eq!(on("push", &[branches[0], branches[1], before]), push("old"));
        for (source, more) in [
            ("push", vec![("CI_COMMIT_BRANCH", "main"), branches[1], before]),
            ("push", vec![("CI_COMMIT_TAG", "v1"), branches[1], before]),
            ("schedule", vec![branches[0], branches[1], before]),
        ] {
            assert!(matches!(on(source, &more), Event::Whole(_)), "{source} {more:?}");
        }
        for (source, more) in [
            ("web", vec![branches[0], branches[1], before]),
            ("push", vec![branches[0], branches[1]]),
            ("push", vec![branches[0], before]),
            ("merge_request_event", vec![branches[0]]),
            ("", vec![]),
        ] {
            assert!(matches!(on(source, &more), Event::Unclear(_)), "{source} {more:?}");
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_is_unclear_and_no_event_is_none() {
        let github = |name: &str| (name == "GITHUB_ACTIONS").then(|| "true".to_owned());
        for text in [None, Some(""), Some("{"), Some("7")] {
            let event = of(&github, &|_| text.map(str::to_owned));
            assert!(matches!(event, Some(Event::Unclear(_))), "{text:?}");
        }
        assert_eq!(of(&|_| None, &|_| None), None);
    }
}

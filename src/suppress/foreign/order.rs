//! The grammars: what a comment's text orders, and of which tool.

use crate::values::code::Tool;

/// What a comment says to its tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub tool: Tool,
    pub codes: Codes,
    pub reach: Reach,
    /// The first day on which it no longer holds.
    pub until: Option<String>,
}

/// Which checks are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// Every one of the tool.
    All,
    /// Those; one with a `*` at its end means all that begin so.
    These(Vec<String>),
}

/// For what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    File,
    /// The stage that what comes next belongs to.
    Stage,
    /// The instruction that comes next.
    Next,
}

impl Order {
    fn new(tool: Tool, reach: Reach, codes: Vec<String>) -> Option<Self> {
        (!codes.is_empty()).then_some(Self {
            tool,
            codes: Codes::These(codes),
            reach,
            until: None,
        })
    }
}

/// What a comment without its `#` orders.
pub(super) fn all(text: &str) -> Vec<Order> {
    let mut orders = trivy(text);
    orders.extend(hadolint(text));
    orders.extend(checkov(text));
    if let Some((name, rest)) = text.split_once('=')
        && name.trim().eq_ignore_ascii_case("check")
    {
        orders.extend(buildkit(rest, Reach::Next));
    }
    orders
}

/// `hadolint [global|stage] ignore=DL3008,DL3009 # why` (`Hadolint/Pragma.hs`, 2.15).
fn hadolint(text: &str) -> Option<Order> {
    let rest = word(text.trim_start(), "hadolint")?;
    let (reach, rest) = match (word(rest, "global"), word(rest, "stage")) {
        (Some(rest), _) => (Reach::File, rest),
        (_, Some(rest)) => (Reach::Stage, rest),
        _ => (Reach::Next, rest),
    };
    let list = rest.strip_prefix("ignore")?.trim_start().strip_prefix('=')?;
    Order::new(Tool::Hadolint, reach, codes(list))
}

/// The text behind a word and the blanks that must follow it.
fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    let trimmed = rest.trim_start();
    (trimmed.len() < rest.len()).then_some(trimmed)
}

/// `checkov:skip=CKV_DOCKER_3: why`, for the whole file (`checkov/common/comment/enum.py`).
fn checkov(text: &str) -> Option<Order> {
    let list = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="]
        .iter()
        .find_map(|mark| text.split_once(mark))?
        .1;
    let list = list.split(':').next().unwrap_or("");
    Order::new(Tool::Checkov, Reach::File, codes(list))
}

/// `trivy:ignore:DS-0002:exp:2026-12-31`, several with blanks between (`pkg/iac/ignore/parse.go`).
pub(super) fn trivy(text: &str) -> Vec<Order> {
    text.split_whitespace().filter_map(trivy_word).collect()
}

fn trivy_word(word: &str) -> Option<Order> {
    let mut sections = word
        .trim_start_matches(['#', '/', '*'])
        .strip_prefix("trivy:")?
        .split(':');
    let (mut codes, mut until) = (Vec::new(), None);
    while let (Some(key), Some(value)) = (sections.next(), sections.next()) {
        match key {
            "ignore" => codes.extend(value.split('[').next().map(str::to_owned)),
            // It holds until midnight before that day; one that is no day is long past.
            "exp" => until = Some(if is_day(value) { value.to_owned() } else { String::new() }),
            _ => {}
        }
    }
    codes.retain(|code: &String| !code.is_empty());
    let order = Order::new(Tool::Trivy, Reach::Next, codes)?;
    Some(Order { until, ..order })
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// `skip=Rule1,Rule2;error=true // why` behind `check=` (`frontend/dockerfile/linter`).
pub(super) fn buildkit(text: &str, reach: Reach) -> Option<Order> {
    let options = text.split("//").next().unwrap_or("");
    let list = options.split(';').find_map(|option| {
        let (key, value) = option.split_once('=')?;
        (key.trim() == "skip").then(|| value.trim())
    })?;
    if list.eq_ignore_ascii_case("all") {
        return Some(Order {
            tool: Tool::BuildKit,
            codes: Codes::All,
            reach,
            until: None,
        });
    }
    Order::new(Tool::BuildKit, reach, codes(list))
}

/// The codes of a list with commas; what follows the last one is somebody's reason.
fn codes(list: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for item in list.split(',') {
        let item = item.trim();
        let end = item
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(item.len());
        let (code, reason) = item.split_at(end);
        if !code.is_empty() {
            codes.push(code.to_owned());
        }
        if !reason.is_empty() {
            break;
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tool reach codes until` of what a comment orders.
    fn read(text: &str) -> Vec<String> {
        let shown = |order: Order| {
            let codes = match order.codes {
                Codes::All => "all".to_owned(),
                Codes::These(codes) => codes.join(","),
            };
            let until = order.until.map_or(String::new(), |until| format!(" until {until:?}"));
            format!("{} {:?} {codes}{until}", order.tool.word(), order.reach)
        };
        all(text).into_iter().map(shown).collect()
    }

    #[test]
    fn the_grammars_of_the_tools() {
        for (text, orders) in [
            ("hadolint ignore=DL3008,DL3009", "hadolint Next DL3008,DL3009"),
            (
                "hadolint   ignore = DL3008 , SC2086 # pins rot",
                "hadolint Next DL3008,SC2086",
            ),
            ("hadolint global ignore=DL3008", "hadolint File DL3008"),
            ("hadolint stage ignore=DL3002", "hadolint Stage DL3002"),
            ("hadolint ignore=DL3008 pins rot, DL3009 not", "hadolint Next DL3008"),
            ("checkov:skip=CKV_DOCKER_3: it needs root", "Checkov File CKV_DOCKER_3"),
            (
                "checkov:skip=CKV_DOCKER_3,CKV_DOCKER_2",
                "Checkov File CKV_DOCKER_3,CKV_DOCKER_2",
            ),
            ("ok bridgecrew:skip= CKV_DOCKER_7", "Checkov File CKV_DOCKER_7"),
            ("trivy:ignore:DS002", "Trivy Next DS002"),
            (
                "trivy:ignore:AVD-DS-0002:exp:2026-12-31",
                "Trivy Next AVD-DS-0002 until \"2026-12-31\"",
            ),
            ("trivy:ignore:DS-0002:exp:soon", "Trivy Next DS-0002 until \"\""),
            (
                "see trivy:ignore:DS-0001 #trivy:ignore:DS-*",
                "Trivy Next DS-0001; Trivy Next DS-*",
            ),
            (
                "check=skip=UndefinedVar,WorkdirRelativePath",
                "BuildKit Next UndefinedVar,WorkdirRelativePath",
            ),
            ("check = skip = all ; error=true", "BuildKit Next all"),
            (
                "check=error=true;skip=UndefinedVar // why",
                "BuildKit Next UndefinedVar",
            ),
        ] {
            assert_eq!(read(text).join("; "), orders, "{text}");
        }
    }

    #[test]
    fn what_is_no_order() {
        for text in [
            "",
            "hadolint",
            "hadolint ignore",
            "hadolint ignore=",
            "hadolintignore=DL3008",
            "hadolint shell=bash",
            "globalignore=DL3008",
            "checkov:skip",
            "checkov:skip=: why",
            "trivy:ignore",
            "trivy:ignore:",
            "trivy:exp:2026-12-31",
            "check=",
            "check=error=true",
            "checks=skip=all",
            "check=skip=",
            "plimsoll: ignore[root-user] why",
            "kics-scan ignore",
        ] {
            assert_eq!(read(text), [""; 0], "{text}");
        }
    }
}

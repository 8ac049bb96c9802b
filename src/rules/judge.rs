//! Running the rules: each that is on over everything it looks at, and the weight of what it finds.

use super::{Check, Group, RULES, Rule, history, of_reader, undecided_value};
use crate::build::JudgedFile;
use crate::config::{Config, Level, Profile};
use crate::container::Container;
use crate::finding::{Finding, Severity};
use crate::parallel;
use crate::progress;
use crate::repository::{Repository, Subject, sizes};
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use std::collections::{HashMap, HashSet};

/// A finding with the rule that made it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The rule.
    pub rule: &'static Rule,
    /// What it weighs after the rule's own judgement and the configuration.
    pub severity: Severity,
    /// The service or Dockerfile that it is about.
    pub about: Option<String>,
    /// The finding.
    pub finding: Finding,
}

/// Runs every rule that is on over everything there is, however the variables are set where it is deployed.
pub(crate) fn judge(repository: &Repository, config: &Config) -> Vec<Judged> {
    let mut judged = judge_one(repository, config);
    for other in &repository.alternates {
        add_worse(&mut judged, judge_one(&other.repository, config), &other.assumed);
    }
    judged
}

/// Adds what is said of another way to set the variables and is worse for the security of the host, or keeps something from
/// being judged at all.
fn add_worse(judged: &mut Vec<Judged>, others: Vec<Judged>, assumed: &[String]) {
    let key = |entry: &Judged| (entry.rule.name, entry.finding.span, entry.finding.aspect.clone());
    let mut known: HashMap<_, (usize, Severity)> = HashMap::new();
    for (index, entry) in judged.iter().enumerate() {
        known.entry(key(entry)).or_insert((index, entry.severity));
    }
    let names = assumed.iter().map(|name| format!("`{}`", name.trim_end_matches('=')));
    let variables = names.collect::<Vec<_>>().join(", ");
    let how = match assumed.iter().any(|name| name.ends_with('=')) {
        true => "set and empty",
        false => "set",
    };
    for mut entry in others {
        let counts = match entry.rule.group {
            Group::Security => true,
            Group::Gate => entry.severity == Severity::Error,
            _ => false,
        };
        if !counts {
            continue;
        }
        let place = key(&entry);
        match known.get(&place) {
            Some((_, severity)) if *severity >= entry.severity => {}
            found => {
                entry.finding.message.push_str(&format!(", where {variables} is {how}"));
                let index = found.map(|(index, _)| *index);
                let at = index.unwrap_or(judged.len());
                known.insert(place, (at, entry.severity));
                match judged.get_mut(at) {
                    Some(weaker) => *weaker = entry,
                    None => judged.push(entry),
                }
            }
        }
    }
}

fn judge_one(repository: &Repository, config: &Config) -> Vec<Judged> {
    let is_on = |rule: &Rule| match config.rules.get(rule.name) {
        Some(level) => *level != Level::Off,
        None => rule.severity.is_some(),
    };
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| is_on(rule)).collect();
    // What most rules ask for, made before the first one asks: every thread has something to do then.
    let dockerfiles: Vec<&JudgedFile> = repository.judged_dockerfiles().collect();
    parallel::map(&dockerfiles, 1, |file| {
        progress::at(file.file.source);
        file.contents();
    });
    let containers: Vec<&Container> = repository.judged_containers().collect();
    parallel::map(&containers, 1, |container| {
        progress::at(container.span.source);
        sizes::of_container(container, repository);
    });
    let things = containers.len() + dockerfiles.len();
    let by_rule = parallel::map(&rules, things, |rule| {
        let mut judged = Vec::new();
        run(rule, repository, config, &mut |about, findings| {
            for finding in findings.drain(..) {
                judged.extend(weigh(rule, config, about.map(str::to_owned), finding));
            }
        });
        judged
    });
    let mut judged: Vec<Judged> = by_rule.into_iter().flatten().collect();
    let mut seen = HashSet::new();
    // A file that is part of several sets says the same thing in each.
    judged.retain(|entry| seen.insert((entry.rule.name, entry.finding.span, entry.finding.message.clone())));
    judged
}

fn run(rule: &Rule, repository: &Repository, config: &Config, take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)) {
    let mut findings = Vec::new();
    let fallback = Profile::default();
    let views = repository.judged_containers().map(|container| Subject {
        container,
        repository,
        profile: config.profiles.get(&container.profile).unwrap_or(&fallback),
    });
    findings.extend(
        repository
            .problems
            .iter()
            .filter(|problem| of_reader(problem.rule).is(rule))
            .map(|problem| problem.finding.clone()),
    );
    take(None, &mut findings);
    let services = |check: fn(&Subject<'_>, &Service, &mut Vec<Finding>),
                    take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for subject in views.clone() {
            if let Some(service) = subject.service() {
                progress::at(subject.container.span.source);
                check(&subject, service, &mut findings);
                drop_guessed(rule, subject.project(), &mut findings);
                take(Some(&subject.container.name), &mut findings);
            }
        }
    };
    let files = |check: fn(&JudgedFile, &Repository, &mut Vec<Finding>),
                 take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for file in repository.judged_dockerfiles() {
            progress::at(file.file.source);
            check(file, repository, &mut findings);
            take(Some(&file.file.path), &mut findings);
        }
    };
    match rule.check {
        Check::Reported => {}
        Check::Container(check) => {
            for subject in views {
                progress::at(subject.file());
                check(&subject, &mut findings);
                drop_guessed(rule, subject.project(), &mut findings);
                take(Some(&subject.container.name), &mut findings);
            }
        }
        Check::Service(check) => services(check, take),
        Check::Dockerfile(check) => files(check, take),
        Check::Both(service, dockerfile) => {
            services(service, take);
            files(dockerfile, take);
        }
        Check::Project(check) => {
            for set in repository.judged_sets() {
                if let Some(service) = set.services.first() {
                    progress::at(service.name.span.source);
                }
                check(set, config, &mut findings);
                drop_guessed(rule, Some(set), &mut findings);
                take(None, &mut findings);
            }
        }
        Check::Repository(check) => {
            check(repository, config, &mut findings);
            take(None, &mut findings);
        }
    }
}

/// A guessed merge raises no error that neither file has alone.
fn drop_guessed(rule: &Rule, set: Option<&Project>, findings: &mut Vec<Finding>) {
    let is_error = |finding: &Finding| finding.severity.or(rule.severity) == Some(Severity::Error);
    if let Some(set) = set.filter(|set| !set.guessed_of.is_empty()) {
        findings.retain(|finding| !is_error(finding) || !set.is_only_guessed(finding));
    }
}

/// The weight of a finding; `None` if it is off. A value that could not be known is reported under a rule of its own.
pub(crate) fn weigh(rule: &'static Rule, config: &Config, about: Option<String>, finding: Finding) -> Option<Judged> {
    if finding.only_strict && !config.fail_on_undecided {
        return None;
    }
    let rule = if finding.undecided {
        &undecided_value::RULE
    } else {
        rule
    };
    let severity = match config.rules.get(rule.name) {
        Some(Level::Off) => return None,
        Some(Level::At(severity)) => *severity,
        None if rule.is(&undecided_value::RULE) && config.fail_on_undecided => Severity::Error,
        None => finding.severity.or(rule.severity)?,
    };
    // An upgrade turns no build red that nobody asked to be stricter.
    let is_newer = |since: &str| {
        config
            .rules_version
            .as_ref()
            .is_some_and(|pin| since > pin.value.as_str())
    };
    let is_asked = config.rules.contains_key(rule.name);
    let severity = if !is_asked && (is_newer(history::weighs_since(rule.name)) || finding.raised.is_some_and(is_newer))
    {
        Severity::Note
    } else {
        severity
    };
    let mut finding = finding;
    if severity == Severity::Error && rule.group == Group::Security {
        finding.help = or_accept(finding.help, rule, config);
    }
    Some(Judged {
        rule,
        severity,
        about: about.or_else(|| finding.about.clone()),
        finding,
    })
}

/// What an owner may do on purpose can be accepted with a reason: the help says how, unless nobody may.
fn or_accept(help: String, rule: &Rule, config: &Config) -> String {
    let is_final = config.never_ignore.iter().any(|name| name.value == rule.name);
    if is_final || help.contains("plimsoll: ignore[") {
        return help;
    }
    let accept = format!("accept it: `# plimsoll: ignore[{}] REASON`", rule.name);
    match help.is_empty() {
        true => accept,
        false => format!("{help}, or {accept}"),
    }
}

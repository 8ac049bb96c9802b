//! A report to test the renderers with.

use super::{Report, Reported, Verdict};
use crate::decided::Decided;
use crate::finding::{Finding, Layer, Severity};
use crate::redact::Secrets;
use crate::rules::{self, Group, Rule};
use crate::source::{SourceId, Sources, Span};
use std::path::Path;

/// What a report borrows, and its findings.
#[derive(Default)]
pub(crate) struct Sample {
    pub sources: Sources,
    pub secrets: Secrets,
    findings: Vec<(&'static str, Severity, Option<&'static str>, Finding)>,
    pub error: Option<String>,
}

/// The rule of a name; one that is made up where the table has none.
pub(crate) fn rule(name: &str) -> &'static Rule {
    rules::find(name).unwrap_or_else(|| {
        Box::leak(Box::new(Rule {
            name: Box::leak(name.to_owned().into_boxed_str()),
            group: Group::Gate,
            layer: Layer::Hygiene,
            severity: Some(Severity::Warning),
            aliases: &[],
            check: rules::Check::Reported,
        }))
    })
}

pub(crate) const COMPOSE: &str = "\
services:
  api:
    build: ./api
    cpus: 0.5
    privileged: true
    environment:
      API_TOKEN: s3cr3t-value
    deploy:
      resources:
        limits:
          cpus: '0.25'
  db:
    image: postgres:17
";

pub(crate) const DOCKERFILE: &str = "FROM python:3.13\nRUN pip install flask\nUSER app\n";

impl Sample {
    pub(super) fn file(&mut self, path: &str, text: &str) -> SourceId {
        self.sources.add(Path::new(path), text.to_owned())
    }

    /// The place of the first `needle` in a text.
    pub(super) fn find(&self, id: SourceId, needle: &str) -> Span {
        let start = self.sources.get(id).text.find(needle).unwrap();
        Span::new(id, start, start + needle.len())
    }

    pub(super) fn push(
        &mut self,
        rule: &'static str,
        severity: Severity,
        about: Option<&'static str>,
        finding: Finding,
    ) {
        self.findings.push((rule, severity, about, finding));
    }

    pub(super) fn report(&self) -> Report {
        let failed = self
            .findings
            .iter()
            .any(|(_, severity, ..)| *severity == Severity::Error);
        Report {
            excluded: 0,
            known: crate::report::Known::default(),
            vendored: std::collections::BTreeMap::new(),
            sources: self.sources.clone(),
            secrets: self.secrets.clone(),
            verdict: match (&self.error, failed) {
                (Some(_), _) => Verdict::Error,
                (None, true) => Verdict::Fail,
                (None, false) => Verdict::Pass,
            },
            findings: self
                .findings
                .iter()
                .enumerate()
                .map(|(index, (rule_name, severity, about, finding))| Reported {
                    rule: rule(rule_name),
                    severity: *severity,
                    layer: Layer::Security,
                    about: about.map(str::to_owned),
                    finding: finding.clone(),
                    fingerprint: format!("{index:016x}"),
                })
                .collect(),
            files: self.sources.iter().map(|(_, source)| source.path.clone()).collect(),
            as_of: String::new(),
            scope: "full".to_owned(),
            sets: vec![
                "compose.yaml + compose.override.yaml".to_owned(),
                "dev/compose.yaml".to_owned(),
            ],
            requirements: Vec::new(),
            usages: Vec::new(),
            decided: Decided::default(),
            policy: Vec::new(),
            links: None,
            error: self.error.clone(),
            mistakes: Vec::new(),
            fails: Some(Severity::Error),
            repository: None,
        }
    }

    /// A small repository with two errors, a warning and some notes.
    pub(super) fn seed() -> Self {
        let mut sample = Self::default();
        let dockerfile = sample.file("api/Dockerfile", DOCKERFILE);
        let compose = sample.file("compose.yaml", COMPOSE);
        let over = sample.file("compose.override.yaml", "services:\n  api:\n    mem_limit: 1g\n");
        let secret = sample.find(compose, "s3cr3t-value");
        sample.secrets.add(secret, "s3cr3t-value");
        sample.push(
            "base-image-without-digest",
            Severity::Note,
            None,
            Finding::new(sample.find(dockerfile, "python:3.13"), "the tag can move"),
        );
        sample.push(
            "image-size-above-budget",
            Severity::Warning,
            Some("api"),
            Finding::new(
                sample.find(dockerfile, "FROM python:3.13"),
                "the image is at least 1.02 GB, the budget of profile `default` is 500 MB",
            )
            .help("use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library")
            .related(sample.find(dockerfile, "pip install flask"), "adds 14.2 MB")
            .related(sample.find(compose, "./api"), "built by `api`"),
        );
        let api = sample.find(compose, "api");
        for rule in ["capabilities-kept", "missing-pids-limit", "missing-memory-limit"] {
            sample.push(
                rule,
                Severity::Note,
                Some("api"),
                Finding::new(api, "demand is not met"),
            );
        }
        sample.push(
            "conflicting-cpu-settings",
            Severity::Error,
            Some("api"),
            Finding::new(
                sample.find(compose, "cpus: 0.5"),
                "`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different \
                 limits",
            )
            .help("keep one of them, or make them equal")
            .related(sample.find(compose, "'0.25'"), "the other limit"),
        );
        sample.push(
            "privileged-service",
            Severity::Error,
            Some("api"),
            Finding::new(
                sample.find(compose, "privileged: true"),
                "`api` is privileged, with s3cr3t-value",
            )
            .help("remove `privileged`; give the one capability or device that is needed:\ncap_add: [NET_ADMIN]")
            .related(
                sample.find(over, "mem_limit"),
                "this file adds to the service, but does not reset it",
            )
            .fix(sample.find(compose, "    privileged: true\n"), ""),
        );
        sample
    }
}

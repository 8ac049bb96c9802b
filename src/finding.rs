//! What is said about a place: a finding as a rule writes it, and the words for how bad and of what kind it is.

mod fix;
mod reader_rule;

pub(crate) use fix::{Change, Edit, Line};
pub(crate) use reader_rule::ReaderRule;

use crate::source::Span;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How much a finding weighs. Ordered: a note is less than an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth changing.
    Warning,
    /// Fails the gate by default.
    Error,
}

impl Severity {
    /// The word in every output: `note`, `warning`, `error` (SARIF's own).
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Who would refuse it, or what it is about. The first five are layers of refusal, in the order in which they act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The YAML reader refuses the file.
    Yaml,
    /// The Compose Specification's schema refuses it.
    Schema,
    /// Compose refuses it for its meaning.
    Compose,
    /// The engine refuses to create or start the container.
    Engine,
    /// It is accepted and has no effect, or another one than it says.
    Ignored,
    /// A size or resource budget.
    Budget,
    /// A security option.
    Security,
    /// The build of an image.
    Build,
    /// Anything else worth saying.
    Hygiene,
}

impl Layer {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Yaml => "yaml",
            Layer::Schema => "schema",
            Layer::Compose => "compose",
            Layer::Engine => "engine",
            Layer::Ignored => "ignored",
            Layer::Budget => "budget",
            Layer::Security => "security",
            Layer::Build => "build",
            Layer::Hygiene => "hygiene",
        }
    }
}

/// How a figure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Counted.
    Exact,
    /// A lower bound.
    AtLeast,
    /// A guess with a stated ground.
    Estimate,
    /// Not known.
    Unknown,
}

impl Basis {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Exact => "exact",
            Basis::AtLeast => "at-least",
            Basis::Estimate => "estimate",
            Basis::Unknown => "unknown",
        }
    }
}

/// A figure against its budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The budget's key in `plimsoll.yaml`: `memory`, `cpus`, `image-size` ...
    pub quantity: &'static str,
    /// What it is.
    pub actual: f64,
    /// What it may be at most.
    pub budget: f64,
    /// `bytes`, `cpus`, `pids`, `times` ...
    pub unit: &'static str,
    /// How `actual` is known.
    pub basis: Basis,
}

/// Another place that belongs to the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// What a rule says about one place. It cannot be made without a place and a sentence.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The place that decides it.
    pub span: Span,
    /// One sentence, lower case, with the value found and the one expected; no full stop.
    pub message: String,
    /// What to type instead; may be empty.
    pub help: String,
    /// Other places, in reading order.
    pub related: Vec<Related>,
    /// The figure and its budget.
    pub measured: Option<Measured>,
    /// A change that mends it.
    pub fix: Vec<Edit>,
    /// Changes that mend it; they become a part of `fix` once their places are known.
    pub changes: Vec<Change>,
    /// Whether the change can keep the container from working: somebody has to look at it.
    pub is_unsafe: bool,
    /// Weighs other than the rule's default.
    pub severity: Option<Severity>,
    /// The version of the rules (`YYYY.MM`) that first gave this case its weight, where the rule is older.
    pub raised: Option<&'static str>,
    /// Of another layer than the rule's.
    pub layer: Option<Layer>,
    /// Whether it says that something cannot be known here: reported as `undecided-value`, not under the rule's name.
    pub undecided: bool,
    /// Whether only `fail-on-undecided` asks for it: an estimate says what is likely.
    pub only_strict: bool,
    /// Whether a Swarm does not mind: it reads the setting, or shares the port.
    pub fits_swarm: bool,
    /// The service or file that it is about, where the rule looks at more than one.
    pub about: Option<String>,
    /// What of it is meant (`deploy.resources.limits.memory`, an instruction, a port): part of the fingerprint.
    pub aspect: String,
    /// A number for what is written there, where another text makes it another finding: a key that leaked is not the next one.
    pub content: Option<u64>,
}

impl Finding {
    /// `message` about `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: String::new(),
            related: Vec::new(),
            measured: None,
            fix: Vec::new(),
            changes: Vec::new(),
            is_unsafe: false,
            severity: None,
            raised: None,
            layer: None,
            undecided: false,
            only_strict: false,
            fits_swarm: false,
            about: None,
            aspect: String::new(),
            content: None,
        }
    }

    /// Something depends on a value that cannot be known here: `what` is the sentence's subject and verb, like
    /// ``cannot check the memory limit of `api` ``.
    pub fn undecided(unknown: &crate::fact::Unknown, what: &str) -> Self {
        let mut finding = Self::new(unknown.span, format!("{what}: {}", unknown.reason));
        finding.undecided = true;
        finding
    }

    /// What to type instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds another place; the primary place itself is not repeated.
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        if span != self.span {
            self.related.push(Related {
                span,
                message: message.into(),
            });
        }
        self
    }

    /// Adds the places that a value overrode.
    pub fn over<T>(mut self, value: &crate::fact::Sourced<T>) -> Self {
        for (span, why) in &value.overridden {
            self = self.related(*span, why.words());
        }
        self
    }

    /// The service that it is about, for rules that look at more than one.
    pub fn about(mut self, service: &str) -> Self {
        self.about = Some(service.to_owned());
        self
    }

    /// The figure and its budget.
    pub fn measured(mut self, measured: Measured) -> Self {
        self.measured = Some(measured);
        self
    }

    /// A change that mends it.
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix.push(Edit {
            span,
            text: text.into(),
        });
        self
    }

    /// A change of YAML that mends it.
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Another text there is another finding. It is compared with what was there before a change, and recorded nowhere.
    pub fn content(mut self, text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        self.content = Some(hasher.finish());
        self
    }

    /// The change can keep the container from working.
    pub fn with_care(mut self) -> Self {
        self.is_unsafe = true;
        self
    }

    /// Weighs other than the rule's default.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Weighs what it does since this version of the rules, `YYYY.MM`.
    pub fn raised(mut self, version: &'static str) -> Self {
        self.raised = Some(version);
        self
    }

    /// A Swarm does not mind.
    pub fn fits_swarm(mut self, fits: bool) -> Self {
        self.fits_swarm = fits;
        self
    }

    /// Of another layer than the rule's.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layer = Some(layer);
        self
    }

    /// What of it is meant.
    pub fn aspect(mut self, aspect: impl Into<String>) -> Self {
        self.aspect = aspect.into();
        self
    }
}

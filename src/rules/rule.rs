//! What a rule is: its place in the catalogue, what it weighs, and what it looks at.

use super::history;
use crate::build::JudgedFile;
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::values::code::{self, Tool};

/// The groups of the catalogue, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Size of images, layers and build contexts.
    Size,
    /// Memory, CPU, processes, logs, health and restart.
    Resources,
    /// Compose or the engine refuses it, or does something else than it says.
    Start,
    /// The build or the built container fails.
    Dockerfile,
    /// Privileges, isolation and secrets.
    Security,
    /// The same input tomorrow.
    Reproducible,
    /// Needs a running container, or tells how it would be measured.
    Measured,
    /// The gate's own configuration and inputs.
    Gate,
}

impl Group {
    /// The heading in documents.
    pub fn title(self) -> &'static str {
        match self {
            Group::Size => "Size budgets",
            Group::Resources => "Resource limits",
            Group::Start => "Will not start, or not as written",
            Group::Dockerfile => "Dockerfile",
            Group::Security => "Security",
            Group::Reproducible => "Reproducible",
            Group::Measured => "Measured at run time",
            Group::Gate => "The gate itself",
        }
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A reader found it: the rule only gives it a name. What readers found is reported beside every other check, too.
    Reported,
    /// Each service, with its stage and image.
    Service(fn(&Subject<'_>, &Service, &mut Vec<Finding>)),
    /// Each service, and each Dockerfile that no service builds.
    Container(fn(&Subject<'_>, &mut Vec<Finding>)),
    /// Each Dockerfile once.
    Dockerfile(fn(&JudgedFile, &Repository, &mut Vec<Finding>)),
    /// Each service, and each Dockerfile once.
    Both(
        fn(&Subject<'_>, &Service, &mut Vec<Finding>),
        fn(&JudgedFile, &Repository, &mut Vec<Finding>),
    ),
    /// Each Compose set.
    Project(fn(&Project, &Config, &mut Vec<Finding>)),
    /// Everything at once.
    Repository(fn(&Repository, &Config, &mut Vec<Finding>)),
}

/// A rule: what it weighs, and how it looks.
#[derive(Debug)]
pub struct Rule {
    /// The kebab-case name of the bad thing; final once released.
    pub name: &'static str,
    /// Where it stands in the catalogue.
    pub group: Group,
    /// Who would refuse it, or what it is about.
    pub layer: Layer,
    /// What it weighs in the `default` profile; `None` is off.
    pub severity: Option<Severity>,
    /// Codes of other tools that name the same thing.
    pub aliases: &'static [&'static str],
    /// How it looks.
    pub check: Check,
}

impl Rule {
    /// Whether both are the same rule.
    pub(crate) fn is(&self, other: &Rule) -> bool {
        std::ptr::eq(self, other)
    }

    /// The version that had it first, as `YYYY.MM`.
    pub fn since(&self) -> &'static str {
        history::since(self.name)
    }

    /// What other tools call it: each tool with its codes, in the order of the aliases.
    pub(crate) fn in_other_tools(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut tools: Vec<(&str, Vec<&str>)> = Vec::new();
        for alias in self.aliases {
            let tool = Tool::of_alias(alias).map_or("", Tool::word);
            match tools.iter_mut().find(|(known, _)| *known == tool) {
                Some((_, codes)) => codes.push(alias),
                None => tools.push((tool, vec![alias])),
            }
        }
        tools
    }

    /// Whether another tool has this code or name for it.
    pub fn is_known_as(&self, code: &str) -> bool {
        self.aliases.iter().any(|alias| code::same(alias, code))
    }
}

//! The headers of the distribution's Python or Ruby, in an image that has another one with headers of its own.

use crate::build::{Action, JudgedFile, Manager, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::resolve::stage::Base;
use crate::values::image_ref::ImageRef;

/// Images that build their language from source into /usr/local and keep its headers there (the Dockerfiles of
/// docker-library/python and docker-library/ruby), and the package that has the distribution's.
const LANGUAGES: [(&str, &str); 2] = [("python", "python3-dev"), ("ruby", "ruby-dev")];

pub(super) fn of_another(file: &JudgedFile, found: &mut Vec<Finding>) {
    for step in file.run_steps().iter().filter(|step| step.stage_use != StageUse::Unused) {
        let Some(Base::Image(Fact::Known(base))) = file.plan.stages.get(step.stage).map(|stage| &stage.root_image) else {
            continue;
        };
        let image = ImageRef::parse(&base.value);
        let Some((language, headers)) = LANGUAGES.iter().find(|(language, _)| image.official() == Some(language)) else {
            continue;
        };
        let lineage = file.plan.lineage(step.stage);
        let mut steps = file.run_steps().iter().filter(|other| lineage.contains(&other.stage));
        if steps.any(|other| uses(other, language, headers)) {
            continue;
        }
        let words = step.packages.iter().filter(|(_, package)| is_install(package)).filter_map(|(at, _)| step.commands().get(*at));
        let Some(word) = words.flat_map(|command| &command.words).find(|word| word.text == *headers) else {
            continue;
        };
        let message = format!("`{headers}` is for another {language}: that of `{}` has its headers in /usr/local", base.value);
        found.push(
            Finding::new(word.span, message)
                .help("remove it, unless something here is built for the distribution's own")
                .severity(Severity::Note)
                .aspect(format!("RUN {} headers", step.instruction)),
        );
    }
}

fn is_install(package: &crate::build::PackageCommand) -> bool {
    package.action == Action::Install && matches!(package.manager, Manager::Apk | Manager::Apt)
}

/// Whether a step may have a use for the distribution's language: it names its program, or installs more of it.
fn uses(step: &RunStep, language: &str, headers: &str) -> bool {
    let more = |name: &str| name != headers && (name.starts_with(language) || language == "python" && name.starts_with("py3-"));
    step.script.is_none()
        || step.mentions(&format!("/usr/bin/{language}"))
        || step.packages.iter().any(|(_, package)| is_install(package) && (package.dynamic || package.names().any(more)))
}

//! A copied `/etc/passwd`, where nothing runs as one of its accounts.

use crate::build::JudgedFile;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::Base;

const ACCOUNTS: &str = "/etc/passwd";

/// In an image that grew out of nothing: one with a system of its own has programs that look names up.
pub(super) fn nobody_uses(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let Some((index, stage)) = file.plan.shipped.and_then(|index| Some((index, file.plan.stages.get(index)?))) else {
        return;
    };
    if !matches!(stage.root_image, Base::Scratch) || !stage.user.is_absent() {
        return;
    }
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let mut builders = services.filter(|service| file.services.contains(&service.name.value));
    if builders.any(|service| !service.user.is_absent()) {
        return;
    }
    let lineage = file.plan.lineage(index);
    let stages = lineage.iter().filter_map(|index| file.plan.stages.get(*index));
    let instructions: Vec<_> = stages.flat_map(|stage| file.instructions(stage)).collect();
    // Names are looked up by `--chown`, and by what a RUN does.
    if instructions.iter().any(|instruction| instruction.flag("chown").is_some()) {
        return;
    }
    for instruction in instructions {
        let Kind::Copy(transfer) = &instruction.kind else { continue };
        let (Some(from), [source]) = (&transfer.from, transfer.sources.as_slice()) else { continue };
        if transfer.destination.value != ACCOUNTS || source.value != ACCOUNTS {
            continue;
        }
        let message = format!("the accounts of `{}` are copied, but no USER switches to one of them: the image runs as root", from.value);
        found.push(
            Finding::new(source.span, message)
                .help("create the account in that stage and add `USER name` here, or remove the COPY")
                .severity(Severity::Note)
                .aspect("accounts"),
        );
    }
}

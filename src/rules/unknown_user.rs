use super::{Check, Group};
use crate::build::{FileSystem, JudgedFile, StageUse};
use crate::container::{ImageSource, reach};
use crate::fact::{Fact, Sourced};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Has;
use crate::parse::dockerfile::{Instruction, Kind, Transfer, Word};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::values::user::UserSpec;
use std::sync::Arc;

rule! {
    /// A user is named that the image does not know.
    ///
    /// ## Why it matters
    /// A name is looked up in the image's `/etc/passwd` when the container starts: "unable to find user app: no matching
    /// entries in passwd file". A number always works. In `--chown` BuildKit takes an unknown name for root, without a word.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY api /api
    /// USER app  # <- here
    /// ENTRYPOINT ["/api"]
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.12-alpine
    /// COPY --chown=app:app . /app  # <- here
    /// COPY --link --chown=nobody . /srv  # <- here
    /// USER 1000
    /// ```
    /// ```yaml fail
    /// services:
    ///   job:
    ///     image: alpine:3.22
    ///     user: worker  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.12-alpine
    /// RUN adduser -D app
    /// COPY --chown=app:app . /app
    /// USER app
    /// ```
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY api /api
    /// USER 1000:1000
    /// ```
    ///
    /// ## Notes
    /// An error where all accounts are known: the stage starts from `scratch`, or the accounts of the base image are known and
    /// nothing in the stage makes this one. A warning for `--chown`, and an error where a name there stops the build.
    RULE {
        name: "unknown-user",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Both(check_service, check_file),
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Fact::Known(user) = &service.user else { return };
    if user.value.split(':').any(|half| half != half.trim()) {
        let message = format!("the `user` of `{}` has a space in it, so it does not start", service.name.value);
        let finding = Finding::new(user.span, message).help(format!("write `{}`", user.value.replace(char::is_whitespace, "")));
        found.push(finding.layer(Layer::Engine).aspect("user").raised("2026.12"));
        return;
    }
    let contents = subject.contents();
    if reach::mounts_over(service, "/etc/passwd") {
        return;
    }
    no_group(service, user, &contents, found);
    let Some(name) = absent(&contents, &user.value) else {
        return;
    };
    let message = format!(
        "`{}` runs as `{name}`, a user that does not exist in its image, so it does not start",
        service.name.value
    );
    let place = subject
        .base_span()
        .or(subject.container.image_span())
        .unwrap_or(service.name.span);
    found.push(
        finding(user.span, message, &contents)
            .related(place, "the image")
            .aspect("user"),
    );
}

/// Groups that systems have beside their accounts, or that a package brings.
const GROUPS: &str = " abuild adm audio backup bin cdrom cdrw crontab daemon dialout dip disk docker fax floppy ftp games gdm input irc kmem \
    kvm list locate lock lp mail man messagebus mysql netdev news nofiles nogroup operator ping plugdev postgres proxy readproc render \
    root sasl sgx shadow smmsp src ssh ssl-cert staff sudo sys tape tty usb users utempter utmp uucp video voice wheel www-data xfs ";

/// A group that the image lacks: what an image has of accounts and what a build makes of groups is known; nobody has one of the same name
/// as neither.
fn no_group(service: &Service, user: &Sourced<String>, contents: &FileSystem, found: &mut Vec<Finding>) {
    let Some((_, group)) = user.value.split_once(':') else { return };
    let is_name = group.starts_with(|first: char| first.is_ascii_alphabetic()) && !group.contains(['$', '\\']);
    let is_usual = GROUPS.contains(&format!(" {group} ")) || group.starts_with("systemd-");
    if !is_name || is_usual || contents.account(group) != Has::No || reach::mounts_over(service, "/etc/group") {
        return;
    }
    let message = format!("`{}` runs in the group `{group}`, which does not exist in its image, so it does not start", service.name.value);
    let finding = Finding::new(user.span, message).help("write the number of the group: `1000:1000`");
    found.push(finding.layer(Layer::Engine).aspect("user:group").raised("2026.12"));
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for shipped in file.shipped_stages() {
        let (Some(stage), Some(contents)) = (file.plan.stages.get(shipped), file.contents().get(shipped)) else {
            continue;
        };
        if let Fact::Known(user) = &stage.user
            && let Some(name) = absent(contents, &user.value)
            && !is_replaced(file, repository)
        {
            let message = format!(
                "{} runs as `{name}`, a user that does not exist there, so its containers do not start",
                file.stage_name(shipped)
            );
            found.push(
                finding(user.span, message, contents)
                    .related(stage.from, "base image of the stage")
                    .aspect("USER"),
            );
        }
    }
    let named: Vec<(usize, StageUse)> = file
        .stages()
        .filter(|(_, stage, stage_use)| *stage_use != StageUse::Unused && names_owner(file, stage.instructions.clone()))
        .map(|(index, _, stage_use)| (index, stage_use))
        .collect();
    for (index, stage_use) in named {
        let stage = file.stage_name(index);
        file.walk(index, &mut |instruction, contents| {
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &instruction.kind else {
                return;
            };
            let Some(owner) = &transfer.chown else { return };
            let keyword = instruction.keyword.value;
            if let Some((why, help)) = unanswerable(transfer, owner, is_empty(file, index, instruction)) {
                // A warning at first, where it was one.
                let finding = Finding::new(owner.span, why).help(help).severity(Severity::Error).raised("2026.12");
                found.push(finding.aspect(format!("{keyword} --chown={}", owner.value)));
                return;
            }
            let Some(name) = absent(contents, owner.value.trim_matches('"')) else {
                return;
            };
            let severity = if stage_use == StageUse::Ships {
                Severity::Warning
            } else {
                Severity::Note
            };
            found.push(
                Finding::new(
                    owner.span,
                    format!("the user `{name}` does not exist in {stage}, so these files belong to root"),
                )
                .help("create the user first, or write numbers: `--chown=1000:1000`")
                .severity(severity)
                .aspect(format!("{keyword} --chown={}", owner.value)),
            );
        });
    }
}

/// Why the builder has no file to look a name of `--chown` up in, and stops: "invalid user index: -1" (tried with BuildKit of
/// dockerd 20.10 on an empty image; `--link` in `dockerfile2llb/convert_copy.go`, where `--chmod` takes its effect away).
fn unanswerable(transfer: &Transfer, owner: &Word, is_empty: bool) -> Option<(String, &'static str)> {
    let is_name = |part: &&str| !matches!(*part, "" | "root") && part.parse::<u32>().is_err() && !part.contains('$');
    let name = owner.value.trim_matches('"').splitn(2, ':').find(is_name)?;
    let help = "write numbers: `--chown=1000:1000`";
    if transfer.link && transfer.chmod.is_none() {
        let why = format!("`--link` copies onto an empty layer, where `{name}` does not exist, so the build fails");
        return Some((why, "write numbers, or remove `--link`"));
    }
    is_empty.then(|| (format!("the image is empty here, so `{name}` does not exist and the build fails"), help))
}

/// Whether nothing was put into an image that starts from nothing before an instruction.
fn is_empty(file: &JudgedFile, stage: usize, before: &Instruction) -> bool {
    let starts_empty = |stage: &Stage| matches!(stage.root_image, Base::Scratch);
    let lineage = file.plan.lineage(stage).into_iter().filter_map(|index| file.plan.stages.get(index));
    file.plan.stages.get(stage).is_some_and(starts_empty)
        && !lineage
            .flat_map(|stage| file.instructions(stage))
            .take_while(|instruction| instruction.span.start < before.span.start)
            .any(|instruction| {
                matches!(instruction.kind, Kind::Copy(_) | Kind::Add(_) | Kind::Run(_) | Kind::Workdir(_))
            })
}

fn names_owner(file: &JudgedFile, range: std::ops::Range<usize>) -> bool {
    file.file.ast.instructions.get(range).unwrap_or(&[]).iter().any(|instruction| {
        matches!(&instruction.kind, Kind::Copy(transfer) | Kind::Add(transfer) if transfer.chown.is_some())
    })
}

/// Whether every service that builds the file says who it runs as itself.
fn is_replaced(file: &JudgedFile, repository: &Repository) -> bool {
    let mut users = repository
        .containers
        .iter()
        .filter(|container| matches!(&container.image, ImageSource::Built { file: built, .. } if Arc::ptr_eq(built, &file.file)))
        .peekable();
    users.peek().is_some()
        && users.all(|container| {
            matches!(repository.service(container), Some(service) if matches!(service.user, Fact::Known(_)))
        })
}

/// The user's name, if it is a name that is known not to be there.
fn absent<'a>(contents: &FileSystem, user: &'a str) -> Option<&'a str> {
    let name = user.split(':').next().unwrap_or(user);
    let is_name =
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && !name.contains(['$', '\\']);
    if !is_name || UserSpec::parse(user).is_root() || contents.account(name) != Has::No {
        return None;
    }
    Some(name)
}

fn finding(span: Span, message: String, contents: &FileSystem) -> Finding {
    let (was_warning, help) = if contents.is_certain() {
        (
            false,
            "write a number (`USER 1000:1000`), or copy an /etc/passwd with that name",
        )
    } else {
        (true, "create the user with `adduser` in the final stage, or write a number")
    };
    let finding = Finding::new(span, message).help(help).severity(Severity::Error);
    if was_warning { finding.raised("2026.12") } else { finding }
}

use super::{Check, Group};
use crate::container::{Decider, ImageSource};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::Subject;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;
use crate::values::user::UserSpec;

rule! {
    /// A container runs as a user without a group of its own: its group is root.
    ///
    /// ## Why it matters
    /// The engine takes the group from the image's passwd file. For a number that is not in it the group is 0, so files
    /// that group root may write are open to the process (seen with engine 20 and 28).
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: python:3.12-slim
    ///     user: "1000"  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY server /server
    /// USER 1000  # <- here
    /// CMD ["/server"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: python:3.12-slim
    ///     user: "1000:1000"
    /// ```
    RULE {
        name: "root-group",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Container(check),
    }
}

/// Official images whose passwd file has nobody from 1000 on but `nobody` (65534).
const WITHOUT_PEOPLE: [&str; 14] = [
    "alpine", "busybox", "debian", "golang", "httpd", "mariadb", "mysql", "nginx", "php", "postgres", "python",
    "redis", "ruby", "rust",
];

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let decided = subject.user();
    let Fact::Known(user) = &decided.value else { return };
    let spec = UserSpec::parse(&user.value);
    let Some(uid) = spec.uid().filter(|uid| *uid != 0 && *uid != 65534) else {
        return;
    };
    if spec.group.is_some() {
        return;
    }
    let known = match &subject.container.image {
        ImageSource::Named(name) => is_without(&name.value, uid),
        ImageSource::Built { file, plan } => {
            let mut next = plan.shipped();
            let root = next.map(|stage| &stage.root_image);
            let base = match root {
                Some(Base::Scratch) => true,
                Some(Base::Image(name)) => name.value().is_some_and(|name| is_without(name, uid)),
                _ => false,
            };
            let mut touched = false;
            while let Some(stage) = next {
                touched |= changes_users(file.ast.instructions.get(stage.instructions.clone()).unwrap_or(&[]));
                next = parent(stage, &plan.stages);
            }
            base && !touched
        }
        _ => false,
    };
    if !known {
        return;
    }
    let finding = Finding::new(
            user.span,
            format!(
                "{} runs as user `{uid}`, which does not exist in its image, so its group is root",
                subject.label()
            ),
        )
        .help(format!("add a group: \"{uid}:{uid}\""))
        .with_care()
        .aspect("user");
    let is_bare = user.value.bytes().all(|byte| byte.is_ascii_digit());
    found.push(match decided.by {
        Decider::Compose if is_bare => finding.change(Change::Replace(user.span, format!("\"{uid}:{uid}\""))),
        Decider::Stage if is_bare => finding.fix(user.span, format!("{uid}:{uid}")),
        _ => finding,
    });
}

fn parent<'a>(stage: &Stage, stages: &'a [Stage]) -> Option<&'a Stage> {
    match stage.base {
        Base::Stage(index) => stages.get(index),
        _ => None,
    }
}

fn is_without(image: &str, uid: u32) -> bool {
    uid >= 1000
        && ImageRef::parse(image)
            .official()
            .is_some_and(|name| WITHOUT_PEOPLE.contains(&name))
}

/// Whether an instruction may bring a passwd entry: a command that is not looked into, a copy of more than a file.
fn changes_users(instructions: &[crate::parse::dockerfile::Instruction]) -> bool {
    instructions.iter().any(|instruction| match &instruction.kind {
        Kind::Run(run) => {
            let text = instruction
                .script()
                .map_or_else(|| run.command.text.text.clone(), |script| script.text.text);
            [
                "useradd", "adduser", "passwd", "usermod", "addgroup", "install", "/bin/", ".sh",
            ]
            .iter()
            .any(|word| text.contains(word))
        }
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let to = transfer.destination.value.trim_matches('"');
            matches!(to, "/" | "./" | "." | "/etc" | "/etc/") || to.contains("passwd") || to.contains('$')
        }
        _ => false,
    })
}

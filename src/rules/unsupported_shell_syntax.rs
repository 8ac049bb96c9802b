mod syntax;

use super::{Check, Group};
use crate::build::{JudgedFile, RunStep, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Sh;
use crate::parse::dockerfile::{Form, Healthcheck, Text};
use crate::parse::shell::split;
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::Base;
use crate::values::path::name;
use syntax::Odd;

rule! {
    /// A RUN uses syntax that the shell of its image does not have.
    ///
    /// ## Why it matters
    /// RUN is read by `/bin/sh`, which is dash on Debian and Ubuntu and busybox on Alpine. What only bash knows fails there
    /// (`source: not found`), or goes wrong without a word: `mkdir {a,b}` makes one folder with that name.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:12-slim
    /// RUN mkdir -p /srv/{in,out}  # <- here
    /// RUN if [[ -f /x ]]; then touch /y; fi  # <- here
    /// RUN set -o pipefail; cat /etc/passwd | sort > /x  # <- here
    /// RUN source /etc/os-release && echo "$ID" > /id  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:12-slim AS a
    /// SHELL ["/bin/bash", "-c"]
    /// RUN mkdir -p /srv/{in,out} && source /etc/os-release
    /// FROM alpine:3.22
    /// RUN set -o pipefail; cat /etc/passwd | sort > /x
    /// RUN source /etc/os-release && [[ -n "$ID" ]] && mkdir -p /srv/in /srv/out
    /// COPY --from=a /srv /srv
    /// USER 1000:1000
    /// ```
    ///
    /// ## Notes
    /// The probe of a service counts, and what HEALTHCHECK, CMD and ENTRYPOINT give to a shell.
    /// Only official images are looked at: what `/bin/sh` is on others is not known. Debian 13's dash knows `pipefail`.
    RULE {
        name: "unsupported-shell-syntax",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["SC3010", "SC3009", "SC3040", "SC3046", "SC3014"],
        check: Check::Both(check_service, check_file),
    }
}

/// A probe of a service, which the engine gives to `/bin/sh`.
fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let stage = subject.container.image.stage();
    let is_made = stage.is_some_and(|stage| !stage.has_posix_shell() || !matches!(stage.base, Base::Image(_)));
    let root = subject.container.image.root().filter(|_| !is_made);
    let Some(shell) = root.and_then(|name| subject.repository.images.get(name).posix_shell()) else { return };
    if let Some(check) = service.healthcheck.as_ref().filter(|check| !check.disabled)
        && let Fact::Known(test) = &check.test
        && let [kind, line] = test.value.as_slice()
        && kind == "CMD-SHELL"
    {
        let mut text = Text::empty(test.span.source, test.span.start as usize);
        text.push(line, test.span.start as usize);
        let odd = of_text(&text, shell);
        found.extend(odd.map(|odd| finding("the probe", &Odd { span: test.span, ..odd }, shell).aspect("healthcheck")));
    }
}

fn of_text(text: &Text, shell: Sh) -> Option<Odd> {
    let script = split(text)?;
    script.commands.iter().find_map(|command| syntax::odd(&text.text, command, shell))
}

fn finding(what: &str, odd: &Odd, shell: Sh) -> Finding {
    let message = format!("{what} uses {}, which does not exist in {}, the `/bin/sh` of this image", odd.what, shell.name());
    Finding::new(odd.span, message).help(odd.help.replace("begin the stage with `SHELL [\"/bin/bash\", \"-c\"]`", "start it with `bash -c`")).raised("2026.12")
}

/// What a container of a stage starts with a shell, and its probe.
fn of_stage(file: &JudgedFile, index: usize, found: &mut Vec<Finding>) {
    let Some(stage) = file.plan.stages.get(index).filter(|stage| stage.shell.is_absent()) else { return };
    let Some(shell) = shell(file, index) else { return };
    let probe = stage.healthcheck.value().and_then(|check| match check.as_ref() {
        Healthcheck::Command(probe) => Some(&probe.command),
        _ => None,
    });
    let entrypoint = stage.entrypoint.value().map(AsRef::as_ref);
    let cmd = stage.cmd.value().map(AsRef::as_ref).filter(|_| entrypoint.is_none());
    for (what, command) in [("the probe", probe), ("ENTRYPOINT", entrypoint), ("CMD", cmd)] {
        let line = command.filter(|command| command.form == Form::Shell);
        let odd = line.and_then(|command| of_text(&command.text, shell));
        found.extend(odd.map(|odd| finding(what, &odd, shell).aspect(what)));
    }
}

fn check_file(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    if !file.run_steps().iter().any(|step| step.mentions("/bin/sh") || step.mentions("dpkg-reconfigure dash")) {
        for index in file.shipped_stages() {
            of_stage(file, index, found);
        }
    }
    for step in file.run_steps() {
        // What changes /bin/sh makes it another.
        if step.mentions("/bin/sh") || step.mentions("dpkg-reconfigure dash") {
            return;
        }
        let is_asked = step.options.iter().any(|option| option == "pipefail") && name(&step.shell) == "sh";
        if step.stage_use == StageUse::Unused || !is_asked && !is_default_shell(file, step) {
            continue;
        }
        let Some(shell) = shell(file, step.stage) else { continue };
        if is_asked {
            if shell == (Sh::Dash { pipefail: Some(false) })
                && let Some(instruction) = step.of(file)
            {
                let message = "`SHELL` sets `pipefail`, which dash, the `/bin/sh` of this image, refuses".to_owned();
                let finding = Finding::new(instruction.keyword.span, message);
                let finding = finding.help("write `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`");
                found.push(finding.aspect("SHELL"));
                return;
            }
            continue;
        }
        let script = step.text.text.as_str();
        if let Some(odd) = step.commands().iter().find_map(|command| syntax::odd(script, command, shell)) {
            let message = format!("{} does not exist in {}, the `/bin/sh` of this image", odd.what, shell.name());
            let finding = Finding::new(odd.span, message)
                .help(odd.help)
                .aspect(format!("RUN {}", step.instruction));
            found.push(match odd.mended {
                Some(mended) => finding.fix(odd.span, mended),
                None => finding,
            });
        }
    }
}

/// Whether a step is read by `/bin/sh` as the image has it.
fn is_default_shell(file: &JudgedFile, step: &RunStep) -> bool {
    let script = step.of(file).and_then(|instruction| instruction.script());
    let interpreter = script.and_then(|script| script.interpreter);
    step.options.is_empty() && interpreter.is_none_or(|line| line.trim() == "/bin/sh")
}

/// The `/bin/sh` of a stage.
fn shell(file: &JudgedFile, stage: usize) -> Option<Sh> {
    match &file.plan.stages.get(stage)?.root_image {
        Base::Image(Fact::Known(name)) => file.images.get(&name.value).posix_shell(),
        _ => None,
    }
}

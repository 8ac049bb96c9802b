//! A RUN that makes the data folder of a database, or gives it an owner: its image has it, and its entrypoint sees to it.

use super::configuration::is_started_otherwise;
use crate::build::JudgedFile;
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::Form;
use crate::parse::shell::Command;
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};

struct Server {
    image: &'static str,
    /// What the entrypoint does this before.
    program: &'static str,
    folder: &'static str,
    /// The user that the entrypoint, started as root, gives everything in the folder.
    user: &'static str,
    /// The mode that it gives the folder.
    mode: Option<&'static str>,
    /// The variable that moves the folder.
    variable: Option<&'static str>,
}

/// From `docker-entrypoint.sh` of docker-library/{mysql,postgres} and MariaDB/mariadb-docker.
const SERVERS: [Server; 3] = [
    Server { image: "mariadb", program: "mariadbd", folder: "/var/lib/mysql", user: "mysql", mode: None, variable: None },
    Server { image: "mysql", program: "mysqld", folder: "/var/lib/mysql", user: "mysql", mode: None, variable: None },
    Server { image: "postgres", program: "postgres", folder: "/var/lib/postgresql/data", user: "postgres", mode: Some("700"), variable: Some("PGDATA") },
];

pub(super) fn made_again(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for index in file.shipped_stages() {
        let Some(stage) = file.plan.stages.get(index) else { continue };
        let Base::Image(Fact::Known(base)) = &stage.root_image else {
            continue;
        };
        let image = repository.images.get(&base.value);
        let Some(server) = SERVERS.iter().find(|server| image.official() == Some(server.image)) else {
            continue;
        };
        let has_it = image.volumes().contains(&server.folder);
        if !has_it || !starts_as_it_comes(stage, server) || is_started_otherwise(file, repository) {
            continue;
        }
        let lineage = file.plan.lineage(index);
        for step in file.run_steps().iter().filter(|step| lineage.contains(&step.stage)) {
            let commands = step.commands();
            let Some(first) = commands.first().filter(|_| commands.iter().all(|command| is_vain(command, server))) else {
                continue;
            };
            let message = format!(
                "this has no effect: `{}` has `{}`, and its entrypoint changes its owner to {} at every start",
                base.value, server.folder, server.user
            );
            found.push(
                Finding::new(first.span, message)
                    .help("remove the RUN")
                    .severity(Severity::Note)
                    .related(stage.from, "base image of the stage")
                    .aspect(format!("RUN {} data", step.instruction)),
            );
        }
    }
}

/// Whether the entrypoint of the image is what starts, as root, with the folder where it was.
fn starts_as_it_comes(stage: &Stage, server: &Server) -> bool {
    stage.entrypoint.is_absent()
        && stage.user.is_absent()
        && starts(stage, server.program)
        && server.variable.is_none_or(|name| stage.env.get(name).is_none())
}

/// Whether a stage starts the server with no options, which may name another folder.
fn starts(stage: &Stage, program: &str) -> bool {
    match &stage.cmd {
        Fact::Absent => true,
        Fact::Known(command) if command.value.form == Form::Exec => {
            matches!(command.value.words.as_slice(), [word] if word.value == program)
        }
        _ => false,
    }
}

/// Whether a command only does what the entrypoint does.
fn is_vain(command: &Command, server: &Server) -> bool {
    let words: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).filter(|word| !word.starts_with('-')).collect();
    let is_it = |path: &str| path.trim_end_matches('/') == server.folder;
    if command.conditional || command.inside.is_some() || !command.redirections.is_empty() {
        return false;
    }
    match (command.program(), words.as_slice()) {
        (Some("mkdir"), [path]) => is_it(path),
        (Some("chown"), [owner, path]) => {
            let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
            is_it(path) && user == server.user && (group.is_empty() || group == server.user)
        }
        (Some("chmod"), [mode, path]) => is_it(path) && server.mode.is_some_and(|own| mode.trim_start_matches('0') == own),
        _ => false,
    }
}

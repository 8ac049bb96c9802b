//! The scripts that containers start with.

use super::Context;
use crate::source::Span;
use crate::values::path::{is_below, is_started_as, name};

/// A script or program that a container starts with, as the kernel will see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The word of ENTRYPOINT or CMD that names it.
    pub word: Span,
    /// Its path in the context.
    pub path: String,
    /// Somebody may execute it.
    pub executable: bool,
    /// The mode that keeps the stage's user from executing it.
    pub closed: Option<u32>,
    /// The shell that is started with it as its argument.
    pub shell: Option<String>,
    /// A shell starts it as a program.
    pub by_shell: bool,
    /// A line that was read of it ends with a carriage return.
    pub has_returns: bool,
    /// What was read of it is text.
    pub is_text: bool,
    /// The loader that it asks for, where it is a program: `/lib64/ld-linux-x86-64.so.2`.
    pub loader: Option<String>,
    /// It ends in `exec ... "$@"`: its arguments are the program.
    pub passes_on: bool,
    /// What stands behind `#!` in its first line; a carriage return is kept.
    pub first_line: Option<String>,
}

/// A script, or the settings of a supervisor, that start what they start as another user than their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepsDown {
    /// Its path in the context.
    pub path: String,
    /// Its path in the image.
    pub lands: String,
    /// What changes the user: `gosu`, `nginx`.
    pub by: String,
}

impl Context {
    /// The file that a container with these words of ENTRYPOINT and CMD starts, and that changes the user.
    pub(crate) fn steps_down(&self, words: &[&str], workdir: &str) -> Option<&StepsDown> {
        let is_seam = |letter: char| letter.is_whitespace() || ";&|\"'()".contains(letter);
        let mut tokens = words.iter().flat_map(|word| word.split(is_seam));
        tokens.find_map(|token| {
            self.steps_down.iter().find(|file| match name(token) {
                "" => false,
                "supervisord" => is_of_supervisor(&file.lands),
                _ if token == "/init" => is_of_s6(&file.lands),
                _ => is_started_as(token, workdir, &file.lands),
            })
        })
    }
}

/// Whether a file of an image holds settings of supervisord, by its name.
pub(crate) fn is_of_supervisor(path: &str) -> bool {
    (path.ends_with(".conf") || path.ends_with(".ini")) && path.contains("supervisor")
}

/// Whether s6-overlay runs a file of an image as a service.
pub(crate) fn is_of_s6(path: &str) -> bool {
    name(path) == "run" && (is_below(path, "/etc/services.d") || is_below(path, "/etc/s6-overlay"))
}

/// The server that a program is, where its workers run as another user than root unless it is told otherwise.
pub(crate) fn server(program: &str) -> Option<&str> {
    const SERVERS: [&str; 9] = [
        "apache2",
        "apache2-foreground",
        "apache2ctl",
        "apachectl",
        "httpd",
        "httpd-foreground",
        "nginx",
        "openresty",
        "php-fpm",
    ];
    let name = name(program);
    let plain = name.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
    (SERVERS.contains(&name) || plain == "php-fpm").then_some(name)
}

/// The server that words of ENTRYPOINT and CMD start with nothing beside it.
pub(crate) fn started_server(words: &[&str]) -> Option<String> {
    let [.., "-c", text] = words else {
        return words.iter().find_map(|word| server(word)).map(str::to_owned);
    };
    // nginx ends an argument of its own like the shell a command.
    let text = text.replace("off;", "off").replace("&&", ";").replace(">&", ">");
    let end = text.rsplit(';').map(str::trim).find(|part| !part.is_empty())?;
    let first = end.split_whitespace().find(|word| *word != "exec")?;
    server(first).filter(|_| !text.contains('&')).map(str::to_owned)
}

//! The scripts of a context that give root up by themselves, and the settings of supervisors that do.

use crate::build::BuiltFile;
use crate::build::context::{Context, EntryKind, StepsDown, is_of_s6, is_of_supervisor};
use crate::parse::dockerfile::Kind;
use crate::resolve::stage::{ImageWord, Plan, Transferred};
use crate::values::path::name;
use crate::workspace::Workspace;
use std::path::Path;

/// Larger files are no start scripts.
const WHOLE: u64 = 64 << 10;
/// So many files of one context are read.
const MOST: usize = 48;

/// Programs that are there to start another one as another user.
const CHANGERS: [&str; 7] = [
    "chpst",
    "gosu",
    "s6-setuidgid",
    "setpriv",
    "setuidgid",
    "su-exec",
    "suexec",
];

/// Programs that can do so among other things, and the options that ask for it; none where a name does.
const OTHERS: [(&str, &[&str]); 5] = [
    ("chroot", &["--userspec"]),
    ("runuser", &[]),
    ("start-stop-daemon", &["-c", "--chuid"]),
    ("su", &[]),
    ("sudo", &["-u", "--user"]),
];

/// What a name of a start script has in it.
const NAMES: [&str; 13] = [
    "boot", "cmd", "docker", "entry", "init", "launch", "run", "serve", "setup", "start", "supervis", "up", "wrapper",
];

/// The files that a Dockerfile copies from its context and that change the user, or start such a one.
pub(super) fn found(context: &Context, file: &BuiltFile, plan: &Plan, workspace: &Workspace) -> Vec<StepsDown> {
    let started = started(file);
    let mut texts: Vec<(String, String, String)> = Vec::new();
    for copy in &context.copies {
        let ships = plan
            .shipped
            .is_some_and(|shipped| plan.lineage(shipped).contains(&copy.stage));
        let carriers = if ships {
            Vec::new()
        } else {
            carriers(file, plan, copy.stage)
        };
        for (lands, entry) in context.brought(copy, plan).unwrap_or_default() {
            let is_small = entry.kind == EntryKind::File && entry.bytes <= WHOLE;
            // As it is, or by way of a stage that builds.
            let carried = || carriers.iter().find_map(|carrier| carries(carrier, &lands));
            let Some(lands) = (if ships { Some(lands) } else { carried() }) else {
                continue;
            };
            if !is_small || texts.len() >= MOST || !is_start(&lands, &entry.path, &started) {
                continue;
            }
            let place = Path::new(&context.folder).join(&entry.path);
            if let Some(text) = workspace.peek(&place, WHOLE) {
                texts.push((lands, entry.path.clone(), text));
            }
        }
    }
    let mut found: Vec<StepsDown> = Vec::new();
    for (lands, path, text) in &texts {
        let by = match is_of_supervisor(lands) {
            true => by_supervisor(text),
            false => by_script(text),
        };
        found.extend(by.map(|by| StepsDown {
            path: path.clone(),
            lands: lands.clone(),
            by,
        }));
    }
    // A script that ends in another one.
    let own: Vec<(String, String)> = found.iter().map(|file| (file.lands.clone(), file.by.clone())).collect();
    for (lands, path, text) in &texts {
        let is_new = !is_of_supervisor(lands) && !own.iter().any(|(there, _)| there == lands);
        let next = last_command(text).filter(|_| is_new).and_then(|line| {
            let mut other = own.iter();
            other.find(|(there, _)| words(line).any(|word| leads_to(word, there)))
        });
        found.extend(next.map(|(_, by)| StepsDown {
            path: path.clone(),
            lands: lands.clone(),
            by: by.clone(),
        }));
    }
    found
}

/// The copies of other stages from one.
fn carriers<'p>(file: &BuiltFile, plan: &'p Plan, stage: usize) -> Vec<&'p Transferred> {
    let is_from = |transfer: &&Transferred| {
        let kind = file
            .ast
            .instructions
            .get(transfer.instruction)
            .map(|instruction| &instruction.kind);
        let Some(Kind::Copy(words)) = kind else { return false };
        let names = |reference: &ImageWord| words.from.as_ref().is_some_and(|from| from.span == reference.span);
        let from = plan
            .references()
            .iter()
            .find(|reference| names(reference))
            .and_then(|reference| reference.stage?);
        from.is_some_and(|from| plan.lineage(from).contains(&stage))
    };
    plan.transfers.iter().filter(is_from).collect()
}

/// Where a copy puts a file, if that is one of its sources or in one.
fn carries(carrier: &Transferred, path: &str) -> Option<String> {
    let destination = carrier.destination.value()?.trim_end_matches('/');
    carrier.sources.iter().find_map(|source| {
        let inside = path.strip_prefix(source.value()?.trim_end_matches('/'))?;
        match inside {
            "" if carrier.into_folder || carrier.sources.len() > 1 => Some(format!("{destination}/{}", name(path))),
            "" => Some(destination.to_owned()),
            _ => inside.starts_with('/').then(|| format!("{destination}{inside}")),
        }
    })
}

/// The text of every ENTRYPOINT and CMD.
fn started(file: &BuiltFile) -> String {
    let mut all = String::new();
    for instruction in &file.ast.instructions {
        if let Kind::Entrypoint(command) | Kind::Cmd(command) = &instruction.kind {
            for word in &command.words {
                all.push_str(&word.value);
                all.push(' ');
            }
            all.push_str(&command.text.text);
            all.push(' ');
        }
    }
    all
}

/// Whether a file may be what a container starts with, by its names.
fn is_start(lands: &str, path: &str, started: &str) -> bool {
    if is_of_supervisor(lands) || is_of_s6(lands) {
        return true;
    }
    let name = name(lands);
    let is_script = name.ends_with(".sh") || name.ends_with(".bash") || !name.contains('.');
    let lower = name.to_ascii_lowercase();
    let is_usual = NAMES.iter().any(|word| lower.contains(word)) && !path.contains("node_modules/");
    is_script && is_usual || name.len() > 2 && started.contains(name)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_seam = |letter: char| letter.is_whitespace() || ";&|(){}\"'`=<>".contains(letter);
    line.split(is_seam).filter(|word| !word.is_empty())
}

/// The lines of a script that do something.
fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    let own = text.lines().map(str::trim);
    own.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The last line that runs something.
fn last_command(text: &str) -> Option<&str> {
    const ENDS: [&str; 7] = ["fi", "done", "esac", "}", ";;", "else", ")"];
    lines(text).rev().find(|line| !ENDS.contains(line))
}

/// What of a script changes the user for what it starts: a program made for that, another one in its end, or a server whose workers
/// run as somebody else.
fn by_script(text: &str) -> Option<String> {
    let made_for_it = lines(text).find_map(changer);
    let last = last_command(text)?;
    made_for_it
        .or_else(|| {
            let mut ends = lines(text).filter(|line| line.contains("exec ") || *line == last);
            ends.find_map(other)
        })
        .or_else(|| {
            // What stays behind in the background stays root.
            let has_others = lines(text).any(|line| line.ends_with('&') && !line.ends_with("&&"));
            server(last).filter(|_| !has_others)
        })
        .map(str::to_owned)
}

/// A program of a line that is there to change the user, if it is run and for somebody else than root.
fn changer(line: &str) -> Option<&'static str> {
    const ASKS: [&str; 9] = [
        "-v",
        "which",
        "type",
        "hash",
        "install",
        "add",
        "-x",
        "-f",
        "--no-cache",
    ];
    let all: Vec<&str> = words(line).collect();
    let at = |(index, word): (usize, &&str)| {
        let program = CHANGERS.iter().find(|program| **program == name(word))?;
        let before = index.checked_sub(1).and_then(|before| all.get(before));
        let is_asked = before.is_some_and(|before| ASKS.contains(before));
        let is_other = all.get(index + 1).is_some_and(|next| !is_root(next));
        (!is_asked && is_other).then_some(*program)
    };
    all.iter().enumerate().find_map(at)
}

/// A program of a line that is told to change the user.
fn other(line: &str) -> Option<&'static str> {
    let all: Vec<&str> = words(line).collect();
    let first = all
        .iter()
        .position(|word| !matches!(*word, "exec" | "then" | "do" | "else" | "!"))?;
    let program = name(all.get(first)?);
    let (name, options) = OTHERS.iter().find(|(name, _)| *name == program)?;
    let arguments = all.get(first + 1..)?;
    let asks = options.is_empty() || arguments.iter().any(|word| options.contains(word));
    // `su` alone is root.
    let names = arguments.iter().filter(|word| !word.starts_with('-'));
    let is_other = names.clone().next().is_some() && !names.clone().any(|word| is_root(word));
    (asks && is_other).then_some(*name)
}

fn is_root(word: &str) -> bool {
    matches!(word, "root" | "0" | "0:0" | "root:root")
}

/// The server that a command starts, where its workers run as somebody else than root.
fn server(line: &str) -> Option<&str> {
    let is_word = |word: &&str| *word != "exec" && !word.starts_with('-');
    crate::build::context::server(words(line).find(is_word)?)
}

/// Whether a word of a script leads to a file of the image: by its path, or by its name behind a path that is not known.
fn leads_to(word: &str, lands: &str) -> bool {
    match is_of_supervisor(lands) {
        true => name(word) == "supervisord",
        false => word.contains('/') && name(word) == name(lands) && name(word).len() > 2,
    }
}

/// The user that the settings of supervisord name for everything that it starts.
fn by_supervisor(text: &str) -> Option<String> {
    let (mut programs, mut stepping, mut is_open, mut user) = (0, 0, false, None);
    let mut whole = None;
    let mut section = "";
    for line in lines(text).filter(|line| !line.starts_with(';')) {
        if let Some(rest) = line.strip_prefix('[') {
            section = rest;
            if section.starts_with("program:") {
                programs += 1;
                is_open = true;
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let steps = match key {
            "user" => !is_root(value),
            "command" => by_script(value).is_some(),
            _ => false,
        };
        if steps && section.starts_with("supervisord") && key == "user" {
            whole = Some("supervisord");
        }
        if steps && is_open && section.starts_with("program:") {
            stepping += 1;
            is_open = false;
            user = Some("supervisord");
        }
    }
    let all = user.filter(|_| programs == stepping);
    whole.or(all).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_steps_down_with_a_program_made_for_it() {
        for (text, by) in [
            ("#!/bin/sh\nset -e\nchown -R app /data\nexec gosu app \"$@\"\n", "gosu"),
            (
                "#!/bin/sh\nset -- su-exec \"$PUID:$PGID\" \"$@\"\nexec \"$@\"\n",
                "su-exec",
            ),
            (
                "exec setpriv --reuid=app --regid=app --clear-groups node x.js\n",
                "setpriv",
            ),
            (
                "if [ \"$1\" = server ]; then\n  exec su - app -c \"node x.js\"\nfi\n",
                "su",
            ),
            ("migrate\nexec sudo -E -u www-data php artisan serve\n", "sudo"),
            ("chown x /y\nrunuser -u www-data -- php x\n", "runuser"),
            ("exec chpst -u app:app ./server\n", "chpst"),
            ("exec chroot --userspec=1000 / ./server\n", "chroot"),
            ("sed -i s/a/b/ x\nexec nginx -g 'daemon off;'\n", "nginx"),
            ("/usr/sbin/apache2ctl -D FOREGROUND\n", "apache2ctl"),
            ("CMD=\"gosu app\"\n$CMD ./x\n", "gosu"),
        ] {
            assert_eq!(by_script(text).as_deref(), Some(by), "{text}");
        }
    }

    #[test]
    fn a_script_that_stays_root_or_may_be_does_not() {
        for text in [
            "#!/bin/sh\nexec node x.js\n",
            "# exec gosu app\nexec node x.js\n",
            "exec gosu root node x.js\n",
            "command -v gosu\nexec node x.js\n",
            "apt-get install -y gosu\nexec node x.js\n",
            "su postgres -c 'createdb x'\nexec node x.js\n",
            "sudo service x start\n",
            "node x.js &\nexec nginx -g 'daemon off;'\n",
            "su\n",
            "",
        ] {
            assert_eq!(by_script(text), None, "{text}");
        }
    }

    #[test]
    fn a_supervisor_steps_down_where_each_of_its_programs_does() {
        let one = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=a\nuser=app\n";
        assert_eq!(by_supervisor(one).as_deref(), Some("supervisord"));
        let two = format!("{one}[program:nginx]\ncommand=/usr/sbin/nginx -g 'daemon off;'\n");
        assert_eq!(by_supervisor(&two).as_deref(), Some("supervisord"));
        let three = format!("{two}[program:b]\ncommand=b\n");
        assert_eq!(by_supervisor(&three), None);
        let root = "[supervisord]\nuser=root\n[program:a]\ncommand=a\n";
        assert_eq!(by_supervisor(root), None);
        assert_eq!(
            by_supervisor("[supervisord]\nuser=app\n[program:a]\ncommand=a\n").as_deref(),
            Some("supervisord")
        );
    }
}

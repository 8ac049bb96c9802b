//! `plimsoll completions`: commands, flags and the words that a flag takes, for three shells.

use crate::cli;
use clap::{Arg, Command};

/// What can be written behind one command.
struct Words {
    command: String,
    words: Vec<String>,
}

pub(super) fn of(shell: &str) -> String {
    let root = cli::command();
    let commands = || root.get_subcommands().filter(|command| !command.is_hide_set());
    let names: Vec<String> = commands().map(|command| command.get_name().to_owned()).collect();
    let mut all = vec![Words {
        command: String::new(),
        words: names.iter().cloned().chain(words(&root)).collect(),
    }];
    all.extend(commands().map(|command| Words {
        command: command.get_name().to_owned(),
        words: words(command),
    }));
    match shell {
        "fish" => fish(&all, &names),
        // zsh reads what bash does.
        "zsh" => format!(
            "#compdef plimsoll\n\
             autoload -U +X bashcompinit && bashcompinit\n{}",
            bash(&all)
        ),
        _ => bash(&all),
    }
}

/// Its flags, and the words that its arguments choose from.
fn words(command: &Command) -> Vec<String> {
    let shown = |arg: &&Arg| !arg.is_hide_set();
    let flags = command.get_arguments().filter(shown);
    let one = |arg: &Arg| match arg.get_long() {
        Some(long) => vec![format!("--{long}")],
        None => arg
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect(),
    };
    flags.flat_map(one).chain(["--help".to_owned()]).collect()
}

/// The flags of all commands that take one of some words.
fn choices() -> Vec<(String, Vec<String>)> {
    let root = cli::command();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for arg in std::iter::once(&root)
        .chain(root.get_subcommands())
        .flat_map(Command::get_arguments)
    {
        let takes_words = arg.get_action().takes_values();
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        let Some(long) = arg.get_long().filter(|_| takes_words && !values.is_empty()) else {
            continue;
        };
        let flag = format!("--{long}");
        // Two commands may have one flag with words of their own.
        match found.iter_mut().find(|(known, _)| *known == flag) {
            Some((_, known)) => known.extend(
                values
                    .into_iter()
                    .filter(|value| !known.contains(value))
                    .collect::<Vec<_>>(),
            ),
            None => found.push((flag, values)),
        }
    }
    found
}

fn bash(all: &[Words]) -> String {
    let mut out = String::from(
        "_plimsoll() {\n    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n    \
         COMPREPLY=()\n    case \"$before\" in\n",
    );
    for (flag, values) in choices() {
        out.push_str(&format!(
            "        {flag}) COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n",
            values.join(" ")
        ));
    }
    out.push_str("    esac\n    case \"${COMP_WORDS[1]}\" in\n");
    for one in all.iter().filter(|one| !one.command.is_empty()) {
        out.push_str(&format!(
            "        {}) words=\"{}\" ;;\n",
            one.command,
            one.words.join(" ")
        ));
    }
    let plain = all.first().map_or_else(String::new, |one| one.words.join(" "));
    out.push_str(&format!(
        "        *) words=\"{plain}\" ;;\n    esac\n    [ \"$COMP_CWORD\" -gt 1 ] || words=\"{plain}\"\n    \
         COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}}\n\
         complete -o default -F _plimsoll plimsoll\n"
    ));
    out
}

fn fish(all: &[Words], names: &[String]) -> String {
    let mut out = String::new();
    for one in all {
        let when = match one.command.as_str() {
            "" => format!("not __fish_seen_subcommand_from {}", names.join(" ")),
            command => format!("__fish_seen_subcommand_from {command}"),
        };
        for word in &one.words {
            let what = match word.strip_prefix("--") {
                Some(long) => format!("-l {long}"),
                None => format!("-a {word}"),
            };
            out.push_str(&format!("complete -c plimsoll -n '{when}' {what}\n"));
        }
    }
    for (flag, values) in choices() {
        let long = flag.trim_start_matches('-');
        out.push_str(&format!(
            "complete -c plimsoll -l {long} -x -a '{}'\n",
            values.join(" ")
        ));
    }
    out
}

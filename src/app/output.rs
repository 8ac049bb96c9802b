//! Writing: standard output, files, and what is said when nothing can be judged.

use super::deadline::Claim;
use crate::cli::{CheckArgs, Colour, Format, Least};
use crate::config::Mistake;
use crate::exit::Outcome;
use crate::failure::{Cited, Failure};
use crate::finding::Severity;
use crate::report::text::{Parts, View};
use crate::report::{self, Report, escape};
use crate::source::{ColumnUnit, Sources, Span};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes the report in every format that was asked for. A failed write turns a pass into "could not run", never a
/// failure into anything else.
pub(super) fn write(report: &Report, args: &CheckArgs, outcome: Outcome, claim: &Claim) -> Outcome {
    // Everything is rendered before anything is written: past the deadline nothing of it is.
    let files = args.output.iter();
    let files: Vec<_> = files
        .map(|(format, path)| (path, shown(report, *format, args.notes, &view(args))))
        .collect();
    let terminal = View {
        color: use_colour(args.color),
        width: width(),
        ..view(args)
    };
    let text = shown(report, args.format, args.notes, &terminal);
    claim.take();
    let root = super::place::root(args).ok();
    let mut written = Ok(());
    for (path, text) in files {
        if let Err(error) = file(path, &text, root.as_deref()) {
            complain(format!("`{}` cannot be written: {error}", path.display()));
            written = Err(error);
        }
    }
    // A gate that could not run says so where people look, whatever the format on standard output.
    if let Some(error) = &report.error
        && args.format != Format::Text
    {
        complain(error);
    }
    // These have no place for it, and a part must not be taken for the whole.
    let is_bare = matches!(args.format, Format::Gitlab | Format::Junit | Format::Line);
    if is_bare && report.error.is_none() {
        complain(format!("scope: {}", report.scope_line()));
    }
    let printed = if args.format == Format::Text && report.error.is_some() {
        refuse(report, &terminal);
        Outcome::Pass
    } else {
        print(&text)
    };
    match (written, printed) {
        (Ok(()), Outcome::Pass) => outcome,
        _ if outcome == Outcome::Pass => Outcome::CouldNotRun,
        _ => outcome,
    }
}

/// What the flags ask to be shown, without colours.
pub(super) fn view(args: &CheckArgs) -> View {
    let plain = View::default();
    let least = match args.severity {
        Some(Least::Error) => Severity::Error,
        Some(Least::Warning) => Severity::Warning,
        Some(Least::Note) => Severity::Note,
        None if args.notes || args.statistics => Severity::Note,
        None => Severity::Warning,
    };
    View {
        least,
        only: args.only.clone(),
        most: args.max_findings.unwrap_or(plain.most),
        parts: match (args.quiet, args.statistics) {
            (true, _) => Parts::Findings,
            (_, true) => Parts::Counts,
            _ => Parts::All,
        },
        ..plain
    }
}

/// The report in one format.
pub fn render(report: &Report, format: Format, notes: bool, color: bool) -> String {
    let view = View {
        color,
        ..View::with_notes(notes)
    };
    shown(report, format, notes, &view)
}

/// The report in one format; how the text for people looks.
fn shown(report: &Report, format: Format, notes: bool, view: &View) -> String {
    match format {
        Format::Text => report::text::render(report, view),
        Format::Json => report::json::render(report, false),
        Format::JsonPretty => report::json::render(report, true),
        Format::Sarif => report::sarif::render(report, notes),
        Format::Github => report::github::render(report, notes),
        Format::Markdown => report::markdown::render(report, notes),
        Format::MarkdownBrief => report::markdown::brief::render(report, notes),
        Format::Gitlab => report::gitlab::render(report, notes),
        Format::Junit => report::junit::render(report, notes),
        Format::Line => report::line::render(report, notes),
    }
}

/// Prints a text. Where that fails it says why, of a closed pipe as well: whoever sees exit code 2 must learn the reason.
pub(super) fn print(text: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Outcome::Pass,
        Err(error) => complain(Failure::from(error).of("standard output cannot be written")),
    }
}

/// Says something beside the output, on standard error.
pub(super) fn tell(message: impl Display) {
    complain(message);
}

/// Says on standard error why nothing could be done.
pub(super) fn complain(message: impl Display) -> Outcome {
    let message = message.to_string();
    let lines: Vec<_> = message.lines().map(|line| escape::line(line).into_owned()).collect();
    let _ = writeln!(
        std::io::stderr(),
        "{}",
        escape::guard(format!("plimsoll: {}", lines.join("\n")))
    );
    Outcome::CouldNotRun
}

/// Says on standard error why the gate could not run, with the places of the configuration where it is for those.
pub(super) fn refuse(report: &Report, view: &View) {
    if report.mistakes.is_empty() {
        complain(report.error.as_deref().unwrap_or(""));
    } else {
        let _ = std::io::stderr().write_all(report::text::render(report, view).as_bytes());
    }
}

/// Every mistake of a configuration, a line each, and its places.
pub(super) fn mistakes(mistakes: &[Mistake], sources: &Sources) -> Failure {
    let mut lines = Vec::new();
    for mistake in mistakes {
        let source = sources.get(mistake.span.source);
        let at = source.position(mistake.span.start, ColumnUnit::CodePoints);
        let help = if mistake.help.is_empty() {
            String::new()
        } else {
            format!(" ({})", mistake.help)
        };
        lines.push(format!(
            "{}:{}:{}: {}{help}",
            source.path, at.line, at.column, mistake.message
        ));
    }
    let many = if lines.len() == 1 { "a mistake" } else { "mistakes" };
    let failure = Failure::new(format!("the configuration has {many}:\n{}", lines.join("\n")));
    let Some(first) = mistakes.first() else { return failure };
    let source = sources.get(first.span.source);
    let range = |span: Span| span.start as usize..span.end as usize;
    let place = |mistake: &Mistake| (range(mistake.span), mistake.message.clone(), mistake.help.clone());
    failure.citing(Cited {
        path: source.path.clone(),
        text: source.text.clone(),
        places: mistakes.iter().map(place).collect(),
    })
}

/// Writes a file in one step: nobody ever sees half of it. Special files (`/dev/stdout`, a pipe) are written directly. No link
/// below `root` is followed: the change that is judged may have made it.
///
/// # Errors
/// The reason, as a clause.
pub(super) fn file(path: &Path, text: &str, root: Option<&Path>) -> Result<(), Failure> {
    if let Some(root) = root
        && leads_through_link(path, root)?
    {
        return Err(Failure::new("its path includes a link"));
    }
    Ok(replace(path, &mut |out| out.write_all(text.as_bytes()))?)
}

/// Writes what `make` gives, part by part, to a file as [`file`] does, or to standard output.
///
/// # Errors
/// What cannot be written, and why.
pub(super) fn stream(path: Option<&Path>, make: &mut Make<'_>) -> Result<(), Failure> {
    match path {
        Some(path) => replace(path, make)
            .map_err(|error| Failure::from(error).of(format!("`{}` cannot be written", path.display()))),
        None => {
            let mut out = std::io::stdout().lock();
            let made = make(&mut out).and_then(|()| out.flush());
            made.map_err(|error| Failure::from(error).of("standard output cannot be written"))
        }
    }
}

/// What writes a text in parts.
type Make<'m> = dyn FnMut(&mut dyn Write) -> std::io::Result<()> + 'm;

fn replace(path: &Path, make: &mut Make<'_>) -> std::io::Result<()> {
    if path.metadata().is_ok_and(|data| !data.is_file()) {
        return make(&mut std::fs::OpenOptions::new().write(true).open(path)?);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".plimsoll").tempfile_in(folder)?;
    make(&mut temporary)?;
    // A temporary file is private; a report is not.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        temporary
            .as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether one of the parts of a path that lie below `root` is a link.
pub(super) fn leads_through_link(path: &Path, root: &Path) -> std::io::Result<bool> {
    let root = root.canonicalize()?;
    let mut here = PathBuf::new();
    let mut is_below = false;
    for part in std::env::current_dir()?.join(path).components() {
        here.push(part);
        if is_below && here.symlink_metadata().is_ok_and(|data| data.is_symlink()) {
            return Ok(true);
        }
        is_below = is_below || here.canonicalize().is_ok_and(|real| real.starts_with(&root));
    }
    Ok(false)
}

/// The columns of the terminal, as far as lines of that length can be read.
pub(super) fn width() -> usize {
    let plain = View::default().width;
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stdout());
        size.ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0)
            .map_or(plain, |columns| columns.clamp(40, 120))
    }
    #[cfg(not(unix))]
    plain
}

/// Colours by `--color`, else as the environment asks (no-color.org, bixense.com/clicolors, `FORCE_COLOR` of Node's tools), else on a
/// terminal.
pub(super) fn use_colour(colour: Colour) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let forced = is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE");
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            !refused && (forced || std::io::stdout().is_terminal() && !dumb)
        }
    }
}

//! Sampling running containers: a thread for each that reads the engine's stream of statistics, one for what happens to them, and one
//! pair of eyes that puts it together. Every wait has an end: an engine that hangs costs the time that was asked for, and some seconds.

use super::chosen::{chosen, kind, nothing, seen, short};
use super::keys::Keys;
use super::screen::Screen;
use crate::app::{built_images, output, place};
use crate::cli::{CheckArgs, UsageArgs};
use crate::engine::{Engine, Happening, Inspected, Refused};
use crate::failure::Failure;
use crate::order::Order as _;
use crate::repository::Repository;
use crate::usage::frame::Frame;
use crate::usage::record::Line;
use crate::usage::{Event, Probe, Recording, Sample, Seen, time};
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const USUAL: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);
/// The longest that a sampling may take.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is looked for containers that were started since, and for what their health checks said.
const LOOK: Duration = Duration::from_secs(2);
/// How often what is on the screen is drawn again.
const DRAW: Duration = Duration::from_millis(500);
const MAX_CONTAINERS: usize = 500;
/// So often the start of a program is measured; the median counts.
const EXECS: usize = 5;
/// Of events before the sampling those are asked for, in seconds.
const BEFORE: u64 = 600;

/// What the threads tell.
enum Told {
    Sample(String, Sample),
    /// A stream of statistics has ended.
    Ended(String),
    Happened(Happening),
    /// Starting a program in a container took so many seconds.
    Started(String, f64),
}

/// Samples for as long as is asked for.
///
/// # Errors
/// No engine answers, nothing runs that is asked for, or the record cannot be written.
pub(super) fn record(args: &UsageArgs, repository: Option<&Repository>) -> Result<Recording, Failure> {
    let length = args.length.unwrap_or(USUAL).min(LONGEST);
    let every = args.every.unwrap_or(SECOND);
    if every < SECOND {
        return Err(Failure::new("the engine tells once a second: --every is 1s or more"));
    }
    let engine = built_images::engine()?;
    let mut live = Live::new(args, engine, every, length)?;
    live.look(repository)?;
    let mut screen = Screen::new();
    let keys = Keys::take();
    output::tell(format_args!(
        "sampling {} for {} s",
        crate::report::words::count(live.recording.containers.len(), "container"),
        length.as_secs()
    ));
    live.watch(repository, &mut screen, keys.as_ref())?;
    screen.clear();
    drop(keys);
    live.finish()
}

struct Live<'a> {
    args: &'a UsageArgs,
    engine: Engine,
    every: Duration,
    until: Instant,
    recording: Recording,
    /// The number of each container, by its short identity.
    known: HashMap<String, usize>,
    /// Those whose statistics are being read.
    read: BTreeSet<String>,
    /// Those that have a health check.
    probed: BTreeSet<String>,
    /// What starting a program took, by container.
    starts: HashMap<String, Vec<f64>>,
    sender: Sender<Told>,
    receiver: Receiver<Told>,
    file: Option<(PathBuf, std::fs::File)>,
}

impl<'a> Live<'a> {
    fn new(args: &'a UsageArgs, engine: Engine, every: Duration, length: Duration) -> Result<Self, Failure> {
        let (sender, receiver) = channel();
        let mut live = Self {
            args,
            engine,
            every,
            until: Instant::now() + length,
            recording: Recording {
                at_rest: args.at_rest,
                ..Recording::default()
            },
            known: HashMap::new(),
            read: BTreeSet::new(),
            probed: BTreeSet::new(),
            starts: HashMap::new(),
            sender,
            receiver,
            file: None,
        };
        if let Some(path) = &args.record {
            let file = create(path, args).map_err(|failure| cannot_write(path, failure))?;
            live.file = Some((path.clone(), file));
        }
        live.write(&Line::head(every.as_secs_f64(), args.at_rest))?;
        Ok(live)
    }

    fn write(&mut self, line: &Line) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        file.write_all(line.text().as_bytes())
            .map_err(|error| cannot_write(path, error.into()))
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Looks for containers that are not known yet.
    fn look(&mut self, repository: Option<&Repository>) -> Result<(), Failure> {
        let all = self.engine.containers().map_err(|refused| said(&refused))?;
        for container in chosen(self.args, &all, repository) {
            let id = short(&container.id);
            if !self.known.contains_key(&id) {
                if self.known.len() == MAX_CONTAINERS {
                    return Err(Failure::new(format!(
                        "more than {MAX_CONTAINERS} containers: name some"
                    )));
                }
                // What is gone again was never here.
                if let Ok(inspected) = self.engine.inspect(&container.id) {
                    self.add(&id, &inspected)?;
                }
            }
            if self.known.contains_key(&id) && self.read.insert(id.clone()) {
                self.follow(id, container.id.clone());
            }
        }
        match self.known.is_empty() {
            true => Err(Failure::new(nothing(self.args, all.len()))),
            false => Ok(()),
        }
    }

    fn add(&mut self, id: &str, inspected: &Inspected) -> Result<(), Failure> {
        let mut seen = seen(id, inspected);
        if let Ok(image) = self.engine.image(&inspected.image) {
            seen.digests.extend(image.repo_digests.unwrap_or_default());
        }
        self.write(&Line::container(&seen))?;
        if inspected.state.health.is_some() {
            self.probed.insert(id.to_owned());
        }
        self.known.insert(id.to_owned(), self.recording.containers.len());
        self.recording.containers.push(seen);
        self.probes(id, inspected)
    }

    /// Measures what starting a program takes, one after the other, while samples are taken.
    fn measure(&self) {
        let (engine, sender, ids) = (self.engine.clone(), self.sender.clone(), self.probed.clone());
        let until = self.until;
        let ask = move || {
            for id in ids.iter().cycle().take(ids.len() * EXECS) {
                if Instant::now() >= until {
                    return;
                }
                if let Ok(seconds) = engine.exec_time(id)
                    && sender.send(Told::Started(id.clone(), seconds)).is_err()
                {
                    return;
                }
            }
        };
        let _ = std::thread::Builder::new().spawn(ask);
    }

    /// Reads the statistics of a container in a thread of its own.
    fn follow(&self, short: String, id: String) {
        let (engine, sender, every) = (self.engine.clone(), self.sender.clone(), self.every);
        let time = self.left() + SECOND;
        let read = move || {
            let mut last = 0;
            // The engine's seconds are a little longer or shorter.
            let step = u64::try_from(every.as_millis()).unwrap_or(1000).saturating_sub(500);
            if let Ok(mut stream) = engine.statistics(&id, time) {
                while let Ok(Some(frame)) = stream.next::<Frame>() {
                    let Some(sample) = frame.sample() else { continue };
                    if sample.at < last + step {
                        continue;
                    }
                    last = sample.at;
                    if sender.send(Told::Sample(short.clone(), sample)).is_err() {
                        return;
                    }
                }
            }
            let _ = sender.send(Told::Ended(short));
        };
        // Without a thread it has no samples, and that is said.
        let _ = std::thread::Builder::new().stack_size(256 << 10).spawn(read);
    }

    /// Reads what happens, from some time before on.
    fn listen(&self) {
        let (engine, sender) = (self.engine.clone(), self.sender.clone());
        let time = self.left() + SECOND;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        let read = move || {
            let Ok(mut stream) = engine.happenings(now.saturating_sub(BEFORE), time) else {
                return;
            };
            while let Ok(Some(happened)) = stream.next::<Happening>() {
                if sender.send(Told::Happened(happened)).is_err() {
                    return;
                }
            }
        };
        let _ = std::thread::Builder::new().spawn(read);
    }

    /// Takes what the threads tell until the time is over, or somebody ends it.
    fn watch(
        &mut self,
        repository: Option<&Repository>,
        screen: &mut Screen,
        keys: Option<&Keys>,
    ) -> Result<(), Failure> {
        self.listen();
        if self.args.measure_exec {
            self.measure();
        }
        let (mut looked, mut drawn) = (Instant::now(), Instant::now());
        while !self.left().is_zero() && !keys.is_some_and(Keys::is_over) {
            match self.receiver.recv_timeout(self.left().min(DRAW)) {
                Ok(told) => self.take(told)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if looked.elapsed() >= LOOK {
                // An engine that has a bad moment is asked again; one that is gone ends with what there is.
                let _ = self.look(repository);
                self.ask_health()?;
                looked = Instant::now();
            }
            if drawn.elapsed() >= DRAW {
                screen.draw(&self.recording, self.left().as_secs());
                drawn = Instant::now();
            }
        }
        self.ask_health()
    }

    fn take(&mut self, told: Told) -> Result<(), Failure> {
        match told {
            Told::Sample(id, sample) => {
                let Some(seen) = self.seen(&id) else { return Ok(()) };
                if seen.samples.last().is_none_or(|last| last.at < sample.at) {
                    seen.samples.push(sample);
                    self.write(&Line::sample(&id, &sample))?;
                }
            }
            Told::Ended(id) => {
                // One that runs again is found again.
                self.read.remove(&id);
            }
            Told::Started(id, seconds) => self.starts.entry(id).or_default().push(seconds),
            Told::Happened(happened) => {
                let id = short(&happened.actor.id);
                let (Some(kind), Some(seen)) = (kind(&happened), self.seen(&id)) else {
                    return Ok(());
                };
                let event = Event {
                    at: happened.nanos / 1_000_000,
                    kind,
                };
                if !seen.events.contains(&event) {
                    seen.events.push(event);
                    self.write(&Line::event(&id, &event))?;
                }
            }
        }
        Ok(())
    }

    fn seen(&mut self, id: &str) -> Option<&mut Seen> {
        let index = *self.known.get(id)?;
        self.recording.containers.get_mut(index)
    }

    /// What the health checks said since: the engine keeps the last five runs of each.
    fn ask_health(&mut self) -> Result<(), Failure> {
        for id in self.probed.clone() {
            match self.engine.inspect(&id) {
                Ok(inspected) => self.probes(&id, &inspected)?,
                Err(Refused::Absent) => {}
                // Nobody waits for each of them.
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn probes(&mut self, id: &str, inspected: &Inspected) -> Result<(), Failure> {
        let runs = inspected.state.health.as_ref().and_then(|health| health.log.as_ref());
        for run in runs.into_iter().flatten() {
            let (Some(start), Some(end)) = (time::micros(&run.start), time::micros(&run.end)) else {
                continue;
            };
            let probe = Probe {
                at: start / 1000,
                seconds: Duration::from_micros(end.saturating_sub(start)).as_secs_f64(),
                code: run.exit_code,
            };
            let Some(seen) = self.seen(id) else { return Ok(()) };
            if seen.probes.last().is_none_or(|last| last.at < probe.at) {
                seen.probes.push(probe);
                self.write(&Line::probe(id, &probe))?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Recording, Failure> {
        for (id, mut seconds) in std::mem::take(&mut self.starts) {
            seconds.order_by(f64::total_cmp);
            let Some(median) = seconds.get(seconds.len() / 2).copied() else {
                continue;
            };
            self.write(&Line::exec(&id, median))?;
            if let Some(seen) = self.seen(&id) {
                seen.exec = Some(median);
            }
        }
        for seen in &mut self.recording.containers {
            seen.events.order_by_key(|event| event.at);
        }
        match self.recording.containers.iter().all(|seen| seen.samples.is_empty()) {
            true => Err(Failure::new("the engine sent no figures of any container in that time")),
            false => Ok(self.recording),
        }
    }
}

/// Makes the file of a record. No link below the root is followed: the change that is checked may have made it.
fn create(path: &Path, args: &UsageArgs) -> Result<std::fs::File, Failure> {
    let root = place::root(&CheckArgs {
        root: args.root.clone(),
        ..CheckArgs::default()
    });
    if let Ok(root) = root
        && output::leads_through_link(path, &root)?
    {
        return Err(Failure::new("it leads through a link of the checkout"));
    }
    Ok(std::fs::File::create(path)?)
}

fn cannot_write(path: &Path, failure: Failure) -> Failure {
    failure.of(format!("the record `{}` cannot be written", path.display()))
}

fn said(refused: &Refused) -> Failure {
    Failure::new(match refused {
        Refused::Absent => "the engine does not tell which containers run",
        other => other.words(),
    })
}

//! Containers that run: which there are, how each was started, and the streams of what they take and of what happens to them.

use super::{Body, Engine, Refused, Timed, check_name, odd, parsed};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

/// The bytes of a line of a stream. A frame of statistics of a host with hundreds of processors has some ten thousand.
const MAX_LINE: u64 = 1 << 20;
/// A program that is in no image: starting it takes what starting any takes, and nothing runs.
const NO_PROGRAM: &str = "/plimsoll/no-such-program";

/// A container that runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Container {
    pub id: String,
    #[serde(default)]
    pub names: Option<Vec<String>>,
    #[serde(default)]
    pub labels: Option<HashMap<String, String>>,
}

/// How a container was started, and how it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Inspected {
    pub id: String,
    pub name: String,
    /// The digest of its image.
    pub image: String,
    pub config: Config,
    pub host_config: HostConfig,
    pub state: State,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Config {
    /// The image as it was named.
    pub image: String,
    pub labels: Option<HashMap<String, String>>,
}

/// Its limits; 0, and of processes less, is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct HostConfig {
    pub memory: i64,
    pub nano_cpus: i64,
    pub cpu_quota: i64,
    pub cpu_period: i64,
    pub pids_limit: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct State {
    /// RFC 3339.
    pub started_at: String,
    pub health: Option<Health>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Health {
    /// The last five runs.
    pub log: Option<Vec<Run>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Run {
    /// RFC 3339.
    pub start: String,
    pub end: String,
    pub exit_code: i64,
}

/// Something that happened to a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Happening {
    #[serde(rename = "Action")]
    pub action: String,
    #[serde(rename = "Actor")]
    pub actor: Actor,
    #[serde(rename = "timeNano")]
    pub nanos: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Actor {
    #[serde(rename = "ID")]
    pub id: String,
    pub attributes: Option<HashMap<String, String>>,
}

/// Values of JSON, a line each, for as long as the connection lasts.
pub(crate) struct Stream {
    lines: BufReader<Body<BufReader<Timed>>>,
}

impl Stream {
    /// The next value; `None` where the stream ends.
    ///
    /// # Errors
    /// [`Refused`]: nothing came in time, or nothing that is understood.
    pub(crate) fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<T>, Refused> {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.lines, MAX_LINE);
        limited.read_until(b'\n', &mut line).map_err(|error| odd(&error))?;
        if line.is_empty() {
            return Ok(None);
        }
        let value = serde_json::from_slice(&line);
        value
            .map(Some)
            .map_err(|_| Refused::Odd("the engine's answer cannot be read".to_owned()))
    }
}

impl Engine {
    /// The containers that run.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn containers(&self) -> Result<Vec<Container>, Refused> {
        parsed(self.get_at("/containers/json", self.patience)?)
    }

    /// How a container was started and is.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn inspect(&self, id: &str) -> Result<Inspected, Refused> {
        check_name(id)?;
        parsed(self.get_at(&format!("/containers/{id}/json"), self.patience)?)
    }

    /// What a container takes, once a second, for `time` at most.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn statistics(&self, id: &str, time: Duration) -> Result<Stream, Refused> {
        check_name(id)?;
        self.stream(&format!("/containers/{id}/stats?stream=true"), time)
    }

    /// What happens to containers, from a second since 1970 on as far as the engine remembers, for `time` at most.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn happenings(&self, since: u64, time: Duration) -> Result<Stream, Refused> {
        // {"type":["container"]}
        let filter = "%7B%22type%22%3A%5B%22container%22%5D%7D";
        self.stream(&format!("/events?since={since}&filters={filter}"), time)
    }

    fn stream(&self, path: &str, time: Duration) -> Result<Stream, Refused> {
        let lines = BufReader::new(self.get_at(path, time)?);
        Ok(Stream { lines })
    }

    /// Seconds that the engine takes to start a program in a container, whatever it is: it is asked for one that is in no image.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn exec_time(&self, id: &str) -> Result<f64, Refused> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Made {
            id: String,
        }
        check_name(id)?;
        let begin = Instant::now();
        let body = format!(r#"{{"Cmd":["{NO_PROGRAM}"],"AttachStdout":true,"AttachStderr":true}}"#);
        let made = match self.ask_with(&format!("POST /containers/{id}/exec"), &with(&body), self.patience)? {
            (200 | 201, answer) => parsed::<Made>(answer)?,
            (status, _) => return Err(Refused::Odd(format!("the engine answers with status {status}"))),
        };
        check_name(&made.id)?;
        let start = with(r#"{"Detach":false,"Tty":false}"#);
        let (_, answer) = self.ask_with(&format!("POST /exec/{}/start", made.id), &start, self.patience)?;
        let mut said = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::Read::take(answer, MAX_LINE), &mut said);
        read.map_err(|error| odd(&error))?;
        Ok(begin.elapsed().as_secs_f64())
    }
}

/// The rest of a request with a body.
fn with(body: &str) -> String {
    format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

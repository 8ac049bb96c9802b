//! The Docker engine behind its Unix socket, asked for images and for containers that run (Engine API,
//! docs.docker.com/reference/api/engine). Only ever asked: nothing is started or changed, and nothing is pulled, and no container asked
//! to start a program, but where somebody says so.
//!
//! Plain HTTP/1.0: a request to a connection, and the answer ends where the connection does. Every wait has an end.

mod containers;
mod pull;

pub(crate) use containers::{Container, Happening, Inspected};

use crate::failure::Failure;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long an answer, and how long a whole archive, may take. Older engines make the archive before they send any of it.
const ANSWER: Duration = Duration::from_secs(5);
const ARCHIVE: Duration = Duration::from_secs(300);
const MAX_HEAD: u64 = 64 << 10;
const MAX_ANSWER: u64 = 16 << 20;
const MAX_NAME: usize = 512;

/// Where an engine listens.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    socket: PathBuf,
    patience: Duration,
}

/// What the engine says of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Image {
    /// Its digest.
    pub id: String,
    /// When it was made, as RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// Its bytes, as this engine's store counts.
    #[serde(default)]
    size: u64,
    #[serde(default)]
    graph_driver: Option<Driver>,
    #[serde(default, rename = "RootFS")]
    root_fs: Option<Layers>,
    /// The digests that registries gave for it, as `NAME@DIGEST`.
    #[serde(default)]
    pub repo_digests: Option<Vec<String>>,
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

/// The stores that call an image by the digest of its configuration; that of containerd calls it by the digest of its manifest.
const BY_CONFIGURATION: [&str; 7] = [
    "aufs",
    "btrfs",
    "devicemapper",
    "fuse-overlayfs",
    "overlay2",
    "vfs",
    "zfs",
];

impl Image {
    /// Whether its digest is that of its configuration.
    pub(crate) fn is_named_by_configuration(&self) -> bool {
        let driver = self.graph_driver.as_ref().map(|driver| driver.name.as_str());
        driver.is_some_and(|driver| BY_CONFIGURATION.contains(&driver))
    }

    /// Its platform: `linux/amd64`.
    pub(crate) fn platform(&self) -> String {
        let end = match self.variant.as_str() {
            "" => String::new(),
            "v8" if self.architecture == "arm64" => String::new(),
            variant => format!("/{variant}"),
        };
        format!("{}/{}{end}", self.os, self.architecture)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Driver {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Layers {
    #[serde(default)]
    layers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    size: u64,
}

/// Why the engine gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It has no such image.
    Absent,
    /// Nobody listens, or not to us.
    Silent(String),
    /// It is slow, or says what is not understood.
    Odd(String),
}

impl Refused {
    /// One clause in lower case.
    pub(crate) fn words(&self) -> &str {
        match self {
            Refused::Absent => "the engine has no such image",
            Refused::Silent(reason) | Refused::Odd(reason) => reason,
        }
    }
}

impl Engine {
    /// The engine that listens there.
    pub(crate) fn at(socket: &Path) -> Self {
        Self {
            socket: socket.to_path_buf(),
            patience: ANSWER,
        }
    }

    /// Whether somebody listens there.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn answers(&self) -> Result<(), Refused> {
        self.connect(self.patience).map(drop)
    }

    /// What it knows of an image.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn image(&self, name: &str) -> Result<Image, Refused> {
        self.json(name, "json")
    }

    /// The layers of an image with their instructions and bytes, the lowest first, where the engine counts as we do: its overlay2
    /// store does, the store of containerd does not (`None`).
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn layers(&self, image: &Image) -> Result<Option<Vec<(String, u64)>>, Refused> {
        if image
            .graph_driver
            .as_ref()
            .is_none_or(|driver| driver.name != "overlay2")
        {
            return Ok(None);
        }
        let mut steps: Vec<Step> = self.json(&image.id, "history")?;
        steps.reverse();
        steps.retain(|step| step.size > 0);
        let sum = steps.iter().map(|step| step.size).fold(0, u64::saturating_add);
        // Of nothing the archive says whether it is all.
        if sum != image.size || sum == 0 {
            return Ok(None);
        }
        let layers = image.root_fs.as_ref().and_then(|root| root.layers.as_ref());
        let empty = layers.map_or(0, Vec::len).min(1000).saturating_sub(steps.len());
        let rows = steps.into_iter().map(|step| (step.created_by, step.size));
        Ok(Some(rows.chain((0..empty).map(|_| (String::new(), 0))).collect()))
    }

    /// The image as `docker save` writes it.
    ///
    /// # Errors
    /// [`Refused`]; later, reading fails.
    pub(crate) fn archive(&self, id: &str) -> Result<impl Read, Refused> {
        self.get(id, "get", ARCHIVE)
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, name: &str, what: &str) -> Result<T, Refused> {
        parsed(self.get(name, what, self.patience)?)
    }

    fn get(&self, name: &str, what: &str, time: Duration) -> Result<impl Read + use<>, Refused> {
        check_name(name)?;
        self.get_at(&format!("/images/{name}/{what}"), time)
    }

    fn get_at(&self, path: &str, time: Duration) -> Result<Body<BufReader<Timed>>, Refused> {
        match self.ask(&format!("GET {path}"), time)? {
            (200, answer) => Ok(answer),
            (404, _) => Err(Refused::Absent),
            (status, _) => Err(Refused::Odd(format!("the engine answers with status {status}"))),
        }
    }

    /// Asks, and gives the status and the body of the answer.
    fn ask(&self, what: &str, time: Duration) -> Result<(u16, Body<BufReader<Timed>>), Refused> {
        self.ask_with(what, "", time)
    }

    /// The same with a head and a body of the request behind its first line.
    fn ask_with(&self, what: &str, rest: &str, time: Duration) -> Result<(u16, Body<BufReader<Timed>>), Refused> {
        let mut stream = self.connect(time)?;
        let rest = if rest.is_empty() { "\r\n" } else { rest };
        let request = format!("{what} HTTP/1.0\r\nHost: docker\r\nAccept: */*\r\n{rest}");
        stream.write_all(request.as_bytes()).map_err(|error| odd(&error))?;
        let mut inner = BufReader::with_capacity(1 << 16, stream);
        let (status, left) = head(&mut inner)?;
        Ok((status, Body { inner, left }))
    }

    #[cfg(unix)]
    fn connect(&self, time: Duration) -> Result<Timed, Refused> {
        let silent = |error: std::io::Error| {
            let reason = Failure::from(error);
            Refused::Silent(format!("no engine answers at `{}`: {reason}", self.socket.display()))
        };
        // Where too many wait already, connecting waits as well.
        let (sender, receiver) = std::sync::mpsc::channel();
        let socket = self.socket.clone();
        let connect = move || sender.send(std::os::unix::net::UnixStream::connect(socket));
        // Nobody who is out of threads has an engine to ask.
        std::thread::Builder::new().spawn(connect).map_err(silent)?;
        let late = || Refused::Odd("the engine does not answer in time".to_owned());
        let connected = receiver.recv_timeout(self.patience).map_err(|_| late())?;
        let stream = connected.map_err(silent)?;
        stream.set_write_timeout(Some(ANSWER)).map_err(silent)?;
        Ok(Timed {
            stream,
            until: Instant::now() + time,
        })
    }

    #[cfg(not(unix))]
    fn connect(&self, _: Duration) -> Result<Timed, Refused> {
        Err(Refused::Silent("only Unix sockets are supported".to_owned()))
    }
}

/// An answer that is one value of JSON.
fn parsed<T: for<'de> Deserialize<'de>>(answer: impl Read) -> Result<T, Refused> {
    let mut text = Vec::new();
    answer
        .take(MAX_ANSWER)
        .read_to_end(&mut text)
        .map_err(|error| odd(&error))?;
    serde_json::from_slice(&text).map_err(|_| Refused::Odd("the engine's answer cannot be read".to_owned()))
}

/// Nothing but a name is put into a request.
fn check_name(name: &str) -> Result<(), Refused> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) || name.contains("..") {
        return Err(Refused::Odd(format!("`{name}` is not a name of an image")));
    }
    Ok(())
}

fn odd(error: &std::io::Error) -> Refused {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    Refused::Odd(match error.kind() {
        TimedOut | WouldBlock => "the engine does not answer in time".to_owned(),
        _ => "the engine's answer breaks off".to_owned(),
    })
}

/// Status and length of an answer.
fn head(answer: &mut impl BufRead) -> Result<(u16, Option<u64>), Refused> {
    let strange = || Refused::Odd("the engine's answer cannot be read".to_owned());
    let mut text = Vec::new();
    let mut limited = answer.take(MAX_HEAD);
    loop {
        let read = limited.read_until(b'\n', &mut text).map_err(|error| odd(&error))?;
        if read == 0 {
            return Err(strange());
        }
        if text.ends_with(b"\r\n\r\n") || text.ends_with(b"\n\n") {
            break;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(&text).map_err(|_| strange())?;
    let mut length = None;
    for header in response.headers.iter() {
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let number = std::str::from_utf8(header.value)
                    .ok()
                    .and_then(|text| text.trim().parse().ok());
                length = Some(number.ok_or_else(strange)?);
            }
            // Nobody may send that to HTTP/1.0.
            "transfer-encoding" => return Err(strange()),
            _ => {}
        }
    }
    Ok((response.code.ok_or_else(strange)?, length))
}

/// A body with as many bytes as were promised, if they were.
struct Body<R> {
    inner: R,
    left: Option<u64>,
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = &mut self.left else {
            return self.inner.read(buffer);
        };
        let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or(&mut []))?;
        if read == 0 && most > 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        *left -= read as u64;
        Ok(read)
    }
}

/// A connection that ends at a time.
#[cfg(unix)]
struct Timed {
    stream: std::os::unix::net::UnixStream,
    until: Instant,
}

#[cfg(unix)]
impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

#[cfg(unix)]
impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(not(unix))]
type Timed = std::io::Empty;

#[cfg(unix)]
#[cfg(test)]
mod tests;

//! What a stream is compressed with, by its first bytes.

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{BufRead, BufReader, Chain, Cursor, Error, ErrorKind, Read};

/// So much of a stream is looked at: a tar header.
const HEAD: usize = 512;

/// A stream of which the start was looked at.
pub(crate) type Looked<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// What the start of a stream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Gzip,
    Zstd,
    /// A tar archive, or the zeros that an empty one is made of.
    Tar,
    Json,
    Other,
}

/// Whether a stream is a text of JSON; what is given back starts where it did.
pub(crate) fn is_json<R: Read>(file: R) -> std::io::Result<(bool, Looked<R>)> {
    let (form, file) = look(file)?;
    Ok((form == Form::Json, file))
}

/// Looks at the start of a stream; what is given back starts there again.
pub(super) fn look<R: Read>(mut file: R) -> std::io::Result<(Form, Looked<R>)> {
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    let form = match head.as_slice() {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Zstd,
        head if head.get(257..262) == Some(b"ustar") => Form::Tar,
        head if head.len() == HEAD && head.iter().all(|byte| *byte == 0) => Form::Tar,
        head if matches!(head.trim_ascii_start(), [b'{' | b'[', ..]) => Form::Json,
        _ => Form::Other,
    };
    Ok((form, BufReader::with_capacity(1 << 16, Cursor::new(head).chain(file))))
}

/// A stream as it is without its compression, and whether it had one.
pub(super) fn unpack<'a>(form: Form, file: impl BufRead + 'a) -> (Box<dyn Read + 'a>, bool) {
    match form {
        Form::Gzip => (Box::new(MultiGzDecoder::new(file)), true),
        Form::Zstd => {
            let frames = Zstd {
                file,
                decoder: FrameDecoder::new(),
                is_inside: false,
            };
            (Box::new(frames), true)
        }
        _ => (Box::new(file), false),
    }
}

/// A stream of zstd frames, one after the other, with the skippable ones that lazily pulled images have (RFC 8878, 3.1).
struct Zstd<R> {
    file: R,
    decoder: FrameDecoder,
    is_inside: bool,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let broken = |_| Error::new(ErrorKind::InvalidData, "no zstd");
        loop {
            if !self.is_inside {
                if self.file.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.next_frame()?;
                continue;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.file, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(broken)?;
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            self.is_inside = false;
        }
    }
}

impl<R: BufRead> Zstd<R> {
    fn next_frame(&mut self) -> std::io::Result<()> {
        match self.decoder.reset(&mut self.file) {
            Ok(()) => {
                self.is_inside = true;
                Ok(())
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = u64::from(length);
                let skipped = std::io::copy(&mut (&mut self.file).take(length), &mut std::io::sink())?;
                if skipped < length {
                    return Err(Error::from(ErrorKind::UnexpectedEof));
                }
                Ok(())
            }
            Err(_) => Err(Error::new(ErrorKind::InvalidData, "no zstd")),
        }
    }
}

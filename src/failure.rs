//! Why something could not be done. Below findings there is this one kind of error: a sentence for people, lower case, without a
//! full stop, that grows on its way up (`the archive 'x.tar' cannot be read: it ends early`).

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    why: String,
    cited: Option<Arc<Cited>>,
}

/// The file that a reason is about, with each place in it: the bytes, what is wrong, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cited {
    /// Relative to the root.
    pub path: String,
    /// All of it.
    pub text: String,
    /// In its order.
    pub places: Vec<(Range<usize>, String, String)>,
}

impl Failure {
    /// For this reason.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            cited: None,
        }
    }

    /// With the places that it is about.
    pub(crate) fn citing(self, cited: Cited) -> Self {
        Self {
            cited: Some(Arc::new(cited)),
            ..self
        }
    }

    /// The places that it is about.
    pub(crate) fn cited(&self) -> Option<&Cited> {
        self.cited.as_deref()
    }

    /// What could not be done, with the reason behind a colon.
    pub(crate) fn of(self, what: impl fmt::Display) -> Self {
        Self {
            why: format!("{what}: {}", self.why),
            ..self
        }
    }
}

/// The operating system's reason, without paths.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(match error.kind() {
            io::ErrorKind::NotFound => "it does not exist".to_owned(),
            io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
            kind => kind.to_string(),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failure {}

//! Why something could not be done. Below findings there is this one kind of error: a sentence for people, lower case, without a
//! full stop, that grows on its way up (`the archive 'x.tar' cannot be read: it ends early`).

use std::fmt;
use std::io;

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// For this reason.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// What could not be done, with the reason behind a colon.
    pub(crate) fn of(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

/// The operating system's reason, without paths.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(match error.kind() {
            io::ErrorKind::NotFound => "it is not there".to_owned(),
            io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
            kind => kind.to_string(),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

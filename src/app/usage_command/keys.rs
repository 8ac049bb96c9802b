//! Ctrl-C while a terminal shows the samples: it ends the sampling, and the summary comes. No handler of signals is needed: the
//! terminal is asked to hand the key over like any other, and to be as it was in the end.

#[cfg(unix)]
mod raw {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
    use std::io::IsTerminal;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// The keys that end it: Ctrl-C and q.
    const END: [u8; 2] = [3, b'q'];

    /// A terminal that hands over its keys, until this is dropped.
    pub(in crate::app::usage_command) struct Keys {
        before: Termios,
        pressed: Arc<AtomicBool>,
    }

    impl Keys {
        /// `None` where standard input is no terminal.
        pub(in crate::app::usage_command) fn take() -> Option<Self> {
            if !std::io::stdin().is_terminal() {
                return None;
            }
            let before = tcgetattr(std::io::stdin()).ok()?;
            let mut now = before.clone();
            now.local_modes
                .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
            // A key comes at once.
            now.special_codes[SpecialCodeIndex::VMIN] = 1;
            now.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(std::io::stdin(), OptionalActions::Now, &now).ok()?;
            let pressed = Arc::new(AtomicBool::new(false));
            let other = Arc::clone(&pressed);
            let read = move || {
                let mut byte = [0];
                while std::io::Read::read(&mut std::io::stdin(), &mut byte).is_ok_and(|count| count > 0) {
                    if END.contains(&byte[0]) {
                        other.store(true, Ordering::SeqCst);
                    }
                }
            };
            std::thread::Builder::new().spawn(read).ok()?;
            Some(Self { before, pressed })
        }

        /// Whether somebody wants it to end.
        pub(in crate::app::usage_command) fn is_over(&self) -> bool {
            self.pressed.load(Ordering::SeqCst)
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
        }
    }
}

#[cfg(not(unix))]
mod raw {
    /// Nothing is handed over here.
    pub(in crate::app::usage_command) struct Keys;

    impl Keys {
        pub(in crate::app::usage_command) fn take() -> Option<Self> {
            None
        }

        pub(in crate::app::usage_command) fn is_over(&self) -> bool {
            false
        }
    }
}

pub(super) use raw::Keys;

use super::*;
use std::os::unix::net::UnixListener;

/// What an engine that gives this answer is understood to say.
fn asked<T>(answer: &'static [u8], ask: impl Fn(&Engine) -> Result<T, Refused>) -> Result<T, Refused> {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // To its end: a connection that is closed with something unread is reset.
        let mut request = BufReader::new(stream.try_clone().unwrap()).lines();
        while request
            .next()
            .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
        {}
        let _ = stream.write_all(answer);
    });
    let said = ask(&Engine::at(&socket));
    server.join().unwrap();
    said
}

fn image(answer: &'static [u8]) -> Result<Image, Refused> {
    asked(answer, |engine| engine.image("shop/api:1"))
}

#[test]
fn an_answer_is_read() {
    let found =
        image(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Id\": \"sha256:1\", \"Size\": 5}").unwrap();
    assert_eq!((found.id.as_str(), found.size), ("sha256:1", 5));
    assert_eq!(image(b"HTTP/1.1 404 Not Found\r\n\r\n{}").unwrap_err(), Refused::Absent);
}

#[test]
fn nonsense_is_no_answer() {
    for answer in [
        &b""[..],
        b"nonsense\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.0 500 Oh\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n\r\n[]",
        b"HTTP/1.0 200 OK\r\nContent-Length: 90\r\n\r\n{\"Id\": \"x\"}",
        b"HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n{\"Id\": \"x\"}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        assert!(
            matches!(image(answer), Err(Refused::Odd(_))),
            "{}",
            String::from_utf8_lossy(answer)
        );
    }
}

#[test]
fn nobody_is_waited_for_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    let mut engine = Engine::at(&socket);
    engine.patience = Duration::from_millis(50);
    let slow = Refused::Odd("the engine does not answer in time".to_owned());
    assert_eq!(engine.image("a").unwrap_err(), slow);
}

#[test]
fn nothing_but_a_name_is_asked_for() {
    let engine = Engine::at(Path::new("/nowhere/engine.sock"));
    for name in ["", "a b", "a\r\nX: y", "a?x=1", "../containers", "a%2f"] {
        assert!(matches!(engine.image(name), Err(Refused::Odd(_))), "{name}");
    }
    assert!(matches!(engine.image("a"), Err(Refused::Silent(_))));
}

#[test]
fn a_pull_ends_well_or_says_why_not() {
    let pull = |answer: &'static [u8]| {
        asked(answer, |engine| {
            engine.pull("localhost:5000/a", "1", Some("linux/arm64"))
        })
    };
    let refused = |reason: &str| Err(Refused::Odd(reason.to_owned()));
    assert_eq!(
        pull(b"HTTP/1.0 200 OK\r\n\r\n{\"status\":\"Pulling\"}\n{\"status\":\"Done\"}\n"),
        Ok(())
    );
    assert_eq!(
        pull(b"HTTP/1.0 200 OK\r\n\r\n{\"status\":\"Pulling\"}\n{\"error\":\"no space\\n left\"}\n"),
        refused("message of the engine: no space left")
    );
    assert_eq!(
        pull(b"HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"pull access denied\"}\n"),
        refused("message of the engine: pull access denied")
    );
    assert_eq!(
        pull(b"HTTP/1.0 500 Oh\r\n\r\n"),
        refused("the engine answers with status 500")
    );
    let engine = Engine::at(Path::new("/nowhere/engine.sock"));
    for (path, tag) in [("a b", "1"), ("a", "1&x=y"), ("", "1"), ("a", "")] {
        assert!(
            matches!(engine.pull(path, tag, None), Err(Refused::Odd(_))),
            "{path} {tag}"
        );
    }
}

use super::*;
use expect_test::expect;
use std::time::{Duration, Instant};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn some() -> ImageFacts {
    ImageFacts {
        digest: Some(DIGEST.to_owned()),
        id: Some(DIGEST.replace('0', "1")),
        size: Some(8_311_042),
        compressed: None,
        layers: Some(1),
        user: Some(String::new()),
        entrypoint: Some(Vec::new()),
        command: Some(strings(&["/bin/sh", "-c", "echo \"a\u{1b}\u{e9}\u{1d11e}\": [x], #"])),
        healthcheck: Some(strings(&["CMD-SHELL", "curl -f http://localhost/ || exit 1"])),
        ports: Some(strings(&["80/tcp", "8080"])),
        volumes: Some(Vec::new()),
        environment: Some(strings(&["NODE_VERSION", "PATH"])),
        versions: Some([("NODE_VERSION".to_owned(), "22.1".to_owned())].into()),
        system: Some("alpine 3.22.1".to_owned()),
        accounts: Some(strings(&["root:0:0", "nobody:65534:65534"])),
        programs: Some(
            [
                ("/bin".to_owned(), strings(&["2to3", "[", "busybox", "no", "null"])),
                ("/usr/local/bin".to_owned(), Vec::new()),
            ]
            .into(),
        ),
        shell: Some("/bin/busybox".to_owned()),
        libc: Some("musl".to_owned()),
        packages: Some("apk".to_owned()),
    }
}

fn one(name: &str, facts: &ImageFacts) -> String {
    text(&[((name.to_owned(), "linux/amd64".to_owned()), facts.body())].into())
}

fn found(lock: &Lock, name: &str) -> Option<usize> {
    lock.find(&ImageRef::parse(name), None).map(|block| block.line)
}

#[test]
fn what_is_written_is_read() {
    let facts = some();
    let written = one("alpine:3.22", &facts);
    expect![[r#"
        # Facts of the images that this repository names, written by `plimsoll lock`. Do not edit.
        version: 1
        alpine:3.22 linux/amd64:
          digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          id: sha256:1123456789abcdef1123456789abcdef1123456789abcdef1123456789abcdef
          size: 8311042
          layers: 1
          user: ""
          entrypoint: []
          command: [/bin/sh, "-c", "echo \"a\x1b\xe9\U0001d11e\": [x], #"]
          healthcheck: [CMD-SHELL, "curl -f http://localhost/ || exit 1"]
          ports: [80/tcp, "8080"]
          volumes: []
          environment: [NODE_VERSION, PATH]
          versions:
            NODE_VERSION: "22.1"
          system: "alpine 3.22.1"
          accounts: [root:0:0, nobody:65534:65534]
          programs:
            /bin: ["2to3", "[", busybox, "no", "null"]
            /usr/local/bin: []
          shell: /bin/busybox
          libc: musl
          packages: apk
    "#]]
    .assert_eq(&written);
    let lock = Lock::scan(written).unwrap();
    let block = lock
        .find(&ImageRef::parse("docker.io/library/alpine:3.22"), None)
        .unwrap();
    assert_eq!((block.line, block.digest.as_deref()), (3, Some(DIGEST)));
    assert_eq!(*lock.facts(block).unwrap(), facts);
    assert_eq!(facts.has_program("2to3"), Some(true));
    assert_eq!(facts.has_account("node"), Some(false));
    let empty = Lock::scan(one("a:1", &ImageFacts::default())).unwrap();
    assert_eq!(*empty.facts(&empty.blocks()[0]).unwrap(), ImageFacts::default());
}

#[test]
fn a_reference_takes_the_block_of_its_digest_or_tag() {
    let other = DIGEST.replace('0', "2");
    let blocks = [
        ("alpine:3.22", "linux/arm64", Some(DIGEST.to_owned())),
        ("alpine:3.22", "linux/amd64", Some(DIGEST.to_owned())),
        ("alpine:latest", "linux/arm64", Some(other.clone())),
        ("localhost:5000/acme/api:1", "linux/amd64", None),
    ];
    let blocks = blocks.map(|(name, platform, digest)| {
        let facts = ImageFacts {
            digest,
            ..ImageFacts::default()
        };
        ((name.to_owned(), platform.to_owned()), facts.body())
    });
    let lock = Lock::scan(text(&BTreeMap::from(blocks))).unwrap();
    assert_eq!(found(&lock, "alpine:3.22"), Some(3));
    assert_eq!(found(&lock, "alpine"), Some(7));
    assert_eq!(found(&lock, &format!("alpine@{other}")), Some(7));
    assert_eq!(found(&lock, &format!("alpine:3.22@{DIGEST}")), Some(3));
    assert_eq!(found(&lock, &format!("alpine:3.22@{}", DIGEST.replace('0', "3"))), None);
    assert_eq!(found(&lock, &format!("acme/alpine@{other}")), None);
    assert_eq!(found(&lock, "localhost:5000/acme/api:1"), Some(9));
    assert_eq!(found(&lock, "acme/api:1"), None);
}

#[test]
fn what_is_no_lock_is_refused_at_its_line() {
    let head = "version: 1\na:1 linux/amd64:\n";
    for (text, why) in [
        (
            "  size: 1\n".to_owned(),
            "plimsoll.lock:1: a fact precedes the first image",
        ),
        (
            "a:1 linux/amd64:\n".to_owned(),
            "plimsoll.lock:1: `version: 1` is missing",
        ),
        (
            "version: 2\n".to_owned(),
            "plimsoll.lock:1: version 2 was written by a later Plimsoll; this one reads version 1",
        ),
        (
            "version: x\u{1b}\n".to_owned(),
            "plimsoll.lock:1: `x\\u{1b}` is not a version; write `version: 1`",
        ),
        (
            "version: 1\nservices:\n".to_owned(),
            "plimsoll.lock:2: not `IMAGE PLATFORM:`, like `alpine:3.22 linux/amd64:`",
        ),
        (
            "version: 1\n\nA:1 linux/amd64:\n".to_owned(),
            "plimsoll.lock:3: not `IMAGE PLATFORM:`, like `alpine:3.22 linux/amd64:`",
        ),
        (
            "version: 1\na linux/amd64:\n".to_owned(),
            "plimsoll.lock:2: not `IMAGE PLATFORM:`, like `alpine:3.22 linux/amd64:`",
        ),
        (
            format!("{head}a:1 linux/amd64:\n"),
            "plimsoll.lock:3: `a:1 linux/amd64` is already in line 2",
        ),
        (
            format!("{head}<<<<<<< HEAD\n"),
            "plimsoll.lock:3: a merge stopped here: keep one of the two sides, then run `plimsoll lock`",
        ),
        (
            format!("{head}  size: x\n"),
            "plimsoll.lock:3: `size` must be a whole number",
        ),
        (
            format!("{head}  user: a\n  size: -1\n"),
            "plimsoll.lock:4: `size` must be 0 or more",
        ),
        (
            format!("{head}  digest: sha256:0\n"),
            "plimsoll.lock:3: `digest` must be a digest, `sha256:` and 64 hex digits",
        ),
        (
            format!("{head}  command: [1]\n"),
            "plimsoll.lock:3: `command` must be a list of strings",
        ),
        (
            format!("{head}  programs: []\n"),
            "plimsoll.lock:3: `programs` must be a mapping",
        ),
        (format!("{head}  - x\n"), "plimsoll.lock:3: not `FACT: VALUE`"),
    ] {
        let all = |text: String| {
            let lock = Lock::scan(text)?;
            lock.blocks().iter().try_for_each(|block| lock.facts(block).map(drop))
        };
        assert_eq!(all(text).map_err(|failure| failure.to_string()), Err(why.to_owned()));
    }
    for text in ["", "# nothing\n", "version: 1\n"] {
        assert!(Lock::scan(text.to_owned()).unwrap().blocks().is_empty());
    }
    let long = format!("{head}{}", format!("  # {}\n", "x".repeat(60_000)).repeat(20));
    assert!(Lock::scan(long).unwrap_err().to_string().contains("are larger than"));
    let bomb = format!(
        "{head}  a: &a [x, x, x]\n  b: &b [*a, *a, *a]\n{}",
        "  c: [*b, *b, *b]\n".repeat(30_000)
    );
    let lock = Lock::scan(bomb).unwrap();
    assert!(lock.facts(&lock.blocks()[0]).is_err());
}

#[test]
fn of_many_images_only_those_that_are_asked_for_are_read() {
    let body = some().body();
    let blocks = (0..10_000).map(|number| ((format!("acme/app{number}:1"), "linux/amd64".to_owned()), body.clone()));
    let written = text(&blocks.collect());
    let start = Instant::now();
    let lock = Lock::scan(written).unwrap();
    for number in 0..10 {
        let block = lock
            .find(&ImageRef::parse(&format!("acme/app{}:1", number * 997)), None)
            .unwrap();
        lock.facts(block).unwrap();
    }
    // Ten times as much as an optimised build may take, which is no figure of this one.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(lock.read_so_far(), 10);
}

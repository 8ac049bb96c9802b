use super::*;

/// What is known where the lock says this of `postgres:17`.
fn image(facts: &str) -> Image {
    let lock = Lock::scan(format!("version: 1\npostgres:17 linux/amd64:\n{facts}")).unwrap();
    Images::new(Own::default(), lock, None).get("docker.io/library/postgres:17")
}

#[test]
fn programs_are_those_of_the_path() {
    let image = image("  programs:\n    /opt/bin: [psql]\n    /usr/bin: [cat, psql]\n  shell: /bin/bash\n");
    for (name, has) in [
        ("psql", Has::Yes),
        ("curl", Has::No),
        // No folder of the PATH has it, and it is there.
        ("sh", Has::Yes),
        // Some shell has it built in.
        ("source", Has::Unknown),
        ("shopt", Has::Unknown),
        // What entrypoints hand on.
        ("--save", Has::Unknown),
        ("postgresql.conf", Has::Unknown),
    ] {
        assert_eq!(image.program(name), has, "{name}");
    }
    assert!(image.holds("/opt/bin", "psql") && !image.holds("/opt/bin", "cat") && !image.holds("/bin", "cat"));
    assert!(image.looks_in("/usr/bin") && !image.looks_in("/bin"));
    assert_eq!(image.path().collect::<Vec<_>>(), ["/opt/bin", "/usr/bin"]);
    assert_eq!((image.shell(), image.posix_shell()), (Has::Yes, None));
}

#[test]
fn what_the_lock_does_not_say_the_tables_do() {
    let bare = image("  size: 5\n");
    let known = Images::default().get("postgres:17");
    assert_eq!(bare.user(), known.user());
    assert_eq!(bare.started(), known.started());
    assert_eq!(bare.exposed(), known.exposed());
    assert_eq!(bare.volumes(), known.volumes());
    assert_eq!(bare.account("postgres"), known.account("postgres"));
    assert_eq!(bare.program("psql"), known.program("psql"));
    assert_eq!(bare.shell(), known.shell());
    assert_eq!(bare.healthcheck(), known.healthcheck());
    assert_eq!(bare.environment(), known.environment());
    assert!(bare.looks_in("/bin"));
}

#[test]
fn what_the_lock_says_goes_first() {
    let said = image(
        "  user: \"0\"\n  entrypoint: []\n  command: [x]\n  healthcheck: [CMD, y]\n  ports: [1/tcp]\n  volumes: []\n  \
         environment: [A, PATH]\n  accounts: [root:0:0]\n  shell: none\n  libc: musl\n",
    );
    let user = said.user().unwrap();
    assert_eq!((user.user.as_str(), user.steps_down.is_empty()), ("", false));
    assert_eq!(said.started(), Some((Vec::new(), vec!["x".to_owned()])));
    assert_eq!(said.has_entrypoint(), Has::No);
    assert_eq!(said.healthcheck(), Some(vec!["CMD".to_owned(), "y".to_owned()]));
    assert_eq!(said.exposed(), Some(vec!["1/tcp"]));
    assert!(said.volumes().is_empty());
    assert_eq!(said.environment(), Some(HashSet::from(["A"])));
    assert_eq!((said.account("root"), said.account("postgres")), (Has::Yes, Has::No));
    assert_eq!(
        (said.shell(), said.loader(), said.libc()),
        (Has::No, Has::Yes, Some(Libc::Musl))
    );
    let other = image("  user: app\n  libc: none\n").user().unwrap();
    assert_eq!((other.user.as_str(), other.steps_down), ("app", ""));
    assert_eq!(image("  libc: none\n").loader(), Has::No);
}

#[test]
fn a_shell_and_a_c_library_have_their_release() {
    let shell = |path: &str| image(&format!("  shell: {path}\n")).posix_shell();
    assert_eq!(shell("/bin/busybox"), Some(Sh::Busybox));
    assert!(matches!(shell("/usr/bin/dash"), Some(Sh::Dash { .. })));
    assert_eq!(shell("/usr/bin/bash"), None);
    let libc = |facts: &str| image(facts).libc();
    assert_eq!(libc("  libc: glibc\n  system: \"debian 12\"\n"), Some(Libc::Glibc(36)));
    assert_eq!(libc("  libc: none\n"), None);
}

#[test]
fn sizes_are_exact_and_say_where_from() {
    let lock = Lock::scan("version: 1\nacme/a:1 linux/amd64:\n  size: 12345\n".to_owned()).unwrap();
    let own = Own::parse("image\ttag\tsize_mb\nacme/a\t1\t9\nacme/b\t1\t9\n").unwrap();
    let images = Images::new(own, lock, None);
    let size = images.size("acme/a:1", None).unwrap();
    assert_eq!(
        (size.at_least, size.estimate, size.why.as_str()),
        (12_345, Some(12_345), "plimsoll.lock:2")
    );
    assert_eq!(
        images.size("acme/b:1", None).and_then(|size| size.estimate),
        Some(9_000_000)
    );
    assert_eq!(images.size("acme/c:1", None), None);
}

#[test]
fn a_platform_that_is_asked_for_has_a_size_of_its_own() {
    let lock = "version: 1\nacme/a:1 linux/amd64:\n  size: 1000\nacme/a:1 linux/arm64:\n  size: 900\nacme/b:1 linux/arm64:\n  size: 7\n";
    let images = Images::new(Own::default(), Lock::scan(lock.to_owned()).unwrap(), None);
    let bounds = |name: &str, platform: Option<&str>| {
        let size = images.size(name, platform)?;
        Some((size.at_least, size.estimate, size.at_most))
    };
    for (platform, size) in [
        (None, 1000),
        (Some("linux/amd64"), 1000),
        (Some("amd64"), 1000),
        (Some("linux/arm64/v8"), 900),
        (Some("arm64"), 900),
    ] {
        assert_eq!(
            bounds("acme/a:1", platform),
            Some((size, Some(size), Some(size))),
            "{platform:?}"
        );
    }
    // What the lock knows is of another platform: a figure, and no bound.
    assert_eq!(bounds("acme/a:1", Some("linux/arm/v7")), Some((0, Some(1000), None)));
    assert_eq!(bounds("acme/b:1", None), Some((7, Some(7), Some(7))));
    assert!(bounds("alpine:3.22", Some("linux/amd64")).is_some_and(|(least, ..)| least > 0));
    // What the catalogue names is made from the same sources for all platforms.
    let usual = bounds("alpine:3.22", None).unwrap();
    for other in ["linux/arm64", "unknown"] {
        assert_eq!(
            bounds("alpine:3.22", Some(other)),
            Some((usual.0 / 2, usual.1, None)),
            "{other}"
        );
    }
}

#[test]
fn a_platform_that_is_asked_for_has_facts_of_its_own() {
    let lock = "version: 1\nacme/a:1 linux/amd64:\n  user: one\n  accounts: [one:1:1]\nacme/a:1 linux/arm64:\n  user: two\n  accounts: [two:1:1]\n";
    let images = Images::new(Own::default(), Lock::scan(lock.to_owned()).unwrap(), None);
    for (platform, user) in [
        (None, "one"),
        (Some("linux/amd64"), "one"),
        (Some("linux/arm64/v8"), "two"),
        (Some("aarch64"), "two"),
        // Nothing is locked for it: what it usually is.
        (Some("linux/s390x"), "one"),
    ] {
        let image = images.get_for("acme/a:1", platform);
        assert_eq!(
            image.user().map(|known| known.user).as_deref(),
            Some(user),
            "{platform:?}"
        );
        assert_eq!(image.account(user), Has::Yes, "{platform:?}");
    }
}

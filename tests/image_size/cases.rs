//! Dockerfiles of varied shape. `DEBIAN` and `BUSYBOX` stand for the bases.

/// A Dockerfile with its context.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Paths with the number of their bytes.
    pub(crate) files: &'static [(&'static str, usize)],
    /// Links with their targets.
    pub(crate) links: &'static [(&'static str, &'static str)],
    pub(crate) ignore: &'static str,
    /// There is a `pack.tar` with `a.bin` in it.
    pub(crate) archive: bool,
    /// The facts of the bases are in a lock that `plimsoll lock` writes, not in a table.
    pub(crate) lock: bool,
    pub(crate) dockerfile: &'static str,
}

/// Bytes that no builder can make smaller, the same ones each time.
pub(crate) fn content(path: &str, bytes: usize) -> Vec<u8> {
    let mut state = path.bytes().fold(88_172_645_463_325_252_u64, |state, byte| {
        state.wrapping_mul(31).wrapping_add(u64::from(byte)) | 1
    });
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect()
}

const fn case(name: &'static str, files: &'static [(&'static str, usize)], dockerfile: &'static str) -> Case {
    Case {
        name,
        files,
        links: &[],
        ignore: "",
        archive: false,
        lock: false,
        dockerfile,
    }
}

const APP: &[(&str, usize)] = &[
    ("a.bin", 3_000_001),
    ("src/main.py", 12_345),
    ("src/lib/one.py", 777),
    ("src/lib/two.bin", 2_000_003),
    ("data/big.bin", 9_000_007),
    ("data/empty", 0),
];

pub(crate) const CASES: &[Case] = &[
    case("scratch-file", APP, "FROM scratch\nCOPY a.bin /a.bin\n"),
    case("scratch-folder", APP, "FROM scratch\nCOPY . /app/\n"),
    case(
        "scratch-two-copies",
        APP,
        "FROM scratch\nCOPY a.bin /x/\nCOPY a.bin src /x/\n",
    ),
    case("busybox-base", APP, "FROM BUSYBOX\nENV A=1\nCMD [\"/bin/sh\"]\n"),
    case(
        "busybox-workdir",
        APP,
        "FROM BUSYBOX\nWORKDIR /srv/app\nCOPY src .\nCOPY data/big.bin data/\n",
    ),
    Case {
        ignore: "data\n**/*.py\n!src/main.py\nDockerfile\n.dockerignore\n",
        ..case("busybox-ignore-file", APP, "FROM BUSYBOX\nCOPY . /app\n")
    },
    Case {
        links: &[("src/link", "lib/two.bin"), ("src/gone", "/no/such/target")],
        ..case(
            "busybox-links",
            APP,
            "FROM BUSYBOX\nCOPY src /app\nRUN ln -s /app/main.py /main\n",
        )
    },
    case(
        "busybox-chown",
        APP,
        "FROM BUSYBOX\nCOPY . /app\nRUN chown -R nobody /app\n",
    ),
    case("busybox-copy-chown", APP, "FROM BUSYBOX\nCOPY --chown=65534 . /app\n"),
    case(
        "busybox-chmod",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN chmod -R 755 /app\nRUN chmod -R a-w /app\n",
    ),
    case(
        "busybox-chmod-same",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN chmod -R 644 /app/main.py\n",
    ),
    case(
        "busybox-rm",
        APP,
        "FROM BUSYBOX\nCOPY . /app\nRUN rm -rf /app/data\nRUN chown -R nobody /app\n",
    ),
    case(
        "busybox-mv",
        APP,
        "FROM BUSYBOX\nCOPY data /tmp/data\nRUN mkdir -p /opt && mv /tmp/data /opt/data\n",
    ),
    case(
        "busybox-mv-glob",
        APP,
        "FROM BUSYBOX\nCOPY src /in/\nRUN mkdir /out && mv /in/* /out/ && chown -R nobody /out\n",
    ),
    case(
        "busybox-cp",
        APP,
        "FROM BUSYBOX\nCOPY src /app/src\nRUN cp -r /app/src /app/again && cp /app/src/main.py /app/copy.py\n",
    ),
    case(
        "busybox-cp-and-rm",
        APP,
        "FROM BUSYBOX\nCOPY a.bin /a\nRUN cp /a /b && rm /b && cp /a /c && rm -f /a\n",
    ),
    case(
        "busybox-repeated",
        APP,
        "FROM BUSYBOX\nCOPY a.bin /app/\nCOPY . /app/\nCOPY . /app/\n",
    ),
    case("busybox-touch", APP, "FROM BUSYBOX\nCOPY a.bin /a\nRUN touch /a /new\n"),
    case(
        "busybox-volume",
        APP,
        "FROM BUSYBOX\nCOPY src /data/src\nVOLUME /data\nRUN chown -R nobody /data\nRUN cp /data/src/main.py /main.py\n",
    ),
    case("busybox-glob", APP, "FROM BUSYBOX\nCOPY src/*.py src/lib/*.py /app/\n"),
    case(
        "busybox-stages",
        APP,
        "FROM BUSYBOX AS build\nWORKDIR /build\nCOPY . .\nRUN cp -r src out && rm -rf data\nFROM BUSYBOX\nCOPY --from=build /build/out /app\nCOPY --from=build /build/a.bin /usr/\nCOPY --from=0 /build/src/main.py /main.py\n",
    ),
    case(
        "busybox-chain",
        APP,
        "FROM BUSYBOX AS one\nCOPY a.bin /app/a\nFROM one AS two\nRUN chown -R 1000:1000 /app\nFROM two\nCOPY src /app/src\nRUN chown -R 1001 /app\n",
    ),
    case("busybox-add", APP, "FROM BUSYBOX\nADD src/main.py data/big.bin /app/\n"),
    Case {
        archive: true,
        ..case(
            "busybox-add-archive",
            APP,
            "FROM BUSYBOX\nADD pack.tar /app/\nCOPY src /src\n",
        )
    },
    case(
        "busybox-failing",
        APP,
        "FROM BUSYBOX\nCOPY a.bin /a\nRUN cp /nothing /b || true; chown nobody /a\nRUN if false; then cp /a /c; fi\n",
    ),
    case(
        "busybox-text",
        APP,
        "FROM BUSYBOX\nRUN echo hello > /motd && mkdir -p /x/y\nCOPY a.bin /a\n",
    ),
    case(
        "busybox-edit",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN sed -i s/a/b/ /app/main.py\n",
    ),
    case(
        "debian-files",
        APP,
        "FROM DEBIAN\nCOPY . /opt/app\nRUN useradd --no-create-home app && chown -R app:app /opt/app\nUSER app\n",
    ),
    case(
        "debian-curl",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*\nCOPY src /app\n",
    ),
    case(
        "debian-lists-kept",
        APP,
        "FROM DEBIAN\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends procps\n",
    ),
    case(
        "debian-recommends",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y wget && rm -rf /var/lib/apt/lists/*\n",
    ),
    case(
        "debian-two-installs",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*\nRUN apt-get update && apt-get install -y --no-install-recommends curl git jq && rm -rf /var/lib/apt/lists/*\n",
    ),
    case(
        "debian-python",
        APP,
        "FROM DEBIAN\nENV DEBIAN_FRONTEND=noninteractive\nRUN apt-get update && apt-get install -y --no-install-recommends python3 unzip && apt-get clean && rm -rf /var/lib/apt/lists/*\nWORKDIR /app\nCOPY . .\nRUN chown -R www-data /app\n",
    ),
    case(
        "debian-compiler-stage",
        APP,
        "FROM DEBIAN AS build\nRUN apt-get update && apt-get install -y --no-install-recommends make\nCOPY src /src\nRUN cp -r /src /out\nFROM DEBIAN\nCOPY --from=build /out /app\n",
    ),
    case(
        "debian-purge",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends make zip && apt-get purge -y make && apt-get autoremove -y && rm -rf /var/lib/apt/lists/*\n",
    ),
    case(
        "debian-docs-removed",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends rsync xz-utils && rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale\n",
    ),
    Case {
        lock: true,
        ..case(
            "locked-files",
            APP,
            "FROM BUSYBOX\nWORKDIR /app\nCOPY --chown=65534 src .\nUSER nobody\nCMD [\"/bin/sh\"]\n",
        )
    },
    Case {
        lock: true,
        ..case(
            "locked-account",
            APP,
            "FROM DEBIAN\nRUN useradd --system app && mkdir -p /srv/app && chown app /srv/app\nCOPY --chown=app . /srv/app/\nUSER app\n",
        )
    },
    Case {
        lock: true,
        ..case(
            "locked-stages",
            APP,
            "FROM DEBIAN AS build\nCOPY . /b\nRUN mkdir /out && mv /b/src /out/src && rm -rf /b/data\nFROM BUSYBOX\nCOPY --from=build /out/src /app\nCOPY --from=build /b/a.bin /app/\n",
        )
    },
    case(
        "busybox-onbuild",
        APP,
        "FROM BUSYBOX AS base\nONBUILD COPY src /on\nFROM base\nRUN cp -r /on /two\n",
    ),
    case(
        "busybox-again-after-rm",
        APP,
        "FROM BUSYBOX\nCOPY data /d\nRUN rm -rf /d\nCOPY data /d\nRUN rm -r /d/big.bin && mkdir /d/new\n",
    ),
    case(
        "busybox-user-workdir",
        APP,
        "FROM BUSYBOX\nUSER 1000\nWORKDIR /home/app/in\nCOPY --chown=1000 src .\nWORKDIR ../out\nCOPY a.bin ./\n",
    ),
    case(
        "busybox-copy-into-volume",
        APP,
        "FROM BUSYBOX\nVOLUME [\"/data\"]\nCOPY src /data/\nRUN cp /data/main.py /data/second.py\n",
    ),
    Case {
        archive: true,
        ..case(
            "busybox-archive-not-unpacked",
            APP,
            "FROM BUSYBOX\nCOPY pack.tar /in/\nADD src/main.py /in/\nRUN rm /in/pack.tar\n",
        )
    },
    case(
        "busybox-hard-link",
        APP,
        "FROM BUSYBOX\nCOPY a.bin /a\nRUN ln /a /b\nRUN cp /a /c && ln /c /d\n",
    ),
    case(
        "busybox-through-a-link",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN ln -s /app /link\nCOPY a.bin /link/\nRUN cp /link/a.bin /out.bin\n",
    ),
    case(
        "busybox-folder-content",
        APP,
        "FROM BUSYBOX\nCOPY data/. /x/\nCOPY src/ /x/\nRUN cp -r /x/. /y\n",
    ),
    case(
        "busybox-move-over",
        APP,
        "FROM BUSYBOX\nCOPY a.bin data/big.bin /in/\nRUN mv /in/a.bin /in/big.bin\n",
    ),
    case(
        "busybox-append",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN echo '# end' >> /app/main.py && echo new > /app/new.py\n",
    ),
    case(
        "busybox-concatenate",
        APP,
        "FROM BUSYBOX\nCOPY a.bin /a\nRUN cat /a /a > /b\n",
    ),
    case(
        "busybox-executable",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN chmod +x /app/main.py && chmod u+w /app/lib/two.bin\nRUN chmod 0755 /app /app/lib\n",
    ),
    Case {
        links: &[("src/link", "lib/two.bin"), ("data/up", "../a.bin")],
        ..case(
            "busybox-chown-links",
            APP,
            "FROM BUSYBOX\nCOPY . /app\nRUN chown -R 1000 /app/src /app/data\n",
        )
    },
    case(
        "busybox-nothing-written",
        APP,
        "FROM BUSYBOX\nRUN mkdir -p /a/b/c /d && touch /a/x && true\nRUN ls / > /dev/null; cd /a && rm -rf b\nCOPY src/lib/one.py /a/\n",
    ),
    case(
        "busybox-subshell",
        APP,
        "FROM BUSYBOX\nCOPY src /app\nRUN (cd /app && cp main.py ../copy.py) && cd /app/lib && cp one.py two.py\n",
    ),
    Case {
        links: &[("src/link", "lib/two.bin")],
        ..case(
            "busybox-three-stages",
            APP,
            "FROM BUSYBOX AS one\nCOPY . /w\nFROM BUSYBOX AS two\nCOPY --from=one /w/src /s\nRUN mv /s/lib /lib2 && cp -r /lib2 /s/again\nFROM scratch\nCOPY --from=two /s /app\nCOPY --from=two /lib2/two.bin /two\nCOPY --from=one /w/data/big.bin /\n",
        )
    },
    case(
        "busybox-arguments",
        APP,
        "ARG BASE=BUSYBOX\nFROM $BASE\nARG SRC=src\nENV DEST=/opt/app\nCOPY ${SRC} $DEST/\nRUN cp -r $DEST /two\nRUN rm -rf ${DEST:?}/lib && echo \"$SRC\" > /opt/name\n",
    ),
    Case {
        ignore: "*\n!src\nsrc/lib/*\n!src/lib/one.py\n",
        ..case(
            "busybox-ignore-all-but",
            APP,
            "FROM BUSYBOX\nCOPY . /app/\nADD src /more\n",
        )
    },
    case(
        "busybox-shell",
        APP,
        "FROM BUSYBOX\nSHELL [\"/bin/sh\", \"-ec\"]\nCOPY a.bin /a\nRUN cp /a /b; cp /a /c\nRUN [\"/bin/cp\", \"/a\", \"/d\"]\n",
    ),
    case(
        "debian-home",
        APP,
        "FROM DEBIAN\nRUN groupadd -r app && useradd -m -g app app\nCOPY --chown=app:app src /home/app/src\nRUN install -d -o app /var/lib/app && ln -s /home/app/src /srv/src\n",
    ),
    case(
        "debian-twice",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*\nRUN apt-get update && apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*\nRUN rm -f /usr/bin/jq\n",
    ),
    case(
        "debian-compiler",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*\nRUN echo 'int main(){return 0;}' > /m.c && gcc -o /m /m.c\n",
    ),
    case(
        "debian-removed-in-the-same-step",
        APP,
        "FROM DEBIAN\nRUN apt-get update && apt-get install -y --no-install-recommends nano tree && rm -f /usr/bin/tree /bin/nano && rm -rf /usr/share/nano /var/lib/apt/lists/*\n",
    ),
];

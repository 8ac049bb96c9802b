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
];

//! What a stage is known to hold, by what the rules about it say: a Dockerfile (and Compose file), and the one rule that finds
//! something in it, or none.
use crate::support::Workspace;
use std::collections::BTreeSet;

const RULES: [&str; 14] = [
    "build-tools-in-image",
    "command-missing",
    "healthcheck-never-healthy",
    "heap-above-memory-limit",
    "invalid-subnet",
    "loader-missing",
    "overlapping-subnets",
    "port-mismatch",
    "read-only-secret-conflict",
    "shell-missing",
    "unknown-driver-option",
    "unknown-user",
    "unpublishable-port",
    "unsafe-sysctl",
];

/// Which of the rules find something.
fn hits(files: &[(&str, &str)]) -> String {
    let report = Workspace::new(files).json(&[]);
    let rules: BTreeSet<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .filter(|rule| RULES.contains(rule))
        .collect();
    rules.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn dockerfiles_are_judged_by_what_their_stages_hold() {
    let mut wrong = Vec::new();
    for (text, expected) in DOCKERFILES {
        let found = hits(&[("Dockerfile", text)]);
        if found != expected {
            wrong.push(format!("expected '{expected}', found '{found}':\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn services_are_judged_by_what_their_images_hold() {
    let mut wrong = Vec::new();
    for (compose, dockerfile, expected) in SERVICES {
        let mut files = vec![("compose.yaml", compose)];
        if !dockerfile.is_empty() {
            files.push(("Dockerfile", dockerfile));
        }
        let found = hits(&files);
        if found != expected {
            wrong.push(format!(
                "expected '{expected}', found '{found}':\n{compose}{dockerfile}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rustfmt::skip]
const DOCKERFILES: [(&str, &str); 75] = [
    ("FROM scratch\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM scratch\nCOPY --from=build /rootfs /\nCMD [\"/bin/x\"]\n", ""),
    ("FROM scratch\nADD alpine-minirootfs.tar.gz /\nRUN apk add curl\nCMD [\"/bin/sh\"]\n", ""),
    ("FROM scratch\nCOPY bin/server /server\nENTRYPOINT [\"/server\"]\n", ""),
    ("FROM scratch\nWORKDIR /app\nCOPY server .\nENTRYPOINT [\"./server\"]\n", ""),
    ("FROM scratch\nCOPY --from=busybox:musl /bin/busybox /bin/sh\nRUN echo hi\nCMD echo\n", ""),
    ("FROM gcr.io/distroless/static-debian12\nCOPY app /app\nUSER nonroot\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM alpine:3.22\nCOPY entrypoint.sh /usr/local/bin/\nENTRYPOINT [\"entrypoint.sh\"]\n", ""),
    ("FROM alpine:3.22\nCOPY --chmod=755 scripts/ /usr/local/bin/\nCMD [\"bash\"]\n", ""),
    ("FROM python:3.12-slim\nRUN pip install gunicorn\nCMD [\"gunicorn\",\"a:b\"]\n", ""),
    ("FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y python3\nCMD [\"python3\",\"x\"]\n", ""),
    ("FROM debian:bookworm-slim\nCMD [\"python3\",\"x\"]\n", "command-missing"),
    ("FROM alpine:3.22\nCMD [\"bash\"]\n", "command-missing"),
    ("FROM alpine:3.22\nRUN apk add --no-cache bash\nCMD [\"bash\"]\n", ""),
    ("FROM alpine:3.22\nRUN ln -s /usr/bin/foo /usr/bin/curl\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM alpine:3.22\nRUN wget -qO- http://x | tar xz -C /usr\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM alpine:3.22\nRUN addgroup -S app && adduser -S app -G app\nUSER app\nCMD [\"sh\"]\n", ""),
    ("FROM alpine:3.22\nUSER nobody\nCMD [\"sh\"]\n", ""),
    ("FROM alpine:3.22\nUSER app\nCMD [\"sh\"]\n", "unknown-user"),
    ("FROM alpine:3.22\nARG user=app\nRUN adduser -D $user\nUSER $user\nCMD [\"sh\"]\n", ""),
    ("FROM alpine:3.22\nRUN echo \"app:x:1000:1000::/:/bin/sh\" >> /etc/passwd\nUSER app\nCMD [\"sh\"]\n", ""),
    ("FROM alpine:3.22 AS a\nRUN adduser -D app\nFROM a AS b\nUSER app\nCMD [\"sh\"]\n", ""),
    ("FROM golang:1.25-alpine AS build\nRUN adduser -D app\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /etc/passwd /etc/passwd\nCOPY --from=build /app /app\nUSER app\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM golang:1.25-alpine AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /etc/passwd /etc/passwd\nCOPY --from=build /app /app\nUSER app\nENTRYPOINT [\"/app\"]\n", "unknown-user"),
    ("FROM scratch\nCOPY <<EOF /etc/passwd\napp:x:1:1::/:/x\nEOF\nCOPY app /app\nUSER app\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM scratch\nCOPY passwd /etc/passwd\nCOPY app /app\nUSER app\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM scratch\nCOPY etc/ /etc/\nCOPY app /app\nUSER app\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM scratch\nCOPY app /app\nHEALTHCHECK CMD [\"/app\",\"h\"]\nENTRYPOINT [\"/app\"]\n", ""),
    ("FROM scratch\nCOPY --link app/ /app/\nCMD [\"/app/bin/x\"]\n", ""),
    ("FROM scratch\nCOPY hello /\nCMD [\"/hello\"]\n", ""),
    ("FROM scratch\nCOPY hello /\nCMD [\"hello\"]\n", "command-missing"),
    ("FROM alpine:3.23\nENTRYPOINT [\"tini\",\"--\",\"sh\"]\n", "command-missing"),
    ("FROM alpine:3.23\nCOPY docker-entrypoint.sh /\nENTRYPOINT [\"/docker-entrypoint.sh\"]\n", ""),
    ("FROM ubuntu:24.04\nCOPY --from=node:22 /usr/local/bin/node /usr/local/bin/\nCMD [\"node\",\"x\"]\n", ""),
    ("FROM debian:12-slim\nCOPY --from=node:22-slim /usr/local /usr/local\nCMD [\"node\",\"x\"]\n", ""),
    ("FROM debian:12-slim\nRUN --mount=type=bind,from=node:22,target=/n cp /n/usr/local/bin/node /usr/bin/node\nCMD [\"node\",\"x\"]\n", ""),
    ("FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", ""),
    ("FROM busybox\nCMD [\"httpd\",\"-f\"]\n", ""),
    ("FROM python:3.12-slim\nENV PATH=\"/opt/venv/bin:$PATH\"\nCOPY --from=b /opt/venv /opt/venv\nCMD [\"curl\"]\n", ""),
    ("FROM python:3.12-slim\nHEALTHCHECK CMD python -c \"import x\" || exit 1\nCMD [\"python\"]\n", ""),
    ("FROM python:3.12-slim\nHEALTHCHECK CMD wget --spider http://x || exit 1\nCMD [\"python\"]\n", "command-missing"),
    ("FROM alpine:3.22\nCOPY <<EOF /run.sh\n#!/bin/bash\necho\nEOF\nRUN chmod +x /run.sh\nENTRYPOINT [\"/run.sh\"]\n", "command-missing"),
    ("FROM alpine:3.22\nCOPY <<EOF /run.sh\n#!/usr/bin/env bash\necho\nEOF\nENTRYPOINT [\"/run.sh\"]\n", ""),
    ("FROM scratch\nCOPY --from=python:3.12-slim /usr/local/ /usr/local/\nCMD [\"python\"]\n", ""),
    ("FROM node:22 AS b\nFROM scratch\nCOPY --from=b /usr/local/bin/node /node\nCOPY x.js /x.js\nENTRYPOINT [\"/node\",\"/x.js\"]\n", "loader-missing"),
    ("FROM node:22 AS b\nFROM gcr.io/distroless/cc-debian12\nCOPY --from=b /usr/local/bin/node /node\nENTRYPOINT [\"/node\",\"/x.js\"]\n", ""),
    ("FROM alpine:3.22\nCOPY --chown=app . /app\nRUN adduser -D app\nUSER app\n", "unknown-user"),
    ("FROM python:3.12-slim\nRUN useradd -m app\nCOPY --chown=app:app . .\nUSER app\nCMD [\"python\"]\n", ""),
    ("FROM node:22-slim\nCOPY --chown=node:node . .\nUSER node\nCMD [\"node\",\"x\"]\n", ""),
    ("FROM postgres:16-alpine\nUSER postgres\nHEALTHCHECK CMD curl x\n", "command-missing"),
    ("FROM nginx:1.27-alpine\nUSER nginx\nHEALTHCHECK CMD curl -f x || exit 1\n", ""),
    ("FROM nginx:1.27-alpine-slim\nHEALTHCHECK CMD curl -f x || exit 1\n", "command-missing"),
    ("FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends $PKGS\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y nginx\nUSER www-data\nCMD [\"nginx\"]\n", ""),
    ("FROM debian:bookworm-slim\nRUN set -eux; groupadd -r app --gid=999; useradd -r -g app --uid=999 --home-dir=/app app\nUSER app\nCMD [\"sh\"]\n", ""),
    ("FROM scratch\nCOPY --from=alpine /bin/sh /bin/sh\nCMD [\"/bin/sh\"]\n", "loader-missing"),
    ("FROM scratch AS a\nCOPY x /x\nFROM a\nCMD x\n", "shell-missing"),
    ("FROM scratch\nCOPY bin /usr/bin\nCMD foo\n", "shell-missing"),
    ("FROM scratch\nCOPY app.tar /\nCMD [\"/app.tar\"]\n", ""),
    ("FROM alpine:3.22\nRUN [\"/bin/sh\",\"-c\",\"apk add curl\"]\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM alpine:3.22\nENTRYPOINT [\"sh\",\"-c\",\"exec bash -l\"]\n", "command-missing"),
    ("FROM debian:12\nENTRYPOINT exec java -jar x.jar\n", "command-missing"),
    ("FROM eclipse-temurin:21-jre\nENTRYPOINT exec java -jar x.jar\n", ""),
    ("FROM alpine\nRUN apk --no-cache add curl\nHEALTHCHECK CMD curl x\nUSER 1000\n", ""),
    ("FROM alpine:3.22\nRUN <<EOF\napk add curl\nEOF\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM alpine:3.22\nRUN if [ -n \"$X\" ]; then apk add curl; fi\nHEALTHCHECK CMD curl x\n", ""),
    ("FROM scratch\nCOPY . /app\nWORKDIR /app\nENTRYPOINT [\"/app/entrypoint.sh\"]\n", "shell-missing"),
    ("FROM alpine:3.22\nUSER ${UID:-1000}\nCMD [\"sh\"]\n", ""),
    ("FROM alpine:3.22\nENV HOME=/h\nWORKDIR $HOME\nCOPY srv .\nCMD [\"/h/srv\"]\n", ""),
    ("FROM scratch\nENV A=/x\nWORKDIR $A\nCOPY srv .\nCMD [\"/x/srv\"]\n", ""),
    ("FROM scratch\nCOPY --parents a/b /\nCMD [\"/a/b\"]\n", ""),
    ("FROM scratch\nADD https://x/y/tool /tool\nENTRYPOINT [\"/tool\"]\n", ""),
    ("FROM scratch\nADD https://x/y/tool /\nENTRYPOINT [\"/tool\"]\n", ""),
    ("FROM scratch\nCOPY [\"server\", \"/server\"]\nENTRYPOINT [\"/server\"]\n", ""),
    ("FROM --platform=$BUILDPLATFORM scratch\nCOPY server /server\nENTRYPOINT [\"/server\"]\n", ""),
];

#[rustfmt::skip]
const SERVICES: [(&str, &str, &str); 44] = [
    ("services:\n  a:\n    image: alpine:3.22\n    command: sh -c \"curl x\"\n", "", "command-missing"),
    ("services:\n  a:\n    image: alpine:3.22\n    command: sh -c \"curl x\"\n    volumes: [\"./bin:/usr/local/bin\"]\n", "", ""),
    ("services:\n  a:\n    image: nats:2.10\n    healthcheck: {test: [\"CMD\",\"wget\",\"x\"]}\n", "", "command-missing"),
    ("services:\n  a:\n    image: redis:7-alpine\n    healthcheck: {test: [\"CMD\",\"redis-cli\",\"ping\"]}\n", "", ""),
    ("services:\n  a:\n    image: postgres:16-alpine\n    healthcheck: {test: [\"CMD-SHELL\",\"pg_isready -U x\"]}\n", "", ""),
    ("services:\n  a:\n    image: nginx:alpine\n    healthcheck: {test: [\"CMD-SHELL\",\"curl -f http://localhost || exit 1\"]}\n", "", ""),
    ("services:\n  a:\n    image: rabbitmq:4-management\n    healthcheck: {test: rabbitmq-diagnostics -q ping}\n", "", ""),
    ("services:\n  a:\n    image: alpine:3.22\n    command: [\"/scripts/run.sh\"]\n    volumes: [\"./s:/scripts\"]\n", "", ""),
    ("services:\n  a:\n    image: alpine:3.22\n    user: app\n", "", "unknown-user"),
    ("services:\n  a:\n    image: alpine:3.22\n    user: app\n    volumes: [\"/etc/passwd:/etc/passwd:ro\"]\n", "", ""),
    ("services:\n  a:\n    image: node:22-alpine\n    user: node\n    command: npm start\n", "", ""),
    ("services:\n  a:\n    build: .\n    healthcheck: {test: [\"CMD\",\"/app\",\"h\"]}\n", "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n", ""),
    ("services:\n  a:\n    build: .\n    healthcheck: {test: [\"CMD-SHELL\",\"/app h\"]}\n", "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n", "healthcheck-never-healthy"),
    ("services:\n  a:\n    build: .\n    command: [\"serve\"]\n", "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n", ""),
    ("services:\n  a:\n    build: .\n    command: [\"serve\"]\n", "FROM scratch\nCOPY app /app\nCMD [\"/app\"]\n", "command-missing"),
    ("services:\n  a:\n    build: .\n    entrypoint: []\n    command: [\"/app\"]\n", "FROM scratch\nCOPY app /app\nCMD [\"/app\"]\n", ""),
    ("services:\n  a:\n    build: .\n    working_dir: /x\n    command: [\"./app\"]\n", "FROM scratch\nCOPY app /x/app\nCMD [\"/x/app\"]\n", ""),
    ("services:\n  a:\n    build: .\n    user: \"1000\"\n", "FROM scratch\nCOPY app /app\nUSER app\nCMD [\"/app\"]\n", ""),
    ("services:\n  a:\n    image: x/y:1\n    sysctls: [\"net.core.somaxconn=1\",\"kernel.msgmax=1\"]\n", "", ""),
    ("services:\n  a:\n    image: x/y:1\n    ports: [\"80:80\"]\n    networks: [n]\nnetworks:\n  n: {internal: false}\n", "", ""),
    ("services:\n  a:\n    image: x/y:1\n    read_only: true\n    configs: [c]\nconfigs:\n  c: {content: abc}\n", "", "read-only-secret-conflict"),
    ("services:\n  a:\n    image: x/y:1\n    read_only: true\n    secrets: [c]\nsecrets:\n  c: {external: true}\n", "", ""),
    ("services:\n  a:\n    image: x/y:1\n    mem_limit: 512m\n    environment: {JAVA_OPTS: \"-Xmx${HEAP:-1g}\"}\n", "", "heap-above-memory-limit"),
    ("services:\n  a:\n    image: x/y:1\n    mem_limit: 512m\n    environment: {GOMEMLIMIT: 512MiB}\n", "", "heap-above-memory-limit"),
    ("services:\n  a:\n    image: x/y:1\n    mem_limit: 512m\n    command: java -Xmx256m -jar x\n", "", ""),
    ("services:\n  a:\n    image: x/y:1\n    networks: [n,m]\nnetworks:\n  n: {ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: \"fd00::/64\"}]}}\n  m: {ipam: {config: [{subnet: 10.0.1.0/24}]}}\n", "", ""),
    ("services:\n  a:\n    image: x/y:1\n    healthcheck: {disable: true}\n  b:\n    image: x/z:1\n    depends_on: {a: {condition: service_healthy}}\n", "", "healthcheck-never-healthy"),
    ("services:\n  a:\n    image: x/y:1\n  b:\n    image: x/z:1\n    depends_on: {a: {condition: service_healthy}}\n", "", ""),
    ("services:\n  a:\n    image: redis:7\n  b:\n    image: x/z:1\n    depends_on: {a: {condition: service_healthy, required: false}}\n", "", ""),
    ("services:\n  a:\n    image: redis:7\n  b:\n    image: x/z:1\n    depends_on: {a: {condition: service_healthy}}\n", "", "healthcheck-never-healthy"),
    ("services:\n  a:\n    build: .\n    ports: [\"80:3000\"]\n    environment: [PORT=3000]\n", "FROM node:22\nEXPOSE 8000\nCMD [\"node\",\"x\"]\n", ""),
    ("services:\n  a:\n    build: .\n    ports: [\"80:3000\"]\n    environment: [PORT=8000]\n", "FROM node:22\nEXPOSE 8000\nCMD [\"node\",\"x\"]\n", "port-mismatch"),
    ("services:\n  a:\n    build: {context: ., target: a}\n    healthcheck: {test: [\"CMD\",\"curl\"]}\n", "FROM alpine:3.22 AS a\nFROM a AS b\nRUN apk add curl\n", "command-missing"),
    ("services:\n  a:\n    build: {context: ., target: b}\n    healthcheck: {test: [\"CMD\",\"curl\"]}\n", "FROM alpine:3.22 AS a\nFROM a AS b\nRUN apk add curl\n", ""),
    ("services:\n  a:\n    build: {context: ., args: {B: \"python:3.12\"}}\n    healthcheck: {test: [\"CMD\",\"curl\"]}\n", "ARG B=alpine:3.22\nFROM $B\nCMD [\"sh\"]\n", ""),
    ("services:\n  a:\n    image: mongo:8.0\n    healthcheck: {test: echo 1 | mongosh x}\n", "", ""),
    ("services:\n  a:\n    image: python:3.12-slim\n    command: bash -c \"pip install x && gunicorn y\"\n", "", ""),
    ("services:\n  a:\n    image: python:3.12-slim\n    command: /bin/bash /app/run.sh\n", "", ""),
    ("services:\n  a:\n    image: python:3.12-alpine\n    command: bash -c \"x\"\n", "", "command-missing"),
    ("services:\n  a:\n    image: python:3.12-alpine\n    entrypoint: bash\n", "", "command-missing"),
    ("services:\n  a:\n    image: mysql:8.4\n    healthcheck: {test: [\"CMD\",\"mysqladmin\",\"ping\"]}\n", "", ""),
    ("services:\n  a:\n    image: mariadb:11.8\n    healthcheck: {test: [\"CMD\",\"healthcheck.sh\",\"--connect\"]}\n", "", ""),
    ("services:\n  a:\n    image: python:3.12-slim\n    configs: [{source: c, target: /usr/local/bin/go.sh}]\n    command: go.sh\nconfigs:\n  c: {file: ./x}\n", "", ""),
    ("services:\n  a:\n    image: elasticsearch:8.15.0\n    healthcheck: {test: curl -f x}\n", "", ""),
];

/// A script, its mode, what stands behind its COPY, and whether its container cannot start. The engine was asked each
/// (20.10: permission denied, exec format error, no such file or directory).
#[cfg(unix)]
#[test]
fn scripts_are_judged_as_the_kernel_starts_them() {
    use std::os::unix::fs::PermissionsExt;
    let cases = [
        ("#!/bin/sh\necho\n", 0o755, "", false),
        ("#!/bin/sh\necho\n", 0o644, "", true),
        ("#!/bin/sh\necho\n", 0o644, "RUN chmod +x /usr/local/bin/start\n", false),
        (
            "#!/bin/sh\necho\n",
            0o644,
            "COPY --chmod=755 start /usr/local/bin/\n",
            false,
        ),
        ("echo\n", 0o755, "", true),
        ("\u{7f}ELF\0\0", 0o755, "", false),
        ("#!/bin/sh\r\necho\r\n", 0o755, "", true),
        (
            "#!/bin/sh\r\necho\r\n",
            0o755,
            "RUN sed -i 's/\\r//' /usr/local/bin/*\n",
            false,
        ),
        ("#!/bin/bash\necho\n", 0o755, "", true),
        ("#!/bin/bash\necho\n", 0o755, "RUN apk add --no-cache bash\n", false),
        ("#!/usr/bin/env bash\necho\n", 0o755, "", true),
        ("#!/usr/bin/env sh\necho\n", 0o755, "", false),
        (
            "#!/bin/sh\necho\n",
            0o644,
            "COPY --from=other /start /usr/local/bin/\n",
            false,
        ),
    ];
    for (text, mode, behind, is_wrong) in cases {
        let dockerfile = format!(
            "FROM alpine:3.22 AS other\nFROM alpine:3.22\nCOPY start /usr/local/bin/\n{behind}ENTRYPOINT [\"start\"]\n"
        );
        let workspace = Workspace::new(&[("Dockerfile", &dockerfile), ("start", text)]);
        let file = workspace.path().join("start");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        let report = workspace.json(&[]);
        let found = report["findings"].as_array().unwrap();
        let hit = found.iter().any(|finding| finding["rule"] == "command-missing");
        assert_eq!(hit, is_wrong, "{text:?} {mode:o} {behind:?}: {found:#?}");
    }
}

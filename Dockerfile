# Two images. What `docker build .` makes is the container action and holds one static binary and nothing else. With
# `--target shell` it is the image of a GitLab job, which GitLab enters through `sh`.

# Alpine's Rust builds for musl, that is static, for whichever platform it runs on.
FROM rust:1.95.0-alpine AS build
WORKDIR /src
COPY . .
# The check is the proof: a program that wants a loader could not start in an empty image.
RUN cargo build --release --locked \
 && readelf --program-headers target/release/plimsoll > headers \
 && ! grep -q INTERP headers

# No ENTRYPOINT: GitLab starts a shell in the image, and a program that gets that shell's words as arguments could end well
# without having judged anything.
FROM busybox:1.37.0-musl AS shell
WORKDIR /work
COPY --from=build /src/target/release/plimsoll /usr/local/bin/plimsoll

FROM scratch
# Where `docker run --volume .:/work` puts a repository; GitHub names a folder of its own.
WORKDIR /work
COPY --from=build /src/target/release/plimsoll /plimsoll
# No USER: GitHub mounts a workspace that belongs to somebody else and gives no --user, so only root can write the SARIF
# file into it. What is written is handed to the workspace's owner. Elsewhere, `docker run --user` works as it should.
ENTRYPOINT ["/plimsoll"]

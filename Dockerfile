# Two images. What `docker build .` makes is the container action and holds one static binary and nothing else. With
# `--target shell` it is the image of a GitLab job, which GitLab enters through `sh`.

# Alpine's Rust builds for musl, that is static, for whichever platform it runs on.
FROM rust:1.95.0-alpine AS build
WORKDIR /src
# Dependencies are a layer of their own, built around an empty program: it is kept until one of them changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && touch src/lib.rs \
 && echo 'fn main() {}' > build.rs \
 && cp build.rs src/main.rs \
 && cargo build --profile action --locked
COPY . .
# Files come with the times of the checkout, which are older than the empty program. The check is the proof: a program that wants
# a loader could not start in an empty image.
RUN touch build.rs src/lib.rs src/main.rs \
 && cargo build --profile action --locked \
 && readelf --program-headers target/action/plimsoll > headers \
 && ! grep -q INTERP headers

# No ENTRYPOINT: GitLab starts a shell in the image, and a program that gets that shell's words as arguments could exit with 0
# without a check.
FROM busybox:1.37.0-musl AS shell
WORKDIR /work
COPY --from=build /src/target/action/plimsoll /usr/local/bin/plimsoll

FROM scratch
# Where `docker run --volume .:/work` puts a repository; GitHub names a folder of its own.
WORKDIR /work
COPY --from=build /src/target/action/plimsoll /plimsoll
# No USER: GitHub mounts a workspace that belongs to somebody else and gives no --user, so only root can write the SARIF
# file into it. Written files get the owner of the workspace. Elsewhere, `docker run --user` works as usual.
ENTRYPOINT ["/plimsoll"]

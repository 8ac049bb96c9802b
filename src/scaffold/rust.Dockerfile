FROM rust:1.98-alpine AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src/ src/
RUN cargo build --release --locked

# Nothing but the program: it answers its health check itself.
FROM scratch
COPY --from=build /src/target/release/server /server
USER 65534:65534
EXPOSE 8000
ENTRYPOINT ["/server"]

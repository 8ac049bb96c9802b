FROM golang:1.27-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /server .

# Nothing but the program: it answers its health check itself.
FROM scratch
COPY --from=build /server /server
USER 65534:65534
EXPOSE 8000
ENTRYPOINT ["/server"]

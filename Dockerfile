# syntax=docker/dockerfile:1

# One static binary: no C library, and the time zones inside.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags "-s -w" -o /relance ./cmd/relance

# wget is for the health check alone.
FROM busybox:1.37-musl AS probe

# Certificates, and a user who is not root; no shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=probe /bin/busybox /usr/bin/wget
COPY --from=build /relance /usr/bin/relance
USER nonroot
EXPOSE 8080
ENTRYPOINT ["/usr/bin/relance"]
CMD ["serve"]

//go:build !unix

package services

import (
	"context"
	"errors"
)

// home is not to be had: private services rest on locks and sockets of Unix.
type home struct{}

func (s *Services) openPrivate(context.Context, Options) error {
	return errors.New("private services need Linux or macOS: set RELANCE_DATABASE_URL, and RELANCE_REDIS_URL for serve and demo")
}

func (s *Services) close() error { return nil }

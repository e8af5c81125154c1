package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/relance/relance/internal/importer"
)

// stopping is a file that never ends; the command is told to stop when it has been read for a while.
type stopping struct {
	stop  func()
	reads int
}

func (s *stopping) Seek(int64, int) (int64, error) { return 0, nil }

func (s *stopping) Read(b []byte) (int, error) {
	if s.reads++; s.reads == 100 {
		s.stop()
	}
	if s.reads > 10_000 {
		return 0, errors.New("read on after the command was stopped")
	}
	return copy(b, strings.Repeat("a;b\n", len(b)/4+1)), nil
}

func TestAnEndlessFileStopsWithTheCommand(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	_, err := importer.Open(importer.Clients, interruptible{&stopping{stop: stop}, ctx}, importer.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

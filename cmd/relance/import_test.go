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

func (s *stopping) ReadAt(b []byte, _ int64) (int, error) {
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
	_, err := importer.Open(importer.Clients, importer.Input{In: &interruptible{in: &stopping{stop: stop}, ctx: ctx}, Size: 1 << 40}, importer.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

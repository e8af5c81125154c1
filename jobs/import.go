package jobs

import (
	"context"
)

// imports does the imports that pages have asked for. A stop does not wait for one: it is given back, and begins again in
// another process or after the start.
func (w *Worker) imports(ctx context.Context, _ payload) error {
	if w.Passes.Import == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.stopping, cancel)()
	err := w.Passes.Import(ctx)
	if w.stopping.Err() != nil {
		return nil
	}
	return err
}

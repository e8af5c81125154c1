package web

import (
	"log/slog"
	"sync"
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/store"
)

// knownFor is how long (wall time) an answer serves: each card tells it, and asking reads the facts of all clients.
const knownFor = 30 * time.Second

// known is what the cards tell about the orders. The zero value is ready.
type known struct {
	mu    sync.Mutex
	asked time.Time     // wall time
	day   calendar.Date // of the business clock
	last  store.Known
}

// ordersKnown says how far the orders are known, and when that is old; empty when none is. A card without it still serves.
func (s *Site) ordersKnown(r *request) string {
	k := &s.known
	k.mu.Lock()
	defer k.mu.Unlock()
	if today := r.Reader.Today(); k.day != today || time.Since(k.asked) > knownFor {
		last, err := s.Store.Freshness(r.Context(), r.Now)
		if err != nil {
			s.Log.WarnContext(r.Context(), "how far orders are known", slog.Any("error", err))
			return ""
		}
		k.last, k.day, k.asked = last, today, time.Now()
	}
	if k.last.OrdersTo == 0 {
		return ""
	}
	words := r.Reader.T("calls.known", "day", r.Reader.Day(k.last.OrdersTo.Time()))
	if k.last.Stale {
		words += " " + r.Reader.T("calls.known.stale", "n", k.last.Age)
	}
	return words
}

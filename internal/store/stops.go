package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// StopScope is how much a client wants to stop.
type StopScope string

// The scopes, as table suppression has them.
const (
	StopMail       StopScope = "mail"       // marketing mail and surveys
	StopCalls      StopScope = "call"       // calls; service calls under a current contract go on
	StopEverything StopScope = "everything" // both, and profiling
)

// StopPage is what the stop page shows for one touch.
type StopPage struct {
	TouchID  int64
	Language string
	Address  string // masked for showing, such as a…@example.com; empty: none known
	Stopped  map[StopScope]bool
}

// stopKeys are what a stop is written against: the address that the touch went to, and the person's numbers.
type stopKeys struct {
	clientID      int64
	ref, language string
	address       string   // empty: none
	number        string   // the contact's, else the client's; empty: none that could be normalised
	carried       []string // numbers (else the clients themselves) of everyone who carries the address
}

// StopPage returns what the page of a stop link shows, or ErrNotFound.
func (s *Store) StopPage(ctx context.Context, touchID int64) (StopPage, error) {
	page := StopPage{TouchID: touchID, Stopped: map[StopScope]bool{}}
	err := s.tx(ctx, "read the stop page", func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		page.Language, page.Address = keys.language, maskAddress(keys.address)
		rows, err := tx.Query(ctx, `SELECT DISTINCT scope FROM suppression WHERE withdrawn_at IS NULL AND address = ANY($1)`, keys.all())
		if err != nil {
			return err
		}
		var scope StopScope
		_, err = pgx.ForEachRow(rows, []any{&scope}, func() error {
			page.Stopped[scope] = true
			return nil
		})
		return err
	})
	return page, err
}

// Stop records that the person behind a touch opposes. It takes effect at once, for that address at every client that
// carries it: what is planned is refused by the checks when due. Stopping twice is the same as once.
// source is where it was said: stop page, one-click, call, reply.
func (s *Store) Stop(ctx context.Context, touchID int64, scope StopScope, source string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("stop for touch %d", touchID), func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		return writeStop(ctx, tx, keys, scope, source, touchID, now)
	})
}

// UndoStop takes back what a stop link said before. A mailbox that bounced or a refusal said on the phone stays.
func (s *Store) UndoStop(ctx context.Context, touchID int64, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("undo the stop of touch %d", touchID), func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE suppression SET withdrawn_at = $2
			WHERE withdrawn_at IS NULL AND why = 'opposition' AND source IN ('stop page', 'one-click') AND address = ANY($1)`, keys.all(), now)
		if err != nil {
			return err
		}
		if err := markCarriers(ctx, tx, keys); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: "client", What: "stop.withdrawn", Noun: "client", Ref: keys.ref, Detail: map[string]any{"touch": touchID}})
	})
}

func writeStop(ctx context.Context, tx pgx.Tx, keys stopKeys, scope StopScope, source string, touchID int64, now time.Time) error {
	for _, key := range keys.of(scope) {
		_, err := tx.Exec(ctx, `INSERT INTO suppression (scope, address, why, source, touch_id, at) VALUES ($1, $2, 'opposition', $3, $4, $5)
			ON CONFLICT (address, scope) WHERE withdrawn_at IS NULL DO NOTHING`, scope, key, source, touchID, now)
		if err != nil {
			return err
		}
	}
	if err := markCarriers(ctx, tx, keys); err != nil {
		return err
	}
	return logEvent(ctx, tx, Event{At: now, By: "client", What: "stop." + string(scope), Noun: "client", Ref: keys.ref,
		Detail: map[string]any{"source": source, "touch": touchID}})
}

// readStopKeys finds whom a touch went to: the address it was sent to counts more than the contact's of today.
func readStopKeys(ctx context.Context, tx pgx.Tx, touchID int64) (stopKeys, error) {
	var k stopKeys
	err := tx.QueryRow(ctx, `
		SELECT c.id, c.ref, coalesce(p.language, c.language, (SELECT value FROM setting WHERE key = 'language'), 'fr'),
		       coalesce(t.address, p.email_key, ''), coalesce(p.phone_e164, c.phone_e164, ''),
		       ARRAY(SELECT coalesce(q.phone_e164, o.phone_e164, 'client:' || o.ref) FROM contact q JOIN client o ON o.id = q.client_id
		             WHERE q.email_key = coalesce(t.address, p.email_key))
		FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN call k ON k.id = t.call_id LEFT JOIN contact p ON p.id = coalesce(t.contact_id, k.contact_id)
		WHERE t.id = $1`, touchID).Scan(&k.clientID, &k.ref, &k.language, &k.address, &k.number, &k.carried)
	return k, missing(err, "touch", fmt.Sprint(touchID))
}

// of returns the keys that a scope is written against; where neither address nor number is known, the client itself.
func (k stopKeys) of(scope StopScope) []string {
	var keys []string
	if k.address != "" && scope != StopCalls {
		keys = append(keys, k.address)
	}
	if k.number != "" && scope != StopMail {
		keys = append(keys, k.number)
	}
	if len(keys) == 0 || k.number == "" && scope != StopMail {
		keys = append(keys, "client:"+k.ref)
	}
	if scope == StopEverything {
		keys = append(keys, k.carried...)
	}
	return keys
}

func (k stopKeys) all() []string {
	return append([]string{k.address, k.number, "client:" + k.ref}, k.carried...)
}

// markCarriers has the facts of every client that carries the address or number made again.
func markCarriers(ctx context.Context, tx pgx.Tx, k stopKeys) error {
	_, err := tx.Exec(ctx, `INSERT INTO client_stale (client_id)
		SELECT $1::bigint
		UNION SELECT client_id FROM contact WHERE email_key = $2 OR phone_e164 = ANY ($3)
		UNION SELECT id FROM client WHERE phone_e164 = ANY ($3)
		ON CONFLICT DO NOTHING`, k.clientID, k.address, k.all())
	return err
}

// maskAddress shows enough of an address for its owner to know it.
func maskAddress(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return ""
	}
	initial, _ := utf8.DecodeRuneInString(local)
	return string(initial) + "…@" + domain
}

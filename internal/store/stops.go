package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/idna"
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
	Undoable bool // something that stands was said from this mailbox, and may be taken back from it
}

// stopKeys are what a stop is written against: the person's addresses and numbers.
type stopKeys struct {
	clientID      int64
	ref, language string
	addresses     []string // the one that the touch went to, then the contact's of today if it is another
	number        string   // the contact's, else the client's; empty: none that could be normalised
	carried       []string // numbers (else the clients themselves) of everyone who carries one of the addresses
}

// StopPage returns what the page of a stop link shows, or ErrNotFound.
func (s *Store) StopPage(ctx context.Context, touchID int64) (StopPage, error) {
	page := StopPage{TouchID: touchID, Stopped: map[StopScope]bool{}}
	err := s.tx(ctx, "read the stop page", func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		page.Language, page.Address = keys.language, maskAddress(keys.mailbox())
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM suppression s WHERE `+saidFrom+`)`, touchID, keys.mailbox()).Scan(&page.Undoable); err != nil {
			return err
		}
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

// Stop records that the person behind a touch opposes. It takes effect at once, for that person's addresses and numbers
// at every client that carries them: open calls are closed, and what is planned is refused by the checks when due.
// Stopping twice is the same as once. source is where it was said: stop page, one-click, call, reply.
func (s *Store) Stop(ctx context.Context, touchID int64, scope StopScope, source string, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("stop for touch %d", touchID), func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		if scope != StopMail {
			// As OpenCalls does, so that no card opens beside this stop without either seeing the other.
			if err := lockClients(ctx, tx, carriersSQL, keys.clientID, keys.all()); err != nil {
				return err
			}
		}
		return writeStop(ctx, tx, keys, stop{scope: scope, source: source, touchID: touchID, at: now})
	})
}

// saidFrom are the live oppositions s that were said with a link: by touch $1, or any other that went to the mailbox $2.
const saidFrom = `s.withdrawn_at IS NULL AND s.why = 'opposition' AND s.source IN ('stop page', 'one-click')
	AND s.touch_id IN (SELECT id FROM touch WHERE id = $1 OR address = $2)`

// UndoStop takes back what was said before with a link in a mail to the same mailbox, and has the calls that it closed made
// all the same. What somebody else said stays, even about the same switchboard, and so do a mailbox that bounced and a
// refusal on the phone.
func (s *Store) UndoStop(ctx context.Context, touchID int64, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("undo the stop of touch %d", touchID), func(tx pgx.Tx) error {
		keys, err := readStopKeys(ctx, tx, touchID)
		if err != nil {
			return err
		}
		freed, err := readStrings(ctx, tx, `SELECT DISTINCT address FROM suppression s WHERE `+saidFrom, touchID, keys.mailbox())
		if err != nil {
			return err
		}
		freed = append(freed, keys.all()...)
		if err := lockClients(ctx, tx, carriersSQL, keys.clientID, freed); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `UPDATE suppression s SET withdrawn_at = $3 WHERE `+saidFrom+` RETURNING at`, touchID, keys.mailbox(), now)
		if err != nil {
			return err
		}
		said, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
		if err != nil {
			return err
		}
		if err := planOpposed(ctx, tx, keys.clientID, freed, said, now); err != nil {
			return err
		}
		if err := markCarriers(ctx, tx, keys.clientID, freed); err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: "client", What: "stop.withdrawn", Noun: "client", Ref: keys.ref, Detail: map[string]any{"touch": touchID}})
	})
}

// stop is one person's word.
type stop struct {
	scope   StopScope
	source  string
	touchID int64
	at      time.Time
	during  int64 // the call during which it was said, whose outcome closes it; 0: none
}

func writeStop(ctx context.Context, tx pgx.Tx, keys stopKeys, said stop) error {
	for _, key := range keys.of(said.scope) {
		_, err := tx.Exec(ctx, `INSERT INTO suppression (scope, address, why, source, touch_id, at) VALUES ($1, $2, 'opposition', $3, $4, $5) ON CONFLICT DO NOTHING`,
			said.scope, key, said.source, said.touchID, said.at)
		if err != nil {
			return err
		}
	}
	closed, err := closeOpposed(ctx, tx, keys, said)
	if err != nil {
		return err
	}
	if err := markCarriers(ctx, tx, keys.clientID, keys.all()); err != nil {
		return err
	}
	return logEvent(ctx, tx, Event{At: said.at, By: "client", What: "stop." + string(said.scope), Noun: "client", Ref: keys.ref,
		Detail: map[string]any{"source": said.source, "touch": said.touchID, "calls_closed": closed}})
}

// closeOpposedSQL ends the open calls to a number ($2) as the check for calls (openSQL) would refuse them: after a stop of
// calls ($4 false) those under a current contract go on.
const closeOpposedSQL = `
	WITH opposed AS (
		SELECT k.id FROM call k JOIN client c ON c.id = k.client_id LEFT JOIN client_fact f ON f.client_id = c.id LEFT JOIN contact p ON p.id = k.contact_id
		WHERE k.state = 'open' AND k.id <> $3 AND k.client_id IN (` + carriersSQL + `)
		  AND (p.phone_e164 = ANY ($2) OR c.phone_e164 = ANY ($2) OR 'client:' || c.ref = ANY ($2))
		  AND ($4 OR NOT coalesce(f.under_contract, false))
		ORDER BY k.id FOR NO KEY UPDATE OF k),
	closed AS (
		UPDATE call k SET state = 'skipped', closed_at = $5, closed_why = 'opposed' FROM opposed o WHERE k.id = o.id RETURNING k.id),
	ended AS (
		UPDATE touch t SET state = 'skipped', reason = 'opposed', ended_at = $5 FROM closed k WHERE t.call_id = k.id AND t.state = 'open')
	SELECT count(*) FROM closed`

// closeOpposed takes the calls that a stop forbids off the reps' lists, and says how many.
func closeOpposed(ctx context.Context, tx pgx.Tx, keys stopKeys, said stop) (n int, err error) {
	if said.scope == StopMail {
		return 0, nil
	}
	err = tx.QueryRow(ctx, closeOpposedSQL, keys.clientID, keys.of(said.scope), said.during, said.scope == StopEverything, said.at).Scan(&n)
	return n, err
}

// planOpposed plans again the calls that words said at these moments had closed, when they are not too late by now and nothing
// followed from their end. The checks are asked anew before a card opens: somebody else's word holds.
func planOpposed(ctx context.Context, tx pgx.Tx, clientID int64, keys []string, said []time.Time, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE touch t SET state = 'planned', reason = NULL, ended_at = NULL, followed_at = NULL, call_id = NULL, admitted_at = NULL
		FROM call k WHERE k.id = t.call_id AND k.state = 'skipped' AND k.closed_why = 'opposed' AND k.closed_at = ANY ($3) AND k.client_id IN (`+carriersSQL+`)
		  AND t.state = 'skipped' AND t.reason = 'opposed' AND coalesce(t.deadline_at >= $4, true) AND NOT EXISTS (SELECT FROM touch next WHERE next.parent_id = t.id)`,
		clientID, keys, said, now)
	if err != nil {
		return fmt.Errorf("plan the calls that were closed: %w", err)
	}
	return nil
}

// readStopKeys finds whom a touch went to. The mail in the hand of who stops went to the address of then; what is
// planned goes to that of today. Both are meant.
func readStopKeys(ctx context.Context, tx pgx.Tx, touchID int64) (stopKeys, error) {
	var k stopKeys
	err := tx.QueryRow(ctx, `
		SELECT c.id, c.ref, coalesce(p.language, c.language, (SELECT value FROM setting WHERE key = 'language'), 'fr'),
		       array_remove(ARRAY[t.address, CASE WHEN p.email_key IS DISTINCT FROM t.address THEN p.email_key END], NULL), coalesce(p.phone_e164, c.phone_e164, ''),
		       ARRAY(SELECT coalesce(q.phone_e164, o.phone_e164, 'client:' || o.ref) FROM contact q JOIN client o ON o.id = q.client_id
		             WHERE q.email_key IN (t.address, p.email_key))
		FROM touch t JOIN client c ON c.id = t.client_id LEFT JOIN call k ON k.id = t.call_id LEFT JOIN contact p ON p.id = coalesce(t.contact_id, k.contact_id)
		WHERE t.id = $1`, touchID).Scan(&k.clientID, &k.ref, &k.language, &k.addresses, &k.number, &k.carried)
	return k, missing(err, "touch", fmt.Sprint(touchID))
}

// of returns the keys that a scope is written against; where neither address nor number is known, the client itself.
func (k stopKeys) of(scope StopScope) []string {
	var keys []string
	if scope != StopCalls {
		keys = append(keys, k.addresses...)
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
	return slices.Concat(k.addresses, []string{k.number, "client:" + k.ref}, k.carried)
}

// mailbox is the address that the touch went to; empty: none known.
func (k stopKeys) mailbox() string {
	if len(k.addresses) == 0 {
		return ""
	}
	return k.addresses[0]
}

// carriersSQL are the client $1 and every client that carries one of the addresses and numbers $2.
const carriersSQL = `SELECT $1::bigint
	UNION SELECT client_id FROM contact WHERE email_key = ANY ($2::text[]) OR phone_e164 = ANY ($2)
	UNION SELECT id FROM client WHERE phone_e164 = ANY ($2)`

// markCarriers has the facts of every client that carries one of the keys made again.
func markCarriers(ctx context.Context, tx pgx.Tx, clientID int64, keys []string) error {
	_, err := tx.Exec(ctx, `INSERT INTO client_stale (client_id) `+carriersSQL+` ORDER BY 1 ON CONFLICT DO NOTHING`, clientID, keys)
	return err
}

// maskAddress shows enough of an address for its owner to know it.
func maskAddress(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return ""
	}
	initial, _ := utf8.DecodeRuneInString(local)
	if shown, err := idna.Display.ToUnicode(domain); err == nil {
		domain = shown
	}
	return string(initial) + "…@" + domain
}

func readStrings(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]string, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

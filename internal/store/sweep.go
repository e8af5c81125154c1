package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/relance/relance/campaigns"
)

// Swept is what one sweep found.
type Swept struct {
	Unsure  int64 // sends whose worker is gone
	TooLate int64 // planned touches past their deadline, in campaigns that do not run
	Paused  int64 // due touches that now say that their campaign is paused
	Stopped int64 // touches that came back to a stopped campaign: deferred, or given back, after it stopped
}

// Any says whether there is something to tell.
func (s Swept) Any() bool { return s.Unsure+s.TooLate+s.Paused+s.Stopped > 0 }

// Sweep makes the rows tell the truth again: what a worker that is gone was sending becomes unsure, what waited past its
// deadline is skipped, what a paused campaign holds back says so (its due time stays: a pause has no known end), what a
// stopped one still has planned is cancelled. The calls that answers promise are left to OpenCalls. A row in use is left to
// the next sweep.
func (s *Store) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	var swept Swept
	err := s.tx(ctx, "sweep", func(tx pgx.Tx) error {
		for _, step := range []struct {
			count *int64
			sql   string
			args  []any
		}{
			{&swept.Unsure, `UPDATE touch SET state = 'unsure', reason = 'worker_gone' WHERE id IN (SELECT t.id FROM touch t
				WHERE t.state = 'sending' AND NOT EXISTS (SELECT FROM process p WHERE p.id = t.worker AND p.seen_at > now() - $1::interval) FOR UPDATE SKIP LOCKED)`, []any{gone}},
			{&swept.TooLate, `UPDATE touch SET state = 'skipped', reason = 'too_late', ended_at = $1 WHERE id IN (SELECT t.id FROM touch t JOIN campaign c ON c.id = t.campaign_id
				WHERE c.state <> 'running' AND t.state = 'planned' AND t.due_at <= $1 AND t.deadline_at < $1 FOR UPDATE OF t SKIP LOCKED)`, []any{now}},
			{&swept.Paused, `UPDATE touch SET reason = 'campaign_paused' WHERE id IN (SELECT t.id FROM touch t JOIN campaign c ON c.id = t.campaign_id
				WHERE c.state IN ('paused', 'held') AND t.state = 'planned' AND t.due_at <= $1
				AND t.reason IS DISTINCT FROM 'campaign_paused' AND NOT ` + promisedCall + ` FOR UPDATE OF t SKIP LOCKED)`, []any{now}},
			{&swept.Stopped, `UPDATE touch SET state = 'cancelled', reason = 'campaign_stopped', ended_at = $1 WHERE id IN (SELECT t.id FROM touch t JOIN campaign c ON c.id = t.campaign_id
				WHERE c.state = 'stopped' AND t.state = 'planned' AND NOT ` + promisedCall + ` FOR UPDATE OF t SKIP LOCKED)`, []any{now}},
		} {
			tag, err := tx.Exec(ctx, step.sql, step.args...)
			if err != nil {
				return err
			}
			*step.count = tag.RowsAffected()
		}
		return nil
	})
	return swept, err
}

// GiveBack plans again what a worker has claimed and does not hold: claims whose answer never reached it, so that
// nothing of them was sent; unless an answer says otherwise. held are the touches that it does hold; no claim of this worker may be under way.
func (s *Store) GiveBack(ctx context.Context, worker uuid.UUID, held []int64) (int64, error) {
	tag, err := s.pool.Exec(ctx, `UPDATE touch SET state = 'planned', sent_at = NULL
		WHERE state = 'sending' AND worker = $1 AND id <> ALL ($2) AND outcome IS DISTINCT FROM 'answered'`, worker, held)
	if err != nil {
		return 0, fmt.Errorf("give back what worker %s does not hold: %w", worker, err)
	}
	return tag.RowsAffected(), nil
}

// Purged is what a purge took away.
type Purged struct{ Sessions, Links, Slots, Processes, Mails, Files int64 }

// Purge removes what has served its time: sessions and log-in links that expired a day ago, processes gone for a
// day, slots older than 400 days, the mails of the built-in inbox beyond the newest 10,000, and files of imports after
// import_keep_days, unless a run still waits for them.
func (s *Store) Purge(ctx context.Context, now time.Time) (Purged, error) {
	var p Purged
	settings, err := s.Settings(ctx)
	if err != nil {
		return p, err
	}
	err = s.tx(ctx, "purge", func(tx pgx.Tx) error {
		for _, step := range []struct {
			count *int64
			sql   string
			args  []any
		}{
			{&p.Sessions, `DELETE FROM sessions WHERE expiry < now() - interval '1 day'`, nil},
			{&p.Links, `DELETE FROM login_link WHERE expires_at < now() - interval '1 day'`, nil},
			{&p.Processes, `DELETE FROM process WHERE seen_at < now() - interval '1 day'`, nil},
			{&p.Slots, `DELETE FROM slot WHERE slot < $1::timestamptz - interval '400 days'`, []any{now}},
			{&p.Mails, `DELETE FROM inbox_mail WHERE id <= (SELECT max(id) - 10000 FROM inbox_mail)`, nil},
			{&p.Files, `DELETE FROM upload u WHERE at < $1 AND NOT EXISTS (SELECT FROM import_run r WHERE r.state IN ('queued', 'running') AND r.request -> 'uploads' @> to_jsonb(u.id))`,
				[]any{now.AddDate(0, 0, -settings.Int("import_keep_days"))}},
		} {
			tag, err := tx.Exec(ctx, step.sql, step.args...)
			if err != nil {
				return err
			}
			*step.count = tag.RowsAffected()
		}
		return nil
	})
	return p, err
}

// CountLive counts the touches that wait, are under way or are not known, by state; the ended ones, of which there may
// be millions, are left out.
func (s *Store) CountLive(ctx context.Context) (map[campaigns.State]int64, error) {
	counts := map[campaigns.State]int64{}
	for _, state := range []campaigns.State{campaigns.Planned, campaigns.Sending, campaigns.Open, campaigns.Unsure} {
		counts[state] = 0
	}
	rows, err := s.pool.Query(ctx, `SELECT k.state, n.count FROM (VALUES ('planned'), ('sending'), ('open'), ('unsure')) AS k(state)
		CROSS JOIN LATERAL (SELECT sum(one.count)::bigint AS count FROM campaign c
			CROSS JOIN LATERAL (SELECT count(*) FROM touch t WHERE t.campaign_id = c.id AND t.state = k.state) one) n`)
	if err != nil {
		return nil, fmt.Errorf("count the live touches: %w", err)
	}
	var state campaigns.State
	var n *int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		if n != nil {
			counts[state] = *n
		}
		return nil
	})
	return counts, err
}

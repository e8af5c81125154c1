package main

import (
	"context"
	"fmt"
	"time"
)

// together imports order lines while the worker delivers mails: 200 a second, as on a busy day, and as fast as it can.
// Beside each stands what the same does alone. Neither should be slowed by more than a third.
func together(ctx context.Context, o options) ([]figure, error) {
	lines, mails := o.size(500_000), o.size(20_000)
	b, err := newDelivery(ctx, mails)
	if err != nil {
		return nil, err
	}
	defer b.close()
	t := &meeting{delivery: b, place: &place{dir: b.dir, services: b.services, store: b.store, log: o.log}, options: o, next: 1, clients: mails}
	t.file = t.place.file("orders.csv")
	if _, err := writeOrders(t.file, lines, mails); err != nil {
		return nil, err
	}
	w, err := startWorker(b, "")
	if err != nil {
		return nil, err
	}
	defer w.stop()
	alone, _, err := t.during(ctx, nil, t.imports)
	if err != nil {
		return nil, err
	}
	first, _, _, err := b.throughput(ctx, w, mails)
	if err != nil {
		return nil, err
	}
	t.next = mails + 1
	paced, pacedMails, err := t.during(ctx, t.pace, t.imports)
	if err != nil {
		return nil, err
	}
	most, err := t.latest(ctx, mails)
	if err != nil {
		return nil, err
	}
	_, full, err := t.during(ctx, t.flood(first), func(ctx context.Context) (time.Duration, error) { return alone, wait(ctx, alone) })
	if err != nil {
		return nil, err
	}
	hard, hardMails, err := t.during(ctx, t.flood(max(first, full)), t.imports)
	if err != nil {
		return nil, err
	}
	rate := func(d time.Duration) float64 { return float64(lines) / d.Seconds() }
	const least = 0.67
	return []figure{
		beside("import while 200 mails/s leave", rate(paced), "rows/s", "alone", rate(alone), least).noted("%d lines", lines),
		beside("200 mails/s during an import", pacedMails, "mails/s", "planned", trickle, least).noted("from due to accepted, p99: %.0f ms", most.Seconds()*1000),
		beside("import while mails leave at full speed", rate(hard), "rows/s", "alone", rate(alone), least),
		beside("mails at full speed during an import", hardMails, "mails/s", "alone", full, least),
	}, nil
}

// meeting is an import and deliveries at the same time.
type meeting struct {
	*delivery
	place   *place
	options options
	file    string
	next    int // client that gets the next mail
	clients int // there are
}

// imports imports the file and tells how long it took.
func (t *meeting) imports(ctx context.Context) (time.Duration, error) {
	d, err := t.place.importChild(ctx, t.options, t.file)
	return time.Duration(d.Seconds * float64(time.Second)), err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// during does work while mails are planned, and tells how long it took and how many mails a second were accepted
// meanwhile. Everything is as before afterwards.
func (t *meeting) during(ctx context.Context, mails func(context.Context) error, work func(context.Context) (time.Duration, error)) (took time.Duration, rate float64, err error) {
	planning, stop := context.WithCancel(ctx)
	defer stop()
	planned := make(chan error, 1)
	if mails == nil {
		planned <- nil
	} else {
		go func() { planned <- mails(planning) }()
		t.sink.Wait(ctx.Done(), t.sink.Accepted()+1)
	}
	before, begun := t.sink.Accepted(), time.Now()
	took, err = work(ctx)
	rate = float64(t.sink.Accepted()-before) / time.Since(begun).Seconds()
	stop()
	if planErr := <-planned; err == nil && planErr != nil {
		err = planErr
	}
	if err != nil {
		return 0, 0, err
	}
	if err := t.settle(ctx); err != nil {
		return 0, 0, err
	}
	return took, rate, t.place.do(ctx, emptyOrders)
}

// more makes clients for n more mails, and plans these.
func (t *meeting) more(ctx context.Context, n int) error {
	if t.next+n > t.clients+1 {
		if err := t.grow(ctx, max(n, 20*trickle)); err != nil {
			return err
		}
	}
	err := t.plan(ctx, t.next, t.next+n)
	t.next += n
	return err
}

// grow adds clients who can be written to, as fill does.
func (t *meeting) grow(ctx context.Context, n int) error {
	first := t.clients + 1
	t.clients += n
	return t.place.do(ctx,
		fmt.Sprintf(`INSERT INTO client (ref, name, kind, country, city, language, imported_on) SELECT 'C' || i, 'Client ' || i, 'company', 'FR', 'Lyon', 'fr', '2020-01-01' FROM generate_series(%d, %d) i`, first, t.clients),
		fmt.Sprintf(`INSERT INTO contact (client_id, key, name, email, email_key, main) SELECT id, 'k', 'Camille Martin', 'c' || id || '@example.com', 'c' || id || '@example.com', true FROM client WHERE id >= %d`, first),
		fmt.Sprintf(`INSERT INTO basis (contact_id, channel, kind, source, held_on) SELECT id, 'mail', 'information', 'CGV', '2020-01-01' FROM contact WHERE client_id >= %d`, first))
}

// pace plans 200 mails a second until it is told to stop.
func (t *meeting) pace(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := t.more(ctx, trickle/10); err != nil {
			return ignoreStop(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// flood plans two seconds' worth of mails whenever less waits, until it is told to stop.
func (t *meeting) flood(rate float64) func(context.Context) error {
	return func(ctx context.Context) error {
		batch := int(2 * rate)
		for waiting := 0; ; {
			if waiting < batch {
				if err := t.more(ctx, batch); err != nil {
					return ignoreStop(ctx, err)
				}
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(200 * time.Millisecond):
			}
			if err := t.store.Pool().QueryRow(ctx, `SELECT count(*) FROM touch WHERE state = 'planned'`).Scan(&waiting); err != nil {
				return ignoreStop(ctx, err)
			}
		}
	}
}

func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// settle takes back what waits, past what the worker holds, and waits for what is being sent.
func (t *meeting) settle(ctx context.Context) error {
	for busy := true; busy; {
		if err := t.place.do(ctx, `DELETE FROM touch WHERE id IN (SELECT id FROM touch WHERE state = 'planned' FOR UPDATE SKIP LOCKED)`); err != nil {
			return err
		}
		if err := t.store.Pool().QueryRow(ctx, `SELECT EXISTS (SELECT FROM touch WHERE state IN ('planned', 'sending'))`).Scan(&busy); err != nil {
			return err
		}
	}
	return nil
}

// latest is the 99th percentile from due to accepted, of clients after one.
func (t *meeting) latest(ctx context.Context, after int) (most time.Duration, err error) {
	err = t.store.Pool().QueryRow(ctx, `SELECT coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY sent_at - due_at), interval '0') FROM touch WHERE client_id > $1 AND state = 'sent'`, after).Scan(&most)
	return most, err
}

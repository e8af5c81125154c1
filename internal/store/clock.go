package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrBackInTime is returned when the clock would go back before something that was already decided.
var ErrBackInTime = errors.New("the clock does not go back")

// ErrClockWithMail is returned when the clock is shifted while a process can reach a real mail server.
var ErrClockWithMail = errors.New("the clock is moved only where mail stays on this machine")

// gone is how long a process may be silent before it is taken for dead (wall time).
const gone = 30 * time.Second

// Now is the business clock: wall time plus the shift in Postgres, so that every process agrees.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var shift time.Duration
	if err := s.pool.QueryRow(ctx, `SELECT shift FROM clock`).Scan(&shift); err != nil {
		return time.Time{}, fmt.Errorf("read the clock: %w", err)
	}
	return time.Now().Add(shift), nil
}

// ClockShift is how far the business clock is from wall time; 0 in real use.
func (s *Store) ClockShift(ctx context.Context) (time.Duration, error) {
	var shift time.Duration
	err := s.pool.QueryRow(ctx, `SELECT shift FROM clock`).Scan(&shift)
	if err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	return shift, nil
}

// SetClock makes the business clock show at, from now on, for every process. It is refused with ErrClockWithMail while
// a live process can reach a real mail server, and with ErrBackInTime when something was already decided later.
func (s *Store) SetClock(ctx context.Context, at time.Time) error {
	return s.tx(ctx, "set the clock", func(tx pgx.Tx) error {
		if err := refuseRemoteMail(ctx, tx); err != nil {
			return err
		}
		return moveClock(ctx, tx, at)
	})
}

// AdvanceClock moves the business clock forward, for the demo's bar. d must be positive.
func (s *Store) AdvanceClock(ctx context.Context, d time.Duration) (now time.Time, err error) {
	if d <= 0 {
		return now, fmt.Errorf("advance the clock by %s: %w", d, ErrBackInTime)
	}
	err = s.tx(ctx, "advance the clock", func(tx pgx.Tx) error {
		if err := refuseRemoteMail(ctx, tx); err != nil {
			return err
		}
		var shift time.Duration
		if err := tx.QueryRow(ctx, `SELECT shift FROM clock FOR UPDATE`).Scan(&shift); err != nil {
			return err
		}
		now = time.Now().Add(shift + d)
		return moveClock(ctx, tx, now)
	})
	return now, err
}

// Decided notes that something was decided at now: the clock is never set before it again.
func (s *Store) Decided(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE clock SET latest = $1 WHERE latest IS NULL OR latest < $1`, now)
	if err != nil {
		return fmt.Errorf("note the clock: %w", err)
	}
	return nil
}

func moveClock(ctx context.Context, tx pgx.Tx, at time.Time) error {
	var latest *time.Time
	if err := tx.QueryRow(ctx, `SELECT latest FROM clock FOR UPDATE`).Scan(&latest); err != nil {
		return err
	}
	at, err := notBefore(at, latest)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE clock SET shift = $1`, time.Until(at))
	return err
}

// notBefore returns at, or latest when at is less than a day behind it: two commands given the same RELANCE_CLOCK run
// one after the other, and the second goes on where the first stopped.
func notBefore(at time.Time, latest *time.Time) (time.Time, error) {
	if latest == nil || !at.Before(*latest) {
		return at, nil
	}
	if latest.Sub(at) < 24*time.Hour {
		return *latest, nil
	}
	return at, fmt.Errorf("%w: it would show %s, but decisions were taken at %s; use a fresh database to replay older data",
		ErrBackInTime, at.Format(time.RFC3339), latest.Format(time.RFC3339))
}

func refuseRemoteMail(ctx context.Context, tx pgx.Tx) error {
	var host string
	var pid int
	err := tx.QueryRow(ctx, `SELECT host, pid FROM process WHERE mail = 'remote' AND seen_at > now() - $1::interval LIMIT 1`, gone).Scan(&host, &pid)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: process %d on %s sends through a real mail server; stop it first", ErrClockWithMail, pid, host)
}

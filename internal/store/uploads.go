package store

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// uploadPart is how much of a file one row holds.
const uploadPart = 1 << 20

// ErrTooLarge is returned when a file is larger than it may be.
var ErrTooLarge = errors.New("the file is too large")

// Upload is a file that waits in the database, so that whichever process does its import finds it.
type Upload struct {
	ID     int64
	Name   string
	Size   int64  // bytes
	SHA256 string // in hexadecimal
	By     string
	At     time.Time
}

// SaveUpload stores what r gives, part by part. ErrTooLarge when it gives more than most bytes; then nothing is stored.
func (s *Store) SaveUpload(ctx context.Context, name, by string, r io.Reader, most int64, now time.Time) (Upload, error) {
	u := Upload{Name: name, By: by, At: now}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { // once: what was read is gone
		return u.save(ctx, tx, r, most, 0)
	})
	if err != nil {
		return u, fmt.Errorf("store file %q: %w", name, err)
	}
	return u, nil
}

func (u *Upload) save(ctx context.Context, tx pgx.Tx, r io.Reader, most, run int64) error {
	err := tx.QueryRow(ctx, `INSERT INTO upload (name, size, sha256, by, at, run_id) VALUES ($1, 0, '', $2, $3, nullif($4::bigint, 0)) RETURNING id`, u.Name, u.By, u.At, run).Scan(&u.ID)
	if err != nil {
		return err
	}
	sum := sha256.New()
	part := make([]byte, uploadPart)
	for n := 0; ; n++ {
		size, err := io.ReadFull(r, part)
		if u.Size += int64(size); u.Size > most {
			return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
		}
		if size > 0 {
			sum.Write(part[:size])
			if _, err := tx.Exec(ctx, `INSERT INTO upload_part (upload_id, n, data) VALUES ($1, $2, $3)`, u.ID, n, part[:size]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	u.SHA256 = hex.EncodeToString(sum.Sum(nil))
	_, err = tx.Exec(ctx, `UPDATE upload SET size = $2, sha256 = $3 WHERE id = $1`, u.ID, u.Size, u.SHA256)
	return err
}

// Upload tells of a stored file, or ErrNotFound: it never was, or it was purged.
func (s *Store) Upload(ctx context.Context, id int64) (Upload, error) {
	u := Upload{ID: id}
	err := s.pool.QueryRow(ctx, `SELECT name, size, sha256, by, at FROM upload WHERE id = $1 AND run_id IS NULL`, id).Scan(&u.Name, &u.Size, &u.SHA256, &u.By, &u.At)
	if err != nil {
		return u, fmt.Errorf("read file %d: %w", id, missing(err, "file", fmt.Sprint(id)))
	}
	return u, nil
}

// Spool is a stored file, brought to this machine for as long as it is open.
type Spool struct {
	Upload
	*os.File
}

// OpenUpload brings a stored file to a temporary one, which Close removes. ErrNotFound: it never was, or it was purged.
func (s *Store) OpenUpload(ctx context.Context, id int64) (*Spool, error) {
	u, err := s.Upload(ctx, id)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "relance-import-*")
	if err != nil {
		return nil, fmt.Errorf("open file %d: %w", id, err)
	}
	spool := &Spool{Upload: u, File: f}
	if err := s.copyParts(ctx, id, f); err != nil {
		return nil, errors.Join(fmt.Errorf("open file %d: %w", id, err), spool.Close())
	}
	return spool, nil
}

// Close closes the temporary file and removes it.
func (s *Spool) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.File.Name()))
}

// copyParts writes the parts of a file in their order, one at a time.
func (s *Store) copyParts(ctx context.Context, id int64, w io.Writer) error {
	rows, err := s.pool.Query(ctx, `SELECT data FROM upload_part WHERE upload_id = $1 ORDER BY n`, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := w.Write(rows.RawValues()[0]); err != nil {
			return err
		}
	}
	return rows.Err()
}

// KeepRejected stores the file of a run's rejected rows, packed, instead of an earlier one.
func (s *Store) KeepRejected(ctx context.Context, run int64, name, by string, write func(io.Writer) error, now time.Time) error {
	out, in := io.Pipe()
	go func() {
		packed := gzip.NewWriter(in)
		in.CloseWithError(errors.Join(write(packed), packed.Close()))
	}()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM upload WHERE run_id = $1`, run); err != nil {
			return err
		}
		u := Upload{Name: name, By: by, At: now}
		return u.save(ctx, tx, out, 1<<40, run)
	})
	out.CloseWithError(errCopyEnded)
	if err != nil {
		return fmt.Errorf("keep the rejected rows of import %d: %w", run, err)
	}
	return nil
}

// RejectedName is what the file of a run's rejected rows is called, or ErrNotFound: there is none, or it was purged.
func (s *Store) RejectedName(ctx context.Context, run int64) (string, error) {
	var name string
	err := s.pool.QueryRow(ctx, `SELECT name FROM upload WHERE run_id = $1`, run).Scan(&name)
	if err != nil {
		return "", fmt.Errorf("rejected rows: %w", missing(err, "import", fmt.Sprint(run)))
	}
	return name, nil
}

// RejectedFile writes the file of a run's rejected rows to w, or ErrNotFound before the first byte.
func (s *Store) RejectedFile(ctx context.Context, run int64, w io.Writer) error {
	var id int64
	if err := s.pool.QueryRow(ctx, `SELECT id FROM upload WHERE run_id = $1`, run).Scan(&id); err != nil {
		return fmt.Errorf("rejected rows: %w", missing(err, "import", fmt.Sprint(run)))
	}
	out, in := io.Pipe()
	defer out.Close()
	go func() { in.CloseWithError(s.copyParts(ctx, id, in)) }()
	packed, err := gzip.NewReader(out)
	if err != nil {
		return fmt.Errorf("rejected rows of import %d: %w", run, err)
	}
	if _, err := io.Copy(w, packed); err != nil {
		return fmt.Errorf("rejected rows of import %d: %w", run, err)
	}
	return nil
}

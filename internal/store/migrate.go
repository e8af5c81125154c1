package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchema is returned by CheckSchema when the database's schema is not the program's.
var ErrSchema = errors.New("the database schema does not fit this version of relance")

// Migrations are the numbered SQL files, for tests that key a template database by their content.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// SchemaStatus is where a database stands: the version it has and the one this program wants.
type SchemaStatus struct {
	Have, Want int64
	Applied    []string // by the last Migrate
}

// Migrate brings the database at url forward. Any number may run at once: one works, the rest wait.
func Migrate(ctx context.Context, url string) (SchemaStatus, error) {
	var status SchemaStatus
	err := withProvider(ctx, url, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		if err != nil {
			return err
		}
		for _, r := range results {
			status.Applied = append(status.Applied, r.Source.Path)
		}
		status.Have, status.Want, err = p.GetVersions(ctx)
		return err
	})
	if err != nil {
		return status, fmt.Errorf("migrate the database: %w", err)
	}
	return status, nil
}

// CheckSchema refuses a schema that is older or newer than the program's, with what to do.
func CheckSchema(ctx context.Context, url string) (SchemaStatus, error) {
	var status SchemaStatus
	err := withProvider(ctx, url, func(p *goose.Provider) (err error) {
		status.Have, status.Want, err = p.GetVersions(ctx)
		return err
	})
	switch {
	case err != nil:
		return status, fmt.Errorf("read the schema's version: %w", err)
	case status.Have < status.Want:
		return status, fmt.Errorf("%w: it is at %d, this program wants %d; run `relance migrate`", ErrSchema, status.Have, status.Want)
	case status.Have > status.Want:
		return status, fmt.Errorf("%w: it is at %d, this program knows only %d; install the newer relance", ErrSchema, status.Have, status.Want)
	}
	return status, nil
}

func withProvider(ctx context.Context, url string, work func(*goose.Provider) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	p, err := provider(db)
	if err != nil {
		return err
	}
	return work(p)
}

func provider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, Migrations(), goose.WithSessionLocker(locker))
}

package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrLink is returned for a log-in link that is unknown, used or expired; the reader is told no more than that.
var ErrLink = errors.New("this log-in link is not valid any more")

// User is a person of the company who logs in.
type User struct {
	ID       int64
	Name     string
	Email    string
	Role     string // marketer, rep, manager, colleague, operator
	RepID    int64  // 0: none
	RepRef   string
	Language string
	Active   bool
}

const userColumns = `u.id, u.name, u.email, u.role, coalesce(u.rep_id, 0) AS rep_id, coalesce(r.ref, '') AS rep_ref, u.language, u.active
	FROM app_user u LEFT JOIN rep r ON r.id = u.rep_id`

// AddUser makes a user, or changes name, role, rep and language of the one with this address.
func (s *Store) AddUser(ctx context.Context, u User, by string, now time.Time) (User, error) {
	if err := checkUser(u); err != nil {
		return u, err
	}
	err := s.tx(ctx, "add the user", func(tx pgx.Tx) error {
		var rep *int64
		if u.RepRef != "" {
			rep = new(int64)
			if err := tx.QueryRow(ctx, `SELECT id FROM rep WHERE ref = $1`, u.RepRef).Scan(rep); err != nil {
				return missing(err, "rep", u.RepRef)
			}
		}
		err := tx.QueryRow(ctx, `INSERT INTO app_user (name, email, role, rep_id, language) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (email) DO UPDATE SET name = $1, role = $3, rep_id = $4, language = $5, active = true RETURNING id`,
			u.Name, strings.ToLower(u.Email), u.Role, rep, u.Language).Scan(&u.ID)
		if err != nil {
			return err
		}
		return logEvent(ctx, tx, Event{At: now, By: by, What: "user.added", Noun: "user", Ref: fmt.Sprint(u.ID), Detail: map[string]any{"role": u.Role}})
	})
	return u, err
}

// SwitchUser lets a user in (on) or keeps him out: his sessions show nothing from the next page on, and his unspent links
// are gone. ErrNotFound without such a user, ErrConflict when it is so already.
func (s *Store) SwitchUser(ctx context.Context, id int64, on bool, by string, now time.Time) error {
	return s.tx(ctx, "switch the user", func(tx pgx.Tx) error {
		var was bool
		if err := tx.QueryRow(ctx, `SELECT active FROM app_user WHERE id = $1 FOR UPDATE`, id).Scan(&was); err != nil {
			return missing(err, "user", fmt.Sprint(id))
		}
		if was == on {
			return fmt.Errorf("user %d: %w", id, ErrConflict)
		}
		if _, err := tx.Exec(ctx, `UPDATE app_user SET active = $2 WHERE id = $1`, id, on); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM login_link WHERE user_id = $1 AND NOT $2`, id, on); err != nil {
			return err
		}
		what := map[bool]string{true: "user.switched_on", false: "user.switched_off"}[on]
		return logEvent(ctx, tx, Event{At: now, By: by, What: what, Noun: "user", Ref: fmt.Sprint(id)})
	})
}

func checkUser(u User) error {
	if err := email(u.Email); err != nil {
		return fmt.Errorf("user's address: %w", err)
	}
	if strings.TrimSpace(u.Name) == "" || len(u.Name) > 200 {
		return fmt.Errorf("user's name: want 1 to 200 bytes")
	}
	if err := oneOf("marketer", "rep", "manager", "colleague", "operator")(u.Role); err != nil {
		return fmt.Errorf("user's role: %w", err)
	}
	if u.Role == "rep" && u.RepRef == "" && u.RepID == 0 {
		return fmt.Errorf("a user with role rep needs the rep's ref")
	}
	return oneOf("fr", "en")(u.Language)
}

// Users lists everyone, active or not, by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` ORDER BY u.name, u.id`)
	if err != nil {
		return nil, fmt.Errorf("list the users: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[User])
}

// User returns an active user by id.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` WHERE u.id = $1 AND u.active`, id)
	if err != nil {
		return User{}, fmt.Errorf("read user %d: %w", id, err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[User])
	return u, missing(err, "user", fmt.Sprint(id))
}

// UserByEmail returns an active user by address.
func (s *Store) UserByEmail(ctx context.Context, address string) (User, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+userColumns+` WHERE u.email = $1 AND u.active`, strings.ToLower(address))
	if err != nil {
		return User{}, fmt.Errorf("read the user: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[User])
	return u, missing(err, "user", address)
}

// MakeLoginLink returns a token that logs the user in once (many: as often as one likes, for the demo) until valid has
// passed, in wall time. Only its hash is kept.
func (s *Store) MakeLoginLink(ctx context.Context, userID int64, valid time.Duration, many bool) (string, error) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(token))
	_, err := s.pool.Exec(ctx, `INSERT INTO login_link (hash, user_id, expires_at, many) VALUES ($1, $2, now() + $3::interval, $4)`, hash[:], userID, valid, many)
	if err != nil {
		return "", fmt.Errorf("make a log-in link for user %d: %w", userID, err)
	}
	return token, nil
}

// UseLoginLink spends the token and returns its user, or ErrLink.
func (s *Store) UseLoginLink(ctx context.Context, token string) (User, error) {
	hash := sha256.Sum256([]byte(token))
	var id int64
	err := s.pool.QueryRow(ctx, `UPDATE login_link SET used_at = now()
		WHERE hash = $1 AND expires_at > now() AND (many OR used_at IS NULL) RETURNING user_id`, hash[:]).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return User{}, ErrLink
	}
	if err != nil {
		return User{}, fmt.Errorf("use a log-in link: %w", err)
	}
	return s.User(ctx, id)
}

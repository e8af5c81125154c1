package testkit_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/relance/relance/internal/testkit"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	a, b := testkit.DB(t), testkit.DB(t)
	if _, err := a.Exec(t.Context(), "CREATE TABLE mine (n int)"); err != nil {
		t.Fatal(err)
	}
	var leaked, migrated bool
	const query = "SELECT to_regclass('mine') IS NOT NULL, to_regclass('touch') IS NOT NULL"
	if err := b.QueryRow(t.Context(), query).Scan(&leaked, &migrated); err != nil {
		t.Fatal(err)
	}
	if leaked || !migrated {
		t.Errorf("leaked %v, migrated %v; want false, true", leaked, migrated)
	}
}

func TestEachTestHasARedisOfItsOwn(t *testing.T) {
	a := testkit.Redis(t).MakeRedisClient().(redis.UniversalClient)
	b := testkit.Redis(t).MakeRedisClient().(redis.UniversalClient)
	defer a.Close()
	defer b.Close()
	if err := a.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := b.DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("size of the other Redis: %d, %v", n, err)
	}
}

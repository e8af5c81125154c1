package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/relance/relance/internal/store"
)

func TestCardsThatAreOpenTakeTheirPlaceInTheRepsDay(t *testing.T) {
	f := newLoop(t, welcome)
	f.exec(`UPDATE rep SET capacity = 4`)
	for i := range 12 {
		ref := fmt.Sprintf("c%02d", i)
		f.step(f.contact(ref, ref+"@example.com"), welcome, "call", "call", "first-order", "planned")
	}
	f.exec(`UPDATE client SET rep_id = 1, created_on = '2026-02-20'`)
	f.exec(`INSERT INTO orders (ref, client_id, ordered_on, amount, counts) SELECT ref, id, '2026-02-27', 1000, true FROM client`)
	f.refresh(paris(t, "2026-03-10 06:00"))
	f.exec(`UPDATE touch SET figures = '{"first_order_on": "2026-02-27"}', due_at = CASE WHEN id % 2 = 0 THEN $1::timestamptz ELSE $2 END`,
		paris(t, "2026-03-09 08:30"), paris(t, "2026-03-11 08:30"))
	f.open(paris(t, "2026-03-09 08:30"))                                                                      // six on Monday, who are not called: the rep is on the road
	f.exec(`UPDATE call SET due_at = $1 WHERE id = (SELECT min(id) FROM call)`, paris(t, "2026-03-12 10:00")) // one was agreed for Thursday
	now := paris(t, "2026-03-11 06:00")
	if _, err := f.Plan(f.ctx, now, store.PlanOptions{}); err != nil {
		t.Fatal(err)
	}
	due := func(day time.Time) int {
		return query[int](f, `SELECT count(*) FROM touch WHERE state = 'planned' AND due_at BETWEEN $1 AND $1::timestamptz + interval '1 day'`, day)
	}
	// Five cards are left for Wednesday, where four fit; Thursday has one.
	if wednesday, thursday, friday := due(paris(t, "2026-03-11 00:00")), due(paris(t, "2026-03-12 00:00")), due(paris(t, "2026-03-13 00:00")); wednesday != 0 || thursday != 3 || friday != 3 {
		t.Errorf("planned calls: %d on Wednesday, %d on Thursday, %d on Friday; want 0, 3 and 3", wednesday, thursday, friday)
	}
}

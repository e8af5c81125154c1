package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

// rounds is how often what is measured and its floor are done in turn: a machine has its moods. The better of each counts.
const rounds = 2

// imports reads a file of order lines twice. What is beside it is \copy of the same rows, ready made and with their ids
// known, into the same tables with the same indexes and keys.
func imports(ctx context.Context, o options) ([]figure, error) {
	n := o.size(1_000_000)
	p, err := newPlace(ctx, o.log)
	if err != nil {
		return nil, err
	}
	defer p.close()
	clients := max(n/50, 10)
	if err := p.do(ctx, fmt.Sprintf(`INSERT INTO client (ref, name, kind, country, imported_on) SELECT 'C' || i, 'Client ' || i, 'company', 'FR', '2020-01-01' FROM generate_series(1, %d) i`, clients), `ANALYZE`); err != nil {
		return nil, err
	}
	file := p.file("orders.csv")
	orders, err := writeOrders(file, n, clients)
	if err != nil {
		return nil, err
	}
	p.say("import: %d lines of %d orders of %d clients", n, orders, clients)
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	var first, second, floor, memory []float64
	for range rounds {
		for _, pass := range []*[]float64{&first, &second} {
			d, err := p.runChild(ctx, task{What: "import", Now: now, File: file}, o.profile)
			if err != nil {
				return nil, err
			}
			*pass, memory = append(*pass, d.Seconds), append(memory, d.PeakMB)
		}
		took, err := p.orderFloor(ctx)
		if err != nil {
			return nil, err
		}
		p.say("import: \\copy of the same rows: %.1f s", took.Seconds())
		floor = append(floor, took.Seconds())
	}
	lines := float64(n)
	return []figure{
		beside("new lines", lines/slices.Min(first), "rows/s", `\copy`, lines/slices.Min(floor), 0.6).
			noted("%d lines of %d orders of %d clients, from opening the file to the commit; best of %d", n, orders, clients, rounds),
		beside("the same file again", lines/slices.Min(second), "rows/s", "new lines", lines/slices.Min(first), 2),
		{Name: "peak memory", Value: slices.Max(memory), Unit: "MB", Note: "of the importing process"},
	}, nil
}

// writeOrders writes a file of n lines as a company's system would export it, and returns how many orders it holds: one
// to six lines each, three years, 800 products.
func writeOrders(name string, n, clients int) (orders int, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "order,line,client,ordered_on,delivered_on,product,quantity,unit_price,amount")
	random := rand.New(rand.NewPCG(3, 1))
	first := time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)
	for made := 0; made < n; {
		orders++
		client, day := 1+random.IntN(clients), first.AddDate(0, 0, random.IntN(3*365))
		lines := 1 + random.IntN(6)
		for line := 1; line <= lines && made < n; line++ {
			quantity, cents := 1+random.IntN(40), 100+random.IntN(30000)
			fmt.Fprintf(w, "O%07d,%d,C%d,%s,%s,P%03d,%d,%d.%02d,%d.%02d\n", orders, line, client, day.Format(time.DateOnly), day.AddDate(0, 0, 3).Format(time.DateOnly),
				random.IntN(800), quantity, cents/100, cents%100, quantity*cents/100, quantity*cents%100)
			made++
		}
	}
	return orders, w.Flush()
}

// orderFloor takes the imported rows out and copies them into the emptied tables; these are empty again afterwards.
func (p *place) orderFloor(ctx context.Context) (time.Duration, error) {
	for _, table := range []string{"orders", "order_line"} {
		if err := p.copyOut(ctx, `SELECT * FROM `+table+` ORDER BY 1, 2`, table); err != nil {
			return 0, err
		}
	}
	const empty = `TRUNCATE orders, order_line, client_stale`
	if err := p.do(ctx, empty, `CHECKPOINT`); err != nil {
		return 0, err
	}
	var all time.Duration
	for _, table := range []string{"orders", "order_line"} {
		took, err := p.copyIn(ctx, table, table)
		if err != nil {
			return 0, err
		}
		all += took
	}
	return all, p.do(ctx, empty)
}

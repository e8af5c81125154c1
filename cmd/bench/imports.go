package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// rounds is how often what is measured and its floor are done in turn: a machine has its moods. The better of each counts.
const rounds = 2

// importMemory is what an import may need at any size, in MB.
const importMemory = 150

// imports reads files of order lines twice. What is beside it is \copy of the same rows, ready made and with their ids
// known, into the same tables with the same indexes and keys.
func imports(ctx context.Context, o options) ([]figure, error) {
	p, err := newPlace(ctx, o.log)
	if err != nil {
		return nil, err
	}
	defer p.close()
	n := o.size(1_000_000)
	clients := max(n/50, 10)
	if err := p.clients(ctx, clients); err != nil {
		return nil, err
	}
	file := p.file("orders.csv")
	orders, err := writeOrders(file, n, clients)
	if err != nil {
		return nil, err
	}
	figures, err := p.twice(ctx, o, file, "", fmt.Sprintf("%d lines of %d orders of %d clients", n, orders, clients))
	if err != nil {
		return nil, err
	}
	books, err := p.workbook(ctx, o, n/4, clients)
	if err != nil {
		return nil, err
	}
	retail, err := p.retail(ctx, o)
	return slices.Concat(figures, books, retail), err
}

// clients makes those whose orders come.
func (p *place) clients(ctx context.Context, n int) error {
	return p.do(ctx, fmt.Sprintf(`INSERT INTO client (ref, name, kind, country, imported_on) SELECT 'C' || i, 'Client ' || i, 'company', 'FR', '2020-01-01' FROM generate_series(1, %d) i`, n), `ANALYZE`)
}

// twice imports a file, imports it again, and copies the rows that resulted; which says in the figures' names what it is.
func (p *place) twice(ctx context.Context, o options, file, which, what string) ([]figure, error) {
	p.say("import: %s", what)
	var first, second, floor, memory []float64
	var lines, rewritten float64
	for range rounds {
		d, err := p.importChild(ctx, o, file)
		if err != nil {
			return nil, err
		}
		first, memory, lines = append(first, d.Seconds), append(memory, d.PeakMB), float64(d.Read)
		next, err := p.nextTransaction(ctx)
		if err != nil {
			return nil, err
		}
		if d, err = p.importChild(ctx, o, file); err != nil {
			return nil, err
		}
		second, memory = append(second, d.Seconds), append(memory, d.PeakMB)
		changed, err := p.writtenSince(ctx, next)
		if err != nil {
			return nil, err
		}
		rewritten = max(rewritten, changed)
		took, err := p.orderFloor(ctx)
		if err != nil {
			return nil, err
		}
		p.say("import: \\copy of the same rows: %.1f s", took.Seconds())
		floor = append(floor, took.Seconds())
	}
	return []figure{
		beside(which+"new lines", lines/slices.Min(first), "rows/s", `\copy`, lines/slices.Min(floor), 0.7).noted("%s, from opening the file to the commit; best of %d", what, rounds),
		beside(which+"the same file again", lines/slices.Min(second), "rows/s", "new lines", lines/slices.Min(first), 2),
		atMost(which+"rows written by the same file again", rewritten, "rows", 0).noted("orders and order_line, by the transaction that each row bears"),
		atMost(which+"peak memory", slices.Max(memory), "MB", importMemory).noted("of the importing process"),
	}, nil
}

func (p *place) importChild(ctx context.Context, o options, file string) (done, error) {
	return p.runChild(ctx, task{What: "import", Now: benchNow, File: file}, o.profile)
}

// benchNow is a Tuesday morning.
var benchNow = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// nextTransaction is the number that the next transaction may have; the cluster is too young for numbers to come twice.
func (p *place) nextTransaction(ctx context.Context) (next int64, err error) {
	err = p.store.Pool().QueryRow(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`).Scan(&next)
	return next, err
}

// writtenSince counts the rows of orders that a transaction from first on has written.
func (p *place) writtenSince(ctx context.Context, first int64) (rows float64, err error) {
	err = p.store.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM orders WHERE xmin::text::bigint >= $1) + (SELECT count(*) FROM order_line WHERE xmin::text::bigint >= $1)`, first).Scan(&rows)
	return rows, err
}

const emptyOrders = `TRUNCATE orders, order_line, client_stale`

// workbook imports the same lines from a sheet and from CSV.
func (p *place) workbook(ctx context.Context, o options, n, clients int) ([]figure, error) {
	sheet, plain := p.file("orders.xlsx"), p.file("orders-of-sheet.csv")
	if err := writeWorkbook(sheet, n, clients); err != nil {
		return nil, err
	}
	if _, err := writeOrders(plain, n, clients); err != nil {
		return nil, err
	}
	p.say("import: %d lines from a workbook, and from CSV", n)
	best := map[string]done{}
	for range rounds {
		for _, file := range []string{sheet, plain} {
			d, err := p.importChild(ctx, o, file)
			if err != nil {
				return nil, err
			}
			if before, again := best[file]; !again || d.Seconds < before.Seconds {
				d.PeakMB = max(d.PeakMB, before.PeakMB)
				best[file] = d
			}
			if err := p.do(ctx, emptyOrders); err != nil {
				return nil, err
			}
		}
	}
	lines := float64(n)
	return []figure{
		beside("workbook, new lines", lines/best[sheet].Seconds, "rows/s", "CSV", lines/best[plain].Seconds, 0.4).noted("%d lines, days as a workbook keeps them", n),
		atMost("workbook, peak memory", best[sheet].PeakMB, "MB", importMemory),
	}, nil
}

// retail imports two years of a real shop, where the file is at hand.
func (p *place) retail(ctx context.Context, o options) ([]figure, error) {
	packed, err := os.Open(filepath.Join(o.data, "online_retail", "online_retail_2010_2011.csv.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		p.say("import: the real file is not at hand (-data)")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	file := p.file("retail.csv")
	refs, err := unpackRetail(packed, file)
	if err != nil {
		return nil, err
	}
	_, err = p.store.Pool().Exec(ctx, `INSERT INTO client (ref, name, kind, country, imported_on) SELECT r, 'Client ' || r, 'company', 'GB', '2009-01-01' FROM unnest($1::text[]) r`, refs)
	if err != nil {
		return nil, err
	}
	return p.twice(ctx, o, file, "a real shop, ", fmt.Sprintf("the orders of %d clients, a quarter of the lines without a client and rejected", len(refs)))
}

// unpackRetail writes the file as it is and gives the clients that it names.
func unpackRetail(packed io.Reader, name string) (refs []string, err error) {
	in, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	out, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	rows := csv.NewReader(io.TeeReader(in, out))
	rows.ReuseRecord = true
	seen := map[string]bool{"": true, "CustomerID": true}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return refs, out.Close()
		}
		if err != nil {
			return nil, err
		}
		if ref := strings.TrimSuffix(row[6], ".0"); !seen[ref] { // as the import reads it
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
}

// orderFloor takes the imported rows out and copies them into the emptied tables; these are empty again afterwards.
func (p *place) orderFloor(ctx context.Context) (time.Duration, error) {
	for _, table := range []string{"orders", "order_line"} {
		if err := p.copyOut(ctx, `SELECT * FROM `+table+` ORDER BY 1, 2`, table); err != nil {
			return 0, err
		}
	}
	if err := p.do(ctx, emptyOrders, `CHECKPOINT`); err != nil {
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
	return all, p.do(ctx, emptyOrders)
}

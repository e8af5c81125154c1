package main

import (
	"bufio"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"time"

	"github.com/xuri/excelize/v2"
)

// orderRow is a line of an order as a company's system exports it.
type orderRow struct {
	order, line, client int
	day, delivered      time.Time
	product, quantity   int
	cents               int // of the unit price
}

// orderRows makes n lines, always the same: orders of one to six lines each, three years, 800 products.
func orderRows(n, clients int) iter.Seq[orderRow] {
	return func(yield func(orderRow) bool) {
		random := rand.New(rand.NewPCG(3, 1))
		first := time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)
		for made, order := 0, 1; made < n; order++ {
			r := orderRow{order: order, client: 1 + random.IntN(clients), day: first.AddDate(0, 0, random.IntN(3*365))}
			r.delivered = r.day.AddDate(0, 0, 3)
			lines := 1 + random.IntN(6)
			for r.line = 1; r.line <= lines && made < n; r.line++ {
				r.quantity, r.cents, r.product = 1+random.IntN(40), 100+random.IntN(30000), random.IntN(800)
				made++
				if !yield(r) {
					return
				}
			}
		}
	}
}

var orderHeadings = []any{"order", "line", "client", "ordered_on", "delivered_on", "product", "quantity", "unit_price", "amount"}

// writeOrders writes n lines as CSV and returns how many orders they are.
func writeOrders(name string, n, clients int) (orders int, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for i, heading := range orderHeadings {
		if i > 0 {
			w.WriteByte(',')
		}
		fmt.Fprint(w, heading)
	}
	w.WriteByte('\n')
	for r := range orderRows(n, clients) {
		orders = r.order
		fmt.Fprintf(w, "O%07d,%d,C%d,%s,%s,P%03d,%d,%d.%02d,%d.%02d\n", r.order, r.line, r.client, r.day.Format(time.DateOnly), r.delivered.Format(time.DateOnly),
			r.product, r.quantity, r.cents/100, r.cents%100, r.quantity*r.cents/100, r.quantity*r.cents%100)
	}
	return orders, w.Flush()
}

// writeWorkbook writes the same lines to a sheet, numbers as numbers and days as days.
func writeWorkbook(name string, n, clients int) error {
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	day, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return err
	}
	if err := sheet.SetRow("A1", orderHeadings); err != nil {
		return err
	}
	at := 1
	for r := range orderRows(n, clients) {
		at++
		cell, err := excelize.CoordinatesToCellName(1, at)
		if err != nil {
			return err
		}
		err = sheet.SetRow(cell, []any{fmt.Sprintf("O%07d", r.order), r.line, fmt.Sprintf("C%d", r.client), excelize.Cell{StyleID: day, Value: r.day}, excelize.Cell{StyleID: day, Value: r.delivered},
			fmt.Sprintf("P%03d", r.product), r.quantity, float64(r.cents) / 100, float64(r.quantity*r.cents) / 100})
		if err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return book.SaveAs(name)
}

package store_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

// A French open data file in `;`, with headings that need a map, and much dirt. The figures are those of the data's
// README, and of a count in another language: 5,232 addresses in lower case, 1 row without, 1 that is no address.
func TestCampingsComeIn(t *testing.T) {
	db := testkit.DB(t)
	st := store.New(db)
	text := string(dataFile(t, "fr_campings/campings.csv"))
	o := importer.Options{Map: map[string]string{"ref": "COURRIEL", "name": "NOM COMMERCIAL", "created_on": "DATE DE CLASSEMENT"}}
	r := importText(t, st, importer.Clients, text, store.ImportSpec{}, o)
	if r.Read != 5411 || r.Updated+r.Unchanged != 0 {
		t.Errorf("read %d, %v", r.Read, counts(r))
	}
	missing, twice := 0, 0
	for _, j := range r.Rejections {
		switch {
		case j.Column == "ref" && j.Reason == "empty, but needed":
			missing++
		case j.Column == "ref" && strings.HasPrefix(j.Reason, "the same as on line "):
			twice++
		default:
			t.Errorf("line %d, %s: %s", j.Line, j.Column, j.Reason)
		}
	}
	if missing != 1 || r.Created != distinctAddresses(t, text) || twice != 5410-int(r.Created) {
		t.Errorf("%d without a ref, %d twice, %d created", missing, twice, r.Created)
	}
	if got := ask[string](t, db, `SELECT concat_ws(' ', min(created_on), max(created_on), count(*) FILTER (WHERE name ~ '[\u0080-\u009f]')) FROM client`); got != "2009-12-29 2013-06-07 0" {
		t.Errorf("dates and broken signs: %s", got)
	}
	if got := ask[string](t, db, `SELECT concat_ws('|', name, postcode, city, phone_e164, attributes->>'nombre_d_emplacements', attributes->>'site_internet') FROM client WHERE ref = 'camping.rio@free.fr'`); got != "CAMPING LE RIO|80860|NOYELLES-SUR-MER|+33322232838|265|www.camping-lerio.fr" {
		t.Errorf("a camping: %s", got)
	}
	wantCounts(t, "again", importText(t, st, importer.Clients, text, store.ImportSpec{}, o), [4]int64{0, 0, r.Created, r.Rejected})
}

// distinctAddresses counts them with another reader.
func distinctAddresses(t *testing.T, text string) int64 {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes = ';', true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range all[1:] {
		if a := strings.TrimSpace(row[11]); a != "-" && a != "" {
			seen[a] = true
		}
	}
	return int64(len(seen))
}

// Half a million lines of a British shop, with lines without a client, credit notes, and prices of three decimals. The
// figures are those of the data's README. It takes a while, so a short run leaves it out.
func TestOnlineRetailComesIn(t *testing.T) {
	if testing.Short() {
		t.Skip("half a million lines")
	}
	if os.Getenv("RELANCE_TEST_SLOW") == "" {
		t.Skip("half a million lines: set RELANCE_TEST_SLOW=1")
	}
	db := testkit.DB(t)
	st := store.New(db)
	zipped, err := gzip.NewReader(bytes.NewReader(dataFile(t, "online_retail/online_retail_2010_2011.csv.gz")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	all := rows(t, text)
	clients := map[string]bool{}
	for _, row := range all[1:] {
		clients[row[6]] = true
	}
	delete(clients, "")
	var file strings.Builder
	file.WriteString("ref,name\n")
	for ref := range clients {
		file.WriteString(ref + ",Client " + ref + "\n")
	}
	wantCounts(t, "clients", put(t, st, importer.Clients, file.String()), [4]int64{4372, 0, 0, 0})
	r := importText(t, st, importer.Orders, string(text), store.ImportSpec{}, importer.Options{})
	wantCounts(t, "lines", importer.Report{Created: r.Created, Rejected: r.Rejected, Updated: r.Updated}, [4]int64{541909 - 135080, 0, 0, 135080})
	for sql, want := range map[string]string{
		`SELECT concat_ws(' ', trim_scale(sum(amount)), min(ordered_on), max(ordered_on)) FROM orders`: "8300065.814 2010-12-01 2011-12-09",
		`SELECT concat_ws(' ', count(*), count(DISTINCT o.id), count(DISTINCT client_id), trim_scale(sum(l.amount))) FROM order_line l JOIN orders o ON o.id = l.order_id
			WHERE o.ref NOT LIKE 'C%' AND quantity > 0 AND unit_price > 0`: "397884 18532 4338 8911407.904",
	} {
		if got := ask[string](t, db, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5"
)

// duplicates looks for clients that are there twice among many.
func duplicates(ctx context.Context, o options) ([]figure, error) {
	p, err := newPlace(ctx, o.log)
	if err != nil {
		return nil, err
	}
	defer p.close()
	n := o.size(100_000)
	twice, err := p.firms(ctx, n)
	if err != nil {
		return nil, err
	}
	p.say("duplicates: %d clients, %d of them twice", n, twice)
	d, err := p.runChild(ctx, task{What: "duplicates", Now: benchNow}, o.profile)
	if err != nil {
		return nil, err
	}
	return []figure{
		atMost("search", d.Seconds, "s", 30).noted("%d clients, of which %d were written a second time another way; %s", n, twice, d.Words),
		{Name: "peak memory", Value: d.PeakMB, Unit: "MB", Note: "of the searching process"},
	}, nil
}

// Words that names of firms are made of.
var (
	trades    = []string{"Boulangerie", "Garage", "Menuiserie", "Hôtel", "Pharmacie", "Transports", "Électricité", "Plomberie", "Restaurant", "Imprimerie", "Camping", "Domaine", "Ateliers", "Cabinet", "Librairie"}
	legal     = []string{"", "", "SARL ", "SAS ", "Ets "}
	syllables = []string{"ba", "ber", "bon", "chan", "cour", "dar", "del", "du", "fer", "gau", "gi", "jou", "la", "le", "mar", "mo", "nan", "per", "quin", "rous", "sau", "ten", "tri", "val", "ver"}
)

// firms makes n clients, of which every thirtieth is an earlier one written another way, and says how many these are.
func (p *place) firms(ctx context.Context, n int) (twice int, err error) {
	random := rand.New(rand.NewPCG(7, 4))
	surname := func() string {
		name := syllables[random.IntN(len(syllables))] + syllables[random.IntN(len(syllables))] + syllables[random.IntN(len(syllables))]
		return strings.ToUpper(name[:1]) + name[1:]
	}
	towns := make([]string, 2000)
	for i := range towns {
		towns[i] = surname() + "-sur-" + surname()
	}
	rows := make([][]any, 0, n)
	for i := range n {
		town := random.IntN(len(towns))
		name, phone := legal[random.IntN(len(legal))]+trades[random.IntN(len(trades))]+" "+surname(), fmt.Sprintf("+331%08d", i)
		if i%30 == 29 {
			twice++
			earlier := rows[random.IntN(len(rows))]
			name, phone, town = strings.ToUpper(earlier[1].(string))+" ET FILS", earlier[4].(string), earlier[5].(int)
		}
		rows = append(rows, []any{fmt.Sprintf("C%d", i), name, "company", "FR", phone, town, benchNow})
	}
	_, err = p.store.Pool().CopyFrom(ctx, pgx.Identifier{"client"}, []string{"ref", "name", "kind", "country", "phone_e164", "postcode", "city", "imported_on"}, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		r := rows[i]
		town := r[5].(int)
		return []any{r[0], r[1], r[2], r[3], r[4], fmt.Sprintf("%05d", 1000+town*40), towns[town], r[6]}, nil
	}))
	if err != nil {
		return 0, fmt.Errorf("make %d clients: %w", n, err)
	}
	return twice, p.do(ctx, `ANALYZE`)
}

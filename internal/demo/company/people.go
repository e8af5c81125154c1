package company

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
)

// phone makes a number of fiction.
func phone(r *rand.Rand, region int) string {
	return fmt.Sprintf("%s %02d %02d", numberRange(region), r.IntN(100), r.IntN(100))
}

func repFile() File {
	t := newTable("ref", "name", "email", "phone", "inside", "capacity")
	for i, name := range []string{"Élise Marchand", "Yann Kerbrat", "Mathilde Roussel", "Karim Benali", "Sophie Lambert", "Hugo Perrin"} {
		inside := "no"
		if i >= 4 {
			inside = "yes"
		}
		t.row(fmt.Sprintf("R%d", i+1), name, strings.ReplaceAll(slug(name), "-", ".")+"@brunel.example", fmt.Sprintf("06 39 98 10 %02d", i+1), inside, "")
	}
	return t.file(importer.Reps)
}

func (c *Company) clientFile(everyone []client, from, to calendar.Date) File {
	t := newTable("ref", "name", "kind", "sector", "address", "postcode", "city", "country", "language", "phone", "rep", "inside_rep",
		"potential", "visits_per_year", "blocked", "created_on")
	for _, k := range everyone {
		if !inside(k.created, from, to) {
			continue
		}
		r := c.stream(k.number, forContacts)
		potential, visits := "", ""
		if k.rhythm > 0 && k.character != small {
			potential, visits = money(float64(int(k.basket*365/k.rhythm/500)+1)*500), pick(r, []string{"2", "4", "4", "6"})
		}
		t.row(k.ref, k.name, k.kind, k.trade.sector, k.street, k.place.postcode, k.place.city, k.place.country, k.place.language,
			phone(r, k.place.region), k.rep, k.inside, potential, visits, k.blocked, k.created.String())
	}
	return t.file(importer.Clients)
}

// contactFile gives each client a person or two, sometimes only a shared address, and now and then nobody to write to.
func (c *Company) contactFile(everyone []client, from, to calendar.Date) File {
	t := newTable("client", "ref", "name", "role", "email", "phone", "main", "mail_basis", "call_basis", "basis_source", "basis_on")
	for _, k := range everyone {
		if !inside(k.created, from, to) {
			continue
		}
		r := c.stream(k.number, forContacts+8)
		domain := fmt.Sprintf("%s-%d.example", slug(k.name), k.number)
		for i := range between(r, 1, 2) {
			name := pick(r, firstNames()) + " " + pick(r, surnames())
			email := strings.ReplaceAll(slug(name), "-", ".") + "@" + domain
			role := pick(r, [][]string{{"gérance", "responsable", "chef de cuisine"}, {"comptable", "responsable des achats", "second de cuisine"}}[i])
			mailBasis, callBasis, source, on := "information", "", "CGV 2024, art. 12", k.created.String()
			switch {
			case k.kind == "consumer":
				mailBasis, callBasis, source = "consent", []string{"consent", ""}[k.number%2], "formulaire du magasin"
			case k.number%19 == 4 && i == 0:
				name, email, mailBasis = "Accueil", "contact@"+domain, "generic"
			case k.number%23 == 6:
				email, mailBasis, source, on = "", "", "", ""
			case k.number%31 == 9:
				mailBasis, source, on = "", "", ""
			}
			main := "no"
			if i == 0 {
				main = "yes"
			}
			t.row(k.ref, fmt.Sprintf("%s-%d", k.ref, i+1), name, role, email, phone(r, 0), main, mailBasis, callBasis, source, on)
		}
	}
	return t.file(importer.Contacts)
}

// contractFile holds framework agreements and tenders that end around the anchor and in the year after it.
func (c *Company) contractFile() File {
	t := newTable("ref", "client", "kind", "starts_on", "ends_on", "notice_days", "amount")
	for _, k := range c.clients {
		if k.number%31 != 10 || k.first.IsZero() {
			continue
		}
		r := c.stream(k.number, forContract)
		ends := c.anchor + calendar.Date(between(r, -60, 400))
		t.row(fmt.Sprintf("CT-%04d", k.number), k.ref, pick(r, []string{"framework", "tender"}), ends.AddMonths(-24).String(), ends.String(),
			pick(r, []string{"60", "90", ""}), money(float64(between(r, 4, 40))*500))
	}
	return t.file(importer.Contracts)
}

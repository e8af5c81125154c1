package unify_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance/relance/internal/clients"
	"github.com/relance/relance/internal/unify"
)

// find returns what is found among clients numbered from 1.
func find(list ...unify.Client) unify.Found {
	var f unify.Finder
	for i, c := range list {
		c.ID = int64(i + 1)
		f.Add(c)
	}
	return f.Find()
}

func codes(p unify.Pair) string {
	var list []string
	for _, r := range p.Reasons {
		list = append(list, string(r.Code))
	}
	return strings.Join(list, " ")
}

func TestTwoClients(t *testing.T) {
	type c = unify.Client
	for _, test := range []struct {
		name    string
		a, b    c
		kind    unify.Kind // empty: nothing is proposed
		reasons string
	}{
		{"one SIREN, one town, another name", c{Name: "SARL Le Fournil", SIREN: "732829320", City: "Lyon"}, c{Name: "Boulangerie Martin", SIREN: "732829320", City: "LYON"}, unify.Same, "same_siren same_place other_name"},
		{"one SIREN, nothing else known", c{Name: "Durand", SIREN: "732829320"}, c{Name: "Ets Durand", SIREN: "732829320"}, unify.Same, "same_siren same_name"},
		{"one SIREN in two towns is a firm with branches", c{Name: "Durand", SIREN: "732829320", City: "Lyon"}, c{Name: "Durand", SIREN: "732829320", City: "Nantes"}, unify.Branches, "same_siren same_name other_place"},
		{"one SIREN at two addresses of a town is a firm with branches", c{Name: "Durand", SIREN: "732829320", City: "Lyon", Address: "3 rue de la Paix"}, c{Name: "Durand", SIREN: "732829320", City: "Lyon", Address: "40 avenue Foch"}, unify.Branches, "same_siren same_name same_place other_address"},
		{"branches in one group already are left alone", c{Ref: "A", Name: "Durand", SIREN: "732829320", City: "Lyon", Group: "B"}, c{Ref: "B", Name: "Durand", SIREN: "732829320", City: "Nantes"}, "", ""},
		{"one VAT number", c{Name: "Van Damme NV", VAT: "BE0428759497"}, c{Name: "Vandamme", VAT: "BE0428759497"}, unify.Same, "same_vat same_name"},
		{"one mail domain and a similar name", c{Name: "Menuiserie Lefèvre", City: "Rennes", Mails: []string{"a@lefevre.example"}}, c{Name: "Lefevre Menuiserie SARL", City: "RENNES CEDEX", Mails: []string{"b@lefevre.example"}}, unify.Same, "same_domain similar_name same_place"},
		{"a mail domain that anyone can have says nothing", c{Name: "Dupont", Mails: []string{"a@orange.fr"}}, c{Name: "Durand", Mails: []string{"b@orange.fr"}}, "", ""},
		{"one telephone number in one town", c{Name: "Hôtel du Port", City: "Brest", Phones: []string{"+33298000000"}}, c{Name: "SAS Bellec", City: "Brest", Phones: []string{"+33298000000"}}, unify.Same, "same_phone same_place other_name"},
		{"one mailbox, two names in one town, is one owner", c{Name: "Camping des Flots", City: "Vias", Mails: []string{"a@vias.example"}}, c{Name: "Camping Floride", City: "Vias", Mails: []string{"a@vias.example"}}, unify.Branches, "same_mail same_place other_name"},
		{"one number, one address, another name", c{Name: "Hôtel du Port", City: "Brest", Address: "3, rue de Siam", Phones: []string{"+33298000000"}}, c{Name: "SAS Bellec", City: "Brest", Address: "3 R. DE SIAM", Phones: []string{"+33298000000"}}, unify.Same, "same_phone same_address other_name"},
		{"one telephone number and a similar name", c{Name: "Garage Petit", Phones: []string{"+33298000000"}}, c{Name: "Petit Garage SARL", Phones: []string{"+33298000000"}}, unify.Same, "same_phone similar_name"},
		{"a similar name in one town", c{Name: "Ets Pouliquen & Fils", Postcode: "29200", City: "Brest"}, c{Name: "POULIQEN ET FILS S.A.R.L.", Postcode: "29200", City: "BREST"}, unify.Same, "similar_name same_place"},
		{"a postcode without its zero", c{Name: "Camping Catalan", Postcode: "6600", City: "Antibes"}, c{Name: "CAMPING CATALAN", Postcode: "06600", City: "Antibes"}, unify.Same, "same_name same_place"},
		{"Saint and St", c{Name: "St-Gobain", City: "Saint-Denis"}, c{Name: "SAINT GOBAIN", City: "St Denis"}, unify.Same, "same_name same_place"},
		{"an equal name in two towns", c{Name: "Camping du Lac", City: "Annecy"}, c{Name: "Camping du Lac", City: "Gérardmer"}, "", ""},
		{"an equal name in two towns of one name", c{Name: "Café du Centre", City: "Saint-Denis", Postcode: "93200"}, c{Name: "Café du Centre", City: "Saint-Denis", Postcode: "97400"}, "", ""},
		{"two shops of a chain in one town, by their numbers", c{Name: "Promo 12", City: "Lille"}, c{Name: "Promo 13", City: "Lille"}, "", ""},
		{"two SIRENs are two firms, whatever the name", c{Name: "Durand", City: "Lyon", SIREN: "732829320"}, c{Name: "Durand", City: "Lyon", SIREN: "552100554"}, "", ""},
		{"legal forms of two countries", c{Name: "Müller GmbH & Co. KG", City: "Köln"}, c{Name: "Mueller Müller", City: "Bonn"}, "", ""},
		{"one firm in another legal form", c{Name: "Müller GmbH & Co. KG", City: "Köln"}, c{Name: "MULLER AG", City: "Koln"}, unify.Same, "same_name same_place"},
		{"another spelling of spaces", c{Name: "Euro Disney SCA", City: "Chessy"}, c{Name: "Eurodisney sca", City: "Chessy"}, unify.Same, "same_name same_place"},
		{"nothing known but other names", c{Name: "Dupont"}, c{Name: "Durand"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, list := range [][]c{{test.a, test.b}, {test.b, test.a}} { // it does not matter who came first
				got := find(list...)
				if test.kind == "" {
					if len(got.Pairs) > 0 {
						t.Fatalf("proposed %+v", got.Pairs)
					}
					continue
				}
				if len(got.Pairs) != 1 || got.Pairs[0].Kind != test.kind || codes(got.Pairs[0]) != test.reasons {
					t.Fatalf("got %+v, want %s because of %s", got.Pairs, test.kind, test.reasons)
				}
			}
		})
	}
}

// A franchise: two hundred clients with the head office's number and mailbox.
func TestASwitchboardMakesNoPairs(t *testing.T) {
	var list []unify.Client
	for i := range 200 {
		list = append(list, unify.Client{Name: fmt.Sprintf("Promocash %s", string(rune('a'+i%26))+string(rune('a'+i/26))+"ville"), City: fmt.Sprintf("Town%d", i),
			Postcode: fmt.Sprintf("%05d", 10000+i*400), Phones: []string{"+33140000000"}, Mails: []string{"siege@promocash.example"}})
	}
	got := find(list...)
	if len(got.Pairs) > 0 {
		t.Errorf("%d pairs, such as %+v", len(got.Pairs), got.Pairs[0])
	}
	want := []unify.Crowd{{Code: unify.SamePhone, Value: "+33140000000", Clients: 200}, {Code: unify.SameDomain, Value: "promocash.example", Clients: 200}, {Code: unify.SameMail, Value: "siege@promocash.example", Clients: 200}}
	for _, w := range want {
		if !slices.Contains(got.Crowds, w) {
			t.Errorf("crowds %+v, want %+v", got.Crowds, w)
		}
	}
}

func TestAFirmWithManyBranchesIsToldOnceForEach(t *testing.T) {
	var list []unify.Client
	for i := range 300 {
		list = append(list, unify.Client{Name: "Agence Crédit", SIREN: "732829320", City: fmt.Sprintf("Town%d", i), Postcode: fmt.Sprintf("%05d", 10000+i*300)})
	}
	got := find(list...)
	if len(got.Pairs) != 299 || slices.ContainsFunc(got.Pairs, func(p unify.Pair) bool { return p.Kind != unify.Branches }) {
		t.Errorf("%d pairs, want 299 branches", len(got.Pairs))
	}
}

func TestThreeOfOneTakeTwoMerges(t *testing.T) {
	c := unify.Client{Name: "Hôtel du Port", City: "Brest"}
	if got := find(c, c, c); len(got.Pairs) != 2 {
		t.Errorf("%d pairs, want 2: %+v", len(got.Pairs), got.Pairs)
	}
}

func TestWhatAPersonToldApartStaysApart(t *testing.T) {
	var f unify.Finder
	for i := range 3 {
		f.Add(unify.Client{ID: int64(10 + i), Name: "Hôtel du Port", City: "Brest"})
	}
	f.Apart([][2]int64{{11, 10}, {10, 99}})
	got := f.Find()
	if len(got.Pairs) != 2 || slices.ContainsFunc(got.Pairs, func(p unify.Pair) bool { return p.A == 10 && p.B == 11 }) {
		t.Errorf("got %+v, want 10 with 12 and 11 with 12", got.Pairs)
	}
}

// dataFile opens a file of the shared test data, or skips.
func dataFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("no shared test data: %s", name)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func campings(t *testing.T) (list []unify.Client) {
	r := csv.NewReader(dataFile(t, "fr_campings/campings.csv"))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = ';', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		c := unify.Client{Ref: fmt.Sprint(i + 1), Name: row[6], Address: row[7], Postcode: row[8], City: row[9]}
		phone := row[10]
		if len(phone) == 9 {
			phone = "0" + phone
		}
		if p, ok := clients.Phone(phone, "FR"); ok {
			c.Phones = []string{p}
		}
		if m, ok := clients.EmailKey(row[11]); ok {
			c.Mails = []string{m}
		}
		list = append(list, c)
	}
	return list
}

// What is expected stands in the README of the data: two firms twice, and 34 firms of one name in different towns.
func TestFrenchCampings(t *testing.T) {
	list := campings(t)
	started := time.Now()
	got := find(list...)
	found := map[string]int{}
	kinds := map[unify.Kind]int{}
	lakes := 0
	for _, p := range got.Pairs {
		kinds[p.Kind]++
		a, b := list[p.A-1], list[p.B-1]
		if p.Kind == unify.Same {
			if a.Name == b.Name && a.Postcode == b.Postcode {
				found[a.Name+" "+a.Postcode]++
			}
			if a.Name == "CAMPING DU LAC" && b.Name == a.Name {
				lakes++
			}
			t.Logf("%d %s | %s, %s | %s, %s", p.Score, codes(p), a.Name, a.City, b.Name, b.City)
		}
	}
	t.Logf("%d clients, %d compared, %v in %s", got.Clients, got.Compared, kinds, time.Since(started))
	for _, want := range []string{"CAMPING CATALAN 66000", "DOMAINE DE CHAUSSY 7150"} {
		if found[want] != 1 {
			t.Errorf("%s: found %d times, want once", want, found[want])
		}
	}
	if lakes > 0 {
		t.Errorf("%d pairs of CAMPING DU LAC, which are 34 firms", lakes)
	}
}

// invented makes firms of words, and doubles of some of them as people write them.
func invented(n, doubles int, r *rand.Rand) (list []unify.Client, original map[int]int) {
	trades := strings.Fields("Boulangerie Garage Menuiserie Plomberie Hôtel Restaurant Pharmacie Transports Imprimerie Électricité Maçonnerie Brasserie Camping Pépinière Charpente Peinture")
	firsts := strings.Fields("le la ker pen bel mont val roch beau cha gui mor tan lan per san cor bri del fon gar mar ric sau")
	seconds := strings.Fields("nec rier dour val ville mont tier guen nard lec bert dran sac rin teau las mes not quet vin zac ret bon dal")
	forms := strings.Fields("SARL SAS SA EURL SASU SNC")
	word := func() string {
		w := firsts[r.IntN(len(firsts))] + firsts[r.IntN(len(firsts))] + seconds[r.IntN(len(seconds))]
		return strings.ToUpper(w[:1]) + w[1:]
	}
	towns := make([]string, n/20+2)
	for i := range towns {
		towns[i] = word()
	}
	for i := range n {
		town := r.IntN(len(towns))
		c := unify.Client{Name: forms[r.IntN(len(forms))] + " " + trades[r.IntN(len(trades))] + " " + word(), City: towns[town], Postcode: fmt.Sprintf("%05d", 1000+town*97%95000),
			Address: fmt.Sprintf("%d rue %s", 1+r.IntN(200), word())}
		if r.IntN(10) < 6 {
			c.Phones = []string{fmt.Sprintf("+332%08d", i)}
		}
		if r.IntN(10) < 5 {
			c.Mails = []string{fmt.Sprintf("contact@firm%d.example", i)}
		}
		list = append(list, c)
	}
	original = map[int]int{}
	for range doubles {
		of := r.IntN(n)
		original[len(list)] = of
		list = append(list, rewritten(list[of], r, forms))
	}
	return list, original
}

// rewritten is a client as somebody else typed it: one to three of the usual slips.
func rewritten(c unify.Client, r *rand.Rand, forms []string) unify.Client {
	words := strings.Fields(c.Name)
	for range 1 + r.IntN(3) {
		switch r.IntN(7) {
		case 0: // two letters of the last word change places
			w := []byte(words[len(words)-1])
			if k := 1 + r.IntN(max(1, len(w)-2)); k+1 < len(w) {
				w[k], w[k+1] = w[k+1], w[k]
			}
			words[len(words)-1] = string(w)
		case 1: // a letter is missing
			w := words[len(words)-1]
			k := 1 + r.IntN(len(w)-1)
			words[len(words)-1] = w[:k] + w[k+1:]
		case 2:
			words[0] = forms[r.IntN(len(forms))]
		case 3:
			words = append(words[1:], words[0])
		case 4:
			c.City, c.Postcode = strings.ToUpper(c.City)+" CEDEX", strings.TrimPrefix(c.Postcode, "0")
		case 5:
			c.Phones, c.Address = nil, ""
		case 6:
			c.Mails = nil
		}
	}
	c.Name = strings.ToUpper(strings.NewReplacer("é", "e", "É", "E", "ô", "o", "ç", "c").Replace(strings.Join(words, " ")))
	return c
}

func TestInventedDoublesAreFound(t *testing.T) {
	list, original := invented(20_000, 1_000, rand.New(rand.NewPCG(1, 2)))
	started := time.Now()
	got := find(list...)
	took := time.Since(started)
	of := func(id int64) int {
		if o, ok := original[int(id-1)]; ok {
			return o
		}
		return int(id - 1)
	}
	right, met := 0, map[int]bool{}
	for _, p := range got.Pairs {
		if of(p.A) == of(p.B) {
			right++
			for _, id := range []int64{p.A, p.B} {
				met[int(id-1)] = true
			}
		}
	}
	recalled := 0
	for double := range original {
		if met[double] {
			recalled++
		}
	}
	recall, precision := float64(recalled)/float64(len(original)), float64(right)/float64(len(got.Pairs))
	t.Logf("recall %.3f, precision %.3f; %d pairs of %d compared in %s", recall, precision, len(got.Pairs), got.Compared, took)
	if recall < 0.97 || precision < 0.97 {
		t.Errorf("recall %.3f, precision %.3f, want 0.97 of both", recall, precision)
	}
}

func BenchmarkFind100k(b *testing.B) {
	list, _ := invented(97_000, 3_000, rand.New(rand.NewPCG(1, 2)))
	for b.Loop() {
		find(list...)
	}
	b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "clients/s")
}

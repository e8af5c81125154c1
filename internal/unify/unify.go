// Package unify says which clients are probably one client that came in twice, and which are branches of one firm, with
// the reasons. It decides nothing: a person merges, says "not the same", or makes a group.
//
// It works in these steps, on values that the caller reads (see Finder):
//
//  1. Names, towns and addresses are brought to one form: accents, legal forms, "Ets", "St", "&" and small words no longer
//     matter (name.go).
//  2. Clients that share a SIREN, VAT number, telephone number, mailbox, mail domain, whole name, or a part of a rare word of
//     their name in one town come into one block (block.go). Only pairs of one block are looked at, so that the work grows
//     with the base and not with its square. A value that many share, such as a head office's number, says nothing about
//     any two of them: it makes no pair, and Found.Crowds tells it.
//  3. Names are compared with soft TF-IDF (Cohen, Ravikumar and Fienberg, "A Comparison of String Distance Metrics for
//     Name-Matching Tasks", 2003): words weigh by how rare they are in this base, and words match when their similarity of
//     Jaro and Winkler (Winkler 1990) is 0.9 or more (similar.go).
//  4. What agrees and what differs is weighed, in the manner of Fellegi and Sunter (1969), to a score from 0 to 100 (judge.go).
//  5. Of a cluster, only as many pairs are proposed as merging it takes.
package unify

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Client is what is compared. Absent values are empty.
type Client struct {
	ID       int64
	Ref      string
	Name     string
	SIREN    string
	VAT      string
	Group    string // its parent's ref, or a free name
	Address  string
	Postcode string
	City     string
	Country  string
	Phones   []string // its own and its contacts', in E.164
	Mails    []string // its contacts', in lower case
}

// Kind is what two clients probably are.
type Kind string

// The kinds of pairs.
const (
	Same     Kind = "same"     // one client twice: to be merged
	Branches Kind = "branches" // places of one firm: to be made a group
)

// Code names a reason.
type Code string

// The reasons. Value and Percent of a Reason are told beside each.
const (
	SameSIREN    Code = "same_siren"    // the number
	SameVAT      Code = "same_vat"      // the number
	SamePhone    Code = "same_phone"    // in E.164
	SameMail     Code = "same_mail"     // the address
	SameDomain   Code = "same_domain"   // the domain
	SameName     Code = "same_name"     // equal but for case, accents, legal form and small words
	SimilarName  Code = "similar_name"  // Percent: how similar
	SameAddress  Code = "same_address"  // the town or postcode
	SamePlace    Code = "same_place"    // the town or postcode
	OtherName    Code = "other_name"    // against: Percent: how similar all the same
	OtherPlace   Code = "other_place"   // against: both towns or postcodes
	OtherAddress Code = "other_address" // against: in one town
	OtherSIREN   Code = "other_siren"   // against: both numbers
)

// Reason is one thing that speaks for a pair, or against it.
type Reason struct {
	Code    Code   `json:"code"`
	Value   string `json:"value,omitempty"`
	Percent int    `json:"percent,omitempty"`
}

// Pair is two clients, A being the one with the lower id, and why they are told.
type Pair struct {
	A, B    int64
	Kind    Kind
	Score   int // 0 to 100; Threshold at least
	Reasons []Reason
}

// Crowd is a value that too many clients share to say anything about two of them.
type Crowd struct {
	Code    Code   `json:"code"`
	Value   string `json:"value"`
	Clients int    `json:"clients"`
}

// Found is what Find returns: the surest pairs first.
type Found struct {
	Pairs    []Pair
	Crowds   []Crowd
	Clients  int // looked through
	Compared int // pairs that were looked at
}

// Finder gathers clients, then finds the pairs among them. The zero value is ready; it is used once, by one goroutine.
type Finder struct {
	entries  []entry
	words    vocabulary
	apart    map[pair]bool
	crowds   []Crowd
	crowded  map[string]bool // code and value
	seed     maphash.Seed
	compared int
}

// entry is a client in the form that is compared.
type entry struct {
	Client
	words   []int32   // of its name, as the vocabulary numbers them, without repetition
	weights []float32 // of those words; their squares add up to 1
	joined  string    // its name without spaces and legal form
	core    string    // its words without spaces
	town    string
	street  []string // words and numbers of its address
	domains []string // of its mailboxes, but for those that anyone can have
}

// pair is two places in Finder.entries, the lower first.
type pair struct{ a, b int32 }

// Add takes a client in.
func (f *Finder) Add(c Client) {
	name := nameWords(c.Name)
	e := entry{Client: c, words: f.words.number(name), joined: wholeName(c.Name), core: joinWords(name), town: townOf(c.City), street: streetWords(c.Address), domains: ownDomains(c.Mails)}
	e.Postcode = postcodeOf(c.Postcode)
	f.entries = append(f.entries, e)
}

// Apart keeps two clients, by id, from being proposed: a person has said that they are not the same. Called after the
// clients were added.
func (f *Finder) Apart(decided [][2]int64) {
	place := make(map[int64]int32, len(f.entries))
	for i, e := range f.entries {
		place[e.ID] = int32(i)
	}
	f.apart = make(map[pair]bool, len(decided))
	for _, d := range decided {
		a, okA := place[d[0]]
		b, okB := place[d[1]]
		if okA && okB {
			f.apart[pair{min(a, b), max(a, b)}] = true
		}
	}
}

// Find compares what was added.
func (f *Finder) Find() Found {
	f.weigh()
	var judged []verdict
	for _, p := range f.candidates() {
		if f.apart[p] {
			continue
		}
		if v, ok := f.judge(p); ok {
			judged = append(judged, v)
		}
	}
	slices.SortFunc(judged, func(x, y verdict) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	slices.SortFunc(f.crowds, func(x, y Crowd) int { return cmp.Or(cmp.Compare(y.Clients, x.Clients), cmp.Compare(x.Value, y.Value)) })
	found := Found{Crowds: f.crowds, Clients: len(f.entries), Compared: f.compared}
	sames, firms := newForest(len(f.entries)), newForest(len(f.entries))
	for _, v := range judged {
		if v.kind == Same && sames.join(v.a, v.b) || v.kind == Branches && firms.join(v.a, v.b) {
			found.Pairs = append(found.Pairs, f.told(v))
		}
	}
	return found
}

// told writes a verdict out with ids and reasons.
func (f *Finder) told(v verdict) Pair {
	a, b := f.entries[v.a].ID, f.entries[v.b].ID
	return Pair{A: min(a, b), B: max(a, b), Kind: v.kind, Score: v.score, Reasons: f.reasons(v.pair)}
}

// forest joins clients to clusters: a pair that joins two clusters is needed, any other follows from them.
type forest []int32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f forest) root(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f forest) join(a, b int32) bool {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
	return a != b
}

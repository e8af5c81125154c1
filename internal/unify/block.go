package unify

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// How many clients may share a value before it says nothing about two of them.
const (
	phoneCrowd  = 6
	mailCrowd   = 6
	domainCrowd = 60
	nameCrowd   = 30
	placeCrowd  = 60
	firmCrowd   = 100 // SIREN, VAT: beyond, each is compared with the first only
)

// rareWords is how many words of a name make blocks with its town: the rarest.
const rareWords = 3

// posting says that a client has a value.
type posting struct {
	key uint64
	at  int32
}

// blocking is one kind of value that brings clients together.
type blocking struct {
	code  Code // what a crowd of it is told as; empty: it is not told
	crowd int
	star  bool // a crowd is compared with its first member
	keys  func(e *entry, add func(parts ...string))
}

func each(values []string, add func(...string)) {
	for _, v := range values {
		add(v)
	}
}

// blockings are all kinds, those whose crowds the judge must know first.
func (f *Finder) blockings() []blocking {
	return []blocking{
		{SamePhone, phoneCrowd, false, func(e *entry, add func(...string)) { each(e.Phones, add) }},
		{SameMail, mailCrowd, false, func(e *entry, add func(...string)) { each(e.Mails, add) }},
		{SameDomain, domainCrowd, false, func(e *entry, add func(...string)) { each(e.domains, add) }},
		{SameSIREN, firmCrowd, true, func(e *entry, add func(...string)) { add(e.SIREN) }},
		{SameVAT, firmCrowd, true, func(e *entry, add func(...string)) { add(e.VAT) }},
		{"", nameCrowd, false, func(e *entry, add func(...string)) { add(e.joined); add(e.core) }},
		{"", placeCrowd, false, f.placeKeys},
	}
}

// placeKeys are the beginning and the end of each of the rarest words of a name, with the town and with the postcode: one
// letter that is wrong leaves one of them right.
func (f *Finder) placeKeys(e *entry, add func(...string)) {
	for _, place := range []string{e.town, e.Postcode} {
		if place == "" {
			continue
		}
		for _, id := range e.words[:min(rareWords, len(e.words))] {
			w := f.words.words[id]
			add(place, "<", w[:min(3, len(w))])
			add(place, ">", w[max(0, len(w)-3):])
		}
		add(place, "=", e.core[:min(4, len(e.core))])
	}
}

// candidates are the pairs worth a look, each once.
func (f *Finder) candidates() []pair {
	f.seed, f.crowded = maphash.MakeSeed(), map[string]bool{}
	var all []pair
	for _, b := range f.blockings() {
		all = append(all, f.pairsOf(b)...)
		if len(all) > 1<<22 { // keep what is there several times from piling up
			all = distinct(all)
		}
	}
	all = distinct(all)
	f.compared = len(all)
	return all
}

func distinct(pairs []pair) []pair {
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return slices.Compact(pairs)
}

// pairsOf sorts the postings of one kind of value, so that each block lies together.
func (f *Finder) pairsOf(b blocking) (pairs []pair) {
	var postings []posting
	for i := range f.entries {
		b.keys(&f.entries[i], func(parts ...string) {
			if parts[0] != "" {
				postings = append(postings, posting{f.key(parts), int32(i)})
			}
		})
	}
	slices.SortFunc(postings, func(x, y posting) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.at, y.at)) })
	postings = slices.Compact(postings)
	for len(postings) > 0 {
		n := 1
		for n < len(postings) && postings[n].key == postings[0].key {
			n++
		}
		pairs = append(pairs, f.pairsIn(b, postings[:n])...)
		postings = postings[n:]
	}
	return pairs
}

// pairsIn are the pairs of one block.
func (f *Finder) pairsIn(b blocking, block []posting) (pairs []pair) {
	firsts := len(block)
	if len(block) > b.crowd {
		if b.code != "" {
			f.note(b, block)
		}
		firsts = 0
		if b.star {
			firsts = 1
		}
	}
	for i := range firsts {
		for _, other := range block[i+1:] {
			pairs = append(pairs, pair{block[i].at, other.at})
		}
	}
	return pairs
}

// note tells a crowd, and has the judge leave its value out.
func (f *Finder) note(b blocking, block []posting) {
	c := Crowd{Code: b.code, Clients: len(block)}
	b.keys(&f.entries[block[0].at], func(parts ...string) {
		if f.key(parts) == block[0].key {
			c.Value = parts[0]
		}
	})
	f.crowds = append(f.crowds, c)
	if !b.star {
		f.crowded[string(b.code)+c.Value] = true
	}
}

// key is a value of some parts as one number.
func (f *Finder) key(parts []string) uint64 {
	var h maphash.Hash
	h.SetSeed(f.seed)
	for _, p := range parts {
		h.WriteString(p)
		h.WriteByte(0)
	}
	return h.Sum64()
}

package unify

import (
	"cmp"
	"math"
	"slices"
)

// Threshold is the score from which on a pair is proposed.
const Threshold = 45

// What agrees and what differs weighs this much; the sum is the score.
const (
	sirenWeight      = 60
	vatWeight        = 50
	phoneWeight      = 40
	mailWeight       = 40
	domainWeight     = 15
	moreWeight       = 15 // a mailbox beside a number: who shares one shares the other
	equalNameWeight  = 45 // from equalName on
	nearNameWeight   = 35 // from nearName on
	partNameWeight   = 20 // from partName on
	someNameWeight   = 8  // from someName on
	addressWeight    = 25
	placeWeight      = 15
	noPlaceWeight    = 10 // an equal name, where one has no town at all
	otherNameWeight  = -10
	otherPlaceWeight = -35
	otherSIRENWeight = -60
)

// How similar names are.
const (
	equalName = 0.97
	nearName  = 0.92
	partName  = 0.85
	someName  = 0.7
	otherName = 0.5 // less is another name
)

// verdict is what judging a pair gave.
type verdict struct {
	pair
	kind  Kind
	score int
}

// where two clients are to each other.
type where int

const (
	unknown where = iota
	apart
	samePlace
	sameAddress
	sameTownApart // at two addresses of one town
)

// evidence is what two clients have in common and what not.
type evidence struct {
	siren, vat, phone, mail, domain string // what is shared; empty: nothing
	otherSIREN                      bool
	name                            float64
	where                           where
}

// judge weighs a pair; not ok: it is not worth a person's time.
func (f *Finder) judge(p pair) (v verdict, ok bool) {
	a, b := &f.entries[p.a], &f.entries[p.b]
	if a.Country != "" && b.Country != "" && a.Country != b.Country && a.VAT != b.VAT {
		return v, false
	}
	e := f.evidence(a, b)
	if e.branches() {
		return verdict{p, Branches, e.branchScore()}, !inOneGroup(a, b)
	}
	score := min(100, e.score())
	return verdict{p, Same, score}, score >= Threshold
}

func (f *Finder) evidence(a, b *entry) evidence {
	e := evidence{
		phone: f.shared(SamePhone, a.Phones, b.Phones), mail: f.shared(SameMail, a.Mails, b.Mails), domain: f.shared(SameDomain, a.domains, b.domains),
		otherSIREN: a.SIREN != b.SIREN && a.SIREN != "" && b.SIREN != "",
		name:       f.similarity(a, b), where: whereabouts(a, b),
	}
	if a.SIREN == b.SIREN {
		e.siren = a.SIREN
	}
	if a.VAT == b.VAT {
		e.vat = a.VAT
	}
	return e
}

// shared is a value that both have and that no crowd has.
func (f *Finder) shared(code Code, a, b []string) string {
	for _, v := range a {
		if slices.Contains(b, v) && !f.crowded[string(code)+v] {
			return v
		}
	}
	return ""
}

// whereabouts compares towns, postcodes and addresses. One postcode may serve several towns, and a town may have several
// postcodes; towns of one name in two départements are two.
func whereabouts(a, b *entry) where {
	town, post := a.town != "" && b.town != "", a.Postcode != "" && b.Postcode != ""
	switch {
	case !town && !post:
		return unknown
	case town && a.town != b.town && jaroWinkler(a.town, b.town) < nearName:
		return apart
	case post && a.Postcode != b.Postcode && (!town || a.town != b.town || !sameDistrict(a.Postcode, b.Postcode)):
		return apart
	case len(a.street) == 0 || len(b.street) == 0:
		return samePlace
	case overlap(a.street, b.street) >= 0.7 && sameNumbers(a.street, b.street):
		return sameAddress
	case overlap(a.street, b.street) < 0.5:
		return sameTownApart
	}
	return samePlace
}

// sameDistrict reports whether two postcodes begin alike, as those of one town do.
func sameDistrict(a, b string) bool { return a[:min(2, len(a))] == b[:min(2, len(b))] }

// sameNumbers reports whether the house numbers agree, where both have one.
func sameNumbers(a, b []string) bool {
	isNumber := func(s string) bool { return s[0] <= '9' }
	i, j := slices.IndexFunc(a, isNumber), slices.IndexFunc(b, isNumber)
	return i < 0 || j < 0 || a[i] == b[j]
}

// branches reports whether they are one firm, or one owner, at two places.
func (e evidence) branches() bool {
	firm := !e.otherSIREN && (e.siren != "" || e.vat != "")
	otherName := e.name < someName
	switch e.where {
	case apart:
		return firm || e.name >= nearName && (e.phone != "" || e.mail != "" || e.domain != "")
	case sameTownApart:
		return firm || otherName && (e.phone != "" || e.mail != "")
	case samePlace:
		return !firm && otherName && e.phone == "" && e.mail != ""
	}
	return false
}

func (e evidence) branchScore() int {
	score := 50 + int(math.Round(20*e.name))
	if e.siren != "" || e.vat != "" {
		score += 20
	}
	return score
}

// inOneGroup reports whether a person or a file has said already that they belong together.
func inOneGroup(a, b *entry) bool {
	return a.Group != "" && (a.Group == b.Group || a.Group == b.Ref) || b.Group != "" && b.Group == a.Ref
}

// score adds up what speaks for one client twice.
func (e evidence) score() int {
	score := e.nameWeight() + e.placeWeight()
	for _, w := range []struct {
		has    bool
		weight int
	}{
		{e.siren != "", sirenWeight}, {e.vat != "" && e.siren == "", vatWeight}, {e.phone != "", phoneWeight},
		{e.mail != "" && e.phone == "", mailWeight}, {e.mail != "" && e.phone != "", moreWeight}, {e.domain != "" && e.mail == "", domainWeight},
		{e.otherSIREN, otherSIRENWeight},
	} {
		if w.has {
			score += w.weight
		}
	}
	return score
}

func (e evidence) nameWeight() int {
	switch {
	case e.name >= equalName:
		return equalNameWeight
	case e.name >= nearName:
		return nearNameWeight
	case e.name >= partName:
		return partNameWeight
	case e.name >= someName:
		return someNameWeight
	case e.name < otherName:
		return otherNameWeight
	}
	return 0
}

func (e evidence) placeWeight() int {
	switch e.where {
	case apart:
		return otherPlaceWeight
	case samePlace, sameTownApart:
		return placeWeight
	case sameAddress:
		return addressWeight
	}
	if e.name >= equalName {
		return noPlaceWeight
	}
	return 0
}

// reasons tells a pair's evidence, what speaks for it first.
func (f *Finder) reasons(p pair) (list []Reason) {
	a, b := &f.entries[p.a], &f.entries[p.b]
	e := f.evidence(a, b)
	place, percent := cmp.Or(a.City, a.Postcode), int(math.Round(100*e.name))
	for _, r := range []struct {
		holds bool
		Reason
	}{
		{e.siren != "", Reason{Code: SameSIREN, Value: e.siren}},
		{e.vat != "", Reason{Code: SameVAT, Value: e.vat}},
		{e.phone != "", Reason{Code: SamePhone, Value: e.phone}},
		{e.mail != "", Reason{Code: SameMail, Value: e.mail}},
		{e.domain != "" && e.mail == "", Reason{Code: SameDomain, Value: e.domain}},
		{e.name >= 1, Reason{Code: SameName}},
		{e.name >= someName && e.name < 1, Reason{Code: SimilarName, Percent: min(percent, 99)}},
		{e.where == sameAddress, Reason{Code: SameAddress, Value: place}},
		{e.where == samePlace || e.where == sameTownApart, Reason{Code: SamePlace, Value: place}},
		{e.name < someName, Reason{Code: OtherName, Percent: percent}},
		{e.where == sameTownApart, Reason{Code: OtherAddress, Value: a.Address + " / " + b.Address}},
		{e.where == apart, Reason{Code: OtherPlace, Value: cmp.Or(a.City, a.Postcode) + " / " + cmp.Or(b.City, b.Postcode)}},
		{e.otherSIREN, Reason{Code: OtherSIREN, Value: a.SIREN + " / " + b.SIREN}},
	} {
		if r.holds {
			list = append(list, r.Reason)
		}
	}
	return list
}

package campaigns

import (
	"github.com/relance/relance/internal/calendar"
)

// Facts are what is known of one client on the day of a pass. The value is meant to be filled again for each client:
// see Targets. Figures that a company does not have stand as their zero; FactTable says what that means.
type Facts struct {
	ClientID    int64
	Ref         string
	Kind        string // company, sole_trader, consumer; empty: not told
	Consumer    bool   // treated as a consumer: told so, or doubtful
	Sector      string
	Group       string // its parent's ref, or a free name
	Country     string // empty: the company's
	Postcode    string
	Zone        string // IANA; empty: the country's
	Language    string
	Rep         string // ref
	RepID       int64  // 0: none
	InsideRepID int64  // 0: none
	Potential   float64
	LossRisk    string
	Blocked     string // why; empty: not blocked
	ClosedOn    calendar.Date
	CreatedOn   calendar.Date
	Attributes  []byte // the client's own columns as JSON; loaded only when an audience asks for one

	FirstOrderOn     calendar.Date
	FirstDeliveredOn calendar.Date // delivery of the first order; zero: not known
	LastOrderOn      calendar.Date
	LastContactWith  calendar.Date
	LastContactFrom  calendar.Date
	Orders           int32
	Orders12m        int32
	Orders12mBefore  int32
	Revenue          float64
	Revenue12m       float64
	Revenue12mBefore float64
	Rhythm           float64 // days; 0: fewer than three gaps
	GroupRevenue12m  float64 // of its group, else its own
	RevenueRank      int32   // 0: not ranked
	RevenueShare     float64
	RevenueTail      float64
	WeightTop        float64

	OpenComplaints int32
	UnderContract  bool
	MailContactID  int64
	CallContactID  int64
	HasMail        bool
	HasPhone       bool
	MailBasis      bool
	CallBasis      bool
	MailOpposed    bool
	CallOpposed    bool

	scope scope // kept here so that asking a condition allocates nothing; filled before each use
}

// FactType is what an audience may do with a fact.
type FactType string

// The types of facts.
const (
	Text   FactType = "text"   // compared with == and !=, in lists, contains, startsWith, endsWith
	Number FactType = "number" // compared and calculated with
	Day    FactType = "date"   // within("6 months"), days_since, compared with date("2026-01-31")
	YesNo  FactType = "yes/no" // stands by itself
	Hidden FactType = "hidden" // needed to plan; an audience cannot name it
)

// Fact is one row of the table of facts, the only definition of what an audience may ask and of how the store reads it.
type Fact struct {
	Name    string // as an audience writes it
	Type    FactType
	Unit    string // days, money, share from 0 to 1; empty: none
	Meaning string // in English, for docs and the console
	SQL     string // its expression over client c and client_fact f; null reads as zero; empty: made from other facts
	Always  bool   // Plan itself needs it, whatever the audience

	ZeroUnknown bool   // a zero stands for "not known" and compares false with everything
	From        string // made from this fact, whose column is read instead; empty: its own

	field func(*Facts) any // pointer into the facts: *int64, *int32, *float64, *string, *bool, *calendar.Date or *[]byte
}

// Target returns the pointer that the fact's column is read into.
func (f Fact) Target(into *Facts) any { return f.field(into) }

// Targets returns the pointers into one Facts for these columns, to be used again for every row of a query.
func Targets(facts []Fact, into *Facts) []any {
	targets := make([]any, len(facts))
	for i, f := range facts {
		targets[i] = f.field(into)
	}
	return targets
}

// FactsFor returns the facts that planning these campaigns reads: always those of triggers and checks, and those that an
// audience or condition names. No other column need leave the database.
func FactsFor(defs ...*Definition) []Fact {
	named := map[string]bool{}
	for _, d := range defs {
		for _, name := range d.facts() {
			named[name] = true
		}
	}
	for _, f := range FactTable {
		if f.From != "" && named[f.Name] {
			named[f.From] = true
		}
	}
	var needed []Fact
	for _, f := range FactTable {
		if f.SQL != "" && (f.Always || named[f.Name]) {
			needed = append(needed, f)
		}
	}
	return needed
}

// Package clients holds the nouns of the business, which every other package may import: the kinds that a client, a
// contact, an activity or a contract can have, and the normal forms under which they are compared.
//
// A value comes in as a person typed it; a function here gives its normal form, or says that it has none. Nothing is
// guessed: a number that could be two numbers has no normal form, is kept as typed and shown so.
//
// The package is pure: no clock, no database, no network.
package clients

// Kind says what a client is in law; the zero value means that nobody told.
type Kind string

// The kinds of clients. A consumer is called only with consent, or under a current contract.
const (
	Company    Kind = "company"
	SoleTrader Kind = "sole_trader"
	Consumer   Kind = "consumer"
)

// ActivityKind is what a person did with a client.
type ActivityKind string

// The kinds of activities. A visit and a reached call count as contact with the client, a complaint as contact from it.
const (
	Visit       ActivityKind = "visit"
	Call        ActivityKind = "call"
	Complaint   ActivityKind = "complaint"
	Maintenance ActivityKind = "maintenance"
	Note        ActivityKind = "note"
)

// ContractKind says how a contract was won; the zero value means that nobody told.
type ContractKind string

// The kinds of contracts.
const (
	Tender    ContractKind = "tender"
	Framework ContractKind = "framework"
)

// BasisKind is why a contact may be written to or called.
type BasisKind string

// The kinds of bases. A generic address needs none but may oppose.
const (
	Consent     BasisKind = "consent"
	Information BasisKind = "information"
	Generic     BasisKind = "generic"
	Contract    BasisKind = "contract"
)

// Document is what a row of a file of orders stands for.
type Document string

// The documents. A credit note or a return lowers revenue whatever sign its amounts have, and is no order; a quote is
// nothing yet.
const (
	Order  Document = "order" // or its delivery, or its invoice
	Credit Document = "credit"
	Quote  Document = "quote"
)

// LossRisk is a manager's own view of a client; the zero value means none.
type LossRisk string

// The levels of risk.
const (
	Low    LossRisk = "low"
	Medium LossRisk = "medium"
	High   LossRisk = "high"
)

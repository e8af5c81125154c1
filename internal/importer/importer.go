// Package importer turns a company's file into rows and problems.
//
// Open looks at the file before anything is read for good. Its bytes tell the format: text whose cells have delimiters,
// a workbook, or JSON Lines, each of them packed or not. Of a text it finds out the encoding and the dialect; then in any
// format the row of the headings and which heading is which column; then, column by column, whether decimals have a point
// or a comma and whether dates have the day or the month first. What the file leaves open (every date could be either) is
// an error that names all the settings to give, never a guess. Shape and Preview show what was found.
//
// Next then reads row by row in flat memory. A row that cannot be right comes with its line, column and reason instead
// of cells; a row with too many or too few cells is never shifted. Cells come out in one form whatever the file had:
// dates as 2026-03-14, numbers as -1234.50, codes as relance's own words. WriteRejected gives the rejected rows back as
// a file to correct and import again.
//
// Files come from anywhere: what unpacks to too much is refused, nothing nests without end, and what grows with the file
// goes to room that the caller gives.
//
// What only the database can tell (a client that does not exist, a row that comes twice) is for the store to find. The
// package is pure: no clock, no database.
package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind is what a file holds.
type Kind string

// The kinds, in an order in which files that refer to each other can be imported.
const (
	Reps       Kind = "reps"
	Products   Kind = "products"
	Clients    Kind = "clients"
	Contacts   Kind = "contacts"
	Orders     Kind = "orders"
	Activities Kind = "activities"
	Contracts  Kind = "contracts"
)

// Kinds lists every kind, in that order.
func Kinds() []Kind {
	return []Kind{Reps, Products, Clients, Contacts, Orders, Activities, Contracts}
}

// ErrFile is wrapped by every refusal of a whole file: a missing column, an unclear date order, an unknown format.
var ErrFile = errors.New("the file cannot be read as it is")

// Input is a file that can be read more than once. It must stay open, and the same, as long as its File is in use.
type Input struct {
	Name string // as the company calls it; its ending helps nothing but messages
	In   io.ReaderAt
	Size int64 // bytes
}

// Text is an input that is in memory already.
func Text(name, text string) Input {
	return Input{Name: name, In: strings.NewReader(text), Size: int64(len(text))}
}

// Rejection says why a line was put aside. Column is the canonical name, or "" when it is about the whole line.
type Rejection struct {
	Line   int64  `json:"line"` // in the file, from 1; where the row begins
	Column string `json:"column"`
	Reason string `json:"reason"`
	File   string `json:"file,omitempty"` // only when one import has several
}

// Report is the outcome of importing one file: read = created + updated + unchanged + rejected. All count data rows of
// the file; for orders, a row is a line, and it counts as updated also when only its order changed.
type Report struct {
	Kind       Kind        `json:"kind"`
	Source     string      `json:"source"` // the saved source that it was said to come from
	Run        int64       `json:"run"`    // 0 on a dry run, which leaves no trace
	DryRun     bool        `json:"dry_run"`
	Applied    bool        `json:"applied"`           // false: a dry run, or refused because too many rows were rejected
	Refused    bool        `json:"refused,omitempty"` // so many rows were rejected that it is applied only when that is accepted
	Read       int64       `json:"read"`
	Created    int64       `json:"created"`
	Updated    int64       `json:"updated"`
	Unchanged  int64       `json:"unchanged"`
	Rejected   int64       `json:"rejected"`
	Rejections []Rejection `json:"rejections"`     // the first 1,000 in the order of lines
	More       bool        `json:"more,omitempty"` // there are more of them
	Notes      []string    `json:"notes"`          // what was mended or flagged, with figures
}

// Row is one row. A good one has the cells of File.Columns; nil is an empty cell. A bad one has a reason, and no cells.
// It is valid until the next one.
type Row struct {
	Line   int64
	Cells  [][]byte
	Column string // of a bad row: the canonical column that is wrong; "": the whole row
	Reason string // "": the row is good
}

// Part is which part of orders a file holds; every other kind comes whole.
type Part string

// The parts of orders.
const (
	Flat  Part = "flat"  // everything of the kind
	Heads Part = "heads" // order, client and date, but no amounts
	Lines Part = "lines" // order and amounts, but neither client nor date
)

func fileError(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFile}, args...)...)
}

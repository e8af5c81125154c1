package importer

import (
	"encoding/json"
	"fmt"
	"time"
)

// Options are what the file does not say, or says unclearly. The zero value finds everything out by itself. As JSON
// they are what is saved of a source: signs in words, without the company's country and zone.
type Options struct {
	Map       map[string]string // canonical column → heading in the file, which wins over what headings mean usually; "": leave the column out
	Dates     DateOrder         // "": found out, for each column
	Decimal   byte              // '.' or ','; 0: found out
	Delimiter byte              // 0: found out
	Quote     byte              // '"' or '\''; 'n': none; 0: found out
	Encoding  string            // utf-8, utf-16, windows-1252, iso-8859-15; "": found out
	Header    int64             // line of the headings, from 1; 0: the first that fits
	Sheet     string            // of a workbook; "": the one that fits best
	Member    string            // of an archive; "": the only one
	Country   string            // the company's (ISO), for numbers of clients without one; "": FR
	Zone      *time.Location    // the company's, for times without one; nil: UTC
	Currency  string            // the company's (ISO): amounts in another one are noted; "": EUR

	Scratch func() (Scratch, error) // gives room for what a large workbook needs beside memory; nil: memory
}

// savedOptions is the form of Options as JSON.
type savedOptions struct {
	Map       map[string]string `json:"map,omitempty"`
	Dates     DateOrder         `json:"dates,omitempty"`
	Decimal   string            `json:"decimal,omitempty"`
	Delimiter string            `json:"delimiter,omitempty"`
	Quote     string            `json:"quote,omitempty"`
	Encoding  string            `json:"encoding,omitempty"`
	Header    int64             `json:"header,omitempty"`
	Sheet     string            `json:"sheet,omitempty"`
	Member    string            `json:"member,omitempty"`
}

// MarshalJSON writes signs in words (see ParseSign).
func (o Options) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedOptions{o.Map, o.Dates, signWord(o.Decimal), signWord(o.Delimiter), signWord(o.Quote), o.Encoding, o.Header, o.Sheet, o.Member})
}

// UnmarshalJSON reads what MarshalJSON writes; country and zone stay as they are.
func (o *Options) UnmarshalJSON(b []byte) error {
	var s savedOptions
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	o.Map, o.Dates, o.Encoding, o.Header, o.Sheet, o.Member = s.Map, s.Dates, s.Encoding, s.Header, s.Sheet, s.Member
	for _, sign := range []struct {
		to   *byte
		word string
	}{{&o.Decimal, s.Decimal}, {&o.Delimiter, s.Delimiter}, {&o.Quote, s.Quote}} {
		var err error
		if *sign.to, err = ParseSign(sign.word); err != nil {
			return err
		}
	}
	return nil
}

// ParseSign reads a decimal sign, delimiter or quote: the sign itself, or point, comma, semicolon, tab, pipe, blank,
// double, single, none ('n'). "" is 0: to be found out.
func ParseSign(word string) (byte, error) {
	switch word {
	case "":
		return 0, nil
	case "point":
		return '.', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	case "tab", `\t`:
		return '\t', nil
	case "pipe":
		return '|', nil
	case "blank":
		return ' ', nil
	case "double":
		return '"', nil
	case "single":
		return '\'', nil
	case "none":
		return 'n', nil
	}
	if len(word) != 1 || word[0] < ' ' && word[0] != '\t' || word[0] > '~' || word == "n" {
		return 0, fmt.Errorf("%q is not one sign; write it, or point, comma, semicolon, tab, pipe, double, single, none", word)
	}
	return word[0], nil
}

// signWord is the inverse of ParseSign.
func signWord(sign byte) string {
	switch sign {
	case 0:
		return ""
	case '.':
		return "point"
	case ',':
		return "comma"
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	case '|':
		return "pipe"
	case ' ':
		return "blank"
	case '"':
		return "double"
	case '\'':
		return "single"
	case 'n':
		return "none"
	}
	return string(rune(sign))
}

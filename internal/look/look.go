// Package look is how pages look and read: one style sheet, words in French and English, and the formats of amounts,
// dates and hours that a reader expects.
//
// Staff pages and the public pages both embed it, so that a colour or a sentence is decided once:
//
//   - Handler serves the sheet under its checksum, StylePath is its address: browsers keep it for good.
//   - LoadBook reads message files; Book.In gives the words of a language, with plurals.
//   - Reader is the person in front of the page: language, currency, zone and today. Its methods are what
//     html/template pages call: {{.T "calls.title"}}, {{.Money .Amount}}, {{.Day .OrderedOn}}.
//
// It knows nothing of requests, sessions or the database.
package look

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"sync"
)

//go:embed look.css
var sheet []byte

// StylePath is the address of the sheet under Handler's mount, /look/.
func StylePath() string { return stylePath() }

// stylePath is computed once: the sheet is part of the binary.
var stylePath = sync.OnceValue(func() string {
	sum := sha256.Sum256(sheet)
	return "/look/" + hex.EncodeToString(sum[:8]) + ".css"
})

// Handler serves the sheet; mount it at GET /look/. Any other address under it is not found.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != StylePath() {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Write(sheet)
	})
}

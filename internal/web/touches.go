package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/store"
)

// perPage is how many rows a list shows at once.
const perPage = 100

// touchesPage is the rows behind a number.
type touchesPage struct {
	Frame
	Name          string
	CampaignTitle string
	State, Reason string
	ReasonWords   string
	Rows          []touchRow
	Next          string // address of the next rows; empty: these are the last
	CSV           string
	Tabs          []tab
}

// tab is a state to choose, with its count.
type tab struct {
	Href, Words string
	Current     bool
}

func (s *Site) showTouches(w http.ResponseWriter, r *request) error {
	q, campaign, err := s.touchQuestion(r)
	if err != nil {
		return err
	}
	q.Limit = perPage + 1
	lines, err := s.Store.TouchLines(r.Context(), q)
	if err != nil {
		return err
	}
	title := titleOf(campaign.Source, campaign.Name, r.Reader.Language)
	page := touchesPage{Frame: s.frame(r, title, "campaigns"), Name: q.Campaign, CampaignTitle: title, State: q.State, Reason: q.Reason}
	if q.Reason != "" {
		page.ReasonWords = reasonWords(r.Reader, q.Reason)
	}
	if len(lines) > perPage {
		lines = lines[:perPage]
		page.Next = touchesPath(q, "touches", lines[perPage-1].ID)
	}
	page.CSV = touchesPath(q, "touches.csv", 0)
	for _, t := range lines {
		page.Rows = append(page.Rows, row(r, t))
	}
	for _, t := range sumOf(r.Reader, campaign.States) {
		page.Tabs = append(page.Tabs, tab{touchesPath(store.TouchQuestion{Campaign: q.Campaign, State: t.State}, "touches", 0), t.Words, t.State == q.State})
	}
	return s.show(w, http.StatusOK, "touches", page)
}

// touchQuestion reads the address; a state that does not exist is no page.
func (s *Site) touchQuestion(r *request) (q store.TouchQuestion, c store.CampaignLine, err error) {
	query := r.URL.Query()
	q = store.TouchQuestion{Campaign: r.PathValue("name"), State: query.Get("state"), Reason: query.Get("reason")}
	q.After, _ = strconv.ParseInt(query.Get("after"), 10, 64) // 0: from the start
	if q.State != "" && !slices.Contains(campaigns.States, campaigns.State(q.State)) {
		return q, c, errNoPage
	}
	lines, err := s.Store.CampaignLines(r.Context(), r.Now)
	for _, line := range lines {
		if line.Name == q.Campaign {
			return q, line, nil
		}
	}
	if err == nil {
		err = errNoPage
	}
	return q, c, err
}

func touchesPath(q store.TouchQuestion, file string, after int64) string {
	v := url.Values{}
	for key, value := range map[string]string{"state": q.State, "reason": q.Reason} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if after > 0 {
		v.Set("after", strconv.FormatInt(after, 10))
	}
	path := "/campaigns/" + q.Campaign + "/" + file
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return path
}

// exportTouches streams all rows as CSV, with a mark that spreadsheets need to read UTF-8.
func (s *Site) exportTouches(w http.ResponseWriter, r *request) error {
	q, _, err := s.touchQuestion(r)
	if err != nil {
		return err
	}
	q.Limit = 1000
	lines, err := s.Store.TouchLines(r.Context(), q)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+q.Campaign+`.csv"`)
	w.Write([]byte("\ufeff"))
	out := csv.NewWriter(w)
	out.Write([]string{"id", "client", "name", "contact", "step", "channel", "occasion", "triggered_on", "due_at", "state", "reason", "reason_in_words", "outcome", "address", "server_words"})
	for len(lines) > 0 {
		for _, t := range lines {
			out.Write(csvRow(r, t))
		}
		q.After = lines[len(lines)-1].ID
		if lines, err = s.Store.TouchLines(r.Context(), q); err != nil {
			s.Log.ErrorContext(r.Context(), "export broken off", "campaign", q.Campaign, "error", err)
			panic(http.ErrAbortHandler) // half a file must not look whole
		}
	}
	out.Flush()
	return out.Error()
}

func csvRow(r *request, t store.TouchLine) []string {
	cells := []string{strconv.FormatInt(t.ID, 10), t.ClientRef, t.Client, t.Contact, t.Step, t.Channel, t.Occasion, t.TriggeredOn.Format("2006-01-02"),
		t.DueAt.In(r.Reader.Zone).Format("2006-01-02T15:04:05Z07:00"), t.State, t.Reason, touchSentence(r.Reader, t), t.Outcome, t.Address, t.AnswerWords}
	for i, cell := range cells {
		cells[i] = plain(cell)
	}
	return cells
}

// plain keeps a spreadsheet from taking a cell, or what it would cut out of one, for a formula: where semicolons are
// expected, cells end at them and at line ends, whatever the quotes around say.
func plain(cell string) string {
	var out strings.Builder
	begins := true
	for _, sign := range cell {
		if begins && strings.ContainsRune("=+-@＝＋－＠", sign) {
			out.WriteByte('\'')
		}
		out.WriteRune(sign)
		begins = strings.ContainsRune(";\t\r\n", sign) || begins && (sign == '"' || unicode.IsSpace(sign))
	}
	return out.String()
}

package web

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"

	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// phrase is a reason in words: what it is, in bold, then the figures that decided.
type phrase struct {
	Lead, Rest string
}

// outline is what pages read of a definition. A draft with mistakes still gives what can be read.
type outline struct {
	Title    map[string]string
	Trigger  map[string]any
	Audience string
	Steps    []map[string]any
}

func outlineOf(source string) outline {
	var o outline
	if err := yaml.Unmarshal([]byte(source), &o); err != nil {
		return outline{} // the page of problems says what is wrong with it
	}
	return o
}

// titleOf is a campaign's title for a reader, or its name.
func titleOf(source, name, language string) string {
	title := outlineOf(source).Title
	for _, l := range append([]string{language}, look.Languages...) {
		if title[l] != "" {
			if l == "fr" {
				return look.SetFrench(title[l])
			}
			return title[l]
		}
	}
	return name
}

// figures are what decided, as a touch stores them.
type figures map[string]any

func figuresOf(raw json.RawMessage) figures {
	f := figures{}
	if err := json.Unmarshal(raw, &f); err != nil {
		return figures{} // figures only add to a sentence
	}
	return f
}

func (f figures) number(name string) float64 {
	switch v := f[name].(type) {
	case float64:
		return v
	case string:
		n, _ := strconv.ParseFloat(v, 64) // 0: not a figure
		return n
	}
	return 0
}

func (f figures) day(name string) (time.Time, bool) {
	text, _ := f[name].(string)
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

var yearOccasion = regexp.MustCompile(`^\d{4}$`)

// reasonPhrase says why a client is to be called, with the figures and dates that decided.
func reasonPhrase(r look.Reader, why store.CallReason) phrase {
	title := titleOf(why.Source, why.Campaign, r.Language)
	kind, _, _ := strings.Cut(why.Occasion, ":")
	switch {
	case why.AnsweredAt != nil:
		return answerPhrase(r, why)
	case kind == "first-order":
		return firstOrderPhrase(r, why)
	case kind == "silent":
		return silentPhrase(r, why)
	case kind == "since":
		return phrase{Lead: title + ".", Rest: joinSentences(lastContact(r, why), revenue(r, why))}
	case kind == "drop":
		return dropPhrase(r, title, why)
	case yearOccasion.MatchString(why.Occasion):
		return phrase{Lead: title + ".", Rest: joinSentences(lastContact(r, why), revenue(r, why))}
	}
	return phrase{Lead: title + ".", Rest: joinSentences(lastOrder(r, why), revenue(r, why))}
}

func firstOrderPhrase(r look.Reader, why store.CallReason) phrase {
	on := why.FirstOrderOn
	if on == nil {
		return phrase{Lead: r.T("why.first_order") + "."}
	}
	p := phrase{Lead: r.T("why.first_order"), Rest: r.T("why.first_order.on", "day", r.Day(*on), "amount", r.Money(why.FirstAmount))}
	if len(why.Products) > 0 {
		p.Rest += ", " + listWords(r, why.Products)
	}
	p.Rest += "."
	if why.DeliveredOn != nil {
		delivered := r.T("why.delivered", "day", r.Day(*why.DeliveredOn))
		if why.OpenComplaints == 0 {
			delivered += r.T("why.no_complaint")
		}
		p.Rest = joinSentences(p.Rest, delivered+".")
	}
	if why.OpenComplaints > 0 {
		p.Rest = joinSentences(p.Rest, r.T("why.complaints", "n", why.OpenComplaints))
	}
	return p
}

// listWords joins names as one says them: farine T65 et levain liquide.
func listWords(r look.Reader, names []string) string {
	said := make([]string, len(names))
	for i, name := range names {
		said[i] = name
		if letters := []rune(name); len(letters) > 1 && unicode.IsLower(letters[1]) {
			said[i] = string(unicode.ToLower(letters[0])) + string(letters[1:])
		}
	}
	last := len(said) - 1
	if last < 1 {
		return strings.Join(said, "")
	}
	return strings.Join(said[:last], ", ") + " " + r.T("and") + " " + said[last]
}

func silentPhrase(r look.Reader, why store.CallReason) phrase {
	f := figuresOf(why.Figures)
	last, ok := f.day("last_order_on")
	if !ok && why.LastOrderOn != nil {
		last, ok = *why.LastOrderOn, true
	}
	if !ok {
		return phrase{Lead: r.T("why.silent_ever") + "."}
	}
	p := phrase{Lead: r.T("why.silent", "day", r.Day(last)) + "."}
	if rhythm, silent := f.number("rhythm"), f.number("silent_days"); rhythm > 0 && silent > 0 {
		p.Rest = r.T("why.rhythm", "times", r.Decimal(float64(int(silent/rhythm*10))/10), "days", int(rhythm+0.5))
	}
	p.Rest = joinSentences(p.Rest, revenue(r, why))
	return p
}

func dropPhrase(r look.Reader, title string, why store.CallReason) phrase {
	f := figuresOf(why.Figures)
	now, before := f.number("now"), f.number("before")
	if before == 0 {
		return phrase{Lead: title + ".", Rest: revenue(r, why)}
	}
	return phrase{Lead: title + ".", Rest: r.T("why.drop", "change", r.Change(now, before), "now", r.Money(now), "before", r.Money(before))}
}

// maxQuote is how much of a client's own words stands on a card, in letters.
const maxQuote = 280

func answerPhrase(r look.Reader, why store.CallReason) phrase {
	p := phrase{Lead: r.T("why.answered")}
	if why.Score != nil {
		p.Lead = r.T("why.score", "score", strconv.Itoa(*why.Score))
	}
	day := r.DayOf(*why.AnsweredAt)
	answers := figuresOf(json.RawMessage(why.Answers))
	comment, _ := answers["comment"].(string)
	if words := []rune(strings.TrimSpace(comment)); len(words) > maxQuote {
		comment = string(words[:maxQuote]) + "…"
	}
	p.Rest = r.T("why.on", "day", day)
	if strings.TrimSpace(comment) != "" {
		p.Rest = r.T("why.said", "day", day, "words", strings.TrimSpace(comment))
	}
	if asks, _ := answers["call_me"].(bool); asks {
		p.Rest = joinSentences(p.Rest, r.T("why.call_me"))
	}
	return p
}

func lastContact(r look.Reader, why store.CallReason) string {
	if why.LastContactOn == nil {
		return r.T("why.no_contact")
	}
	return r.T("why.contact", "n", max(r.DaysSince(*why.LastContactOn), 0))
}

func lastOrder(r look.Reader, why store.CallReason) string {
	if why.LastOrderOn == nil {
		return r.T("why.no_order")
	}
	return r.T("why.order", "day", r.Day(*why.LastOrderOn))
}

func revenue(r look.Reader, why store.CallReason) string {
	if why.Revenue12m <= 0 {
		return ""
	}
	return r.T("why.revenue", "amount", r.Money(why.Revenue12m))
}

func joinSentences(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}

// touchSentence says why a touch stands where it stands.
func touchSentence(r look.Reader, t store.TouchLine) string {
	switch {
	case t.Reason != "":
		return reasonWords(r, t.Reason)
	case t.Score != nil:
		return r.T("touch.scored", "score", strconv.Itoa(*t.Score))
	case t.Outcome != "" && r.Has("outcome."+t.Outcome):
		return madeWords(r, t.Outcome)
	case t.State == "planned":
		return r.T("touch.due", "when", r.When(t.DueAt))
	}
	return ""
}

// reasonWords puts a reason's code into words; a code that has none yet is shown as it is.
func reasonWords(r look.Reader, code string) string {
	if id := "reason." + code; r.Has(id) {
		return r.T(id)
	}
	return code
}

// surge is how the store writes down why a pass was held.
var surge = regexp.MustCompile(`^surge: (\d+) would be planned, the limit is (\d+)$`)

// Held says why a campaign is held.
func (f Frame) Held(why string) string {
	m := surge.FindStringSubmatch(why)
	if m == nil {
		return f.T("campaign.held_why", "why", why)
	}
	planned, _ := strconv.Atoi(m[1]) // digits by the form above
	limit, _ := strconv.Atoi(m[2])
	return f.T("campaign.held_surge", "n", planned, "limit", limit)
}

// triggerWords says in a sentence when a campaign makes contact, from the definition as written.
func triggerWords(r look.Reader, source string) string {
	o := outlineOf(source)
	for kind, value := range o.Trigger {
		details, _ := value.(map[string]any)
		pairs := []any{}
		for key, v := range details {
			text, _ := v.(string)
			if text == "" {
				pairs = append(pairs, key, toText(v))
				continue
			}
			pairs = append(pairs, key, periodWords(r, text))
		}
		if id := "trigger." + kind; r.Has(id) {
			if _, spread := details["spread"]; spread {
				id += ".spread"
			}
			if _, afterDelivery := details["after_delivery"]; kind == "first_order" && afterDelivery {
				id += ".delivery"
			}
			return r.T(id, pairs...)
		}
	}
	return ""
}

func toText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.Trim(string(b), `"`)
}

var periodForm = regexp.MustCompile(`^(\d+)\s+(working days?|days?|weeks?|months?|years?|rhythms?)$`)

// periodWords puts "6 months" into the reader's language; what is no period stays as written.
func periodWords(r look.Reader, text string) string {
	m := periodForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return text
	}
	n, _ := strconv.Atoi(m[1]) // digits by the form above
	unit := strings.TrimSuffix(strings.ReplaceAll(m[2], " ", "_"), "s")
	return r.T("period."+unit, "n", n)
}

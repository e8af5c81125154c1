package templates

import (
	"strings"
	"unicode"

	"github.com/relance/relance/internal/calendar"
)

// Values is what one message may say: about one client, at one moment. A zero field means "not known" and is nil in
// Liquid. Amounts are in the company's currency, net of tax; dates are local days.
type Values struct {
	Company  Company
	Client   Client
	Contact  Contact
	Rep      Rep
	Campaign string // the campaign's title in the reader's language
	Order    Order  // the order that the message is about: the first, or the last
	Facts    Facts
	Answer   Answer // what the client answered, for the script of a call that follows
	Basis    Basis  // why we may write

	SurveyURL string        // invitations and reminders only
	StopURL   string        // mails only
	ClosesOn  calendar.Date // last day for an answer
	Today     calendar.Date // the day of the business clock
}

// Company is the one that writes.
type Company struct {
	Name     string
	Address  string // on one line, as in the footer
	Phone    string
	Email    string // where replies go
	Site     string // with https://
	Colour   string // #rrggbb; anything else is ignored for the letter's own
	Currency string // ISO 4217; empty: EUR
}

// Client is the company that is written to or called.
type Client struct{ Ref, Name, City, Postcode, Country, Sector string }

// Contact is the person there.
type Contact struct{ Name, Role, Email, Phone string }

// Rep is who calls, and who signs.
type Rep struct{ Name, Phone, Email string }

// Order is one order.
type Order struct {
	Ref         string
	On          calendar.Date
	DeliveredOn calendar.Date
	Amount      float64
}

// Facts are figures about the client as of the clock, by the names that audiences use.
type Facts struct {
	FirstOrderOn, LastOrderOn        calendar.Date
	LastContactWith, LastContactFrom calendar.Date
	Orders, Orders12m                int
	Revenue12m, Revenue12mBefore     float64
	Rhythm                           float64 // days between orders; 0: none
}

// Answer is what the client answered to a questionnaire, in words.
type Answer struct {
	Score   *int // 0 to 10; nil: not given
	Reasons []string
	Comment string
	CallMe  bool
	On      calendar.Date
}

// Basis is why we may write: kind (consent, information, generic, contract), source and date.
type Basis struct {
	Kind, Source string
	On           calendar.Date
}

// bindings turns the values into what Liquid reads. Every documented variable is there; an absent value is nil.
func (v *Values) bindings() map[string]any {
	return map[string]any{
		"company":    v.Company.bindings(),
		"client":     v.Client.bindings(),
		"contact":    map[string]any{"name": word(v.Contact.Name), "role": word(v.Contact.Role), "email": word(v.Contact.Email), "phone": phone(v.Contact.Phone)},
		"rep":        map[string]any{"name": word(v.Rep.Name), "phone": phone(v.Rep.Phone), "email": word(v.Rep.Email)},
		"campaign":   map[string]any{"title": word(v.Campaign)},
		"order":      v.Order.bindings(),
		"facts":      v.Facts.bindings(v.Today),
		"answer":     v.Answer.bindings(),
		"basis":      map[string]any{"kind": word(v.Basis.Kind), "source": word(v.Basis.Source), "on": day(v.Basis.On)},
		"survey_url": word(v.SurveyURL),
		"stop_url":   word(v.StopURL),
		"closes_on":  day(v.ClosesOn),
		"today":      day(v.Today),
	}
}

func (c *Company) bindings() map[string]any {
	colour, ink := buttonColours(c.Colour)
	currency := c.Currency
	if currency == "" {
		currency = "EUR"
	}
	return map[string]any{
		"name": word(c.Name), "address": word(c.Address), "phone": phone(c.Phone), "email": word(c.Email),
		"site": word(c.Site), "currency": currency, "colour": colour, "colour_ink": ink,
	}
}

func (c *Client) bindings() map[string]any {
	return map[string]any{
		"ref": word(c.Ref), "name": word(c.Name), "city": word(c.City),
		"postcode": word(c.Postcode), "country": word(c.Country), "sector": word(c.Sector),
	}
}

func (o *Order) bindings() map[string]any {
	b := map[string]any{"ref": word(o.Ref), "on": day(o.On), "delivered_on": day(o.DeliveredOn), "amount": nil}
	if !o.On.IsZero() {
		b["amount"] = o.Amount
	}
	return b
}

func (f *Facts) bindings(today calendar.Date) map[string]any {
	b := map[string]any{
		"first_order_on": day(f.FirstOrderOn), "last_order_on": day(f.LastOrderOn),
		"last_contact_with": day(f.LastContactWith), "last_contact_from": day(f.LastContactFrom),
		"orders": f.Orders, "orders_12m": f.Orders12m,
		"revenue_12m": f.Revenue12m, "revenue_12m_before": f.Revenue12mBefore,
		"rhythm": nil, "days_since_last_order": nil, "months_since_last_order": nil,
	}
	if f.Rhythm > 0 {
		b["rhythm"] = f.Rhythm
	}
	if !f.LastOrderOn.IsZero() && today >= f.LastOrderOn {
		b["days_since_last_order"] = int(today - f.LastOrderOn)
		b["months_since_last_order"] = monthsBetween(f.LastOrderOn, today)
	}
	return b
}

// monthsBetween counts the full months from one day to a later one.
func monthsBetween(from, to calendar.Date) int {
	fy, fm, _ := from.Civil()
	ty, tm, _ := to.Civil()
	n := (ty-fy)*12 + int(tm) - int(fm)
	if from.AddMonths(n) > to {
		n--
	}
	return n
}

func (a *Answer) bindings() map[string]any {
	b := map[string]any{"score": nil, "reasons": nil, "comment": nil, "call_me": a.CallMe, "on": day(a.On)}
	if a.Score != nil {
		b["score"] = *a.Score
	}
	if len(a.Reasons) > 0 {
		reasons := make([]any, len(a.Reasons))
		for i, r := range a.Reasons {
			reasons[i] = word(r)
		}
		b["reasons"] = reasons
	}
	if c := strings.TrimSpace(a.Comment); c != "" {
		b["comment"] = clean(c, true)
	}
	return b
}

// word is a one-line value, nil when empty: Liquid holds an empty text for true.
func word(s string) any {
	if s = strings.TrimSpace(clean(s, false)); s == "" {
		return nil
	}
	return s
}

// phone is a number that stays on one line.
func phone(s string) any {
	v, ok := word(s).(string)
	if !ok {
		return nil
	}
	return strings.ReplaceAll(v, " ", nbsp)
}

func day(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d
}

// clean turns control characters, line and paragraph separators and marks that reverse the reading direction into
// blanks. No value can then break a line, a header, or the look of the text around it.
func clean(s string, keepLines bool) string {
	if printable(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && keepLines:
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return ' '
		}
		return r
	}, s)
}

// printable says that s is ASCII without control characters, as most values are: there is nothing to clean.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

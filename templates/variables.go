package templates

// Variable is one name that texts may use. The table below is the only definition: checking, docs and samples follow it.
type Variable struct {
	Name    string
	Type    string // text, date, amount, number, list, yes or no, link
	Meaning string
	Always  bool // has a value for every client; the others may be nil
}

// Variables lists every variable that a text may use, in the order of the documentation.
func Variables() []Variable {
	return []Variable{
		{"company.name", "text", "the company that writes", true},
		{"company.address", "text", "its postal address, on one line", true},
		{"company.phone", "text", "its telephone number", false},
		{"company.email", "text", "where replies go", false},
		{"company.site", "link", "its web site", false},
		{"company.currency", "text", "its currency (EUR)", true},
		{"company.colour", "text", "its colour (#rrggbb), used once in the letter", true},
		{"company.colour_ink", "text", "black or white, whichever reads better on that colour", true},
		{"client.ref", "text", "the client's reference in the company's files", true},
		{"client.name", "text", "the client company", true},
		{"client.city", "text", "its town", false},
		{"client.postcode", "text", "its postcode", false},
		{"client.country", "text", "its country, two letters", false},
		{"client.sector", "text", "its sector", false},
		{"contact.name", "text", "the person written to or called", false},
		{"contact.role", "text", "what the person does there", false},
		{"contact.email", "text", "the person's address", false},
		{"contact.phone", "text", "the person's number", false},
		{"rep.name", "text", "the rep who looks after the client, and who signs", false},
		{"rep.phone", "text", "the rep's number", false},
		{"rep.email", "text", "the rep's address", false},
		{"campaign.title", "text", "the campaign's title in the reader's language", true},
		{"order.ref", "text", "the order that the message is about: its reference", false},
		{"order.on", "date", "the day it was ordered", false},
		{"order.delivered_on", "date", "the day it was delivered", false},
		{"order.amount", "amount", "its amount, net of tax", false},
		{"facts.first_order_on", "date", "the client's first order", false},
		{"facts.last_order_on", "date", "the client's last order", false},
		{"facts.last_contact_with", "date", "the last visit or call that reached the client", false},
		{"facts.last_contact_from", "date", "the last time the client came to us: an order, an answer, a reply", false},
		{"facts.orders", "number", "orders ever", true},
		{"facts.orders_12m", "number", "orders of the last 12 months", true},
		{"facts.revenue_12m", "amount", "net revenue of the last 12 months", true},
		{"facts.revenue_12m_before", "amount", "net revenue of the 12 months before these", true},
		{"facts.rhythm", "number", "days between the client's orders, the median", false},
		{"facts.days_since_last_order", "number", "days since the last order", false},
		{"facts.months_since_last_order", "number", "full months since the last order", false},
		{"answer.score", "number", "the recommendation that the client gave, 0 to 10", false},
		{"answer.reasons", "list", "what the client chose, an entry per question, with the question", false},
		{"answer.comment", "text", "what the client wrote", false},
		{"answer.call_me", "yes or no", "whether the client asks to be called", true},
		{"answer.on", "date", "the day of the answer", false},
		{"basis.kind", "text", "why we may write: consent, information, generic or contract", false},
		{"basis.source", "text", "where that stands, such as \"CGV 2024, art. 12\"", false},
		{"basis.on", "date", "since when", false},
		{"survey_url", "link", "the client's own questionnaire (invitations and reminders only)", false},
		{"stop_url", "link", "the client's own page to say stop (mails only)", false},
		{"closes_on", "date", "the last day for an answer", false},
		{"today", "date", "today, by the business clock", true},
	}
}

// Filter is one filter that texts may use.
type Filter struct{ Name, Meaning string }

// Filters lists every filter that a text may use.
func Filters() []Filter {
	return []Filter{
		{"money", "an amount in the company's currency: 1 234,50 € or €1,234.50"},
		{"date", "a day in words: 14 mars 2026; date: \"long\" adds the weekday, date: \"short\" gives 14/03/2026"},
		{"number", "a number with its thousands apart; number: 1 keeps one decimal"},
		{"percent", "a share as a percentage: 0.385 gives 38,5 %"},
		{"default", "what to say when there is no value"},
		{"join", "the entries of a list with something between them"},
		{"first", "the first entry of a list"},
		{"last", "the last entry of a list"},
		{"size", "how many entries, or letters"},
		{"upcase", "in capitals"},
		{"downcase", "in small letters"},
		{"capitalize", "with a capital first letter"},
		{"truncate", "the first letters, then …"},
		{"append", "with something after it"},
		{"prepend", "with something before it"},
		{"plus", "more by a number"},
		{"minus", "less by a number"},
		{"times", "multiplied by a number"},
		{"divided_by", "divided by a number"},
		{"round", "rounded"},
		{"abs", "without its sign"},
	}
}

func variableNames() []string {
	var names []string
	for _, v := range Variables() {
		names = append(names, v.Name)
	}
	return names
}

func filterNames() []string {
	var names []string
	for _, f := range Filters() {
		names = append(names, f.Name)
	}
	return names
}

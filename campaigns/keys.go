package campaigns

import "slices"

// Key is one word that a definition may use, and what it means: strict reading, messages and docs come from these lists.
type Key struct {
	Name    string
	Form    string // how its value is written
	Meaning string
}

// CampaignKeys are the keys of a definition.
var CampaignKeys = []Key{
	{"campaign", "a-name", "its name, the same as the file's; it never changes"},
	{"title", `{fr: "…", en: "…"}`, "what people see, in both languages"},
	{"lever", "retention", "what it works on: development, retention, cost_reduction, substitution or prospecting"},
	{"trigger", "{silent: {…}}", "what makes it fire; one of the triggers below"},
	{"audience", "not client.blocked", "a condition over the facts; without it every client"},
	{"steps", "[…]", "the contacts; it starts with the first step whose `only` holds"},
	{"priority", "1 to 100", "larger goes first where pressure or a rep's day allows one; 50 unless told"},
	{"hold_out", "10", "per cent of clients deliberately not contacted, to measure the effect; 0 unless told; not with first_order or answer"},
}

// StepKeys are the keys of a step.
var StepKeys = []Key{
	{"name", "a-name", "its name within the campaign"},
	{"call", "welcome", "it is a call, with this script"},
	{"mail", "welcome-missed", "it is a mail, with this text"},
	{"survey", "satisfaction", "it is a questionnaire, sent with the mails NAME-invitation and NAME-reminder"},
	{"only", "weight_top <= 0.2", "the campaign starts with this step only for clients of whom the condition is true"},
	{"priority", "1 to 100", "of this step; the campaign's unless told"},
	{"deadline", "10 working days", "after its due day; what could not happen by then is skipped as too late. Working days in quiet weeks do not count"},
	{"to", "rep, inside, manager", "calls: who makes it; rep unless told. Without that rep, the client's other one, else the default rep"},
	{"attempts", "{times: 3, apart: 2 working days}", "calls: how often to try, each time at another half of the day; once unless told"},
	{"then", "{unreachable: a-step}", "what follows an outcome, or the reason why the step was skipped: a step, or stop"},
	{"reminder", "{after: 7 days}", "surveys: a second mail to those who have not answered; its text must exist"},
	{"closes", "{after: 21 days}", "surveys: the last day on which an answer is taken"},
	{"answers", "[{where: score <= 6 or call_me, then: a-step}]", "surveys: the first condition that an answer meets opens its step"},
}

// TriggerKey is one trigger with its own keys.
type TriggerKey struct {
	Name    string
	Meaning string
	Keys    []Key
	Later   bool // known, but not yet available
}

// TriggerKeys are the triggers that a definition may use.
var TriggerKeys = []TriggerKey{
	{Name: "first_order", Meaning: "some time after the first order ever; never for a client created more than 90 days before it", Keys: []Key{
		{"after", "5 working days", "after the order"},
		{"after_delivery", "2 working days", "after its delivery instead, where that is known"},
		{"within", "30 days", "after the order; later than that it never fires, so that loading old history fires nothing"},
	}},
	{Name: "contacts_per_year", Meaning: "365/times days after the last contact with the client, or its creation; half of that after a try that reached nobody. Clients who were due before the campaign's start are spread over a full period", Keys: []Key{
		{"times", "2", "1 to 52"},
	}},
	{Name: "yearly", Meaning: "once a calendar year; those who are not in the audience on their day are asked next year", Keys: []Key{
		{"on", "03-15", "month-day, the same for all"},
		{"spread", "true", "on a working day outside the quiet weeks, drawn from the client's ref"},
	}},
	{Name: "on", Meaning: "for the whole audience at each slot; each slot needs its own approved text", Keys: []Key{
		{"date", "2026-12-01", "one slot"},
		{"cron", `"0 9 * * 2#1"`, "many: minute, hour, day of month, month, weekday; 2#1 is the first Tuesday of the month"},
		{"window", "3 working days", "a slot missed by more is skipped; 3 working days unless told"},
	}},
	{Name: "silent", Meaning: "when no order came for that many times the client's own rhythm (no rhythm: 12 months), quiet weeks left out; waits while order data is stale", Keys: []Key{
		{"rhythms", "3", "how many times the median gap between its orders"},
		{"at_least", "6 months", "after its last order, never earlier"},
		{"at_most", "18 months", "after its last order, never later"},
	}},
	{Name: "volume_drop", Meaning: "when a client buys much less than a year before", Later: true, Keys: []Key{
		{"window", "3 months", "closed months that are compared"}, {"by", "30 %", "how much less"}, {"at_least", "1500", "the loss, in money"},
	}},
	{Name: "season", Meaning: "before the client's own high season", Later: true, Keys: []Key{{"before", "30 days", ""}}},
	{Name: "contract_end", Meaning: "before a contract reopens or its notice date", Later: true, Keys: []Key{{"before", "3 months", ""}}},
	{Name: "answer", Meaning: "when a touch of a campaign is answered, or its call ends, in a certain way", Keys: []Key{
		{"to", "satisfaction-survey", "the campaign that it listens to"},
		{"where", "score >= 9", "a condition over score, call_me and outcome; without it, every answer"},
	}},
}

// Outcomes lists the outcomes of a call, in the order in which pages offer them, with unreachable last.
var Outcomes = []Outcome{Reached, OrderTaken, NoAnswer, Voicemail, CallBack, WrongNumber, Refused, OtherPerson, AlreadySeen, Postponed, Unreachable}

// followable are the ends of a touch that `then` may name, by channel.
func followable(c Channel) []string {
	if c != Call {
		return []string{string(Failed), string(ReasonNoAddress), string(ReasonNoBasis), string(ReasonTooLate)}
	}
	ends := []string{string(ReasonNoNumber), string(ReasonTooLate)}
	for _, o := range Outcomes {
		if !slices.Contains([]Outcome{NoAnswer, Voicemail, CallBack, Postponed}, o) { // these only move the call
			ends = append(ends, string(o))
		}
	}
	slices.Sort(ends)
	return ends
}

package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/look"
	"github.com/relance/relance/internal/store"
)

// Plots are small SVGs drawn here: classes of the style sheet colour them, and each has its sentence for those who do
// not see it. All text that goes in is escaped.

// monthsPlot is revenue by month: the last twelve closed months in front of the same months a year before.
type monthsPlot struct {
	SVG            template.HTML
	Now, Before    string // what the two lines are, for the key
	Sum, SumBefore float64
	Rows           []monthsRow
	Any            bool // at least one month with revenue
}

type monthsRow struct {
	Month       time.Time
	Now, Before float64
}

// plotMonths draws the closed months among months, which end with the current one.
func plotMonths(r look.Reader, months []store.MonthRevenue) monthsPlot {
	closed := months[:max(len(months)-1, 0)]
	if len(closed) < 24 {
		return monthsPlot{}
	}
	closed = closed[len(closed)-24:]
	var p monthsPlot
	top := 0.0
	for i := range 12 {
		row := monthsRow{closed[12+i].Month, closed[12+i].Revenue, closed[i].Revenue}
		p.Rows = append(p.Rows, row)
		p.Sum, p.SumBefore = p.Sum+row.Now, p.SumBefore+row.Before
		top = max(top, row.Now, row.Before)
	}
	p.Any = top > 0
	p.Now = r.T("plot.span", "from", r.Month(closed[12].Month), "to", r.Month(closed[23].Month))
	p.Before = r.T("plot.before")
	label := r.T("plot.months", "now", r.Money(p.Sum), "before", r.Money(p.SumBefore))
	p.SVG = drawMonths(r, p.Rows, max(top, 1), label)
	return p
}

func drawMonths(r look.Reader, rows []monthsRow, top float64, label string) template.HTML {
	const width, height, bottom = 360.0, 124.0, 18.0
	x := func(i int) float64 { return 6 + float64(i)*(width-12)/11 }
	y := func(v float64) float64 { return 16 + (1-max(v, 0)/top)*(height-bottom-16-4) }
	var now, before strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&now, "%.1f,%.1f ", x(i), y(row.Now))
		fmt.Fprintf(&before, "%.1f,%.1f ", x(i), y(row.Before))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(label))
	fmt.Fprintf(&b, `<line class="axis" x1="0" x2="%g" y1="%.1f" y2="%.1f"/><line class="axis" x1="0" x2="%g" y1="16" y2="16"/>`, width, y(0), y(0), width)
	fmt.Fprintf(&b, `<text x="0" y="11">%s</text>`, template.HTMLEscapeString(r.Money(top)))
	fmt.Fprintf(&b, `<polyline class="before" points="%s"/><polyline class="now" points="%s"/>`, before.String(), now.String())
	fmt.Fprintf(&b, `<circle class="dot" cx="%.1f" cy="%.1f" r="3.5"/>`, x(11), y(rows[11].Now))
	for i, row := range rows {
		anchor := "middle"
		if i == 11 {
			anchor = "end"
		}
		if i%2 == 1 {
			fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="%s">%s</text>`, x(i), height-4, anchor, template.HTMLEscapeString(shortMonth(r, row.Month)))
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// shortMonth writes nov. or Nov, as under a plot.
func shortMonth(r look.Reader, t time.Time) string {
	if r.Language == "en" {
		return t.Format("Jan")
	}
	return strings.Fields("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")[t.Month()-1]
}

// daysPlot is what is planned for the next thirty days.
type daysPlot struct {
	SVG                template.HTML
	Call, Mail, Survey int
}

func plotDays(r look.Reader, days []store.DayCount, today time.Time) daysPlot {
	var p daysPlot
	counts := map[int]map[string]int{}
	top := 1
	for _, d := range days {
		at := max(int(d.Day.Sub(today).Hours()/24), 0) // what is due already stands on today
		if at >= 30 {
			continue
		}
		if counts[at] == nil {
			counts[at] = map[string]int{}
		}
		counts[at][d.Channel] += d.Count
		sum := 0
		for _, n := range counts[at] {
			sum += n
		}
		top = max(top, sum)
		switch d.Channel {
		case "call":
			p.Call += d.Count
		case "mail":
			p.Mail += d.Count
		default:
			p.Survey += d.Count
		}
	}
	label := r.T("plot.days", "calls", p.Call, "mails", p.Mail, "surveys", p.Survey)
	p.SVG = drawDays(r, counts, top, today, label)
	return p
}

func drawDays(r look.Reader, counts map[int]map[string]int, top int, today time.Time, label string) template.HTML {
	const width, ground, room = 360.0, 96.0, 78.0
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="plot days" viewBox="0 0 %g 116" role="img" aria-label="%s">`, width, template.HTMLEscapeString(label))
	fmt.Fprintf(&b, `<text x="0" y="11">%d</text>`, top)
	for day := range 30 {
		base := ground
		for _, part := range []struct{ channel, class string }{{"survey", "bar"}, {"mail", "bar3"}, {"call", "bar2"}} {
			n := counts[day][part.channel]
			if n == 0 {
				continue
			}
			height := max(float64(n)/float64(top)*room, 1.5)
			base -= height
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%.1f" width="9" height="%.1f"><title>%s</title></rect>`, part.class, day*12+1, base, height,
				template.HTMLEscapeString(r.Day(today.AddDate(0, 0, day))+": "+r.Count(n)))
		}
	}
	fmt.Fprintf(&b, `<line class="axis" x1="0" x2="%g" y1="%g" y2="%g"/>`, width, ground+0.5, ground+0.5)
	for _, mark := range []struct {
		day    int
		anchor string
	}{{0, "start"}, {14, "middle"}, {29, "end"}} {
		x := float64(mark.day)*12 + 5
		if mark.anchor == "start" {
			x = 0
		} else if mark.anchor == "end" {
			x = width
		}
		fmt.Fprintf(&b, `<text x="%g" y="112" text-anchor="%s">%s</text>`, x, mark.anchor, template.HTMLEscapeString(r.Day(today.AddDate(0, 0, mark.day))))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// drawSum is the sum of a campaign's states as one bar, in the order in which the sum is written out.
func drawSum(terms []term, total int, label string) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="sum" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="%s">`, template.HTMLEscapeString(label))
	at := 0.0
	for _, t := range terms {
		width := 1000 * float64(t.Count) / float64(max(total, 1))
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="0" width="%.1f" height="14"/>`, t.State, at, max(width-2, 1))
		at += width
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// term is one part of the sum: so many touches in a state.
type term struct {
	State, Words string
	Count        int
}

// sumOf writes out the sum of a campaign: planned = answered + sent + …, without the states that hold nothing.
func sumOf(r look.Reader, states map[string]int) (terms []term) {
	for _, state := range campaigns.States {
		if n := states[string(state)]; n > 0 {
			terms = append(terms, term{string(state), r.T("sum."+string(state), "n", n), n})
		}
	}
	return terms
}

package campaigns

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/relance/relance/internal/calendar"
)

// Cron is a repeated slot in the company's zone: the five fields of cron, of which the last may name the nth weekday of
// the month: "0 9 * * 2#1" is the first Tuesday at nine.
type Cron struct {
	Text     string
	schedule cron.Schedule
	nth      int // 1 to 5; 0: every one
	minute   int // of the day
}

// searchedSlots bounds the look for the nth weekday: five years of weeks hold every pattern of months.
const searchedSlots = 5 * 53

// ParseCron reads the five fields. The slot has one hour and one minute: a campaign goes out once a day at most.
func ParseCron(text string) (*Cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return nil, fmt.Errorf("%q is no slot: want minute, hour, day of month, month and weekday, such as \"0 9 * * 2#1\" (the first Tuesday at nine)", text)
	}
	minute, errM := strconv.Atoi(fields[0])
	hour, errH := strconv.Atoi(fields[1])
	if errM != nil || errH != nil || minute < 0 || minute > 59 || hour < 0 || hour > 23 {
		return nil, fmt.Errorf("%q is no slot: minute and hour are one number each, such as \"30 9\"", text)
	}
	c := &Cron{Text: text, minute: hour*60 + minute}
	weekday, nth, numbered := strings.Cut(fields[4], "#")
	if numbered {
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 || n > 5 || fields[2] != "*" {
			return nil, fmt.Errorf("%q is no slot: after # comes 1 to 5, with * as the day of the month", text)
		}
		c.nth, fields[4] = n, weekday
	}
	schedule, err := cron.ParseStandard("0 0 " + strings.Join(fields[2:], " "))
	if err != nil {
		return nil, fmt.Errorf("%q is no slot: %w", text, err)
	}
	c.schedule = schedule
	if c.next(calendar.NewDate(2024, time.January, 1)) == 0 {
		return nil, fmt.Errorf("%q is no slot: it never comes", text)
	}
	return c, nil
}

// next returns the first slot after a day.
func (c *Cron) next(day calendar.Date) calendar.Date {
	t := day.Time()
	for range searchedSlots {
		t = c.schedule.Next(t)
		if t.IsZero() {
			return 0
		}
		if c.nth == 0 || (t.Day()-1)/7+1 == c.nth {
			return calendar.DateOf(t)
		}
	}
	return 0
}

// last returns the newest slot up to and including a day, at most five years back.
func (c *Cron) last(today calendar.Date) calendar.Date {
	for back := calendar.Date(8); back <= 5*366; back *= 4 {
		var last calendar.Date
		for slot := c.next(today - back); slot != 0 && slot <= today; slot = c.next(slot) {
			last = slot
		}
		if last != 0 {
			return last
		}
	}
	return 0
}

// at returns the moment of a slot's day.
func (c *Cron) at(day calendar.Date, loc *time.Location) time.Time {
	y, m, d := day.Civil()
	return time.Date(y, m, d, c.minute/60, c.minute%60, 0, 0, loc)
}

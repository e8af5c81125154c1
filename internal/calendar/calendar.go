// Package calendar knows working days, holidays, hours and zones of the countries where clients live.
//
// A House holds the rules of one company: its zone and country, when it calls and writes, and its quiet weeks. From
// them it answers three questions, each in constant time, since a planning pass asks them for every client:
//
//  1. which day is the nth working day after another, in the client's country (After, Add);
//  2. how long a silence has lasted, quiet weeks left out (SilentDays, SilentUntil);
//  3. when a call or mail may go out next, in the client's country and zone (NextAllowed).
//
// The tables behind the answers are made once per country and kept; a House may be used by several goroutines. A country
// without a holiday table works from Monday to Friday, and HasHolidays tells it so that pages can say it.
//
// The package is pure: it is told the day, it never asks the clock.
package calendar

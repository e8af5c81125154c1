// Package campaigns decides whom to contact, when and why. It is pure: it is given the business clock's now, the facts of
// a client and the touches that exist, and returns what changes; it never reads a clock, a database or the network.
//
//  1. Parse reads a definition (YAML) strictly and reports all its mistakes at once. Conditions are checked against
//     FactTable, the only list of facts.
//  2. Definition.At makes a Pass: one campaign at one moment. Pass.Plan looks at one client: does the trigger fire, is the
//     occasion new, is the client in the audience, and do the checks (CheckOrder) let it be contacted? It plans a touch
//     at its first allowed time, or skips it with the reason, or holds it out. It also cancels what lost its cause and
//     arms again what got it back. Planning twice changes nothing.
//  3. Level spreads calls over the reps' days. SurgeLimit and Fresh are the guards that whoever runs a pass asks.
//  4. Pass.Settle says what a call's outcome does to its touch; Pass.Next, what follows from the end of a touch: another
//     step, a survey's reminder and closing, a call to someone who is unhappy.
//  5. Pass.Explain says for any client why it is or is not contacted, with the figures that decided.
//
// The states of a touch and their moves stand in one table (moves), which the store, the database and
// docs/touch-states.md are compared with. The shipped campaigns are in library.
package campaigns

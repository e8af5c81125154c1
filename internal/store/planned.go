package store

import (
	"encoding/binary"
	"time"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/calendar"
)

// touchColumns are what a planned touch is written with, in the order of appendTouch.
const touchColumns = `client_id, contact_id, campaign_id, version_id, step, channel, rep_id, occasion, parent_id, triggered_on, due_at, deadline_at,
	state, reason, figures, priority, ended_at, closes_at, created_at`

const touchColumnCount = 19

// copyHeader and copyTrailer enclose the rows of COPY's binary format.
var (
	copyHeader  = append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	copyTrailer = []byte{0xff, 0xff}
)

// appendTouch writes a new touch as a row of COPY's binary format.
func appendTouch(b []byte, t *campaigns.Touch, campaignID, versionID int, now time.Time) []byte {
	b = binary.BigEndian.AppendUint16(b, touchColumnCount)
	b = appendInt8(b, t.ClientID)
	b = appendRef(b, t.ContactID)
	b = appendInt4(b, campaignID)
	b = appendInt4(b, versionID)
	b = appendText(b, t.Step)
	b = appendText(b, string(t.Channel))
	b = appendRef(b, t.RepID)
	b = appendText(b, t.Occasion)
	b = appendRef(b, t.ParentID)
	b = appendDay(b, t.TriggeredOn)
	b = appendTime(b, t.DueAt)
	b = appendTime(b, t.DeadlineAt)
	b = appendText(b, string(t.State))
	b = appendWord(b, string(t.Reason))
	b = appendJSON(b, t.Figures)
	b = binary.BigEndian.AppendUint16(appendSize(b, 2), uint16(t.Priority))
	b = appendTime(b, endedAt(t, now))
	b = appendTime(b, t.ClosesAt)
	return appendTime(b, now)
}

// endedAt is when a touch that is over from the start ended.
func endedAt(t *campaigns.Touch, now time.Time) time.Time {
	if t.EndedAt.IsZero() && (t.State == campaigns.Skipped || t.State == campaigns.Cancelled) {
		return now
	}
	return t.EndedAt
}

func appendSize(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

func appendNull(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff) }

func appendInt8(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(appendSize(b, 8), uint64(n))
}

func appendInt4(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(appendSize(b, 4), uint32(n))
}

// appendRef writes a key, of which 0 is none.
func appendRef(b []byte, id int64) []byte {
	if id == 0 {
		return appendNull(b)
	}
	return appendInt8(b, id)
}

func appendText(b []byte, s string) []byte { return append(appendSize(b, len(s)), s...) }

// appendWord writes a text, of which the empty one is none.
func appendWord(b []byte, s string) []byte {
	if s == "" {
		return appendNull(b)
	}
	return appendText(b, s)
}

func appendDay(b []byte, d calendar.Date) []byte {
	if d == 0 {
		return appendNull(b)
	}
	return appendInt4(b, int(d-postgresEpoch))
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return appendNull(b)
	}
	return appendInt8(b, t.UnixMicro()-postgresEpochUnix*1e6)
}

// appendJSON writes version 1 of jsonb's binary form.
func appendJSON(b, value []byte) []byte {
	if len(value) == 0 {
		value = []byte("{}")
	}
	return append(append(appendSize(b, len(value)+1), 1), value...)
}

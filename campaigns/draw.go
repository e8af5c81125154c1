package campaigns

// draw turns a client's ref into a number that stays the same for ever, on every machine: FNV-1a over campaign, purpose
// and ref, then one round of mixing so that refs that differ in a digit land far apart. It decides the day of a yearly
// campaign, the place in a first round, and who is held out; the purpose keeps these draws independent of each other.
func draw(campaign, purpose, ref string) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range [...]string{campaign, "\x00", purpose, "\x00", ref} {
		for i := 0; i < len(part); i++ {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
	}
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}

// heldOut reports whether a client belongs to the part of the audience that a campaign deliberately does not contact.
// It is the same clients on every occasion, so that their orders can be compared over time.
func (d *Definition) heldOut(ref string) bool {
	return d.HoldOut > 0 && float64(draw(d.Name, "hold-out", ref)%10_000) < d.HoldOut*100
}

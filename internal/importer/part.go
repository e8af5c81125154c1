package importer

// part tells which part of orders has these columns.
func (h heading) part(kind Kind) Part {
	if kind != Orders || !h.has("order") {
		return Flat
	}
	head := h.has("client") && h.has("ordered_on")
	amounts := h.has("amount") || (h.has("quantity") && h.has("unit_price"))
	switch {
	case head && !h.has("amount") && !h.has("quantity") && !h.has("unit_price"):
		return Heads
	case amounts && !h.has("client") && !h.has("ordered_on"):
		return Lines
	}
	return Flat
}

// Part is what the file holds of its kind.
func (f *File) Part() Part { return f.part }

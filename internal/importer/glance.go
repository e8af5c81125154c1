package importer

// Glance is what the headings of a file show, before its cells are looked at.
type Glance struct {
	Columns int  // how many of the kind's columns it has
	Part    Part // what it holds of the kind
}

// GlanceAt reads a file as far as its headings. Errors wrap ErrFile, as those of Open: it is no file of this kind, or the
// options must be changed.
func GlanceAt(kind Kind, in Input, o Options) (Glance, error) {
	if columns(kind) == nil {
		return Glance{}, fileError("unknown kind %q", kind)
	}
	source, _, err := openSource(kind, in, o)
	if err != nil {
		return Glance{}, err
	}
	rows, err := source.open()
	if err != nil {
		return Glance{}, err
	}
	h := seekHeadline(kind, rows, o)
	if h.err != nil {
		return Glance{}, h.err
	}
	return Glance{Columns: h.used, Part: h.heading.part(kind)}, nil
}

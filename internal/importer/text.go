package importer

// textSource is a text whose rows have cells between delimiters.
type textSource struct {
	content  content
	encoding string
	dialect  dialect
	sample   []byte // of its beginning, decoded
}

// openText looks at a text as a whole and takes the dialect in which the headings are found, else the one that parts
// most of its first lines alike.
func openText(kind Kind, c content, s *census, encoding string, sample []byte, o Options) *textSource {
	t := &textSource{content: c, encoding: encoding, sample: sample}
	found, rows, cells := false, -1, 0
	for _, d := range dialects(sample, s, o) {
		h := seekHeadline(kind, sampleRecords(sample, d), o)
		r, n := d.order(sample)
		better := r > rows || (r == rows && n > cells)
		if (h.err == nil && !found) || ((h.err == nil) == found && better) {
			t.dialect, found, rows, cells = d, h.err == nil, r, n
		}
	}
	return t
}

func (t *textSource) open() (rows, error) {
	in, err := t.content.open()
	if err != nil {
		return nil, err
	}
	text, err := decoded(in, t.encoding)
	if err != nil {
		return nil, err
	}
	return newRecords(text, t.dialect), nil
}

func (t *textSource) describe(s *Shape) {
	s.Format, s.Encoding = "csv", t.encoding
	s.Delimiter, s.Quote = signWord(t.dialect.delimiter), signWord(t.dialect.quote)
}

func (t *textSource) delimiter() byte { return t.dialect.delimiter }

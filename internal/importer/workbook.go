package importer

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// workbook is an XLSX file: an archive whose sheets, shared texts and styles are files of XML. Small ones are read whole;
// sheets and texts are read piece by piece.
type workbook struct {
	parts    map[string]*zip.File
	most     int64 // bytes that any part may have unpacked
	sheets   []sheetPart
	from1904 bool
	styles   []style
	texts    *tape
}

type sheetPart struct {
	name   string
	path   string
	hidden bool
}

// smallPart is the most bytes of a part that is read whole.
const smallPart = 16 << 20

// openWorkbook chooses the sheet: the one that is told, else the one in which most columns are found.
func openWorkbook(kind Kind, c content, o Options) (source, error) {
	archive, err := openArchive(c)
	if err != nil {
		return nil, err
	}
	w := &workbook{parts: map[string]*zip.File{}, most: mostUnpacked(c.size), texts: &tape{room: o.scratch}}
	names := map[string]bool{}
	for _, f := range archive.File {
		names[f.Name] = true
		w.parts[partName(f.Name)] = f
	}
	if err := refuseWorkbook(names); err != nil {
		return nil, err
	}
	if err := w.load(); err != nil {
		return nil, err
	}
	sheet, err := w.choose(kind, o)
	if err != nil {
		return nil, err
	}
	return &sheetSource{book: w, sheet: sheet}, nil
}

// partName is how parts are compared: without case, as the format wants it, and without the slash in front.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// load reads the list of sheets, the styles and the shared texts.
func (w *workbook) load() error {
	at, err := w.mainPart()
	if err != nil {
		return err
	}
	var book struct {
		Properties struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(at, &book); err != nil {
		return err
	}
	links, err := w.links(at)
	if err != nil {
		return err
	}
	w.from1904 = book.Properties.From1904 == "1" || book.Properties.From1904 == "true"
	for _, s := range book.Sheets {
		if link := links[s.ID]; link.is("worksheet") {
			w.sheets = append(w.sheets, sheetPart{s.Name, link.path, s.State != "" && s.State != "visible"})
		}
	}
	if len(w.sheets) == 0 {
		return fileError("the workbook holds no sheet with cells")
	}
	for _, link := range links {
		switch {
		case link.is("styles"):
			err = errors.Join(err, w.loadStyles(link.path))
		case link.is("sharedStrings"):
			err = errors.Join(err, w.loadTexts(link.path))
		}
	}
	return err
}

// link is what one part of a workbook refers to.
type link struct{ kind, path string }

func (l link) is(kind string) bool { return path.Base(l.kind) == kind }

// links are those of a part, by their id.
func (w *workbook) links(part string) (map[string]link, error) {
	var list struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	at := partName(path.Join(path.Dir(part), "_rels", path.Base(part)+".rels"))
	if w.parts[at] == nil {
		return nil, nil
	}
	if err := w.decode(at, &list); err != nil {
		return nil, err
	}
	links := map[string]link{}
	for _, l := range list.Links {
		target := strings.ReplaceAll(l.Target, `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(part), target)
		}
		links[l.ID] = link{l.Type, partName(target)}
	}
	return links, nil
}

// mainPart is where the list of sheets stands.
func (w *workbook) mainPart() (string, error) {
	links, err := w.links("")
	if err != nil {
		return "", err
	}
	for _, l := range links {
		if l.is("officeDocument") && w.parts[l.path] != nil {
			return l.path, nil
		}
	}
	if at := "xl/workbook.xml"; w.parts[at] != nil {
		return at, nil
	}
	return "", fileError("it is an archive that looks like a workbook, but holds none")
}

// part opens a part to be read.
func (w *workbook) part(name string) (io.Reader, error) {
	f := w.parts[name]
	if f == nil {
		return nil, fileError("the workbook is damaged: its part %s is missing", name)
	}
	if _, err := readable(f); err != nil {
		return nil, err
	}
	return openMember(f, w.most)
}

// decode reads a small part whole.
func (w *workbook) decode(name string, to any) error {
	in, err := w.part(name)
	if err != nil {
		return err
	}
	err = xml.NewDecoder(io.LimitReader(in, smallPart)).Decode(to)
	switch {
	case errors.Is(err, ErrFile):
		return err
	case err != nil:
		return fileError("the workbook is damaged: its part %s cannot be read (%v)", name, err)
	}
	return nil
}

// choose gives the sheet that is told, or the only one that fits best. Hidden ones are tried when no other fits.
func (w *workbook) choose(kind Kind, o Options) (sheetPart, error) {
	if o.Sheet != "" {
		at := slices.IndexFunc(w.sheets, func(s sheetPart) bool { return strings.EqualFold(s.name, o.Sheet) })
		if at < 0 {
			return sheetPart{}, fileError("the workbook has no sheet %q; it has %s", o.Sheet, shownNames(w.names()))
		}
		return w.sheets[at], nil
	}
	var nearest headline
	for _, hidden := range []bool{false, true} {
		best, rivals, near := w.best(kind, o, hidden)
		switch {
		case len(rivals) > 1:
			return best, fileError("sheets %s hold %s alike; give --sheet with the one to import", shownNames(rivals), kind)
		case len(rivals) == 1:
			return best, nil
		case near.err != nil && (nearest.err == nil || near.near > nearest.near):
			nearest = near
		}
	}
	if len(w.sheets) > 1 {
		return sheetPart{}, fmt.Errorf("%w (the workbook has the sheets %s)", nearest.err, shownNames(w.names()))
	}
	return sheetPart{}, nearest.err
}

// best gives the sheet in which most columns are found and the names of all that are as good; or the error of the sheet
// that comes nearest.
func (w *workbook) best(kind Kind, o Options, hidden bool) (best sheetPart, rivals []string, nearest headline) {
	used := 0
	for _, s := range w.sheets {
		if s.hidden != hidden {
			continue
		}
		h, filled := w.try(kind, s, o)
		switch {
		case h.err != nil && (nearest.err == nil || h.near > nearest.near):
			nearest = h
		case h.err != nil:
		case len(rivals) == 0 || (filled && h.used > used):
			best, rivals, used = s, []string{s.name}, h.used
		case filled && h.used == used:
			rivals = append(rivals, s.name)
		}
	}
	return best, rivals, nearest
}

// try looks for the headings in a sheet, and for a row below them.
func (w *workbook) try(kind Kind, s sheetPart, o Options) (h headline, filled bool) {
	rows, err := (&sheetSource{book: w, sheet: s}).open()
	if err != nil {
		return headline{err: err}, false
	}
	if h = seekHeadline(kind, rows, o); h.err != nil {
		return h, false
	}
	_, err = rows.next()
	return h, err == nil
}

func (w *workbook) names() []string {
	var names []string
	for _, s := range w.sheets {
		names = append(names, s.name)
	}
	return names
}

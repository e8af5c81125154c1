package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// packing tells how a content was packed.
type packing struct {
	how    string // gzip, zip, or ""
	member string // of the archive
}

// unpack gives the content of a file that may be gzipped or zipped, or both. A workbook is a zip archive too, but what it
// holds is one thing: it stays as it is.
func unpack(in Input, o Options) (content, packing, error) {
	c, p := plainContent(in), packing{}
	most := mostUnpacked(in.Size)
	for range 3 {
		head, err := c.head()
		if err != nil {
			return c, p, err
		}
		switch {
		case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
			c, p.how = c.gunzipped(most), "gzip"
			continue
		case !bytes.HasPrefix(head, []byte("PK\x03\x04")) && !bytes.HasPrefix(head, []byte("PK\x05\x06")):
			if o.Member != "" && p.member == "" {
				return c, p, fileError("it is no archive, so it has no member %q", o.Member)
			}
			return c, p, nil
		}
		if c, err = c.spooled(o); err != nil {
			return c, p, err
		}
		archive, err := openArchive(c)
		if err != nil {
			return c, p, err
		}
		if isWorkbook(archive) {
			return c, p, nil
		}
		file, err := pick(archive, o.Member)
		if err != nil {
			return c, p, err
		}
		c, p = memberContent(file, most), packing{"zip", file.Name}
	}
	return c, p, fileError("it is packed more than twice; unpack it first")
}

func openArchive(c content) (*zip.Reader, error) {
	archive, err := zip.NewReader(c.random, c.size)
	switch {
	case errors.Is(err, zip.ErrFormat):
		return nil, fileError("it begins as an archive or a workbook, but its end is missing; it was cut on its way, fetch it again")
	case err != nil:
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	return archive, nil
}

// isWorkbook tells a workbook from an archive by what only workbooks hold.
func isWorkbook(archive *zip.Reader) bool {
	for _, f := range archive.File {
		if f.Name == "[Content_Types].xml" || f.Name == "mimetype" || f.Name == "Index/Document.iwa" {
			return true
		}
	}
	return false
}

// pick chooses the member that is read: the one that is told, else the only one that may hold data.
func pick(archive *zip.Reader, member string) (*zip.File, error) {
	var data []*zip.File
	var names []string
	for _, f := range archive.File {
		base := path.Base(f.Name)
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasPrefix(base, ".") {
			continue
		}
		if f.Name == member || base == member {
			return readable(f)
		}
		data = append(data, f)
		names = append(names, f.Name)
	}
	switch {
	case len(data) == 0:
		return nil, fileError("the archive holds no file")
	case member != "":
		return nil, fileError("the archive has no member %q; it holds %s", member, shownNames(names))
	case len(data) > 1:
		return nil, fileError("the archive holds several files: %s; give --member with the one to import", shownNames(names))
	}
	return readable(data[0])
}

func readable(f *zip.File) (*zip.File, error) {
	switch {
	case f.Flags&1 != 0:
		return nil, fileError("%s in the archive is protected by a password; unpack it first", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, fileError("%s in the archive is packed in an unusual way (method %d); unpack it first", f.Name, f.Method)
	}
	return f, nil
}

// shownNames lists names as people can read them, the first twenty.
func shownNames(names []string) string {
	const most = 20
	shown := strings.ToValidUTF8(strings.Join(names[:min(most, len(names))], ", "), "?")
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", shown, len(names)-most)
	}
	return shown
}

func memberContent(f *zip.File, most int64) content {
	return content{name: f.Name, size: -1, open: func() (io.Reader, error) { return openMember(f, most) }}
}

// openMember reads a file of an archive up to a limit. The reader of a zip file holds nothing that must be closed.
func openMember(f *zip.File, most int64) (io.Reader, error) {
	in, err := f.Open()
	if err != nil {
		return nil, damagedMember(err)
	}
	return &unpacker{in: checkedMember{in}, left: most, most: most}, nil
}

// checkedMember says in words when a member is not what the archive tells of it.
type checkedMember struct{ in io.Reader }

func (m checkedMember) Read(b []byte) (int, error) {
	n, err := m.in.Read(b)
	return n, damagedMember(err)
}

func damagedMember(err error) error {
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) {
		return fileError("the archive is damaged (%v); fetch it again", err)
	}
	return err
}

package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/relance/relance/internal/importer"
	"github.com/relance/relance/internal/store"
)

// uploadTime is how long a file may take on its way in, wall time: a large one over a slow line.
const uploadTime = 30 * time.Minute

// uploadPath is the one form whose body is large; it has a limit of its own.
const uploadPath = "/uploads"

// upload is what the form of a new import holds.
type upload struct {
	draft
	names   []string
	problem string // a message's id: what is wrong with it; "": nothing
}

// takeFiles takes one file, or two, and leads to the page that shows what they are taken for.
func (s *Site) takeFiles(w http.ResponseWriter, r *request) error {
	control := http.NewResponseController(w)
	until := time.Now().Add(uploadTime)
	if err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return refuse(http.StatusBadRequest, "error.bad_form")
	}
	up, err := s.readUpload(r, form)
	if err != nil {
		return err
	}
	if up.problem == "" {
		up.problem, err = s.guess(r, &up)
	}
	if err != nil {
		return err
	}
	if up.problem != "" {
		page := importsPage{Kind: up.Kind, Source: up.Source, Problem: r.Reader.T(up.problem, "mb", r.Settings.Int("import_max_mb"))}
		return s.renderImports(w, r, http.StatusUnprocessableEntity, page)
	}
	return back(w, r, up.path())
}

// readUpload reads the form part by part. A file goes to the database as soon as it has come whole.
func (s *Site) readUpload(r *request, form *multipart.Reader) (up upload, err error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return up, refuse(http.StatusBadRequest, "error.bad_form")
		}
		switch part.FormName() {
		case "kind", "source":
			value, err := io.ReadAll(io.LimitReader(part, 1000))
			if err != nil || !storable(nil, string(value)) {
				return up, refuse(http.StatusBadRequest, "error.bad_form")
			}
			if part.FormName() == "kind" {
				up.Kind = importer.Kind(value)
			} else {
				up.Source = strings.TrimSpace(string(value))
			}
		case "file":
			if err := s.takeFile(r, &up, part); err != nil {
				return up, err
			}
		}
	}
	if up.problem == "" && len(up.Uploads) == 0 {
		up.problem = "imports.no_file"
	}
	return up, nil
}

// takeFile keeps one file. One that is refused is read to its end all the same, within reason, since a browser shows no
// answer before it has sent everything.
func (s *Site) takeFile(r *request, up *upload, part *multipart.Part) error {
	name := fileName(part.FileName())
	most := int64(r.Settings.Int("import_max_mb")) << 20
	if name == "" {
		return nil // no file was chosen
	}
	if len(up.Uploads) == mostFiles {
		up.problem = "imports.too_many"
	}
	if up.problem != "" {
		_, err := io.Copy(io.Discard, io.LimitReader(part, 4*most))
		return err
	}
	id, err := s.keep(r, name, part, most)
	if errors.Is(err, store.ErrTooLarge) {
		up.problem = "imports.too_large"
		_, err := io.Copy(io.Discard, io.LimitReader(part, 4*most))
		return err
	}
	if err != nil {
		return err
	}
	up.Uploads, up.names = append(up.Uploads, id), append(up.names, name)
	return nil
}

// keep spools the file first, so that a slow line holds no connection to the database.
func (s *Site) keep(r *request, name string, in io.Reader, most int64) (int64, error) {
	spool, err := os.CreateTemp("", "relance-upload-*")
	if err != nil {
		return 0, fmt.Errorf("take a file: %w", err)
	}
	defer func() { _, _ = spool.Close(), os.Remove(spool.Name()) }()
	n, err := io.Copy(spool, io.LimitReader(in, most+1))
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "error.bad_form")
	}
	if n > most {
		return 0, store.ErrTooLarge
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("take a file: %w", err)
	}
	u, err := s.Store.SaveUpload(r.Context(), name, r.User.Name, spool, most, r.Now)
	return u.ID, err
}

// fileName is the name without folders and signs that nobody sees, in a length that a page shows.
func fileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == unicode.ReplacementChar {
			return -1
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[:200])
	}
	return strings.TrimSpace(name)
}

// guess finds out what the files hold, when nobody said; what cannot be read at all goes on as clients, whose page says
// why.
func (s *Site) guess(r *request, up *upload) (problem string, err error) {
	if up.Source != "" && up.Kind == "" {
		if source, err := s.Store.Source(r.Context(), up.Source); err == nil {
			up.Kind = source.Kind
		}
	}
	if len(up.Uploads) == mostFiles && up.Kind != "" && up.Kind != importer.Orders {
		return "imports.too_many", nil
	}
	if len(up.Uploads) == mostFiles {
		up.Kind = importer.Orders
	}
	if importer.ColumnsOf(up.Kind) != nil {
		return "", nil
	}
	spool, err := s.Store.OpenUpload(r.Context(), up.Uploads[0])
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, spool.Close()) }()
	up.Kind, err = s.intake.Guess(up.names[0], importer.Input{Name: up.names[0], In: spool, Size: spool.Size})
	if errors.Is(err, importer.ErrFile) {
		err = nil
	}
	if up.Kind == "" {
		up.Kind = importer.Clients
	}
	return "", err
}

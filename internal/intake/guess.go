package intake

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
	"github.com/relance/relance/internal/importer"
)

// nameWords are the beginnings of words in file names that tell a kind, in French and English. The more telling come
// first: contacts of clients are contacts, lines of products ordered are orders.
var nameWords = []struct {
	kind  importer.Kind
	words []string
}{
	{importer.Contacts, []string{"contact", "interlocuteur", "people"}},
	{importer.Contracts, []string{"contract", "contrat", "marche"}},
	{importer.Activities, []string{"activit", "visit", "intervention", "reclamation", "complaint", "appel", "call"}},
	{importer.Reps, []string{"reps", "representant", "commercia", "vendeur", "employee", "staff", "salesrep", "salespe"}},
	{importer.Orders, []string{"order", "commande", "factur", "invoice", "vente", "sale", "ligne"}},
	{importer.Products, []string{"product", "produit", "article", "item"}},
	{importer.Clients, []string{"client", "customer", "tiers", "account", "prospect", "etablissement"}},
}

// Guess tells what a file holds: what its name says where its headings allow it, else the kind of which it has most
// columns. Errors wrap importer.ErrFile: it is no file of any kind, or cannot be read at all.
func (k *Intake) Guess(name string, in importer.Input) (importer.Kind, error) {
	named := kindOfName(name)
	var best importer.Kind
	var most int
	var refused error
	for _, kind := range importer.Kinds() {
		g, err := importer.GlanceAt(kind, in, importer.Options{})
		if err != nil {
			if !errors.Is(err, importer.ErrFile) {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			if refused == nil || kind == named {
				refused = err
			}
			continue
		}
		if kind == named {
			return kind, nil
		}
		if g.Columns > most {
			best, most = kind, g.Columns
		}
	}
	if best == "" {
		return named, fmt.Errorf("%s: %w", name, refused)
	}
	return best, nil
}

// kindOfName is the kind that a file's name tells, or "".
func kindOfName(name string) importer.Kind {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	words := strings.FieldsFunc(base, func(r rune) bool { return strings.ContainsRune(" _-.()[]0123456789", r) })
	for _, n := range nameWords {
		for _, word := range words {
			folded := clients.Fold(word)
			if slices.ContainsFunc(n.words, func(begin string) bool { return strings.HasPrefix(folded, begin) }) {
				return n.kind
			}
		}
	}
	return ""
}

// Groups parts the files of a request into those of one import each, in their order: of orders in two files the heads come
// with their lines, the first with the first. Files that cannot be read so far stand alone; importing them says why.
func (k *Intake) Groups(ctx context.Context, req Request) ([][]importer.Input, error) {
	var heads, lines []int
	if req.Kind == importer.Orders && len(req.Files) > 1 {
		options, err := k.options(ctx, req)
		if err != nil {
			return nil, err
		}
		for i, in := range req.Files {
			in.In = interruptible{in.In, ctx}
			g, err := importer.GlanceAt(req.Kind, in, options)
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
			case g.Part == importer.Heads:
				heads = append(heads, i)
			case g.Part == importer.Lines:
				lines = append(lines, i)
			}
		}
	}
	var groups [][]importer.Input
	for i, in := range req.Files {
		pair := slices.Index(heads, i)
		switch {
		case pair >= 0 && pair < len(lines):
			groups = append(groups, []importer.Input{in, req.Files[lines[pair]]})
		case slices.Index(lines, i) >= 0 && slices.Index(lines, i) < len(heads): // with its heads
		default:
			groups = append(groups, []importer.Input{in})
		}
	}
	return groups, nil
}

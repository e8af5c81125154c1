package letters

import (
	"time"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/clients"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/templates"
)

// values puts what is known of a touch's client into what texts may say. Days of the database are civil.
func (w *Writer) values(h house, v *Version, due *store.Due, language string, now time.Time) templates.Values {
	return templates.Values{
		Company:  h.company,
		Client:   templates.Client(due.Client),
		Contact:  templates.Contact{Name: clients.Person(due.Contact.Name), Role: due.Contact.Role, Email: due.Address, Phone: due.Contact.Phone},
		Rep:      templates.Rep{Name: due.Rep.Name, Phone: due.Rep.Phone, Email: due.Rep.Email},
		Campaign: v.Definition.Title.In(language),
		Order:    order(due),
		Facts:    facts(due.Facts),
		Basis:    templates.Basis{Kind: due.Basis.Kind, Source: due.Basis.Source, On: calendar.DateOf(due.Basis.On)},
		Today:    h.calendar.Today(now),
	}
}

// order is the last one, except where the text is about the first: of that only the day is known once another followed.
func order(due *store.Due) templates.Order {
	if due.Occasion == "first-order" && !due.Facts.FirstOrderOn.Equal(due.Order.On) {
		return templates.Order{On: calendar.DateOf(due.Facts.FirstOrderOn)}
	}
	return templates.Order{Ref: due.Order.Ref, On: calendar.DateOf(due.Order.On), DeliveredOn: calendar.DateOf(due.Order.DeliveredOn), Amount: due.Order.Amount}
}

func facts(f store.DueFacts) templates.Facts {
	return templates.Facts{
		FirstOrderOn: calendar.DateOf(f.FirstOrderOn), LastOrderOn: calendar.DateOf(f.LastOrderOn),
		LastContactWith: calendar.DateOf(f.LastContactWith), LastContactFrom: calendar.DateOf(f.LastContactFrom),
		Orders: f.Orders, Orders12m: f.Orders12m, Revenue12m: f.Revenue12m, Revenue12mBefore: f.Revenue12mBefore, Rhythm: f.Rhythm,
	}
}

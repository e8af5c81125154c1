package templates

import (
	"github.com/relance/relance/internal/calendar"
)

// Sample returns invented values with everything known, for checks, previews and docs. Its addresses are in reserved
// domains and its numbers in France's range for fiction.
func Sample(language string) Values {
	score := 5
	v := Values{
		Company: Company{
			Name: "Maison Brunel", Address: "12 rue des Tanneurs, 37000 Tours", Phone: "01 99 00 12 00",
			Email: "contact@maison-brunel.example", Site: "https://maison-brunel.example", Colour: ownColour, Currency: "EUR",
		},
		Client:    Client{Ref: "C-0412", Name: "Atelier Lenoir", City: "Angers", Postcode: "49000", Country: "FR", Sector: "menuiserie"},
		Contact:   Contact{Name: "Claire Lenoir", Role: "gérante", Email: "claire@atelier-lenoir.example", Phone: "02 61 91 04 12"},
		Rep:       Rep{Name: "Julien Marchand", Phone: "06 39 98 12 34", Email: "julien.marchand@maison-brunel.example"},
		Campaign:  "Appel de bienvenue",
		Order:     Order{Ref: "CDE-10482", On: calendar.NewDate(2026, 3, 2), DeliveredOn: calendar.NewDate(2026, 3, 9), Amount: 1234.5},
		Facts:     sampleFacts(),
		Answer:    Answer{Score: &score, Reasons: []string{"Que devons-nous améliorer\u00a0? Les délais et les livraisons"}, Comment: "Deux livraisons en retard.", On: calendar.NewDate(2026, 3, 12)},
		Basis:     Basis{Kind: "information", Source: "CGV 2024, art. 12", On: calendar.NewDate(2024, 5, 1)},
		SurveyURL: "https://relance.maison-brunel.example/s/exemple", StopURL: "https://relance.maison-brunel.example/u/exemple",
		ClosesOn: calendar.NewDate(2026, 4, 3), Today: calendar.NewDate(2026, 3, 13),
	}
	if language == "en" {
		v.Campaign, v.Client.Sector, v.Contact.Role = "Welcome call", "joinery", "owner"
		v.Answer.Reasons, v.Answer.Comment = []string{"What should we do better? Delivery times and deliveries"}, "Two late deliveries."
		v.Basis.Source = "Terms of sale 2024, art. 12"
	}
	return v
}

func sampleFacts() Facts {
	return Facts{
		FirstOrderOn: calendar.NewDate(2024, 2, 6), LastOrderOn: calendar.NewDate(2026, 3, 2),
		LastContactWith: calendar.NewDate(2025, 10, 21), LastContactFrom: calendar.NewDate(2026, 3, 2),
		Orders: 14, Orders12m: 6, Revenue12m: 8420.9, Revenue12mBefore: 9100, Rhythm: 52,
	}
}

// Sparse returns the sample with nothing known but what every client has: the text must read well with it too.
func Sparse(language string) Values {
	full := Sample(language)
	return Values{
		Company:  Company{Name: full.Company.Name, Address: full.Company.Address},
		Client:   Client{Ref: full.Client.Ref, Name: full.Client.Name},
		Campaign: full.Campaign, Today: full.Today,
		SurveyURL: full.SurveyURL, StopURL: full.StopURL,
	}
}

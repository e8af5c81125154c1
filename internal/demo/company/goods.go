package company

import (
	"fmt"
	"math"

	"github.com/relance/relance/internal/calendar"
	"github.com/relance/relance/internal/importer"
)

// product is one article; its price is that of 2024 and rises a little each year.
type product struct {
	ref, name, line string
	price, cost     float64
}

func (p product) priceIn(day calendar.Date) float64 {
	year, _, _ := day.Civil()
	return math.Round(p.price*math.Pow(1.03, float64(year-2024))*100) / 100
}

// catalogue is what the company sells, by range.
func catalogue() []product {
	ranges := []struct {
		code, name string
		price      float64
		margin     float64
		articles   []string
	}{
		{"FAR", "Farines", 19.80, 0.22, []string{"Farine de blé T55, sac 25 kg", "Farine de blé T65, sac 25 kg", "Farine de tradition, sac 25 kg", "Farine de seigle T130, sac 25 kg", "Farine complète T150, sac 25 kg", "Farine de sarrasin, sac 10 kg", "Gruau T45, sac 25 kg"}},
		{"SUC", "Sucres et fruits secs", 24.50, 0.26, []string{"Sucre semoule, sac 25 kg", "Sucre glace, seau 10 kg", "Cassonade, sac 10 kg", "Amandes en poudre, carton 5 kg", "Noisettes entières, carton 5 kg", "Raisins blonds, carton 5 kg", "Pistaches émondées, sachet 1 kg"}},
		{"CHO", "Chocolats", 62.00, 0.31, []string{"Chocolat noir 64 %, carton 5 kg", "Chocolat au lait 38 %, carton 5 kg", "Chocolat blanc 30 %, carton 5 kg", "Cacao en poudre, carton 3 kg", "Praliné noisette, seau 5 kg", "Bâtons boulangers, boîte 300"}},
		{"BEU", "Beurres et crèmes", 71.00, 0.18, []string{"Beurre de tourage 84 %, carton 10 kg", "Beurre doux 82 %, carton 10 kg", "Crème entière 35 %, carton 6 l", "Crème pâtissière à froid, sac 10 kg", "Œufs liquides, bidon 10 kg", "Mascarpone, seau 2 kg"}},
		{"EPI", "Épicerie", 31.00, 0.28, []string{"Huile de tournesol, bidon 10 l", "Huile d’olive vierge extra, bidon 5 l", "Sel fin, sac 10 kg", "Riz long, sac 20 kg", "Tomates pelées, carton 6 × 2,5 kg", "Vinaigre de vin, bidon 10 l", "Moutarde de Dijon, seau 5 kg"}},
		{"EMB", "Emballages", 38.00, 0.36, []string{"Sacs à baguette, carton 1 000", "Boîtes pâtissières 20 cm, lot 100", "Boîtes à pizza 33 cm, lot 100", "Gobelets carton 20 cl, carton 1 000", "Barquettes bagasse, carton 500", "Papier cuisson, carton 500", "Serviettes deux plis, carton 2 400"}},
		{"HYG", "Hygiène", 27.00, 0.39, []string{"Détergent désinfectant, bidon 5 l", "Liquide vaisselle machine, bidon 20 kg", "Gants nitrile, carton 1 000", "Essuie-tout, lot 6", "Savon bactéricide, carton 6"}},
		{"MAT", "Petit matériel", 44.00, 0.42, []string{"Plaque perforée 60 × 40", "Bannetons ronds, lot 10", "Poches à douille, rouleau 100", "Cul-de-poule inox, lot 3", "Thermosonde étanche", "Bac gastronorme 1/1"}},
	}
	var all []product
	for _, r := range ranges {
		for i, name := range r.articles {
			price := math.Round(r.price*(0.7+0.13*float64(i))*100) / 100
			all = append(all, product{fmt.Sprintf("%s-%02d", r.code, i+1), name, r.name, price, math.Round(price*(1-r.margin)*100) / 100})
		}
	}
	return all
}

func (c *Company) productFile() File {
	t := newTable("ref", "name", "range", "list_price", "cost")
	for _, p := range c.goods {
		t.row(p.ref, p.name, p.line, money(p.priceIn(c.anchor)), money(p.cost))
	}
	return t.file(importer.Products)
}

package company

// place is where a client is; its region gives its rep and the first digits of its number.
type place struct {
	postcode, city, country, language string
	region                            int // 1 to 5 as in French numbers; 0: abroad
}

func places() []place {
	return []place{
		{"75011", "Paris", "FR", "", 1}, {"92120", "Montrouge", "FR", "", 1}, {"78000", "Versailles", "FR", "", 1}, {"77300", "Fontainebleau", "FR", "", 1}, {"93100", "Montreuil", "FR", "", 1},
		{"35000", "Rennes", "FR", "", 2}, {"44000", "Nantes", "FR", "", 2}, {"29200", "Brest", "FR", "", 2}, {"76600", "Le Havre", "FR", "", 2}, {"37000", "Tours", "FR", "", 2}, {"56000", "Vannes", "FR", "", 2},
		{"67000", "Strasbourg", "FR", "", 3}, {"59000", "Lille", "FR", "", 3}, {"21000", "Dijon", "FR", "", 3}, {"54000", "Nancy", "FR", "", 3}, {"51100", "Reims", "FR", "", 3}, {"25000", "Besançon", "FR", "", 3},
		{"69007", "Lyon", "FR", "", 4}, {"13006", "Marseille", "FR", "", 4}, {"06000", "Nice", "FR", "", 4}, {"38000", "Grenoble", "FR", "", 4}, {"74000", "Annecy", "FR", "", 4}, {"34000", "Montpellier", "FR", "", 4}, {"73700", "Bourg-Saint-Maurice", "FR", "", 4},
		{"31000", "Toulouse", "FR", "", 5}, {"33000", "Bordeaux", "FR", "", 5}, {"64200", "Biarritz", "FR", "", 5}, {"17000", "La Rochelle", "FR", "", 5}, {"87000", "Limoges", "FR", "", 5}, {"24000", "Périgueux", "FR", "", 5},
		{"4000", "Liège", "BE", "fr", 0}, {"9000", "Gand", "BE", "nl", 0}, {"1003", "Lausanne", "CH", "fr", 0}, {"79098", "Freiburg im Breisgau", "DE", "de", 0},
	}
}

func streets() []string {
	return []string{"rue des Écoles", "avenue de la République", "place du Marché", "rue Victor-Hugo", "boulevard Carnot", "rue du Moulin", "impasse des Lilas", "quai des Tanneurs", "rue de l’Église", "chemin des Vignes", "route de la Vallée", "allée des Platanes", "rue Pasteur", "cours Gambetta"}
}

// repOf gives the rep on the road of a region.
func repOf(region int) string {
	return []string{"R3", "R1", "R2", "R3", "R4", "R2"}[region]
}

// numberRange is how fiction's numbers of a region begin (ARCEP, decision 2018-0881); 0 is mobile.
func numberRange(region int) string {
	return []string{"06 39 98", "01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49"}[region]
}

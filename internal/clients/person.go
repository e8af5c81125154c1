package clients

// Person gives the name of a contact for a greeting; "" when it names a desk and nobody in particular, such as Accueil:
// nobody says "Bonjour Accueil".
func Person(name string) string {
	switch Fold(name) {
	case "accueil", "achats", "administration", "bureau", "compta", "comptabilite", "contact", "direction", "secretariat", "serviceachats",
		"serviceclient", "serviceclients", "servicecomptabilite", "servicecommercial", "standard", "magasin",
		"accounts", "accountspayable", "frontdesk", "info", "office", "purchasing", "reception", "switchboard":
		return ""
	}
	return name
}

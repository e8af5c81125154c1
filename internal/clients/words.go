package clients

import "strings"

// The words under which files name what we call otherwise, folded (see Fold). English, French, and our own.

// ParseKind reads a client's kind; false: the word is not known.
func ParseKind(word string) (Kind, bool) {
	switch Fold(word) {
	case "company", "corporate", "organization", "organisation", "societe", "entreprise", "professionnel", "professionnels", "pro", "business", "b2b", "personnemorale", "association", "administration":
		return Company, true
	case "soletrader", "independant", "autoentrepreneur", "microentrepreneur", "entrepreneurindividuel", "entrepriseindividuelle", "ei", "artisan", "liberal", "professionliberale":
		return SoleTrader, true
	case "consumer", "particulier", "private", "individual", "b2c", "personnephysique", "consommateur":
		return Consumer, true
	}
	return "", false
}

// ParseActivityKind reads an activity's kind; false: the word is not known.
func ParseActivityKind(word string) (ActivityKind, bool) {
	switch Fold(word) {
	case "visit", "visite", "rdv", "rendezvous", "meeting", "reunion":
		return Visit, true
	case "call", "appel", "appeltelephonique", "telephone", "phone", "tel", "phonecall":
		return Call, true
	case "complaint", "reclamation", "plainte", "litige", "sav", "claim":
		return Complaint, true
	case "maintenance", "entretien", "intervention", "depannage", "service", "repair":
		return Maintenance, true
	case "note", "remarque", "commentaire", "comment", "memo":
		return Note, true
	}
	return "", false
}

// ParseContractKind reads a contract's kind; false: the word is not known.
func ParseContractKind(word string) (ContractKind, bool) {
	switch Fold(word) {
	case "tender", "appeldoffres", "appeldoffre", "marche", "marchepublic", "ao":
		return Tender, true
	case "framework", "accordcadre", "contratcadre", "cadre", "frameworkagreement", "frameworkcontract":
		return Framework, true
	}
	return "", false
}

// ParseBasisKind reads why a contact may be written to or called; false: the word is not known.
func ParseBasisKind(word string) (BasisKind, bool) {
	switch Fold(word) {
	case "consent", "consentement", "optin":
		return Consent, true
	case "information", "informed", "interetlegitime", "legitimateinterest", "optout":
		return Information, true
	case "generic", "generique", "adressegenerique":
		return Generic, true
	case "contract", "contrat":
		return Contract, true
	}
	return "", false
}

// ParseLossRisk reads a risk; false: the word is not known.
func ParseLossRisk(word string) (LossRisk, bool) {
	switch Fold(word) {
	case "low", "faible", "bas", "basse":
		return Low, true
	case "medium", "moyen", "moyenne", "modere":
		return Medium, true
	case "high", "eleve", "elevee", "fort", "forte", "haut", "haute":
		return High, true
	}
	return "", false
}

// ParseYes reads a yes or a no; known is false when the word is neither.
func ParseYes(word string) (yes, known bool) {
	switch Fold(word) {
	case "yes", "y", "oui", "o", "true", "vrai", "1", "x", "t", "ja", "si":
		return true, true
	case "no", "n", "non", "false", "faux", "0", "f", "nein":
		return false, true
	}
	return false, false
}

// ParseDocument reads what a row of orders is; false: the word is not known. Numbers and prefixes are no words: what an
// FA or a 3 means is between a company and its program.
func ParseDocument(word string) (Document, bool) {
	switch Fold(word) {
	case "order", "commande", "boncommande", "bondecommande", "commandeclient", "bondecommandeclient", "salesorder", "vente", "sale", "ticket":
		return Order, true
	case "invoice", "facture", "facturedevente", "factureclient", "facturecomptabilisee", "salesinvoice", "customerinvoice", "outinvoice", "standardinvoice", "facturestandard", "facturesimple":
		return Order, true
	case "delivery", "livraison", "bonlivraison", "bondelivraison", "deliverynote", "preparationdelivraison", "expedition", "shipment":
		return Order, true
	case "credit", "creditnote", "creditmemo", "avoir", "avoirs", "avoirclient", "factureavoir", "facturedavoir", "bonavoir", "bondavoir", "bonavoirfinancier", "bondavoirfinancier",
		"avoirfinancier", "notedecredit", "outrefund", "refund", "customercreditnote", "salescreditmemo", "remboursement", "gutschrift":
		return Credit, true
	case "return", "retour", "bonretour", "bonderetour", "retourclient", "facturederetour", "factureretour", "salesreturn", "returnorder", "rma", "retourmarchandise", "retourdemarchandise":
		return Credit, true
	case "quote", "quotation", "devis", "proforma", "factureproforma", "proformainvoice", "offre", "offredeprix", "estimate", "proposition", "propositioncommerciale", "draft", "brouillon":
		return Quote, true
	}
	return "", false
}

// ParseStatus reads what a status says about an order: that it is cancelled, or still a quote. Any other word says
// nothing: an order that is on hold, disputed or shipped is an order.
func ParseStatus(word string) (cancelled, quote bool) {
	switch Fold(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "wc-")) {
	case "cancelled", "canceled", "cancel", "annule", "annulee", "annulation", "commandeannulee", "void", "voided", "refunded", "rembourse", "remboursee", "storniert",
		"abandonne", "abandonnee", "failed", "echouee", "echoue", "rejected", "rejetee", "refuse", "refusee", "declined", "deleted", "supprimee":
		return true, false
	case "quote", "quotation", "quotationsent", "devis", "devisenvoye", "draft", "brouillon", "proforma":
		return false, true
	}
	return false, false
}

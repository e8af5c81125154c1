package importer

// form is how a cell is read.
type form int

const (
	text form = iota
	number
	whole // a whole number, zero or more
	fraction
	date
	moment
	yes
	country
	tongue
	zone
	phone
	email
	siren
	clientKind
	activityKind
	contractKind
	basisKind
	risk
)

// column is one canonical column of a kind.
type column struct {
	name   string
	form   form
	needed bool
	usual  []string // usual headings, folded; the earlier one wins when a file has several
}

// columns are those of DESIGN, with the headings that French and English systems give them.
func columns(kind Kind) []column {
	switch kind {
	case Clients:
		return clientColumns()
	case Contacts:
		return contactColumns()
	case Reps:
		return repColumns()
	case Products:
		return productColumns()
	case Orders:
		return orderColumns()
	case Activities:
		return activityColumns()
	case Contracts:
		return contractColumns()
	}
	return nil
}

// clientRefs are the headings under which files name the client that a row belongs to.
func clientRefs() []string {
	return []string{"customerid", "clientid", "customer", "codeclient", "nclient", "noclient", "numeroclient", "numclient", "refclient", "referenceclient", "idclient", "clientref", "clientcode", "clientnumber", "customercode", "customernumber", "customerno", "customerref", "custid", "comptetiers", "codetiers", "tiers", "compte", "accountnumber", "accountid", "account"}
}

func clientColumns() []column {
	return []column{
		{"ref", text, true, append(clientRefs(), "code", "reference", "id", "client", "numero")},
		{"name", text, true, []string{"companyname", "raisonsociale", "nomclient", "clientname", "customername", "nomcommercial", "denomination", "nomsociete", "societe", "company", "nom", "intitule", "accountname", "enseigne"}},
		{"kind", clientKind, false, []string{"typeclient", "clienttype", "customertype", "typedeclient", "nature", "naturejuridique", "categoriejuridique"}},
		{"siren", siren, false, []string{"nsiren", "numerosiren", "siret", "nsiret", "numerosiret"}},
		{"vat", text, false, []string{"tva", "ntva", "numerotva", "tvaintracom", "tvaintracommunautaire", "numerotvaintracommunautaire", "ntvaintracom", "ntvaintracommunautaire", "vatnumber", "vatid"}},
		{"group", text, false, []string{"groupe", "groupref", "refgroupe", "maisonmere", "parent", "parentcompany", "centrale", "enseignegroupe"}},
		{"sector", text, false, []string{"secteur", "secteuractivite", "secteurdactivite", "activite", "industry", "metier", "branche"}},
		{"address", text, false, []string{"adresse", "adresse1", "address1", "rue", "street", "streetaddress", "addressline1", "adresseligne1"}},
		{"postcode", text, false, []string{"cp", "codepostal", "postalcode", "zip", "zipcode", "postcode"}},
		{"city", text, false, []string{"ville", "commune", "localite", "town"}},
		{"country", country, false, []string{"pays", "codepays", "countrycode", "payscode"}},
		{"language", tongue, false, []string{"langue", "codelangue", "lang", "locale"}},
		{"zone", zone, false, []string{"fuseau", "fuseauhoraire", "timezone", "tz"}},
		{"phone", phone, false, []string{"telephone", "tel", "ntel", "telephone1", "tel1", "phonenumber", "numerotelephone", "numerodetelephone", "telephonefixe", "telfixe", "fixe"}},
		{"rep", text, false, []string{"commercial", "representant", "vendeur", "codecommercial", "coderepresentant", "codevendeur", "salesrep", "salesperson", "owner", "vrp", "refcommercial", "repref"}},
		{"inside_rep", text, false, []string{"commercialsedentaire", "sedentaire", "insidesales", "insidesalesrep", "assistantcommercial", "adv"}},
		{"potential", number, false, []string{"potentiel", "potentielannuel", "capotentiel", "annualpotential"}},
		{"loss_risk", risk, false, []string{"risque", "risquedeperte", "risqueperte", "risk", "churnrisk"}},
		{"visits_per_year", whole, false, []string{"visitesparan", "nombredevisites", "visites", "frequencevisite", "visitfrequency"}},
		{"blocked", text, false, []string{"bloque", "blocage", "motifblocage", "motifdeblocage", "hold", "creditblock"}},
		{"created_on", date, false, []string{"datecreation", "datedecreation", "creele", "creationdate", "createdat", "created", "clientdepuis", "customersince"}},
		{"closed_on", date, false, []string{"datefermeture", "datedefermeture", "fermele", "datecloture", "datedecloture", "clotureele", "closedat", "closeddate", "cessation", "datecessation", "datedecessation"}},
	}
}

func contactColumns() []column {
	return []column{
		{"client", text, true, clientRefs()},
		{"name", text, true, []string{"contactname", "nomcontact", "nomducontact", "nomcomplet", "fullname", "contact", "interlocuteur", "nom", "nomprenom", "nometprenom"}},
		{"ref", text, false, []string{"contactid", "idcontact", "codecontact", "refcontact", "referencecontact", "contactref", "ncontact"}},
		{"role", text, false, []string{"contacttitle", "fonction", "poste", "title", "jobtitle", "titre", "position"}},
		{"email", email, false, []string{"mail", "courriel", "emailaddress", "adresseemail", "adressemail", "adresseelectronique", "emailcontact", "contactemail"}},
		{"phone", phone, false, []string{"telephone", "tel", "ntel", "portable", "mobile", "phonenumber", "telephonecontact", "lignedirecte", "directline", "gsm"}},
		{"language", tongue, false, []string{"langue", "codelangue", "lang"}},
		{"main", yes, false, []string{"principal", "contactprincipal", "maincontact", "primary", "isprimary", "pardefaut", "default"}},
		{"mail_basis", basisKind, false, []string{"basemail", "basemailing", "consentementmail", "mailconsent", "emailbasis"}},
		{"call_basis", basisKind, false, []string{"baseappel", "consentementappel", "callconsent", "basetelephone"}},
		{"basis_source", text, false, []string{"sourcebase", "source", "sourceconsentement", "consentsource", "originebase"}},
		{"basis_on", date, false, []string{"datebase", "dateconsentement", "consentdate", "datedubase", "datedeconsentement"}},
	}
}

func repColumns() []column {
	return []column{
		{"ref", text, true, []string{"codecommercial", "coderepresentant", "codevendeur", "employeeid", "repid", "repref", "salesrepid", "code", "id", "reference", "matricule", "trigramme", "initiales", "rep"}},
		{"name", text, true, []string{"nom", "nomcommercial", "nomcomplet", "fullname", "repname", "commercial", "representant", "vendeur", "lastname", "nomprenom"}},
		{"email", email, false, []string{"mail", "courriel", "emailaddress", "adresseemail", "adressemail"}},
		{"phone", phone, false, []string{"telephone", "tel", "ntel", "portable", "mobile", "phonenumber"}},
		{"inside", yes, false, []string{"sedentaire", "interne", "insidesales"}},
		{"capacity", whole, false, []string{"capacite", "appelsparjour", "callsaday", "callsperday"}},
	}
}

func productColumns() []column {
	return []column{
		{"ref", text, true, []string{"productid", "codearticle", "refarticle", "referencearticle", "codeproduit", "refproduit", "referenceproduit", "productcode", "productref", "sku", "stockcode", "itemcode", "itemnumber", "article", "code", "reference", "id"}},
		{"name", text, true, []string{"productname", "designation", "libelle", "description", "nom", "nomproduit", "nomarticle", "itemname", "intitule"}},
		{"range", text, false, []string{"gamme", "famille", "categorie", "category", "categoryname", "family", "productline", "famillearticle", "categoryid"}},
		{"list_price", number, false, []string{"prixcatalogue", "tarif", "prixtarif", "prixpublic", "prixdevente", "pvht", "listprice", "unitprice", "price", "prix", "prixht", "puht"}},
		{"cost", number, false, []string{"cout", "prixdachat", "prixachat", "paht", "prixderevient", "coutderevient", "unitcost", "standardcost", "costprice", "pmp", "pump"}},
	}
}

func orderColumns() []column {
	return []column{
		{"order", text, true, []string{"orderid", "ordernumber", "orderno", "orderref", "ncommande", "nocommande", "numerocommande", "numerodecommande", "numcommande", "refcommande", "referencecommande", "codecommande", "idcommande", "commande", "invoice", "invoiceno", "invoicenumber", "invoiceid", "nfacture", "nofacture", "numerofacture", "numerodefacture", "numfacture", "facture", "piece", "npiece", "numeropiece", "nbl", "docno", "salesorder"}},
		{"client", text, true, clientRefs()},
		{"ordered_on", date, true, []string{"orderdate", "datecommande", "datedecommande", "dateducommande", "invoicedate", "datefacture", "datedefacture", "datepiece", "datedoc", "orderedat", "ordered", "purchasedate", "date"}},
		{"amount", number, false, []string{"montantht", "montantligneht", "montantligne", "totalht", "totalligneht", "totalligne", "lineamount", "linetotal", "netamount", "montantnet", "montantnetht", "nettotal", "caht", "chiffredaffaires", "chiffredaffairesht", "montant"}},
		{"quantity", number, false, []string{"quantite", "qte", "qty", "qtecommandee", "quantitecommandee", "orderquantity", "units"}},
		{"unit_price", number, false, []string{"prixunitaire", "prixunitaireht", "prixu", "pu", "puht", "unitprice", "price", "prix", "prixht"}},
		{"line", text, false, []string{"nligne", "noligne", "numeroligne", "numerodeligne", "numligne", "ligne", "linenumber", "lineno", "lineid", "orderline", "position"}},
		{"product", text, false, []string{"productid", "codearticle", "refarticle", "referencearticle", "codeproduit", "refproduit", "referenceproduit", "produit", "article", "productcode", "productref", "sku", "stockcode", "itemcode", "item"}},
		{"discount", fraction, false, []string{"remise", "tauxremise", "tauxderemise", "remisepourcent", "discountrate", "discountpercent", "rabais"}},
		{"cost", number, false, []string{"cout", "coutligne", "prixdachat", "prixderevient", "coutderevient", "linecost", "costamount"}},
		{"delivered_on", date, false, []string{"deliverydate", "datelivraison", "datedelivraison", "livrele", "delivered", "deliveredat", "shippeddate", "shipdate", "dateexpedition", "datedexpedition", "expediele", "shippedon"}},
		{"cancelled", yes, false, []string{"annule", "annulee", "commandeannulee", "canceled", "iscancelled", "annulation"}},
	}
}

func activityColumns() []column {
	return []column{
		{"client", text, true, clientRefs()},
		{"kind", activityKind, true, []string{"type", "typeactivite", "typedactivite", "activitytype", "nature", "action", "activite"}},
		{"at", moment, true, []string{"date", "dateheure", "datetime", "activitydate", "dateactivite", "datedaction", "dateaction", "datevisite", "when", "le", "startedat"}},
		{"ref", text, false, []string{"activityid", "idactivite", "code", "reference", "numero", "id", "refactivite", "ticket", "nticket"}},
		{"rep", text, false, []string{"commercial", "representant", "vendeur", "codecommercial", "coderepresentant", "codevendeur", "salesrep", "salesperson", "employeeid", "owner"}},
		{"minutes", whole, false, []string{"duree", "dureeminutes", "dureemn", "duration", "durationminutes"}},
		{"cost", number, false, []string{"cout", "montant"}},
		{"closed_on", date, false, []string{"datecloture", "datedecloture", "clotele", "closle", "closedat", "closeddate", "resolvedon", "resolule", "dateresolution", "traitele"}},
		{"note", text, false, []string{"notes", "commentaire", "commentaires", "comment", "remarque", "remarques", "description", "compterendu", "objet", "subject"}},
	}
}

func contractColumns() []column {
	return []column{
		{"ref", text, true, []string{"contractid", "ncontrat", "nocontrat", "numerocontrat", "numerodecontrat", "codecontrat", "refcontrat", "contrat", "contract", "contractnumber", "reference", "code", "id"}},
		{"client", text, true, clientRefs()},
		{"ends_on", date, true, []string{"datefin", "datedefin", "fin", "echeance", "dateecheance", "datedecheance", "enddate", "expirydate", "expireson", "end", "finle"}},
		{"kind", contractKind, false, []string{"type", "typecontrat", "typedecontrat", "contracttype", "nature"}},
		{"starts_on", date, false, []string{"datedebut", "datededebut", "debut", "startdate", "start", "debutle", "dateeffet", "datedeffet"}},
		{"reopens_on", date, false, []string{"dateremiseenconcurrence", "remiseenconcurrence", "reopendate", "datereouverture", "renouvellement", "renewaldate"}},
		{"notice_days", whole, false, []string{"preavis", "preavisjours", "joursdepreavis", "noticeperiod", "notice"}},
		{"amount", number, false, []string{"montant", "montantht", "montantannuel", "value", "contractvalue", "annualamount"}},
	}
}

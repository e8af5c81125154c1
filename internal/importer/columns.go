package importer

// form is how a cell is read.
type form int

const (
	text form = iota
	key       // a text that names something; what a spreadsheet does to numbers is taken off
	number
	whole // a whole number, zero or more
	fraction
	date
	moment
	yes
	cancelled // yes or no, or the date of it
	status    // of an order: any word
	hold      // why a client is blocked; a no is nothing
	country
	tongue
	zone
	phone
	email
	siren // a cell of the column
	siret // the same as a client's reference
	vat
	clientKind
	activityKind
	contractKind
	basisKind
	document
	risk
)

// column is one canonical column of a kind.
type column struct {
	name   string
	form   form
	needed bool
	usual  []string // usual headings, folded and without small words; the earlier one wins when a file has several
	joined *joint   // when some systems part it over several headings
	more   []string // headings whose cells are put behind, as the second line of an address
	spare  bool     // the later usual headings serve for rows in which the first is empty
}

// joint is a column in pieces. In the list of usual headings, together is where it is tried.
type joint struct {
	pieces []piece
	glue   string
}

// piece is one of them, with its usual headings.
type piece struct {
	usual    []string
	optional bool
}

const together = "+"

// headings are all those under which the column may be found.
func (c column) headings() []string {
	all := append([]string{}, c.usual...)
	if c.joined != nil {
		for _, p := range c.joined.pieces {
			all = append(all, p.usual...)
		}
	}
	return all
}

// columns are those of the docs, with the headings that French and English systems give them.
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

// clientRefs are the headings under which files name the client that a row belongs to. The last ones may also be its
// name, so that a file that has a better one uses that.
func clientRefs() []string {
	return []string{"customerid", "clientid", "codeclient", "nclient", "noclient", "numeroclient", "numclient", "refclient", "referenceclient", "idclient", "clientref", "clientcode", "clientnumber",
		"customercode", "customernumber", "customerno", "customerref", "custid", "custno", "codetiers", "ntiers", "numerotiers", "comptetiers", "codecompte", "ncompte", "numerocompte", "ncompteclient",
		"comptesclient", "compteclient", "accountnumber", "accountid", "accountno", "billtocustomerno", "selltocustomerno", "partnerid", "idtiers", "thirdpartycode", "companyid", "organizationid", "orgid",
		"auxiliaire", "compteauxiliaire", "associatedcompanyids", "customer", "tiers", "compte", "account", "client"}
}

// personName is a person's name in two columns.
func personName() *joint {
	return &joint{glue: " ", pieces: []piece{
		{usual: []string{"firstname", "prenom", "contactfirstname", "prenomcontact", "givenname", "personfirstname", "prenom1unitelegale", "prenomusuelunitelegale", "billingfirstname", "firstnamebilling"}},
		{usual: []string{"lastname", "nomfamille", "contactlastname", "nomcontact", "familyname", "surname", "personlastname", "nomunitelegale", "billinglastname", "lastnamebilling", "nom"}},
	}}
}

// street is an address in pieces, as registers have it.
func street() *joint {
	return &joint{glue: " ", pieces: []piece{
		{usual: []string{"numerovoieetablissement", "numerovoie", "nvoie", "novoie", "housenumber", "streetnumber"}, optional: true},
		{usual: []string{"indicerepetitionetablissement", "indicerepetition"}, optional: true},
		{usual: []string{"typevoieetablissement", "typevoie"}, optional: true},
		{usual: []string{"libellevoieetablissement", "libellevoie", "nomvoie", "voie", "streetname"}},
	}}
}

func clientColumns() []column {
	return []column{
		{name: "ref", form: key, needed: true, usual: append(clientRefs()[:len(clientRefs())-5:len(clientRefs())-5], "code", "reference", "ref", "recordid", "id", "externalid", "matricule", "customer", "tiers", "compte", "account", "client", "siret", "nsiret", "numerosiret", "siren", "nsiren", "numerosiren")},
		{name: "name", form: text, needed: true, spare: true, joined: personName(), usual: []string{"companyname", "raisonsociale", "denominationunitelegale", "denomination", "denominationsociale", "nomclient", "clientname", "customername", "nomcommercial",
			"nomsociete", "nomentreprise", "societe", "entreprise", "company", "organization", "organizationname", "organisation", "accountname", "nomtiers", "intitule", "intituleclient", "customerfullname", "displayname", "nomaffiche", "fullname", "nomcomplet", "enseigne", "enseigne1etablissement",
			"denominationusuelleetablissement", "denominationusuelle1unitelegale", "companybilling", "billingcompany", together, "nom", "libelle", "client", "customer", "customerdisplayname", "billingname"}},
		{name: "kind", form: clientKind, usual: []string{"typeclient", "clienttype", "customertype", "naturejuridique", "typetiers"}},
		{name: "siren", form: siren, usual: []string{"nsiren", "numerosiren", "siret", "nsiret", "numerosiret", "siretsiren", "sirensiret", "companyregistry", "idprof1", "idprof2"}},
		{name: "vat", form: vat, usual: []string{"tva", "ntva", "numerotva", "tvaintracom", "tvaintra", "tvaintracommunautaire", "numerotvaintracommunautaire", "ntvaintracom", "ntvaintracommunautaire", "numerotvaintracom", "ntvaintra", "codetvaintra",
			"identifianttva", "vatnumber", "vatno", "vatid", "vatregistrationno", "taxid", "taxnumber", "codetva"}},
		{name: "group", form: text, usual: []string{"groupe", "groupref", "refgroupe", "maisonmere", "parent", "parentcompany", "parentaccount", "parentid", "societemere", "centrale", "centralepayeur", "enseignegroupe"}},
		{name: "sector", form: text, usual: []string{"secteur", "secteuractivite", "activite", "activiteprincipaleetablissement", "activiteprincipaleunitelegale", "codenaf", "codeape", "naf", "ape", "industry", "metier", "branche"}},
		{name: "address", form: text, joined: street(), more: []string{"addressline2", "adresse2", "address2", "complement", "complementadresse", "adressecomplement", "rue2", "street2", "billingaddress2", "adresseligne2", "addressline3", "adresse3", "address3"},
			usual: []string{"adresse", "adresse1", "address1", "rue", "rue1", "street", "street1", "streetaddress", "addressline1", "adresseligne1", "adressepostale", "adressefacturation", "billingstreet", "billingaddress1", "billingaddress", "mailingstreet", "address1billing", "bill1", together}},
		{name: "postcode", form: text, usual: []string{"cp", "codepostal", "postalcode", "zip", "zipcode", "postcode", "codepostaletablissement", "cpfacturation", "billingpostalcode", "billingzip", "billingpostcode", "mailingpostalcode", "zippostalcode", "postcodebilling"}},
		{name: "city", form: text, spare: true, usual: []string{"ville", "commune", "localite", "town", "libellecommuneetablissement", "libellecommuneetrangeretablissement", "villefacturation", "billingcity", "mailingcity", "citybilling", "nomcommune", "bureaudistributeur"}},
		{name: "country", form: country, usual: []string{"pays", "codepays", "countrycode", "payscode", "paysfacturation", "billingcountry", "billingcountrycode", "mailingcountry", "countryregion", "countryregioncode", "libellepaysetrangeretablissement", "countrycodebilling"}},
		{name: "language", form: tongue, usual: []string{"langue", "codelangue", "lang", "locale", "preferredlanguage", "languecommunication"}},
		{name: "zone", form: zone, usual: []string{"fuseau", "fuseauhoraire", "timezone", "tz"}},
		{name: "phone", form: phone, spare: true, usual: []string{"telephone", "tel", "ntel", "ntelephone", "numtel", "telephone1", "tel1", "phone1", "phonenumber", "phoneno", "numerotelephone", "telephonefixe", "telfixe", "fixe", "telephonebureau", "businessphone", "workphone",
			"mainphone", "billingphone", "phonebilling", "telephoneprofessionnel", "standard", "telephone2", "tel2", "portable", "mobile", "telephoneportable", "mobilephone", "gsm"}},
		{name: "rep", form: key, usual: []string{"codecommercial", "coderepresentant", "codevendeur", "refcommercial", "repref", "commercialid", "salesrepid", "salesrepemployeenumber", "salespersoncode", "employeeid", "supportrepid", "commercial", "representant", "vendeur", "salesrep", "salesperson", "collaborateur",
			"nomrepresentant", "owner", "accountowner", "companyowner", "contactowner", "commercialassigne", "vrp", "userid", "chargecompte"}},
		{name: "inside_rep", form: key, usual: []string{"commercialsedentaire", "sedentaire", "insidesales", "insidesalesrep", "assistantcommercial", "adv"}},
		{name: "potential", form: number, usual: []string{"potentiel", "potentielannuel", "capotentiel", "annualpotential"}},
		{name: "loss_risk", form: risk, usual: []string{"risque", "risqueperte", "risk", "churnrisk"}},
		{name: "visits_per_year", form: whole, usual: []string{"visitesparan", "nombrevisites", "visites", "frequencevisite", "visitfrequency"}},
		{name: "blocked", form: hold, usual: []string{"bloque", "blocage", "motifblocage", "motifdeblocage", "hold", "creditblock", "creditlimithold"}},
		{name: "created_on", form: date, usual: []string{"datecreation", "creele", "creationdate", "createdate", "createddate", "createdat", "createdon", "created", "datecreationetablissement", "clientdepuis", "customersince", "entreele", "creationle"}},
		{name: "closed_on", form: date, usual: []string{"datefermeture", "fermele", "datecloture", "clotureele", "closedat", "closeddate", "cessation", "datecessation"}},
	}
}

func contactColumns() []column {
	return []column{
		{name: "client", form: key, needed: true, usual: append(clientRefs(), "parentcustomer", "accountname", "companyname", "societe", "organization", "company", "entreprise", "siret", "nsiret", "numerosiret", "siren", "nsiren")},
		{name: "name", form: text, needed: true, spare: true, joined: personName(), usual: []string{"contactname", "nomducontact", "nomcomplet", "fullname", "contact", "interlocuteur", "nomprenom", "nometprenom", "prenomnom", "displayname", together, "nomcontact", "nom", "lastname"}},
		{name: "ref", form: key, usual: []string{"contactid", "idcontact", "codecontact", "refcontact", "referencecontact", "contactref", "ncontact", "numerocontact", "recordid", "personid"}},
		{name: "role", form: text, usual: []string{"contacttitle", "fonction", "poste", "jobtitle", "title", "titre", "position", "postefonction", "fonctioncontact", "posteoccupe"}},
		{name: "email", form: email, spare: true, usual: []string{"mail", "courriel", "emailaddress", "adresseemail", "adressemail", "adressecourriel", "adresseelectronique", "emailcontact", "contactemail", "email1", "emailprofessionnel", "workemail", "emailaddress1", "billingemail", "emailbilling", "mailcontact"}},
		{name: "phone", form: phone, spare: true, usual: []string{"lignedirecte", "directline", "telephonedirect", "telephone", "tel", "ntel", "phonenumber", "phone1", "telephonecontact", "contactphone", "businessphone", "telephoneprofessionnel", "telephonebureau", "workphone", "mobile", "portable", "mobilephone", "mobilephonenumber",
			"telephoneportable", "telephonemobile", "gsm", "telephone1", "tel1", "phonework"}},
		{name: "language", form: tongue, usual: []string{"langue", "codelangue", "lang", "preferredlanguage"}},
		{name: "main", form: yes, usual: []string{"principal", "contactprincipal", "maincontact", "primary", "isprimary", "pardefaut", "default"}},
		{name: "mail_basis", form: basisKind, usual: []string{"basemail", "basemailing", "consentementmail", "mailconsent", "emailbasis"}},
		{name: "call_basis", form: basisKind, usual: []string{"baseappel", "consentementappel", "callconsent", "basetelephone"}},
		{name: "basis_source", form: text, usual: []string{"sourcebase", "sourceconsentement", "consentsource", "originebase"}},
		{name: "basis_on", form: date, usual: []string{"datebase", "dateconsentement", "consentdate"}},
	}
}

func repColumns() []column {
	return []column{
		{name: "ref", form: key, needed: true, usual: []string{"codecommercial", "coderepresentant", "codevendeur", "employeeid", "employeenumber", "staffid", "repid", "repref", "salesrepid", "salespersoncode", "collaborateurid", "code", "id", "reference", "matricule", "trigramme", "initiales", "userid", "login", "rep"}},
		{name: "name", form: text, needed: true, spare: true, joined: personName(), usual: []string{"nomcommercial", "nomcomplet", "fullname", "repname", "nomrepresentant", "commercial", "representant", "vendeur", "nomprenom", "nometprenom", "displayname", together, "nom", "lastname"}},
		{name: "email", form: email, usual: []string{"mail", "courriel", "emailaddress", "adresseemail", "adressemail", "workemail"}},
		{name: "phone", form: phone, spare: true, usual: []string{"telephone", "tel", "ntel", "portable", "mobile", "phonenumber", "workphone", "workmobile", "homephone"}},
		{name: "inside", form: yes, usual: []string{"sedentaire", "interne", "insidesales"}},
		{name: "capacity", form: whole, usual: []string{"capacite", "appelsparjour", "appelsjour", "callsaday", "callsperday"}},
	}
}

func productColumns() []column {
	return []column{
		{name: "ref", form: key, needed: true, usual: []string{"productid", "codearticle", "refarticle", "referencearticle", "codeproduit", "refproduit", "referenceproduit", "referenceinterne", "internalreference", "defaultcode", "productcode", "productnumber", "productref", "sku", "variantsku", "lineitemsku", "stockcode", "itemcode", "itemnumber", "itemno", "trackid", "filmid", "article", "code", "reference", "ref", "handle", "id"}},
		{name: "name", form: text, needed: true, usual: []string{"productname", "designation", "designationarticle", "libellearticle", "libelleproduit", "libelle", "productlabel", "label", "englishproductname", "productdescription", "description", "nomproduit", "nomarticle", "nom", "itemname", "lineitemname", "title", "intitule", "produit"}},
		{name: "range", form: text, usual: []string{"gamme", "famille", "famillearticle", "famillearticles", "codefamille", "sousfamille", "subcategory", "categorie", "categoriearticle", "categorieproduit", "category", "productcategory", "categoryname", "categories", "family", "productline", "producttype", "itemcategorycode", "categoryid", "categid"}},
		{name: "list_price", form: number, usual: []string{"prixcatalogue", "tarif", "prixtarif", "prixpublic", "prixpublicht", "prixventeht", "prixvente", "pvht", "pv", "listprice", "msrp", "retailprice", "salesprice", "regularprice", "unitprice", "price", "prix", "prixht", "puht", "prixunitaireht", "prixunitaire", "sellingprice"}},
		{name: "cost", form: number, usual: []string{"cout", "prixachat", "prixachatht", "paht", "pa", "prixrevient", "coutrevient", "coutunitaire", "unitcost", "standardcost", "standardprice", "costprice", "costperitem", "buyprice", "purchaseprice", "lastcost", "pmp", "pump", "cump"}},
	}
}

func orderColumns() []column {
	return []column{
		{name: "order", form: key, needed: true, usual: []string{"orderid", "ordernumber", "orderno", "orderref", "orderreference", "ncommande", "nocommande", "numerocommande", "numcommande", "refcommande", "referencecommande", "codecommande", "idcommande", "commande", "salesordernumber", "salesorderid", "salesorderno", "salesorder",
			"invoice", "invoiceno", "invoicenumber", "invoiceid", "invoicedocnumber", "nfacture", "nofacture", "numerofacture", "numfacture", "reffacture", "referencefacture", "idfacture", "facture", "numeropiece", "npiece", "numpiece", "piece", "ndocument", "numerodocument", "documentno", "documentnumber", "docno", "numdoc", "nbl",
			"num", "orderlineorderreference", "referencecommandes", "numero", "receiptid", "receiptno"}},
		{name: "client", form: key, needed: true, usual: clientRefs()},
		{name: "ordered_on", form: date, needed: true, usual: []string{"orderdate", "datecommande", "ducommande", "invoicedate", "datefacture", "datefacturation", "datepiece", "datedoc", "datedocument", "documentdate", "postingdate", "dateorder", "orderedat", "ordered", "datebl", "purchasedate", "transactiondate", "txndate", "salesdate", "saledate", "datevente", "createdat", "date"}},
		{name: "amount", form: number, usual: []string{"montantht", "montantligneht", "montanthtligne", "montanthtnet", "montantnetht", "montantnet", "totalht", "totalhtligne", "totalligneht", "totalnetht", "htnet", "netht", "lineamount", "linetotal", "netamount", "netsales", "nettotal", "subtotalht", "pricesubtotal", "untaxedamount", "amountuntaxed", "totalexcltax", "amountexclvat", "lineamountexclvat",
			"amountexcludingtax", "pretaxamount", "sales", "salesamount", "extendedprice", "caht", "ca", "chiffreaffaires", "chiffreaffairesht", "chiffredaffaires", "montantligne", "totalligne", "montant"}},
		{name: "quantity", form: number, usual: []string{"quantite", "qte", "qty", "qtes", "quantites", "qtecommandee", "quantitecommandee", "qtefacturee", "quantitefacturee", "qtelivree", "quantiteslivrees", "quantityordered", "orderquantity", "orderqty", "qtyordered", "productuomqty", "lineitemquantity", "units", "unites", "nombre"}},
		{name: "unit_price", form: number, usual: []string{"prixunitaireht", "puht", "pvuht", "pvht", "prixventeht", "prixunitaire", "prixunitairenet", "prixunit", "prixu", "pu", "punet", "unitprice", "unitpriceexclvat", "priceunit", "priceeach", "saleprice", "price", "prix", "prixht"}},
		{name: "line", form: key, usual: []string{"nligne", "noligne", "numeroligne", "numligne", "idligne", "ligne", "linenumber", "lineno", "lineid", "orderlinenumber", "orderlineid", "invoicelineid", "salesorderdetailid", "orderline", "position"}},
		{name: "product", form: key, usual: []string{"productid", "codearticle", "refarticle", "referencearticle", "codeproduit", "refproduit", "referenceproduit", "referenceinterne", "productcode", "productref", "productnumber", "sku", "lineitemsku", "stockcode", "itemcode", "itemno", "itemnumber", "trackid", "article", "produit", "item", "productorservice", "product"}},
		{name: "discount", form: fraction, usual: []string{"remise", "tauxremise", "remisepourcent", "pourcentageremise", "pourcentremise", "remise1", "discountrate", "discountpercent", "discountpercentage", "discountpct", "linediscount", "unitpricediscount", "rabais"}},
		{name: "cost", form: number, usual: []string{"coutligne", "coutht", "cout", "coutrevientligne", "prixrevientligne", "linecost", "costamount", "totalcost", "cogs"}},
		{name: "delivered_on", form: date, usual: []string{"deliverydate", "datelivraison", "livrele", "delivered", "deliveredat", "deliveredon", "datelivraisonreelle", "shippeddate", "shipdate", "shippedat", "dateexpedition", "expediele", "shippedon", "fulfilledat", "shipmentdate"}},
		{name: "cancelled", form: cancelled, usual: []string{"annule", "annulee", "commandeannulee", "canceled", "iscancelled", "annulation", "cancelledat", "canceledat", "annulele", "dateannulation"}},
		{name: "status", form: status, usual: []string{"statut", "orderstatus", "statutcommande", "etatcommande", "etat", "salesorderstatus", "financialstatus", "invoicestatus", "statutfacture", "etatfacture"}},
		{name: "document", form: document, usual: []string{"typepiece", "typedocument", "typedoc", "typefacture", "naturepiece", "naturedocument", "naturedoc", "doctype", "documenttype", "movetype"}},
	}
}

func activityColumns() []column {
	return []column{
		{name: "client", form: key, needed: true, usual: append(clientRefs(), "accountname", "companyname", "societe", "company")},
		{name: "kind", form: activityKind, needed: true, usual: []string{"type", "typeactivite", "activitytype", "nature", "action", "activite"}},
		{name: "at", form: moment, needed: true, usual: []string{"date", "dateheure", "datetime", "activitydate", "dateactivite", "dateaction", "datevisite", "dateintervention", "when", "le", "startedat", "startdate", "datedebut", "opendate", "createdat", "duedate"}},
		{name: "ref", form: key, usual: []string{"activityid", "idactivite", "idintervention", "nintervention", "numerointervention", "code", "reference", "numero", "id", "refactivite", "ticket", "nticket", "ticketid", "casenumber"}},
		{name: "rep", form: key, usual: []string{"codecommercial", "coderepresentant", "codevendeur", "employeeid", "commercial", "representant", "vendeur", "salesrep", "salesperson", "technicien", "owner", "assignedto", "assignea"}},
		{name: "minutes", form: whole, usual: []string{"duree", "dureeminutes", "dureemn", "dureemin", "duration", "durationminutes"}},
		{name: "cost", form: number, usual: []string{"cout", "coutht", "montant"}},
		{name: "closed_on", form: date, usual: []string{"datecloture", "clotele", "closle", "closedat", "closeddate", "dateclosed", "resolvedon", "resolule", "dateresolution", "traitele"}},
		{name: "note", form: text, usual: []string{"notes", "commentaire", "commentaires", "comment", "comments", "remarque", "remarques", "description", "compterendu", "objet", "subject"}},
	}
}

func contractColumns() []column {
	return []column{
		{name: "ref", form: key, needed: true, usual: []string{"contractid", "ncontrat", "nocontrat", "numerocontrat", "numcontrat", "codecontrat", "refcontrat", "referencecontrat", "nmarche", "numeromarche", "contrat", "contract", "contractnumber", "contractno", "reference", "code", "id"}},
		{name: "client", form: key, needed: true, usual: append(clientRefs(), "accountname", "companyname", "societe", "company")},
		{name: "ends_on", form: date, needed: true, usual: []string{"datefin", "datefincontrat", "fin", "echeance", "dateecheance", "enddate", "contractenddate", "expirydate", "expirationdate", "expireson", "end", "finle", "dateexpiration"}},
		{name: "kind", form: contractKind, usual: []string{"type", "typecontrat", "contracttype", "nature"}},
		{name: "starts_on", form: date, usual: []string{"datedebut", "debut", "startdate", "contractstartdate", "start", "debutle", "dateeffet", "datesignature"}},
		{name: "reopens_on", form: date, usual: []string{"dateremiseenconcurrence", "remiseenconcurrence", "dateremiseconcurrence", "reopendate", "datereouverture", "renouvellement", "renewaldate", "daterenouvellement"}},
		{name: "notice_days", form: whole, usual: []string{"preavis", "preavisjours", "jourspreavis", "noticeperiod", "noticedays", "ownerexpirationnotice", "notice"}},
		{name: "amount", form: number, usual: []string{"montant", "montantht", "montantannuel", "montantannuelht", "value", "contractvalue", "annualamount"}},
	}
}

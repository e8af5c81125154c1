package importer

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The headings are those of the programs' exports and of public data; what they mean was written by hand. A column made
// of several headings names them with a +, and spare ones with a |.
func TestHeadingsOfTheUsualSystems(t *testing.T) {
	for _, c := range []struct {
		system   string
		kind     Kind
		headings string // parted by |
		want     map[string]string
	}{
		{"Sage 100 clients", Clients, "Numéro compte|Intitulé|Abrégé|Adresse|Complément|Code postal|Ville|Pays|Téléphone|Télécopie|N° SIRET|N° identifiant|Code NAF|Représentant|Date de création",
			map[string]string{"ref": "Numéro compte", "name": "Intitulé", "address": "Adresse + Complément", "postcode": "Code postal", "city": "Ville", "country": "Pays", "phone": "Téléphone", "siren": "N° SIRET", "sector": "Code NAF", "rep": "Représentant", "created_on": "Date de création"}},
		{"Sage 100 documents", Orders, "Type document|N° pièce|Date document|Code client|Référence article|Désignation|Qté|PU HT|Remise|Montant HT|Montant TTC",
			map[string]string{"document": "Type document", "order": "N° pièce", "ordered_on": "Date document", "client": "Code client", "product": "Référence article", "quantity": "Qté", "unit_price": "PU HT", "discount": "Remise", "amount": "Montant HT"}},
		{"EBP clients", Clients, "Code|Nom|Civilité|Adresse 1|Adresse 2|Code postal|Ville|Code Pays|Téléphone fixe|Téléphone portable|Site web|N° TVA intracommunautaire|SIREN|Code commercial|Bloqué",
			map[string]string{"ref": "Code", "name": "Nom", "address": "Adresse 1 + Adresse 2", "postcode": "Code postal", "city": "Ville", "country": "Code Pays", "phone": "Téléphone fixe | Téléphone portable", "vat": "N° TVA intracommunautaire", "siren": "SIREN", "rep": "Code commercial", "blocked": "Bloqué"}},
		{"EBP invoice lines", Orders, "Numéro du document|Date du document|Code client|Nom du client|Code article|Quantité|PV HT|Montant net HT|Montant TTC|Date de livraison",
			map[string]string{"order": "Numéro du document", "ordered_on": "Date du document", "client": "Code client", "product": "Code article", "quantity": "Quantité", "unit_price": "PV HT", "amount": "Montant net HT", "delivered_on": "Date de livraison"}},
		{"Cegid", Clients, "Code tiers|Raison sociale|Adresse|CP|Ville|Pays|Tél.|SIRET|Code NAF|Commercial", map[string]string{"ref": "Code tiers", "name": "Raison sociale", "address": "Adresse", "postcode": "CP", "city": "Ville", "country": "Pays", "phone": "Tél.",
			"siren": "SIRET", "sector": "Code NAF", "rep": "Commercial"}},
		{"Odoo contacts, French", Clients, "Référence|Nom affiché|Rue|Rue 2|Ville|Code postal|Pays|Téléphone|Mobile|N° TVA|Vendeur|Créé le", map[string]string{"ref": "Référence", "name": "Nom affiché", "address": "Rue + Rue 2", "city": "Ville", "postcode": "Code postal",
			"country": "Pays", "phone": "Téléphone | Mobile", "vat": "N° TVA", "rep": "Vendeur", "created_on": "Créé le"}},
		{"Odoo orders, technical", Orders, "name|partner_id|date_order|order_line/product_id|order_line/product_uom_qty|order_line/price_unit|order_line/discount|order_line/price_subtotal|state", map[string]string{"client": "partner_id", "ordered_on": "date_order",
			"product": "order_line/product_id", "quantity": "order_line/product_uom_qty", "unit_price": "order_line/price_unit", "discount": "order_line/discount", "amount": "order_line/price_subtotal"}},
		{"Odoo orders, French", Orders, "Référence de la commande|Client|Date de la commande|Lignes de la commande/Article|Lignes de la commande/Quantité|Lignes de la commande/Prix unitaire|Statut", map[string]string{"order": "Référence de la commande", "client": "Client",
			"ordered_on": "Date de la commande", "product": "Lignes de la commande/Article", "quantity": "Lignes de la commande/Quantité", "unit_price": "Lignes de la commande/Prix unitaire", "status": "Statut"}},
		{"Shopify orders", Orders, "Name|Email|Financial Status|Paid at|Currency|Subtotal|Taxes|Total|Discount Amount|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku|Cancelled at", map[string]string{"status": "Financial Status", "ordered_on": "Created at",
			"quantity": "Lineitem quantity", "product": "Lineitem sku", "cancelled": "Cancelled at"}},
		{"Dolibarr third parties", Clients, "Nom|Code client|Adresse|Code postal|Ville|Pays|Téléphone|Id. prof. 1|Numéro de TVA|Date création", map[string]string{"ref": "Code client", "name": "Nom", "address": "Adresse", "postcode": "Code postal", "city": "Ville", "country": "Pays",
			"phone": "Téléphone", "siren": "Id. prof. 1", "vat": "Numéro de TVA", "created_on": "Date création"}},
		{"Salesforce accounts", Clients, "Id|Name|AccountNumber|Type|Industry|Phone|BillingStreet|BillingCity|BillingState|BillingPostalCode|BillingCountry|ParentId|OwnerId|CreatedDate", map[string]string{"ref": "AccountNumber", "name": "Name", "sector": "Industry", "phone": "Phone",
			"address": "BillingStreet", "city": "BillingCity", "postcode": "BillingPostalCode", "country": "BillingCountry", "group": "ParentId", "created_on": "CreatedDate"}},
		{"Salesforce contacts", Contacts, "Id|AccountId|FirstName|LastName|Title|Email|Phone|MobilePhone", map[string]string{"client": "AccountId", "name": "FirstName + LastName | LastName", "role": "Title", "email": "Email", "phone": "Phone | MobilePhone"}},
		{"HubSpot companies", Clients, "Record ID|Company name|Company owner|Create Date|Phone Number|City|Country/Region|Industry|Parent Company|Postal Code|Street Address", map[string]string{"ref": "Record ID", "name": "Company name", "rep": "Company owner", "created_on": "Create Date",
			"phone": "Phone Number", "city": "City", "country": "Country/Region", "sector": "Industry", "group": "Parent Company", "postcode": "Postal Code", "address": "Street Address"}},
		{"HubSpot contacts", Contacts, "Record ID|First Name|Last Name|Email|Phone Number|Job Title|Associated Company IDs|Lead Status", map[string]string{"ref": "Record ID", "name": "First Name + Last Name | Last Name", "email": "Email", "phone": "Phone Number", "role": "Job Title", "client": "Associated Company IDs"}},
		{"Pipedrive people", Contacts, "ID|Name|Organization ID|Email - Work|Phone - Work", map[string]string{"client": "Organization ID", "name": "Name", "phone": "Phone - Work"}},
		{"Dynamics accounts", Clients, "Account Number|Account Name|Address 1: City|Main Phone|Owner|Created On", map[string]string{"ref": "Account Number", "name": "Account Name", "phone": "Main Phone", "rep": "Owner", "created_on": "Created On"}},
		{"Business Central lines", Orders, "Document Type|Document No.|Sell-to Customer No.|Posting Date|Line No.|Item No.|Quantity|Unit Price Excl. VAT|Line Discount %|Line Amount Excl. VAT", map[string]string{"document": "Document Type", "order": "Document No.", "client": "Sell-to Customer No.",
			"ordered_on": "Posting Date", "line": "Line No.", "product": "Item No.", "quantity": "Quantity", "unit_price": "Unit Price Excl. VAT", "discount": "Line Discount %", "amount": "Line Amount Excl. VAT"}},
		{"Axonaut", Clients, "ID|Nom de l'entreprise|Adresse|Code postal|Ville|Pays|Téléphone|Numéro SIRET|Numéro de TVA", map[string]string{"ref": "ID", "name": "Nom de l'entreprise", "address": "Adresse", "postcode": "Code postal", "city": "Ville", "country": "Pays", "phone": "Téléphone",
			"siren": "Numéro SIRET", "vat": "Numéro de TVA"}},
		{"Pennylane invoices", Orders, "Numéro de facture|Date de facture|ID client|Client|Total HT|Total TTC|Statut", map[string]string{"order": "Numéro de facture", "ordered_on": "Date de facture", "client": "ID client", "amount": "Total HT", "status": "Statut"}},
		{"QuickBooks customers", Clients, "Customer|Company|Phone|Street|City|State|Country|ZIP", map[string]string{"ref": "Customer", "name": "Company", "phone": "Phone", "address": "Street", "city": "City", "country": "Country", "postcode": "ZIP"}},
		{"QuickBooks sales by customer", Orders, "Date|Transaction Type|Num|Customer|Product/Service|Qty|Sales Price|Amount", map[string]string{"ordered_on": "Date", "order": "Num", "client": "Customer", "quantity": "Qty", "amount": "Amount"}},
		{"classicmodels customers", Clients, "customerNumber|customerName|contactLastName|contactFirstName|phone|addressLine1|addressLine2|city|state|postalCode|country|salesRepEmployeeNumber|creditLimit", map[string]string{"ref": "customerNumber",
			"name": "customerName | contactFirstName + contactLastName", "phone": "phone", "address": "addressLine1 + addressLine2", "city": "city", "postcode": "postalCode", "country": "country", "rep": "salesRepEmployeeNumber"}},
		{"classicmodels contacts", Contacts, "customerNumber|customerName|contactLastName|contactFirstName|phone|addressLine1", map[string]string{"client": "customerNumber", "name": "contactFirstName + contactLastName", "phone": "phone"}},
		{"classicmodels orders", Orders, "orderNumber|orderDate|requiredDate|shippedDate|status|comments|customerNumber", map[string]string{"order": "orderNumber", "ordered_on": "orderDate", "delivered_on": "shippedDate", "status": "status", "client": "customerNumber"}},
		{"classicmodels lines", Orders, "orderNumber|productCode|quantityOrdered|priceEach|orderLineNumber", map[string]string{"order": "orderNumber", "product": "productCode", "quantity": "quantityOrdered", "unit_price": "priceEach", "line": "orderLineNumber"}},
		{"classicmodels employees", Reps, "employeeNumber|lastName|firstName|extension|email|officeCode|reportsTo|jobTitle", map[string]string{"ref": "employeeNumber", "name": "firstName + lastName | lastName", "email": "email"}},
		{"classicmodels products", Products, "productCode|productName|productLine|productScale|productVendor|productDescription|quantityInStock|buyPrice|MSRP", map[string]string{"ref": "productCode", "name": "productName", "range": "productLine", "cost": "buyPrice", "list_price": "MSRP"}},
		{"sakila customers", Clients, "customer_id|store_id|first_name|last_name|email|address_id|active|create_date|last_update", map[string]string{"ref": "customer_id", "name": "first_name + last_name", "created_on": "create_date"}},
		{"Chinook customers", Clients, "CustomerId|FirstName|LastName|Company|Address|City|State|Country|PostalCode|Phone|Fax|Email|SupportRepId", map[string]string{"ref": "CustomerId", "name": "Company | FirstName + LastName", "address": "Address", "city": "City", "country": "Country",
			"postcode": "PostalCode", "phone": "Phone", "rep": "SupportRepId"}},
		{"Chinook lines", Orders, "InvoiceLineId|InvoiceId|TrackId|UnitPrice|Quantity", map[string]string{"line": "InvoiceLineId", "order": "InvoiceId", "product": "TrackId", "unit_price": "UnitPrice", "quantity": "Quantity"}},
		{"Chinook invoices", Orders, "InvoiceId|CustomerId|InvoiceDate|BillingAddress|BillingCity|BillingCountry|Total", map[string]string{"order": "InvoiceId", "client": "CustomerId", "ordered_on": "InvoiceDate"}},
		{"AdventureWorks lines", Orders, "SalesOrderID|SalesOrderDetailID|OrderQty|ProductID|UnitPrice|UnitPriceDiscount|LineTotal", map[string]string{"order": "SalesOrderID", "line": "SalesOrderDetailID", "quantity": "OrderQty", "product": "ProductID", "unit_price": "UnitPrice", "discount": "UnitPriceDiscount", "amount": "LineTotal"}},
		{"Northwind customers", Clients, "customer_id|company_name|contact_name|contact_title|address|city|region|postal_code|country|phone|fax", map[string]string{"ref": "customer_id", "name": "company_name", "address": "address", "city": "city", "postcode": "postal_code", "country": "country", "phone": "phone"}},
		{"Northwind orders", Orders, "orderID|customerID|employeeID|orderDate|requiredDate|shippedDate|shipVia|freight|shipName|shipAddress|shipCity|shipRegion|shipPostalCode|shipCountry", map[string]string{"order": "orderID", "client": "customerID", "ordered_on": "orderDate", "delivered_on": "shippedDate"}},
		{"Northwind lines", Orders, "order_id|product_id|unit_price|quantity|discount", map[string]string{"order": "order_id", "product": "product_id", "unit_price": "unit_price", "quantity": "quantity", "discount": "discount"}},
		{"Superstore orders", Orders, "Row ID|Order ID|Order Date|Ship Date|Ship Mode|Customer ID|Customer Name|Segment|Country|City|State|Postal Code|Region|Product ID|Category|Sub-Category|Product Name|Sales|Quantity|Discount|Profit", map[string]string{"order": "Order ID", "ordered_on": "Order Date",
			"delivered_on": "Ship Date", "client": "Customer ID", "product": "Product ID", "amount": "Sales", "quantity": "Quantity", "discount": "Discount"}},
		{"Superstore clients", Clients, "Row ID|Order ID|Order Date|Ship Date|Ship Mode|Customer ID|Customer Name|Segment|Country|City|State|Postal Code|Region|Product ID|Category|Sub-Category|Product Name|Sales|Quantity|Discount|Profit", map[string]string{"ref": "Customer ID", "name": "Customer Name", "country": "Country"}},
		{"Superstore products", Products, "Row ID|Order ID|Order Date|Ship Date|Customer ID|Product ID|Category|Sub-Category|Product Name|Sales", map[string]string{"ref": "Product ID", "name": "Product Name", "range": "Sub-Category"}},
		{"UCI Online Retail", Orders, "InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country", map[string]string{"order": "InvoiceNo", "product": "StockCode", "quantity": "Quantity", "ordered_on": "InvoiceDate", "unit_price": "UnitPrice", "client": "CustomerID"}},
		{"UCI Online Retail II", Orders, "Invoice|StockCode|Description|Quantity|InvoiceDate|Price|Customer ID|Country", map[string]string{"order": "Invoice", "product": "StockCode", "quantity": "Quantity", "ordered_on": "InvoiceDate", "unit_price": "Price", "client": "Customer ID"}},
		{"a French directory", Clients, "DATE DE CLASSEMENT|NOM COMMERCIAL|ADRESSE|CODE POSTAL|COMMUNE|TÉLÉPHONE|COURRIEL|SITE INTERNET|SIRET", map[string]string{"ref": "SIRET", "siren": "SIRET", "name": "NOM COMMERCIAL", "address": "ADRESSE", "postcode": "CODE POSTAL", "city": "COMMUNE", "phone": "TÉLÉPHONE"}},
		{"the establishments of the French register", Clients, "siren|nic|siret|dateCreationEtablissement|numeroVoieEtablissement|typeVoieEtablissement|libelleVoieEtablissement|codePostalEtablissement|libelleCommuneEtablissement|activitePrincipaleEtablissement|enseigne1Etablissement|denominationUsuelleEtablissement|denominationUniteLegale|prenom1UniteLegale|nomUniteLegale",
			map[string]string{"ref": "siret", "siren": "siren", "name": "denominationUniteLegale | enseigne1Etablissement | denominationUsuelleEtablissement | prenom1UniteLegale + nomUniteLegale", "address": "numeroVoieEtablissement + typeVoieEtablissement + libelleVoieEtablissement",
				"postcode": "codePostalEtablissement", "city": "libelleCommuneEtablissement", "sector": "activitePrincipaleEtablissement", "created_on": "dateCreationEtablissement"}},
		{"a client's name beside its code", Orders, "N° commande|Date|Client|Code client|Total HT", map[string]string{"order": "N° commande", "ordered_on": "Date", "client": "Code client", "amount": "Total HT"}},
		{"last and first names", Contacts, "Code client|Nom|Prénom|Fonction|E-mail|Tél. portable", map[string]string{"client": "Code client", "name": "Prénom + Nom | Nom", "role": "Fonction", "email": "E-mail"}},
	} {
		h, err := understand(c.kind, row(c.headings), nil)
		if err != nil && h.used == nil {
			t.Errorf("%s: %v", c.system, err)
			continue
		}
		if got := meaning(h); !maps.Equal(got, c.want) {
			for _, name := range slices.Sorted(maps.Keys(merged(got, c.want))) {
				if got[name] != c.want[name] {
					t.Errorf("%s: %s is %q, want %q", c.system, name, got[name], c.want[name])
				}
			}
		}
	}
}

func row(text string) (cells [][]byte) {
	for _, c := range strings.Split(text, "|") {
		cells = append(cells, []byte(c))
	}
	return cells
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// meaning writes which headings each column has.
func meaning(h heading) map[string]string {
	all := map[string]string{}
	for _, p := range h.used {
		choices := p.choices
		if choices == nil {
			choices = []choice{{cells: []int{p.cell}}}
		}
		var ways []string
		for _, c := range choices {
			var names []string
			for _, at := range c.cells {
				names = append(names, h.names[at])
			}
			ways = append(ways, strings.Join(names, " + "))
		}
		all[p.name] = strings.Join(ways, " | ")
	}
	return all
}

// What is not net of tax is never taken for an amount, and what could be is asked for.
func TestAmountsWithTaxAreRefused(t *testing.T) {
	for headings, want := range map[string]string{
		"N° commande|Code client|Date|Montant TTC": `"Montant TTC" has the tax in it`, "Order ID|Customer ID|Order Date|Total": `"Total" may have tax in it`, "Order ID|Customer ID|Order Date|Prix TTC|Qté": `"Prix TTC" has the tax in it`,
	} {
		h, err := understand(Orders, row(headings), nil)
		if h.has("amount") || h.has("unit_price") || !strings.Contains(strings.Join(h.notes, " "), want) {
			t.Errorf("%s: %v %v %v, want %s", headings, meaning(h), h.notes, err, want)
		}
	}
}

func TestMapsByHand(t *testing.T) {
	for _, c := range []struct {
		name, headings string
		mapped         map[string]string
		want           map[string]string
		refused        string
	}{
		{"a heading by its name", "Kürzel|Firma", map[string]string{"ref": "Kürzel", "name": "Firma"}, map[string]string{"ref": "Kürzel", "name": "Firma"}, ""},
		{"the second of its name", "Code|Nom|Nom", map[string]string{"name": "Nom#2"}, map[string]string{"ref": "Code", "name": "Nom#2"}, ""},
		{"several put together", "Code|Prefix|Firma", map[string]string{"name": "Prefix + Firma"}, map[string]string{"ref": "Code", "name": "Prefix + Firma"}, ""},
		{"a column left out", "Code|Nom|Ville", map[string]string{"city": ""}, map[string]string{"ref": "Code", "name": "Nom"}, ""},
		{"twice a heading that decides", "Code|Code|Société", nil, nil, `the heading "Code" is there 2 times`},
		{"a directory without a reference", "NOM COMMERCIAL|COMMUNE|COURRIEL", nil, nil, "no column for ref; the headings are: NOM COMMERCIAL, COMMUNE, COURRIEL; if one of them is meant, say so with --map; a client's reference is what stays the same"},
		{"a heading that is not there", "Code|Nom", map[string]string{"city": "Ort"}, nil, `the map says that city is "Ort"`},
	} {
		h, err := understand(Clients, row(c.headings), c.mapped)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %s", c.name, err, c.refused)
			}
			continue
		}
		if got := meaning(h); err != nil || c.name != "the second of its name" && !maps.Equal(got, c.want) {
			t.Errorf("%s: %v %v, want %v", c.name, got, err, c.want)
		}
		if at := h.at("name"); c.name == "the second of its name" && h.used[at].cell != 2 {
			t.Errorf("%s: cell %d", c.name, h.used[at].cell)
		}
	}
}

func TestAttributesHaveNamesOfTheirOwn(t *testing.T) {
	h, err := understand(Clients, row("Code|Société|Nombre d’étoiles|nombre d'etoiles|Ville|Ville"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range h.extra {
		names = append(names, p.name)
	}
	if want := []string{"nombre_d_etoiles", "nombre_d_etoiles_2", "ville"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

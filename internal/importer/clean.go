package importer

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/relance/relance/internal/clients"
)

// outputs names the cells of a row: used columns, then what follows from them.
func (f *File) outputs() []string {
	var names []string
	for _, p := range f.heading.used {
		names = append(names, p.name)
	}
	if f.heading.has("phone") && f.kind != Reps {
		names = append(names, "phone_e164")
	}
	if f.heading.has("email") && f.kind != Reps {
		names = append(names, "email_key")
	}
	if f.kind == Clients && (len(f.heading.extra) > 0 || f.heading.has("siren") || f.heading.has("vat")) {
		names = append(names, "attributes")
	}
	if f.heading.has("status") && !f.heading.has("cancelled") {
		names = append(names, "cancelled")
	}
	return names
}

// finish checks what concerns several cells, and fills those that follow from others.
func (f *File) finish(r record) (column, reason string) {
	var odd map[string]string // typed values that are no numbers of their kind
	switch f.kind {
	case Clients:
		odd = f.cleanClient()
	case Contacts:
		column, reason = f.checkBases()
		f.flagEmail()
	case Orders:
		column, reason = f.cleanOrder()
	}
	if reason != "" {
		return column, reason
	}
	for i := len(f.heading.used); i < len(f.columns); i++ {
		switch f.columns[i] {
		case "phone_e164":
			f.cells[i] = f.phoneNumber()
		case "email_key":
			f.cells[i] = nil
			if key, ok := clients.EmailKey(string(f.cell("email"))); ok {
				f.cells[i] = []byte(key)
			}
		case "attributes":
			if column, reason := f.nestedExtra(r); reason != "" {
				return column, reason
			}
			f.cells[i] = f.attributes(r.cells, odd)
		case "cancelled":
			f.cells[i] = []byte("f")
			if is, _ := clients.ParseStatus(string(f.cell("status"))); is {
				f.cells[i] = []byte("t")
			}
		}
	}
	return "", ""
}

// cell gives the value of a used column in the row; nil: empty, or not in the file.
func (f *File) cell(name string) []byte {
	for i, c := range f.columns {
		if c == name {
			return f.cells[i]
		}
	}
	return nil
}

// country is the client's, or else the company's.
func (f *File) country() string {
	if c := f.cell("country"); c != nil {
		return string(c)
	}
	return f.options.Country
}

func (f *File) phoneNumber() []byte {
	typed := f.cell("phone")
	if typed == nil {
		return nil
	}
	number, ok := clients.Phone(string(typed), f.country())
	if !ok {
		f.note("phone", undialled(f.kind))
		return nil
	}
	return []byte(number)
}

// undialled says that a telephone number was kept as it is. Only the store knows the country of a contact's client.
func undialled(kind Kind) string {
	if kind == Contacts {
		return "not a number as it is dialled in the company's country; kept as it was typed, and tried with the client's own"
	}
	return "not a number that can be dialled from the client's country; kept as it was typed"
}

// cleanClient checks the numbers of a company. One that is wrong does not keep the client out: it goes to an attribute,
// since what stands in the column counts as proof that the client is a company.
func (f *File) cleanClient() (odd map[string]string) {
	aside := func(at int, name, text string) {
		if isCut(f.cells[at]) {
			text = "a spreadsheet has cut its digits"
		}
		if odd == nil {
			odd = map[string]string{}
		}
		odd[name+"_typed"] = string(f.cells[at])
		f.cells[at] = nil
		f.note(name, text+"; kept as the attribute "+name+"_typed")
	}
	french := f.country() == "FR"
	if at := f.heading.at("siren"); at >= 0 && f.cells[at] != nil && french {
		if siren, ok := clients.SIREN(string(f.cells[at])); ok {
			f.cells[at] = []byte(siren)
		} else {
			aside(at, "siren", "not a SIREN or SIRET (length or check digit)")
		}
	}
	if at := f.heading.at("vat"); at >= 0 && f.cells[at] != nil {
		switch number, check := clients.VAT(string(f.cells[at]), f.country()); check {
		case clients.Right:
			f.cells[at] = []byte(number)
		case clients.Wrong:
			aside(at, "vat", "not a VAT number (form or check digits)")
		}
	}
	if at := f.heading.at("postcode"); at >= 0 && french {
		f.cells[at] = f.postcode(f.cells[at])
	}
	return odd
}

// postcode puts back the zero that a spreadsheet took off a French postcode: four digits can only be those of the
// departments 01 to 09. What shows another country, such as a telephone number, leaves them as they are.
func (f *File) postcode(cell []byte) []byte {
	digits := bytes.TrimSuffix(cell, []byte(".0"))
	if !allDigits(digits) {
		return cell
	}
	switch {
	case len(digits) == 5 && len(digits) < len(cell):
		return digits
	case len(digits) == 4 && digits[0] != '0' && !f.abroad():
		f.note("postcode", "it had four digits; a leading zero was put back")
		return append([]byte{'0'}, digits...)
	}
	return cell
}

// abroad reports whether a client without a country shows that it has another one than the company.
func (f *File) abroad() bool {
	if f.cell("country") != nil {
		return false
	}
	if phone := f.phoneAbroad(); phone != "" && !strings.HasPrefix(phone, "+33") {
		return true
	}
	vat := f.cell("vat")
	return vat != nil && !bytes.HasPrefix(vat, []byte("FR"))
}

// phoneAbroad is the telephone number when it is written with its country.
func (f *File) phoneAbroad() string {
	typed := f.cell("phone")
	if typed == nil || !bytes.HasPrefix(typed, []byte("+")) && !bytes.HasPrefix(typed, []byte("00")) {
		return ""
	}
	number, _ := clients.Phone(string(typed), f.options.Country)
	return number
}

// isCut recognises 3,56E+13: a spreadsheet shows long numbers so, and saves what it shows.
func isCut(cell []byte) bool {
	mantissa, exponent, found := bytes.Cut(cell, []byte("E+"))
	if !found || len(mantissa) == 0 || len(exponent) != 2 || !allDigits(exponent) || !isDigit(mantissa[0]) {
		return false
	}
	rest := mantissa[1:]
	return len(rest) == 0 || (rest[0] == '.' || rest[0] == ',') && allDigits(rest[1:])
}

// flagEmail notes an address with an obvious slip. It is kept: a person decides.
func (f *File) flagEmail() {
	typed := f.cell("email")
	if typed == nil {
		return
	}
	meant := clients.EmailTypo(string(typed))
	if meant == "" {
		return
	}
	end := meant[strings.LastIndexByte(meant, '.'):]
	if !bytes.HasSuffix(bytes.ToLower(typed), []byte(end)) {
		f.note("email", "its ending looks like a slip for "+end+"; kept as it is")
		return
	}
	f.note("email", "its domain looks like a slip for "+meant+"; kept as it is")
}

// cleanOrder sees to it that the amounts of a credit note or a return are negative, whatever sign the file gives them,
// and refuses what is no order yet.
func (f *File) cleanOrder() (column, reason string) {
	if typed := f.cell("status"); typed != nil {
		if _, isQuote := clients.ParseStatus(string(typed)); isQuote {
			return "status", quote(typed) + ": " + quoteReason
		}
	}
	switch clients.Document(f.cell("document")) {
	case clients.Quote:
		return "document", quoteReason
	case clients.Credit:
		f.credit()
	}
	if f.part != Heads && f.cell("amount") == nil && (f.cell("quantity") == nil || f.cell("unit_price") == nil) {
		return "amount", "neither an amount, nor a quantity with a unit price"
	}
	return "", ""
}

const quoteReason = "a quote is not an order"

// credit makes amount, cost and quantity negative, and the price of one positive.
func (f *File) credit() {
	for i, p := range f.heading.used {
		cell := f.cells[i]
		if cell == nil || !slices.Contains([]string{"amount", "quantity", "cost", "unit_price"}, p.name) {
			continue
		}
		cell = bytes.TrimPrefix(cell, []byte{'-'})
		if p.name != "unit_price" && len(bytes.Trim(cell, "0.")) > 0 {
			cell = append([]byte{'-'}, cell...)
		}
		f.cells[i] = cell
	}
}

// checkBases wants a source and a date for what a person must be able to prove.
func (f *File) checkBases() (column, reason string) {
	for _, name := range [...]string{"mail_basis", "call_basis"} {
		basis := clients.BasisKind(f.cell(name))
		switch {
		case basis == "" || basis == clients.Generic && name == "mail_basis":
			continue
		case basis == clients.Generic:
			return name, "a call has no generic basis"
		case basis == clients.Contract && name == "mail_basis":
			return name, "a contract is a basis for calls only"
		case f.cell("basis_source") == nil:
			return "basis_source", "empty, but needed to prove " + name
		case f.cell("basis_on") == nil:
			return "basis_on", "empty, but needed to prove " + name
		}
	}
	return "", ""
}

// attributes writes the cells that are no canonical column as JSON, and the numbers that were put aside; an empty one is
// null, which clears it.
func (f *File) attributes(cells [][]byte, odd map[string]string) []byte {
	values := make(map[string]*string, len(f.heading.extra)+2)
	for _, p := range f.heading.extra {
		values[p.name] = nil
		if cell := f.trimmed(cells[p.cell]); cell != nil {
			value := strings.Clone(string(mended(cell)))
			values[p.name] = &value
		}
	}
	for _, name := range [...]string{"siren", "vat"} {
		if f.heading.has(name) {
			values[name+"_typed"] = nil
			if typed, is := odd[name+"_typed"]; is {
				values[name+"_typed"] = &typed
			}
		}
	}
	out, err := json.Marshal(values)
	if err != nil { // strings always have a form
		return nil
	}
	return out
}

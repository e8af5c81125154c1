package clients

import (
	"math/big"
	"strings"
)

// The proofs of VAT numbers that take more than a line (see vatRules). Each takes a number of the right form.

// iso7064 is the standard's mod 11, 10.
func iso7064(n string) bool {
	p := 10
	for i := range len(n) - 1 {
		s := (digit(n, i) + p) % 10
		if s == 0 {
			s = 10
		}
		p = 2 * s % 11
	}
	return (11-p)%10 == digit(n, len(n)-1)
}

// french: the two signs in front follow from the SIREN, whose own check digit holds; Monaco's numbers begin with 000.
func french(n string) bool {
	siren := n[2:]
	if !strings.HasPrefix(siren, "000") && !luhn(siren) || siren == "000000000" {
		return false
	}
	if fits(n[:2], "dd") {
		return value(n[:2]) == value(siren+"12")%97
	}
	const signs = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	a, b := strings.IndexByte(signs, n[0]), strings.IndexByte(signs, n[1])
	if a < 0 || b < 0 {
		return false
	}
	key := a*34 + b - 100
	if a < 10 {
		key = a*24 + b - 10
	}
	return key >= 0 && (value(siren)+1+key/11)%11 == key%11
}

func spanish(n string) bool {
	const people, firms = "TRWAGMYFPDXBNJZSQVHLCKE", "JABCDEFGHI"
	switch first, last := n[0], n[8]; {
	case first >= '0' && first <= '9':
		return last == people[value(n[:8])%23]
	case strings.IndexByte("XYZ", first) >= 0:
		return last == people[(strings.IndexByte("XYZ", first)*10000000+value(n[1:8]))%23]
	case strings.IndexByte("KLM", first) >= 0:
		return last == people[value(n[1:8])%23]
	case strings.IndexByte("ABCDEFGHJNPQRSUVW", first) < 0:
		return false
	default:
		check := (10 - luhnSum(n[1:8]+"0")%10) % 10
		asDigit, asLetter := last == byte('0'+check), last == firms[check]
		return asDigit && strings.IndexByte("NPQRSW", first) < 0 || asLetter && strings.IndexByte("ABEH", first) < 0
	}
}

// british: two digits prove the seven before them, in the old way or the new one of 2010.
func british(n string) bool {
	switch {
	case n[0] == 'G':
		return value(n[2:]) < 500
	case n[0] == 'H':
		return value(n[2:]) >= 500
	}
	rest := (weighted(n, 8, 7, 6, 5, 4, 3, 2) + value(n[7:9])) % 97
	return rest == 0 || rest == 42
}

func irish(n string) bool {
	const letters = "WABCDEFGHIJKLMNOPQRSTUV"
	body, extra := n[:7], 0
	if !fits(body, "ddddddd") { // the old form
		body = "0" + n[2:7] + n[:1]
	}
	if len(n) == 9 {
		if extra = strings.IndexByte(letters, n[8]); extra > 9 || extra < 0 {
			return false
		}
	}
	return n[7] == letters[(weighted(body, 8, 7, 6, 5, 4, 3, 2)+9*extra)%23]
}

// italian: the three digits before the last are the office that gave it.
func italian(n string) bool {
	office := value(n[7:10])
	known := office >= 1 && office <= 100 || office == 120 || office == 121 || office == 888 || office == 999
	return known && n[:7] != "0000000" && luhn(n)
}

func dutch(n string) bool {
	if n[10:] == "00" {
		return false
	}
	if weighted(n, 9, 8, 7, 6, 5, 4, 3, 2)%11 == digit(n, 8) {
		return true
	}
	spelt, ok := new(big.Int).SetString("2321"+n[:9]+"11"+n[10:], 10) // N, L and B as 23, 21 and 11
	return ok && new(big.Int).Mod(spelt, big.NewInt(97)).Int64() == 1
}

func romanian(n string) bool {
	last := digit(n, len(n)-1)
	if len(n) == 13 { // a person's
		return weighted(n, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11%10 == last || weighted(n, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11 == 10 && last == 1
	}
	return n[0] != '0' && 10*weighted(strings.Repeat("0", 10-len(n))+n, 7, 5, 3, 2, 1, 7, 5, 3, 2)%11%10 == last
}

func slovenian(n string) bool {
	check := 11 - weighted(n, 8, 7, 6, 5, 4, 3, 2)%11
	return check%10 == digit(n, 7) && check != 11
}

func bulgarian(n string) bool {
	if len(n) == 9 {
		check := weighted(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11
		if check == 10 {
			check = weighted(n, 3, 4, 5, 6, 7, 8, 9, 10) % 11
		}
		return check%10 == digit(n, 8)
	}
	last := digit(n, 9) // a person's, a foreigner's, or another
	return weighted(n, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == last || weighted(n, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == last ||
		(11-weighted(n, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == last
}

func cypriot(n string) bool {
	if n[:2] == "12" {
		return false
	}
	sum := 0
	for i := range 8 {
		if i%2 == 0 {
			sum += [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}[digit(n, i)]
		} else {
			sum += digit(n, i)
		}
	}
	return n[8] == byte('A'+sum%26)
}

// czech: a firm has eight digits, a person nine or ten; nine carry no proof unless they begin with 6.
func czech(n string) bool {
	switch {
	case len(n) == 8:
		check := (11 - weighted(n, 8, 7, 6, 5, 4, 3, 2)%11) % 11
		if check == 0 {
			check = 1
		}
		return n[0] != '9' && check%10 == digit(n, 7)
	case len(n) == 9 && n[0] == '6':
		return (18-(10-weighted(n[1:], 8, 7, 6, 5, 4, 3, 2)%11))%10 == digit(n, 8)
	case len(n) == 9:
		return czechBirth(n)
	}
	return czechBirth(n) && (value(n)%11 == 0 || value(n[:9])%11 == 10 && n[9] == '0')
}

// czechBirth reports whether a day of birth is spelt: women have 50 more months.
func czechBirth(n string) bool {
	month, day := value(n[2:4]), value(n[4:6])
	return month%50 >= 1 && (month%50)%20 <= 12 && day >= 1 && day <= 31
}

func lithuanian(n string) bool {
	end := len(n) - 1
	if n[end-1] != '1' {
		return false
	}
	sum := func(offset int) (s int) {
		for i := range end {
			s += (1 + (i+offset)%9) * digit(n, i)
		}
		return s % 11
	}
	check := sum(0)
	if check == 10 {
		check = sum(2)
	}
	return check%10 == digit(n, end)
}

// latvian: firms begin with 4 or more; a person's has a proof unless it begins with 32.
func latvian(n string) bool {
	if n[0] > '3' {
		return weighted(n, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
	}
	return n[:2] == "32" || (1+weighted(n, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == digit(n, 10)
}

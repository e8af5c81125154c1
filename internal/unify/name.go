package unify

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// set is words that a table below lists.
type set map[string]bool

func setOf(words string) set {
	s := set{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}

// legalForms say what a firm is before the law, and not which one it is: of France, Belgium, Luxembourg, Switzerland, Germany,
// Austria, Italy, Spain, Portugal, the Netherlands, Britain, the north, Poland and the Czech lands.
var legalForms = setOf(`sarl sas sasu eurl sa snc sci scop scic scea earl gaec gie selarl selas selasu eirl ei scp scm sep sem spl
	asbl aisbl sprl srl bvba nv bv cv vof cvba scrl sagl sarls se
	gmbh mbh ag kg ohg ug gbr ev eg kgaa haftungsbeschrankt
	spa srls sapa sl slu sll scl sau lda unipessoal
	ltd limited llp plc inc llc lp corp co company
	aps as ab oy oyj hb kft zrt zoo sp sro`)

// smallWords carry no name.
var smallWords = setOf(`le la les l de du des d et and the of und der die das den un une au aux a en y e i da do di del della il lo el los
	las von van het etablissements etablissement ets etab societe soc cie compagnie maison entreprise ent groupe group holding`)

// spelled are words that are written in two ways.
var spelled = map[string]string{"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "frs": "freres", "freres": "freres", "intl": "international",
	"gd": "grand", "gde": "grande", "mt": "mont", "n": "no", "dr": "docteur", "prof": "professeur", "mme": "madame", "bros": "brothers"}

// nameWords are the words of a firm's name that tell it from others, in order; all of them when nothing else is left.
func nameWords(name string) []string {
	all := split(name)
	var kept []string
	for i, w := range all {
		if w == "ste" && i == 0 && len(all) > 1 {
			continue // Sté, before a name
		}
		if long, ok := spelled[w]; ok {
			w = long
		}
		if !legalForms[w] && !smallWords[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return all
	}
	return kept
}

// wholeName is a name without spaces and legal forms, so that Van Damme is Vandamme.
func wholeName(name string) string {
	all := split(name)
	if kept := slices.DeleteFunc(slices.Clone(all), func(w string) bool { return legalForms[w] }); len(kept) > 0 {
		return joinWords(kept)
	}
	return joinWords(all)
}

// split parts a text into words of lower case letters and digits without accents. Letters with points between them are one
// word: S.A.R.L.
func split(s string) []string {
	var b strings.Builder
	letters := 0 // of the word under way
	abbreviated := false
	for _, r := range norm.NFKD.String(strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae", "ß", "ss", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l").Replace(s)) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if abbreviated && letters > 1 {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
			letters, abbreviated = letters+1, false
		case r == '.' && letters == 1:
			letters, abbreviated = 0, true
		default:
			b.WriteByte(' ')
			letters, abbreviated = 0, false
		}
	}
	return strings.Fields(b.String())
}

func joinWords(words []string) string { return strings.Join(words, "") }

// townOf is a town as it is compared: without numbers and CEDEX, Saint written out.
func townOf(city string) string {
	var kept []string
	for _, w := range split(city) {
		if long, ok := spelled[w]; ok {
			w = long
		}
		if w != "cedex" && !digits(w) && !smallWords[w] {
			kept = append(kept, w)
		}
	}
	return joinWords(kept)
}

// postcodeOf is a postcode as it is compared: a spreadsheet eats a leading zero.
func postcodeOf(postcode string) string {
	code := joinWords(split(postcode))
	if len(code) == 4 && digits(code) {
		return "0" + code
	}
	return code
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// ways are the kinds of streets as they are shortened.
var ways = map[string]string{"av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard", "r": "rue", "pl": "place",
	"rte": "route", "ch": "chemin", "che": "chemin", "imp": "impasse", "all": "allee", "sq": "square", "fg": "faubourg", "fbg": "faubourg", "qu": "quai", "str": "strasse"}

// streetWords are the words and numbers of an address, sorted.
func streetWords(address string) []string {
	var kept []string
	for _, w := range split(address) {
		for _, table := range []map[string]string{ways, spelled} {
			if long, ok := table[w]; ok {
				w = long
			}
		}
		if !smallWords[w] {
			kept = append(kept, w)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// sharedMailDomains give mailboxes to anyone: that two clients have one there says nothing.
var sharedMailDomains = setOf(`gmail.com googlemail.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr cegetel.net numericable.fr noos.fr laposte.net bbox.fr
	bouyguestelecom.fr aliceadsl.fr alice.fr club-internet.fr 9online.fr hotmail.com hotmail.fr hotmail.be hotmail.it hotmail.es hotmail.co.uk outlook.com
	outlook.fr outlook.be outlook.de outlook.it outlook.es live.com live.fr live.be live.nl live.co.uk msn.com yahoo.com yahoo.fr yahoo.it yahoo.es yahoo.de yahoo.co.uk
	ymail.com aol.com aol.fr icloud.com me.com mac.com gmx.com gmx.fr gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de arcor.de posteo.de mailbox.org
	proton.me protonmail.com protonmail.ch pm.me mail.com mail.ru yandex.ru yandex.com zoho.com fastmail.com tutanota.com hey.com skynet.be telenet.be proximus.be
	scarlet.be voo.be bluewin.ch hispeed.ch sunrise.ch libero.it virgilio.it tiscali.it tin.it alice.it telefonica.net terra.es sapo.pt ziggo.nl kpnmail.nl xs4all.nl
	planet.nl home.nl hetnet.nl btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk pt.lu internet.lu wp.pl o2.pl onet.pl
	seznam.cz centrum.cz bk.ru inbox.ru list.ru comcast.net verizon.net att.net sbcglobal.net cox.net`)

// ownDomains are the domains of mailboxes that belong to a firm.
func ownDomains(mails []string) []string {
	var own []string
	for _, m := range mails {
		if _, domain, ok := strings.Cut(m, "@"); ok && !sharedMailDomains[domain] && !slices.Contains(own, domain) {
			own = append(own, domain)
		}
	}
	return own
}

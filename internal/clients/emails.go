package clients

import (
	"strings"
)

// mailDomains are the big providers of mail in Europe and America. Those with true are told from a slip of one letter;
// the names of the others are so short, or so near to other firms', that a slip is no proof.
var mailDomains = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "hotmail.com": true, "hotmail.fr": true, "hotmail.be": true, "hotmail.co.uk": true, "hotmail.de": true,
	"outlook.com": true, "outlook.fr": true, "outlook.be": true, "outlook.de": true, "yahoo.com": true, "yahoo.fr": true, "yahoo.co.uk": true, "yahoo.de": true,
	"icloud.com": true, "orange.fr": true, "wanadoo.fr": true, "laposte.net": true, "numericable.fr": true, "club-internet.fr": true, "bbox.fr": true,
	"protonmail.com": true, "skynet.be": true, "bluewin.ch": true, "t-online.de": true, "btinternet.com": true, "comcast.net": true, "verizon.net": true,
	"free.fr": false, "sfr.fr": false, "neuf.fr": false, "live.fr": false, "live.com": false, "live.be": false, "me.com": false, "mac.com": false, "msn.com": false,
	"aol.com": false, "aol.fr": false, "gmx.fr": false, "gmx.com": false, "gmx.de": false, "gmx.net": false, "web.de": false, "proton.me": false, "mail.com": false,
	"ymail.com": false, "email.com": false, "cegetel.net": false, "aliceadsl.fr": false, "dbmail.com": false, "telenet.be": false, "voila.fr": false, "tele2.fr": false,
}

// badEndings are no domains of the Internet, and what is meant.
var badEndings = map[string]string{
	".con": ".com", ".cmo": ".com", ".ocm": ".com", ".vom": ".com", ".xom": ".com", ".comm": ".com", ".coom": ".com", ".clm": ".com", ".cpm": ".com", ".c": ".com", ".om": "",
	".f": ".fr", ".r": ".fr", ".frr": ".fr", ".ffr": ".fr", ".fe": ".fr", ".b": ".be", ".d": ".de", ".nett": ".net", ".ner": ".net", ".orgg": ".org", ".ogr": ".org",
}

// EmailTypo proposes the domain that is probably meant when an address has an obvious slip: gmial.com, wanadoo.f, .con.
// "": there is none. It is for a person to decide: nothing is corrected.
func EmailTypo(address string) (domain string) {
	_, written, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if !ok {
		return ""
	}
	typed := strings.TrimRight(strings.ReplaceAll(written, ",", "."), ".")
	if _, known := mailDomains[typed]; known && typed == written {
		return ""
	} else if known {
		return typed
	}
	if at := strings.LastIndexByte(typed, '.'); at > 0 {
		if meant := badEndings[typed[at:]]; meant != "" {
			return strings.Trim(typed[:at], ".") + meant
		}
	}
	best := ""
	for known, long := range mailDomains {
		if long && oneSlip(typed, known) && (best == "" || known < best) {
			best = known
		}
	}
	return best
}

// oneSlip reports whether a and b differ by one letter: another one, one more or less, or two neighbours exchanged. The
// ending is not looked at: yahoo.de and yahoo.be are two domains.
func oneSlip(a, b string) bool {
	a, endA, _ := strings.Cut(a, ".")
	b, endB, _ := strings.Cut(b, ".")
	if endA != endB || a == b || max(len(a), len(b))-min(len(a), len(b)) > 1 {
		return false
	}
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) > len(b):
		return a[i+1:] == b[i:]
	case len(a) < len(b):
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

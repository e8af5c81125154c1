package unify

import (
	"math"
	"slices"
)

// vocabulary numbers the words of all names and counts in how many names each stands.
type vocabulary struct {
	ids   map[string]int32
	words []string
	names []int32 // by id
	total int
}

// number gives the ids of a name's words, each once.
func (v *vocabulary) number(words []string) []int32 {
	if v.ids == nil {
		v.ids = map[string]int32{}
	}
	ids := make([]int32, 0, len(words))
	for _, w := range words {
		id, known := v.ids[w]
		if !known {
			id = int32(len(v.words))
			v.ids[w], v.words, v.names = id, append(v.words, w), append(v.names, 0)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
			v.names[id]++
		}
	}
	v.total++
	return ids
}

// rarity is what a word weighs: much when few names have it.
func (v *vocabulary) rarity(id int32) float64 {
	return math.Log(1 + float64(v.total)/float64(v.names[id]))
}

// weigh gives each name's words their weights, rarest first, once all names are known.
func (f *Finder) weigh() {
	for i := range f.entries {
		e := &f.entries[i]
		slices.SortFunc(e.words, func(a, b int32) int {
			if f.words.names[a] != f.words.names[b] {
				return int(f.words.names[a] - f.words.names[b])
			}
			return int(a - b)
		})
		e.weights = make([]float32, len(e.words))
		var sum float64
		for _, id := range e.words {
			r := f.words.rarity(id)
			sum += r * r
		}
		for k, id := range e.words {
			e.weights[k] = float32(f.words.rarity(id) / math.Sqrt(sum))
		}
	}
}

// near is from when on two words are taken for one, misspelt.
const near = 0.9

// similarity is soft TF-IDF, from 0 to 1. Names that differ in their spaces only are equal.
func (f *Finder) similarity(a, b *entry) float64 {
	if a.joined == b.joined || a.core == b.core {
		return 1
	}
	return (f.toward(a, b) + f.toward(b, a)) / 2
}

// toward adds up, for each word of a, what the nearest word of b gives.
func (f *Finder) toward(a, b *entry) (sum float64) {
	for i, x := range a.words {
		best, by := 0.0, 0
		for j, y := range b.words {
			if d := f.alike(x, y); d > best {
				best, by = d, j
			}
		}
		if best >= near {
			sum += best * float64(a.weights[i]) * float64(b.weights[by])
		}
	}
	return min(sum, 1)
}

// alike compares two words. Numbers are the same or not: shop 12 is not shop 13.
func (f *Finder) alike(x, y int32) float64 {
	if x == y {
		return 1
	}
	a, b := f.words.words[x], f.words.words[y]
	if a[0] <= '9' || b[0] <= '9' {
		return 0
	}
	return jaroWinkler(a, b)
}

// jaroWinkler is the similarity of two words by Jaro, raised for a common beginning of up to four letters by Winkler.
func jaroWinkler(a, b string) float64 {
	const longest = 64
	if len(a) > longest || len(b) > longest || len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(0, max(len(a), len(b))/2-1)
	var usedA, usedB [longest]bool
	matches := 0
	for i := range len(a) {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !usedB[j] && a[i] == b[j] {
				usedA[i], usedB[j] = true, true
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	crossed, j := 0, 0
	for i := range len(a) {
		if !usedA[i] {
			continue
		}
		for !usedB[j] {
			j++
		}
		if a[i] != b[j] {
			crossed++
		}
		j++
	}
	m := float64(matches)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(crossed)/2)/m) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

// overlap is how many words two sorted lists share, as a part of what both have (Dice).
func overlap(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	shared := 0
	for _, w := range a {
		if _, found := slices.BinarySearch(b, w); found {
			shared++
		}
	}
	return 2 * float64(shared) / float64(len(a)+len(b))
}

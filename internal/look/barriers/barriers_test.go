package barriers

import (
	"strings"
	"testing"
)

const open = `<!doctype html><html lang="fr"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>x</title></head><body><main><h1>Appels</h1>`

func TestEachBarrierIsFound(t *testing.T) {
	for markup, want := range map[string]string{
		open: "",
		strings.Replace(open, ` lang="fr"`, "", 1):                     "no language",
		strings.Replace(open, "<title>x", "<title> ", 1):               "no title",
		strings.Replace(open, "initial-scale=1", "maximum-scale=1", 1): "cannot be enlarged",
		strings.Replace(open, "<h1>Appels</h1>", "<h2>Appels</h2>", 1): "level 2 follows one of level 0",
		open + `<h1>Deux</h1>`:                                         "2 h1",
		open + `<h3>Trop bas</h3>`:                                     "level 3 follows one of level 1",
		open + `<h2> </h2>`:                                            "empty heading",
		open + `<p id="a"><p id="a">`:                                  `called "a"`,
		open + `<input id="q" aria-describedby="why" aria-label="x">`:  `leads to "why"`,
		open + `<a href="#end">Fin</a>`:                                `leads to "end"`,
		open + `<input name="q">`:                                      "without a label",
		open + `<label for="q"> </label><input id="q">`:                "without a label",
		open + `<label>Nom <input name="q"></label>`:                   "",
		open + `<fieldset><label><input type="radio">a</label><label><input type="radio">b</label></fieldset>`: "without their question",
		open + `<button></button>`:                  "without a name",
		open + `<a href="/"><button>x</button></a>`: "inside another",
		open + `<p tabindex="3">`:                   "order of focus",
		open + `<img src="x">`:                      "img without alt",
		open + `<svg><path/></svg>`:                 "neither said nor hidden",
		open + `<svg aria-hidden="true"></svg>`:     "",
		open + `<iframe src="/x"></iframe>`:         "iframe without title",
		open + `<progress value="1"></progress>`:    "progress without aria-label",
		open + `<table><tr><th></th></tr></table>`:  "without a heading",
		open + `<ul><p>x</p></ul>`:                  "no item",
		open + `<dl><dt>a</dt><dd>b</dd></dl>`:      "",
	} {
		found, err := Find(markup)
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(found, "; "); want == "" && said != "" || !strings.Contains(said, want) {
			t.Errorf("%s:\n found %q, want %q", strings.TrimPrefix(markup, open), said, want)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name string
		f    figure
		met  bool
	}{
		{"a ratio at its target is met", beside("x", 60, "rows/s", "floor", 100, 0.6), true},
		{"a ratio below its target is not", beside("x", 59, "rows/s", "floor", 100, 0.6), false},
		{"a value at its limit is met", atMost("x", 10, "s", 10), true},
		{"a value above its limit is not", atMost("x", 10.1, "s", 10), false},
	} {
		if c.f.Met == nil || *c.f.Met != c.met {
			t.Errorf("%s: %+v", c.name, c.f)
		}
	}
	if f := beside("x", 60, "rows/s", "floor", 100, 0); f.Met != nil || f.Target != "" {
		t.Errorf("a floor without a target has a verdict: %+v", f)
	}
}

func TestAMissedTargetIsSeenInTheTable(t *testing.T) {
	var out bytes.Buffer
	if err := show(&out, []figure{atMost("slow", 11, "s", 10)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "NO") {
		t.Errorf("no NO in\n%s", out.String())
	}
}

func TestAnUnknownPartNamesTheKnownOnes(t *testing.T) {
	_, err := choose([]string{"plam"})
	if err == nil || !strings.Contains(err.Error(), "plan (") {
		t.Errorf("choose plam: %v", err)
	}
}

func TestTheOrderFileHasAsManyLinesAsAsked(t *testing.T) {
	name := filepath.Join(t.TempDir(), "orders.csv")
	orders, err := writeOrders(name, 1000, 20)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")) - 1; lines != 1000 {
		t.Errorf("%d lines", lines)
	}
	if orders < 200 || orders > 400 { // three and a half lines each, about
		t.Errorf("%d orders", orders)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// figure is one measured value, and what it is held against. Its JSON is stable.
type figure struct {
	Part      string  `json:"part"`
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Floor     float64 `json:"floor,omitempty"`      // what the plain way reached in this run, in the same unit; 0: none
	FloorName string  `json:"floor_name,omitempty"` // what the plain way is
	Ratio     float64 `json:"ratio,omitempty"`      // value by floor
	Target    string  `json:"target,omitempty"`     // in words; empty: none was set
	Met       *bool   `json:"met,omitempty"`        // whether the target was reached; nil without target
	Note      string  `json:"note,omitempty"`
}

// beside holds a value against its floor: the target is a share of it; 0: none.
func beside(name string, value float64, unit, floorName string, floor, least float64) figure {
	f := figure{Name: name, Value: value, Unit: unit, Floor: floor, FloorName: floorName, Ratio: value / floor}
	if least > 0 {
		f.Target = fmt.Sprintf("ratio ≥ %g", least)
		met := f.Ratio >= least
		f.Met = &met
	}
	return f
}

// atMost holds a value against a limit in its unit.
func atMost(name string, value float64, unit string, limit float64) figure {
	met := value <= limit
	return figure{Name: name, Value: value, Unit: unit, Target: fmt.Sprintf("≤ %g %s", limit, unit), Met: &met}
}

func (f figure) noted(format string, args ...any) figure {
	f.Note = fmt.Sprintf(format, args...)
	return f
}

func write(file string, figures []figure) error {
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func show(out io.Writer, figures []figure) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "PART\tWHAT\tVALUE\tUNIT\tFLOOR\tRATIO\tTARGET\tMET\tNOTE")
	for _, f := range figures {
		floor, ratio, met := "", "", ""
		if f.Floor > 0 {
			floor, ratio = fmt.Sprintf("%s %.4g", f.FloorName, f.Floor), fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Met != nil {
			met = map[bool]string{true: "yes", false: "NO"}[*f.Met]
		}
		fmt.Fprintf(table, "%s\t%s\t%.4g\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Part, f.Name, f.Value, f.Unit, floor, ratio, f.Target, met, f.Note)
	}
	return table.Flush()
}

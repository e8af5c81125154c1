package intake

import (
	"os"

	"github.com/relance/relance/internal/importer"
)

// scratch opens a temporary file that has no name any more: nobody else can open it, and it goes when nothing refers to
// it, at the latest with the process.
func scratch() (importer.Scratch, error) {
	file, err := os.CreateTemp("", "relance-import-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

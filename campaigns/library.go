package campaigns

import (
	"embed"
	"path"
	"strings"
)

//go:embed library/*.yaml
var shipped embed.FS

// File is a definition as written.
type File struct {
	Name   string // of the campaign
	Path   string // as messages show it
	Source string
}

// Library returns the shipped campaigns, by name. A test parses each, so they are right.
func Library() []File {
	entries, err := shipped.ReadDir("library")
	if err != nil {
		panic(err) // embedded: only a broken build has none
	}
	var files []File
	for _, e := range entries {
		at := path.Join("library", e.Name())
		source, err := shipped.ReadFile(at)
		if err != nil {
			panic(err)
		}
		files = append(files, File{Name: strings.TrimSuffix(e.Name(), ".yaml"), Path: at, Source: string(source)})
	}
	return files
}

package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/relance/relance/internal/nearest"
)

// The sentences of the parser that are said in other words.
var (
	notOneOf   = regexp.MustCompile(`^(.+) must be one of (.+) but got "(.*)"$`)
	notNumber  = regexp.MustCompile(`expected a valid \d+ bit u?int but got`)
	unexpected = regexp.MustCompile(`^unexpected argument (\S+)$`)
)

// showWrongUse says what is wrong with a command line, with the nearest word where there is one. When only a command is
// missing, it shows those there are.
func showWrongUse(err error, errOut io.Writer) {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		fmt.Fprintf(errOut, "relance: %s\nTry relance --help.\n", err)
		return
	}
	command := parse.Context.Selected()
	if command == nil {
		command = parse.Context.Model.Node
	}
	if strings.HasPrefix(err.Error(), "expected one of ") {
		parse.Context.Stdout = errOut
		if parse.Context.PrintUsage(false) == nil {
			return
		}
	}
	fmt.Fprintf(errOut, "relance: %s\nTry %s --help.\n", inOtherWords(err.Error(), command), asked(command))
}

// asked is the command as it was probably typed: one that is taken when none is named is left out.
func asked(command *kong.Node) string {
	for command.Parent != nil && command.Parent.DefaultCmd == command {
		command = command.Parent
	}
	if command.Parent == nil {
		return command.Name
	}
	return asked(command.Parent) + " " + command.Name
}

func inOtherWords(sentence string, command *kong.Node) string {
	if m := notOneOf.FindStringSubmatch(sentence); m != nil {
		return m[1] + ": " + oneOf(m[3], enumWords(m[2]))
	}
	if m := unexpected.FindStringSubmatch(sentence); m != nil {
		return sentence + perhaps(m[1], commandsBeside(command))
	}
	return notNumber.ReplaceAllString(sentence, "want a whole number, not")
}

// enumWords takes the words from "a","b","": the empty one, which stands for a flag that was not given, is left out.
func enumWords(quoted string) (words []string) {
	for _, word := range strings.Split(quoted, ",") {
		if word = strings.Trim(word, `"`); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// commandsBeside are the commands of the same group: one that is taken when none is named hides the others from the parser.
func commandsBeside(command *kong.Node) (names []string) {
	if command.Parent == nil {
		return nil
	}
	for _, child := range command.Parent.Children {
		names = append(names, child.Name)
	}
	return names
}

// oneOf refuses a word that is none of those known.
func oneOf[S ~string](word string, known []S) string {
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	return fmt.Sprintf("%q is not one of %s%s", word, strings.Join(names, ", "), perhaps(word, names))
}

func perhaps(word string, known []string) string {
	if meant := nearest.Word(word, known); meant != "" {
		return fmt.Sprintf(" (did you mean %q?)", meant)
	}
	return ""
}

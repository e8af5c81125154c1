package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/relance/relance/internal/testkit"
)

// TestAnAuthorIsKnownByAddressAndName: the pages keep a user's name beside what was written, a command is given an address.
// Both are the same person, who may not approve that work.
func TestAnAuthorIsKnownByAddressAndName(t *testing.T) {
	env := map[string]string{"RELANCE_DATABASE_URL": testkit.DatabaseURL(t), "RELANCE_SECRET": strings.Repeat("s", 32)}
	folder := t.TempDir()
	for _, args := range [][]string{
		{"migrate"},
		{"user", "add", "marie@example.com", "--name", "Marie Leroy", "--role", "marketer"},
		{"user", "add", "paul@example.com", "--name", "Paul Renard", "--role", "manager"},
		{"campaign", "pull", folder, "welcome-call"},
	} {
		if code, words := relance(t, env, args...); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, words)
		}
	}
	definition := filepath.Join(folder, "campaigns", "welcome-call.yaml")
	source, err := os.ReadFile(definition)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(definition, append(source, "# ours\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"campaign", "push", folder, "--as", "Marie@Example.com"}, 0, "version 2 is a draft"},
		{[]string{"campaign", "approve", "welcome-call", "--as", "marie@example.com"}, 1, "was written by Marie Leroy"},
		{[]string{"campaign", "approve", "welcome-call", "--as", "Marie Leroy"}, 1, "was written by Marie Leroy"},
		{[]string{"campaign", "approve", "welcome-call", "--as", "paul@example.com"}, 0, "Approved"},
	} {
		if code, words := relance(t, env, step.args...); code != step.code || !strings.Contains(words, step.want) {
			t.Errorf("%v: exit code %d, want %d with %q in:\n%s", step.args, code, step.code, step.want, words)
		}
	}
}

// closed is standard output whose reader has gone.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAReaderThatLeavesEarlyIsNoFailure(t *testing.T) {
	t.Setenv("RELANCE_DATABASE_URL", testkit.DatabaseURL(t))
	t.Setenv("RELANCE_SECRET", strings.Repeat("s", 32))
	var words bytes.Buffer
	for _, command := range []string{"migrate", "campaign list --json", "campaign list", "plan", "plan --json", "touches", "settings"} {
		if code := run(t.Context(), strings.Fields(command), strings.NewReader(""), closed{}, &words); code != 0 {
			t.Errorf("%s: exit code %d: %s", command, code, words.String())
		}
	}
	if n, err := io.WriteString(&patient{closed{}}, "words"); n != 5 || err != nil {
		t.Errorf("a command that changes something does not go on: %d, %v", n, err)
	}
}

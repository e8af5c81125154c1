package main

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose reads docker-compose.yml with the parser of the compose project
// itself, under the given environment.
func compose(t *testing.T, env types.Mapping) (*types.Project, error) {
	t.Helper()
	path, err := filepath.Abs("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(path),
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: text}},
		Environment: env,
	})
}

var composeSecrets = types.Mapping{"RELANCE_SECRET": strings.Repeat("s", 32), "POSTGRES_PASSWORD": "word"}

func TestComposeRefusesToStartWithoutItsSecrets(t *testing.T) {
	for name := range composeSecrets {
		env := types.Mapping{}
		for k, v := range composeSecrets {
			if k != name {
				env[k] = v
			}
		}
		if _, err := compose(t, env); err == nil || !strings.Contains(err.Error(), "set "+name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestComposeRunsEveryRole(t *testing.T) {
	project, err := compose(t, composeSecrets)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"web", "worker", "scheduler"} {
		s := project.Services[role]
		if got := strings.Join(s.Command, " "); got != "serve --roles "+role {
			t.Errorf("%s runs %q", role, got)
		}
		if c := s.DependsOn["migrate"].Condition; c != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s waits for migrate to be %q", role, c)
		}
	}
	for _, name := range []string{"migrate", "web", "worker", "scheduler"} {
		if s := project.Services[name]; s.ReadOnly && !slices.Contains(s.Tmpfs, "/tmp") {
			t.Errorf("%s cannot write a temporary file", name)
		}
	}
	if w := project.Services["worker"]; w.ContainerName != "" || len(w.Ports) > 0 {
		t.Error("a worker with a name or a port of its own cannot be scaled")
	}
	for name, s := range project.Services {
		if name != "migrate" && (s.HealthCheck == nil || s.HealthCheck.Disable) {
			t.Errorf("%s has no health check", name)
		}
	}
}

func TestComposeKeepsWhatRedisAndPostgresHold(t *testing.T) {
	project, err := compose(t, composeSecrets)
	if err != nil {
		t.Fatal(err)
	}
	command := strings.Join(project.Services["redis"].Command, " ")
	for _, want := range []string{"--appendonly yes", "--maxmemory-policy noeviction"} {
		if !strings.Contains(command, want) {
			t.Errorf("redis runs %q, without %s", command, want)
		}
	}
	for _, name := range []string{"redis", "postgres"} {
		if s := project.Services[name]; len(s.Volumes) != 1 || s.Volumes[0].Type != types.VolumeTypeVolume || len(s.Ports) > 0 {
			t.Errorf("%s: volumes %v, ports %v", name, s.Volumes, s.Ports)
		}
	}
}

func TestComposeSetsOnlyWhatTheProgramReads(t *testing.T) {
	project, err := compose(t, composeSecrets)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for field := range reflect.TypeFor[Config]().Fields() {
		known = append(known, field.Tag.Get("env"))
	}
	for name, s := range project.Services {
		for key := range s.Environment {
			if strings.HasPrefix(key, "RELANCE_") && !slices.Contains(known, key) {
				t.Errorf("%s sets %s, which nobody reads", name, key)
			}
		}
	}
}

// A server elsewhere is asked for TLS, which Mailpit does not have: without this word no mail would reach it.
func TestComposeLetsMailReachMailpit(t *testing.T) {
	project, err := compose(t, composeSecrets)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(*project.Services["worker"].Environment["RELANCE_SMTP_URL"])
	if err != nil {
		t.Fatal(err)
	}
	if server.Host != "mailpit:1025" || server.Query().Get("starttls") != "optional" {
		t.Errorf("mail goes to %s", server)
	}
}

func TestComposeGivesTheProgramAConfigurationThatItTakes(t *testing.T) {
	project, err := compose(t, composeSecrets)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range project.Services["web"].Environment {
		t.Setenv(key, *value)
	}
	if _, err := readConfig(); err != nil {
		t.Error(err)
	}
}

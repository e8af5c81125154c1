package jobs

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
	"github.com/relance/relance/internal/testkit"
)

func TestProcessesShareOneBudget(t *testing.T) {
	opt := testkit.Redis(t)
	granted := 0
	for range 3 { // three processes
		client, err := redisClient(opt)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		n, _, err := newLimit(client).take(t.Context(), 25, groupSize)
		if err != nil {
			t.Fatal(err)
		}
		granted += n
	}
	if granted != groupSize {
		t.Errorf("granted %d at once, want one group of %d", granted, groupSize)
	}
}

func TestWhatIsNotUsedGoesBack(t *testing.T) {
	client, err := redisClient(testkit.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l := newLimit(client)
	for range 5 { // one mail each time: fifty would be twice the minute's budget
		n, wait, err := l.take(t.Context(), 25, groupSize)
		if err != nil || n == 0 {
			t.Fatalf("granted %d, wait %s, %v", n, wait, err)
		}
		if err := l.giveBack(t.Context(), 25, n-1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOperatorSeesQueuesTouchesAndMails(t *testing.T) {
	m := NewMetrics(store.New(testkit.DB(t)), testkit.Redis(t))
	m.sent(campaigns.Mail, mail.Accepted)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for _, f := range families {
		for _, metric := range f.Metric {
			seen.WriteString(f.GetName() + " " + metric.String() + "\n")
		}
	}
	for _, want := range []string{"relance_mails_total", "relance_touches", "relance_queue_tasks", "relance_processes", `value:"unsure"`, `value:"critical"`} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("%s is not shown", want)
		}
	}
	if strings.Contains(seen.String(), `relance_scrape_failed label:{name:"service"  value:"postgres"}  gauge:{value:1}`) {
		t.Error("Postgres did not answer")
	}
}

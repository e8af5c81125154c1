package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/relance/relance/campaigns"
	"github.com/relance/relance/internal/mail"
	"github.com/relance/relance/internal/store"
)

// Metrics is a prometheus.Collector for an operator to watch: what this process did, and, asked at each scrape, how the
// queues and the touches stand.
type Metrics struct {
	store *store.Store
	redis asynq.RedisConnOpt

	mails  *prometheus.CounterVec // channel, verdict
	checks *prometheus.CounterVec // verdict, reason
	tasks  *prometheus.CounterVec // task, result
	tick   prometheus.Gauge

	touches, queue, processes, scrape *prometheus.Desc
}

// NewMetrics makes a collector; register it once.
func NewMetrics(s *store.Store, redis asynq.RedisConnOpt) *Metrics {
	return &Metrics{
		store: s, redis: redis,
		mails: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "relance_mails_total",
			Help: "Mails given to the server by this process, by what became of them."}, []string{"channel", "verdict"}),
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "relance_checks_total",
			Help: "Due touches asked by this process, by the checks' answer and reason."}, []string{"verdict", "reason"}),
		tasks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "relance_tasks_total",
			Help: "Tasks done by this process."}, []string{"task", "result"}),
		tick: prometheus.NewGauge(prometheus.GaugeOpts{Name: "relance_scheduler_tick_timestamp_seconds",
			Help: "When this process last ticked as the scheduler (wall time); 0: it does not lead."}),
		touches:   prometheus.NewDesc("relance_touches", "Touches by state that wait, are under way or are not known.", []string{"state"}, nil),
		queue:     prometheus.NewDesc("relance_queue_tasks", "Tasks in Redis.", []string{"queue", "state"}, nil),
		processes: prometheus.NewDesc("relance_processes", "Processes with a heartbeat.", nil, nil),
		scrape:    prometheus.NewDesc("relance_scrape_failed", "1 when Postgres or Redis did not answer this scrape.", []string{"service"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.mails.Describe(ch)
	m.checks.Describe(ch)
	m.tasks.Describe(ch)
	m.tick.Describe(ch)
	for _, d := range []*prometheus.Desc{m.touches, m.queue, m.processes, m.scrape} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It waits two seconds at most.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mails.Collect(ch)
	m.checks.Collect(ch)
	m.tasks.Collect(ch)
	m.tick.Collect(ch)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	ch <- prometheus.MustNewConstMetric(m.scrape, prometheus.GaugeValue, failed(m.collectRows(ctx, ch)), "postgres")
	ch <- prometheus.MustNewConstMetric(m.scrape, prometheus.GaugeValue, failed(m.collectQueues(ch)), "redis")
}

func failed(err error) float64 {
	if err != nil {
		return 1
	}
	return 0
}

func (m *Metrics) collectRows(ctx context.Context, ch chan<- prometheus.Metric) error {
	counts, err := m.store.CountLive(ctx)
	if err != nil {
		return err
	}
	for state, n := range counts {
		ch <- prometheus.MustNewConstMetric(m.touches, prometheus.GaugeValue, float64(n), string(state))
	}
	alive, err := m.store.Processes(ctx)
	if err != nil {
		return err
	}
	ch <- prometheus.MustNewConstMetric(m.processes, prometheus.GaugeValue, float64(len(alive)))
	return nil
}

func (m *Metrics) collectQueues(ch chan<- prometheus.Metric) error {
	inspector := asynq.NewInspector(m.redis)
	defer inspector.Close()
	known, err := inspector.Queues()
	if err != nil {
		return err
	}
	for name := range queues() {
		info := &asynq.QueueInfo{} // nothing was ever put in it, or Redis was wiped
		if slices.Contains(known, name) {
			if info, err = inspector.GetQueueInfo(name); err != nil {
				return err
			}
		}
		for state, n := range map[string]int{"pending": info.Pending, "active": info.Active, "retry": info.Retry, "archived": info.Archived} {
			ch <- prometheus.MustNewConstMetric(m.queue, prometheus.GaugeValue, float64(n), name, state)
		}
	}
	return nil
}

func (m *Metrics) sent(channel campaigns.Channel, v mail.Verdict) {
	m.mails.WithLabelValues(string(channel), v.String()).Inc()
}

func (m *Metrics) admitted(a store.Admitted) {
	m.checks.WithLabelValues("admitted", "").Add(float64(a.Admitted))
	for reason, n := range a.Skipped {
		m.checks.WithLabelValues("skipped", string(reason)).Add(float64(n))
	}
	for reason, n := range a.Moved {
		m.checks.WithLabelValues("moved", string(reason)).Add(float64(n))
	}
}

func (m *Metrics) task(name string, err error) {
	result := "done"
	if err != nil {
		result = "failed"
	}
	m.tasks.WithLabelValues(name, result).Inc()
}

func (m *Metrics) ticked() { m.tick.SetToCurrentTime() }
